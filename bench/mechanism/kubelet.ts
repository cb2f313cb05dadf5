// Mechanisms of the kubelet, each in a cluster in which hardly anything else happens: starting pods, probing, pulling
// images, reporting statuses. The ratio says what one way of doing it costs against another in the same run.

import { type RunOptions, simulate } from '../../src/run/index.js';
import { loadScenario } from '../../src/scenario/index.js';
import { type BenchRow, compare } from '../harness.js';

interface Cluster {
  readonly nodes: number;
  readonly replicas: number;
  readonly seconds: number;
  readonly version?: string;
  readonly kubelet?: string;
  readonly start?: string;
  readonly image?: string;
  readonly container?: string;
  readonly behavior?: string;
}

/** Runs one Deployment on equal nodes, as a scenario would. */
function cluster(c: Cluster, options: RunOptions = {}): () => void {
  const text = `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: bench}
spec:
  kubernetesVersion: "${c.version ?? '1.36'}"
  duration: ${c.seconds}s
  nodePools: [{name: n, count: ${c.nodes}, capacity: {cpu: "64", memory: 256Gi}, kubelet: {${c.kubelet ?? ''}}}]
  images: [{name: "r/a:1", compressedSize: 100M, present: ${c.image ?? 'true'}}]
  controlPlane:
    scheduler: {kubeAPIQPS: 10000, kubeAPIBurst: 10000}
    controllerManager: {kubeAPIQPS: 10000, kubeAPIBurst: 10000}
  apps: [{name: a, start: ${c.start ?? 'running'}, behavior: [{${c.behavior ?? ''}}]}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  replicas: ${c.replicas}
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec: {containers: [{name: a, image: "r/a:1", imagePullPolicy: IfNotPresent${c.container ?? ''}}]}
`;
  const { points, seed } = loadScenario({ path: 'bench.yaml', read: () => text });
  return () => {
    simulate(points[0]!.spec, seed, options);
  };
}

const CREATED = '{at: 1s}';
const PROBED =
  ', livenessProbe: {httpGet: {port: 80}, periodSeconds: 5}, readinessProbe: {httpGet: {port: 80}, periodSeconds: 5}';
const OFTEN_LATE = 'probeLatency: {distribution: lognormal, p50: 100ms, p99: 1s}';

export async function benchKubelet(quick: boolean): Promise<BenchRow[]> {
  const scale = quick ? 1 : 4;
  const pods = 500 * scale;
  const nodes = 50 * scale;
  const groups: [string, string, string, number, Record<string, () => void>][] = [
    [
      'pod start pipeline',
      'relist every second (1.34)',
      'pods/s',
      pods,
      {
        'relist every second (1.34)': cluster({ nodes, replicas: pods, seconds: 60, version: '1.34', start: CREATED }),
        'relist on demand (1.36)': cluster({ nodes, replicas: pods, seconds: 60, start: CREATED }),
      },
    ],
    [
      'probe process, one in a hundred late',
      'every tick',
      'probes/s',
      pods * 2 * 60,
      Object.fromEntries(
        [true, false].map((executeEveryTick) => [
          executeEveryTick ? 'every tick' : 'ticks that matter',
          cluster(
            { nodes, replicas: pods, seconds: 300, container: PROBED, behavior: OFTEN_LATE },
            { executeEveryTick },
          ),
        ]),
      ),
    ],
    [
      'image pulls',
      'serial',
      'pods/s',
      pods,
      Object.fromEntries(
        [true, false].map((serial) => [
          serial ? 'serial' : 'parallel',
          cluster({
            nodes,
            replicas: pods,
            seconds: 120,
            start: CREATED,
            image: 'false',
            kubelet: `serializeImagePulls: ${serial}, registryPullQPS: 0`,
          }),
        ]),
      ),
    ],
    [
      'status lane of crashing pods',
      '50 requests/s',
      'pods/s',
      pods,
      Object.fromEntries(
        [50, 5].map((qps) => [
          `${qps} requests/s`,
          cluster({
            nodes: nodes / 5,
            replicas: pods,
            seconds: 120,
            kubelet: `kubeAPIQPS: ${qps}, kubeAPIBurst: ${qps}`,
            behavior: 'exit: {after: 20s, code: 1}',
          }),
        ]),
      ),
    ],
  ];
  const rows: BenchRow[] = [];
  for (const [group, baseline, unit, operations, tasks] of groups) {
    const list = Object.entries(tasks).map(([name, run]) => ({ name, run }));
    rows.push(...(await compare({ group, baseline, tasks: list, operations, unit, quick })));
  }
  return rows;
}
