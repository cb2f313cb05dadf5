// What became of each pod, and when. Part of the results: a table.

import { POD_PHASE_NAMES, POD_STAGES, type PodId, type PodStage } from '../../cluster/index.js';
import type { RunResult } from '../run-result.js';
import { column, nodeName, podName, seconds, type Table, workloadOf } from '../table.js';

interface PodRow {
  readonly result: RunResult;
  readonly pod: PodId;
}

const STAGE_MEANING: Readonly<Record<PodStage, string>> = {
  created: 'the API server has the object',
  scheduled: 'the scheduler has chosen a node',
  bound: 'the API server has the binding',
  observed: 'the kubelet learns of the pod, by its watch or in its first list',
  syncStarted: 'its worker begins the first sync',
  volumesMounted: 'the wait for volumes ends',
  sandboxReady: 'RunPodSandbox returns, CNI ADD included',
  containersStarted: 'the sync that started the containers ends',
  runningKnown: 'the kubelet has seen all containers run in a relist',
  runningReported: 'the API server has that status',
  runningObserved:
    'a watch delivers that status: end of the startup SLI; never, if the kubelet was restarted during the start',
  ready: 'the API server says Ready for the first time, whichever start that was',
  deleted: 'the deletion timestamp is set',
  deletionObserved: 'the kubelet learns of the deletion',
  stopped: 'StopContainer has returned for all containers, which have ended by then; empty if one has started since',
  removed: 'the API object is removed',
};

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

export const pods: Table<PodRow> = {
  file: 'pods.csv',
  meaning:
    'one row per pod incarnation, with the time of every stage since the start of the run; the stages from observed to running_observed, and the durations, describe one start in one sandbox: the first in which a kubelet saw all containers run, or the latest if none did; empty: not reached, or before the start of the run',
  rowsMax: 5000,
  columns: [
    column('namespace', '', 'namespace', ({ result, pod }) => workloadOf(result, pod).namespace),
    column(
      'workload',
      '',
      'kind and name of the workload',
      ({ result, pod }) => `${workloadOf(result, pod).kind}/${workloadOf(result, pod).name}`,
    ),
    column('pod', '', 'name of the pod', ({ result, pod }) => podName(result, pod)),
    column('node', '', 'node, empty if it has none', ({ result, pod }) => nodeName(result, pod)),
    column(
      'generation',
      'templates',
      '0 for the first template, one more at each rolling update',
      ({ result, pod }) => result.pods.generation[pod]!,
    ),
    column(
      'phase',
      '',
      'phase at the end, or when the object was removed',
      ({ result, pod }) => POD_PHASE_NAMES[result.objects.pods.phase[pod]!]!,
    ),
    ...POD_STAGES.map((stage) =>
      column<PodRow>(`${snake(stage)}_seconds`, 's', STAGE_MEANING[stage], ({ result, pod }) =>
        seconds(result.pods.stamps[stage][pod]!),
      ),
    ),
    column('cni_add_duration_seconds', 's', 'CNI ADD within the sandbox that became ready', ({ result, pod }) =>
      seconds(result.pods.stamps.cniAdd[pod]!),
    ),
    column(
      'image_wait_duration_seconds',
      's',
      'waiting for earlier pulls in that start, all containers',
      ({ result, pod }) => seconds(result.pods.stamps.imageWait[pod]!),
    ),
    column('image_pull_duration_seconds', 's', 'pulling in that start, all containers', ({ result, pod }) =>
      seconds(result.pods.stamps.imagePull[pod]!),
    ),
    column(
      'image_refused_duration_seconds',
      's',
      'pulls that failed or were refused in that start, and the back-off after them',
      ({ result, pod }) => seconds(result.pods.stamps.imageRefused[pod]!),
    ),
    column('create_duration_seconds', 's', 'CreateContainer, all containers, first start', ({ result, pod }) =>
      seconds(result.pods.stamps.create[pod]!),
    ),
    column('start_duration_seconds', 's', 'StartContainer, all containers, first start', ({ result, pod }) =>
      seconds(result.pods.stamps.start[pod]!),
    ),
  ],
  *rows({ result }) {
    for (let pod = 0; pod < result.pods.count; pod++) yield { result, pod };
  },
};
