// Who gives a pod its address, and what happens when there is none left. Part of the CNI.

import type { NodeId, NodePoolSpec, ParameterSet } from '../cluster/index.js';
import { type EntityKey, entityKey, type Instant, RandomStreams } from '../engine/index.js';
import { networkParameters } from './parameters.js';

/** The pod network of a cluster: first address, prefix length (8 to 30), and that of what each node gets of it. */
export interface PodCidr {
  readonly base: number;
  readonly prefix: number;
  readonly nodePrefix: number;
}

/** An address that was given, or the lack of one. Reused. */
export interface Allocation {
  /** As a number; -1: there is none. */
  address: number;
  /** Time that looking for it took beside the usual, ns. */
  extra: number;
  /** The node has claimed a new block for it: other nodes do not have the route yet. */
  isNewBlock: boolean;
}

export interface Ipam {
  /** Gives a pod of the node an address. */
  allocate(node: NodeId, allocation: Allocation): void;
  /** The same for a pod that has run for long when the run begins; as {@link allocate} if absent. */
  seed?(node: NodeId, allocation: Allocation): void;
  /** Takes an address back. */
  release(node: NodeId, address: number): void;
  /** The node has booted, and its agent, which runs from then on, knows of no pod; addresses are kept if absent. */
  forget?(node: NodeId, from: Instant): void;
  /** What it had {@link AddressSite.wake} wake it for. */
  onWake?(node: NodeId): void;
}

/** What of a node address management may go by. */
export interface AddressMachine {
  readonly cores: number;
  /** As the label node.kubernetes.io/instance-type has it. */
  readonly instanceType: string;
  /** Pods that its kubelet takes: maxPods. */
  readonly pods: number;
}

export const machineOf = ({ cpuCapacityMillis, labels, pods }: NodePoolSpec): AddressMachine => ({
  pods,
  cores: cpuCapacityMillis / 1000,
  instanceType: labels['node.kubernetes.io/instance-type'] ?? '',
});

/** The cluster in which addresses are given. */
export interface AddressSite {
  /** What the plugin's section of spec.network says. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly parameters: ParameterSet;
  readonly streams: RandomStreams;
  readonly now: () => Instant;
  readonly keyOf: (node: NodeId) => EntityKey;
  readonly machineOf: (node: NodeId) => AddressMachine;
  /** Calls {@link Ipam.onWake} for a node at that instant, and not at one asked for before; Infinity: not at all. */
  readonly wake: (node: NodeId, at: Instant) => void;
}

/** A site at which nothing ever happens by itself. */
export const stillSite = (parameters: ParameterSet): AddressSite => ({
  settings: {},
  parameters,
  streams: new RandomStreams(''),
  now: () => 0,
  keyOf: (node) => entityKey(`node ${node}`),
  machineOf: () => ({ cores: 8, instanceType: '', pods: Infinity }),
  wake: () => undefined,
});

/** host-local, and what is like it: each node has a range of its own, and gives addresses in turn. */
export class NodeRanges implements Ipam {
  readonly #cidr: PodCidr;
  readonly #size: number;
  readonly #nodesMax: number;
  readonly #used: (Uint8Array | undefined)[];
  readonly #last: Int32Array;

  /** @param size addresses that a node has for pods. */
  constructor(nodes: number, cidr: PodCidr, size: number) {
    this.#cidr = cidr;
    this.#size = size;
    this.#nodesMax = 1 << (cidr.nodePrefix - cidr.prefix);
    this.#used = new Array(nodes);
    this.#last = new Int32Array(nodes).fill(-1);
  }

  allocate(node: NodeId, allocation: Allocation): void {
    allocation.extra = 0;
    allocation.isNewBlock = false;
    allocation.address = -1;
    // A node for which no range is left never gets one.
    if (node >= this.#nodesMax) return;
    const size = this.#size;
    this.#used[node] ??= new Uint8Array(size);
    const used = this.#used[node];
    for (let i = 1; i <= size; i++) {
      const at = (this.#last[node]! + i) % size;
      if (used[at] === 1) continue;
      used[at] = 1;
      this.#last[node] = at;
      // The first address of a range is the gateway's.
      allocation.address = this.#first(node) + 2 + at;
      return;
    }
  }

  release(node: NodeId, address: number): void {
    const at = address - this.#first(node) - 2;
    if (this.#used[node] !== undefined) this.#used[node]![at] = 0;
  }

  #first(node: NodeId): number {
    return this.#cidr.base + node * (1 << (32 - this.#cidr.nodePrefix));
  }
}

/** Calico: nodes claim blocks of one pool, and borrow from each other's when they may claim no more. */
export class Blocks implements Ipam {
  readonly #base: number;
  readonly #blocks: number;
  /** Addresses in use, by block; which node has claimed it is where the block stands. */
  readonly #used: (Uint8Array | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #blocksOf: number[][];

  readonly #p: typeof networkParameters;

  constructor(nodes: number, { base, prefix }: PodCidr, p = networkParameters) {
    this.#p = p;
    this.#base = base;
    this.#blocks = Math.floor((1 << (32 - prefix)) / p.calicoBlock.value);
    this.#blocksOf = Array.from({ length: nodes }, () => []);
  }

  allocate(node: NodeId, allocation: Allocation): void {
    const p = this.#p;
    const own = this.#blocksOf[node]!;
    allocation.extra = 0;
    allocation.isNewBlock = false;
    for (const block of own) if (this.#take(block, allocation)) return;
    if (own.length < p.calicoBlocksMax.value && this.#used.length < this.#blocks) {
      const block = this.#used.length;
      this.#used.push(new Uint8Array(p.calicoBlock.value));
      this.#free.push(p.calicoBlock.value);
      own.push(block);
      allocation.extra = p.calicoBlockClaim.value;
      allocation.isNewBlock = own.length > 1;
      this.#take(block, allocation);
      return;
    }
    // It looks into one block after the other, until its time is over.
    const looked = Math.floor(p.calicoTimeout.value / p.calicoBlockSearch.value);
    for (let block = 0; block < Math.min(this.#used.length, looked); block++) {
      allocation.extra += p.calicoBlockSearch.value;
      if (this.#take(block, allocation)) return;
    }
    allocation.extra = Math.min(p.calicoTimeout.value, allocation.extra);
    allocation.address = -1;
  }

  release(_node: number, address: number): void {
    const p = this.#p;
    const at = address - this.#base;
    const block = Math.floor(at / p.calicoBlock.value);
    this.#used[block]![at % p.calicoBlock.value] = 0;
    this.#free[block]! += 1;
  }

  #take(block: number, allocation: Allocation): boolean {
    if (this.#free[block] === 0) return false;
    const at = this.#used[block]!.indexOf(0);
    this.#used[block]![at] = 1;
    this.#free[block]! -= 1;
    allocation.address = this.#base + block * this.#p.calicoBlock.value + at;
    return true;
  }
}

/** A range for each node, of the length that the cluster gives its nodes. */
export function nodeRanges(nodes: number, cidr: PodCidr): Ipam {
  return new NodeRanges(nodes, cidr, Math.max(1, (1 << (32 - cidr.nodePrefix)) - 3));
}
