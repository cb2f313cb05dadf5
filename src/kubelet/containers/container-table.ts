// All containers of a run as flat columns. Part of the kubelet.
// Three views of one container stand side by side, and most of what a kubelet does late is the difference between them:
// what it really does (runtime), what the last relist saw (cache), and what the status manager has stored (status), which
// is all a probe worker looks at.

import type { PodId } from '../../cluster/index.js';
import { type EntityKey, growColumns, NO_EVENT } from '../../engine/index.js';

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
} as const;
export const EXIT_REASON_NAMES = ['none', 'liveness', 'startup', 'exit', 'deleted', 'oom', 'node', 'hook'] as const;

/** Why a container waits, as its status says. */
export const WaitingReason = { None: 0, CrashLoopBackOff: 1, ErrImagePull: 2, ImagePullBackOff: 3 } as const;

/** What has not happened yet. */
const NEVER = {
  stopCall: Number.NaN,
  finishedAt: Number.NaN,
  cachedFinishedAt: Number.NaN,
  seenFinishedAt: Number.NaN,
  servesHandle: NO_EVENT,
};

export class ContainerTable {
  count = 0;
  pod = new Int32Array(0);
  /** What names each container in draws. */
  key = new Int32Array(0);
  /** Position in the pod's template. */
  index = new Uint8Array(0);

  // What the runtime would say.
  state = new Uint8Array(0);
  /** Number of starts so far; names the present run, like a container ID. */
  run = new Int32Array(0);
  startedAt = new Float64Array(0);
  /** From when on it answers, as far as can be told now: a starved node moves it. */
  servesAt = new Float64Array(0);
  /** The event at that instant. */
  servesHandle = new Float64Array(0);
  /** CPU that it uses now, millicores. */
  cpuMillis = new Float64Array(0);
  /** Memory that it held at an instant, which follows, and what it has taken in a second since; bytes. */
  memoryBytes = new Float64Array(0);
  memorySince = new Float64Array(0);
  memoryRate = new Float64Array(0);
  /** CPU clock of the node at which it answers. */
  servesAtCpu = new Float64Array(0);
  /** Troubles that the application is in, as bits: one for each of its episodes. */
  troubles = new Uint8Array(0);
  /** Until when a fault makes its readiness endpoint say no… */
  unreadyUntil = new Float64Array(0);
  /** … or keeps it from answering at all. */
  hungUntil = new Float64Array(0);
  finishedAt = new Float64Array(0);
  /** What the runtime needs after the end of a container that is being stopped, NaN if it is not; ns. */
  stopCall = new Float64Array(0);
  stopBegan = new Float64Array(0);
  exitReason = new Uint8Array(0);
  exitCode = new Uint8Array(0);

  /** Runs that the runtime has no container of any more. */
  removedRuns = new Int32Array(0);

  // What the PLEG's cache says.
  cachedState = new Uint8Array(0);
  cachedRun = new Int32Array(0);
  /** End of the latest ended run in the cache, NaN if it holds none. */
  cachedFinishedAt = new Float64Array(0);
  /** The same as the pod worker's present sync read it at its beginning. */
  seenFinishedAt = new Float64Array(0);

  // What the status manager has stored.
  statusState = new Uint8Array(0);
  statusRun = new Int32Array(0);

  /** Attempts to start it that the runtime did not answer in time. */
  timedOut = new Int32Array(0);
  /** Why the last sync could not start it, one of {@link WaitingReason}. */
  waiting = new Uint8Array(0);
  /** Starts before the pod's present sandbox was made. */
  runsBefore = new Int32Array(0);

  // Back-off table and pending kills.
  backOffDelay = new Float64Array(0);
  backOffUpdatedAt = new Float64Array(0);
  /** The run that a liveness or startup probe condemned, and which of them. */
  condemnedRun = new Int32Array(0);
  condemnedBy = new Uint8Array(0);

  /** The PLEG's cache takes over what the runtime says of a container. */
  takeIntoCache(c: number): void {
    const isThere = this.run[c]! > this.removedRuns[c]!;
    this.cachedState[c] = isThere ? this.state[c]! : ContainerState.Waiting;
    this.cachedRun[c] = isThere ? this.run[c]! : 0;
    this.cachedFinishedAt[c] = this.finishedAt[c]!;
  }

  /** Its pod restarts: its runs so far have been cleared away, and nobody remembers them. */
  restart(c: number): void {
    this.removedRuns[c] = this.run[c]!;
    this.runsBefore[c] = this.run[c]!;
    this.backOffDelay[c] = 0;
    this.condemnedRun[c] = 0;
    this.finishedAt[c] = Number.NaN;
    this.takeIntoCache(c);
    this.statusState[c] = ContainerState.Waiting;
    this.statusRun[c] = 0;
  }

  keyOf(c: number): EntityKey {
    return this.key[c]! as EntityKey;
  }

  /** Adds a container and returns its number. */
  add(pod: PodId, index: number, key: EntityKey): number {
    const c = this.count++;
    if (c === this.pod.length) growColumns(this, Math.max(1024, c * 2), NEVER);
    this.pod[c] = pod;
    this.index[c] = index;
    this.key[c] = key;
    return c;
  }
}
