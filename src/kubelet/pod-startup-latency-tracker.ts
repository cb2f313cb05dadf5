// Measures how long pods take to start: the kubelet's pod startup latency tracker. Part of the kubelet.
// Stages stamp the pod table when a pod first passes them; when the watch brings back the report that all containers run,
// the whole and its parts are recorded.

import { type Context, POD_START_STAGES, type PodStartStage, podStartStage, templateOf } from '../cluster/index.js';
import type { Series } from '../metrics/index.js';
import type { NodeStarts } from './node-starts.js';
import { OPERATION_NAMES } from './pod-worker-table.js';

/** The stages that the kubelet stamps. */
type KubeletStage =
  | 'observed'
  | 'syncStarted'
  | 'volumesMounted'
  | 'sandboxReady'
  | 'containersStarted'
  | 'runningKnown'
  | 'runningReported'
  | 'runningObserved'
  | 'ready'
  | 'stopped';

const STAGES_OF_A_LIFE = ['volumesMounted', 'sandboxReady', 'runningReported', 'stopped', 'removed'] as const;

export class PodStartupLatencyTracker {
  readonly #context: Context;
  readonly #starts: NodeStarts;
  readonly #series: readonly PoolSeries[];
  /** Nodes on which a pod of the pod network has started. */
  readonly #hasNetworkPod: Uint8Array;

  constructor(context: Context, starts: NodeStarts) {
    this.#context = context;
    this.#starts = starts;
    this.#hasNetworkPod = new Uint8Array(context.nodes.count);
    this.#series = context.nodes.pools.map((pool) => poolSeries(context, pool.name));
  }

  /** Stamps a stage at the present instant unless the pod has passed it before. */
  stamp(stage: KubeletStage, pod: number): void {
    const column = this.#context.pods.stamps[stage];
    if (Number.isNaN(column[pod]!)) column[pod] = this.#context.simulation.now;
  }

  /** The same pod begins once more: what it has passed, it passes again. */
  forget(pod: number): void {
    const { stamps } = this.#context.pods;
    for (const stage of STAGES_OF_A_LIFE) stamps[stage][pod] = Number.NaN;
  }

  /** The kubelet first hears of a pod that was bound in the run: by its watch, or in the list with which it begins. */
  observed(pod: number): void {
    if (Number.isNaN(this.#context.pods.stamps.bound[pod]!)) return;
    this.stamp('observed', pod);
    this.#starts.begin(pod);
  }

  /** The first sync begins. */
  syncStarted(pod: number): void {
    this.#measure('syncStarted', 'observed', 'workerStart', pod);
  }

  /** A sync that started containers has ended. */
  containersStarted(pod: number): void {
    if (Number.isNaN(this.#context.pods.stamps.observed[pod]!)) return;
    this.stamp('containersStarted', pod);
    this.#starts.end(pod, true);
  }

  /** The kubelet knows that all containers run. */
  knownRunning(pod: number): void {
    this.#measure('runningKnown', 'observed', 'podStart', pod);
  }

  /** The API server was told that the pod is ready. */
  reportedReady(pod: number): void {
    this.#measure('ready', 'created', 'ready', pod);
  }

  /** The watch brings back the kubelet's own report: the end of the start-up SLI. */
  observedRunning(pod: number): void {
    const { stamps } = this.#context.pods;
    const isFirst = Number.isNaN(stamps.runningObserved[pod]!) && !Number.isNaN(stamps.created[pod]!);
    if (!isFirst || Number.isNaN(stamps.containersStarted[pod]!)) return;
    this.stamp('runningObserved', pod);
    const series = this.seriesOf(pod);
    const at = (stage: keyof typeof stamps): number => stamps[stage][pod]!;
    const total = at('runningObserved') - at('created');
    const sli = total - podStartStage(stamps, 'image_pull', pod);
    series.podStartTotal.record(total);
    series.podStartSli.record(sli);
    if (this.#isFirstOfNetwork(pod)) series.firstNetwork.record(sli);
    for (const stage of POD_START_STAGES) series.stage[stage].record(podStartStage(stamps, stage, pod));
  }

  /** A pod that runs when the run begins: the first of its node has been. */
  seed(pod: number): void {
    this.#isFirstOfNetwork(pod);
  }

  #isFirstOfNetwork(pod: number): boolean {
    const node = this.#context.pods.node[pod]!;
    if (this.#hasNetworkPod[node] === 1 || templateOf(this.#context, pod).hostNetwork) return false;
    this.#hasNetworkPod[node] = 1;
    return true;
  }

  /** Stamps a stage and records the time since an earlier one; nothing for a pod that ran before the run began. */
  #measure(
    stage: KubeletStage,
    since: 'created' | 'observed',
    series: 'workerStart' | 'podStart' | 'ready',
    pod: number,
  ): void {
    const { stamps } = this.#context.pods;
    if (!Number.isNaN(stamps[stage][pod]!) || Number.isNaN(stamps[since][pod]!)) return;
    this.stamp(stage, pod);
    this.seriesOf(pod)[series].record(stamps[stage][pod]! - stamps[since][pod]!);
  }

  /** The series of the pod's node pool. */
  seriesOf(pod: number): PoolSeries {
    return this.#series[this.#context.nodes.pool[this.#context.pods.node[pod]!]!]!;
  }
}

export type PoolSeries = ReturnType<typeof poolSeries>;

const OPERATIONS = {
  runPodSandbox: 'run_podsandbox',
  createContainer: 'create_container',
  startContainer: 'start_container',
  stopContainer: 'stop_container',
  stopPodSandbox: 'stop_podsandbox',
  removeContainer: 'remove_container',
  removePodSandbox: 'remove_podsandbox',
} as const;

/** The series that the kubelets of one node pool record into. */
function poolSeries({ recorder }: Context, pool: string) {
  return {
    podStart: recorder.series('kubelet_pod_start_duration_seconds', pool),
    podStartSli: recorder.series('kubelet_pod_start_sli_duration_seconds', pool),
    firstNetwork: recorder.series('kubelet_first_network_pod_start_sli_duration_seconds', pool),
    podStartTotal: recorder.series('kubelet_pod_start_total_duration_seconds', pool),
    ready: recorder.series('kubelapse_pod_ready_duration_seconds', pool),
    workerStart: recorder.series('kubelet_pod_worker_start_duration_seconds', pool),
    operationType: OPERATION_NAMES.map((name) => recorder.series('kubelet_pod_worker_duration_seconds', pool, name)),
    stage: Object.fromEntries(
      POD_START_STAGES.map((stage) => [
        stage,
        recorder.series('kubelapse_pod_start_stage_duration_seconds', pool, stage),
      ]),
    ) as Record<PodStartStage, Series>,
    operations: Object.fromEntries(
      Object.entries(OPERATIONS).map(([call, name]) => [
        call,
        recorder.series('kubelet_runtime_operations_duration_seconds', pool, name),
      ]),
    ) as Record<keyof typeof OPERATIONS, Series>,
  };
}
