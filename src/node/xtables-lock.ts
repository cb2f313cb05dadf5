// The lock of the iptables commands (/run/xtables.lock), of each node: kube-proxy and network plugins write rules under it. Part of
// the machine.

import type { NodeId } from '../cluster/index.js';

export class XtablesLock {
  /** Until when somebody holds it, ns. */
  readonly #until: Float64Array;

  constructor(nodes: number) {
    this.#until = new Float64Array(nodes);
  }

  /** Somebody holds it until then, ns. */
  hold(node: NodeId, until: number): void {
    this.#until[node] = Math.max(this.#until[node]!, until);
  }

  /** How long somebody who wants it at an instant has to wait for it, ns; 0 or less: not at all. */
  wait(node: NodeId, at: number): number {
    return this.#until[node]! - at;
  }
}
