// Connections that are under way. Part of the traffic: rows of typed arrays, taken and given back.

import { growColumns } from '../engine/index.js';

export class SessionTable {
  /** Rows in use. */
  size = 0;
  /** Entry in spec.traffic, and service. */
  entry = new Int32Array(0);
  service = new Int32Array(0);
  /** Index of the service's port. */
  port = new Int32Array(0);
  /** Client of a closed loop that it belongs to, 0 for others; what names the connection in draws. */
  loop = new Int32Array(0);
  key = new Int32Array(0);
  /** The client: its node, its pod or -1, its address and port. */
  from = new Uint8Array(0);
  node = new Int32Array(0);
  clientPod = new Int32Array(0);
  source = new Float64Array(0);
  sourcePort = new Int32Array(0);
  /** Which run of the client's pod it is. */
  clientIncarnation = new Float64Array(0);
  /** The pod that it is connected to, or -1; which run of it; the position of the service log that chose it. */
  pod = new Int32Array(0);
  incarnation = new Float64Array(0);
  position = new Int32Array(0);
  /** Requests that are still to come, the present one included; how many were before; attempts at the present one. */
  left = new Int32Array(0);
  requests = new Int32Array(0);
  attempts = new Int32Array(0);
  /** Packets that were sent in vain in this attempt. */
  knocks = new Int32Array(0);
  /** When the present request began, and its present attempt, ns. */
  begunAt = new Float64Array(0);
  attemptAt = new Float64Array(0);
  /** How often the row was given back: what was scheduled for an earlier use is void. */
  uses = new Int32Array(0);
  /** When nodes began to remember it, ns; 1: that of the pod does, too. */
  trackedAt = new Float64Array(0);
  isTrackedThere = new Uint8Array(0);
  /** 1: the present request waits for a link rather than for its pod. */
  isForLink = new Uint8Array(0);
  /** The present request at a pod whose limit decides when it is done: its number there, 0 for none; what comes after that, ns. */
  served = new Float64Array(0);
  after = new Float64Array(0);
  /** The event at which its client gives up. */
  gaveUp = new Float64Array(0);
  /** 1: IPVS took it for an old connection. */
  reused = new Uint8Array(0);
  /** 1: between two requests. */
  idle = new Uint8Array(0);
  /** 1: in use. */
  taken = new Uint8Array(0);
  readonly #free: number[] = [];
  #capacity = 0;

  take(): number {
    this.size++;
    const row = this.#free.pop() ?? this.size - 1;
    if (row >= this.#capacity) {
      this.#capacity = Math.max(256, this.#capacity * 2);
      growColumns(this, this.#capacity);
    }
    this.taken[row] = 1;
    return row;
  }

  release(row: number): void {
    this.size--;
    this.uses[row]! += 1;
    this.taken[row] = 0;
    this.served[row] = 0;
    this.#free.push(row);
  }
}
