// The whole of it. Part of the cluster's spec.

import type { Duration } from '../../engine/index.js';
import type { ParameterChange } from '../parameter.js';
import type { VersionProfile } from '../versions.js';
import type { ControlPlaneSpec, KubeProxySpec, NetworkSpec } from './components.js';
import type { FaultSpec } from './faults.js';
import type { ImageSpec, NodePoolSpec } from './nodes.js';
import type { NetworkPolicySpec, ServiceSpec } from './services.js';
import type { TrafficSpec } from './traffic.js';
import type { WorkloadSpec } from './workloads.js';

/** Everything a run needs but its seed. */
export interface ClusterSpec {
  readonly name: string;
  /** Costs that are not the usual ones, later ones over earlier ones; none if left out. */
  readonly costs?: readonly ParameterChange[];
  readonly question: string;
  readonly version: VersionProfile;
  readonly duration: Duration;
  readonly warmup: Duration;
  readonly nodePools: readonly NodePoolSpec[];
  readonly network: NetworkSpec;
  readonly controlPlane: ControlPlaneSpec;
  readonly kubeProxy: KubeProxySpec;
  readonly workloads: readonly WorkloadSpec[];
  readonly services: readonly ServiceSpec[];
  readonly networkPolicies: readonly NetworkPolicySpec[];
  readonly images: Readonly<Record<string, ImageSpec>>;
  /** What the registry can send to all nodes together; Infinity: no bound. */
  readonly registryBytesPerSecond: number;
  readonly traffic: readonly TrafficSpec[];
  readonly faults: readonly FaultSpec[];
}
