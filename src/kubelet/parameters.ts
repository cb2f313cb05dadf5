// Numbers of the kubelet. Durations in ns, distributions of durations in ns.

import { type Fit, parameter } from '../cluster/index.js';
import { microseconds, milliseconds, seconds } from '../engine/index.js';

export const kubeletParameters = {
  workQueueTick: parameter(
    seconds(1),
    'ns',
    'the sync loop looks for due retries this often',
    'pkg/kubelet/kubelet.go',
  ),
  errorRetry: parameter(seconds(10), 'ns', 'retry after a sync error, times 1-1.5', 'pkg/kubelet/pod_workers.go'),
  retryMax: parameter(
    seconds(60),
    'ns',
    'longest retry towards the end of a back-off (1.35)',
    'pkg/kubelet/pod_workers.go',
  ),
  retryJitter: parameter(0.5, 'ratio', 'jitter factor of retries', 'pkg/kubelet/pod_workers.go'),
  imageBackOffInitial: parameter(seconds(10), 'ns', 'first image back-off', 'pkg/kubelet/kubelet.go'),
  backOffReset: parameter(
    seconds(600),
    'ns',
    'a back-off that was not updated for this long is forgotten',
    'pkg/kubelet/kubelet.go (1.32); HandlePodCleanups in pkg/kubelet/kubelet_pods.go',
  ),
  imageGcPeriod: parameter(seconds(300), 'ns', 'image garbage collection looks this often', 'pkg/kubelet/kubelet.go'),
  imageBackOffMax: parameter(seconds(300), 'ns', 'longest image back-off', 'pkg/kubelet/kubelet.go'),
  plegPeriod: parameter(seconds(1), 'ns', 'wait between two relists', 'pkg/kubelet/kubelet.go'),
  nodeStatusFast: parameter(
    milliseconds(100),
    'ns',
    'after a start the kubelet computes its node’s status this often until the node is ready',
    'pkg/kubelet/kubelet.go',
  ),
  runtimeStatusPeriod: parameter(
    seconds(5),
    'ns',
    'the kubelet asks for the runtime’s status this often',
    'pkg/kubelet/kubelet.go',
  ),
  runtimeDownAfter: parameter(
    seconds(30),
    'ns',
    'the runtime counts as down this long after its last good answer: the sync loop stops, the node is not ready',
    'pkg/kubelet/kubelet.go',
  ),
  pausedRetryMax: parameter(
    seconds(5),
    'ns',
    'a stopped sync loop checks again after 100 ms, then after twice as long each time, up to this long',
    'pkg/kubelet/kubelet.go',
  ),
  statusReconcile: parameter(
    seconds(10),
    'ns',
    'the status manager looks this often for statuses that the API server does not have',
    'pkg/kubelet/status/status_manager.go',
  ),
  housekeepingPeriod: parameter(
    seconds(2),
    'ns',
    'housekeeping looks this often for static pods to start again and mirrors to delete',
    'pkg/kubelet/kubelet.go',
  ),
  mirrorTimeout: parameter(
    seconds(30),
    'ns',
    'a sync waits this long for an answer about a mirror pod when packets are lost',
    'kubernetes#139502, kubernetes#139738: about 30 s',
  ),
  evictionRound: parameter(
    seconds(10),
    'ns',
    'the eviction manager checks the node this often',
    'pkg/kubelet/kubelet.go',
  ),
  evictionWait: parameter(
    seconds(30),
    'ns',
    'the eviction manager waits at most this long for a pod that it evicts to be cleaned up',
    'pkg/kubelet/eviction/eviction_manager.go',
  ),
  evictionPoll: parameter(
    seconds(1),
    'ns',
    'and checks this often whether the pod is cleaned up',
    'pkg/kubelet/eviction/eviction_manager.go',
  ),
  evictionGrace: parameter(
    seconds(1),
    'ns',
    'grace period of a pod that is evicted at a hard threshold',
    'pkg/kubelet/eviction/eviction_manager.go',
  ),
  resizeRetryFirst: parameter(
    seconds(30),
    'ns',
    'a resize for which there is no room is tried again after that, and whenever a pod of the node is gone',
    'pkg/kubelet/allocation/allocation_manager.go',
  ),
  resizeRetry: parameter(
    seconds(180),
    'ns',
    'and this often from then on',
    'pkg/kubelet/allocation/allocation_manager.go',
  ),
  resizeActuationRetry: parameter(
    seconds(10),
    'ns',
    'a memory limit below what is held is tried again after that',
    'pkg/kubelet/pod_workers.go: backOffPeriod',
  ),
  resizeCall: parameter(milliseconds(20), 'ns', 'UpdateContainerResources of one container', 'no published figure'),
  inheritedReadiness: parameter(
    seconds(10),
    'ns',
    'from 1.35 on, a container that started more than this long before the kubelet keeps its readiness when the kubelet restarts',
    'pkg/kubelet/prober/worker.go',
  ),
  plegPeriodEvented: parameter(
    seconds(300),
    'ns',
    'wait between two relists with EventedPLEG',
    'pkg/kubelet/kubelet.go',
  ),
  plegUnhealthy: parameter(
    seconds(180),
    'ns',
    'the PLEG is unhealthy this long after the start of the last completed relist',
    'pkg/kubelet/kubelet.go',
  ),
  plegUnhealthyEvented: parameter(seconds(600), 'ns', 'the same with EventedPLEG', 'pkg/kubelet/kubelet.go'),
  cacheRefreshPeriod: parameter(
    seconds(5),
    'ns',
    'with EventedPLEG the timestamp of the pod cache is updated this often',
    'pkg/kubelet/pleg/evented.go; kubernetes#124953',
  ),
  volumePopulatorPeriod: parameter(
    milliseconds(100),
    'ns',
    'period of the loop that finds the volumes of new pods',
    'pkg/kubelet/volumemanager/volume_manager.go',
  ),
  volumeReconcilerPeriod: parameter(
    milliseconds(100),
    'ns',
    'period of the loop that mounts them',
    'pkg/kubelet/volumemanager/volume_manager.go',
  ),
  volumePollPeriod: parameter(
    milliseconds(300),
    'ns',
    'the pod worker looks for mounted volumes this often',
    'pkg/kubelet/volumemanager/volume_manager.go',
  ),
  stopGraceMin: parameter(
    seconds(2),
    'ns',
    'shortest grace period passed to StopContainer',
    'pkg/kubelet/kuberuntime/kuberuntime_manager.go',
  ),
  manualTriggerLost: parameter(
    0.5,
    'probability',
    'a readiness worker triggered by a container’s first status finds that status not stored yet, and the trigger is lost',
    'no published figure; two goroutines race in pkg/kubelet/prober/prober_manager.go UpdatePodStatus',
  ),
  probeRefused: parameter(
    milliseconds(1),
    'ns',
    'a network probe that finds nobody listening, or whose answer is an error',
    'no published figure; HTTP and TCP probes cost 1-2 ms',
  ),
  probeConnect: parameter(
    milliseconds(1),
    'ns',
    'a TCP probe that connects: the kernel accepts, the application is not involved',
    'no published figure; HTTP and TCP probes cost 1-2 ms',
  ),
  probeExec: parameter(
    milliseconds(60),
    'ns',
    'starting the process of an exec probe and collecting it, without the work it does; CPU of the runtime',
    'crun README (2026): runc exec 33 ms; the rest assumed from 12 to 15 calls of shim and runtime; kubernetes#82440 (2019): 13.3 a second took a third of a node',
  ),
  probeHttp: parameter(milliseconds(1), 'ns', 'CPU of the kubelet for an HTTP probe', 'no published figure'),
  probeTcp: parameter(milliseconds(0.3), 'ns', 'CPU of the kubelet for a TCP probe', 'no published figure'),
  probeGrpc: parameter(milliseconds(1.5), 'ns', 'CPU of the kubelet for a gRPC probe', 'no published figure'),
} as const;

/** What the work of a kubelet takes on a machine. */
export const kubeletCosts = {
  syncLoopHandling: parameter(
    milliseconds(1),
    'ns',
    'from a watch event until the pod worker is notified: config merge, admission, sync loop',
    'part of the 14 ms from scheduled to first sync in kubernetes#137362, the share assumed',
  ),
  syncOverhead: parameter(
    milliseconds(1),
    'ns',
    'what every pod sync takes besides its waits: building the status, secrets, cgroups',
    'no published figure',
  ),
  kubeletStart: parameter(
    seconds(2),
    'ns',
    'from the start of a kubelet until its sync loop runs: registration, caches, first list of its pods',
    'no published figure',
  ),
  runtimeEventLatency: parameter(
    milliseconds(1),
    'ns',
    'from a change in the runtime until the kubelet receives the event, with EventedPLEG',
    'KEP-3386: of the order of 1 ms',
  ),
  // A relist counts as CPU from its beginning to its end: while the kubelet waits, the runtime works.
  relistBase: parameter(
    milliseconds(4.3),
    'ns',
    'a relist of an empty node',
    'kubernetes#96448 (2021): mean 5.7 ms at 100 pods, 17.1 ms at 900, straight line through both',
  ),
  relistPerPod: parameter(microseconds(14.3), 'ns', 'and for each pod on the node', 'kubernetes#96448 (2021)'),
  inspectPod: parameter(
    milliseconds(3),
    'ns',
    'inspecting a changed pod: one PodSandboxStatus',
    'no published figure; status calls of 0-2 ms in critest (2019) plus the round trip',
  ),
  inspectContainer: parameter(milliseconds(1), 'ns', 'and for each of its containers', 'critest (2019): 0-2 ms'),
  mount: parameter(milliseconds(10), 'ns', 'mounting the projected token volume', 'no published figure'),
  unmount: parameter(
    milliseconds(100),
    'ns',
    'removing the volume directories and cgroup of an ended pod, after the volume poll',
    'no published figure; the directories are polled every 100 ms (pkg/kubelet/kubelet.go)',
  ),
} as const;

/** Which measurements tell the numbers of a kubelet. */
export const KUBELET_FITS: readonly Fit[] = [
  {
    what: 'relists',
    measures: ['relist_seconds'],
    group: 'kubelet.costs',
    unknowns: {
      relistBase: 'measure nodes with two numbers of pods',
      relistPerPod: 'measure nodes with two numbers of pods',
    },
  },
];
