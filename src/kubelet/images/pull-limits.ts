// How many pulls registries answer before they say 429. Part of the kubelet.
// The limit is one of the address that all nodes are seen under. It counts whole spans of time from the first pull on, as
// Docker Hub does.

import type { RegistrySpec } from '../../cluster/index.js';

export class PullLimits {
  readonly #registries: readonly RegistrySpec[];
  readonly #since: number[];
  readonly #taken: number[];

  constructor(registries: readonly RegistrySpec[]) {
    this.#registries = registries;
    this.#since = registries.map(() => Number.NEGATIVE_INFINITY);
    this.#taken = registries.map(() => 0);
  }

  /** A manifest is asked for. @returns whether the registry gives it. */
  take(registry: number, now: number): boolean {
    const { pullLimit } = this.#registries[registry]!;
    if (pullLimit === undefined) return true;
    if (now - this.#since[registry]! >= pullLimit.per) {
      this.#since[registry] = now;
      this.#taken[registry] = 0;
    }
    if (this.#taken[registry]! >= pullLimit.pulls) return false;
    this.#taken[registry]! += 1;
    return true;
  }
}
