// The container runtimes of all nodes as their kubelets see them: how long each CRI call takes. Part of the CRI.
// A runtime fills in the distributions (runtimes/); the kubelet knows only this contract. A call takes what it takes on
// an idle node, or until the node's disk and CPU have done the work of it and of the calls before, whichever is later: so
// a node that starts many pods at once queues, and its wall comes out of the demands instead of a curve.

import { type NodeId, type NodeTable, ParameterSet, type PartList } from '../cluster/index.js';
import {
  type Distribution,
  type Duration,
  type EntityKey,
  type RandomStream,
  type RandomStreams,
  sample,
} from '../engine/index.js';
import { type ContainerRuntime, RUNTIME_CALLS, type RuntimeCall } from './container-runtime.js';
import {
  contentionParameters,
  densityParameters,
  ociParameters,
  pullCosts,
  reclaimParameters,
  type runtimeRestartParameters,
} from './parameters.js';

/** What the runtimes need to know of the machines they run on. */
export interface Machines {
  readonly now: number;
  /** Memory that a node has left, as a multiple of what its kubelet keeps free by evicting pods; Infinity: it keeps nothing. */
  memoryLeft(node: NodeId): number;
  /** Its disk writes the layers of images as fast as it can. */
  isDiskBusy(node: NodeId): boolean;
  /** Pods that are on a node now. */
  pods(node: NodeId): number;
  /**
   * The runtime of a node is to do so much more work, ns of CPU. @param first of which somebody waits for so much.
   * @returns when that will be done.
   */
  work(node: NodeId, cpuTime: number, first: number): number;
}

/** Durations of CRI calls; the n-th call of a kind for a pod always takes the same time on an idle node. */
export class ContainerRuntimes {
  readonly #nodes: NodeTable;
  readonly #machines: Machines;
  /** By node pool. */
  readonly #runtimes: readonly ContainerRuntime[];
  readonly #distributions: readonly Record<RuntimeCall, Distribution>[];
  readonly #streams: Record<RuntimeCall, RandomStream>;
  readonly #pullOverhead: RandomStream;
  readonly #unpackLuck: RandomStream;
  /** When the disk has done what was asked of it so far, by node. */
  readonly #diskFreeAt: Float64Array;
  /** When systemd has made the units that it was asked for so far, by node. */
  readonly #systemdFreeAt: Float64Array;
  /** Work that disk and CPU were asked for so far, ns, by node. */
  readonly diskWork: Float64Array;
  readonly cpuWork: Float64Array;
  /** Time of one synchronous write, ns, by node. */
  readonly #syncWrite: Float64Array;
  /** Time of one of the kubelet, which is not merged with others on a spinning disk, ns, by node. */
  readonly #kubeletWrite: Float64Array;
  /** Calls are answered from then on, by node. */
  readonly #stalledUntil: Float64Array;
  readonly #slowdown: Float64Array;

  readonly #density: typeof densityParameters;
  readonly #oci: typeof ociParameters;
  readonly #reclaim: typeof reclaimParameters;
  /** What a unit takes systemd on the nodes on which calls were measured, ns. */
  readonly #usualUnit: number;
  readonly #demand: Demands;
  readonly #contention: typeof contentionParameters;
  readonly #pulls: typeof pullCosts;

  /** @param runtimes those that a node pool may name. */
  constructor(
    runtimes: PartList<ContainerRuntime>,
    nodes: NodeTable,
    streams: RandomStreams,
    machines: Machines,
    parameters: ParameterSet = ParameterSet.DEFAULTS,
  ) {
    this.#contention = parameters.of(contentionParameters);
    this.#demand = demandsOf(this.#contention);
    this.#pulls = parameters.of(pullCosts);
    this.#nodes = nodes;
    this.#machines = machines;
    this.#runtimes = nodes.pools.map(({ containerRuntime }) => runtimes.get(containerRuntime));
    this.#distributions = this.#runtimes.map(({ calls }) => {
      const costs = parameters.of(calls);
      return Object.fromEntries(RUNTIME_CALLS.map((call) => [call, costs[call].value])) as never;
    });
    this.#streams = Object.fromEntries(RUNTIME_CALLS.map((call) => [call, streams.stream(`cri/${call}`)])) as never;
    this.#pullOverhead = streams.stream('cri/pullOverhead');
    this.#unpackLuck = streams.stream('cri/unpackRate');
    this.#diskFreeAt = new Float64Array(nodes.count);
    this.#systemdFreeAt = new Float64Array(nodes.count);
    this.#density = parameters.of(densityParameters);
    this.#oci = parameters.of(ociParameters);
    this.#reclaim = parameters.of(reclaimParameters);
    this.#usualUnit = this.#unitTime(this.#density.usualPods.value);
    this.diskWork = new Float64Array(nodes.count);
    this.cpuWork = new Float64Array(nodes.count);
    this.#stalledUntil = new Float64Array(nodes.count);
    this.#slowdown = new Float64Array(nodes.count).fill(1);
    this.#syncWrite = Float64Array.from({ length: nodes.count }, (_, node) => this.#usualWrite(node, 'runtime'));
    this.#kubeletWrite = Float64Array.from({ length: nodes.count }, (_, node) => this.#usualWrite(node, 'kubelet'));
  }

  /**
   * How long the n-th such call for something takes.
   * @param entity a pod, one of its containers, or an attempt to start one. @param from when it is made, now or soon; its work is asked of disk and CPU now.
   */
  call(call: RuntimeCall, node: NodeId, entity: EntityKey, n: number, from: number = this.#machines.now): Duration {
    const now = this.answersFrom(node);
    const begins = Math.max(from, now);
    const distribution = this.#distributions[this.#nodes.pool[node]!]![call];
    const { syncWrites, kubeletWrites, units, processes } = this.#demand[call];
    const cpuTime = this.#demand[call].cpuTime / this.#nodes.poolOf(node).cpuSpeed;
    const usual = sample(distribution, this.#streams[call].uniform(entity, n));
    const unit = this.#unitTime(this.#machines.pods(node));
    const saved = processes * this.#savedOn(node);
    const alone = (Math.max(usual / 4, usual - saved) + units * (unit - this.#usualUnit)) * this.#slowdown[node]!;
    const writes = syncWrites * this.#syncWrite[node]! + kubeletWrites * this.#kubeletWrite[node]!;
    const disk = writes * reclaimFactor(this.#machines.memoryLeft(node), this.#reclaim) * this.#busyFactor(node);
    this.diskWork[node]! += disk;
    this.cpuWork[node]! += cpuTime / (this.#nodes.poolOf(node).cpuCapacityMillis / 1000);
    this.#diskFreeAt[node] = Math.max(now, this.#diskFreeAt[node]!) + disk;
    this.#systemdFreeAt[node] = Math.max(now, this.#systemdFreeAt[node]!) + units * unit;
    const worked = cpuTime === 0 ? 0 : this.#machines.work(node, cpuTime, alone);
    return Math.round(Math.max(begins + alone, this.#diskFreeAt[node]!, this.#systemdFreeAt[node]!, worked) - from);
  }

  /** Bytes that the runtime of a node holds itself for a pod with so many containers. */
  memoryOf(node: NodeId, containers: number): number {
    return this.#runtimes[this.#nodes.pool[node]!]!.memory(containers);
  }

  /** The runtime answers nothing before that instant. */
  stall(node: NodeId, until: number): void {
    this.#stalledUntil[node] = Math.max(this.#stalledUntil[node]!, until);
  }

  /** The machine boots: its runtime is a new one, with nothing to do. */
  restart(node: NodeId): void {
    this.#stalledUntil[node] = 0;
    this.#diskFreeAt[node] = 0;
    this.#systemdFreeAt[node] = 0;
  }

  /** From when on a call is answered: now, or the end of a stall. */
  answersFrom(node: NodeId): number {
    return Math.max(this.#machines.now, this.#stalledUntil[node]!);
  }

  /** Every call and look at a container takes so many times as long from now on; 1: as usual. */
  setSlowdown(node: NodeId, factor: number): void {
    this.#slowdown[node] = factor;
  }

  slowdown(node: NodeId): number {
    return this.#slowdown[node]!;
  }

  /** Each write to the node's disk takes so many times as long from now on; 1: as usual. */
  setDiskSlowdown(node: NodeId, factor: number): void {
    this.#syncWrite[node] = this.#usualWrite(node, 'runtime') * factor;
    this.#kubeletWrite[node] = this.#usualWrite(node, 'kubelet') * factor;
  }

  #usualWrite(node: NodeId, by: 'runtime' | 'kubelet'): number {
    const c = this.#contention;
    const { disk } = this.#nodes.poolOf(node);
    if (disk === 'hdd') return (by === 'runtime' ? c.syncWriteHdd : c.kubeletWriteHdd).value;
    const writes = {
      ssd: c.syncWriteSsd,
      gp2: c.syncWriteGp2,
      gp3: c.syncWriteGp3,
      nvme: c.syncWriteNvme,
      'nvme-volatile': c.syncWriteNvmeVolatile,
    };
    return writes[disk].value;
  }

  /** How many times as long a write takes while the disk writes the layers of images. */
  #busyFactor(node: NodeId): number {
    if (!this.#machines.isDiskBusy(node)) return 1;
    return (this.#nodes.poolOf(node).disk === 'hdd' ? this.#pulls.busyHdd : this.#pulls.busyDisk).value;
  }

  /** How long systemd takes to make a unit on a node with so many pods, ns. */
  #unitTime(pods: number): number {
    const { unit, unitPerMount, mounts, mountsPerPod } = this.#density;
    return unit.value + unitPerMount.value * (mounts.value + mountsPerPod.value * pods);
  }

  /** What a process begins the sooner by, ns. */
  #savedOn(node: NodeId): number {
    return this.#nodes.poolOf(node).ociRuntime === 'crun' ? this.#oci.crun.value : 0;
  }

  /** How much of the usual time the process of an exec takes to begin. @param usual ns. */
  execShare(node: NodeId, usual: number): number {
    return Math.max(0.25, 1 - this.#savedOn(node) / usual);
  }

  /** Duration of asking the registry for an image: everything of a pull that does not depend on its size. */
  resolveDuration(entity: EntityKey, n: number): Duration {
    return Math.round(sample(this.#pulls.pullOverhead.value, this.#pullOverhead.uniform(entity, n)));
  }

  /** Luck of the n-th pull for an entity in unpacking, 0 … 1. */
  unpackLuck(entity: EntityKey, n: number): number {
    return this.#unpackLuck.uniform(entity, n);
  }
}

/** How long the runtime of a node with so many pods takes to restart, ns. */
export const restartDuration = (pods: number, { base, perPod }: typeof runtimeRestartParameters): number =>
  base.value + perPod.value * pods;

/** How many times as long the disk works on a node with so little memory. @param left multiple of what is kept free. */
export function reclaimFactor(left: number, { from, most }: typeof reclaimParameters): number {
  const lacking = Math.min(1, Math.max(0, 1 - left / from.value));
  return 1 + (most.value - 1) * lacking;
}

interface Demand {
  readonly syncWrites: number;
  readonly kubeletWrites: number;
  readonly cpuTime: number;
  /** Units of systemd that are made or removed, and processes that the OCI runtime begins. */
  readonly units: number;
  readonly processes: number;
}
type Demands = Readonly<Record<RuntimeCall, Demand>>;

/** What a call asks of the node; the whole life of a pod with one container adds up to the published totals. */
function demandsOf(p: typeof contentionParameters): Demands {
  const start = (share: number, units: number, processes: number, kubelet = 0): Demand => ({
    units,
    processes,
    syncWrites: p.syncWritesStart.value * share,
    kubeletWrites: p.kubeletWrites.value * kubelet,
    cpuTime: p.cpuStart.value * share,
  });
  const stop = (share: number, units: number, kubelet = 0): Demand => ({
    units,
    processes: 0,
    syncWrites: p.syncWritesStop.value * share,
    kubeletWrites: p.kubeletWrites.value * kubelet,
    cpuTime: p.cpuStop.value * share,
  });
  return {
    // The slice of the pod and the scope of its pause container, then that of each container.
    runPodSandbox: start(0.5, 2, 1, 0.5),
    createContainer: start(0.25, 0, 0),
    startContainer: start(0.25, 1, 1),
    // What is left of a container is cleaned up when its pod has ended, also of one that ended by itself.
    stopContainer: stop(0, 1),
    stopPodSandbox: stop(0.3, 1),
    removeContainer: stop(0.35, 0),
    removePodSandbox: stop(0.35, 1, 0.5),
  };
}
