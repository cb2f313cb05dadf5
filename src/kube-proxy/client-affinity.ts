// Which endpoint a client had last, for services with sessionAffinity ClientIP, on one node. Part of kube-proxy.
// iptables remembers 100 clients an endpoint and forgets the one that has not come for longest (xt_recent's ip_list_tot);
// the other modes are not full in practice.

import type { PodId } from '../cluster/index.js';

export class ClientAffinity {
  readonly #timeout: number;
  readonly #clientsMax: number;
  readonly #entries = new Map<number, { pod: PodId; until: number }>();
  /** Clients of each pod, the one that came last at the end. */
  readonly #clientsOf = new Map<number, Set<number>>();

  /** @param timeout ns. @param clientsMax remembered for each endpoint. */
  constructor(timeout: number, clientsMax: number) {
    this.#timeout = timeout;
    this.#clientsMax = clientsMax;
  }

  /** The pod that the client is to have again; -1: none is remembered. */
  recall(client: number, now: number): number {
    const entry = this.#entries.get(client);
    return entry === undefined || entry.until < now ? -1 : entry.pod;
  }

  /** The client has been sent to the pod. */
  remember(client: number, pod: PodId, now: number): void {
    this.#forget(client);
    let clients = this.#clientsOf.get(pod);
    if (clients === undefined) {
      clients = new Set();
      this.#clientsOf.set(pod, clients);
    }
    if (clients.size >= this.#clientsMax)
      for (const oldest of clients) {
        this.#forget(oldest);
        break;
      }
    clients.add(client);
    this.#entries.set(client, { pod, until: now + this.#timeout });
  }

  #forget(client: number): void {
    const entry = this.#entries.get(client);
    if (entry === undefined) return;
    this.#entries.delete(client);
    this.#clientsOf.get(entry.pod)!.delete(client);
  }
}
