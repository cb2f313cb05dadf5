// Graceful node shutdown: a kubelet that is told of it ends its pods in bands of priority before the machine goes off. Part of the
// kubelet. Source: pkg/kubelet/nodeshutdown. The node is not ready at once and takes nothing new; each band has its seconds, and
// is over when they are, or when nothing of its pods is left.

import { type Context, type NodeId, type PodId, templateOf } from '../../cluster/index.js';
import type { EventKind } from '../../engine/index.js';
import { NodeProblem, type NodeStatus } from './node-status.js';

export interface NodeShutdownParts {
  readonly context: Context;
  readonly nodeStatus: NodeStatus;
  /** Pods on a node that its kubelet knows of. */
  readonly podsOn: readonly (readonly number[])[];
  isKubeletUp(node: NodeId): boolean;
  /** The pod has failed, and is killed with no more than so much grace, ns. */
  end(pod: PodId, grace: number): void;
}

/** A shutdown that is under way. */
interface Shutdown {
  /** The machine goes off. */
  readonly off: () => void;
  /** It goes off then at the latest, ns. */
  readonly latest: number;
  /** The next band, the lowest priority first, and what is left of the one before. */
  band: number;
  readonly left: Set<PodId>;
  /** One more whenever a band is over: what was to end it is void. */
  step: number;
}

export class NodeShutdown {
  readonly #parts: NodeShutdownParts;
  readonly #under = new Map<NodeId, Shutdown>();
  readonly #bandOver: EventKind;
  readonly #off: EventKind;
  /** What is to be done when the machine goes off because its kubelet has stopped. */
  readonly #leaving = new Map<NodeId, () => void>();

  constructor(parts: NodeShutdownParts) {
    this.#parts = parts;
    this.#off = parts.context.simulation.on('node-shutdown/off', (node) => {
      const off = this.#leaving.get(node);
      this.#leaving.delete(node);
      if (parts.context.nodes.up[node] === 1) off?.();
    });
    this.#bandOver = parts.context.simulation.on('node-shutdown/band-over', (node, step) => {
      if (this.#under.get(node)?.step === step) this.#next(node);
    });
  }

  isUnderWay(node: NodeId): boolean {
    return this.#under.has(node);
  }

  /** The machine is told to go off; it does at once if its kubelet has no time for it. @param latest it does then at the latest. */
  begin(node: NodeId, latest: number, off: () => void): void {
    const { context, nodeStatus } = this.#parts;
    if (this.#under.has(node)) return;
    if (context.nodes.poolOf(node).kubelet.shutdownBands.length === 0 || !this.#parts.isKubeletUp(node)) {
      off();
      return;
    }
    this.#under.set(node, { off, latest, band: 0, left: new Set(), step: 0 });
    nodeStatus.set(node, NodeProblem.ShuttingDown, true);
    this.#next(node);
  }

  /** Nothing of a pod is left on its node. */
  onFinished(pod: PodId): void {
    const node = this.#parts.context.pods.node[pod]!;
    const shutdown = this.#under.get(node);
    if (shutdown?.left.delete(pod) === true && shutdown.left.size === 0) this.#next(node);
  }

  /** The kubelet has stopped: nobody holds the machine up any more, if it is still there. */
  onKubeletStopped(node: NodeId): void {
    const { context, nodeStatus } = this.#parts;
    const shutdown = this.#under.get(node);
    this.#under.delete(node);
    nodeStatus.set(node, NodeProblem.ShuttingDown, false);
    if (shutdown === undefined) return;
    this.#leaving.set(node, shutdown.off);
    context.simulation.schedule(context.simulation.now, this.#off, node);
  }

  #next(node: NodeId): void {
    const { context, podsOn } = this.#parts;
    const { shutdownBands } = context.nodes.poolOf(node).kubelet;
    const shutdown = this.#under.get(node)!;
    shutdown.step++;
    shutdown.left.clear();
    const { now } = context.simulation;
    while (shutdown.band < shutdownBands.length && now < shutdown.latest) {
      const index = shutdown.band++;
      const { seconds } = shutdownBands[index]!;
      const pods = podsOn[node]!.filter((pod) => bandOf(templateOf(context, pod).priority, shutdownBands) === index);
      if (pods.length === 0) continue;
      for (const pod of pods) {
        shutdown.left.add(pod);
        this.#parts.end(pod, Math.min(templateOf(context, pod).terminationGracePeriod, seconds));
      }
      const over = Math.min(now + seconds, shutdown.latest);
      context.simulation.schedule(over, this.#bandOver, node, shutdown.step);
      return;
    }
    this.#under.delete(node);
    shutdown.off();
  }
}

/** Pods of a priority, and of all above it up to the next band, have so long. */
export interface ShutdownBand {
  readonly priority: number;
  /** ns. */
  readonly seconds: number;
}

/** The band of a pod: the highest whose priority it has; the lowest where it has none (groupByPriority). */
export const bandOf = (priority: number, bands: readonly ShutdownBand[]): number =>
  Math.max(
    0,
    bands.findLastIndex((band) => band.priority <= priority),
  );
