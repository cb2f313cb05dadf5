// What may happen to a node: its kubelet restarts, it reboots or dies, its runtime stalls or restarts, it starves. Part of the
// kubelet. A restart loses what the kubelet keeps in memory (probe results, back-offs, the PLEG's cache, pulls under way)
// and no container; a reboot loses every container too.

import { doubled, type NodeId } from '../../cluster/index.js';
import { ExitReason, restartDuration, runtimeRestartParameters } from '../../cri/index.js';
import type { Duration, EventKind } from '../../engine/index.js';
import { kubeletCosts, kubeletParameters } from '../parameters.js';
import { WorkerPhase } from '../pod-workers/pod-worker-table.js';
import type { SyncParts } from '../pod-workers/sync-pod.js';
import { KubeletPhase, type KubeletStarts } from './kubelet-starts.js';
import { NodeProblem, type NodeStatus } from './node-status.js';

export interface NodeLifeParts extends SyncParts {
  readonly nodeStatus: NodeStatus;
  readonly starts: KubeletStarts;
  /** Pods on a node that its kubelet knows of. */
  readonly podsOn: readonly (readonly number[])[];
  /** The kubelet of a node begins: it is to take its pods in again. */
  onKubeletStarted(node: NodeId): void;
  onKubeletStopped(node: NodeId): void;
  /** The sync loop of a node that stood still goes on. */
  onResumed(node: NodeId): void;
}

export class NodeLife {
  readonly #parts: NodeLifeParts;
  readonly #boots: EventKind;
  readonly #kubeletStarts: EventKind;
  readonly #kubeletReady: EventKind;
  readonly #runtimeDown: EventKind;
  readonly #runtimeAnswers: EventKind;
  readonly #resumes: EventKind;
  readonly #pausedAt = new Map<number, number>();
  /** When the kubelet of a node that is down because it restarts begins again. */
  readonly #restartsAt = new Map<number, number>();
  /** Since when the runtime of a node has answered nothing; of use while it does not. */
  readonly #stalledSince = new Map<number, number>();

  constructor(parts: NodeLifeParts) {
    this.#parts = parts;
    const { simulation } = parts.context;
    this.#boots = simulation.on('node/boots', (node, generation) => this.#onBoots(node, generation));
    this.#kubeletStarts = simulation.on('kubelet/starts', (node, generation) =>
      this.#onKubeletStarts(node, generation),
    );
    this.#kubeletReady = simulation.on('kubelet/ready', (node, generation) => this.#onKubeletReady(node, generation));
    this.#runtimeDown = simulation.on('kubelet/runtime-down', (node, until) => this.#onRuntimeDown(node, until));
    this.#resumes = simulation.on('kubelet/sync-loop-resumes', (node, generation) => {
      const isOver = parts.nodeStatus.problemsOf(node) === 0;
      if (generation !== parts.starts.count[node] || !isOver) return;
      parts.podWorkers.resume(node, parts.podsOn[node]!);
      parts.onResumed(node);
    });
    this.#runtimeAnswers = simulation.on('kubelet/runtime-answers', (node) => this.#onRuntimeAnswers(node));
  }

  /** Whether the node's kubelet runs. */
  isKubeletUp(node: NodeId): boolean {
    return (this.#parts.nodeStatus.problemsOf(node) & NodeProblem.KubeletDown) === 0;
  }

  /** The machine is gone at once, with all that runs on it; it boots again after `duration`, Infinity: never. */
  die(node: NodeId, duration: number): void {
    const { context, workers, applications, api, sandboxes } = this.#parts;
    if (context.nodes.up[node] === 0) return;
    this.stopKubelet(node);
    // A kubelet that was between two lives does not begin the next one on a dead machine.
    this.#parts.starts.count[node]! += 1;
    context.nodes.up[node] = 0;
    context.journal?.nodeUpChanged?.(node, false);
    this.#parts.network.onNodeDown(node, context.simulation.now);
    api.onNetworkChanged(node);
    for (const pod of this.#parts.podsOn[node]!) {
      workers.forEachContainer(pod, (c) => applications.endNow(c, ExitReason.Node));
      sandboxes.remove(pod);
    }
    this.#later(duration, this.#boots, node);
  }

  /** The kubelet's process ends; it begins again after `duration`, or later if that is what is planned. Containers go on. */
  restartKubelet(node: NodeId, duration: number): void {
    const { context, starts } = this.#parts;
    const at = context.simulation.now + duration;
    if (this.isKubeletUp(node)) this.stopKubelet(node);
    else if (context.nodes.up[node] === 0 || at <= this.#restartsAt.get(node)!) return;
    else starts.count[node]! += 1;
    this.#restartsAt.set(node, at);
    this.#later(duration, this.#kubeletStarts, node);
  }

  /** Packets to and from the node are lost, or carried again. */
  setConnected(node: NodeId, isConnected: boolean): void {
    const { context, api } = this.#parts;
    context.nodes.connected[node] = isConnected ? 1 : 0;
    api.onNetworkChanged(node);
  }

  /** The runtime answers nothing for so long; containers go on. */
  stallRuntime(node: NodeId, duration: Duration): void {
    const { context, pleg, runtimes } = this.#parts;
    const { simulation, spec } = context;
    const until = simulation.now + duration;
    pleg.beforeRuntimeChange(node);
    if (runtimes.answersFrom(node) <= simulation.now) this.#stalledSince.set(node, simulation.now);
    runtimes.stall(node, until);
    pleg.onStalled(node);
    this.reconsiderProbes(node);
    // The kubelet asks for the runtime's status every five seconds.
    const { runtimeStatusPeriod, runtimeDownAfter } = kubeletParameters;
    const since = this.#stalledSince.get(node)!;
    const lastGood = Math.floor(since / runtimeStatusPeriod.value) * runtimeStatusPeriod.value;
    const down = lastGood + runtimeDownAfter.value;
    if (down < Math.min(until, spec.duration))
      simulation.schedule(Math.max(down, simulation.now), this.#runtimeDown, node, until);
    simulation.schedule(until, this.#runtimeAnswers, node);
  }

  /** The runtime restarts: containers go on, and it answers when it has found them all again. */
  restartRuntime(node: NodeId): void {
    const costs = this.#parts.context.parameters.of(runtimeRestartParameters);
    this.stallRuntime(node, restartDuration(this.#parts.podsOn[node]!.length, costs));
  }

  /** Every write to the node's disk takes so many times as long. */
  slowDisk(node: NodeId, factor: number): void {
    this.#parts.runtimes.setDiskSlowdown(node, factor);
  }

  /** Every call to the runtime takes so many times as long. */
  slowRuntime(node: NodeId, factor: number): void {
    this.#parts.pleg.beforeRuntimeChange(node);
    this.#parts.runtimes.setSlowdown(node, factor);
    this.reconsiderProbes(node);
  }

  stopKubelet(node: NodeId): void {
    const { api, workers: w, podWorkers, prober, statusManager, images, pleg, nodeStatus } = this.#parts;
    const { condemned, records, stored } = this.#parts;
    if (!this.isKubeletUp(node)) return;
    this.#parts.starts.count[node]! += 1;
    this.#parts.starts.phase[node] = KubeletPhase.Down;
    this.#parts.context.journal?.kubeletStopped?.(node);
    nodeStatus.set(node, NodeProblem.RuntimeDown, false);
    nodeStatus.set(node, NodeProblem.PlegUnhealthy, false);
    nodeStatus.set(node, NodeProblem.KubeletDown, true);
    nodeStatus.setPressures(node, 0);
    this.#parts.onKubeletStopped(node);
    podWorkers.forgetPause(node);
    api.setHeartbeat(node, false);
    pleg.stop(node, this.#parts.podsOn[node]!);
    images.forget(node);
    statusManager.forget(node);
    for (const pod of this.#parts.podsOn[node]!) {
      podWorkers.abandon(pod);
      w.forEachContainer(pod, (c) => {
        prober.forget(c);
        records.forgetBackOff(c);
        condemned.forget(c);
        stored.forget(c);
      });
    }
  }

  #onBoots(node: NodeId, generation: number): void {
    const { context, api, runtimes } = this.#parts;
    if (generation !== this.#parts.starts.count[node]) return;
    context.nodes.up[node] = 1;
    context.journal?.nodeUpChanged?.(node, true);
    runtimes.restart(node);
    this.#parts.network.onNodeBoots(node, context.simulation.now);
    api.onNetworkChanged(node);
    this.#onKubeletStarts(node, generation);
  }

  /** The kubelet's first relist tells it what runs. */
  #onKubeletStarts(node: NodeId, generation: number): void {
    const { api, context, nodeStatus, pleg, runtimes, starts } = this.#parts;
    if (generation !== this.#parts.starts.count[node]) return;
    const { now } = context.simulation;
    starts.at[node] = now;
    starts.count[node]! += 1;
    starts.phase[node] = KubeletPhase.Starting;
    // It is there when the runtime has told it what runs.
    const wait = runtimes.answersFrom(node) - now;
    nodeStatus.set(node, NodeProblem.RuntimeDown, wait > 0);
    nodeStatus.set(node, NodeProblem.KubeletDown, false);
    nodeStatus.onStarted(node);
    api.setHeartbeat(node, true);
    const listed =
      wait +
      this.#parts.context.parameters.of(kubeletCosts).kubeletStart.value +
      pleg.firstRelistDuration(this.#parts.podsOn[node]!);
    this.#later(listed, this.#kubeletReady, node);
  }

  #onKubeletReady(node: NodeId, generation: number): void {
    if (generation !== this.#parts.starts.count[node]) return;
    const { cache, context, pleg, sandboxes, starts, workers: w } = this.#parts;
    starts.phase[node] = KubeletPhase.Unlisted;
    context.journal?.kubeletStarted?.(node);
    pleg.begin(node);
    for (const pod of this.#parts.podsOn[node]!) {
      if (w.phase[pod] === WorkerPhase.Finished) continue;
      context.journal?.podInspected?.(pod, context.simulation.now);
      if (context.spec.version.reportsSandbox) sandboxes.see(pod);
      w.forEachContainer(pod, (c) => cache.take(c));
    }
    this.#parts.onKubeletStarted(node);
  }

  #onRuntimeDown(node: NodeId, until: number): void {
    if (!this.isKubeletUp(node) || this.#parts.runtimes.answersFrom(node) < until) return;
    this.setProblem(node, NodeProblem.RuntimeDown, true);
  }

  /** The sync loop stands still while the kubelet has a problem with its node, and goes on some time after it is over. */
  setProblem(node: NodeId, problem: number, isThere: boolean): void {
    const { context, nodeStatus, podWorkers } = this.#parts;
    const { now } = context.simulation;
    const before = nodeStatus.problemsOf(node);
    nodeStatus.set(node, problem, isThere);
    const after = nodeStatus.problemsOf(node);
    if (before === 0 && after !== 0) {
      this.#pausedAt.set(node, now);
      podWorkers.pause(node);
    } else if (before !== 0 && after === 0) {
      const at = resumesAt(this.#pausedAt.get(node) ?? now, now);
      this.#later(at - now, this.#resumes, node);
    }
  }

  #onRuntimeAnswers(node: NodeId): void {
    const { context, runtimes } = this.#parts;
    if (runtimes.answersFrom(node) > context.simulation.now) return;
    this.setProblem(node, NodeProblem.RuntimeDown, false);
    this.reconsiderProbes(node);
  }

  /** What the probes of a node find may have changed. */
  reconsiderProbes(node: NodeId): void {
    const { prober, workers } = this.#parts;
    if (!prober.probesOn(node)) return;
    for (const pod of this.#parts.podsOn[node]!) workers.forEachContainer(pod, (c) => prober.reconsider(c));
  }

  #later(delay: number, kind: EventKind, node: NodeId): void {
    const { simulation } = this.#parts.context;
    const at = simulation.now + delay;
    simulation.schedule(at, kind, node, this.#parts.starts.count[node]!);
  }
}

/** When a sync loop that stood still looks again: it sleeps 100 ms, then twice as long each time, at most 5 s. */
export function resumesAt(pausedAt: number, healthyAt: number): number {
  let at = pausedAt;
  let sleep = kubeletParameters.nodeStatusFast.value as number;
  while (at < healthyAt) {
    at += sleep;
    sleep = doubled(sleep, 1, kubeletParameters.pausedRetryMax.value);
  }
  return at;
}
