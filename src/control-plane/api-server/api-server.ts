// The API server: the truth about objects, and who hears of it when. Part of the control plane.
// A write takes effect at the instant its caller says the request has ended; every watcher that cares observes it after a
// delay of its own, and observes the changes of one object in the order in which they happened. What a watcher observes
// travels with the message: it never looks into the store.

import {
  type ApiAccess,
  type Context,
  grown,
  isReady,
  NodeReady,
  PodChange,
  PodPhase,
  type PodStatusBits,
  type PodWatcher,
  phaseOf,
  type RequestKind,
  ServiceLog,
  statusBits,
} from '../../cluster/index.js';
import {
  type Duration,
  type EntityKey,
  type EventHandler,
  type EventKind,
  entityKey,
  type Instant,
  later,
  type RandomStream,
  sample,
} from '../../engine/index.js';
import type { SliceEndpoints } from '../controllers/endpoint-slice.js';
import { controlPlaneCosts, controlPlaneParameters } from '../parameters.js';
import { Leases } from './leases.js';
import { ReadinessLog } from './readiness-log.js';

/** A component that watches nodes and their leases. */
export interface NodeWatcher {
  /** A lease is not renewed any more, or is again. */
  onHeartbeat?(node: number, beats: boolean): void;
  /** The Ready condition of a Node object has changed. */
  onReadyChanged?(node: number): void;
  /** The MemoryPressure condition of a Node object has changed. */
  onPressureChanged?(node: number): void;
  onApiServerBack?(): void;
}

/** Stands for "the kubelet of the pod's node" among the watchers. */
const KUBELET_WATCHER = 255;

export class ApiServer implements ApiAccess {
  /** Resource version: one more at each write. */
  resourceVersion = 0;
  readonly services: ServiceLog;
  readonly leases: Leases;
  readonly readiness: ReadinessLog;
  readonly #context: Context;
  readonly #costs: typeof controlPlaneCosts;
  readonly #delivered: EventKind;
  readonly #watchers: PodWatcher[] = [];
  readonly #watches: Watch[] = [];
  #kubelets: ((pod: number, change: PodChange, status: PodStatusBits) => void) | undefined;
  readonly #kubeletWatch: Watch;
  /** Reconnections so far, by node. */
  readonly #reconnections: Uint32Array;
  readonly #reconnectionDelay: RandomStream;
  readonly #serviceWatchers: ((position: number) => void)[] = [];
  readonly #onReachable: ((node: number) => void)[] = [];
  readonly #nodeWatchers: NodeWatcher[] = [];
  /** Pods bound to each node, some of them gone. */
  readonly #podsOf: number[][];
  /** Faults that keep it away now. */
  #away = 0;
  #returns = 0;
  /** Messages to the kubelet of a node that cannot be reached: its watch is broken, and lists when it is back. */
  readonly #heldForKubelets = new Map<number, [pod: number, message: number][]>();
  readonly #heldForControllers: [pod: number, message: number][] = [];
  /** Completions that came while it was away. */
  readonly #deferred: [kind: EventKind, subject: number, argument: number][] = [];
  /** Whether the node's kubelet would renew its lease if it could. */
  readonly #heartbeat: Uint8Array;

  constructor(context: Context) {
    this.#context = context;
    this.#costs = context.parameters.of(controlPlaneCosts);
    this.services = new ServiceLog(context.spec.services.map((service) => service.ports.length));
    this.#kubeletWatch = new Watch(context.streams.stream('watch/kubelet'));
    this.#reconnections = new Uint32Array(context.nodes.count);
    this.#reconnectionDelay = context.streams.stream('watch/kubelet/reconnection');
    this.leases = new Leases(context);
    this.readiness = new ReadinessLog(context);
    this.#podsOf = Array.from({ length: context.nodes.count }, () => []);
    this.#heartbeat = new Uint8Array(context.nodes.count).fill(1);
    this.#delivered = context.simulation.on('api-server/watch-delivered', (pod, message) =>
      this.#deliver(pod, message),
    );
  }

  watchPods(watcher: PodWatcher): void {
    this.#watchers.push(watcher);
    this.#watches.push(new Watch(this.#context.streams.stream(`watch/${watcher.name}`)));
  }

  /** Every kubelet hears of binding, deletion and status of its own node's pods. */
  watchPodsOfNodes(onPodChanged: (pod: number, change: PodChange, status: PodStatusBits) => void): void {
    this.#kubelets = onPodChanged;
  }

  /** Called at each new entry of the service log. */
  watchServices(onCommitted: (position: number) => void): void {
    this.#serviceWatchers.push(onCommitted);
  }

  watchNodes(watcher: NodeWatcher): void {
    this.#nodeWatchers.push(watcher);
  }

  onReachable(onReachable: (node: number) => void): void {
    this.#onReachable.push(onReachable);
  }

  // Who can be reached ------------------------------------------------------------------------------------------------

  /** Whether no request is answered at present. */
  get isAway(): boolean {
    return this.#away > 0;
  }

  isReachable(node: number): boolean {
    return this.#away === 0 && this.#context.nodes.isOnNetwork(node);
  }

  whenAvailable(name: string, handler: EventHandler): EventKind {
    const kind = this.#context.simulation.on(name, (subject, argument) => {
      if (this.#away > 0) this.#deferred.push([kind, subject, argument]);
      else handler(subject, argument);
    });
    return kind;
  }

  /** The API server goes away, or one of the reasons for which it is away is over. */
  setAway(isAway: boolean): void {
    const { nodes, simulation, streams } = this.#context;
    this.#away += isAway ? 1 : -1;
    if (this.#away !== (isAway ? 1 : 0)) return;
    if (isAway) {
      for (let node = 0; node < nodes.count; node++) this.leases.end(node, simulation.now);
      return;
    }
    for (let node = 0; node < nodes.count; node++) {
      if (this.#heartbeat[node] === 1 && nodes.isOnNetwork(node)) this.leases.begin(node, simulation.now);
    }
    for (const watcher of this.#nodeWatchers) watcher.onApiServerBack?.();
    // Controllers and scheduler wait for their turn to lead, and list what they have missed.
    const retry = streams
      .stream('leader-election')
      .below(controlPlaneParameters.leaderElectionRetry.value, entityKey('kube-controller-manager'), this.#returns++);
    const at = (simulation.now + retry) as Instant;
    for (const [pod, message] of this.#heldForControllers.splice(0)) {
      simulation.schedule(at, this.#delivered, pod, message);
    }
    for (const [kind, subject, argument] of this.#deferred.splice(0)) simulation.schedule(at, kind, subject, argument);
    for (let node = 0; node < nodes.count; node++) if (nodes.isOnNetwork(node)) this.#reconnect(node);
  }

  /** Tells the API server that a node can be reached again, or not: {@link NodeTable.isOnNetwork} has changed. */
  onNetworkChanged(node: number): void {
    this.#updateLease(node);
    if (this.isReachable(node)) this.#reconnect(node);
  }

  setHeartbeat(node: number, beats: boolean): void {
    this.#heartbeat[node] = beats ? 1 : 0;
    this.#updateLease(node);
  }

  #updateLease(node: number): void {
    const { simulation } = this.#context;
    if (this.#away > 0) return;
    const renewed = this.#heartbeat[node] === 1 && this.isReachable(node);
    if (renewed === this.leases.isRenewed(node)) return;
    if (renewed) this.leases.begin(node, simulation.now);
    else this.leases.end(node, simulation.now);
    for (const watcher of this.#nodeWatchers) watcher.onHeartbeat?.(node, renewed);
  }

  /** The kubelet lists what its watch has missed: everything that was held, in order. */
  #reconnect(node: number): void {
    const { simulation } = this.#context;
    const held = this.#heldForKubelets.get(node) ?? [];
    this.#heldForKubelets.delete(node);
    const u = this.#reconnectionDelay.uniform(this.#context.nodes.keyOf(node), this.#reconnections[node]!++);
    const at = (simulation.now + this.watchDuration(u)) as Instant;
    for (const [pod, message] of held) {
      this.#kubeletWatch.hold(pod, at);
      simulation.schedule(at, this.#delivered, pod, message);
    }
    for (const listener of this.#onReachable) listener(node);
  }

  // Nodes -------------------------------------------------------------------------------------------------------------

  patchNodeReady(node: number, isReady: boolean): void {
    this.setNodeReady(node, isReady ? NodeReady.True : NodeReady.False);
  }

  patchNodePressure(node: number, isUnderPressure: boolean): void {
    const { nodes } = this.#context;
    if ((nodes.memoryPressure[node] === 1) === isUnderPressure) return;
    nodes.memoryPressure[node] = isUnderPressure ? 1 : 0;
    this.resourceVersion++;
    for (const watcher of this.#nodeWatchers) watcher.onPressureChanged?.(node);
  }

  /** Writes the Ready condition of a Node object, one of {@link NodeReady}. */
  setNodeReady(node: number, ready: number): void {
    const { nodes } = this.#context;
    if (nodes.ready[node] === ready) return;
    nodes.ready[node] = ready;
    this.resourceVersion++;
    for (const watcher of this.#nodeWatchers) watcher.onReadyChanged?.(node);
  }

  // Pods and services -------------------------------------------------------------------------------------------------

  requestDuration(kind: RequestKind, u: number): Duration {
    return Math.round(sample(this.#costs[kind].value, u)) as Duration;
  }

  watchDuration(u: number): Duration {
    return Math.round(sample(this.#costs.watch.value, u)) as Duration;
  }

  createPod(workload: number, ordinal: number, generation: number, requiredNode: number): number {
    const { pods, simulation } = this.#context;
    const pod = pods.add(workload, ordinal, generation, requiredNode);
    pods.stamps.created[pod] = simulation.now;
    this.#announce(pod, PodChange.Created, 0);
    return pod;
  }

  podsOf(node: number): readonly number[] {
    const { pods } = this.#context;
    const bound = this.#podsOf[node]!.filter((pod) => pods.gone[pod] === 0);
    this.#podsOf[node] = bound;
    return [...bound].sort((a, b) => a - b);
  }

  /** A pod that is bound when the run begins. */
  seedPod(pod: number, node: number): void {
    this.#context.pods.node[pod] = node;
    this.#podsOf[node]!.push(pod);
  }

  bindPod(pod: number, node: number): void {
    const { pods, simulation } = this.#context;
    if (pods.gone[pod] === 1) return;
    this.seedPod(pod, node);
    pods.stamps.bound[pod] = simulation.now;
    this.#announce(pod, PodChange.Bound, 0);
  }

  createMirrorPod(pod: number): void {
    const { pods } = this.#context;
    const node = pods.node[pod]!;
    this.#podsOf[node] = this.#podsOf[node]!.filter((other) => other !== pod);
    this.seedPod(pod, node);
    pods.gone[pod] = 0;
    pods.stamps.removed[pod] = Number.NaN;
    pods.phase[pod] = PodPhase.Pending;
    pods.ready[pod] = 0;
    this.#announce(pod, PodChange.Created, 0);
  }

  patchPodStatus(pod: number, status: PodStatusBits, readyTransition: number): void {
    const { pods } = this.#context;
    this.readiness.onStatus(pod, isReady(status), phaseOf(status));
    pods.phase[pod] = phaseOf(status);
    pods.ready[pod] = isReady(status) ? 1 : 0;
    pods.readyTransition[pod] = readyTransition;
    this.#announce(pod, PodChange.Status, status);
  }

  patchPodDetails(): void {
    this.resourceVersion++;
  }

  /** Sets the deletion timestamp: the pod ends gracefully from now on. */
  deletePod(pod: number): void {
    const { pods, simulation } = this.#context;
    pods.stamps.deleted[pod] = simulation.now;
    this.readiness.close(pod);
    // A pod that has no node ends at once.
    if (pods.node[pod]! < 0) this.removePod(pod);
    else this.#announce(pod, PodChange.Deleted, statusBits(pods.phase[pod]!, pods.ready[pod] === 1, true, false));
  }

  /** Takes the object away. */
  removePod(pod: number): void {
    const { pods, simulation } = this.#context;
    this.readiness.close(pod);
    pods.gone[pod] = 1;
    pods.stamps.removed[pod] = simulation.now;
    this.#announce(pod, PodChange.Removed, statusBits(pods.phase[pod]!, false, false, false));
  }

  /** Writes a service's EndpointSlices. */
  commitService(service: number, triggerTime: number, { pods, ready }: SliceEndpoints): void {
    this.resourceVersion++;
    const position = this.services.append(service, this.#context.simulation.now, triggerTime, pods, ready);
    for (const onCommitted of this.#serviceWatchers) onCommitted(position);
  }

  #announce(pod: number, change: PodChange, status: PodStatusBits): void {
    this.resourceVersion++;
    for (let i = 0; i < this.#watchers.length; i++) {
      if (!this.#watchers[i]!.wants.includes(change)) continue;
      const message = (status << 12) | (change << 8) | i;
      if (this.#away > 0) this.#heldForControllers.push([pod, message]);
      else this.#send(this.#watches[i]!, pod, message);
    }
    const node = this.#context.pods.node[pod]!;
    const concernsKubelet = change === PodChange.Bound || change === PodChange.Deleted || change === PodChange.Status;
    if (node < 0 || !concernsKubelet || this.#kubelets === undefined) return;
    const message = (status << 12) | (change << 8) | KUBELET_WATCHER;
    if (this.isReachable(node)) this.#send(this.#kubeletWatch, pod, message);
    else this.#hold(node, pod, message);
  }

  #hold(node: number, pod: number, message: number): void {
    const held = this.#heldForKubelets.get(node);
    if (held === undefined) this.#heldForKubelets.set(node, [[pod, message]]);
    else held.push([pod, message]);
  }

  #send(watch: Watch, pod: number, message: number): void {
    const { pods, simulation } = this.#context;
    const delay = this.watchDuration(watch.nextDraw(pod, pods.keyOf(pod)));
    const at = watch.hold(pod, (simulation.now + delay) as Instant);
    simulation.schedule(at, this.#delivered, pod, message);
  }

  #deliver(pod: number, message: number): void {
    const watcher = message & 255;
    const change = ((message >> 8) & 15) as PodChange;
    const status = message >> 12;
    if (watcher === KUBELET_WATCHER) this.#kubelets!(pod, change, status);
    else this.#watchers[watcher]!.onPodChanged(pod, change, status);
  }
}

/** The changes of pods that one watcher observes: each takes its time, and none overtakes another of the same pod. */
class Watch {
  readonly #luck: RandomStream;
  /** Messages so far, and when the last one arrives, by pod. */
  #sent = new Uint32Array(0);
  #lastArrival = new Float64Array(0);

  constructor(luck: RandomStream) {
    this.#luck = luck;
  }

  /** Uniform draw for the delay of the next message about a pod. */
  nextDraw(pod: number, key: EntityKey): number {
    this.#ensure(pod);
    return this.#luck.uniform(key, this.#sent[pod]!++);
  }

  /** A message would arrive at that instant: it does, or together with the one before. */
  hold(pod: number, at: Instant): Instant {
    this.#ensure(pod);
    const arrives = later(at, this.#lastArrival[pod]! as Instant);
    this.#lastArrival[pod] = arrives;
    return arrives;
  }

  #ensure(pod: number): void {
    if (pod < this.#sent.length) return;
    const length = Math.max(1024, pod * 2);
    this.#sent = grown(this.#sent, new Uint32Array(length));
    this.#lastArrival = grown(this.#lastArrival, new Float64Array(length));
  }
}
