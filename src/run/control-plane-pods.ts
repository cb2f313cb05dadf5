// Whether the API server answers where the control plane runs as static pods, as kubeadm sets it up: while a kube-apiserver
// serves on a node that can be reached, and, if there are etcd members, more than half of them do. Part of the run, because
// it leads from what pods do to what the API server is.

import type { ControlPlaneComponent, PodId } from '../cluster/index.js';
import type { Components } from './components.js';

export class ControlPlanePods {
  readonly #cluster: Components;
  readonly #members: Readonly<Record<ControlPlaneComponent, readonly number[]>>;
  readonly #all: ReadonlySet<number>;
  #isUnavailable = false;

  /** Made when the pods that run at the start are there. */
  constructor(cluster: Components) {
    this.#cluster = cluster;
    const { pods, spec } = cluster.context;
    const all = Array.from({ length: pods.count }, (_, pod) => pod);
    const of = (component: ControlPlaneComponent): number[] =>
      all.filter((pod) => spec.workloads[pods.workload[pod]!]!.component === component);
    this.#members = { 'kube-apiserver': of('kube-apiserver'), etcd: of('etcd') };
    this.#all = new Set([...this.#members['kube-apiserver'], ...this.#members.etcd]);
    cluster.kubelets.onApplicationChanged((pod) => {
      if (this.#all.has(pod)) this.reconsider();
    });
  }

  /** What the pods of the control plane do, or who reaches them, has changed. */
  reconsider(): void {
    if (this.#all.size === 0) return;
    const servers = this.#members['kube-apiserver'];
    const { etcd } = this.#members;
    const hasServer = servers.length === 0 || servers.some((pod) => this.#serves(pod));
    const hasQuorum = etcd.length === 0 || etcd.filter((pod) => this.#serves(pod)).length * 2 > etcd.length;
    const isUnavailable = !(hasServer && hasQuorum);
    if (isUnavailable === this.#isUnavailable) return;
    this.#isUnavailable = isUnavailable;
    this.#cluster.api.setUnavailable(isUnavailable);
  }

  #serves(pod: PodId): boolean {
    const { context, kubelets } = this.#cluster;
    const node = context.pods.node[pod]!;
    return context.nodes.isOnNetwork(node) && kubelets.backendState(pod, node) === 'serving';
  }
}
