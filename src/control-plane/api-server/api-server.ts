// The API server: the truth about objects, and who learns of it when. Part of the control plane.
// A write takes effect at the instant its caller says the request has ended; every watcher that cares observes it after a
// delay of its own, and observes the changes of one object in the order in which they happened. Changes of different objects
// may overtake each other, where a real watch keeps the order of resource versions: who is slow with one is slow with it alone. What a watcher observes
// travels with the message: it never looks into the store.

import {
  type ApiAccess,
  type ApiObjects,
  answerOf,
  type Context,
  isReady,
  isStatic,
  type NodeId,
  NodeObjects,
  NodeReady,
  type NodeWatcher,
  type PodAnswer,
  PodChange,
  type PodId,
  PodObjects,
  PodPhase,
  type PodSizes,
  type PodStatusBits,
  type PodStatusDetails,
  type PodTemplate,
  type PodWatcher,
  phaseOf,
  type RequestKind,
  type ServiceId,
  ServiceLog,
  statusBits,
  type TaintSpec,
  templateOf,
  type WorkloadId,
} from '../../cluster/index.js';
import {
  type Duration,
  type EntityKey,
  type EventHandler,
  type EventKind,
  entityKey,
  grown,
  type Instant,
  later,
  NS_PER_SECOND,
  type RandomStream,
  sample,
} from '../../engine/index.js';
import type { SliceEndpoints } from '../controllers/endpoint-slice.js';
import { controlPlaneCosts, controlPlaneParameters } from '../parameters.js';
import { Leases } from './leases.js';
import { ReadinessLog } from './readiness-log.js';

/** What a controller that looks after leases observes of them. */
export interface LeaseWatcher {
  /** A lease is not renewed any more, or is again. */
  onHeartbeat(node: NodeId, beats: boolean): void;
  onApiServerBack(): void;
}

/** The API server as the components of the control plane see it. */
export interface ControlPlaneAccess extends ApiAccess {
  readonly leases: Leases;
  readonly isUnavailable: boolean;
  /** Pods that have ended, and whose objects are still there. */
  readonly endedPods: ReadonlySet<PodId>;
  watchPods(watcher: PodWatcher): void;
  watchNodes(watcher: NodeWatcher): void;
  watchLeases(watcher: LeaseWatcher): void;
  createPod(workload: WorkloadId, ordinal: number, generation: number, requiredNode: NodeId): PodId;
  /** @returns whether there was one to bind. */
  bindPod(pod: PodId, node: NodeId): boolean;
  /** The answer to a GET of a pod; undefined if there is none. */
  getPod(pod: PodId): PodAnswer | undefined;
  /**
   * Registers a kind of event that is the end of a request of the control plane. One that comes while the API server is
   * unavailable takes effect when it is back.
   */
  whenAvailable(name: string, handler: EventHandler): EventKind;
  /**
   * Sets the deletion timestamp: the pod ends gracefully from now on; one that has ended, has no node, or a grace of 0 is gone at once.
   * @param isDisruption it gets the condition DisruptionTarget. @returns whether there was one that was not ending.
   */
  deletePod(pod: PodId, isDisruption?: boolean): boolean;
  /** Asks for another size of a pod's: the template that it is to have. Nothing if there is no such pod. */
  resizePod(pod: PodId, desired: PodTemplate): void;
  /** Writes into the Ready condition of a pod that is ready that it is not; ns. */
  markPodNotReady(pod: PodId, transition: number): void;
  setNodeReady(node: NodeId, ready: number): void;
  /** Gives a Node object a taint, or takes one of that key and effect away. @returns whether that is a change. */
  setTaint(node: NodeId, taint: TaintSpec, isThere: boolean): boolean;
  commitService(service: ServiceId, triggerTime: number, endpoints: SliceEndpoints): void;
}

/** Stands for "the kubelet of the pod's node" among the watchers. */
const KUBELET_WATCHER = 255;

export class ApiServer implements ControlPlaneAccess {
  /** Resource version: one more at each write. */
  resourceVersion = 0;
  readonly services: ServiceLog;
  /** The truth; for those who look at a run from outside. */
  readonly objects: ApiObjects;
  readonly leases: Leases;
  readonly readiness: ReadinessLog;
  readonly endedPods = new Set<PodId>();
  readonly #context: Context;
  readonly #costs: typeof controlPlaneCosts;
  readonly #delivered: EventKind;
  readonly #watchers: PodWatcher[] = [];
  readonly #watches: Watch[] = [];
  #kubelets: ((pod: PodId, change: PodChange, status: PodStatusBits) => void) | undefined;
  readonly #kubeletWatch: Watch;
  /** Reconnections so far, by node. */
  readonly #reconnections: Uint32Array;
  readonly #reconnectionDelay: RandomStream;
  readonly #serviceWatchers: ((position: number) => void)[] = [];
  readonly #onReachable: ((node: NodeId) => void)[] = [];
  readonly #nodeWatches: NodeWatch[] = [];
  readonly #leaseWatchers: LeaseWatcher[] = [];
  readonly #nodeDelivered: EventKind;
  /** Names of images in messages, by their numbers. */
  readonly #images: string[] = [];
  /** Taints of nodes that do not have those of their pool, and all lists of them so far, by their numbers in messages. */
  readonly #taints = new Map<NodeId, readonly TaintSpec[]>();
  readonly #taintLists: (readonly TaintSpec[])[] = [];
  /** Pods bound to each node, some of them gone. */
  readonly #podsOf: number[][];
  /** Faults that make it unavailable now. */
  #outages = 0;
  #returns = 0;
  /** Messages to the kubelet of a node that cannot be reached: its watch is broken, and lists when it is back. */
  readonly #heldForKubelets = new Map<number, [pod: PodId, message: number][]>();
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
    this.objects = { pods: new PodObjects(), nodes: new NodeObjects(context.nodes) };
    this.#podsOf = Array.from({ length: context.nodes.count }, () => []);
    this.#heartbeat = new Uint8Array(context.nodes.count).fill(1);
    this.#delivered = context.simulation.on('api-server/watch-delivered', (pod, message) =>
      this.#deliver(pod, message),
    );
    this.#nodeDelivered = context.simulation.on('api-server/node-delivered', (node, message) =>
      this.#deliverNode(node, message),
    );
  }

  watchPods(watcher: PodWatcher): void {
    this.#watchers.push(watcher);
    this.#watches.push(new Watch(this.#context.streams.stream(`watch/${watcher.name}`)));
  }

  /** Every kubelet learns of binding, deletion and status of its own node's pods. */
  watchPodsOfNodes(onPodChanged: (pod: PodId, change: PodChange, status: PodStatusBits) => void): void {
    this.#kubelets = onPodChanged;
  }

  /** Called at each new entry of the service log. */
  watchServices(onCommitted: (position: number) => void): void {
    this.#serviceWatchers.push(onCommitted);
  }

  watchNodes(watcher: NodeWatcher): void {
    this.#nodeWatches.push(new NodeWatch(watcher, this.#context));
  }

  watchLeases(watcher: LeaseWatcher): void {
    this.#leaseWatchers.push(watcher);
  }

  onReachable(onReachable: (node: NodeId) => void): void {
    this.#onReachable.push(onReachable);
  }

  // Who can be reached ------------------------------------------------------------------------------------------------

  /** Whether no request is answered at present. */
  get isUnavailable(): boolean {
    return this.#outages > 0;
  }

  isReachable(node: NodeId): boolean {
    return this.#outages === 0 && this.#context.nodes.isOnNetwork(node);
  }

  whenAvailable(name: string, handler: EventHandler): EventKind {
    const kind = this.#context.simulation.on(name, (subject, argument) => {
      if (this.#outages > 0) this.#deferred.push([kind, subject, argument]);
      else handler(subject, argument);
    });
    return kind;
  }

  /** The API server becomes unavailable, or one of the reasons for it is over. */
  setUnavailable(isUnavailable: boolean): void {
    const { nodes, simulation, streams } = this.#context;
    this.#outages += isUnavailable ? 1 : -1;
    if (this.#outages !== (isUnavailable ? 1 : 0)) return;
    if (isUnavailable) {
      for (let node = 0; node < nodes.count; node++) this.leases.end(node, simulation.now);
      return;
    }
    for (let node = 0; node < nodes.count; node++) {
      if (this.#heartbeat[node] === 1 && nodes.isOnNetwork(node)) this.leases.begin(node, simulation.now);
    }
    for (const watcher of this.#leaseWatchers) watcher.onApiServerBack();
    // Controllers and scheduler wait for their turn to lead, and list what they have missed.
    const retry = streams
      .stream('leader-election')
      .below(controlPlaneParameters.leaderElectionRetry.value, entityKey('kube-controller-manager'), this.#returns++);
    const at = simulation.now + retry;
    for (const [kind, subject, argument] of this.#deferred.splice(0)) simulation.schedule(at, kind, subject, argument);
    for (let node = 0; node < nodes.count; node++) if (nodes.isOnNetwork(node)) this.#reconnect(node);
  }

  /** Tells the API server that a node can be reached again, or not: {@link NodeTable.isOnNetwork} has changed. */
  onNetworkChanged(node: NodeId): void {
    this.#updateLease(node);
    if (this.isReachable(node)) this.#reconnect(node);
  }

  setHeartbeat(node: NodeId, beats: boolean): void {
    this.#heartbeat[node] = beats ? 1 : 0;
    this.#updateLease(node);
  }

  #updateLease(node: NodeId): void {
    const { simulation } = this.#context;
    if (this.#outages > 0) return;
    const renewed = this.#heartbeat[node] === 1 && this.isReachable(node);
    if (renewed === this.leases.isRenewed(node)) return;
    if (renewed) this.leases.begin(node, simulation.now);
    else this.leases.end(node, simulation.now);
    for (const watcher of this.#leaseWatchers) watcher.onHeartbeat(node, renewed);
  }

  /** The kubelet lists what its watch has missed: everything that was held, in order. */
  #reconnect(node: NodeId): void {
    const { simulation } = this.#context;
    const held = this.#heldForKubelets.get(node) ?? [];
    this.#heldForKubelets.delete(node);
    const u = this.#reconnectionDelay.uniform(this.#context.nodes.keyOf(node), this.#reconnections[node]!++);
    const at = simulation.now + this.watchDuration(u);
    for (const [pod, message] of held) {
      simulation.schedule(this.#kubeletWatch.hold(pod, at), this.#delivered, pod, message);
    }
    for (const listener of this.#onReachable) listener(node);
  }

  // Nodes -------------------------------------------------------------------------------------------------------------

  patchNodeReady(node: NodeId, isReady: boolean): void {
    this.setNodeReady(node, isReady ? NodeReady.True : NodeReady.False);
  }

  patchNodePressure(node: NodeId, pressures: number): void {
    const { nodes } = this.objects;
    if (nodes.pressures[node] === pressures) return;
    nodes.pressures[node] = pressures;
    this.resourceVersion++;
    this.#announceNode(node, 'onPressureChanged', pressures);
  }

  /** Writes the Ready condition of a Node object, one of {@link NodeReady}. */
  setNodeReady(node: NodeId, ready: number): void {
    const { nodes } = this.objects;
    if (nodes.ready[node] === ready) return;
    nodes.ready[node] = ready;
    this.#context.journal?.nodeReadyChanged?.(node, ready);
    this.resourceVersion++;
    this.#announceNode(node, 'onReadyChanged', ready);
  }

  setTaint(node: NodeId, taint: TaintSpec, isThere: boolean): boolean {
    const before = this.taintsOf(node);
    const others = before.filter(({ key, effect }) => key !== taint.key || effect !== taint.effect);
    const isKnown = before.some(({ key, value, effect }) => {
      return key === taint.key && effect === taint.effect && (value === taint.value || !isThere);
    });
    if (isKnown === isThere) return false;
    const taints = isThere ? [...others, taint] : others;
    this.#taints.set(node, taints);
    this.resourceVersion++;
    this.#announceNode(node, 'onTaintsChanged', this.#taintLists.push(taints) - 1);
    return true;
  }

  /** Taints of a Node object, without those that follow from its other conditions. */
  taintsOf(node: NodeId): readonly TaintSpec[] {
    return this.#taints.get(node) ?? this.#context.nodes.poolOf(node).taints;
  }

  patchNodeImage(node: NodeId, image: string, isThere: boolean): void {
    let number = this.#images.indexOf(image);
    if (number < 0) number = this.#images.push(image) - 1;
    this.resourceVersion++;
    this.#announceNode(node, 'onImageChanged', number * 2 + (isThere ? 1 : 0));
  }

  hasConditions(node: NodeId, isReady: boolean, pressures: number): boolean {
    const { nodes } = this.objects;
    return (nodes.ready[node] === NodeReady.True) === isReady && nodes.pressures[node] === pressures;
  }

  #announceNode(node: NodeId, about: NodeNews, value: number): void {
    const { nodes, simulation } = this.#context;
    this.#nodeWatches.forEach((watch, i) => {
      if (watch.watcher[about] === undefined) return;
      const delay = this.watchDuration(watch.nextDraw(node, nodes.keyOf(node)));
      const at = watch.hold(node, simulation.now + delay);
      simulation.schedule(at, this.#nodeDelivered, node, value * 4096 + ((NODE_NEWS.indexOf(about) << 8) | i));
    });
  }

  #deliverNode(node: NodeId, message: number): void {
    const { watcher } = this.#nodeWatches[message & 255]!;
    const value = Math.floor(message / 4096);
    switch (NODE_NEWS[(message >> 8) & 15]) {
      case 'onReadyChanged':
        watcher.onReadyChanged!(node, value);
        break;
      case 'onPressureChanged':
        watcher.onPressureChanged!(node, value);
        break;
      case 'onTaintsChanged':
        watcher.onTaintsChanged!(node, this.#taintLists[value]!);
        break;
      default:
        watcher.onImageChanged!(node, this.#images[value >> 1]!, (value & 1) === 1);
    }
  }

  // Pods and services -------------------------------------------------------------------------------------------------

  requestDuration(kind: RequestKind, u: number): Duration {
    return Math.round(sample(this.#costs[kind].value, u));
  }

  watchDuration(u: number): Duration {
    return Math.round(sample(this.#costs.watch.value, u));
  }

  createPod(workload: WorkloadId, ordinal: number, generation: number, requiredNode: NodeId): PodId {
    const { pods, simulation } = this.#context;
    const pod = pods.add(workload, ordinal, generation, requiredNode);
    this.objects.pods.ensure(pod);
    pods.stamps.created[pod] = simulation.now;
    this.#context.journal?.podCreated?.(pod, workload);
    this.#announce(pod, PodChange.Created, 0);
    return pod;
  }

  /** Pods bound to a node whose objects exist, in order of creation. */
  podsOf(node: NodeId): readonly number[] {
    const { gone } = this.objects.pods;
    const bound = this.#podsOf[node]!.filter((pod) => gone[pod] === 0);
    this.#podsOf[node] = bound;
    return [...bound].sort((a, b) => a - b);
  }

  listPods(node: NodeId): readonly PodAnswer[] {
    return this.podsOf(node).map((pod) => answerOf(this.objects.pods, this.#context.pods, pod));
  }

  getPod(pod: PodId): PodAnswer | undefined {
    return this.hasPod(pod) ? answerOf(this.objects.pods, this.#context.pods, pod) : undefined;
  }

  hasPod(pod: PodId): boolean {
    return this.objects.pods.gone[pod] === 0;
  }

  /** A pod that is bound, runs and is ready when the run begins. */
  seedPod(pod: PodId, node: NodeId): void {
    const { pods } = this.objects;
    this.#place(pod, node);
    pods.ensure(pod);
    pods.phase[pod] = PodPhase.Running;
    pods.ready[pod] = 1;
  }

  #place(pod: PodId, node: NodeId): void {
    this.#context.pods.node[pod] = node;
    this.#podsOf[node]!.push(pod);
  }

  bindPod(pod: PodId, node: NodeId): boolean {
    const { pods, simulation } = this.#context;
    if (!this.hasPod(pod)) return false;
    this.#place(pod, node);
    pods.stamps.bound[pod] = simulation.now;
    this.#context.journal?.podBound?.(pod, node);
    this.#announce(pod, PodChange.Bound, 0);
    return true;
  }

  createMirrorPod(pod: PodId): void {
    if (this.hasPod(pod)) return;
    const { stamps, node: nodeOf } = this.#context.pods;
    const { pods } = this.objects;
    const node = nodeOf[pod]!;
    this.#podsOf[node] = this.#podsOf[node]!.filter((other) => other !== pod);
    this.#place(pod, node);
    pods.gone[pod] = 0;
    stamps.removed[pod] = Number.NaN;
    pods.phase[pod] = PodPhase.Pending;
    pods.ready[pod] = 0;
    this.#announce(pod, PodChange.Created, 0);
  }

  patchPodStatus(pod: PodId, status: PodStatusBits, readyTransition: number, details?: PodStatusDetails): void {
    const { pods } = this.objects;
    if (details !== undefined) this.#noteDetails(pod, status, details);
    const isOver = phaseOf(status) > PodPhase.Running || this.#isDeleting(pod);
    this.readiness.onStatus(pod, { wasReady: pods.ready[pod] === 1, isReady: isReady(status), isOver });
    pods.phase[pod] = phaseOf(status);
    if ((pods.ready[pod] === 1) !== isReady(status)) this.#context.journal?.podReadyChanged?.(pod, isReady(status));
    pods.ready[pod] = isReady(status) ? 1 : 0;
    pods.readyTransition[pod] = readyTransition;
    this.#announce(pod, PodChange.Status, status);
  }

  markPodNotReady(pod: PodId, transition: number): void {
    const { phase, ready } = this.objects.pods;
    if (!this.hasPod(pod) || ready[pod] === 0) return;
    this.patchPodStatus(pod, statusBits(phase[pod]!, false, true, true), transition);
  }

  resizePod(pod: PodId, desired: PodTemplate): void {
    if (!this.hasPod(pod)) return;
    const allocated = this.sizesOf(pod)?.allocated ?? templateOf(this.#context, pod);
    this.objects.pods.sizes.set(pod, { desired, allocated });
    this.#announce(pod, PodChange.Resized, 0);
  }

  sizesOf(pod: PodId): PodSizes | undefined {
    return this.objects.pods.sizes.get(pod);
  }

  patchPodSize(pod: PodId, size: PodTemplate): void {
    const sizes = this.sizesOf(pod);
    if (!this.hasPod(pod) || sizes === undefined) return;
    this.objects.pods.sizes.set(pod, { ...sizes, allocated: size });
    this.#announce(pod, PodChange.Resized, 0);
  }

  patchPodDetails(pod: PodId, details: PodStatusDetails): void {
    const { pods, spec } = this.#context;
    const { phase, ready, restarts } = this.objects.pods;
    const isNews = restarts[pod] !== details.restarts && spec.workloads[pods.workload[pod]!]!.traits.runsToCompletion;
    const status = statusBits(phase[pod]!, ready[pod] === 1, true, ready[pod] === 1);
    this.#noteDetails(pod, status, details);
    if (isNews) this.#announce(pod, PodChange.Status, status);
    else this.resourceVersion++;
  }

  #noteDetails(pod: PodId, status: PodStatusBits, details: PodStatusDetails): void {
    const { disrupted, exitCodes, finishedAt, restarts } = this.objects.pods;
    restarts[pod] = details.restarts;
    if (details.isDisrupted) disrupted[pod] = 1;
    if (phaseOf(status) <= PodPhase.Running) return;
    finishedAt[pod] = details.finishedAt;
    exitCodes.set(pod, details.exitCodes);
    if (!this.endedPods.has(pod)) this.#context.journal?.podEnded?.(pod);
    this.endedPods.add(pod);
  }

  deletePod(pod: PodId, isDisruption = false): boolean {
    if (!this.hasPod(pod) || this.#isDeleting(pod)) return false;
    const { pods, simulation } = this.#context;
    const { disrupted, phase, ready } = this.objects.pods;
    if (isDisruption) disrupted[pod] = 1;
    pods.stamps.deleted[pod] = simulation.now;
    this.#context.journal?.podDeleted?.(pod);
    this.readiness.close(pod);
    // Nobody is waited for: CheckGracefulDelete in pkg/registry/core/pod/strategy.go.
    const hasEnded = phase[pod]! > PodPhase.Running;
    if (pods.node[pod]! < 0 || hasEnded || templateOf(this.#context, pod).terminationGracePeriod === 0)
      this.#remove(pod, true);
    else this.#announce(pod, PodChange.Deleted, statusBits(phase[pod]!, ready[pod] === 1, true, false));
    return true;
  }

  removePod(pod: PodId): void {
    if (this.hasPod(pod)) this.#remove(pod, false);
  }

  /** @param isSudden its kubelet has not asked for it, and learns of it now. */
  #remove(pod: PodId, isSudden: boolean): void {
    const { pods, simulation } = this.#context;
    this.readiness.close(pod);
    this.endedPods.delete(pod);
    this.objects.pods.gone[pod] = 1;
    pods.stamps.removed[pod] = simulation.now;
    this.#context.journal?.podRemoved?.(pod);
    this.#announce(pod, PodChange.Removed, statusBits(this.objects.pods.phase[pod]!, false, false, false), isSudden);
  }

  #isDeleting(pod: PodId): boolean {
    return !Number.isNaN(this.#context.pods.stamps.deleted[pod]!);
  }

  /** Writes a service's EndpointSlices. */
  commitService(service: ServiceId, triggerTime: number, { pods, ready, hints }: SliceEndpoints): void {
    this.resourceVersion++;
    const position = this.services.append(service, this.#context.simulation.now, triggerTime, pods, ready, hints);
    for (const onCommitted of this.#serviceWatchers) onCommitted(position);
  }

  /** @param isSudden a removal that the kubelet has to act upon. */
  #announce(pod: PodId, change: PodChange, status: PodStatusBits, isSudden = false): void {
    this.resourceVersion++;
    const node = this.#context.pods.node[pod]!;
    const content = (status << 12) | (change << 8);
    const transition = this.#transitionOf(pod, change);
    for (let i = 0; i < this.#watchers.length; i++) {
      const watcher = this.#watchers[i]!;
      if (!watcher.wants.includes(change) || watcher.selects?.(node) === false) continue;
      this.#send(this.#watches[i]!, pod, transition + (content | i));
    }
    if (node < 0 || this.#kubelets === undefined || !this.#concernsKubelet(pod, change, isSudden)) return;
    const message = content | KUBELET_WATCHER;
    if (this.isReachable(node)) this.#send(this.#kubeletWatch, pod, message);
    else this.#hold(node, pod, message);
  }

  /** Creation and removal are of interest where the pod is a mirror, removal where its kubelet does not know of it, too. */
  #concernsKubelet(pod: PodId, change: PodChange, isSudden: boolean): boolean {
    if (change === PodChange.Created || change === PodChange.Removed) return isSudden || isStatic(this.#context, pod);
    return true;
  }

  /** The transition of the Ready condition as a part of a message: whole seconds, one more, 0 standing for none. */
  #transitionOf(pod: PodId, change: PodChange): number {
    const transition = this.objects.pods.readyTransition[pod]!;
    if (change !== PodChange.Status || Number.isNaN(transition)) return 0;
    return (Math.floor(transition / NS_PER_SECOND) + 1) * CONTENT_RANGE;
  }

  #hold(node: NodeId, pod: PodId, message: number): void {
    const held = this.#heldForKubelets.get(node);
    if (held === undefined) this.#heldForKubelets.set(node, [[pod, message]]);
    else held.push([pod, message]);
  }

  #send(watch: Watch, pod: PodId, message: number): void {
    const { pods, simulation } = this.#context;
    const delay = this.watchDuration(watch.nextDraw(pod, pods.keyOf(pod)));
    const at = watch.hold(pod, simulation.now + delay);
    simulation.schedule(at, this.#delivered, pod, message);
  }

  #deliver(pod: PodId, message: number): void {
    const content = message % CONTENT_RANGE;
    const watcher = content & 255;
    const change = ((content >> 8) & 15) as PodChange;
    const status = content >> 12;
    if (watcher === KUBELET_WATCHER) {
      this.#kubelets!(pod, change, status);
      return;
    }
    const seconds = Math.floor(message / CONTENT_RANGE);
    const transition = seconds === 0 ? Number.NaN : (seconds - 1) * NS_PER_SECOND;
    this.#watchers[watcher]!.onPodChanged(pod, change, status, transition);
  }
}

/** What watchers observe of nodes: methods of theirs. */
const NODE_NEWS = ['onReadyChanged', 'onPressureChanged', 'onTaintsChanged', 'onImageChanged'] as const;
type NodeNews = (typeof NODE_NEWS)[number];

/** Messages have watcher, change and status below this, and a time above. */
const CONTENT_RANGE = 1 << 20;

/** The changes that one watcher observes: each takes its time, and none overtakes another of the same object. */
class Watch {
  readonly #luck: RandomStream;
  /** Messages so far, and when the last one arrives, by subject. */
  #sent = new Uint32Array(0);
  #lastArrival = new Float64Array(0);

  constructor(luck: RandomStream) {
    this.#luck = luck;
  }

  /** Uniform draw for the delay of the next message about a subject. */
  nextDraw(subject: number, key: EntityKey): number {
    this.#ensure(subject);
    return this.#luck.uniform(key, this.#sent[subject]!++);
  }

  /** A message would arrive at that instant: it does, or together with the one before. */
  hold(subject: number, at: Instant): Instant {
    this.#ensure(subject);
    const arrives = later(at, this.#lastArrival[subject]!);
    this.#lastArrival[subject] = arrives;
    return arrives;
  }

  #ensure(subject: number): void {
    if (subject < this.#sent.length) return;
    const length = Math.max(1024, subject * 2);
    this.#sent = grown(this.#sent, new Uint32Array(length));
    this.#lastArrival = grown(this.#lastArrival, new Float64Array(length));
  }
}

/** The changes of nodes that one watcher observes. */
class NodeWatch extends Watch {
  readonly watcher: NodeWatcher;

  constructor(watcher: NodeWatcher, { streams }: Context) {
    super(streams.stream(`watch/${watcher.name}/nodes`));
    this.watcher = watcher;
  }
}
