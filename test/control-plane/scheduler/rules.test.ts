// Rules of Kubernetes' scheduler, each as a tiny cluster in which it decides. The title names the source: a file of
// pkg/scheduler/framework/plugins unless it says otherwise.
import { describe, expect, it } from 'vitest';
import { BUILT_IN } from '../../../src/catalogue.js';
import { simulate } from '../../../src/run/index.js';
import { loadScenario } from '../../../src/scenario/index.js';

interface Placed {
  /** Node of each pod, by name; `-`: none. */
  readonly nodes: Readonly<Record<string, string>>;
  /** Pods on each node. */
  readonly counts: Readonly<Record<string, number>>;
  readonly messages: readonly string[];
  readonly warnings: readonly string[];
}

interface Cluster {
  /** Items of spec.nodePools. */
  readonly pools?: string;
  /** Further fields of spec. */
  readonly spec?: string;
  readonly version?: string;
  readonly seconds?: number;
  /** A KubeSchedulerConfiguration. */
  readonly configuration?: string;
  /** Manifests of applications that are created one after another, a second apart. */
  readonly apps: readonly string[];
  /** When instead, in s. */
  readonly starts?: readonly number[];
}

const POOL = '{name: n, count: 3, capacity: {cpu: 4, memory: 16Gi}}';
const IMAGES = '[{name: i, present: true}]';

/** Runs a cluster and says where its pods are at the end. */
function placed({
  pools = POOL,
  spec = '',
  version = '1.36',
  seconds = 30,
  configuration,
  apps,
  starts,
}: Cluster): Placed {
  const control = configuration === undefined ? '' : '  controlPlane: {scheduler: {configuration: sched.yaml}}\n';
  const list = apps.map(
    (_, i) => `    - {name: a${i}, manifests: [a${i}.yaml], start: {at: ${starts?.[i] ?? i + 1}s}}`,
  );
  const images = spec.includes('images:') ? '' : `  images: ${IMAGES}\n`;
  const text = `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: rules}
spec:
  kubernetesVersion: "${version}"
  duration: ${seconds}s
  nodePools: [${pools}]
${images}${control}${spec}
  apps:
${list.join('\n')}
`;
  const files = new Map([['s.yaml', text], ...apps.map((app, i) => [`a${i}.yaml`, app] as const)]);
  if (configuration !== undefined) files.set('sched.yaml', configuration);
  const loaded = loadScenario({ path: 's.yaml', read: (path) => files.get(path)!, catalogue: BUILT_IN });
  const result = simulate(loaded.points[0]!.spec, 'rules');
  const { pods, objects } = result;
  const nodes: Record<string, string> = {};
  const counts: Record<string, number> = {};
  const nameOf = (node: number): string => {
    let first = 0;
    for (const pool of result.nodes.pools) {
      if (node < first + pool.count) return `${pool.name}-${node - first}`;
      first += pool.count;
    }
    return '-';
  };
  for (let pod = 0; pod < pods.count; pod++) {
    if (objects.pods.gone[pod] === 1) continue;
    const { name, traits } = result.spec.workloads[pods.workload[pod]!]!;
    const node = pods.node[pod]! < 0 ? '-' : nameOf(pods.node[pod]!);
    nodes[traits.podSuffix === 'none' ? name : `${name}-${pods.ordinal[pod]}`] = node;
    counts[node] = (counts[node] ?? 0) + 1;
  }
  const messages = result.pending.map(({ message }) => message);
  return { nodes, counts, messages, warnings: loaded.warnings.map(({ message }) => message) };
}

/** A pod of its own. @param spec fields of its spec. */
const pod = (name: string, spec = '', labels = `{app: ${name}}`, container = ''): string =>
  `---\napiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, labels: ${labels}}\nspec: {containers: [{name: c, image: i${container === '' ? '' : `, ${container}`}}]${spec === '' ? '' : `, ${spec}`}}\n`;
const asks = (requests: string): string => `resources: {requests: ${requests}}`;

/** A workload. */
const workload = (kind: string, name: string, replicas: number, spec = '', container = ''): string =>
  `---\napiVersion: apps/v1\nkind: ${kind}\nmetadata: {name: ${name}}\nspec:\n  replicas: ${replicas}\n  selector: {matchLabels: {app: ${name}}}\n  template:\n    metadata: {labels: {app: ${name}}}\n    spec: {containers: [{name: c, image: i${container === '' ? '' : `, ${container}`}}]${spec === '' ? '' : `, ${spec}`}}\n`;
const deployment = (name: string, replicas: number, spec = '', container = ''): string =>
  workload('Deployment', name, replicas, spec, container);

const values = (counts: Readonly<Record<string, number>>): number[] => Object.values(counts).sort((a, b) => b - a);

describe('what nodes have', () => {
  it.each([
    ['kubernetes.io/os', 'linux'],
    ['kubernetes.io/arch', 'amd64'],
    ['beta.kubernetes.io/os', 'linux'],
    ['beta.kubernetes.io/arch', 'amd64'],
    ['kubernetes.io/hostname', 'n-1'],
    ['node.kubernetes.io/instance-type', 'm5.large'],
    ['beta.kubernetes.io/instance-type', 'm5.large'],
    ['topology.kubernetes.io/zone', 'b'],
    ['topology.kubernetes.io/region', 'eu-1'],
    ['failure-domain.beta.kubernetes.io/zone', 'b'],
    ['failure-domain.beta.kubernetes.io/region', 'eu-1'],
  ])('the label %s (kubelet_node_status.go, cloud-provider)', (key, value) => {
    const pools =
      '{name: n, count: 2, capacity: {cpu: 4, memory: 16Gi}, zones: [a, b], instanceType: m5.large, region: eu-1}';
    expect(placed({ pools, apps: [pod('p', `nodeSelector: {"${key}": "${value}"}`)] }).nodes.p).toMatch(/^n-\d$/);
    expect(placed({ pools, apps: [pod('p', `nodeSelector: {"${key}": other}`)] }).nodes.p).toBe('-');
  });
  it('devices, as many as they say (noderesources/fit.go)', () => {
    const pools = '{name: n, count: 1, capacity: {cpu: 4, memory: 16Gi, nvidia.com/gpu: 2}}';
    const gpu = `resources: {limits: {nvidia.com/gpu: 1}}`;
    const { nodes, messages } = placed({ pools, apps: ['a', 'b', 'c'].map((name) => pod(name, '', '{}', gpu)) });
    expect(nodes).toEqual({ a: 'n-0', b: 'n-0', c: '-' });
    expect(messages[0]).toMatch(/^0\/1 nodes are available: 1 Insufficient nvidia\.com\/gpu\./);
  });
  it('ephemeral storage, of which a tenth is kept (evictionHard nodefs.available)', () => {
    const pools = '{name: n, count: 1, capacity: {cpu: 4, memory: 16Gi, ephemeral-storage: 10G}}';
    const of = (bytes: string) => placed({ pools, apps: [pod('p', '', '{}', asks(`{ephemeral-storage: ${bytes}}`))] });
    expect(of('9G').nodes.p).toBe('n-0');
    expect(of('9.1G').messages[0]).toMatch(/1 Insufficient ephemeral-storage/);
  });
  it('huge pages, which are not memory (pkg/kubelet/cm)', () => {
    const pools = '{name: n, count: 1, capacity: {cpu: 4, memory: 4Gi, hugepages-2Mi: 2Gi}}';
    const huge = 'resources: {requests: {cpu: 1, hugepages-2Mi: 1Gi}, limits: {cpu: 1, hugepages-2Mi: 1Gi}}';
    const plain = asks('{memory: 2Gi}');
    const { nodes } = placed({ pools, apps: [pod('a', '', '{}', huge), pod('b', '', '{}', plain)] });
    expect(nodes).toEqual({ a: 'n-0', b: '-' });
  });
  it('cordoned nodes take nobody but who tolerates it (nodeunschedulable/node_unschedulable.go)', () => {
    const pools = '{name: n, count: 2, capacity: {cpu: 4, memory: 16Gi}, unschedulable: true}';
    const tolerant = 'tolerations: [{key: node.kubernetes.io/unschedulable, operator: Exists}]';
    const { nodes, messages } = placed({ pools, apps: [pod('a'), pod('b', tolerant)] });
    expect(nodes.a).toBe('-');
    expect(nodes.b).toMatch(/^n-/);
    expect(messages[0]).toMatch(/^0\/2 nodes are available: 2 node\(s\) were unschedulable\./);
  });
});

describe('what pods ask for', () => {
  const one = '{name: n, count: 1, capacity: {cpu: 4, memory: 16Gi}}';
  it('an init container counts if it asks for more than all others (component-helpers PodRequests)', () => {
    const init = 'initContainers: [{name: x, image: i, resources: {requests: {cpu: 3}}}]';
    const { counts } = placed({ pools: one, apps: [deployment('d', 2, init, asks('{cpu: 1}'))] });
    expect(counts).toEqual({ 'n-0': 1, '-': 1 });
  });
  it('a sidecar counts beside the others, and beside init containers after it', () => {
    const init =
      'initContainers: [{name: s, image: i, restartPolicy: Always, resources: {requests: {cpu: 1}}}, {name: x, image: i, resources: {requests: {cpu: 1500m}}}]';
    const { counts } = placed({ pools: one, apps: [deployment('d', 2, init, asks('{cpu: 1}'))] });
    expect(counts).toEqual({ 'n-0': 1, '-': 1 });
  });
  it('the overhead of a RuntimeClass is added, and its node selector and tolerations (plugin/pkg/admission/runtimeclass)', () => {
    const kata =
      'apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: kata}\nhandler: kata\noverhead: {podFixed: {cpu: 1500m}}\nscheduling: {nodeSelector: {sandbox: "yes"}, tolerations: [{key: t, operator: Exists}]}\n';
    const pools = `${one}, {name: s, count: 1, capacity: {cpu: 4, memory: 16Gi}, labels: {sandbox: "yes"}, taints: [{key: t, effect: NoSchedule}]}`;
    const { nodes } = placed({
      pools,
      apps: [
        `${kata}${pod('a', 'runtimeClassName: kata', '{}', asks('{cpu: 1}'))}${pod('b', 'runtimeClassName: kata', '{}', asks('{cpu: 1}'))}`,
      ],
    });
    expect(Object.values(nodes).sort()).toEqual(['-', 's-0']);
  });
  it('requests of the pod as a whole, from 1.34 on (KEP-2837)', () => {
    const whole = 'resources: {requests: {cpu: 3}}';
    const of = (version: string) => placed({ pools: one, version, apps: [deployment('d', 2, whole)] });
    expect(of('1.34').counts).toEqual({ 'n-0': 1, '-': 1 });
    expect(of('1.33').counts).toEqual({ 'n-0': 2 });
    expect(of('1.33').warnings.join()).toMatch(
      /requests and limits of the pod as a whole count from Kubernetes 1\.34 on/,
    );
  });
  it('a limit of the pod as a whole is no request where a container has one (core/v1/defaults.go)', () => {
    const whole = 'resources: {limits: {cpu: 4}}';
    const pools = '{name: n, count: 1, capacity: {cpu: 4, memory: 16Gi}}';
    expect(placed({ pools, apps: [deployment('d', 4, whole, asks('{cpu: 500m}'))] }).counts).toEqual({ 'n-0': 4 });
    expect(placed({ pools, apps: [deployment('d', 2, whole)] }).counts).toEqual({ 'n-0': 1, '-': 1 });
  });
  it('an overhead that the pod says itself is not added a second time', () => {
    const kata =
      'apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: kata}\nhandler: kata\noverhead: {podFixed: {cpu: 2}}\n';
    const pools = '{name: n, count: 1, capacity: {cpu: 4, memory: 16Gi}}';
    const own = deployment('d', 2, 'runtimeClassName: kata, overhead: {cpu: 1}', asks('{cpu: 1}'));
    expect(placed({ pools, apps: [`${kata}${own}`] }).counts).toEqual({ 'n-0': 2 });
  });
  it('more resources than bits of a number can be lacking', () => {
    const names = Array.from({ length: 30 }, (_, i) => `example.com/d${i}`);
    const limits = `resources: {limits: {${names.map((name) => `${name}: 2`).join()}}}`;
    const capacity = names.slice(0, 28).map((name) => `${name}: 2`);
    const pools = `{name: n, count: 1, capacity: {cpu: 4, memory: 16Gi, ${capacity.join()}, example.com/d28: 1, example.com/d29: 1}}`;
    expect(placed({ pools, apps: [pod('p', '', '{}', limits)] }).messages[0]).toMatch(
      /^0\/1 nodes are available: 1 Insufficient example\.com\/d28, 1 Insufficient example\.com\/d29\./,
    );
  });
  it('no more pods than the node takes (noderesources/fit.go: Too many pods)', () => {
    const pools = '{name: n, count: 1, capacity: {cpu: 4, memory: 16Gi, pods: 2}}';
    const { counts, messages } = placed({ pools, apps: [deployment('d', 3)] });
    expect(counts).toEqual({ 'n-0': 2, '-': 1 });
    expect(messages[0]).toMatch(/^0\/1 nodes are available: 1 Too many pods\./);
  });
  it('all that a node lacks is named (noderesources/fit.go)', () => {
    const { messages } = placed({ pools: one, apps: [pod('p', '', '{}', asks('{cpu: 5, memory: 20Gi}'))] });
    expect(messages[0]).toBe(
      '0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
    );
  });
});

describe('host ports (nodeports/node_ports.go)', () => {
  const port = (fields: string): string => `ports: [{containerPort: 80, ${fields}}]`;
  const two = '{name: n, count: 2, capacity: {cpu: 4, memory: 16Gi}}';
  it('one pod a node', () => {
    const { counts, messages } = placed({ pools: two, apps: [deployment('d', 3, '', port('hostPort: 80'))] });
    expect(counts).toEqual({ 'n-0': 1, 'n-1': 1, '-': 1 });
    expect(messages[0]).toMatch(/2 node\(s\) didn't have free ports for the requested pod ports/);
  });
  it('another protocol, another port and another address do not clash; 0.0.0.0 does with all', () => {
    const one = '{name: n, count: 1, capacity: {cpu: 4, memory: 16Gi}}';
    const a = pod('a', '', '{}', port('hostPort: 80, hostIP: 10.0.0.1'));
    const b = pod('b', '', '{}', port('hostPort: 80, protocol: UDP'));
    const c = pod('c', '', '{}', port('hostPort: 81'));
    const d = pod('d', '', '{}', port('hostPort: 80, hostIP: 10.0.0.2'));
    const e = pod('e', '', '{}', port('hostPort: 80'));
    expect(placed({ pools: one, apps: [a, b, c, d, e] }).nodes).toEqual({
      a: 'n-0',
      b: 'n-0',
      c: 'n-0',
      d: 'n-0',
      e: '-',
    });
  });
  it('with hostNetwork every port of a container is one of the node (apis/core/v1/defaults.go)', () => {
    const { counts } = placed({
      pools: two,
      apps: [deployment('d', 3, 'hostNetwork: true', 'ports: [{containerPort: 80}]')],
    });
    expect(counts).toEqual({ 'n-0': 1, 'n-1': 1, '-': 1 });
  });
});

describe('node affinity (nodeaffinity/node_affinity.go)', () => {
  const pools =
    '{name: a, count: 1, capacity: {cpu: 4, memory: 16Gi}, labels: {disk: ssd, size: "4"}}, {name: b, count: 1, capacity: {cpu: 4, memory: 16Gi}, labels: {disk: hdd, size: "16"}}';
  const required = (terms: string): string =>
    `affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [${terms}]}}}`;
  const term = (key: string, operator: string, ...of: string[]): string =>
    `{key: ${key}, operator: ${operator}${of.length > 0 ? `, values: [${of.map((v) => `"${v}"`).join()}]` : ''}}`;
  const at = (terms: string): string | undefined => placed({ pools, apps: [pod('p', required(terms))] }).nodes.p;
  it.each([
    [
      'terms are or-ed',
      `{matchExpressions: [${term('disk', 'In', 'none')}]}, {matchExpressions: [${term('disk', 'In', 'hdd')}]}`,
      'b-0',
    ],
    ['expressions are and-ed', `{matchExpressions: [${term('disk', 'Exists')}, ${term('size', 'Gt', '8')}]}`, 'b-0'],
    ['an empty term matches nothing', '{}', '-'],
    ['an empty term beside another does no harm', `{}, {matchExpressions: [${term('disk', 'In', 'ssd')}]}`, 'a-0'],
    ['NotIn', `{matchExpressions: [${term('disk', 'NotIn', 'ssd')}]}`, 'b-0'],
    ['Lt compares numbers, not texts', `{matchExpressions: [${term('size', 'Lt', '9')}]}`, 'a-0'],
    ['DoesNotExist', `{matchExpressions: [${term('disk', 'DoesNotExist')}]}`, '-'],
    ['matchFields names a node', `{matchFields: [${term('metadata.name', 'In', 'b-0')}]}`, 'b-0'],
    ['matchFields excludes a node', `{matchFields: [${term('metadata.name', 'NotIn', 'b-0')}]}`, 'a-0'],
    [
      'a host name is a label of its node',
      `{matchExpressions: [${term('kubernetes.io/hostname', 'In', 'b-0')}]}`,
      'b-0',
    ],
  ])('%s', (_, terms, node) => expect(at(terms)).toBe(node));
  it('preferred terms add up, and the best node has 100', () => {
    const preferred = `affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 10, preference: {matchExpressions: [${term('disk', 'In', 'ssd')}]}}, {weight: 11, preference: {matchExpressions: [${term('disk', 'In', 'hdd')}]}}]}}`;
    expect(placed({ pools, apps: [pod('p', preferred)] }).nodes.p).toBe('b-0');
  });
  it('addedAffinity holds for all pods of a profile', () => {
    const configuration =
      'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nprofiles: [{pluginConfig: [{name: NodeAffinity, args: {addedAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: disk, operator: In, values: [hdd]}]}]}}}}]}]\n';
    const { nodes } = placed({
      pools,
      configuration,
      apps: [pod('p'), pod('q', required(`{matchExpressions: [${term('disk', 'In', 'ssd')}]}`))],
    });
    expect(nodes).toEqual({ p: 'b-0', q: '-' });
  });
});

describe('taints (tainttoleration/taint_toleration.go)', () => {
  const pools = (effect: string): string =>
    `{name: a, count: 1, capacity: {cpu: 4, memory: 16Gi}, taints: [{key: k, value: v, effect: ${effect}}]}, {name: b, count: 1, capacity: {cpu: 4, memory: 16Gi}, taints: [{key: z, effect: NoSchedule}]}`;
  it('the sentence names the taint', () => {
    const { messages } = placed({ pools: pools('NoSchedule'), apps: [pod('p')] });
    expect(messages[0]).toMatch(
      /^0\/2 nodes are available: 1 node\(s\) had untolerated taint \{k: v\}, 1 node\(s\) had untolerated taint \{z: \}\. preemption: 0\/2 nodes are available: 2 Preemption is not helpful/,
    );
  });
  it('a node with fewer PreferNoSchedule taints is preferred, with weight 3', () => {
    const soft =
      '{name: a, count: 1, capacity: {cpu: 64, memory: 256Gi}, taints: [{key: k, effect: PreferNoSchedule}]}, {name: b, count: 1, capacity: {cpu: 4, memory: 16Gi}}';
    // The emptier node would win by its resources: 98 and 98 against 75 and 62, which 300 outweighs.
    expect(placed({ pools: soft, apps: [pod('p', '', '{}', asks('{cpu: 1, memory: 2Gi}'))] }).nodes.p).toBe('b-0');
  });
  it('weights of the default profile (apis/config/v1/default_plugins.go)', () => {
    const weights = Object.fromEntries(
      BUILT_IN.schedulerPlugins.all.flatMap(({ name, weight }) => (weight === undefined ? [] : [[name, weight]])),
    );
    expect(weights).toEqual({
      TaintToleration: 3,
      NodeAffinity: 2,
      PodTopologySpread: 2,
      InterPodAffinity: 2,
      NodeResourcesFit: 1,
      NodeResourcesBalancedAllocation: 1,
      ImageLocality: 1,
    });
  });
});

describe('spread (podtopologyspread)', () => {
  const zones = '{name: n, count: 4, capacity: {cpu: 64, memory: 256Gi}, zones: [a, b]}';
  const constraint = (fields: string): string => `topologySpreadConstraints: [{${fields}}]`;
  const hard = 'maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule';
  it('every Deployment is spread by default: 3 pods a zone, though one is emptier (plugin.go: systemDefaultConstraints)', () => {
    const pools =
      '{name: big, count: 3, capacity: {cpu: 64, memory: 256Gi}, zones: [a]}, {name: small, count: 3, capacity: {cpu: 4, memory: 16Gi}, zones: [b]}';
    const { counts } = placed({ pools, apps: [deployment('d', 6, '', asks('{cpu: 100m, memory: 100Mi}'))] });
    expect(values(counts)).toEqual([1, 1, 1, 1, 1, 1]);
  });
  it.each([
    [
      'a Job',
      'apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec:\n  parallelism: 4\n  template: {metadata: {labels: {app: j}}, spec: {restartPolicy: Never, containers: [{name: c, image: i, resources: {requests: {cpu: 1, memory: 1Gi}}}]}}\n',
    ],
  ])('%s is not (helper/spread.go: DefaultSelector)', (_, job) => {
    // All four go to the machine that stays the emptiest; spread over hosts they would not.
    const pools =
      '{name: big, count: 1, capacity: {cpu: 64, memory: 256Gi}}, {name: small, count: 3, capacity: {cpu: 2, memory: 8Gi}}';
    const { counts } = placed({ pools, apps: [job] });
    expect(counts).toEqual({ 'big-0': 4 });
  });
  it('but it is if a Service selects its pods', () => {
    const pools =
      '{name: big, count: 1, capacity: {cpu: 64, memory: 256Gi}}, {name: small, count: 3, capacity: {cpu: 2, memory: 8Gi}}';
    const job =
      'apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec:\n  parallelism: 4\n  template: {metadata: {labels: {app: j}}, spec: {restartPolicy: Never, containers: [{name: c, image: i, resources: {requests: {cpu: 1, memory: 1Gi}}}]}}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: j}\nspec: {selector: {app: j}, ports: [{port: 80}]}\n';
    expect(values(placed({ pools, apps: [job] }).counts)).toEqual([1, 1, 1, 1]);
  });
  it('a tainted zone is an empty place that nobody may go to (common.go: nodeTaintsPolicy Ignore)', () => {
    const pools =
      '{name: n, count: 1, capacity: {cpu: 4, memory: 16Gi}, zones: [a]}, {name: m, count: 1, capacity: {cpu: 4, memory: 16Gi}, zones: [b]}, {name: t, count: 1, capacity: {cpu: 4, memory: 16Gi}, zones: [c], taints: [{key: k, effect: NoSchedule}]}';
    const of = (more: string) =>
      placed({
        pools,
        apps: [deployment('d', 6, constraint(`${hard}, labelSelector: {matchLabels: {app: d}}${more}`))],
      }).counts;
    expect(of('')).toEqual({ 'n-0': 1, 'm-0': 1, '-': 4 });
    expect(of(', nodeTaintsPolicy: Honor')).toEqual({ 'n-0': 3, 'm-0': 3 });
  });
  it('nodes that the pod does not select do not count, unless it says so (common.go: nodeAffinityPolicy)', () => {
    const pools =
      '{name: n, count: 1, capacity: {cpu: 4, memory: 16Gi}, zones: [a], labels: {x: y}}, {name: m, count: 1, capacity: {cpu: 4, memory: 16Gi}, zones: [b]}';
    const of = (more: string) =>
      placed({
        pools,
        apps: [
          deployment(
            'd',
            3,
            `nodeSelector: {x: y}, ${constraint(`${hard}, labelSelector: {matchLabels: {app: d}}${more}`)}`,
          ),
        ],
      }).counts;
    expect(of('')).toEqual({ 'n-0': 3 });
    expect(of(', nodeAffinityPolicy: Ignore')).toEqual({ 'n-0': 1, '-': 2 });
  });
  it('fewer places than minDomains: the emptiest one is taken to hold none (filtering.go: minMatchNum)', () => {
    const { counts } = placed({
      pools: zones,
      apps: [deployment('d', 4, constraint(`${hard}, minDomains: 3, labelSelector: {matchLabels: {app: d}}`))],
    });
    expect(counts['-']).toBe(2);
  });
  it('pods that the selector does not name count for nothing, not even the pod itself (filtering.go: selfMatchNum)', () => {
    const { counts } = placed({
      pools: zones,
      apps: [deployment('d', 6, constraint(`${hard}, labelSelector: {matchLabels: {app: other}}`))],
    });
    expect(counts['-']).toBeUndefined();
  });
  it('without a selector nobody counts; with an empty one nobody but the pod itself (common.go: countPodsMatchSelector)', () => {
    for (const selector of ['', ', labelSelector: {}'])
      expect(
        placed({ pools: zones, apps: [deployment('d', 6, constraint(`${hard}${selector}`))] }).counts['-'],
      ).toBeUndefined();
  });
  it('pods of the whole namespace count, whoever made them', () => {
    const labels = '{matchExpressions: [{key: app, operator: In, values: [p, d]}]}';
    const a = pod('p', 'nodeName: n-0');
    const { nodes } = placed({
      pools: zones,
      apps: [a, deployment('d', 1, constraint(`${hard}, labelSelector: ${labels}`))],
    });
    expect(nodes['d-0']).toMatch(/n-[13]/);
  });
  it('matchLabelKeys: pods of other templates do not count (KEP-3243)', () => {
    const hash = `${hard}, labelSelector: {matchLabels: {app: d}}, matchLabelKeys: [pod-template-hash]`;
    const spec = '  faults: [{type: RollingUpdate, at: 10s, target: deployment/d}]';
    const { counts } = placed({ pools: zones, spec, seconds: 60, apps: [deployment('d', 2, constraint(hash))] });
    expect(counts['-']).toBeUndefined();
  });
  it('nodes without the label are no place (filtering.go)', () => {
    const pools =
      '{name: r, count: 1, capacity: {cpu: 4, memory: 16Gi}, labels: {rack: one}}, {name: n, count: 1, capacity: {cpu: 64, memory: 256Gi}}';
    const rack =
      'maxSkew: 1, topologyKey: rack, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: d}}';
    expect(placed({ pools, apps: [deployment('d', 2, constraint(rack))] }).counts).toEqual({ 'r-0': 2 });
    const { messages } = placed({
      pools: '{name: n, count: 1, capacity: {cpu: 4, memory: 16Gi}}',
      apps: [deployment('d', 1, constraint(rack))],
    });
    expect(messages[0]).toMatch(/1 node\(s\) didn't match pod topology spread constraints \(missing required label\)/);
  });
  it('defaults of a list take the place of those of the system (plugin.go: defaultConstraints)', () => {
    const configuration =
      'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nprofiles: [{pluginConfig: [{name: PodTopologySpread, args: {defaultingType: List, defaultConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule}]}}]}]\n';
    const pools =
      '{name: n, count: 1, capacity: {cpu: 64, memory: 256Gi}}, {name: m, count: 1, capacity: {cpu: 1, memory: 1Gi}}';
    const { counts } = placed({ pools, configuration, apps: [deployment('d', 6, '', asks('{cpu: 500m}'))] });
    expect(counts).toEqual({ 'n-0': 3, 'm-0': 2, '-': 1 });
  });
});

describe('what the state of nodes does to spread (podtopologyspread/common.go: matchNodeInclusionPolicies)', () => {
  const two = (more: string): string =>
    `{name: a, count: 1, capacity: {cpu: 4, memory: 16Gi}, zones: [a]}, {name: b, count: 1, capacity: {cpu: 4, memory: 16Gi}, zones: [b]${more}}`;
  const honour = `topologySpreadConstraints: [{maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, nodeTaintsPolicy: Honor, labelSelector: {matchLabels: {app: d}}}]`;
  it('a cordoned node is no place where taints are honoured', () => {
    const { counts } = placed({ pools: two(', unschedulable: true'), apps: [deployment('d', 4, honour)] });
    expect(counts).toEqual({ 'a-0': 4 });
  });
  it('a node that is dead is none from the moment it is tainted', () => {
    const spec = '  faults: [{type: NodeDeath, at: 1s, nodes: "100%", pool: b}]';
    const { counts } = placed({
      pools: two(''),
      spec,
      seconds: 200,
      starts: [100],
      apps: [deployment('d', 4, honour)],
    });
    expect(counts).toEqual({ 'a-0': 4 });
  });
  it('pods wait, and are placed when it is tainted', () => {
    const spec = '  faults: [{type: NodeDeath, at: 1s, nodes: "100%", pool: b}]';
    const { counts } = placed({ pools: two(''), spec, seconds: 700, starts: [20], apps: [deployment('d', 4, honour)] });
    expect(counts['a-0']).toBe(4);
  });
});

describe('Services of single pods (helper/spread.go: DefaultSelector)', () => {
  it('do not change how the others are spread', () => {
    const set = workload('StatefulSet', 'db', 8, '', asks('{cpu: 10m, memory: 10Mi}')).replace(
      'spec:\n',
      'spec:\n  podManagementPolicy: Parallel\n',
    );
    const service =
      '---\napiVersion: v1\nkind: Service\nmetadata: {name: one}\nspec: {selector: {statefulset.kubernetes.io/pod-name: db-1}, ports: [{port: 80}]}\n';
    const pools =
      '{name: big, count: 1, capacity: {cpu: 64, memory: 256Gi}}, {name: small, count: 3, capacity: {cpu: 2, memory: 8Gi}}';
    expect(values(placed({ pools, apps: [set] }).counts)).toEqual([2, 2, 2, 2]);
    const { nodes } = placed({ pools, apps: [`${set}${service}`] });
    const { 'db-1': _, ...others } = nodes;
    const counts = new Map<string, number>();
    for (const node of Object.values(others)) counts.set(node, (counts.get(node) ?? 0) + 1);
    expect(Math.max(...counts.values())).toBe(2);
  });
});

describe('nodes are looked at in turn (schedule_one.go: findNodesThatPassFilters)', () => {
  const lookedAt = (percentage: string): number[][] => {
    const text = `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: round}
spec:
  duration: 20s
  nodePools: [{name: n, count: 250, capacity: {cpu: 4, memory: 16Gi}}]
  images: [{name: i, present: true}]
  explainPlacement: ['*']
  controlPlane: {scheduler: {configuration: sched.yaml}}
  apps: [{name: a, manifests: [a.yaml], start: {at: 1s}}, {name: b, manifests: [b.yaml], start: {at: 3s}}, {name: c, manifests: [c.yaml], start: {at: 5s}}]
`;
    const files = new Map([
      ['s.yaml', text],
      ['a.yaml', pod('a')],
      ['b.yaml', pod('b')],
      ['c.yaml', pod('c')],
      [
        'sched.yaml',
        `apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\npercentageOfNodesToScore: ${percentage}\n`,
      ],
    ]);
    const loaded = loadScenario({ path: 's.yaml', read: (path) => files.get(path)! });
    const { placements } = simulate(loaded.points[0]!.spec, 'round');
    return [0, 1, 2].map((of) => [...new Set(placements.filter((row) => row.pod === of).map(({ node }) => node))]);
  };
  it('as many as are asked for, at least 100, from where the attempt before stopped', () => {
    const [first, second, third] = lookedAt('40');
    expect([first!.length, first![0], first!.at(-1)]).toEqual([100, 0, 99]);
    expect([second!.length, second![0], second!.at(-1)]).toEqual([100, 100, 199]);
    expect([third!.length, third![0], third!.at(-1)]).toEqual([100, 200, 49]);
  });
  it('all of them, if that is what is asked for', () => {
    for (const looked of lookedAt('100')) expect(looked).toHaveLength(250);
  });
});

describe('explanations', () => {
  it('change nothing, not even where pods take the next best node of the attempt before', () => {
    const pools = '{name: n, count: 40, capacity: {cpu: 2, memory: 8Gi}}';
    const job =
      'apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec:\n  parallelism: 30\n  template: {metadata: {labels: {app: j}}, spec: {restartPolicy: Never, containers: [{name: c, image: i, resources: {requests: {cpu: 1500m, memory: 1Gi}}}]}}\n';
    const plain = placed({ pools, apps: [job] }).nodes;
    expect(placed({ pools, spec: "  explainPlacement: ['j-*5*']", apps: [job] }).nodes).toEqual(plain);
  });
});

describe('affinity to pods (interpodaffinity)', () => {
  const zones = '{name: n, count: 4, capacity: {cpu: 64, memory: 256Gi}, zones: [a, b]}';
  const term = (selector: string, key = 'kubernetes.io/hostname', more = ''): string =>
    `{labelSelector: {matchLabels: ${selector}}, topologyKey: ${key}${more}}`;
  const affinity = (kind: string, of: string): string =>
    `affinity: {${kind}: {requiredDuringSchedulingIgnoredDuringExecution: [${of}]}}`;
  const ZONE = 'topology.kubernetes.io/zone';
  it('the selectors reach every pod of the namespace (filtering.go)', () => {
    const { nodes } = placed({
      pools: zones,
      apps: [pod('db', 'nodeName: n-1'), deployment('d', 3, affinity('podAffinity', term('{app: db}', ZONE)))],
    });
    for (const name of ['d-0', 'd-1', 'd-2']) expect(nodes[name]).toMatch(/n-[13]/);
  });
  it('pods in other namespaces are not meant, unless they are named', () => {
    const there = pod('db', 'nodeName: n-1').replace('name: db,', 'name: db, namespace: data,');
    const namespace = '---\napiVersion: v1\nkind: Namespace\nmetadata: {name: data, labels: {team: x}}\n';
    const at = (more: string) =>
      placed({
        pools: zones,
        apps: [`${namespace}${there}`, pod('p', affinity('podAffinity', term('{app: db}', ZONE, more)))],
      }).nodes.p;
    expect(at('')).toBe('-');
    expect(at(', namespaces: [data]')).toMatch(/n-[13]/);
    expect(at(', namespaceSelector: {matchLabels: {team: x}}')).toMatch(/n-[13]/);
    expect(at(', namespaceSelector: {matchLabels: {team: y}}')).toBe('-');
    expect(at(', namespaceSelector: {}')).toMatch(/n-[13]/);
  });
  it('anti-affinity holds in both directions (filtering.go: satisfyExistingPodsAntiAffinity)', () => {
    const { nodes, messages } = placed({
      pools: '{name: n, count: 1, capacity: {cpu: 4, memory: 16Gi}}',
      apps: [pod('alone', affinity('podAntiAffinity', term('{app: other}'))), pod('other')],
    });
    expect(nodes).toEqual({ alone: 'n-0', other: '-' });
    expect(messages[0]).toMatch(/1 node\(s\) didn't satisfy existing pods anti-affinity rules/);
  });
  it('the first of a group that wants to be together may go anywhere, the others go there (filtering.go: satisfyPodAffinity)', () => {
    const { counts } = placed({ pools: zones, apps: [deployment('d', 4, affinity('podAffinity', term('{app: d}')))] });
    expect(values(counts)).toEqual([4]);
  });
  it('a pod that wants to be with others which are nowhere waits', () => {
    const { messages } = placed({ pools: zones, apps: [pod('p', affinity('podAffinity', term('{app: nobody}')))] });
    expect(messages[0]).toMatch(/^0\/4 nodes are available: 4 node\(s\) didn't match pod affinity rules\./);
  });
  it('a preference is weighed and not kept for ever (scoring.go)', () => {
    const preferred = `affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 100, podAffinityTerm: ${term('{app: d}')}}]}}`;
    const { counts } = placed({ pools: zones, apps: [deployment('d', 6, preferred)] });
    expect(values(counts)).toEqual([2, 2, 1, 1]);
  });
  it('the required affinity of a pod that is there draws others to it, by hardPodAffinityWeight (scoring.go)', () => {
    const pools =
      '{name: n, count: 1, capacity: {cpu: 4, memory: 16Gi}}, {name: m, count: 1, capacity: {cpu: 4, memory: 16Gi}}';
    const friend = pod(
      'a',
      affinity('podAffinity', term('{group: g}')),
      '{group: g}',
      asks('{cpu: 100m, memory: 100Mi}'),
    );
    const { nodes } = placed({ pools, apps: [friend, pod('b', '', '{group: g}', asks('{cpu: 100m, memory: 100Mi}'))] });
    expect(nodes.b).toBe(nodes.a);
  });
  it('ignorePreferredTermsOfExistingPods: what they would like counts only for pods that have preferences', () => {
    const pools =
      '{name: n, count: 1, capacity: {cpu: 4, memory: 16Gi}}, {name: m, count: 1, capacity: {cpu: 64, memory: 256Gi}}';
    const preferring = (group: string, weight: number): string =>
      `affinity: {podAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: ${weight}, podAffinityTerm: ${term(`{group: ${group}}`)}}]}}`;
    const configuration =
      'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nprofiles: [{pluginConfig: [{name: InterPodAffinity, args: {ignorePreferredTermsOfExistingPods: true}}]}]\n';
    const there = pod('a', `nodeName: n-0, ${preferring('g', 100)}`, '{app: a}');
    const small = asks('{cpu: 1, memory: 4Gi}');
    const at = (own: string, config?: string) =>
      placed({
        pools,
        ...(config === undefined ? {} : { configuration: config }),
        apps: [there, pod('b', own, '{group: g}', small)],
      }).nodes.b;
    expect(at('')).toBe('n-0');
    expect(at('', configuration)).toBe('m-0');
    expect(at(preferring('nobody', 1), configuration)).toBe('n-0');
  });
  it('mismatchLabelKeys: pods of other tenants are kept away (KEP-3633)', () => {
    const apart = `affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{labelSelector: {matchExpressions: [{key: tenant, operator: Exists}]}, topologyKey: kubernetes.io/hostname, mismatchLabelKeys: [tenant]}]}}`;
    const one = '{name: n, count: 1, capacity: {cpu: 4, memory: 16Gi}}';
    const apps = [pod('a', apart, '{tenant: x}'), pod('b', apart, '{tenant: x}'), pod('c', apart, '{tenant: y}')];
    expect(placed({ pools: one, apps }).nodes).toEqual({ a: 'n-0', b: 'n-0', c: '-' });
    // An older API server drops the field: then every tenant is kept away.
    expect(placed({ pools: one, apps, version: '1.30' }).nodes).toEqual({ a: 'n-0', b: '-', c: '-' });
  });
});

describe('images (imagelocality/image_locality.go)', () => {
  const pools = '{name: n, count: 4, capacity: {cpu: 64, memory: 256Gi}}';
  const at = (bytes: string): string | undefined =>
    placed({
      pools,
      spec: `  images: [{name: i, compressedSize: ${bytes}}]`,
      seconds: 90,
      starts: [1, 60],
      apps: [pod('a', 'nodeName: n-2'), pod('b', '', '{app: b}', asks('{cpu: 10m, memory: 10Mi}'))],
    }).nodes.b;
  it('a node that lists a large image is preferred, if only by a quarter of its size where one of four has it', () => {
    expect(at('900M')).toBe('n-2');
  });
  it('a small one is worth nothing: the emptiest node is chosen', () => {
    expect(at('20M')).not.toBe('n-2');
  });
});

describe('who is tried, and when', () => {
  /** All are there before the second one is tried. */
  const SLOW = '  controlPlane: {scheduler: {podsPerSecondMax: 2}}';
  const one = '{name: n, count: 1, capacity: {cpu: 4, memory: 16Gi}}';
  it('the higher priority first (queuesort/priority_sort.go)', () => {
    const classes = 'apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: gold}\nvalue: 1000\n';
    const low = deployment('low', 3, '', asks('{cpu: 2}'));
    const { nodes } = placed({
      pools: one,
      spec: SLOW,
      apps: [`${classes}${low}${pod('high', 'priorityClassName: gold', '{}', asks('{cpu: 2}'))}`],
    });
    expect(nodes.high).toBe('n-0');
  });
  it('a class that is marked holds for all that name none (plugin/pkg/admission/priority)', () => {
    const classes =
      'apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: usual}\nvalue: 1000\nglobalDefault: true\n---\napiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: low}\nvalue: -5\n';
    const low = deployment('low', 3, 'priorityClassName: low', asks('{cpu: 2}'));
    const { nodes } = placed({
      pools: one,
      spec: SLOW,
      apps: [`${classes}${low}${pod('high', '', '{}', asks('{cpu: 2}'))}`],
    });
    expect(nodes.high).toBe('n-0');
  });
  it('a pod that would preempt says so (defaultpreemption)', () => {
    const high = pod('high', 'priorityClassName: system-node-critical', '{}', asks('{cpu: 3}'));
    const { messages } = placed({ pools: one, apps: [pod('low', '', '{}', asks('{cpu: 3}')), high] });
    expect(messages).toEqual([
      '0/1 nodes are available: 1 Insufficient cpu. preemption: 1 node(s) have pods of lower priority, which it may preempt; preemption is not modelled.',
    ]);
  });
  it('and one whose class forbids it says that', () => {
    const classes =
      'apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: polite}\nvalue: 10\npreemptionPolicy: Never\n';
    const { messages } = placed({
      pools: one,
      apps: [`${classes}${pod('p', 'priorityClassName: polite', '{}', asks('{cpu: 5}'))}`],
    });
    expect(messages[0]).toMatch(/preemption: not eligible due to preemptionPolicy=Never\.$/);
  });
  it('a pod with gates is not tried, and does not hold up others (schedulinggates/scheduling_gates.go)', () => {
    const { nodes, messages, warnings } = placed({
      pools: one,
      apps: [pod('p', 'schedulingGates: [{name: x/y}]'), pod('q')],
    });
    expect(nodes).toEqual({ p: '-', q: 'n-0' });
    expect(messages).toEqual(['Scheduling is blocked due to non-empty scheduling gates']);
    expect(warnings[0]).toMatch(
      /its pods are never tried: nobody removes their scheduling gates \(x\/y\): its pods stay Pending/,
    );
  });
  it('a pod that names its node is there, full or not, and counts', () => {
    const named = pod('p', 'nodeName: n-0', '{}', asks('{cpu: 3}'));
    const { nodes } = placed({ pools: one, apps: [named, pod('q', '', '{}', asks('{cpu: 2}'))] });
    expect(nodes).toEqual({ p: 'n-0', q: '-' });
  });
  it('nobody schedules the pods of a scheduler that there is not', () => {
    const { nodes, messages } = placed({ pools: one, apps: [pod('p', 'schedulerName: mine')] });
    expect(nodes.p).toBe('-');
    expect(messages).toEqual(['no scheduler is called "mine"']);
  });
});

describe('which nodes are filled first (noderesources)', () => {
  const profile = (plugins: string): string =>
    `apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nprofiles: [${plugins}]\n`;
  const fit = (strategy: string): string =>
    profile(
      `{plugins: {score: {disabled: [{name: "*"}], enabled: [{name: NodeResourcesFit}]}}, pluginConfig: [{name: NodeResourcesFit, args: {scoringStrategy: ${strategy}}}]}`,
    );
  const apps = ['a', 'b', 'c'].map((name) => pod(name, '', '{}', asks('{cpu: 1, memory: 4Gi}')));
  it('LeastAllocated, the emptiest', () => {
    expect(values(placed({ configuration: fit('{type: LeastAllocated}'), apps }).counts)).toEqual([1, 1, 1]);
  });
  it('MostAllocated, the fullest', () => {
    expect(values(placed({ configuration: fit('{type: MostAllocated}'), apps }).counts)).toEqual([3]);
  });
  it('RequestedToCapacityRatio, as its shape says', () => {
    const shape = (from: number, to: number): string =>
      fit(
        `{type: RequestedToCapacityRatio, requestedToCapacityRatio: {shape: [{utilization: 0, score: ${from}}, {utilization: 100, score: ${to}}]}}`,
      );
    expect(values(placed({ configuration: shape(0, 10), apps }).counts)).toEqual([3]);
    expect(values(placed({ configuration: shape(10, 0), apps }).counts)).toEqual([1, 1, 1]);
  });
  it('by other resources, if they are named', () => {
    const pools =
      '{name: a, count: 1, capacity: {cpu: 4, memory: 16Gi, example.com/d: 4}}, {name: b, count: 1, capacity: {cpu: 4, memory: 16Gi, example.com/d: 8}}';
    const device = pod('p', '', '{}', 'resources: {limits: {example.com/d: 2}}');
    const least = fit('{type: LeastAllocated, resources: [{name: example.com/d, weight: 1}]}');
    const most = fit('{type: MostAllocated, resources: [{name: example.com/d, weight: 1}]}');
    expect(placed({ pools, configuration: least, apps: [device] }).nodes.p).toBe('b-0');
    expect(placed({ pools, configuration: most, apps: [device] }).nodes.p).toBe('a-0');
  });
  it('pods of another profile go by its rules', () => {
    const two = profile(
      `{schedulerName: default-scheduler}, {schedulerName: packer, plugins: {score: {disabled: [{name: "*"}], enabled: [{name: NodeResourcesFit}]}}, pluginConfig: [{name: NodeResourcesFit, args: {scoringStrategy: {type: MostAllocated}}}]}`,
    );
    const packed = ['a', 'b', 'c'].map((name) =>
      pod(name, 'schedulerName: packer', '{}', asks('{cpu: 1, memory: 4Gi}')),
    );
    expect(values(placed({ configuration: two, apps: packed }).counts)).toEqual([3]);
    expect(values(placed({ configuration: two, apps }).counts)).toEqual([1, 1, 1]);
  });
  it('a filter that is disabled does not keep anybody away', () => {
    const off = profile('{plugins: {filter: {disabled: [{name: NodeResourcesFit}]}}}');
    expect(placed({ configuration: off, apps: [pod('p', '', '{}', asks('{cpu: 40}'))] }).nodes.p).toMatch(/^n-/);
  });
});

describe('copies of a bundle', () => {
  it('do not see each other: each has a Service and a spread of its own', () => {
    const text = `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: copies}
spec:
  duration: 20s
  nodePools: [{name: n, count: 2, capacity: {cpu: 4, memory: 16Gi}}]
  images: [{name: i, present: true}]
  apps: [{name: a, copies: 2, start: {at: 1s}}]
${deployment('d', 1, 'affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{labelSelector: {matchLabels: {app: d}}, topologyKey: topology.kubernetes.io/zone}]}}')}---
apiVersion: v1
kind: Service
metadata: {name: d}
spec: {selector: {app: d}, ports: [{port: 80}]}
`;
    const { points } = loadScenario({ path: 's.yaml', read: () => text });
    const { spec } = points[0]!;
    expect(spec.services.map(({ workloads }) => workloads)).toEqual([[0], [1]]);
    // Both in the only zone: neither is kept away by the pod of the other copy.
    expect(simulate(spec, 'copies').pending).toEqual([]);
  });
});
