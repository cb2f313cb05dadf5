// What differs between versions of Kubernetes: one table. Part of the cluster vocabulary.
// Each fact has a value from a version on. Whatever depends on the version reads it here, and `kubelapse explain versions`
// and the reference print it: a change of a version is one row.

import { type Duration, seconds } from '../engine/index.js';

/** Minor version of Kubernetes 1.x. */
export type MinorVersion = number;

export const MINOR_VERSION_MIN: MinorVersion = 27;
export const MINOR_VERSION_MAX: MinorVersion = 37;
/** The newest of which more is known than its enhancement proposals. */
export const MINOR_VERSION_DEFAULT: MinorVersion = 36;

export interface VersionFact<T> {
  readonly meaning: string;
  /** A file of Kubernetes, a KEP, or a pull request. */
  readonly source: string;
  /** Name of the feature gate that turns it on or off; its stage stands in the meaning. */
  readonly gate?: string;
  /** From which version on which value holds; the first one holds in every version that is modelled. */
  readonly values: readonly [first: Since<T>, ...later: Since<T>[]];
}
type Since<T> = readonly [from: MinorVersion, value: T];

const since = (from: MinorVersion, meaning: string, source: string): VersionFact<boolean> => ({
  meaning,
  source,
  values: [
    [MINOR_VERSION_MIN, false],
    [from, true],
  ],
});

/** @param from version from which on it is on by default; left out: none. */
const gate = (name: string, meaning: string, source: string, from?: MinorVersion): VersionFact<boolean> => ({
  meaning,
  source,
  gate: name,
  values: from === undefined ? [[MINOR_VERSION_MIN, false]] : since(from, meaning, source).values,
});

const value = <T>(meaning: string, source: string, ...values: VersionFact<T>['values']): VersionFact<T> => ({
  meaning,
  source,
  values,
});

export const VERSION_FACTS = {
  // kubelet
  crashLoopBackOffInitial: value<Duration>('first back-off of a container that ended', 'pkg/kubelet/kubelet.go', [
    MINOR_VERSION_MIN,
    seconds(10),
  ]),
  crashLoopBackOffMax: value<Duration>('longest back-off, unless maxContainerRestartPeriod says less', 'KEP-5593', [
    MINOR_VERSION_MIN,
    seconds(300),
  ]),
  reducedBackOffInitial: value<Duration>('first back-off with ReduceDefaultCrashLoopBackOffDecay', 'KEP-4603', [
    MINOR_VERSION_MIN,
    seconds(1),
  ]),
  reducedBackOffMax: value<Duration>('longest back-off with ReduceDefaultCrashLoopBackOffDecay', 'KEP-4603', [
    MINOR_VERSION_MIN,
    seconds(60),
  ]),
  retriesAtBackOffExpiry: since(
    35,
    'a pod in container back-off is retried when the back-off ends, not every 10-15 s',
    'pkg/kubelet/pod_workers.go',
  ),
  triggerRearmsTicker: since(
    32,
    'a manual trigger of a probe worker re-arms its ticker',
    'pkg/kubelet/prober/worker.go',
  ),
  keepsReadiness: since(
    35,
    'a container that was running long before its kubelet started keeps its readiness',
    'pkg/kubelet/prober/worker.go',
  ),
  registersStaticPodsFast: since(
    32,
    'a kubelet that has registered its node creates the mirror pods of its static pods at once',
    'pkg/kubelet/kubelet.go',
  ),
  reportsSandbox: since(
    29,
    'a pod status reports whether the sandbox is ready',
    'PodReadyToStartContainersCondition, KEP-3085',
  ),
  reportsSandboxAtOnce: since(
    36,
    'a pod status reports whether the sandbox is ready without waiting for a relist',
    'kubernetes#134460',
  ),
  sidecars: since(29, 'init containers with restartPolicy Always are sidecars', 'SidecarContainers, KEP-753'),
  restartRules: since(
    35,
    'containers have a restartPolicy and restartPolicyRules of their own',
    'ContainerRestartRules, KEP-5307',
  ),
  eventedPleg: gate(
    'EventedPLEG',
    'the runtime reports changes as they happen; relists only every 300 s',
    'KEP-3386, alpha',
  ),
  relistsOnDemand: gate(
    'PLEGOnDemandRelist',
    'a pod is relisted right after a sync that did something',
    'kubernetes#137362',
    36,
  ),
  reducesBackOff: gate(
    'ReduceDefaultCrashLoopBackOffDecay',
    'crash back-off from 1 s to 60 s instead of 10 s to 300 s',
    'KEP-4603, alpha since 1.33',
  ),
  // kube-proxy
  runnerWaitsFromEnd: since(
    34,
    'kube-proxy’s runner measures its interval from the end of a sync, without burst',
    'pkg/proxy/runner, about 1.34',
  ),
  nftablesPartialSync: since(
    32,
    'kube-proxy in nftables mode syncs only what changed',
    'kubernetes#126013, about 1.32',
  ),
  leavesOrphanedUdpFlows: since(
    32,
    'kube-proxy leaves UDP flows alone when their service has no endpoints left',
    'kubernetes#127318, kubernetes#139628',
  ),
  // scheduler
  queueingHints: since(
    32,
    'plugins say of each event whether it helps a pod that no node could take; before, each kind of event wakes all',
    'SchedulerQueueingHints, KEP-4247',
  ),
  popsFromBackOffQueue: since(
    33,
    'a scheduler whose active queue is empty takes pods whose back-off is not over',
    'SchedulerPopFromBackoffQ, KEP-5142',
  ),
  batchesAlikePods: since(
    35,
    'a pod that is like the one before it takes the next best node of that attempt',
    'OpportunisticBatching, KEP-5598',
  ),
  asyncApiCalls: since(
    35,
    'the scheduler’s calls to the API server go through a queue of their own, which leaves out what a later one replaces',
    'SchedulerAsyncAPICalls, KEP-5229',
  ),
  podLevelResources: since(34, 'requests of the pod as a whole count', 'PodLevelResources, KEP-2837'),
  affinityMatchLabelKeys: since(
    31,
    'terms of pod affinity have matchLabelKeys and mismatchLabelKeys',
    'MatchLabelKeysInPodAffinity, KEP-3633',
  ),
  readsSchedulerBeta: value<boolean>(
    'kube-scheduler reads configurations of kubescheduler.config.k8s.io/v1beta3',
    'removed in 1.29, kubernetes#119994',
    [MINOR_VERSION_MIN, true],
    [29, false],
  ),
  podIndexLabel: since(
    28,
    'pods of a StatefulSet have the label apps.kubernetes.io/pod-index',
    'PodIndexLabel, KEP-4017',
  ),
  balancesByDifference: since(
    36,
    'NodeResourcesBalancedAllocation compares a node with the pod and without it',
    'pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go',
  ),
  // control plane and Services
  statefulSetMaxUnavailable: value<boolean>(
    'maxUnavailable of a StatefulSet counts',
    'MaxUnavailableStatefulSet, KEP-961',
    [MINOR_VERSION_MIN, false],
    [35, true],
    [36, false],
    [37, true],
  ),
  nodeMonitorGracePeriod: value<Duration>(
    'silence after which a node is declared Unknown',
    'pkg/controller/nodelifecycle/config/v1alpha1/defaults.go',
    [MINOR_VERSION_MIN, seconds(40)],
    [32, seconds(50)],
  ),
  trafficDistribution: since(31, 'Services have a trafficDistribution', 'ServiceTrafficDistribution, KEP-4444'),
  prefersSameNode: since(34, 'trafficDistribution may be PreferSameNode', 'PreferSameTrafficDistribution, KEP-3015'),
} as const;

type Facts = typeof VERSION_FACTS;
type ValueOf<Fact> = Fact extends VersionFact<infer T> ? T : never;

/** What holds in one version. */
export type VersionProfile = { readonly minor: MinorVersion } & {
  readonly [Name in keyof Facts]: ValueOf<Facts[Name]>;
};

export function versionProfile(minor: MinorVersion): VersionProfile {
  const held = Object.entries(VERSION_FACTS).map(([name, { values }]) => [
    name,
    (values as readonly Since<unknown>[]).findLast(([from]) => from <= minor)![1],
  ]);
  return { minor, ...Object.fromEntries(held) } as VersionProfile;
}

/** The version from which on something is there, for messages. */
export const versionOf = (
  name: { [K in keyof Facts]: Facts[K] extends VersionFact<boolean> ? K : never }[keyof Facts],
): MinorVersion => VERSION_FACTS[name].values.at(-1)![0];

/** Feature gates of the kubelet that the model knows, by the facts that they decide. */
export const FEATURE_GATES: readonly (VersionFact<boolean> & { readonly gate: string })[] = Object.values(
  VERSION_FACTS as Readonly<Record<string, VersionFact<unknown>>>,
).filter((fact): fact is VersionFact<boolean> & { gate: string } => fact.gate !== undefined);
