// What components tell an onlooker as it happens. Part of the cluster vocabulary.
// Nobody listens in an ordinary run, and then nothing is told. An onlooker changes nothing: it may note, and it may stop the
// run by throwing. Containers are named by their pod and their index in its template; instants and durations in ns.

import type { NodeTable } from './node-table.js';
import type { PodTable } from './pod-table.js';
import type { ClusterSpec, ProbeType } from './spec.js';

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
  kubeletStarted?(node: number): void;
  kubeletStopped?(node: number): void;
  /** Its sync loop stands still, and takes no news; or goes on. */
  syncLoopPaused?(node: number, isPaused: boolean): void;
  /** It sends a request on its main client at an instant, now or later. */
  requestSent?(node: number, at: number): void;

  // A pod on its node.
  /** It runs, and is ready, when the run begins. */
  podSeeded?(pod: number): void;
  podAdmitted?(pod: number): void;
  syncBegan?(pod: number): void;
  volumesMounted?(pod: number): void;
  sandboxReady?(pod: number): void;
  /** The sandbox has been stopped, or has died with its node. */
  sandboxGone?(pod: number): void;
  /** A relist that began at `since` has looked at the pod. */
  podInspected?(pod: number, since: number): void;
  /** The status manager is handed a status, new or not. */
  statusSet?(pod: number, ready: boolean, allRunning: boolean): void;

  // A container.
  /** The kubelet goes about starting it: no back-off holds it up. */
  containerDue?(pod: number, index: number): void;
  containerStarted?(pod: number, index: number): void;
  /** Its postStart hook runs until then. */
  postStartHook?(pod: number, index: number, until: number): void;
  /** It is to be stopped: SIGTERM at one instant, dead at another, SIGKILL if it had needed longer. */
  containerStopping?(pod: number, index: number, signalled: number, ends: number, killed: boolean): void;
  containerEnded?(pod: number, index: number, exitCode: number): void;
  probeBegan?(pod: number, index: number, type: ProbeType): void;
  probeEnded?(pod: number, index: number, type: ProbeType, succeeded: boolean): void;
  /** A value is written into the result store; `isFirst`: the one that every new run of the container begins with. */
  probeResult?(pod: number, index: number, type: ProbeType, succeeded: boolean, isFirst: boolean): void;

  // Image pulls.
  /** The registry limit lets a pull through. */
  pullAdmitted?(node: number): void;
  pullBegan?(node: number): void;
  pullEnded?(node: number): void;

  // The rules of a node.
  /** A sync of its kube-proxy ends. @param from position of the service log before it. @param to the one it has taken in. */
  rulesSynced?(node: number, began: number, from: number, to: number, isFull: boolean, hasFailed: boolean): void;

  // The control plane.
  /** The EndpointSlice controller learns of a pod that is to serve a service from now on, or no more: unready, or on its way out. */
  endpointMoved?(pod: number, service: number, serves: boolean): void;
  /** It has written the slices of a service. @param position of the write in the service log. */
  slicesWritten?(service: number, position: number): void;
  /** The node's Ready condition is set to Unknown for want of heartbeats. @param lastHeartbeat the newest one observed. */
  nodeUnknown?(node: number, lastHeartbeat: number): void;

  /** All that is simulated has been. */
  runEnded?(): void;
}
