// From the probe that fails to the last node whose rules know of it: the arrows of a trace. Part of the report.

import type { NodeId, PodId, ServiceId } from '../../cluster/index.js';
import type { RunResult } from '../../results/index.js';
import type { TraceEntry, TraceLog } from './trace-log.js';

interface Track {
  readonly pid: number;
  readonly tid: number;
}

export interface FlowTracks {
  ofProbe(pod: PodId, index: number, type: number): Track;
  ofContainer(pod: PodId, index: number): Track;
  ofPod(pod: PodId): Track;
  ofSlices(): Track;
  ofProxy(node: NodeId): Track;
}

/** What made a pod serve no more: a slice that ends then, or of a pod that is deleted its life from then on. */
interface Cause {
  readonly pod: PodId;
  readonly time: number;
  readonly track: 'probe' | 'container' | 'pod';
  readonly index: number;
  readonly type: number;
}

/** One arrow: a cause, the write that tells of it, the sync that is the last to take it in. */
interface Flow {
  readonly cause: Cause;
  readonly service: ServiceId;
  written?: { readonly time: number; readonly position: number };
  lastSync?: { readonly node: NodeId; readonly end: number };
}

export class FlowFinder {
  readonly #log: TraceLog;
  readonly #nodes: number;
  readonly #deleted: Float64Array;

  constructor({ nodes, pods }: RunResult, log: TraceLog) {
    this.#log = log;
    this.#nodes = nodes.count;
    this.#deleted = pods.stamps.deleted;
  }

  /** Start, step and end of each arrow. An end binds to the slice that encloses it. */
  *flows(isOfInterest: (pod: number) => boolean, tracks: FlowTracks): Generator<Readonly<Record<string, unknown>>> {
    let id = 0;
    for (const { cause, written, lastSync } of this.#find(isOfInterest)) {
      if (written === undefined) continue;
      const flow = { cat: 'endpoints', name: 'endpoint change', id: ++id };
      yield { ph: 's', ...flow, ...trackOf(cause, tracks), ts: within(cause.time) };
      yield { ph: lastSync === undefined ? 'f' : 't', bp: 'e', ...flow, ...tracks.ofSlices(), ts: written.time / 1000 };
      if (lastSync !== undefined)
        yield { ph: 'f', bp: 'e', ...flow, ...tracks.ofProxy(lastSync.node), ts: within(lastSync.end) };
    }
  }

  /** A pod that has been deleted serves no more because of that. */
  #deletionOf({ subject: pod, time }: TraceEntry): Cause | undefined {
    const deleted = this.#deleted[pod]!;
    return deleted <= time ? { pod, time: deleted + 1, track: 'pod', index: 0, type: 0 } : undefined;
  }

  #find(isOfInterest: (pod: PodId) => boolean): Flow[] {
    const causes = new Map<number, Cause>();
    /** By service: changes that wait for the next write of its slices. */
    const waiting = new Map<number, Flow[]>();
    /** Written, and not yet known to all nodes, in the order of their positions. */
    const flows: Flow[] = [];
    const knows = new Int32Array(this.#nodes).fill(-1);
    for (const entry of this.#log.entries()) {
      const cause = causeOf(entry);
      if (cause !== undefined) causes.set(cause.pod, cause);
      else if (entry.kind === 'endpointLeft') {
        const known = this.#deletionOf(entry) ?? causes.get(entry.subject);
        if (known === undefined || !isOfInterest(entry.subject)) continue;
        const flow: Flow = { cause: known, service: entry.detail };
        waiting.set(flow.service, [...(waiting.get(flow.service) ?? []), flow]);
      } else if (entry.kind === 'slicesWritten') {
        for (const flow of waiting.get(entry.subject) ?? []) {
          flow.written = { time: entry.time, position: entry.detail };
          flows.push(flow);
          causes.delete(flow.cause.pod);
        }
        waiting.delete(entry.subject);
      } else if (entry.kind === 'rulesSynced' || entry.kind === 'fullySynced') {
        const { subject: node, detail: to, time: end } = entry;
        for (let i = flows.length - 1; i >= 0; i--) {
          const { written } = flows[i]!;
          if (written!.position <= knows[node]!) break;
          if (written!.position <= to) flows[i]!.lastSync = { node, end };
        }
        knows[node] = to;
      }
    }
    return flows;
  }
}

function trackOf({ pod, track, index, type }: Cause, tracks: FlowTracks): Track {
  switch (track) {
    case 'probe':
      return tracks.ofProbe(pod, index, type);
    case 'container':
      return tracks.ofContainer(pod, index);
    case 'pod':
      return tracks.ofPod(pod);
  }
}

function causeOf({ kind, time, subject: pod, detail: index, other: type }: TraceEntry): Cause | undefined {
  if (kind === 'probeFailed') return { pod, time, track: 'probe', index, type };
  if (kind === 'containerEnded') return { pod, time, track: 'container', index, type };
  return undefined;
}

/** An instant in µs within the slice that ends then: an arrow binds to a slice that is not over yet. */
const within = (end: number): number => (end - 1) / 1000;
