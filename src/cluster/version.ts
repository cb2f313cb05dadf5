// Kubernetes versions as far as behaviour differs between them. Part of the cluster vocabulary.

/** Minor version of Kubernetes 1.x. */
export type MinorVersion = number;

export const MINOR_VERSION_MIN: MinorVersion = 27;
export const MINOR_VERSION_MAX: MinorVersion = 36;

/** What the kubelet and kube-proxy of a version do differently. Source of each line: the file or pull request named. */
export interface VersionProfile {
  readonly minor: MinorVersion;
  /** A pod in container back-off is retried when the back-off ends, not every 10-15 s (pkg/kubelet/pod_workers.go, 1.35). */
  readonly retriesAtBackOffExpiry: boolean;
  /** A manual trigger of a probe worker re-arms its ticker (pkg/kubelet/prober/worker.go, 1.32). */
  readonly triggerRearmsTicker: boolean;
  /** A kubelet that has registered its node sees to the mirrors of static pods at once (pkg/kubelet/kubelet.go, 1.32). */
  readonly registersStaticPodsFast: boolean;
  /** A status says whether the sandbox is there (PodReadyToStartContainersCondition, 1.29)… */
  readonly reportsSandbox: boolean;
  /** … without waiting for a relist (kubernetes#134460, 1.36). */
  readonly reportsSandboxAtOnce: boolean;
  /** kube-proxy's runner measures its interval from the end of a sync, without burst (pkg/proxy/runner, about 1.34). */
  readonly runnerWaitsFromEnd: boolean;
  /** kube-proxy in nftables mode syncs only what changed (kubernetes#126013, about 1.32). */
  readonly nftablesPartialSync: boolean;
  /** kube-proxy leaves UDP flows alone whose service has no endpoint left (kubernetes#127318, 1.32; kubernetes#139628). */
  readonly leavesOrphanedUdpFlows: boolean;
}

export function versionProfile(minor: MinorVersion): VersionProfile {
  return {
    minor,
    retriesAtBackOffExpiry: minor >= 35,
    triggerRearmsTicker: minor >= 32,
    registersStaticPodsFast: minor >= 32,
    reportsSandbox: minor >= 29,
    reportsSandboxAtOnce: minor >= 36,
    runnerWaitsFromEnd: minor >= 34,
    nftablesPartialSync: minor >= 32,
    leavesOrphanedUdpFlows: minor >= 32,
  };
}

/** Feature gates of the kubelet that the model knows, all off unless a version turns them on. */
export const FEATURE_GATES = [
  {
    name: 'EventedPLEG',
    meaning: 'the runtime tells of changes as they happen; relists every 300 s only',
    source: 'KEP-3386, alpha',
    fromMinor: undefined,
  },
  {
    name: 'PLEGOnDemandRelist',
    meaning: 'a pod is relisted right after a sync that did something',
    source: 'kubernetes#137362',
    fromMinor: 36,
  },
  {
    name: 'ReduceDefaultCrashLoopBackOffDecay',
    meaning: 'crash back-off from 1 s to 60 s instead of 10 s to 300 s',
    source: 'KEP-4603, alpha since 1.33',
    fromMinor: undefined,
  },
] as const;
export type FeatureGate = (typeof FEATURE_GATES)[number]['name'];

/** Whether a gate is on in a version unless it is set. */
export const gateDefault = (gate: FeatureGate, minor: MinorVersion): boolean =>
  minor >= (FEATURE_GATES.find(({ name }) => name === gate)!.fromMinor ?? Infinity);
