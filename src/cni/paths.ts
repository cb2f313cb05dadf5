// The ways between the nodes of a cluster, for each pair of machines and zones. Part of the CNI.
// Most nodes are alike: what their ways are like is worked out once for each two node pools, and what a request pays once for
// each size.

import type { Exchange, NetworkSpec, NodeId, NodePoolSpec, ParameterSet, RequestSize, Ways } from '../cluster/index.js';
import { type Distribution, entityKey, quantile, type RandomStream, sample } from '../engine/index.js';
import { DataPath, type Offloads, shareOf, transferTime } from './data-path.js';
import { distanceParameters, fabricOf } from './fabrics.js';
import { hostParameters } from './parameters.js';
import type { PacketPath } from './plugin-parameters.js';
import { ENCRYPTIONS, STAGES, type Stage, type StageCosts } from './stages.js';

/** What ways depend on of the nodes: a table of nodes, or anything like it. */
export interface PathNodes {
  readonly pools: readonly Pick<NodePoolSpec, 'cpuSpeed' | 'kernel' | 'downloadBytesPerSecond'>[];
  readonly pool: ArrayLike<number>;
  readonly zone: ArrayLike<number>;
  readonly zones: readonly string[];
}

/** More sizes of requests than a scenario has. */
const KINDS = 1 << 20;
/** A round trip passes both machines twice. */
const BOTH_ENDS = 2;
/** Packets without payload: three to open a connection, four to close it. */
const CONNECTION_PACKETS = 7;

export class Paths implements Ways {
  readonly #spec: NetworkSpec;
  readonly #nodes: PathNodes;
  readonly #path: PacketPath;
  readonly #parameters: ParameterSet;
  readonly #host: typeof hostParameters;
  readonly #header: number;
  readonly #flowGbits: number;
  readonly #offloads: Offloads;
  readonly #sameZone: Distribution;
  readonly #crossZone: Distribution;
  /** Median round trip between two zones, ns; 1 where the distribution says it all. */
  readonly #zonePairs: Float64Array;
  readonly #ways = new Map<number, DataPath>();
  readonly #exchanges = new Map<number, Exchange>();
  /** What a packet, and a new connection, take at one end, ns: by node pool, between nodes and within one. */
  readonly #latency: Float64Array;
  readonly #connection: Float64Array;
  /** The median of round trips beside those, ns. */
  readonly #usual: readonly [sameZone: number, crossZone: number];
  /** Full packets do not fit, and nobody tells their sender. */
  readonly isTooLarge: boolean;

  constructor(spec: NetworkSpec, path: PacketPath, nodes: PathNodes, luck: RandomStream, parameters: ParameterSet) {
    const distances = parameters.of(distanceParameters);
    const fabric = fabricOf(spec.fabric);
    this.#spec = spec;
    this.#nodes = nodes;
    this.#path = path;
    this.#parameters = parameters;
    this.#host = parameters.of(hostParameters);
    const own = parameters.of(path.costs).header.value;
    this.#header = own + (spec.encryption === undefined ? 0 : ENCRYPTIONS[spec.encryption].header);
    this.isTooLarge = !spec.discoversMtu && (spec.podMtu ?? 0) > spec.lineMtu - this.#header;
    this.#flowGbits = spec.flowGbits ?? fabric.flow?.(distances).value ?? Infinity;
    this.#offloads = { ...spec.offloads, tunnel: spec.offloads.tunnel ?? fabric.hasTunnelOffload };
    this.#sameZone = spec.sameZone ?? fabric.distance(distances).value;
    this.#crossZone = spec.crossZone ?? distances.zoneJitter.value;
    this.#usual = [quantile(this.#sameZone, 0.5), quantile(this.#crossZone, 0.5)];
    const byPool = (cost: keyof StageCosts): Float64Array =>
      Float64Array.from({ length: nodes.pools.length * 2 }, (_, at) => {
        const { cpuSpeed, kernel } = nodes.pools[at >> 1]!;
        return this.#sum(this.#stagesOf(kernel), cost, at % 2 === 1) / cpuSpeed;
      });
    this.#latency = byPool('latency');
    this.#connection = byPool('connection');
    const { zones } = nodes;
    this.#zonePairs = Float64Array.from({ length: zones.length * zones.length }, (_, at) => {
      const pair = [zones[at % zones.length]!, zones[Math.floor(at / zones.length)]!].sort().join(' ');
      return spec.crossZone === undefined ? sample(distances.betweenZones.value, luck.uniform(entityKey(pair), 0)) : 1;
    });
  }

  /** What the way between two nodes can do. */
  between(from: NodeId, to: NodeId): DataPath {
    const { pool, pools } = this.#nodes;
    const isLocal = from === to;
    const key = (pool[from]! * pools.length + pool[to]!) * 2 + (isLocal ? 1 : 0);
    let way = this.#ways.get(key);
    if (way === undefined) {
      way = this.#make(pool[from]!, pool[to]!, isLocal, this.#path);
      this.#ways.set(key, way);
    }
    return way;
  }

  #make(from: number, to: number, isLocal: boolean, path: PacketPath): DataPath {
    const { pools } = this.#nodes;
    const [a, b] = [pools[from]!, pools[to]!];
    const isHost = path.stages.length === 1;
    const { lineMtu, podMtu } = this.#spec;
    const bytes = Math.min(a.downloadBytesPerSecond, b.downloadBytesPerSecond);
    return new DataPath(
      {
        stages: isHost ? path.stages : this.#stagesOf(Math.min(a.kernel, b.kernel)),
        header: isHost || isLocal ? 0 : this.#header,
        isLocal,
        isTunnel: !isHost && this.#parameters.of(this.#path.costs).header.value > 0,
        lineMtu,
        podMtu: isHost || this.isTooLarge ? undefined : podMtu,
        lineGbits: (bytes * 8) / 1e9,
        flowGbits: isLocal ? Infinity : this.#flowGbits,
        offloads: this.#offloads,
      },
      a,
      b,
      this.#parameters,
    );
  }

  #stagesOf(kernel: number): readonly Stage[] {
    const { stages, older } = this.#path;
    const own = older !== undefined && kernel < older.kernel ? older.stages : stages;
    const { encryption } = this.#spec;
    return encryption === undefined ? own : [...own, ENCRYPTIONS[encryption].stage];
  }

  /** Whether round trips between two nodes differ from each other. */
  varies(from: NodeId, to: NodeId): boolean {
    return from !== to && this.#distanceOf(from, to).kind !== 'fixed';
  }

  /** A small packet and its answer, from socket to socket, ns. @param u uniform draw; absent: the median. */
  roundTrip(from: NodeId, to: NodeId, u?: number): number {
    const { pool, zone, zones } = this.#nodes;
    const own = this.#bothEnds(pool[from]!, pool[to]!, from === to);
    if (from === to) return own;
    const isNear = this.#isOneZone(from, to);
    const apart = u === undefined ? this.#usual[isNear ? 0 : 1] : sample(this.#distanceOf(from, to), u);
    return own + apart * (isNear ? 1 : this.#zonePairs[zone[from]! * zones.length + zone[to]!]!);
  }

  /** The same between two nodes of the first pool that are in one zone, whether there are two or not. */
  neighbours(): { readonly roundTrip: number; readonly way: DataPath } {
    const roundTrip = this.#bothEnds(0, 0, false) + this.#usual[0];
    return { roundTrip, way: this.#make(0, 0, false, this.#path) };
  }

  /** The same between the hosts themselves, without a pod network. */
  hosts(): { readonly roundTrip: number; readonly setup: number; readonly way: DataPath } {
    const stages = [STAGES.stack];
    const { cpuSpeed } = this.#nodes.pools[0]!;
    const latency = this.#sum(stages, 'latency', false) / cpuSpeed;
    return {
      roundTrip: 2 * BOTH_ENDS * latency + this.#usual[0],
      setup: this.#sum(stages, 'connection', false) / cpuSpeed,
      way: this.#make(0, 0, false, { ...this.#path, stages }),
    };
  }

  /** What a new connection takes beyond its round trips, ns. */
  connectionSetup(from: NodeId, to: NodeId): number {
    return this.setupOf(this.#nodes.pool[from]!, from === to);
  }

  /** @param pool of the node that opens it. */
  setupOf(pool: number, isLocal: boolean): number {
    return this.#connection[pool * 2 + (isLocal ? 1 : 0)]!;
  }

  #isOneZone(from: NodeId, to: NodeId): boolean {
    return this.#nodes.zone[from] === this.#nodes.zone[to];
  }

  #distanceOf(from: NodeId, to: NodeId): Distribution {
    return this.#isOneZone(from, to) ? this.#sameZone : this.#crossZone;
  }

  /** What a packet and its answer take within two machines, ns: each passes both. */
  #bothEnds(from: number, to: number, isLocal: boolean): number {
    const where = isLocal ? 1 : 0;
    return 2 * (this.#latency[from * 2 + where]! + this.#latency[to * 2 + where]!);
  }

  #sum(stages: readonly Stage[], cost: keyof StageCosts, isLocal: boolean): number {
    return stages.reduce(
      (sum, stage) => sum + shareOf(stage, isLocal) * this.#parameters.of(stage.costs)[cost].value,
      0,
    );
  }

  /**
   * A request and its answer. @param kind number of requests of that size, below {@link KINDS}. @param isNew its connection is.
   */
  exchange(kind: number, size: RequestSize, from: NodeId, to: NodeId, isNew: boolean): Exchange {
    const { pool, pools, zone, zones } = this.#nodes;
    const pair = pool[from]! * pools.length + pool[to]!;
    const place =
      from === to ? pool[from]! : pools.length + (pair * zones.length + zone[from]!) * zones.length + zone[to]!;
    const key = (place * KINDS + kind) * 2 + (isNew ? 1 : 0);
    let exchange = this.#exchanges.get(key);
    if (exchange === undefined) {
      exchange = this.#exchange(size.requestBytes, size.responseBytes, from, to, isNew);
      this.#exchanges.set(key, exchange);
    }
    return exchange;
  }

  #exchange(requestBytes: number, responseBytes: number, from: NodeId, to: NodeId, isNew: boolean): Exchange {
    const roundTrip = this.roundTrip(from, to);
    const there = this.#move(requestBytes, this.between(from, to), roundTrip, isNew);
    const back = this.#move(responseBytes, this.between(to, from), roundTrip, isNew);
    const opening = isNew ? CONNECTION_PACKETS : 0;
    const isLost =
      from !== to && this.isTooLarge && Math.max(requestBytes, responseBytes) > this.between(from, to).segment;
    return {
      sent: isLost ? Infinity : there.time,
      answered: back.time,
      clientCpu: opening * this.between(from, to).packetCpu('send') + there.sendCpu + back.receiveCpu,
      serverCpu: opening * this.between(to, from).packetCpu('send') + there.receiveCpu + back.sendCpu,
      packets: opening + there.packets + back.packets,
      roundTrip,
      connectionSetup: this.connectionSetup(from, to),
      varies: this.varies(from, to),
    };
  }

  #move(bytes: number, way: DataPath, roundTrip: number, isNew: boolean) {
    const { segment, oneStream } = way;
    const rate = oneStream / 8;
    const time = transferTime(bytes, { segment, rate, roundTrip, isNew }, this.#host.initialWindow.value);
    const gbits = time === 0 ? 0 : (bytes * 8) / time;
    return {
      time,
      packets: way.packets('receive', bytes, gbits),
      sendCpu: way.moveCpu('send', bytes, gbits),
      receiveCpu: way.moveCpu('receive', bytes, gbits),
    };
  }
}
