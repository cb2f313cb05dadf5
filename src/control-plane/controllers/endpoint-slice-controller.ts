// The EndpointSlice controller: from pod changes to the services' entries in the log. Part of the control plane.
// A pod's change queues the services that select it; five workers take them in turn; a write costs one token of the
// controller's client and one API request. Changes that arrive while a service waits are carried by the same write.

import {
  type Context,
  meetsPlace,
  type NodeId,
  NodeReady,
  PodChange,
  type PodId,
  type PodStatusBits,
  RateLimiter,
  RequestTimes,
  type ServiceId,
  selectorOf,
} from '../../cluster/index.js';
import { type EventKind, grown, wholeSeconds } from '../../engine/index.js';
import type { ControlPlaneAccess } from '../api-server/api-server.js';
import { controlPlaneParameters } from '../parameters.js';
import type { Controller, ControllerType } from './controller.js';
import { inSlices, nextView, PodView, type SliceEndpoints, serves, sliceEndpoints } from './endpoint-slice.js';
import { hintsFor, isOverloaded, type ZoneShares, zoneShares } from './topology-hints.js';
import { WorkQueue } from './work-queue.js';

class EndpointSliceController implements Controller {
  readonly name = 'endpoint-slice-controller';
  readonly wants = [PodChange.Status, PodChange.Deleted, PodChange.Removed] as const;
  readonly #context: Context;
  readonly #api: ControlPlaneAccess;
  readonly #limiter: RateLimiter;
  readonly #written: EventKind;
  readonly #due: EventKind;
  readonly #serviceCreated: EventKind;
  /** Services that select the pods of a workload. */
  readonly #servicesOf: number[][];
  /** Pods of a workload that stand in slices. */
  readonly #podsOf: Set<number>[];
  #view = new Uint8Array(0);
  readonly #queue: WorkQueue;
  /** It waits for a write, or one is under way. */
  readonly #queued: Uint8Array;
  /** Changes of pods since the service was last taken. */
  readonly #changes: Int32Array;
  readonly #trigger: Float64Array;
  readonly #writes: RequestTimes;
  /** Share of the CPU by zone, and what it follows from, where a service asks for it. */
  #shares: ZoneShares = new Map();
  readonly #ready: Uint8Array;
  /** By service with topology-mode Auto: zones that its endpoints are for; empty: it has no hints. */
  readonly #hints = new Map<ServiceId, readonly number[]>();

  constructor(context: Context, api: ControlPlaneAccess) {
    this.#context = context;
    this.#api = api;
    this.#ready = new Uint8Array(context.nodes.count).fill(NodeReady.True);
    const services = context.spec.services;
    const { controllerQps, controllerBurst } = context.spec.controlPlane;
    this.#limiter = new RateLimiter(controllerQps, controllerBurst);
    this.#servicesOf = context.spec.workloads.map(() => []);
    services.forEach((service, s) => {
      for (const workload of service.workloads) this.#servicesOf[workload]!.push(s);
    });
    this.#podsOf = context.spec.workloads.map(() => new Set());
    this.#queued = new Uint8Array(services.length);
    this.#changes = new Int32Array(services.length);
    this.#trigger = new Float64Array(services.length).fill(Number.NaN);
    this.#queue = new WorkQueue(controlPlaneParameters.endpointSliceWorkers.value, (service) => this.#write(service));
    this.#due = context.simulation.on('endpoint-slice-controller/due', (service) => this.#queue.add(service));
    this.#serviceCreated = api.whenAvailable('endpoint-slice-controller/service-created', (service) =>
      this.#commit(service, wholeSeconds(context.simulation.now)),
    );
    this.#writes = new RequestTimes(api, context.streams, this.name, (s) => context.identities.services[s]!);
    this.#written = api.whenAvailable('endpoint-slice-controller/written', (service) => this.#onWritten(service));
    api.watchPods(this);
  }

  seed(pod: PodId): void {
    this.#ensureView(pod);
    this.#podsOf[this.#context.pods.workload[pod]!]!.add(pod);
    this.#view[pod] = PodView.HasAddress | PodView.Ready;
  }

  /** Services that exist when the run begins are written at once, new ones when they are created. */
  start(): void {
    if (this.#context.spec.services.some(({ isTopologyAware }) => isTopologyAware === true)) {
      this.#countShares();
      this.#api.watchNodes({ name: this.name, onReadyChanged: (node, ready) => this.#onNodeReady(node, ready) });
    }
    this.#context.spec.services.forEach(({ createdAt }, service) => {
      if (createdAt === undefined) this.#commit(service, Number.NaN);
      else this.#context.simulation.schedule(createdAt, this.#serviceCreated, service);
    });
  }

  onPodChanged(pod: PodId, change: PodChange, status: PodStatusBits, readyTransition: number): void {
    this.#ensureView(pod);
    const workload = this.#context.pods.workload[pod]!;
    const before = this.#view[pod]!;
    const now = nextView(before, change, status);
    this.#view[pod] = now;
    // A pod without an address is in no slice, whatever else is known of it.
    if (inSlices(now) === inSlices(before)) return;
    if (inSlices(now) === 0) this.#podsOf[workload]!.delete(pod);
    else this.#podsOf[workload]!.add(pod);
    const readinessMoved = ((now ^ before) & PodView.Ready) !== 0 && change === PodChange.Status;
    const transition = readinessMoved ? readyTransition : Number.NaN;
    for (const service of this.#servicesOf[workload]!) {
      if (!this.#selects(service, pod)) continue;
      if (serves(before) !== serves(now)) this.#context.journal?.endpointMoved?.(pod, service, serves(now));
      this.#enqueue(service, transition);
    }
  }

  /** @param transition the change of readiness that calls for it, NaN if it is another change. */
  #enqueue(service: ServiceId, transition: number): void {
    this.#changes[service]! += 1;
    if (!(this.#trigger[service]! <= transition) && !Number.isNaN(transition)) this.#trigger[service] = transition;
    if (this.#queued[service] === 1) return;
    this.#queued[service] = 1;
    const { endpointUpdatesBatchPeriod } = this.#context.spec.controlPlane;
    if (endpointUpdatesBatchPeriod === 0) this.#queue.add(service);
    else {
      const { simulation } = this.#context;
      simulation.schedule(simulation.now + endpointUpdatesBatchPeriod, this.#due, service);
    }
  }

  /** One write for each slice that is touched, one after the other. */
  #write(service: ServiceId): void {
    const { simulation } = this.#context;
    let end = simulation.now as number;
    for (let slices = this.#slicesTouched(service); slices > 0; slices--) {
      const at = Math.max(end, this.#limiter.take(simulation.now));
      end = at + this.#writes.next('write', service);
    }
    this.#changes[service] = 0;
    simulation.schedule(end, this.#written, service);
  }

  /** Changes are taken to lie in slices of their own as long as there are as many. */
  #slicesTouched(service: ServiceId): number {
    let pods = 0;
    const { isByPod, workloads } = this.#context.spec.services[service]!;
    for (const workload of workloads) {
      const all = this.#podsOf[workload]!;
      pods += isByPod === true ? [...all].filter((pod) => this.#selects(service, pod)).length : all.size;
    }
    const slices = Math.ceil(pods / controlPlaneParameters.endpointsPerSlice.value);
    return Math.max(1, Math.min(slices, this.#changes[service]!));
  }

  #onWritten(service: ServiceId): void {
    // The worker read its cache when it took the service; what changed during the request is a sync of its own. The cache
    // is read here instead, which saves that second write and moves nothing by more than one request.
    this.#queued[service] = 0;
    this.#commit(service, this.#trigger[service]!);
    this.#trigger[service] = Number.NaN;
    this.#queue.done(service);
  }

  #commit(service: ServiceId, triggerTime: number): void {
    this.#api.commitService(service, triggerTime, this.#endpoints(service));
    this.#context.journal?.slicesWritten?.(service, this.#api.services.length - 1);
  }

  #endpoints(service: ServiceId): SliceEndpoints {
    const spec = this.#context.spec.services[service]!;
    const pods: number[] = [];
    for (const workload of spec.workloads) {
      for (const pod of this.#podsOf[workload]!) if (this.#selects(service, pod)) pods.push(pod);
    }
    pods.sort((a, b) => a - b);
    const endpoints = sliceEndpoints(pods, this.#view, spec.publishNotReadyAddresses);
    return spec.isTopologyAware === true ? this.#hinted(service, endpoints) : endpoints;
  }

  #hinted(service: ServiceId, endpoints: SliceEndpoints): SliceEndpoints {
    const { nodes, pods } = this.#context;
    const zones = [...endpoints.pods.subarray(0, endpoints.ready)].map((pod) => nodes.zone[pods.node[pod]!]!);
    const hints = hintsFor(zones, this.#shares);
    this.#hints.set(service, hints ?? []);
    return hints === undefined ? endpoints : { ...endpoints, hints: Uint16Array.from(hints) };
  }

  /** CPU of the nodes that are ready, by zone; those of the control plane do not count (SetNodes). */
  #countShares(): void {
    const { nodes } = this.#context;
    const cpu = new Map<number, number>();
    for (let node = 0; node < nodes.count; node++) {
      const { cpuMillis, labels } = nodes.poolOf(node);
      if (this.#ready[node] !== NodeReady.True || EXCLUDED.some((label) => Object.hasOwn(labels, label))) continue;
      const zone = nodes.zone[node]!;
      cpu.set(zone, (cpu.get(zone) ?? 0) + cpuMillis);
    }
    this.#shares = zoneShares(cpu);
  }

  /** Services whose hints do not fit the zones any more are synced again. */
  #onNodeReady(node: NodeId, ready: number): void {
    this.#ready[node] = ready;
    this.#countShares();
    for (const [service, hints] of this.#hints)
      if (isOverloaded(hints, this.#shares)) this.#enqueue(service, Number.NaN);
  }

  /** Whether a service that selects pods of the pod's workload selects this one. */
  #selects(service: ServiceId, pod: PodId): boolean {
    const { pods, spec } = this.#context;
    const { isByPod, selector } = spec.services[service]!;
    if (isByPod !== true) return true;
    const of = { ordinal: pods.ordinal[pod]!, generation: pods.generation[pod]! };
    return meetsPlace(selectorOf(selector), spec.workloads[pods.workload[pod]!]!, of);
  }

  #ensureView(pod: PodId): void {
    if (pod >= this.#view.length) this.#view = grown(this.#view, new Uint8Array(Math.max(1024, pod * 2)));
  }
}

/** Nodes with these labels do not count (hasExcludedLabels). */
const EXCLUDED = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];

export const endpointSlices: ControllerType = {
  name: 'endpointslice-controller',
  meaning: 'writes the endpoints of Services into their EndpointSlices',
  create: ({ context, api }) => new EndpointSliceController(context, api),
};
