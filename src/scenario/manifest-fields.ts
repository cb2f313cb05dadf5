// Which fields of a manifest the model uses. Part of the scenario; `validate` lists those that it does not.

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
  'resources.requests.cpu',
  'resources.requests.memory',
  'resources.limits.cpu',
  'resources.limits.memory',
  'restartPolicy',
  'restartPolicyRules[].action',
  'restartPolicyRules[].exitCodes.**',
  ...['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((probe) => PROBE.map((field) => `${probe}.${field}`)),
  ...['preStop', 'postStart'].flatMap((hook) =>
    ['exec', 'httpGet', 'sleep'].map((handler) => `lifecycle.${hook}.${handler}.**`),
  ),
  'ports[].containerPort',
  'ports[].name',
];

const POD_SPEC = [
  ...CONTAINER.flatMap((path) => [`containers[].${path}`, `initContainers[].${path}`]),
  'restartPolicy',
  'terminationGracePeriodSeconds',
  'activeDeadlineSeconds',
  'hostNetwork',
  'nodeSelector.**',
  ...['key', 'operator', 'value', 'effect', 'tolerationSeconds'].map((field) => `tolerations[].${field}`),
  'affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[].matchExpressions.**',
  'affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution.**',
  ...['podAffinity', 'podAntiAffinity'].flatMap((kind) =>
    ['labelSelector.**', 'topologyKey'].map(
      (field) => `affinity.${kind}.requiredDuringSchedulingIgnoredDuringExecution[].${field}`,
    ),
  ),
  ...['maxSkew', 'topologyKey', 'whenUnsatisfiable', 'labelSelector.**'].map(
    (field) => `topologySpreadConstraints[].${field}`,
  ),
];

const template = (prefix: string): string[] => [
  `${prefix}.metadata.labels.**`,
  ...POD_SPEC.map((path) => `${prefix}.spec.${path}`),
];

const USED: Readonly<Record<string, readonly string[]>> = {
  Pod: POD_SPEC.map((path) => `spec.${path}`),
  Deployment: [
    'spec.replicas',
    'spec.selector.matchLabels.**',
    'spec.strategy.type',
    'spec.strategy.rollingUpdate.**',
    'spec.minReadySeconds',
    'spec.progressDeadlineSeconds',
    ...template('spec.template'),
  ],
  StatefulSet: [
    'spec.replicas',
    'spec.selector.matchLabels.**',
    'spec.podManagementPolicy',
    'spec.updateStrategy.type',
    ...template('spec.template'),
  ],
  DaemonSet: ['spec.selector.matchLabels.**', 'spec.updateStrategy.**', ...template('spec.template')],
  Job: [
    'spec.parallelism',
    'spec.completions',
    'spec.backoffLimit',
    'spec.activeDeadlineSeconds',
    ...template('spec.template'),
  ],
  Service: [
    'spec.selector.**',
    'spec.ports[].port',
    'spec.ports[].targetPort',
    'spec.ports[].name',
    'spec.clusterIP',
    'spec.publishNotReadyAddresses',
  ],
};

/** Values that mean what the model does anyway, so that they need not be listed. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  'spec.type': 'ClusterIP',
  'spec.sessionAffinity': 'None',
  'spec.ports[].protocol': 'TCP',
  'spec.template.spec.containers[].ports[].protocol': 'TCP',
  'spec.containers[].ports[].protocol': 'TCP',
};

/** Fields that change nothing of what the model says: who a pod is, what its process reads, what is kept of it. */
const HARMLESS =
  /\.(annotations|env|envFrom|command|args|workingDir|serviceAccountName|serviceAccount|securityContext|imagePullSecrets|volumeMounts|volumes|revisionHistoryLimit|terminationMessagePath|terminationMessagePolicy|serviceName|name|ports\[\]\..*|(liveness|readiness|startup)Probe\..*)$/;

/** Whether a field that the model does not use may change what happens on a real cluster. */
export const mayMatter = (field: string): boolean => !HARMLESS.test(field);

/** Paths of an object that the model does not use, each at its highest point, with `[]` for items. */
export function unusedFields(kind: string, object: unknown): string[] {
  const used = USED[kind] ?? [];
  const found = new Set<string>();
  const visit = (value: unknown, path: string): void => {
    if (used.includes(path) || used.includes(`${path}.**`) || DEFAULTS[path] === value) return;
    const isPrefix = used.some((other) => other.startsWith(`${path}.`) || other.startsWith(`${path}[]`));
    if (path !== '' && !isPrefix) {
      found.add(path);
      return;
    }
    if (Array.isArray(value)) for (const item of value) visit(item, `${path}[]`);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, child] of Object.entries(value)) {
        if (path === '' && key !== 'spec') continue;
        visit(child, path === '' ? key : `${path}.${key}`);
      }
    }
  };
  visit(object, '');
  return [...found].sort();
}
