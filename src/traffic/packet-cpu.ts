// The CPU that nodes spend on packets: testing rules for first packets, and moving payload. Part of the traffic.
// The kernel does it before anything else on the node runs. What the connections of one interval took is what the next
// one is charged with: one event an interval for all nodes, and none where nobody sends. Intervals count from the start of
// the run, whoever sends first.

import { type Context, type NodeId, parameter } from '../cluster/index.js';
import { type EventKind, START, seconds, tickAfter } from '../engine/index.js';
import type { Counter } from '../metrics/index.js';

export const packetCpuParameters = {
  interval: parameter(seconds(10), 'ns', 'CPU of packets is added up over so long', 'our choice'),
} as const;

/** Payload of a full packet at MTU 1500. */
const SEGMENT = 1448;
/** Packets of a connection that hold no payload: three to open it, four to close it. */
const CONNECTION_PACKETS = 7;

/** Packets of a request and its answer, both ways; what fits into one is one. @param isFirst its connection is new. */
export function packetsOf(requestBytes: number, responseBytes: number, isFirst: boolean): number {
  const segments = (bytes: number): number => Math.max(1, Math.ceil(bytes / SEGMENT));
  return segments(requestBytes) + segments(responseBytes) + (isFirst ? CONNECTION_PACKETS : 0);
}

export class PacketCpu {
  readonly #context: Context;
  readonly #ends: EventKind;
  readonly #total: Counter;
  /** CPU of this interval, ns, and millicores that the node is charged with, by node. */
  readonly #used: Float64Array;
  readonly #charged: Float64Array;
  /** Nodes that have either. */
  #active: number[] = [];
  readonly #isActive: Uint8Array;
  #isScheduled = false;
  /** Of all nodes, ns. */
  #uncounted = 0;

  constructor(context: Context) {
    const { count } = context.nodes;
    this.#context = context;
    this.#used = new Float64Array(count);
    this.#charged = new Float64Array(count);
    this.#isActive = new Uint8Array(count);
    this.#total = context.recorder.counter('kubelapse_packet_cpu_seconds_total');
    this.#ends = context.simulation.on('traffic/packet-cpu', () => this.#onEnds());
  }

  /** A node spends so much on packets. @param time ns. */
  add(node: NodeId, time: number): void {
    this.#used[node]! += time;
    this.#uncounted += time;
    if (this.#isActive[node] === 1) return;
    this.#isActive[node] = 1;
    this.#active.push(node);
    if (!this.#isScheduled) this.#schedule();
  }

  /** The warm-up ends: what came before is not counted. */
  resetCounts(): void {
    this.#uncounted = 0;
  }

  /** Counts what has not been counted yet. */
  settle(): void {
    this.#total.add(this.#uncounted / 1e9);
    this.#uncounted = 0;
  }

  #schedule(): void {
    const { simulation, spec } = this.#context;
    const at = tickAfter(START, packetCpuParameters.interval.value, simulation.now);
    this.#isScheduled = at < spec.duration;
    if (this.#isScheduled) simulation.schedule(at, this.#ends, 0);
  }

  #onEnds(): void {
    this.settle();
    const still: number[] = [];
    for (const node of this.#active) {
      const used = this.#used[node]!;
      const millis = Math.round((used * 1000) / packetCpuParameters.interval.value);
      const { cpu } = this.#context;
      cpu.changeDemand(cpu.partOf(node, 'kernel'), millis - this.#charged[node]!);
      this.#charged[node] = millis;
      this.#used[node] = 0;
      if (used > 0) still.push(node);
      else this.#isActive[node] = 0;
    }
    this.#active = still;
    if (still.length > 0) this.#schedule();
    else this.#isScheduled = false;
  }
}
