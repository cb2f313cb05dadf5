// All components of one running cluster, and what befalls it. Part of the run: what assemble makes and faults reach into.

import type { Context } from '../cluster/index.js';
import type { ApiServer, EndpointSliceController, Scheduler, WorkloadControllers } from '../control-plane/index.js';
import type { KubeProxies } from '../kube-proxy/index.js';
import type { Kubelets } from '../kubelet/index.js';
import type { Traffic } from '../traffic/index.js';
import type { Faults } from './faults.js';
import type { Invariants } from './invariants.js';

/** The components. */
export interface Components {
  readonly context: Context;
  readonly api: ApiServer;
  readonly scheduler: Scheduler;
  readonly controllers: WorkloadControllers;
  readonly endpointSlices: EndpointSliceController;
  readonly kubelets: Kubelets;
  readonly proxies: KubeProxies;
  readonly traffic: Traffic;
}

export interface Cluster extends Components {
  readonly faults: Faults;
  /** Set if the run is to be checked. */
  readonly invariants: Invariants | undefined;
}
