// The kubelets of all nodes, as the other components see them. Part of the kubelet.

import { ApplicationState } from '../application/index.js';
import {
  type ApiAccess,
  type Context,
  containersOf,
  isStatic,
  type NodeId,
  type PartList,
  type PodId,
  templateOf,
} from '../cluster/index.js';
import type { PodNetwork } from '../cni/index.js';
import type { ContainerRuntime, ContainerRuntimes, ContainersView } from '../cri/index.js';
import type { Duration } from '../engine/index.js';
import type { NodeSupply } from '../node/index.js';
import { assembleKubelets, type KubeletParts } from './assemble.js';
import type { NodeStarts } from './latency/node-starts.js';
import type { NodeLife } from './node/node-life.js';
import type { Pleg } from './pleg/pleg.js';
import type { Eviction } from './pod-manager.js';
import type { Restart } from './pod-workers/restart-log.js';
import { imagesUsedBy } from './pod-workers/volumes.js';
import type { Prober, RequestWorkers } from './prober/prober.js';
import type { StatusManager } from './status/status-manager.js';

/** What a connection finds at a pod. */
export type BackendState = 'serving' | 'refused' | 'unready' | 'hung' | 'gone';

export class Kubelets {
  readonly #context: Context;
  readonly #parts: KubeletParts;
  #onApplicationChanged: (pod: PodId) => void = () => {};

  constructor(context: Context, api: ApiAccess, network: PodNetwork, runtimes: PartList<ContainerRuntime>) {
    this.#context = context;
    this.#parts = assembleKubelets(context, api, network, runtimes, (pod) => this.#onApplicationChanged(pod));
  }

  get containers(): ContainersView {
    return this.#parts.containers;
  }

  get memory(): NodeSupply {
    return this.#parts.memory;
  }

  /** Space on the disks of the nodes. */
  get disk(): NodeSupply {
    return this.#parts.disk;
  }

  /** Process ids of the nodes. */
  get processes(): NodeSupply {
    return this.#parts.processes;
  }

  /** What may happen to their nodes. */
  get life(): NodeLife {
    return this.#parts.life;
  }

  /** A machine is told to go off: its kubelet ends the pods first, if it is configured to. @param latest it goes off then at the latest. */
  shutDown(node: NodeId, latest: number, off: () => void): void {
    this.#parts.shutdown.begin(node, latest, off);
  }

  get pleg(): Pleg {
    return this.#parts.pleg;
  }

  get prober(): Prober {
    return this.#parts.prober;
  }

  /** Probes of applications wait for the workers that answer requests. */
  shareWorkers(workers: RequestWorkers): void {
    this.#parts.prober.shareWorkers(workers);
  }

  get statusManager(): StatusManager {
    return this.#parts.statusManager;
  }

  get runtimes(): ContainerRuntimes {
    return this.#parts.runtimes;
  }

  get nodeStarts(): NodeStarts {
    return this.#parts.nodeStarts;
  }

  get restarts(): readonly Restart[] {
    return this.#parts.restarts.entries;
  }

  get evictions(): readonly Eviction[] {
    return this.#parts.podManager.evicted;
  }

  /** A pod that runs and is ready when the simulation begins. */
  seed(pod: PodId): void {
    const { latency, network, podManager, sandboxes, staticPods, statusManager, statuses, workers: w } = this.#parts;
    const node = podManager.nodeOf(pod);
    podManager.seed(pod);
    if (isStatic(this.#context, pod)) staticPods.seed(pod);
    if (templateOf(this.#context, pod).hostNetwork) network.useHost(pod, node);
    else network.seed(pod, node);
    w.lastSyncEnd[pod] = -1;
    sandboxes.add(pod);
    if (this.#context.spec.version.reportsSandbox) sandboxes.see(pod);
    latency.seed(pod);
    this.#context.journal?.podSeeded?.(pod);
    const template = templateOf(this.#context, pod);
    template.containers.forEach(({ role }, index) => {
      this.#seedContainer(w.firstContainer[pod]! + index, node, imagesUsedBy(template, index), role === 'init');
    });
    statuses.openGates(pod);
    statusManager.seed(pod, statuses.of(pod));
  }

  /** @param hasEnded it is an init container. */
  #seedContainer(c: number, node: NodeId, used: readonly string[], hasEnded: boolean): void {
    const { applications, cache, containers, images, prober, stored } = this.#parts;
    containers.seed(c, hasEnded);
    cache.take(c);
    stored.take(c);
    for (const image of used) {
      images.store.add(node, image, 0);
      images.store.use(node, image, 1, 0);
    }
    if (hasEnded) return;
    prober.seedWorkers(c);
    applications.seed(c);
  }

  // What clients find ----------------------------------------------------------------------------------------------------

  /** Calls back whenever what a pod answers may have changed. */
  onApplicationChanged(listener: (pod: PodId) => void): void {
    this.#onApplicationChanged = listener;
  }

  /** What a connection to the pod that begins on a node now would find. */
  backendState(pod: PodId, from: number): BackendState {
    const { applications, podManager, sandboxes, workers: w } = this.#parts;
    if (!sandboxes.isThere(pod)) return 'gone';
    if (!this.#context.nodes.areConnected(podManager.nodeOf(pod), from)) return 'gone';
    const first = w.firstContainer[pod]!;
    const specs = containersOf(this.#context, pod);
    let unready = false;
    for (let index = 0; index < specs.length; index++) {
      if (specs[index]!.role === 'init') continue;
      const state = applications.stateOf(first + index);
      if (state <= ApplicationState.Starting) return 'refused';
      if (state === ApplicationState.Hung) return 'hung';
      if (state === ApplicationState.Unready) unready = true;
    }
    return unready ? 'unready' : 'serving';
  }

  /** Which run of the pod's processes that is: another number after any of its containers has restarted. */
  incarnationOf(pod: PodId): number {
    const { containers, workers } = this.#parts;
    let incarnation = workers.incarnation[pod]!;
    workers.forEachContainer(pod, (c) => {
      incarnation += containers.run[c]!;
    });
    return incarnation;
  }

  // What faults do -------------------------------------------------------------------------------------------------------

  /** The file of a static pod is removed, or put back. */
  setStaticPodFile(pod: PodId, isThere: boolean, noticedBy: 'inotify' | 'fileCheck'): void {
    this.#parts.staticPods.setFile(pod, isThere, noticedBy);
  }

  /** The pod's readiness endpoint says no for a while. */
  flapReadiness(pod: PodId, duration: Duration): void {
    this.#parts.workers.forEachContainer(pod, (c) => this.#parts.applications.flapReadiness(c, duration));
  }

  /** Its application answers nothing for a while. */
  hang(pod: PodId, duration: Duration): void {
    this.#parts.workers.forEachContainer(pod, (c) => this.#parts.applications.hang(c, duration));
  }

  /** The registry sends only this share of what it could; 0: every pull fails. */
  slowRegistry(share: number): void {
    this.#parts.images.slowRegistry(share);
  }
}
