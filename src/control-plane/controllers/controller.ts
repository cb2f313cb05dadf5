// What a controller of the control plane is: the contract. Part of the control plane; a file a controller beside this one,
// and the catalogue lists them. Those that create pods for a kind of workload have a contract of their own:
// workloads/workload-kind.ts.
// A controller watches what it wants of the API server, queues what has changed (see work-queue.ts), and writes as a client
// of its own, with a rate limit and with what its requests take.

import type { Context, PodId } from '../../cluster/index.js';
import type { ControlPlaneAccess } from '../api-server/api-server.js';
import type { WorkloadControllers } from '../workloads/workload-controllers.js';

/** What controllers are handed. */
export interface ControllerManager {
  readonly context: Context;
  readonly api: ControlPlaneAccess;
  /** Whose pods are whose. */
  readonly workloads: WorkloadControllers;
}

/** A controller in one run. */
export interface Controller {
  /** A pod that runs, and is ready, when the run begins. */
  seed?(pod: PodId): void;
  /** Everything that runs when the run begins is there. */
  start?(): void;
}

export interface ControllerType {
  /** As kube-controller-manager calls it. */
  readonly name: string;
  readonly meaning: string;
  /** Makes it for one cluster, watching what it wants. */
  create(manager: ControllerManager): Controller;
}
