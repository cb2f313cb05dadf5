// Deployments: as many pods as asked for, updated by rolling, or all at once. Part of the workload controllers.
// Source: pkg/controller/deployment. The controller says how many pods each ReplicaSet is to have, one of each template; the
// ReplicaSet controller, with a client of its own, makes them as many once it has seen that.

import { amountOf, type CountOrPercent, type PodId } from '../../cluster/index.js';
import { type EventKind, NS_PER_SECOND } from '../../engine/index.js';
import { each, type FieldReader, NOTHING, type Path, USED } from '../../format/index.js';
import type { Counter } from '../../metrics/index.js';
import { ReplicaSets } from './replica-set.js';
import {
  type ReplicaSetView,
  type RolloutState,
  type RolloutStep,
  recreateStep,
  rolloutStep,
  scaledStep,
} from './rolling-update.js';
import { countOrPercentAt, isNone, isStrategy, minReadyOf, replicasOf, secondsAt } from './update-fields.js';
import {
  REPLICATED,
  TEMPLATE,
  type WorkloadController,
  type WorkloadHost,
  type WorkloadKind,
} from './workload-kind.js';
import type { WorkloadState } from './workload-state.js';

/** What a Deployment says beside its replicas. */
export interface DeploymentDetails {
  /** Strategy Recreate: all old pods end before the first new one is created. */
  readonly recreate: boolean;
  readonly maxSurge: CountOrPercent;
  readonly maxUnavailable: CountOrPercent;
  /** A rollout without progress for so long has failed, and says so; ns. */
  readonly progressDeadline: number;
  /** spec.paused: a new template waits. */
  readonly paused: boolean;
}
type Deployment = WorkloadState<DeploymentDetails>;

/** One ReplicaSet of a Deployment. */
interface Owned {
  readonly generation: number;
  /** Its spec.replicas, as the Deployment controller has written it. */
  desired: number;
  /** The same as the ReplicaSet controller has seen it. */
  seen: number;
}

interface Rollout {
  /** The oldest first. */
  sets: Owned[];
  /** Writes that have not been observed: nothing is decided before they are. */
  writing: number;
  /** Greatest number of pods that it allowed when it was last looked at (annotation max-replicas), and its replicas then. */
  allowed: number;
  replicas: number;
}

class DeploymentController implements WorkloadController {
  readonly #host: WorkloadHost;
  readonly #replicaSets: ReplicaSets;
  readonly #deadline: EventKind;
  readonly #observed: EventKind;
  readonly #stalled: Counter;
  readonly #rollouts = new Map<number, Rollout>();

  constructor(host: WorkloadHost) {
    const { simulation, recorder } = host.context;
    this.#host = host;
    this.#replicaSets = new ReplicaSets(host);
    this.#stalled = recorder.counter('kubelapse_rollouts_past_progress_deadline_total');
    this.#deadline = simulation.on('deployment-controller/progress-deadline', (workload, generation) =>
      this.#onDeadline(host.stateOf(workload), generation),
    );
    this.#observed = host.whenAvailable('replica-set-controller/observed', (workload, generation) =>
      this.#onObserved(host.stateOf(workload), generation),
    );
  }

  seed(workload: Deployment): void {
    const rollout = this.#rolloutOf(workload);
    rollout.sets = [{ generation: 0, desired: workload.replicas, seen: workload.replicas }];
  }

  reconcile(workload: Deployment): void {
    if (!workload.begun || workload.isOver) return;
    const rollout = this.#rolloutOf(workload);
    if (isSteady(workload, rollout)) {
      if (workload.newest.available.size >= workload.replicas) workload.progressAt = Number.NaN;
      return;
    }
    // A ReplicaSet whose pods are not what it is to have is the business of its own controller.
    for (const { generation, seen } of rollout.sets) this.#replicaSets.sync(workload, generation, seen);
    if (rollout.writing === 0) this.#apply(workload, rollout, this.#step(workload, rollout));
    if (workload.oldCount === 0 && workload.newest.available.size >= workload.replicas)
      workload.progressAt = Number.NaN;
  }

  #step(workload: Deployment, rollout: Rollout): RolloutStep {
    const state = this.#stateOf(workload, rollout);
    const { paused, recreate } = workload.details;
    if (rollout.replicas !== workload.replicas && rollout.sets.length > 0) {
      const step = scaledStep(state, rollout.allowed);
      rollout.replicas = workload.replicas;
      rollout.allowed = workload.replicas + state.maxSurge;
      return step;
    }
    if (paused && rollout.sets.length > 0)
      return { newest: state.newest?.desired, older: state.older.map(({ desired }) => desired) };
    return recreate ? recreateStep(state) : rolloutStep(state);
  }

  #stateOf(workload: Deployment, { sets }: Rollout): RolloutState {
    const { details, generation, replicas } = workload;
    const view = (set: Owned): ReplicaSetView => ({
      desired: set.desired,
      available: workload.of(set.generation).available.size,
      running: this.#running(workload, set.generation),
    });
    const newest = sets.find((set) => set.generation === generation);
    return {
      replicas,
      ...limits(details, replicas),
      newest: newest && view(newest),
      older: sets.filter((set) => set !== newest).map(view),
    };
  }

  /** Only Recreate asks: pods of a template that have not ended, be they on their way out. */
  #running(workload: Deployment, generation: number): number {
    if (!workload.details.recreate) return 0;
    const { generation: generationOf } = this.#host.context.pods;
    let running = workload.of(generation).size;
    for (const pod of workload.ending) if (generationOf[pod] === generation) running++;
    return running;
  }

  #apply(workload: Deployment, rollout: Rollout, { newest, older }: RolloutStep): void {
    const { generation } = workload;
    let last = 0;
    for (const set of rollout.sets) {
      const desired = set.generation === generation ? newest! : older[last++]!;
      if (desired === set.desired) continue;
      set.desired = desired;
      this.#write(workload, rollout, set.generation);
    }
    if (newest === undefined || rollout.sets.some((set) => set.generation === generation)) return;
    rollout.sets.push({ generation, desired: newest, seen: 0 });
    this.#write(workload, rollout, generation);
  }

  #write(workload: Deployment, rollout: Rollout, generation: number): void {
    rollout.writing++;
    this.#host.write(workload, this.#observed, generation);
  }

  /** Both controllers have seen what a ReplicaSet is to have. */
  #onObserved(workload: Deployment, generation: number): void {
    const rollout = this.#rolloutOf(workload);
    rollout.writing--;
    const set = rollout.sets.find((one) => one.generation === generation);
    if (set !== undefined) set.seen = set.desired;
    this.reconcile(workload);
    rollout.sets = rollout.sets.filter(
      (one) =>
        one.generation === workload.generation ||
        one.desired > 0 ||
        workload.of(one.generation).size + workload.of(one.generation).creating > 0 ||
        this.#running(workload, one.generation) > 0,
    );
  }

  #rolloutOf({ index, details, replicas }: Deployment): Rollout {
    let rollout = this.#rollouts.get(index);
    if (rollout === undefined) {
      rollout = { sets: [], writing: 0, replicas, allowed: replicas + limits(details, replicas).maxSurge };
      this.#rollouts.set(index, rollout);
    }
    return rollout;
  }

  onEnded(workload: Deployment, pod: PodId): void {
    workload.remove(pod);
  }

  onRollout(workload: Deployment): void {
    this.#scheduleDeadline(workload, this.#host.context.simulation.now + workload.details.progressDeadline);
  }

  #scheduleDeadline(workload: Deployment, at: number): void {
    const { simulation } = this.#host.context;
    simulation.schedule(at, this.#deadline, workload.index, workload.generation);
  }

  /** A rollout without progress for as long as its deadline is reported; Kubernetes does not undo it. */
  #onDeadline(workload: Deployment, generation: number): void {
    if (generation !== workload.generation || Number.isNaN(workload.progressAt)) return;
    const due = workload.progressAt + workload.details.progressDeadline;
    if (due > this.#host.context.simulation.now) this.#scheduleDeadline(workload, due);
    else this.#stalled.add();
  }
}

/** One ReplicaSet, of the newest template, with as many pods as are wanted: there is nothing to decide. */
function isSteady({ generation, newest, replicas }: Deployment, { sets, replicas: known }: Rollout): boolean {
  const [only] = sets;
  if (sets.length !== 1 || only!.generation !== generation || known !== replicas) return false;
  return only!.desired === replicas && only!.seen === replicas && newest.size === replicas;
}

/** Surge is rounded up, unavailability down, and they are never both 0 (ResolveFenceposts). */
export function limits(
  { recreate, maxSurge, maxUnavailable }: DeploymentDetails,
  replicas: number,
): Pick<RolloutState, 'maxSurge' | 'maxUnavailable'> {
  if (recreate) return { maxSurge: 0, maxUnavailable: 0 };
  const surge = amountOf(maxSurge, replicas, Math.ceil);
  const unavailable = amountOf(maxUnavailable, replicas, Math.floor);
  const isStuck = surge === 0 && unavailable === 0;
  return { maxSurge: surge, maxUnavailable: isStuck ? 1 : Math.min(unavailable, replicas) };
}

const ROLLING: Path = ['spec', 'strategy', 'rollingUpdate'];
const SURGE: Path = [...ROLLING, 'maxSurge'];
const UNAVAILABLE: Path = [...ROLLING, 'maxUnavailable'];

/** So many pods, or a percentage of the replicas; 25 % if nothing is said. */
function podsAt(reader: FieldReader, path: Path): CountOrPercent {
  const parsed = countOrPercentAt(reader, path, '25%');
  const written = JSON.stringify(reader.get(path));
  if (parsed === undefined) {
    reader.error(path, `${written} is neither a count nor a percentage; write 1 or "25%"`);
    return { count: 1 };
  }
  if (path === UNAVAILABLE && 'percent' in parsed && parsed.percent > 100) {
    reader.error(path, `must be at most 100%, not ${written}`);
  }
  return parsed;
}

function rolling(reader: FieldReader): Pick<DeploymentDetails, 'maxSurge' | 'maxUnavailable'> {
  const maxSurge = podsAt(reader, SURGE);
  if (isNone(reader, UNAVAILABLE) && isNone(reader, SURGE)) {
    reader.error(UNAVAILABLE, 'may not be 0 if maxSurge is 0 too: nothing could ever be replaced');
  }
  return { maxSurge, maxUnavailable: podsAt(reader, UNAVAILABLE) };
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
    fields: {
      ...each(USED, 'replicas', 'selector', 'minReadySeconds', 'progressDeadlineSeconds', 'paused'),
      strategy: { type: USED, rollingUpdate: each(USED, 'maxSurge', 'maxUnavailable') },
      ...each(NOTHING, 'revisionHistoryLimit', 'rollbackTo'),
    },
    selector: 'labelSelector',
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
      const details: DeploymentDetails = {
        ...rolling(reader),
        recreate: isStrategy(reader, ['spec', 'strategy', 'type'], 'Recreate'),
        progressDeadline,
        paused: reader.get(['spec', 'paused']) === true,
      };
      return { replicas, minReady, details };
    },
  },
  podClient: 'ReplicaSet',
  promises: ({ details, replicas }: Deployment) => {
    const { maxSurge, maxUnavailable } = limits(details, replicas);
    const leastReady = details.recreate ? -Infinity : replicas - maxUnavailable;
    return { mostPods: replicas + maxSurge, leastReady };
  },
  control: (host) => new DeploymentController(host),
};
