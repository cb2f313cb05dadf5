// DaemonSets: a pod on each node that the template allows. Part of the workload controllers.
// Source: pkg/controller/daemon.

import {
  amountOf,
  type BackOff,
  type CountOrPercent,
  eligibleNodes,
  evictingTaints,
  isAllowed,
  type NodeId,
  type PodId,
  type TolerationSpec,
  untolerated,
} from '../../cluster/index.js';
import type { EventKind } from '../../engine/index.js';
import { each, type FieldReader, NOTHING, type Path, USED } from '../../format/index.js';
import { onFailedPod } from './failed-pod-back-off.js';
import { first } from './first.js';
import { countOrPercentAt, isNone, isStrategy, minReadyOf } from './update-fields.js';
import {
  REPLICATED,
  TEMPLATE,
  type WorkloadController,
  type WorkloadHost,
  type WorkloadKind,
} from './workload-kind.js';
import type { WorkloadState } from './workload-state.js';

/** How a DaemonSet is updated. */
export interface DaemonSetDetails {
  /** Strategy OnDelete: a pod is made anew when somebody has deleted it. */
  readonly onDelete: boolean;
  /** Of its nodes; percentages are rounded up. Not both are none. */
  readonly maxUnavailable: CountOrPercent;
  readonly maxSurge: CountOrPercent;
}
type DaemonSet = WorkloadState<DaemonSetDetails>;

/** What the controller knows of one DaemonSet beside its pods. */
interface Daemons {
  /** Nodes that it wants pods on; undefined before they are counted. */
  nodes: number | undefined;
  /** By node on which pods have failed. */
  readonly failedOn: Map<NodeId, BackOff>;
  /** During an update with surge: old pods by node, and the new ones beside them; undefined at other times. */
  oldOn: Map<NodeId, PodId> | undefined;
  readonly besides: Map<NodeId, PodId>;
  /** Nodes on which a pod is about to be created. */
  readonly creating: Set<NodeId>;
  /** New pods beside old ones that are about to be created, by node. */
  readonly coming: Set<NodeId>;
}

class DaemonSetController implements WorkloadController {
  readonly #host: WorkloadHost;
  readonly #failedAgain: EventKind;
  readonly #daemons = new Map<number, Daemons>();

  constructor(host: WorkloadHost) {
    this.#host = host;
    const { pods } = host.context;
    this.#failedAgain = host.whenAvailable('daemon-set-controller/failed-pod', (pod) =>
      this.#onFailed(host.stateOf(pods.workload[pod]!), pod),
    );
  }

  begin(workload: DaemonSet): void {
    const { nodes } = this.#host.context;
    const all = Array.from({ length: nodes.count }, (_, node) => node);
    this.#createOn(
      workload,
      all.filter((node) => this.#isWanted(workload, node)),
    );
  }

  /** Whether a pod may be placed on a node now. */
  #isWanted({ spec }: DaemonSet, node: NodeId): boolean {
    return isAllowed(spec.template, this.#host.context.nodes, node, this.#host.taintsOf(node));
  }

  /** A pod stays under taints that only keep new ones away (NodeShouldRunDaemonPod). */
  onTaintsChanged(workload: DaemonSet, node: NodeId): void {
    if (!workload.begun || workload.isOver) return;
    const { requiredNode } = this.#host.context.pods;
    const there = workload.pods.filter((pod) => requiredNode[pod] === node);
    const { template } = workload.spec;
    const evicting = evictingTaints(this.#host.taintsOf(node));
    if (untolerated(template, evicting) !== undefined) for (const pod of there) this.#host.delete(workload, pod, true);
    const isTaken = there.length > 0 || this.#stateOf(workload).creating.has(node);
    const isEnding = [...workload.ending].some((pod) => requiredNode[pod] === node);
    if (!isTaken && !isEnding && this.#isWanted(workload, node)) this.#createOn(workload, [node]);
  }

  #createOn(workload: DaemonSet, nodes: readonly NodeId[]): void {
    const { creating } = this.#stateOf(workload);
    for (const node of nodes) creating.add(node);
    if (nodes.length > 0)
      this.#host.create(
        workload,
        nodes.map((node) => ({ node })),
      );
  }

  /** Updates come on as pods become available; what is deleted is replaced when it is gone. */
  reconcile(workload: DaemonSet): void {
    if (workload.oldCount === 0 || workload.details.onDelete || workload.isOver) return;
    if (this.#allowed(workload, workload.details.maxSurge) > 0) this.#surge(workload);
    else this.#replace(workload);
  }

  /**
   * Without surge: old pods that are not available are deleted at once, available ones as far as maxUnavailable allows. Every node
   * without an available pod counts.
   */
  #replace(workload: DaemonSet): void {
    const unavailable = [...workload.older()].flatMap((sets) => [...sets.unavailable]);
    const away = workload.newest.unavailable.size + workload.creating + workload.ending.size + unavailable.length;
    for (const pod of unavailable) this.#host.delete(workload, pod);
    // Where neither is allowed, one is (daemon/update.go).
    const most = Math.max(1, this.#allowed(workload, workload.details.maxUnavailable));
    for (const { available } of [...workload.older()])
      for (const pod of first(available, most - away)) this.#host.delete(workload, pod);
  }

  /**
   * With surge: a new pod beside each old one that is not available, and beside as many others as maxSurge allows; the old one goes
   * when the new one is available.
   */
  #surge(workload: DaemonSet): void {
    const state = this.#stateOf(workload);
    const oldOn = state.oldOn ?? new Map<NodeId, PodId>();
    const { requiredNode } = this.#host.context.pods;
    let surging = state.coming.size;
    for (const [node, pod] of [...state.besides]) {
      if (!workload.isAvailable(pod)) {
        surging++;
        continue;
      }
      state.besides.delete(node);
      const old = oldOn.get(node);
      if (old !== undefined) this.#host.delete(workload, old);
      oldOn.delete(node);
    }
    const isAlone = (pod: PodId): boolean => {
      const node = requiredNode[pod]!;
      return !state.besides.has(node) && !state.coming.has(node);
    };
    const create: NodeId[] = [];
    for (const sets of workload.older()) {
      for (const pod of sets.unavailable) if (isAlone(pod)) create.push(requiredNode[pod]!);
    }
    let left = this.#allowed(workload, workload.details.maxSurge) - surging;
    for (const sets of workload.older()) {
      for (const pod of sets.available) {
        if (left <= 0) break;
        if (!isAlone(pod)) continue;
        left--;
        create.push(requiredNode[pod]!);
      }
    }
    for (const node of create) state.coming.add(node);
    this.#createOn(workload, create);
  }

  /** Of several old pods on a node, as an update in the midst of another finds them, the oldest stays. */
  onRollout(workload: DaemonSet): void {
    const state = this.#stateOf(workload);
    state.besides.clear();
    state.oldOn = undefined;
    if (this.#allowed(workload, workload.details.maxSurge) === 0) return;
    const { requiredNode } = this.#host.context.pods;
    const oldOn = new Map<NodeId, PodId>();
    for (const pod of [...workload.pods].sort((one, other) => one - other)) {
      if (oldOn.has(requiredNode[pod]!)) this.#host.delete(workload, pod);
      else oldOn.set(requiredNode[pod]!, pod);
    }
    state.oldOn = oldOn;
  }

  onPodCreated(workload: DaemonSet, pod: PodId): void {
    const state = this.#stateOf(workload);
    const { generation, requiredNode } = this.#host.context.pods;
    const node = requiredNode[pod]!;
    state.creating.delete(node);
    if (!state.coming.delete(node)) return;
    if (generation[pod] === workload.generation) state.besides.set(node, pod);
    // It was asked for before the latest update: there is an old one already.
    else if (state.oldOn?.has(node) === true) this.#host.delete(workload, pod);
    else state.oldOn?.set(node, pod);
  }

  onEnded(workload: DaemonSet, pod: PodId, succeeded: boolean): void {
    if (succeeded) this.#host.delete(workload, pod);
    else this.#onFailed(workload, pod);
  }

  onRemoved(workload: DaemonSet, pod: PodId): void {
    if (workload.isOver) return;
    const { context } = this.#host;
    const { besides, coming, oldOn } = this.#stateOf(workload);
    const node = context.pods.requiredNode[pod]!;
    if (besides.get(node) === pod) besides.delete(node);
    if (oldOn?.get(node) === pod) oldOn.delete(node);
    if (coming.has(node) || this.#hasPodOn(workload, node)) return;
    if (this.#isWanted(workload, node)) this.#createOn(workload, [node]);
  }

  /** Only an update with surge has two pods on a node. */
  #hasPodOn(workload: DaemonSet, node: NodeId): boolean {
    if (this.#allowed(workload, workload.details.maxSurge) === 0) return false;
    const { requiredNode } = this.#host.context.pods;
    return workload.pods.some((pod) => requiredNode[pod] === node);
  }

  #onFailed(workload: DaemonSet, pod: PodId): void {
    const { pods, simulation } = this.#host.context;
    if (!workload.has(pod)) return;
    const { failedOn } = this.#stateOf(workload);
    const node = pods.requiredNode[pod]!;
    const found = onFailedPod(failedOn.get(node), simulation.now);
    if ('entry' in found) {
      failedOn.set(node, found.entry);
      this.#host.delete(workload, pod);
    } else simulation.schedule(simulation.now + found.again, this.#failedAgain, pod);
  }

  #allowed(workload: DaemonSet, part: CountOrPercent): number {
    if ('count' in part) return part.count;
    const state = this.#stateOf(workload);
    state.nodes ??= eligibleNodes(this.#host.context, workload.index).length;
    return amountOf(part, state.nodes, Math.ceil);
  }

  #stateOf({ index }: DaemonSet): Daemons {
    let state = this.#daemons.get(index);
    if (state === undefined) {
      state = {
        nodes: undefined,
        failedOn: new Map(),
        oldOn: undefined,
        besides: new Map(),
        coming: new Set(),
        creating: new Set(),
      };
      this.#daemons.set(index, state);
    }
    return state;
  }
}

const ROLLING: Path = ['spec', 'updateStrategy', 'rollingUpdate'];
const SURGE: Path = [...ROLLING, 'maxSurge'];
const UNAVAILABLE: Path = [...ROLLING, 'maxUnavailable'];

/** A count or a percentage of up to all nodes. */
function nodesAt(reader: FieldReader, path: Path, fallback: number): CountOrPercent {
  const parsed = countOrPercentAt(reader, path, fallback);
  if (parsed !== undefined && !('percent' in parsed && parsed.percent > 100)) return parsed;
  const written = JSON.stringify(reader.get(path));
  reader.error(path, `must be a count or a percentage of up to 100%, not ${written}`);
  return { count: 1 };
}

/** One node at a time without surge by default. Refusals: ValidateRollingUpdateDaemonSet in pkg/apis/apps/validation. */
function detailsAt(reader: FieldReader): DaemonSetDetails {
  const hasSurge = reader.get(SURGE) !== undefined && !isNone(reader, SURGE);
  const hasNone = isNone(reader, UNAVAILABLE);
  if (hasSurge && !hasNone) reader.error(SURGE, 'may not be more than 0 unless maxUnavailable is 0');
  if (!hasSurge && hasNone) reader.error(UNAVAILABLE, 'may not be 0 if maxSurge is 0: nothing could ever be replaced');
  return {
    onDelete: isStrategy(reader, ['spec', 'updateStrategy', 'type'], 'OnDelete'),
    maxSurge: nodesAt(reader, SURGE, 0),
    maxUnavailable: nodesAt(reader, UNAVAILABLE, 1),
  };
}

const tolerated = (effect: NonNullable<TolerationSpec['effect']>, ...taints: readonly string[]): TolerationSpec[] =>
  taints.map((taint) => ({ key: `node.kubernetes.io/${taint}`, operator: 'Exists', value: '', effect }));

export const daemonSet: WorkloadKind = {
  kind: 'DaemonSet',
  traits: {
    ...REPLICATED,
    placement: 'eligible-nodes',
    ownLabels: [{ key: 'controller-revision-hash', of: 'template' }],
  },
  manifest: {
    apiVersion: 'apps/v1',
    template: TEMPLATE,
    fields: {
      ...each(USED, 'selector', 'minReadySeconds'),
      updateStrategy: { type: USED, rollingUpdate: each(USED, 'maxUnavailable', 'maxSurge') },
      ...each(NOTHING, 'revisionHistoryLimit', 'templateGeneration'),
    },
    selector: 'labelSelector',
    restartPolicies: ['Always'],
    restartPolicy: 'Always',
    sizedFor: () => ({}),
    read: (reader) => ({ ...minReadyOf(reader), details: detailsAt(reader) }),
    // pkg/controller/daemon/util: its pods stay on nodes that are not ready, and on those that cannot be reached.
    added: ({ tolerations, hostNetwork }) => ({
      tolerations: [
        ...tolerations,
        ...tolerated('NoExecute', 'not-ready', 'unreachable'),
        ...tolerated('NoSchedule', 'disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'),
        ...(hostNetwork ? tolerated('NoSchedule', 'network-unavailable') : []),
      ],
    }),
  },
  promises: ({ details }: DaemonSet, nodes) => {
    const wanted = nodes();
    const surge = amountOf(details.maxSurge, wanted, Math.ceil);
    // With a surge each node is by itself: what is wrong elsewhere holds nobody up.
    if (surge > 0) return { mostOnNode: 2 };
    return { mostOnNode: 1, leastReady: wanted - Math.max(1, amountOf(details.maxUnavailable, wanted, Math.ceil)) };
  },
  control: (host) => new DaemonSetController(host),
};
