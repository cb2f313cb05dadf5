// staticPodPath: a folder of Pod manifests for each node of a pool.
import { describe, expect, it } from 'vitest';
import { loadTexts, problemsOf } from '../fixtures/scenario.js';

const pod = (name: string, labels = '{}'): string => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: ${labels}}
spec: {containers: [{name: main, image: "x:1", imagePullPolicy: IfNotPresent}]}
`;
const scenario = (pool: string, spec = ''): string => `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: test}
spec:
  nodePools:
    - {name: general, count: 2, capacity: {cpu: 4, memory: 8Gi}}
    - {name: masters, count: 3, capacity: {cpu: 4, memory: 8Gi}, taints: [{key: k, effect: NoSchedule}], ${pool}}
  apps: [{name: web}]
${spec}---
${pod('web')}`;
const FILES: Record<string, string> = {
  'static/etcd.yaml': pod('etcd', '{component: etcd, tier: control-plane}'),
  'static/agent.yaml': pod('agent'),
  'static/.hidden': 'not read',
};

const load = (text: string, files = FILES) => loadTexts({ ...files, 's.yaml': text });
const problems = (...args: Parameters<typeof load>): string[] => problemsOf(() => load(...args));
const PATH = 'kubelet: {staticPodPath: static}';

describe('a staticPodPath', () => {
  it('gives each node of its pool every Pod of the folder, in the order of the names', () => {
    const { points, inputs } = load(scenario(PATH));
    const found = points[0]!.spec.workloads.map(({ kind, name, pool, component }) => [kind, name, pool, component]);
    expect(found).toEqual([
      ['StaticPod', 'agent', 1, undefined],
      ['StaticPod', 'etcd', 1, 'etcd'],
      ['Pod', 'web', undefined, undefined],
    ]);
    // What was read is kept for `verify`; files whose names begin with a dot are not read.
    expect(inputs.map(({ path }) => path)).toEqual(['s.yaml', 'static/agent.yaml', 'static/etcd.yaml']);
  });
  it('may be one file', () => {
    const { points } = load(scenario('kubelet: {staticPodPath: static/agent.yaml}'));
    expect(points[0]!.spec.workloads.map(({ name }) => name)).toEqual(['agent', 'web']);
  });
  it('holds Pods only', () => {
    const files = {
      'static/a.yaml': pod('a')
        .replace('Pod', 'Deployment')
        .replace('apiVersion: v1', 'apiVersion: apps/v1')
        .replace('spec: {', 'spec: {template: {spec: {')
        .replace('}]}', '}]}}}'),
    };
    expect(problems(scenario(PATH), files)[0]).toContain('a kubelet takes only Pods from there');
    expect(problems(scenario('kubelet: {staticPodPath: none}'))[0]).toContain('none does not exist');
  });
  it('goes with behaviours of its containers', () => {
    const { points } = load(scenario(`${PATH}, behavior: [{container: main, startup: 7s}]`));
    expect(points[0]!.spec.workloads[0]!.template.containers[0]!.behavior.startup).toEqual({
      kind: 'fixed',
      value: 7e9,
    });
    expect(problems(scenario(`${PATH}, behavior: [{container: mian}]`))[0]).toContain(
      'no container of the static pods of node pool masters is called "mian" (did you mean "main"?)',
    );
    expect(problems(scenario('behavior: [{startup: 1s}]'))[0]).toContain(
      'applies to static pods, but the pool has none',
    );
  });
});

describe('a file that is removed', () => {
  const fault = (text: string) => scenario(PATH, `  faults: [{type: StaticPodRemoved, at: 1m, ${text}}]\n`);
  it('lies on the nodes that have it', () => {
    expect(load(fault('target: pod/etcd')).points[0]!.spec.faults[0]).toMatchObject({
      workloads: [1],
      nodes: { pools: [1] },
      noticedBy: 'inotify',
    });
  });
  it('must be that of a static pod', () => {
    expect(problems(fault('target: pod/etc'))[0]).toContain('no static pod is called "etc" (did you mean "etcd"?)');
    expect(problems(fault('target: pod/web'))[0]).toContain('no static pod is called "web"');
    expect(problems(fault('target: pod/etcd, pool: general'))[0]).toContain('node pool general does not run pod/etcd');
  });
});

describe('a rolling update with a new behaviour', () => {
  it('gives each update a template of its own, in order of time', () => {
    const text = scenario(
      '',
      `  faults:
    - {type: RollingUpdate, at: 2m, target: deployment/web, behavior: [{startup: 9s}]}
    - {type: RollingUpdate, at: 1m, target: deployment/web, image: "x:2"}
`,
    )
      .replace(
        'masters, count: 3, capacity: {cpu: 4, memory: 8Gi}, taints: [{key: k, effect: NoSchedule}], ',
        'm, count: 1, capacity: {cpu: 4, memory: 8Gi}',
      )
      .split('---')[0];
    const deployment = `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {a: b}}
  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: main, image: "x:1"}]}}
`;
    const { template, updates } = load(text + deployment).points[0]!.spec.workloads[0]!;
    const containers = [template, ...updates].map((t) => t.containers[0]!);
    expect(containers.map(({ image }) => image)).toEqual(['x:1', 'x:2', 'x:2']);
    expect(containers.map(({ behavior }) => behavior.startup)).toEqual([
      { kind: 'fixed', value: 0 },
      { kind: 'fixed', value: 0 },
      { kind: 'fixed', value: 9e9 },
    ]);
  });
});
