// Services at scale, each in a process of its own: a hundred endpoint changes a second on 5,000 nodes, with every proxy on
// its own clock; the same changes on 500, 5,000 and 50,000 nodes, for the memory; and the grid of iptables-vs-ipvs.

import { fileURLToPath } from 'node:url';
import { inputsOf } from '../../src/cli/files/index.js';
import { runPoints } from '../../src/experiment/index.js';
import { Run } from '../../src/run/index.js';
import { loadScenario } from '../../src/scenario/index.js';
import { type BenchRow, figuresOf, inOwnProcess, type ProcessUse, processUse } from '../harness.js';

interface Churn {
  readonly nodes: number;
  readonly services: number;
  readonly minutes: number;
}

const CHURNS: readonly Churn[] = [
  { nodes: 5000, services: 10_000, minutes: 10 },
  { nodes: 500, services: 10_000, minutes: 3 },
  { nodes: 5000, services: 10_000, minutes: 3 },
  { nodes: 50_000, services: 10_000, minutes: 3 },
];

const GRID = 'scenarios/iptables-vs-ipvs.yaml';

const scenarioOf = ({ nodes, services, minutes }: Churn): string => `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: churn}
spec:
  duration: ${minutes}m
  nodePools: [{name: n, count: ${nodes}, capacity: {cpu: "64", memory: 256Gi, pods: 250}, kubelet: {maxPods: 250}}]
  network: {plugin: calico}
  kubeProxy: {mode: iptables, clusterCIDR: 10.0.0.0/8}
  images: [{name: "r/a:1", compressedSize: 90M, present: true}]
  controlPlane: {controllerManager: {kubeAPIQPS: 300, kubeAPIBurst: 600}}
  apps:
    - name: web
      copies: ${services}
      behavior:
        - episodes: [{state: unready, after: {distribution: exponential, mean: ${services / 5}s}, lasts: 15s}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 10
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: app
          image: r/a:1
          readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 5, failureThreshold: 1}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
`;

interface Measured extends ProcessUse {
  readonly wallSeconds: number;
  readonly changes: number;
  readonly syncs: number;
}

export async function benchServices(quick: boolean): Promise<BenchRow[]> {
  const churns = CHURNS.flatMap((churn, index) => {
    const measured = inOwnProcess<Measured>(import.meta.url, index, quick);
    const size = `${churn.nodes} nodes, ${churn.services} services, 10 endpoints each, ${churn.minutes} minutes of churn`;
    const row = figuresOf(quick ? `a twentieth of: ${size}` : size);
    return [
      row('wall time', measured.wallSeconds, 's'),
      row('peak memory', measured.peakBytes / 2 ** 20, 'MiB'),
      row('endpoint changes', measured.changes, 'changes'),
      row('syncs', measured.syncs, 'syncs'),
    ];
  });
  const grid = inOwnProcess<Measured>(import.meta.url, CHURNS.length, quick);
  const row = figuresOf(quick ? 'a corner of iptables-vs-ipvs' : 'iptables-vs-ipvs, 84 points');
  return [...churns, row('wall time', grid.wallSeconds, 's'), row('peak memory', grid.peakBytes / 2 ** 20, 'MiB')];
}

function measure(index: number, quick: boolean): void {
  const begun = performance.now();
  const counts = index < CHURNS.length ? runChurn(CHURNS[index]!, quick) : runGrid(quick);
  const wallSeconds = (performance.now() - begun) / 1000;
  process.stdout.write(JSON.stringify({ wallSeconds, ...counts, ...processUse() }));
}

function runChurn(whole: Churn, quick: boolean): { changes: number; syncs: number } {
  const churn = quick ? { ...whole, nodes: whole.nodes / 20, services: whole.services / 20 } : whole;
  const { points, seed } = loadScenario({ path: 'churn.yaml', read: () => scenarioOf(churn) });
  const run = new Run(points[0]!.spec, seed);
  run.advanceTo(churn.minutes * 60e9);
  const { counts, proxy } = run.result();
  return { changes: counts.endpointChanges, syncs: proxy.syncs };
}

function runGrid(quick: boolean): { changes: number; syncs: number } {
  const set = quick ? ['spec.sweep.parameters[0].values=[1,1000]', 'spec.sweep.parameters[1].values=[10]'] : [];
  const scenario = loadScenario({ path: GRID, ...inputsOf(GRID), set });
  let changes = 0;
  let syncs = 0;
  for (const { point } of runPoints(scenario)) {
    changes += point?.result.counts.endpointChanges ?? 0;
    syncs += point?.result.proxy.syncs ?? 0;
  }
  return { changes, syncs };
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  measure(Number(process.argv[2]), process.argv.includes('--quick'));
