// How many requests a second come to a pod, by what clients send and how many endpoints share it. Part of the traffic.
// All endpoints of a service are taken to get alike: what a policy, an affinity or a hash makes of it is not told apart.

import { type Context, containersOf, type PodId, type ServeSpec, type ServiceLog } from '../cluster/index.js';
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
    this.isSampled = servicesOf.map((list) =>
      list.some((service) => entriesTo[service]!.some((entry) => traffic[entry]!.weight > 1)),
    );
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
