// The node lifecycle controller: from a lease that is not renewed to a taint that evicts. Part of the control plane.
// Source: pkg/controller/nodelifecycle. A node whose heartbeats stay away for the grace period is declared Unknown: its pods
// count as not ready at once, and the node waits in its zone's queue for the NoExecute taint, upon which the taint eviction
// controller deletes each pod when its toleration has run out. A node that says itself that it is not ready goes the same way
// without the grace period. A heartbeat is never an event; only its staying away is.

import {
  type Context,
  type ControlPlaneSpec,
  type NodeId,
  NodeReady,
  ownTaint,
  type PodId,
  RateLimiter,
  RequestTimes,
} from '../../cluster/index.js';
import { type EventKind, entityKey, type Instant, tickAtOrAfter } from '../../engine/index.js';
import type { ControlPlaneAccess } from '../api-server/api-server.js';
import { controlPlaneParameters } from '../parameters.js';
import type { Controller, ControllerType } from './controller.js';
import { evictionRate } from './zone-state.js';

class NodeLifecycleController implements Controller {
  readonly name = 'node-lifecycle';
  readonly #context: Context;
  readonly #api: ControlPlaneAccess;
  readonly #grace: number;
  readonly #phase: Instant;
  readonly #limiter: RateLimiter;
  readonly #nodeWrites: RequestTimes;
  readonly #podWrites: RequestTimes;
  /** When the controller began to watch: what was before is unknown to it. */
  #watchingSince = -Infinity;
  /** Ready condition of each node as the watch has brought it, and as the controller went by it last. */
  readonly #watched: Uint8Array;
  readonly #known: Uint8Array;
  /** One more whenever a node's silence ends or is counted from the start: a look that was scheduled before is void. */
  readonly #leaseGeneration: Int32Array;
  /** One more whenever a node is well again: what was scheduled for its pods is void. */
  readonly #evictionGeneration: Int32Array;
  readonly #tainted: Uint8Array;
  /** Nodes that wait for the NoExecute taint, by zone. */
  readonly #queues: number[][];
  readonly #nextTaint: Float64Array;
  readonly #monitored: EventKind;
  readonly #checked: EventKind;
  readonly #declared: EventKind;
  readonly #marked: EventKind;
  readonly #taints: EventKind;

  constructor(context: Context, api: ControlPlaneAccess) {
    const { simulation, nodes, streams, spec } = context;
    this.#context = context;
    this.#api = api;
    const { nodeMonitorPeriod } = controlPlaneParameters;
    this.#grace = spec.controlPlane.nodeMonitorGracePeriod;
    this.#limiter = newLimiter(spec.controlPlane);
    this.#phase = streams
      .stream('node-lifecycle/phase')
      .below(nodeMonitorPeriod.value, entityKey('kube-controller-manager'), 0);
    const ofNodes = (node: NodeId) => nodes.keyOf(node);
    const ofPods = (pod: PodId) => context.pods.keyOf(pod);
    this.#nodeWrites = new RequestTimes(api, streams, 'node-lifecycle/nodes', ofNodes);
    this.#podWrites = new RequestTimes(api, streams, 'node-lifecycle/pods', ofPods);
    this.#watched = new Uint8Array(nodes.count).fill(NodeReady.True);
    this.#known = new Uint8Array(nodes.count).fill(NodeReady.True);
    this.#leaseGeneration = new Int32Array(nodes.count);
    this.#evictionGeneration = new Int32Array(nodes.count);
    this.#tainted = new Uint8Array(nodes.count);
    this.#queues = nodes.zones.map(() => []);
    this.#nextTaint = new Float64Array(nodes.zones.length);
    this.#monitored = simulation.on('node-lifecycle/monitored', (node) => this.#onMonitored(node));
    this.#checked = simulation.on('node-lifecycle/checked', (node, generation) => this.#onChecked(node, generation));
    this.#declared = api.whenAvailable('node-lifecycle/declared', (node, generation) =>
      this.#onDeclared(node, generation),
    );
    this.#marked = api.whenAvailable('node-lifecycle/pod-not-ready', (pod, generation) =>
      this.#onMarked(pod, generation),
    );
    this.#taints = api.whenAvailable('node-lifecycle/taints', (zone) => this.#onTaints(zone));
  }

  start(): void {
    const { simulation, nodes } = this.#context;
    const api = this.#api;
    api.watchNodes({ name: this.name, onReadyChanged: (node, ready) => this.#observe(node, ready) });
    api.watchLeases({
      onHeartbeat: (node, beats) => this.#onHeartbeat(node, beats),
      onApiServerBack: () => {
        this.#watchingSince = simulation.now;
        for (let node = 0; node < nodes.count; node++) this.#onHeartbeat(node, api.leases.isRenewed(node));
      },
    });
  }

  /** What the watch brings of a node is acted upon when the controller goes through all nodes next. */
  #observe(node: NodeId, ready: number): void {
    this.#watched[node] = ready;
    if (ready === this.#known[node]) return;
    const { simulation } = this.#context;
    const at = tickAtOrAfter(this.#phase, controlPlaneParameters.nodeMonitorPeriod.value, simulation.now);
    simulation.schedule(at, this.#monitored, node);
  }

  #onMonitored(node: NodeId): void {
    if (this.#watched[node] !== this.#known[node]) this.#setKnown(node, this.#watched[node]!);
  }

  #onHeartbeat(node: NodeId, beats: boolean): void {
    this.#leaseGeneration[node]! += 1;
    if (!beats) this.#expect(node);
  }

  /** Schedules the look at which the grace period of a node will be over. */
  #expect(node: NodeId): void {
    const { simulation } = this.#context;
    const last = Math.max(this.#api.leases.lastRenewal(node, simulation.now), this.#watchingSince);
    const due = Math.max(simulation.now, last + this.#grace);
    const at = tickAtOrAfter(this.#phase, controlPlaneParameters.nodeMonitorPeriod.value, due);
    simulation.schedule(at, this.#checked, node, this.#leaseGeneration[node]!);
  }

  #onChecked(node: NodeId, generation: number): void {
    const { simulation } = this.#context;
    // While the API server is unavailable the controller declares nothing; it restarts when it is back.
    if (
      generation !== this.#leaseGeneration[node] ||
      this.#api.isUnavailable ||
      this.#known[node] === NodeReady.Unknown
    )
      return;
    const request = this.#nodeWrites.next('write', node);
    simulation.schedule(simulation.now + request, this.#declared, node, generation);
  }

  #onDeclared(node: NodeId, generation: number): void {
    if (generation !== this.#leaseGeneration[node]) return;
    const { journal, simulation } = this.#context;
    const last = this.#api.leases.lastRenewal(node, simulation.now);
    journal?.nodeUnknown?.(node, Math.max(last, this.#watchingSince));
    this.#api.setNodeReady(node, NodeReady.Unknown);
    this.#watched[node] = NodeReady.Unknown;
    this.#setKnown(node, NodeReady.Unknown);
  }

  #setKnown(node: NodeId, ready: number): void {
    const { nodes, simulation } = this.#context;
    this.#known[node] = ready;
    if (ready === NodeReady.True) this.#evictionGeneration[node]! += 1;
    const generation = this.#evictionGeneration[node]!;
    const zone = nodes.zone[node]!;
    if (ready === NodeReady.True) {
      if (this.#tainted[node] === 1) {
        this.#tainted[node] = 0;
        this.#writeTaint(node);
      }
      this.#queues[zone] = this.#queues[zone]!.filter((other) => other !== node);
    } else {
      for (const { pod, isReady } of this.#api.listPods(node)) {
        if (!isReady) continue;
        const at = this.#limiter.take(simulation.now) + this.#podWrites.next('write', pod);
        simulation.schedule(at, this.#marked, pod, generation);
      }
      // What it had before is not what it has now: not ready, or not to be reached.
      if (this.#tainted[node] === 1) this.#writeTaint(node);
      else if (!this.#queues[zone]!.includes(node)) this.#queues[zone]!.push(node);
    }
    this.#withdrawTaintsIfAllAreAway();
    this.#queues.forEach((queue, z) => {
      if (queue.length > 0) this.#scheduleTaints(z);
    });
  }

  /** When no node is ready any more, it is rather the controller that is cut off: taints are taken back. */
  #withdrawTaintsIfAllAreAway(): void {
    const { nodes } = this.#context;
    if (!this.#known.every((ready) => ready !== NodeReady.True)) return;
    for (let node = 0; node < nodes.count; node++) {
      if (this.#tainted[node] === 0) continue;
      this.#tainted[node] = 0;
      this.#writeTaint(node);
      this.#queues[nodes.zone[node]!]!.push(node);
    }
  }

  #onMarked(pod: PodId, generation: number): void {
    const { pods, simulation } = this.#context;
    if (generation !== this.#evictionGeneration[pods.node[pod]!]) return;
    this.#api.markPodNotReady(pod, simulation.now);
  }

  #scheduleTaints(zone: number): void {
    const { simulation } = this.#context;
    const at = Math.max(simulation.now, this.#nextTaint[zone]!);
    simulation.schedule(at, this.#taints, zone);
  }

  /** Gives the next node of a zone its NoExecute taint, as fast as the health of the zones allows. */
  #onTaints(zone: number): void {
    const { simulation } = this.#context;
    if (simulation.now < this.#nextTaint[zone]!) return;
    const rate = evictionRate(this.#zoneSizes(), zone);
    const queue = this.#queues[zone]!;
    if (rate === 0 || queue.length === 0) return;
    this.#nextTaint[zone] = simulation.now + Math.round(1e9 / rate);
    this.#taint(queue.shift()!);
    if (queue.length > 0) this.#scheduleTaints(zone);
  }

  #zoneSizes(): { nodes: number; notReady: number }[] {
    const { nodes } = this.#context;
    const zones = nodes.zones.map(() => ({ nodes: 0, notReady: 0 }));
    for (let node = 0; node < nodes.count; node++) {
      const zone = zones[nodes.zone[node]!]!;
      zone.nodes++;
      if (this.#known[node] !== NodeReady.True) zone.notReady++;
    }
    return zones;
  }

  #taint(node: NodeId): void {
    this.#tainted[node] = 1;
    this.#writeTaint(node);
  }

  /** The Node object has the taint of its condition, and no other. */
  #writeTaint(node: NodeId): void {
    const ready = this.#known[node]!;
    const isTainted = this.#tainted[node] === 1;
    const wanted = !isTainted || ready === NodeReady.True ? [] : [ready === NodeReady.False ? NOT_READY : UNREACHABLE];
    // What is to be there comes before what is to go (SwapNodeControllerTaint): no pod believes in between that all is well.
    for (const taint of wanted) this.#api.setTaint(node, taint, true);
    for (const taint of [NOT_READY, UNREACHABLE]) if (!wanted.includes(taint)) this.#api.setTaint(node, taint, false);
  }
}

const NOT_READY = ownTaint('not-ready', 'NoExecute');
const UNREACHABLE = ownTaint('unreachable', 'NoExecute');

const newLimiter = ({ controllerQps, controllerBurst }: ControlPlaneSpec) =>
  new RateLimiter(controllerQps, controllerBurst);

export const nodeLifecycle: ControllerType = {
  name: 'node-lifecycle-controller',
  meaning:
    'sets Ready=Unknown on nodes that stop renewing their lease, and gives NoExecute taints to nodes that are not ready',
  create: ({ context, api }) => new NodeLifecycleController(context, api),
};
