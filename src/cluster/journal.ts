// What components tell an onlooker as it happens. Part of the cluster vocabulary.
// Nobody listens in an ordinary run, and then nothing is told. An onlooker changes nothing: it may note, and it may stop the
// run by throwing. Containers are named by their pod and their index in its template; instants and durations in ns.

import type { NodeId, PodId, ServiceId } from './ids.js';
import type { NodeTable } from './node-table.js';
import type { PodTable } from './pod-table.js';
import type { ClusterSpec, ProbeType } from './spec/index.js';

/** What an onlooker may look at. */
export interface Observed {
  readonly spec: ClusterSpec;
  readonly nodes: NodeTable;
  readonly pods: PodTable;
  /** ns. */
  readonly now: () => number;
}

/** Looks on while a cluster runs: notes what happens, or checks it. */
export interface Onlooker {
  over(observed: Observed): Journal;
}

export interface Journal {
  // The kubelet of a node.
  kubeletStarted?(node: NodeId): void;
  kubeletStopped?(node: NodeId): void;
  /** Its sync loop stands still, and takes no news; or goes on. */
  syncLoopPaused?(node: NodeId, isPaused: boolean): void;
  /** It sends a request on its main client at an instant, now or later. */
  requestSent?(node: NodeId, at: number): void;

  // A pod on its node.
  /** It runs, and is ready, when the run begins. */
  podSeeded?(pod: PodId): void;
  podAdmitted?(pod: PodId): void;
  syncBegan?(pod: PodId): void;
  volumesMounted?(pod: PodId): void;
  sandboxReady?(pod: PodId): void;
  /** The sandbox has been stopped, or has died with its node. */
  sandboxGone?(pod: PodId): void;
  /** A relist that began at `since` has looked at the pod. */
  podInspected?(pod: PodId, since: number): void;
  /** The status manager is handed a status, new or not. */
  statusSet?(pod: PodId, ready: boolean, allRunning: boolean): void;

  // A container.
  /** The kubelet goes about starting it: no back-off holds it up. */
  containerDue?(pod: PodId, index: number): void;
  containerStarted?(pod: PodId, index: number): void;
  /** Its postStart hook runs until then. */
  postStartHook?(pod: PodId, index: number, until: number): void;
  /** It is to be stopped: SIGTERM at one instant, dead at another, SIGKILL if it had needed longer. */
  containerStopping?(pod: PodId, index: number, signalled: number, ends: number, killed: boolean): void;
  containerEnded?(pod: PodId, index: number, exitCode: number): void;
  probeBegan?(pod: PodId, index: number, type: ProbeType): void;
  probeEnded?(pod: PodId, index: number, type: ProbeType, succeeded: boolean): void;
  /** A value is written into the result store; `isFirst`: the one that every new run of the container begins with. */
  probeResult?(pod: PodId, index: number, type: ProbeType, succeeded: boolean, isFirst: boolean): void;

  // Image pulls.
  /** The registry limit lets a pull through. */
  pullAdmitted?(node: NodeId): void;
  pullBegan?(node: NodeId): void;
  pullEnded?(node: NodeId): void;

  // The rules of a node.
  /** A sync of its kube-proxy ends. @param from position of the service log before it. @param to the one it has taken in. */
  rulesSynced?(node: NodeId, began: number, from: number, to: number, isFull: boolean, hasFailed: boolean): void;

  // The control plane.
  /** The EndpointSlice controller learns of a pod that is to serve a service from now on, or no more: unready, or on its way out. */
  endpointMoved?(pod: PodId, service: ServiceId, serves: boolean): void;
  /** It has written the slices of a service. @param position of the write in the service log. */
  slicesWritten?(service: ServiceId, position: number): void;
  /** The node's Ready condition is set to Unknown for want of heartbeats. @param lastHeartbeat the newest one observed. */
  nodeUnknown?(node: NodeId, lastHeartbeat: number): void;

  /** All that is simulated has been. */
  runEnded?(): void;
}
