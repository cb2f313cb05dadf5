// Clients that open connections to services. Part of the traffic.
// A connection begins on a node, is looked up in the rules in force there, and ends at a pod that may be in any state: the
// rules know only what their proxy had heard. What became of it is counted together with whose knowledge was stale.

import type { Context, Lookup, LookupAnswer, LookupQuestion, ServiceLog, TrafficSpec } from '../cluster/index.js';
import { type EventKind, type Instant, logOneMinus, pairEntity, type RandomStream } from '../engine/index.js';
import type { Counter, Series } from '../metrics/index.js';
import { arrivalAfter, type RateSegment, rateSegments } from './arrivals.js';

export const OUTCOMES = ['ok', 'refused', 'timed_out', 'unready', 'no_endpoints'] as const;
/** What became of a connection. */
export type Outcome = (typeof OUTCOMES)[number];

export const CAUSES = ['none', 'stale_rules', 'not_yet_known', 'no_endpoints'] as const;
/** Why it failed: the node's rules were behind the API server, or nobody knew yet, or there was nothing to send it to. */
export type Cause = (typeof CAUSES)[number];

export const POSITION_BANDS = 10;

/** Handed over by run/assemble: what the data path and the pods are like at this instant. */
export interface DataPath {
  positionOn(node: number): number;
  syncsOn(node: number): number;
  /** What a connection from a node to a pod finds. */
  backendState(pod: number, from: number): 'serving' | 'refused' | 'unready' | 'hung' | 'gone';
  roundTrip(sameNode: boolean): number;
  lookup: Lookup;
  /** Whether the lookup wants to know the turn; remembering it for every pair of node and service is not free. */
  takesTurns: boolean;
  /** Pods of a workload that may be clients. */
  clientsOf(workload: number): readonly number[];
}

/** Connections of one traffic entry by outcome and cause, each counted with its weight. */
export interface TrafficTotals {
  readonly connections: Float64Array;
  /** Simulated connections, not weighted. */
  simulated: number;
}

export class Traffic {
  readonly totals: readonly TrafficTotals[];
  /** Lookup durations by tenth of the service list in which the service stood. */
  readonly lookupByBand: readonly Series['histogram'][];
  readonly traversedByBand: readonly Series['histogram'][];
  readonly #context: Context;
  readonly #log: ServiceLog;
  readonly #path: DataPath;
  readonly #arrives: EventKind;
  readonly #segments: readonly (readonly RateSegment[])[];
  readonly #clientWorkloads: readonly (readonly number[])[];
  readonly #gaps: RandomStream;
  readonly #picks: RandomStream;
  readonly #places: RandomStream;
  readonly #arrivals: Float64Array;
  /** Round-robin pointers, by node * services + service; only pairs that were used. */
  readonly #turns = new Map<number, number>();
  readonly #question: { -readonly [K in keyof LookupQuestion]: LookupQuestion[K] };
  readonly #answer: LookupAnswer = { endpoint: 0, traversed: 0, duration: 0 };
  readonly #outcomeCounters: readonly Counter[];
  readonly #lookupDuration: Series;
  readonly #rulesTraversed: Series;
  readonly #setup: Series;

  constructor(context: Context, log: ServiceLog, path: DataPath, newHistogram: () => Series['histogram']) {
    const { spec, streams, recorder, simulation } = context;
    this.#context = context;
    this.#log = log;
    this.#path = path;
    this.#arrives = simulation.on('traffic/connection', (entry) => this.#onArrival(entry));
    this.#segments = spec.traffic.map((entry) => rateSegments(entry.stages, entry.weight, spec.duration / 1e9));
    this.#clientWorkloads = spec.traffic.map((entry) =>
      spec.workloads.flatMap((workload, index) => (workload.app === entry.fromApp ? [index] : [])),
    );
    this.#gaps = streams.stream('traffic/gaps');
    this.#picks = streams.stream('traffic/picks');
    this.#places = streams.stream('kube-proxy/service-order');
    this.#arrivals = new Float64Array(spec.traffic.length);
    this.#question = {
      ports: 0,
      portsWithoutEndpoints: 0,
      endpoints: 0,
      position: 0,
      choice: 0,
      turn: 0,
      masquerades: spec.kubeProxy.masquerades ? 1 : 0,
    };
    this.totals = spec.traffic.map(() => ({
      connections: new Float64Array(OUTCOMES.length * CAUSES.length),
      simulated: 0,
    }));
    this.lookupByBand = Array.from({ length: POSITION_BANDS }, newHistogram);
    this.traversedByBand = Array.from({ length: POSITION_BANDS }, newHistogram);
    this.#outcomeCounters = OUTCOMES.map((outcome) => recorder.counter('kubelapse_connections_total', outcome));
    this.#lookupDuration = recorder.series('kubelapse_first_packet_lookup_duration_seconds');
    this.#rulesTraversed = recorder.series('kubelapse_first_packet_rules_traversed');
    this.#setup = recorder.series('kubelapse_connection_setup_duration_seconds');
  }

  start(): void {
    for (let entry = 0; entry < this.#segments.length; entry++) this.#scheduleNext(entry);
  }

  #scheduleNext(entry: number): void {
    const { simulation, spec } = this.#context;
    const nth = this.#arrivals[entry]!++;
    const amount = spec.traffic[entry]!.arrivals === 'poisson' ? -logOneMinus(this.#gaps.uniform(entry, nth)) : 1;
    const at = Math.round(arrivalAfter(this.#segments[entry]!, simulation.now / 1e9, amount) * 1e9);
    // At least 1 ns on, so that rounding cannot hold the clock.
    if (at < spec.duration) simulation.schedule(Math.max(at, simulation.now + 1) as Instant, this.#arrives, entry);
  }

  #onArrival(entry: number): void {
    const nth = this.#arrivals[entry]!;
    this.#scheduleNext(entry);
    const spec = this.#context.spec.traffic[entry]!;
    const service = spec.services[this.#picks.below(spec.services.length, entry, nth * 4)]!;
    const node = this.#clientNode(entry, spec, nth);
    if (node < 0 || this.#context.nodes.up[node] === 0) return;
    this.#connect(entry, spec, service, node, nth);
  }

  /** Node of the client: of a random pod of the client app, or any. -1 if the app has no pod. */
  #clientNode(entry: number, spec: TrafficSpec, nth: number): number {
    const { nodes, pods } = this.#context;
    if (spec.fromApp === undefined) return this.#picks.below(nodes.count, entry, nth * 4 + 1);
    const workloads = this.#clientWorkloads[entry]!;
    const workload = workloads[this.#picks.below(workloads.length, entry, nth * 4 + 1)]!;
    const clients = this.#path.clientsOf(workload);
    if (clients.length === 0) return -1;
    return pods.node[clients[this.#picks.below(clients.length, entry, nth * 4 + 2)]!]!;
  }

  #connect(entry: number, spec: TrafficSpec, service: number, node: number, nth: number): void {
    const log = this.#log;
    const position = this.#path.positionOn(node);
    const version = log.entryAt(service, position);
    const endpoints = version < 0 ? undefined : log.endpointsOf(version);
    if (endpoints === undefined || endpoints.length === 0) {
      this.#count(entry, spec, 'no_endpoints', 'no_endpoints');
      return;
    }
    const question = this.#question;
    question.ports = log.totalPorts[position]!;
    question.portsWithoutEndpoints = log.portsWithoutEndpoints[position]!;
    question.endpoints = endpoints.length;
    question.position = this.#places.uniform(pairEntity(node, service), this.#path.syncsOn(node) + 1);
    question.choice = this.#picks.uniform(entry, nth * 4 + 3);
    question.turn = this.#path.takesTurns ? this.#nextTurn(node, service, endpoints.length) : 0;
    const answer = this.#answer;
    this.#path.lookup(question, answer);
    this.#recordLookup(spec.weight, question.position, answer);
    const pod = endpoints[answer.endpoint]!;
    const state = this.#path.backendState(pod, node);
    if (state === 'serving') {
      const sameNode = this.#context.pods.node[pod] === node;
      this.#setup.record(Math.round(answer.duration) + this.#path.roundTrip(sameNode), spec.weight);
      this.#count(entry, spec, 'ok', 'none');
      return;
    }
    const known = !log.endpointsOf(log.newestOf(service)).includes(pod);
    const outcome = state === 'gone' || state === 'hung' ? 'timed_out' : state;
    this.#count(entry, spec, outcome, known ? 'stale_rules' : 'not_yet_known');
  }

  /** Round-robin pointers begin anywhere. */
  #nextTurn(node: number, service: number, endpoints: number): number {
    const pair = node * this.#context.spec.services.length + service;
    const turn = this.#turns.get(pair) ?? this.#places.below(endpoints, pairEntity(node, service), 0);
    this.#turns.set(pair, turn + 1);
    return turn;
  }

  #recordLookup(weight: number, position: number, answer: LookupAnswer): void {
    if (!this.#context.recorder.measuring) return;
    const duration = Math.round(answer.duration);
    this.#lookupDuration.record(duration, weight);
    this.#rulesTraversed.record(answer.traversed, weight);
    const band = Math.floor(position * POSITION_BANDS);
    this.lookupByBand[band]!.record(duration, weight);
    this.traversedByBand[band]!.record(answer.traversed, weight);
  }

  #count(entry: number, spec: TrafficSpec, outcome: Outcome, cause: Cause): void {
    if (!this.#context.recorder.measuring) return;
    const o = OUTCOMES.indexOf(outcome);
    this.#outcomeCounters[o]!.add(spec.weight);
    const totals = this.totals[entry]!;
    totals.simulated++;
    totals.connections[o * CAUSES.length + CAUSES.indexOf(cause)]! += spec.weight;
  }
}
