// ReplicaSets and ReplicationControllers: so many pods of one template. Part of the workload controllers; the pods of a
// Deployment are those of ReplicaSets, too. Source: pkg/controller/replicaset, pkg/controller/replication.

import type { PodId } from '../../cluster/index.js';
import { each, USED } from '../../format/index.js';
import { DeletionOrder } from './pods-to-delete.js';
import { minReadyOf, replicasOf } from './update-fields.js';
import {
  REPLICATED,
  TEMPLATE,
  type WorkloadController,
  type WorkloadHost,
  type WorkloadKind,
  type WorkloadManifest,
} from './workload-kind.js';
import type { WorkloadState } from './workload-state.js';

/** BurstReplicas in pkg/controller/replicaset/replica_set.go: pods created or deleted in one sync. */
const BURST = 500;

/** Makes the pods of one template of a workload as many as they are to be. */
export class ReplicaSets {
  readonly #host: WorkloadHost;
  readonly #order: DeletionOrder;

  constructor(host: WorkloadHost) {
    this.#host = host;
    this.#order = new DeletionOrder(host);
  }

  /** One sync. Nothing is done before all that the last one asked for has been observed (its expectations). */
  sync(workload: WorkloadState, generation: number, replicas: number): void {
    const { creating, size } = workload.of(generation);
    if (creating > 0 || workload.isOver) return;
    const missing = Math.min(replicas - size, BURST);
    if (missing > 0)
      this.#host.create(
        workload,
        Array.from({ length: missing }, () => ({ generation })),
      );
    else if (missing < 0)
      for (const pod of this.#surplus(workload, generation, -missing)) this.#host.delete(workload, pod);
  }

  #surplus(workload: WorkloadState, generation: number, count: number): PodId[] {
    const { available, unavailable } = workload.of(generation);
    return this.#order.first([...unavailable, ...available], Math.min(count, BURST), workload.pods);
  }
}

class ReplicaSetController implements WorkloadController {
  readonly #sets: ReplicaSets;

  constructor(host: WorkloadHost) {
    this.#sets = new ReplicaSets(host);
  }

  reconcile(workload: WorkloadState): void {
    // A new template is for new pods only.
    const others = workload.oldCount;
    this.#sets.sync(workload, workload.generation, Math.max(0, workload.replicas - others));
  }

  onEnded(workload: WorkloadState, pod: PodId): void {
    workload.remove(pod);
  }
}

const manifestOf = (apiVersion: string, selector: WorkloadManifest['selector']): WorkloadManifest => ({
  apiVersion,
  template: TEMPLATE,
  fields: each(USED, 'replicas', 'selector', 'minReadySeconds'),
  selector,
  restartPolicies: ['Always'],
  restartPolicy: 'Always',
  sizedFor: (replicas) => ({ replicas }),
  read: (reader, scaled) => ({ replicas: replicasOf(reader, scaled), ...minReadyOf(reader) }),
});

const kindOf = (kind: string, apiVersion: string, selector: WorkloadManifest['selector']): WorkloadKind => ({
  kind,
  traits: { ...REPLICATED, isSpread: true },
  manifest: manifestOf(apiVersion, selector),
  promises: ({ replicas }) => ({ mostPods: replicas, leastReady: replicas }),
  control: (host) => new ReplicaSetController(host),
});

export const replicaSet = kindOf('ReplicaSet', 'apps/v1', 'labelSelector');
export const replicationController = kindOf('ReplicationController', 'v1', 'labels');
