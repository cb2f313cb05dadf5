// All controllers of one cluster but those of workloads, as the catalogue has them. Part of the control plane.

import type { PartList, PodId } from '../../cluster/index.js';
import type { Controller, ControllerManager, ControllerType } from './controller.js';

export class Controllers {
  readonly #all: readonly Controller[];

  constructor(manager: ControllerManager, types: PartList<ControllerType>) {
    this.#all = types.all.map((type) => type.create(manager));
  }

  /** Tells them of a pod that runs, and is ready, when the run begins. */
  seed(pod: PodId): void {
    for (const controller of this.#all) controller.seed?.(pod);
  }

  /** Everything that runs when the run begins is there. */
  start(): void {
    for (const controller of this.#all) controller.start?.();
  }
}
