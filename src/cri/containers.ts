// The containers of a run as the runtime knows them, in columns. Part of the runtime. A process that starts or ends writes here;
// everybody else reads, and a kubelet learns of it from the PLEG and its probes. Others keep columns of their own beside these.

import type { ContainerId, PodId } from '../cluster/index.js';
import { type Column, type EntityKey, growColumns, type Instant } from '../engine/index.js';

export const ContainerState = { Waiting: 0, Running: 1, Exited: 2 } as const;

/** Why a container ended. */
export const ExitReason = {
  None: 0,
  Liveness: 1,
  Startup: 2,
  Exit: 3,
  Deleted: 4,
  OutOfMemory: 5,
  Node: 6,
  Hook: 7,
  RestartAll: 8,
  Resize: 9,
} as const;
export const EXIT_REASON_NAMES = [
  'none',
  'liveness',
  'startup',
  'exit',
  'deleted',
  'oom',
  'node',
  'hook',
  'restart-all',
  'resize',
] as const;

/** A container that was running long before the run begins started then, ns. */
const LONG_AGO = -1e12;

/** What may be read of the containers. */
export interface ContainersView {
  readonly pod: Column;
  /** Position in the pod's template. */
  readonly index: Column;
  /** One of {@link ContainerState}. */
  readonly state: Column;
  /** Number of starts so far; names the present run, like a container ID. */
  readonly run: Column;
  /** Of the present run, ns. */
  readonly startedAt: Column;
  /** End of the latest run that has ended, NaN if none has; ns. */
  readonly finishedAt: Column;
  /** Of that run, one of {@link ExitReason}; and its code. */
  readonly exitReason: Column;
  readonly exitCode: Column;
  /** What names a container in draws. */
  keyOf(c: ContainerId): EntityKey;
  /** Whether the runtime still has the container of the latest run. */
  isThere(c: ContainerId): boolean;
  /** Columns that somebody keeps of each container: they become longer with these. @param fill of new entries, 0 if left out. */
  with<T extends object>(columns: T, fill?: Readonly<Record<string, number>>): T;
}

class RuntimeColumns {
  pod = new Int32Array(0);
  key = new Int32Array(0);
  index = new Uint8Array(0);
  state = new Uint8Array(0);
  run = new Int32Array(0);
  startedAt = new Float64Array(0);
  finishedAt = new Float64Array(0);
  exitReason = new Uint8Array(0);
  exitCode = new Uint8Array(0);
  /** Runs that the runtime has no container of any more. */
  removedRuns = new Int32Array(0);
}

export class Containers extends RuntimeColumns implements ContainersView {
  #count = 0;
  readonly #others: { readonly columns: object; readonly fill: Readonly<Record<string, number>> }[] = [];

  with<T extends object>(columns: T, fill: Readonly<Record<string, number>> = {}): T {
    growColumns(columns, this.pod.length, fill);
    this.#others.push({ columns, fill });
    return columns;
  }

  /** Adds a container and returns its number. */
  add(pod: PodId, index: number, key: EntityKey): ContainerId {
    const c = this.#count++;
    if (c === this.pod.length) this.#grow(Math.max(1024, c * 2));
    this.pod[c] = pod;
    this.index[c] = index;
    this.key[c] = key;
    return c;
  }

  #grow(capacity: number): void {
    growColumns(this, capacity, { finishedAt: Number.NaN });
    for (const { columns, fill } of this.#others) growColumns(columns, capacity, fill);
  }

  keyOf(c: ContainerId): EntityKey {
    return this.key[c]! as EntityKey;
  }

  isThere(c: ContainerId): boolean {
    return this.run[c]! > this.removedRuns[c]!;
  }

  /** A container that was there long before the run begins. @param hasEnded it has done its work. */
  seed(c: ContainerId, hasEnded: boolean): void {
    this.state[c] = hasEnded ? ContainerState.Exited : ContainerState.Running;
    this.run[c] = 1;
    this.startedAt[c] = LONG_AGO;
    if (!hasEnded) return;
    this.exitReason[c] = ExitReason.Exit;
    this.finishedAt[c] = LONG_AGO;
  }

  /** Its next run begins. */
  begin(c: ContainerId, now: Instant): void {
    this.run[c]! += 1;
    this.state[c] = ContainerState.Running;
    this.startedAt[c] = now;
    this.exitReason[c] = ExitReason.None;
  }

  /** Its run ends. */
  end(c: ContainerId, now: Instant, reason: number, code: number): void {
    this.state[c] = ContainerState.Exited;
    this.finishedAt[c] = now;
    this.exitReason[c] = reason;
    this.exitCode[c] = code;
  }

  /** Its pod restarts: its runs so far have been removed, and nobody remembers them. */
  remove(c: ContainerId): void {
    this.removedRuns[c] = this.run[c]!;
    this.finishedAt[c] = Number.NaN;
  }
}
