// What is known of the kube-proxy of each node, in columns. Part of kube-proxy.

import { Trigger } from './sync-statistics.js';

export class ProxyTable {
  readonly count: number;

  // Positions in the service log; -1: none.
  /** What the kernel has. */
  readonly inForce: Int32Array;
  /** What the proxy has observed. */
  readonly observed: Int32Array;
  /** Newest entry that has ever been in force; rules that were lost are not counted a second time. */
  readonly countedUpTo: Int32Array;

  // The sync that is scheduled or goes on.
  /** Its number; one more makes what was scheduled before void. */
  readonly generation: Uint32Array;
  /** Why it comes, one of {@link Trigger}. */
  readonly trigger: Uint8Array;
  /** 1 while it goes on; 1 if it is full; 1 if it fails. */
  readonly isSyncing: Uint8Array;
  readonly isFull: Uint8Array;
  readonly fails: Uint8Array;
  /** When it began and when it ends. */
  readonly startedAt: Float64Array;
  readonly endsAt: Float64Array;
  /** CPU that it gets, of a core. */
  readonly speed: Float64Array;
  /** Time that it waits for the iptables lock, ns, and lines that it writes. */
  readonly lockWait: Float64Array;
  readonly linesWritten: Float64Array;

  // When the next one may, or must, come.
  readonly lastEnd: Float64Array;
  /** The runner's token bucket, see bucketAfter. */
  readonly bucket: Float64Array;
  readonly lastFull: Float64Array;
  /** When stale chains were looked for the last time (iptables). */
  readonly lastSave: Float64Array;
  /** 1 if the next one must be full. */
  readonly needsFull: Uint8Array;
  /** Changes before this instant are not measured. */
  readonly ignoreBefore: Float64Array;

  // What keeps it from its work.
  /** Faults for which its process is not there. */
  readonly downs: Uint8Array;
  /** 1: its watches are cut, it observes nothing. */
  readonly isCut: Uint8Array;
  /** 1: it has to list all before it may sync, and nobody answers. */
  readonly lists: Uint8Array;
  /** 1: its rules were removed, and it does not know. */
  readonly isFlushed: Uint8Array;
  /** Faults that make its syncs fail. */
  readonly failures: Uint8Array;

  constructor(count: number) {
    this.count = count;
    this.inForce = new Int32Array(count).fill(-1);
    this.observed = new Int32Array(count).fill(-1);
    this.countedUpTo = new Int32Array(count).fill(-1);
    this.generation = new Uint32Array(count);
    this.trigger = new Uint8Array(count).fill(Trigger.Changes);
    this.isSyncing = new Uint8Array(count);
    this.isFull = new Uint8Array(count);
    this.fails = new Uint8Array(count);
    this.startedAt = new Float64Array(count);
    this.endsAt = new Float64Array(count);
    this.speed = new Float64Array(count).fill(1);
    this.lockWait = new Float64Array(count);
    this.linesWritten = new Float64Array(count);
    this.lastEnd = new Float64Array(count).fill(-Infinity);
    this.bucket = new Float64Array(count).fill(-Infinity);
    this.lastFull = new Float64Array(count).fill(-Infinity);
    this.lastSave = new Float64Array(count).fill(-Infinity);
    this.needsFull = new Uint8Array(count);
    this.ignoreBefore = new Float64Array(count);
    this.downs = new Uint8Array(count);
    this.isCut = new Uint8Array(count);
    this.lists = new Uint8Array(count);
    this.isFlushed = new Uint8Array(count);
    this.failures = new Uint8Array(count);
  }

  /** Every kernel has the log up to a position, and every proxy knows it. */
  seed(position: number): void {
    this.inForce.fill(position);
    this.observed.fill(position);
    this.countedUpTo.fill(position);
  }

  /** Nodes whose rules are older than a position. */
  behind(position: number): number {
    let nodes = 0;
    for (const inForce of this.inForce) if (inForce < position) nodes++;
    return nodes;
  }

  /** Oldest position that a kernel has or is about to have; Infinity: none. */
  get oldestNeeded(): number {
    let oldest = Infinity;
    for (let node = 0; node < this.count; node++) {
      // A node without rules needs only what it is about to have.
      const isAtIt = this.isSyncing[node] === 1 || this.isCut[node] === 1;
      const inForce = this.inForce[node]!;
      const position = inForce >= 0 ? inForce : isAtIt ? this.observed[node]! : -1;
      if (position >= 0 && position < oldest) oldest = position;
    }
    return oldest;
  }
}
