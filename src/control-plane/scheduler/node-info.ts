// What the scheduler believes of every node: what it has promised there, and what the Node object said last. Part of the
// scheduler. Plugins ask it.

import type { NodeId, NodeTable, PodTemplate } from '../../cluster/index.js';

/** CPU in millicores and memory in bytes of all nodes, one entry a node. */
export class NodeInfo {
  /** Allocatable, as the node's pool has it. */
  readonly cpuTotal: Float64Array;
  readonly memoryTotal: Float64Array;
  readonly podsTotal: Float64Array;
  /** Asked for by the pods that are booked there. */
  readonly cpuUsed: Float64Array;
  readonly memoryUsed: Float64Array;
  readonly podsUsed: Uint32Array;
  /** As used, but a container without a request counts as a small one: only scores see that. */
  readonly cpuScored: Float64Array;
  readonly memoryScored: Float64Array;
  /** 1: its Ready condition was not True when it was last observed. */
  readonly notReady: Uint8Array;
  /** 1: it said that it is short of memory. */
  readonly isShort: Uint8Array;
  /** One more whenever any of this changes, from 1. */
  readonly version: Uint32Array;

  constructor({ count, pools, pool }: NodeTable) {
    const ofPool = (of: 'cpuMillis' | 'memoryBytes' | 'pods'): Float64Array =>
      Float64Array.from({ length: count }, (_, node) => pools[pool[node]!]![of]);
    this.cpuTotal = ofPool('cpuMillis');
    this.memoryTotal = ofPool('memoryBytes');
    this.podsTotal = ofPool('pods');
    this.cpuUsed = new Float64Array(count);
    this.memoryUsed = new Float64Array(count);
    this.podsUsed = new Uint32Array(count);
    this.cpuScored = new Float64Array(count);
    this.memoryScored = new Float64Array(count);
    this.notReady = new Uint8Array(count);
    this.isShort = new Uint8Array(count);
    this.version = new Uint32Array(count).fill(1);
  }

  /** Books a pod of a template on a node, or takes it off (`by` -1). */
  book(template: PodTemplate, node: NodeId, by: 1 | -1): void {
    this.cpuUsed[node]! += by * template.cpuRequestMillis;
    this.memoryUsed[node]! += by * template.memoryRequestBytes;
    this.cpuScored[node]! += by * template.cpuScoredMillis;
    this.memoryScored[node]! += by * template.memoryScoredBytes;
    this.podsUsed[node]! += by;
    this.version[node]! += 1;
  }

  /** What the Node object says has reached the scheduler. */
  observe(node: NodeId, condition: 'notReady' | 'isShort', value: number): void {
    this[condition][node] = value;
    this.version[node]! += 1;
  }
}
