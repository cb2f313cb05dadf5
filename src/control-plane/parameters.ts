// Numbers of the control plane. Durations are distributions in ns.

import { parameter } from '../cluster/index.js';
import { lognormalByQuantiles, milliseconds } from '../engine/index.js';

const quantiles = (p50Ms: number, p99Ms: number) =>
  lognormalByQuantiles(0.5, milliseconds(p50Ms), 0.99, milliseconds(p99Ms));

const OUR_CHOICE =
  'no published figure for a single client; chosen so that pod start stages of kubernetes#137362 come out';

export const controlPlaneParameters = {
  write: parameter(quantiles(6, 25), 's', 'a writing API request, as its client sees it', OUR_CHOICE),
  read: parameter(quantiles(4, 25), 's', 'a reading API request of one object', OUR_CHOICE),
  watch: parameter(
    quantiles(5, 50),
    's',
    'a committed change until a watcher has it',
    `${OUR_CHOICE}; "tens of ms" in the Kubernetes blog on 1.2 scalability (2016)`,
  ),
  schedulingAttempt: parameter(
    milliseconds(3.7),
    'ns',
    'one pod through the scheduler, which takes one at a time',
    '270 pods/s at 5,000 nodes, threshold of scheduler_perf (test/integration/scheduler_perf, 1.33-1.36)',
  ),
  schedulerQps: parameter(
    50,
    'requests/s',
    'client limit of the scheduler',
    'pkg/scheduler/apis/config/v1/defaults.go',
  ),
  schedulerBurst: parameter(
    100,
    'requests',
    'client burst of the scheduler',
    'pkg/scheduler/apis/config/v1/defaults.go',
  ),
  unschedulableRetry: parameter(
    milliseconds(300_000),
    'ns',
    'an unschedulable pod is tried again at the latest after this',
    'pkg/scheduler/backend/queue',
  ),
  backOffInitial: parameter(
    milliseconds(1_000),
    'ns',
    'a pod that found no node stays out of the scheduler’s queue so long, doubled at each attempt in vain',
    'pkg/scheduler/apis/config/v1/defaults.go podInitialBackoffSeconds',
  ),
  backOffMax: parameter(
    milliseconds(10_000),
    'ns',
    'and at most so long',
    'pkg/scheduler/apis/config/v1/defaults.go podMaxBackoffSeconds',
  ),
  nodesScoredMin: parameter(100, 'nodes', 'feasible nodes looked for at least', 'pkg/scheduler/schedule_one.go'),
  controllerQps: parameter(
    20,
    'requests/s',
    'client limit of each kube-controller-manager controller',
    'k8s.io/controller-manager/config/v1alpha1/defaults.go',
  ),
  controllerBurst: parameter(
    30,
    'requests',
    'client burst of each kube-controller-manager controller',
    'k8s.io/controller-manager/config/v1alpha1/defaults.go',
  ),
  endpointSliceWorkers: parameter(
    5,
    'workers',
    'services the EndpointSlice controller syncs at a time',
    'pkg/controller/endpointslice/config/v1alpha1',
  ),
} as const;
