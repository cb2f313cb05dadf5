// What the status manager has stored of the containers, which is all that a probe worker looks at. Part of the kubelet.

import type { ContainerId } from '../../cluster/index.js';
import { ContainerState, type ContainersView } from '../../cri/index.js';
import type { Column } from '../../engine/index.js';
import type { ContainerCacheView } from '../pleg/container-cache.js';

/** What may be read of it. */
export interface ContainerStatusesView {
  /** One of {@link ContainerState}. */
  readonly state: Column;
  /** 0: none. */
  readonly run: Column;
}

class StatusColumns {
  state = new Uint8Array(0);
  run = new Int32Array(0);
}

export class ContainerStatuses implements ContainerStatusesView {
  readonly #cache: ContainerCacheView;
  readonly #columns: StatusColumns;

  constructor(containers: ContainersView, cache: ContainerCacheView) {
    this.#cache = cache;
    this.#columns = containers.with(new StatusColumns());
  }

  get state(): Column {
    return this.#columns.state;
  }

  get run(): Column {
    return this.#columns.run;
  }

  /** Stores what the PLEG's cache says of a container. @returns whether that is another state or run. */
  take(c: ContainerId): boolean {
    const { state, run } = this.#columns;
    if (state[c] === this.#cache.state[c] && run[c] === this.#cache.run[c]) return false;
    state[c] = this.#cache.state[c]!;
    run[c] = this.#cache.run[c]!;
    return true;
  }

  /** There is no status of it. */
  forget(c: ContainerId): void {
    this.#columns.state[c] = ContainerState.Waiting;
    this.#columns.run[c] = 0;
  }
}
