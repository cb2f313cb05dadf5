// What the prober knows of its workers, one row each, as flat columns. Part of the kubelet. A worker has the number of its ticker.

import { growColumns } from '../../engine/index.js';

export class ProbeWorkerTable {
  count = 0;
  container = new Int32Array(0);
  /** Index in PROBE_TYPES. */
  type = new Uint8Array(0);
  /** Its first tick. */
  beginsAt = new Float64Array(0);
  /** In the result store. */
  value = new Uint8Array(0);
  lastResult = new Uint8Array(0);
  resultRun = new Int32Array(0);
  onHold = new Uint8Array(0);
  ended = new Uint8Array(0);
  /** A probe is being carried out… */
  probing = new Uint8Array(0);
  /** … since this instant. */
  probedAt = new Float64Array(0);
  /** A manual trigger waits to be taken; there is room for one. */
  poked = new Uint8Array(0);
  /** The container's run that the worker last saw. */
  run = new Int32Array(0);

  /** Adds a worker and returns its number. */
  add(): number {
    const worker = this.count++;
    if (worker === this.container.length) growColumns(this, Math.max(1024, worker * 2));
    return worker;
  }
}
