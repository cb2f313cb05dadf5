// What followed from a fault, as far as it can be told from what happened where it hit. Part of the results.

import type { RunResult } from './run-result.js';

export interface FaultOfRun {
  readonly result: RunResult;
  readonly record: RunResult['faults'][number];
}

/** Container restarts where a fault hit and that it may have led to, until another that may hits the same or the run ends. */
export const restartsAfter = ({ result, record }: FaultOfRun): RunResult['restarts'] =>
  result.restarts.filter((restart) => faultOf(result, restart) === record.fault);

/** The last fault before a restart that hit its pod or its node and may have led to it; undefined if none did. */
export function faultOf(result: RunResult, restart: RunResult['restarts'][number]): number | undefined {
  const node = result.pods.node[restart.pod]!;
  const began = restart.time - restart.away;
  const hit = result.faults.findLast(
    ({ begins, nodes, pods, consequences }) =>
      begins <= began &&
      (nodes.has(node) || pods.has(restart.pod)) &&
      (consequences.exits?.includes(restart.reason) ?? true),
  );
  return hit?.fault;
}

/** Pods that nodes have evicted since a fault hit them because of which they do, until the next one did. */
export const evictedAfter = ({ result, record }: FaultOfRun): number =>
  result.evictions.filter(({ time, pod }) => {
    const node = result.pods.node[pod]!;
    return (
      lastBefore(result, time, ({ consequences, nodes }) => consequences.evicts === true && nodes.has(node)) === record
    );
  }).length;

/** Of the pods hit, those that were deleted afterwards, and before another fault that may lead to that hit them. */
export const deletedAfter = ({ result, record }: FaultOfRun): number =>
  [...record.pods].filter((pod) => {
    const time = result.pods.stamps.deleted[pod]!;
    return (
      lastBefore(result, time, ({ consequences, pods }) => consequences.deletes === true && pods.has(pod)) === record
    );
  }).length;

function lastBefore(
  { faults }: RunResult,
  time: number,
  may: (record: RunResult['faults'][number]) => boolean,
): RunResult['faults'][number] | undefined {
  return faults.findLast((record) => record.begins <= time && may(record));
}

/** How many pods were ready after a fault, until the next one that hit pods; as the samples of the time series have it. */
export interface ReadyAfter {
  /** Ready when it began. */
  readonly before: number;
  /** The fewest that were ready after it. */
  readonly least: number;
  /** From the begin until fewer were ready, ns. */
  readonly fewerAfter: number;
  /** From the begin until as many were ready as before, ns; undefined if that was not seen. */
  readonly againAfter: number | undefined;
  /** When another fault hit pods before as many were ready again: what was seen then is not this one's, ns; undefined if none did. */
  readonly cutAt: number | undefined;
  /** Time between samples: the instants are known no better, ns. */
  readonly sampledEvery: number;
}

/** Undefined if no fewer pods were ready after the fault than before. */
export function readyAfter({ result, record }: FaultOfRun): ReadyAfter | undefined {
  const samples = result.timeSeries.filter(({ metric }) => metric === 'kubelapse_pods_ready');
  // One that hits no pods makes none unready.
  const next = result.faults.find(({ begins, pods }) => begins > record.begins && pods.size > 0)?.begins ?? Infinity;
  const before = samples.findLast(({ time }) => time <= record.begins)?.value;
  const after = samples.filter(({ time }) => time > record.begins && time <= next);
  if (before === undefined || after.length === 0) return undefined;
  const least = Math.min(...after.map(({ value }) => value));
  const fewer = after.find(({ value }) => value < before);
  if (fewer === undefined) return undefined;
  const lastFewer = after.findLastIndex(({ value }) => value < before);
  const again = after[lastFewer + 1];
  return {
    before,
    least,
    fewerAfter: fewer.time - record.begins,
    againAfter: again === undefined ? undefined : again.time - record.begins,
    cutAt: again === undefined && next < Infinity ? next : undefined,
    sampledEvery: samples[1]!.time - samples[0]!.time,
  };
}

/**
 * What a rolling update made: the pods created by it, and when the last of them was ready. When as many were ready as it was to
 * bring it was over: who comes later replaces others.
 */
export interface Rollout {
  readonly created: number;
  readonly ready: number;
  /** From the begin until the last one that became ready did, ns; NaN if none did. */
  readonly lastReadyAfter: number;
}

export function rolloutOf({ result, record }: FaultOfRun): Rollout {
  const updates = ({ fault, consequences }: RunResult['faults'][number]): readonly number[] =>
    consequences.rollsOut === true ? (result.spec.faults[fault]!.workloads ?? []) : [];
  const workloads = new Set(updates(record));
  const next =
    result.faults.find((other) => other.begins > record.begins && updates(other).some((w) => workloads.has(w)))
      ?.begins ?? Infinity;
  const rollouts = [...workloads].map((workload) => rolloutOfWorkload(result, record, workload, next));
  const last = Math.max(...rollouts.map(({ last: time }) => time).filter((time) => !Number.isNaN(time)));
  const sum = (of: (one: (typeof rollouts)[number]) => number): number =>
    rollouts.reduce((all, one) => all + of(one), 0);
  const isAny = rollouts.some((one) => one.ready > 0);
  return {
    created: sum((one) => one.created),
    ready: sum((one) => one.ready),
    lastReadyAfter: isAny ? last - record.begins : Number.NaN,
  };
}

/** Of one workload. @param until when the next rollout of it began, ns. */
function rolloutOfWorkload(
  { pods, spec }: RunResult,
  { fault, begins, pods: before }: RunResult['faults'][number],
  workload: number,
  until: number,
): { created: number; ready: number; last: number } {
  const { created: createdAt, ready: readyAt } = pods.stamps;
  const made: number[] = [];
  for (let pod = 0; pod < pods.count; pod++) {
    const at = createdAt[pod]!;
    if (pods.workload[pod] === workload && at >= begins && at < until) made.push(pod);
  }
  const { replicas } = spec.faults[fault]!;
  const there = [...before].filter((pod) => pods.workload[pod] === workload).length;
  const wanted = typeof replicas === 'number' ? Math.max(0, replicas - there) : there;
  const times = made
    .map((pod) => readyAt[pod]!)
    .filter((at) => !Number.isNaN(at))
    .sort((a, b) => a - b);
  const over = wanted > 0 ? (times[wanted - 1] ?? Infinity) : Infinity;
  const own = made.filter((pod) => createdAt[pod]! <= over);
  const inTime = own.map((pod) => readyAt[pod]!).filter((at) => !Number.isNaN(at));
  return { created: own.length, ready: inTime.length, last: inTime.length === 0 ? Number.NaN : Math.max(...inTime) };
}
