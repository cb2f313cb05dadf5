// Jobs: pods until enough of them have succeeded, or too many have failed. Part of the workload controllers.
// Source: pkg/controller/job.

import { type OwnLabel, type PodAnswer, type PodId, templateOf } from '../../cluster/index.js';
import { type EventKind, type Instant, wholeSeconds } from '../../engine/index.js';
import { controlPlaneParameters } from '../parameters.js';
import { JOB_FIELDS, type JobDetails, jobInVersion, readJob } from './job-fields.js';
import { actionFor, type FailureRecord, isMet, mayCreateAt, NO_FAILURES } from './job-rules.js';
import { DeletionOrder } from './pods-to-delete.js';
import { TEMPLATE, type WorkloadController, type WorkloadHost, type WorkloadKind } from './workload-kind.js';
import type { WorkloadState } from './workload-state.js';

type Job = WorkloadState<JobDetails>;

/** MaxPodCreateDeletePerSync in pkg/controller/job/job_controller.go. */
const BURST = 500;

/** Why a Job is over, or is about to be: reasons of its condition. */
type JobReason =
  | 'CompletionsReached'
  | 'SuccessPolicy'
  | 'BackoffLimitExceeded'
  | 'DeadlineExceeded'
  | 'PodFailurePolicy'
  | 'MaxFailedIndexesExceeded'
  | 'FailedIndexes';

/** What the controller has counted of one Job. */
interface Progress {
  /** What the Job says, as far as this version knows of it. */
  readonly details: JobDetails;
  succeeded: number;
  failed: number;
  readonly succeededIndexes: Set<number>;
  readonly failedIndexes: Set<number>;
  /** Failures of each index that has some, where they count by index. */
  readonly failuresOf: Map<number, FailureRecord>;
  failures: FailureRecord;
  /** Pods that count as failed, or are not to count at all, though they have not ended. */
  readonly settled: Set<PodId>;
  suspended: boolean;
  /** Why it is about to end: its pods are deleted, and then it is over. */
  target: JobReason | undefined;
  isFinished: boolean;
  /** Since when its deadline counts, ns. */
  startedAt: number;
  /** The next sync, NaN: none is due. */
  syncAt: number;
}

export class JobController implements WorkloadController {
  readonly #host: WorkloadHost;
  readonly #order: DeletionOrder;
  readonly #synced: EventKind;
  readonly #overdue: EventKind;
  readonly #expired: EventKind;
  readonly #onFinished: (workload: Job, succeeded: boolean) => void;
  readonly #progress = new Map<number, Progress>();

  /** @param onFinished told when a Job has ended. */
  constructor(host: WorkloadHost, onFinished: (workload: Job, succeeded: boolean) => void = () => {}) {
    this.#host = host;
    this.#onFinished = onFinished;
    this.#order = new DeletionOrder(host);
    this.#synced = host.whenAvailable('job-controller/sync', (workload) => this.#onSync(host.stateOf(workload)));
    this.#overdue = host.whenAvailable('job-controller/deadline', (workload, startedAt) =>
      this.#onOverdue(host.stateOf(workload), startedAt),
    );
    this.#expired = host.whenAvailable('ttl-after-finished-controller/expired', (workload) =>
      this.#onExpired(host.stateOf(workload)),
    );
  }

  onCreated(workload: Job): void {
    if (!workload.details.suspended) this.#start(workload);
  }

  /** Its time counts from its creation, from when it is resumed, or from the beginning of the run. */
  #start(workload: Job): void {
    const { simulation } = this.#host.context;
    const progress = this.#of(workload);
    progress.startedAt = simulation.now;
    const due = simulation.now + workload.details.activeDeadline;
    if (due < Infinity) simulation.schedule(due, this.#overdue, workload.index, progress.startedAt);
  }

  begin(workload: Job): void {
    this.#sync(workload);
  }

  /** What happens to pods is looked at a second later, all at once (SyncJobBatchPeriod). */
  reconcile(workload: Job): void {
    const { simulation } = this.#host.context;
    if (!workload.begun) return;
    this.#syncLater(workload, simulation.now + controlPlaneParameters.jobSyncBatchPeriod.value);
  }

  #syncLater(workload: Job, at: Instant): void {
    const progress = this.#of(workload);
    const { simulation } = this.#host.context;
    if (progress.syncAt <= at) return;
    progress.syncAt = at;
    simulation.schedule(at, this.#synced, workload.index);
  }

  #onSync(workload: Job): void {
    const progress = this.#of(workload);
    // While the API server was away it came late; an earlier one was due since.
    if (!(progress.syncAt <= this.#host.context.simulation.now)) return;
    progress.syncAt = Number.NaN;
    this.#sync(workload);
  }

  #sync(workload: Job): void {
    const progress = this.#of(workload);
    const { details } = progress;
    if (details.isForeign || progress.isFinished || workload.isOver) return;
    progress.target ??= this.#verdict(workload, progress);
    if (progress.target !== undefined) {
      this.#finish(workload, progress);
      return;
    }
    if (workload.creating > 0) return;
    const wanted = this.#wanted(workload, progress);
    const surplus = workload.pods.length - wanted;
    if (surplus > 0) {
      for (const pod of this.#surplus(workload, surplus)) this.#delete(workload, progress, pod);
      return;
    }
    const ending = details.replacesEnding ? 0 : workload.ending.size;
    const missing = Math.min(wanted - ending - workload.pods.length, BURST);
    if (missing > 0) this.#create(workload, progress, missing);
  }

  /** How many pods are to run now. */
  #wanted({ pods }: Job, { details, failedIndexes, succeeded, suspended }: Progress): number {
    const { completions, parallelism } = details;
    if (suspended) return 0;
    if (completions === undefined) return succeeded > 0 ? Math.min(pods.length, parallelism) : parallelism;
    return Math.max(0, Math.min(parallelism, completions - succeeded - failedIndexes.size));
  }

  #create(workload: Job, progress: Progress, count: number): void {
    const { details } = progress;
    const now = this.#host.context.simulation.now;
    const isByIndex = details.backoffLimitPerIndex !== undefined;
    const wait = isByIndex ? 0 : this.#mayCreateAt(progress.failures);
    if (wait > now) {
      this.#syncLater(workload, wait as Instant);
      return;
    }
    if (!details.isIndexed) {
      this.#host.create(
        workload,
        Array.from({ length: count }, () => ({})),
      );
      return;
    }
    const pending = this.#pendingIndexes(workload, progress, count);
    const due = (index: number): number => this.#mayCreateAt(progress.failuresOf.get(index) ?? NO_FAILURES);
    const ready = pending.filter((index) => due(index) <= now);
    if (ready.length < pending.length) {
      const next = pending.filter((index) => due(index) > now).map(due);
      this.#syncLater(workload, Math.min(...next) as Instant);
    }
    if (ready.length > 0)
      this.#host.create(
        workload,
        ready.map((ordinal) => ({ ordinal })),
      );
  }

  #mayCreateAt(failures: FailureRecord): number {
    const { jobBackOffInitial, jobBackOffMax } = controlPlaneParameters;
    return mayCreateAt(failures, jobBackOffInitial.value, jobBackOffMax.value);
  }

  /** The first indexes that have neither a pod nor an end. */
  #pendingIndexes(workload: Job, progress: Progress, count: number): number[] {
    const { ordinal } = this.#host.context.pods;
    const active = new Set(workload.pods.map((pod) => ordinal[pod]!));
    if (!progress.details.replacesEnding) for (const pod of workload.ending) active.add(ordinal[pod]!);
    const pending: number[] = [];
    for (let index = 0; index < progress.details.completions! && pending.length < count; index++) {
      if (active.has(index) || progress.succeededIndexes.has(index) || progress.failedIndexes.has(index)) continue;
      pending.push(index);
    }
    return pending;
  }

  #surplus(workload: Job, count: number): PodId[] {
    return this.#order.first(workload.pods, Math.min(count, BURST));
  }

  /** It deletes a pod itself: that is no failure, unless it is over. */
  #delete(workload: Job, progress: Progress, pod: PodId): void {
    progress.settled.add(pod);
    this.#host.delete(workload, pod);
  }

  // Ends of pods ------------------------------------------------------------------------------------------------------

  onEnded(workload: Job, pod: PodId, succeeded: boolean): void {
    workload.remove(pod);
    this.#count(workload, pod, succeeded);
  }

  onDeleted(workload: Job, pod: PodId): void {
    if (this.#of(workload).details.replacesEnding) this.#count(workload, pod, false);
  }

  onTerminated(workload: Job, pod: PodId, succeeded: boolean): void {
    this.#count(workload, pod, succeeded);
  }

  onRemoved(workload: Job, pod: PodId): void {
    const progress = this.#of(workload);
    // It had never run, or its node was lost with it.
    if (!workload.ended.has(pod)) this.#count(workload, pod, false);
    progress.settled.delete(pod);
  }

  #count(workload: Job, pod: PodId, succeeded: boolean): void {
    const progress = this.#of(workload);
    const { pods, simulation } = this.#host.context;
    if (progress.settled.has(pod)) return;
    progress.settled.add(pod);
    const index = progress.details.isIndexed ? pods.ordinal[pod]! : -1;
    if (succeeded) {
      progress.failures = NO_FAILURES;
      if (index < 0) progress.succeeded++;
      else if (!progress.succeededIndexes.has(index)) {
        progress.succeededIndexes.add(index);
        progress.succeeded++;
      }
      return;
    }
    const answer = this.#host.podOf(pod);
    const endedAt = wholeSeconds(answer?.finishedAt ?? Number.NaN);
    const lastAt = Number.isNaN(endedAt) ? (simulation.now as number) : endedAt;
    this.#countFailure(progress, pod, index, lastAt, answer);
  }

  #countFailure(progress: Progress, pod: PodId, index: number, lastAt: number, answer: PodAnswer | undefined): void {
    const { details } = progress;
    const after = ({ failures }: FailureRecord): FailureRecord => ({ failures: failures + 1, lastAt });
    progress.failures = after(progress.failures);
    const { containers } = templateOf(this.#host.context, pod);
    const exits = (answer?.exitCodes ?? []).flatMap((code, i) =>
      code < 0 ? [] : [[containers[i]!.name, code] as const],
    );
    const action = actionFor(details.failureRules, { exits, isDisrupted: answer?.isDisrupted ?? false });
    if (action === 'FailJob') progress.target ??= 'PodFailurePolicy';
    if (action === 'Ignore') return;
    progress.failed++;
    if (details.backoffLimitPerIndex === undefined) return;
    const record = after(progress.failuresOf.get(index) ?? NO_FAILURES);
    progress.failuresOf.set(index, record);
    if (action === 'FailIndex' || record.failures > details.backoffLimitPerIndex) progress.failedIndexes.add(index);
  }

  // Its own end -------------------------------------------------------------------------------------------------------

  /** Why it is to end; undefined: it goes on. */
  #verdict(workload: Job, progress: Progress): JobReason | undefined {
    const { pods } = workload;
    const { completions, backoffLimit, maxFailedIndexes, successRules } = progress.details;
    if (progress.failed > backoffLimit || this.#hasRestartedTooOften(workload)) return 'BackoffLimitExceeded';
    if (progress.failedIndexes.size > maxFailedIndexes) return 'MaxFailedIndexesExceeded';
    if (successRules.some((rule) => isMet(rule, progress.succeededIndexes))) return 'SuccessPolicy';
    if (pods.length + workload.creating > 0 || progress.suspended) return undefined;
    if (completions === undefined) return progress.succeeded > 0 ? 'CompletionsReached' : undefined;
    if (progress.succeeded >= completions) return 'CompletionsReached';
    const haveAllEnded = progress.succeeded + progress.failedIndexes.size >= completions;
    return haveAllEnded && progress.failedIndexes.size > 0 ? 'FailedIndexes' : undefined;
  }

  /** Restarts of containers of pods that run count where they are restarted in place (pastBackoffLimitOnFailure). */
  #hasRestartedTooOften({ details, pods }: Job): boolean {
    if (!details.restartsInPlace) return false;
    let restarts = 0;
    for (const pod of pods) restarts += this.#host.podOf(pod)?.restarts ?? 0;
    return details.backoffLimit === 0 ? restarts > 0 : restarts >= details.backoffLimit;
  }

  #onOverdue(workload: Job, startedAt: number): void {
    const progress = this.#of(workload);
    if (progress.startedAt !== startedAt || progress.isFinished || progress.suspended) return;
    if (progress.succeeded >= (workload.details.completions ?? Infinity)) return;
    progress.target ??= 'DeadlineExceeded';
    this.#sync(workload);
  }

  /** Its pods are deleted; when the last of them has ended, it is over. */
  #finish(workload: Job, progress: Progress): void {
    for (const pod of [...workload.pods]) {
      if (isSuccess(progress.target!)) this.#delete(workload, progress, pod);
      else this.#host.delete(workload, pod);
    }
    if (workload.creating > 0) return;
    if ([...workload.ending].some((pod) => !workload.ended.has(pod))) return;
    progress.isFinished = true;
    workload.isOver = true;
    const { context } = this.#host;
    const { succeeded, failed } = progress;
    const reason = progress.target!;
    const result = isSuccess(reason) ? 'succeeded' : 'failed';
    context.recorder.counter('job_controller_jobs_finished_total', result, reason).add();
    context.journal?.jobFinished?.(workload.index, reason, { succeeded, failed });
    this.#onFinished(workload, isSuccess(reason));
    const { ttl } = workload.details;
    if (ttl !== undefined) context.simulation.schedule(context.simulation.now + ttl, this.#expired, workload.index);
  }

  /** The TTL controller deletes the Job, and the garbage collector its pods. */
  #onExpired(workload: Job): void {
    this.#host.collect(workload);
  }

  /** It is suspended, or goes on. */
  onSuspended(workload: Job, suspended: boolean): void {
    const progress = this.#of(workload);
    if (progress.suspended === suspended) return;
    progress.suspended = suspended;
    if (!workload.begun) return;
    if (!suspended) this.#start(workload);
    this.#sync(workload);
  }

  #of({ index, details }: Job): Progress {
    let progress = this.#progress.get(index);
    if (progress === undefined) {
      progress = {
        details: jobInVersion(details, this.#host.context.spec.version),
        succeeded: 0,
        failed: 0,
        succeededIndexes: new Set(),
        failedIndexes: new Set(),
        failuresOf: new Map(),
        failures: NO_FAILURES,
        settled: new Set(),
        suspended: details.suspended,
        target: undefined,
        isFinished: false,
        startedAt: 0,
        syncAt: Number.NaN,
      };
      this.#progress.set(index, progress);
    }
    return progress;
  }
}

const isSuccess = (reason: JobReason): boolean => reason === 'CompletionsReached' || reason === 'SuccessPolicy';

/** Under their old names, too. */
const JOB_LABELS: readonly OwnLabel[] = ['batch.kubernetes.io/job-name', 'job-name'].map((key) => ({
  key,
  of: 'workload',
}));

export const job: WorkloadKind = {
  kind: 'Job',
  traits: {
    podSuffix: 'ordinal',
    placement: 'replicas',
    isStatic: false,
    runsToCompletion: true,
    ownLabels: JOB_LABELS,
    isSpread: false,
  },
  manifest: {
    apiVersion: 'batch/v1',
    template: TEMPLATE,
    fields: JOB_FIELDS,
    // Its controller makes labels and selector.
    selector: 'none',
    restartPolicies: ['OnFailure', 'Never'],
    restartPolicy: 'Never',
    sizedFor: (pods) => ({ parallelism: pods, completions: pods }),
    read: (reader) => readJob(reader, ['spec']),
  },
  promises: ({ details }: Job) => ({ mostPods: details.parallelism }),
  control: (host) => new JobController(host),
};
