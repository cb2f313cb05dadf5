// CronJobs: Jobs by the clock. Part of the workload controllers.
// Source: pkg/controller/cronjob. Each time that it is due is a workload of its own, which is there when its time has come: whether
// a Job is made of it is decided then, by what became of those before it.

import type { WorkloadId } from '../../cluster/index.js';
import { each, type FieldReader, NOTHING, type Path, USED } from '../../format/index.js';
import { cronSchedule } from './cron-schedule.js';
import { JobController, job } from './job.js';
import { JOB_FIELDS, type JobDetails, readJob } from './job-fields.js';
import type { WorkloadController, WorkloadHost, WorkloadKind } from './workload-kind.js';
import type { WorkloadState } from './workload-state.js';

/** What a CronJob says beside the Jobs that it makes. */
export interface CronDetails {
  readonly schedule: string;
  readonly timeZone: string;
  readonly concurrency: 'Allow' | 'Forbid' | 'Replace';
  /** One that comes later than that is left out; Infinity: none is. ns. */
  readonly startingDeadline: number;
  /** Finished Jobs that are kept. */
  readonly successfulKept: number;
  readonly failedKept: number;
  readonly suspended: boolean;
}
export type CronJobDetails = JobDetails & { readonly cron: CronDetails };
type CronJob = WorkloadState<CronJobDetails>;

/** What the controller knows of one CronJob. */
interface Cron {
  readonly active: Set<WorkloadId>;
  /** Finished ones that are kept, the oldest first. */
  readonly succeeded: CronJob[];
  readonly failed: CronJob[];
  /** The latest time that was missed because another Job ran, or because it was suspended. */
  missed: CronJob | undefined;
  suspended: boolean;
}

/** nextScheduleDelta in cronjob_controllerv2.go: it looks so long after each time, ns. */
const LATE = 100e6;

class CronJobController implements WorkloadController {
  readonly #host: WorkloadHost;
  readonly #jobs: JobController;
  readonly #crons = new Map<string, Cron>();

  constructor(host: WorkloadHost) {
    this.#host = host;
    this.#jobs = new JobController(host, (workload, succeeded) => this.#onFinished(workload as CronJob, succeeded));
  }

  begin(workload: CronJob): void {
    if (workload.isOver) return;
    const cron = this.#of(workload);
    const { concurrency } = workload.details.cron;
    if (cron.suspended || (concurrency === 'Forbid' && cron.active.size > 0)) {
      workload.begun = false;
      cron.missed = workload;
      return;
    }
    if (concurrency === 'Replace') {
      for (const index of cron.active) this.#host.collect(this.#host.stateOf(index));
      cron.active.clear();
    }
    cron.active.add(workload.index);
    workload.begun = true;
    this.#jobs.onCreated(workload);
    this.#jobs.begin(workload);
  }

  reconcile(workload: CronJob): void {
    this.#jobs.reconcile(workload);
  }
  onEnded(workload: CronJob, pod: number, succeeded: boolean): void {
    this.#jobs.onEnded(workload, pod, succeeded);
  }
  onDeleted(workload: CronJob, pod: number): void {
    this.#jobs.onDeleted(workload, pod);
  }
  onTerminated(workload: CronJob, pod: number, succeeded: boolean): void {
    this.#jobs.onTerminated(workload, pod, succeeded);
  }
  onRemoved(workload: CronJob, pod: number): void {
    this.#jobs.onRemoved(workload, pod);
  }

  /** The CronJob as a whole: its Jobs that run go on. */
  onSuspended(workload: CronJob, suspended: boolean): void {
    const cron = this.#of(workload);
    cron.suspended = suspended;
    if (!suspended) this.#catchUp(cron);
  }

  /** The oldest of too many that have finished are deleted, and a time that was missed is made up for. */
  #onFinished(workload: CronJob, succeeded: boolean): void {
    const cron = this.#of(workload);
    const { successfulKept, failedKept } = workload.details.cron;
    cron.active.delete(workload.index);
    const kept = succeeded ? cron.succeeded : cron.failed;
    kept.push(workload);
    while (kept.length > (succeeded ? successfulKept : failedKept)) this.#host.collect(kept.shift()!);
    this.#catchUp(cron);
  }

  #catchUp(cron: Cron): void {
    const { missed } = cron;
    cron.missed = undefined;
    if (missed === undefined) return;
    const late = this.#host.context.simulation.now - (missed.spec.createdAt! - LATE);
    if (late <= missed.details.cron.startingDeadline) this.begin(missed);
  }

  #of({ spec, details }: CronJob): Cron {
    const key = `${spec.app}/${spec.namespace}/${spec.manifestName}/${spec.copy}`;
    let cron = this.#crons.get(key);
    if (cron === undefined) {
      const { suspended } = details.cron;
      cron = { active: new Set(), succeeded: [], failed: [], missed: undefined, suspended };
      this.#crons.set(key, cron);
    }
    return cron;
  }
}

const JOB_SPEC: Path = ['spec', 'jobTemplate', 'spec'];

/** What somebody throws; undefined: nothing. */
function problemOf(attempt: () => unknown): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : 'cannot be read';
  }
}

function cronAt(reader: FieldReader): CronDetails {
  const schedule = reader.text(['spec', 'schedule'], '');
  const timeZone = reader.text(['spec', 'timeZone'], 'Etc/UTC');
  const problem = problemOf(() => cronSchedule('@yearly', timeZone)(0));
  if (problem !== undefined)
    reader.error(['spec', 'timeZone'], `${JSON.stringify(timeZone)} is no time zone; write one such as "Europe/Paris"`);
  const why = problemOf(() => cronSchedule(schedule));
  if (schedule === '') reader.error(['spec', 'schedule'], 'is missing');
  else if (why !== undefined) reader.error(['spec', 'schedule'], `${JSON.stringify(schedule)} ${why}`);
  const deadline = reader.get(['spec', 'startingDeadlineSeconds']);
  const policies = ['Allow', 'Forbid', 'Replace'];
  return {
    schedule,
    timeZone,
    concurrency: reader.oneOf(['spec', 'concurrencyPolicy'], policies, 'Allow') as CronDetails['concurrency'],
    startingDeadline:
      deadline === undefined || deadline === null
        ? Infinity
        : reader.whole(['spec', 'startingDeadlineSeconds'], 0) * 1e9,
    successfulKept: reader.whole(['spec', 'successfulJobsHistoryLimit'], 3),
    failedKept: reader.whole(['spec', 'failedJobsHistoryLimit'], 1),
    suspended: reader.get(['spec', 'suspend']) === true,
  };
}

export const cronJob: WorkloadKind = {
  kind: 'CronJob',
  traits: job.traits,
  manifest: {
    ...job.manifest!,
    template: [...JOB_SPEC, 'template'],
    fields: {
      ...each(USED, 'schedule', 'timeZone', 'concurrencyPolicy', 'startingDeadlineSeconds', 'suspend'),
      ...each(USED, 'successfulJobsHistoryLimit', 'failedJobsHistoryLimit'),
      jobTemplate: { metadata: NOTHING, spec: JOB_FIELDS },
    },
    read: (reader) => {
      const { details, ...rest } = readJob(reader, JOB_SPEC);
      return { ...rest, details: { ...details, cron: cronAt(reader) } satisfies CronJobDetails };
    },
  },
  /** A Job each time that it is due, from its creation on; named after the minute. */
  runs: ({ details }, { from, until, epoch, most }) => {
    const { schedule, timeZone } = (details as CronJobDetails).cron;
    let next: (after: number) => number | undefined;
    try {
      next = cronSchedule(schedule, timeZone);
    } catch {
      // The manifest's reader has said so.
      return [];
    }
    const runs: { name: string; at: number }[] = [];
    for (let at = next(epoch + from / 1e6); at !== undefined; at = next(at)) {
      const due = (at - epoch) * 1e6 + LATE;
      if (due >= until || runs.length > most) break;
      runs.push({ name: `${Math.floor(at / 60_000)}`, at: due });
    }
    return runs;
  },
  promises: (workload, nodes) => job.promises!(workload, nodes),
  control: (host) => new CronJobController(host),
};
