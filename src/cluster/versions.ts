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

/** How far a feature has come; `locked`: its gate cannot be turned off any more. */
export type FeatureStage = 'alpha' | 'beta' | 'GA' | 'locked' | 'deprecated' | 'removed';

/** Whose feature gate it is. */
export type GateOwner = 'kubelet' | 'controlPlane' | 'kubeProxy';

export interface VersionFact<T> {
  /** What it changes here. */
  readonly meaning: string;
  /** A file of Kubernetes, a KEP, or a pull request. */
  readonly source: string;
  /** Name of the feature gate that turns it on or off. */
  readonly gate?: string;
  /** Whose gate it is, where a scenario may turn it. */
  readonly owner?: GateOwner;
  /** Since when it is in which stage; empty: it has no gate, or nobody can know. */
  readonly stages?: readonly Since<FeatureStage>[];
  /** The patch release in which the default turned, where it was one. */
  readonly patch?: string;
  /** The model has nothing of it: the table only says so. */
  readonly isOnlySaid?: boolean;
  /** From which version on which value holds; the first one holds in every version that is modelled. */
  readonly values: readonly [first: Since<T>, ...later: Since<T>[]];
}
type Since<T> = readonly [from: MinorVersion, value: T];

/** What a fact says beside its meaning and source. */
type Details = Omit<VersionFact<boolean>, 'meaning' | 'source' | 'values'>;

const since = (from: MinorVersion, meaning: string, source: string, details: Details = {}): VersionFact<boolean> => ({
  meaning,
  source,
  ...details,
  values:
    from <= MINOR_VERSION_MIN
      ? [[MINOR_VERSION_MIN, true]]
      : [
          [MINOR_VERSION_MIN, false],
          [from, true],
        ],
});

/** A feature with a gate: since when it is in which stage, and with that, since when it is on. */
function feature(
  gate: string,
  meaning: string,
  source: string,
  stages: readonly Since<FeatureStage>[],
  details: Details & { readonly on?: readonly Since<boolean>[] } = {},
): VersionFact<boolean> {
  const { on, ...rest } = details;
  const first = stages.find(([, stage]) => stage === 'beta' || stage === 'GA' || stage === 'locked');
  const turns = on ?? (first === undefined ? [] : [[Math.max(first[0], MINOR_VERSION_MIN), true] as const]);
  const values = turns[0]?.[0] === MINOR_VERSION_MIN ? turns : [[MINOR_VERSION_MIN, false] as const, ...turns];
  return { meaning, source, gate, stages, ...rest, values: values as VersionFact<boolean>['values'] };
}

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
  aksReservesByPods: since(
    29,
    'what AKS reserves of the memory of a node follows from its pods',
    'learn.microsoft.com/azure/aks/node-resource-reservations',
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
  reportsSandbox: feature(
    'PodReadyToStartContainersCondition',
    'a pod status reports whether the sandbox is ready',
    'KEP-3085',
    [
      [28, 'alpha'],
      [29, 'beta'],
    ],
  ),
  reportsSandboxAtOnce: since(
    36,
    'a pod status reports whether the sandbox is ready without waiting for a relist',
    'kubernetes#134460',
  ),
  sidecars: feature('SidecarContainers', 'init containers with restartPolicy Always are sidecars', 'KEP-753', [
    [28, 'alpha'],
    [29, 'beta'],
    [33, 'GA'],
  ]),
  restartRules: feature(
    'ContainerRestartRules',
    'containers have a restartPolicy and restartPolicyRules of their own',
    'KEP-5307',
    [
      [34, 'alpha'],
      [35, 'beta'],
    ],
  ),
  restartsAllContainers: feature(
    'RestartAllContainersOnContainerExits',
    'a restart rule may have the whole pod begin anew in its sandbox (action RestartAllContainers)',
    'KEP-5532; its stages after 1.35 are not known',
    [[35, 'alpha']],
    { owner: 'controlPlane' },
  ),
  eventedPleg: feature(
    'EventedPLEG',
    'the runtime reports changes as they happen; relists only every 300 s',
    'KEP-3386',
    [[27, 'alpha']],
    { owner: 'kubelet' },
  ),
  relistsOnDemand: feature(
    'PLEGOnDemandRelist',
    'a pod is relisted right after a sync that did something',
    'kubernetes#137362',
    [
      [36, 'beta'],
      [37, 'locked'],
    ],
    { owner: 'kubelet' },
  ),
  ensuresPullSecrets: feature(
    'KubeletEnsureSecretPulledImages',
    'an image that was pulled with secrets is pulled again for pods that have others: they have to show theirs',
    'KEP-2535',
    [
      [33, 'alpha'],
      [35, 'beta'],
    ],
    { owner: 'kubelet' },
  ),
  stopSignals: feature(
    'ContainerStopSignals',
    'lifecycle.stopSignal says which signal ends a container',
    'KEP-4960; its stages after 1.33 are not known',
    [[33, 'alpha']],
    { owner: 'kubelet' },
  ),
  resizesInPlace: feature(
    'InPlacePodVerticalScaling',
    'requests and limits of a pod that runs may be changed (Resize)',
    'KEP-1287',
    [
      [27, 'alpha'],
      [33, 'beta'],
      [35, 'GA'],
    ],
    { owner: 'controlPlane' },
  ),
  imageVolumes: feature(
    'ImageVolume',
    'volumes may be images: they are pulled before the containers that mount them start',
    'KEP-4639; its stage after 1.35 is not known',
    [
      [31, 'alpha'],
      [33, 'beta'],
    ],
    { on: [[35, true]], owner: 'controlPlane' },
  ),
  reducesBackOff: feature(
    'ReduceDefaultCrashLoopBackOffDecay',
    'crash back-off from 1 s to 60 s instead of 10 s to 300 s',
    'KEP-4603',
    [[33, 'alpha']],
    { owner: 'kubelet' },
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
  nftablesNetlink: since(
    37,
    'kube-proxy in nftables mode lists what the kernel has through netlink instead of the nft program: no published figure, syncs cost the same here',
    'announced for 1.37',
    { isOnlySaid: true },
  ),
  leavesOrphanedUdpFlows: since(
    32,
    'kube-proxy leaves UDP flows alone when their service has no endpoints left',
    'kubernetes#127318, kubernetes#139628',
  ),
  ipvsDeprecated: since(
    35,
    'kube-proxy mode ipvs is deprecated: off by default from 1.40 on, gone in 1.43',
    'KEP-5495',
    { stages: [[35, 'deprecated']] },
  ),
  // scheduler
  queueingHints: feature(
    'SchedulerQueueingHints',
    'plugins say of each event whether it helps a pod that no node could take; before, each kind of event wakes all',
    'KEP-4247',
    [
      [28, 'beta'],
      [34, 'GA'],
    ],
    { on: [[32, true]], owner: 'controlPlane', patch: 'on in 1.28.0, off from 1.28.6 to 1.31' },
  ),
  popsFromBackOffQueue: feature(
    'SchedulerPopFromBackoffQ',
    'a scheduler whose active queue is empty takes pods whose back-off is not over',
    'KEP-5142',
    [[33, 'beta']],
    { owner: 'controlPlane' },
  ),
  batchesAlikePods: feature(
    'OpportunisticBatching',
    'a pod that is like the one before it takes the next best node of that attempt',
    'KEP-5598',
    [[35, 'beta']],
    { owner: 'controlPlane' },
  ),
  asyncApiCalls: feature(
    'SchedulerAsyncAPICalls',
    'the scheduler’s calls to the API server go through a queue of their own, which leaves out what a later one replaces',
    'KEP-5229',
    [[34, 'beta']],
    { on: [[35, true]], owner: 'controlPlane' },
  ),
  nodeSwap: feature(
    'NodeSwap',
    'containers of Burstable pods may use swap where the kubelet allows it',
    'KEP-2400',
    [
      [22, 'alpha'],
      [28, 'beta'],
      [34, 'GA'],
    ],
    { on: [[30, true]], owner: 'kubelet' },
  ),
  podLevelResources: feature('PodLevelResources', 'requests of the pod as a whole count', 'KEP-2837', [
    [32, 'alpha'],
    [34, 'beta'],
    [37, 'GA'],
  ]),
  affinityMatchLabelKeys: feature(
    'MatchLabelKeysInPodAffinity',
    'terms of pod affinity have matchLabelKeys and mismatchLabelKeys',
    'KEP-3633',
    [
      [29, 'alpha'],
      [31, 'beta'],
      [33, 'GA'],
    ],
  ),
  readsSchedulerBeta: value<boolean>(
    'kube-scheduler reads configurations of kubescheduler.config.k8s.io/v1beta3',
    'removed in 1.29, kubernetes#119994',
    [MINOR_VERSION_MIN, true],
    [29, false],
  ),
  podIndexLabel: feature(
    'PodIndexLabel',
    'pods of a StatefulSet have the label apps.kubernetes.io/pod-index, those of an Indexed Job batch.kubernetes.io/job-completion-index',
    'KEP-4017',
    [
      [28, 'beta'],
      [32, 'GA'],
    ],
  ),
  balancesByDifference: since(
    36,
    'NodeResourcesBalancedAllocation compares a node with the pod and without it',
    'pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go',
  ),
  // controllers
  statefulSetMaxUnavailable: feature(
    'MaxUnavailableStatefulSet',
    'maxUnavailable of a StatefulSet counts; where it is off, pods are updated one after another',
    'KEP-961',
    [
      [27, 'alpha'],
      [35, 'beta'],
    ],
    {
      on: [
        [35, true],
        [36, false],
        [37, true],
      ],
      owner: 'controlPlane',
      patch: 'not known',
    },
  ),
  jobBackoffLimitPerIndex: feature(
    'JobBackoffLimitPerIndex',
    'Jobs have a backoffLimitPerIndex and maxFailedIndexes',
    'KEP-3850',
    [
      [28, 'alpha'],
      [29, 'beta'],
      [33, 'GA'],
    ],
    { owner: 'controlPlane' },
  ),
  jobPodReplacementPolicy: feature(
    'JobPodReplacementPolicy',
    'a Job may wait with the replacement of a pod until it has ended (podReplacementPolicy)',
    'KEP-3939',
    [
      [28, 'alpha'],
      [29, 'beta'],
      [34, 'GA'],
    ],
    { owner: 'controlPlane' },
  ),
  jobSuccessPolicy: feature(
    'JobSuccessPolicy',
    'some of its indexes may be enough for a Job (successPolicy)',
    'KEP-3998',
    [
      [30, 'alpha'],
      [31, 'beta'],
      [33, 'GA'],
    ],
    { owner: 'controlPlane' },
  ),
  jobManagedBy: feature(
    'JobManagedBy',
    'the Job controller leaves Jobs alone that another one manages (managedBy)',
    'KEP-4368',
    [
      [30, 'alpha'],
      [32, 'beta'],
      [35, 'GA'],
    ],
    { owner: 'controlPlane' },
  ),
  nodeMonitorGracePeriod: value<Duration>(
    'silence after which a node is declared Unknown',
    'pkg/controller/nodelifecycle/config/v1alpha1/defaults.go',
    [MINOR_VERSION_MIN, seconds(40)],
    [32, seconds(50)],
  ),
  scaleToZero: feature(
    'HPAScaleToZero',
    'a HorizontalPodAutoscaler may scale to 0; none is modelled',
    'KEP-2021',
    [
      [27, 'alpha'],
      [37, 'beta'],
    ],
    { isOnlySaid: true },
  ),
  // Services
  trafficDistribution: feature('ServiceTrafficDistribution', 'Services have a trafficDistribution', 'KEP-4444', [
    [30, 'alpha'],
    [31, 'beta'],
    [33, 'GA'],
  ]),
  prefersSameNode: feature('PreferSameTrafficDistribution', 'trafficDistribution may be PreferSameNode', 'KEP-3015', [
    [33, 'alpha'],
    [34, 'beta'],
    [35, 'GA'],
  ]),
} as const;

type Facts = typeof VERSION_FACTS;
type ValueOf<Fact> = Fact extends VersionFact<infer T> ? T : never;

/** What holds in one version. */
export type VersionProfile = { readonly minor: MinorVersion } & {
  readonly [Name in keyof Facts]: ValueOf<Facts[Name]>;
};

/** @param turned feature gates that are set, by their names. */
export function versionProfile(
  minor: MinorVersion,
  turned: Readonly<Record<string, boolean | undefined>> = {},
): VersionProfile {
  const held = Object.entries(VERSION_FACTS as Readonly<Record<string, VersionFact<unknown>>>).map(
    ([name, { gate, values }]) => [
      name,
      (gate === undefined ? undefined : turned[gate]) ?? values.findLast(([from]) => from <= minor)![1],
    ],
  );
  return { minor, ...Object.fromEntries(held) } as VersionProfile;
}

/** The version from which on something is there, for messages. */
export const versionOf = (
  name: { [K in keyof Facts]: Facts[K] extends VersionFact<boolean> ? K : never }[keyof Facts],
): MinorVersion => (VERSION_FACTS[name] as VersionFact<boolean>).values.find(([, holds]) => holds)![0];

/** A fact that a feature gate decides. */
export type GatedFact = VersionFact<boolean> & { readonly gate: string };

/** Feature gates of a component that the model knows, by the facts that they decide. */
export const featureGatesOf = (owner: GateOwner): GatedFact[] =>
  Object.values(VERSION_FACTS as Readonly<Record<string, VersionFact<unknown>>>).filter(
    (fact): fact is GatedFact => fact.owner === owner,
  );
