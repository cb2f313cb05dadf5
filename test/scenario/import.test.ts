// Scenarios from what kubectl prints, and from traces: what is taken over, what is left out, what becomes of names.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { BUILT_IN } from '../../src/catalogue.js';
import {
  Anonymiser,
  ClusterImporter,
  filesOf,
  type ImportedCluster,
  kindByFile,
  objectReader,
  readMapping,
  type TextOfFile,
  TraceImporter,
} from '../../src/scenario/import/index.js';
import { loadScenario } from '../../src/scenario/index.js';

type Json = Record<string, unknown>;
const KINDS = BUILT_IN.workloadKinds.all;
const node = (name: string, more: { labels?: Json; capacity?: Json; spec?: Json; version?: string } = {}): Json => ({
  kind: 'Node',
  metadata: { name, labels: { 'topology.kubernetes.io/zone': `z-${name.at(-1)}`, ...more.labels } },
  spec: more.spec ?? {},
  status: {
    capacity: { cpu: '4', memory: '16777216Ki', pods: '58', ...more.capacity },
    allocatable: { cpu: '3920m', memory: '15Gi', pods: '58' },
    nodeInfo: {
      kubeletVersion: more.version ?? 'v1.31.4-eks-1',
      containerRuntimeVersion: 'containerd://1.7',
      kernelVersion: '6.1.0',
    },
    images: [{ names: ['registry/team/web@sha256:00', 'registry/team/web:1.2'], sizeBytes: 90_000_000 }],
  },
});
const template = (app: string): Json => ({
  metadata: { labels: { app } },
  spec: {
    serviceAccountName: 'deployer',
    nodeSelector: { disk: 'ssd' },
    containers: [
      {
        name: 'main',
        image: 'registry/team/web:1.2',
        env: [{ name: 'PASSWORD', value: 'hunter2' }],
        resources: { requests: { cpu: '100m' } },
        readinessProbe: { httpGet: { path: '/ready', port: 'http' } },
        ports: [{ name: 'http', containerPort: 80 }],
      },
    ],
  },
});
const deployment = (name: string, replicas = 3): Json => ({
  kind: 'Deployment',
  metadata: { name, namespace: 'shop', managedFields: [{}], annotations: { note: 'hunter2' } },
  spec: { replicas, selector: { matchLabels: { app: name } }, template: template(name) },
  status: { readyReplicas: replicas },
});
const service = (name: string, selector: Json | undefined): Json => ({
  kind: 'Service',
  metadata: { name, namespace: 'shop' },
  spec: {
    clusterIP: '10.0.0.7',
    ports: [{ port: 80, targetPort: 'http' }],
    ...(selector === undefined ? {} : { selector }),
  },
});
const pod = (name: string, owner: Json | undefined, ready = 12, more: Json = {}): Json => ({
  kind: 'Pod',
  metadata: {
    name,
    namespace: 'shop',
    labels: { app: 'web', 'pod-template-hash': 'abc' },
    ...(owner === undefined ? {} : { ownerReferences: [owner] }),
  },
  spec: template('web').spec,
  status: {
    phase: 'Running',
    conditions: [
      { type: 'Ready', status: 'True', lastTransitionTime: `2026-01-01T00:00:${String(ready).padStart(2, '0')}Z` },
    ],
    containerStatuses: [{ name: 'main', restartCount: 0, state: { running: { startedAt: '2026-01-01T00:00:05Z' } } }],
    ...more,
  },
});
const nodes = ['a1', 'b2', 'c3'].map((name) => node(name, { labels: { disk: 'ssd' } }));

const imported = (objects: readonly Json[], anonymiser?: Anonymiser, assumesNodes = true): ImportedCluster => {
  const importer = new ClusterImporter(BUILT_IN, { assumesNodes });
  for (const object of objects) importer.add(object);
  return importer.finish(anonymiser);
};
const loaded = (files: readonly TextOfFile[]) =>
  loadScenario({
    path: files[0]!.path,
    read: (path) => files.find((file) => file.path === path)!.text,
  });

describe('a cluster', () => {
  it('becomes pools, manifests and behaviours that load', () => {
    const pods = [6, 8, 10, 12].map((ready, i) => pod(`web-abc-${i}`, { kind: 'ReplicaSet', name: 'web-abc' }, ready));
    const cluster = imported([...nodes, deployment('web'), service('web', { app: 'web' }), ...pods]);
    const files = filesOf('mine', cluster);
    expect(files.map(({ path }) => path)).toEqual(['mine.yaml', 'manifests/mine/shop.yaml']);
    const { spec } = loaded(files).points[0]!;
    expect(files[0]!.text).toContain('kubernetesVersion: "1.31"');
    expect(spec.nodePools).toMatchObject([{ name: 'nodes', count: 3, labels: { disk: 'ssd' } }]);
    expect([spec.workloads.length, spec.services.length]).toEqual([1, 1]);
    expect(spec.workloads[0]!.replicas).toBe(3);
    // Seen to take 1, 3, 5 and 7 s from the start of the container.
    const { startup } = spec.workloads[0]!.template.containers[0]!.behavior;
    expect(JSON.stringify(startup)).toContain('7000000000');
    expect(files.some(({ text }) => text.includes('hunter2'))).toBe(false);
    expect(files[0]!.text).toContain('compressedSize: 90000000');
    expect(cluster.dropped.map(({ what, count }) => [what, count])).toEqual([['Pod: created by its workload', 4]]);
  });
  it('has ReplicationControllers as it has Deployments, made again from their pods too', () => {
    const old = { apiVersion: 'v1', kind: 'ReplicationController' };
    const web = {
      ...deployment('web'),
      ...old,
      spec: { replicas: 3, selector: { app: 'web' }, template: template('web') },
    };
    const pods = [6, 8].map((ready, i) => pod(`web-${i}`, { ...old, name: 'web' }, ready));
    for (const objects of [[web, ...pods], pods]) {
      const { spec } = loaded(filesOf('mine', imported([...nodes, ...objects]))).points[0]!;
      expect(spec.workloads.map(({ kind, replicas }) => [kind, replicas])).toEqual([
        ['ReplicationController', objects === pods ? 2 : 3],
      ]);
    }
  });
  it('takes null for what is not there, and what nobody has quoted for text', () => {
    const odd = { 'topology.kubernetes.io/zone': 5, disk: true, 'node.kubernetes.io/instance-type': 7 };
    const web = deployment('web') as { spec: Json };
    const cluster = imported([
      ...['a1', 'b2'].map((name) =>
        node(name, { labels: odd, spec: { taints: [{ key: 'x', value: 1, effect: 'NoSchedule' }], podCIDR: null } }),
      ),
      { ...web, spec: { ...web.spec, paused: null, selector: { matchLabels: { app: 'web', on: true } } } },
      { kind: 'Service', apiVersion: 'v1', metadata: { name: 'none' }, spec: { selector: null } },
      { kind: 'Service', apiVersion: 'v1', metadata: { name: 'empty' }, spec: null },
    ]);
    const [{ node: first, zones }] = cluster.pools as never as [{ node: { taints: unknown }; zones: string[] }];
    expect([zones, first.taints]).toEqual([['5'], [{ key: 'x', value: '1', effect: 'NoSchedule' }]]);
    expect(cluster.dropped.find(({ what }) => what === 'Service without a selector')?.count).toBe(2);
    const { spec } = cluster.objects.find(({ kind }) => kind === 'Deployment')!.object as { spec: Json };
    expect(spec.selector).toEqual({ matchLabels: { app: 'web', on: 'true' } });
    expect(Object.hasOwn(spec, 'paused')).toBe(false);
  });
  it('has a pool for each kind of node, those that are cordoned apart', () => {
    const tainted = {
      taints: [
        { key: 'gpu', value: 'yes', effect: 'NoSchedule' },
        { key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' },
      ],
    };
    const cluster = imported([
      ...nodes,
      node('d4', {
        labels: { disk: 'ssd', 'node.kubernetes.io/instance-type': 'g5.xlarge' },
        spec: tainted,
        capacity: { cpu: '16' },
      }),
      node('e5', { spec: { unschedulable: true } }),
      deployment('web'),
    ]);
    expect(cluster.pools.map(({ name, count, node: { taints } }) => [name, count, taints])).toEqual([
      ['nodes', 3, []],
      ['g5-xlarge', 1, [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }]],
      ['nodes-2', 1, []],
    ]);
    const { nodePools } = loaded(filesOf('mine', cluster)).points[0]!.spec;
    expect(nodePools.map(({ isUnschedulable }) => isUnschedulable)).toEqual([false, false, true]);
  });
  it('keeps devices, classes and namespaces that somebody asks for, and nothing that ties pods to nodes', () => {
    const template = {
      metadata: { labels: { app: 'web' } },
      spec: {
        priorityClassName: 'gold',
        runtimeClassName: 'kata',
        schedulerName: 'mine',
        nodeName: 'a1',
        nodeSelector: { 'kubernetes.io/hostname': 'a1', disk: 'ssd' },
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['a1'] }] }],
            },
          },
          podAntiAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              {
                weight: 1,
                podAffinityTerm: {
                  topologyKey: 'kubernetes.io/hostname',
                  labelSelector: {},
                  namespaceSelector: { matchLabels: { team: 'x' } },
                },
              },
            ],
          },
        },
        containers: [{ name: 'c', image: 'i', resources: { limits: { 'nvidia.com/gpu': 1 } } }],
      },
    };
    const cluster = imported([
      node('a1', { labels: { disk: 'ssd' }, capacity: { 'nvidia.com/gpu': '8', 'ephemeral-storage': '104845292Ki' } }),
      {
        kind: 'Deployment',
        metadata: { name: 'web', namespace: 'shop' },
        spec: { replicas: 1, selector: { matchLabels: { app: 'web' } }, template },
      },
      { kind: 'PriorityClass', metadata: { name: 'gold' }, value: 7 },
      { kind: 'PriorityClass', metadata: { name: 'unused' }, value: 8 },
      { kind: 'PriorityClass', metadata: { name: 'system-node-critical' }, value: 2000001000 },
      { kind: 'RuntimeClass', metadata: { name: 'kata' }, overhead: { podFixed: { cpu: '100m' } } },
      { kind: 'Namespace', metadata: { name: 'shop', labels: { team: 'x' } } },
    ]);
    const { spec } = loaded(filesOf('mine', cluster)).points[0]!;
    expect(spec.nodePools[0]!.resources).toEqual({
      'ephemeral-storage': 99 * 2 ** 30 - Math.floor(0.1 * 99 * 2 ** 30),
      'nvidia.com/gpu': 8,
    });
    const [web] = spec.workloads;
    expect(web!.template).toMatchObject({
      priority: 7,
      cpuRequestMillis: 100,
      schedulerName: 'default-scheduler',
      nodeSelector: { disk: 'ssd' },
      nodeAffinity: [],
      resources: { 'nvidia.com/gpu': 1 },
    });
    expect(web!.template.nodeName).toBeUndefined();
    expect(spec.namespaces.shop).toEqual({ team: 'x', 'kubernetes.io/metadata.name': 'shop' });
    expect(cluster.objects.map(({ kind, name }) => `${kind}/${name}`)).not.toContain('PriorityClass/unused');
    expect(cluster.notes.filter((note) => note.startsWith('Deployment shop/web'))).toEqual([
      'Deployment shop/web: a node selector on the host name is left out',
      'Deployment shop/web: a node affinity on names of nodes is left out',
      'Deployment shop/web: schedulerName mine is left out: its pods go to the default scheduler',
    ]);
  });
  it('whose workloads are not among the objects is made of its pods', () => {
    const pods = [0, 1, 2, 3, 4].map((i) =>
      pod(`web-abc-${i}`, { kind: 'ReplicaSet', name: 'web-abc', controller: true }),
    );
    const sets = [0, 1].map((i) => pod(`db-${i}`, { kind: 'StatefulSet', name: 'db', controller: true }));
    const cluster = imported([...nodes, ...pods, ...sets, pod('alone', undefined), service('web', { app: 'web' })]);
    expect(cluster.objects.map(({ kind, name }) => `${kind}/${name}`)).toEqual([
      'Deployment/web',
      'Pod/alone',
      'StatefulSet/db',
      'Service/web',
    ]);
    const { spec } = loaded(filesOf('mine', cluster)).points[0]!;
    expect(spec.workloads.map(({ kind, replicas }) => `${kind} ${replicas}`)).toEqual([
      'Deployment 5',
      'Pod 1',
      'StatefulSet 2',
    ]);
  });
  it('lists what it leaves out', () => {
    const over = { phase: 'Succeeded' };
    const { dropped } = imported([
      ...nodes,
      deployment('web'),
      deployment('none', 0),
      { kind: 'ConfigMap', metadata: { name: 'c' } },
      { kind: 'EndpointSlice', metadata: { name: 'web-x' } },
      {
        kind: 'ReplicaSet',
        metadata: { name: 'web-abc', namespace: 'shop', ownerReferences: [{ kind: 'Deployment', name: 'web' }] },
      },
      service('outside', undefined),
      service('nobody', { app: 'nobody' }),
      pod('done', undefined, 12, over),
      pod('static', { kind: 'Node', name: 'a1' }),
      {},
    ]);
    expect(Object.fromEntries(dropped.map(({ what, count }) => [what, count]))).toEqual({
      'ConfigMap: not modelled': 1,
      'Deployment with 0 replicas': 1,
      'EndpointSlice: derived from Services and pods': 1,
      'Pod that has finished': 1,
      'Pod that is static: put its manifest into staticPodPath': 1,
      'ReplicaSet: created by its Deployment': 1,
      'Service that selects no pod': 1,
      'Service without a selector': 1,
      'not a Kubernetes object': 1,
    });
  });
  it('says which kube-proxy mode and network plugin it has', () => {
    const cluster = imported([
      ...nodes,
      deployment('web'),
      {
        kind: 'ConfigMap',
        metadata: { name: 'kube-proxy', namespace: 'kube-system' },
        data: { 'config.conf': 'kind: X\nmode: "ipvs"\n' },
      },
      {
        kind: 'DaemonSet',
        metadata: { name: 'calico-node', namespace: 'kube-system' },
        spec: { selector: { matchLabels: { app: 'c' } }, template: template('c') },
      },
    ]);
    expect([cluster.proxyMode, cluster.networkPlugin]).toEqual(['ipvs', 'calico']);
  });
  it('keeps the running Job of a CronJob where it is, with what those before it did and what it lacks', () => {
    const spec = { restartPolicy: 'Never', containers: [{ name: 'work', image: 'work:1' }] };
    const owner = (kind: string, name: string) => ({ ownerReferences: [{ kind, name, controller: true }] });
    const job = (name: string, status: Json): Json => ({
      kind: 'Job',
      metadata: { name, namespace: 'shop', ...owner('CronJob', 'report') },
      spec: { completions: 3, parallelism: 1, template: { metadata: { labels: { app: 'x' } }, spec } },
      status,
    });
    const times = { startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:20Z' };
    const of = (name: string, phase: string, state: Json): Json => ({
      kind: 'Pod',
      metadata: { name: `${name}-x`, namespace: 'shop', ...owner('Job', name) },
      spec: { ...spec, nodeName: 'b2' },
      status: { phase, containerStatuses: [{ name: 'work', restartCount: 0, state }] },
    });
    const cluster = imported([
      ...nodes,
      {
        kind: 'CronJob',
        metadata: { name: 'report', namespace: 'shop' },
        spec: { schedule: '@daily', jobTemplate: { spec: { template: { spec } } } },
      },
      job('report-1', { conditions: [{ type: 'Complete', status: 'True' }] }),
      of('report-1', 'Succeeded', { terminated: { ...times, exitCode: 0 } }),
      job('report-2', { active: 1, succeeded: 1 }),
      of('report-2', 'Running', { running: { startedAt: times.startedAt } }),
    ]);
    expect(cluster.places.get('shop')).toEqual([
      { workload: 'job/report-2', ordinal: undefined, node: 'nodes-1', state: 'running' },
    ]);
    const { spec: loadedSpec } = loaded(filesOf('mine', cluster)).points[0]!;
    const running = loadedSpec.workloads.find(({ name }) => name === 'report-2')!;
    expect(running.template.containers[0]!.behavior.exit?.after).toEqual({ kind: 'fixed', value: 20e9 });
    expect(running.details).toMatchObject({ completions: 2 });
  });
  it('says nothing of the containers of what it leaves out, or that webhooks have put into pods', () => {
    const made = pod('web-abc-1', { kind: 'ReplicaSet', name: 'web-abc' }) as { status: Json };
    const times = { startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:20Z', exitCode: 1 };
    const restarted = (name: string): Json => ({ name, restartCount: 3, lastState: { terminated: times } });
    const crashing = {
      ...made,
      status: { ...made.status, containerStatuses: [restarted('main'), restarted('proxy')] },
    };
    for (const replicas of [0, 1]) {
      const cluster = imported([...nodes, deployment('web', replicas), deployment('other'), crashing]);
      expect((cluster.behaviors.get('shop') ?? []).map(({ container }) => container)).toEqual(
        replicas === 0 ? [] : ['main'],
      );
      expect(cluster.dropped.some(({ what }) => what === 'container proxy that no template has')).toBe(replicas === 1);
      expect(loaded(filesOf('mine', cluster)).points).toHaveLength(1);
    }
  });
  it('tells loudly of pods and nodes that it has to change', () => {
    const away = {
      ...node('d4'),
      status: { ...(node('d4').status as Json), conditions: [{ type: 'Ready', status: 'Unknown' }] },
    };
    const owner = { kind: 'ReplicaSet', name: 'web-abc' };
    const on = (name: string, nodeName: string): Json => {
      const made = pod(name, owner) as { spec: Json };
      return { ...made, spec: { ...made.spec, nodeName } };
    };
    const { dropped } = imported([
      ...nodes,
      away,
      deployment('web', 2),
      ...['a1', 'b2', 'c3', 'gone'].map((where) => on(`web-abc-${where}`, where)),
      { kind: 'Deployment', metadata: { name: 'none', namespace: 'shop' }, spec: null },
    ]);
    expect(dropped.flatMap(({ what, count, step }) => (step === 'answer' ? [[what, count]] : []))).toEqual([
      ['Deployment without containers', 1],
      ['Node that is not ready', 1],
      ['Pod beyond the number that is wanted', 1],
      ['Pod on a node that is not among the objects', 1],
    ]);
  });
  it('without nodes has some supposed, without workloads none of it', () => {
    const cluster = imported([deployment('web', 500)]);
    // 500 pods of 110 a node, and a third more room.
    expect(cluster.pools).toMatchObject([{ count: 6, labels: { disk: 'ssd' } }]);
    expect(cluster.notes[0]).toContain('6 of 16 cores and 65536Mi are assumed');
    expect(() => filesOf('x', imported(nodes))).toThrow('there are no workloads among the objects');
  });
});

describe('--anonymise', () => {
  const objects = [...nodes, deployment('web'), service('web', { app: 'web' })];
  const text = (salt: string) =>
    filesOf('mine', imported(objects, new Anonymiser(salt)))
      .map((file) => file.text)
      .join('');
  it('leaves no name, label or image, and everything selects what it did', () => {
    expect(text('s')).not.toMatch(/shop|web|registry|team|ready|ssd|main|z-/);
    const { spec } = loaded(filesOf('mine', imported(objects, new Anonymiser('s')))).points[0]!;
    expect(spec.services[0]!.workloads).toEqual([0]);
    expect(spec.nodePools[0]!.count).toBe(3);
  });
  it('gives the same names for the same salt, and others for another', () => {
    expect(text('s')).toBe(text('s'));
    expect(text('t')).not.toBe(text('s'));
  });
});

describe('objects are read', () => {
  const read = (text: string, chunk: number): unknown[] => {
    const found: unknown[] = [];
    const bytes = new TextEncoder().encode(text);
    const reader = objectReader(bytes.subarray(0, chunk), undefined, (object) => found.push(object));
    for (let at = 0; at < bytes.length; at += chunk) reader.write(bytes.subarray(at, at + chunk));
    reader.end();
    return found;
  };
  const objects = [
    deployment('a'),
    { kind: 'ConfigMap', data: { x: '---\nitems:\n- kind: No\n' } },
    service('b', { app: '- x' }),
  ];
  const list = { apiVersion: 'v1', items: objects, kind: 'List', metadata: { resourceVersion: '' } };
  // As kubectl prints a list: items at the beginning of the line.
  const kubectlYaml = `apiVersion: v1\nitems:\n${objects
    .map((object) => `- ${stringify(object).trimEnd().split('\n').join('\n  ')}\n`)
    .join('')}kind: List\nmetadata:\n  resourceVersion: ""\n`;
  it('that do not say what they are, since their list does, before them or after them', () => {
    const items = [{ metadata: { name: 'a' } }, { metadata: { name: 'b' } }];
    const typed = items.map((item) => ({ apiVersion: 'apps/v1', kind: 'Deployment', ...item }));
    const head = { apiVersion: 'apps/v1', kind: 'DeploymentList' };
    const lists = [
      { ...head, items },
      { items, ...head },
    ];
    for (const one of lists) {
      for (const text of [
        JSON.stringify(one),
        JSON.stringify(one, null, 2),
        stringify(one),
        stringify(one, { indentSeq: false }),
      ])
        for (const chunk of [1, 7, 1000]) expect(read(text, chunk)).toEqual(typed);
    }
    // What neither they nor their list say, the name of the file does.
    const found: unknown[] = [];
    const bytes = new TextEncoder().encode(JSON.stringify({ items }));
    const reader = objectReader(
      bytes,
      undefined,
      (object) => found.push(object),
      kindByFile('bundle/deployments/shop.json', KINDS),
    );
    reader.write(bytes);
    reader.end();
    expect(found).toEqual(typed);
    expect(kindByFile('core/pods.yaml', KINDS)).toEqual({ apiVersion: 'v1', kind: 'Pod' });
    expect(kindByFile('notes.yaml', KINDS)).toEqual({});
  });
  it.each([
    ['a list as JSON', JSON.stringify(list, null, 4)],
    ['a list as YAML', kubectlYaml],
    ['documents as YAML', objects.map((object) => `---\n${stringify(object)}`).join('')],
    ['a list within a document', stringify(list)],
    ['an array of objects', JSON.stringify(objects, null, 2)],
    ['lines of JSON', objects.map((object) => `${JSON.stringify(object)}\n`).join('')],
    [
      'one list after the other',
      objects.map((object) => JSON.stringify({ ...list, items: [object] }, null, 4)).join('\n'),
    ],
    [
      'an object, an array and a list',
      `${JSON.stringify(objects[0])}\n${JSON.stringify([objects[1]])}\n\n${JSON.stringify({ ...list, items: [objects[2]] })}`,
    ],
    ['a sequence as YAML', stringify(objects)],
    [
      'documents that begin on the line of their mark',
      objects.map((object) => `--- ${JSON.stringify(object)}\n`).join(''),
    ],
    [
      'documents with comments at their marks',
      objects.map((object) => `--- # x\n${stringify(object)}... # y\n`).join(''),
    ],
  ])('of %s, wherever the pieces are cut', (_, text) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), (chunk) => {
        expect(read(text, chunk)).toEqual(objects);
      }),
      { seed: 2, numRuns: 25 },
    );
  });
  it('of a single object as JSON', () => expect(read(JSON.stringify(objects[0]), 7)).toEqual([objects[0]]));
  it.each([
    ['{"items": [{"kind": ', 'is incomplete: the JSON ends too early'],
    ['{"items": [}', 'is not JSON, near line 1'],
    ['kind: Pod\nmetadata: {name: [}\n', 'is not YAML'],
    ['a: *b\n', 'has aliases that expand to too much data, or to nothing'],
    ['a: &a [*a]\n', 'has aliases that expand to too much data, or to nothing'],
    [`a: ${'['.repeat(300)}${']'.repeat(300)}\n`, 'is nested deeper than 200 levels'],
  ])('%s is refused', (text, message) => expect(() => read(text, 5)).toThrow(message));
});

describe('a trace', () => {
  const mapping = readMapping('m', {
    nodes: { cpu: { column: 'cpu_milli', unit: 'm' }, memory: { column: 'memory_mib', unit: 'Mi' }, pool: 'model' },
    pods: {
      cpu: { column: 'cpu_milli', unit: 'm' },
      memory: { column: 'memory_mib', unit: 'Mi' },
      created: 'creation_time',
      deleted: 'deletion_time',
    },
  });
  const trace = (pods: [cpu: number, created: number, deleted: number | ''][], lasts?: number, from = 0) => {
    const importer = new TraceImporter({ name: 't', mapping, from, lasts });
    for (const [i, model] of ['V100', 'V100', 'T4'].entries()) {
      importer.addNode('n.csv', { line: i + 2, cells: { cpu_milli: '64000', memory_mib: '262144', model } });
    }
    pods.forEach(([cpu, created, deleted], i) => {
      const cells = {
        cpu_milli: String(cpu),
        memory_mib: '1024',
        creation_time: String(created),
        deletion_time: String(deleted),
      };
      importer.addPod('p.csv', { line: i + 2, cells });
    });
    return importer.finish();
  };
  it('becomes pools of nodes, and Jobs that come when they came and run as long', () => {
    const { files, dropped } = trace(
      [
        [1000, 0, 50],
        [1000, 100, 400],
        [1000, 101, 401],
        [2000, 470, 480],
      ],
      480,
    );
    const { points } = loaded(files);
    const { nodePools, workloads, duration } = points[0]!.spec;
    expect(nodePools.map(({ name, count }) => [name, count])).toEqual([
      ['v100', 2],
      ['t4', 1],
    ]);
    expect(duration).toBe(480e9);
    expect(workloads).toHaveLength(4);
    expect(workloads.map(({ createdAt }) => createdAt).filter((at) => at !== undefined)).toHaveLength(3);
    expect(files[0]!.text).toContain(
      'name: size-1-step-11\n      manifests:\n        - manifests/t/size-1.yaml\n      copies: 2\n      start:\n        at: 100000ms\n        over: 10000ms',
    );
    expect(files[0]!.text).toContain('after: 300s');
    expect(dropped.size).toBe(0);
  });
  it('of which a part is taken drops what lies outside', () => {
    const { files, dropped } = trace(
      [
        [1000, 0, 50],
        [1000, 20, 900],
        [1000, 150, 180],
        [1000, 300, ''],
      ],
      100,
      100,
    );
    expect([...dropped]).toEqual([['pod outside the time that is imported', 2]]);
    // One that was there before, for as long as it had left; one that came in the middle.
    expect(files[0]!.text).toContain('after: 800s');
    expect(files[0]!.text).toContain('at: 50000ms');
  });
  it('that lasts for longer than can be simulated is cut, and says so', () => {
    const { notes } = trace([
      [1000, 0, 50],
      [1000, 12_000_000, 12_000_100],
    ]);
    expect(notes[0]).toContain('the day from 0 s on is used');
  });
  it('says what is wrong with its rows', () => {
    const importer = new TraceImporter({ name: 't', mapping, from: 0, lasts: undefined });
    importer.addNode('n.csv', { line: 2, cells: { cpu_milli: 'many', memory_mib: '1' } });
    importer.addPod('p.csv', { line: 3, cells: { cpu_milli: '1', memory_mib: '1', creation_time: 'then' } });
    expect(() => importer.finish()).toThrow(
      /n\.csv:2:1: error: cpu_milli: "many" is not a quantity[\s\S]*p\.csv:3:1: error: creation_time: "then" is neither a number nor a time/,
    );
    expect(() => readMapping('m.yaml', { nodes: { cpus: 'x' } })).toThrow(
      'a mapping has nodes: {cpu, memory, pods, pool}',
    );
  });
});
