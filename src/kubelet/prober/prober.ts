// The prober: one worker a (container, probe type), probing on its own ticker. Part of the kubelet.
//
// A worker is settled while its last outcome is the value that it has stored: further outcomes of that kind change nothing but
// a counter, and its ticker is quiet.

import { ApplicationState, type Applications } from '../../application/index.js';
import {
  type ContainerId,
  type ContainerSpec,
  type Context,
  containersOf,
  type NodeCpu,
  type NodeId,
  type NodePart,
  type PodId,
  PROBE_TYPES,
  type ProbeHandler,
  type ProbeSpec,
  type ProbeType,
  type WorkloadId,
} from '../../cluster/index.js';
import { type ContainerRuntimes, ContainerState, type ContainersView } from '../../cri/index.js';
import {
  type Duration,
  type EntityKey,
  type EventKind,
  grown,
  type Instant,
  keyWithin,
  QuietTickers,
  type RandomStream,
  tickAtOrAfter,
  wholeSeconds,
} from '../../engine/index.js';
import type { Counter, Series } from '../../metrics/index.js';
import type { KubeletStarts } from '../node/kubelet-starts.js';
import { kubeletParameters } from '../parameters.js';
import type { ContainerCacheView } from '../pleg/container-cache.js';
import type { ContainerStatusesView } from '../status/container-statuses.js';
import { afterProbe, initialValue, isSettled, ProbeResult } from './probe.js';
import {
  answerTime,
  type ProbeConditions,
  type ProbeOdds,
  ProbeOddsTable,
  stretched,
  successDuration,
} from './probe-odds.js';
import { ProbeWorkerTable } from './probe-worker-table.js';
import { NO_STALLS, StallsTable } from './stalls.js';

/** What a prober works with. */
export interface ProberParts {
  readonly context: Context;
  readonly containers: ContainersView;
  readonly cache: ContainerCacheView;
  /** What the status manager has stored of the containers. */
  readonly stored: ContainerStatusesView;
  readonly applications: Applications;
  readonly runtimes: ContainerRuntimes;
  readonly starts: KubeletStarts;
}

/** The workers with which pods answer requests. */
export interface RequestWorkers {
  /** Whether somebody sends requests to a port of the pods of a workload. */
  answerAt(workload: WorkloadId, port: number): boolean;
  /** How long a request would wait for a worker that came to a pod now, ns; Infinity: it finds no place. @param u uniform draw. */
  waitFor(pod: PodId, u: number): number;
}
const NOBODY: RequestWorkers = { answerAt: () => false, waitFor: () => 0 };

export interface ProberListener {
  /** A value was written into the result store that was not there for this run of the container. */
  onResult(container: ContainerId, type: ProbeSpec['type'], value: number): void;
}

/** Totals of one probe of one container template, for the report. */
export interface ProbeTotals {
  readonly successful: Counter;
  readonly failed: Counter;
  /** By workload group and container, filled by the prober. */
  probes: number;
  failures: number;
}

const NO_WORKER = -1;

const REFUSED = kubeletParameters.probeRefused.value;
const CONNECTED = kubeletParameters.probeConnect.value;

/** One number for a probe of a template: its workload, container (below 32) and index in PROBE_TYPES. */
export const probeKey = (workload: WorkloadId, container: number, type: number): number =>
  (workload * 32 + container) * 4 + type;

export class Prober {
  /** By {@link probeKey}; the report adds up what belongs together. */
  readonly totals = new Map<number, ProbeTotals>();
  readonly #context: Context;
  readonly #containers: ContainersView;
  readonly #cache: ContainerCacheView;
  readonly #stored: ContainerStatusesView;
  readonly #applications: Applications;
  readonly #cpu: NodeCpu;
  readonly #listener: ProberListener;
  readonly #phases: RandomStream;
  readonly #outcomes: RandomStream;
  readonly #latencies: RandomStream;
  readonly #races: RandomStream;
  readonly #startDelay: RandomStream;
  readonly #starts: KubeletStarts;
  readonly #runtimes: ContainerRuntimes;
  readonly #tickers: QuietTickers;
  readonly #done: EventKind;
  readonly #counters: Record<string, Counter>;
  readonly #odds = new ProbeOddsTable();
  readonly #stalls = new StallsTable();
  readonly #durations: readonly Series[];

  readonly #workers = new ProbeWorkerTable();
  #requests: RequestWorkers = NOBODY;
  /** Workers that have not ended, by node. */
  readonly #alive: Int32Array;
  #specs: ProbeSpec[] = [];
  /** Containers that had started when their kubelet stopped. */
  readonly #startedBefore: number[] = [];
  /** Worker of each container and type, one more than its number; 0 if there is none. */
  #workerOf = new Int32Array(0);
  /** Draws so far, by container and type. */
  #draws = new Uint32Array(0);

  constructor(
    { context, containers, cache, stored, applications, runtimes, starts }: ProberParts,
    listener: ProberListener,
  ) {
    this.#context = context;
    context.recorder.own({
      settle: () => this.settleAll(),
      reset: () => this.#resetCounts(),
      record: () => this.#recordDurations(),
    });
    this.#containers = containers;
    this.#cache = cache;
    this.#stored = stored;
    this.#applications = applications;
    this.#cpu = context.cpu;
    this.#alive = new Int32Array(context.nodes.count);
    this.#listener = listener;
    this.#phases = context.streams.stream('prober/phase');
    this.#outcomes = context.streams.stream('prober/outcome');
    this.#latencies = context.streams.stream('prober/latency');
    this.#races = context.streams.stream('prober/trigger-race');
    this.#startDelay = context.streams.stream('prober/start-delay');
    this.#starts = starts;
    this.#runtimes = runtimes;
    this.#tickers = new QuietTickers(context.simulation, 'prober/tick', context.executeEveryTick, {
      onTick: (worker, wasQuiet) => this.#onTick(worker, wasQuiet),
      onSkipped: (worker, result, odds, ticks) => {
        this.#countProbes(worker, result, ticks);
        if (result === ProbeResult.Success) this.#odds.count(odds, ticks);
      },
      draw: (worker) => this.#draw(this.#outcomes, worker),
    });
    this.#done = context.simulation.on('prober/done', (worker, argument) => this.#onDone(worker, argument));
    this.#durations = PROBE_TYPES.map((type) => context.recorder.series('prober_probe_duration_seconds', type));
    this.#counters = Object.fromEntries(
      PROBE_TYPES.flatMap((type) =>
        (['successful', 'failed'] as const).map((result) => [
          `${type}/${result}`,
          context.recorder.counter('prober_probe_total', type, result),
        ]),
      ),
    );
  }

  /** Whether anybody probes on a node. */
  probesOn(node: NodeId): boolean {
    return this.#alive[node]! > 0;
  }

  shareWorkers(workers: RequestWorkers): void {
    this.#requests = workers;
  }

  /**
   * Creates the workers of a container, where there are none; their tickers start now, or, while the kubelet has not run
   * for a period yet, after a part of the period.
   */
  addWorkers(container: ContainerId): void {
    const { simulation, pods } = this.#context;
    const node = pods.node[this.#containers.pod[container]!]!;
    const uptime = simulation.now - this.#starts.at[node]!;
    for (const spec of this.#probesOf(container)) {
      const type = PROBE_TYPES.indexOf(spec.type);
      const existing = this.#worker(container, spec.type);
      if (existing !== NO_WORKER && this.#workers.ended[existing] === 0) continue;
      const n = this.#starts.count[node]!;
      const delay = uptime < spec.period ? this.#startDelay.below(spec.period, this.#keyOf(container, type), n) : 0;
      this.#add(container, spec, simulation.now + delay);
      this.#wantCpu(container, spec, 1);
    }
  }

  /** The kubelet stops: its workers and their results are gone, and what it knew of the container's start with them. */
  forget(container: ContainerId): void {
    this.#startedBefore[container] = this.isStarted(container) ? 1 : 0;
    this.endWorkers(container, PROBE_TYPES);
    this.#workerOf.fill(0, container * 3, container * 3 + 3);
  }

  /**
   * A container that was running long before its kubelet began: from 1.35 on its new workers take over what the API server
   * says of it, before that they begin with nothing.
   */
  inherit(container: ContainerId, wasReady: boolean): void {
    const { spec: cluster, pods } = this.#context;
    const t = this.#containers;
    const begun = this.#starts.at[pods.node[t.pod[container]!]!]! - kubeletParameters.inheritedReadiness.value;
    if (
      !cluster.version.keepsReadiness ||
      t.state[container] !== ContainerState.Running ||
      t.startedAt[container]! >= begun
    )
      return;
    const hasStarted = this.#startedBefore[container] === 1;
    const values = {
      startup: hasStarted ? ProbeResult.Success : ProbeResult.Unknown,
      liveness: ProbeResult.Success,
      readiness: wasReady ? ProbeResult.Success : ProbeResult.Failure,
    };
    for (const type of PROBE_TYPES) {
      const worker = this.#worker(container, type);
      if (worker === NO_WORKER) continue;
      this.#workers.run[worker] = t.run[container]!;
      this.#workers.value[worker] = values[type];
    }
    if (hasStarted) this.#tell(container, 'startup', true, true);
  }

  /** Creates the workers of a container that has been serving for long, with a random phase. */
  seedWorkers(container: ContainerId): void {
    const now = this.#context.simulation.now;
    for (const spec of this.#probesOf(container)) {
      const worker = this.#add(container, spec, 0);
      const phase = this.#phases.below(spec.period, this.#keyOf(container, PROBE_TYPES.indexOf(spec.type)), 0);
      this.#tickers.move(worker, now + phase);
      this.#workers.run[worker] = this.#containers.run[container]!;
      this.#workers.value[worker] = ProbeResult.Success;
      this.#workers.lastResult[worker] = ProbeResult.Success;
      this.#workers.resultRun[worker] = spec.successThreshold;
      this.#workers.onHold[worker] = spec.type === 'startup' ? 1 : 0;
      this.#tickers.countFrom(worker, now - 1);
      this.#rearm(worker);
      this.#wantCpu(container, spec, 1);
    }
  }

  /** Ends the container's workers of these types. */
  endWorkers(container: ContainerId, types: readonly ProbeSpec['type'][]): void {
    for (const type of types) {
      const worker = this.#worker(container, type);
      if (worker === NO_WORKER || this.#workers.ended[worker] === 1) continue;
      this.#tickers.passTickOfNow(worker);
      this.#workers.ended[worker] = 1;
      this.#tickers.cancel(worker);
      this.#wantCpu(container, this.#specs[worker]!, -1);
    }
  }

  /** The status manager's view of the container, or the odds of its probes, changed. */
  reconsider(container: ContainerId): void {
    for (const type of PROBE_TYPES) {
      const worker = this.#worker(container, type);
      if (worker === NO_WORKER || this.#workers.ended[worker] === 1 || this.#workers.probing[worker] === 1) continue;
      if (this.#tickers.passTickOfNow(worker)) this.#rearm(worker);
    }
  }

  /** Whether the container counts as started in a run: its startup probe, if it has one, has succeeded. */
  isStarted(container: ContainerId, run: number = this.#cache.run[container]!): boolean {
    return this.#says(container, 'startup', run);
  }

  /** Whether its readiness probe, if it has one, says Success of a run. */
  isReady(container: ContainerId, run: number = this.#cache.run[container]!): boolean {
    return this.#says(container, 'readiness', run);
  }

  #says(container: ContainerId, type: ProbeType, run: number): boolean {
    const worker = this.#worker(container, type);
    if (worker === NO_WORKER) return true;
    return this.#workers.value[worker] === ProbeResult.Success && this.#workers.run[worker] === run;
  }

  /**
   * Pokes the readiness worker of a started container that is not ready, as every sync does.
   * @param statusStored whether the status manager already has the container's present run.
   */
  triggerReadiness(container: ContainerId, statusStored: boolean): void {
    const worker = this.#worker(container, 'readiness');
    if (worker === NO_WORKER || this.#workers.ended[worker] === 1) return;
    if (this.#workers.probing[worker] === 0) this.#tickers.passTickOfNow(worker);
    // A worker that has not begun takes it when it does.
    const hasBegun = this.#workers.beginsAt[worker]! <= this.#context.simulation.now;
    if (hasBegun && !statusStored && this.#losesTrigger(worker)) this.#rearmTicker(worker);
    else this.#workers.poked[worker] = 1;
    if (this.#workers.probing[worker] === 0) this.#rearm(worker);
  }

  /** Whether the worker takes the trigger before it can see the container's new run, and so for nothing. */
  #losesTrigger(worker: number): boolean {
    return this.#draw(this.#races, worker) < kubeletParameters.manualTriggerLost.value;
  }

  /** What names the probe of a container in draws, whichever worker carries it out. */
  #keyOf(container: ContainerId, type: number): EntityKey {
    return keyWithin(this.#containers.keyOf(container), type);
  }

  /** The next draw of a worker's probe: it goes on where an earlier worker of the same probe has ended. */
  #draw(stream: RandomStream, worker: number): number {
    const c = this.#workers.container[worker]!;
    const type = this.#workers.type[worker]!;
    return stream.uniform(this.#keyOf(c, type), this.#draws[c * 3 + type]!++);
  }

  #rearmTicker(worker: number): void {
    if (this.#context.spec.version.triggerRearmsTicker) this.#tickers.move(worker, this.#context.simulation.now);
  }

  /** Counts what was skipped up to the present instant; called at the end of a run. */
  settleAll(): void {
    for (let worker = 0; worker < this.#workers.count; worker++)
      if (this.#workers.ended[worker] === 0) this.#tickers.countSkipped(worker);
  }

  /** Counts nothing before this instant: the warm-up ends. */
  #resetCounts(): void {
    this.settleAll();
    for (const totals of this.totals.values()) {
      totals.probes = 0;
      totals.failures = 0;
    }
    this.#odds.resetCounts();
  }

  /** Records how long the probes took that were no events. Called once, when the run has ended and all are counted. */
  #recordDurations(): void {
    this.#odds.record((type, duration, weight) => this.#durations[PROBE_TYPES.indexOf(type)]!.record(duration, weight));
  }

  #probesOf(container: ContainerId): readonly ProbeSpec[] {
    const { pod, index } = this.#containers;
    return containersOf(this.#context, pod[container]!)[index[container]!]!.probes;
  }

  #worker(container: ContainerId, type: ProbeSpec['type']): number {
    const at = container * 3 + PROBE_TYPES.indexOf(type);
    return at < this.#workerOf.length ? this.#workerOf[at]! - 1 : NO_WORKER;
  }

  #add(container: ContainerId, spec: ProbeSpec, anchor: Instant): number {
    const worker = this.#workers.add();
    this.#tickers.add(anchor, spec.period);
    const at = container * 3 + PROBE_TYPES.indexOf(spec.type);
    if (at >= this.#workerOf.length) {
      const length = Math.max(3072, at * 2);
      this.#workerOf = grown(this.#workerOf, new Int32Array(length));
      this.#draws = grown(this.#draws, new Uint32Array(length));
    }
    this.#workerOf[at] = worker + 1;
    this.#workers.container[worker] = container;
    this.#workers.type[worker] = PROBE_TYPES.indexOf(spec.type);
    this.#specs[worker] = spec;
    this.#workers.beginsAt[worker] = anchor;
    return worker;
  }

  #countProbes(worker: number, result: number, ticks: number): void {
    const totals = this.#totalsOf(worker);
    const failed = result === ProbeResult.Failure;
    totals.probes += ticks;
    if (failed) totals.failures += ticks;
    (failed ? totals.failed : totals.successful).add(ticks);
  }

  #totalsOf(worker: number): ProbeTotals {
    const container = this.#workers.container[worker]!;
    const workload = this.#context.pods.workload[this.#containers.pod[container]!]!;
    const key = probeKey(workload, this.#containers.index[container]!, this.#workers.type[worker]!);
    let totals = this.totals.get(key);
    if (totals === undefined) {
      const type = PROBE_TYPES[this.#workers.type[worker]!]!;
      totals = {
        successful: this.#counters[`${type}/successful`]!,
        failed: this.#counters[`${type}/failed`]!,
        probes: 0,
        failures: 0,
      };
      this.totals.set(key, totals);
    }
    return totals;
  }

  /** Schedules the worker's next tick that can change something. */
  #rearm(worker: number): void {
    const { now } = this.#context.simulation;
    const w = this.#workers;
    const tickers = this.#tickers;
    const next = tickers.tickAfter(worker, now);
    const from = w.poked[worker] === 1 ? Infinity : this.#probesFrom(worker);
    const start =
      from === Infinity
        ? Infinity
        : tickAtOrAfter(tickers.anchorOf(worker), this.#specs[worker]!.period, Math.max(next, from));
    if (start !== Infinity && this.#isQuiet(worker)) {
      const odds = this.#oddsOfChange(worker);
      tickers.settle(worker, next, start, w.lastResult[worker]!, this.#oddsOf(worker).number, odds);
      return;
    }
    tickers.stir(worker);
    if (w.poked[worker] === 1) {
      const begins = Math.max(now, w.beginsAt[worker]!);
      if (begins === now) this.#rearmTicker(worker);
      tickers.schedule(worker, begins);
    } else if (start !== Infinity) tickers.schedule(worker, start);
    else tickers.rest(worker, next);
  }

  /** From when on ticks do something; Infinity: not before something else changes. */
  #probesFrom(worker: number): number {
    const c = this.#workers.container[worker]!;
    if (this.#stored.run[c] === 0) return Infinity;
    const newRun = this.#stored.run[c] !== this.#workers.run[worker];
    if (newRun) return 0;
    if (this.#workers.onHold[worker] === 1) return Infinity;
    if (this.#stored.state[c] !== ContainerState.Running) {
      return this.#workers.value[worker] === ProbeResult.Failure ? Infinity : 0;
    }
    const spec = this.#specs[worker]!;
    if ((spec.type === 'startup') === this.isStarted(c)) return Infinity;
    return spec.initialDelay === 0 ? 0 : this.#startDelayEnds(c, spec);
  }

  /** Its status has the start in whole seconds, and whole seconds since then are compared (normalizeStatus, doProbe). */
  #startDelayEnds(c: number, { initialDelay }: ProbeSpec): number {
    return wholeSeconds(this.#containers.startedAt[c]!) + initialDelay;
  }

  /** Whether its probes wait behind requests: what they find differs each time. */
  #sharesWorkers(worker: number): boolean {
    const { handler, port } = this.#specs[worker]!;
    if (handler !== 'httpGet' && handler !== 'grpc') return false;
    const c = this.#workers.container[worker]!;
    const { serve, probesShareWorkers } = this.#specOf(c).behavior;
    if (serve === undefined || probesShareWorkers === false) return false;
    const workload = this.#context.pods.workload[this.#containers.pod[c]!]!;
    return this.#requests.answerAt(workload, probesShareWorkers === true ? ANY_PORT : port);
  }

  #isQuiet(worker: number): boolean {
    const c = this.#workers.container[worker]!;
    if (this.#stored.run[c] !== this.#workers.run[worker]) return false;
    if (this.#stored.state[c] !== ContainerState.Running) return false;
    if (this.#movesTicks(worker) || this.#sharesWorkers(worker)) return false;
    return isSettled({
      value: this.#workers.value[worker]!,
      lastResult: this.#workers.lastResult[worker]!,
      resultRun: this.#workers.resultRun[worker]!,
      onHold: this.#workers.onHold[worker] === 1,
    });
  }

  /** Whether probes like the last one outlast the period, and move the ticks after them: each is carried out then. */
  #movesTicks(worker: number): boolean {
    const { timeout, period, handler } = this.#specs[worker]!;
    if (this.#runtimeWait(worker) > 0) return true;
    if (timeout < period) return false;
    const answers = this.#oddsOf(worker);
    if (this.#workers.lastResult[worker] === ProbeResult.Failure) {
      return !this.#isRefused(worker) || stretched(answers, REFUSED) >= period;
    }
    return handler === 'tcpSocket' && stretched(answers, CONNECTED) >= period;
  }

  /** Whether a probe now finds nobody listening, or an answer that is an error. */
  #isRefused(worker: number): boolean {
    const state = this.#applications.stateOf(this.#workers.container[worker]!);
    if (state <= ApplicationState.Starting) return true;
    return this.#specs[worker]!.type === 'readiness' && state === ApplicationState.Unready;
  }

  /** Probability that a probe now fails. */
  #failureOdds(worker: number): number {
    return this.#fails(worker) ?? this.#oddsOf(worker).missed;
  }

  /** 1 or 0 where the answer's latency has no part in it. */
  #fails(worker: number): 0 | 1 | undefined {
    const c = this.#workers.container[worker]!;
    const spec = this.#specs[worker]!;
    if (this.#isRefused(worker)) return 1;
    // A hung process still has its socket open, and the kernel accepts for it.
    if (spec.handler === 'tcpSocket') return 0;
    return this.#applications.stateOf(c) === ApplicationState.Hung ? 1 : undefined;
  }

  /** How long a probe waits for the runtime, which begins its process; ns. */
  #runtimeWait(worker: number): number {
    if (this.#specs[worker]!.handler !== 'exec') return 0;
    return this.#runtimes.answersFrom(this.#nodeOf(this.#workers.container[worker]!)) - this.#context.simulation.now;
  }

  #nodeOf(container: ContainerId): number {
    return this.#context.pods.node[this.#containers.pod[container]!]!;
  }

  #specOf(container: ContainerId): ContainerSpec {
    return containersOf(this.#context, this.#containers.pod[container]!)[this.#containers.index[container]!]!;
  }

  /** Probes that begin or end change what the node's parts use, and an exec's command what its container uses. */
  #wantCpu(container: ContainerId, spec: ProbeSpec, sign: 1 | -1): void {
    const { pod, index } = this.#containers;
    const [part, cpuTime] = KUBELET_WORK[spec.handler];
    const cpu = this.#cpu;
    const node = this.#nodeOf(container);
    this.#alive[node]! += sign;
    cpu.changeDemand(cpu.partOf(node, part), (sign * cpuTime * 1000) / spec.period);
    if (spec.handler !== 'exec') return;
    const millis = (sign * this.#specOf(container).behavior.execCpuTime * 1000) / spec.period;
    if (millis !== 0) cpu.changeDemand(cpu.containerOf(pod[container]!, index[container]!), millis);
  }

  /** Probability that the next probe is not like the last: another outcome, or one that outlasts the period. */
  #oddsOfChange(worker: number): number {
    const fails = this.#fails(worker);
    if (this.#workers.lastResult[worker] === ProbeResult.Success) return fails ?? this.#oddsOf(worker).late;
    return 1 - (fails ?? this.#oddsOf(worker).missed);
  }

  #oddsOf(worker: number): ProbeOdds {
    const c = this.#workers.container[worker]!;
    const spec = this.#specs[worker]!;
    return this.#odds.of(spec, this.#applications.latencyOf(c), this.#conditionsOf(c, spec.handler));
  }

  #conditionsOf(c: ContainerId, handler: ProbeHandler): ProbeConditions {
    const cpu = this.#cpu;
    const node = this.#nodeOf(c);
    const pod = this.#containers.pod[c]!;
    const index = this.#containers.index[c]!;
    const [part, cpuTime] = KUBELET_WORK[handler];
    const speed = coarse(cpu.partSpeed(node, part));
    const isExec = handler === 'exec';
    // What the kubelet does for other probes is part of the usual latency.
    const begins = isExec ? cpuTime * this.#runtimes.execShare(node, cpuTime) * this.#runtimes.slowdown(node) : 0;
    const overhead = isExec ? begins / speed : cpuTime * (1 / speed - 1);
    const share = coarse(cpu.threadSpeed(pod, index));
    const spec = this.#specOf(c);
    // The kernel accepts a connection for the process.
    if (spec.cpuLimitMillis === Infinity || handler === 'tcpSocket') return { share, overhead, stalls: NO_STALLS };
    const { execCpuTime, probeCpuTime } = spec.behavior;
    const limit = cpu.limitOf(pod, index);
    const used = cpu.demandIn(pod, index);
    return { share, overhead, stalls: this.#stalls.of(isExec ? execCpuTime : probeCpuTime, limit, used) };
  }

  #onTick(worker: number, wasQuiet: boolean): void {
    this.#workers.poked[worker] = 0;
    this.#workers.probing[worker] = 1;
    this.#workers.probedAt[worker] = this.#context.simulation.now;
    if (this.#probe(worker, wasQuiet)) return;
    this.#workers.probing[worker] = 0;
    if (this.#workers.ended[worker] === 0) this.#rearm(worker);
  }

  /** One doProbe; false if it keeps waiting. `surprise`: this tick was drawn as the one whose outcome differs. */
  #probe(worker: number, surprise: boolean): boolean {
    const c = this.#workers.container[worker]!;
    const spec = this.#specs[worker]!;
    if (this.#stored.run[c] === 0) return false;
    if (this.#stored.run[c] !== this.#workers.run[worker]) {
      this.#workers.run[worker] = this.#stored.run[c]!;
      this.#workers.onHold[worker] = 0;
      this.#store(worker, initialValue(spec), true);
    }
    if (this.#workers.onHold[worker] === 1) return false;
    const now = this.#context.simulation.now;
    if (this.#stored.state[c] !== ContainerState.Running) {
      this.#store(worker, ProbeResult.Failure, false);
      return false;
    }
    if (now < this.#startDelayEnds(c, spec)) return false;
    if ((spec.type === 'startup') === this.isStarted(c)) return false;
    this.#carryOut(worker, surprise);
    return true;
  }

  #carryOut(worker: number, surprise: boolean): void {
    const spec = this.#specs[worker]!;
    const c = this.#workers.container[worker]!;
    this.#context.journal?.probeBegan?.(this.#containers.pod[c]!, this.#containers.index[c]!, spec.type);
    if (this.#sharesWorkers(worker) && this.#fails(worker) === undefined) {
      this.#queueUp(worker);
      return;
    }
    const failureOdds = this.#failureOdds(worker);
    let failed: boolean;
    /** Where the answer's latency lies in its distribution; NaN: not yet known. */
    let u = Number.NaN;
    if (surprise) {
      failed = this.#workers.lastResult[worker] === ProbeResult.Success;
      const { late, missed } = this.#oddsOf(worker);
      if (failed && this.#fails(worker) === undefined && missed < late) {
        u = 1 - late * this.#draw(this.#outcomes, worker);
        failed = u > 1 - missed;
      }
    } else if (failureOdds === 0 || failureOdds === 1) failed = failureOdds === 1;
    else failed = this.#draw(this.#outcomes, worker) < failureOdds;
    // The kubelet waits for the runtime, but not for ever.
    const { runtimeRequestTimeout } = this.#context.nodes.poolOf(this.#nodeOf(c)).kubelet;
    const patience = spec.timeout + runtimeRequestTimeout;
    const wait = Math.min(this.#runtimeWait(worker), patience);
    if (wait === patience) failed = true;
    if (!failed && Number.isNaN(u) && spec.handler !== 'tcpSocket')
      u = this.#draw(this.#latencies, worker) * (1 - failureOdds);
    const { simulation } = this.#context;
    const result = failed ? ProbeResult.Failure : ProbeResult.Success;
    simulation.schedule(
      simulation.now + wait + (wait === patience ? 0 : this.#probeDuration(worker, failed, u)),
      this.#done,
      worker,
      this.#workers.run[worker]! * 4 + result,
    );
  }

  /** A probe waits for a worker like a request, and has its answer after that. */
  #queueUp(worker: number): void {
    const { simulation } = this.#context;
    const spec = this.#specs[worker]!;
    const pod = this.#containers.pod[this.#workers.container[worker]!]!;
    const wait = this.#requests.waitFor(pod, this.#draw(this.#outcomes, worker));
    const answer = wait + answerTime(this.#oddsOf(worker), this.#draw(this.#latencies, worker));
    const result = answer > spec.timeout ? ProbeResult.Failure : ProbeResult.Success;
    const lasts = Math.round(Math.min(answer, spec.timeout));
    simulation.schedule(simulation.now + lasts, this.#done, worker, this.#workers.run[worker]! * 4 + result);
  }

  /** A refused probe ends at once, a missed one at its timeout, a good one after a latency below the timeout. */
  #probeDuration(worker: number, failed: boolean, u: number): Duration {
    if (!failed) return successDuration(this.#oddsOf(worker), u);
    const spec = this.#specs[worker]!;
    if (!this.#isRefused(worker)) return spec.timeout;
    return stretched(this.#oddsOf(worker), REFUSED);
  }

  #onDone(worker: number, argument: number): void {
    const result = argument & 3;
    const run = argument >> 2;
    const c = this.#workers.container[worker]!;
    const spec = this.#specs[worker]!;
    this.#countProbes(worker, result, 1);
    const { pod, index } = this.#containers;
    this.#context.journal?.probeEnded?.(pod[c]!, index[c]!, spec.type, result === ProbeResult.Success);
    // The kubelet observes the durations of successful probes only.
    if (result === ProbeResult.Success) {
      const lasted = this.#context.simulation.now - this.#workers.probedAt[worker]!;
      this.#durations[this.#workers.type[worker]!]!.record(lasted);
    }
    if (this.#workers.ended[worker] === 1) return;
    const before = {
      value: this.#workers.value[worker]!,
      lastResult: this.#workers.lastResult[worker]!,
      resultRun: this.#workers.resultRun[worker]!,
      onHold: this.#workers.onHold[worker] === 1,
    };
    const after = afterProbe(before, spec, result);
    this.#workers.lastResult[worker] = after.lastResult;
    this.#workers.resultRun[worker] = after.resultRun;
    this.#workers.onHold[worker] = after.onHold ? 1 : 0;
    if (run === this.#stored.run[c]) this.#store(worker, after.value, false);
    this.#workers.probing[worker] = 0;
    if (this.#workers.ended[worker] === 1) return;
    const now = this.#context.simulation.now;
    this.#tickers.countFrom(worker, now);
    // The ticker holds one tick that it could not deliver: a probe that lasted a period is followed by the next at once.
    const next = this.#tickers.tickAfter(worker, this.#workers.probedAt[worker]!);
    if (next <= now && this.#workers.poked[worker] === 0) {
      this.#tickers.stir(worker);
      this.#tickers.schedule(worker, now);
    } else this.#rearm(worker);
  }

  /** Writes a value into the result store, where a new run of the container has none yet, and tells of a change. */
  #store(worker: number, value: number, isNewRun: boolean): void {
    const changed = isNewRun || this.#workers.value[worker] !== value;
    this.#workers.value[worker] = value;
    if (!changed) return;
    const c = this.#workers.container[worker]!;
    const { type } = this.#specs[worker]!;
    this.#tell(c, type, value === ProbeResult.Success, isNewRun);
    this.#listener.onResult(c, type, value);
  }

  #tell(c: number, type: ProbeSpec['type'], succeeded: boolean, isFirst: boolean): void {
    const { pod, index } = this.#containers;
    this.#context.journal?.probeResult?.(pod[c]!, index[c]!, type, succeeded, isFirst);
  }
}

/** In place of a port: whichever requests go to. */
export const ANY_PORT = -1;

/** Which part of the node works for a probe, and for how long, ns. */
const KUBELET_WORK: Readonly<Record<ProbeHandler, readonly [NodePart, number]>> = {
  exec: ['runtime', kubeletParameters.probeExec.value],
  httpGet: ['kubelet', kubeletParameters.probeHttp.value],
  tcpSocket: ['kubelet', kubeletParameters.probeTcp.value],
  grpc: ['kubelet', kubeletParameters.probeGrpc.value],
};

/** Odds are worked out for speeds that differ by a hundredth at least. */
const coarse = (speed: number): number => (speed > 0.995 ? Math.min(1, speed) : Number(speed.toPrecision(2)));
