// The kube-proxies of all nodes. Part of kube-proxy.
// Each stands at two positions of the service log: what it has observed, and what its kernel has. A sync begins when its
// runner lets it, takes as long as the mode's cost of what changed, and then moves the second position to the first. A
// proxy that has observed nothing new is asleep and costs nothing.

import { type ApiAccess, type Context, CpuTier, type KubeProxySpec, type ServiceLog } from '../cluster/index.js';
import { type EventKind, type Instant, keyWithin, type RandomStream, tickAtOrAfter } from '../engine/index.js';
import type { Counter, Series } from '../metrics/index.js';
import { EndpointChooser } from './endpoints.js';
import { NetworkProgramming } from './network-programming.js';
import { runnerParameters } from './parameters.js';
import type { ProxyMode } from './proxy-mode.js';
import { RuleBook } from './rule-book.js';
import { type ServiceShape, shapeOf } from './service-shape.js';
import type { SyncCost, SyncDuration, SyncWork } from './sync-cost.js';
import { bucketAfter, syncStart } from './sync-runner.js';
import { SyncStatistics, type SyncTrigger, Trigger } from './sync-statistics.js';
import { TriggerCounts } from './trigger-counts.js';

/** How many committed changes lie between two compactions of the service log. */
const COMPACTION_INTERVAL = 1024;
/** CPU that a sync uses while it goes on; kubeadm's kube-proxy asks for none (cmd/kubeadm/app/phases/addons/proxy). */
const SYNC_MILLICORES = 1000;

export class KubeProxies {
  /** CPU time of all proxies, ns. */
  cpuTime = 0;
  readonly statistics: SyncStatistics;
  readonly programming: NetworkProgramming;
  /** What the services put into the kernels. */
  readonly book: RuleBook;
  readonly shapes: readonly ServiceShape[];
  readonly chooser: EndpointChooser;
  readonly mode: ProxyMode;
  readonly #context: Context;
  readonly #log: ServiceLog;
  readonly #api: ApiAccess;
  readonly #spec: KubeProxySpec;
  readonly #syncCost: SyncCost;
  readonly #minSyncPeriod: number;
  readonly #isPartial: boolean;
  readonly #fullSyncPhase: RandomStream;
  readonly #savePhase: RandomStream;
  readonly #forcedPhase: RandomStream;
  readonly #order: RandomStream;
  readonly #watch: RandomStream;
  /** Number of the sync that is scheduled or goes on; one more makes what was scheduled before void. */
  readonly #ticket: Uint32Array;
  /** Changes before this instant are not measured, by node. */
  readonly #ignoreBefore: Float64Array;
  readonly #begins: EventKind;
  readonly #ends: EventKind;
  readonly #forced: EventKind;
  readonly #canary: EventKind;
  readonly #inForce: Int32Array;
  readonly #observed: Int32Array;
  readonly #lastStart: Float64Array;
  /** End of the sync that goes on. */
  readonly #endsAt: Float64Array;
  readonly #lastEnd: Float64Array;
  readonly #bucket: Float64Array;
  readonly #lastFull: Float64Array;
  readonly #lastSave: Float64Array;
  /** Why the next sync comes, one of {@link Trigger}. */
  readonly #trigger: Uint8Array;
  /** 1 while a sync goes on; 1 if it is full; 1 if it fails; 1 if the next one must be full. */
  readonly #isSyncing: Uint8Array;
  readonly #isFull: Uint8Array;
  readonly #fails: Uint8Array;
  readonly #needsFull: Uint8Array;
  /** Somebody has taken the rules away, and the proxy does not know. */
  readonly #isFlushed: Uint8Array;
  /** Until when somebody else holds the iptables lock; how many faults make syncs fail. */
  readonly #lockedUntil: Float64Array;
  readonly #failures: Uint8Array;
  /** Faults for which its process is not there; 1: it observes nothing; 1: it has to list all before it may sync. */
  readonly #downs: Uint8Array;
  readonly #isCut: Uint8Array;
  readonly #lists: Uint8Array;
  /** Newest entry that has ever been in force; rules that were lost are not counted a second time. */
  readonly #countedUpTo: Int32Array;
  /** After so long all is synced, with or without news; NaN: never. */
  readonly #forcedInterval: number;
  /** CPU that the sync gets, of a core. */
  readonly #speed: Float64Array;
  /** Time that the sync waited for the lock, and lines that it wrote. */
  readonly #lockWait: Float64Array;
  readonly #linesWritten: Float64Array;
  readonly #asleep: Uint8Array;
  /** Nodes whose proxies sleep, in any order. */
  readonly #sleepers: Int32Array;
  /** Where a node stands among them. */
  readonly #sleeperAt: Int32Array;
  #sleeping = 0;
  #sinceCompaction = 0;
  /** What is committed before is there when the run begins. */
  #seeded = false;
  readonly #work: SyncWork;
  readonly #duration: SyncDuration = { preparing: 0, committing: 0, linesWritten: 0 };
  readonly #syncDuration: Series;
  readonly #fullDuration: Series | undefined;
  readonly #partialDuration: Series | undefined;
  readonly #triggers: TriggerCounts;
  readonly #programmingSeries: Series;
  readonly #failed: Counter | undefined;
  readonly #partialFailed: Counter | undefined;
  readonly #endpointChanges: Counter;

  constructor(context: Context, api: ApiAccess, mode: ProxyMode) {
    const { spec, simulation, recorder, nodes } = context;
    const { count } = nodes;
    this.#context = context;
    recorder.own({
      reset: () => {
        this.statistics.reset();
        this.programming.reset();
        this.cpuTime = 0;
      },
    });
    this.#api = api;
    this.#log = api.services;
    this.#spec = spec.kubeProxy;
    this.mode = mode;
    this.#syncCost = this.mode.syncCost(context.parameters);
    this.#minSyncPeriod = this.#spec.minSyncPeriod;
    this.#isPartial = this.#spec.syncsPartially && this.mode.syncsPartially(spec.version);
    this.shapes = spec.services.map(shapeOf);
    this.chooser = new EndpointChooser(this.#log, spec.services, this.shapes, nodes, context.pods);
    this.book = new RuleBook(this.#log, this.shapes, this.chooser, mode, this.#spec.masquerades ? 1 : 0, count);
    this.statistics = new SyncStatistics();
    this.programming = new NetworkProgramming(count, spec.duration);
    this.#triggers = new TriggerCounts(this.#log);
    this.#work = {
      full: false,
      total: new Float64Array(this.mode.kinds),
      changed: new Float64Array(this.mode.kinds),
      before: new Float64Array(this.mode.kinds),
      ports: 0,
      changedPorts: 0,
      endpointChanges: 0,
      savesTable: false,
      backend: 'legacy',
    };
    const { streams } = context;
    this.#fullSyncPhase = streams.stream('kube-proxy/full-sync-phase');
    this.#savePhase = streams.stream('kube-proxy/save-phase');
    this.#forcedPhase = streams.stream('kube-proxy/forced-sync-phase');
    this.#order = streams.stream('kube-proxy/sync-order');
    this.#watch = streams.stream('watch/kube-proxy');
    this.#ticket = new Uint32Array(count);
    this.#ignoreBefore = new Float64Array(count);
    this.#begins = simulation.on('kube-proxy/sync-begins', (node, ticket) => {
      if (ticket === this.#ticket[node]) this.#onBegins(node);
    });
    this.#ends = simulation.on('kube-proxy/sync-ends', (node, ticket) => {
      if (ticket === this.#ticket[node]) this.#onEnds(node);
    });
    this.#forced = simulation.on('kube-proxy/forced-sync', (node) => this.#onForced(node));
    this.#canary = simulation.on('kube-proxy/canary', (node) => this.#onCanary(node));
    this.#inForce = new Int32Array(count).fill(-1);
    this.#observed = new Int32Array(count).fill(-1);
    this.#lastStart = new Float64Array(count);
    this.#endsAt = new Float64Array(count);
    this.#lastEnd = new Float64Array(count).fill(-Infinity);
    this.#bucket = new Float64Array(count).fill(-Infinity);
    // The last syncs of all were before the run begins, at different times on different nodes.
    const hour = runnerParameters.forcedFullSync.value;
    this.#forcedInterval = mode.forcedInterval(this.#spec.syncPeriod, spec.version);
    this.#lastFull = Float64Array.from(
      { length: count },
      (_, node) => -this.#fullSyncPhase.below(hour, nodes.keyOf(node), 0),
    );
    this.#lastSave = Float64Array.from(
      { length: count },
      (_, node) => -this.#savePhase.below(this.#spec.syncPeriod, nodes.keyOf(node), 0),
    );
    this.#trigger = new Uint8Array(count);
    this.#isSyncing = new Uint8Array(count);
    this.#isFull = new Uint8Array(count);
    this.#fails = new Uint8Array(count);
    this.#needsFull = new Uint8Array(count);
    this.#isFlushed = new Uint8Array(count);
    this.#lockedUntil = new Float64Array(count);
    this.#failures = new Uint8Array(count);
    this.#downs = new Uint8Array(count);
    this.#isCut = new Uint8Array(count);
    this.#lists = new Uint8Array(count);
    this.#countedUpTo = new Int32Array(count).fill(-1);
    this.#speed = new Float64Array(count).fill(1);
    this.#lockWait = new Float64Array(count);
    this.#linesWritten = new Float64Array(count);
    this.#asleep = new Uint8Array(count).fill(1);
    this.#sleepers = Int32Array.from({ length: count }, (_, node) => node);
    this.#sleeperAt = this.#sleepers.slice();
    this.#sleeping = count;
    const interval = this.#forcedInterval;
    for (let node = 0; interval > 0 && node < count; node++) {
      this.#scheduleForced(
        node,
        interval === hour ? this.#lastFull[node]! + hour : this.#forcedPhase.below(interval, nodes.keyOf(node), 0),
      );
    }
    this.#syncDuration = recorder.series('kubeproxy_sync_proxy_rules_duration_seconds');
    const tellsApart = this.#isPartial && mode.metrics.tellsSyncsApart;
    this.#fullDuration = tellsApart ? recorder.series('kubeproxy_sync_full_proxy_rules_duration_seconds') : undefined;
    this.#partialDuration = tellsApart
      ? recorder.series('kubeproxy_sync_partial_proxy_rules_duration_seconds')
      : undefined;
    this.#programmingSeries = recorder.series('kubeproxy_network_programming_duration_seconds');
    const { failed, partialFailed } = mode.metrics;
    this.#failed = failed && recorder.counter(failed);
    this.#partialFailed = partialFailed && recorder.counter(partialFailed);
    this.#endpointChanges = recorder.counter('kubeproxy_sync_proxy_rules_endpoint_changes_total');
    api.watchServices((position) => this.#onCommitted(position));
    api.onReachable((node) => {
      if (this.#lists[node] === 1) this.#start(node, 0);
    });
  }

  /** Every node's kernel has the log as it stands: the state at the beginning of a run. */
  seed(): void {
    const newest = this.#log.length - 1;
    for (let node = 0; node < this.#inForce.length; node++) this.book.seed(node, newest);
    this.#inForce.fill(newest);
    this.#observed.fill(newest);
    this.#countedUpTo.fill(newest);
    this.#seeded = true;
  }

  // What is in force -----------------------------------------------------------------------------------------------------

  /** Position in the service log that a node's rules have; -1: it has none. */
  positionOn(node: number): number {
    return this.#inForce[node]!;
  }

  /**
   * The same for one service: a sync in IPVS mode changes them one after the other, in an order of its own.
   */
  positionFor(node: number, service: number): number {
    if (this.#isSyncing[node] === 1 && this.mode.changesOneByOne && this.#fails[node] === 0) {
      const elapsed = this.#context.simulation.now - this.#lastStart[node]!;
      const { identities, nodes } = this.#context;
      const key = keyWithin(identities.services[service]!, nodes.keyOf(node));
      const place = this.#order.uniform(key, this.changesOf(service, this.#observed[node]!));
      if (elapsed >= place * (this.#endsAt[node]! - this.#lastStart[node]!)) return this.#observed[node]!;
    }
    return this.#inForce[node]!;
  }

  /** How often a service has been written up to a position: where it stands among the others is another place each time. */
  changesOf(service: number, position: number): number {
    const entry = position < 0 ? -1 : this.#log.entryAt(service, position);
    return entry < 0 ? 0 : this.#log.nth[entry]!;
  }

  /** Nodes whose rules are older than the newest entry. */
  get nodesBehind(): number {
    const newest = this.#log.length - 1;
    let behind = 0;
    for (const position of this.#inForce) if (position < newest) behind++;
    return behind;
  }

  /** One figure for the size of what a node has in its kernel: rules, servers or entries, by mode. */
  sizeOn(node: number): number {
    const { total } = this.#work;
    this.book.totals(node, this.#inForce[node]!, total);
    return this.#inForce[node]! < 0 ? 0 : this.mode.size(total);
  }

  // Outages ----------------------------------------------------------------------------------------------------

  /** A node goes down: its kernel's rules are gone. */
  onNodeDown(node: number): void {
    this.#stop(node);
    this.#loseRules(node);
    this.#isFlushed[node] = 0;
    this.#lists[node] = 0;
  }

  /** It has booted: all rules are written once the kubelet has started the proxy. */
  onNodeBoots(node: number): void {
    this.#stop(node);
    this.#beginAnew(node);
    // Something else still keeps it down.
    if (this.#context.nodes.up[node] === 0) return;
    if (this.#downs[node] === 0) this.#start(node, runnerParameters.startAfterBoot.value);
  }

  /** The watches of a node's proxy are cut: it observes nothing. A sync under way ends, and is tried again if it fails. */
  cutOff(node: number): void {
    this.#isCut[node] = 1;
    if (this.#asleep[node] === 1) this.#leaveSleepers(node);
    else if (this.#isSyncing[node] === 0 && this.#trigger[node] === Trigger.Changes) this.#ticket[node]! += 1;
  }

  /** The watches are back, and bring what happened meanwhile. */
  reconnect(node: number): void {
    this.#isCut[node] = 0;
    if (!this.#context.nodes.isOnNetwork(node) || this.#downs[node]! > 0) return;
    if (this.#lists[node] === 1) this.#start(node, 0);
    else if (this.#isSyncing[node] === 0 && this.#trigger[node] !== Trigger.Start) {
      this.#leaveSleepers(node);
      this.#goOn(node, this.#log.length - 1);
    }
  }

  /** The process of a node's proxy ends; it is there again when {@link restart} was called as often. */
  kill(node: number): void {
    this.#downs[node]! += 1;
    this.#lists[node] = 0;
    this.#stop(node);
  }

  /** The process is there again: its kernel has what it had, and all is written again. */
  restart(node: number): void {
    this.#downs[node]! -= 1;
    this.#beginAnew(node);
    if (this.#context.nodes.up[node] === 1 && this.#downs[node] === 0) this.#start(node, 0);
  }

  /** A new process syncs when it has listed all services and slices, and cannot while nobody answers. */
  #start(node: number, after: number): void {
    const isAlone = !this.#api.isReachable(node);
    this.#lists[node] = isAlone ? 1 : 0;
    if (isAlone) return;
    this.#isCut[node] = 0;
    this.#schedule(node, this.#context.simulation.now + after + runnerParameters.start.value, Trigger.Start);
  }

  /** What a proxy does that is free: it takes in what it has observed, or sleeps. */
  #goOn(node: number, newest: number): void {
    if (this.#needsFull[node] === 1 || this.#inForce[node]! < newest) this.#wake(node, newest);
    else this.#sleep(node);
  }

  /** Something else holds the iptables lock of a node until then. */
  lock(node: number, until: number): void {
    this.#lockedUntil[node] = Math.max(this.#lockedUntil[node]!, until);
  }

  /** One more reason, or one less, for which every sync of a node fails. */
  changeFailures(node: number, by: 1 | -1): void {
    this.#failures[node]! += by;
  }

  /** Somebody takes all rules away. A proxy that has a canary looks for it every syncPeriod. */
  flush(node: number): void {
    const { nodes, simulation } = this.#context;
    if (!this.mode.isFlushable) return;
    this.#loseRules(node);
    this.#isFlushed[node] = 1;
    if (this.#isSyncing[node] === 1) {
      // A full sync writes all that was there; a partial one refers to chains that are not.
      if (this.#isFull[node] === 1) this.#measure(node, -1, this.#observed[node]!);
      else this.#fails[node] = 1;
    }
    if (!this.mode.hasCanary) return;
    const phase = this.#savePhase.below(this.#spec.syncPeriod, nodes.keyOf(node), 0) as Instant;
    const at = tickAtOrAfter(phase, this.#spec.syncPeriod, (simulation.now + 1) as Instant);
    simulation.schedule(at, this.#canary, node);
  }

  #stop(node: number): void {
    this.#abandon(node);
    this.#leaveSleepers(node);
  }

  #loseRules(node: number): void {
    this.#inForce[node] = -1;
    this.book.forget(node);
  }

  #beginAnew(node: number): void {
    this.#needsFull[node] = 1;
    this.#lastFull[node] = -Infinity;
    this.#ignoreBefore[node] = this.#context.simulation.now;
    this.#trigger[node] = Trigger.Start;
  }

  /** What is scheduled or goes on is void. */
  #abandon(node: number): void {
    this.#ticket[node]! += 1;
    if (this.#isSyncing[node] === 0) return;
    this.#isSyncing[node] = 0;
    this.#context.cpu.changeDemand(node, CpuTier.BestEffort, -SYNC_MILLICORES);
  }

  // When they sync -------------------------------------------------------------------------------------------------------

  #onCommitted(position: number): void {
    this.book.onCommitted(position);
    if (!this.#seeded) return;
    while (this.#sleeping > 0) {
      const node = this.#sleepers[this.#sleeping - 1]!;
      this.#leaveSleepers(node);
      this.#wake(node, position);
    }
    if (++this.#sinceCompaction >= COMPACTION_INTERVAL) this.#compact();
  }

  #scheduleForced(node: number, at: number): void {
    const { simulation } = this.#context;
    simulation.schedule(Math.max(at, simulation.now) as Instant, this.#forced, node);
  }

  /** So long after its last sync a proxy syncs all, with or without news. */
  #onForced(node: number): void {
    const { now } = this.#context.simulation;
    const interval = this.#forcedInterval;
    const due = Math.max(this.#lastEnd[node]!, this.#lastFull[node]!) + interval;
    this.#scheduleForced(node, due > now ? due : now + interval);
    if (due > now || this.#asleep[node] === 0) return;
    this.#leaveSleepers(node);
    this.#schedule(node, now, Trigger.Forced);
  }

  /** The canary is gone: all rules are written. */
  #onCanary(node: number): void {
    if (this.#isFlushed[node] === 0) return;
    this.#needsFull[node] = 1;
    this.#isFlushed[node] = 0;
    const isFree = this.#asleep[node] === 1 || (this.#isCut[node] === 1 && this.#isSyncing[node] === 0);
    if (!isFree || this.#downs[node]! > 0) return;
    this.#leaveSleepers(node);
    this.#schedule(node, this.#context.simulation.now, Trigger.Canary);
  }

  /** A proxy is awake from now on, if it was not before. */
  #leaveSleepers(node: number): void {
    if (this.#asleep[node] === 0) return;
    const last = this.#sleepers[--this.#sleeping]!;
    this.#sleepers[this.#sleeperAt[node]!] = last;
    this.#sleeperAt[last] = this.#sleeperAt[node]!;
    this.#asleep[node] = 0;
  }

  /** Schedules the node's next sync for when the entry has reached it and the runner allows it. */
  #wake(node: number, position: number): void {
    const observedAt = position < 0 ? 0 : this.#log.time[position]! + this.#watchDelay(node, position);
    this.#schedule(node, observedAt, Trigger.Changes);
  }

  /** Schedules the node's next sync for when the runner allows it, once it is wanted. */
  #schedule(node: number, wanted: number, trigger: SyncTrigger): void {
    const { simulation, spec } = this.#context;
    const start = syncStart(
      { lastEnd: this.#lastEnd[node]!, bucket: this.#bucket[node]! },
      Math.max(simulation.now, wanted),
      this.#minSyncPeriod,
      spec.version.runnerWaitsFromEnd,
    );
    if (trigger !== Trigger.Changes || this.#trigger[node] !== Trigger.Start) this.#trigger[node] = trigger;
    simulation.schedule(start as Instant, this.#begins, node, ++this.#ticket[node]!);
  }

  #onBegins(node: number): void {
    const { simulation, cpu, nodes } = this.#context;
    const now = simulation.now;
    if (this.#trigger[node] === Trigger.Start && !this.#api.isReachable(node)) {
      this.#lists[node] = 1;
      return;
    }
    // One that waited for its next try slept meanwhile.
    this.#leaveSleepers(node);
    if (this.#isCut[node] === 0) this.#observed[node] = this.#observedBy(node, now);
    const isFull =
      !this.#isPartial ||
      this.#needsFull[node] === 1 ||
      now - this.#lastFull[node]! >= runnerParameters.forcedFullSync.value;
    const work = this.#measure(node, this.#inForce[node]!, this.#observed[node]!);
    work.full = isFull;
    work.savesTable = this.#savesTable(node, now);
    work.backend = nodes.poolOf(node).iptablesBackend;
    if (work.savesTable) this.#lastSave[node] = now;
    const duration = this.#duration;
    this.#syncCost(work, duration);
    cpu.changeDemand(node, CpuTier.BestEffort, SYNC_MILLICORES);
    const speed = cpu.share(node, CpuTier.BestEffort);
    this.#speed[node] = speed;
    const writes = now + Math.round(duration.preparing / speed);
    const lockWait = this.mode.takesXtablesLock(work.backend) ? this.#lockedUntil[node]! - writes : 0;
    const gaveUp = lockWait > runnerParameters.lockWait.value;
    const waits = Math.max(0, Math.min(lockWait, runnerParameters.lockWait.value));
    const end = writes + waits + (gaveUp ? 0 : Math.round(duration.committing / speed));
    // A partial sync refers to chains that are not there any more.
    const isBroken = this.#isFlushed[node] === 1 && !isFull;
    this.#fails[node] = gaveUp || isBroken || this.#failures[node]! > 0 ? 1 : 0;
    this.#lockWait[node] = waits;
    this.#linesWritten[node] = duration.linesWritten;
    this.#isFull[node] = isFull ? 1 : 0;
    this.#isSyncing[node] = 1;
    this.#lastStart[node] = now;
    this.#endsAt[node] = end;
    this.#bucket[node] = bucketAfter(this.#bucket[node]!, now, this.#minSyncPeriod);
    simulation.schedule(end as Instant, this.#ends, node, this.#ticket[node]!);
  }

  /** How long an entry takes to reach a node: the n-th write of that service. */
  #watchDelay(node: number, position: number): number {
    const { identities, nodes } = this.#context;
    const key = keyWithin(identities.services[this.#log.service[position]!]!, nodes.keyOf(node));
    return this.#api.watchDuration(this.#watch.uniform(key, this.#log.nth[position]!));
  }

  /** Newest entry that has reached the node: each takes its own time, and none overtakes the one before. */
  #observedBy(node: number, now: number): number {
    const log = this.#log;
    const oldest = Math.max(this.#observed[node]!, this.#inForce[node]! + 1, log.oldestKept);
    let position = Math.min(oldest, log.length - 1);
    // The entry that woke the proxy has arrived; the ones after it have if they were committed a watch delay ago.
    if (position + 1 >= log.length) return position;
    const delay = this.#watchDelay(node, position + 1);
    while (position + 1 < log.length && log.time[position + 1]! + delay <= now) position++;
    return position;
  }

  /** What changes between two positions of the log. */
  #measure(node: number, from: number, to: number): SyncWork {
    const work = this.#work;
    const { book } = this;
    book.totals(node, from, work.before);
    book.between(node, from, to, work.changed, work.total);
    work.ports = to < 0 ? 0 : this.#log.totalPorts[to]!;
    work.changedPorts = book.changedPorts;
    work.endpointChanges = book.endpointChanges;
    return work;
  }

  /** In a large cluster stale chains are looked for once a syncPeriod, otherwise at every sync. */
  #savesTable(node: number, now: number): boolean {
    if (!this.mode.savesTable) return false;
    const observed = this.#observed[node]!;
    const endpoints = observed < 0 ? 0 : this.#log.totalEndpoints[observed]!;
    const isLarge = endpoints > runnerParameters.largeCluster.value;
    return !isLarge || now - this.#lastSave[node]! >= this.#spec.syncPeriod;
  }

  #onEnds(node: number): void {
    const { simulation, cpu, recorder } = this.#context;
    const now = simulation.now;
    const from = this.#countedUpTo[node]!;
    const observed = this.#observed[node]!;
    const hasFailed = this.#fails[node] === 1;
    this.#isSyncing[node] = 0;
    cpu.changeDemand(node, CpuTier.BestEffort, -SYNC_MILLICORES);
    if (recorder.measuring) this.#record(node, now, from, hasFailed);
    const isFull = this.#isFull[node] === 1;
    this.#context.journal?.rulesSynced?.(
      node,
      this.#lastStart[node]!,
      this.#inForce[node]!,
      observed,
      isFull,
      hasFailed,
    );
    this.#lastEnd[node] = now;
    this.#trigger[node] = Trigger.Changes;
    if (hasFailed) {
      this.#needsFull[node] = 1;
    } else {
      if (isFull) {
        this.#lastFull[node] = now;
        this.#needsFull[node] = 0;
      }
      this.#isFlushed[node] = 0;
      this.#inForce[node] = observed;
      this.#countedUpTo[node] = observed;
      this.book.commit(node);
    }
    const isCut = this.#isCut[node] === 1;
    if (!isCut && observed < this.#log.length - 1) {
      this.#wake(node, observed + 1);
      return;
    }
    if (!isCut) this.#sleep(node);
    // Whatever changes meanwhile comes first.
    if (hasFailed) this.#schedule(node, now + this.#spec.syncPeriod, Trigger.Retry);
  }

  #record(node: number, now: number, from: number, hasFailed: boolean): void {
    const duration = now - this.#lastStart[node]!;
    const isFull = this.#isFull[node] === 1;
    const observed = this.#observed[node]!;
    const lockWait = this.#lockWait[node]!;
    this.cpuTime += (duration - lockWait) * this.#speed[node]!;
    this.#syncDuration.histogram.record(duration);
    (isFull ? this.#fullDuration : this.#partialDuration)?.histogram.record(duration);
    this.statistics.record(
      this.#trigger[node]! as SyncTrigger,
      isFull,
      hasFailed,
      duration,
      lockWait,
      observed - from,
      this.#linesWritten[node]!,
    );
    if (hasFailed) {
      this.#failed?.add();
      if (!isFull) this.#partialFailed?.add();
      return;
    }
    this.#endpointChanges.add(observed - from);
    this.#recordProgramming(node, now, from, observed);
  }

  /** One sample a change; changes without a trigger are not measured. */
  #recordProgramming(node: number, now: number, from: number, to: number): void {
    const since = this.#ignoreBefore[node]!;
    const { histogram } = this.#programmingSeries;
    this.#triggers.forEach(from, to, (trigger, samples) => {
      if (trigger < since) return;
      histogram.record(now - trigger, samples);
      this.programming.record(node, now, now - trigger, samples);
    });
  }

  #sleep(node: number): void {
    this.#asleep[node] = 1;
    this.#sleeperAt[node] = this.#sleeping;
    this.#sleepers[this.#sleeping++] = node;
  }

  #compact(): void {
    this.#sinceCompaction = 0;
    let oldest = Infinity;
    this.#inForce.forEach((inForce, node) => {
      // A node without rules needs only what it is about to have.
      const isAtIt = this.#isSyncing[node] === 1 || this.#isCut[node] === 1;
      const position = inForce >= 0 ? inForce : isAtIt ? this.#observed[node]! : -1;
      if (position >= 0 && position < oldest) oldest = position;
    });
    if (oldest < Infinity) this.#log.compact(oldest);
  }
}
