// The events of a run, as components report them to whoever listens. Part of the cluster vocabulary.
// Nobody listens in an ordinary run, and then nothing is reported. A listener changes nothing: it may note, and it may stop the
// run by throwing. Containers are named by their pod and their index in its template; instants and durations in ns. What is
// calculated instead of simulated (probes and relists at rest, leases) is not reported one by one.

import type { NodeId, PodId, ServiceId, WorkloadId } from './ids.js';
import { membersOf } from './members.js';
import type { NodeTable } from './node-table.js';
import type { PodTable } from './pod-table.js';
import type { ClusterSpec, ProbeType } from './spec/index.js';

/** What a listener may look at. */
export interface Observed {
  /** What is simulated. */
  readonly spec: ClusterSpec;
  /** Names, pools and zones of nodes. */
  readonly nodes: NodeTable;
  /** Where pods are, and since when. */
  readonly pods: PodTable;
  /** The simulated time, ns. */
  readonly now: () => number;
}

/** What a controller promises of the pods of a workload, whatever goes wrong with them. */
export interface WorkloadPromises {
  /** Pods that have not ended and are not being deleted, at most. */
  readonly mostPods: number;
  /** The same on each node. */
  readonly mostOnNode: number;
  /** Ready pods that are left when it deletes one that is ready; -Infinity: it may delete them all. */
  readonly leastReady: number;
  /** A number in names is that of one pod at a time. */
  readonly isNamed: boolean;
  /** It creates a pod only when all with lower numbers are ready. */
  readonly isOrdered: boolean;
}

/** Listens while a cluster runs: notes what happens, or checks it. */
export interface Onlooker {
  over(observed: Observed): Journal;
}

/** What a listener may hear: it has methods for the events that it wants, and none for the others. */
export interface Journal {
  // A pod's object at the API server.
  /** Its object is there. */
  podCreated?(pod: PodId, workload: WorkloadId): void;
  /** The scheduler found no node for it; it tries again. */
  podUnschedulable?(pod: PodId): void;
  /** The API server has it on a node. */
  podBound?(pod: PodId, node: NodeId): void;
  /** The API server has another Ready condition of it. */
  podReadyChanged?(pod: PodId, isReady: boolean): void;
  /** The API server has it that it has ended. */
  podEnded?(pod: PodId): void;
  /** It is to end: its deletion timestamp is set. */
  podDeleted?(pod: PodId): void;
  /** Its object is gone. */
  podRemoved?(pod: PodId): void;

  // What makes pods.
  /** What a controller promises of the pods of a workload from now on. */
  workloadPromised?(workload: WorkloadId, promises: WorkloadPromises): void;
  /** Its controller asks for the end of a pod that has not ended. @param isForced it may not stay, however many others there are. */
  controllerDeletes?(pod: PodId, workload: WorkloadId, isForced: boolean): void;
  /** A Job has ended. @param reason of its condition. @param counts pods that have succeeded and failed. */
  jobFinished?(
    workload: WorkloadId,
    reason: string,
    counts: { readonly succeeded: number; readonly failed: number },
  ): void;

  // A node.
  /** The machine stops, or boots. */
  nodeUpChanged?(node: NodeId, isUp: boolean): void;
  /** The Ready condition of its object is one of `NodeReady`: True 0, False 1, Unknown 2. */
  nodeReadyChanged?(node: NodeId, ready: number): void;

  // Requests of clients.
  /** A request is with a pod. @param weight requests that it stands for. */
  requestReachedPod?(service: ServiceId, pod: PodId, weight: number): void;
  /**
   * A request of a traffic entry has ended: outcome and cause as in requests.csv.
   * @param duration from its beginning until the client knew, ns, earlier attempts included.
   */
  requestEnded?(entry: number, outcome: string, cause: string, duration: number, weight: number): void;

  // Faults.
  /** A fault strikes. @param fault its index in the scenario. */
  faultBegan?(fault: number): void;
  /** What it did is undone; what follows from it may go on. */
  faultEnded?(fault: number): void;

  // The kubelet of a node.
  /** It runs, after a boot or a restart. */
  kubeletStarted?(node: NodeId): void;
  /** Its process ends; containers run on. */
  kubeletStopped?(node: NodeId): void;
  /** Its sync loop stands still, and takes no news; or goes on. */
  syncLoopPaused?(node: NodeId, isPaused: boolean): void;
  /** It sends a request on its main client at an instant, now or later. */
  requestSent?(node: NodeId, at: number): void;

  // A pod on its node.
  /** It runs, and is ready, when the run begins. */
  podSeeded?(pod: PodId): void;
  /** The kubelet has room for it, and takes it on. */
  podAdmitted?(pod: PodId): void;
  /** Its pod worker begins a sync. */
  syncBegan?(pod: PodId): void;
  /** All its volumes are mounted. */
  volumesMounted?(pod: PodId): void;
  /** Its sandbox runs, with an address. */
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
  /** Its process runs. */
  containerStarted?(pod: PodId, index: number): void;
  /** Its postStart hook runs until then. */
  postStartHook?(pod: PodId, index: number, until: number): void;
  /** It is to be stopped: SIGTERM at one instant, dead at another, SIGKILL if it had needed longer. */
  containerStopping?(pod: PodId, index: number, signalled: number, ends: number, killed: boolean): void;
  /** Its process is gone. @param exitCode as the runtime reports it. */
  containerEnded?(pod: PodId, index: number, exitCode: number): void;
  /** A prober sends a probe. */
  probeBegan?(pod: PodId, index: number, type: ProbeType): void;
  /** It has an answer, or has waited for its timeout. */
  probeEnded?(pod: PodId, index: number, type: ProbeType, succeeded: boolean): void;
  /** A value is written into the result store; `isFirst`: the one that every new run of the container begins with. */
  probeResult?(pod: PodId, index: number, type: ProbeType, succeeded: boolean, isFirst: boolean): void;

  // Image pulls.
  /** The registry limit lets a pull through. */
  pullAdmitted?(node: NodeId): void;
  /** An image is on its way to a node. */
  pullBegan?(node: NodeId): void;
  /** It is there, or has failed. */
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

type Listener = (...event: never[]) => void;

/** One journal for several: each event goes to those that listen to it, in their order; undefined if there are none. */
export function journalOf(journals: readonly Journal[]): Journal | undefined {
  const listeners = new Map<string, Listener[]>();
  for (const journal of journals) {
    for (const name of eventsOf(journal)) {
      const listen = (journal as Readonly<Record<string, Listener>>)[name]!.bind(journal);
      listeners.set(name, [...(listeners.get(name) ?? []), listen]);
    }
  }
  if (listeners.size === 0) return undefined;
  const together = [...listeners].map(([name, all]) => [name, all.length === 1 ? all[0]! : toAll(all)]);
  return Object.fromEntries(together) as Journal;
}

const toAll =
  (all: readonly Listener[]): Listener =>
  (...event) => {
    for (const listen of all) listen(...event);
  };

/** Events that a journal listens to: its own methods, and those of its class. */
const eventsOf = (journal: Journal): string[] =>
  membersOf(journal).filter(
    (name): name is string =>
      typeof name === 'string' && typeof (journal as Readonly<Record<string, unknown>>)[name] === 'function',
  );
