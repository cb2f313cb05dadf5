// What a scenario and its manifests say of placement: defaults, refusals with their places, and what is told beforehand.
import { describe, expect, it } from 'vitest';
import type { ClusterSpec } from '../../src/cluster/index.js';
import type { Instant } from '../../src/engine/index.js';
import { Run } from '../../src/run/index.js';
import { formatDiagnostic, InputError, loadScenario } from '../../src/scenario/index.js';

const scenario = (pools: string, more = '', start = 'at: 5s'): string => `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: s}
spec:
  nodePools: [${pools}]
  apps: [{name: web, manifests: [web.yaml]${start === '' ? '' : `, start: {${start}}`}}]
${more}`;
const POOL = '{name: n, count: 2, capacity: {cpu: 4, memory: 16Gi}}';
const web = (spec = '', container = ''): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      ${spec}
      containers:
        - name: c
          image: i
          ${container}
`;

type Files = Readonly<Record<string, string>>;
const load = (text: string, files: Files) =>
  loadScenario({ path: 's.yaml', read: (path) => ({ 's.yaml': text, ...files })[path]! });
const specOf = (text: string, files: Files): ClusterSpec => load(text, files).points[0]!.spec;
const warningsOf = (text: string, files: Files): string[] => load(text, files).warnings.map(formatDiagnostic);
function problemsOf(text: string, files: Files): string[] {
  try {
    load(text, files);
  } catch (error) {
    if (error instanceof InputError) return error.diagnostics.map(formatDiagnostic);
    throw error;
  }
  return [];
}

describe('manifests are refused as Kubernetes refuses them', () => {
  const node = (of: string) => `affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: ${of}}}`;
  const spread = (of: string) => `topologySpreadConstraints: [{${of}}]`;
  it.each([
    ['no terms', node('{}'), /nodeSelectorTerms: is missing/],
    [
      'an operator without values',
      node('{nodeSelectorTerms: [{matchExpressions: [{key: a, operator: In}]}]}'),
      /values: must not be empty for operator In/,
    ],
    [
      'values that do not belong',
      node('{nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Exists, values: [x]}]}]}'),
      /must not be given for operator Exists/,
    ],
    [
      'Gt of a text',
      node('{nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Gt, values: [x]}]}]}'),
      /must be one whole number for operator Gt/,
    ],
    [
      'a field of a node that is none',
      node('{nodeSelectorTerms: [{matchFields: [{key: spec.x, operator: In, values: [a]}]}]}'),
      /must be metadata\.name, not "spec\.x"/,
    ],
    [
      'no topology',
      'affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{labelSelector: {}}]}}',
      /topologyKey: is missing/,
    ],
    [
      'matchLabelKeys without a selector',
      'affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: a, matchLabelKeys: [b]}]}}',
      /must not be set when labelSelector is not set/,
    ],
    ['maxSkew', spread('topologyKey: a, whenUnsatisfiable: DoNotSchedule'), /maxSkew: must be at least 1, not 0/],
    [
      'whenUnsatisfiable',
      spread('topologyKey: a, maxSkew: 1'),
      /whenUnsatisfiable: is missing; must be DoNotSchedule or ScheduleAnyway/,
    ],
    [
      'minDomains of a soft one',
      spread('topologyKey: a, maxSkew: 1, whenUnsatisfiable: ScheduleAnyway, minDomains: 2'),
      /can only be used with whenUnsatisfiable: DoNotSchedule/,
    ],
    ['a toleration without a key', 'tolerations: [{operator: Equal, value: x}]', /must be Exists when key is empty/],
    [
      'a toleration with a value too many',
      'tolerations: [{key: a, operator: Exists, value: x}]',
      /must be empty when operator is Exists/,
    ],
    [
      'a host port that is another',
      'hostNetwork: true',
      /must match containerPort, 80, when hostNetwork is true/,
      'ports: [{containerPort: 80, hostPort: 81}]',
    ],
    [
      'a request above its limit',
      '',
      /requests\.cpu: must be at most the limit, 1, not 2/,
      'resources: {requests: {cpu: 2}, limits: {cpu: 1}}',
    ],
    [
      'a device that is asked for otherwise than limited',
      '',
      /must be equal to the limit, which is missing/,
      'resources: {requests: {nvidia.com/gpu: 1}}',
    ],
    ['affinity of no kind', 'affinity: {nodeAfinity: {}}', /nodeAfinity: is not known here; accepted: nodeAffinity/],
    ['affinity in a list', 'affinity: [nodeAffinity]', /affinity: must be a mapping with nodeAffinity, podAffinity/],
    ['a list of required terms', node('[{matchExpressions: []}]'), /must be a mapping with nodeSelectorTerms, not \[/],
    ['a toleration of another word', 'tolerations: [{kye: a, operator: Exists}]', /kye: is not known here/],
    [
      'seconds of a taint that evicts nobody',
      'tolerations: [{key: a, operator: Exists, effect: NoSchedule, tolerationSeconds: 5}]',
      /must be NoExecute when tolerationSeconds is set/,
    ],
    [
      'a host port twice',
      'hostNetwork: false',
      /takes host port 80 of TCP a second time/,
      'ports: [{containerPort: 80, hostPort: 80}, {containerPort: 81, hostPort: 80}]',
    ],
    [
      'a key twice',
      spread(
        'topologyKey: a, maxSkew: 1, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}, matchLabelKeys: [app]',
      ),
      /app stands in labelSelector, too/,
    ],
    ['half a device', '', /must be a whole number, not "500m"/, 'resources: {limits: {nvidia.com/gpu: 500m}}'],
    [
      'a resource that there is not',
      '',
      /requests\.cpus: is not a resource that can be asked for here/,
      'resources: {requests: {cpus: 1}}',
    ],
  ])('%s', (_, spec, message, container = '') => {
    expect(problemsOf(scenario(POOL), { 'web.yaml': web(spec, container) }).join('\n')).toMatch(message);
  });
  it('with the place of the value', () => {
    const [problem] = problemsOf(scenario(POOL), { 'web.yaml': web('tolerations: [{operator: Equal, value: x}]') });
    expect(problem).toMatch(
      /^web\.yaml:9:\d+: error: spec\.template\.spec\.tolerations\[0\]\.operator: must be Exists/,
    );
  });
  it('a priority class of a user', () => {
    const of = (name: string, value: string) =>
      problemsOf(scenario(POOL), {
        'web.yaml': `${web()}---\napiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: ${name}}\nvalue: ${value}\n`,
      }).join();
    expect(of('gold', '2000000000')).toMatch(/must be a whole number from -1000000000 to 1000000000, not 2000000000/);
    expect(of('system-mine', '1')).toMatch(/names with the prefix system- are reserved/);
  });
});

describe('node pools', () => {
  const refused = (pool: string): string => problemsOf(scenario(pool), { 'web.yaml': web() }).join('\n');
  it('refuse what is no resource, with what was meant', () => {
    expect(refused('{name: n, count: 1, capacity: {cpu: 4, memory: 16Gi, memroy: 1Gi}}')).toMatch(
      /s\.yaml:5:\d+: error: spec\.nodePools\[0\]\.capacity\.memroy: is not a resource of a node[\s\S]*did you mean "memory"/,
    );
    expect(refused('{name: n, count: 1, capacity: {cpu: 4, memory: 16Gi, nvidia.com/gpu: 1500m}}')).toMatch(
      /must be a whole number/,
    );
    expect(refused('{name: n, count: 1, capacity: {cpu: 4, memory: 16Gi, nvidia.com/gpu: many}}')).toMatch(
      /nvidia\.com\/gpu: .*quantity/,
    );
  });
  it('refuse labels that each node has of its own', () => {
    expect(
      refused('{name: n, count: 1, capacity: {cpu: 4, memory: 16Gi}, labels: {topology.kubernetes.io/zone: a}}'),
    ).toMatch(/labels\.topology\.kubernetes\.io\/zone: is given to each node by itself/);
  });
  it('have labels of their own over those of kubelet and cloud', () => {
    const pool =
      '{name: n, count: 1, capacity: {cpu: 4, memory: 16Gi}, arch: arm64, labels: {node.kubernetes.io/instance-type: m7g.large}}';
    expect(specOf(scenario(pool), { 'web.yaml': web() }).nodePools[0]!.labels).toMatchObject({
      'kubernetes.io/arch': 'arm64',
      'kubernetes.io/os': 'linux',
      'node.kubernetes.io/instance-type': 'm7g.large',
      'topology.kubernetes.io/region': 'region',
    });
  });
});

describe('pods that no node can take', () => {
  const said = (spec: string, pool = POOL, container = ''): string =>
    warningsOf(scenario(pool), { 'web.yaml': web(spec, container) }).join('\n');
  it.each([
    [
      'labels',
      'nodeSelector: {disk: ssd}',
      /web\.yaml:\d+:\d+: warning: spec\.template\.spec\.nodeSelector: Deployment web: no node has the labels that its pods ask for \(disk=ssd\): its pods stay Pending/,
    ],
    [
      'a node that is none',
      'nodeName: n-7',
      /there is no node "n-7": its pods stay Pending[\s\S]*nodes are called n-0 to n-1/,
    ],
    ['a scheduler that is none', 'schedulerName: mine', /no scheduler is called "mine": its pods stay Pending/],
    ['gates', 'schedulingGates: [{name: a/b}]', /nobody removes their scheduling gates \(a\/b\)/],
  ])('%s', (_, spec, message) => expect(said(spec)).toMatch(message));
  it('a topologyKey that no node has', () => {
    const spread =
      'topologySpreadConstraints: [{maxSkew: 1, topologyKey: rack, whenUnsatisfiable: DoNotSchedule, labelSelector: {}}]';
    expect(said(spread)).toMatch(
      /topologySpreadConstraints: Deployment web: no node that its pods may run on has the label rack/,
    );
    expect(said(spread.replace('DoNotSchedule', 'ScheduleAnyway'))).toBe('');
  });
  it('taints, cordons, and what is larger than any node', () => {
    const pool = (more: string) => `{name: n, count: 1, capacity: {cpu: 4, memory: 16Gi}, ${more}}`;
    expect(said('', pool('taints: [{key: k, value: v, effect: NoSchedule}]'))).toMatch(
      /its pods tolerate no node that they select: k=v:NoSchedule/,
    );
    expect(said('', pool('unschedulable: true'))).toMatch(/all nodes that its pods may run on are cordoned/);
    expect(said('', POOL, 'resources: {requests: {cpu: 5}}')).toMatch(
      /no node is large enough for one of its pods: it asks for 5000 millicores of cpu, of which a node has 4000 at most/,
    );
    expect(said('', POOL, 'resources: {limits: {nvidia.com/gpu: 1}}')).toMatch(
      /it asks for 1 nvidia\.com\/gpu, of which a node has 0 at most/,
    );
  });
  it('are refused where they are to run from the start', () => {
    expect(problemsOf(scenario(POOL, '', ''), { 'web.yaml': web('nodeSelector: {disk: ssd}') }).join()).toMatch(
      /error: spec\.template\.spec\.nodeSelector: Deployment web: no node has the labels .*: its pods cannot run at the start/,
    );
  });
  it('a DaemonSet without a node has no pods, and says so', () => {
    const set = web('nodeSelector: {disk: ssd}').replace('kind: Deployment', 'kind: DaemonSet');
    expect(warningsOf(scenario(POOL, '', ''), { 'web.yaml': set }).join()).toMatch(
      /DaemonSet web: no node has the labels .*: it has no pods/,
    );
  });
});

describe('classes', () => {
  it('that nobody has defined are told, with what was meant', () => {
    const classes = 'apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: golden}\nvalue: 5\n---\n';
    const warnings = warningsOf(scenario(POOL), { 'web.yaml': `${classes}${web('priorityClassName: goldn')}` }).join(
      '\n',
    );
    expect(warnings).toMatch(/no PriorityClass is called "goldn": its pods have priority 0/);
    expect(warnings).toMatch(/did you mean "golden"/);
    expect(warningsOf(scenario(POOL), { 'web.yaml': web('runtimeClassName: kata') }).join()).toMatch(
      /no RuntimeClass is called "kata"/,
    );
  });
  it('are the cluster’s: any application may use those of another', () => {
    const text = scenario(POOL).replace(', start: {at: 5s}}]', ', start: {at: 5s}}, {name: c, manifests: [c.yaml]}]');
    const files = {
      'web.yaml': web('priorityClassName: gold'),
      'c.yaml': 'apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: gold}\nvalue: 5\n',
    };
    expect(specOf(text, files).workloads[0]!.template.priority).toBe(5);
  });
});

describe('Services', () => {
  it('select the pods of all applications of their namespace', () => {
    const text = scenario(POOL).replace(', start: {at: 5s}}]', '}, {name: b, manifests: [b.yaml]}]');
    const service =
      '---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n';
    const other = (namespace: string) =>
      web().replace('metadata: {name: web}', `metadata: {name: other, namespace: ${namespace}}`);
    const workloadsOf = (namespace: string) =>
      specOf(text, { 'web.yaml': `${web()}${service}`, 'b.yaml': other(namespace) }).services[0]!.workloads;
    expect(workloadsOf('default')).toEqual([0, 1]);
    expect(workloadsOf('elsewhere')).toEqual([0]);
  });
  it('may select single pods of a StatefulSet', () => {
    const set = web().replace('kind: Deployment', 'kind: StatefulSet').replace('spec:\n', 'spec:\n  replicas: 3\n');
    const service = (selector: string) =>
      `---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: ${selector}, ports: [{port: 80}]}\n`;
    const of = (selector: string) => specOf(scenario(POOL), { 'web.yaml': `${set}${service(selector)}` }).services[0]!;
    expect(of('{statefulset.kubernetes.io/pod-name: web-1}')).toMatchObject({ workloads: [0], isByPod: true });
    expect(of('{apps.kubernetes.io/pod-index: "2"}').isByPod).toBe(true);
    expect(of('{app: web}').isByPod).toBeUndefined();
  });
  it('see pods by their numbers as they come: those that a Scale adds, and the indexes of a Job (PodIndexLabel)', () => {
    const service = (selector: string) =>
      `---\napiVersion: v1\nkind: Service\nmetadata: {name: one}\nspec: {selector: ${selector}, ports: [{port: 80}]}\n`;
    const endpoints = (manifest: string, selector: string, faults: string) => {
      const text = scenario(POOL)
        .replace(', start: {at: 5s}}]', ', behavior: [{exit: never}]}]')
        .replace('  apps:', `  faults: ${faults}\n  apps:`);
      const run = new Run(specOf(text, { 'web.yaml': manifest + service(selector) }), 'by-pod');
      run.advanceTo(100e9 as Instant);
      const { services } = run.cluster.api;
      const newest = services.newestOf(0);
      return [...services.endpointsOf(newest)].map((pod) => run.cluster.context.pods.ordinal[pod]);
    };
    const set = web().replace('kind: Deployment', 'kind: StatefulSet').replace('spec:\n', 'spec:\n  replicas: 1\n');
    const scaled = '[{type: Scale, at: 10s, target: statefulset/web, replicas: 3}]';
    expect(endpoints(set, '{statefulset.kubernetes.io/pod-name: web-2}', scaled)).toEqual([2]);
    const job = web('restartPolicy: Never')
      .replace('apps/v1', 'batch/v1')
      .replace('kind: Deployment', 'kind: Job')
      .replace('selector: {matchLabels: {app: web}}', 'completions: 3\n  parallelism: 3\n  completionMode: Indexed');
    const index = (n: number) => `{batch.kubernetes.io/job-completion-index: "${n}"}`;
    expect([0, 1].map((n) => endpoints(job, index(n), '[]'))).toEqual([[0], [1]]);
  });
});

describe('a KubeSchedulerConfiguration', () => {
  const text = scenario(POOL, '  controlPlane: {scheduler: {configuration: sched.yaml}}');
  const head = 'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n';
  const read = (body: string) => specOf(text, { 'web.yaml': web(), 'sched.yaml': head + body }).controlPlane.scheduler;
  const refused = (body: string): string =>
    problemsOf(text, { 'web.yaml': web(), 'sched.yaml': head + body }).join('\n');
  it('without profiles has the usual one', () => {
    const { profiles, podInitialBackOff, podMaxBackOff } = read(
      'percentageOfNodesToScore: 40\npodMaxBackoffSeconds: 30\n',
    );
    expect(profiles).toHaveLength(1);
    expect(profiles[0]).toMatchObject({ schedulerName: 'default-scheduler', percentageOfNodesToScore: 40 });
    expect([podInitialBackOff, podMaxBackOff]).toEqual([1e9, 30e9]);
  });
  it('gives weights, and turns plugins off at one point or everywhere', () => {
    const plugins = read(
      'profiles: [{plugins: {score: {disabled: [{name: ImageLocality}], enabled: [{name: NodeResourcesFit, weight: 5}]}, multiPoint: {disabled: [{name: PodTopologySpread}]}}}]\n',
    ).profiles[0]!.plugins;
    expect(plugins.find(({ name }) => name === 'NodeResourcesFit')).toMatchObject({ weight: 5, points: [] });
    expect(plugins.find(({ name }) => name === 'ImageLocality')!.points).not.toContain('score');
    expect(plugins.some(({ name }) => name === 'PodTopologySpread')).toBe(false);
  });
  it('begins from nothing after "*"', () => {
    const plugins = read(
      'profiles: [{plugins: {multiPoint: {disabled: [{name: "*"}], enabled: [{name: NodeResourcesFit}]}}}]\n',
    ).profiles[0]!.plugins;
    expect(plugins.map(({ name }) => name)).toEqual(['NodeResourcesFit']);
  });
  it.each([
    [
      'a plugin that there is not',
      'profiles: [{plugins: {score: {enabled: [{name: NodeResourceFit}]}}}]\n',
      /sched\.yaml:3:\d+: error: profiles\[0\]\.plugins\.score\.enabled\[0\]\.name: no plugin is called "NodeResourceFit"[\s\S]*did you mean "NodeResourcesFit"/,
    ],
    [
      'a field that there is not',
      'profile: []\n',
      /profile: is not a field of KubeSchedulerConfiguration[\s\S]*did you mean "profiles"/,
    ],
    [
      'a field of a profile',
      'profiles: [{schedulrName: a}]\n',
      /schedulrName: is not known here[\s\S]*did you mean "schedulerName"/,
    ],
    [
      'an argument',
      'profiles: [{pluginConfig: [{name: NodeResourcesFit, args: {scoringStrategi: {}}}]}]\n',
      /scoringStrategi: is not known here/,
    ],
    [
      'a strategy',
      'profiles: [{pluginConfig: [{name: NodeResourcesFit, args: {scoringStrategy: {type: Least}}}]}]\n',
      /"Least" is not accepted; must be LeastAllocated, MostAllocated, RequestedToCapacityRatio/,
    ],
    [
      'a shape',
      'profiles: [{pluginConfig: [{name: NodeResourcesFit, args: {scoringStrategy: {type: RequestedToCapacityRatio}}}]}]\n',
      /shape: is needed for RequestedToCapacityRatio/,
    ],
    [
      'a weight',
      'profiles: [{plugins: {score: {enabled: [{name: NodeResourcesFit, weight: -1}]}}}]\n',
      /weight: must be a whole number of at least 0, not -1/,
    ],
    [
      'a plugin that is no mapping',
      'profiles: [{plugins: {score: {disabled: [PodTopologySpread]}}}]\n',
      /must be a mapping such as \{name: NodeResourcesFit\}, not "PodTopologySpread"/,
    ],
    [
      'a plugin twice',
      'profiles: [{plugins: {score: {enabled: [{name: NodeAffinity}, {name: NodeAffinity}]}}}]\n',
      /NodeAffinity is enabled a second time/,
    ],
    [
      'arguments that are none',
      'profiles: [{pluginConfig: [{name: NodeResourcesFit, args: 5}]}]\n',
      /args: must be a mapping, not 5/,
    ],
    ['a percentage', 'percentageOfNodesToScore: 101\n', /must be 0 to 100, not 101/],
    [
      'two profiles of one name',
      'profiles: [{schedulerName: a}, {schedulerName: a}]\n',
      /"a" is the name of another profile too/,
    ],
    [
      'two profiles without names',
      'profiles: [{}, {}]\n',
      /has no schedulerName: only a single profile may leave it out/,
    ],
    [
      'default constraints of the system',
      'profiles: [{pluginConfig: [{name: PodTopologySpread, args: {defaultConstraints: [{maxSkew: 1, topologyKey: a, whenUnsatisfiable: ScheduleAnyway}]}}]}]\n',
      /must be empty unless defaultingType is List/,
    ],
    [
      'an extender',
      'extenders: [{urlPrefix: "http://x"}]\n',
      /extenders: is not modelled: an extender is a server of its own/,
    ],
    ['back-offs', 'podInitialBackoffSeconds: 20\n', /podMaxBackoffSeconds: must be at least podInitialBackoffSeconds/],
  ])('refuses %s', (_, body, message) => expect(refused(body)).toMatch(message));
  it('names what is passed over', () => {
    const body = `${head}clientConnection: {qps: 5}\nprofiles: [{plugins: {reserve: {enabled: [{name: VolumeBinding}]}}}]\n`;
    const warnings = warningsOf(text, { 'web.yaml': web(), 'sched.yaml': body }).join('\n');
    expect(warnings).toMatch(
      /clientConnection: is not used: spec\.controlPlane\.scheduler\.kubeAPIQPS and kubeAPIBurst say it/,
    );
    expect(warnings).toMatch(/reserve: is not used/);
  });
  it('settles what the short fields of the scenario settle: not both', () => {
    const both = text.replace(
      '{configuration: sched.yaml}',
      '{configuration: sched.yaml, scoringStrategy: MostAllocated}',
    );
    expect(problemsOf(both, { 'web.yaml': web(), 'sched.yaml': head }).join()).toMatch(
      /scoringStrategy: is settled by spec\.controlPlane\.scheduler\.configuration too/,
    );
  });
  it('must be one', () => {
    expect(problemsOf(text, { 'web.yaml': web(), 'sched.yaml': 'a: b\n' }).join()).toMatch(
      /sched\.yaml holds 0 objects of kind KubeSchedulerConfiguration \(kinds: none\); one of kind KubeSchedulerConfiguration is needed/,
    );
    expect(problemsOf(text, { 'web.yaml': web(), 'sched.yaml': '' }).join()).toMatch(
      /sched\.yaml is empty; one of kind/,
    );
    const beta = head.replace('/v1', '/v1beta3');
    expect(problemsOf(text, { 'web.yaml': web(), 'sched.yaml': beta }).join()).toMatch(
      /"kubescheduler.config.k8s.io\/v1beta3" is not accepted/,
    );
  });
  it('gives a plugin that is enabled without a weight 1, and takes weights from scores only', () => {
    const weightOf = (plugins: string) =>
      read(`profiles: [{plugins: ${plugins}}]\n`).profiles[0]!.plugins.find(({ name }) => name === 'NodeAffinity')!
        .weight;
    expect(weightOf('{score: {enabled: [{name: NodeAffinity}]}}')).toBe(1);
    expect(weightOf('{filter: {enabled: [{name: NodeAffinity}]}}')).toBe(2);
    expect(
      weightOf(
        '{multiPoint: {enabled: [{name: NodeAffinity, weight: 10}]}, filter: {enabled: [{name: NodeAffinity}]}}',
      ),
    ).toBe(10);
  });
  it('puts plugins that are enabled as filters before the others', () => {
    const plugins = read('profiles: [{plugins: {filter: {enabled: [{name: NodeResourcesFit}]}}}]\n').profiles[0]!
      .plugins;
    expect(plugins[0]!.name).toBe('NodeResourcesFit');
  });
});
