// What the door costs: a load balancer as a stranger's beside the same one as kubelapse's own, and a listener that hears nothing.

import { BUILT_IN, type Catalogue, withParts } from '../../src/catalogue.js';
import { defineExtension, withExtension } from '../../src/extension/index.js';
import { Run } from '../../src/run/index.js';
import { loadScenario } from '../../src/scenario/index.js';
import { asStrangers, sample } from '../../test/fixtures/extension.js';
import { type BenchRow, compare } from '../harness.js';
import { firstPackets } from './first-packets.js';

const LOOKUPS_A_CALL = 100_000;
const NODES = 20;
const SERVICES = 100;

const scenarioOf = (scheduler: string, spec = ''): string => `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: door}
spec:
  duration: 1m
  kubeProxy: {mode: ipvs, ipvs: {scheduler: ${scheduler}}}
  nodePools: [{name: n, count: ${NODES}, capacity: {cpu: "64", memory: 256Gi, pods: 200}, kubelet: {maxPods: 200}}]
  apps: [{name: a, copies: ${SERVICES}}]
${spec}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  replicas: 15
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec: {containers: [{name: a, image: "r/a:1", readinessProbe: {periodSeconds: 1, httpGet: {path: /, port: 80}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: a}
spec: {selector: {a: b}, ports: [{port: 80}]}
`;

const specOf = (catalogue: Catalogue, scheduler: string, spec = '') =>
  loadScenario({ path: 'door.yaml', read: () => scenarioOf(scheduler, spec), catalogue }).points[0]!.spec;

export async function benchExtensions(quick: boolean): Promise<BenchRow[]> {
  const { parts } = await sample('power-of-two-choices');
  const own = withParts(BUILT_IN, parts);
  const strange = withExtension(BUILT_IN, await sample('power-of-two-choices'));
  return [
    ...(await choices('least connections', 'lc', BUILT_IN, asStrangers('loadBalancers', ['lc']), quick)),
    ...(await choices('power of two choices', 'p2c', own, strange, quick)),
    ...(await listening(quick)),
  ];
}

/** First packets whose endpoint a scheduler of IPVS chooses. */
function choices(
  name: string,
  scheduler: string,
  own: Catalogue,
  strange: Catalogue,
  quick: boolean,
): Promise<BenchRow[]> {
  const routed = firstPackets({ packets: LOOKUPS_A_CALL, nodes: NODES, services: SERVICES });
  const task = (title: string, catalogue: Catalogue) => ({
    name: title,
    run: routed(new Run(specOf(catalogue, scheduler), 'bench', { catalogue })),
  });
  return compare({
    group: `first packet, ${name}`,
    baseline: 'as kubelapse’s own',
    tasks: [task('as kubelapse’s own', own), task('as a stranger’s', strange)],
    operations: LOOKUPS_A_CALL,
    unit: 'packets/s',
    quick,
  });
}

/** A whole run, with a metric that listens to what does not happen, and without. */
function listening(quick: boolean): Promise<BenchRow[]> {
  const metric = {
    name: 'deaf_total',
    type: 'counter',
    unit: 'total',
    labels: [],
    meaning: 'faults, of which there are none',
    listen: ({ counter }: { counter: () => { add(): void } }) => {
      const faults = counter();
      return { faultBegan: () => faults.add() };
    },
  } as const;
  const deaf = withExtension(
    BUILT_IN,
    defineExtension({ name: 'deaf', version: '1.0.0', parts: { metrics: [metric] } }),
  );
  const traffic = '  traffic: [{to: service/a, stages: [{duration: 1m, target: 400}]}]';
  const spec = specOf(BUILT_IN, 'rr', traffic);
  let events = 0;
  const run = (catalogue: Catalogue): void => {
    const one = new Run(spec, 'bench', { catalogue });
    one.advanceTo(spec.duration as number);
    events = one.cluster.context.simulation.executed;
  };
  run(BUILT_IN);
  return compare({
    group: 'a run of 1,500 pods and 400 requests/s',
    baseline: 'without a listener',
    tasks: [
      { name: 'without a listener', run: () => run(BUILT_IN) },
      { name: 'with one that hears nothing', run: () => run(deaf) },
    ],
    operations: events,
    unit: 'events/s',
    quick,
  });
}
