// Pods that nobody replaces: single ones, and those that a kubelet takes from files. Part of the workload controllers.

import { REPLICATED, type WorkloadKind } from './workload-kind.js';

export const pod: WorkloadKind = {
  kind: 'Pod',
  traits: { ...REPLICATED, podSuffix: 'none' },
  manifest: {
    apiVersion: 'v1',
    template: [],
    fields: {},
    selector: 'none',
    restartPolicies: ['Always', 'OnFailure', 'Never'],
    restartPolicy: 'Always',
    sizedFor: () => ({}),
    read: () => ({}),
  },
  control: (host) => ({
    begin: (workload) => host.create(workload),
    reconcile: () => {},
  }),
};

/** What a file on each node of a pool describes. */
export const staticPod: WorkloadKind = {
  kind: 'StaticPod',
  traits: { ...REPLICATED, podSuffix: 'node', placement: 'pool', isStatic: true },
};
