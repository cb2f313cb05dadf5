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
