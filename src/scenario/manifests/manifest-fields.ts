// Which fields of a manifest the model uses. Part of the scenario; `validate` lists those that it does not.

import type { WorkloadKind } from '../../control-plane/index.js';
import { formatPath, type Path } from '../../format/path.js';
import { editDistance } from '../../format/suggest.js';

// Of a handler only its kind counts: where it asks is the application's business, and so is what a port is called.
const PROBE = [
  'exec.**',
  'httpGet.**',
  'tcpSocket.**',
  'grpc.**',
  'initialDelaySeconds',
  'periodSeconds',
  'timeoutSeconds',
  'successThreshold',
  'failureThreshold',
  'terminationGracePeriodSeconds',
];

/** Paths that are used, `[]` standing for every item; a path that ends in `.**` takes everything below it. */
const CONTAINER = [
  'name',
  'image',
  'imagePullPolicy',
  'resources.requests.**',
  'resources.limits.**',
  'restartPolicy',
  'resizePolicy[].resourceName',
  'resizePolicy[].restartPolicy',
  'restartPolicyRules[].action',
  'restartPolicyRules[].exitCodes.**',
  ...['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((probe) => PROBE.map((field) => `${probe}.${field}`)),
  ...['preStop', 'postStart'].flatMap((hook) =>
    ['exec', 'httpGet', 'sleep'].map((handler) => `lifecycle.${hook}.${handler}.**`),
  ),
  'lifecycle.stopSignal',
  ...['containerPort', 'name', 'hostPort', 'hostIP', 'protocol'].map((field) => `ports[].${field}`),
];

const POD_SPEC = [
  ...CONTAINER.flatMap((path) => [`containers[].${path}`, `initContainers[].${path}`]),
  'restartPolicy',
  'terminationGracePeriodSeconds',
  'activeDeadlineSeconds',
  'readinessGates[].conditionType',
  'hostNetwork',
  'nodeSelector.**',
  ...['key', 'operator', 'value', 'effect', 'tolerationSeconds'].map((field) => `tolerations[].${field}`),
  'volumes[].image.reference',
  'volumes[].image.pullPolicy',
  'resources.requests.**',
  'resources.limits.**',
  'overhead.**',
  'runtimeClassName',
  'priorityClassName',
  'schedulerName',
  'schedulingGates[].name',
  'nodeName',
  'affinity.**',
  'topologySpreadConstraints[].**',
];

/** A kind of workload that manifests have. */
export type ManifestKind = WorkloadKind & Required<Pick<WorkloadKind, 'manifest'>>;

const below = (path: Path, fields: readonly string[]): string[] =>
  fields.map((field) => (path.length === 0 ? field : `${formatPath(path)}.${field}`));

function fieldsOf({ manifest: { template, fields } }: ManifestKind): string[] {
  const spec = below(
    template,
    POD_SPEC.map((path) => `spec.${path}`),
  );
  // Labels of a pod's own stand beside its spec, where nothing is looked at.
  return template.length === 0 ? spec : [...fields, ...below(template, ['metadata.labels.**']), ...spec];
}

const PEERS = ['podSelector.**', 'namespaceSelector.**', 'ipBlock.**'];
const PORTS = ['ports[].port', 'ports[].endPort', 'ports[].protocol'];

/** Of the kinds that are no workloads. */
const USED: Readonly<Record<string, readonly string[]>> = {
  // Their fields do not stand in a spec.
  PriorityClass: [],
  RuntimeClass: [],
  Namespace: [],
  NetworkPolicy: [
    'spec.podSelector.**',
    'spec.policyTypes[]',
    ...(
      [
        ['ingress', 'from'],
        ['egress', 'to'],
      ] as const
    ).flatMap(([direction, peers]) => [
      ...PEERS.map((field) => `spec.${direction}[].${peers}[].${field}`),
      ...PORTS.map((field) => `spec.${direction}[].${field}`),
    ]),
  ],
  Service: [
    'spec.selector.**',
    'spec.ports[].port',
    'spec.ports[].targetPort',
    'spec.ports[].name',
    'spec.ports[].nodePort',
    'spec.ports[].protocol',
    'spec.type',
    'spec.clusterIP',
    'spec.externalIPs.**',
    'spec.loadBalancerSourceRanges.**',
    'spec.allocateLoadBalancerNodePorts',
    'spec.healthCheckNodePort',
    'spec.internalTrafficPolicy',
    'spec.externalTrafficPolicy',
    'spec.sessionAffinity',
    'spec.sessionAffinityConfig.clientIP.timeoutSeconds',
    'spec.trafficDistribution',
    'spec.publishNotReadyAddresses',
  ],
};

/** Fields that change nothing of what the model says: who a pod is, what its process reads, what is kept of it. */
const HARMLESS =
  /\.(annotations|env|envFrom|command|args|workingDir|serviceAccountName|serviceAccount|securityContext|imagePullSecrets|volumeMounts|volumes|revisionHistoryLimit|terminationMessagePath|terminationMessagePolicy|serviceName|name|ports\[\]\..*|(liveness|readiness|startup)Probe\..*)$/;

/** Whether a field that the model does not use may change what happens on a real cluster. */
export const mayMatter = (field: string): boolean => !HARMLESS.test(field);

export interface UnusedField {
  /** With `[]` for items. */
  readonly path: string;
  /** The place of the first one. */
  readonly at: Path;
  /** A field of the same object that may have been meant. */
  readonly meant?: string;
}

/** What the model makes of manifests: kinds, and fields of each. */
export class ManifestFields {
  readonly #workloads: readonly ManifestKind[];
  readonly #used: Readonly<Record<string, readonly string[]>>;

  constructor(kinds: readonly WorkloadKind[]) {
    this.#workloads = kinds.filter((kind): kind is ManifestKind => kind.manifest !== undefined);
    this.#used = { ...Object.fromEntries(this.#workloads.map((kind) => [kind.kind, fieldsOf(kind)])), ...USED };
  }

  workload(kind: string): ManifestKind | undefined {
    return this.#workloads.find((one) => one.kind === kind);
  }

  /** Names of the kinds of workload. */
  get workloadKinds(): string[] {
    return this.#workloads.map(({ kind }) => kind);
  }

  /** Whether the model uses something of such objects. */
  uses(kind: string): boolean {
    return Object.hasOwn(this.#used, kind);
  }

  /** Fields of an object that the model does not use, each at its highest point. */
  unused(kind: string, object: unknown): UnusedField[] {
    const used = this.#of(kind);
    const found = new Map<string, UnusedField>();
    const visit = (value: unknown, path: string, at: Path): void => {
      if (used.includes(path) || used.includes(`${path}.**`)) return;
      const isPrefix = used.some((other) => other.startsWith(`${path}.`) || other.startsWith(`${path}[]`));
      if (path !== '' && !isPrefix) {
        if (!found.has(path)) {
          const meant = meantBy(path, used);
          found.set(path, { path, at, ...(meant === undefined ? {} : { meant }) });
        }
        return;
      }
      if (Array.isArray(value))
        value.forEach((item, i) => {
          visit(item, `${path}[]`, [...at, i]);
        });
      else if (typeof value === 'object' && value !== null) {
        for (const [key, child] of Object.entries(value)) {
          if (path === '' && key !== 'spec') continue;
          visit(child, path === '' ? key : `${path}.${key}`, [...at, key]);
        }
      }
    };
    visit(object, '', []);
    return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** The object with nothing in its spec but what the model uses. */
  pruned(kind: string, object: unknown): unknown {
    const used = this.#of(kind);
    const keep = (value: unknown, path: string): unknown => {
      if (used.includes(path) || used.includes(`${path}.**`)) return value;
      const isPrefix = used.some((other) => other.startsWith(`${path}.`) || other.startsWith(`${path}[]`));
      if (path !== '' && !isPrefix) return undefined;
      if (Array.isArray(value)) return value.map((item) => keep(item, `${path}[]`));
      if (typeof value !== 'object' || value === null) return undefined;
      const entries = Object.entries(value).flatMap(([key, child]) => {
        if (path === '' && key !== 'spec') return [];
        const kept = keep(child, path === '' ? key : `${path}.${key}`);
        return kept === undefined ? [] : [[key, kept]];
      });
      return entries.length === 0 && path !== 'spec' ? undefined : Object.fromEntries(entries);
    };
    return (keep(object, '') as { spec?: unknown } | undefined)?.spec;
  }

  #of(kind: string): readonly string[] {
    return this.uses(kind) ? this.#used[kind]! : [];
  }
}

/** Slips of the hand are this near to what was meant: two fields of Kubernetes hardly ever are. */
const SLIP = 2;

/** The used field beside this one that it may be a slip for. */
function meantBy(path: string, used: readonly string[]): string | undefined {
  if (!mayMatter(path)) return undefined;
  const at = path.lastIndexOf('.');
  const [parent, name] = [path.slice(0, at + 1), path.slice(at + 1)];
  const siblings = used
    .filter((other) => other.startsWith(parent))
    .map((other) => /^\w+/.exec(other.slice(parent.length))?.[0] ?? '');
  return [...new Set(siblings)].find((sibling) => sibling.length > 3 && editDistance(name, sibling) <= SLIP);
}
