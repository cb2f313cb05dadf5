// A run on a time line, in the trace-event format that Perfetto and chrome://tracing open. Part of the report.
// A node is a process: its kubelet, its kube-proxy, its pods, their containers and probes are tracks of it. Slices of a track
// follow each other or lie within each other, as the format asks. Times are in µs, with three decimals: whole nanoseconds.

import { type NodeId, nodeNameOf, type PodId, PROBE_TYPES, podStartStage } from '../../cluster/index.js';
import type { RunResult } from '../../results/index.js';
import { podName, workloadOf } from '../../results/index.js';
import { visibleJson } from '../../text/index.js';
import { FlowFinder } from './trace-flows.js';
import type { TraceEntry, TraceLog } from './trace-log.js';

export interface TraceFilter {
  /** Whether a pod is of interest, by its name. */
  readonly hasPod: (name: string) => boolean;
  readonly hasNode: (name: string) => boolean;
  /** ns. */
  readonly from: number;
  readonly until: number;
}

type TraceEvent = Readonly<Record<string, unknown>>;

/** Process of what belongs to no node. */
const CLUSTER = 1;
const FIRST_NODE = 2;
const KUBELET = 1;
const KUBE_PROXY = 2;
const FIRST_TRACK = 3;
/** Length at which a write is drawn, ns: arrows bind to slices only. */
const WRITE = 1000;
/** Events that make one piece of text. */
const BATCH = 2000;

/** The text of the trace, piece by piece: one JSON object. */
export function* traceText(result: RunResult, log: TraceLog, filter: TraceFilter): Generator<string> {
  yield '{"displayTimeUnit":"ms","traceEvents":[\n';
  let lines: string[] = [];
  let isFirst = true;
  for (const event of new TraceWriter(result, log, filter).events()) {
    lines.push(visibleJson(event));
    if (lines.length < BATCH) continue;
    yield (isFirst ? '' : ',\n') + lines.join(',\n');
    isFirst = false;
    lines = [];
  }
  if (lines.length > 0) yield (isFirst ? '' : ',\n') + lines.join(',\n');
  yield '\n]}\n';
}

interface Track {
  readonly pid: number;
  readonly tid: number;
}

/** A slice that has begun and has not ended yet. */
interface Open {
  readonly begin: number;
  readonly name: string;
  readonly args: TraceEvent;
  /** Whose it is: it ends with the pod at the latest. */
  readonly pod: PodId | undefined;
}

class TraceWriter {
  readonly #result: RunResult;
  readonly #log: TraceLog;
  readonly #filter: TraceFilter;
  readonly #tracks = new Map<string, Track>();
  readonly #tracksOf = new Map<number, number>();
  readonly #names = new Map<number, string | undefined>();
  readonly #pulls = new Map<number, number>();
  /** Metadata of tracks that have come up and are to be told. */
  #news: TraceEvent[] = [];

  constructor(result: RunResult, log: TraceLog, filter: TraceFilter) {
    this.#result = result;
    this.#log = log;
    this.#filter = filter;
  }

  *events(): Generator<TraceEvent> {
    for (const event of this.#all()) {
      yield* this.#news;
      this.#news = [];
      yield event;
    }
  }

  *#all(): Generator<TraceEvent> {
    yield { ph: 'M', pid: CLUSTER, name: 'process_name', args: { name: 'cluster' } };
    yield* this.#faults();
    yield* this.#counters();
    yield* this.#pods();
    yield* this.#noted();
    yield* new FlowFinder(this.#result, this.#log).flows((pod) => this.#nameOf(pod) !== undefined, {
      ofProbe: (pod, index, type) => this.#probeTrack(pod, index, type),
      ofContainer: (pod, index) => this.#containerTrack(pod, index),
      ofPod: (pod) => this.#podTrack(pod),
      ofSlices: () => this.#track(CLUSTER, 'EndpointSlice controller'),
      ofProxy: (node) => this.#nodeTrack(node, KUBE_PROXY),
    });
  }

  // Tracks ---------------------------------------------------------------------------------------------------------------

  /** A track of a process, by its name: a number of its own, and its name told when it comes up. */
  #track(pid: number, name: string): Track {
    const key = `${pid} ${name}`;
    let track = this.#tracks.get(key);
    if (track === undefined) {
      const tid = Math.max(FIRST_TRACK, (this.#tracksOf.get(pid) ?? FIRST_TRACK - 1) + 1);
      this.#tracksOf.set(pid, tid);
      track = this.#named({ pid, tid }, name);
      this.#tracks.set(key, track);
    }
    return track;
  }

  #named(track: Track, name: string): Track {
    this.#news.push({ ph: 'M', ...track, name: 'thread_name', args: { name } });
    this.#news.push({ ph: 'M', ...track, name: 'thread_sort_index', args: { sort_index: track.tid } });
    return track;
  }

  /** A process for a node, told when it comes up. */
  #process(node: NodeId): number {
    const pid = FIRST_NODE + node;
    const key = `${pid}`;
    if (!this.#tracks.has(key)) {
      this.#tracks.set(key, { pid, tid: 0 });
      this.#news.push({ ph: 'M', pid, name: 'process_name', args: { name: nodeNameOf(this.#result.nodes, node) } });
      this.#news.push({ ph: 'M', pid, name: 'process_sort_index', args: { sort_index: pid } });
    }
    return pid;
  }

  #nodeTrack(node: NodeId, tid: typeof KUBELET | typeof KUBE_PROXY): Track {
    const pid = this.#process(node);
    const key = `${pid} #${tid}`;
    let track = this.#tracks.get(key);
    if (track === undefined) {
      track = this.#named({ pid, tid }, tid === KUBELET ? 'kubelet' : 'kube-proxy');
      this.#tracks.set(key, track);
    }
    return track;
  }

  #podTrack(pod: PodId): Track {
    return this.#track(this.#process(this.#result.pods.node[pod]!), `pod ${this.#nameOf(pod)!}`);
  }

  #containerTrack(pod: PodId, index: number): Track {
    const pid = this.#process(this.#result.pods.node[pod]!);
    return this.#track(pid, `${this.#nameOf(pod)!} ${this.#containerOf(pod, index)}`);
  }

  #probeTrack(pod: PodId, index: number, type: number): Track {
    const pid = this.#process(this.#result.pods.node[pod]!);
    return this.#track(pid, `${this.#nameOf(pod)!} ${this.#containerOf(pod, index)} ${PROBE_TYPES[type]!} probe`);
  }

  #containerOf(pod: PodId, index: number): string {
    return workloadOf(this.#result, pod).template.containers[index]!.name;
  }

  /** A pod's name; undefined if it, or its node, is of no interest. */
  #nameOf(pod: PodId): string | undefined {
    if (!this.#names.has(pod)) {
      const node = this.#result.pods.node[pod]!;
      const name = podName(this.#result, pod);
      const isOfInterest =
        node >= 0 && this.#filter.hasNode(nodeNameOf(this.#result.nodes, node)) && this.#filter.hasPod(name);
      this.#names.set(pod, isOfInterest ? name : undefined);
    }
    return this.#names.get(pod);
  }

  // Slices ---------------------------------------------------------------------------------------------------------------

  /** A slice, cut to the time of interest; none if it lies outside. */
  *#slice(track: Track, name: string, begin: number, end: number, args: TraceEvent = {}): Generator<TraceEvent> {
    const from = Math.max(begin, this.#filter.from);
    const until = Math.min(end, this.#filter.until);
    if (!(until >= from)) return;
    yield { ph: 'X', ...track, name, ts: micro(from), dur: micro(until - from), args };
  }

  *#faults(): Generator<TraceEvent> {
    const { faults, spec } = this.#result;
    for (const { fault, begins, ends, nodes, pods } of faults) {
      const track = this.#track(CLUSTER, `fault ${fault}`);
      const end = Math.max(begins, Math.min(ends, spec.duration));
      yield* this.#slice(track, spec.faults[fault]!.type, begins, end, { nodes: nodes.size, pods: pods.size });
    }
  }

  *#counters(): Generator<TraceEvent> {
    const { from, until } = this.#filter;
    for (const { time, metric, value } of this.#result.timeSeries) {
      if (time < from || time > until) continue;
      yield { ph: 'C', pid: CLUSTER, name: metric.replace('kubelapse_', ''), ts: micro(time), args: { value } };
    }
  }

  /** The life of each pod with the stages of its start and of its end. */
  *#pods(): Generator<TraceEvent> {
    const { pods, spec } = this.#result;
    const { stamps } = pods;
    for (let pod = 0; pod < pods.count; pod++) {
      const name = this.#nameOf(pod);
      if (name === undefined) continue;
      const begin = orElse(stamps.created[pod]!, 0);
      const end = orElse(stamps.removed[pod]!, spec.duration);
      if (end < this.#filter.from || begin > this.#filter.until) continue;
      const track = this.#podTrack(pod);
      yield* this.#slice(track, name, begin, end, { workload: workloadOf(this.#result, pod).name });
      const deleted = orElse(stamps.deleted[pod]!, end);
      let last = stamps.created[pod]!;
      for (const [stage, until] of startStages(this.#result, pod)) {
        if (Number.isNaN(until) || !(until >= last)) continue;
        yield* this.#slice(track, stage, last, Math.min(until, deleted), {});
        last = until;
      }
      yield* this.#slice(track, 'deletion on its way', stamps.deleted[pod]!, stamps.deletionObserved[pod]!);
      yield* this.#slice(track, 'stopping', stamps.deletionObserved[pod]!, stamps.stopped[pod]!);
      yield* this.#slice(track, 'removing', stamps.stopped[pod]!, stamps.removed[pod]!);
    }
  }

  /** What was noted as it happened. */
  *#noted(): Generator<TraceEvent> {
    const open = new Map<string, Open>();
    for (const entry of this.#log.entries()) yield* this.#entry(entry, open);
    const { removed } = this.#result.pods.stamps;
    for (const [key, { begin, name, args, pod }] of open) {
      const [pid, tid] = key.split(' ').map(Number) as [number, number];
      const end = pod === undefined ? Infinity : orElse(removed[pod]!, Infinity);
      yield* this.#slice({ pid, tid }, name, begin, Math.min(end, this.#filter.until), args);
    }
  }

  *#entry({ kind, time, subject, detail, other }: TraceEntry, open: Map<string, Open>): Generator<TraceEvent> {
    switch (kind) {
      case 'kubeletStopped':
        return this.#open(open, this.#nodeTrack(subject, KUBELET), time, 'down');
      case 'syncLoopPaused':
        return this.#open(open, this.#nodeTrack(subject, KUBELET), time, 'paused');
      case 'kubeletStarted':
      case 'syncLoopResumed':
        yield* this.#close(open, this.#nodeTrack(subject, KUBELET), time);
        return;
      case 'rulesSynced':
      case 'fullySynced':
      case 'syncFailed': {
        const name = { rulesSynced: 'sync', fullySynced: 'full sync', syncFailed: 'sync failed' }[kind];
        yield* this.#slice(this.#nodeTrack(subject, KUBE_PROXY), name, other, time, {
          'position in the service log': detail,
        });
        return;
      }
      case 'pullBegan':
      case 'pullEnded': {
        const pulls = Math.max(0, (this.#pulls.get(subject) ?? 0) + (kind === 'pullBegan' ? 1 : -1));
        this.#pulls.set(subject, pulls);
        if (time < this.#filter.from) return;
        yield { ph: 'C', pid: this.#process(subject), name: 'image pulls', ts: micro(time), args: { value: pulls } };
        return;
      }
      case 'slicesWritten':
        yield* this.#slice(
          this.#track(CLUSTER, 'EndpointSlice controller'),
          `slices of ${this.#result.spec.services[subject]!.name}`,
          time,
          time + WRITE,
          { position: detail },
        );
        return;
      case 'endpointLeft':
        return;
    }
    if (this.#nameOf(subject) === undefined) return;
    switch (kind) {
      case 'podSeeded':
        workloadOf(this.#result, subject).template.containers.forEach(({ role }, index) => {
          if (role !== 'init') this.#open(open, this.#containerTrack(subject, index), time, 'running', subject);
        });
        return;
      case 'containerStarted':
        return this.#open(open, this.#containerTrack(subject, detail), time, 'running', subject);
      case 'containerStopping':
        // Within the run that it ends, from when the container is told.
        return this.#open(open, this.#containerTrack(subject, detail), other, 'stopping', subject, true);
      case 'containerEnded': {
        const track = this.#containerTrack(subject, detail);
        yield* this.#close(open, track, time, { 'exit code': other }, true);
        yield* this.#close(open, track, time, { 'exit code': other });
        return;
      }
      case 'probeBegan':
        return this.#open(open, this.#probeTrack(subject, detail, other), time, 'probe', subject);
      case 'probeSucceeded':
      case 'probeFailed': {
        const result = kind === 'probeFailed' ? 'failure' : 'success';
        yield* this.#close(open, this.#probeTrack(subject, detail, other), time, { result }, false, result);
      }
    }
  }

  #open(open: Map<string, Open>, { pid, tid }: Track, begin: number, name: string, pod?: PodId, isInner = false): void {
    open.set(`${pid} ${tid}${isInner ? ' inner' : ''}`, { begin, name, args: {}, pod });
  }

  /** Ends the slice that is open on a track; what began before notes were taken begins with them. */
  *#close(
    open: Map<string, Open>,
    track: Track,
    end: number,
    args: TraceEvent = {},
    isInner = false,
    name?: string,
  ): Generator<TraceEvent> {
    const key = `${track.pid} ${track.tid}${isInner ? ' inner' : ''}`;
    const known = open.get(key);
    open.delete(key);
    // A probe that began before the time of interest; of other things, what ends has begun.
    if (known === undefined && name === undefined) return;
    const { begin, name: begun } = known ?? { begin: this.#filter.from, name };
    yield* this.#slice(track, name ?? begun!, begin, Math.max(begin, end), args);
  }
}

/** The stages of a start by the instants at which they end. */
const startStages = ({ pods: { stamps } }: RunResult, pod: PodId): [string, number][] => [
  ['schedule', orElse(stamps.scheduled[pod]!, stamps.bound[pod]!)],
  ['watch', stamps.observed[pod]!],
  ['worker', stamps.syncStarted[pod]!],
  ['volumes', stamps.volumesMounted[pod]!],
  ['sandbox', stamps.sandboxReady[pod]!],
  [containersText(stamps, pod), stamps.containersStarted[pod]!],
  ['pleg', stamps.runningKnown[pod]!],
  ['status', stamps.runningReported[pod]!],
  ['observe', stamps.runningObserved[pod]!],
];

/** Pulls, creates and starts alternate from container to container: one slice, named after what it holds. */
const containersText = (stamps: RunResult['pods']['stamps'], pod: PodId): string =>
  podStartStage(stamps, 'image_pull', pod) > 0 ? 'image pull, create and start' : 'create and start';

const orElse = (value: number, otherwise: number): number => (Number.isNaN(value) ? otherwise : value);

/** ns as µs. */
const micro = (ns: number): number => ns / 1000;
