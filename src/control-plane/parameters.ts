// Numbers of the control plane. Durations are distributions in ns.

import { parameter } from '../cluster/index.js';
import { lognormalByQuantiles, milliseconds } from '../engine/index.js';

const quantiles = (p50Ms: number, p99Ms: number) =>
  lognormalByQuantiles(0.5, milliseconds(p50Ms), 0.99, milliseconds(p99Ms));

const OUR_CHOICE =
  'chosen so that the pod start stages of kubernetes#137362 come out; no published figure for a single client';

export const controlPlaneParameters = {
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
  leaseRenewal: parameter(
    0.25,
    'ratio',
    'a kubelet renews its lease after this share of its duration',
    'pkg/kubelet/kubelet.go; nodeLeaseDurationSeconds is 40',
  ),
  leaseJitter: parameter(
    0.04,
    'ratio',
    'and up to this much later, drawn once a node',
    'k8s.io/component-helpers/apimachinery/lease; there drawn each time',
  ),
  nodeMonitorPeriod: parameter(
    milliseconds(5_000),
    'ns',
    'the node lifecycle controller looks at all nodes this often',
    'pkg/controller/nodelifecycle/config/v1alpha1/defaults.go',
  ),
  evictionRate: parameter(0.1, 'nodes/s', 'nodes of a zone that get the NoExecute taint', 'node-eviction-rate'),
  evictionRateSecondary: parameter(
    0.01,
    'nodes/s',
    'the same in a large zone that is mostly not ready',
    'secondary-node-eviction-rate',
  ),
  unhealthyZoneThreshold: parameter(
    0.55,
    'ratio',
    'share of nodes not ready from which a zone counts as mostly not ready',
    'unhealthy-zone-threshold',
  ),
  largeCluster: parameter(
    50,
    'nodes',
    'a zone of at most so many nodes that is mostly not ready evicts nobody',
    'large-cluster-size-threshold',
  ),
  tolerationDefault: parameter(
    milliseconds(300_000),
    'ns',
    'a pod stays on a node that is not ready or unreachable for so long, unless its manifest says otherwise',
    'admission plugin DefaultTolerationSeconds (plugin/pkg/admission/defaulttolerationseconds)',
  ),
  leaderElectionRetry: parameter(
    milliseconds(2_000),
    'ns',
    'controllers and scheduler try to get back to work this often when the API server was unavailable',
    'k8s.io/component-base/config leader election retryPeriod',
  ),
  jobBackOffInitial: parameter(
    milliseconds(10_000),
    'ns',
    'a Job waits so long after its first failed pod, twice as long after each further one',
    'pkg/controller/job/job_controller.go',
  ),
  jobBackOffMax: parameter(
    milliseconds(600_000),
    'ns',
    'and at most so long',
    'MaxJobPodFailureBackOff in pkg/controller/job/job_controller.go',
  ),
  daemonSetBackOffInitial: parameter(
    milliseconds(1000),
    'ns',
    'a DaemonSet deletes the second failed pod of a node no sooner than so long after the first, then twice as long each time',
    'NewDaemonSetsController in cmd/kube-controller-manager/app/apps.go',
  ),
  daemonSetBackOffMax: parameter(
    milliseconds(900_000),
    'ns',
    'and at most so long; it is forgotten when no pod of the node has failed for twice that',
    'NewDaemonSetsController in cmd/kube-controller-manager/app/apps.go',
  ),
  endpointsPerSlice: parameter(
    100,
    'endpoints',
    'endpoints of a slice at most: a write for each slice that is touched',
    'pkg/controller/endpointslice/config/v1alpha1',
  ),
  endpointSliceWorkers: parameter(
    5,
    'workers',
    'services the EndpointSlice controller syncs at a time',
    'pkg/controller/endpointslice/config/v1alpha1',
  ),
} as const;

/** What requests and scheduling take. */
export const controlPlaneCosts = {
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
  attemptWithNodeAffinity: parameter(
    milliseconds(4.5),
    'ns',
    'one pod with node affinity through the scheduler',
    '220 pods/s at 5,000 nodes, threshold of scheduler_perf (test/integration/scheduler_perf, 1.33-1.36)',
  ),
  attemptWithSpread: parameter(
    milliseconds(11.8),
    'ns',
    'one pod with topology spread constraints',
    '85 pods/s at 5,000 nodes, threshold of scheduler_perf',
  ),
  attemptWithPodAffinity: parameter(
    milliseconds(28.6),
    'ns',
    'one pod with affinity to pods',
    '35 pods/s at 5,000 nodes, threshold of scheduler_perf',
  ),
  attemptWithPodAntiAffinity: parameter(
    milliseconds(16.7),
    'ns',
    'one pod with anti-affinity to pods',
    '60 pods/s at 5,000 nodes, threshold of scheduler_perf',
  ),
} as const;
