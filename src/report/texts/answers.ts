// What a reader would say after looking at the tables of one run, one sentence a finding. Part of the report.

import { Histogram, histogramOf, type MetricName } from '../../metrics/index.js';
import type { FinishedPoint } from '../../results/index.js';
import {
  deletedAfter,
  evictedAfter,
  type FaultOfRun,
  neverReady,
  type ReadyAfter,
  readyAfter,
  restartsAfter,
  rolloutOf,
} from '../../results/index.js';
import { formatDuration } from '../../scenario/index.js';
import { samplesOf } from './figures.js';
import { placementAnswers } from './placement-answers.js';
import { networkAnswers, requestAnswers } from './request-answers.js';
import { grouped, plural } from './words.js';

/**
 * Kubernetes' own objective for the start of a stateless pod, image pulls left out: 99 % within 5 s over a day of the cluster
 * (kubernetes/community, sig-scalability/slos/pod_startup_latency.md). Said of runs that start enough pods for a 99th
 * percentile to mean something.
 */
const POD_START_OBJECTIVE = 5e9;
const PODS_FOR_OBJECTIVE = 100;
/** Lines on faults and on workloads that are printed; the tables have the others. */
const SHOWN = 5;

/** What a reader would say of one run, one sentence a finding. */
export function runAnswers(point: FinishedPoint): string[] {
  return [
    ...startAnswer(point),
    ...stageAnswer(point),
    ...faultAnswers(point),
    ...neverReadyAnswer(point),
    ...restartAnswer(point),
    ...refusalAnswer(point),
    ...networkAnswers(point),
    ...requestAnswers(point),
    ...homelessAnswer(point),
    ...placementAnswers(point),
  ];
}

/** How long pods took to start, and to be ready. */
function startAnswer(point: FinishedPoint): string[] {
  const within = (histogram: Histogram): string =>
    `half within ${formatDuration(histogram.quantile(0.5))}, 99 % within ${formatDuration(histogram.quantile(0.99))}`;
  const lines: string[] = [];
  const start = samplesOf(point, 'kubelet_pod_start_sli_duration_seconds');
  const ready = samplesOf(point, 'kubelapse_pod_ready_duration_seconds');
  if (start !== undefined)
    lines.push(`${plural(start.count, 'pod')} started: ${within(start)} (image pulls left out).`);
  if (ready !== undefined) lines.push(`${plural(ready.count, 'pod')} became ready: ${within(ready)} of being created.`);
  if (start !== undefined && start.count >= PODS_FOR_OBJECTIVE) {
    const isKept = start.quantile(0.99) <= POD_START_OBJECTIVE;
    lines.push(`Kubernetes' objective for pod start, 99 % within 5s: ${isKept ? 'met' : 'missed'}.`);
  }
  return lines;
}

/** What became of the pods after each fault: one line a fault. */
function faultAnswers({ result }: FinishedPoint): string[] {
  const lines = result.faults.slice(0, SHOWN).map((record) => faultAnswer({ result, record }));
  const more = result.faults.length - lines.length;
  return more > 0 ? [...lines, `Other faults, in faults.csv: ${grouped(more)}.`] : lines;
}

function faultAnswer(of: FaultOfRun): string {
  const { result, record } = of;
  const fault = result.spec.faults[record.fault]!;
  const what = `${fault.type} at ${formatDuration(record.begins)}${reach(of)}`;
  return `${what}: ${record.consequences.rollsOut === true ? rolloutAnswer(of) : effectAnswer(of)}.`;
}

function reach({ record }: FaultOfRun): string {
  const hit = [
    ...(record.nodes.size > 0 ? [plural(record.nodes.size, 'node')] : []),
    ...(record.pods.size > 0 ? [plural(record.pods.size, 'pod')] : []),
  ];
  return hit.length === 0 ? '' : ` (${hit.join(', ')})`;
}

function rolloutAnswer(of: FaultOfRun): string {
  const { created, ready, lastReadyAfter } = rolloutOf(of);
  const made = `${plural(created, 'new pod')}`;
  if (ready === 0) return created === 0 ? made : `${made}, none ready by the end`;
  const last = formatDuration(lastReadyAfter);
  if (ready === created) return `${made}, the last ready after ${last}`;
  return `${made}, ${grouped(created - ready)} not ready by the end, the last of the others ready after ${last}`;
}

function recovery({ againAfter, cutAt }: ReadyAfter): string {
  if (againAfter !== undefined) return `recovered after ${formatDuration(againAfter)}`;
  return cutAt === undefined
    ? 'not recovered'
    : `not recovered before the next one hit pods at ${formatDuration(cutAt)}`;
}

function effectAnswer(of: FaultOfRun): string {
  const effect = readyAfter(of);
  const parts: string[] = [];
  if (effect === undefined) parts.push('no drop in ready pods');
  else {
    parts.push(
      `${plural(effect.before, 'pod')} ready, fewer after ${formatDuration(effect.fewerAfter)} (fewest ${grouped(effect.least)}), ` +
        recovery(effect) +
        `, sampled every ${formatDuration(effect.sampledEvery)}`,
    );
  }
  const restarts = restartsAfter(of).length;
  const evicted = evictedAfter(of);
  const deleted = deletedAfter(of);
  if (restarts > 0) parts.push(plural(restarts, 'container restart'));
  if (evicted > 0) parts.push(`${grouped(evicted)} evicted`);
  if (deleted > 0) parts.push(`${plural(deleted, 'pod')} deleted`);
  return parts.join('; ');
}

/** Signals of eviction as one would say them. */
const SHORT_OF: Readonly<Record<string, string>> = {
  'memory.available': 'because a node ran short of memory',
  'nodefs.available': 'because the disk of a node was full',
  'imagefs.available': 'because the disk of a node was full',
  'pid.available': 'because a node ran short of process ids',
  'ephemeralcontainerfs.limit': 'for more files than their limit of ephemeral-storage allows',
};

function evictionAnswers({ evictions }: FinishedPoint['result']): string[] {
  const counts = new Map<string, number>();
  for (const { reason } of evictions) {
    const why = SHORT_OF[reason] ?? `because of ${reason}`;
    counts.set(why, (counts.get(why) ?? 0) + 1);
  }
  return [...counts].map(([why, count]) => `${plural(count, 'pod')} evicted ${why}.`);
}

/** Pods that kubelets refused or evicted, and rollouts that did not come on. */
function refusalAnswer({ result }: FinishedPoint): string[] {
  const of = (metric: MetricName) => result.counters.filter((c) => c.metric === metric && c.value > 0);
  const rejected = of('kubelet_admission_rejections_total').map(
    ({ labels, value }) => `${labels.replace('reason=', '')} ${grouped(value)}`,
  );
  const stalled = of('kubelapse_rollouts_past_progress_deadline_total').reduce((sum, { value }) => sum + value, 0);
  return [
    ...evictionAnswers(result),
    ...(rejected.length > 0 ? [`Pods that kubelets refused: ${rejected.join(', ')}.`] : []),
    ...(stalled > 0 ? [`${plural(stalled, 'rollout')} made no progress within progressDeadlineSeconds.`] : []),
  ];
}

/** Pods created in the run that never were ready although nobody deleted them, by workload of the manifest. */
function neverReadyAnswer({ result }: FinishedPoint): string[] {
  const { pods, objects, spec } = result;
  const waited = new Map<string, number>();
  const never = neverReady(pods, objects.pods, spec);
  for (const pod of never) {
    const { manifestName } = spec.workloads[pods.workload[pod]!]!;
    waited.set(manifestName, (waited.get(manifestName) ?? 0) + 1);
  }
  if (never.length === 0) return [];
  const most = [...waited].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, SHOWN);
  return [
    `${plural(never.length, 'pod')} never became ready: ${most.map(([name, n]) => `${name} ${grouped(n)}`).join(', ')}.`,
  ];
}

/** Pods without a node, by reason; workloads that have no pods because no node is meant for them. */
function homelessAnswer({ result }: FinishedPoint): string[] {
  const reasons = new Map<string, number>();
  for (const { message } of result.pending) {
    const reason = message === '' ? 'not tried yet' : message.replace(/\.$/, '');
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  const most = [...reasons].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const shown = most
    .slice(0, SHOWN)
    .map(([reason, pods]) => (most.length === 1 ? reason : `${grouped(pods)}: ${reason}`));
  const more = most.length - shown.length;
  const rest = more > 0 ? `; ${plural(more, 'other reason')} in scheduling.csv` : '';
  const none = result.spec.workloads.filter(
    ({ traits, createdAt = 0 }, workload) =>
      traits.placement === 'eligible-nodes' &&
      createdAt < result.spec.duration &&
      !result.pods.workload.includes(workload),
  );
  const names = [...new Set(none.map(({ kind, manifestName }) => `${kind} ${manifestName}`))];
  return [
    ...(most.length === 0
      ? []
      : [`${plural(result.pending.length, 'pod')} without a node: ${shown.join('; ')}${rest}.`]),
    ...(names.length === 0
      ? []
      : [`${names.slice(0, SHOWN).join(', ')} ${names.length === 1 ? 'has' : 'have'} no pods: no node may run them.`]),
  ];
}

/** Where the median start spends its time; stages that take nothing are left out. */
function stageAnswer({ result }: FinishedPoint): string[] {
  const byStage = new Map<string, Histogram[]>();
  for (const { metric, labels, histogram } of result.series) {
    const stage = /stage=(\w+)$/.exec(labels)?.[1];
    if (metric !== 'kubelapse_pod_start_stage_duration_seconds' || histogram.count === 0 || stage === undefined)
      continue;
    byStage.set(stage, [...(byStage.get(stage) ?? []), histogramOf(histogram)]);
  }
  const stages = [...byStage].map(([stage, pools]) => ({ stage, median: Histogram.merged(pools).quantile(0.5) }));
  const shown = stages.filter(({ median }) => median > 0).sort((a, b) => b.median - a.median);
  if (shown.length === 0) return [];
  return [`Median by stage: ${shown.map(({ stage, median }) => `${stage} ${formatDuration(median)}`).join(', ')}.`];
}

function restartAnswer({ result }: FinishedPoint): string[] {
  if (result.restarts.length === 0) return ['No container was restarted.'];
  const by = new Map<string, number>();
  for (const { pod, reason } of result.restarts) {
    const { app, manifestName } = result.spec.workloads[result.pods.workload[pod]!]!;
    const key = `${manifestName === app ? app : `${app}/${manifestName}`} ${reason}`;
    by.set(key, (by.get(key) ?? 0) + 1);
  }
  const parts = [...by].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, SHOWN);
  const ordinary = result.spec.workloads.filter(({ traits }) => !traits.isStatic);
  const spared = new Set(ordinary.map(({ app, manifestName }) => `${app}/${manifestName}`));
  for (const { pod } of result.restarts) {
    const { app, manifestName } = result.spec.workloads[result.pods.workload[pod]!]!;
    spared.delete(`${app}/${manifestName}`);
  }
  const none = [...spared].slice(0, SHOWN).map((name) => `${name} 0`);
  const away = result.restarts.map((restart) => restart.away).sort((a, b) => a - b);
  const median = formatDuration(away[Math.ceil(away.length / 2) - 1]!);
  return [
    `Half of the restarted containers were down for at most ${median}, the longest for ${formatDuration(away.at(-1)!)}.`,
    `${plural(result.restarts.length, 'container restart')}: ${[...parts.map(([key, count]) => `${key} ${grouped(count)}`), ...none].join(', ')}.`,
  ];
}
