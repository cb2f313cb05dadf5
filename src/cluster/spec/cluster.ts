// The whole of it. Part of the cluster's spec.

import type { Duration } from '../../engine/index.js';
import type { Labels } from '../labels.js';
import type { ParameterChange } from '../parameter.js';
import type { VersionProfile } from '../versions.js';
import type { ControlPlaneSpec, KubeProxySpec, NetworkSpec } from './components.js';
import type { FaultSpec } from './faults.js';
import type { ImageSpec, NodePoolSpec, RegistrySpec } from './nodes.js';
import type { NetworkPolicySpec, ServiceSpec } from './services.js';
import type { TrafficSpec } from './traffic.js';
import type { WorkloadSpec } from './workloads.js';

/** Everything a run needs but its seed. */
export interface ClusterSpec {
  /** The scenario's. */
  readonly name: string;
  /** Costs that are not the usual ones, later ones over earlier ones; none if left out. */
  readonly costs?: readonly ParameterChange[];
  /** That the scenario is to answer; empty if none is asked. */
  readonly question: string;
  /** What this version of Kubernetes does. */
  readonly version: VersionProfile;
  /** How long is simulated, ns. */
  readonly duration: Duration;
  /** For how long nothing is measured yet, ns; part of the duration. */
  readonly warmup: Duration;
  /** Nodes are numbered through the pools, in their order. */
  readonly nodePools: readonly NodePoolSpec[];
  readonly network: NetworkSpec;
  readonly controlPlane: ControlPlaneSpec;
  readonly kubeProxy: KubeProxySpec;
  readonly workloads: readonly WorkloadSpec[];
  readonly services: readonly ServiceSpec[];
  readonly networkPolicies: readonly NetworkPolicySpec[];
  /** Labels of namespaces by name; those that are not here have their name alone. */
  readonly namespaces: Readonly<Record<string, Labels>>;
  /** Names of pods whose placements are to be explained: `*` stands for any text. */
  readonly explainPlacement: readonly string[];
  /** By name, as containers ask for them. */
  readonly images: Readonly<Record<string, ImageSpec>>;
  /** At least one: the first is that of all images whose names speak of no other. */
  readonly registries: readonly RegistrySpec[];
  readonly traffic: readonly TrafficSpec[];
  readonly faults: readonly FaultSpec[];
}
