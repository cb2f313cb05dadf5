// Pods that are resized in place: what their kubelet gives them, and when. Part of the kubelet.
// Source: pkg/kubelet/allocation/allocation_manager.go, KEP-1287. A size that fits beside what the node has promised is given at
// once, one that does not waits until something is given back, one that the node does not have at all never comes.

import {
  type ApiAccess,
  type Context,
  isStatic,
  type NodeId,
  type PodId,
  type PodTemplate,
  RequestTimes,
  templateOf,
} from '../../cluster/index.js';
import { ExitReason } from '../../cri/index.js';
import type { EventKind } from '../../engine/index.js';
import type { Counter } from '../../metrics/index.js';
import type { Admission } from '../admission.js';
import { kubeletParameters } from '../parameters.js';
import { Operation, WorkerPhase } from '../pod-workers/pod-worker-table.js';
import type { SyncParts } from '../pod-workers/sync-pod.js';

export const RESIZE_RESULTS = ['actuated', 'deferred', 'infeasible'] as const;

export interface ResizeParts extends SyncParts {
  readonly admission: Admission;
}

interface Pending {
  readonly pod: PodId;
  readonly desired: PodTemplate;
  /** It has been deferred before. */
  isDeferred: boolean;
}

export class PodResizes {
  readonly #parts: ResizeParts;
  readonly #context: Context;
  readonly #api: ApiAccess;
  /** Resizes that wait for room, by node, in order of arrival. */
  readonly #pending = new Map<NodeId, Pending[]>();
  /** Sizes that have been promised and are not in force yet. */
  readonly #allocated = new Map<PodId, PodTemplate>();
  readonly #due: EventKind;
  readonly #written: EventKind;
  readonly #writes: RequestTimes;
  readonly #results: Readonly<Record<(typeof RESIZE_RESULTS)[number], Counter>>;

  constructor(parts: ResizeParts) {
    const { api, context } = parts;
    const { pods, recorder, simulation, streams } = context;
    this.#parts = parts;
    this.#context = context;
    this.#api = api;
    this.#writes = new RequestTimes(api, streams, 'kubelet/resize', (pod) => pods.keyOf(pod));
    this.#due = simulation.on('kubelet/resize-retry', (node) => this.#retry(node));
    this.#written = simulation.on('kubelet/resize-written', (pod) => {
      if (api.isReachable(pods.node[pod]!)) api.patchPodSize(pod, templateOf(context, pod));
    });
    this.#results = Object.fromEntries(
      RESIZE_RESULTS.map((result) => [result, recorder.counter('kubelapse_pod_resizes_total', result)]),
    ) as Record<(typeof RESIZE_RESULTS)[number], Counter>;
  }

  /** The kubelet has observed another size of a pod's. */
  onResized(pod: PodId): void {
    const desired = this.#api.sizesOf(pod)?.desired;
    const { workers } = this.#parts;
    if (desired === undefined || desired === this.#sizeOf(pod) || workers.phase[pod] !== WorkerPhase.Sync) return;
    const node = this.#context.pods.node[pod]!;
    this.#drop(pod, node);
    const pending = { pod, desired, isDeferred: false };
    const others = this.#pending.get(node);
    if (others === undefined) this.#pending.set(node, [pending]);
    else others.push(pending);
    this.#consider(node);
    if (this.#pending.get(node)?.includes(pending) === true)
      this.#later(node, kubeletParameters.resizeRetryFirst.value);
  }

  /** Something has been given back. */
  onReleased(pod: PodId): void {
    const node = this.#context.pods.node[pod]!;
    this.#drop(pod, node);
    this.#allocated.delete(pod);
    if (this.#pending.has(node)) this.#consider(node);
  }

  /** The kubelet has restarted: what is not in force it learns again when it lists its pods. */
  onKubeletStarted(node: NodeId): void {
    this.#pending.delete(node);
    for (const pod of this.#allocated.keys()) if (this.#context.pods.node[pod] === node) this.#allocated.delete(pod);
  }

  /** A sync of a pod begins: what it has been promised comes into force, as far as it may now. */
  actuate(pod: PodId): void {
    const size = this.#allocated.get(pod);
    if (size === undefined) return;
    const { applications, condemned, containers, workers } = this.#parts;
    const { pods, simulation } = this.#context;
    const before = templateOf(this.#context, pod);
    const first = workers.firstContainer[pod]!;
    const changed = size.containers.flatMap((one, index) => {
      const old = before.containers[index]!;
      const cpu = one.cpuRequestMillis !== old.cpuRequestMillis || one.cpuLimitMillis !== old.cpuLimitMillis;
      const memory = one.memoryRequestBytes !== old.memoryRequestBytes || one.memoryLimitBytes !== old.memoryLimitBytes;
      const restarts =
        (cpu && one.resizeRestarts?.includes('cpu')) || (memory && one.resizeRestarts?.includes('memory'));
      return cpu || memory ? [{ c: first + index, one, restarts: restarts === true }] : [];
    });
    // A limit below what is held would kill it: the kubelet waits (KEP-1287, since 1.34; before, such a size was refused).
    const isTooSmall = changed.some(
      ({ c, one, restarts }) => !restarts && applications.memory.of(c) > one.memoryLimitBytes,
    );
    if (isTooSmall) {
      this.#later(pods.node[pod]!, kubeletParameters.resizeActuationRetry.value);
      return;
    }
    this.#allocated.delete(pod);
    applications.resize(
      changed.map(({ c }) => c),
      () => pods.resized.set(pod, size),
    );
    for (const { c, restarts } of changed) if (restarts) condemned.add(c, containers.run[c]!, ExitReason.Resize);
    this.#results.actuated.add();
    const calls = changed.length * kubeletParameters.resizeCall.value;
    simulation.schedule(simulation.now + calls + this.#writes.next('write', pod), this.#written, pod);
  }

  /** What the pod has, or has been promised. */
  #sizeOf(pod: PodId): PodTemplate {
    return this.#allocated.get(pod) ?? templateOf(this.#context, pod);
  }

  #drop(pod: PodId, node: NodeId): void {
    const pending = this.#pending.get(node)?.filter((one) => one.pod !== pod);
    if (pending === undefined || pending.length === 0) this.#pending.delete(node);
    else this.#pending.set(node, pending);
  }

  #later(node: NodeId, delay: number): void {
    const { simulation } = this.#context;
    simulation.schedule(simulation.now + delay, this.#due, node);
  }

  #retry(node: NodeId): void {
    for (const [pod] of this.#allocated) {
      if (this.#context.pods.node[pod] === node) this.#parts.podWorkers.wake(pod, Operation.Sync);
    }
    if (!this.#pending.has(node)) return;
    this.#consider(node);
    if (this.#pending.has(node)) this.#later(node, kubeletParameters.resizeRetry.value);
  }

  /** Gives what there is room for: the highest priority first, then the better quality of service, then who came first. */
  #consider(node: NodeId): void {
    const { admission, podWorkers } = this.#parts;
    const rank = ({ desired }: Pending): number => QOS_RANK[desired.qosClass];
    const ordered = [...(this.#pending.get(node) ?? [])].sort(
      (a, b) => b.desired.priority - a.desired.priority || rank(a) - rank(b),
    );
    for (const pending of ordered) {
      const { pod, desired } = pending;
      const verdict = isStatic(this.#context, pod) ? 'infeasible' : admission.resize(pod, desired);
      if (verdict === 'deferred') {
        if (!pending.isDeferred) this.#results.deferred.add();
        pending.isDeferred = true;
        continue;
      }
      this.#drop(pod, node);
      if (verdict === 'infeasible') this.#results.infeasible.add();
      else {
        this.#allocated.set(pod, desired);
        podWorkers.wake(pod, Operation.Update);
      }
    }
  }
}

const QOS_RANK = { Guaranteed: 0, Burstable: 1, BestEffort: 2 } as const;
