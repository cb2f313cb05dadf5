// Which run of which container a liveness or startup probe has condemned: what a pod worker kills. Part of the prober; source:
// the results managers that computePodActions asks (pkg/kubelet/kuberuntime/kuberuntime_manager.go).

import type { ContainerId } from '../../cluster/index.js';
import type { ContainersView } from '../../cri/index.js';

class CondemnedColumns {
  run = new Int32Array(0);
  by = new Uint8Array(0);
}

export class Condemned {
  readonly #containers: ContainersView;
  readonly #columns: CondemnedColumns;

  constructor(containers: ContainersView) {
    this.#containers = containers;
    this.#columns = containers.with(new CondemnedColumns());
  }

  /** @param run that is to end. @param by an ExitReason. */
  add(c: ContainerId, run: number, by: number): void {
    this.#columns.run[c] = run;
    this.#columns.by[c] = by;
  }

  /** Whether the present run is to end. */
  has(c: ContainerId): boolean {
    return this.#columns.run[c] !== 0 && this.#columns.run[c] === this.#containers.run[c];
  }

  /** By which probe a run was condemned last, as an ExitReason. */
  by(c: ContainerId): number {
    return this.#columns.by[c]!;
  }

  forget(c: ContainerId): void {
    this.#columns.run[c] = 0;
  }
}
