// Numbers of the control plane. Durations are distributions in ns.

import { parameter } from '../cluster/index.js';
import { lognormalByQuantiles, milliseconds } from '../engine/index.js';

const quantiles = (p50Ms: number, p99Ms: number) =>
  lognormalByQuantiles(0.5, milliseconds(p50Ms), 0.99, milliseconds(p99Ms));

const OUR_CHOICE =
  'chosen to reproduce the pod start stages of kubernetes#137362; no published figure for a single client';

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
    'an unschedulable pod is retried after this long at the latest',
    'pkg/scheduler/backend/queue',
  ),
  unschedulableFlush: parameter(
    milliseconds(30_000),
    'ns',
    'the scheduler looks this often for pods that have waited so long',
    'pkg/scheduler/backend/queue',
  ),
  backOffFlush: parameter(
    milliseconds(1_000),
    'ns',
    'the scheduler looks this often for pods whose back-off is over',
    'pkg/scheduler/backend/queue',
  ),
  batchLasts: parameter(
    milliseconds(500),
    'ns',
    'a pod that is like the one before it may have the next best node of that attempt for this long',
    'KEP-5598',
  ),
  backOffInitial: parameter(
    milliseconds(1_000),
    'ns',
    'an unschedulable pod stays out of the scheduler’s active queue this long, doubled at each failed attempt',
    'pkg/scheduler/apis/config/v1/defaults.go podInitialBackoffSeconds',
  ),
  backOffMax: parameter(
    milliseconds(10_000),
    'ns',
    'and at most this long',
    'pkg/scheduler/apis/config/v1/defaults.go podMaxBackoffSeconds',
  ),
  nodesScoredMin: parameter(100, 'nodes', 'minimum number of feasible nodes to find', 'pkg/scheduler/schedule_one.go'),
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
    'jitter factor of the renewal period, drawn once per node',
    'k8s.io/component-helpers/apimachinery/lease; there drawn each time',
  ),
  nodeMonitorPeriod: parameter(
    milliseconds(5_000),
    'ns',
    'the node lifecycle controller checks all nodes this often',
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
    'in a zone of at most this many nodes that is mostly not ready, no pods are evicted',
    'large-cluster-size-threshold',
  ),
  tolerationDefault: parameter(
    milliseconds(300_000),
    'ns',
    'a pod stays this long on a node that is not ready or unreachable, unless its manifest says otherwise',
    'admission plugin DefaultTolerationSeconds (plugin/pkg/admission/defaulttolerationseconds)',
  ),
  leaderElectionRetry: parameter(
    milliseconds(2_000),
    'ns',
    'controllers and scheduler retry leader election this often after the API server was unavailable',
    'k8s.io/component-base/config leader election retryPeriod',
  ),
  jobBackOffInitial: parameter(
    milliseconds(10_000),
    'ns',
    'a Job waits this long after its first failed pod, twice as long after each further one',
    'pkg/controller/job/job_controller.go',
  ),
  jobBackOffMax: parameter(
    milliseconds(600_000),
    'ns',
    'and at most this long',
    'MaxJobPodFailureBackOff in pkg/controller/job/job_controller.go',
  ),
  jobSyncBatchPeriod: parameter(
    milliseconds(1000),
    'ns',
    'the Job controller looks this long after a change of a pod, and at all changes until then',
    'syncJobBatchPeriod in pkg/controller/job/job_controller.go',
  ),
  daemonSetBackOffInitial: parameter(
    milliseconds(1000),
    'ns',
    'a DaemonSet deletes the second failed pod of a node no sooner than this long after the first, then twice as long each time',
    'NewDaemonSetsController in cmd/kube-controller-manager/app/apps.go',
  ),
  daemonSetBackOffMax: parameter(
    milliseconds(900_000),
    'ns',
    'and at most this long; reset when no pod of the node has failed for twice that',
    'NewDaemonSetsController in cmd/kube-controller-manager/app/apps.go',
  ),
  podGcPeriod: parameter(
    milliseconds(20_000),
    'ns',
    'the pod garbage collector looks this often',
    'gcCheckPeriod in pkg/controller/podgc/gc_controller.go',
  ),
  terminatedPodGcThreshold: parameter(
    12_500,
    'pods',
    'objects of pods that have ended and are kept; the oldest of those beyond are deleted',
    'terminated-pod-gc-threshold, pkg/controller/podgc/config/v1alpha1/defaults.go',
  ),
  endpointsPerSlice: parameter(
    100,
    'endpoints',
    'maximum endpoints per slice: one write for each slice that changes',
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
  write: parameter(quantiles(6, 25), 's', 'an API write request, as its client sees it', OUR_CHOICE),
  read: parameter(quantiles(4, 25), 's', 'an API read request for one object', OUR_CHOICE),
  watch: parameter(
    quantiles(5, 50),
    's',
    'from a committed change until a watcher has it',
    `${OUR_CHOICE}; "tens of ms" in the Kubernetes blog on 1.2 scalability (2016)`,
  ),
  schedulingAttempt: parameter(
    milliseconds(3.7),
    'ns',
    'scheduling one pod; the scheduler takes one at a time',
    '270 pods/s at 5,000 nodes, threshold of scheduler_perf (test/integration/scheduler_perf, 1.33-1.36)',
  ),
  attemptOfBatch: parameter(
    milliseconds(1),
    'ns',
    'scheduling one pod that is like the one before it: no node is filtered and scored anew',
    'no published figure: the part of an attempt that is neither',
  ),
  attemptWithNodeAffinity: parameter(
    milliseconds(4.5),
    'ns',
    'scheduling one pod with node affinity',
    '220 pods/s at 5,000 nodes, threshold of scheduler_perf (test/integration/scheduler_perf, 1.33-1.36)',
  ),
  attemptWithSpread: parameter(
    milliseconds(11.8),
    'ns',
    'scheduling one pod with topology spread constraints',
    '85 pods/s at 5,000 nodes, threshold of scheduler_perf',
  ),
  attemptWithPodAffinity: parameter(
    milliseconds(28.6),
    'ns',
    'scheduling one pod with pod affinity',
    '35 pods/s at 5,000 nodes, threshold of scheduler_perf',
  ),
  attemptWithPodAntiAffinity: parameter(
    milliseconds(16.7),
    'ns',
    'scheduling one pod with pod anti-affinity',
    '60 pods/s at 5,000 nodes, threshold of scheduler_perf',
  ),
} as const;
