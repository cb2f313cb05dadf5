// DaemonSets: a pod on each node that the template allows. Part of the workload controllers.
// Source: pkg/controller/daemon.

import {
  amountOf,
  eligibleNodes,
  isEligible,
  type PodId,
  type TolerationSpec,
  type WorkloadSettings,
} from '../../cluster/index.js';
import type { EventKind } from '../../engine/index.js';
import type { FieldReader, Path } from '../../format/index.js';
import { onFailedPod } from './failed-pod-back-off.js';
import { first } from './first.js';
import { countOrPercentAt, isNone, minReadyOf } from './update-fields.js';
import {
  REPLICATED,
  TEMPLATE,
  type WorkloadController,
  type WorkloadHost,
  type WorkloadKind,
} from './workload-kind.js';
import type { WorkloadState } from './workload-state.js';

class DaemonSetController implements WorkloadController {
  readonly #host: WorkloadHost;
  readonly #failedAgain: EventKind;

  constructor(host: WorkloadHost) {
    this.#host = host;
    const { pods } = host.context;
    this.#failedAgain = host.whenAvailable('daemon-set-controller/failed-pod', (pod) =>
      this.#onFailed(host.stateOf(pods.workload[pod]!), pod),
    );
  }

  begin(workload: WorkloadState): void {
    for (const node of eligibleNodes(this.#host.context, workload.index)) this.#host.createOn(workload, node);
  }

  /** A rolling update takes one node after the other; what is deleted is replaced when it is gone. */
  reconcile(workload: WorkloadState): void {
    if (workload.oldCount === 0) return;
    const unavailable = workload.new.notReady.size + workload.creating + workload.ending.size;
    for (const pod of [...workload.old.notReady]) this.#host.delete(workload, pod);
    const limit = this.#unavailableAtMost(workload);
    for (const pod of first(workload.old.ready, limit - unavailable)) this.#host.delete(workload, pod);
  }

  onEnded(workload: WorkloadState, pod: PodId, succeeded: boolean): void {
    if (succeeded) this.#host.delete(workload, pod);
    else this.#onFailed(workload, pod);
  }

  onRemoved(workload: WorkloadState, pod: PodId): void {
    const { context } = this.#host;
    const node = context.pods.requiredNode[pod]!;
    if (isEligible(context, workload.index, node)) this.#host.createOn(workload, node);
  }

  #onFailed(workload: WorkloadState, pod: PodId): void {
    const { pods, simulation } = this.#host.context;
    if (!workload.has(pod)) return;
    const node = pods.requiredNode[pod]!;
    const found = onFailedPod(workload.failedOn.get(node), simulation.now);
    if ('entry' in found) {
      workload.failedOn.set(node, found.entry);
      this.#host.delete(workload, pod);
    } else simulation.schedule(simulation.now + found.again, this.#failedAgain, pod);
  }

  #unavailableAtMost(workload: WorkloadState): number {
    const { maxUnavailable, maxUnavailablePercent: percent } = workload.spec;
    if (percent === undefined) return maxUnavailable;
    workload.nodes ??= eligibleNodes(this.#host.context, workload.index).length;
    return amountOf({ percent }, workload.nodes, Math.ceil);
  }
}

const ROLLING: Path = ['spec', 'updateStrategy', 'rollingUpdate'];
const SURGE: Path = [...ROLLING, 'maxSurge'];
const UNAVAILABLE: Path = [...ROLLING, 'maxUnavailable'];

/** One by default; a percentage is of the nodes, which are not known here. With a surge, which is not modelled: one. */
function unavailable(reader: FieldReader): Pick<WorkloadSettings, 'maxUnavailable' | 'maxUnavailablePercent'> {
  if (reader.get(SURGE) !== undefined && !isNone(reader, SURGE)) {
    if (!isNone(reader, UNAVAILABLE)) reader.error(SURGE, 'may not be more than 0 unless maxUnavailable is 0');
    else reader.warn(SURGE, 'is not modelled for a DaemonSet: its pods are replaced one after the other');
    return { maxUnavailable: 1 };
  }
  const parsed = countOrPercentAt(reader, UNAVAILABLE, 1);
  if (parsed === undefined || isNone(reader, UNAVAILABLE) || ('percent' in parsed && parsed.percent > 100)) {
    const written = JSON.stringify(reader.get(UNAVAILABLE));
    reader.error(UNAVAILABLE, `must be a count of at least 1 or a percentage from 1% to 100%, not ${written}`);
    return { maxUnavailable: 1 };
  }
  return 'count' in parsed
    ? { maxUnavailable: parsed.count }
    : { maxUnavailable: 1, maxUnavailablePercent: parsed.percent };
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
    fields: [
      'spec.selector.**',
      'spec.updateStrategy.rollingUpdate.maxUnavailable',
      'spec.updateStrategy.rollingUpdate.maxSurge',
      'spec.minReadySeconds',
    ],
    hasSelector: true,
    restartPolicies: ['Always'],
    restartPolicy: 'Always',
    sizedFor: () => ({}),
    read: (reader) => ({ ...unavailable(reader), ...minReadyOf(reader) }),
    // pkg/controller/daemon/util: its pods stay on nodes that are not ready, and on those that cannot be reached.
    added: ({ tolerations, hostNetwork }) => ({
      tolerations: [
        ...tolerations,
        ...tolerated('NoExecute', 'not-ready', 'unreachable'),
        ...tolerated('NoSchedule', 'disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'),
        ...(hostNetwork ? tolerated('NoSchedule', 'network-unavailable') : []),
      ],
      notReadyToleration: Infinity,
      unreachableToleration: Infinity,
    }),
  },
  control: (host) => new DaemonSetController(host),
};
