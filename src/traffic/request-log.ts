// What is counted of requests and of the lookups of their connections. Part of the traffic.

import type { Context, PodId, Route, ServiceId } from '../cluster/index.js';
import { type Counter, Histogram, type Series } from '../metrics/index.js';
import { CAUSES, type Cause, OUTCOMES, type Outcome } from './outcomes.js';

/** Parts of the list of services by which lookups are told apart. */
const POSITION_BANDS = 10;

/** Requests of one traffic entry that had one outcome for one cause. */
export interface RequestTotals {
  readonly outcome: Outcome;
  readonly cause: Cause;
  /** With their weights. */
  requests: number;
  /** From their beginning until the client knew, ns. */
  readonly duration: Histogram;
}

export class RequestLog {
  /** By traffic entry; only what occurred, by outcome and cause. */
  readonly totals: readonly (RequestTotals | undefined)[][];
  /** Lookup durations by tenth of the service list in which the service stood. */
  readonly lookupByBand: readonly Histogram[];
  readonly traversedByBand: readonly Histogram[];
  /** Requests by service and pod, with their weights; undefined for services that nobody sends to. */
  readonly requestsOf: readonly (Map<number, number> | undefined)[];
  /** Requests that had no end yet when the run had, by traffic entry, and how long they had lasted. */
  readonly unfinished: readonly { requests: number; readonly duration: Histogram }[];
  /** Requests that were simulated, not weighted. */
  simulated = 0;
  readonly #recorder: Context['recorder'];
  readonly #outcomes: readonly Counter[];
  readonly #lookup: Series;
  readonly #clientDuration: Series;
  readonly #clientRules: Series;
  readonly #endpointDuration: Series;
  readonly #endpointRules: Series;
  readonly #setup: Series;
  readonly #answered: Series;

  /** @param isSentTo whether anybody sends to a service. */
  constructor({ recorder, spec }: Context, isSentTo: (service: ServiceId) => boolean) {
    this.#recorder = recorder;
    this.totals = spec.traffic.map(() => []);
    this.unfinished = spec.traffic.map(() => ({ requests: 0, duration: new Histogram() }));
    this.requestsOf = spec.services.map((_, service) => (isSentTo(service) ? new Map() : undefined));
    this.lookupByBand = Array.from({ length: POSITION_BANDS }, () => new Histogram());
    this.traversedByBand = Array.from({ length: POSITION_BANDS }, () => new Histogram());
    this.#outcomes = OUTCOMES.map((outcome) => recorder.counter('kubelapse_requests_total', outcome));
    this.#lookup = recorder.series('kubelapse_first_packet_lookup_duration_seconds');
    this.#clientDuration = recorder.series('kubelapse_first_packet_hop_duration_seconds', 'client');
    this.#clientRules = recorder.series('kubelapse_first_packet_rules_traversed', 'client');
    this.#endpointDuration = recorder.series('kubelapse_first_packet_hop_duration_seconds', 'endpoint');
    this.#endpointRules = recorder.series('kubelapse_first_packet_rules_traversed', 'endpoint');
    this.#setup = recorder.series('kubelapse_connection_setup_duration_seconds');
    this.#answered = recorder.series('kubelapse_request_duration_seconds');
  }

  /** The warm-up ends. */
  reset(): void {
    for (const totals of this.totals) totals.length = 0;
    for (const requests of this.requestsOf) requests?.clear();
    for (const histogram of [...this.lookupByBand, ...this.traversedByBand]) histogram.clear();
    this.simulated = 0;
  }

  /** A first packet on the node that chooses its endpoint. */
  lookedUp({ place, duration, traversed }: Route, weight: number): void {
    if (!this.#recorder.measuring) return;
    const rounded = Math.round(duration);
    this.#clientDuration.histogram.record(rounded, weight);
    this.#clientRules.histogram.record(traversed, weight);
    const band = Math.floor(place * POSITION_BANDS);
    this.lookupByBand[band]!.record(rounded, weight);
    this.traversedByBand[band]!.record(traversed, weight);
  }

  /** The same packet on the node of the endpoint. */
  arrived({ duration, traversed }: Route, weight: number): void {
    this.#endpointDuration.record(Math.round(duration), weight);
    this.#endpointRules.record(traversed, weight);
  }

  /** What it paid on both. */
  routed(duration: number, weight: number): void {
    this.#lookup.record(duration, weight);
  }

  /** A connection to a pod that serves. */
  connected(duration: number, weight: number): void {
    this.#setup.record(duration, weight);
  }

  /** A request reaches a pod. */
  reached(service: ServiceId, pod: PodId, weight: number): void {
    if (!this.#recorder.measuring) return;
    const requests = this.requestsOf[service]!;
    requests.set(pod, (requests.get(pod) ?? 0) + weight);
  }

  /** A request goes on when the run ends. @param duration so far, ns. */
  goesOn(entry: number, duration: number, weight: number): void {
    this.unfinished[entry]!.requests += weight;
    this.unfinished[entry]!.duration.record(Math.round(duration), weight);
  }

  /** A request is over. */
  ended(entry: number, outcome: Outcome, cause: Cause, duration: number, weight: number): void {
    if (!this.#recorder.measuring) return;
    const o = OUTCOMES.indexOf(outcome);
    this.#outcomes[o]!.add(weight);
    this.simulated++;
    const totals = this.totals[entry]!;
    const at = o * CAUSES.length + CAUSES.indexOf(cause);
    totals[at] ??= { outcome, cause, requests: 0, duration: new Histogram() };
    totals[at].requests += weight;
    totals[at].duration.record(Math.round(duration), weight);
    if (outcome === 'ok') this.#answered.record(Math.round(duration), weight);
  }
}
