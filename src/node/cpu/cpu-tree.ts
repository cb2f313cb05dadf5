// A node's cgroups as the kernel divides CPU among them when there is not enough. Part of the machine; built for a node when it
// is needed, from what everybody wants then.
//
//   root ─ kernel work of packets · system.slice (kubelet, runtime) · kubepods ─ pods of class Guaranteed
//                                                                              ─ burstable ─ pods ─ containers
//                                                                              ─ besteffort ─ pods ─ containers

import { type Claim, shareByWeight } from './share-by-weight.js';

export class CpuNode implements Claim {
  readonly weight: number;
  readonly children: CpuNode[] = [];
  /** Wanted by it and all below it, cores. */
  demand: number;
  given = 0;
  /** What it could have if it wanted all that it can get. */
  most = 0;

  constructor(weight: number, demand = 0) {
    this.weight = weight;
    this.demand = demand;
  }

  add(child: CpuNode): CpuNode {
    this.children.push(child);
    return child;
  }

  /** Adds up what is wanted below. */
  sum(): number {
    if (this.children.length > 0) {
      this.demand = 0;
      for (const child of this.children) this.demand += child.sum();
    }
    return this.demand;
  }

  /** Divides what it has been given, and works out what each of those below could have. */
  divide(): void {
    if (this.children.length === 0) return;
    shareByWeight(this.given, this.children);
    for (const child of this.children) {
      child.most = child.given < child.demand ? child.given : this.mostOf(child.weight, child.given);
      child.divide();
    }
  }

  /** What a child of a weight could have that has so much now: what nobody uses, and its share of what some lack. */
  mostOf(weight: number, given = 0): number {
    let left = this.most + given;
    let weights = weight;
    for (const child of this.children) {
      left -= child.given;
      if (child.given >= child.demand) continue;
      left += child.given;
      weights += child.weight;
    }
    return Math.max(given, (left * weight) / weights);
  }
}
