import { describe, expect, it } from 'vitest';
import { BUILT_IN } from '../../src/catalogue.js';
import { formatDiagnostic, type InputError, scenarioJsonSchema } from '../../src/scenario/index.js';
import { loadTexts, problemsOf } from '../fixtures/scenario.js';

const MANIFEST = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      containers:
      - name: app
        image: example/web:1
        env: [{name: A, value: b}]
        resources: {requests: {cpu: 250m, memory: 64Mi}}
        livenessProbe: {httpGet: {path: /live, port: 80}, periodSeconds: 0}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
`;
const scenario = (spec: string, name = 'test'): string => `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: ${name}}
spec:
  nodePools: [{name: general, count: 2, capacity: {cpu: 4, memory: 8Gi}}]
${spec}`;
const APPS = '  apps: [{name: web, manifests: [web.yaml]}]\n';

const load = (text: string, files: Record<string, string> = { 'web.yaml': MANIFEST }, set: string[] = []) =>
  loadTexts({ ...files, 's.yaml': text }, set);
const problems = (...args: Parameters<typeof load>): string[] => problemsOf(() => load(...args));

describe('a sweep', () => {
  const swept = (parameters: string) => scenario(`${APPS}  sweep: {parameters: [${parameters}]}\n`);
  it('refuses a value that stands twice', () => {
    expect(problems(swept('{name: m, path: spec.kubeProxy.mode, values: [ipvs, iptables, ipvs]}'))).toEqual([
      '7:86 spec.sweep.parameters[0].values[2]: "ipvs" is already among the values',
    ]);
  });
  it('refuses the seed, a name that stands twice, and a flag that would have no effect', () => {
    expect(problems(swept('{name: s, path: spec.seed, values: [1, 2]}'))[0]).toContain(
      'spec.sweep.parameters[0].path: all points of a sweep run with the same seed',
    );
    expect(
      problems(
        swept('{name: a, path: spec.warmup, values: [0s]}, {name: a, path: spec.duration, values: [1m, 2m]}'),
      )[0],
    ).toContain('spec.sweep.parameters[1].name: "a" is the name of another parameter too');
    const mode = '{name: mode, path: spec.kubeProxy.mode, values: [iptables, ipvs]}';
    expect(problems(swept(mode), undefined, ['spec.kubeProxy.mode=ipvs'])[0]).toContain(
      'spec.kubeProxy.mode is swept, so --set spec.kubeProxy.mode=ipvs would have no effect',
    );
    expect(problems(swept(mode), undefined, ['spec.kubeProxy.ipvs.minSyncPeriod=2s'])).toEqual([]);
  });
  it('refuses two parameters for one field, or for a field and a part of it', () => {
    const kubelet = '{name: b, path: "spec.nodePools[0].kubelet.maxPods", values: [50, 60]}';
    for (const path of ['spec.nodePools[0].kubelet.maxPods', 'spec.nodePools[0].kubelet']) {
      expect(problems(swept(`{name: a, path: "${path}", values: [10]}, ${kubelet}`))[0]).toContain(
        'spec.nodePools[0].kubelet.maxPods is set by parameter "a" too',
      );
    }
  });
  it('counts its points before it makes them', () => {
    const values = Array.from({ length: 10_000 }, (_, i) => `      - ${i}\n`).join('');
    const found = problems(
      scenario(`${APPS}  sweep:
    parameters:
    - name: a
      path: spec.nodePools[0].count
      values:
${values}    - name: b
      path: spec.warmup
      values:
${values}`),
    );
    expect(found[0]).toContain('spec.sweep.parameters: makes 100000000 points, more than 10000');
  });
});

describe('manifests as repositories have them', () => {
  const spec = (manifest: string) => load(scenario(APPS), { 'web.yaml': manifest }).points[0]!.spec;
  it('merge keys are merged', () => {
    const { workloads } = spec(`apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
x-probe: &probe {httpGet: {path: /, port: 80}, periodSeconds: 7}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: app
        image: a:1
        readinessProbe: {<<: *probe, timeoutSeconds: 3}
`);
    expect(workloads[0]!.template.containers[0]!.probes[0]).toMatchObject({ period: 7e9, timeout: 3e9 });
  });
  it('generateName names, limits are requests where there are none', () => {
    const { workloads } = spec(`apiVersion: v1
kind: Pod
metadata: {generateName: batch-}
spec: {containers: [{name: a, image: a:1, resources: {limits: {cpu: 300m}}}, {name: b, image: a:1}]}
`);
    expect(workloads[0]).toMatchObject({ name: 'batch', template: { cpuRequestMillis: 300, cpuScoredMillis: 400 } });
  });
  it('an error in a line of megabytes shows the part around it', () => {
    const line = `{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "annotations": {"a": "${'x'.repeat(1e6)}"}}, "spec": {"replicas": -1, "template": {"spec": {"containers": [{"name": "a", "image": "a:1"}]}}}}`;
    let text = '';
    try {
      spec(line);
    } catch (error) {
      text = (error as InputError).diagnostics.map(formatDiagnostic).join('\n');
    }
    expect(text).toContain('spec.replicas');
    expect(text.length).toBeLessThan(600);
    const [, excerpt, mark] = text.split('\n');
    expect(excerpt!.slice(mark!.indexOf('^')).startsWith('-1')).toBe(true);
  });
});

describe('what never happens', () => {
  it('is a warning: an application or a fault that begins when the run is over', () => {
    const late = scenario(
      `  duration: 5m\n${APPS}  faults: [{type: RollingUpdate, at: 1h, target: deployment/web}]\n`,
    ).replace('manifests: [web.yaml]', 'manifests: [web.yaml], start: {at: 5m}');
    expect(load(late).warnings.map(({ field, message }) => `${field}: ${message}`)).toEqual([
      'spec.apps[0].start.at: 5m is not before the end of the run, 5m, so it never happens',
      'spec.faults[0].at: 1h is not before the end of the run, 5m, so it never happens',
    ]);
  });
});

describe('aliases', () => {
  it('do not reach into the next document', () => {
    const text = MANIFEST.replace(
      'metadata: {name: web}\nspec: {selector: {app: web}',
      'metadata: {name: web}\nspec: {selector: *labels',
    ).replace('matchLabels: {app: web}', 'matchLabels: &labels {app: web}');
    expect(problems(scenario(APPS), { 'web.yaml': text })).toEqual([
      '21:18 : not valid YAML: *labels refers to no anchor that is defined before it in this document',
    ]);
  });
});

describe('a valid scenario', () => {
  it('becomes a cluster with Kubernetes’ defaults', () => {
    const { points, seed } = load(scenario(APPS));
    const { spec } = points[0]!;
    expect(seed).toBe('42');
    expect(spec.duration).toBe(600e9);
    expect(spec.version.minor).toBe(36);
    expect(spec.kubeProxy).toEqual({
      mode: 'iptables',
      scheduler: 'rr',
      conntrackMaxPerCore: 32768,
      conntrackMin: 131072,
      minSyncPeriod: 1e9,
      syncPeriod: 30e9,
      masquerades: false,
      syncsPartially: true,
    });
    expect(spec.nodePools[0]).toMatchObject({ cpuMillis: 4000, pods: 110, memoryBytes: 8 * 2 ** 30 - 100 * 2 ** 20 });
    expect(spec.nodePools[0]!.kubelet).toMatchObject({ kubeApiQps: 50, kubeApiBurst: 100, serializeImagePulls: true });
    expect(spec.workloads[0]).toMatchObject({
      kind: 'Deployment',
      replicas: 3,
      details: { maxSurge: { percent: 25 }, maxUnavailable: { percent: 25 }, recreate: false },
    });
    // 0 is replaced by the default, as Kubernetes does.
    expect(spec.workloads[0]!.template.containers[0]!.probes[0]).toMatchObject({
      period: 10e9,
      timeout: 1e9,
      failureThreshold: 3,
    });
    expect(spec.services[0]!.workloads).toEqual([0]);
  });
  it('stamps out copies, each service with the pods of its own copy', () => {
    const { spec } = load(
      scenario('  apps: [{name: web, manifests: [web.yaml], copies: 3, start: {at: 10s, over: 30s}}]\n'),
    ).points[0]!;
    expect(spec.workloads.map((w) => w.name)).toEqual(['web-0', 'web-1', 'web-2']);
    expect(spec.services.map((s) => s.workloads)).toEqual([[0], [1], [2]]);
    expect(spec.workloads.map((w) => w.createdAt! / 1e9)).toEqual([10, 20, 30]);
  });
  it('keeps a single copy apart from the copies of other applications', () => {
    const servicesOf = (apps: string): (readonly number[])[] =>
      load(scenario(`  apps: [${apps}]\n`)).points[0]!.spec.services.map((s) => s.workloads);
    const [one, two] = [
      '{name: one, manifests: [web.yaml], copies: 1}',
      '{name: two, manifests: [web.yaml], copies: 2}',
    ];
    expect(servicesOf(`${one}, ${two}`)).toEqual([[0], [1], [2]]);
  });
  it('lists the manifest fields that the model does not use, once', () => {
    const { untouched } = load(scenario(APPS));
    expect(untouched.map(({ what, step, count }) => [what, step, count])).toEqual([
      ['Deployment spec.template.spec.containers[].env', 'nothing', 1],
      ['Deployment spec.template.spec.serviceAccountName', 'nothing', 1],
    ]);
  });
  it('takes the documents below it as manifests', () => {
    const { spec } = load(`${scenario('  apps: [{name: web}]\n')}---\n${MANIFEST}`).points[0]!;
    expect(spec.workloads[0]!.name).toBe('web');
  });
  it('reads a List', () => {
    const items = MANIFEST.split('---\n').map((text) => `- ${text.trimEnd().replaceAll('\n', '\n  ')}`);
    const { spec } = load(scenario(APPS), { 'web.yaml': `apiVersion: v1\nkind: List\nitems:\n${items.join('\n')}\n` })
      .points[0]!;
    expect([spec.workloads.length, spec.services.length]).toEqual([1, 1]);
  });
  it('sweeps a grid, the last parameter fastest', () => {
    const sweep = `  sweep:
    parameters:
    - {name: mode, path: spec.kubeProxy.mode, values: [iptables, ipvs]}
    - {name: nodes, path: "spec.nodePools[0].count", values: [1, 5]}
`;
    const { points } = load(scenario(APPS + sweep));
    expect(points.map((p) => p.parameters.map((x) => x.value))).toEqual([
      ['iptables', 1],
      ['iptables', 5],
      ['ipvs', 1],
      ['ipvs', 5],
    ]);
    expect(points.map((p) => [p.spec.kubeProxy.mode, p.spec.nodePools[0]!.count])).toEqual([
      ['iptables', 1],
      ['iptables', 5],
      ['ipvs', 1],
      ['ipvs', 5],
    ]);
  });
  it('is changed by --set', () => {
    const { spec } = load(scenario(APPS), undefined, [
      'spec.kubeProxy.mode=ipvs',
      'spec.nodePools[0].count=9',
      'spec.duration=1m',
    ]).points[0]!;
    expect([spec.kubeProxy.mode, spec.nodePools[0]!.count, spec.duration]).toEqual(['ipvs', 9, 60e9]);
  });
});

describe('a wrong scenario says what is wrong, where, and what to write', () => {
  it.each<[string, string, string[]]>([
    ['a typo in a key', scenario(`${APPS}  warmpu: 5s\n`), ['7:3 spec.warmpu: unknown field (did you mean "warmup"?)']],
    [
      'a negative duration',
      scenario(`${APPS}  duration: -5s\n`),
      [
        '7:13 spec.duration: "-5s" is not a duration from 0 to 2500h; write it as Kubernetes does: 500ms, 10s, 1m30s, 2h',
      ],
    ],
    [
      'a planned field',
      scenario(APPS).replace('capacity:', 'kubelet: {podPidsLimit: 9}, capacity:'),
      [
        '5:51 spec.nodePools[0].kubelet.podPidsLimit: is not supported yet: the field is part of the format, but this version of the model has no use for it (remove it)',
      ],
    ],
    [
      'a wrong word',
      scenario(`${APPS}  kubeProxy: {mode: nftable}\n`),
      [
        '7:21 spec.kubeProxy.mode: "nftable" is not accepted; must be "iptables", "ipvs", "nftables", "ebpf" (did you mean "nftables"?)',
      ],
    ],
    [
      'an unknown app',
      scenario(`${APPS}  traffic: [{from: {app: wep}, to: service/wbe, stages: [{duration: 1s, target: 1}]}]\n`),
      [
        '7:26 spec.traffic[0].from.app: no application is called "wep" (did you mean "web"?)',
        '7:36 spec.traffic[0].to: no service is called "wbe" (did you mean "web"?)',
      ],
    ],
    [
      'an unknown fault',
      scenario(`${APPS}  faults: [{type: RolingUpdate, at: 5s}]\n`),
      ['7:19 spec.faults[0].type: "RolingUpdate" is not accepted (did you mean "RollingUpdate"?)'],
    ],
    [
      'a fault on nodes that do not exist',
      scenario(`${APPS}  faults: [{type: NodeDeath, at: 5s, pool: generel, zone: a}]\n`),
      ['7:44 spec.faults[0].pool: no node pool is called "generel" (did you mean "general"?)'],
    ],
    [
      'a node starved of all its CPU',
      scenario(`${APPS}  faults: [{type: CpuStarvation, at: 5s, left: 0%}]\n`),
      ['7:48 spec.faults[0].left: must be more than 0%: a node without any CPU is a dead one'],
    ],
    [
      'a fault on no node, or on more than all',
      scenario(
        `${APPS}  faults: [{type: NodeDeath, at: 5s, nodes: 0}, {type: NodeDeath, at: 5s, nodes: 120%}, {type: NodeDeath, at: 5s, nodes: 3}]\n`,
      ),
      [
        '7:45 spec.faults[0].nodes: must be a count of at least 1, or a percentage above 0% and up to 100%, not 0',
        '7:82 spec.faults[1].nodes: must be a count of at least 1, or a percentage above 0% and up to 100%, not 120%',
      ],
    ],
    [
      'a fault on more nodes than a zone has',
      scenario(`${APPS}  faults: [{type: NodeDeath, at: 5s, nodes: 2, zone: b}]\n`).replace(
        '{name: general,',
        '{name: general, zones: [a, b],',
      ),
      ['7:45 spec.faults[0].nodes: 2 nodes should be hit, but zone b has only 1 (write 100% for all)'],
    ],
    [
      'a fault that lasts no time',
      scenario(`${APPS}  faults: [{type: RuntimeStall, at: 5s, duration: 0s}]\n`),
      ['7:51 spec.faults[0].duration: must be longer than 0, not 0s'],
    ],
    [
      'a rolling update to no image',
      scenario(`${APPS}  faults: [{type: RollingUpdate, at: 5s, target: deployment/web, image: ""}]\n`),
      ['7:73 spec.faults[0].image: must have at least 1 characters; "" has 0'],
    ],
    [
      'thresholds of eviction',
      scenario(APPS).replace(
        'capacity:',
        'kubelet: {evictionHard: {memory.available: 150%, nodefs.inodesFree: 5%}}, capacity:',
      ),
      [
        '5:84 spec.nodePools[0].kubelet.evictionHard.memory.available: "150%" is neither a quantity nor a percentage up to 100%; write it as Kubernetes does: 500Mi, 5%',
        '5:90 spec.nodePools[0].kubelet.evictionHard.nodefs.inodesFree: is not supported yet: the field is part of the format, but this version of the model has no use for it (remove it)',
      ],
    ],
    [
      'soft thresholds without a period, and a period without one',
      scenario(APPS).replace(
        'capacity:',
        'kubelet: {evictionSoft: {nodefs.available: 20%}, evictionSoftGracePeriod: {pid.available: 1m}}, capacity:',
      ),
      [
        '5:84 spec.nodePools[0].kubelet.evictionSoft.nodefs.available: needs a period in evictionSoftGracePeriod',
        '5:131 spec.nodePools[0].kubelet.evictionSoftGracePeriod.pid.available: is for a threshold that evictionSoft does not have',
      ],
    ],
    [
      'pulls that are serial and parallel',
      scenario(APPS).replace('capacity:', 'kubelet: {serializeImagePulls: true, maxParallelImagePulls: 3}, capacity:'),
      [
        '5:101 spec.nodePools[0].kubelet.maxParallelImagePulls: must be 1 if serializeImagePulls is true, not 3 (kubelets refuse to start with both)',
      ],
    ],
    [
      'a version without quotes',
      scenario(`${APPS}  kubernetesVersion: 1.34\n`),
      ['7:22 spec.kubernetesVersion: must be a minor version in quotes, such as "1.36"'],
    ],
    [
      'a behaviour of a container whose manifest is missing, once',
      scenario('  apps: [{name: web, manifests: [wep.yaml], behavior: [{container: app, startup: 1s}]}]\n'),
      ['6:34 spec.apps[0].manifests[0]: wep.yaml does not exist'],
    ],
    [
      'an episode that is slow by nothing',
      scenario('  apps: [{name: web, manifests: [web.yaml], behavior: [{episodes: [{state: slow, after: 5s}]}]}]\n'),
      ['6:68 spec.apps[0].behavior[0].episodes[0]: a slow episode needs probeLatency'],
    ],
    [
      'an image upon one that comes later',
      scenario(`${APPS}  images: [{name: "a:1", base: "b:1"}, {name: "b:1"}]\n`),
      ['7:32 spec.images[0].base: "b:1" must come before "a:1"'],
    ],
    [
      'a missing field',
      scenario('  apps: [{manifests: [web.yaml]}]\n'),
      ['6:10 spec.apps[0].name: is missing (name of the application)'],
    ],
    [
      'a missing manifest',
      scenario('  apps: [{name: web, manifests: [wep.yaml]}]\n'),
      ['6:34 spec.apps[0].manifests[0]: wep.yaml does not exist'],
    ],
    [
      'a version that is not modelled',
      scenario(`${APPS}  kubernetesVersion: "1.12"\n`),
      ['7:22 spec.kubernetesVersion: 1.12 is not modelled; 1.27 to 1.37 are'],
    ],
    [
      'a lognormal without a second quantile',
      scenario(
        '  apps: [{name: web, manifests: [web.yaml], behavior: [{startup: {distribution: lognormal, p50: 2s}}]}]\n',
      ),
      [
        '6:66 spec.apps[0].behavior[0].startup: a lognormal distribution needs p50 and exactly one of sigma, p90, p95, p99',
      ],
    ],
    ['a tab', 'a: 1\n\tb: 2\n', ['2:1 : not valid YAML: a tab is used for indentation; use spaces']],
    [
      'a duplicate key',
      'a: 1\na: 2\n',
      ['2:1 : not valid YAML: the same key appears twice in one mapping; remove one'],
    ],
    ['nothing', '', ['0:0 : is empty (kubelapse init writes a scenario to start from)']],
    [
      'something else',
      'apiVersion: v1\nkind: Pod\n',
      [
        '1:13 apiVersion: "v1" is not accepted; must be "kubelapse.dev/v1alpha1" (this version of kubelapse reads kubelapse.dev/v1alpha1)',
        '2:7 kind: "Pod" is not accepted; must be "Scenario"',
      ],
    ],
  ])('%s', (_, text, expected) => {
    const found = problems(text);
    expect(expected.every((e) => found.includes(e)) ? expected : found).toEqual(expected);
  });
  it('reports all errors at once, in order', () => {
    const found = problems(scenario('  duration: x\n  nodePool: []\n  apps: []\n'));
    expect(found.map((p) => p.split(' ')[1])).toEqual(['spec.duration:', 'spec.nodePool:', 'spec.apps:']);
  });
  it('says which flag or point of a sweep is wrong', () => {
    const one = () => load(scenario(APPS), undefined, ['spec.kubeProxy.mode=ipv']);
    expect(one).toThrow('--set spec.kubeProxy.mode=ipv: error: spec.kubeProxy.mode: "ipv" is not accepted');
    expect(() => load(scenario(APPS), undefined, ['nonsense'])).toThrow('must be path=value');
    expect(() => load(scenario(APPS), undefined, ['spec.nodePools[7].count=1'])).toThrow(
      '7 is not an item of the list, which has 1',
    );
    expect(() => load(scenario(APPS), undefined, ['spec.__proto__.x=1'])).toThrow('unknown field');
    const sweep = '  sweep: {parameters: [{name: mode, path: spec.kubeProxy.mode, values: [iptables, nope]}]}\n';
    expect(() => load(scenario(APPS + sweep))).toThrow(
      /s\.yaml:\d+ \(mode=nope\): error: spec\.kubeProxy\.mode: "nope" is not accepted/,
    );
  });
  it('refuses nodes that have next to nothing, and rates beyond all numbers', () => {
    const with_ = (capacity: string) =>
      problems(scenario(APPS).replace(/capacity: \{[^}]*\}/, `capacity: {${capacity}}`))[0];
    expect(with_('cpu: "0", memory: 1Gi')).toMatch(/spec\.nodePools\[0\]\.capacity\.cpu: "0" is less than 1m/);
    expect(with_('cpu: 1e-30, memory: 1Gi')).toMatch(/capacity\.cpu: ".*" is less than 1m/);
    expect(with_('cpu: "1", memory: "0"')).toMatch(/capacity\.memory: "0" is less than 1Mi/);
    const traffic = '  traffic: [{from: {nodes: all}, to: service/web, stages: [{duration: 30s, target: 1e15}]}]\n';
    expect(problems(scenario(`${APPS}${traffic}`))[0]).toContain('spec.traffic[0].stages[0].target');
  });
  it('survives an alias bomb', () => {
    let bomb = 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n';
    for (let i = 1; i < 12; i++)
      bomb += `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(', ')}]\n`;
    expect(problems(bomb)[0]).toContain('aliases expand to too much data');
    for (const cycle of ['a: &a {b: *a}\n', 'a: &a [{kind: Secret, data: {b: *a}}]\n', '&a {kind: Secret, b: *a}\n']) {
      expect(problems(cycle)[0]).toContain('an alias is inside the value that it refers to; write the values out');
      expect(problems(scenario(APPS), { 'web.yaml': cycle })[0]).toContain(
        'an alias is inside the value that it refers to',
      );
    }
    const many = `a:\n${Array.from({ length: 3000 }, (_, i) => ` - &x${i} 1\n - *x${i}\n`).join('')}`;
    expect(problems(many)[0]).toContain('there are more than 5000 anchors and aliases; write the values out');
    const keys = Array.from({ length: 300 }, (_, i) => `k${i}: 1`).join(', ');
    const chain = Array.from({ length: 500 }, (_, i) => ` - &m${i + 1} {<<: *m${i}}\n`).join('');
    const merges = `a:\n - &m0 {${keys}}\n${chain}`;
    expect(problems(merges)[0]).toContain('merge keys copy more than 100000 keys; write the values out');
    expect(problems(scenario(APPS), { 'web.yaml': bomb })[0]).toContain('aliases expand to too much data');
  });
  it('refuses a scenario of 10 MB and reads a manifest of 10 MB', () => {
    expect(problems(`# ${'x'.repeat(10e6)}\n`)[0]).toContain('more than 1048576');
    expect(problems(scenario(APPS), { 'web.yaml': `# ${'x'.repeat(10e6)}\n${MANIFEST}` })).toEqual([]);
  });
});

describe('manifests', () => {
  /** Something happens in it. */
  const LATER = APPS.replace('manifests:', 'start: {at: 1s}, manifests:');
  const warnings = (manifest: string) =>
    load(scenario(LATER), { 'web.yaml': manifest }).warnings.map((d) => `${d.line}:${d.column} ${d.message}`);
  const object = (apiVersion: string, kind: string): string =>
    `---\napiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: w}\n`;
  it('pass over kinds that change nothing here, and say once of others that they change the answer', () => {
    const both = `${MANIFEST}${object('v1', 'ConfigMap')}${object('example.com/v1', 'Widget')}`;
    expect(warnings(both + object('example.com/v1', 'Widget'))).toEqual([
      '28:7 changes the answer, and is left out: its operator may make pods of it, which are not here (in 2 objects, here the first)',
    ]);
    const { untouched } = load(scenario(APPS), { 'web.yaml': both });
    expect(untouched.map(({ what, step }) => `${step} ${what}`)).toContain('nothing ConfigMap (v1)');
  });
  it('may change the answer by what is left out, which is refused where one asks for that', () => {
    const files = { 'web.yaml': MANIFEST + object('autoscaling/v2', 'HorizontalPodAutoscaler') };
    const strictly = (texts: Record<string, string>) => () =>
      loadTexts({ ...texts, 's.yaml': scenario(APPS) }, [], { strict: true });
    expect(strictly(files)).toThrow('replicas follow a metric');
    expect(strictly({ 'web.yaml': MANIFEST })).not.toThrow();
  });
  it('tell kinds of Kubernetes from custom resources of the same name, and refuse a wrong group', () => {
    const knative = load(scenario(APPS), { 'web.yaml': MANIFEST + object('serving.knative.dev/v1', 'Service') });
    expect(knative.points[0]!.spec.services.length).toBe(1);
    expect(knative.untouched.map(({ what }) => what)).toContain('Service (serving.knative.dev/v1)');
    expect(problems(scenario(APPS), { 'web.yaml': MANIFEST + object('v1', 'Deployment') })[0]).toContain(
      'Kubernetes has no Deployment in v1, but in group apps',
    );
  });
  it('warn of a selector that matches nothing, with the next step', () => {
    const found = load(scenario(APPS), {
      'web.yaml': MANIFEST.replace('selector: {app: web}', 'selector: {app: wep}'),
    }).warnings;
    expect(formatDiagnostic(found[0]!)).toContain('Service web selects no pod of namespace default (app=wep)');
    expect(found[0]!.hint).toBe('compare it with the labels of the pod templates');
  });
  it('warn of yes and no, which Kubernetes reads as booleans', () => {
    expect(warnings(MANIFEST.replace('value: b', 'value: yes'))).toEqual([
      '14:32 yes is text here, but a boolean in Kubernetes',
    ]);
  });
  it('warn of a field that is spelt almost as one that counts', () => {
    expect(
      load(scenario(LATER), { 'web.yaml': MANIFEST.replace('livenessProbe', 'livenesProbe') }).warnings.map(
        (d) => `${d.line}:${d.column} ${d.field}: ${d.message} (${d.hint})`,
      ),
    ).toEqual([
      '16:23 spec.template.spec.containers[0].livenesProbe: is not a field that Kubernetes has (did you mean "livenessProbe"?)',
    ]);
  });
  it('know the critical priority classes, and warn of those that nobody has defined', () => {
    const read = (name: string) =>
      load(scenario(LATER), { 'web.yaml': MANIFEST.replace('serviceAccountName: web', `priorityClassName: ${name}`) });
    const critical = (name: string) => read(name).points[0]!.spec.workloads[0]!.template.critical;
    expect(critical('system-node-critical')).toBe('node');
    expect(critical('system-cluster-critical')).toBe('cluster');
    expect(critical('gold')).toBe('no');
    expect(read('gold').warnings.map(({ message }) => message)).toEqual([
      'Deployment web: no PriorityClass is called "gold": its pods have priority 0',
    ]);
    expect(read('system-node-critical').warnings).toEqual([]);
  });
  it("take a DaemonSet's maxUnavailable as a count or as a percentage of its nodes", () => {
    const daemon = (value: string) =>
      MANIFEST.replace('kind: Deployment', 'kind: DaemonSet').replace(
        'replicas: 3',
        `updateStrategy: {rollingUpdate: {maxUnavailable: ${value}}}`,
      );
    const read = (value: string) => load(scenario(APPS), { 'web.yaml': daemon(value) }).points[0]!.spec.workloads[0]!;
    expect(read('2').details).toMatchObject({ maxUnavailable: { count: 2 }, maxSurge: { count: 0 } });
    expect(read('30%').details).toMatchObject({ maxUnavailable: { percent: 30 } });
    expect(read('0, maxSurge: 1').details).toMatchObject({ maxUnavailable: { count: 0 }, maxSurge: { count: 1 } });
    expect(problems(scenario(APPS), { 'web.yaml': daemon('1, maxSurge: 1') })[0]).toContain(
      'maxSurge: may not be more than 0 unless maxUnavailable is 0',
    );
    expect(problems(scenario(APPS), { 'web.yaml': daemon('101%') })[0]).toContain('must be a count or a percentage');
    for (const none of ['0', '0%'])
      expect(problems(scenario(APPS), { 'web.yaml': daemon(none) })).toEqual([
        expect.stringContaining('may not be 0 if maxSurge is 0: nothing could ever be replaced'),
      ]);
  });
  const wrong = (from: string, to: string) => problems(scenario(APPS), { 'web.yaml': MANIFEST.replace(from, to) });
  it.each<[string, string, string, string]>([
    [
      'a success threshold of liveness',
      'periodSeconds: 0}',
      'successThreshold: 2}',
      '16:77 spec.template.spec.containers[0].livenessProbe.successThreshold: is 2; Kubernetes allows only 1 for a liveness probe',
    ],
    [
      'two handlers',
      'periodSeconds: 0}',
      'exec: {command: [x]}}',
      '16:24 spec.template.spec.containers[0].livenessProbe: has 2 handlers; exactly one of exec, httpGet, tcpSocket, grpc is needed',
    ],
    [
      'a quantity without meaning',
      'cpu: 250m',
      'cpu: lots',
      '15:37 spec.template.spec.containers[0].resources.requests.cpu: "lots" is not a quantity; write it as Kubernetes does: 500m, 2, 64Mi, 1Gi',
    ],
    [
      'negative replicas',
      'replicas: 3',
      'replicas: -3',
      '5:13 spec.replicas: must be a whole number of at least 0, not -3',
    ],
    [
      'a selector that Kubernetes refuses',
      'matchLabels: {app: web}',
      'matchLabels: {app: wep}',
      "6:33 spec.selector.matchLabels.app: selects app=wep, which the pod template's labels do not have; Kubernetes refuses that",
    ],
    [
      'no image',
      'image: example/web:1',
      'command: [x]',
      '12:9 spec.template.spec.containers[0].image: is missing: every container has an image',
    ],
    [
      'a request above its limit',
      'memory: 64Mi}',
      'memory: 64Mi}, limits: {memory: 32Mi}',
      '15:51 spec.template.spec.containers[0].resources.requests.memory: must be at most the limit, 32Mi, not 64Mi',
    ],
    [
      'a rolling update that could replace nothing',
      'replicas: 3',
      'strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0%}}',
      '5:59 spec.strategy.rollingUpdate.maxUnavailable: may not be 0 if maxSurge is 0 too: nothing could ever be replaced',
    ],
    [
      'more unavailable than there are',
      'replicas: 3',
      'strategy: {rollingUpdate: {maxUnavailable: 101%}}',
      '5:46 spec.strategy.rollingUpdate.maxUnavailable: must be at most 100%, not "101%"',
    ],
    [
      'a deadline before a pod can count',
      'replicas: 3',
      'minReadySeconds: 600',
      '5:3 spec.progressDeadlineSeconds: must be more than minReadySeconds, 600, not 600',
    ],
  ])('refuse %s', (_, from, to, expected) => expect(wrong(from, to)).toEqual([expected]));
  // Source: SetDefaults_ReplicationController in pkg/apis/core/v1/defaults.go.
  it('write the selector of a ReplicationController as labels, those of the template if there are none', () => {
    const controller = MANIFEST.replace('apps/v1', 'v1').replace('Deployment', 'ReplicationController');
    const files = (selector: string) => ({
      'web.yaml': controller.replace('  selector: {matchLabels: {app: web}}\n', selector),
    });
    const selects = (selector: string) =>
      load(scenario(APPS), files(selector)).points[0]!.spec.workloads.map((one) => [one.kind, one.selector]);
    const own = [['ReplicationController', [{ key: 'app', operator: 'In', values: ['web'] }]]];
    for (const selector of ['  selector: {app: web}\n', '  selector: {}\n', '  selector:\n', ''])
      expect(selects(selector)).toEqual(own);
    const refused = (selector: string) => problems(scenario(APPS), files(selector));
    expect(refused('  selector: {app: wep}\n')).toEqual([
      "6:19 spec.selector.app: selects app=wep, which the pod template's labels do not have; Kubernetes refuses that",
    ]);
    expect(refused('  selector: web\n')).toEqual(['6:13 spec.selector: must be a mapping of text to text']);
  });
  it('have volumes that are images, from 1.35 on, or where the gate ImageVolume is on (KEP-4639)', () => {
    const mount = 'name: app\n        volumeMounts: [{name: model, mountPath: /m}]';
    const volumes = '      volumes: [{name: tmp, emptyDir: {}}, {name: model, image: {reference: "models/a"}}]\n';
    const files = {
      'web.yaml': MANIFEST.replace('name: app', mount).replace('      containers:', `${volumes}      containers:`),
    };
    const ofVersion = (version: string, more = '') =>
      load(scenario(`  kubernetesVersion: "1.${version}"\n${more}${APPS}`), files);
    const template = (loaded: ReturnType<typeof ofVersion>) => loaded.points[0]!.spec.workloads[0]!.template;
    const read = [{ image: 'models/a', imagePullPolicy: 'Always', containers: [0] }];
    expect(template(ofVersion('35')).imageVolumes).toEqual(read);
    const on = '  controlPlane: {featureGates: {ImageVolume: true}}\n';
    expect(template(ofVersion('33', on)).imageVolumes).toEqual(read);
    const text = scenario(`  kubernetesVersion: "1.34"\n${APPS}`);
    expect(problems(text, files)).toEqual([
      '3:18 spec.volumes: Deployment web has a volume that is an image, which Kubernetes 1.34 refuses unless the feature gate ImageVolume is on',
    ]);
  });
  it('are refused where the API server would refuse them: names of objects, containers and namespaces', () => {
    const names = (text: string) => problems(scenario(APPS), { 'web.yaml': text }).map((p) => p.replace(/^\S+ /, ''));
    const hint = '(use lower-case letters, digits and "-")';
    const hostile = MANIFEST.replaceAll('name: web}', 'name: "=cmd()\\"<script>"}').replace(
      'name: app',
      'name: __proto__',
    );
    expect(names(hostile)).toEqual([
      `spec.template.spec.containers[0].name: "__proto__" is not a valid name of a container ${hint}`,
      `metadata.name: "=cmd()\\"<script>" is not a valid name of an object ${hint}`,
      `metadata.name: "=cmd()\\"<script>" is not a valid name of an object ${hint}`,
    ]);
    expect(names(MANIFEST.replaceAll('name: web}', 'name: web, namespace: "\\0"}'))[0]).toContain(
      'is not a valid name of a namespace',
    );
    expect(names(`${MANIFEST}---\n${MANIFEST}`)).toContain(
      'metadata.name: Deployment "web" appears twice in namespace default',
    );
    const twins = MANIFEST.replace('      - name: app\n', '      - {name: app, image: "a:1"}\n      - name: app\n');
    expect(names(twins)).toEqual([
      'spec.template.spec.containers[1].name: "app" is the name of another container of the pod too',
    ]);
  });
});

it('the JSON Schema refuses what the program refuses: unknown fields', () => {
  const schema = scenarioJsonSchema(BUILT_IN) as {
    properties: { spec: { additionalProperties: boolean; properties: object } };
    $schema: string;
  };
  expect(schema.$schema).toContain('draft-07');
  expect(schema.properties.spec.additionalProperties).toBe(false);
  expect(Object.keys(schema.properties.spec.properties)).toContain('nodePools');
});
