// Chooses which pods a controller deletes when there are too many. Part of the workload controllers.

import type { PodId } from '../../cluster/index.js';
import type { RandomStream } from '../../engine/index.js';
import { deletionOrder, type RankedPod } from './deletion-order.js';
import type { WorkloadHost } from './workload-kind.js';

export class DeletionOrder {
  readonly #host: WorkloadHost;
  readonly #uids: RandomStream;

  constructor(host: WorkloadHost) {
    this.#host = host;
    this.#uids = host.context.streams.stream('workload-controllers/uids');
  }

  /**
   * The first `count` of some pods to go.
   * @param siblings pods of the same owner: of two pods the one with more of them on its node goes first; left out: nobody counts them.
   */
  first(pods: readonly PodId[], count: number, siblings: readonly PodId[] = []): PodId[] {
    if (count >= pods.length) return [...pods];
    const { now } = this.#host.context.simulation;
    const byNode = this.#countByNode(siblings);
    const ranked = pods.map((pod) => this.#rank(pod, byNode));
    ranked.sort((a, b) => deletionOrder(a, b, now));
    return ranked.slice(0, count).map(({ pod }) => pod);
  }

  #countByNode(pods: readonly PodId[]): Map<number, number> {
    const { node: nodeOf } = this.#host.context.pods;
    const counts = new Map<number, number>();
    for (const pod of pods) counts.set(nodeOf[pod]!, (counts.get(nodeOf[pod]!) ?? 0) + 1);
    return counts;
  }

  #rank(pod: PodId, siblings: ReadonlyMap<number, number>): RankedPod {
    const { pods } = this.#host.context;
    const answer = this.#host.podOf(pod);
    const node = pods.node[pod]!;
    return {
      pod,
      hasNode: node >= 0,
      phase: answer?.phase ?? 0,
      isReady: answer?.isReady ?? false,
      deletionCost: 0,
      siblings: node < 0 ? 0 : (siblings.get(node) ?? 0),
      readySince: orLongAgo(answer?.readyTransition),
      restarts: answer?.restarts ?? 0,
      created: orLongAgo(pods.stamps.created[pod]),
      uid: this.#uids.uniform(pods.keyOf(pod), 0),
    };
  }
}

/** What was before the run has no instant. */
const orLongAgo = (at: number | undefined): number => (at === undefined || Number.isNaN(at) ? -Infinity : at);
