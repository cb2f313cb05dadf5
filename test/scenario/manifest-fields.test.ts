// What the reference says of each field of a manifest, against what the code does with it: each field of each kind is changed, and
// the cluster is another one if and only if the field is used.

import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { BUILT_IN } from '../../src/catalogue.js';
import { stepOf } from '../../src/format/field-tree.js';
import { InputError, ManifestFields } from '../../src/scenario/index.js';
import { loadTexts } from '../fixtures/scenario.js';

type Json = Record<string, unknown>;

const HANDLER = { httpGet: { path: '/', port: 'http' } };
const container = (name: string): Json => ({
  name,
  image: `registry.example/${name}:1`,
  resources: { requests: { cpu: '100m' }, limits: { cpu: '200m' } },
  volumeMounts: [{ name: 'files', mountPath: '/files' }],
});
/** One that has everything. */
const full = (name: string, port: string, number: number): Json => ({
  ...container(name),
  ports: [{ name: port, containerPort: number, hostPort: 8000 + number, hostIP: '10.0.0.1', protocol: 'TCP' }],
  livenessProbe: HANDLER,
  readinessProbe: HANDLER,
  startupProbe: HANDLER,
  lifecycle: { preStop: { sleep: { seconds: 5 } }, postStart: { sleep: { seconds: 5 } } },
  resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }],
  restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [3] } }],
});
const template = (labels: Json, more: Json = {}): Json => ({
  metadata: { labels },
  spec: {
    containers: [full('app', 'http', 80), container('other')],
    // A sidecar may have what other containers have.
    initContainers: [{ ...full('side', 'admin', 81), restartPolicy: 'Always' }],
    volumes: [{ name: 'files', image: { reference: 'registry.example/files:1' } }],
    nodeSelector: { disk: 'ssd' },
    tolerations: [{ key: 'own', operator: 'Equal', value: 'x', effect: 'NoExecute', tolerationSeconds: 30 }],
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'topology.kubernetes.io/zone',
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: { matchLabels: { app: 'web' } },
      },
    ],
    ...more,
  },
});
const LABELS = { app: 'web' };
const matching = (labels: Json): Json => ({ matchLabels: labels });
const head = (apiVersion: string, kind: string, name = 'web'): Json => ({
  apiVersion,
  kind,
  metadata: { name, namespace: 'default' },
});
const job = (): Json => ({
  completionMode: 'Indexed',
  completions: 4,
  parallelism: 2,
  backoffLimitPerIndex: 1,
  podFailurePolicy: {
    rules: [{ action: 'FailIndex', onExitCodes: { operator: 'In', values: [1] } }],
  },
  successPolicy: { rules: [{ succeededIndexes: '0-2', succeededCount: 1 }] },
  template: template(LABELS, { restartPolicy: 'Never', nodeSelector: {} }),
});

const PEERS = [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.1.0.0/16'] } }, { podSelector: matching({ app: 'web' }) }];

/** One object of each kind, and what it needs beside it. */
const OBJECTS: Readonly<Record<string, Json>> = {
  Deployment: {
    ...head('apps/v1', 'Deployment'),
    spec: {
      replicas: 2,
      selector: matching(LABELS),
      template: template(LABELS, { priorityClassName: 'gold', runtimeClassName: 'kata' }),
    },
  },
  ReplicaSet: {
    ...head('apps/v1', 'ReplicaSet', 'set'),
    spec: { replicas: 2, selector: matching({ app: 'set' }), template: template({ app: 'set' }) },
  },
  ReplicationController: {
    ...head('v1', 'ReplicationController', 'old'),
    spec: { replicas: 2, selector: { app: 'old' }, template: template({ app: 'old' }) },
  },
  StatefulSet: {
    ...head('apps/v1', 'StatefulSet', 'queue'),
    spec: { replicas: 2, selector: matching({ app: 'queue' }), template: template({ app: 'queue' }) },
  },
  DaemonSet: {
    ...head('apps/v1', 'DaemonSet', 'agent'),
    spec: { selector: matching({ app: 'agent' }), template: template({ app: 'agent' }) },
  },
  Job: { ...head('batch/v1', 'Job', 'work'), spec: job() },
  CronJob: {
    ...head('batch/v1', 'CronJob', 'report'),
    spec: { schedule: '*/5 * * * *', jobTemplate: { spec: job() } },
  },
  Pod: { ...head('v1', 'Pod'), ...template({ app: 'alone' }), metadata: { name: 'alone', labels: { app: 'alone' } } },
  Service: {
    ...head('v1', 'Service'),
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      type: 'LoadBalancer',
      selector: LABELS,
      externalTrafficPolicy: 'Cluster',
      sessionAffinity: 'ClientIP',
      ports: [
        { name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' },
        { name: 'admin', port: 81, targetPort: 'admin' },
      ],
    },
  },
  NetworkPolicy: {
    ...head('networking.k8s.io/v1', 'NetworkPolicy'),
    spec: {
      podSelector: matching(LABELS),
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: PEERS, ports: [{ port: 80, protocol: 'TCP' }, { port: 'http' }] }],
      egress: [{ to: PEERS, ports: [{ port: 80, protocol: 'TCP' }] }],
    },
  },
  PriorityClass: { ...head('scheduling.k8s.io/v1', 'PriorityClass', 'gold'), value: 1000 },
  RuntimeClass: {
    ...head('node.k8s.io/v1', 'RuntimeClass', 'kata'),
    handler: 'kata',
    overhead: { podFixed: { memory: '64Mi' } },
    scheduling: { nodeSelector: { disk: 'ssd' }, tolerations: [{ key: 'own', operator: 'Exists' }] },
  },
  Namespace: { ...head('v1', 'Namespace', 'default'), metadata: { name: 'default', labels: { team: 'a' } } },
};

const TERM = (value: string): Json => ({
  nodeSelectorTerms: [{ matchExpressions: [{ key: 'disk', operator: 'In', values: [value, 'ssd'] }] }],
});
const podTerm = (key: string): Json[] => [{ topologyKey: key, labelSelector: matching(LABELS) }];
const weighted = (key: string): Json[] => [{ weight: 10, podAffinityTerm: podTerm(key)[0] }];
const ZONE = 'topology.kubernetes.io/zone';
const HOST = 'kubernetes.io/hostname';
const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

/** Two values of a field that is used, by the end of its path; the first that fits counts. */
const VALUES: readonly (readonly [end: string, one: unknown, other: unknown])[] = [
  ['metadata.labels', { app: 'web', x: '1' }, { app: 'web', x: '2' }],
  ['topology-mode', 'Auto', 'Disabled'],
  ['topology-aware-hints', 'auto', 'disabled'],
  ['containers.name', 'one', 'two'],
  ['initContainers.name', 'one', 'two'],
  ['initContainers.ports.name', 'admin', 'other'],
  ['ports.name', 'http', 'https'],
  ['volumes.name', 'files', 'others'],
  ['volumeMounts.name', 'files', 'others'],
  ['schedulingGates.name', 'one', 'two'],
  ['image', 'a:1', 'b:1'],
  ['reference', 'a:1', 'b:1'],
  ['imagePullPolicy', 'Always', 'Never'],
  ['pullPolicy', 'Always', 'Never'],
  ['resizePolicy.resourceName', 'cpu', 'memory'],
  ['resizePolicy.restartPolicy', 'RestartContainer', 'NotRequired'],
  ['initContainers.restartPolicy', 'Always', undefined],
  ['containers.restartPolicy', 'Always', 'Never'],
  ['spec.restartPolicy', 'Never', 'OnFailure'],
  ['podFailurePolicy.rules.action', 'FailIndex', 'Ignore'],
  ['restartPolicyRules.action', 'Restart', 'RestartAllContainers'],
  ['exitCodes.operator', 'In', 'NotIn'],
  ['exitCodes.values', [3], [4]],
  ['onExitCodes', { operator: 'In', values: [1] }, { operator: 'In', values: [2] }],
  ['onPodConditions', [{ type: 'DisruptionTarget' }], [{ type: 'Other' }]],
  ['succeededIndexes', '0-1', '0-2'],
  ['succeededCount', 1, 2],
  ['requests', { cpu: '100m' }, { cpu: '150m' }],
  ['limits', { cpu: '200m' }, { cpu: '300m' }],
  ['overhead', { cpu: '10m' }, { cpu: '20m' }],
  ['podFixed', { memory: '64Mi' }, { memory: '65Mi' }],
  ['stopSignal', 'SIGTERM', 'SIGUSR1'],
  ['hostPort', 8080, 8081],
  ['hostIP', '10.0.0.1', '10.0.0.2'],
  ['containerPort', 80, 81],
  ['ports.protocol', 'TCP', 'UDP'],
  ['hostNetwork', false, true],
  ['nodeName', undefined, 'a-1'],
  ['nodeSelector', { disk: 'ssd' }, { disk: 'hdd' }],
  ['runtimeClassName', undefined, 'kata'],
  ['priorityClassName', undefined, 'gold'],
  ['schedulerName', undefined, 'mine'],
  [`nodeAffinity.${REQUIRED}`, TERM('a'), TERM('b')],
  [
    `nodeAffinity.${PREFERRED}`,
    undefined,
    [{ weight: 1, preference: { matchExpressions: [{ key: 'disk', operator: 'Exists' }] } }],
  ],
  [REQUIRED, podTerm(ZONE), podTerm(HOST)],
  [PREFERRED, weighted(ZONE), weighted(HOST)],
  ['tolerations.key', 'own', 'other'],
  ['tolerations.operator', 'Equal', 'Exists'],
  ['tolerations.value', 'x', 'y'],
  ['tolerations.effect', 'NoExecute', 'NoSchedule'],
  ['tolerations', [{ key: 'own', operator: 'Exists' }], [{ key: 'other', operator: 'Exists' }]],
  ['maxSkew', 1, 2],
  ['topologyKey', ZONE, HOST],
  ['whenUnsatisfiable', 'DoNotSchedule', 'ScheduleAnyway'],
  ['labelSelector', matching({ app: 'web' }), matching({ app: 'set' })],
  ['minDomains', undefined, 2],
  ['nodeAffinityPolicy', 'Honor', 'Ignore'],
  ['nodeTaintsPolicy', 'Honor', 'Ignore'],
  ['matchLabelKeys', undefined, ['pod-template-hash']],
  ['readinessGates', undefined, [{ conditionType: 'example.com/open' }]],
  ['readinessProbe.terminationGracePeriodSeconds', undefined, 5],
  ['metadata.generateName', 'one-', 'two-'],
  ['metadata.namespace', 'default', 'other'],
  ['selector', undefined, { matchLabels: { app: 'nobody' } }],
  ['strategy.type', 'RollingUpdate', 'Recreate'],
  ['updateStrategy.type', 'RollingUpdate', 'OnDelete'],
  ['maxSurge', 0, '50%'],
  ['maxUnavailable', 1, 2],
  ['partition', 0, 1],
  ['paused', false, true],
  ['podManagementPolicy', 'OrderedReady', 'Parallel'],
  ['completionMode', 'Indexed', 'NonIndexed'],
  ['suspend', false, true],
  ['managedBy', undefined, 'example.com/other'],
  ['podReplacementPolicy', 'Failed', 'TerminatingOrFailed'],
  ['schedule', '*/5 * * * *', '*/7 * * * *'],
  ['timeZone', 'Etc/UTC', 'Asia/Kolkata'],
  ['concurrencyPolicy', 'Allow', 'Forbid'],
  ['type', 'LoadBalancer', 'ClusterIP'],
  ['clusterIP', '10.96.0.1', 'None'],
  ['externalIPs', [], ['1.2.3.4']],
  ['loadBalancerSourceRanges', [], ['1.0.0.0/8']],
  ['allocateLoadBalancerNodePorts', true, false],
  ['TrafficPolicy', 'Cluster', 'Local'],
  ['trafficDistribution', 'PreferSameZone', 'PreferSameNode'],
  ['sessionAffinity', 'ClientIP', 'None'],
  ['publishNotReadyAddresses', false, true],
  ['targetPort', 'http', 'https'],
  ['policyTypes', ['Ingress', 'Egress'], ['Ingress']],
  ['podSelector', matching(LABELS), matching({ app: 'nobody' })],
  ['namespaceSelector', matching({ team: 'a' }), matching({ team: 'b' })],
  ['endPort', 90, 91],
  ['cidr', '10.0.0.0/8', '10.0.0.0/9'],
  ['except', ['10.128.0.0/9'], undefined],
  ['globalDefault', false, true],
  ['preemptionPolicy', 'PreemptLowerPriority', 'Never'],
];

/** Two values of any field: of one that nobody looks at, anything. */
function valuesOf(path: string, isUsed: boolean): readonly [unknown, unknown] {
  const known = VALUES.find(([end]) => path === end || path.endsWith(`.${end}`) || path.endsWith(end));
  if (known !== undefined && isUsed) return [known[1], known[2]];
  if (path.endsWith('spec.resources.limits')) return [{ memory: '1Gi' }, { memory: '2Gi' }];
  return isUsed ? [2, 3] : ['one', 'two'];
}

/** What must not be there beside a field: of handlers there is one, and a name that is given is not made. */
function rivalsOf(path: string, isUsed: boolean): string[] {
  const [, probe] = /^(.*Probe)\.(exec|tcpSocket|grpc)\./.exec(path) ?? [];
  const [, hook] = /^(.*lifecycle\.\w+)\.(exec|httpGet|tcpSocket)\./.exec(path) ?? [];
  if (probe !== undefined) return [`${probe}.httpGet`];
  if (hook !== undefined) return [`${hook}.sleep`];
  if (path.endsWith('onPodConditions')) return [path.replace('onPodConditions', 'onExitCodes')];
  const [, peers] = /^(spec\.(?:ingress\.from|egress\.to))\.(podSelector|namespaceSelector)/.exec(path) ?? [];
  if (peers !== undefined) return [`${peers}.ipBlock`];
  return path === 'metadata.generateName' && isUsed ? ['metadata.name'] : [];
}

/** A copy with a value at a path; in lists, in each item; undefined: it is not there. */
function changed(value: unknown, path: readonly string[], to: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return to;
  if (Array.isArray(value)) return value.map((item, i) => (i === 0 ? changed(item, path, to) : item));
  const object = (value ?? {}) as Json;
  const below = changed(LISTS.includes(step) ? (object[step] ?? [{}]) : object[step], rest, to);
  const { [step]: _, ...others } = object;
  return below === undefined ? others : { ...others, [step]: below };
}
/** Fields that are lists of objects. */
const LISTS = [
  ...[
    'containers',
    'initContainers',
    'ports',
    'resizePolicy',
    'restartPolicyRules',
    'volumeMounts',
    'volumes',
    'rules',
  ],
  ...[
    'tolerations',
    'topologySpreadConstraints',
    'readinessGates',
    'schedulingGates',
    'ingress',
    'egress',
    'from',
    'to',
  ],
];

const SCENARIO = `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: s}
spec:
  kubernetesVersion: "1.36"
  duration: 1h
  nodePools: [{name: a, count: 4, zones: [x, y], labels: {disk: ssd}, capacity: {cpu: "16", memory: 64Gi}}]
  apps: [{name: web, manifests: [all.yaml], start: {at: 1s}}]
`;

/** What becomes of the objects: the cluster, or what is wrong with them; and what is left out. */
function outcomeOf(objects: readonly unknown[]): { readonly cluster: string; readonly left: readonly string[] } {
  const text = objects.map((object) => `---\n${stringify(object)}`).join('');
  try {
    const { points, untouched, warnings } = loadTexts({ 's.yaml': SCENARIO, 'all.yaml': text });
    const told = warnings.filter(({ message }) => !message.startsWith('changes the answer'));
    const words = told.map(({ field, message }) => `${field}: ${message}`);
    return {
      cluster: JSON.stringify([points[0]!.spec, words], (_, value: unknown) => (value === Infinity ? 'inf' : value)),
      left: untouched.map(({ what, step }) => `${step} ${what}`),
    };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { cluster: error.message.replaceAll(/all\.yaml:\d+:\d+|\n.*/g, ''), left: [] };
  }
}

const fields = new ManifestFields(BUILT_IN.workloadKinds.all);
/** What is of the pod template is looked at once: all kinds have the same. */
const WITH_TEMPLATE = ['Deployment'];
/** What the others ask for, or select. */
const BESIDE = ['Deployment', 'Service', 'NetworkPolicy', 'PriorityClass', 'RuntimeClass', 'Namespace'];

it('of a pod are the same in every kind', () => {
  const below = (kind: string, at: string) =>
    fields.fieldsOf(kind).flatMap(({ path, leaf }) => (path.startsWith(at) ? [[path.slice(at.length), leaf]] : []));
  for (const kind of fields.workloadKinds) {
    const at = fields
      .workload(kind)!
      .manifest.template.map((step) => `${step}.`)
      .join('');
    expect(below(kind, `${at}spec.`)).toEqual(below('Pod', 'spec.'));
  }
});

it('objects of all kinds load together', () => {
  expect(outcomeOf(Object.values(OBJECTS)).cluster).toMatch(/^\[\{/);
});

describe.each(fields.kinds.map((kind) => [kind] as const))('fields of a %s', (kind) => {
  const beside = kind === 'PriorityClass' ? [...BESIDE, 'ReplicaSet'] : BESIDE;
  const others = beside.flatMap((other) => (other === kind ? [] : [OBJECTS[other]!]));
  const { name } = OBJECTS[kind]!.metadata as { name: string };
  const outcome = (path: string, value: unknown, isUsed: boolean) => {
    const object = rivalsOf(path, isUsed).reduce<unknown>(
      (one, rival) => changed(one, rival.split('.'), undefined),
      OBJECTS[kind],
    );
    return outcomeOf([changed(object, stepsOf(path), value), ...others]);
  };
  const template = fields.workload(kind)?.manifest.template.join('.');
  const listed = fields
    .fieldsOf(kind)
    .filter(
      ({ path }) =>
        WITH_TEMPLATE.includes(kind) ||
        template === undefined ||
        !path.startsWith(template === '' ? 'spec.' : `${template}.`),
    );

  it.each(listed.map(({ path, leaf }) => [path, leaf] as const))('%s', (path, leaf) => {
    const step = typeof leaf === 'string' ? leaf : 'answer';
    const [one, other] =
      path === 'metadata.name' && step === 'used' ? [name, 'other'] : valuesOf(path, step === 'used');
    const before = outcome(path, one, step === 'used');
    const after = outcome(path, other, step === 'used');
    const isUsed = typeof leaf === 'string' ? leaf === 'used' : leaf.isPartlyUsed === true;
    if (isUsed) expect(after.cluster).not.toBe(before.cluster);
    if (step !== 'used') {
      expect(before.cluster).toMatch(/^\[\{/);
      if (!isUsed) expect(after.cluster).toBe(before.cluster);
      // Names say what an object is, and labels of workloads nothing; annotations count by their keys.
      const isSaid = typeof leaf === 'string' || stepOf(leaf, other) === 'answer';
      if (step === 'answer' && isSaid) expect(after.left.some((what) => what.startsWith(`answer ${kind}`))).toBe(true);
    }
  });
});

/** Steps of a path; keys of annotations have dots. */
function stepsOf(path: string): string[] {
  const at = path.indexOf('annotations.');
  if (at < 0) return path.split('.');
  return [...path.slice(0, at + 'annotations'.length).split('.'), path.slice(at + 'annotations.'.length)];
}
