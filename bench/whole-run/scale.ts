// Large clusters, each in a process of its own: a quiet hour after everything runs, and filling a cluster with pods. With
// liveness and readiness probes, a Service for each ten pods, and everything else of the kubelet at its defaults.

import { fileURLToPath } from 'node:url';
import { Run } from '../../src/run/index.js';
import { loadScenario } from '../../src/scenario/index.js';
import { type BenchRow, figuresOf, inOwnProcess, type ProcessUse, processUse } from '../harness.js';

interface Scale {
  readonly name: string;
  readonly nodes: number;
  readonly pods: number;
  readonly minutes: number;
  /** Seconds over which the pods are created; undefined: they run when the simulation begins. */
  readonly createdOver?: number;
  /** What comes before is start-up, minutes. */
  readonly startUp: number;
}

const SCALES: readonly Scale[] = [
  { name: 'quiet hour, 5,000 nodes, 150,000 pods', nodes: 5000, pods: 150_000, minutes: 62, startUp: 2 },
  {
    name: '100,000 pods in 600 s on 1,000 nodes',
    nodes: 1000,
    pods: 100_000,
    minutes: 12,
    createdOver: 600,
    startUp: 0,
  },
  {
    name: '150,000 pods in 600 s on 5,000 nodes',
    nodes: 5000,
    pods: 150_000,
    minutes: 12,
    createdOver: 600,
    startUp: 0,
  },
  {
    name: '150,000 pods at 100/s on 5,000 nodes',
    nodes: 5000,
    pods: 150_000,
    minutes: 26,
    createdOver: 1500,
    startUp: 0,
  },
];

const scenarioOf = ({ nodes, pods, minutes, createdOver }: Scale): string => `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: scale}
spec:
  duration: ${minutes}m
  nodePools:
    - {name: n, count: ${nodes}, capacity: {cpu: "64", memory: 256Gi, pods: 200}, kubelet: {maxPods: 200}}
  network: {plugin: calico}
  images: [{name: "r/a:1", compressedSize: 90M, present: true}]
  controlPlane:
    scheduler: {kubeAPIQPS: 1000, kubeAPIBurst: 1000}
    controllerManager: {kubeAPIQPS: 1000, kubeAPIBurst: 1000}
  apps:
    - {name: a, copies: ${pods / 10}, start: ${createdOver === undefined ? 'running' : `{at: 1s, over: ${createdOver}s}`}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  replicas: 10
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      containers:
        - name: a
          image: r/a:1
          resources: {requests: {cpu: 200m, memory: 256Mi}}
          livenessProbe: {httpGet: {path: /live, port: 80}}
          readinessProbe: {httpGet: {path: /ready, port: 80}}
---
apiVersion: v1
kind: Service
metadata: {name: a}
spec: {selector: {a: b}, ports: [{port: 80}]}
`;

interface Measured extends ProcessUse {
  readonly events: number;
  readonly wallSeconds: number;
}

export async function benchScale(quick: boolean): Promise<BenchRow[]> {
  return SCALES.flatMap((scale, index) => {
    const measured = inOwnProcess<Measured>(import.meta.url, index, quick);
    const name = quick ? `a twentieth of: ${scale.name}` : scale.name;
    const after = scale.startUp > 0 ? ' after start-up' : '';
    const row = figuresOf(name);
    return [
      row(`events executed${after}`, measured.events, 'events'),
      row(`wall time${after}`, measured.wallSeconds, 's'),
      row('cpu time of the process', measured.cpuSeconds, 's'),
      row('peak memory', measured.peakBytes / 2 ** 20, 'MiB'),
    ];
  });
}

/** Runs one of them and prints what it took; this is what its process does. */
function measure(index: number, quick: boolean): void {
  const whole = SCALES[index]!;
  const scale = quick ? { ...whole, nodes: whole.nodes / 20, pods: whole.pods / 20 } : whole;
  const begun = performance.now();
  const { points, seed } = loadScenario({ path: 'scale.yaml', read: () => scenarioOf(scale) });
  const run = new Run(points[0]!.spec, seed);
  const { simulation } = run.cluster.context;
  run.advanceTo(scale.startUp * 60e9);
  const [wallBefore, eventsBefore] = scale.startUp > 0 ? [performance.now(), simulation.executed] : [begun, 0];
  run.advanceTo(scale.minutes * 60e9);
  run.result();
  const wallSeconds = (performance.now() - wallBefore) / 1000;
  const measured: Measured = {
    events: simulation.executed - eventsBefore,
    wallSeconds,
    ...processUse(),
  };
  process.stdout.write(JSON.stringify(measured));
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  measure(Number(process.argv[2]), process.argv.includes('--quick'));
