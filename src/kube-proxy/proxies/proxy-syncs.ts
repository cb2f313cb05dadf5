// When the kube-proxies sync, and how long that takes. Part of kube-proxy.
// Each stands at two positions of the service log: what it has observed, and what its kernel has. A sync begins when its
// runner lets it, takes as long as the mode's cost of what changed, and then moves the second position to the first. A
// proxy that has observed nothing new is asleep and costs nothing.

import type { ApiAccess, Context, NodeId, ServiceLog } from '../../cluster/index.js';
import { type EventKind, keyWithin, type RandomStream } from '../../engine/index.js';
import type { XtablesLock } from '../../node/index.js';
import { withInteractions } from '../interactions.js';
import { runnerParameters } from '../parameters.js';
import type { ProxyMode } from '../proxy-mode.js';
import type { RuleBook } from '../rule-book.js';
import type { SyncCost, SyncDuration, SyncWork } from '../sync-cost.js';
import type { ProxyTable } from './proxy-table.js';
import { Sleepers } from './sleepers.js';
import type { SyncRecord } from './sync-record.js';
import { bucketAfter, syncStart } from './sync-runner.js';
import { type SyncTrigger, Trigger } from './sync-statistics.js';

/** How many committed changes lie between two compactions of the service log. */
const COMPACTION_INTERVAL = 1024;

/** What the syncs work with. */
export interface ProxySyncsParts {
  readonly context: Context;
  readonly api: ApiAccess;
  readonly mode: ProxyMode;
  readonly table: ProxyTable;
  readonly book: RuleBook;
  readonly record: SyncRecord;
  readonly xtablesLock: XtablesLock;
  /** Syncs write what changed where they can. */
  readonly isPartial: boolean;
}

export class ProxySyncs {
  readonly #context: Context;
  readonly #log: ServiceLog;
  readonly #api: ApiAccess;
  readonly #mode: ProxyMode;
  readonly #table: ProxyTable;
  readonly #book: RuleBook;
  readonly #record: SyncRecord;
  readonly #isPartial: boolean;
  readonly #xtablesLock: XtablesLock;
  readonly #sleepers: Sleepers;
  readonly #watch: RandomStream;
  readonly #syncCost: SyncCost;
  readonly #work: SyncWork;
  readonly #duration: SyncDuration = { preparing: 0, committing: 0, linesWritten: 0 };
  readonly #begins: EventKind;
  readonly #ends: EventKind;
  readonly #forced: EventKind;
  /** After so long all is synced, with or without news; NaN: never. */
  readonly #forcedInterval: number;
  #sinceCompaction = 0;

  constructor({ context, api, mode, table, book, record, isPartial, xtablesLock }: ProxySyncsParts) {
    const { spec, simulation, streams } = context;
    this.#context = context;
    this.#api = api;
    this.#log = api.services;
    this.#mode = mode;
    this.#table = table;
    this.#book = book;
    this.#record = record;
    this.#isPartial = isPartial;
    this.#xtablesLock = xtablesLock;
    this.#sleepers = new Sleepers(table.count);
    this.#watch = streams.stream('watch/kube-proxy');
    this.#syncCost = withInteractions(mode.name, mode.syncCost(context.parameters), context.parameters);
    this.#work = emptyWork(mode.kinds);
    this.#forcedInterval = mode.forcedInterval(spec.kubeProxy.syncPeriod, spec.version);
    this.#begins = simulation.on('kube-proxy/sync-begins', (node, generation) => {
      if (generation === table.generation[node]) this.#onBegins(node);
    });
    this.#ends = simulation.on('kube-proxy/sync-ends', (node, generation) => {
      if (generation === table.generation[node]) this.#onEnds(node);
    });
    this.#forced = simulation.on('kube-proxy/forced-sync', (node) => this.#onForced(node));
    this.#beginBefore();
  }

  /** The last syncs of all were before the run begins, at different times on different nodes. */
  #beginBefore(): void {
    const { spec, streams, nodes } = this.#context;
    const { syncPeriod } = spec.kubeProxy;
    const fullSyncs = streams.stream('kube-proxy/full-sync-phase');
    const saves = streams.stream('kube-proxy/save-phase');
    const forcedSyncs = streams.stream('kube-proxy/forced-sync-phase');
    const hour = runnerParameters.forcedFullSync.value;
    const interval = this.#forcedInterval;
    for (let node = 0; node < this.#table.count; node++) {
      const key = nodes.keyOf(node);
      const lastFull = -fullSyncs.below(hour, key, 0);
      this.#table.lastFull[node] = lastFull;
      this.#table.lastSave[node] = -saves.below(syncPeriod, key, 0);
      if (!(interval > 0)) continue;
      this.#scheduleForced(node, interval === hour ? lastFull + hour : forcedSyncs.below(interval, key, 0));
    }
  }

  // What outages do to it ------------------------------------------------------------------------------------------------

  isAsleep(node: NodeId): boolean {
    return this.#sleepers.has(node);
  }

  /** It is awake from now on, if it was not before. */
  wake(node: NodeId): void {
    this.#sleepers.delete(node);
  }

  /** What is scheduled or goes on is void; the proxy does not even sleep. */
  stop(node: NodeId): void {
    const table = this.#table;
    this.#sleepers.delete(node);
    table.generation[node]! += 1;
    if (table.isSyncing[node] === 0) return;
    table.isSyncing[node] = 0;
    this.#stopUsing(node);
  }

  /** A new process syncs when it has listed all services and slices, and cannot while nobody answers. @param after ns. */
  start(node: NodeId, after: number): void {
    const isAlone = !this.#api.isReachable(node);
    this.#table.lists[node] = isAlone ? 1 : 0;
    if (isAlone) return;
    this.#table.isCut[node] = 0;
    this.schedule(node, this.#context.simulation.now + after + runnerParameters.start.value, Trigger.Start);
  }

  /** A proxy that has nothing else to do takes in what it has observed, or sleeps. */
  resume(node: NodeId): void {
    const newest = this.#log.length - 1;
    if (this.#table.needsFull[node] === 1 || this.#table.inForce[node]! < newest) this.#scheduleFor(node, newest);
    else this.#sleepers.add(node);
  }

  /** Schedules the node's next sync for when the runner allows it, once it is wanted. */
  schedule(node: NodeId, wanted: number, trigger: SyncTrigger): void {
    const { simulation, spec } = this.#context;
    const table = this.#table;
    const start = syncStart(
      { lastEnd: table.lastEnd[node]!, bucket: table.bucket[node]! },
      Math.max(simulation.now, wanted),
      spec.kubeProxy.minSyncPeriod,
      spec.version.runnerWaitsFromEnd,
    );
    if (trigger !== Trigger.Changes || table.trigger[node] !== Trigger.Start) table.trigger[node] = trigger;
    simulation.schedule(start, this.#begins, node, ++table.generation[node]!);
  }

  /** What changes between two positions of the log: what a sync would write. */
  measure(node: NodeId, from: number, to: number): SyncWork {
    const work = this.#work;
    const book = this.#book;
    book.totals(node, from, work.before);
    book.between(node, from, to, work.changed, work.total);
    work.ports = to < 0 ? 0 : this.#log.totalPorts[to]!;
    work.changedPorts = book.changedPorts;
    work.endpointChanges = book.endpointChanges;
    return work;
  }

  // When they sync -------------------------------------------------------------------------------------------------------

  /** An entry was written: all that sleep have something to do. */
  onCommitted(position: number): void {
    for (let node = this.#sleepers.wakeOne(); node >= 0; node = this.#sleepers.wakeOne())
      this.#scheduleFor(node, position);
    if (++this.#sinceCompaction >= COMPACTION_INTERVAL) this.#compact();
  }

  #compact(): void {
    this.#sinceCompaction = 0;
    const oldest = this.#table.oldestNeeded;
    if (oldest < Infinity) this.#log.compact(oldest);
  }

  /** Schedules the node's next sync for when the entry has reached it and the runner allows it. */
  #scheduleFor(node: NodeId, position: number): void {
    const observedAt = position < 0 ? 0 : this.#log.time[position]! + this.#watchDelay(node, position);
    this.schedule(node, observedAt, Trigger.Changes);
  }

  #scheduleForced(node: NodeId, at: number): void {
    const { simulation } = this.#context;
    simulation.schedule(Math.max(at, simulation.now), this.#forced, node);
  }

  /** So long after its last sync a proxy syncs all, with or without news. */
  #onForced(node: NodeId): void {
    const { now } = this.#context.simulation;
    const interval = this.#forcedInterval;
    const due = Math.max(this.#table.lastEnd[node]!, this.#table.lastFull[node]!) + interval;
    this.#scheduleForced(node, due > now ? due : now + interval);
    if (due > now || !this.#sleepers.has(node)) return;
    this.#sleepers.delete(node);
    this.schedule(node, now, Trigger.Forced);
  }

  /** How long an entry takes to reach a node: the n-th write of that service. */
  #watchDelay(node: NodeId, position: number): number {
    const { identities, nodes } = this.#context;
    const key = keyWithin(identities.services[this.#log.service[position]!]!, nodes.keyOf(node));
    return this.#api.watchDuration(this.#watch.uniform(key, this.#log.nth[position]!));
  }

  /** Newest entry that has reached the node: each takes its own time, and none overtakes the one before. */
  #observedBy(node: NodeId, now: number): number {
    const log = this.#log;
    const oldest = Math.max(this.#table.observed[node]!, this.#table.inForce[node]! + 1, log.oldestKept);
    let position = Math.min(oldest, log.length - 1);
    // The entry that woke the proxy has arrived; the ones after it have if they were committed a watch delay ago.
    if (position + 1 >= log.length) return position;
    const delay = this.#watchDelay(node, position + 1);
    while (position + 1 < log.length && log.time[position + 1]! + delay <= now) position++;
    return position;
  }

  // A sync ---------------------------------------------------------------------------------------------------------------

  #onBegins(node: NodeId): void {
    const { simulation } = this.#context;
    const table = this.#table;
    const now = simulation.now;
    if (table.trigger[node] === Trigger.Start && !this.#api.isReachable(node)) {
      table.lists[node] = 1;
      return;
    }
    // One that waited for its next try slept meanwhile.
    this.#sleepers.delete(node);
    if (table.isCut[node] === 0) table.observed[node] = this.#observedBy(node, now);
    const work = this.#workOf(node, now);
    this.#syncCost(work, this.#duration);
    const end = this.#occupy(node, now, work);
    table.isSyncing[node] = 1;
    table.startedAt[node] = now;
    table.endsAt[node] = end;
    table.bucket[node] = bucketAfter(table.bucket[node]!, now, this.#context.spec.kubeProxy.minSyncPeriod);
    simulation.schedule(end, this.#ends, node, table.generation[node]!);
  }

  /** What a sync that begins now has to do. */
  #workOf(node: NodeId, now: number): SyncWork {
    const table = this.#table;
    const work = this.measure(node, table.inForce[node]!, table.observed[node]!);
    work.full =
      !this.#isPartial ||
      table.needsFull[node] === 1 ||
      now - table.lastFull[node]! >= runnerParameters.forcedFullSync.value;
    work.savesTable = this.#savesTable(node, now);
    work.backend = this.#context.nodes.poolOf(node).iptablesBackend;
    if (work.savesTable) table.lastSave[node] = now;
    return work;
  }

  /** In a large cluster stale chains are looked for once a syncPeriod, otherwise at every sync. */
  #savesTable(node: NodeId, now: number): boolean {
    if (!this.#mode.savesTable) return false;
    const observed = this.#table.observed[node]!;
    const endpoints = observed < 0 ? 0 : this.#log.totalEndpoints[observed]!;
    const isLarge = endpoints > runnerParameters.largeCluster.value;
    return !isLarge || now - this.#table.lastSave[node]! >= this.#context.spec.kubeProxy.syncPeriod;
  }

  /** It takes CPU and, in some modes, a lock. @returns when it ends; whether it fails then stands in the table. */
  #occupy(node: NodeId, now: number, work: SyncWork): number {
    const { cpu } = this.#context;
    const table = this.#table;
    const { preparing, committing, linesWritten } = this.#duration;
    const speed = cpu.beginBriefly(node);
    const writes = now + Math.round(preparing / speed);
    const lockWait = this.#mode.takesXtablesLock(work.backend) ? this.#xtablesLock.wait(node, writes) : 0;
    const gaveUp = lockWait > runnerParameters.lockWait.value;
    const waits = Math.max(0, Math.min(lockWait, runnerParameters.lockWait.value));
    // A partial sync refers to chains that are not there any more.
    const isBroken = table.isFlushed[node] === 1 && !work.full;
    table.speed[node] = speed;
    table.lockWait[node] = waits;
    table.linesWritten[node] = linesWritten;
    table.isFull[node] = work.full ? 1 : 0;
    table.fails[node] = gaveUp || isBroken || table.failures[node]! > 0 ? 1 : 0;
    return writes + waits + (gaveUp ? 0 : Math.round(committing / speed));
  }

  /** A sync has ended, or its proxy. */
  #stopUsing(node: NodeId): void {
    const { cpu, simulation } = this.#context;
    const { lockWait, speed, startedAt } = this.#table;
    const worked = simulation.now - startedAt[node]! - lockWait[node]!;
    cpu.endBriefly(node, Math.max(0, worked) * speed[node]!);
  }

  #onEnds(node: NodeId): void {
    const { simulation, recorder, journal } = this.#context;
    const table = this.#table;
    const now = simulation.now;
    const observed = table.observed[node]!;
    const hasFailed = table.fails[node] === 1;
    const isFull = table.isFull[node] === 1;
    table.isSyncing[node] = 0;
    this.#stopUsing(node);
    if (recorder.measuring) this.#record.record(node, now);
    journal?.rulesSynced?.(node, table.startedAt[node]!, table.inForce[node]!, observed, isFull, hasFailed);
    table.lastEnd[node] = now;
    table.trigger[node] = Trigger.Changes;
    if (hasFailed) table.needsFull[node] = 1;
    else this.#commit(node, now);
    this.#next(node, hasFailed);
  }

  /** The kernel has what the sync has written. */
  #commit(node: NodeId, now: number): void {
    const table = this.#table;
    if (table.isFull[node] === 1) {
      table.lastFull[node] = now;
      table.needsFull[node] = 0;
    }
    table.isFlushed[node] = 0;
    table.inForce[node] = table.observed[node]!;
    table.countedUpTo[node] = table.observed[node]!;
    this.#book.commit(node);
  }

  /** After a sync comes the next one, sleep, or another try; whatever changes before that comes first. */
  #next(node: NodeId, hasFailed: boolean): void {
    const { simulation, spec } = this.#context;
    const observed = this.#table.observed[node]!;
    const isCut = this.#table.isCut[node] === 1;
    if (!isCut && observed < this.#log.length - 1) {
      this.#scheduleFor(node, observed + 1);
      return;
    }
    if (!isCut) this.#sleepers.add(node);
    if (hasFailed) this.schedule(node, simulation.now + spec.kubeProxy.syncPeriod, Trigger.Retry);
  }
}

const emptyWork = (kinds: number): SyncWork => ({
  full: false,
  total: new Float64Array(kinds),
  changed: new Float64Array(kinds),
  before: new Float64Array(kinds),
  ports: 0,
  changedPorts: 0,
  endpointChanges: 0,
  savesTable: false,
  backend: 'legacy',
});
