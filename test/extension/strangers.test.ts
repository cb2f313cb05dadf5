// Built-in parts that come through the door of a stranger's give the same bytes: the door is never second class.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BUILT_IN, type Catalogue } from '../../src/catalogue.js';
import { jobsOf, performJob } from '../../src/experiment/index.js';
import { csvFiles, type RunRecord } from '../../src/report/index.js';
import {
  explainField,
  formatParameter,
  loadScenario,
  scenarioJsonSchema,
  scenarioSchemaOf,
} from '../../src/scenario/index.js';
import { asStrangers } from '../fixtures/extension.js';

const POD = `
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 6
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: r/web:1
          resources: {requests: {cpu: 100m, memory: 64Mi}}
          readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 2}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
`;

/** Pods about which every plugin of the scheduler has something to say. */
const CHOOSY = `${POD}---
apiVersion: v1
kind: Pod
metadata: {name: gated}
spec: {schedulingGates: [{name: x/y}], containers: [{name: c, image: r/web:1}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: choosy}
spec:
  replicas: 4
  selector: {matchLabels: {app: choosy}}
  template:
    metadata: {labels: {app: choosy}}
    spec:
      tolerations: [{key: kept, operator: Exists}]
      containers:
        - {name: c, image: r/other:1, ports: [{containerPort: 80, hostPort: 80}], resources: {requests: {cpu: 100m}}}
      affinity:
        nodeAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - {weight: 5, preference: {matchExpressions: [{key: topology.kubernetes.io/zone, operator: In, values: [b]}]}}
        podAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - {weight: 9, podAffinityTerm: {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}}}
      topologySpreadConstraints:
        - {maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: choosy}}}
`;

const scenario = (spec: string, manifests = POD): string => `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: door}
spec:
  duration: 2m
  nodePools:
    - {name: n, count: 4, capacity: {cpu: 8, memory: 16Gi}, zones: [a, b]}
    - {name: t, count: 1, capacity: {cpu: 8, memory: 16Gi}, taints: [{key: kept, effect: PreferNoSchedule}]}
    - {name: u, count: 1, capacity: {cpu: 8, memory: 16Gi}, unschedulable: true}
  apps: [{name: web, start: {at: 5s}}]
  traffic: [{to: service/web, arrivals: poisson, stages: [{duration: 2m, target: 30}]}]
${spec}${manifests}`;

const CASES: readonly (readonly [
  title: string,
  kind: Parameters<typeof asStrangers>[0],
  names: readonly string[],
  spec: string,
  manifests?: string,
])[] = [
  ['the IPVS scheduler rr', 'loadBalancers', ['rr'], '  kubeProxy: {mode: ipvs}'],
  ['the IPVS scheduler wlc', 'loadBalancers', ['wlc'], '  kubeProxy: {mode: ipvs, ipvs: {scheduler: wlc}}'],
  ['the mode nftables', 'proxyModes', ['nftables'], '  kubeProxy: {mode: nftables}'],
  ['the mode ipvs', 'proxyModes', ['ipvs'], '  kubeProxy: {mode: ipvs}'],
  ['the plugin calico', 'networkPlugins', ['calico'], '  network: {plugin: calico}'],
  ['the plugin cilium', 'networkPlugins', ['cilium'], '  network: {variant: cilium-vxlan}'],
  ['the runtime containerd', 'containerRuntimes', ['containerd'], ''],
  ['all plugins of the scheduler', 'schedulerPlugins', BUILT_IN.schedulerPlugins.names, '', CHOOSY],
  ...BUILT_IN.schedulerPlugins.names.map(
    (name) => [`the plugin ${name} alone`, 'schedulerPlugins', [name], '', CHOOSY] as const,
  ),
  ['both controllers', 'controllers', BUILT_IN.controllers.names, ''],
  ['the kind Deployment', 'workloadKinds', ['Deployment'], ''],
  ['poisson arrivals', 'trafficShapes', ['poisson'], ''],
  ['the fault NodeReboot', 'faults', ['NodeReboot'], '  faults: [{type: NodeReboot, at: 40s}]'],
  [
    'the fault RollingUpdate',
    'faults',
    ['RollingUpdate'],
    '  faults: [{type: RollingUpdate, at: 40s, target: deployment/web}]',
  ],
  ['all tables', 'tables', BUILT_IN.tables.names, ''],
];

function filesOf(text: string, catalogue: Catalogue): Record<string, string> {
  const loaded = loadScenario({ path: 's.yaml', read: () => text, catalogue });
  const records = jobsOf(loaded.points, 1).map((job): RunRecord => {
    const steps = performJob(loaded, job, { raw: true });
    let step = steps.next();
    while (!step.done) step = steps.next();
    return step.value;
  });
  return Object.fromEntries(csvFiles(records, catalogue.tables.all, true).files.map(({ name, text }) => [name, text]));
}

describe('a built-in part as a stranger’s', () => {
  it.each(CASES.map((one) => [one[0], one] as const))('%s: the same bytes', (_, [, kind, names, spec, manifests]) => {
    const strange = asStrangers(kind, names);
    expect(strange.extensions.map(({ name }) => name)).toEqual(['stranger']);
    const text = scenario(spec, manifests);
    expect(filesOf(text, strange)).toEqual(filesOf(text, BUILT_IN));
  });
  it('has its place in the schema, in explain and among the parameters', () => {
    const strange = asStrangers('networkPlugins', ['calico']);
    expect(JSON.stringify(scenarioJsonSchema(strange))).toContain('calico-bgp');
    expect(explainField('spec.network.plugin', scenarioSchemaOf(strange))).toMatchObject({
      type: expect.stringContaining('"calico"') as string,
    });
    expect(strange.parameters['cni.calico']).toBe(BUILT_IN.parameters['cni.calico']);
    expect(strange.measures.has('block_search_seconds')).toBe(true);
    for (const list of Object.values(strange.parameters)) {
      for (const parameter of Object.values(list)) expect(formatParameter(parameter)).not.toBe('');
    }
  });
  it('makes another run: whose parts they are stands in the fingerprint', () => {
    const of = (catalogue: Catalogue): string => {
      const loaded = loadScenario({ path: 's.yaml', read: () => scenario(''), catalogue });
      const steps = performJob(loaded, { point: 0, replication: 0 }, { raw: false });
      let step = steps.next();
      while (!step.done) step = steps.next();
      return step.value.fingerprint;
    };
    expect(of(asStrangers('trafficShapes', ['poisson']))).not.toBe(of(BUILT_IN));
    expect(of(BUILT_IN)).toBe(of(BUILT_IN));
  });
});

it('every kind of part has a sample in examples/extensions or is a stranger here', () => {
  const tried = new Set(CASES.map(([, kind]) => kind as string));
  const samples = readFileSync('test/fixtures/extension.ts', 'utf8');
  expect(samples).toContain("'pool-usage'");
  expect([...tried].sort()).toEqual(
    Object.keys(BUILT_IN)
      .filter(
        (key) =>
          !['costs', 'extensions', 'measures', 'metricDefinitions', 'metrics', 'models', 'parameters'].includes(key),
      )
      .sort(),
  );
});
