// Whether a client has used up its ports towards a service, so that a new connection looks like an old one that IPVS still
// remembers. Part of kube-proxy. Linux gives ports in turn: one comes again when all others have been used.

import { kernelParameters } from '../../parameters.js';

const SLOTS = 12;

/** Connections of one client to one virtual server, by twelfths of the time that IPVS remembers them. */
class Recent {
  readonly #counts = new Float64Array(SLOTS);
  #slot = 0;
  #total = 0;

  add(weight: number, now: number): void {
    const slot = Math.floor((now * SLOTS) / kernelParameters.ipvsTimeWait.value);
    for (let passed = Math.min(slot - this.#slot, SLOTS); passed > 0; passed--) {
      const at = (slot - passed + 1) % SLOTS;
      this.#total -= this.#counts[at]!;
      this.#counts[at] = 0;
    }
    this.#slot = slot;
    this.#counts[slot % SLOTS]! += weight;
    this.#total += weight;
  }

  get total(): number {
    return this.#total;
  }
}

export class PortReuse {
  readonly #recent = new Map<number, Map<number, Recent>>();

  /** Takes in a new connection; true if its port was in use within the time that IPVS remembers. */
  isReused(client: number, virtualServer: number, weight: number, now: number): boolean {
    let byServer = this.#recent.get(client);
    if (byServer === undefined) {
      byServer = new Map();
      this.#recent.set(client, byServer);
    }
    let recent = byServer.get(virtualServer);
    if (recent === undefined) {
      recent = new Recent();
      byServer.set(virtualServer, recent);
    }
    const isReused = recent.total >= kernelParameters.clientPorts.value;
    recent.add(weight, now);
    return isReused;
  }
}
