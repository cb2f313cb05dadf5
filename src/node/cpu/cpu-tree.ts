// A node's cgroups as the kernel divides CPU among them when there is not enough. Part of the machine; built for a node when it
// is needed, from what everybody wants then. One tree serves all nodes, one after the other: it is built often.
//
//   root ─ kernel work of packets · system.slice (kubelet, runtime) · kubepods ─ pods of class Guaranteed
//                                                                              ─ burstable ─ pods ─ containers
//                                                                              ─ besteffort ─ pods ─ containers

import { NODE_PARTS, type PodId, type PodTemplate } from '../../cluster/index.js';
import { nodeParameters } from '../parameters.js';
import type { CgroupFacts } from './cgroup-facts.js';
import { type Claim, shareByWeight } from './share-by-weight.js';
import { linearWeight } from './weights.js';

/** What a node has, and what its DaemonSets ask for. */
export interface TreeShape {
  readonly cores: number;
  /** Allocatable to pods, requests of burstable pods, and of what runs as pods of DaemonSets; millicores. */
  readonly allocatable: number;
  readonly burstable: number;
  readonly requests: Readonly<Record<'kubeProxy' | 'networkAgent', number>>;
}

class Cgroup implements Claim {
  weight = 1;
  /** Wanted by it and all below it, cores. */
  demand = 0;
  given = 0;
  /** What it could have if it wanted all that it can get. */
  most = 0;
  readonly children: Cgroup[] = [];
  /** Among its children: what is left to those who lack some and to whoever else comes, and the weight of the former. */
  #left = 0;
  #lacking = 0;

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
    this.#left = this.most;
    this.#lacking = 0;
    for (const child of this.children) {
      if (child.given < child.demand) this.#lacking += child.weight;
      else this.#left -= child.given;
    }
    for (const child of this.children) {
      child.most = child.given < child.demand ? child.given : this.mostOf(child.weight, child.given);
      child.divide();
    }
  }

  /** What a child of a weight could have that has so much now: what nobody uses, and its share of what some lack. */
  mostOf(weight: number, given = 0): number {
    return Math.max(given, ((this.#left + given) * weight) / (this.#lacking + weight));
  }
}

export class CpuTree {
  /** All that have been made; those from `#used` on are free. */
  readonly #pool: Cgroup[] = [];
  #used = 0;
  #root = new Cgroup();
  #kubepods = this.#root;
  #burstable = this.#root;
  #bestEffort = this.#root;
  #system = this.#root;
  #shape: TreeShape | undefined;
  /** What runs at the ends of its branches: first the parts of the node, then the containers. */
  readonly #leaves: Cgroup[] = [];
  /** The pod that containers are added to, and where those of each pod are. */
  #pod = -1;
  readonly #pods = new Map<PodId, Cgroup>();

  /** Begins anew, for a node. */
  begin(shape: TreeShape): void {
    const { systemWeight } = nodeParameters;
    this.#shape = shape;
    this.#used = 0;
    this.#leaves.length = 0;
    this.#pod = -1;
    if (this.#pods.size > 0) this.#pods.clear();
    this.#root = this.#make(1);
    this.#root.given = shape.cores;
    this.#root.most = shape.cores;
    this.#system = this.#below(this.#root, systemWeight.value);
    this.#kubepods = this.#below(this.#root, linearWeight(shape.allocatable));
    const asked = shape.burstable + shape.requests.kubeProxy + shape.requests.networkAgent;
    this.#burstable = this.#below(this.#kubepods, linearWeight(asked));
    this.#bestEffort = this.#below(this.#kubepods, linearWeight(0));
  }

  /** @param part index in NODE_PARTS. @param demand cores. */
  addPart(part: number, demand: number): void {
    const { cores, requests } = this.#shape!;
    const { systemWeight } = nodeParameters;
    const name = NODE_PARTS[part]!;
    // A thread of the kernel on each CPU.
    if (name === 'kernel') this.#leaf(this.#root, systemWeight.value * cores, demand);
    else if (name === 'kubelet' || name === 'runtime') this.#leaf(this.#system, systemWeight.value, demand);
    else {
      const request = requests[name];
      this.#leaf(request > 0 ? this.#burstable : this.#bestEffort, linearWeight(request), demand);
    }
  }

  /** Containers of one pod come one after the other. */
  addContainer(pod: PodId, index: number, facts: CgroupFacts, demand: number): void {
    let parent = this.#pods.get(pod);
    if (this.#pod !== pod || parent === undefined) {
      parent = this.#below(this.#classOf(facts.qosClass), facts.weight);
      this.#pod = pod;
      this.#pods.set(pod, parent);
    }
    this.#leaf(parent, facts.weights[index]!, demand);
  }

  divide(): void {
    this.#root.sum();
    this.#root.divide();
  }

  /** What the i-th that was added gets, cores. */
  given(i: number): number {
    return this.#leaves[i]!.given;
  }

  /** What all get, cores. */
  get allGiven(): number {
    return Math.min(this.#root.given, this.#root.demand);
  }

  /** What the i-th could have. */
  most(i: number): number {
    return this.#leaves[i]!.most;
  }

  /** What a container could have that wants nothing now. */
  mostOf(pod: PodId, index: number, facts: CgroupFacts): number {
    const known = this.#pods.get(pod);
    if (known !== undefined) return known.mostOf(facts.weights[index]!);
    return this.#classOf(facts.qosClass).mostOf(facts.weight);
  }

  /** What a pod of a class and weight 1 could have. */
  mostOfClass(qosClass: PodTemplate['qosClass']): number {
    return this.#classOf(qosClass).mostOf(1);
  }

  #classOf(qosClass: PodTemplate['qosClass']): Cgroup {
    if (qosClass === 'Guaranteed') return this.#kubepods;
    return qosClass === 'Burstable' ? this.#burstable : this.#bestEffort;
  }

  #leaf(parent: Cgroup, weight: number, demand: number): void {
    const leaf = this.#below(parent, weight);
    leaf.demand = demand;
    this.#leaves.push(leaf);
  }

  #below(parent: Cgroup, weight: number): Cgroup {
    const made = this.#make(weight);
    parent.children.push(made);
    return made;
  }

  #make(weight: number): Cgroup {
    if (this.#used === this.#pool.length) this.#pool.push(new Cgroup());
    const made = this.#pool[this.#used++]!;
    made.weight = weight;
    made.demand = 0;
    made.given = 0;
    made.most = 0;
    made.children.length = 0;
    return made;
  }
}
