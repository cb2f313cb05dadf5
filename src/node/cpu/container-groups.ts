// The containers that use CPU, or begin: in columns, and in a list for each node. Part of the machine.

import type { NodeId, PodId } from '../../cluster/index.js';
import { growColumns } from '../../engine/index.js';

/** Not a place. */
export const NONE = -1;

class Columns {
  node = new Int32Array(0);
  pod = new Int32Array(0);
  index = new Uint8Array(0);
  /** 1: its pod is gone. */
  isGone = new Uint8Array(0);
  /** The next container of the node, or the next free place. */
  next = new Int32Array(0);
  /** Millicores that are wanted, and that a limit allows. */
  demand = new Float64Array(0);
  limit = new Float64Array(0);
  speed = new Float64Array(0);
  /** The clock as of the last change of speed, and when that was. */
  clock = new Float64Array(0);
  changedAt = new Float64Array(0);
  /** CPUs that it has for itself, millicores; 0: it shares those of the others. */
  own = new Float64Array(0);
  /** What it could have if it wanted all that it can get, cores; where somebody lacks CPU. */
  most = new Float64Array(0);
}

export class ContainerGroups extends Columns {
  /** By node. Not a column: it has the length that it has. */
  readonly #first: Int32Array;
  readonly #places = new Map<number, number>();
  #count = 0;
  #free = NONE;

  constructor(nodes: number) {
    super();
    this.#first = new Int32Array(nodes).fill(NONE);
  }

  /** The first container of a node; the others follow by `next`. */
  firstOn(node: NodeId): number {
    return this.#first[node]!;
  }

  /** @param index of the container in its pod. */
  find(pod: PodId, index: number): number {
    return this.#places.get(keyOf(pod, index)) ?? NONE;
  }

  add(pod: PodId, index: number, node: NodeId): number {
    const place = this.#take();
    this.#places.set(keyOf(pod, index), place);
    this.node[place] = node;
    this.pod[place] = pod;
    this.index[place] = index;
    this.isGone[place] = 0;
    this.demand[place] = 0;
    this.clock[place] = 0;
    this.#insert(place, node);
    return place;
  }

  remove(place: number): void {
    this.#places.delete(keyOf(this.pod[place]!, this.index[place]!));
    this.#takeOut(place, this.node[place]!);
    this.next[place] = this.#free;
    this.#free = place;
  }

  /** What a container wants as far as its limit allows, millicores. */
  effective(place: number): number {
    return Math.min(this.demand[place]!, this.limit[place]!);
  }

  /** What of that it wants of the CPUs that all share. */
  shared(place: number): number {
    return this.own[place] === 0 ? this.effective(place) : 0;
  }

  #take(): number {
    const free = this.#free;
    if (free !== NONE) {
      this.#free = this.next[free]!;
      return free;
    }
    const place = this.#count++;
    if (place === this.node.length) growColumns(this, Math.max(256, place * 2));
    return place;
  }

  /** Containers of one pod stand beside each other. */
  #insert(place: number, node: NodeId): void {
    let after = this.#first[node]!;
    while (after !== NONE && this.pod[after] !== this.pod[place]) after = this.next[after]!;
    this.next[place] = after === NONE ? this.#first[node]! : this.next[after]!;
    if (after === NONE) this.#first[node] = place;
    else this.next[after] = place;
  }

  #takeOut(place: number, node: NodeId): void {
    if (this.#first[node] === place) {
      this.#first[node] = this.next[place]!;
      return;
    }
    let before = this.#first[node]!;
    while (this.next[before] !== place) before = this.next[before]!;
    this.next[before] = this.next[place]!;
  }
}

const keyOf = (pod: PodId, index: number): number => pod * 256 + index;
