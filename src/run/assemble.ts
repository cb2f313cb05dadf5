// Wires the components of one cluster together: the only place that knows them all.

import { BUILT_IN, type Catalogue, type ExtensionIdentity } from '../catalogue.js';
import {
  type ClusterSpec,
  type Context,
  Identities,
  type Journal,
  journalOf,
  type MetricParts,
  type MetricType,
  NodeReady,
  NodeTable,
  type Observed,
  type Onlooker,
  ParameterSet,
  type PodId,
  PodTable,
  templateOf,
} from '../cluster/index.js';
import { type AgentMachines, NetworkPolicies, PodNetwork } from '../cni/index.js';
import { ApiServer, Controllers, Scheduler, WorkloadControllers } from '../control-plane/index.js';
import { imageParameters } from '../cri/index.js';
import {
  type EventQueue,
  entityKey,
  RandomStreams,
  Simulation,
  type SimulationBounds,
  START,
  WheelEventQueue,
} from '../engine/index.js';
import { KubeProxies, kubeProxyCpu, ServiceDataPath } from '../kube-proxy/index.js';
import { Kubelets } from '../kubelet/index.js';
import { Recorder, samplesOf, totalOf } from '../metrics/index.js';
import { NodeCpus, XtablesLock } from '../node/index.js';
import { Traffic } from '../traffic/index.js';
import { addressSite } from './address-site.js';
import type { Components } from './components.js';
import { ControlPlanePods } from './control-plane-pods.js';
import { Faults } from './faults.js';

export interface RunOptions {
  /** The parts that the spec may name; those of kubelapse if left out. */
  readonly catalogue?: Catalogue;
  /** What events wait in; they come in the same order out of every one. */
  readonly queue?: () => EventQueue;
  readonly bounds?: SimulationBounds;
  /** Slow twin: every tick of every periodic activity is an event. The reports are the same bytes. */
  readonly executeEveryTick?: boolean;
  /** Looks on, and changes nothing; CHECKERS stop the run at the first broken promise. */
  readonly onlooker?: Onlooker | undefined;
}

/** A cluster that can be run: its components, what happens to them, and who looks on. */
export interface Cluster extends Components {
  readonly faults: Faults;
}

/** What can be done about it. */
export const CAPACITY_HINT =
  'raise count or capacity of a node pool, lower replicas or copies, or give the application a start: {at: …}, so that its pods may wait';

/** A cluster that was asked to hold more pods at its start than fit. */
export class CapacityError extends Error {
  readonly workload: string;

  constructor(workload: string, placed: number, nodes: number, lack: string) {
    super(`${workload}: its pods do not fit: ${placed} pods placed on ${nodes} nodes, then ${lack}`);
    this.name = 'CapacityError';
    this.workload = workload;
  }
}

/** Builds the cluster and puts it into its state at time 0. Throws a {@link CapacityError} if running pods do not fit. */
export function assemble(spec: ClusterSpec, seed: string, options: RunOptions = {}): Cluster {
  const catalogue = options.catalogue ?? BUILT_IN;
  const simulation = new Simulation(options.queue?.() ?? new WheelEventQueue(), {
    ...options.bounds,
    end: spec.duration as number,
  });
  const nodes = new NodeTable(spec.nodePools);
  const identities = new Identities(spec);
  const pods = new PodTable(identities.workloads, nodes);
  const recorder = new Recorder(catalogue.metricDefinitions);
  const streams = new RandomStreams(seed);
  const parameters = spec.costs === undefined ? ParameterSet.DEFAULTS : new ParameterSet(catalogue.costs, spec.costs);
  const plugin = catalogue.networkPlugins.get(spec.network.plugin);
  const agent = plugin.agent === undefined ? undefined : parameters.of(plugin.agent);
  const cpus = new NodeCpus({
    simulation,
    nodes,
    pods,
    parameters,
    templateOf: (pod) => templateOf({ spec, pods }, pod),
    offsets: streams.stream('node/cpu-period'),
    requests: { kubeProxy: parameters.of(kubeProxyCpu).request.value, networkAgent: agent?.request.value ?? 0 },
    idle: agent?.idle.value ?? 0,
  });
  recorder.own({ reset: () => cpus.resetUse() });
  const observed: Observed = { spec, nodes, pods, now: () => simulation.now };
  const context: Context = {
    simulation,
    streams,
    recorder,
    spec,
    identities,
    parameters,
    nodes,
    pods,
    cpu: cpus,
    executeEveryTick: options.executeEveryTick ?? false,
    journal: journalOf([
      ...(options.onlooker === undefined ? [] : [options.onlooker.over(observed)]),
      ...listening(catalogue.metrics.all, observed, recorder),
    ]),
  };
  for (const one of catalogue.extensions) addExtension(simulation, one);
  const api = new ApiServer(context);
  const scheduler = new Scheduler(
    context,
    api,
    catalogue.schedulerPlugins,
    (image) => image?.compressedBytes ?? imageParameters.compressedBytes.value,
  );
  const workloads = new WorkloadControllers(context, api, catalogue.workloadKinds);
  const controllers = new Controllers({ context, api, workloads }, catalogue.controllers);
  const agents: AgentMachines = {
    speed: (node) => cpus.partSpeed(node, 'networkAgent'),
    work: (node, work, servers) => cpus.addAgentWork(node, work / nodes.poolOf(node).cpuSpeed, servers),
  };
  const network = new PodNetwork(
    spec.network,
    plugin,
    nodes,
    pods,
    streams,
    parameters,
    agents,
    addressSite(context, (node) => network.onWake(node)),
  );
  const kubelets = new Kubelets(context, api, network, catalogue.containerRuntimes);
  const xtablesLock = new XtablesLock(nodes.count);
  const proxies = new KubeProxies(context, api, catalogue.proxyModes.get(spec.kubeProxy.mode), xtablesLock);
  const policies = new NetworkPolicies(context, plugin, agents, {
    onLocked: (node, until) => xtablesLock.hold(node, until),
    addressSince: (pod) => network.addressSince(pod),
    whenAvailable: (name, handler) => api.whenAvailable(name, handler),
  });
  network.tell((pod) => policies.onMember(pod));
  const addressOf = (pod: PodId): number => network.addressOf(pod);
  const routing = new ServiceDataPath(context, api.services, proxies, catalogue.loadBalancers, addressOf);
  const traffic = new Traffic(
    context,
    api.services,
    {
      routing,
      positionOn: (node) => proxies.positionOn(node),
      backendState: (pod, from) =>
        network.reachableFrom(pod, pods.node[pod]!, from) > simulation.now ? 'gone' : kubelets.backendState(pod, from),
      incarnationOf: (pod) => kubelets.incarnationOf(pod),
      ways: network.paths,
      allows: (client, pod, { targetPort, protocol }, weight) =>
        policies.allows(client, { pod, node: pods.node[pod]! }, targetPort, protocol, weight),
      policyTime: (client, pod) => policies.firstPacket(client, { pod, node: pods.node[pod]! }),
      policyPacketTime: policies.hasAny
        ? (client, pod) => policies.laterPacket(client, { pod, node: pods.node[pod]! })
        : undefined,
      podsOf: (workload) => workloads.podsOf(workload),
      isRunning: (pod) => ['serving', 'unready'].includes(kubelets.backendState(pod, pods.node[pod]!)),
      addressOf,
      nodeAddressOf: (node) => network.nodeAddressOf(node),
      isNodeReady: (node) => api.objects.nodes.ready[node] === NodeReady.True,
    },
    catalogue.trafficShapes,
  );
  api.watchServices((position) => traffic.onCommitted(position));
  kubelets.shareWorkers(traffic);
  const parts = {
    context,
    api,
    scheduler,
    workloads,
    controllers,
    cpus,
    kubelets,
    proxies,
    xtablesLock,
    network,
    policies,
    routing,
    traffic,
  };
  seedRunningPods(parts);
  const cluster: Cluster = {
    ...parts,
    faults: new Faults(catalogue.faults, parts, new ControlPlanePods(parts)),
  };
  controllers.start();
  proxies.seed();
  workloads.start();
  traffic.start();
  cluster.faults.start();
  return cluster;
}

/** What metrics that listen want to be told. */
const listening = (metrics: readonly MetricType[], observed: Observed, recorder: Recorder): Journal[] =>
  metrics.flatMap((metric) => {
    const { name } = metric;
    const parts: MetricParts = {
      ...observed,
      histogram: (...labels) => samplesOf(recorder.seriesOf(name, labels)),
      counter: (...labels) => totalOf(recorder.counterOf(name, labels)),
    };
    const journal = metric.listen?.(parts);
    return journal === undefined ? [] : [journal];
  });

/** Other parts are another run, whatever they do. */
function addExtension({ fingerprint }: Simulation, { name, version, digest }: ExtensionIdentity): void {
  fingerprint.add(START, 0, entityKey(`${name}@${version} ${digest}`), 0);
}

/** Pods that run when the simulation begins, placed as the scheduler would have placed them. */
function seedRunningPods({ context, api, scheduler, workloads, controllers, kubelets, network }: Components): void {
  const { spec, pods, nodes } = context;
  spec.workloads.forEach((workload, index) => {
    if (workload.createdAt !== undefined) return;
    const first = workload.firstOrdinal ?? 0;
    workloads.placesOf(index).forEach((requiredNode, place) => {
      const known = workload.placement?.[place];
      if (known !== undefined && known < 0) return;
      const pod = pods.add(index, first + place, 0, requiredNode);
      const node = known === undefined ? scheduler.place(pod) : scheduler.takeOver(pod, known);
      const name = `${workload.kind} ${workload.name}`;
      if (typeof node === 'string') throw new CapacityError(name, pod, nodes.count, node);
      api.seedPod(pod, node);
      kubelets.seed(pod);
      if (network.addressOf(pod) === 0) {
        const lack = `no address was left in the range of node ${nodes.nameOf(node)} (podCIDR, nodeCIDRMaskSize)`;
        throw new CapacityError(name, pod, nodes.count, lack);
      }
      workloads.seed(pod);
      controllers.seed(pod);
    });
  });
}
