// What the layers of images ask of the disks of nodes. Part of the kubelet.
// The runtime waits until what it has fetched lies on the disk; what it unpacks may stay in memory up to a share of that. So
// both are lines that the disk works off, and asking when is arithmetic.

import type { NodeId, NodeTable, ParameterSet } from '../../cluster/index.js';
import { diskThroughput, pullCosts } from '../../cri/index.js';
import { NS_PER_SECOND } from '../../engine/index.js';

export class LayerDisk {
  readonly #nodes: NodeTable;
  readonly #dirtyShare: number;
  readonly #now: () => number;
  /** Bytes a second, by node pool. */
  readonly #throughput: readonly number[];
  /** When what was fetched, and all that was written, lies on the disk, ns; by node. */
  readonly #syncedAt: Float64Array;
  readonly #writtenAt: Float64Array;

  constructor(nodes: NodeTable, parameters: ParameterSet, now: () => number) {
    this.#nodes = nodes;
    this.#dirtyShare = parameters.of(pullCosts).dirtyShare.value;
    const usual = parameters.of(diskThroughput);
    this.#throughput = nodes.pools.map(({ disk, diskBytesPerSecond }) => diskBytesPerSecond ?? usual[disk].value);
    this.#now = now;
    this.#syncedAt = new Float64Array(nodes.count);
    this.#writtenAt = new Float64Array(nodes.count);
  }

  /** So many bytes were fetched. @returns when they lie on the disk, ns. */
  sync(node: NodeId, bytes: number): number {
    this.#syncedAt[node] = Math.max(this.#now(), this.#syncedAt[node]!) + this.#time(node, bytes);
    this.#writtenAt[node] = Math.max(this.#now(), this.#writtenAt[node]!) + this.#time(node, bytes);
    return this.#syncedAt[node]!;
  }

  /** So many bytes are unpacked. @returns until when memory does not take them all, ns; it may be past. */
  write(node: NodeId, bytes: number): number {
    this.#writtenAt[node] = Math.max(this.#now(), this.#writtenAt[node]!) + this.#time(node, bytes);
    return this.#writtenAt[node]! - this.#time(node, this.#dirtyShare * this.#nodes.poolOf(node).memoryCapacityBytes);
  }

  /** Whether the disk writes what was fetched as fast as it can. */
  isBusy(node: NodeId): boolean {
    return this.#syncedAt[node]! > this.#now();
  }

  /** The machine boots: what was not written is lost. */
  forget(node: NodeId): void {
    this.#syncedAt[node] = 0;
    this.#writtenAt[node] = 0;
  }

  #time(node: NodeId, bytes: number): number {
    return (bytes * NS_PER_SECOND) / this.#throughput[this.#nodes.pool[node]!]!;
  }
}
