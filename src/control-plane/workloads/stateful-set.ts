// StatefulSets: pods with names of their own, in order. Part of the workload controllers.
// Source: pkg/controller/statefulset.

import type { PodId } from '../../cluster/index.js';
import { type Replica, statefulSetStep } from './stateful-set-step.js';
import { minReadyOf, replicasOf } from './update-fields.js';
import { REPLICATED, TEMPLATE, type WorkloadHost, type WorkloadKind } from './workload-kind.js';
import type { WorkloadState } from './workload-state.js';

function reconcile(workload: WorkloadState, host: WorkloadHost): void {
  const { pods } = host.context;
  const { replicas, ordered } = workload.spec;
  // A creation is on its way: what it makes is not known yet.
  if (workload.creating > 0) return;
  const byOrdinal = new Array<(Replica & { readonly pod: PodId }) | undefined>(replicas).fill(undefined);
  for (const [set, isEnding] of [
    [workload.pods, false],
    [workload.ending, true],
  ] as const) {
    for (const pod of set) {
      const isOld = pods.generation[pod] !== workload.generation;
      byOrdinal[pods.ordinal[pod]!] = { pod, isOld, isAvailable: workload.isReady(pod), isEnding };
    }
  }
  const { create, remove } = statefulSetStep(byOrdinal, ordered);
  for (const ordinal of create) host.create(workload, ordinal);
  if (remove >= 0) host.delete(workload, byOrdinal[remove]!.pod);
}

export const statefulSet: WorkloadKind = {
  kind: 'StatefulSet',
  traits: {
    ...REPLICATED,
    ownLabels: [
      { key: 'controller-revision-hash', of: 'template' },
      { key: 'statefulset.kubernetes.io/pod-name', of: 'pod' },
      { key: 'apps.kubernetes.io/pod-index', of: 'ordinal', since: 'podIndexLabel' },
    ],
    isSpread: true,
  },
  manifest: {
    apiVersion: 'apps/v1',
    template: TEMPLATE,
    fields: ['spec.replicas', 'spec.selector.**', 'spec.podManagementPolicy', 'spec.minReadySeconds'],
    hasSelector: true,
    restartPolicies: ['Always'],
    restartPolicy: 'Always',
    sizedFor: (replicas) => ({ replicas }),
    read: (reader, scaled) => ({
      replicas: replicasOf(reader, scaled),
      ordered: reader.text(['spec', 'podManagementPolicy'], 'OrderedReady') === 'OrderedReady',
      ...minReadyOf(reader),
    }),
  },
  control: (host) => ({
    reconcile: (workload) => reconcile(workload, host),
    // Its name is taken: what has failed is deleted before it is replaced.
    onEnded: (workload, pod) => host.delete(workload, pod),
  }),
};
