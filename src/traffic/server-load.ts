// The CPU that requests use on the nodes of the pods that answer them. Part of the traffic.
// It follows from the rates that clients send at and from how many endpoints share them, not from single requests: so it is
// the same whether one simulated request stands for one or for thousands. It changes when a rate or the endpoints do.

import type { Context, PodId, ServiceId, ServiceLog } from '../cluster/index.js';
import { type EventKind, mean, NS_PER_SECOND } from '../engine/index.js';
import type { RateSegment } from './arrivals.js';
import type { RequestRates } from './request-rates.js';

/** A ramp is followed in steps of so many to the whole of it. */
const RAMP_STEPS = 60;

export class ServerLoad {
  readonly #context: Context;
  readonly #log: ServiceLog;
  readonly #segments: readonly (readonly RateSegment[])[];
  readonly #rates: RequestRates;
  readonly #changes: EventKind;
  /** Millicores that requests use, by pod. */
  readonly #demand = new Map<number, number>();
  /** Pods of a service whose demand stands there. */
  readonly #podsOf = new Map<number, readonly number[]>();
  /** How many services a pod is counted in. */
  readonly #memberships = new Map<number, number>();
  /** Services whose pods use CPU for a request. */
  readonly #services: readonly boolean[];

  constructor(context: Context, log: ServiceLog, segments: readonly (readonly RateSegment[])[], rates: RequestRates) {
    const { spec, simulation } = context;
    this.#context = context;
    this.#log = log;
    this.#segments = segments;
    this.#rates = rates;
    this.#services = spec.services.map(
      ({ workloads }, service) =>
        rates.entriesTo[service]!.length > 0 &&
        workloads.some((workload) =>
          [spec.workloads[workload]!.template, ...spec.workloads[workload]!.updates].some(({ containers }) =>
            containers.some(({ behavior }) => (behavior.serve?.cpuTime ?? 0) > 0),
          ),
        ),
    );
    this.#changes = simulation.on('traffic/load-changes', (entry) => this.#updateOf(entry));
  }

  /** Schedules the instants at which rates change. */
  start(): void {
    const { simulation, spec } = this.#context;
    this.#segments.forEach((segments, entry) => {
      if (!spec.traffic[entry]!.services.some((service) => this.#services[service])) return;
      for (const { start, end, rateAtStart, rateAtEnd } of segments) {
        const steps = rateAtStart === rateAtEnd ? 1 : RAMP_STEPS;
        for (let step = 0; step < steps; step++) {
          const at = Math.round((start + ((end - start) * step) / steps) * NS_PER_SECOND);
          simulation.schedule(at, this.#changes, entry);
        }
      }
    });
    this.#services.forEach((_, service) => {
      this.update(service);
    });
  }

  #updateOf(entry: number): void {
    for (const service of this.#context.spec.traffic[entry]!.services) this.update(service);
  }

  /** Spreads the load over the endpoints as they are. */
  update(service: ServiceId): void {
    if (!this.#services[service] || this.#rates.entriesTo[service]!.length === 0) return;
    const newest = this.#log.newestOf(service);
    const pods = newest < 0 ? [] : [...this.#log.endpointsOf(newest).subarray(0, this.#log.usedOf(newest))];
    const now = new Set(pods);
    const before = new Set(this.#podsOf.get(service));
    for (const pod of before) {
      if (now.has(pod)) continue;
      const others = this.#memberships.get(pod)! - 1;
      this.#memberships.set(pod, others);
      this.#set(pod, others > 0 ? this.#demandOf(pod) : 0);
    }
    for (const pod of pods) {
      if (!before.has(pod)) this.#memberships.set(pod, (this.#memberships.get(pod) ?? 0) + 1);
      this.#set(pod, this.#demandOf(pod));
    }
    this.#podsOf.set(service, pods);
  }

  /** Millicores: no more than its workers can use. */
  #demandOf(pod: PodId): number {
    const serve = this.#rates.serveOf(pod);
    if (serve === undefined || serve.cpuTime === 0) return 0;
    const capacity = (serve.concurrency * NS_PER_SECOND) / mean(serve.time);
    const rate = Math.min(this.#rates.rateTo(pod), capacity);
    // Under a limit that is too small for what comes all workers are busy before long.
    if (rate * serve.cpuTime > this.#rates.allowedTo(pod) * NS_PER_SECOND)
      return serve.concurrency * serve.threads * 1000;
    return Math.round((rate * serve.cpuTime * 1000) / NS_PER_SECOND);
  }

  #set(pod: PodId, millis: number): void {
    const before = this.#demand.get(pod) ?? 0;
    if (millis === before) return;
    this.#demand.set(pod, millis);
    const { cpu } = this.#context;
    cpu.changeDemand(cpu.containerOf(pod, Math.max(0, this.#rates.servingOf(pod))), millis - before);
  }
}
