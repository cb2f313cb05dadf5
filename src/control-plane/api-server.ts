// The API server: the truth about objects, and who hears of it when. Part of the control plane.
// A write takes effect at the instant its caller says the request has ended; every watcher that cares hears of it after a
// delay of its own, and hears of changes in the order in which they happened. What a watcher is told travels with the
// message: it never looks into the store.

import {
  type ApiAccess,
  type Context,
  isReady,
  PodChange,
  type PodStatusBits,
  type PodWatcher,
  phaseOf,
  ServiceLog,
  statusBits,
} from '../cluster/index.js';
import { type Duration, type EventKind, type Instant, later, type RandomStream, sample } from '../engine/index.js';
import { controlPlaneParameters } from './parameters.js';

/** Stands for "the kubelet of the pod's node" among the watchers. */
const KUBELET_WATCHER = 255;

export class ApiServer implements ApiAccess {
  /** Resource version: one more at each write. */
  resourceVersion = 0;
  readonly services: ServiceLog;
  readonly #context: Context;
  readonly #watchDelay: RandomStream;
  readonly #requestTime: RandomStream;
  readonly #delivered: EventKind;
  readonly #watchers: PodWatcher[] = [];
  readonly #lastDelivery: number[] = [];
  #kubelets: ((pod: number, change: PodChange, status: PodStatusBits) => void) | undefined;
  readonly #lastKubeletDelivery: Float64Array;
  /** Messages sent about each pod so far. */
  readonly #messages: number[] = [];
  #onServiceCommitted: (position: number) => void = () => {};

  constructor(context: Context) {
    this.#context = context;
    this.services = new ServiceLog(context.spec.services.map((service) => service.ports));
    this.#watchDelay = context.streams.stream('api-server/watch');
    this.#requestTime = context.streams.stream('api-server/request');
    this.#lastKubeletDelivery = new Float64Array(context.nodes.count);
    this.#delivered = context.simulation.on('api-server/watch-delivered', (pod, message) =>
      this.#deliver(pod, message),
    );
  }

  watchPods(watcher: PodWatcher): void {
    this.#watchers.push(watcher);
    this.#lastDelivery.push(0);
  }

  /** Every kubelet hears of binding, deletion and status of its own node's pods. */
  watchPodsOfNodes(onPodChanged: (pod: number, change: PodChange, status: PodStatusBits) => void): void {
    this.#kubelets = onPodChanged;
  }

  /** Called at each new entry of the service log. */
  watchServices(onCommitted: (position: number) => void): void {
    this.#onServiceCommitted = onCommitted;
  }

  /** How long a request takes. `client` and `n` name it: the n-th such request of an entity. */
  requestDuration(kind: 'read' | 'write', client: number, n: number): Duration {
    const u = this.#requestTime.uniform(client, n * 2 + (kind === 'read' ? 0 : 1));
    return Math.round(sample(controlPlaneParameters[kind].value, u)) as Duration;
  }

  /** How long a change takes to reach a watcher. */
  watchDuration(watcher: number, n: number): Duration {
    return Math.round(sample(controlPlaneParameters.watch.value, this.#watchDelay.uniform(watcher, n))) as Duration;
  }

  createPod(workload: number, ordinal: number, generation: number, requiredNode: number): number {
    const { pods, simulation } = this.#context;
    const pod = pods.add(workload, ordinal, generation, requiredNode);
    pods.stamps.created[pod] = simulation.now;
    this.#announce(pod, PodChange.Created, 0);
    return pod;
  }

  bindPod(pod: number, node: number): void {
    const { pods, simulation } = this.#context;
    if (pods.gone[pod] === 1) return;
    pods.node[pod] = node;
    pods.stamps.bound[pod] = simulation.now;
    this.#announce(pod, PodChange.Bound, 0);
  }

  patchPodStatus(pod: number, status: PodStatusBits, readyTransition: number): void {
    const { pods } = this.#context;
    pods.phase[pod] = phaseOf(status);
    pods.ready[pod] = isReady(status) ? 1 : 0;
    pods.readyTransition[pod] = readyTransition;
    this.#announce(pod, PodChange.Status, status);
  }

  /** Sets the deletion timestamp: the pod ends gracefully from now on. */
  deletePod(pod: number): void {
    const { pods, simulation } = this.#context;
    pods.stamps.deleted[pod] = simulation.now;
    // A pod that has no node ends at once.
    if (pods.node[pod]! < 0) this.removePod(pod);
    else this.#announce(pod, PodChange.Deleted, statusBits(pods.phase[pod]!, pods.ready[pod] === 1, true, false));
  }

  /** Takes the object away. */
  removePod(pod: number): void {
    const { pods, simulation } = this.#context;
    pods.gone[pod] = 1;
    pods.stamps.removed[pod] = simulation.now;
    this.#announce(pod, PodChange.Removed, statusBits(pods.phase[pod]!, false, false, false));
  }

  /** Writes a service's EndpointSlices. */
  commitService(service: number, triggerTime: number, endpoints: Int32Array): void {
    this.resourceVersion++;
    this.#onServiceCommitted(this.services.append(service, this.#context.simulation.now, triggerTime, endpoints));
  }

  #announce(pod: number, change: PodChange, status: PodStatusBits): void {
    this.resourceVersion++;
    const message = (this.#messages[pod] ?? 0) + 1;
    this.#messages[pod] = message;
    for (let i = 0; i < this.#watchers.length; i++) {
      if (!this.#watchers[i]!.wants.includes(change)) continue;
      this.#lastDelivery[i] = this.#send(pod, change, status, i, message, this.#lastDelivery[i]!);
    }
    const node = this.#context.pods.node[pod]!;
    const concernsKubelet = change === PodChange.Bound || change === PodChange.Deleted || change === PodChange.Status;
    if (node >= 0 && concernsKubelet && this.#kubelets !== undefined) {
      const notBefore = this.#lastKubeletDelivery[node]!;
      this.#lastKubeletDelivery[node] = this.#send(pod, change, status, KUBELET_WATCHER, message, notBefore);
    }
  }

  /** One watch keeps the order of its messages: none overtakes the one before. */
  #send(
    pod: number,
    change: PodChange,
    status: PodStatusBits,
    watcher: number,
    nth: number,
    notBefore: number,
  ): number {
    const { simulation } = this.#context;
    const delay = this.watchDuration(pod, nth * 256 + watcher);
    const at = later((simulation.now + delay) as Instant, notBefore as Instant);
    simulation.schedule(at, this.#delivered, pod, (status << 12) | (change << 8) | watcher);
    return at;
  }

  #deliver(pod: number, message: number): void {
    const watcher = message & 255;
    const change = ((message >> 8) & 15) as PodChange;
    const status = message >> 12;
    if (watcher === KUBELET_WATCHER) this.#kubelets!(pod, change, status);
    else this.#watchers[watcher]!.onPodChanged(pod, change, status);
  }
}
