// What a kubelet says of its own node: its conditions and its images. Part of the kubelet.
// Computed every ten seconds (without the real one's jitter of 4 %), sent at once if it has changed, through a client of its own that nothing else can fill up.
// Computing what has not changed is not an event. After a start the kubelet looks every 100 ms until the node is ready.

import { type ApiAccess, type Context, type NodeId, RequestTimes } from '../../cluster/index.js';
import { type EventKind, tickAtOrAfter } from '../../engine/index.js';
import { kubeletParameters } from '../parameters.js';

/** Why a node is not ready, as bits. */
export const NodeProblem = { RuntimeDown: 1, PlegUnhealthy: 2, KubeletDown: 4, ShuttingDown: 8 } as const;

export class NodeStatus {
  readonly #context: Context;
  readonly #api: ApiAccess;
  readonly #problems: Uint8Array;
  /** What the eviction manager finds too little of, bits of NodePressure. */
  readonly #pressures: Uint8Array;
  /** Images that have come or gone since the object was written last, by node. */
  readonly #images = new Map<NodeId, Map<string, boolean>>();
  readonly #phase: Float64Array;
  readonly #computed: EventKind;
  readonly #patched: EventKind;
  readonly #requests: RequestTimes;

  constructor(context: Context, api: ApiAccess) {
    const { simulation, nodes, streams } = context;
    this.#context = context;
    this.#api = api;
    this.#problems = new Uint8Array(nodes.count);
    this.#pressures = new Uint8Array(nodes.count);
    this.#requests = new RequestTimes(api, streams, 'kubelet/node-status', (node) => nodes.keyOf(node));
    const phases = streams.stream('kubelet/node-status-phase');
    this.#phase = Float64Array.from({ length: nodes.count }, (_, node) =>
      phases.below(nodes.poolOf(node).kubelet.nodeStatusUpdateFrequency, nodes.keyOf(node), 0),
    );
    this.#computed = simulation.on('node-status/computed', (node) => this.#onComputed(node));
    this.#patched = simulation.on('node-status/patched', (node, conditions) => this.#onPatched(node, conditions));
  }

  /** Bits of {@link NodeProblem}. */
  problemsOf(node: NodeId): number {
    return this.#problems[node]!;
  }

  set(node: NodeId, problem: number, isThere: boolean): void {
    const before = this.#problems[node]!;
    this.#problems[node] = isThere ? before | problem : before & ~problem;
    if (this.#problems[node] !== before) this.#expect(node);
  }

  /** @param pressures bits of NodePressure. */
  setPressures(node: NodeId, pressures: number): void {
    this.#pressures[node] = pressures;
    this.#expect(node);
  }

  /** An image lies on the node now, or does not any more. */
  onImageChanged(node: NodeId, image: string, isThere: boolean): void {
    const changed = this.#images.get(node);
    if (changed !== undefined) changed.set(image, isThere);
    else {
      this.#images.set(node, new Map([[image, isThere]]));
      this.#expect(node);
    }
  }

  /** A kubelet has just begun: it looks often until its node is ready. */
  onStarted(node: NodeId): void {
    const { simulation } = this.#context;
    simulation.schedule(simulation.now + kubeletParameters.nodeStatusFast.value, this.#computed, node);
  }

  /** Requests are answered again: what could not be said is said at the next look. */
  onReachable(node: NodeId): void {
    this.#expect(node);
  }

  #expect(node: NodeId): void {
    if ((this.#problems[node]! & NodeProblem.KubeletDown) !== 0) return;
    const { simulation, nodes } = this.#context;
    const period = nodes.poolOf(node).kubelet.nodeStatusUpdateFrequency;
    simulation.schedule(tickAtOrAfter(this.#phase[node]!, period, simulation.now), this.#computed, node);
  }

  #onComputed(node: NodeId): void {
    const { simulation } = this.#context;
    if ((this.#problems[node]! & NodeProblem.KubeletDown) !== 0 || !this.#api.isReachable(node)) return;
    const isReady = this.#problems[node] === 0;
    const isSaid = this.#api.hasConditions(node, isReady, this.#pressures[node]!);
    if (isSaid && !this.#images.has(node)) return;
    const conditions = (isReady ? 1 : 0) | (this.#pressures[node]! << 1);
    const request = this.#requests.next('write', node);
    simulation.schedule(simulation.now + request, this.#patched, node, conditions);
  }

  #onPatched(node: NodeId, conditions: number): void {
    if (!this.#api.isReachable(node)) return;
    this.#api.patchNodeReady(node, (conditions & 1) !== 0);
    this.#api.patchNodePressure(node, conditions >> 1);
    for (const [image, isThere] of this.#images.get(node) ?? []) this.#api.patchNodeImage(node, image, isThere);
    this.#images.delete(node);
  }
}
