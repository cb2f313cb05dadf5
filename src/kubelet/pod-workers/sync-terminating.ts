// The end of a pod. Part of the kubelet's pod workers; source: SyncTerminatingPod and SyncTerminatedPod in
// pkg/kubelet/kubelet.go.
//   terminating: containers stopped, all at once but for sidecars → sandboxes stopped (CNI DEL inside)
//   terminated:  volumes unmounted, cgroup gone → the object may go

import { containersOf, type PodId, templateOf } from '../../cluster/index.js';
import { ContainerState, ExitReason } from '../../cri/index.js';
import { kubeletCosts, kubeletParameters } from '../parameters.js';
import { ContainerStops } from './container-stops.js';
import { Operation, WorkerPhase } from './pod-worker-table.js';
import type { SyncParts } from './sync-pod.js';
import { podStopTimes } from './termination.js';
import { imagesUsedBy } from './volumes.js';

export class SyncTerminating {
  readonly #parts: SyncParts;
  readonly #onFinished: (pod: PodId) => void;
  readonly #callFailed: (pod: PodId, at: number) => void;
  readonly #stops: ContainerStops;
  readonly #sandboxStopped: (pod: PodId, at: number) => void;
  readonly #terminated: (pod: PodId, at: number) => void;

  /** @param onFinished called when nothing of a pod is left on its node. */
  constructor(parts: SyncParts, onFinished: (pod: PodId) => void) {
    this.#parts = parts;
    this.#onFinished = onFinished;
    const { podWorkers } = parts;
    this.#callFailed = podWorkers.step('stop-failed', (pod) => {
      parts.workers.failed[pod] = 1;
      podWorkers.endSync(pod, true);
    });
    this.#stops = new ContainerStops(parts, 'containers-stopped', (pod) => this.#onContainersStopped(pod));
    this.#sandboxStopped = podWorkers.step('sandbox-stopped', (pod) => this.#onSandboxStopped(pod));
    this.#terminated = podWorkers.step('terminated', (pod) => this.#onTerminated(pod));
  }

  /** Stops the containers; begins at the present instant. */
  terminating(pod: PodId): void {
    const { applications, containers: t, context, prober, runtimes, statuses, workers: w } = this.#parts;
    const { now } = context.simulation;
    const template = templateOf(context, pod);
    w.operation[pod] = Operation.Terminated;
    statuses.set(pod);
    const first = w.firstContainer[pod]!;
    const times = podStopTimes(
      containersOf(context, pod).map(({ role }, index) => {
        const c = first + index;
        prober.endWorkers(c, ['startup', 'liveness']);
        return {
          role,
          isRunning: t.state[c] === ContainerState.Running,
          stop: {
            preStop: applications.hookDuration(c, 'preStop'),
            shutdown: applications.shutdownDuration(c),
            grace: Number.isNaN(w.grace[pod]!) ? template.terminationGracePeriod : w.grace[pod]!,
          },
        };
      }),
    );
    const node = context.pods.node[pod]!;
    const limit = context.nodes.poolOf(node).kubelet.runtimeRequestTimeout;
    let end = now as number;
    this.#stops.begin(pod);
    let hasFailed = false;
    times.forEach((stop, index) => {
      if (stop === undefined) return;
      const c = first + index;
      const dies = now + stop.ended;
      context.journal?.containerStopping?.(pod, index, now + stop.signalled, dies, stop.killed);
      applications.killAt(dies, c, ExitReason.Deleted, stop.killed);
      const answer = runtimes.call('stopContainer', node, t.keyOf(c), w.stops[pod]!++, dies);
      const call = Math.min(answer, limit);
      if (answer > limit) hasFailed = true;
      this.#stops.add(c, call);
      end = Math.max(end, dies + call);
    });
    if (hasFailed) this.#callFailed(pod, end);
    else this.#stops.awaitAll(pod, end);
  }

  /** A container of a pod that ends has ended. */
  onExited(pod: PodId): void {
    if (this.#parts.workers.phase[pod] === WorkerPhase.Terminating) this.#stops.onExited(pod);
  }

  #onContainersStopped(pod: PodId): void {
    const { context, latency, network, runtimes, sandboxes, workers: w } = this.#parts;
    latency.stopped(pod);
    if (!sandboxes.isThere(pod)) {
      this.#onSandboxStopped(pod);
      return;
    }
    const node = context.pods.node[pod]!;
    const del = templateOf(context, pod).hostNetwork
      ? 0
      : network.del(pod, node, w.sandboxStops[pod]!, context.simulation.now);
    const call = runtimes.call('stopPodSandbox', node, context.pods.keyOf(pod), w.sandboxStops[pod]!++) + del;
    const limit = context.nodes.poolOf(node).kubelet.runtimeRequestTimeout;
    if (call > limit) {
      this.#callFailed(pod, context.simulation.now + limit);
      return;
    }
    latency.seriesOf(pod).operations.stopPodSandbox.record(call);
    this.#sandboxStopped(pod, context.simulation.now + call);
  }

  #onSandboxStopped(pod: PodId): void {
    const { cache, context, podWorkers, prober, sandboxes, statuses, workers: w } = this.#parts;
    sandboxes.remove(pod);
    sandboxes.see(pod);
    // The worker reads the runtime itself here, not the cache.
    w.forEachContainer(pod, (c) => {
      prober.endWorkers(c, ['readiness']);
      cache.takeRun(c);
    });
    context.journal?.podInspected?.(pod, context.simulation.now);
    w.phase[pod] = WorkerPhase.Terminated;
    statuses.set(pod);
    w.again[pod] = 1;
    podWorkers.endSync(pod, true);
  }

  /** Waits for the volumes to be unmounted. */
  terminated(pod: PodId): void {
    const { context, workers } = this.#parts;
    const { volumePollPeriod } = kubeletParameters;
    const { unmount } = this.#parts.context.parameters.of(kubeletCosts);
    workers.operation[pod] = Operation.Terminated;
    this.#terminated(pod, context.simulation.now + volumePollPeriod.value + unmount.value);
  }

  /** Garbage collection removes the containers and the sandbox of a pod that has ended: nobody waits for it. */
  #removeAll(pod: PodId): void {
    const { containers, context, latency, runtimes, workers: w } = this.#parts;
    const node = context.pods.node[pod]!;
    const { operations } = latency.seriesOf(pod);
    w.forEachContainer(pod, (c) => {
      const run = containers.run[c]!;
      if (run > 0) operations.removeContainer.record(runtimes.call('removeContainer', node, containers.keyOf(c), run));
    });
    const stops = w.sandboxStops[pod]!;
    if (stops > 0)
      operations.removePodSandbox.record(runtimes.call('removePodSandbox', node, context.pods.keyOf(pod), stops));
  }

  #onTerminated(pod: PodId): void {
    const { containers, context, images, podWorkers, statuses, workers: w } = this.#parts;
    w.phase[pod] = WorkerPhase.Finished;
    w.again[pod] = 0;
    podWorkers.endSync(pod, true);
    statuses.set(pod);
    this.#removeAll(pod);
    const { now } = context.simulation;
    w.forEachContainer(pod, (c, index) => {
      if (!containers.isThere(c)) return;
      for (const image of imagesUsedBy(templateOf(context, pod), index))
        images.store.use(context.pods.node[pod]!, image, -1, now);
    });
    this.#onFinished(pod);
  }
}
