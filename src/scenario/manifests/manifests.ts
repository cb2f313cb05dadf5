// Reads ordinary Kubernetes manifests. Part of the scenario.
// Every field of a real manifest is accepted; those that the model uses are taken over with Kubernetes' own defaults and
// refusals, those that it does not use are listed once. Objects of kinds that the model does not know are passed over.

import type {
  ContainerRole,
  ContainerSpec,
  HookSpec,
  PodTemplate,
  ProbeHandler,
  ProbeSpec,
  ProbeType,
  Protocol,
  RestartPolicy,
  RestartRule,
  ServicePortSpec,
  ServiceSpec,
  TrafficPolicy,
  WorkloadSpec,
} from '../../cluster/index.js';
import { NO_SETTINGS, type WorkloadManifest } from '../../control-plane/index.js';
import type { Duration } from '../../engine/index.js';
import type { FieldReader } from '../../format/field-reader.js';
import { formatPath, type Path } from '../../format/path.js';
import { didYouMean } from '../../format/suggest.js';
import { parseCpuMillis, parseQuantity } from '../../format/units.js';
import { textOf } from '../../text/index.js';
import type { Diagnostic } from '../diagnostics.js';
import type { YamlDocument } from '../yaml/yaml-source.js';
import type { ManifestFields, ManifestKind } from './manifest-fields.js';
import { type ManifestPolicyBody, readPolicy } from './manifest-policies.js';
import { type ManifestScheduling, readScheduling } from './manifest-scheduling.js';

/** A container as its manifest describes it; behaviours come from the scenario. */
export type ManifestContainer = Omit<ContainerSpec, 'behavior'>;

// pkg/apis/core/validation: names are DNS-1123 subdomains, those of containers DNS-1123 labels.
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const DNS_HINT = 'use lower-case letters, digits and "-"';

/** What a container without requests counts as in the scheduler's score (pkg/scheduler/util/pod_resources.go). */
const UNREQUESTED_CPU_MILLIS = 100;
const UNREQUESTED_MEMORY_BYTES = 200 * 1024 * 1024;

/** The same before its resources are read. */
type ReadContainer = Omit<ManifestContainer, 'memoryRequestBytes' | 'memoryLimitBytes'>;

/** A pod template before it is stamped out: terms about other pods still name labels. */
export interface ManifestTemplate
  extends Omit<PodTemplate, 'containers' | 'podAffinity' | 'topologySpread'>,
    ManifestScheduling {
  readonly containers: readonly ManifestContainer[];
  readonly labels: Readonly<Record<string, string>>;
  /** Ports of its containers that have names. */
  readonly portNames: Readonly<Record<string, number>>;
}

/** A workload before it is stamped out; `name` is the manifest's. */
export interface ManifestWorkload
  extends Omit<WorkloadSpec, 'manifestName' | 'app' | 'template' | 'updates' | 'createdAt'> {
  readonly template: ManifestTemplate;
  /** Its name came from generateName. */
  readonly generated: boolean;
  readonly source: Place;
}

/** Refuses objects of one kind, namespace and name; several of one generateName get different ones. */
export function refuseTwins(manifests: Manifests, diagnostics: Diagnostic[]): void {
  const seen = new Set<string>();
  const objects = [
    ...manifests.workloads.filter(({ generated }) => !generated),
    ...manifests.services.map((service) => ({ ...service, kind: 'Service' })),
    ...manifests.policies.map((policy) => ({ ...policy, kind: 'NetworkPolicy' })),
  ];
  for (const { kind, namespace, name, source } of objects) {
    const key = `${kind}/${namespace}/${name}`;
    if (seen.has(key)) {
      const message = `${kind} "${name}" appears twice in namespace ${namespace}`;
      diagnostics.push({ severity: 'error', ...source, field: 'metadata.name', message });
    }
    seen.add(key);
  }
}

/** A Service before it is stamped out; `name` is the manifest's. */
export interface ManifestService
  extends Omit<ServiceSpec, 'manifestName' | 'app' | 'ports' | 'workloads' | 'createdAt'> {
  /** Their target ports as they are written: numbers, or names. */
  readonly ports: readonly (Omit<ServicePortSpec, 'targetPort'> & { readonly targetPort: string })[];
  readonly selector: Readonly<Record<string, string>>;
  readonly source: Place;
}

/** A NetworkPolicy before it is stamped out; selectors still name labels. */
export interface ManifestPolicy extends ManifestPolicyBody {
  readonly namespace: string;
  readonly name: string;
  readonly source: Place;
}

/** Where an object stands, for messages. */
export type Place = Pick<Diagnostic, 'file' | 'line' | 'column' | 'excerpt'>;

export interface Manifests {
  readonly workloads: ManifestWorkload[];
  readonly services: ManifestService[];
  readonly policies: ManifestPolicy[];
  /** Unused fields: `Deployment spec.template.spec.volumes`, with the number of objects that have them. */
  readonly unused: Map<string, number>;
}

/** Priority classes that every cluster has (pkg/apis/scheduling/types.go). */
const CRITICAL: Readonly<Record<string, PodTemplate['critical']>> = {
  'system-cluster-critical': 'cluster',
  'system-node-critical': 'node',
};

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];

/**
 * What a pod asks for: its main containers and sidecars together, or an init container beside the sidecars before it, if
 * that is more (pkg/api/v1/resource PodRequests).
 */
function podRequest(
  roles: readonly ContainerRole[],
  asked: readonly (number | undefined)[],
  otherwise: number,
): number {
  let sidecars = 0;
  let peak = 0;
  let main = 0;
  roles.forEach((role, i) => {
    const request = asked[i] ?? otherwise;
    if (role === 'init') peak = Math.max(peak, sidecars + request);
    else if (role === 'sidecar') sidecars += request;
    else main += request;
  });
  return Math.max(peak, sidecars + main);
}

type Amounts = readonly (number | undefined)[];

/** The pod's quality of service (pkg/apis/core/v1/helper/qos): all limits equal to the requests, some, or nothing said. */
function qosClass(cpu: Amounts, memory: Amounts, cpuLimits: Amounts, memoryLimits: Amounts): PodTemplate['qosClass'] {
  if ([...cpu, ...memory].every((amount) => amount === undefined || amount === 0)) return 'BestEffort';
  const isFixed = (asked: Amounts, limits: Amounts): boolean =>
    limits.every((limit, i) => limit !== undefined && limit > 0 && limit === asked[i]);
  return isFixed(cpu, cpuLimits) && isFixed(memory, memoryLimits) ? 'Guaranteed' : 'Burstable';
}

const CONTAINERS_MAX = 30; // a sync keeps its containers as the bits of one integer

const SERVICE_TYPES = ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'];
const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];
const TRAFFIC_POLICIES = ['Cluster', 'Local'];
/** DefaultClientIPServiceAffinitySeconds, pkg/apis/core/types.go. */
const AFFINITY_TIMEOUT_SECONDS = 10800;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads the objects of parsed documents. Problems are added to `diagnostics`.
 * @param fields what the model makes of them. @param replicas of Deployments and StatefulSets, instead of what they say.
 */
export function readManifests(
  documents: readonly YamlDocument[],
  fields: ManifestFields,
  diagnostics: Diagnostic[],
  replicas?: number,
): Manifests {
  const manifests: Manifests = { workloads: [], services: [], policies: [], unused: new Map() };
  for (const document of documents) {
    for (const path of objectsOf(document.value, [])) {
      new ObjectReader(document, path, fields, manifests, diagnostics, replicas).read();
    }
  }
  return manifests;
}

/** Paths of the objects of a document: itself, or the items of a List. */
function objectsOf(value: unknown, path: Path): Path[] {
  const object = value as Fields;
  const isList =
    typeof object === 'object' && object !== null && /List$/.test(textOf(object.kind)) && Array.isArray(object.items);
  if (!isList) return [path];
  return (object.items as unknown[]).flatMap((item, i) => objectsOf(item, [...path, 'items', i]));
}

/** Reads one object; every problem is a diagnostic with its place. */
class ObjectReader {
  readonly #document: YamlDocument;
  readonly #root: Path;
  readonly #fields: ManifestFields;
  readonly #manifests: Manifests;
  readonly #diagnostics: Diagnostic[];
  readonly #replicas: number | undefined;
  readonly #object: unknown;

  constructor(
    document: YamlDocument,
    root: Path,
    fields: ManifestFields,
    manifests: Manifests,
    diagnostics: Diagnostic[],
    replicas: number | undefined,
  ) {
    this.#replicas = replicas;
    this.#document = document;
    this.#root = root;
    this.#fields = fields;
    this.#manifests = manifests;
    this.#diagnostics = diagnostics;
    let object = document.value;
    for (const step of root) object = (object as Record<string | number, unknown>)[step];
    this.#object = object;
  }

  read(): void {
    if (!isFields(this.#object)) {
      this.#error([], 'is not a Kubernetes object: a mapping with apiVersion, kind and metadata is expected');
      return;
    }
    const { kind } = this.#object;
    if (typeof kind !== 'string' || typeof this.#object.apiVersion !== 'string') {
      this.#error([], 'is not a Kubernetes object: apiVersion and kind are missing');
      return;
    }
    const workload = this.#fields.workload(kind);
    switch (kind) {
      case workload?.kind:
        this.#workload(workload!);
        break;
      case 'Service':
        this.#service();
        break;
      case 'NetworkPolicy':
        this.#policy();
        break;
      default:
        this.#warn(['kind'], `${this.#object.apiVersion} ${kind} is not modelled and is ignored`);
        return;
    }
    for (const { path, at, meant } of this.#fields.unused(kind, this.#object)) {
      if (meant !== undefined) this.#warn(at, 'is not a field that the model knows', `did you mean "${meant}"?`);
      const key = `${kind} ${path}`;
      this.#manifests.unused.set(key, (this.#manifests.unused.get(key) ?? 0) + 1);
    }
  }

  #workload({ kind, traits, manifest }: ManifestKind): void {
    const template = this.#template(kind, manifest);
    const name = this.#name();
    if (template === undefined || name === undefined) return;
    if (manifest.hasSelector) this.#checkSelector(template);
    this.#manifests.workloads.push({
      kind,
      traits,
      namespace: this.#namespace(),
      name,
      generated: this.#get(['metadata', 'name']) === undefined,
      template,
      ...NO_SETTINGS,
      ...manifest.read(this.#reader(), this.#replicas),
      source: this.#place(['metadata', 'name']),
    });
  }

  #checkSelector({ labels }: ManifestTemplate): void {
    const matchLabels = this.#labels(['spec', 'selector', 'matchLabels']);
    const mismatch = Object.entries(matchLabels).find(([key, value]) => labels[key] !== value);
    if (mismatch === undefined) return;
    this.#error(
      ['spec', 'selector', 'matchLabels', mismatch[0]],
      `selects ${mismatch[0]}=${mismatch[1]}, which the pod template's labels do not have; Kubernetes refuses that`,
    );
  }

  #template(kind: string, manifest: WorkloadManifest): ManifestTemplate | undefined {
    const at = manifest.template;
    const spec: Path = [...at, 'spec'];
    const containers = this.#get([...spec, 'containers']);
    if (!Array.isArray(containers) || containers.length === 0) {
      this.#error([...spec, 'containers'], 'is missing: a pod has at least one container');
      return undefined;
    }
    const initContainers = this.#get([...spec, 'initContainers']) ?? [];
    if (!Array.isArray(initContainers)) {
      this.#error([...spec, 'initContainers'], 'must be a list of containers');
      return undefined;
    }
    const paths: Path[] = [
      ...initContainers.map((_, i) => [...spec, 'initContainers', i]),
      ...containers.map((_, i) => [...spec, 'containers', i]),
    ];
    if (paths.length > CONTAINERS_MAX) {
      this.#error(spec, `has ${paths.length} containers; at most ${CONTAINERS_MAX} are modelled`);
      return undefined;
    }
    const names = paths.map((path) => this.#get([...path, 'name']));
    names.forEach((name, i) => {
      if (typeof name === 'string' && names.indexOf(name) < i) {
        this.#error([...paths[i]!, 'name'], `"${name}" is the name of another container of the pod too`);
      }
    });
    const restartPolicy = this.#restartPolicy([...spec, 'restartPolicy'], kind, manifest);
    const read = paths.map((path, i) => this.#container(path, i < initContainers.length, restartPolicy));
    const cpu = paths.map((path) => this.#request(path, 'cpu', parseCpuMillis));
    const memory = paths.map((path) => this.#request(path, 'memory', parseQuantity));
    for (const path of paths) this.#checkLimits(path);
    const limits = paths.map((path) => this.#quantity([...path, 'resources', 'limits', 'memory'], parseQuantity));
    const cpuLimits = paths.map((path) => this.#quantity([...path, 'resources', 'limits', 'cpu'], parseCpuMillis));
    const roles = read.map(({ role }) => role);
    const scheduling = readScheduling(spec, this.#reader());
    return {
      containers: read.map((container, i) => ({
        ...container,
        memoryRequestBytes: memory[i] ?? 0,
        memoryLimitBytes: limits[i] ?? Infinity,
      })),
      qosClass: qosClass(cpu, memory, cpuLimits, limits),
      cpuRequestMillis: podRequest(roles, cpu, 0),
      memoryRequestBytes: podRequest(roles, memory, 0),
      cpuScoredMillis: podRequest(roles, cpu, UNREQUESTED_CPU_MILLIS),
      memoryScoredBytes: podRequest(roles, memory, UNREQUESTED_MEMORY_BYTES),
      restartPolicy,
      terminationGracePeriod: this.#whole([...spec, 'terminationGracePeriodSeconds'], 30) * 1e9,
      activeDeadline: this.#deadline([...spec, 'activeDeadlineSeconds']),
      hostNetwork: this.#get([...spec, 'hostNetwork']) === true,
      critical: CRITICAL[this.#text([...spec, 'priorityClassName'], '')] ?? 'no',
      nodeSelector: this.#labels([...spec, 'nodeSelector']),
      ...scheduling,
      ...manifest.added?.(scheduling),
      labels: this.#labels([...at, 'metadata', 'labels']),
      portNames: this.#portNames(paths),
    };
  }

  #portNames(containers: readonly Path[]): Record<string, number> {
    const names = Object.create(null) as Record<string, number>;
    for (const container of containers) {
      for (const i of this.#list([...container, 'ports']).keys()) {
        const name = this.#get([...container, 'ports', i, 'name']);
        const port = this.#get([...container, 'ports', i, 'containerPort']);
        if (typeof name === 'string' && typeof port === 'number') names[name] = port;
      }
    }
    return names;
  }

  #reader(): FieldReader {
    return {
      get: (path) => this.#get(path),
      text: (path, fallback) => this.#text(path, fallback),
      whole: (path, fallback) => this.#whole(path, fallback),
      deadline: (path) => this.#deadline(path),
      labels: (path) => this.#labels(path),
      oneOf: (path, accepted, fallback) => this.#oneOf(path, accepted, fallback),
      error: (path, message) => this.#error(path, message),
      warn: (path, message) => this.#warn(path, message),
    };
  }

  #restartPolicy(path: Path, kind: string, { restartPolicies, restartPolicy }: WorkloadManifest): RestartPolicy {
    const policy = this.#oneOf(path, RESTART_POLICIES, restartPolicy) as RestartPolicy;
    if (!restartPolicies.includes(policy)) {
      this.#error(path, `must be ${restartPolicies.join(' or ')} for a ${kind}, not "${policy}"`);
    }
    return policy;
  }

  #container(path: Path, isInit: boolean, podPolicy: RestartPolicy): ReadContainer {
    const image = this.#text([...path, 'image'], '');
    const name = this.#text([...path, 'name'], '');
    if (name === '') this.#error([...path, 'name'], 'is missing: every container has a name');
    else if (name.length > 63 || !DNS_LABEL.test(name)) {
      this.#error([...path, 'name'], `${JSON.stringify(name)} is not a valid name of a container`, DNS_HINT);
    }
    if (image === '') this.#error([...path, 'image'], 'is missing: every container has an image');
    const latest = !/[:@][^/]+$/.test(image) || image.endsWith(':latest');
    const own = this.#get([...path, 'restartPolicy']);
    const isSidecar = isInit && own === 'Always';
    const restartPolicy =
      own === undefined
        ? podPolicy
        : (this.#oneOf([...path, 'restartPolicy'], RESTART_POLICIES, podPolicy) as RestartPolicy);
    const postStart = this.#hook([...path, 'lifecycle', 'postStart']);
    const preStop = this.#hook([...path, 'lifecycle', 'preStop']);
    const probes = (['startup', 'liveness', 'readiness'] as const).flatMap((type) =>
      this.#probe([...path, `${type}Probe`], type),
    );
    if (isInit && !isSidecar && (probes.length > 0 || postStart !== undefined || preStop !== undefined)) {
      this.#error(path, 'is an init container: only one with restartPolicy Always may have probes and hooks');
    }
    return {
      name,
      role: isSidecar ? 'sidecar' : isInit ? 'init' : 'main',
      restartPolicy,
      restartRules: this.#restartRules([...path, 'restartPolicyRules']),
      ...(postStart === undefined ? {} : { postStart }),
      ...(preStop === undefined ? {} : { preStop }),
      image,
      imagePullPolicy: this.#oneOf(
        [...path, 'imagePullPolicy'],
        ['Always', 'IfNotPresent', 'Never'],
        latest ? 'Always' : 'IfNotPresent',
      ) as ManifestContainer['imagePullPolicy'],
      probes,
    };
  }

  #hook(path: Path): HookSpec | undefined {
    const hook = this.#get(path);
    if (hook === undefined || hook === null) return undefined;
    const handlers = (['exec', 'httpGet', 'tcpSocket', 'sleep'] as const).filter(
      (handler) => isFields(hook) && handler in hook,
    );
    if (handlers.length !== 1) {
      this.#error(path, `has ${handlers.length} handlers; exactly one of exec, httpGet, sleep is needed`);
      return undefined;
    }
    const sleep = handlers[0] === 'sleep' ? this.#whole([...path, 'sleep', 'seconds'], 0) : 0;
    return { handler: handlers[0]!, sleep: sleep * 1e9 };
  }

  /** Rules of KEP-5307; those that restart the whole pod are not modelled. */
  #restartRules(path: Path): RestartRule[] {
    const rules = this.#get(path);
    if (rules === undefined || rules === null) return [];
    if (!Array.isArray(rules)) {
      this.#error(path, 'must be a list of rules');
      return [];
    }
    return rules.flatMap((_, i): RestartRule[] => {
      const rule: Path = [...path, i];
      if (this.#oneOf([...rule, 'action'], ['Restart', 'RestartAllContainers'], 'Restart') !== 'Restart') {
        this.#warn([...rule, 'action'], 'RestartAllContainers is not modelled: the rule is ignored');
        return [];
      }
      const exitCodes = this.#get([...rule, 'exitCodes', 'values']);
      const areCodes = Array.isArray(exitCodes) && exitCodes.every((code) => Number.isInteger(code));
      if (!areCodes) this.#error([...rule, 'exitCodes', 'values'], 'must be a list of exit codes');
      return [
        {
          operator: this.#oneOf([...rule, 'exitCodes', 'operator'], ['In', 'NotIn'], 'In') as RestartRule['operator'],
          exitCodes: areCodes ? (exitCodes as number[]) : [],
        },
      ];
    });
  }

  /** Defaults: pkg/apis/core/v1/defaults.go; refusals: pkg/apis/core/validation/validation.go. */
  #probe(path: Path, type: ProbeType): ProbeSpec[] {
    const probe = this.#get(path);
    if (probe === undefined || probe === null) return [];
    if (!isFields(probe)) {
      this.#error(path, 'must be a mapping');
      return [];
    }
    const handlers = (['exec', 'httpGet', 'tcpSocket', 'grpc'] as const).filter((handler) => handler in probe);
    if (handlers.length !== 1) {
      this.#error(path, `has ${handlers.length} handlers; exactly one of exec, httpGet, tcpSocket, grpc is needed`);
      return [];
    }
    const seconds = (key: string, fallback: number, min: number): Duration => {
      // Kubernetes replaces 0 by the default where 0 is not allowed.
      const value = this.#whole([...path, key], fallback) || (min > 0 ? fallback : 0);
      return value * 1e9;
    };
    const threshold = (key: string, fallback: number): number => this.#whole([...path, key], fallback) || fallback;
    const successThreshold = threshold('successThreshold', 1);
    if (type !== 'readiness' && successThreshold !== 1) {
      this.#error(
        [...path, 'successThreshold'],
        `is ${successThreshold}; Kubernetes allows only 1 for a ${type} probe`,
      );
    }
    const grace = this.#get([...path, 'terminationGracePeriodSeconds']);
    if (grace !== undefined && type === 'readiness') {
      this.#error([...path, 'terminationGracePeriodSeconds'], 'must not be set for a readiness probe');
    }
    return [
      {
        type,
        handler: handlers[0] as ProbeHandler,
        initialDelay: seconds('initialDelaySeconds', 0, 0),
        period: seconds('periodSeconds', 10, 1),
        timeout: seconds('timeoutSeconds', 1, 1),
        successThreshold,
        failureThreshold: threshold('failureThreshold', 3),
        ...(grace === undefined
          ? {}
          : {
              terminationGracePeriod: this.#whole([...path, 'terminationGracePeriodSeconds'], 30) * 1e9,
            }),
      },
    ];
  }

  #service(): void {
    const name = this.#name();
    if (name === undefined) return;
    if (DNS_SUBDOMAIN.test(name) && (name.length > 63 || !/^[a-z]/.test(name) || name.includes('.'))) {
      this.#error(
        ['metadata', 'name'],
        `${JSON.stringify(name)} is not a valid name of a Service`,
        `begin with a letter; ${DNS_HINT}`,
      );
    }
    const selector = this.#labels(['spec', 'selector']);
    const type = this.#oneOf(['spec', 'type'], SERVICE_TYPES, 'ClusterIP');
    if (type === 'ExternalName') {
      this.#warn(['spec', 'type'], `Service ${name} is only a DNS name, and it is ignored`);
      return;
    }
    if (this.#text(['spec', 'clusterIP'], '') === 'None') {
      this.#warn(
        ['spec', 'clusterIP'],
        `Service ${name} is headless: kube-proxy programs nothing for it, and it is ignored`,
      );
      return;
    }
    if (Object.keys(selector).length === 0) {
      this.#warn(['spec'], `Service ${name} has no selector: its endpoints are managed by hand, and it is ignored`);
      return;
    }
    const ports = this.#get(['spec', 'ports']);
    if (!Array.isArray(ports) || ports.length === 0) {
      this.#error(['spec', 'ports'], 'is missing: a Service has at least one port');
      return;
    }
    const isExternal = type !== 'ClusterIP';
    const isBalanced = type === 'LoadBalancer';
    const externalIps = this.#list(['spec', 'externalIPs']).length;
    const hasNodePorts = isExternal && !(isBalanced && this.#get(['spec', 'allocateLoadBalancerNodePorts']) === false);
    const externalTrafficPolicy = this.#trafficPolicy('externalTrafficPolicy');
    if (externalTrafficPolicy === 'Local' && !isExternal && externalIps === 0) {
      this.#error(
        ['spec', 'externalTrafficPolicy'],
        `may only be set for a Service that can be reached from outside, not for type ${type}`,
      );
    }
    const ranges = isBalanced ? this.#list(['spec', 'loadBalancerSourceRanges']).length : 0;
    if (ranges > 0) {
      const at: Path = ['spec', 'loadBalancerSourceRanges'];
      this.#warn(at, 'count as rules but block nobody: addresses of clients outside the cluster are not modelled');
    }
    this.#manifests.services.push({
      namespace: this.#namespace(),
      name,
      ports: ports.map((_, i) => this.#servicePort(['spec', 'ports', i], hasNodePorts, ports.length)),
      externalIps,
      loadBalancerIps: isBalanced ? this.#loadBalancerIps() : 0,
      sourceRanges: ranges,
      internalTrafficPolicy: this.#trafficPolicy('internalTrafficPolicy'),
      externalTrafficPolicy,
      hasHealthCheckNodePort: isBalanced && externalTrafficPolicy === 'Local',
      affinityTimeout: this.#affinityTimeout(),
      trafficDistribution: this.#trafficDistribution(),
      selector,
      publishNotReadyAddresses: this.#get(['spec', 'publishNotReadyAddresses']) === true,
      source: this.#place(['spec', 'selector']),
    });
  }

  #policy(): void {
    const name = this.#name();
    if (name === undefined) return;
    const source = this.#place(['spec', 'podSelector']);
    this.#manifests.policies.push({ namespace: this.#namespace(), name, source, ...readPolicy(this.#reader()) });
  }

  #servicePort(path: Path, hasNodePort: boolean, ports: number): ManifestService['ports'][number] {
    const name = this.#text([...path, 'name'], '');
    if (name === '' && ports > 1)
      this.#error([...path, 'name'], 'is missing: a Service with several ports must name them');
    const port = this.#get([...path, 'port']);
    if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65535) {
      this.#error([...path, 'port'], `must be a port from 1 to 65535, not ${JSON.stringify(port)}`);
    }
    return {
      name,
      port: Number(port),
      targetPort: this.#text([...path, 'targetPort'], String(port)),
      protocol: this.#oneOf([...path, 'protocol'], PROTOCOLS, 'TCP') as Protocol,
      hasNodePort,
    };
  }

  #trafficPolicy(field: string): TrafficPolicy {
    return this.#oneOf(['spec', field], TRAFFIC_POLICIES, 'Cluster') as TrafficPolicy;
  }

  /** Those that its status says; one if it has none: a manifest knows nothing of what a cloud will give. */
  #loadBalancerIps(): number {
    const ingress = this.#list(['status', 'loadBalancer', 'ingress']);
    return ingress.length === 0 ? 1 : ingress.filter((entry) => isFields(entry) && 'ip' in entry).length;
  }

  #affinityTimeout(): Duration {
    if (this.#oneOf(['spec', 'sessionAffinity'], ['None', 'ClientIP'], 'None') === 'None') return 0;
    const path: Path = ['spec', 'sessionAffinityConfig', 'clientIP', 'timeoutSeconds'];
    const timeout = this.#whole(path, AFFINITY_TIMEOUT_SECONDS);
    if (timeout < 1 || timeout > 86400) this.#error(path, `must be 1 to 86400, not ${timeout}`);
    return timeout * 1e9;
  }

  /** PreferClose is the old name of PreferSameZone. */
  #trafficDistribution(): ServiceSpec['trafficDistribution'] {
    const path: Path = ['spec', 'trafficDistribution'];
    if (this.#get(path) === undefined) return 'none';
    const value = this.#oneOf(path, ['PreferClose', 'PreferSameZone', 'PreferSameNode'], 'PreferClose');
    return value === 'PreferSameNode' ? 'PreferSameNode' : 'PreferSameZone';
  }

  #list(path: Path): readonly unknown[] {
    const value = this.#get(path) ?? [];
    if (Array.isArray(value)) return value;
    this.#error(path, `must be a list, not ${JSON.stringify(value)}`);
    return [];
  }

  #namespace(): string {
    const namespace = this.#text(['metadata', 'namespace'], 'default') || 'default';
    if (namespace.length > 63 || !DNS_LABEL.test(namespace)) {
      this.#error(
        ['metadata', 'namespace'],
        `${JSON.stringify(namespace)} is not a valid name of a namespace`,
        DNS_HINT,
      );
    }
    return namespace;
  }

  #name(): string | undefined {
    const name = this.#get(['metadata', 'name']);
    if (typeof name === 'string' && name !== '') {
      if (name.length > 253 || !DNS_SUBDOMAIN.test(name)) {
        this.#error(['metadata', 'name'], `${JSON.stringify(name)} is not a valid name of an object`, DNS_HINT);
      }
      return name;
    }
    // The API server would add five random characters.
    const prefix = this.#get(['metadata', 'generateName']);
    if (typeof prefix === 'string' && prefix !== '') return prefix.replace(/-+$/, '');
    this.#error(['metadata', 'name'], 'is missing: every object has a name');
    return undefined;
  }

  #get(path: Path): unknown {
    let value: unknown = this.#object;
    for (const step of path) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
      value = (value as Record<string | number, unknown>)[step];
    }
    return value;
  }

  #text(path: Path, fallback: string): string {
    const value = this.#get(path) ?? fallback;
    if (typeof value === 'string' || typeof value === 'number') return String(value);
    this.#error(path, `must be text, not ${JSON.stringify(value)}`);
    return fallback;
  }

  #whole(path: Path, fallback: number): number {
    const value = this.#get(path) ?? fallback;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
    this.#error(path, `must be a whole number of at least 0, not ${JSON.stringify(value)}`);
    return fallback;
  }

  /** A container's request; its limit where it has none, as Kubernetes fills it in; undefined without either. */
  #request(
    container: Path,
    resource: string,
    parse: (value: string | number) => number | undefined,
  ): number | undefined {
    const requested = this.#quantity([...container, 'resources', 'requests', resource], parse);
    return requested ?? this.#quantity([...container, 'resources', 'limits', resource], parse);
  }

  /** The API server refuses a request above its limit. */
  #checkLimits(container: Path): void {
    for (const [resource, parse] of [
      ['cpu', parseCpuMillis],
      ['memory', parseQuantity],
    ] as const) {
      const [request, limit] = ['requests', 'limits'].map((kind) =>
        this.#get([...container, 'resources', kind, resource]),
      );
      const amount = (value: unknown) =>
        typeof value === 'string' || typeof value === 'number' ? parse(value) : undefined;
      if ((amount(request) ?? 0) > (amount(limit) ?? Infinity)) {
        this.#error(
          [...container, 'resources', 'requests', resource],
          `must be at most the limit, ${limit}, not ${request}`,
        );
      }
    }
  }

  #quantity(path: Path, parse: (value: string | number) => number | undefined): number | undefined {
    const value = this.#get(path);
    if (value === undefined || value === null) return undefined;
    const parsed = typeof value === 'string' || typeof value === 'number' ? parse(value) : undefined;
    if (parsed !== undefined) return parsed;
    this.#error(path, `${JSON.stringify(value)} is not a quantity; write it as Kubernetes does: 500m, 2, 64Mi, 1Gi`);
    return 0;
  }

  #deadline(path: Path): number {
    const value = this.#get(path);
    if (value === undefined || value === null) return Infinity;
    if (value === 0) this.#error(path, 'must be at least 1, not 0');
    return this.#whole(path, 1) * 1e9;
  }

  #oneOf(path: Path, accepted: readonly string[], fallback: string): string {
    const value = this.#get(path) ?? fallback;
    if (typeof value === 'string' && accepted.includes(value)) return value;
    this.#error(
      path,
      `${JSON.stringify(value)} is not accepted; must be ${accepted.join(', ')}`,
      didYouMean(textOf(value), accepted),
    );
    return fallback;
  }

  #labels(path: Path): Record<string, string> {
    const value = this.#get(path);
    if (value === undefined || value === null) return {};
    if (!isFields(value)) {
      this.#error(path, 'must be a mapping of text to text');
      return {};
    }
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => {
        if (typeof item === 'object' && item !== null) this.#error([...path, key], 'must be text');
        return [key, textOf(item)];
      }),
    );
  }

  #place(path: Path): Place {
    return { file: this.#document.file, ...this.#document.locate([...this.#root, ...path]) };
  }

  #error(path: Path, message: string, hint?: string): void {
    this.#add('error', path, message, hint);
  }

  #warn(path: Path, message: string, hint?: string): void {
    this.#add('warning', path, message, hint);
  }

  #add(severity: Diagnostic['severity'], path: Path, message: string, hint?: string): void {
    this.#diagnostics.push({
      severity,
      ...this.#place(path),
      field: formatPath([...this.#root, ...path]),
      message,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
