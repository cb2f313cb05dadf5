// Deployments: as many pods as asked for, updated by rolling, or all at once. Part of the workload controllers.
// Its ReplicaSets are the pods of the newest template, and those of the older ones. Source: pkg/controller/deployment.

import { amountOf, type PodId } from '../../cluster/index.js';
import { type EventKind, NS_PER_SECOND } from '../../engine/index.js';
import type { FieldReader, Path } from '../../format/index.js';
import type { Counter } from '../../metrics/index.js';
import { first } from './first.js';
import { recreateStep, rolloutStep } from './rolling-update.js';
import { countOrPercentAt, isNone, minReadyOf, replicasOf, secondsAt } from './update-fields.js';
import {
  REPLICATED,
  TEMPLATE,
  type WorkloadController,
  type WorkloadHost,
  type WorkloadKind,
} from './workload-kind.js';
import type { WorkloadState } from './workload-state.js';

class DeploymentController implements WorkloadController {
  readonly #host: WorkloadHost;
  readonly #deadline: EventKind;
  readonly #stalled: Counter;

  constructor(host: WorkloadHost) {
    const { simulation, recorder } = host.context;
    this.#host = host;
    this.#stalled = recorder.counter('kubelapse_rollouts_past_progress_deadline_total');
    this.#deadline = simulation.on('deployment-controller/progress-deadline', (workload, generation) =>
      this.#onDeadline(host.stateOf(workload), generation),
    );
  }

  reconcile(workload: WorkloadState): void {
    const { spec } = workload;
    const rule = spec.recreate ? recreateStep : rolloutStep;
    const step = rule({
      replicas: spec.replicas,
      maxSurge: spec.maxSurge,
      maxUnavailable: spec.maxUnavailable,
      newPods: workload.newCount + workload.creating,
      newReady: workload.new.ready.size,
      oldPods: workload.oldCount,
      oldReady: workload.old.ready.size,
      ending: workload.ending.size,
    });
    for (let i = 0; i < step.create; i++) this.#host.create(workload);
    if (workload.oldCount === 0 && workload.new.ready.size >= spec.replicas) workload.progressAt = Number.NaN;
    if (step.deleteOld === 0) return;
    for (const pod of first(workload.oldPods(), step.deleteOld)) this.#host.delete(workload, pod);
    // The old ReplicaSet is made smaller.
    this.#host.write(workload);
  }

  onEnded(workload: WorkloadState, pod: PodId): void {
    workload.remove(pod);
  }

  onRollout(workload: WorkloadState): void {
    this.#scheduleDeadline(workload, this.#host.context.simulation.now + workload.spec.progressDeadline);
  }

  #scheduleDeadline(workload: WorkloadState, at: number): void {
    const { simulation } = this.#host.context;
    simulation.schedule(at, this.#deadline, workload.index, workload.generation);
  }

  /** A rollout without progress for as long as its deadline is reported; Kubernetes does not undo it. */
  #onDeadline(workload: WorkloadState, generation: number): void {
    if (generation !== workload.generation || Number.isNaN(workload.progressAt)) return;
    const due = workload.progressAt + workload.spec.progressDeadline;
    if (due > this.#host.context.simulation.now) this.#scheduleDeadline(workload, due);
    else this.#stalled.add();
  }
}

const ROLLING: Path = ['spec', 'strategy', 'rollingUpdate'];
const SURGE: Path = [...ROLLING, 'maxSurge'];
const UNAVAILABLE: Path = [...ROLLING, 'maxUnavailable'];

/** So many of `replicas` pods; 25 % if nothing is said. */
function podsAt(reader: FieldReader, path: Path, replicas: number, round: (n: number) => number): number {
  const parsed = countOrPercentAt(reader, path, '25%');
  const written = JSON.stringify(reader.get(path));
  if (parsed === undefined) {
    reader.error(path, `${written} is neither a count nor a percentage; write 1 or "25%"`);
    return 1;
  }
  if (path === UNAVAILABLE && 'percent' in parsed && parsed.percent > 100) {
    reader.error(path, `must be at most 100%, not ${written}`);
  }
  return amountOf(parsed, replicas, round);
}

/** Percentages of surge are rounded up, of unavailability down, and never are both 0. */
function rolling(reader: FieldReader, replicas: number) {
  const maxSurge = podsAt(reader, SURGE, replicas, Math.ceil);
  if (isNone(reader, UNAVAILABLE) && isNone(reader, SURGE)) {
    reader.error(UNAVAILABLE, 'may not be 0 if maxSurge is 0 too: nothing could ever be replaced');
  }
  const unavailable = podsAt(reader, UNAVAILABLE, replicas, Math.floor);
  return { maxSurge, maxUnavailable: unavailable === 0 && maxSurge === 0 ? 1 : unavailable };
}

export const deployment: WorkloadKind = {
  kind: 'Deployment',
  traits: {
    ...REPLICATED,
    ownLabels: [{ key: 'pod-template-hash', of: 'template', isSelected: true }],
    isSpread: true,
  },
  manifest: {
    apiVersion: 'apps/v1',
    template: TEMPLATE,
    fields: [
      'spec.replicas',
      'spec.selector.**',
      'spec.strategy.type',
      'spec.strategy.rollingUpdate.**',
      'spec.minReadySeconds',
      'spec.progressDeadlineSeconds',
    ],
    hasSelector: true,
    restartPolicies: ['Always'],
    restartPolicy: 'Always',
    sizedFor: (replicas) => ({ replicas }),
    read: (reader, scaled) => {
      const replicas = replicasOf(reader, scaled);
      const { minReady } = minReadyOf(reader);
      // 600 s: pkg/apis/apps/v1/defaults.go.
      const progressDeadline = secondsAt(reader, ['spec', 'progressDeadlineSeconds'], 600);
      if (progressDeadline <= minReady) {
        reader.error(
          ['spec', 'progressDeadlineSeconds'],
          `must be more than minReadySeconds, ${minReady / NS_PER_SECOND}, not ${progressDeadline / NS_PER_SECOND}`,
        );
      }
      return {
        replicas,
        ...rolling(reader, replicas),
        recreate: reader.text(['spec', 'strategy', 'type'], 'RollingUpdate') === 'Recreate',
        minReady,
        progressDeadline,
      };
    },
  },
  control: (host) => new DeploymentController(host),
};
