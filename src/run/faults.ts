// Carries out the scenario's faults at their time. Part of the run, because a fault may reach into any component.

import { amountOf, type FaultSpec } from '../cluster/index.js';
import type { Cluster } from './cluster.js';

export class Faults {
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Schedules all faults. */
  start(): void {
    const { simulation, spec } = this.#cluster.context;
    const kind = simulation.on('fault', (index) => this.#carryOut(spec.faults[index]!, index));
    spec.faults.forEach((fault, index) => {
      simulation.schedule(fault.at, kind, index);
    });
  }

  #carryOut(fault: FaultSpec, index: number): void {
    const { controllers, kubelets, context } = this.#cluster;
    switch (fault.type) {
      case 'RollingUpdate':
        for (const workload of fault.workloads) {
          if (fault.image !== undefined) kubelets.updateImage(workload, fault.image);
          controllers.beginRollingUpdate(workload);
        }
        return;
      case 'ReadinessFlap': {
        const picks = context.streams.stream('fault/readiness-flap');
        for (const workload of fault.workloads) {
          const pods = controllers.podsOf(workload).filter((pod) => context.pods.ready[pod] === 1);
          const wanted = amountOf(fault.pods, pods.length, Math.ceil);
          for (const pod of pickSome(pods, wanted, (pod) => picks.uniform(pod, index))) {
            kubelets.flapReadiness(pod, fault.duration);
          }
        }
      }
    }
  }
}

/** The `count` pods with the smallest draws: the same ones whatever else happens. */
function pickSome(pods: readonly number[], count: number, draw: (pod: number) => number): number[] {
  return [...pods]
    .sort((a, b) => draw(a) - draw(b) || a - b)
    .slice(0, count)
    .sort((a, b) => a - b);
}
