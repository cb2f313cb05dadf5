// Wires the parts of the kubelets together: the only place of the kubelet that knows them all.
// Parts that need each other are joined by callbacks, which are not called before all of them are there.

import { type ApplicationListener, Applications } from '../application/index.js';
import {
  type ApiAccess,
  type Context,
  isAllRunning,
  isReady,
  keptBack,
  type NodeId,
  type PartList,
  type PodId,
  type PodStatusBits,
} from '../cluster/index.js';
import type { PodNetwork } from '../cni/index.js';
import { type ContainerRuntime, ContainerRuntimes, Containers } from '../cri/index.js';
import { NodeMemory, NodeSupply, oomVictim } from '../node/index.js';
import { Admission } from './admission.js';
import { EvictionManager } from './eviction/eviction-manager.js';
import { oomCandidates } from './eviction/oom-candidates.js';
import { ImageManager } from './images/image-manager.js';
import { NodeStarts } from './latency/node-starts.js';
import { PodStartupLatencyTracker } from './latency/pod-startup-latency-tracker.js';
import { KubeletPhase, KubeletStarts } from './node/kubelet-starts.js';
import { NodeLife } from './node/node-life.js';
import { NodeShutdown } from './node/node-shutdown.js';
import { NodeProblem, NodeStatus } from './node/node-status.js';
import { ContainerCache } from './pleg/container-cache.js';
import { Pleg } from './pleg/pleg.js';
import { PodManager, type PodManagerParts } from './pod-manager.js';
import { ContainerRecords } from './pod-workers/container-records.js';
import { PodWorkerTable, WorkerPhase } from './pod-workers/pod-worker-table.js';
import { PodWorkers } from './pod-workers/pod-workers.js';
import { RestartLog } from './pod-workers/restart-log.js';
import { Sandboxes } from './pod-workers/sandboxes.js';
import { SyncPod } from './pod-workers/sync-pod.js';
import { SyncTerminating } from './pod-workers/sync-terminating.js';
import { Condemned } from './prober/condemned.js';
import { ProbeResults } from './prober/probe-results.js';
import { Prober } from './prober/prober.js';
import { PodResizes } from './resize/pod-resizes.js';
import { StaticPods } from './static-pods/static-pods.js';
import { ContainerStatuses } from './status/container-statuses.js';
import { PodStatuses } from './status/pod-statuses.js';
import { StatusManager } from './status/status-manager.js';
import { SyncLoop } from './sync-loop.js';

/** All parts of the kubelets. */
export interface KubeletParts extends PodManagerParts {
  readonly memory: NodeMemory;
  readonly disk: NodeSupply;
  readonly processes: NodeSupply;
  readonly life: NodeLife;
  readonly shutdown: NodeShutdown;
  readonly podManager: PodManager;
}

/**
 * @param onApplicationChanged called whenever what a pod answers may have changed.
 */
export function assembleKubelets(
  context: Context,
  api: ApiAccess,
  network: PodNetwork,
  runtimeParts: PartList<ContainerRuntime>,
  onApplicationChanged: (pod: PodId) => void,
): KubeletParts {
  const { cpu, nodes, parameters, pods, simulation, streams } = context;
  const podsOn: number[][] = Array.from({ length: nodes.count }, () => []);
  const containers = new Containers();
  const cache = new ContainerCache(containers);
  const stored = new ContainerStatuses(containers, cache);
  const records = new ContainerRecords(containers);
  const condemned = new Condemned(containers);
  const workers = new PodWorkerTable();
  const starts = new KubeletStarts(nodes.count);
  const nodeStarts = new NodeStarts(context, (node) => ({
    disk: runtimes.diskWork[node]!,
    cpu: runtimes.cpuWork[node]!,
    requests: statusManager.requests[node]!,
    lacking: cpu.lackedOn(node),
  }));
  const latency = new PodStartupLatencyTracker(context, nodeStarts, starts);
  const admission = new Admission(context);
  const restarts = new RestartLog(context, containers, records);

  // The machine and what runs on it.
  const memory = new NodeMemory(context, {
    onChanged: (node) => evictions.reconsider(node),
    onExhausted: (node) => {
      const candidates = oomCandidates({ context, containers, workers, applications }, podsOn[node]!);
      const victim = oomVictim(candidates, nodes.poolOf(node).memoryCapacityBytes);
      if (victim >= 0) applications.killForMemory(victim);
      return victim >= 0;
    },
  });
  const disk = new NodeSupply(
    context,
    (node) => images.store.spaceOn(node),
    (node) => {
      evictions.reconsider(node);
      images.reconsiderDisk(node);
    },
  );
  const processes = new NodeSupply(
    context,
    (node) => nodes.poolOf(node).pidMax,
    (node) => evictions.reconsider(node),
  );
  const supplies = { memory, disk, processes };
  const memoryKept = nodes.pools.map(({ kubelet }) => keptBack(kubelet.evictionThresholds, 'memory.available'));
  const machines = {
    get now() {
      return simulation.now;
    },
    pods: (node: NodeId) => podsOn[node]!.length,
    isDiskBusy: (node: NodeId) => images.isDiskBusy(node),
    memoryLeft: (node: NodeId) => {
      const kept = memoryKept[nodes.pool[node]!]!;
      return kept === 0 ? Infinity : memory.available(node) / kept;
    },
    work: (node: NodeId, cpuTime: number, first: number) => cpu.addRuntimeWork(node, cpuTime, first),
  };
  const runtimes = new ContainerRuntimes(runtimeParts, nodes, streams, machines, parameters);
  const onApplication: ApplicationListener = {
    onExited: (container) => {
      const pod = containers.pod[container]!;
      onApplicationChanged(pod);
      if (!life.isKubeletUp(pods.node[pod]!)) return;
      pleg.markChanged(pod);
      prober.reconsider(container);
      syncPod.onExited(pod);
      terminating.onExited(pod);
    },
    onOddsChanged: (container) => {
      onApplicationChanged(containers.pod[container]!);
      prober.reconsider(container);
    },
    onServesAtOnce: (container) => onApplicationChanged(containers.pod[container]!),
    onDiskLimit: (container) => evictions.onDiskLimit(pods.node[containers.pod[container]!]!),
  };
  const applications = new Applications(context, containers, cpu, supplies, onApplication);

  // What the kubelet observes of it.
  const pleg = new Pleg(context, runtimes, {
    onHealthChanged: (node, isHealthy) => life.setProblem(node, NodeProblem.PlegUnhealthy, !isHealthy),
    onInspected: (pod) => syncLoop.onInspected(pod),
    onCacheNewer: (pod) => podWorkers.onCacheNewer(pod),
  });
  const sandboxes = new Sandboxes(context, runtimes, pleg, memory);
  const prober: Prober = new Prober(
    { context, containers, cache, stored, applications, runtimes, starts },
    { onResult: (container, type, value) => probeResults.on(container, type, value) },
  );

  // What it reports, and does.
  const onReported = (pod: PodId, status: PodStatusBits): void => {
    if (isAllRunning(status)) latency.reportedRunning(pod);
    if (isReady(status)) latency.reportedReady(pod);
  };
  const statusManager: StatusManager = new StatusManager(context, api, onReported, (pod, hasEnded) =>
    statuses.detailsOf(pod, hasEnded),
  );
  const statuses: PodStatuses = new PodStatuses({
    context,
    containers,
    cache,
    stored,
    records,
    workers,
    sandboxes,
    prober,
    statusManager,
    latency,
  });
  const podWorkers: PodWorkers = new PodWorkers(context, workers, pleg, statuses, statusManager, latency, starts);
  const images: ImageManager = new ImageManager(context, containers, runtimes, cpu, disk, {
    onPulled: (container, waited, pulled) => syncPod.onPulled(container, waited, pulled),
    onPullFailed: (container, after) => syncPod.onPullFailed(container, after),
    onImageChanged: (node, image, isThere) => nodeStatus.onImageChanged(node, image, isThere),
  });
  const staticPods = new StaticPods(context, api, statusManager, starts, {
    isKubeletUp: (node) => life.isKubeletUp(node),
    hasEnded: (pod) => workers.phase[pod] === WorkerPhase.Finished,
    onFileSeen: (pod) => syncLoop.onFileSeen(pod),
    onToRestart: (pod) => podManager.restartStatic(pod),
  });
  const syncParts = {
    context,
    api,
    containers,
    cache,
    stored,
    records,
    condemned,
    workers,
    podWorkers,
    applications,
    runtimes,
    network,
    sandboxes,
    pleg,
    prober,
    statuses,
    statusManager,
    latency,
    images,
    restarts,
    staticPods,
  };
  const resizes = new PodResizes({ ...syncParts, admission });
  const syncPod = new SyncPod(syncParts, (pod) => resizes.actuate(pod));
  const terminating = new SyncTerminating(syncParts, (pod) => podManager.onFinished(pod));
  podWorkers.handleWith({
    syncPod: (pod) => syncPod.run(pod),
    syncTerminatingPod: (pod) => terminating.terminating(pod),
    syncTerminatedPod: (pod) => terminating.terminated(pod),
  });
  const probeResults = new ProbeResults(syncParts);

  // The node, and which pods it has.
  const nodeStatus = new NodeStatus(context, api);
  const evictions: EvictionManager = new EvictionManager(context, supplies, {
    isKubeletRunning: (node) => starts.phase[node] === KubeletPhase.Running,
    podsOn: (node) => podsOn[node]!,
    heldBy: (pod, what) => podManager.heldBy(pod, what),
    isOverDiskLimit: (pod) => podManager.isOverDiskLimit(pod),
    reclaimDisk: (node) => images.collectUnused(node),
    onPressuresChanged: (node, pressures) => nodeStatus.setPressures(node, pressures),
    evict: (pod, grace, reason) => podManager.evict(pod, grace, reason),
  });
  const life: NodeLife = new NodeLife({
    ...syncParts,
    nodeStatus,
    starts,
    podsOn,
    onKubeletStarted: (node) => {
      admission.reset(node);
      resizes.onKubeletStarted(node);
      syncLoop.onKubeletStarted(node);
    },
    onKubeletStopped: (node) => {
      evictions.stop(node);
      shutdowns.onKubeletStopped(node);
    },
    onResumed: (node) => {
      for (const pod of podsOn[node]!) statusManager.onSeen(pod);
    },
  });
  const shutdowns: NodeShutdown = new NodeShutdown({
    context,
    nodeStatus,
    podsOn,
    isKubeletUp: (node) => life.isKubeletUp(node),
    end: (pod, grace) => podManager.end(pod, grace),
  });
  const managed: PodManagerParts = {
    ...syncParts,
    admission,
    evictions,
    nodeStarts,
    podsOn,
    resizes,
    shutdowns: () => shutdowns,
  };
  const podManager = new PodManager(managed);
  const syncLoop = new SyncLoop({ ...managed, podManager, starts });
  api.onReachable((node) => {
    nodeStatus.onReachable(node);
    statusManager.onReachable(node);
    staticPods.onReachable(node);
    syncLoop.onReachable(node);
  });
  // Work on a node goes on faster or slower: starts end at another time, and probes have other odds.
  cpu.onChanged({
    onNode: (node, offersOther) => {
      applications.onNodeSpeedChanged(node);
      if (offersOther) life.reconsiderProbes(node);
    },
    onContainer: (pod, index) => {
      const container = workers.firstContainer[pod]! + index;
      applications.onSpeedChanged(container);
      prober.reconsider(container);
    },
  });
  return { ...managed, podManager, ...supplies, life, shutdown: shutdowns };
}
