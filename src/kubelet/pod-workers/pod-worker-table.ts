// What a kubelet knows of its pods beside their containers, as flat columns. Part of the kubelet.

import type { ContainerId, PodId } from '../../cluster/index.js';
import { growColumns } from '../../engine/index.js';

/** The phases of a pod worker; they only move forward, but for a kubelet or a static pod that restarts. */
export const WorkerPhase = { None: 0, Sync: 1, Terminating: 2, Terminated: 3, Finished: 4 } as const;

/** Values of `operation`, and the label of the metric. */
export const Operation = { Create: 0, Update: 1, Sync: 2, Terminated: 3 } as const;
export const OPERATION_NAMES = ['create', 'update', 'sync', 'terminated'] as const;

const NOTHING_YET = { grace: Number.NaN, lastSyncEnd: Number.NaN, stopsAt: Number.NaN, retryHandle: -1 };

export class PodWorkerTable {
  /** First container of the pod; the others follow. */
  firstContainer = new Int32Array(0);
  containerCount = new Uint8Array(0);
  phase = new Uint8Array(0);
  /** One more whenever what the worker has under way is void: its events carry the number they were made with. */
  generation = new Int32Array(0);
  /** How often the pod has restarted. */
  incarnation = new Int32Array(0);
  /** A sync is under way. */
  busy = new Uint8Array(0);
  /** The worker waits for the PLEG's cache. */
  waiting = new Uint8Array(0);
  /** An update arrived meanwhile: sync again. */
  again = new Uint8Array(0);
  deletionRequested = new Uint8Array(0);
  /** Why admission refused the pod, as in `admission.ts`; 0 if it did not. */
  rejected = new Uint8Array(0);
  /** Its activeDeadlineSeconds are over. */
  isOverdue = new Uint8Array(0);
  /** Its node has given it up: for want of memory, or because it goes off. */
  isEvicted = new Uint8Array(0);
  /** With so much grace; NaN: its own. ns. */
  grace = new Float64Array(0);
  /** It runs, and its kubelet, which has restarted, has no probe workers for it yet. */
  lacksProbes = new Uint8Array(0);
  operation = new Uint8Array(0);
  syncStartedAt = new Float64Array(0);
  /** NaN before the first sync has ended. */
  lastSyncEnd = new Float64Array(0);
  /** Containers, as bits by index, that the sync under way has yet to kill and to start. */
  toKill = new Int32Array(0);
  toStart = new Int32Array(0);
  /** When they have been killed, nothing that has run before counts. */
  restartsAll = new Uint8Array(0);
  /** Volumes that are images and have been seen to in the sync under way: so many of the template's. */
  imageVolumes = new Int32Array(0);
  /** Containers, as bits by index, whose volumes are not there. */
  lacksVolume = new Int32Array(0);
  /** Index of the container that is being started. */
  starting = new Uint8Array(0);
  /** How long its CreateContainer and StartContainer take, ns. */
  createTakes = new Float64Array(0);
  startTakes = new Float64Array(0);
  failed = new Uint8Array(0);
  /** Earliest end of a back-off that held up a container in this sync, NaN if none did. */
  backOffUntil = new Float64Array(0);
  retryHandle = new Float64Array(0);
  retries = new Int32Array(0);
  stops = new Int32Array(0);
  sandboxStops = new Int32Array(0);
  /** When the containers that the worker waits for will have been stopped; NaN: it waits for none. */
  stopsAt = new Float64Array(0);
  /** Sandboxes made so far. */
  sandboxes = new Int32Array(0);

  /** Calls `visit` for each container of a pod, in the order of the template. */
  forEachContainer(pod: PodId, visit: (container: ContainerId, index: number) => void): void {
    const first = this.firstContainer[pod]!;
    const count = this.containerCount[pod]!;
    for (let index = 0; index < count; index++) visit(first + index, index);
  }

  /** The same pod once more, as a static pod whose file has come back: nothing of what happened to it before counts. */
  restart(pod: PodId): void {
    this.incarnation[pod]! += 1;
    for (const column of [this.deletionRequested, this.isOverdue, this.isEvicted, this.rejected]) column[pod] = 0;
    this.grace[pod] = Number.NaN;
  }

  ensure(pod: PodId): void {
    if (pod < this.phase.length) return;
    growColumns(this, Math.max(1024, pod * 2), NOTHING_YET);
  }
}
