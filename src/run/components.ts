// All components of one running cluster. Part of the run: what assemble makes, and what faults reach into.

import type { Context } from '../cluster/index.js';
import type { NetworkPolicies, PodNetwork } from '../cni/index.js';
import type { ApiServer, Controllers, Scheduler, WorkloadControllers } from '../control-plane/index.js';
import type { KubeProxies, ServiceDataPath } from '../kube-proxy/index.js';
import type { Kubelets } from '../kubelet/index.js';
import type { NodeCpus, XtablesLock } from '../node/index.js';
import type { Traffic } from '../traffic/index.js';

export interface Components {
  readonly context: Context;
  readonly api: ApiServer;
  readonly scheduler: Scheduler;
  readonly workloads: WorkloadControllers;
  readonly controllers: Controllers;
  readonly cpus: NodeCpus;
  readonly kubelets: Kubelets;
  readonly proxies: KubeProxies;
  readonly xtablesLock: XtablesLock;
  readonly network: PodNetwork;
  readonly policies: NetworkPolicies;
  readonly routing: ServiceDataPath;
  readonly traffic: Traffic;
}
