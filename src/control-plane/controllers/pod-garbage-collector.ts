// The pod garbage collector: objects of pods that nobody else deletes. Part of the control plane.
// Source: pkg/controller/podgc/gc_controller.go. It looks every 20 s: at pods that have ended, of which so many are kept, and at
// pods that were to end on nodes which somebody has declared out of service. (Pods without a node end at once here, and nodes
// do not go.)

import { type Context, type NodeId, NodeReady, type PodId, type TaintSpec } from '../../cluster/index.js';
import { type EventKind, entityKey, type Instant } from '../../engine/index.js';
import type { ControlPlaneAccess } from '../api-server/api-server.js';
import { controlPlaneParameters } from '../parameters.js';
import type { Controller, ControllerType } from './controller.js';

const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

class PodGarbageCollector implements Controller {
  readonly name = 'pod-garbage-collector';
  readonly #context: Context;
  readonly #api: ControlPlaneAccess;
  readonly #looked: EventKind;
  /** Nodes that somebody has declared out of service, and the Ready condition of all, as the watch has brought them. */
  readonly #outOfService = new Set<NodeId>();
  readonly #ready: Uint8Array;

  constructor(context: Context, api: ControlPlaneAccess) {
    this.#context = context;
    this.#api = api;
    this.#ready = new Uint8Array(context.nodes.count).fill(NodeReady.True);
    this.#looked = api.whenAvailable('pod-garbage-collector/looked', () => this.#onLook());
  }

  start(): void {
    const { simulation, streams } = this.#context;
    this.#api.watchNodes({
      name: this.name,
      onReadyChanged: (node, ready) => {
        this.#ready[node] = ready;
      },
      onTaintsChanged: (node, taints) => this.#observe(node, taints),
    });
    const { value: period } = controlPlaneParameters.podGcPeriod;
    const phase = streams.stream('pod-garbage-collector/phase').below(period, entityKey('kube-controller-manager'), 0);
    simulation.schedule((simulation.now + phase) as Instant, this.#looked, 0);
  }

  #observe(node: NodeId, taints: readonly TaintSpec[]): void {
    if (taints.some(({ key }) => key === OUT_OF_SERVICE)) this.#outOfService.add(node);
    else this.#outOfService.delete(node);
  }

  #onLook(): void {
    const { simulation } = this.#context;
    this.#collectEnded();
    for (const node of this.#outOfService) if (this.#ready[node] !== NodeReady.True) this.#collectStuck(node);
    simulation.schedule((simulation.now + controlPlaneParameters.podGcPeriod.value) as Instant, this.#looked, 0);
  }

  /** The oldest of the pods that have ended, as far as there are too many. */
  #collectEnded(): void {
    const tooMany = this.#api.endedPods.size - controlPlaneParameters.terminatedPodGcThreshold.value;
    if (tooMany <= 0) return;
    const { created } = this.#context.pods.stamps;
    // Those of before the run come first.
    const age = (pod: PodId): number => created[pod]! || 0;
    const ended = [...this.#api.endedPods].sort((a, b) => age(a) - age(b) || a - b);
    for (const pod of ended.slice(0, tooMany)) this.#api.deletePod(pod);
  }

  /** Nobody is left there who could say that they have ended. */
  #collectStuck(node: NodeId): void {
    for (const { pod, isDeleting } of this.#api.listPods(node)) if (isDeleting) this.#api.removePod(pod);
  }
}

export const podGarbageCollector: ControllerType = {
  name: 'pod-garbage-collector-controller',
  meaning: 'deletes the objects of pods that have ended when there are too many, and of those on nodes out of service',
  create: ({ context, api }) => new PodGarbageCollector(context, api),
};
