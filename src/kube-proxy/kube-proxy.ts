// The kube-proxies of all nodes. Part of kube-proxy.
// Each stands at two positions of the service log: what it has heard of, and what its kernel has. A sync begins when its
// runner lets it, takes as long as the mode's cost of what changed, and then moves the second position to the first. A
// proxy that has heard of nothing new is asleep and costs nothing.

import type { ApiAccess, Context, KubeProxySpec, ServiceLog } from '../cluster/index.js';
import type { EventKind, Instant, RandomStream } from '../engine/index.js';
import type { Series } from '../metrics/index.js';
import { iptablesSyncParameters, runnerParameters } from './parameters.js';
import { iptablesSyncCost } from './sync-cost/iptables.js';
import { ipvsSyncCost } from './sync-cost/ipvs.js';
import { nftablesSyncCost } from './sync-cost/nftables.js';
import type { SyncCost, SyncWork } from './sync-cost.js';
import { bucketAfter, syncStart } from './sync-runner.js';

const SYNC_COSTS: Readonly<Record<KubeProxySpec['mode'], SyncCost>> = {
  iptables: iptablesSyncCost,
  ipvs: ipvsSyncCost,
  nftables: nftablesSyncCost,
};

/** How many committed changes lie between two compactions of the service log. */
const COMPACTION_INTERVAL = 1024;

/** What the data path of a node looks up: the rules in force there. */
export interface RulesInForce {
  /** Position in the service log. */
  positionOn(node: number): number;
  /** Syncs that the node has carried out: the order of KUBE-SERVICES changes with each. */
  syncsOn(node: number): number;
}

export class KubeProxies implements RulesInForce {
  syncs = 0;
  fullSyncs = 0;
  /** CPU time of all proxies, ns. */
  cpuTime = 0;
  readonly #context: Context;
  readonly #log: ServiceLog;
  readonly #api: ApiAccess;
  readonly #spec: KubeProxySpec;
  readonly #cost: SyncCost;
  readonly #partialSyncs: boolean;
  readonly #watch: RandomStream;
  /** One more whenever a proxy stops or begins: what it had under way is void. */
  readonly #epoch: Int32Array;
  /** Changes before this instant are not measured, by node. */
  readonly #ignoreBefore: Float64Array;
  readonly #begins: EventKind;
  readonly #ends: EventKind;
  readonly #inForce: Int32Array;
  readonly #heard: Int32Array;
  readonly #lastStart: Float64Array;
  readonly #lastEnd: Float64Array;
  readonly #bucket: Float64Array;
  readonly #lastFull: Float64Array;
  readonly #lastSave: Float64Array;
  readonly #syncCount: Uint32Array;
  readonly #asleep: Uint8Array;
  /** Nodes whose proxies sleep, in any order. */
  readonly #sleepers: Int32Array;
  /** Where a node stands among them. */
  readonly #sleeperAt: Int32Array;
  readonly #forced: EventKind;
  #sleeping = 0;
  #sinceCompaction = 0;
  /** What is committed before is there when the run begins. */
  #seeded = false;
  readonly #syncDuration: Series;
  readonly #programming: Series;

  constructor(context: Context, api: ApiAccess) {
    const nodes = context.nodes.count;
    this.#context = context;
    this.#api = api;
    this.#log = api.services;
    this.#spec = context.spec.kubeProxy;
    this.#cost = SYNC_COSTS[this.#spec.mode];
    this.#partialSyncs = hasPartialSyncs(this.#spec.mode, context.spec.version.nftablesPartialSync);
    this.#watch = context.streams.stream('kube-proxy/age');
    this.#epoch = new Int32Array(nodes);
    this.#ignoreBefore = new Float64Array(nodes);
    this.#begins = context.simulation.on('kube-proxy/sync-begins', (node, epoch) => {
      if (epoch === this.#epoch[node]) this.#onBegins(node);
    });
    this.#ends = context.simulation.on('kube-proxy/sync-ends', (node, argument) => {
      if (argument >> 1 === this.#epoch[node]) this.#onEnds(node, (argument & 1) === 1);
    });
    this.#inForce = new Int32Array(nodes).fill(-1);
    this.#heard = new Int32Array(nodes).fill(-1);
    this.#lastStart = new Float64Array(nodes);
    this.#lastEnd = new Float64Array(nodes).fill(-Infinity);
    this.#bucket = new Float64Array(nodes).fill(-Infinity);
    // The last syncs of all were before the run begins, at different times on different nodes.
    const hour = runnerParameters.forcedFullSync.value;
    this.#lastFull = Float64Array.from({ length: nodes }, (_, node) => -this.#watch.below(hour, node, 0));
    this.#lastSave = Float64Array.from(
      { length: nodes },
      (_, node) => -this.#watch.below(this.#spec.syncPeriod, node, 1),
    );
    this.#syncCount = new Uint32Array(nodes);
    this.#asleep = new Uint8Array(nodes).fill(1);
    this.#sleepers = Int32Array.from({ length: nodes }, (_, node) => node);
    this.#sleeperAt = this.#sleepers.slice();
    this.#sleeping = nodes;
    this.#forced = context.simulation.on('kube-proxy/forced-sync', (node) => this.#onForced(node));
    for (let node = 0; node < nodes; node++) this.#scheduleForced(node, this.#lastFull[node]! + hour);
    this.#syncDuration = context.recorder.series('kubeproxy_sync_proxy_rules_duration_seconds');
    this.#programming = context.recorder.series('kubeproxy_network_programming_duration_seconds');
    api.watchServices((position) => this.#onCommitted(position));
  }

  /** Every node's kernel has the log as it stands: the state at the beginning of a run. */
  seed(): void {
    const newest = this.#log.length - 1;
    this.#inForce.fill(newest);
    this.#heard.fill(newest);
    this.#seeded = true;
  }

  positionOn(node: number): number {
    return this.#inForce[node]!;
  }

  syncsOn(node: number): number {
    return this.#syncCount[node]!;
  }

  /** Nodes whose rules are older than the newest entry. */
  get nodesBehind(): number {
    const newest = this.#log.length - 1;
    let behind = 0;
    for (const position of this.#inForce) if (position < newest) behind++;
    return behind;
  }

  /** The proxy of a node stops, or hears of nothing any more: its rules stay as they are. */
  stop(node: number): void {
    this.#epoch[node]! += 1;
    if (this.#asleep[node] === 1) this.#leaveSleepers(node);
  }

  /**
   * The proxy of a node begins anew, or hears again of what happened meanwhile.
   * @param lostRules the node has rebooted: its kernel has no rules, and all of them are written. What changed before is
   * not measured then, as kube-proxy leaves out triggers that are older than itself.
   */
  resume(node: number, lostRules: boolean): void {
    const { simulation, nodes } = this.#context;
    this.stop(node);
    if (lostRules) {
      this.#inForce[node] = -1;
      this.#lastFull[node] = -Infinity;
      this.#ignoreBefore[node] = simulation.now;
    }
    // Something else still keeps it away.
    if (!nodes.isOnNetwork(node)) return;
    if (this.#inForce[node]! < this.#log.length - 1) this.#wake(node, this.#log.length - 1);
    else this.#sleep(node);
  }

  resetCounts(): void {
    this.syncs = 0;
    this.fullSyncs = 0;
    this.cpuTime = 0;
  }

  #onCommitted(position: number): void {
    if (!this.#seeded) return;
    while (this.#sleeping > 0) {
      const node = this.#sleepers[this.#sleeping - 1]!;
      this.#leaveSleepers(node);
      this.#wake(node, position);
    }
    if (++this.#sinceCompaction >= COMPACTION_INTERVAL) this.#compact();
  }

  #scheduleForced(node: number, at: number): void {
    const { simulation, spec } = this.#context;
    if (at < spec.duration) simulation.schedule(Math.max(at, simulation.now) as Instant, this.#forced, node);
  }

  /** An hour after its last sync a proxy syncs all, with or without news. */
  #onForced(node: number): void {
    const { now } = this.#context.simulation;
    const hour = runnerParameters.forcedFullSync.value;
    const due = Math.max(this.#lastEnd[node]!, this.#lastFull[node]!) + hour;
    this.#scheduleForced(node, due > now ? due : now + hour);
    if (due > now || this.#asleep[node] === 0) return;
    this.#leaveSleepers(node);
    this.#context.simulation.schedule(now, this.#begins, node, this.#epoch[node]!);
  }

  #leaveSleepers(node: number): void {
    const last = this.#sleepers[--this.#sleeping]!;
    this.#sleepers[this.#sleeperAt[node]!] = last;
    this.#sleeperAt[last] = this.#sleeperAt[node]!;
    this.#asleep[node] = 0;
  }

  /** Schedules the node's next sync for when the entry has reached it and the runner allows it. */
  #wake(node: number, position: number): void {
    const { simulation, spec } = this.#context;
    const heardAt = this.#log.time[position]! + this.#api.watchDuration(-10 - node, position);
    const start = syncStart(
      { lastEnd: this.#lastEnd[node]!, bucket: this.#bucket[node]! },
      Math.max(simulation.now, heardAt),
      this.#spec.minSyncPeriod,
      spec.version.runnerWaitsFromEnd,
    );
    simulation.schedule(start as Instant, this.#begins, node, this.#epoch[node]!);
  }

  #onBegins(node: number): void {
    const { simulation } = this.#context;
    const now = simulation.now;
    this.#heard[node] = this.#heardBy(node, now);
    const full = !this.#partialSyncs || now - this.#lastFull[node]! >= runnerParameters.forcedFullSync.value;
    const work = this.#work(node, full);
    const duration = Math.round(this.#cost(work));
    if (work.savesTable) this.#lastSave[node] = now;
    this.#lastStart[node] = now;
    this.#bucket[node] = bucketAfter(this.#bucket[node]!, now, this.#spec.minSyncPeriod);
    simulation.schedule((now + duration) as Instant, this.#ends, node, this.#epoch[node]! * 2 + (full ? 1 : 0));
  }

  /** Newest entry that has reached the node: each takes its own time, and none overtakes the one before. */
  #heardBy(node: number, now: number): number {
    const log = this.#log;
    let position = Math.min(Math.max(this.#heard[node]!, this.#inForce[node]! + 1), log.length - 1);
    // The entry that woke the proxy has arrived; the ones after it have if they were committed a watch delay ago.
    const delay = this.#api.watchDuration(-10 - node, this.#syncCount[node]! + 0x20000000);
    while (position + 1 < log.length && log.time[position + 1]! + delay <= now) position++;
    return position;
  }

  /** What changed between the rules in force and what the proxy has heard of. */
  #work(node: number, full: boolean): SyncWork {
    const log = this.#log;
    const heard = this.#heard[node]!;
    let changedPorts = 0;
    let changedEndpoints = 0;
    let endpointChanges = 0;
    for (let entry = this.#inForce[node]! + 1; entry <= heard; entry++) {
      endpointChanges += log.changes[entry]!;
      const next = log.next[entry]!;
      // A service that changed again counts once, as it is now.
      if (next >= 0 && next <= heard) continue;
      const ports = log.portsOf(log.service[entry]!);
      changedPorts += ports;
      changedEndpoints += log.endpointsOf(entry).length * ports;
    }
    const before = this.#inForce[node]!;
    const now = this.#context.simulation.now;
    // Before the first service the log is empty.
    const ports = log.totalPorts[heard] ?? 0;
    const endpoints = log.totalEndpoints[heard] ?? 0;
    const saves =
      endpoints <= iptablesSyncParameters.largeCluster.value || now - this.#lastSave[node]! >= this.#spec.syncPeriod;
    return {
      full,
      ports,
      portsWithoutEndpoints: log.portsWithoutEndpoints[heard] ?? 0,
      endpoints,
      changedPorts,
      changedEndpoints,
      endpointChanges,
      newPorts: ports - (before >= 0 ? log.totalPorts[before]! : 0),
      savesTable: saves,
      masquerades: this.#spec.masquerades ? 1 : 0,
    };
  }

  #onEnds(node: number, full: boolean): void {
    const { simulation, recorder } = this.#context;
    const now = simulation.now;
    const log = this.#log;
    const heard = this.#heard[node]!;
    if (recorder.measuring) {
      const duration = now - this.#lastStart[node]!;
      this.syncs++;
      this.cpuTime += duration;
      if (full) this.fullSyncs++;
      this.#syncDuration.histogram.record(duration);
      const programming = this.#programming.histogram;
      for (let entry = this.#inForce[node]! + 1; entry <= heard; entry++) {
        const trigger = log.triggerTime[entry]!;
        if (trigger >= this.#ignoreBefore[node]!) programming.record(now - trigger);
      }
    }
    if (full) this.#lastFull[node] = now;
    this.#inForce[node] = heard;
    this.#lastEnd[node] = now;
    this.#syncCount[node]!++;
    if (heard < log.length - 1) this.#wake(node, heard + 1);
    else this.#sleep(node);
  }

  #sleep(node: number): void {
    this.#asleep[node] = 1;
    this.#sleeperAt[node] = this.#sleeping;
    this.#sleepers[this.#sleeping++] = node;
  }

  #compact(): void {
    this.#sinceCompaction = 0;
    let oldest = this.#inForce[0]!;
    for (const position of this.#inForce) if (position < oldest) oldest = position;
    if (oldest >= 0) this.#log.compact(oldest);
  }
}

/** iptables has partial syncs from 1.27 on, nftables from about 1.32; IPVS walks everything each time. */
function hasPartialSyncs(mode: KubeProxySpec['mode'], nftables: boolean): boolean {
  return mode === 'iptables' || (mode === 'nftables' && nftables);
}
