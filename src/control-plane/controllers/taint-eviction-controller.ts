// The taint eviction controller: pods that do not put up with a NoExecute taint of their node are deleted, at once or when their
// tolerationSeconds have passed. Part of the control plane.
// Source: pkg/controller/tainteviction. Whoever gives a node a taint has said so on the Node object: this controller only watches.

import {
  type Context,
  evictingTaints,
  evictionDelay,
  type NodeId,
  PodChange,
  type PodId,
  PodPhase,
  type PodWatcher,
  RateLimiter,
  RequestTimes,
  type TaintSpec,
  templateOf,
} from '../../cluster/index.js';
import type { EventKind, Instant } from '../../engine/index.js';
import type { Counter } from '../../metrics/index.js';
import type { ControlPlaneAccess } from '../api-server/api-server.js';
import type { Controller, ControllerType } from './controller.js';

/** The pod is read, told why it goes, and deleted. */
const REQUESTS = ['read', 'write', 'write'] as const;

/** An eviction that is to come. */
interface Planned {
  /** Since when the pod has put up with the taints. */
  readonly since: Instant;
  /** Its number: another one takes its place. */
  readonly number: number;
}

class TaintEvictionController implements Controller, PodWatcher {
  readonly name = 'taint-eviction';
  readonly wants = [PodChange.Bound] as const;
  readonly #context: Context;
  readonly #api: ControlPlaneAccess;
  readonly #limiter: RateLimiter;
  readonly #requests: RequestTimes;
  /** NoExecute taints of nodes that have some, as the watch has brought them. */
  readonly #taints = new Map<NodeId, readonly TaintSpec[]>();
  readonly #planned = new Map<PodId, Planned>();
  #plans = 0;
  readonly #due: EventKind;
  readonly #evicted: EventKind;
  readonly #evictions: Counter;

  constructor(context: Context, api: ControlPlaneAccess) {
    const { simulation, streams, spec, recorder } = context;
    this.#context = context;
    this.#api = api;
    this.#limiter = new RateLimiter(spec.controlPlane.controllerQps, spec.controlPlane.controllerBurst);
    this.#requests = new RequestTimes(api, streams, this.name, (pod) => context.pods.keyOf(pod));
    this.#evictions = recorder.counter('taint_eviction_controller_pod_deletions_total');
    this.#due = simulation.on('taint-eviction/due', (pod, number) => this.#onDue(pod, number));
    this.#evicted = api.whenAvailable('taint-eviction/deletes', (pod, number) => this.#onEvicted(pod, number));
  }

  start(): void {
    this.#api.watchNodes({ name: this.name, onTaintsChanged: (node, taints) => this.#observe(node, taints) });
    this.#api.watchPods(this);
    const { nodes } = this.#context;
    const lasting = nodes.pools.map(({ taints }) => evictingTaints(taints));
    for (let node = 0; node < nodes.count; node++) {
      const taints = lasting[nodes.pool[node]!]!;
      if (taints.length > 0) this.#setTaints(node, taints);
    }
  }

  /** Only nodes with NoExecute taints are looked at: a pod that comes to one of them is to be evicted, too. */
  selects(node: NodeId): boolean {
    return this.#taints.has(node);
  }

  onPodChanged(pod: PodId): void {
    // The taint may have been taken back since the pod was bound.
    const taints = this.#taints.get(this.#context.pods.node[pod]!);
    if (taints !== undefined) this.#plan(pod, taints);
  }

  #observe(node: NodeId, all: readonly TaintSpec[]): void {
    const taints = evictingTaints(all);
    const before = this.#taints.get(node) ?? [];
    if (taints.length === 0 && before.length === 0) return;
    this.#setTaints(node, taints);
  }

  #setTaints(node: NodeId, taints: readonly TaintSpec[]): void {
    if (taints.length === 0) this.#taints.delete(node);
    else this.#taints.set(node, taints);
    for (const { pod } of this.#api.listPods(node)) this.#plan(pod, taints);
  }

  /** What the taints of its node mean for a pod (processPodOnNode). */
  #plan(pod: PodId, taints: readonly TaintSpec[]): void {
    const { simulation } = this.#context;
    const delay = evictionDelay(templateOf(this.#context, pod).tolerations, taints);
    const planned = this.#planned.get(pod);
    if (delay === Infinity) {
      this.#planned.delete(pod);
      return;
    }
    // One that was planned before is not put off, whatever the node has been given since.
    if (planned !== undefined && delay > 0 && planned.since < simulation.now) return;
    this.#planned.set(pod, { since: simulation.now, number: ++this.#plans });
    simulation.schedule((simulation.now + delay) as Instant, this.#due, pod, this.#plans);
  }

  #onDue(pod: PodId, number: number): void {
    if (this.#planned.get(pod)?.number !== number) return;
    let at = this.#context.simulation.now as number;
    for (const request of REQUESTS) at = this.#limiter.take(at) + this.#requests.next(request, pod);
    this.#context.simulation.schedule(at, this.#evicted, pod, number);
  }

  #onEvicted(pod: PodId, number: number): void {
    if (this.#planned.get(pod)?.number !== number) return;
    this.#planned.delete(pod);
    const answer = this.#api.getPod(pod);
    if (answer === undefined || answer.phase > PodPhase.Running) return;
    if (this.#api.deletePod(pod, true)) this.#evictions.add();
  }
}

export const taintEviction: ControllerType = {
  name: 'taint-eviction-controller',
  meaning:
    'deletes pods that do not tolerate a NoExecute taint of their node, or when their tolerationSeconds are over',
  create: ({ context, api }) => new TaintEvictionController(context, api),
};
