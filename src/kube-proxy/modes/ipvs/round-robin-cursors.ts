// Round robin where nothing but the turn has to be remembered: one number for each virtual server that was used, instead of
// its real servers and their connections. Part of kube-proxy.
// `rr` passes over servers that are being removed and asks nobody how busy they are, so that the endpoints of the node's
// rules are the list. They stand in it as kube-proxy added them, the newest first; one that comes back stands where it was,
// where the kernel would put it in front.

import type { PodId } from '../../../cluster/index.js';

export class RoundRobinCursors {
  /** The pod that had the last connection, by virtual server. */
  readonly #last = new Map<number, number>();

  has(virtualServer: number): boolean {
    return this.#last.has(virtualServer);
  }

  /**
   * The pod whose turn it is.
   * @param pods the first `count` are the endpoints, rising. @param start place in the list of the first one ever chosen.
   */
  take(virtualServer: number, pods: Int32Array, count: number, start: number): number {
    const last = this.#last.get(virtualServer);
    const pod = pods[last === undefined ? count - 1 - (start % count) : before(pods, count, last)]!;
    this.#last.set(virtualServer, pod);
    return pod;
  }

  /** Forgets those that `isGone` says. */
  forget(isGone: (virtualServer: number) => boolean): void {
    for (const key of this.#last.keys()) if (isGone(key)) this.#last.delete(key);
  }
}

/** Index of the largest of the first `count` that is below `pod`, or of the largest of all. */
function before(pods: Int32Array, count: number, pod: PodId): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (pods[middle]! < pod) low = middle + 1;
    else high = middle;
  }
  return (low > 0 ? low : count) - 1;
}
