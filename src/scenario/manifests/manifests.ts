// Reads ordinary Kubernetes manifests. Part of the scenario.
// Every field of a real manifest is accepted; those that the model uses are taken over with Kubernetes' own defaults and
// refusals, those that it does not use are listed once. Objects of kinds that the model does not know are passed over.

import type {
  ContainerSpec,
  HookSpec,
  ImageVolumeSpec,
  LabelSelector,
  PodTemplate,
  ProbeHandler,
  ProbeSpec,
  ProbeType,
  Protocol,
  RestartPolicy,
  RestartRule,
  ServicePortSpec,
  ServiceSpec,
  TolerationSpec,
  TrafficPolicy,
  WorkloadSpec,
} from '../../cluster/index.js';
import { meets, selectorOf } from '../../cluster/index.js';
import { NO_SETTINGS, type WorkloadManifest } from '../../control-plane/index.js';
import type { Duration } from '../../engine/index.js';
import { formatPath, type Path } from '../../format/path.js';
import { selectorAt } from '../../format/selectors.js';
import { textOf } from '../../text/index.js';
import type { Diagnostic } from '../diagnostics.js';
import { type Fields, isFields, ObjectFields, type Place } from '../yaml/object-fields.js';
import type { YamlDocument } from '../yaml/yaml-source.js';
import { isOwnGroup, stepOfKind } from './kind-steps.js';
import type { ManifestFields, ManifestKind } from './manifest-fields.js';
import { type ManifestPolicyBody, readPolicy } from './manifest-policies.js';
import { defaultTolerations, hostPortsOf, readScheduling } from './manifest-scheduling.js';
import { injectedBy, injectsInto } from './pod-fields.js';
import { amountsAt, type PodLimits, type PodResources, type ReadResources, readPodResources } from './pod-resources.js';
import { addUntouched, type Untouched, type UntouchedList } from './untouched.js';

/** A container as its manifest describes it; behaviours come from the scenario. */
export type ManifestContainer = Omit<ContainerSpec, 'behavior'>;

// pkg/apis/core/validation: names are DNS-1123 subdomains, those of containers DNS-1123 labels.
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const DNS_HINT = 'use lower-case letters, digits and "-"';

/** The same before its resources are read. */
type ReadContainer = Omit<ManifestContainer, keyof ReadResources['containers'][number]>;

/** A pod template before it is stamped out: classes are still named. */
export interface ManifestTemplate extends Omit<PodTemplate, 'containers' | 'priority' | 'preempts'> {
  readonly containers: readonly ManifestContainer[];
  /** What it asks for where requests of the pod as a whole count; absent if it has none. */
  readonly podLevel?: PodResources;
  readonly podLimits: PodLimits;
  /** What it asks for holds its overhead already. */
  readonly hasOverhead: boolean;
  /** Empty if it has none. */
  readonly priorityClassName: string;
  readonly runtimeClassName: string;
  /** Ports of its containers that have names. */
  readonly portNames: Readonly<Record<string, number>>;
}

/** A workload before it is stamped out; `name` is the manifest's. */
export interface ManifestWorkload
  extends Omit<WorkloadSpec, 'manifestName' | 'app' | 'copy' | 'template' | 'updates' | 'createdAt'> {
  readonly template: ManifestTemplate;
  /** Its name came from generateName. */
  readonly generated: boolean;
  readonly source: Place;
  /** Where fields of its pods stand that say where they may run, by `spec.nodeName` and such. */
  readonly places: ReadonlyMap<string, Place & { readonly field: string }>;
}

/** Refuses objects of one kind, namespace and name; several of one generateName get different ones. */
export function refuseTwins(manifests: Manifests, diagnostics: Diagnostic[]): void {
  const seen = new Set<string>();
  const objects = [
    ...manifests.workloads.filter(({ generated }) => !generated),
    ...manifests.services.map((service) => ({ ...service, kind: 'Service' })),
    ...manifests.policies.map((policy) => ({ ...policy, kind: 'NetworkPolicy' })),
    ...manifests.priorityClasses.map((one) => ({ ...one, namespace: '', kind: 'PriorityClass' })),
  ];
  for (const { kind, namespace, name, source } of objects) {
    const key = `${kind}/${namespace}/${name}`;
    if (seen.has(key)) {
      const message = `${kind} "${name}" appears twice${namespace === '' ? '' : ` in namespace ${namespace}`}`;
      diagnostics.push({ severity: 'error', ...source, field: 'metadata.name', message });
    }
    seen.add(key);
  }
}

/**
 * Of objects of one kind, namespace and name the last, as it would be with `kubectl apply` of the files in their order. Warns of
 * those that are lost.
 */
export function keepLast(manifests: Manifests, diagnostics: Diagnostic[]): Manifests {
  const last = <T extends { namespace?: string; name: string; source: Place; kind?: string; generated?: boolean }>(
    objects: readonly T[],
    kind?: string,
  ): T[] => {
    const kept = new Map<string, T>();
    objects.forEach((object, i) => {
      const what = object.kind ?? kind!;
      const key = object.generated === true ? `${i}` : `${what}/${object.namespace ?? ''}/${object.name}`;
      const lost = kept.get(key);
      if (lost !== undefined) {
        const message = `${what} "${object.name}" appears again in ${object.source.file}: that one counts, as with kubectl apply`;
        diagnostics.push({ severity: 'warning', ...lost.source, field: 'metadata.name', message });
      }
      kept.delete(key);
      kept.set(key, object);
    });
    return [...kept.values()];
  };
  return {
    ...manifests,
    workloads: last(manifests.workloads),
    services: last(manifests.services, 'Service'),
    policies: last(manifests.policies, 'NetworkPolicy'),
    priorityClasses: last(manifests.priorityClasses, 'PriorityClass'),
  };
}

/** A Service before it is stamped out; `name` is the manifest's. */
export interface ManifestService
  extends Omit<ServiceSpec, 'manifestName' | 'app' | 'ports' | 'workloads' | 'isByPod' | 'createdAt'> {
  /** Their target ports as they are written: numbers, or names. */
  readonly ports: readonly (Omit<ServicePortSpec, 'targetPort'> & { readonly targetPort: string })[];
  readonly source: Place;
}

/** A NetworkPolicy before it is stamped out; selectors still name labels. */
export interface ManifestPolicy extends ManifestPolicyBody {
  readonly namespace: string;
  readonly name: string;
  readonly source: Place;
}

export interface Manifests {
  readonly workloads: ManifestWorkload[];
  readonly services: ManifestService[];
  readonly policies: ManifestPolicy[];
  readonly priorityClasses: PriorityClass[];
  readonly runtimeClasses: RuntimeClass[];
  /** Labels of namespaces, by name. */
  readonly namespaces: Map<string, Record<string, string>>;
  /** What is left out of them. */
  readonly untouched: UntouchedList;
}

/** A PriorityClass of scheduling.k8s.io/v1. */
export interface PriorityClass {
  readonly name: string;
  readonly value: number;
  readonly globalDefault: boolean;
  /** preemptionPolicy is not Never. */
  readonly preempts: boolean;
  readonly source: Place;
}

/** A RuntimeClass of node.k8s.io/v1, as far as it says something of placement. */
export interface RuntimeClass {
  readonly name: string;
  /** Overhead of a pod, by resource: millicores of CPU, else bytes or a count. */
  readonly overhead: Readonly<Record<string, number>>;
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly TolerationSpec[];
}

/** Priority classes that every cluster has (pkg/apis/scheduling/types.go). */
const CRITICAL: Readonly<Record<string, PodTemplate['critical']>> = {
  'system-cluster-critical': 'cluster',
  'system-node-critical': 'node',
};

/** HighestUserDefinablePriority, pkg/apis/scheduling/types.go. */
const USER_PRIORITY_MAX = 1_000_000_000;

/** Fields about which something may be known only when the whole cluster is. */
const PLACED: readonly Path[] = [
  ...['nodeName', 'nodeSelector', 'schedulerName', 'schedulingGates', 'tolerations', 'containers'],
  ...['priorityClassName', 'runtimeClassName', 'topologySpreadConstraints'],
]
  .map((field): Path => [field])
  .concat([['affinity', 'nodeAffinity']], [['affinity', 'podAffinity']]);

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];

const CONTAINERS_MAX = 30; // a sync keeps its containers as the bits of one integer

const SERVICE_TYPES = ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'];
/** Signals of Linux that the API accepts (pkg/apis/core/types.go), without those of which nobody hears. */
const SIGNALS: Readonly<Record<string, number>> = {
  ...{ SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGABRT: 6, SIGKILL: 9, SIGUSR1: 10, SIGUSR2: 12, SIGTERM: 15 },
  ...{ SIGWINCH: 28, SIGPWR: 30, SIGRTMIN: 34, SIGRTMAX: 64 },
};
const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];
const TRAFFIC_POLICIES = ['Cluster', 'Local'];
/** DefaultClientIPServiceAffinitySeconds, pkg/apis/core/types.go. */
const AFFINITY_TIMEOUT_SECONDS = 10800;

export const noManifests = (): Manifests => ({
  workloads: [],
  services: [],
  policies: [],
  priorityClasses: [],
  runtimeClasses: [],
  namespaces: new Map(),
  untouched: new Map(),
});

export interface ManifestReading {
  /** Of Deployments and StatefulSets, instead of what they say. */
  readonly replicas?: number | undefined;
  /** Nobody has named the file itself: documents that are no objects are passed over. */
  readonly isFound?: boolean;
}

/** Reads the objects of parsed documents. Problems are added to `diagnostics`. @param fields what the model makes of them. */
export function readManifests(
  documents: readonly YamlDocument[],
  fields: ManifestFields,
  diagnostics: Diagnostic[],
  { replicas, isFound = false }: ManifestReading = {},
): Manifests {
  const manifests = noManifests();
  for (const document of documents) {
    for (const path of objectsOf(document.value, [])) {
      const reader = new ObjectReader(document, path, fields, manifests, diagnostics, replicas);
      if (!isFound || reader.isObject) reader.read();
    }
  }
  return manifests;
}

/** Paths of the objects of a document: itself, or the items of a list. */
function objectsOf(value: unknown, path: Path): Path[] {
  if (Array.isArray(value)) return value.flatMap((item, i) => objectsOf(item, [...path, i]));
  const object = value as Fields;
  const isList =
    typeof object === 'object' && object !== null && /List$/.test(textOf(object.kind)) && Array.isArray(object.items);
  if (!isList) return [path];
  for (const item of object.items as unknown[]) nameAsItem(item, object);
  return (object.items as unknown[]).flatMap((item, i) => objectsOf(item, [...path, 'items', i]));
}

/** Items of a DeploymentList need not say what they are: the list does. */
export function nameAsItem(item: unknown, list: { readonly apiVersion?: unknown; readonly kind?: unknown }): void {
  const kind = textOf(list.kind ?? '').replace(/List$/, '');
  if (kind === '' || !isFields(item) || item.kind !== undefined) return;
  Object.assign(item, { apiVersion: item.apiVersion ?? list.apiVersion, kind });
}

/** Reads one object. */
class ObjectReader extends ObjectFields {
  readonly #fields: ManifestFields;
  readonly #manifests: Manifests;
  readonly #replicas: number | undefined;

  constructor(
    document: YamlDocument,
    root: Path,
    fields: ManifestFields,
    manifests: Manifests,
    diagnostics: Diagnostic[],
    replicas: number | undefined,
  ) {
    super(document, root, diagnostics);
    this.#replicas = replicas;
    this.#fields = fields;
    this.#manifests = manifests;
  }

  /** Whether it says what it is. */
  get isObject(): boolean {
    return isFields(this.object) && typeof this.object.kind === 'string' && typeof this.object.apiVersion === 'string';
  }

  read(): void {
    if (!isFields(this.object)) {
      this.error([], 'is not a Kubernetes object: a mapping with apiVersion, kind and metadata is expected');
      return;
    }
    const { kind } = this.object;
    if (typeof kind !== 'string' || typeof this.object.apiVersion !== 'string') {
      this.error([], 'is not a Kubernetes object: apiVersion and kind are missing');
      return;
    }
    const { apiVersion } = this.object;
    if (!this.#fields.uses(kind) || (!this.#fields.isOf(kind, apiVersion) && !isOwnGroup(apiVersion))) {
      this.#leaveKind(apiVersion, kind);
      return;
    }
    if (!this.#fields.isOf(kind, apiVersion)) {
      const group = this.#fields.groupOf(kind);
      const where = group === '' ? 'v1' : `group ${group}`;
      this.error(['apiVersion'], `Kubernetes has no ${kind} in ${apiVersion}, but in ${where}`);
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
      case 'PriorityClass':
        this.#priorityClass();
        break;
      case 'RuntimeClass':
        this.#runtimeClass();
        break;
      case 'Namespace':
        this.#namespaceObject();
        break;
    }
    for (const { path, at, meant, step, why } of this.#fields.unused(kind, this.object)) {
      if (meant !== undefined) this.warn(at, 'is not a field that Kubernetes has', `did you mean "${meant}"?`);
      this.#leave(`${kind} ${path}`, at, step, why);
    }
  }

  #leave(what: string, at: Path, step: Untouched['step'], why?: string): void {
    const first = { what, step, first: this.place(at), ...(why === undefined ? {} : { why }) };
    addUntouched(this.#manifests.untouched, first);
  }

  /** An object of a kind that is not read. */
  #leaveKind(apiVersion: string, kind: string): void {
    const leaf = stepOfKind(apiVersion, kind);
    const what = `${kind} (${apiVersion})`;
    if (typeof leaf === 'string') this.#leave(what, ['kind'], 'nothing');
    else this.#leave(what, ['kind'], 'answer', leaf.changes);
  }

  /** Sidecars that a webhook would add. @param injects what labels ask for. */
  #leaveInjected(kind: string, at: Path, injects: (labels: unknown) => string | undefined): void {
    const why = injects(this.get(at));
    if (why !== undefined) this.#leave(`${kind} ${formatPath(at)}`, at, 'answer', why);
  }

  #workload({ kind, traits, manifest }: ManifestKind): void {
    const template = this.#template(kind, manifest);
    const name = this.#name();
    if (template === undefined || name === undefined) return;
    this.#leaveInjected(kind, [...manifest.template, 'metadata', 'labels'], injectedBy);
    const { ownLabels = [], ...settings } = manifest.read(this, this.#replicas);
    this.#manifests.workloads.push({
      kind,
      traits: { ...traits, ownLabels: [...traits.ownLabels, ...ownLabels] },
      selector: manifest.selector === 'none' ? [] : this.#selectorOf(manifest.selector, template),
      namespace: this.#namespace(),
      name,
      generated: this.get(['metadata', 'name']) === undefined,
      template,
      ...NO_SETTINGS,
      ...settings,
      source: this.place(['metadata', 'name']),
      places: this.#placesIn([...manifest.template, 'spec']),
    });
  }

  #placesIn(spec: Path): ManifestWorkload['places'] {
    const there = PLACED.filter((field) => this.get([...spec, ...field]) !== undefined);
    return new Map(
      there.map((field) => {
        const path: Path = [...spec, ...field];
        return [`spec.${field.join('.')}`, { ...this.place(path), field: formatPath(path) }];
      }),
    );
  }

  /** The workload's own selector, which must select its pods. */
  #selectorOf(form: 'labelSelector' | 'labels', { labels }: ManifestTemplate): LabelSelector {
    const path: Path = ['spec', 'selector'];
    const isOld = form === 'labels';
    const selector = isOld ? selectorOf(this.labels(path)) : selectorAt(this, path);
    if (isOld && selector.length === 0) return selectorOf(labels);
    const mismatch = selector.find((requirement) => !meets([requirement], labels));
    if (mismatch === undefined) return selector;
    const { key, operator, values } = mismatch;
    const equals: Path = isOld ? path : [...path, 'matchLabels'];
    const at: Path = Object.hasOwn(this.labels(equals), key) ? [...equals, key] : [...path, 'matchExpressions'];
    const what = operator === 'In' ? `${key}=${values.join(' or ')}` : [key, operator, ...values].join(' ');
    this.error(at, `selects ${what}, which the pod template's labels do not have; Kubernetes refuses that`);
    return selector;
  }

  #template(kind: string, manifest: WorkloadManifest): ManifestTemplate | undefined {
    const at = manifest.template;
    const spec: Path = [...at, 'spec'];
    const containers = this.get([...spec, 'containers']);
    if (!Array.isArray(containers) || containers.length === 0) {
      this.error([...spec, 'containers'], 'is missing: a pod has at least one container');
      return undefined;
    }
    const initContainers = this.get([...spec, 'initContainers']) ?? [];
    if (!Array.isArray(initContainers)) {
      this.error([...spec, 'initContainers'], 'must be a list of containers');
      return undefined;
    }
    const paths: Path[] = [
      ...initContainers.map((_, i) => [...spec, 'initContainers', i]),
      ...containers.map((_, i) => [...spec, 'containers', i]),
    ];
    if (paths.length > CONTAINERS_MAX) {
      this.error(spec, `has ${paths.length} containers; at most ${CONTAINERS_MAX} are modelled`);
      return undefined;
    }
    const names = paths.map((path) => this.get([...path, 'name']));
    names.forEach((name, i) => {
      if (typeof name === 'string' && names.indexOf(name) < i) {
        this.error([...paths[i]!, 'name'], `"${name}" is the name of another container of the pod too`);
      }
    });
    const restartPolicy = this.#restartPolicy([...spec, 'restartPolicy'], kind, manifest);
    const read = paths.map((path, i) => this.#container(path, i < initContainers.length, restartPolicy));
    const roles = read.map(({ role }) => role);
    const resources = readPodResources(
      this,
      spec,
      paths.map((path, i) => ({ path, role: roles[i]! })),
    );
    const scheduling = readScheduling(spec, this);
    const hostNetwork = this.get([...spec, 'hostNetwork']) === true;
    const scheduled = { ...scheduling, ...manifest.added?.({ ...scheduling, hostNetwork }) };
    const priorityClassName = this.text([...spec, 'priorityClassName'], '');
    const running = paths.filter((_, i) => roles[i] !== 'init');
    return {
      containers: read.map((container, i) => ({ ...container, ...resources.containers[i]! })),
      ...this.#imageVolumes(spec, paths),
      ...this.#pullSecrets(spec),
      ...resources.pod,
      ...(resources.podLevel === undefined ? {} : { podLevel: resources.podLevel }),
      podLimits: resources.podLimits,
      hasOverhead: resources.hasOverhead,
      restartPolicy,
      terminationGracePeriod: this.whole([...spec, 'terminationGracePeriodSeconds'], 30) * 1e9,
      activeDeadline: this.deadline([...spec, 'activeDeadlineSeconds']),
      hostNetwork,
      hostPorts: hostPortsOf(this, running, hostNetwork),
      critical: CRITICAL[priorityClassName] ?? 'no',
      priorityClassName,
      runtimeClassName: this.text([...spec, 'runtimeClassName'], ''),
      ...scheduled,
      tolerations: [...scheduled.tolerations, ...defaultTolerations(scheduled.tolerations)],
      labels: this.labels([...at, 'metadata', 'labels']),
      portNames: this.#portNames(paths),
      ...(this.list([...spec, 'readinessGates']).length > 0 ? { readinessGates: {} } : {}),
    };
  }

  #portNames(containers: readonly Path[]): Record<string, number> {
    const names = Object.create(null) as Record<string, number>;
    for (const container of containers) {
      for (const i of this.list([...container, 'ports']).keys()) {
        const name = this.get([...container, 'ports', i, 'name']);
        const port = this.get([...container, 'ports', i, 'containerPort']);
        if (typeof name === 'string' && typeof port === 'number') names[name] = port;
      }
    }
    return names;
  }

  #restartPolicy(path: Path, kind: string, { restartPolicies, restartPolicy }: WorkloadManifest): RestartPolicy {
    const policy = this.oneOf(path, RESTART_POLICIES, restartPolicy) as RestartPolicy;
    if (!restartPolicies.includes(policy)) {
      this.error(path, `must be ${restartPolicies.join(' or ')} for a ${kind}, not "${policy}"`);
    }
    return policy;
  }

  #container(path: Path, isInit: boolean, podPolicy: RestartPolicy): ReadContainer {
    const image = this.text([...path, 'image'], '');
    const name = this.text([...path, 'name'], '');
    if (name === '') this.error([...path, 'name'], 'is missing: every container has a name');
    else if (name.length > 63 || !DNS_LABEL.test(name)) {
      this.error([...path, 'name'], `${JSON.stringify(name)} is not a valid name of a container`, DNS_HINT);
    }
    if (image === '') this.error([...path, 'image'], 'is missing: every container has an image');
    const own = this.get([...path, 'restartPolicy']);
    const isSidecar = isInit && own === 'Always';
    const restartPolicy =
      own === undefined
        ? podPolicy
        : (this.oneOf([...path, 'restartPolicy'], RESTART_POLICIES, podPolicy) as RestartPolicy);
    const postStart = this.#hook([...path, 'lifecycle', 'postStart']);
    const preStop = this.#hook([...path, 'lifecycle', 'preStop']);
    const stopSignal = this.#stopSignal([...path, 'lifecycle', 'stopSignal']);
    const resizeRestarts = this.#resizeRestarts([...path, 'resizePolicy']);
    const probes = (['startup', 'liveness', 'readiness'] as const).flatMap((type) =>
      this.#probe([...path, `${type}Probe`], type),
    );
    if (isInit && !isSidecar && (probes.length > 0 || postStart !== undefined || preStop !== undefined)) {
      this.error(path, 'is an init container: only one with restartPolicy Always may have probes and hooks');
    }
    return {
      name,
      role: isSidecar ? 'sidecar' : isInit ? 'init' : 'main',
      restartPolicy,
      restartRules: this.#restartRules([...path, 'restartPolicyRules']),
      ...(postStart === undefined ? {} : { postStart }),
      ...(preStop === undefined ? {} : { preStop }),
      ...(stopSignal === undefined ? {} : { stopSignal }),
      ...(resizeRestarts.length === 0 ? {} : { resizeRestarts }),
      image,
      imagePullPolicy: this.#pullPolicy([...path, 'imagePullPolicy'], image),
      probes,
    };
  }

  #pullPolicy(path: Path, image: string): ManifestContainer['imagePullPolicy'] {
    const isLatest = !/[:@][^/]+$/.test(image) || image.endsWith(':latest');
    const policy = this.oneOf(path, ['Always', 'IfNotPresent', 'Never'], isLatest ? 'Always' : 'IfNotPresent');
    return policy as ManifestContainer['imagePullPolicy'];
  }

  /** Secrets of registries, by which a kubelet tells who may use an image that lies on its node. */
  #pullSecrets(spec: Path): Pick<PodTemplate, 'pullSecrets'> {
    const path: Path = [...spec, 'imagePullSecrets'];
    const names = [...this.list(path).keys()].map((i) => this.text([...path, i, 'name'], ''));
    return names.length === 0 ? {} : { pullSecrets: names.sort().join(' ') };
  }

  /** Volumes that are images, with the containers that mount them. */
  #imageVolumes(spec: Path, containers: readonly Path[]): Pick<PodTemplate, 'imageVolumes'> {
    const volumes = [...this.list([...spec, 'volumes']).keys()].flatMap((i): ImageVolumeSpec[] => {
      const path: Path = [...spec, 'volumes', i];
      if (this.get([...path, 'image']) === undefined) return [];
      const name = this.get([...path, 'name']);
      const image = this.text([...path, 'image', 'reference'], '');
      if (image === '') this.error([...path, 'image', 'reference'], 'is missing: it names the image');
      const isMounted = (container: Path): boolean =>
        [...this.list([...container, 'volumeMounts']).keys()].some(
          (mount) => this.get([...container, 'volumeMounts', mount, 'name']) === name,
        );
      return [
        {
          image,
          imagePullPolicy: this.#pullPolicy([...path, 'image', 'pullPolicy'], image),
          containers: containers.flatMap((container, index) => (isMounted(container) ? [index] : [])),
        },
      ];
    });
    return volumes.length === 0 ? {} : { imageVolumes: volumes };
  }

  #hook(path: Path): HookSpec | undefined {
    const hook = this.get(path);
    if (hook === undefined || hook === null) return undefined;
    const handlers = (['exec', 'httpGet', 'tcpSocket', 'sleep'] as const).filter(
      (handler) => isFields(hook) && handler in hook,
    );
    if (handlers.length !== 1) {
      this.error(path, `has ${handlers.length} handlers; exactly one of exec, httpGet, sleep is needed`);
      return undefined;
    }
    const sleep = handlers[0] === 'sleep' ? this.whole([...path, 'sleep', 'seconds'], 0) : 0;
    return { handler: handlers[0]!, sleep: sleep * 1e9 };
  }

  /** Resources that a container cannot be given more or less of without a restart. */
  #resizeRestarts(path: Path): ('cpu' | 'memory')[] {
    return [...this.list(path).keys()].flatMap((i) => {
      const of = this.oneOf([...path, i, 'resourceName'], ['cpu', 'memory'], 'cpu') as 'cpu' | 'memory';
      const policy = this.oneOf([...path, i, 'restartPolicy'], ['NotRequired', 'RestartContainer'], 'NotRequired');
      return policy === 'RestartContainer' ? [of] : [];
    });
  }

  /** The number of the signal; undefined: SIGTERM, or it is not named as the API does. */
  #stopSignal(path: Path): number | undefined {
    const name = this.get(path);
    if (name === undefined || name === null) return undefined;
    const number = SIGNALS[this.oneOf(path, Object.keys(SIGNALS), 'SIGTERM')];
    this.warn(path, 'counts only where the feature gate ContainerStopSignals is on (alpha, off by default)');
    return number;
  }

  /** Rules of KEP-5307 and KEP-5532. */
  #restartRules(path: Path): RestartRule[] {
    const rules = this.get(path);
    if (rules === undefined || rules === null) return [];
    if (!Array.isArray(rules)) {
      this.error(path, 'must be a list of rules');
      return [];
    }
    return rules.flatMap((_, i): RestartRule[] => {
      const rule: Path = [...path, i];
      const action = this.oneOf([...rule, 'action'], ['Restart', 'RestartAllContainers'], 'Restart');
      const exitCodes = this.get([...rule, 'exitCodes', 'values']);
      const areCodes = Array.isArray(exitCodes) && exitCodes.every((code) => Number.isInteger(code));
      if (!areCodes) this.error([...rule, 'exitCodes', 'values'], 'must be a list of exit codes');
      return [
        {
          operator: this.oneOf([...rule, 'exitCodes', 'operator'], ['In', 'NotIn'], 'In') as RestartRule['operator'],
          exitCodes: areCodes ? (exitCodes as number[]) : [],
          ...(action === 'Restart' ? {} : { isForAll: true }),
        },
      ];
    });
  }

  /** Defaults: pkg/apis/core/v1/defaults.go; refusals: pkg/apis/core/validation/validation.go. */
  #probe(path: Path, type: ProbeType): ProbeSpec[] {
    const probe = this.get(path);
    if (probe === undefined || probe === null) return [];
    if (!isFields(probe)) {
      this.error(path, 'must be a mapping');
      return [];
    }
    const handlers = (['exec', 'httpGet', 'tcpSocket', 'grpc'] as const).filter((handler) => handler in probe);
    if (handlers.length !== 1) {
      this.error(path, `has ${handlers.length} handlers; exactly one of exec, httpGet, tcpSocket, grpc is needed`);
      return [];
    }
    const seconds = (key: string, fallback: number, min: number): Duration => {
      // Kubernetes replaces 0 by the default where 0 is not allowed.
      const value = this.whole([...path, key], fallback) || (min > 0 ? fallback : 0);
      return value * 1e9;
    };
    const threshold = (key: string, fallback: number): number => this.whole([...path, key], fallback) || fallback;
    const successThreshold = threshold('successThreshold', 1);
    if (type !== 'readiness' && successThreshold !== 1) {
      this.error([...path, 'successThreshold'], `is ${successThreshold}; Kubernetes allows only 1 for a ${type} probe`);
    }
    const grace = this.get([...path, 'terminationGracePeriodSeconds']);
    if (grace !== undefined && type === 'readiness') {
      this.error([...path, 'terminationGracePeriodSeconds'], 'must not be set for a readiness probe');
    }
    const handler = handlers[0] as ProbeHandler;
    return [
      {
        type,
        handler,
        port: handler === 'exec' ? 0 : this.#probedPort(path.slice(0, -1), this.get([...path, handler, 'port'])),
        initialDelay: seconds('initialDelaySeconds', 0, 0),
        period: seconds('periodSeconds', 10, 1),
        timeout: seconds('timeoutSeconds', 1, 1),
        successThreshold,
        failureThreshold: threshold('failureThreshold', 3),
        ...(grace === undefined
          ? {}
          : {
              terminationGracePeriod: this.whole([...path, 'terminationGracePeriodSeconds'], 30) * 1e9,
            }),
      },
    ];
  }

  /** The port of a container that a probe asks, by its name or number; 0: it cannot be told. */
  #probedPort(container: Path, port: unknown): number {
    if (typeof port === 'number') return port;
    if (typeof port !== 'string') return 0;
    return this.#portNames([container])[port] ?? (Number(port) || 0);
  }

  #service(): void {
    const name = this.#name();
    if (name === undefined) return;
    if (DNS_SUBDOMAIN.test(name) && (name.length > 63 || !/^[a-z]/.test(name) || name.includes('.'))) {
      this.error(
        ['metadata', 'name'],
        `${JSON.stringify(name)} is not a valid name of a Service`,
        `begin with a letter; ${DNS_HINT}`,
      );
    }
    const selector = this.labels(['spec', 'selector']);
    const type = this.oneOf(['spec', 'type'], SERVICE_TYPES, 'ClusterIP');
    // What is only a name costs the proxies nothing.
    if (type === 'ExternalName') {
      this.#leave('Service spec.type ExternalName', ['spec', 'type'], 'nothing');
      return;
    }
    if (this.text(['spec', 'clusterIP'], '') === 'None') {
      this.#leave('Service spec.clusterIP None (headless)', ['spec', 'clusterIP'], 'nothing');
      return;
    }
    if (Object.keys(selector).length === 0) {
      const why = 'its endpoints are made by hand, and each proxy has rules for them';
      this.#leave('Service without spec.selector', ['spec'], 'answer', why);
      return;
    }
    const ports = this.get(['spec', 'ports']);
    if (!Array.isArray(ports) || ports.length === 0) {
      this.error(['spec', 'ports'], 'is missing: a Service has at least one port');
      return;
    }
    const isExternal = type !== 'ClusterIP';
    const isBalanced = type === 'LoadBalancer';
    const externalIps = this.list(['spec', 'externalIPs']).length;
    const hasNodePorts = isExternal && !(isBalanced && this.get(['spec', 'allocateLoadBalancerNodePorts']) === false);
    const externalTrafficPolicy = this.#trafficPolicy('externalTrafficPolicy');
    if (externalTrafficPolicy === 'Local' && !isExternal && externalIps === 0) {
      this.error(
        ['spec', 'externalTrafficPolicy'],
        `may only be set for a Service that can be reached from outside, not for type ${type}`,
      );
    }
    const ranges = isBalanced ? this.list(['spec', 'loadBalancerSourceRanges']).length : 0;
    if (ranges > 0) {
      const at: Path = ['spec', 'loadBalancerSourceRanges'];
      this.warn(at, 'count as rules but block nobody: addresses of clients outside the cluster are not modelled');
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
      ...(this.#isTopologyAware() ? { isTopologyAware: true } : {}),
      selector,
      publishNotReadyAddresses: this.get(['spec', 'publishNotReadyAddresses']) === true,
      source: this.place(['spec', 'selector']),
    });
  }

  #policy(): void {
    const name = this.#name();
    if (name === undefined) return;
    const source = this.place(['spec', 'podSelector']);
    this.#manifests.policies.push({ namespace: this.#namespace(), name, source, ...readPolicy(this) });
  }

  /** Refusals: pkg/apis/scheduling/validation. */
  #priorityClass(): void {
    const name = this.#name();
    if (name === undefined) return;
    const value = this.get(['value']);
    if (typeof value !== 'number' || !Number.isInteger(value) || Math.abs(value) > USER_PRIORITY_MAX) {
      const most = USER_PRIORITY_MAX;
      const given = value === undefined ? 'is missing; it' : '';
      const what = `must be a whole number from -${most} to ${most}`;
      this.error(['value'], value === undefined ? `${given} ${what}` : `${what}, not ${JSON.stringify(value)}`);
      return;
    }
    if (name.startsWith('system-'))
      this.error(['metadata', 'name'], 'names with the prefix system- are reserved for Kubernetes itself');
    this.#manifests.priorityClasses.push({
      name,
      value,
      globalDefault: this.get(['globalDefault']) === true,
      preempts: this.oneOf(['preemptionPolicy'], ['PreemptLowerPriority', 'Never'], 'PreemptLowerPriority') !== 'Never',
      source: this.place(['metadata', 'name']),
    });
  }

  #runtimeClass(): void {
    const name = this.#name();
    if (name === undefined) return;
    this.#manifests.runtimeClasses.push({
      name,
      overhead: amountsAt(this, ['overhead', 'podFixed'], () => true),
      nodeSelector: this.labels(['scheduling', 'nodeSelector']),
      tolerations: readScheduling(['scheduling'], this).tolerations,
    });
  }

  #namespaceObject(): void {
    const name = this.#name();
    if (name === undefined) return;
    this.#leaveInjected('Namespace', ['metadata', 'labels'], injectsInto);
    this.#manifests.namespaces.set(name, this.labels(['metadata', 'labels']));
  }

  #servicePort(path: Path, hasNodePort: boolean, ports: number): ManifestService['ports'][number] {
    const name = this.text([...path, 'name'], '');
    if (name === '' && ports > 1)
      this.error([...path, 'name'], 'is missing: a Service with several ports must name them');
    const port = this.get([...path, 'port']);
    if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65535) {
      this.error([...path, 'port'], `must be a port from 1 to 65535, not ${JSON.stringify(port)}`);
    }
    return {
      name,
      port: Number(port),
      targetPort: this.text([...path, 'targetPort'], String(port)),
      protocol: this.oneOf([...path, 'protocol'], PROTOCOLS, 'TCP') as Protocol,
      hasNodePort,
    };
  }

  #trafficPolicy(field: string): TrafficPolicy {
    return this.oneOf(['spec', field], TRAFFIC_POLICIES, 'Cluster') as TrafficPolicy;
  }

  /** Those that its status says; one if it has none: a manifest knows nothing of what a cloud will give. */
  #loadBalancerIps(): number {
    const ingress = this.list(['status', 'loadBalancer', 'ingress']);
    return ingress.length === 0 ? 1 : ingress.filter((entry) => isFields(entry) && 'ip' in entry).length;
  }

  #affinityTimeout(): Duration {
    if (this.oneOf(['spec', 'sessionAffinity'], ['None', 'ClientIP'], 'None') === 'None') return 0;
    const path: Path = ['spec', 'sessionAffinityConfig', 'clientIP', 'timeoutSeconds'];
    const timeout = this.whole(path, AFFINITY_TIMEOUT_SECONDS);
    if (timeout < 1 || timeout > 86400) this.error(path, `must be 1 to 86400, not ${timeout}`);
    return timeout * 1e9;
  }

  /** The annotation, under its old name first; it counts instead of trafficDistribution (HintsEnabled). */
  #isTopologyAware(): boolean {
    const names = ['topology-aware-hints', 'topology-mode'];
    const annotations = this.get(['metadata', 'annotations']);
    const given = names
      .map((name) => (isFields(annotations) ? annotations[`service.kubernetes.io/${name}`] : undefined))
      .find((value) => value !== undefined);
    return given === 'Auto' || given === 'auto';
  }

  /** PreferClose is the old name of PreferSameZone. */
  #trafficDistribution(): ServiceSpec['trafficDistribution'] {
    const path: Path = ['spec', 'trafficDistribution'];
    if (this.get(path) === undefined) return 'none';
    const value = this.oneOf(path, ['PreferClose', 'PreferSameZone', 'PreferSameNode'], 'PreferClose');
    return value === 'PreferSameNode' ? 'PreferSameNode' : 'PreferSameZone';
  }

  #namespace(): string {
    const namespace = this.text(['metadata', 'namespace'], 'default') || 'default';
    if (namespace.length > 63 || !DNS_LABEL.test(namespace)) {
      this.error(
        ['metadata', 'namespace'],
        `${JSON.stringify(namespace)} is not a valid name of a namespace`,
        DNS_HINT,
      );
    }
    return namespace;
  }

  #name(): string | undefined {
    const name = this.get(['metadata', 'name']);
    if (typeof name === 'string' && name !== '') {
      if (name.length > 253 || !DNS_SUBDOMAIN.test(name)) {
        this.error(['metadata', 'name'], `${JSON.stringify(name)} is not a valid name of an object`, DNS_HINT);
      }
      return name;
    }
    // The API server would add five random characters.
    const prefix = this.get(['metadata', 'generateName']);
    if (typeof prefix === 'string' && prefix !== '') return prefix.replace(/-+$/, '');
    this.error(['metadata', 'name'], 'is missing: every object has a name');
    return undefined;
  }
}
