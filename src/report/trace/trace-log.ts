// What happened in a run, event by event, for those who want to see it on a time line. Part of the report.
// An onlooker (cluster/journal.ts) that only notes: columns of numbers, within bounds of nodes, time and length.

import {
  type Journal,
  type NodeId,
  type Observed,
  type Onlooker,
  type PodId,
  PROBE_TYPES,
  type ProbeType,
} from '../../cluster/index.js';
import { grown } from '../../engine/index.js';

/** What is noted, in the order in which its numbers are given below. */
const TRACE_KINDS = [
  'kubeletStarted',
  'kubeletStopped',
  'syncLoopPaused',
  'syncLoopResumed',
  'podSeeded',
  'containerStarted',
  'containerStopping',
  'containerEnded',
  'probeBegan',
  'probeSucceeded',
  'probeFailed',
  'pullBegan',
  'pullEnded',
  'rulesSynced',
  'fullySynced',
  'syncFailed',
  'endpointLeft',
  'slicesWritten',
] as const;
export type TraceKind = (typeof TRACE_KINDS)[number];

/** What begins a state that may last into the time of interest: noted from the beginning of the run. */
const STATES: readonly TraceKind[] = [
  'kubeletStarted',
  'kubeletStopped',
  'syncLoopPaused',
  'syncLoopResumed',
  'podSeeded',
  'containerStarted',
  'containerStopping',
  'containerEnded',
  'pullBegan',
  'pullEnded',
];

/** One note. What `subject`, `detail` and `other` are depends on its kind. */
export interface TraceEntry {
  readonly kind: TraceKind;
  /** ns. */
  readonly time: number;
  /** A pod, a node, or a service. */
  readonly subject: number;
  /** A container's index, a probe type, a position of the service log. */
  readonly detail: number;
  /** When a sync began, when a container was told to stop, which type of probe. */
  readonly other: number;
}

export interface TraceBounds {
  /** Whether a node is of interest. */
  readonly hasNode: (node: NodeId) => boolean;
  /** Instants between which notes are taken, ns; of states that last, from the beginning of the run. */
  readonly from: number;
  readonly until: number;
  /** Notes at most; what comes later is left out. */
  readonly entriesMax: number;
}

export class TraceLog implements Onlooker {
  readonly bounds: TraceBounds;
  /** Notes that found no room. */
  leftOut = 0;
  #length = 0;
  #kind = new Uint8Array(1024);
  #time = new Float64Array(1024);
  #subject = new Int32Array(1024);
  #detail = new Int32Array(1024);
  #other = new Float64Array(1024);

  constructor(bounds: TraceBounds) {
    this.bounds = bounds;
  }

  get length(): number {
    return this.#length;
  }

  /** Notes in the order in which they were taken, which is that of their times. */
  *entries(): Generator<TraceEntry> {
    for (let i = 0; i < this.#length; i++) {
      yield {
        kind: TRACE_KINDS[this.#kind[i]!]!,
        time: this.#time[i]!,
        subject: this.#subject[i]!,
        detail: this.#detail[i]!,
        other: this.#other[i]!,
      };
    }
  }

  /** The onlooker of one run. */
  over({ nodes, pods, now }: Observed): Journal {
    const { bounds } = this;
    const interest = Uint8Array.from({ length: nodes.count }, (_, node) => (bounds.hasNode(node) ? 1 : 0));
    const note = (kind: TraceKind, subject: number, detail = 0, other = 0): void => {
      const time = now();
      const isInTime = time >= bounds.from || STATES.includes(kind);
      if (isInTime && time <= bounds.until) this.#note(TRACE_KINDS.indexOf(kind), time, subject, detail, other);
    };
    const ofNode = (node: NodeId, kind: TraceKind, detail = 0, other = 0): void => {
      if (interest[node] === 1) note(kind, node, detail, other);
    };
    const ofPod = (pod: PodId, kind: TraceKind, detail = 0, other = 0): void => {
      const node = pods.node[pod]!;
      if (node >= 0 && interest[node] === 1) note(kind, pod, detail, other);
    };
    return {
      kubeletStarted: (node) => ofNode(node, 'kubeletStarted'),
      kubeletStopped: (node) => ofNode(node, 'kubeletStopped'),
      syncLoopPaused: (node, isPaused) => ofNode(node, isPaused ? 'syncLoopPaused' : 'syncLoopResumed'),
      podSeeded: (pod) => ofPod(pod, 'podSeeded'),
      containerStarted: (pod, index) => ofPod(pod, 'containerStarted', index),
      containerStopping: (pod, index, signalled) => ofPod(pod, 'containerStopping', index, signalled),
      containerEnded: (pod, index, exitCode) => ofPod(pod, 'containerEnded', index, exitCode),
      probeBegan: (pod, index, type) => ofPod(pod, 'probeBegan', index, numberOf(type)),
      probeEnded: (pod, index, type, succeeded) =>
        ofPod(pod, succeeded ? 'probeSucceeded' : 'probeFailed', index, numberOf(type)),
      pullBegan: (node) => ofNode(node, 'pullBegan'),
      pullEnded: (node) => ofNode(node, 'pullEnded'),
      rulesSynced: (node, began, _from, to, isFull, hasFailed) =>
        ofNode(node, hasFailed ? 'syncFailed' : isFull ? 'fullySynced' : 'rulesSynced', to, began),
      endpointMoved: (pod, service, serves) => {
        if (!serves) ofPod(pod, 'endpointLeft', service);
      },
      slicesWritten: (service, position) => note('slicesWritten', service, position),
    };
  }

  #note(kind: number, time: number, subject: number, detail: number, other: number): void {
    if (this.#length >= this.bounds.entriesMax) {
      this.leftOut++;
      return;
    }
    const at = this.#length++;
    if (at === this.#kind.length) this.#grow(at * 2);
    this.#kind[at] = kind;
    this.#time[at] = time;
    this.#subject[at] = subject;
    this.#detail[at] = detail;
    this.#other[at] = other;
  }

  #grow(capacity: number): void {
    this.#kind = grown(this.#kind, new Uint8Array(capacity));
    this.#time = grown(this.#time, new Float64Array(capacity));
    this.#subject = grown(this.#subject, new Int32Array(capacity));
    this.#detail = grown(this.#detail, new Int32Array(capacity));
    this.#other = grown(this.#other, new Float64Array(capacity));
  }
}

const numberOf = (type: ProbeType): number => PROBE_TYPES.indexOf(type);
