// What the processes in the containers do, which no manifest says: start, serve, exit by themselves, end when told to.
// Part of the kubelet. It moves what the runtime would say of a container; the kubelet learns of it from the PLEG.

import { type Context, containersOf } from '../cluster/index.js';
import { type Duration, type EventKind, type Instant, type RandomStream, sample } from '../engine/index.js';
import { ContainerState, type ContainerTable, ExitReason } from './container-table.js';
import { stopDuration } from './termination.js';

export interface ApplicationListener {
  /** A container has ended. */
  onExited(container: number): void;
  /** What its probes would find has changed, or may have. */
  onAnswersChanged(container: number): void;
}

export class Applications {
  readonly #context: Context;
  readonly #containers: ContainerTable;
  readonly #listener: ApplicationListener;
  readonly #behavior: RandomStream;
  readonly #exited: EventKind;
  readonly #killed: EventKind;
  readonly #answersChanged: EventKind;

  constructor(context: Context, containers: ContainerTable, listener: ApplicationListener) {
    const { simulation, streams } = context;
    this.#context = context;
    this.#containers = containers;
    this.#listener = listener;
    this.#behavior = streams.stream('application');
    this.#exited = simulation.on('application/exited', (c, run) => this.#onExited(c, run));
    this.#killed = simulation.on('application/killed', (c, argument) => this.#onKilled(c, argument));
    this.#answersChanged = simulation.on('application/answers-changed', (c) => listener.onAnswersChanged(c));
  }

  /** A run of the container begins now. */
  start(c: number): void {
    const { now } = this.#context.simulation;
    const t = this.#containers;
    const spec = this.#specOf(c);
    const startup = Math.round(sample(spec.behavior.startup, this.#behavior.uniform(c, t.run[c]! * 4)));
    t.run[c]! += 1;
    t.state[c] = ContainerState.Running;
    t.startedAt[c] = now;
    t.servesAt[c] = now + startup;
    t.exitReason[c] = ExitReason.None;
    if (startup > 0 && spec.probes.length > 0) this.#schedule(t.servesAt[c]!, this.#answersChanged, c);
    this.scheduleExit(c);
  }

  /** Schedules the end that the present run comes to by itself, if it does. */
  scheduleExit(c: number): void {
    const { exit } = this.#specOf(c).behavior;
    if (exit === undefined) return;
    const run = this.#containers.run[c]!;
    const after = Math.round(sample(exit.after, this.#behavior.uniform(c, run * 4 + 1)));
    this.#schedule(this.#context.simulation.now + after, this.#exited, c, run);
  }

  /** Sends SIGTERM and returns when the process ends: after its own shutdown, or at the end of its grace. */
  stop(c: number, reason: number, graceOfProbe?: Duration): Instant {
    const { simulation, spec: cluster, pods } = this.#context;
    const run = this.#containers.run[c]!;
    const spec = this.#specOf(c);
    const { template } = cluster.workloads[pods.workload[this.#containers.pod[c]!]!]!;
    const shutdown = Math.round(sample(spec.behavior.shutdown, this.#behavior.uniform(c, run * 4 + 2)));
    const grace = graceOfProbe ?? template.terminationGracePeriod;
    const at = (simulation.now + stopDuration(spec.preStopSleep, shutdown as Duration, grace)) as Instant;
    this.#schedule(at, this.#killed, c, run * 8 + reason);
    return at;
  }

  /** Its readiness endpoint says no for a while. */
  flapReadiness(c: number, duration: Duration): void {
    const until = this.#context.simulation.now + duration;
    this.#containers.unreadyUntil[c] = until;
    this.#schedule(until, this.#answersChanged, c);
    this.#listener.onAnswersChanged(c);
  }

  #onExited(c: number, run: number): void {
    const t = this.#containers;
    if (t.state[c] !== ContainerState.Running || t.run[c] !== run) return;
    this.#end(c, ExitReason.Exit, this.#specOf(c).behavior.exit!.code);
  }

  #onKilled(c: number, argument: number): void {
    const t = this.#containers;
    const run = Math.floor(argument / 8);
    if (t.state[c] !== ContainerState.Running || t.run[c] !== run) return;
    // 137 = 128 + SIGKILL, 143 = 128 + SIGTERM: the common ends; which of the two makes no difference here.
    this.#end(c, argument % 8, 143);
  }

  #end(c: number, reason: number, code: number): void {
    const t = this.#containers;
    t.state[c] = ContainerState.Exited;
    t.finishedAt[c] = this.#context.simulation.now;
    t.exitReason[c] = reason;
    t.exitCode[c] = code;
    this.#listener.onExited(c);
  }

  #specOf(c: number) {
    return containersOf(this.#context, this.#containers.pod[c]!)[this.#containers.index[c]!]!;
  }

  /** Nothing after the end of the run can matter: an application may be meant to run for years. */
  #schedule(at: number, kind: EventKind, c: number, argument = 0): void {
    const { simulation, spec } = this.#context;
    if (at < spec.duration) simulation.schedule(at as Instant, kind, c, argument);
  }
}
