// What the PLEG's cache says of the containers: what the last relist that concerned them has seen. Part of the PLEG. Pod workers
// decide from it, and most of what a kubelet does late is the difference between it and the runtime.

import type { ContainerId } from '../../cluster/index.js';
import { ContainerState, type ContainersView } from '../../cri/index.js';
import type { Column } from '../../engine/index.js';

/** What may be read of the cache. */
export interface ContainerCacheView {
  /** One of {@link ContainerState}. */
  readonly state: Column;
  readonly run: Column;
  /** End of the latest run in the cache that has ended, NaN if it holds none; ns. */
  readonly finishedAt: Column;
}

class CacheColumns {
  state = new Uint8Array(0);
  run = new Int32Array(0);
  finishedAt = new Float64Array(0);
}

export class ContainerCache implements ContainerCacheView {
  readonly #containers: ContainersView;
  readonly #columns: CacheColumns;

  constructor(containers: ContainersView) {
    this.#containers = containers;
    this.#columns = containers.with(new CacheColumns(), { finishedAt: Number.NaN });
  }

  get state(): Column {
    return this.#columns.state;
  }

  get run(): Column {
    return this.#columns.run;
  }

  get finishedAt(): Column {
    return this.#columns.finishedAt;
  }

  /** Takes over what the runtime says of a container. @returns whether it runs otherwise than the cache had it. */
  take(c: ContainerId): boolean {
    const t = this.#containers;
    const cache = this.#columns;
    const isNews = cache.state[c] !== t.state[c] || cache.run[c] !== t.run[c];
    const isThere = t.isThere(c);
    cache.state[c] = isThere ? t.state[c]! : ContainerState.Waiting;
    cache.run[c] = isThere ? t.run[c]! : 0;
    cache.finishedAt[c] = t.finishedAt[c]!;
    return isNews;
  }

  /** The end of a pod is written into it without a relist: only whether its containers run, and which run it is. */
  takeRun(c: ContainerId): void {
    this.#columns.state[c] = this.#containers.state[c]!;
    this.#columns.run[c] = this.#containers.run[c]!;
  }
}
