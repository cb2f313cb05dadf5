// Types that the contracts are made of, so that a helper of one's own can name them. Part of the extensions: types only, nothing of
// it is there at run time.

export type { Behaviors } from '../application/behavior-fields.js';
export type { LoadedExtension } from '../catalogue.js';
export type {
  AnyParameter,
  Conditions,
  ContainerSpec,
  ControlPlaneSpec,
  CountOrPercent,
  FaultDetails,
  FaultSpec,
  Identities,
  ImageSpec,
  IptablesBackend,
  KubeProxySpec,
  LabelRequirement,
  LabelSelector,
  Labels,
  NetworkPolicySpec,
  NetworkSpec,
  NodeColumns,
  NodeCpu,
  NodeKind,
  NodePoolSpec,
  NodeSelectorTerm,
  NodeTarget,
  ObjectColumns,
  ParameterChange,
  ParameterList,
  PartList,
  PodAffinityTerm,
  PodColumns,
  PodStamps,
  RestartPolicy,
  ServiceSpec,
  TolerationSpec,
  TopologySpreadConstraint,
  TrafficSpec,
  VersionProfile,
  WorkloadSpec,
  WorkloadTraits,
} from '../cluster/index.js';
export type { Allocation } from '../cni/ipam.js';
export type { NodeLocks } from '../cni/network-plugin.js';
export type { PacketPath, PathOptions, PathParameters, PluginParameters } from '../cni/plugin-parameters.js';
export type { ApiServer } from '../control-plane/api-server/api-server.js';
export type { Controller, ControllerManager } from '../control-plane/controllers/controller.js';
export type { NodeInfo } from '../control-plane/scheduler/node-info.js';
export type {
  PluginArgs,
  PluginOfCluster,
  PluginParts,
  PodToPlace,
  PreparedPlugin,
  SchedulerShortcuts,
  SchedulingEvent,
} from '../control-plane/scheduler/plugin.js';
export type { PodGroup, PodGroups } from '../control-plane/scheduler/pod-groups.js';
export type { Topologies, Topology } from '../control-plane/scheduler/topologies.js';
export type { WorkloadControllers } from '../control-plane/workloads/workload-controllers.js';
export type {
  WorkloadController,
  WorkloadHost,
  WorkloadManifest,
} from '../control-plane/workloads/workload-kind.js';
export type { RuntimeCall } from '../cri/container-runtime.js';
export type { Duration, Instant, MixturePart, RandomStreams, Simulation } from '../engine/index.js';
export type { Consequences, NodesInput, TypedFault, Undo } from '../faults/fault.js';
export type { OnNodes } from '../faults/targets.js';
export type { FieldNotes } from '../format/fields.js';
export type { Path } from '../format/path.js';
export type { ServiceDataPath } from '../kube-proxy/data-path.js';
export type { ArrivalRule, FirstPacketRule } from '../kube-proxy/first-packet.js';
export type { SchedulerParts } from '../kube-proxy/load-balancer.js';
export type { KubeProxies } from '../kube-proxy/proxies/kube-proxies.js';
export type { ProgrammingData } from '../kube-proxy/proxies/network-programming.js';
export type { SyncRow } from '../kube-proxy/proxies/sync-statistics.js';
export type { ChoiceParts, EndpointChoice, Length } from '../kube-proxy/proxy-mode.js';
export type { CountObjects } from '../kube-proxy/service-shape.js';
export type { SyncCost, SyncDuration } from '../kube-proxy/sync-cost.js';
export type { Kubelets } from '../kubelet/kubelets.js';
export type { Restart } from '../kubelet/pod-workers/restart-log.js';
export type { HistogramData, MetricDefinitions, Recorder, Samples, TimeSeriesPoint, Total } from '../metrics/index.js';
export type { XtablesLock } from '../node/xtables-lock.js';
export type {
  ConntrackTotals,
  CounterResult,
  FaultRecord,
  LookupBandRow,
  NetworkPathRow,
  NodeStartsRow,
  PolicyRow,
  ProbeResultRow,
  ProxyTotals,
  RequestRow,
  RunCounts,
  SeriesResult,
  ServiceLoadRow,
} from '../results/run-result.js';
export type { AnyTable } from '../results/table.js';
export type { RateSegment } from '../traffic/arrivals.js';
export type { Traffic } from '../traffic/traffic.js';
export type { TypedShape } from '../traffic/traffic-shape.js';
