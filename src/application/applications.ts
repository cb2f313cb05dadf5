// What the processes in the containers do, which no manifest says: start, serve, fall into trouble and out of it, exit by
// themselves, end when told to. Part of the application. It moves what the runtime would say of a container; the kubelet learns
// of it from the PLEG and from its probes.

import {
  type ContainerId,
  type ContainerSpec,
  type Context,
  type CpuGroup,
  containersOf,
  type NodeCpu,
  type NodeId,
  type Supply,
  templateOf,
} from '../cluster/index.js';
import { ContainerState, type Containers, ExitReason } from '../cri/index.js';
import {
  type Distribution,
  type Duration,
  type EventHandle,
  type EventKind,
  type Instant,
  NO_EVENT,
  type RandomStream,
  sample,
} from '../engine/index.js';
import { besideOf, limitedSwap, type NodeSupply, phaseAt, throttledRun } from '../node/index.js';
import { Holdings } from './holdings.js';

/** What whoever asks the application finds; of several troubles the greater number counts. */
export const ApplicationState = { Dead: 0, Starting: 1, Serving: 2, Slow: 3, Unready: 4, Hung: 5 } as const;

export interface ApplicationListener {
  /** A container has ended. */
  onExited(container: ContainerId): void;
  /** What its probes would find has changed, or may have. */
  onOddsChanged(container: ContainerId): void;
  /** A container has started that needs no time to answer; its probes learn of it with its status. */
  onServesAtOnce(container: ContainerId): void;
  /** Its files take more space than its limit allows. */
  onDiskLimit(container: ContainerId): void;
}

/** Exit code of a process that a signal ends: the runtime adds this. */
const BY_SIGNAL = 128;
const SIGKILL = 9;
const SIGTERM = 15;
const KILLED = BY_SIGNAL + SIGKILL;
/** What containerd says of a container whose process it finds gone (unknownExitCode in pkg/cri/server/events.go). */
const UNKNOWN = 255;

/** Draws of a run, by what they are for. */
const DRAWS_A_RUN = 4;
const Draw = { Startup: 0, Exit: 1, Shutdown: 2 } as const;

/** What an application keeps of each container. */
class ApplicationColumns {
  /** From when on it answers, as far as can be told now: a starved node moves it. */
  servesAt = new Float64Array(0);
  /** The event at that instant. */
  servesHandle = new Float64Array(0);
  /** CPU clock of the container at which it answers. */
  servesAtCpu = new Float64Array(0);
  /** CPU that it uses now, millicores. */
  cpuMillis = new Float64Array(0);
  /** Troubles that it is in, as bits: one for each of its episodes. */
  troubles = new Uint8Array(0);
  /** Until when a fault makes its readiness endpoint say no… */
  unreadyUntil = new Float64Array(0);
  /** … or keeps it from answering at all. */
  hungUntil = new Float64Array(0);
}

/** What the nodes have for applications to use up. */
export type Supplies = Readonly<Record<Supply, NodeSupply>>;

export class Applications {
  /** Bytes of memory: they are given back when the process ends. */
  readonly memory: Holdings;
  /** Bytes on the node's disk, which stay until the container is removed or begins anew. */
  readonly disk: Holdings;
  readonly processes: Holdings;
  readonly #context: Context;
  readonly #containers: Containers;
  readonly #columns: ApplicationColumns;
  readonly #cpu: NodeCpu;
  readonly #listener: ApplicationListener;
  readonly #behavior: RandomStream;
  readonly #episodes: RandomStream;
  readonly #hooks: RandomStream;
  readonly #hookFailures: RandomStream;
  /** Containers that are starting, by node: a change of the CPU share moves the end of it. */
  readonly #starting = new Map<number, Set<number>>();
  /** Draws of episodes so far, by container. */
  readonly #episodeDraws = new Map<number, number>();
  readonly #exited: EventKind;
  readonly #killed: EventKind;
  readonly #serves: EventKind;
  readonly #episode: EventKind;
  readonly #faultEnds: EventKind;

  constructor(
    context: Context,
    containers: Containers,
    cpu: NodeCpu,
    supplies: Supplies,
    listener: ApplicationListener,
  ) {
    const { simulation, streams } = context;
    this.#context = context;
    this.#containers = containers;
    this.#columns = containers.with(new ApplicationColumns(), { servesHandle: NO_EVENT });
    this.#cpu = cpu;
    this.#listener = listener;
    this.#behavior = streams.stream('application');
    this.#episodes = streams.stream('application/episode');
    this.#hooks = streams.stream('application/hook');
    this.#hookFailures = streams.stream('application/hook-failure');
    this.memory = new Holdings(context, containers, {
      what: 'memory',
      supply: supplies.memory,
      heldOf: ({ behavior }) => behavior.memory,
      limitOf: (spec, c) => spec.memoryLimitBytes + this.#swapOf(spec, c),
      elsewhere: (spec, c) => this.#swapOf(spec, c),
      onLimit: (c) => this.#end(c, ExitReason.OutOfMemory, KILLED),
    });
    this.disk = new Holdings(context, containers, {
      what: 'disk',
      supply: supplies.disk,
      heldOf: ({ behavior }) => behavior.disk,
      // It may fill its limit to the last byte.
      limitOf: ({ diskLimitBytes }) => diskLimitBytes + 1,
      onLimit: (c) => listener.onDiskLimit(c),
    });
    this.processes = new Holdings(context, containers, {
      what: 'processes',
      supply: supplies.processes,
      heldOf: ({ behavior }) => behavior.processes,
      limitOf: () => Infinity,
      onLimit: () => {},
    });
    this.#exited = simulation.on('application/exited', (c, run) => this.#onExited(c, run));
    this.#killed = simulation.on('application/killed', (c, argument) => this.#onKilled(c, argument));
    this.#serves = simulation.on('application/serves', (c) => this.#onServes(c));
    this.#episode = simulation.on('application/episode', (c, argument) => this.#onEpisode(c, argument));
    this.#faultEnds = simulation.on('application/fault-ends', (c) => listener.onOddsChanged(c));
  }

  #swapOf(spec: ContainerSpec, c: number): number {
    const { nodes, pods } = this.#context;
    const pod = this.#containers.pod[c]!;
    return limitedSwap(spec, templateOf(this.#context, pod), nodes.poolOf(pods.node[pod]!));
  }

  /** What somebody who asks now finds. */
  stateOf(c: number): number {
    const t = this.#containers;
    const own = this.#columns;
    const { now } = this.#context.simulation;
    if (t.state[c] !== ContainerState.Running) return ApplicationState.Dead;
    if (own.servesAt[c]! > now) return ApplicationState.Starting;
    let state: number = ApplicationState.Serving;
    if (own.troubles[c] !== 0) {
      this.#specOf(c).behavior.episodes.forEach((episode, i) => {
        if ((own.troubles[c]! & (1 << i)) !== 0) state = Math.max(state, TROUBLE[episode.state]);
      });
    }
    if (own.hungUntil[c]! > now) return ApplicationState.Hung;
    return own.unreadyUntil[c]! > now ? Math.max(state, ApplicationState.Unready) : state;
  }

  /** Time to answer a probe that is answered at all, with all the CPU it wants. */
  latencyOf(c: number): Distribution {
    const { behavior } = this.#specOf(c);
    const troubles = this.#columns.troubles[c]!;
    if (troubles !== 0) {
      const slow = behavior.episodes.find((episode, i) => episode.state === 'slow' && (troubles & (1 << i)) !== 0);
      if (slow?.probeLatency !== undefined) return slow.probeLatency;
    }
    return behavior.probeLatency;
  }

  /** A run of the container begins now. */
  start(c: number): void {
    const { now } = this.#context.simulation;
    const own = this.#columns;
    const { behavior } = this.#specOf(c);
    const startup = this.#draw(behavior.startup, c, Draw.Startup);
    this.#containers.begin(c, now);
    own.troubles[c] = 0;
    own.hungUntil[c] = 0;
    if (startup > 0) {
      const node = this.#nodeOf(c);
      this.#useCpu(c, behavior.startupCpuMillis);
      const clock = this.#cpu.clock(this.#groupOf(c));
      own.servesAtCpu[c] = clock + this.#inLimit(c, startup, behavior.startupCpuMillis);
      const starting = this.#starting.get(node) ?? new Set();
      this.#starting.set(node, starting.add(c));
      this.#expectServing(c);
    } else {
      own.servesAt[c] = now;
      this.#beginServing(c);
      this.#listener.onServesAtOnce(c);
    }
    this.scheduleExit(c);
    this.#useUp(c);
  }

  /** A container that has been serving for long when the run begins; its memory grows from there. */
  seed(c: number): void {
    this.#columns.servesAt[c] = this.#containers.startedAt[c]!;
    this.#beginServing(c);
    this.scheduleExit(c);
    this.#useUp(c);
  }

  #useUp(c: number): void {
    this.memory.begin(c);
    this.disk.begin(c);
    this.processes.begin(c);
  }

  /** The kernel kills a process because there is no memory left. */
  killForMemory(c: number): void {
    if (this.#containers.state[c] === ContainerState.Running) this.#end(c, ExitReason.OutOfMemory, KILLED);
  }

  /** Schedules the end that the present run comes to by itself, if it does. */
  scheduleExit(c: number): void {
    const { exit } = this.#specOf(c).behavior;
    if (exit === undefined) return;
    const run = this.#containers.run[c]!;
    const after = Math.round(
      sample(exit.after, this.#behavior.uniform(this.#containers.keyOf(c), run * DRAWS_A_RUN + Draw.Exit)),
    );
    this.#schedule(this.#context.simulation.now + after, this.#exited, c, run);
  }

  /** What the process needs after its stop signal in its present run; nothing after SIGKILL. */
  shutdownDuration(c: number): Duration {
    if (this.#stopSignalOf(c) === SIGKILL) return 0;
    const { shutdown, shutdownCpuMillis } = this.#specOf(c).behavior;
    return this.#takes(c, this.#draw(shutdown, c, Draw.Shutdown), shutdownCpuMillis);
  }

  /** Whether the postStart hook of the present run fails. */
  postStartFails(c: number): boolean {
    const { postStartFailures } = this.#specOf(c).behavior;
    return (
      postStartFailures > 0 &&
      this.#hookFailures.uniform(this.#containers.keyOf(c), this.#containers.run[c]!) < postStartFailures
    );
  }

  /** Time of its preStop or postStart hook in the present run; 0 without one. */
  hookDuration(c: number, hook: 'preStop' | 'postStart'): Duration {
    const { behavior, ...spec } = this.#specOf(c);
    const handler = spec[hook];
    if (handler === undefined) return 0;
    if (handler.handler === 'sleep') return handler.sleep;
    const u = this.#hooks.uniform(
      this.#containers.keyOf(c),
      this.#containers.run[c]! * 2 + (hook === 'preStop' ? 0 : 1),
    );
    return this.#takes(c, Math.round(sample(behavior[hook], u)), behavior.hookCpuMillis);
  }

  /** How long work in a container lasts that would take so long with so much CPU, as things are now, ns. */
  #takes(c: number, duration: Duration, cpuMillis: number): Duration {
    if (cpuMillis === 0) return duration;
    const pod = this.#containers.pod[c]!;
    const index = this.#containers.index[c]!;
    const { simulation } = this.#context;
    const limit = this.#cpu.limitOf(pod, index);
    const phase = phaseAt(simulation.now, limit.offset, limit.period);
    const threads = cpuMillis / 1000;
    const beside = besideOf(this.#columns.cpuMillis[c]! / 1000, limit);
    const run = throttledRun(duration * threads, threads, limit, phase, beside);
    return Math.round(run.duration / this.#cpu.threadSpeed(pod, index));
  }

  /**
   * What the clock of a container must go on for its start, which is all that runs in it. Under a limit the kernel stops its
   * threads in each period: that comes to the limit in the long run, and to a little more or less in the periods at both ends.
   */
  #inLimit(c: number, startup: Duration, cpuMillis: number): number {
    const pod = this.#containers.pod[c]!;
    const index = this.#containers.index[c]!;
    const limit = this.#cpu.limitOf(pod, index);
    const threads = cpuMillis / 1000;
    const allowed = limit.amount / limit.period;
    if (threads <= allowed || this.#cpu.demandIn(pod, index) !== cpuMillis) return startup;
    const phase = phaseAt(this.#context.simulation.now, limit.offset, limit.period);
    return throttledRun(startup * threads, threads, limit, phase).duration * (allowed / threads);
  }

  /**
   * The process ends at that instant because it was told to, unless it has ended before.
   * @param killed by SIGKILL: it would have needed longer.
   */
  killAt(at: Instant, c: number, reason: number, killed: boolean): void {
    this.#schedule(at, this.#killed, c, this.#containers.run[c]! * 32 + reason * 2 + (killed ? 1 : 0));
  }

  /** What ends it first: SIGTERM, or what its manifest says where the kubelet knows of that. */
  #stopSignalOf(c: number): number {
    const { stopSignals } = this.#context.nodes.poolOf(this.#nodeOf(c)).kubelet;
    return (stopSignals ? this.#specOf(c).stopSignal : undefined) ?? SIGTERM;
  }

  /** Containers that run get other requests and limits, which `apply` puts in force. */
  resize(containers: readonly ContainerId[], apply: () => void): void {
    const [first] = containers;
    if (first === undefined) apply();
    else this.#cpu.resize(this.#containers.pod[first]!, apply);
    for (const c of containers) this.memory.reconsider(c);
  }

  /** Its readiness endpoint says no for a while. */
  flapReadiness(c: number, duration: Duration): void {
    this.#fault(this.#columns.unreadyUntil, c, duration);
  }

  /** It answers nothing for a while. */
  hang(c: number, duration: Duration): void {
    this.#fault(this.#columns.hungUntil, c, duration);
  }

  /** Its node is gone: the process, if it runs, is dead at once. */
  endNow(c: number, reason: number): void {
    if (this.#containers.state[c] === ContainerState.Running) this.#end(c, reason, UNKNOWN);
  }

  /** All on a node go on faster or slower: who is starting there is done later, or sooner. */
  onNodeSpeedChanged(node: NodeId): void {
    const starting = this.#starting.get(node);
    if (starting !== undefined) for (const c of starting) this.#expectServing(c);
  }

  /** The same of one container. */
  onSpeedChanged(c: number): void {
    if (this.#starting.get(this.#nodeOf(c))?.has(c) === true) this.#expectServing(c);
  }

  #fault(until: Float64Array, c: number, duration: Duration): void {
    const end = this.#context.simulation.now + duration;
    until[c] = Math.max(until[c]!, end);
    this.#schedule(end, this.#faultEnds, c);
    this.#listener.onOddsChanged(c);
  }

  #expectServing(c: number): void {
    const { simulation } = this.#context;
    const own = this.#columns;
    const at = this.#cpu.instantAt(this.#groupOf(c), own.servesAtCpu[c]!);
    simulation.cancel(own.servesHandle[c]! as EventHandle);
    own.servesAt[c] = at;
    own.servesHandle[c] = simulation.scheduleCancellable(at, this.#serves, c);
  }

  #onServes(c: number): void {
    this.#columns.servesHandle[c] = NO_EVENT;
    this.#stopStarting(c);
    this.#beginServing(c);
    this.#listener.onOddsChanged(c);
  }

  #beginServing(c: number): void {
    const { behavior } = this.#specOf(c);
    this.#useCpu(c, behavior.servingCpuMillis);
    behavior.episodes.forEach((_, i) => {
      this.#expectEpisode(c, i, true);
    });
  }

  #expectEpisode(c: number, index: number, begins: boolean): void {
    const episode = this.#specOf(c).behavior.episodes[index]!;
    const distribution = begins ? episode.after : episode.lasts;
    if (distribution === undefined) return;
    const n = this.#episodeDraws.get(c) ?? 0;
    this.#episodeDraws.set(c, n + 1);
    const wait = Math.round(sample(distribution, this.#episodes.uniform(this.#containers.keyOf(c), n)));
    const argument = this.#containers.run[c]! * 16 + index * 2 + (begins ? 1 : 0);
    this.#schedule(this.#context.simulation.now + wait, this.#episode, c, argument);
  }

  #onEpisode(c: number, argument: number): void {
    const t = this.#containers;
    const own = this.#columns;
    if (t.state[c] !== ContainerState.Running || t.run[c] !== Math.floor(argument / 16)) return;
    const index = (argument % 16) >> 1;
    const begins = argument % 2 === 1;
    if (begins) own.troubles[c]! |= 1 << index;
    else own.troubles[c]! &= ~(1 << index);
    this.#expectEpisode(c, index, !begins);
    this.#listener.onOddsChanged(c);
  }

  #onExited(c: number, run: number): void {
    const t = this.#containers;
    if (t.state[c] !== ContainerState.Running || t.run[c] !== run) return;
    const { code, isOutOfMemory } = this.#specOf(c).behavior.exit!;
    this.#end(c, isOutOfMemory === true ? ExitReason.OutOfMemory : ExitReason.Exit, code);
  }

  #onKilled(c: number, argument: number): void {
    const t = this.#containers;
    const run = Math.floor(argument / 32);
    if (t.state[c] !== ContainerState.Running || t.run[c] !== run) return;
    const signal = argument % 2 === 1 ? SIGKILL : this.#stopSignalOf(c);
    // Nobody handles SIGKILL.
    const handled = signal === SIGKILL ? undefined : this.#specOf(c).behavior.shutdownExitCode;
    this.#end(c, (argument % 32) >> 1, handled ?? BY_SIGNAL + signal);
  }

  #end(c: number, reason: number, code: number): void {
    const { simulation } = this.#context;
    const t = this.#containers;
    const own = this.#columns;
    t.end(c, simulation.now, reason, code);
    simulation.cancel(own.servesHandle[c]! as EventHandle);
    own.servesHandle[c] = NO_EVENT;
    this.#useCpu(c, 0);
    this.#stopStarting(c);
    this.memory.release(c);
    this.processes.release(c);
    this.disk.keep(c);
    this.#context.journal?.containerEnded?.(t.pod[c]!, t.index[c]!, code);
    this.#listener.onExited(c);
  }

  #useCpu(c: number, millis: number): void {
    const own = this.#columns;
    const before = own.cpuMillis[c]!;
    if (millis === before) return;
    own.cpuMillis[c] = millis;
    this.#cpu.changeDemand(this.#groupOf(c), millis - before);
  }

  #stopStarting(c: number): void {
    if (this.#starting.get(this.#nodeOf(c))?.delete(c) !== true) return;
    this.#cpu.leave(this.#containers.pod[c]!, this.#containers.index[c]!);
  }

  #groupOf(c: number): CpuGroup {
    return this.#cpu.containerOf(this.#containers.pod[c]!, this.#containers.index[c]!);
  }

  #draw(distribution: Distribution, c: number, what: number): Duration {
    const n = this.#containers.run[c]! * DRAWS_A_RUN + what;
    return Math.round(sample(distribution, this.#behavior.uniform(this.#containers.keyOf(c), n)));
  }

  #nodeOf(c: number): number {
    return this.#context.pods.node[this.#containers.pod[c]!]!;
  }

  #specOf(c: number) {
    return containersOf(this.#context, this.#containers.pod[c]!)[this.#containers.index[c]!]!;
  }

  /** Nothing after the end of the run can matter: an application may be meant to run for years. */
  #schedule(at: number, kind: EventKind, c: number, argument = 0): void {
    const { simulation } = this.#context;
    simulation.schedule(at, kind, c, argument);
  }
}

const TROUBLE = {
  slow: ApplicationState.Slow,
  hung: ApplicationState.Hung,
  unready: ApplicationState.Unready,
} as const;
