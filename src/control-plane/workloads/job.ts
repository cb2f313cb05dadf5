// Jobs: pods until enough of them have succeeded. Part of the workload controllers.
// Source: pkg/controller/job.

import { doubled, type OwnLabel, type PodId } from '../../cluster/index.js';
import type { EventKind } from '../../engine/index.js';
import { controlPlaneParameters } from '../parameters.js';
import { TEMPLATE, type WorkloadController, type WorkloadHost, type WorkloadKind } from './workload-kind.js';
import type { WorkloadState } from './workload-state.js';

class JobController implements WorkloadController {
  readonly #host: WorkloadHost;
  readonly #overdue: EventKind;

  constructor(host: WorkloadHost) {
    this.#host = host;
    this.#overdue = host.whenAvailable('job-controller/deadline', (workload) =>
      this.#onOverdue(host.stateOf(workload)),
    );
  }

  /** Its time counts from its creation, or from the beginning of the run. */
  onCreated(workload: WorkloadState): void {
    const { simulation } = this.#host.context;
    const due = simulation.now + workload.spec.activeDeadline;
    simulation.schedule(due, this.#overdue, workload.index);
  }

  reconcile(workload: WorkloadState): void {
    const { replicas, completions } = workload.spec;
    const isWaiting = this.#host.context.simulation.now < workload.backOffUntil;
    if (!workload.begun || workload.isOver || isWaiting) return;
    const wanted = Math.min(replicas, completions - workload.succeeded);
    for (let i = workload.pods.length + workload.creating; i < wanted; i++) this.#host.create(workload);
  }

  onEnded(workload: WorkloadState, pod: PodId, succeeded: boolean): void {
    workload.remove(pod);
    if (succeeded) {
      workload.succeeded++;
      return;
    }
    workload.failed++;
    const { jobBackOffInitial, jobBackOffMax } = controlPlaneParameters;
    const delay = doubled(jobBackOffInitial.value, workload.failed - 1, jobBackOffMax.value);
    workload.backOffUntil = this.#host.context.simulation.now + delay;
    if (workload.failed > workload.spec.backoffLimit) this.#fail(workload);
    else this.#host.reconcileAt(workload, workload.backOffUntil);
  }

  /** It has taken longer than it may: it has failed, and its pods are deleted. */
  #onOverdue(workload: WorkloadState): void {
    if (workload.isOver || workload.succeeded >= workload.spec.completions) return;
    this.#fail(workload);
  }

  #fail(workload: WorkloadState): void {
    workload.isOver = true;
    for (const pod of [...workload.pods]) this.#host.delete(workload, pod);
  }
}

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
    fields: ['spec.parallelism', 'spec.completions', 'spec.backoffLimit', 'spec.activeDeadlineSeconds'],
    // Its controller makes labels and selector.
    hasSelector: false,
    restartPolicies: ['OnFailure', 'Never'],
    restartPolicy: 'Never',
    sizedFor: (pods) => ({ parallelism: pods, completions: pods }),
    read: (reader) => {
      const replicas = reader.whole(['spec', 'parallelism'], 1);
      return {
        replicas,
        completions: reader.whole(['spec', 'completions'], replicas),
        backoffLimit: reader.whole(['spec', 'backoffLimit'], 6),
        activeDeadline: reader.deadline(['spec', 'activeDeadlineSeconds']),
      };
    },
  },
  control: (host) => new JobController(host),
};
