// The parts that kubelapse has: the only list of them. Each says all about itself; what is in here is everywhere, in the
// schema and the reference, in tests and charts, and what is not is refused by name.

import { type ComponentModel, type Measure, type MetricType, type ParameterList, PartList } from './cluster/index.js';
import { type NetworkPlugin, networkModel } from './cni/index.js';
import { awsVpc } from './cni/plugins/aws-vpc.js';
import { azure } from './cni/plugins/azure.js';
import { calico } from './cni/plugins/calico.js';
import { cilium } from './cni/plugins/cilium.js';
import { flannel } from './cni/plugins/flannel.js';
import { weave } from './cni/plugins/weave.js';
import { endpointSlices } from './control-plane/controllers/endpoint-slice-controller.js';
import { nodeLifecycle } from './control-plane/controllers/node-lifecycle-controller.js';
import { podGarbageCollector } from './control-plane/controllers/pod-garbage-collector.js';
import { taintEviction } from './control-plane/controllers/taint-eviction-controller.js';
import {
  type ControllerType,
  controlPlaneModel,
  type SchedulerPlugin,
  type WorkloadKind,
} from './control-plane/index.js';
import { balancedAllocation } from './control-plane/scheduler/plugins/balanced-allocation.js';
import { defaultPreemption } from './control-plane/scheduler/plugins/default-preemption.js';
import { imageLocality } from './control-plane/scheduler/plugins/image-locality.js';
import { interPodAffinity } from './control-plane/scheduler/plugins/inter-pod-affinity.js';
import { nodeAffinity } from './control-plane/scheduler/plugins/node-affinity.js';
import { nodeName } from './control-plane/scheduler/plugins/node-name.js';
import { nodePorts } from './control-plane/scheduler/plugins/node-ports.js';
import { nodeResourcesFit } from './control-plane/scheduler/plugins/node-resources-fit.js';
import { nodeUnschedulable } from './control-plane/scheduler/plugins/node-unschedulable.js';
import { podTopologySpread } from './control-plane/scheduler/plugins/pod-topology-spread.js';
import { schedulingGates } from './control-plane/scheduler/plugins/scheduling-gates.js';
import { taintToleration } from './control-plane/scheduler/plugins/taint-toleration.js';
import { cronJob } from './control-plane/workloads/cron-job.js';
import { daemonSet } from './control-plane/workloads/daemon-set.js';
import { deployment } from './control-plane/workloads/deployment.js';
import { job } from './control-plane/workloads/job.js';
import { pod, staticPod } from './control-plane/workloads/pod.js';
import { replicaSet, replicationController } from './control-plane/workloads/replica-set.js';
import { statefulSet } from './control-plane/workloads/stateful-set.js';
import { type ContainerRuntime, runtimeModel } from './cri/index.js';
import { containerd } from './cri/runtimes/containerd.js';
import { crio } from './cri/runtimes/crio.js';
import { apiServerOutage } from './faults/api-server-outage.js';
import { applicationHang, readinessFlap } from './faults/applications.js';
import type { FaultType } from './faults/index.js';
import { kubeProxyRestart, proxySyncFailure, rulesFlushed, xtablesLock } from './faults/kube-proxy.js';
import { kubeletRestart } from './faults/kubelet-restart.js';
import { networkPartition } from './faults/network-partition.js';
import { nodeDeath, nodeReboot } from './faults/node-death.js';
import { registrySlow } from './faults/registry-slow.js';
import { resize } from './faults/resize.js';
import { rollingUpdate } from './faults/rolling-update.js';
import { runtimeRestart, runtimeSlow, runtimeStall } from './faults/runtime.js';
import { cpuStarvation, diskFull, diskStarvation, memoryStarvation, pidExhaustion } from './faults/starvation.js';
import { staticPodRemoved } from './faults/static-pod-removed.js';
import { taint } from './faults/taint.js';
import { deletion, scale, suspend } from './faults/workloads.js';
import { type LoadBalancer, type ProxyMode, proxyModel } from './kube-proxy/index.js';
import { ebpf } from './kube-proxy/modes/ebpf/mode.js';
import { iptables } from './kube-proxy/modes/iptables/mode.js';
import { ipvs } from './kube-proxy/modes/ipvs/mode.js';
import { IPVS_SCHEDULER_DEFAULT, IPVS_SCHEDULERS } from './kube-proxy/modes/ipvs/schedulers.js';
import { nftables } from './kube-proxy/modes/nftables/mode.js';
import { kubeletModel } from './kubelet/index.js';
import { METRICS, type MetricDefinitions } from './metrics/index.js';
import { nodeModel } from './node/index.js';
import type { AnyTable } from './results/index.js';
import { containerCpu } from './results/tables/container-cpu.js';
import { faults as faultsTable } from './results/tables/faults.js';
import { histograms } from './results/tables/histograms.js';
import { kubeProxy } from './results/tables/kube-proxy.js';
import { loadBalancing } from './results/tables/load-balancing.js';
import { networkPaths } from './results/tables/network-paths.js';
import { networkPolicies } from './results/tables/network-policies.js';
import { networkProgramming } from './results/tables/network-programming.js';
import { nodeCpu } from './results/tables/node-cpu.js';
import { nodeStarts } from './results/tables/node-starts.js';
import { podStartBreakdown } from './results/tables/pod-start-breakdown.js';
import { pods as podsTable } from './results/tables/pods.js';
import { probeRestarts } from './results/tables/probe-restarts.js';
import { proxySyncs } from './results/tables/proxy-syncs.js';
import { requests as requestsTable } from './results/tables/requests.js';
import { restarts as restartsTable } from './results/tables/restarts.js';
import { scheduling } from './results/tables/scheduling.js';
import { serviceLookups } from './results/tables/service-lookups.js';
import { summary as summaryTable } from './results/tables/summary.js';
import { syncLatency } from './results/tables/sync-latency.js';
import { timeSeries } from './results/tables/time-series.js';
import { type TrafficShape, trafficModel } from './traffic/index.js';
import { bursty } from './traffic/shapes/bursty.js';
import { constant } from './traffic/shapes/constant.js';
import { poisson } from './traffic/shapes/poisson.js';

/** Parts by kind. */
export interface Parts {
  /** What `spec.kubeProxy.mode` may be. */
  readonly proxyModes: readonly ProxyMode[];
  /** What `spec.kubeProxy.scheduler` may be: schedulers of IPVS. */
  readonly loadBalancers: readonly LoadBalancer[];
  /** What `spec.network.plugin` may be. */
  readonly networkPlugins: readonly NetworkPlugin[];
  /** What a node pool's `runtime` may be. */
  readonly containerRuntimes: readonly ContainerRuntime[];
  /** Of the scheduling framework, in the order in which they filter. */
  readonly schedulerPlugins: readonly SchedulerPlugin[];
  /** Loops of the controller manager. */
  readonly controllers: readonly ControllerType[];
  /** Kinds of manifests that make pods. */
  readonly workloadKinds: readonly WorkloadKind[];
  /** How connections follow each other: what `spec.traffic` may have. */
  readonly trafficShapes: readonly TrafficShape[];
  /** What `spec.faults` may have. */
  readonly faults: readonly FaultType[];
  /** Of results, in the order in which they are written. */
  readonly tables: readonly AnyTable[];
  /** What is counted or measured while a cluster runs. */
  readonly metrics: readonly MetricType[];
  /** Numbers and measures of parts whose kind brings none. */
  readonly models: readonly ComponentModel[];
}

/** The module of an extension, as it was read: plain data, enough to load it anywhere. */
export interface ExtensionModule {
  /** Its file, for messages and stack traces. */
  readonly file: string;
  /** How a scenario names it, if one does. */
  readonly path?: string;
  readonly text: string;
  /** SHA-256 of the text, hexadecimal. */
  readonly digest: string;
}

/** Where parts come from that are not kubelapse's own. */
export interface ExtensionIdentity {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of its module, hexadecimal; empty if it was handed over as a value, and no file is known. */
  readonly digest: string;
  /** How a scenario names its module; left out if none does. */
  readonly path?: string;
}

/** An extension whose parts are in a catalogue. */
export interface LoadedExtension extends ExtensionIdentity {
  readonly parts: Partial<Parts>;
  /** From which it is loaded in other threads; left out if it was handed over as a value. */
  readonly module?: ExtensionModule;
}

/** What there is, by kind and name. */
export type Catalogue = { readonly [Kind in keyof Parts]: PartList<Parts[Kind][number]> } & {
  /** In the order in which they were added; none if all parts are kubelapse's own. */
  readonly extensions: readonly LoadedExtension[];
  /** Those of them that depend on the machine, the kernel or the version of a plugin: a profile may change these. */
  readonly costs: Readonly<Record<string, ParameterList>>;
  /** All of them, by the names that profiles use. */
  readonly parameters: Readonly<Record<string, ParameterList>>;
  /** What all metrics are, by name. */
  readonly metricDefinitions: MetricDefinitions;
  /** What can be measured of them. */
  readonly measures: PartList<Measure>;
};

/** Lists parts. Throws a RangeError if two of a kind have one name. @param extensions where some of them come from. */
export function catalogueOf(parts: Parts, extensions: readonly LoadedExtension[] = []): Catalogue {
  const lists = {
    proxyModes: new PartList('proxy mode', ({ name }) => name, parts.proxyModes),
    loadBalancers: new PartList('IPVS scheduler', ({ name }) => name, parts.loadBalancers),
    networkPlugins: new PartList('network plugin', ({ name }) => name, parts.networkPlugins),
    containerRuntimes: new PartList('container runtime', ({ name }) => name, parts.containerRuntimes),
    schedulerPlugins: new PartList('scheduler plugin', ({ name }) => name, parts.schedulerPlugins),
    controllers: new PartList('controller', ({ name }) => name, parts.controllers),
    workloadKinds: new PartList('kind of workload', ({ kind }) => kind, parts.workloadKinds),
    trafficShapes: new PartList('traffic shape', ({ name }) => name, parts.trafficShapes),
    faults: new PartList('fault', ({ type }) => type, parts.faults),
    tables: new PartList('table', ({ file }) => file, parts.tables),
    metrics: new PartList('metric', ({ name }) => name, parts.metrics),
  };
  const models = new PartList('model', ({ name }) => name, [
    nodeModel,
    controlPlaneModel,
    kubeletModel,
    runtimeModel(lists.containerRuntimes),
    networkModel(lists.networkPlugins),
    proxyModel(lists.proxyModes),
    trafficModel,
    ...parts.models,
  ]);
  const measures = models.all.flatMap((model) => model.measures);
  const costs = groupsOf(models.all.map((model) => model.costs));
  return Object.freeze({
    ...lists,
    extensions,
    metricDefinitions: Object.fromEntries(lists.metrics.all.map((metric) => [metric.name, metric])),
    models,
    costs,
    parameters: Object.freeze({ ...groupsOf(models.all.map(({ constants }) => constants)), ...costs }),
    measures: new PartList('measure', ({ name }) => name, measures),
  });
}

/** Groups of parameters of all models by their names. Throws a RangeError if two have one name. */
function groupsOf(all: readonly Readonly<Record<string, ParameterList>>[]): Readonly<Record<string, ParameterList>> {
  const groups: Record<string, ParameterList> = {};
  for (const [name, group] of all.flatMap(Object.entries)) {
    if (Object.hasOwn(groups, name)) throw new RangeError(`two groups of parameters are called ${name}`);
    groups[name] = group;
  }
  return Object.freeze(groups);
}

/**
 * A catalogue with more parts in it. Throws a RangeError if one of them has the name of another.
 * @param from the extension that they are of; kubelapse's own if left out.
 */
export function withParts(catalogue: Catalogue, more: Partial<Parts>, from?: LoadedExtension): Catalogue {
  const before = partsOf(catalogue);
  const all = (Object.keys(before) as (keyof Parts)[]).map((kind) => [kind, [...before[kind], ...(more[kind] ?? [])]]);
  const extensions = [...catalogue.extensions, ...(from === undefined ? [] : [from])];
  return catalogueOf(Object.fromEntries(all) as Parts, extensions);
}

/** What a catalogue was made of: the models of the components are made of the other parts. */
const partsOf = (catalogue: Catalogue): Parts =>
  Object.fromEntries(
    (Object.keys(PARTS) as (keyof Parts)[]).map((kind) => [
      kind,
      catalogue[kind].all.slice(kind === 'models' ? COMPONENT_MODELS : 0),
    ]),
  ) as unknown as Parts;

/** Parts with others in their places. @param other what stands for a part; itself if nothing does. */
export const partsMapped = <P extends Partial<Parts>>(
  parts: P,
  other: (kind: keyof Parts, part: object) => object,
): P =>
  Object.fromEntries(
    (Object.entries(parts) as [keyof Parts, readonly object[]][]).map(([kind, list]) => [
      kind,
      list.map((part) => other(kind, part)),
    ]),
  ) as unknown as P;

/** The same catalogue with other values for some parts. @param replaced what stands for a part; itself if nothing does. */
export const withReplaced = (catalogue: Catalogue, replaced: (kind: keyof Parts, part: object) => object): Catalogue =>
  catalogueOf(partsMapped(partsOf(catalogue), replaced), catalogue.extensions);

const PARTS: Parts = {
  proxyModes: [iptables, ipvs, nftables, ebpf],
  loadBalancers: IPVS_SCHEDULERS,
  networkPlugins: [flannel, weave, calico, cilium, awsVpc, azure],
  containerRuntimes: [containerd, crio],
  schedulerPlugins: [
    schedulingGates,
    nodeUnschedulable,
    nodeName,
    taintToleration,
    nodeAffinity,
    nodePorts,
    nodeResourcesFit,
    podTopologySpread,
    interPodAffinity,
    defaultPreemption,
    balancedAllocation,
    imageLocality,
  ],
  controllers: [endpointSlices, nodeLifecycle, taintEviction, podGarbageCollector],
  trafficShapes: [poisson, constant, bursty],
  workloadKinds: [deployment, replicaSet, replicationController, statefulSet, daemonSet, job, cronJob, pod, staticPod],
  faults: [
    rollingUpdate,
    scale,
    resize,
    suspend,
    deletion,
    taint,
    readinessFlap,
    applicationHang,
    nodeDeath,
    nodeReboot,
    kubeletRestart,
    networkPartition,
    runtimeStall,
    runtimeRestart,
    runtimeSlow,
    kubeProxyRestart,
    xtablesLock,
    proxySyncFailure,
    rulesFlushed,
    cpuStarvation,
    memoryStarvation,
    diskFull,
    diskStarvation,
    pidExhaustion,
    registrySlow,
    staticPodRemoved,
    apiServerOutage,
  ],
  tables: [
    summaryTable,
    podsTable,
    syncLatency,
    probeRestarts,
    restartsTable,
    faultsTable,
    kubeProxy,
    proxySyncs,
    networkProgramming,
    serviceLookups,
    requestsTable,
    loadBalancing,
    networkPaths,
    networkPolicies,
    nodeStarts,
    nodeCpu,
    containerCpu,
    scheduling,
    podStartBreakdown,
    timeSeries,
    histograms,
  ],
  metrics: Object.entries(METRICS).map(([name, definition]) => ({ name, ...definition })),
  models: [],
};

/** The parts of kubelapse. */
export const BUILT_IN: Catalogue = catalogueOf(PARTS);

/** Models that a catalogue has by itself. */
const COMPONENT_MODELS = BUILT_IN.models.all.length;

/** What holds where a scenario names none. Source: pkg/proxy/apis/config. */
export const PROXY_MODE_DEFAULT = iptables.name;
/** The same of IPVS schedulers. */
export const LOAD_BALANCER_DEFAULT = IPVS_SCHEDULER_DEFAULT;

/** The same of arrivals: the usual assumption about many clients. */
export const TRAFFIC_SHAPE_DEFAULT = poisson.name;

/** The same of network plugins: our choice, as the simplest one. */
export const NETWORK_PLUGIN_DEFAULT = flannel.name;

/** The same of container runtimes: what most managed clusters run. No published figure. */
export const CONTAINER_RUNTIME_DEFAULT = containerd.name;
