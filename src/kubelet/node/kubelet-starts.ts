// Where the kubelet of each node stands, when it began, and how often. Part of the kubelet: probes begin differently after a
// start, what was scheduled by the process before is void, and a process that is not there does nothing.

import type { NodeId } from '../../cluster/index.js';

/** Starting: it waits for its first relist. Unlisted: it has not heard from the API server what is to run. */
export const KubeletPhase = { Down: 0, Starting: 1, Unlisted: 2, Running: 3 } as const;

export class KubeletStarts {
  readonly phase: Uint8Array;
  /** Long before the run began unless the kubelet has been restarted, ns. */
  readonly at: Float64Array;
  /** When it first saw what is bound to its node; long before the run began unless it has been restarted, ns. */
  readonly listedAt: Float64Array;
  /** One more at each stop and start. */
  readonly count: Int32Array;

  constructor(nodes: number) {
    this.phase = new Uint8Array(nodes).fill(KubeletPhase.Running);
    this.at = new Float64Array(nodes).fill(-Infinity);
    this.listedAt = new Float64Array(nodes).fill(-Infinity);
    this.count = new Int32Array(nodes);
  }

  /** Whether the kubelet looks after a pod now: a static one as soon as it knows what runs. */
  handles(node: NodeId, isStatic: boolean): boolean {
    const phase = this.phase[node]!;
    return phase === KubeletPhase.Running || (isStatic && phase === KubeletPhase.Unlisted);
  }
}
