// What a run returns, from which every report is made: plain data. Part of the results.

import type {
  ClusterSpec,
  NodeColumns,
  NodeId,
  NodePart,
  ObjectColumns,
  PodColumns,
  PodId,
  ServiceId,
} from '../cluster/index.js';
import type { PathFigures } from '../cni/index.js';
import type { PendingPod, PlacementRow } from '../control-plane/index.js';
import type { Consequences } from '../faults/index.js';
import type { ProgrammingData, SyncRow } from '../kube-proxy/index.js';
import type { Restart } from '../kubelet/index.js';
import type { HistogramData, MetricUnit, TimeSeriesPoint } from '../metrics/index.js';

/** What a fault hit, for the report. */
export interface FaultRecord {
  /** Index in the scenario. */
  readonly fault: number;
  readonly begins: number;
  /** Infinity if it outlasts the run. */
  readonly ends: number;
  readonly nodes: ReadonlySet<number>;
  /** Pods hit themselves, or on the nodes that are hit. */
  readonly pods: ReadonlySet<number>;
  /** What may follow from it. */
  readonly consequences: Consequences;
}

export interface SeriesResult {
  readonly metric: string;
  readonly labels: string;
  readonly unit: MetricUnit;
  readonly histogram: HistogramData;
}

export interface CounterResult {
  readonly metric: string;
  readonly labels: string;
  readonly value: number;
}

/** One kind of probe of one container of one workload, over all copies of the bundle. */
export interface ProbeResultRow {
  readonly app: string;
  readonly workload: string;
  readonly container: string;
  readonly probeType: string;
  readonly probes: number;
  readonly failures: number;
  readonly restarts: number;
  /** NaN if there was none; ns. */
  readonly firstRestart: number;
  readonly backOffMax: number;
  /** Time that pods of the workload which had been ready were not, ns. */
  readonly unreadyTime: number;
  readonly pods: number;
}

/** Requests of one traffic entry that had one outcome for one cause. */
export interface RequestRow {
  readonly traffic: number;
  readonly outcome: string;
  readonly cause: string;
  readonly requests: number;
  readonly duration: HistogramData;
}

/** Requests that each endpoint of a service has had. */
export interface ServiceLoadRow {
  readonly service: ServiceId;
  readonly requests: readonly { readonly pod: PodId; readonly requests: number }[];
}

export interface LookupBandRow {
  readonly band: number;
  readonly duration: HistogramData;
  readonly traversed: HistogramData;
}

/** What the way from pod to pod is like. */
export interface NetworkPathRow {
  readonly variant: string;
  readonly path: 'same_node' | 'between_nodes' | 'between_zones';
  readonly lineMtu: number;
  /** Infinity within a node. */
  readonly lineGbits: number;
  /** ns. */
  readonly roundTrip: number;
  readonly connectionSetup: number;
  readonly figures: PathFigures;
}

/** The policies of one manifest, all copies; the first row is about all of them. */
export interface PolicyRow {
  readonly scope: 'cluster' | 'policy';
  readonly app: string;
  readonly policy: string;
  readonly policies: number;
  readonly pods: number;
  readonly rules: number;
  /** Connections, by their weights; checked NaN but for the cluster. */
  readonly checked: number;
  readonly denied: number;
  readonly applies: number;
  readonly cpuTime: number;
}

/** The tables of connections of all nodes. */
export interface ConntrackTotals {
  /** Entries that the fullest table has had, and its size. */
  readonly peak: number;
  readonly size: number;
  /** Connections that found their table full. */
  readonly dropped: number;
}

export interface ProxyTotals {
  readonly mode: string;
  readonly ports: number;
  readonly endpoints: number;
  /** iptables nat rules, IPVS virtual and real servers, nftables elements and rules, or eBPF map entries. */
  readonly rules: number;
  readonly syncs: number;
  readonly fullSyncs: number;
  readonly cpuTime: number;
  readonly nodes: number;
}

/** What the node of a pool that started the most pods was busy with while it did. */
export interface NodeStartsRow {
  readonly pool: string;
  readonly node: NodeId;
  readonly pods: number;
  /** Time in which at least one pod was on its way, ns. */
  readonly startingTime: number;
  /** Work that was asked for in that time, as shares of it, 0 … 1. */
  readonly diskBusy: number;
  readonly cpuBusy: number;
  /** Share of it in which somebody on the node lacked CPU. */
  readonly cpuLacking: number;
  readonly apiClientBusy: number;
}

/** What a part of the nodes of a pool used of their CPU, cores. */
export interface NodeCpuRow {
  readonly pool: string;
  readonly component: NodePart | 'pods' | 'all';
  /** Of the mean node: over the run, and in the ten seconds in which it was least. */
  readonly mean: number;
  readonly least: number;
  /** In the ten seconds in which it was most, on the node on which that was so. */
  readonly most: number;
  readonly mostNode: NodeId;
  /** How long somebody lacked CPU, on all nodes together, ns; of `all`. */
  readonly lacked: number;
}

/** What a container of a workload used of CPU in all its pods, and what its limit did; times in ns. */
export interface ContainerCpuRow {
  readonly app: string;
  readonly workload: string;
  readonly container: string;
  readonly used: number;
  readonly periods: number;
  readonly throttledPeriods: number;
  readonly throttledTime: number;
  readonly waitingTime: number;
}

export interface RunCounts {
  readonly eventsExecuted: number;
  /** Executed events, and the probes, relists and requests that were counted by arithmetic or weight instead. */
  readonly eventsRepresented: number;
  readonly executedByKind: readonly { readonly name: string; readonly executed: number }[];
  readonly nodes: number;
  readonly pods: number;
  readonly services: number;
  readonly endpointChanges: number;
  readonly unschedulablePods: number;
  readonly resourceVersion: number;
}

/** Plain data: it can be cloned, and handed to another thread. Instants and durations in ns. */
export interface RunResult {
  /** What was simulated. */
  readonly spec: ClusterSpec;
  /** Of all draws. */
  readonly seed: string;
  /** A hash over all that happened: the same for the same spec and seed. */
  readonly fingerprint: string;
  /** How much was simulated. */
  readonly counts: RunCounts;
  /** One entry for each node. */
  readonly nodes: NodeColumns;
  /** One entry for each pod that there ever was. */
  readonly pods: PodColumns;
  /** What the API server has of pods and nodes at the end. */
  readonly objects: ObjectColumns;
  /** Histograms, by metric and labels. */
  readonly series: readonly SeriesResult[];
  /** Counters, by metric and labels. */
  readonly counters: readonly CounterResult[];
  /** What was sampled at intervals, in order of time. */
  readonly timeSeries: readonly TimeSeriesPoint[];
  /** Restarts of containers, in order of time. */
  readonly restarts: readonly Restart[];
  /** What the faults hit, in the order in which they began. */
  readonly faults: readonly FaultRecord[];
  /** One row for each kind of probe of each container of a workload. */
  readonly probes: readonly ProbeResultRow[];
  /** One row for each outcome and cause of a traffic entry. */
  readonly requests: readonly RequestRow[];
  /** Of the services that clients sent to. */
  readonly serviceLoads: readonly ServiceLoadRow[];
  /** Of kube-proxy, by what they were about. */
  readonly syncs: readonly SyncRow[];
  /** How long changes of endpoints took to reach the rules of nodes. */
  readonly programming: ProgrammingData;
  readonly conntrack: ConntrackTotals;
  /** Round trips and throughput between pods, by network plugin. */
  readonly networkPaths: readonly NetworkPathRow[];
  readonly policies: readonly PolicyRow[];
  /** What a first packet costs, by the number of rules that it passes. */
  readonly lookupBands: readonly LookupBandRow[];
  /** Of kube-proxy on all nodes. */
  readonly proxy: ProxyTotals;
  /** For each node pool on which pods were started. */
  readonly nodeStarts: readonly NodeStartsRow[];
  /** Who used how much CPU on the nodes of each pool. */
  readonly nodeCpu: readonly NodeCpuRow[];
  readonly containerCpu: readonly ContainerCpuRow[];
  /** Pods without a node when the run ends, and why. */
  readonly pending: readonly PendingPod[];
  /** What the scheduler's plugins said of nodes, for pods whose placements are to be explained. */
  readonly placements: readonly PlacementRow[];
  /** Pods that kubelets evicted, in order of time, and why: a signal of eviction, or a limit of the pod's own. */
  readonly evictions: readonly { readonly time: number; readonly pod: PodId; readonly reason: string }[];
}

/** One finished run of a scenario: its point with the values that a sweep set for it, and its replication. */
export interface FinishedPoint {
  /** Number of the point, from 0. */
  readonly index: number;
  readonly parameters: readonly { readonly name: string; readonly value: string | number | boolean }[];
  /** Number of the replication, from 0. */
  readonly replication: number;
  readonly result: RunResult;
}
