// Static pods: what a kubelet runs because a file on its node says so, API server or not, and the mirror objects through
// which the API server knows of them. Part of the kubelet; source: pkg/kubelet/config/file_linux.go,
// pkg/kubelet/pod/mirror_client.go, HandlePodCleanups in pkg/kubelet/kubelet_pods.go.
// The same file makes the same UID, so a file that comes back is the same pod again: its worker starts again when the pod
// that is ending has ended, at the next housekeeping.

import { type ApiAccess, type Context, type NodeId, type PodId, RequestTimes } from '../../cluster/index.js';
import { type EventKind, type Instant, tickAfter } from '../../engine/index.js';
import type { KubeletStarts } from '../node/kubelet-starts.js';
import { kubeletCosts, kubeletParameters } from '../parameters.js';
import type { StatusManager } from '../status/status-manager.js';

export interface StaticPodsListener {
  isKubeletUp(node: NodeId): boolean;
  /** Whether nothing of the pod is left on its node. */
  hasEnded(pod: PodId): boolean;
  /** The sync loop learns that the file of a pod is gone, or there again. */
  onFileSeen(pod: PodId): void;
  /** Housekeeping finds that a pod has ended whose file is there. */
  onToRestart(pod: PodId): void;
}

export class StaticPods {
  readonly #context: Context;
  readonly #api: ApiAccess;
  readonly #statusManager: StatusManager;
  readonly #starts: KubeletStarts;
  readonly #listener: StaticPodsListener;
  readonly #byNode = new Map<number, number[]>();
  /** Faults that keep a pod's file away now, by pod. */
  readonly #removals = new Map<number, number>();
  readonly #requests: RequestTimes;
  readonly #housekeepingPhase: Float64Array;
  readonly #fileCheckPhase: Float64Array;
  readonly #fileSeen: EventKind;
  readonly #housekeeping: EventKind;
  readonly #mirrorDeleted: EventKind;

  constructor(
    context: Context,
    api: ApiAccess,
    statusManager: StatusManager,
    starts: KubeletStarts,
    listener: StaticPodsListener,
  ) {
    const { simulation, streams, nodes } = context;
    this.#context = context;
    this.#api = api;
    this.#statusManager = statusManager;
    this.#starts = starts;
    this.#listener = listener;
    this.#requests = new RequestTimes(api, streams, 'kubelet/mirror-pods', (pod) => context.pods.keyOf(pod));
    const phases = streams.stream('kubelet/static-pods');
    this.#housekeepingPhase = Float64Array.from({ length: nodes.count }, (_, node) =>
      phases.below(kubeletParameters.housekeepingPeriod.value, nodes.keyOf(node), 0),
    );
    this.#fileCheckPhase = Float64Array.from({ length: nodes.count }, (_, node) =>
      phases.below(nodes.poolOf(node).kubelet.fileCheckFrequency, nodes.keyOf(node), 1),
    );
    this.#fileSeen = simulation.on('static-pods/file-seen', (pod, generation) => {
      if (this.#isCurrent(pod, generation)) listener.onFileSeen(pod);
    });
    this.#housekeeping = simulation.on('static-pods/housekeeping', (pod, generation) => {
      if (this.#isCurrent(pod, generation)) this.#cleanUp(pod);
    });
    this.#mirrorDeleted = simulation.on('static-pods/mirror-deleted', (pod, generation) => {
      if (this.#isCurrent(pod, generation)) this.#onMirrorDeleted(pod);
    });
  }

  /** A static pod that runs, with its mirror, when the run begins. */
  seed(pod: PodId): void {
    const node = this.#nodeOf(pod);
    const list = this.#byNode.get(node);
    if (list === undefined) this.#byNode.set(node, [pod]);
    else list.push(pod);
  }

  /** Static pods that a node has or has had a file of. */
  on(node: NodeId): readonly number[] {
    return this.#byNode.get(node) ?? [];
  }

  hasFile(pod: PodId): boolean {
    return (this.#removals.get(pod) ?? 0) === 0;
  }

  /** Whether a static pod has no object at the API server, as far as its kubelet knows. */
  lacksMirror(pod: PodId): boolean {
    return this.#statusManager.lacksMirror(pod);
  }

  /** The file is removed or put back. A kubelet that is down finds out when it begins. */
  setFile(pod: PodId, isThere: boolean, noticedBy: 'inotify' | 'fileCheck'): void {
    const { simulation, nodes } = this.#context;
    const before = this.#removals.get(pod) ?? 0;
    this.#removals.set(pod, before + (isThere ? -1 : 1));
    if (before > (isThere ? 1 : 0)) return;
    const node = this.#nodeOf(pod);
    const period = nodes.poolOf(node).kubelet.fileCheckFrequency;
    const read =
      noticedBy === 'inotify' ? simulation.now : tickAfter(this.#fileCheckPhase[node]!, period, simulation.now);
    this.#later(this.#fileSeen, pod, read + this.#context.parameters.of(kubeletCosts).syncLoopHandling.value);
  }

  /** Nothing of the pod is left on its node. */
  onFinished(pod: PodId): void {
    const { simulation } = this.#context;
    const phase = this.#housekeepingPhase[this.#nodeOf(pod)]!;
    this.#later(this.#housekeeping, pod, tickAfter(phase, kubeletParameters.housekeepingPeriod.value, simulation.now));
  }

  /**
   * A sync sees to the mirror object and waits for the answer.
   * @returns when the sync goes on. Refused at once where nobody listens; where packets are lost the request times out.
   */
  mirrorAnsweredAt(pod: PodId): Instant {
    const { simulation, nodes } = this.#context;
    const node = this.#nodeOf(pod);
    if (!nodes.isOnNetwork(node)) return simulation.now + kubeletParameters.mirrorTimeout.value;
    if (!this.#api.isReachable(node)) return simulation.now;
    return this.#requestEnds(pod);
  }

  /** The answer about the mirror object is there: it exists now, if the API server could be asked. */
  onMirrorAnswered(pod: PodId): void {
    if (!this.lacksMirror(pod) || !this.#api.isReachable(this.#nodeOf(pod))) return;
    this.#api.createMirrorPod(pod);
  }

  /** Requests of the node are answered again: mirrors whose files are gone can be deleted. */
  onReachable(node: NodeId): void {
    for (const pod of this.on(node)) if (!this.hasFile(pod)) this.onFinished(pod);
  }

  #cleanUp(pod: PodId): void {
    if (this.hasFile(pod)) {
      this.#listener.onToRestart(pod);
      return;
    }
    // The mirror of a pod that goes on, or is ending, stays.
    if (!this.#listener.hasEnded(pod) || this.lacksMirror(pod) || !this.#api.isReachable(this.#nodeOf(pod))) return;
    this.#later(this.#mirrorDeleted, pod, this.#requestEnds(pod));
  }

  #onMirrorDeleted(pod: PodId): void {
    if (this.hasFile(pod) || this.lacksMirror(pod) || !this.#api.isReachable(this.#nodeOf(pod))) return;
    this.#api.removePod(pod);
  }

  #requestEnds(pod: PodId): Instant {
    const granted = this.#statusManager.takeToken(this.#nodeOf(pod));
    return granted + this.#requests.next('write', pod);
  }

  #later(kind: EventKind, pod: PodId, at: number): void {
    const { simulation } = this.#context;
    simulation.schedule(at, kind, pod, this.#starts.count[this.#nodeOf(pod)]!);
  }

  /** What a kubelet was about to do is void when it has stopped since. */
  #isCurrent(pod: PodId, generation: number): boolean {
    const node = this.#nodeOf(pod);
    return this.#listener.isKubeletUp(node) && this.#starts.count[node] === generation;
  }

  #nodeOf(pod: PodId): number {
    return this.#context.pods.node[pod]!;
  }
}
