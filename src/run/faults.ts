// Carries out the scenario's faults at their time. Part of the run, because a fault may reach into any component.

import { amountOf, type CountOrPercent, type FaultSpec, type NodeTarget } from '../cluster/index.js';
import { type Duration, type Instant, keyWithin } from '../engine/index.js';
import type { Components } from './components.js';
import type { ControlPlanePods } from './control-plane-pods.js';

/** What a fault hit, for the report. */
export interface FaultRecord {
  /** Index in the scenario. */
  readonly fault: number;
  readonly begins: number;
  /** Infinity if it outlasts the run. */
  readonly ends: number;
  readonly nodes: ReadonlySet<number>;
  /** Pods hit themselves, or on the nodes that are hit. */
  readonly pods: ReadonlySet<number>;
}

type StaticPodFault = Extract<FaultSpec, { readonly type: 'StaticPodRemoved' }>;
type NodeFaultSpec = Exclude<Extract<FaultSpec, { readonly nodes: NodeTarget }>, StaticPodFault>;

/** Values of the faults that hold now, by what they hit: where several of one type do, the worst one counts. */
class Holding {
  readonly #values = new Map<string, number[]>();
  readonly #worst: (...values: number[]) => number;

  /** @param worst which of several values counts; 1 stands for none. */
  constructor(worst: (...values: number[]) => number) {
    this.#worst = worst;
  }

  /** @returns the value that counts from now on. */
  add(what: string, value: number): number {
    const values = [...(this.#values.get(what) ?? []), value];
    this.#values.set(what, values);
    return this.#worst(1, ...values);
  }

  /** @returns the value that counts from now on; 1 if no fault is left. */
  remove(what: string, value: number): number {
    const values = [...this.#values.get(what)!];
    values.splice(values.indexOf(value), 1);
    this.#values.set(what, values);
    return this.#worst(1, ...values);
  }
}

export class Faults {
  readonly records: FaultRecord[] = [];
  readonly #cluster: Components;

  readonly #controlPlanePods: ControlPlanePods;
  /** What the faults leave of things, and how many times as long things take. */
  readonly #left = new Holding(Math.min);
  readonly #factors = new Holding(Math.max);

  constructor(cluster: Components, controlPlanePods: ControlPlanePods) {
    this.#cluster = cluster;
    this.#controlPlanePods = controlPlanePods;
  }

  /** Schedules all faults. */
  start(): void {
    const { simulation, spec } = this.#cluster.context;
    const over = simulation.on('fault/ends', (index, record) => this.#end(spec.faults[index]!, this.records[record]!));
    const begins = simulation.on('fault/begins', (index) => {
      this.#begin(spec.faults[index]!, index);
      const record = this.records.length - 1;
      const { ends } = this.records[record]!;
      if (ends < spec.duration) simulation.schedule(ends as Instant, over, index, record);
    });
    spec.faults.forEach((fault, index) => {
      if (fault.at < spec.duration) simulation.schedule(fault.at, begins, index);
    });
  }

  #begin(fault: FaultSpec, index: number): void {
    const { api, controllers, kubelets } = this.#cluster;
    switch (fault.type) {
      case 'RollingUpdate': {
        const pods = fault.workloads.flatMap((workload) => controllers.podsOf(workload));
        this.#record(index, 0, [], pods);
        for (const workload of fault.workloads) {
          controllers.beginRollingUpdate(workload);
        }
        return;
      }
      case 'ReadinessFlap':
      case 'ApplicationHang': {
        const pods = this.#pickPods(fault.workloads, fault.pods, index);
        this.#record(index, fault.duration, [], pods);
        for (const pod of pods) {
          if (fault.type === 'ReadinessFlap') kubelets.flapReadiness(pod, fault.duration);
          else kubelets.hang(pod, fault.duration);
        }
        return;
      }
      case 'RegistrySlow':
        this.#record(index, fault.duration, [], []);
        kubelets.slowRegistry(this.#left.add(fault.type, fault.left));
        return;
      case 'ApiServerOutage':
        this.#record(index, fault.duration, [], []);
        api.setAway(true);
        return;
      case 'StaticPodRemoved': {
        const pods = this.#staticPods(fault, index);
        const { node } = this.#cluster.context.pods;
        this.#record(
          index,
          fault.duration,
          pods.map((pod) => node[pod]!),
          pods,
        );
        for (const pod of pods) kubelets.setStaticPodFile(pod, false, fault.noticedBy);
        return;
      }
      default:
        this.#beginOnNodes(fault, index);
    }
  }

  #beginOnNodes(fault: NodeFaultSpec, index: number): void {
    const { kubelets, proxies, routing, traffic, api, context } = this.#cluster;
    const nodes = this.#pickNodes(fault.nodes, index);
    const pods = nodes.flatMap((node) => api.podsOf(node));
    this.#record(index, fault.duration, nodes, pods);
    for (const node of nodes) {
      switch (fault.type) {
        case 'NodeDeath':
        case 'NodeReboot':
          proxies.onNodeDown(node);
          routing.onNodeDown(node);
          traffic.onNodeDown(node);
          kubelets.life.die(node, fault.duration);
          break;
        case 'KubeletRestart':
          kubelets.life.restartKubelet(node, fault.duration);
          break;
        case 'NetworkPartition':
          proxies.cutOff(node);
          this.#left.add(`${fault.type} ${node}`, 0);
          kubelets.life.setConnected(node, false);
          break;
        case 'RuntimeStall':
          kubelets.life.stallRuntime(node, fault.duration as Duration);
          break;
        case 'RuntimeRestart':
          kubelets.life.restartRuntime(node);
          break;
        case 'RuntimeSlow':
          kubelets.life.slowRuntime(node, this.#factors.add(`${fault.type} ${node}`, fault.factor));
          break;
        case 'DiskStarvation':
          kubelets.life.slowDisk(node, this.#factors.add(`${fault.type} ${node}`, fault.factor));
          break;
        case 'KubeProxyRestart':
          proxies.kill(node);
          break;
        case 'XtablesLock':
          proxies.lock(node, context.simulation.now + fault.duration);
          break;
        case 'ProxySyncFailure':
          proxies.changeFailures(node, 1);
          break;
        case 'RulesFlushed':
          proxies.flush(node);
          break;
        case 'CpuStarvation':
          context.cpu.setLeft(node, this.#left.add(`${fault.type} ${node}`, fault.left));
          break;
        case 'MemoryStarvation':
          kubelets.memory.setLeft(node, this.#left.add(`${fault.type} ${node}`, fault.left));
      }
    }
    this.#controlPlanePods.reconsider();
  }

  #end(fault: FaultSpec, { nodes, pods }: FaultRecord): void {
    const { api, kubelets, proxies, context } = this.#cluster;
    if (fault.type === 'RegistrySlow') kubelets.slowRegistry(this.#left.remove(fault.type, fault.left));
    else if (fault.type === 'ApiServerOutage') api.setAway(false);
    else if (fault.type === 'StaticPodRemoved') {
      for (const pod of pods) kubelets.setStaticPodFile(pod, true, fault.noticedBy);
    }
    for (const node of nodes) {
      switch (fault.type) {
        case 'NodeDeath':
        case 'NodeReboot':
          proxies.onNodeBoots(node);
          break;
        case 'NetworkPartition':
          if (this.#left.remove(`${fault.type} ${node}`, 0) < 1) break;
          kubelets.life.setConnected(node, true);
          proxies.reconnect(node);
          break;
        case 'RuntimeSlow':
          kubelets.life.slowRuntime(node, this.#factors.remove(`${fault.type} ${node}`, fault.factor));
          break;
        case 'DiskStarvation':
          kubelets.life.slowDisk(node, this.#factors.remove(`${fault.type} ${node}`, fault.factor));
          break;
        case 'KubeProxyRestart':
          proxies.restart(node);
          break;
        case 'ProxySyncFailure':
          proxies.changeFailures(node, -1);
          break;
        case 'CpuStarvation':
          context.cpu.setLeft(node, this.#left.remove(`${fault.type} ${node}`, fault.left));
          break;
        case 'MemoryStarvation':
          kubelets.memory.setLeft(node, this.#left.remove(`${fault.type} ${node}`, fault.left));
      }
    }
    this.#controlPlanePods.reconsider();
  }

  #record(fault: number, duration: number, nodes: readonly number[], pods: readonly number[]): void {
    const begins = this.#cluster.context.simulation.now;
    this.records.push({ fault, begins, ends: begins + duration, nodes: new Set(nodes), pods: new Set(pods) });
  }

  /** Static pods whose file is taken away: those of the named workloads on the nodes that are hit. */
  #staticPods({ workloads, nodes }: StaticPodFault, index: number): number[] {
    const { controllers, context } = this.#cluster;
    const hit = new Set(this.#pickNodes(nodes, index));
    return workloads
      .flatMap((workload) => [...controllers.podsOf(workload)])
      .filter((pod) => hit.has(context.pods.node[pod]!))
      .sort((a, b) => a - b);
  }

  #pickPods(workloads: readonly number[], amount: CountOrPercent, index: number): number[] {
    const { context, controllers } = this.#cluster;
    const picks = context.streams.stream('fault/pods');
    return workloads.flatMap((workload) => {
      const pods = controllers.podsOf(workload).filter((pod) => context.pods.ready[pod] === 1);
      return pickSome(pods, amountOf(amount, pods.length, Math.ceil), (pod) =>
        picks.uniform(keyWithin(context.identities.faults[index]!, context.pods.keyOf(pod)), 0),
      );
    });
  }

  #pickNodes({ pools, zone, amount }: NodeTarget, index: number): number[] {
    const { identities, nodes, streams } = this.#cluster.context;
    const picks = streams.stream('fault/nodes');
    const candidates: number[] = [];
    for (let node = 0; node < nodes.count; node++) {
      const isInZone = zone === undefined || nodes.zoneOf(node) === zone;
      if (pools.includes(nodes.pool[node]!) && isInZone && nodes.up[node] === 1) candidates.push(node);
    }
    return pickSome(candidates, amountOf(amount, candidates.length, Math.ceil), (node) =>
      picks.uniform(keyWithin(identities.faults[index]!, nodes.keyOf(node)), 0),
    );
  }
}

/** The `count` of them with the smallest draws: the same ones whatever else happens. */
function pickSome(all: readonly number[], count: number, draw: (item: number) => number): number[] {
  return [...all]
    .sort((a, b) => draw(a) - draw(b) || a - b)
    .slice(0, count)
    .sort((a, b) => a - b);
}
