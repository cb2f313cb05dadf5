// Clients that send requests to services. Part of the traffic.
// A connection begins on a node, is looked up in the rules in force there, and ends at a pod that may be in any state: the
// rules know only what their proxy had heard. Its requests wait for the pod's workers, one after the other. What became of
// each is counted together with whose knowledge was stale, or what was full.

import {
  type Context,
  doubled,
  type Exchange,
  emptyRoute,
  type FirstPacket,
  type NodeId,
  PacketSource,
  type PartList,
  type PodId,
  type Route,
  type ServeSpec,
  ServiceAddress,
  type ServiceLog,
  type ServicePortSpec,
  type ServiceRouting,
  type TrafficSpec,
  Verdict,
  type Ways,
  type WorkloadId,
} from '../cluster/index.js';
import {
  type EntityKey,
  type EventHandle,
  type EventKind,
  keyWithin,
  mean,
  NS_PER_SECOND,
  type RandomStream,
  sample,
} from '../engine/index.js';
import { ArrivalTimes } from './arrival-times.js';
import { type Client, Clients, Pick, type Surroundings } from './clients.js';
import { Conntrack, type EntryKind } from './conntrack.js';
import { LimitedServers, type Throttling } from './limited-servers.js';
import { LimitedTimes } from './limited-times.js';
import { Links } from './links.js';
import type { Cause, Outcome } from './outcomes.js';
import { PacketCpu, packetsOf } from './packet-cpu.js';
import { RequestLog } from './request-log.js';
import { RequestRates } from './request-rates.js';
import { ServerLoad } from './server-load.js';
import { BACKLOG_FULL, Servers } from './servers.js';
import { SessionTable } from './session-table.js';
import type { TrafficShape } from './traffic-shape.js';

/** What a connection to a pod finds. */
export type BackendState = 'serving' | 'refused' | 'unready' | 'hung' | 'gone';

/** Handed over by run/assemble: what the data path and the pods are like at this instant. */
export interface DataPath extends Surroundings {
  readonly routing: ServiceRouting;
  /** Position of the service log that a node's rules have. */
  positionOn(node: NodeId): number;
  backendState(pod: PodId, from: number): BackendState;
  /** Which run of the pod's processes that is. */
  incarnationOf(pod: PodId): number;
  /** The ways between nodes. */
  readonly ways: Ways;
  /** Whether policies let a client reach a port of a pod. */
  allows(client: Client, pod: PodId, port: ServicePortSpec, weight: number): boolean;
  /** What they add to the first packet, ns. */
  policyTime(client: Client, pod: PodId): number;
  /** And to each later one; absent: there are no policies. */
  readonly policyPacketTime: ((client: Client, pod: PodId) => number) | undefined;
}

/** Closer to all that a limit lets pass a queue takes too long to settle: what piles up is what counts there. */
const NEARLY = 0.97;

/** Requests at limited pods are numbered up to so many at a time. */
const TOKENS = (1 << 20) - 1;

const Step = { Knock: 0, Done: 1, Next: 2, Retry: 3, GiveUp: 4 } as const;
const STEPS = 5;

/** Draws of a request on a connection, and of an attempt at that. */
const DRAWS_A_REQUEST = 256;
const DRAWS_AN_ATTEMPT = 16;
const DISTANCE_DRAW = 8;
/** A SYN without answer is sent again after 1 s, then after twice as long each time (RFC 6298). */
const KNOCK_INTERVAL = NS_PER_SECOND;
/** A connection that is refused at once keeps its client busy for so long. No published figure. */
const REFUSAL = 1e5;
/** A closed loop whose client is not there looks for another after so long. Our choice. */
const NOBODY_INTERVAL = NS_PER_SECOND;
/** Ports that Linux gives to clients: net.ipv4.ip_local_port_range. */
const FIRST_PORT = 32768;
const PORTS = 28232;

export class Traffic {
  readonly log: RequestLog;
  readonly conntrack: Conntrack;
  readonly #context: Context;
  readonly #log: ServiceLog;
  readonly #path: DataPath;
  readonly #clients: Clients;
  readonly #servers = new Servers();
  readonly #limited: LimitedServers;
  readonly #limitedTimes: LimitedTimes;
  /** Requests so far that went to pods with a limit. */
  #limitedRequests = 0;
  readonly #arrivalTimes: ArrivalTimes;
  readonly #rates: RequestRates;
  readonly #load: ServerLoad;
  readonly #packetCpu: PacketCpu;
  readonly #links: Links;
  readonly #sessions = new SessionTable();
  readonly #arrives: EventKind;
  readonly #steps: EventKind;
  readonly #picks: RandomStream;
  readonly #attempts: RandomStream;
  readonly #service: RandomStream;
  readonly #losses: RandomStream;
  readonly #think: RandomStream;
  readonly #pauses: RandomStream;
  /** Connections so far, by open entry; of each client, by closed entry. */
  readonly #arrivals: Float64Array;
  readonly #loops: readonly Uint32Array[];
  readonly #packet: FirstPacket;
  readonly #route: Route = emptyRoute();
  readonly #client: Client = { from: PacketSource.Node, node: 0, pod: -1, address: 0 };

  constructor(context: Context, log: ServiceLog, path: DataPath, shapes: PartList<TrafficShape>) {
    const { spec, streams, simulation, nodes } = context;
    this.#context = context;
    context.recorder.own({
      reset: () => {
        this.log.reset();
        this.conntrack.resetCounts();
        this.#packetCpu.resetCounts();
        this.#limited.resetCounts();
      },
      record: () => this.#closeOpen(),
    });
    this.#log = log;
    this.#path = path;
    this.#packetCpu = new PacketCpu(context);
    this.#links = new Links(nodes);
    this.#limitedTimes = new LimitedTimes(streams);
    this.#limited = new LimitedServers(context, (token, at) => this.#onServed(token, at));
    this.#arrivalTimes = new ArrivalTimes(context, shapes);
    this.#rates = new RequestRates(context, log, this.#arrivalTimes.segments);
    this.#arrives = simulation.on('traffic/connection', (entry, loop) => this.#onArrival(entry, loop));
    this.#steps = simulation.on('traffic/request', (row, argument) => this.#onStep(row, argument));
    this.#picks = streams.stream('traffic/picks');
    this.#attempts = streams.stream('traffic/attempts');
    this.#service = streams.stream('traffic/service');
    this.#losses = streams.stream('traffic/losses');
    this.#think = streams.stream('traffic/think');
    this.#pauses = streams.stream('traffic/pauses');
    this.#clients = new Clients(context, log, path, this.#picks);
    this.#arrivals = new Float64Array(spec.traffic.length);
    this.#loops = spec.traffic.map(
      ({ arrivals }) => new Uint32Array(arrivals.kind === 'closed' ? arrivals.clients : 0),
    );
    const { conntrackMaxPerCore, conntrackMin } = spec.kubeProxy;
    this.conntrack = new Conntrack(nodes.count, (node) =>
      Math.max(conntrackMin, conntrackMaxPerCore * Math.floor(nodes.poolOf(node).cpuCapacityMillis / 1000)),
    );
    this.#packet = {
      node: 0,
      service: 0,
      address: ServiceAddress.ClusterIp,
      from: PacketSource.Node,
      source: 0,
      sourcePort: 0,
      choice: 0,
      weight: 1,
    };
    this.#load = new ServerLoad(context, log, this.#arrivalTimes.segments, this.#rates);
    this.log = new RequestLog(context, (service) => this.#rates.entriesTo[service]!.length > 0);
  }

  start(): void {
    const { simulation, spec } = this.#context;
    this.#load.start();
    spec.traffic.forEach(({ arrivals }, entry) => {
      if (arrivals.kind !== 'closed') this.#scheduleNext(entry);
      let loop = 0;
      for (const at of this.#arrivalTimes.beginsOf(entry)) {
        simulation.schedule(at, this.#arrives, entry, loop);
        loop++;
      }
    });
  }

  /** Adds up what is still open at the end of a run. */
  #closeOpen(): void {
    this.#packetCpu.settle();
    const s = this.#sessions;
    for (const open of this.log.unfinished) {
      open.requests = 0;
      open.duration.clear();
    }
    for (let row = 0; row < s.taken.length; row++) {
      // Between two requests of a connection nobody waits.
      if (s.taken[row] === 0 || s.idle[row] === 1) continue;
      const { weight } = this.#context.spec.traffic[s.entry[row]!]!;
      this.log.goesOn(s.entry[row]!, this.#context.spec.duration - s.begunAt[row]!, weight);
    }
  }

  /** What limits did to the requests of containers that serve. */
  forEachThrottling(tell: (pod: PodId, index: number, throttling: Throttling) => void): void {
    this.#limited.forEachThrottling(tell);
  }

  /** A node goes down: its kernel remembers no connections. */
  onNodeDown(node: NodeId): void {
    this.conntrack.forget(node, this.#context.simulation.now);
  }

  /** The endpoints of a service have changed: the load is spread over others. */
  onCommitted(position: number): void {
    this.#load.update(this.#log.service[position]!);
  }

  // Arrivals -------------------------------------------------------------------------------------------------------------

  #scheduleNext(entry: number): void {
    const { simulation } = this.#context;
    const nth = this.#arrivals[entry]!++;
    const at = this.#arrivalTimes.next(entry, nth);
    // At least 1 ns on, so that rounding cannot hold the clock.
    simulation.schedule(Math.max(at, simulation.now + 1), this.#arrives, entry);
  }

  /** @param loop which client of a closed loop it is; 0 for others. */
  #onArrival(entry: number, loop: number): void {
    const spec = this.#context.spec.traffic[entry]!;
    const { arrivals } = spec;
    let nth: number;
    let key = this.#context.identities.traffic[entry]!;
    let place: number;
    if (arrivals.kind === 'closed') {
      // The n-th connection of this client, whatever the others do.
      key = keyWithin(key, loop);
      nth = this.#loops[entry]![loop]!++;
      place = nth * arrivals.clients + loop;
    } else {
      nth = this.#arrivals[entry]!;
      place = nth;
      this.#scheduleNext(entry);
    }
    key = keyWithin(key, nth);
    const which = this.#picks.below(spec.services.length, key, Pick.Service);
    const service = spec.services[which]!;
    const client = this.#client;
    if (!this.#clients.pick(entry, spec, service, key, client)) {
      // A load balancer without a node to send to answers nobody; in the cluster nobody is there who could ask.
      const isUnanswered = client.from === PacketSource.Outside;
      const requests = spec.weight * spec.requestsPerConnection;
      if (isUnanswered) this.#ended(entry, 'timed_out', 'no_endpoints', spec.timeout, requests);
      this.#thinkThenCome(entry, spec, loop, key, isUnanswered ? spec.timeout : NOBODY_INTERVAL);
      return;
    }
    const s = this.#sessions;
    const row = s.take();
    s.entry[row] = entry;
    s.service[row] = service;
    s.port[row] = spec.ports[which]!;
    s.loop[row] = loop;
    s.key[row] = key;
    s.from[row] = client.from;
    s.node[row] = client.node;
    s.clientPod[row] = client.pod;
    s.clientIncarnation[row] = client.pod < 0 ? 0 : this.#path.incarnationOf(client.pod);
    s.source[row] = client.address;
    s.sourcePort[row] = FIRST_PORT + (place % PORTS);
    s.pod[row] = -1;
    s.left[row] = spec.requestsPerConnection;
    s.requests[row] = 0;
    this.#beginRequest(row);
    this.#connect(row, spec, this.#picks.uniform(key, Pick.Endpoint));
  }

  // The way of a request -------------------------------------------------------------------------------------------------

  #onStep(row: number, argument: number): void {
    const s = this.#sessions;
    if (Math.floor(argument / STEPS) !== s.uses[row]!) return;
    const spec = this.#context.spec.traffic[s.entry[row]!]!;
    if (!this.#isClientThere(row)) {
      this.#abandon(row, spec);
      return;
    }
    switch (argument % STEPS) {
      case Step.Knock:
        this.#onKnock(row, spec);
        return;
      case Step.Retry:
        if (s.pod[row]! >= 0) this.#continue(row, spec);
        else this.#connect(row, spec, this.#attempts.uniform(this.#entity(row), this.#draw(row)));
        return;
      case Step.Done:
        this.#onDone(row, spec);
        return;
      case Step.Next:
        this.#beginRequest(row);
        this.#continue(row, spec);
        return;
      default:
        s.served[row] = 0;
        this.#fail(row, spec, 'timed_out', s.isForLink[row] === 1 ? 'overloaded_link' : 'overloaded_pod', 0);
    }
  }

  #schedule(row: number, after: number, step: number): void {
    const { simulation } = this.#context;
    const at = simulation.now + Math.max(1, Math.round(after));
    simulation.schedule(at, this.#steps, row, this.#sessions.uses[row]! * STEPS + step);
  }

  /** What names a connection in draws. */
  #entity(row: number): EntityKey {
    return this.#sessions.key[row]! as EntityKey;
  }

  /** First of the draws that are kept for the present attempt. */
  #draw(row: number): number {
    return this.#sessions.requests[row]! * DRAWS_A_REQUEST + this.#sessions.attempts[row]! * DRAWS_AN_ATTEMPT;
  }

  #beginRequest(row: number): void {
    const s = this.#sessions;
    s.begunAt[row] = s.attemptAt[row] = this.#context.simulation.now;
    s.attempts[row] = 0;
    s.knocks[row] = 0;
    s.idle[row] = 0;
  }

  /** The client of a connection, to be asked about and not kept. */
  #clientOf(row: number): Client {
    const s = this.#sessions;
    const client = this.#client;
    client.from = s.from[row]! as PacketSource;
    client.node = s.node[row]!;
    client.pod = s.clientPod[row]!;
    client.address = s.source[row]!;
    return client;
  }

  /** Whether the process that opened a connection is still there. */
  #isClientThere(row: number): boolean {
    const client = this.#clientOf(row);
    if (!this.#clients.isThere(client)) return false;
    return client.pod < 0 || this.#path.incarnationOf(client.pod) === this.#sessions.clientIncarnation[row];
  }

  /** The client has gone: nobody will ever know what became of its request. */
  #abandon(row: number, spec: TrafficSpec): void {
    const s = this.#sessions;
    const entry = s.entry[row]!;
    const loop = s.loop[row]!;
    const key = this.#entity(row);
    this.#disconnect(row, spec);
    s.release(row);
    this.#thinkThenCome(entry, spec, loop, key, NOBODY_INTERVAL);
  }

  /** The first packet of a new connection. @param choice uniform draw. */
  #connect(row: number, spec: TrafficSpec, choice: number): void {
    const s = this.#sessions;
    const service = s.service[row]!;
    const node = s.node[row]!;
    const packet = this.#packet;
    const route = this.#route;
    packet.node = node;
    packet.service = service;
    packet.address = ADDRESSES[spec.address];
    packet.from = s.from[row]! as PacketSource;
    packet.source = s.source[row]!;
    packet.sourcePort = s.sourcePort[row]!;
    packet.choice = choice;
    packet.weight = spec.weight;
    s.position[row] = this.#path.positionOn(node);
    this.#path.routing.route(packet, route);
    this.#packetCpu.add(node, route.duration * spec.weight);
    const isFirst = s.knocks[row] === 0;
    if (isFirst) this.log.lookedUp(route, spec.weight);
    if (route.verdict !== Verdict.Endpoint) {
      this.#onNoRoute(row, spec, route.verdict);
      return;
    }
    const { pod, isReused, losesFirst } = route;
    s.pod[row] = pod;
    s.reused[row] = isReused ? 1 : 0;
    const other = this.#context.pods.node[pod]!;
    let speed = this.#kernelSpeed(node);
    let duration = Math.round(route.duration / speed);
    if (other !== node) {
      this.#path.routing.arrive(other, route);
      this.#packetCpu.add(other, route.duration * spec.weight);
      if (isFirst) this.log.arrived(route, spec.weight);
      const there = this.#kernelSpeed(other);
      duration += Math.round(route.duration / there);
      speed = Math.min(speed, there);
    }
    if (speed < 1 && this.#losses.uniform(this.#entity(row), this.#draw(row) + s.knocks[row]!) > speed) {
      this.#path.routing.close(packet, pod);
      s.pod[row] = -1;
      this.#knockAgain(row, spec, 'overloaded_node');
      return;
    }
    if (isFirst) this.log.routed(duration, spec.weight);
    if (!this.#track(row, spec, node, other)) {
      // What is not remembered is routed again.
      this.#path.routing.close(packet, pod);
      s.pod[row] = -1;
      this.#knockAgain(row, spec, 'conntrack_full');
      return;
    }
    if (losesFirst) this.#knockAgain(row, spec, 'port_reuse');
    else this.#reach(row, spec, duration);
  }

  /** How fast a node looks up packets: below 1 there are more than its kernel can, and the rest are dropped. */
  #kernelSpeed(node: NodeId): number {
    const { cpu } = this.#context;
    return cpu.speed(cpu.partOf(node, 'kernel')) / cpu.availableShare(node);
  }

  /** The first packet is sent again: to where the one before went, if the node remembers it. */
  #onKnock(row: number, spec: TrafficSpec): void {
    const s = this.#sessions;
    if (s.pod[row]! >= 0) this.#reach(row, spec, 0);
    else this.#connect(row, spec, this.#attempts.uniform(this.#entity(row), this.#draw(row) + s.knocks[row]!));
  }

  /** A first packet that was sent to a pod. @param lookup what the rules took, ns. */
  #reach(row: number, spec: TrafficSpec, lookup: number): void {
    const s = this.#sessions;
    const node = s.node[row]!;
    const pod = s.pod[row]!;
    const other = this.#context.pods.node[pod]!;
    const client = this.#clientOf(row);
    const exchange = this.#path.ways.exchange(s.entry[row]!, spec, node, other, true);
    const duration =
      lookup +
      this.#roundTrip(row, exchange, other) +
      exchange.connectionSetup +
      Math.round(this.#path.policyTime(client, pod));
    if (!this.#path.allows(client, pod, this.#portOf(row), spec.weight)) {
      this.#knockAgain(row, spec, 'network_policy');
      return;
    }
    const state = this.#path.backendState(pod, node);
    s.incarnation[row] = this.#path.incarnationOf(pod);
    if (state !== 'serving') {
      const isSilent = state === 'gone' || state === 'hung';
      const after = isSilent ? this.#timeLeft(row, spec) : duration;
      this.#fail(
        row,
        spec,
        isSilent ? 'timed_out' : state,
        s.reused[row] === 1 ? 'port_reuse' : this.#blame(row, pod, state),
        after,
      );
      return;
    }
    this.log.connected(this.#context.simulation.now - s.attemptAt[row]! + duration, spec.weight);
    this.#ask(row, spec, exchange, duration, true);
  }

  /** What goes there and back on a connection that is there. */
  #way(row: number, spec: TrafficSpec): Exchange {
    const s = this.#sessions;
    const other = this.#context.pods.node[s.pod[row]!]!;
    return this.#path.ways.exchange(s.entry[row]!, spec, s.node[row]!, other, false);
  }

  /** A packet of this attempt and its answer, ns. */
  #roundTrip(row: number, { roundTrip, varies }: Exchange, other: NodeId): number {
    if (!varies) return roundTrip;
    const u = this.#attempts.uniform(this.#entity(row), this.#draw(row) + DISTANCE_DRAW);
    return this.#path.ways.roundTrip(this.#sessions.node[row]!, other, u);
  }

  /** The connection takes its places in the tables of both nodes. */
  #track(row: number, spec: TrafficSpec, node: NodeId, other: number): boolean {
    const { now } = this.#context.simulation;
    // Within the cluster eBPF translates when the socket connects: the node of the client has nothing to remember.
    if (!this.#path.routing.tracksConnections) return true;
    const s = this.#sessions;
    s.trackedAt[row] = now;
    if (!this.conntrack.insert(node, spec.weight, now)) return false;
    // A packet that does not arrive is not remembered.
    s.isTrackedThere[row] = other !== node && !this.#isCutOff(node, s.pod[row]!) ? 1 : 0;
    if (s.isTrackedThere[row] === 0 || this.conntrack.insert(other, spec.weight, now)) return true;
    this.conntrack.letGo(node, spec.weight, this.#entryKind(row), now, now);
    return false;
  }

  #entryKind(row: number): EntryKind {
    if (!this.#isUdp(row)) return 'tcp';
    return this.#sessions.requests[row]! > 1 ? 'udpStream' : 'udp';
  }

  #isUdp(row: number): boolean {
    return this.#portOf(row).protocol === 'UDP';
  }

  #portOf(row: number): ServicePortSpec {
    const s = this.#sessions;
    return this.#context.spec.services[s.service[row]!]!.ports[s.port[row]!]!;
  }

  #onNoRoute(row: number, spec: TrafficSpec, verdict: Verdict): void {
    const s = this.#sessions;
    s.pod[row] = -1;
    if (verdict === Verdict.Unknown) {
      const cause = this.#context.nodes.up[s.node[row]!] === 0 ? 'dead_node' : 'no_rules';
      this.#fail(row, spec, 'timed_out', cause, this.#timeLeft(row, spec));
      return;
    }
    const position = this.#path.positionOn(s.node[row]!);
    const entry = position < 0 ? -1 : this.#log.entryAt(s.service[row]!, position);
    const hasSome = entry >= 0 && this.#log.usedOf(entry) > 0;
    if (verdict === Verdict.Dropped) this.#fail(row, spec, 'timed_out', 'no_endpoints', this.#timeLeft(row, spec));
    else if (hasSome) this.#fail(row, spec, 'refused', 'draining_server', REFUSAL);
    else this.#fail(row, spec, 'no_endpoints', 'no_endpoints', REFUSAL);
  }

  /** A pod that does not serve: who should have known? */
  #blame(row: number, pod: PodId, state: BackendState): Cause {
    const { nodes, pods } = this.#context;
    const from = this.#sessions.node[row]!;
    const node = pods.node[pod]!;
    if (state === 'gone' && node !== from && !nodes.isOnNetwork(from)) return 'dead_node';
    const newest = this.#log.newestOf(this.#sessions.service[row]!);
    if (newest < 0 || !this.#log.uses(newest, pod)) return 'stale_rules';
    return state === 'gone' && !nodes.isOnNetwork(node) ? 'dead_node' : 'not_yet_known';
  }

  /** The first packet had no answer: it is sent again until the client loses patience. */
  #knockAgain(row: number, spec: TrafficSpec, cause: Cause): void {
    const s = this.#sessions;
    const wait = doubled(KNOCK_INTERVAL, s.knocks[row]!);
    const left = this.#timeLeft(row, spec);
    s.knocks[row]! += 1;
    if (wait >= left) this.#fail(row, spec, 'timed_out', cause, left);
    else this.#schedule(row, wait, Step.Knock);
  }

  #timeLeft(row: number, spec: TrafficSpec): number {
    return Math.max(0, this.#sessions.attemptAt[row]! + spec.timeout - this.#context.simulation.now);
  }

  /** A request goes to the pod of its connection. @param exchange what it moves. @param delay until it is there. @param isFirst the connection is new. */
  #ask(row: number, spec: TrafficSpec, exchange: Exchange, delay: number, isFirst: boolean): void {
    const s = this.#sessions;
    const { now } = this.#context.simulation;
    const pod = s.pod[row]!;
    const other = this.#context.pods.node[pod]!;
    const node = s.node[row]!;
    const left = this.#timeLeft(row, spec);
    if (other !== node && s.from[row] === PacketSource.Outside) {
      const packets = packetsOf(spec.requestBytes, spec.responseBytes, isFirst) * spec.weight;
      this.#packetCpu.add(node, packets * this.#path.routing.forwardedPacket);
    }
    const { weight } = spec;
    const { sent, answered } = exchange;
    const { policyPacketTime } = this.#path;
    const policyTime =
      policyPacketTime === undefined ? 0 : policyPacketTime(this.#clientOf(row), pod) * exchange.packets;
    // Who comes from outside has CPU of its own.
    if (s.from[row] !== PacketSource.Outside) this.#packetCpu.add(node, (exchange.clientCpu + policyTime) * weight);
    this.#packetCpu.add(other, (exchange.serverCpu + policyTime) * weight);
    if (sent + answered === Infinity) {
      this.#fail(row, spec, 'timed_out', 'mtu_too_large', left);
      return;
    }
    const back = this.#roundTrip(row, exchange, other) + sent + answered + policyTime;
    this.log.reached(s.service[row]!, pod, spec.weight);
    this.#context.journal?.requestReachedPod?.(s.service[row]!, pod, spec.weight);
    const serve = this.#rates.serveOf(pod);
    if (serve === undefined) {
      const takes = delay + back + this.#waitForLinks(row, spec, other, left - delay - back);
      if (takes > left) this.#fail(row, spec, 'timed_out', 'overloaded_link', left);
      else this.#succeed(row, spec, now + takes - s.begunAt[row]!);
      return;
    }
    const draw = this.#draw(row);
    const incarnation = s.incarnation[row]!;
    const time = sample(serve.time, this.#service.uniform(this.#entity(row), draw));
    const allowed = this.#rates.allowedTo(pod);
    const isLimited = allowed < Infinity;
    const isSampled = this.#rates.isSampled[this.#context.pods.workload[pod]!];
    if (isLimited && !isSampled) {
      this.#askLimited(row, spec, serve, time, delay + back, isFirst);
      return;
    }
    const { cpu } = this.#context;
    const index = this.#rates.servingOf(pod);
    const speed =
      isLimited || serve.cpuTime === 0 ? cpu.threadSpeed(pod, index) : cpu.speed(cpu.containerOf(pod, index));
    const settled = isLimited ? this.#settledTime(pod, index, serve, allowed, row, draw + 2) : undefined;
    const serviceTime = Math.round(settled ?? slowed(time, serve, speed));
    const wait = isSampled
      ? this.#servers.joinSampled(
          pod,
          incarnation,
          serve,
          now,
          this.#rates.rateTo(pod),
          slowed(mean(serve.time), serve, speed),
          allowed,
          // What waits for a worker is part of a settled time.
          settled === undefined ? this.#service.uniform(this.#entity(row), draw + 1) : 0,
        )
      : this.#servers.joinExact(pod, incarnation, serve, now + delay, serviceTime);
    if (wait === BACKLOG_FULL) {
      s.isForLink[row] = 0;
      // A connection that is there already waits for its time to run out.
      if (isFirst) this.#knockAgain(row, spec, 'overloaded_pod');
      else this.#schedule(row, left, Step.GiveUp);
      return;
    }
    const done = delay + Math.round(wait) + serviceTime;
    const linkWait = this.#waitForLinks(row, spec, other, left - done - back);
    s.isForLink[row] = linkWait + sent + answered > wait + serviceTime ? 1 : 0;
    const takes = done + back + linkWait;
    if (takes > left) this.#schedule(row, left, Step.GiveUp);
    else this.#schedule(row, takes, Step.Done);
  }

  /**
   * What one request of many takes at a pod with a limit; undefined: more come than that lets pass.
   * @param allowed cores that the limit leaves to requests.
   */
  #settledTime(
    pod: PodId,
    index: number,
    serve: ServeSpec,
    allowed: number,
    row: number,
    draw: number,
  ): number | undefined {
    const { cpu } = this.#context;
    const rate = this.#rates.rateTo(pod);
    const passes = (allowed * NS_PER_SECOND) / serve.cpuTime;
    if (rate >= passes * NEARLY) return undefined;
    const limit = cpu.limitOf(pod, index);
    const beside = limit.amount / limit.period - allowed;
    const u = this.#service.uniform(this.#entity(row), draw);
    return this.#limitedTimes.quantile(serve, limit, Math.max(0, beside), cpu.coresFor(pod, index), rate, u);
  }

  /** The pod's limit decides when the request is done: it says so. @param more what the way there and back takes, ns. */
  #askLimited(row: number, spec: TrafficSpec, serve: ServeSpec, time: number, more: number, isFirst: boolean): void {
    const s = this.#sessions;
    const { simulation } = this.#context;
    const pod = s.pod[row]!;
    this.#limitedRequests = (this.#limitedRequests % TOKENS) + 1;
    const number = this.#limitedRequests;
    s.isForLink[row] = 0;
    const left = Math.max(1, this.#timeLeft(row, spec));
    const gaveUp = simulation.scheduleCancellable(
      simulation.now + left,
      this.#steps,
      row,
      s.uses[row]! * STEPS + Step.GiveUp,
    );
    const incarnation = s.incarnation[row]!;
    s.served[row] = number;
    s.after[row] = more;
    s.gaveUp[row] = gaveUp;
    const token = row * (TOKENS + 1) + number;
    if (this.#limited.join(pod, incarnation, this.#rates.servingOf(pod), serve, time, token)) return;
    s.served[row] = 0;
    // A connection that is there already waits for its time to run out.
    if (!isFirst) return;
    simulation.cancel(gaveUp);
    this.#knockAgain(row, spec, 'overloaded_pod');
  }

  /** A pod has worked off a request, for which its client may have given up. */
  #onServed(token: number, at: number): void {
    const s = this.#sessions;
    const row = Math.floor(token / (TOKENS + 1));
    if (s.taken[row] === 0 || s.served[row] !== token % (TOKENS + 1)) return;
    const { simulation } = this.#context;
    const spec = this.#context.spec.traffic[s.entry[row]!]!;
    const other = this.#context.pods.node[s.pod[row]!]!;
    const takes = at + s.after[row]! - simulation.now;
    const left = this.#timeLeft(row, spec);
    const linkWait = this.#waitForLinks(row, spec, other, left - takes);
    s.served[row] = 0;
    if (linkWait > 0) s.isForLink[row] = 1;
    if (takes + linkWait > left) return;
    simulation.cancel(s.gaveUp[row]! as EventHandle);
    this.#schedule(row, takes + linkWait, Step.Done);
  }

  /** Whether requests go to a port of the pods of a workload. @param port below 0: to any. */
  answerAt(workload: WorkloadId, port: number): boolean {
    return this.#rates.answerAt(workload, port);
  }

  /** About how long a request would wait for a worker that came to a pod now, ns. @param u uniform draw. */
  waitFor(pod: PodId, u: number): number {
    const serve = this.#rates.serveOf(pod);
    if (serve === undefined) return 0;
    const { cpu, simulation } = this.#context;
    const incarnation = this.#path.incarnationOf(pod);
    const index = this.#rates.servingOf(pod);
    const allowed = this.#rates.allowedTo(pod);
    if (this.#rates.isSampled[this.#context.pods.workload[pod]!]) {
      const time = slowed(mean(serve.time), serve, cpu.threadSpeed(pod, index));
      const rate = this.#rates.rateTo(pod);
      const wait = this.#servers.joinSampled(pod, incarnation, serve, simulation.now, rate, time, allowed, u);
      return wait === BACKLOG_FULL ? Infinity : wait;
    }
    if (allowed < Infinity) return this.#limited.waitFor(pod, incarnation, serve);
    return this.#servers.waitExact(pod, incarnation, serve, simulation.now);
  }

  /**
   * What the payload of a request waits for on the links of the nodes, ns.
   * @param patience nothing is sent for which the client would not wait.
   */
  #waitForLinks(row: number, spec: TrafficSpec, other: number, patience: number): number {
    const { requestBytes, responseBytes, weight } = spec;
    if (requestBytes + responseBytes === 0) return 0;
    const node = this.#sessions.node[row]!;
    const { now } = this.#context.simulation;
    const sent = requestBytes > 0 ? this.#links.send(requestBytes, node, other, weight, now, patience) : 0;
    const answered = responseBytes > 0 ? this.#links.send(responseBytes, other, node, weight, now, patience - sent) : 0;
    return Math.round(sent + answered);
  }

  /** The answer would be there now. */
  #onDone(row: number, spec: TrafficSpec): void {
    const s = this.#sessions;
    const pod = s.pod[row]!;
    const state = this.#path.backendState(pod, s.node[row]!);
    if (state === 'hung' || (state === 'gone' && this.#isCutOff(s.node[row]!, pod))) {
      this.#fail(row, spec, 'timed_out', state === 'hung' ? 'overloaded_pod' : 'dead_node', this.#timeLeft(row, spec));
      return;
    }
    if (state === 'gone' || state === 'refused' || this.#path.incarnationOf(pod) !== s.incarnation[row]) {
      this.#fail(row, spec, 'reset', 'pod_ended', 0);
      return;
    }
    this.#succeed(row, spec, this.#context.simulation.now - s.begunAt[row]!);
  }

  /** Whether no packet comes from a node to a pod, or back. */
  #isCutOff(from: number, pod: PodId): boolean {
    const { nodes, pods } = this.#context;
    const node = pods.node[pod]!;
    return nodes.up[node] === 0 || !nodes.areConnected(from, node);
  }

  /** The next request of a connection that is there. */
  #continue(row: number, spec: TrafficSpec): void {
    const s = this.#sessions;
    const pod = s.pod[row]!;
    const node = s.node[row]!;
    const choice = (): number => this.#attempts.uniform(this.#entity(row), this.#draw(row) + DRAWS_AN_ATTEMPT - 1);
    if (pod < 0) {
      this.#connect(row, spec, choice());
      return;
    }
    if (this.#isUdp(row) && this.#isForgotten(row, pod)) {
      this.#disconnect(row, spec);
      this.#connect(row, spec, choice());
      return;
    }
    const state = this.#path.backendState(pod, node);
    const isSame = this.#path.incarnationOf(pod) === s.incarnation[row];
    if (state === 'serving' && isSame) {
      this.#ask(row, spec, this.#way(row, spec), 0, false);
      return;
    }
    // A pod that ended has closed its connections: the client opens another one. Silence it does not understand.
    const isSilent = state === 'hung' || (state === 'gone' && (this.#isCutOff(node, pod) || this.#isUdp(row)));
    const cause = this.#blame(row, pod, state);
    if (isSilent) {
      this.#fail(row, spec, 'timed_out', cause, this.#timeLeft(row, spec));
    } else if (state === 'unready' && isSame) {
      this.#fail(
        row,
        spec,
        'unready',
        cause,
        this.#roundTrip(row, this.#way(row, spec), this.#context.pods.node[pod]!),
      );
    } else {
      this.#disconnect(row, spec);
      this.#connect(row, spec, choice());
    }
  }

  /** kube-proxy deletes entries of UDP flows to endpoints that are gone once its rules know. */
  #isForgotten(row: number, pod: PodId): boolean {
    const s = this.#sessions;
    const position = this.#path.positionOn(s.node[row]!);
    if (position <= s.position[row]!) return false;
    const entry = this.#log.entryAt(s.service[row]!, position);
    if (entry < 0 || this.#log.uses(entry, pod)) return false;
    return this.#log.usedOf(entry) > 0 || !this.#context.spec.version.leavesOrphanedUdpFlows;
  }

  #ended(entry: number, outcome: Outcome, cause: Cause, duration: number, weight: number): void {
    this.log.ended(entry, outcome, cause, duration, weight);
    this.#context.journal?.requestEnded?.(entry, outcome, cause, Math.round(duration), weight);
  }

  #succeed(row: number, spec: TrafficSpec, duration: number): void {
    this.#ended(this.#sessions.entry[row]!, 'ok', 'none', duration, spec.weight);
    this.#finish(row, spec, duration - (this.#context.simulation.now - this.#sessions.begunAt[row]!));
  }

  /** An attempt has failed, as the client learns after a while. */
  #fail(row: number, spec: TrafficSpec, outcome: Outcome, cause: Cause, after: number): void {
    const s = this.#sessions;
    // A client whose request has failed closes its connection; a flow of UDP goes on, and so does one that was answered.
    if (outcome !== 'unready' && !this.#isUdp(row))
      this.#disconnect(row, spec, outcome === 'refused' ? 'refused' : 'tcp');
    if (s.attempts[row]! < spec.retries) {
      const wait = after + doubled(spec.retryBackOff, s.attempts[row]!);
      s.attempts[row]! += 1;
      s.knocks[row] = 0;
      s.attemptAt[row] = this.#context.simulation.now + wait;
      this.#schedule(row, wait, Step.Retry);
      return;
    }
    const took = this.#context.simulation.now + after - s.begunAt[row]!;
    this.#ended(s.entry[row]!, outcome, cause, took, spec.weight);
    this.#finish(row, spec, after);
  }

  /** The present request is over; the connection's next one, or the client's, comes `after` and a pause. */
  #finish(row: number, spec: TrafficSpec, after: number): void {
    const s = this.#sessions;
    const entry = s.entry[row]!;
    const loop = s.loop[row]!;
    const key = this.#entity(row);
    s.left[row]! -= 1;
    s.requests[row]! += 1;
    s.idle[row] = 1;
    if (s.left[row]! > 0) {
      const pause = sample(spec.requestInterval, this.#think.uniform(this.#entity(row), s.requests[row]!));
      this.#schedule(row, after + pause, Step.Next);
      return;
    }
    this.#disconnect(row, spec);
    s.release(row);
    this.#thinkThenCome(entry, spec, loop, key, after);
  }

  /** A client of a closed loop thinks, and opens its next connection. @param key of its last one. */
  #thinkThenCome(entry: number, { arrivals }: TrafficSpec, loop: number, key: EntityKey, after: number): void {
    if (arrivals.kind !== 'closed') return;
    const { simulation } = this.#context;
    const pause = sample(arrivals.think, this.#pauses.uniform(key, 0));
    const at = simulation.now + Math.max(1, Math.round(after + pause));
    simulation.schedule(at, this.#arrives, entry, loop);
  }

  /** The connection is closed: the nodes remember it for a while. */
  #disconnect(row: number, spec: TrafficSpec, kind: EntryKind = this.#entryKind(row)): void {
    const s = this.#sessions;
    const pod = s.pod[row]!;
    if (pod < 0) return;
    s.pod[row] = -1;
    const node = s.node[row]!;
    const { now } = this.#context.simulation;
    const packet = this.#packet;
    packet.node = node;
    packet.service = s.service[row]!;
    packet.address = ADDRESSES[spec.address];
    packet.weight = spec.weight;
    this.#path.routing.close(packet, pod);
    if (!this.#path.routing.tracksConnections) return;
    const since = s.trackedAt[row]!;
    this.conntrack.letGo(node, spec.weight, kind, since, now);
    if (s.isTrackedThere[row] === 1) this.conntrack.letGo(this.#context.pods.node[pod]!, spec.weight, kind, since, now);
  }
}

/** The time of a request whose CPU goes on at such a speed; all of it may be CPU if nothing is said of that. */
const slowed = (time: number, { cpuTime, threads }: ServeSpec, speed: number): number =>
  cpuTime === 0 ? time / speed : time + (cpuTime / threads) * (1 / speed - 1);

const ADDRESSES: Readonly<Record<TrafficSpec['address'], ServiceAddress>> = {
  clusterIP: ServiceAddress.ClusterIp,
  nodePort: ServiceAddress.NodePort,
  loadBalancer: ServiceAddress.LoadBalancer,
};
