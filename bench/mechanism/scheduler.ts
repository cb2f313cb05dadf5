// The scheduler: what an attempt costs, by what the pods ask for. Each in a cluster whose pods are placed, and nothing else; the
// ratio says how many of a kind are placed in the time of one that asks for nothing.

import { assemble } from '../../src/run/index.js';
import { loadScenario } from '../../src/scenario/index.js';
import { type BenchRow, compare } from '../harness.js';

/** Places the pods of one Deployment, which run when the simulation begins. */
function placing(nodes: number, pods: number, spec: string): () => void {
  const text = `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: bench}
spec:
  duration: 1s
  nodePools: [{name: n, count: ${nodes}, capacity: {cpu: "64", memory: 256Gi}, zones: [a, b, c]}]
  images: [{name: i, present: true}]
  apps: [{name: a, start: running}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  replicas: ${pods}
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec: {containers: [{name: c, image: i, resources: {requests: {cpu: 100m, memory: 64Mi}}}]${spec}}
`;
  const { points, seed } = loadScenario({ path: 'bench.yaml', read: () => text });
  const cluster = points[0]!.spec;
  return () => {
    assemble(cluster, seed);
  };
}

const SPREAD =
  ', topologySpreadConstraints: [{maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: a}}}]';
const affinity = (kind: string, term: string): string => `, affinity: {${kind}: {${term}}}`;
const PODS = '{labelSelector: {matchLabels: {app: a}}, topologyKey: topology.kubernetes.io/zone}';
const KINDS: Readonly<Record<string, string>> = {
  'spread by default': '',
  'spread over zones, DoNotSchedule': SPREAD,
  'preferred node affinity': affinity(
    'nodeAffinity',
    'preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, preference: {matchExpressions: [{key: topology.kubernetes.io/zone, operator: In, values: [a]}]}}]',
  ),
  'required affinity to each other': affinity(
    'podAffinity',
    `requiredDuringSchedulingIgnoredDuringExecution: [${PODS}]`,
  ),
  'preferred anti-affinity to each other': affinity(
    'podAntiAffinity',
    `preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, podAffinityTerm: ${PODS}}]`,
  ),
};

export async function benchScheduler(quick: boolean): Promise<BenchRow[]> {
  const [nodes, pods] = quick ? [200, 1000] : [1000, 5000];
  const tasks = Object.entries(KINDS).map(([name, spec]) => ({ name, run: placing(nodes, pods, spec) }));
  return compare({
    group: `placing pods on ${nodes} nodes`,
    baseline: 'spread by default',
    operations: pods,
    unit: 'pods/s',
    quick,
    tasks,
  });
}
