// Measures how long pods take to start: the kubelet's pod startup latency tracker. Part of the kubelet.
// A pod's row tells of one start, which is that of one sandbox: the first in which a kubelet saw all containers run, and
// the newest where none did. What the pod goes through again after that is left out; one that ran when the run began has
// no start. A kubelet that restarts times no start that its predecessor had seen, as it finds a status of that pod; source:
// pkg/kubelet/util/pod_startup_latency_tracker.go.

import {
  type Context,
  isStatic,
  POD_PARTS,
  POD_STAGES,
  POD_START_STAGES,
  type PodId,
  type PodPart,
  type PodStage,
  type PodStartStage,
  podStartStage,
  templateOf,
} from '../../cluster/index.js';
import { grown } from '../../engine/index.js';
import type { Series } from '../../metrics/index.js';
import type { KubeletStarts } from '../node/kubelet-starts.js';
import { OPERATION_NAMES } from '../pod-workers/pod-worker-table.js';
import type { NodeStarts } from './node-starts.js';

/** What a start stamps, and measures, up to the instant at which the kubelet has seen all containers run. */
const UNTIL_KNOWN = [
  ...POD_STAGES.slice(POD_STAGES.indexOf('observed'), POD_STAGES.indexOf('runningKnown') + 1),
  ...POD_PARTS,
];

/** Resumed: a kubelet has taken over from another. Over: the pod has had another sandbox since it was known to run. */
const StartState = { Timed: 0, Resumed: 1, Over: 2 } as const;

export class PodStartupLatencyTracker {
  readonly #context: Context;
  readonly #starts: NodeStarts;
  readonly #kubelets: KubeletStarts;
  readonly #series: readonly PoolSeries[];
  /** Nodes on which a pod of the pod network has started. */
  readonly #hasNetworkPod: Uint8Array;
  /** By pod, one of {@link StartState}. */
  #state = new Uint8Array(0);
  /** Pods in whose sync an image was refused, and since when those wait for its back-off whose sync has ended, ns. */
  readonly #refused = new Set<PodId>();
  readonly #refusedAt = new Map<PodId, number>();

  constructor(context: Context, starts: NodeStarts, kubelets: KubeletStarts) {
    this.#context = context;
    this.#starts = starts;
    this.#kubelets = kubelets;
    this.#hasNetworkPod = new Uint8Array(context.nodes.count);
    this.#series = context.nodes.pools.map((pool) => poolSeries(context, pool.name));
  }

  /** The kubelet first learns of a pod that was bound in the run: by its watch, or in the list with which it begins. */
  observed(pod: PodId): void {
    if (!this.#isBound(pod)) return;
    if (this.#has('observed', pod)) this.#raise(pod, StartState.Resumed);
    this.#stamp('observed', pod);
    this.#starts.begin(pod);
  }

  /** A static pod restarts because its file is there again: that is a start like any other, and the newest one counts. */
  fileReturned(pod: PodId): void {
    this.#forget(UNTIL_KNOWN, pod);
    this.#forget(['runningReported', 'stopped', 'removed'], pod);
    this.#state[pod] = StartState.Timed;
    this.#stamp('observed', pod);
  }

  /** The first sync begins. */
  syncStarted(pod: PodId): void {
    if (!this.#isOnItsWay(pod) || this.#has('syncStarted', pod)) return;
    this.#stamp('syncStarted', pod);
    if (this.#isBound(pod)) this.seriesOf(pod).workerStart.record(this.#now - this.#firstSeen(pod));
  }

  /**
   * A sandbox is to be made. Where another kubelet had begun the start, or there was a sandbox before, the start is a new one.
   * @param syncStarted when the sync under way began, ns.
   */
  volumesMounted(pod: PodId, syncStarted: number): void {
    if (this.#has('runningKnown', pod)) this.#raise(pod, StartState.Over);
    if (!this.#isOnItsWay(pod)) return;
    const { pods } = this.#context;
    const { stamps } = pods;
    const began = this.#kubelets.at[pods.node[pod]!]!;
    if (stamps.observed[pod]! < began || this.#has('sandboxReady', pod)) {
      // The directory of static pods is read at once.
      const seen = isStatic(this.#context, pod) ? Math.max(stamps.observed[pod]!, began) : this.#firstSeen(pod);
      this.#forget(UNTIL_KNOWN, pod);
      stamps.observed[pod] = seen;
      stamps.syncStarted[pod] = syncStarted;
    }
    this.#stamp('volumesMounted', pod);
  }

  /** How long CNI ADD takes in a try to make the sandbox, ns: the last one counts, which is the one that succeeds. */
  cniAdd(pod: PodId, duration: number): void {
    if (this.#isOnItsWay(pod)) this.#context.pods.stamps.cniAdd[pod] = duration;
  }

  sandboxReady(pod: PodId): void {
    if (this.#isOnItsWay(pod)) this.#stamp('sandboxReady', pod);
  }

  /** The image of a container is there, after so long a wait for earlier pulls and so long a pull, ns. */
  imagePulled(pod: PodId, waited: number, pulled: number): void {
    this.#add('imageWait', pod, waited);
    this.#add('imagePull', pod, pulled);
  }

  /** An image of a container did not come, after so long, ns: 0 if it was not even asked for. */
  imageRefused(pod: PodId, took: number): void {
    this.#add('imageRefused', pod, took);
    this.#refused.add(pod);
  }

  /** A sync has ended: it waits for the back-off of an image if one was refused. */
  syncEnds(pod: PodId): void {
    if (this.#refused.delete(pod)) this.#refusedAt.set(pod, this.#now);
  }

  syncBegins(pod: PodId): void {
    const since = this.#refusedAt.get(pod);
    if (since === undefined) return;
    this.#refusedAt.delete(pod);
    this.#add('imageRefused', pod, this.#now - since);
  }

  /**
   * A container runs: the pod has not been stopped, whatever was before.
   * @param created how long it took to create the container, and to start it, ns; 0 if it had run in this sandbox before.
   */
  containerRuns(pod: PodId, created: number, started: number): void {
    this.#context.pods.stamps.stopped[pod] = Number.NaN;
    this.#add('create', pod, created);
    this.#add('start', pod, started);
  }

  /** A sync that started containers has ended. */
  containersStarted(pod: PodId): void {
    if (!this.#isOnItsWay(pod)) return;
    this.#stamp('containersStarted', pod);
    this.#starts.end(pod, true);
  }

  /** The kubelet knows that all containers run. The sync that started them may have ended with the kubelet before. */
  knownRunning(pod: PodId): void {
    if (!this.#isOnItsWay(pod)) return;
    this.#stamp('runningKnown', pod);
    this.#starts.end(pod, true);
    if (this.#isBound(pod)) this.seriesOf(pod).podStart.record(this.#now - this.#firstSeen(pod));
  }

  /** The API server was told that all containers run. */
  reportedRunning(pod: PodId): void {
    if (this.#has('runningKnown', pod) && this.#state[pod] !== StartState.Over) this.#stamp('runningReported', pod);
  }

  /** The API server was told that the pod is ready: whenever that was first, whichever kubelet said it. */
  reportedReady(pod: PodId): void {
    if (this.#has('ready', pod) || !this.#has('created', pod)) return;
    this.#stamp('ready', pod);
    this.seriesOf(pod).ready.record(this.#now - this.#context.pods.stamps.created[pod]!);
  }

  /** The watch brings back the kubelet's own report: the end of the start-up SLI. */
  observedRunning(pod: PodId): void {
    const { stamps } = this.#context.pods;
    if (this.#has('runningObserved', pod) || !this.#has('runningReported', pod)) return;
    const isTimed = (this.#state[pod] ?? StartState.Timed) === StartState.Timed;
    if (!isTimed || !this.#has('created', pod) || !this.#has('containersStarted', pod)) return;
    this.#stamp('runningObserved', pod);
    const series = this.seriesOf(pod);
    const total = this.#now - stamps.created[pod]!;
    const sli = total - podStartStage(stamps, 'image_pull', pod) - podStartStage(stamps, 'image_refused', pod);
    series.podStartTotal.record(total);
    series.podStartSli.record(sli);
    if (this.#isFirstOfNetwork(pod)) series.firstNetwork.record(sli);
    for (const stage of POD_START_STAGES) series.stage[stage].record(podStartStage(stamps, stage, pod));
  }

  /** The kubelet learns that the pod is to go. */
  deletionObserved(pod: PodId): void {
    this.#stamp('deletionObserved', pod);
  }

  /** StopContainer has returned for all containers. */
  stopped(pod: PodId): void {
    this.#stamp('stopped', pod);
  }

  /** A pod that runs when the run begins: the first of its node has been. */
  seed(pod: PodId): void {
    this.#isFirstOfNetwork(pod);
  }

  #isFirstOfNetwork(pod: PodId): boolean {
    const node = this.#context.pods.node[pod]!;
    if (this.#hasNetworkPod[node] === 1 || templateOf(this.#context, pod).hostNetwork) return false;
    this.#hasNetworkPod[node] = 1;
    return true;
  }

  get #now(): number {
    return this.#context.simulation.now;
  }

  #has(stage: PodStage, pod: PodId): boolean {
    return !Number.isNaN(this.#context.pods.stamps[stage][pod]!);
  }

  /** Stamps a stage at the present instant unless the pod has passed it before. */
  #stamp(stage: PodStage, pod: PodId): void {
    if (!this.#has(stage, pod)) this.#context.pods.stamps[stage][pod] = this.#now;
  }

  /** The state of a pod's start only moves forward, until its file comes back. */
  #raise(pod: PodId, state: number): void {
    if (pod >= this.#state.length) this.#state = grown(this.#state, new Uint8Array(Math.max(1024, pod * 2)));
    this.#state[pod] = Math.max(this.#state[pod]!, state);
  }

  /** What the start that goes on has taken of something grows, ns. */
  #add(part: PodPart, pod: PodId, duration: number): void {
    const column = this.#context.pods.stamps[part];
    if (this.#isOnItsWay(pod)) column[pod] = (column[pod] || 0) + duration;
  }

  #forget(columns: readonly (PodStage | PodPart)[], pod: PodId): void {
    const { stamps } = this.#context.pods;
    for (const column of columns) stamps[column][pod] = Number.NaN;
  }

  /** Whether it was bound in the run: static pods never are. */
  #isBound(pod: PodId): boolean {
    return this.#has('bound', pod);
  }

  /** Whether the start that the pod's row tells of goes on. */
  #isOnItsWay(pod: PodId): boolean {
    return this.#has('observed', pod) && !this.#has('runningKnown', pod);
  }

  /** When the kubelet that is there now first saw the pod, ns. */
  #firstSeen(pod: PodId): number {
    const { pods } = this.#context;
    return Math.max(pods.stamps.observed[pod]!, this.#kubelets.listedAt[pods.node[pod]!]!);
  }

  /** The series of the pod's node pool. */
  seriesOf(pod: PodId): PoolSeries {
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
