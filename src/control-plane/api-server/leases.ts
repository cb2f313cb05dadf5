// The leases of the nodes: who renewed when. Part of the control plane.
// A renewal changes nothing but a time, so none is an event: when the last one was, and how many there were, is arithmetic.
// The jitter of the period is drawn once a node instead of at each renewal.

import type { Context, NodeId } from '../../cluster/index.js';
import { controlPlaneParameters } from '../parameters.js';

export class Leases {
  /** Renewals so far of leases that are interrupted now or were before. */
  #settled = 0;
  readonly #period: Float64Array;
  /** First renewal since the kubelet began to renew. */
  readonly #first: Float64Array;
  readonly #beats: Uint8Array;
  /** Last renewal before an interruption, ns; meaningless while the lease is being renewed. */
  readonly #last: Float64Array;

  constructor({ nodes, recorder, simulation, streams }: Context) {
    const { leaseRenewal, leaseJitter } = controlPlaneParameters;
    const stream = streams.stream('node-lease');
    this.#period = Float64Array.from({ length: nodes.count }, (_, node) => {
      const period = nodes.poolOf(node).kubelet.nodeLeaseDuration * leaseRenewal.value;
      return Math.round(period * (1 + leaseJitter.value * stream.uniform(nodes.keyOf(node), 0)));
    });
    this.#first = this.#period.map((period, node) => stream.below(period, nodes.keyOf(node), 1) - period);
    this.#beats = new Uint8Array(nodes.count).fill(1);
    this.#last = new Float64Array(nodes.count);
    recorder.ownTotal('kubelapse_node_lease_renewals_total', () => this.#total(simulation.now));
  }

  isRenewed(node: NodeId): boolean {
    return this.#beats[node] === 1;
  }

  /** The newest renewal at or before an instant that is not in the future. */
  lastRenewal(node: NodeId, now: number): number {
    if (this.#beats[node] === 0) return this.#last[node]!;
    const period = this.#period[node]!;
    return this.#first[node]! + Math.floor((now - this.#first[node]!) / period) * period;
  }

  /** The lease is renewed from now on, first at once. */
  begin(node: NodeId, now: number): void {
    if (this.#beats[node] === 1) return;
    this.#beats[node] = 1;
    this.#first[node] = now;
  }

  end(node: NodeId, now: number): void {
    if (this.#beats[node] === 0) return;
    this.#last[node] = this.lastRenewal(node, now);
    this.#settled += this.#count(node, now);
    this.#beats[node] = 0;
  }

  /** Renewals of all nodes in the run before an instant. */
  #total(now: number): number {
    let sum = this.#settled;
    for (let node = 0; node < this.#beats.length; node++) if (this.#beats[node] === 1) sum += this.#count(node, now);
    return sum;
  }

  #count(node: NodeId, now: number): number {
    const before = this.#first[node]! < 0 ? 0 : 1;
    return before + Math.floor((now - this.#first[node]!) / this.#period[node]!);
  }
}
