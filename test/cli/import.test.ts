// `import` as a process: large dumps in little memory, pipes, folders, traces. Needs the build.
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { BIN, commandFolder } from '../fixtures/command.js';

const folder = commandFolder(false);
const run = (args: readonly string[], input?: string) => folder.run(args, input === undefined ? {} : { input });
let dir = '';
beforeAll(() => {
  dir = folder.dir;
});
const template = (app: number) => ({
  metadata: { labels: { app: `web-${app}` } },
  spec: { containers: [{ name: 'main', image: 'example/web:1', env: [{ name: 'X', value: 'x'.repeat(900) }] }] },
});
/** Objects of a cluster with so many pods. */
function* objects(pods: number): Generator<object> {
  for (let i = 0; i < 40; i++) {
    const status = { capacity: { cpu: '32', memory: '128Gi', pods: '250' }, nodeInfo: { kubeletVersion: 'v1.33.0' } };
    yield { kind: 'Node', metadata: { name: `node-${i}`, labels: {} }, status };
  }
  for (let i = 0; i < 20; i++) {
    const metadata = { name: `web-${i}`, namespace: 'shop' };
    const selector = { matchLabels: { app: `web-${i}` } };
    yield { kind: 'Deployment', metadata, spec: { replicas: 9, selector, template: template(i) } };
    yield { kind: 'Service', metadata, spec: { selector: { app: `web-${i}` }, ports: [{ port: 80 }] } };
  }
  for (let i = 0; i < pods; i++) {
    const owner = { kind: 'ReplicaSet', name: `web-${i % 20}-abc`, controller: true };
    const { metadata, spec } = template(i % 20);
    const labels = { ...metadata.labels, 'pod-template-hash': 'abc' };
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': 'y'.repeat(900) };
    yield {
      kind: 'Pod',
      metadata: { name: `web-${i}`, namespace: 'shop', labels, annotations, ownerReferences: [owner] },
      spec,
      status: { phase: 'Running' },
    };
  }
}
function dump(path: string, pods: number): void {
  const file = openSync(path, 'w');
  writeSync(file, '{\n    "apiVersion": "v1",\n    "items": [\n');
  let first = true;
  for (const object of objects(pods)) {
    writeSync(file, `${first ? '' : ',\n'}${JSON.stringify(object, null, 4)}`);
    first = false;
  }
  writeSync(file, '\n    ],\n    "kind": "List"\n}\n');
  closeSync(file);
}

describe('import', () => {
  it('takes a dump of hundreds of MB within a heap of 128 MB', () => {
    const path = join(dir, 'large.json');
    dump(path, 80_000);
    expect(statSync(path).size).toBeGreaterThan(200e6);
    // Many times less than the text alone: it cannot be there as a whole.
    const args = ['--max-old-space-size=128', BIN, 'import', 'large.json', '--name', 'large'];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: dir, encoding: 'utf8' });
    rmSync(path);
    expect([status, stderr]).toEqual([0, 'next: kubelapse validate scenarios/large.yaml\n']);
    expect(stdout).toBe(
      'left out:\n  80000 × Pod: created by its workload\nscenarios/large.yaml: 40 nodes in 1 pool, 20 workloads, 20 services\n',
    );
    expect(run(['run', 'scenarios/large.yaml', '-q']).status).toBe(0);
  });
  it('takes a pipe and a folder; refuses to write over a scenario', () => {
    const list = JSON.stringify({ kind: 'List', items: [...objects(50)] });
    expect(run(['import', '-', '--name', 'piped'], list).status).toBe(0);
    mkdirSync(join(dir, 'apps/below'), { recursive: true });
    [...objects(0)].forEach((object, i) => {
      writeFileSync(join(dir, i % 2 === 0 ? 'apps' : 'apps/below', `${i}.json`), JSON.stringify(object));
    });
    expect(run(['import', 'apps', '--name', 'folder']).status).toBe(0);
    const text = (name: string) => readFileSync(join(dir, `scenarios/manifests/${name}/shop.yaml`), 'utf8');
    expect(text('folder')).toBe(text('piped'));
    expect(run(['import', 'apps', '--name', 'folder']).stderr).toBe(
      'scenarios/folder.yaml: error: already exists (choose another --name, or add --force to replace it)\n',
    );
    writeFileSync(join(dir, 'scenarios/folder.yaml'), '# mine\n');
    expect(run(['import', 'apps', '--name', 'folder']).stderr).toContain(
      'scenarios/folder.yaml: error: already exists, and was changed since kubelapse wrote it (choose another --name, or',
    );
    const force = ['import', 'apps', '--name', 'folder', '--force', '-q'];
    expect(run(force)).toEqual({ status: 0, stdout: '', stderr: '' });
    // What is written under other names leaves nothing of the real ones.
    run([...force, '--anonymise']);
    expect(readdirSync(join(dir, 'scenarios/manifests/folder')).some((name) => name.includes('shop'))).toBe(false);
  });
  it('takes a trace with the mapping that comes with kubelapse', () => {
    writeFileSync(
      join(dir, 'nodes.csv'),
      'sn,cpu_milli,memory_mib,gpu,model\nn1,64000,262144,2,V100M16\nn2,96000,393216,0,\n',
    );
    const pods = Array.from(
      { length: 100 },
      (_, i) => `p${i},${1000 * (1 + (i % 3))},4096,0,0,,LS,Succeeded,${i * 30},${i * 30 + 300},`,
    );
    writeFileSync(
      join(dir, 'pods.csv'),
      `name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n${pods.join('\n')}\n`,
    );
    const mapping = resolve('scenarios/import/alibaba-openb.yaml');
    const { status, stdout } = run([
      'import',
      '--nodes',
      'nodes.csv',
      '--pods',
      'pods.csv',
      '--mapping',
      mapping,
      '--name',
      'trace',
      '--from',
      '10m',
      '--lasts',
      '30m',
    ]);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^left out:\n {2}\d+ × pod outside the time that is imported\nscenarios\/trace\.yaml: 2 nodes in 2 pools, \d+ workloads, 0 services\n$/,
    );
    expect(run(['run', 'scenarios/trace.yaml', '-q']).status).toBe(0);
  });
  it.each<[string[], string]>([
    [[], 'import: error: needs something to import'],
    [['nope.json'], 'nope.json: error: does not exist (name a file that kubectl wrote'],
    [['broken.json'], 'broken.json:1:1: error: is not JSON, near line 1'],
    [['empty.json'], 'empty.json: error: is empty'],
    [['text.json'], 'text.json: error: holds no Kubernetes objects'],
    [['utf16.json'], 'utf16.json: error: is UTF-16, not UTF-8'],
    [['--nodes', 'nodes.csv', '--pods', 'none.csv'], 'nodes.csv, none.csv: error: hold no nodes, or no pods'],
    [['nothing.yaml'], 'nothing.yaml: error: there are no nodes among the objects'],
    [['broken.json', '--name', 'No'], '--name No: error: is not a name for a scenario'],
    [['--nodes', 'nodes.csv'], '--nodes: error: needs the other list too'],
    [['--nodes', 'gone.csv', '--pods', 'gone.csv'], 'gone.csv: error: does not exist (name a CSV file with a header)'],
    [
      ['--nodes', 'nodes.csv', '--pods', 'nodes.csv', '--from', 'noon'],
      'kubelapse: --from noon: must be a duration such as 90s',
    ],
  ])('%j is refused', (args, message) => {
    writeFileSync(join(dir, 'broken.json'), '{"items": [}');
    writeFileSync(join(dir, 'empty.json'), '\n');
    writeFileSync(join(dir, 'text.json'), 'hello');
    writeFileSync(join(dir, 'utf16.json'), Buffer.from('\ufeff{}', 'utf16le'));
    writeFileSync(join(dir, 'none.csv'), 'cpu,memory,created_seconds\n');
    writeFileSync(join(dir, 'nothing.yaml'), 'kind: ConfigMap\n');
    writeFileSync(join(dir, 'nodes.csv'), 'cpu,memory\n4,8Gi\n');
    const { status, stdout, stderr } = run(['import', ...args, '--dir', 'bad']);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(existsSync(join(dir, 'bad'))).toBe(false);
  });
});

describe('folders that tools write', () => {
  const node = (name: string) => ({
    metadata: { name },
    status: { capacity: { cpu: '4', memory: '16Gi', pods: '110' }, nodeInfo: { kubeletVersion: 'v1.34.1' } },
  });
  const spec = { containers: [{ name: 'app', image: 'web:1' }] };
  const web = {
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec },
    },
  };
  const pod = (i: number, nodeName?: string) => ({
    metadata: {
      name: `web-abc-${i}`,
      namespace: 'shop',
      labels: { app: 'web', 'pod-template-hash': 'abc' },
      ownerReferences: [{ kind: 'ReplicaSet', name: 'web-abc', controller: true }],
    },
    spec: { ...spec, ...(nodeName === undefined ? {} : { nodeName }) },
    status: { phase: nodeName === undefined ? 'Pending' : 'Running' },
  });
  const pods = [pod(0, 'n2'), pod(1, 'n2'), pod(2)];
  const of = (apiVersion: string, kind: string, object: object) => ({ apiVersion, kind, ...object });
  const write = (root: string, files: Readonly<Record<string, unknown>>): void => {
    for (const [path, value] of Object.entries(files)) {
      const file = join(dir, root, path);
      mkdirSync(join(file, '..'), { recursive: true });
      writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value, null, 1));
    }
  };
  const placed = [
    'workload,ordinal,node,state',
    'deployment/web,,nodes-1,running',
    'deployment/web,,nodes-1,running',
    'deployment/web,,,pending',
    '',
  ].join('\n');
  const imported = (root: string): string => {
    const { stdout, status } = run(['import', root, '--name', root, '--dir', 'out']);
    expect(status).toBe(0);
    expect(readFileSync(join(dir, 'out', 'manifests', root, 'shop-pods.csv'), 'utf8')).toBe(placed);
    return stdout;
  };
  it('a support bundle: lists by resource, some of which do not say what they are, and what is no list', () => {
    write('bundle', {
      'cluster-resources/nodes.json': { kind: 'NodeList', apiVersion: 'v1', items: [node('n1'), node('n2')] },
      'cluster-resources/deployments/shop.json': [of('apps/v1', 'Deployment', web)],
      'cluster-resources/pods/shop.json': { items: pods },
      'cluster-resources/pods-errors.json': 'null',
      'cluster-resources/broken.json': '{"kind":"PodList","items":[{"metadata":',
      'analysis.json': [{ name: 'x', severity: 'error' }],
      'version.yaml': of('troubleshoot.sh/v1beta2', 'SupportBundle', {}),
    });
    const told = imported('bundle');
    expect(told).toMatch(
      /^left out, although it changes the answer:\n {2}1 × bundle.cluster-resources.broken.json:1: is incomplete/m,
    );
    expect(told).toContain('analysis.json: no object of Kubernetes');
  });
  it('a must-gather: the same pods in a list and one by one', () => {
    write('gather', {
      'sha256-1/cluster-scoped-resources/core/nodes/n1.yaml': of('v1', 'Node', node('n1')),
      'sha256-1/cluster-scoped-resources/core/nodes/n2.yaml': of('v1', 'Node', node('n2')),
      'sha256-1/namespaces/shop/core/pods.yaml': { apiVersion: 'v1', items: pods, kind: 'PodList' },
      'sha256-1/namespaces/shop/pods/web-abc-0/web-abc-0.yaml': of('v1', 'Pod', pods[0]!),
      'sha256-1/namespaces/shop/apps/deployments.yaml': { apiVersion: 'apps/v1', items: [web], kind: 'DeploymentList' },
      version: 'must-gather\n',
    });
    expect(imported('gather')).toContain('1 × Pod that is listed twice');
  });
  it('without nodes is refused, unless they are to be assumed', () => {
    write('bare', { 'web.json': of('apps/v1', 'Deployment', web), 'kustomization.yaml': 'resources: [web.json]\n' });
    const refused = run(['import', 'bare', '--name', 'bare', '--dir', 'out']);
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('--assume-nodes')]);
    const taken = run(['import', 'bare', '--name', 'bare', '--dir', 'out', '--assume-nodes']);
    expect(taken.status).toBe(0);
    expect(taken.stdout).toContain('kustomization.yaml: a kustomization: kustomize build renders it');
  });
  it('manifests come from standard input, and --strict refuses what changes the answer', () => {
    const scenario = `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: { name: piped }
spec:
  duration: 1m
  nodePools: [{ name: a, count: 2, capacity: { cpu: "4", memory: 16Gi } }]
  apps: [{ name: web, manifests: ["-"], start: { at: 1s } }]
`;
    writeFileSync(join(dir, 'piped.yaml'), scenario);
    const text = JSON.stringify(of('apps/v1', 'Deployment', web));
    expect(run(['validate', 'piped.yaml'], text).stdout).toContain('3 pods');
    const autoscaler = of('autoscaling/v2', 'HorizontalPodAutoscaler', { metadata: { name: 'web' } });
    const scaled = `${text}\n---\n${JSON.stringify(autoscaler)}`;
    const loose = run(['validate', 'piped.yaml'], scaled);
    expect([loose.status, loose.stderr]).toEqual([0, expect.stringContaining('changes the answer, and is left out')]);
    const strict = run(['validate', 'piped.yaml', '--strict'], scaled);
    expect([strict.status, strict.stderr]).toEqual([2, expect.stringContaining('error: HorizontalPodAutoscaler')]);
  });
});
