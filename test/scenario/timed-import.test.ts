// Scenarios from load definitions and recorded traces: what comes when, how many, and what is left out.

import { encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { BUILT_IN } from '../../src/catalogue.js';
import {
  filesOfTimed,
  loadDefinitionOf,
  NotStatic,
  rendered,
  simkubeEvents,
  type Timed,
  timedLoad,
  timedTrace,
} from '../../src/scenario/import/index.js';
import { loadTexts, ManifestFields } from '../../src/scenario/index.js';

const FIELDS = new ManifestFields(BUILT_IN.workloadKinds.all);
const specOf = (timed: Timed) =>
  loadTexts(filesOfTimed('t', timed, FIELDS, 'a test').map((file) => file)).points[0]!.spec;

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{.Name}}
  labels: {group: load}
spec:
  replicas: {{.Replicas}}
  selector: {matchLabels: {name: {{.Name}}}}
  template:
    metadata: {labels: {name: {{.Name}}}}
    spec: {containers: [{name: app, image: {{DefaultParam .Image "pause:3.9"}}, resources: {requests: {cpu: 10m}}}]}
`;
const CL2 = `{{$pods := DefaultParam .CL2_PODS 6}}
{{$namespaces := 2}}
name: density
namespace: {number: {{$namespaces}}}
tuningSets:
- {name: five, qpsLoad: {qps: 5}}
steps:
- measurements: [{Identifier: Startup, Method: PodStartupLatency, Params: {action: start}}]
- phases:
  - namespaceRange: {min: 1, max: {{$namespaces}}}
    replicasPerNamespace: {{DivideInt $pods 2}}
    tuningSet: five
    objectBundle: [{basename: web, objectTemplatePath: deployment.yaml, templateFillMap: {Replicas: {{MultiplyInt $pods 5}}}}]
- phases:
  - replicasPerNamespace: 0
    tuningSet: five
    objectBundle: [{basename: web, objectTemplatePath: deployment.yaml, templateFillMap: {Replicas: 1}}]
`;

describe('a load definition of ClusterLoader2', () => {
  const timed = timedLoad(CL2, () => DEPLOYMENT);
  it('is known by its steps', () => {
    expect(loadDefinitionOf(CL2)).toBe('ClusterLoader2');
    expect(loadDefinitionOf('steps: [build, test]\n')).toBeUndefined();
  });
  it('creates so many objects at its rate, one step after the other, and deletes them', () => {
    // Two namespaces of three: six Deployments at five a second.
    expect(timed.apps.map(({ name, copies, at, over }) => [name, copies, at, over])).toEqual([['web', 6, 0, 1.2]]);
    expect(timed.events).toEqual([{ type: 'Delete', at: 1.2, target: 'deployment/web' }]);
    expect([...timed.dropped]).toEqual([['measurement PodStartupLatency', 1]]);
    const { workloads, faults } = specOf(timed);
    expect(workloads.map(({ replicas }) => replicas)).toEqual(Array.from({ length: 6 }, () => 30));
    expect(faults.map(({ type, at }) => [type, at / 1e9])).toEqual([['Delete', 1.2]]);
  });
  it('leaves out what is not static, and says so', () => {
    const found = timedLoad(CL2, () => `{{if .X}}\n${DEPLOYMENT}{{end}}`);
    expect([...found.dropped.keys()][1]).toMatch(/^template deployment.yaml: .*not static/);
    expect(() => filesOfTimed('t', found, FIELDS, 'x')).toThrow('there are no workloads in it');
    expect(() => timedLoad(CL2.replace('namespace:', '{{range .All}}\nnamespace:'), () => DEPLOYMENT)).toThrow(
      'not static',
    );
  });
});

describe('a configuration of kube-burner', () => {
  const config = `global: {}
jobs:
- name: density
  jobIterations: 4
  qps: 10
  burst: 10
  objects:
  - {objectTemplate: web.yml, replicas: 5, inputVars: {image: "nginx:1"}}
- name: gone
  jobType: delete
  objects: [{kind: Deployment}]
`;
  const template = `kind: Deployment
apiVersion: apps/v1
metadata: {name: "web-{{.Replica}}-{{.Iteration}}"}
spec:
  replicas: 2
  selector: {matchLabels: {app: "web-{{.Replica}}"}}
  template:
    metadata: {labels: {app: "web-{{.Replica}}"}}
    spec: {containers: [{name: app, image: "{{ .image }}"}]}
`;
  it('creates the objects of all iterations at its rate', () => {
    expect(loadDefinitionOf(config)).toBe('kube-burner');
    const timed = timedLoad(config, () => template);
    expect(timed.apps.map(({ copies, at, over }) => [copies, at, over])).toEqual([[20, 0, 2]]);
    expect([...timed.dropped]).toEqual([['job of type delete', 1]]);
    const { workloads } = specOf(timed);
    expect(workloads).toHaveLength(20);
    expect(workloads[0]!.template.containers[0]!.image).toBe('nginx:1');
  });
});

describe('a trace of SimKube', () => {
  const web = (replicas: number, image = 'web:1') => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop', managedFields: [{}] },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app', image }] } },
    },
  });
  const events = [
    { ts: 1000, applied_objs: [web(2), { kind: 'ConfigMap', metadata: { name: 'x' } }], deleted_objs: [] },
    { ts: 1060, applied_objs: [web(5)], deleted_objs: [] },
    { ts: 1100, applied_objs: [web(5, 'web:2')], deleted_objs: [] },
    { ts: 1200, applied_objs: [], deleted_objs: [web(5)] },
    { ts: 1300, applied_objs: [web(1)], deleted_objs: [] },
  ];
  const traces = [
    ['as MessagePack', encode({ version: 2, config: {}, events, index: {}, pod_lifecycles: {} })],
    ['as MessagePack of old', encode([{}, events, {}, {}])],
    ['as JSON', new TextEncoder().encode(JSON.stringify({ events }))],
  ] as const;
  it.each(traces)('%s becomes what came, what was changed and what went', (_, bytes) => {
    const timed = timedTrace(simkubeEvents(bytes), FIELDS);
    expect(timed.apps.map(({ name, at }) => [name, at])).toEqual([['shop-web', 0]]);
    expect(timed.events).toEqual([
      { type: 'Scale', at: 60, target: 'deployment/shop/web', replicas: 5 },
      { type: 'RollingUpdate', at: 100, target: 'deployment/shop/web', image: 'web:2' },
      { type: 'Delete', at: 200, target: 'deployment/shop/web' },
    ]);
    expect([...timed.dropped]).toEqual([
      ['ConfigMap: not a workload', 1],
      ['Deployment that comes again after its deletion', 1],
    ]);
    expect(specOf(timed).faults.map(({ type }) => type)).toEqual(['Scale', 'RollingUpdate', 'Delete']);
  });
  it('is refused where it is none', () => {
    expect(() => simkubeEvents(encode({ a: 1 }))).toThrow('no trace of SimKube');
    expect(() => simkubeEvents(new TextEncoder().encode('{'))).toThrow('neither MessagePack nor JSON');
  });
});

describe('a template', () => {
  it('has variables, defaults and whole numbers', () => {
    const text = '{{$n := DefaultParam .N 4}}{{/* nothing */}}{{AddInt (MultiplyInt $n 2) 1}} {{.Name}} {{- $n -}}';
    expect(rendered(text, { Name: 'x' })).toBe('9 x4');
    expect(rendered(text, { Name: 'x', N: 10 })).toBe('21 x10');
    expect(() => rendered('{{printf "%d" 3}}', {})).toThrow(NotStatic);
    expect(parse(rendered(DEPLOYMENT, { Name: 'w', Replicas: 3 }))).toMatchObject({ spec: { replicas: 3 } });
  });
});
