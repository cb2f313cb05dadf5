// How many requests a second come to a pod, by what clients send and how many endpoints share it. Part of the traffic.
// All endpoints of a service are taken to get alike: what a policy, an affinity or a hash makes of it is not told apart.

import {
  type ContainerSpec,
  type Context,
  containersOf,
  type PodId,
  type ServeSpec,
  type ServiceLog,
  type WorkloadId,
} from '../cluster/index.js';
import { mean, NS_PER_SECOND } from '../engine/index.js';
import { type RateSegment, rateAt } from './arrivals.js';

export class RequestRates {
  /** Traffic entries that send to a service, by service. */
  readonly entriesTo: readonly (readonly number[])[];
  /** Whether one request stands for many at the pods of a workload. */
  readonly isSampled: readonly boolean[];
  readonly #context: Context;
  readonly #log: ServiceLog;
  readonly #segments: readonly (readonly RateSegment[])[];
  /** Services that select the pods of a workload. */
  readonly #servicesOf: readonly (readonly number[])[];
  /** Ports of its pods to which requests go, by workload. */
  readonly #ports: readonly ReadonlySet<number>[];

  /** @param segments rates of simulated connections, by traffic entry. */
  constructor(context: Context, log: ServiceLog, segments: readonly (readonly RateSegment[])[]) {
    const { traffic, services, workloads } = context.spec;
    this.#context = context;
    this.#log = log;
    this.#segments = segments;
    const entriesTo: number[][] = services.map(() => []);
    traffic.forEach((entry, index) => {
      for (const service of entry.services) entriesTo[service]!.push(index);
    });
    const servicesOf: number[][] = workloads.map(() => []);
    services.forEach((service, index) => {
      for (const workload of service.workloads) servicesOf[workload]!.push(index);
    });
    this.entriesTo = entriesTo;
    this.#servicesOf = servicesOf;
    this.#ports = servicesOf.map((list) => {
      const ports = new Set<number>();
      for (const service of list) {
        for (const entry of entriesTo[service]!) {
          const { services: to, ports: which } = traffic[entry]!;
          ports.add(services[service]!.ports[which[to.indexOf(service)]!]!.targetPort);
        }
      }
      return ports;
    });
    this.isSampled = servicesOf.map((list) =>
      list.some((service) => entriesTo[service]!.some((entry) => traffic[entry]!.weight > 1)),
    );
  }

  /** Whether requests go to a port of the pods of a workload. @param port below 0: to any. */
  answerAt(workload: WorkloadId, port: number): boolean {
    const ports = this.#ports[workload]!;
    return port < 0 ? ports.size > 0 : ports.has(port);
  }

  /** Requests per second that come to a pod now. */
  rateTo(pod: PodId): number {
    const { pods, simulation, spec } = this.#context;
    const seconds = simulation.now / NS_PER_SECOND;
    let rate = 0;
    for (const service of this.#servicesOf[pods.workload[pod]!]!) {
      const newest = this.#log.newestOf(service);
      const endpoints = newest < 0 ? 0 : this.#log.usedOf(newest);
      if (endpoints === 0 || !this.#uses(newest, pod)) continue;
      for (const entry of this.entriesTo[service]!) {
        rate += this.#rateOf(entry, seconds, pod) / spec.traffic[entry]!.services.length / endpoints;
      }
    }
    return rate;
  }

  /** How a pod works off requests; undefined: at once. */
  serveOf(pod: PodId): ServeSpec | undefined {
    for (const { behavior } of containersOf(this.#context, pod)) {
      if (behavior.serve !== undefined) return behavior.serve;
    }
    return undefined;
  }

  /** Which of its containers does that; -1: none. */
  servingOf(pod: PodId): number {
    const containers = containersOf(this.#context, pod);
    for (let index = 0; index < containers.length; index++)
      if (containers[index]!.behavior.serve !== undefined) return index;
    return -1;
  }

  /** Cores that the limit of the container which serves leaves to requests that use CPU; Infinity: all they want. */
  allowedTo(pod: PodId): number {
    const index = this.servingOf(pod);
    if (index < 0) return Infinity;
    const container = containersOf(this.#context, pod)[index]!;
    const { behavior, cpuLimitMillis } = container;
    if (behavior.serve!.cpuTime === 0 || cpuLimitMillis === Infinity || isNeverStopped(container)) return Infinity;
    const { amount, period } = this.#context.cpu.limitOf(pod, index);
    return Math.max(0, amount / period - behavior.servingCpuMillis / 1000);
  }

  /** Whether a service has a pod as endpoint; taken for granted where the pod can be in no other. */
  #uses(newest: number, pod: PodId): boolean {
    return this.#servicesOf[this.#context.pods.workload[pod]!]!.length === 1 || this.#log.uses(newest, pod);
  }

  /** Requests per second of an entry; of a closed loop, what its clients could send if nobody waited for another. */
  #rateOf(entry: number, seconds: number, pod: PodId): number {
    const { arrivals, weight, requestsPerConnection } = this.#context.spec.traffic[entry]!;
    if (arrivals.kind === 'open') return rateAt(this.#segments[entry]!, seconds) * weight * requestsPerConnection;
    if (arrivals.kind === 'trace') {
      return (arrivals.times.length * NS_PER_SECOND) / Math.max(1, arrivals.times.at(-1) ?? 1);
    }
    const serve = this.serveOf(pod);
    const round = mean(arrivals.think) + (serve === undefined ? 0 : mean(serve.time));
    return round > 0 ? (arrivals.clients * NS_PER_SECOND) / round : 0;
  }
}

/** With all its threads at work, and each of its probes, a container does not use up its limit. */
function isNeverStopped({ behavior, cpuLimitMillis, probes }: ContainerSpec): boolean {
  const { concurrency, threads } = behavior.serve!;
  let asked = 0;
  for (const { handler } of probes) if (handler === 'exec') asked += 1;
  return (concurrency * threads + asked) * 1000 + behavior.servingCpuMillis <= cpuLimitMillis;
}
