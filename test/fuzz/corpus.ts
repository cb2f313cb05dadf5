// What the fuzzer begins with: every input that is shipped, small ones of kinds that are not, and results that are made of
// them; with the commands that read each. Part of the fuzzer.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { shrunk } from './shrink.js';
import { formatOf, type Target } from './target.js';

/** Files of a working folder, by path. */
export type Files = ReadonlyMap<string, Buffer>;

export interface Folder {
  readonly name: string;
  readonly files: Files;
}

/** Files below a folder, with the path that they are to have. */
function filesOf(root: string, dir: string, keep: (path: string) => boolean): Map<string, Buffer> {
  const names = readdirSync(join(root, dir), { recursive: true, encoding: 'utf8' }).sort();
  const found = names.map((name) => name.replaceAll('\\', '/')).filter((name) => /\.\w+$/.test(name) && keep(name));
  return new Map(found.map((name) => [`in/${name}`, readFileSync(join(root, dir, name))]));
}

const isScenario = (content: Buffer): boolean => /^kind: *Scenario *$/m.test(content.toString());
const isProfile = (content: Buffer): boolean => /^kind: *Profile *$/m.test(content.toString());

/** The corpus but for what is made of results. @param root the project. */
export function corpusOf(root: string): Target[] {
  const shipped: Folder = {
    name: 'scenarios',
    files: filesOf(root, 'scenarios', (name) =>
      /^([^/]+|manifests\/.*|profiles\/.*|import\/.*)\.(yaml|csv)$/.test(name),
    ),
  };
  const profiles = [...shipped.files].filter(([path]) => path.startsWith('in/profiles/'));
  const published = readdirSync(join(root, 'scenarios/reproduce'))
    .sort()
    .map((name): Folder => {
      const files = [...filesOf(root, `scenarios/reproduce/${name}`, () => true)];
      const moved = files.map(([path, content]) => [path.replace(/^in\//, `in/reproduce/${name}/`), content] as const);
      return { name, files: new Map([...moved, ...profiles]) };
    });
  const own: Folder = { name: 'own', files: filesOf(root, 'test/fuzz/inputs', () => true) };
  return [
    ...[shipped, own, ...published].flatMap(targetsOfScenarios),
    ...[shipped, own, ...published]
      .map(smaller)
      .flatMap((folder) => [...targetsOfManifests(folder), ...targetsOfRuns(folder)]),
    ...published.flatMap(targetsOfExperiment),
    ...targetsOfDumps(),
    ...targetsOfTraces(own, shipped.files.get('in/import/alibaba-openb.yaml')!),
    ...targetsOfMeasurements(own),
    ...targetsOfCharts(own),
  ];
}

/** Scenarios of the folder that name a file, or the folder of static pods that it is in. */
function readersOf({ files }: Folder, path: string): string[] {
  const inside = path.replace(/^in\/(reproduce\/[^/]+\/)?/, '');
  const dir = `staticPodPath: ${inside.slice(0, Math.max(0, inside.lastIndexOf('/')))}`;
  return [...files]
    .filter(([, content]) => isScenario(content))
    .filter(([, content]) => content.includes(inside) || (inside.includes('/') && content.includes(dir)))
    .map(([name]) => name);
}

function targetsOfScenarios(folder: Folder): Target[] {
  return [...folder.files].flatMap(([path, content]): Target[] => {
    const format = formatOf(path);
    if (path.startsWith('in/import/') || !/\.(yaml|csv)$/.test(path) || format === undefined) return [];
    if (isScenario(content)) {
      return [{ kind: 'scenario', folder, path, format, commands: [{ args: ['validate', path] }] }];
    }
    const readers = readersOf(folder, path).map((name) => ({ args: ['validate', name] }));
    if (isProfile(content)) {
      return [{ kind: 'profile', folder, path, format, commands: [{ args: ['validate', path] }, ...readers] }];
    }
    return [];
  });
}

/** What scenarios name: read with them. */
function targetsOfManifests(folder: Folder): Target[] {
  return [...folder.files].flatMap(([path, content]): Target[] => {
    const format = formatOf(path);
    const commands = readersOf(folder, path).map((name) => ({ args: ['validate', name] }));
    if (path === 'in/arrivals.csv') return [{ kind: 'arrivals', folder, path, format: 'csv', commands }];
    const text = content.toString();
    if (format !== 'yaml' || !/^(apiVersion|kind):/m.test(text) || /kubelapse\.dev/.test(text) || commands.length === 0)
      return [];
    const kind = /static-pods|control-plane/.test(path) ? 'static-pod' : 'manifest';
    return [{ kind, folder, path, format, commands }];
  });
}

/** The same folder with scenarios and manifests that are small. */
function smaller(folder: Folder): Folder {
  const small = [...folder.files].map(([path, content]): [string, Buffer] => {
    const isOwn = folder.name === 'own';
    return isOwn || !path.endsWith('.yaml')
      ? [path, content]
      : [path, Buffer.from(textOf(shrunk(documentsOf(content))))];
  });
  return { name: `${folder.name}-small`, files: new Map(small) };
}

/** Small scenarios and their files, to be run. */
function targetsOfRuns(runs: Folder): Target[] {
  return [...runs.files].flatMap(([path, content]): Target[] => {
    const format = formatOf(path);
    if (format === undefined || path.startsWith('in/import/')) return [];
    const scenarios = isScenario(content) ? [path] : readersOf(runs, path);
    const commands = scenarios.map((name) => ({ args: ['run', name, '-d', 'out'], isRun: true as const }));
    if (commands.length === 0 || !/\.(yaml|csv)$/.test(path)) return [];
    return [{ kind: 'run', folder: runs, path, format, commands }];
  });
}

const documentsOf = (content: Buffer): unknown[] => {
  const documents = parseAllDocuments(content.toString());
  return Array.isArray(documents) ? documents.map((document) => document.toJS() as unknown) : [];
};
const textOf = (documents: readonly unknown[]): string =>
  documents.map((one) => stringify(one, { aliasDuplicateObjects: false })).join('---\n');

/** An experiment that was published, in a folder of experiments. */
function targetsOfExperiment(folder: Folder): Target[] {
  const { name, files } = folder;
  const hasRuns = /^ {2}runs:/m.test(files.get(`in/reproduce/${name}/experiment.yaml`)!.toString());
  const all = ['reproduce', '--experiments', 'in/reproduce', '-d', 'out', '--no-charts'];
  const list = { args: [...all, '--list'] };
  const commands = hasRuns ? [list] : [list, { args: all }, { args: all }];
  return [...files.keys()].flatMap((path): Target[] => {
    const format = formatOf(path);
    if (!/\/(experiment\.yaml|published\.csv)$/.test(path) || format === undefined) return [];
    return [{ kind: 'experiment', folder, path, format, commands }];
  });
}

const template = (app: string) => ({
  metadata: { labels: { app } },
  spec: {
    containers: [
      {
        name: 'main',
        image: 'example/web:1',
        ports: [{ containerPort: 8080, name: 'http' }],
        resources: { requests: { cpu: '100m', memory: '64Mi' } },
        readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 5 },
      },
    ],
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoSchedule' }],
  },
});

/** What kubectl would print of a small cluster. */
function dumpOf(): Record<string, unknown>[] {
  const selector = { matchLabels: { app: 'web' } };
  const metadata = { name: 'web', namespace: 'shop', labels: { app: 'web' } };
  const node = (i: number) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: `node-${i}`,
      labels: { 'kubernetes.io/os': 'linux', 'topology.kubernetes.io/zone': i % 2 === 0 ? 'a' : 'b' },
    },
    spec: { podCIDR: `10.0.${i}.0/24`, taints: i === 2 ? [{ key: 'a', value: 'b', effect: 'NoSchedule' }] : [] },
    status: {
      capacity: { cpu: '8', memory: '32Gi', pods: '110' },
      allocatable: { cpu: '7900m', memory: '31Gi', pods: '110' },
      nodeInfo: { kubeletVersion: 'v1.33.0', containerRuntimeVersion: 'containerd://1.7.0' },
      images: [{ names: ['example/web:1'], sizeBytes: 40_000_000 }],
    },
  });
  const owner = { kind: 'ReplicaSet', name: 'web-abc', controller: true };
  const all = [
    node(0),
    node(1),
    node(2),
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { replicas: 3, selector, template: template('web') } },
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { ...metadata, name: 'db' },
      spec: { replicas: 1, serviceName: 'db', selector: { matchLabels: { app: 'db' } }, template: template('db') },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { ...metadata, name: 'agent' },
      spec: { selector: { matchLabels: { app: 'agent' } }, template: template('agent') },
    },
    {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { ...metadata, name: 'once' },
      spec: { parallelism: 2, completions: 4, template: template('once') },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }] },
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata,
      spec: { podSelector: selector, policyTypes: ['Ingress'], ingress: [{ from: [{ podSelector: {} }] }] },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...metadata,
        name: 'web-abc-x',
        labels: { app: 'web', 'pod-template-hash': 'abc' },
        ownerReferences: [owner],
      },
      spec: template('web').spec,
      status: { phase: 'Running' },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...metadata, name: 'alone' },
      spec: { ...template('web').spec, nodeName: 'node-1' },
      status: { phase: 'Running' },
    },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: 'b' } },
  ];
  return all;
}

function targetsOfDumps(): Target[] {
  const items = dumpOf();
  const list = { apiVersion: 'v1', kind: 'List', items };
  const byFile: Record<string, string> = {
    'in/list.json': JSON.stringify(list, null, 4),
    'in/list.yaml': stringify(list, { aliasDuplicateObjects: false }),
    'in/documents.yaml': textOf(items),
  };
  const folder: Folder = {
    name: 'dumps',
    files: new Map(Object.entries(byFile).map(([path, text]) => [path, Buffer.from(text)])),
  };
  return Object.keys(byFile).map((path): Target => {
    const args = ['import', path, '--dir', 'out', '--name', 'made'];
    return {
      kind: 'dump',
      folder,
      path,
      format: formatOf(path)!,
      commands: [{ args }, { args: [...args, '--anonymise'] }, { args: [...args, '--force', '-q'] }],
    };
  });
}

function targetsOfTraces(own: Folder, mapping: Buffer): Target[] {
  const files = new Map([
    ['in/nodes.csv', own.files.get('in/nodes.csv')!],
    ['in/pods.csv', own.files.get('in/pods.csv')!],
    ['in/mapping.yaml', mapping],
  ]);
  const folder: Folder = { name: 'cluster-trace', files };
  const args = ['import', '--nodes', 'in/nodes.csv', '--pods', 'in/pods.csv', '--mapping', 'in/mapping.yaml'];
  const to = ['--dir', 'out', '--name', 'made'];
  return [...files.keys()].map((path) => ({
    kind: 'cluster-trace',
    folder,
    path,
    format: formatOf(path)!,
    commands: [{ args: [...args, ...to] }, { args: [...args, '--from', '1m', '--lasts', '5m', ...to] }],
  }));
}

function targetsOfMeasurements(own: Folder): Target[] {
  const given = ['services=877', 'endpoints=2057', 'mode=iptables', 'runtime=containerd', 'plugin=flannel'];
  const at = given.flatMap((pair) => ['--at', pair]);
  const of = (path: string, more: readonly string[]): Target => {
    const files = new Map([[path, own.files.get(path)!]]);
    const folder: Folder = { name: `calibrate-${path.replace(/\W/g, '-')}`, files };
    const args = ['calibrate', path, ...more, '-o', 'out/profile.yaml'];
    const printed = ['calibrate', path, ...more, '-o', '-', '-q'];
    const format = formatOf(path) ?? 'text';
    return { kind: 'calibrate', folder, path, format, commands: [{ args }, { args: printed }] };
  };
  return [of('in/relist.csv', []), of('in/packets.csv', []), of('in/metrics.prom', at), of('in/query.json', [])];
}

function targetsOfCharts(own: Folder): Target[] {
  const path = 'in/chart.vl.json';
  const folder: Folder = { name: 'vega', files: new Map([[path, own.files.get(path)!]]) };
  const commands = [{ args: ['chart', path, '-o', 'out/a.svg'] }, { args: ['chart', path, '-o', '-'] }];
  return [{ kind: 'vega', folder, path, format: 'json', commands }];
}

/** Results to begin with, as files that runs have written; `a`, `b` and a sweep of two shards. */
export function targetsOfResults(results: Files, own: Folder['files']): Target[] {
  const measured = ['in/PodStartupLatency_load.json', 'in/podLatencyQuantilesMeasurement-node-density.json'];
  const files = new Map([...own, ...results]);
  const folder: Folder = { name: 'results', files };
  const of = (kind: Target['kind'], path: string, commands: Target['commands']): Target[] => {
    const format = formatOf(path) ?? 'bytes';
    return files.has(path) ? [{ kind, folder, path, format, commands }] : [];
  };
  const verify = { args: ['verify', 'in/a'], isRun: true as const };
  const shown = [
    { args: ['report', 'in/a', '-o', 'out/report.html'] },
    { args: ['report', 'in/a', 'in/b', '-o', 'out/report.html'] },
    { args: ['compare', 'in/a', 'in/b', '-d', 'out', '--all'] },
    { args: ['compare', 'in/b', 'in/a', '-d', 'out', '-o', 'csv', '--fail-on', 'p99 > +10%'] },
    { args: ['chart', 'in/a', '-t', 'latency', '-o', 'out/chart.vl.json'] },
    { args: ['chart', 'in/a', '-t', 'breakdown', '-o', 'out/chart.vl.json'] },
    { args: ['chart', 'in/a', '-t', 'pods', '-o', 'out/chart.svg'] },
    {
      args: [
        'chart',
        'in/a',
        '--x',
        'time_seconds',
        '--y',
        'value',
        '--table',
        'timeseries.csv',
        '-o',
        'out/chart.vl.json',
      ],
    },
  ];
  const merge = { args: ['merge', 'in/shards', '-d', 'out', '-o', 'json'] };
  const tables = [...files.keys()].filter((path) => /^in\/a\/.*\.csv$/.test(path));
  const jobs = [...files.keys()].filter((path) => /\.job$/.test(path));
  return [
    ...[...Array(4)].flatMap(() => of('results', 'in/a/run.json', [...shown, verify])),
    ...tables.flatMap((path) => of('results', path, [...shown, verify])),
    ...['in/shards/1/tiny/run.json', 'in/shards/2/tiny/run.json', ...jobs].flatMap((path) =>
      of('merge', path, [merge]),
    ),
    ...measured.flatMap((path) => {
      const scenario = ['compare', 'in/tiny.yaml', path, '-d', 'out', '-n', '1', '--engine', 'inline', '-q'];
      const result = { args: ['compare', 'in/a', path, '-d', 'out'] };
      return of('measured', path, [result, result, result, result, { args: scenario }]);
    }),
  ];
}
