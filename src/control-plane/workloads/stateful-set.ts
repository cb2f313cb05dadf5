// StatefulSets: pods with names of their own, in order. Part of the workload controllers.
// Source: pkg/controller/statefulset.

import { amountOf, type CountOrPercent, type PodId } from '../../cluster/index.js';
import { changes, each, type FieldReader, NOTHING, type Path, USED } from '../../format/index.js';
import { type Replica, type StatefulSetRule, statefulSetStep } from './stateful-set-step.js';
import { countOrPercentAt, isNone, isStrategy, minReadyOf, replicasOf } from './update-fields.js';
import {
  REPLICATED,
  TEMPLATE,
  type WorkloadController,
  type WorkloadHost,
  type WorkloadKind,
} from './workload-kind.js';
import type { WorkloadState } from './workload-state.js';

/** What a StatefulSet says beside its replicas. */
export interface StatefulSetDetails {
  /** podManagementPolicy OrderedReady; otherwise Parallel. */
  readonly ordered: boolean;
  /** Strategy OnDelete: a pod is made anew when somebody has deleted it. */
  readonly onDelete: boolean;
  /** Pods with ordinals below it keep the template of before. */
  readonly partition: number;
  readonly maxUnavailable: CountOrPercent;
}
type StatefulSet = WorkloadState<StatefulSetDetails>;
type ReplicaPod = Replica & { readonly pod: PodId; readonly ordinal: number };

class StatefulSetController implements WorkloadController {
  readonly #host: WorkloadHost;
  /** By workload: the template of before (its currentRevision), which pods below the partition are made from. */
  readonly #current = new Map<number, number>();

  constructor(host: WorkloadHost) {
    this.#host = host;
  }

  reconcile(workload: StatefulSet): void {
    // A creation is on its way: what it makes is not known yet.
    if (workload.creating > 0 || !workload.begun || workload.isOver) return;
    const { replicas, details, generation } = workload;
    const first = workload.spec.firstOrdinal ?? 0;
    const places = new Array<ReplicaPod | undefined>(replicas).fill(undefined);
    const condemned: ReplicaPod[] = [];
    for (const replica of this.#podsOf(workload)) {
      const place = replica.ordinal - first;
      if (place >= 0 && place < replicas) places[place] = replica;
      else condemned.push(replica);
    }
    condemned.sort((a, b) => b.ordinal - a.ordinal);
    this.#complete(workload, places);
    const { create, remove } = statefulSetStep(places, condemned, this.#ruleOf(workload));
    const current = this.#current.get(workload.index) ?? 0;
    const isKept = (place: number): boolean => !details.onDelete && place < details.partition;
    if (create.length > 0) {
      const pods = create.map((place) => ({
        ordinal: first + place,
        generation: isKept(place) ? current : generation,
      }));
      this.#host.create(workload, pods);
    }
    for (const { pod } of remove) this.#host.delete(workload, pod);
  }

  *#podsOf(workload: StatefulSet): Iterable<ReplicaPod> {
    for (const pod of workload.pods) yield this.#view(workload, pod, false);
    for (const pod of workload.ending) yield this.#view(workload, pod, true);
  }

  #view(workload: StatefulSet, pod: PodId, isEnding: boolean): ReplicaPod {
    const { generation, ordinal } = this.#host.context.pods;
    const isAvailable = workload.isAvailable(pod);
    return {
      pod,
      ordinal: ordinal[pod]!,
      isOld: generation[pod] !== workload.generation,
      isReady: isAvailable || workload.readySince.has(pod),
      isAvailable,
      isEnding,
    };
  }

  /** When all pods are new and ready, their template is that of before for the next update (completeRollingUpdate). */
  #complete(workload: StatefulSet, places: readonly (ReplicaPod | undefined)[]): void {
    const isDone = places.every((replica) => replica !== undefined && !replica.isOld && replica.isReady);
    if (isDone) this.#current.set(workload.index, workload.generation);
  }

  #ruleOf({ details, replicas }: StatefulSet): StatefulSetRule {
    const { statefulSetMaxUnavailable } = this.#host.context.spec.version;
    const several = Math.max(1, amountOf(details.maxUnavailable, replicas, Math.floor));
    return {
      ordered: details.ordered,
      partition: details.onDelete ? Infinity : details.partition,
      maxUnavailable: statefulSetMaxUnavailable ? several : 0,
    };
  }

  /** Its name is taken: what has ended is deleted before it is replaced. */
  onEnded(workload: StatefulSet, pod: PodId): void {
    this.#host.delete(workload, pod);
  }
}

const STRATEGY: Path = ['spec', 'updateStrategy'];
const UNAVAILABLE: Path = [...STRATEGY, 'rollingUpdate', 'maxUnavailable'];

function detailsAt(reader: FieldReader): StatefulSetDetails {
  const policy = reader.oneOf(['spec', 'podManagementPolicy'], ['OrderedReady', 'Parallel'], 'OrderedReady');
  const onDelete = isStrategy(reader, [...STRATEGY, 'type'], 'OnDelete');
  if (onDelete && reader.get([...STRATEGY, 'rollingUpdate']) !== undefined)
    reader.error([...STRATEGY, 'rollingUpdate'], 'may not be given with type OnDelete');
  const parsed = countOrPercentAt(reader, UNAVAILABLE, 1);
  if (parsed === undefined || isNone(reader, UNAVAILABLE) || ('percent' in parsed && parsed.percent > 100)) {
    const written = JSON.stringify(reader.get(UNAVAILABLE));
    reader.error(UNAVAILABLE, `must be a count of at least 1 or a percentage from 1% to 100%, not ${written}`);
  }
  return {
    ordered: policy === 'OrderedReady',
    onDelete,
    partition: reader.whole([...STRATEGY, 'rollingUpdate', 'partition'], 0),
    maxUnavailable: parsed ?? { count: 1 },
  };
}

export const statefulSet: WorkloadKind = {
  kind: 'StatefulSet',
  traits: {
    ...REPLICATED,
    ownLabels: [
      { key: 'controller-revision-hash', of: 'template' },
      { key: 'statefulset.kubernetes.io/pod-name', of: 'pod' },
      { key: 'apps.kubernetes.io/pod-index', of: 'ordinal', since: 'podIndexLabel' },
    ],
    isSpread: true,
  },
  manifest: {
    apiVersion: 'apps/v1',
    template: TEMPLATE,
    fields: {
      ...each(USED, 'replicas', 'selector', 'podManagementPolicy', 'minReadySeconds'),
      ordinals: each(USED, 'start'),
      updateStrategy: { type: USED, rollingUpdate: each(USED, 'partition', 'maxUnavailable') },
      volumeClaimTemplates: changes(
        'each pod has volumes of its own, bound and attached before it starts, which tie it to their zone',
      ),
      ...each(NOTHING, 'serviceName', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy'),
    },
    selector: 'labelSelector',
    restartPolicies: ['Always'],
    restartPolicy: 'Always',
    sizedFor: (replicas) => ({ replicas }),
    read: (reader, scaled) => ({
      replicas: replicasOf(reader, scaled),
      firstOrdinal: reader.whole(['spec', 'ordinals', 'start'], 0),
      ...minReadyOf(reader),
      details: detailsAt(reader),
    }),
  },
  promises: ({ details, replicas }: StatefulSet) => ({
    mostPods: replicas,
    // In order, an update waits for all others to be ready.
    leastReady: details.ordered
      ? replicas - Math.max(1, amountOf(details.maxUnavailable, replicas, Math.floor))
      : -Infinity,
    isNamed: true,
    isOrdered: details.ordered,
  }),
  control: (host) => new StatefulSetController(host),
};
