// Who gets the CPU of a node when there is not enough of it, by its cgroups.

import { describe, expect, it } from 'vitest';
import { NODE_PARTS, NodeTable, ParameterSet, type PodTemplate } from '../../src/cluster/index.js';
import { createEventQueue, type EntityKey, entityKey, RandomStreams, Simulation } from '../../src/engine/index.js';
import { NodeCpus } from '../../src/node/index.js';
import * as f from '../fixtures/cluster.js';

const S = 1e9;

/** One node with pods; container `index` of pod `p` wants all the threads it says. */
function fresh(cores: number, templates: readonly PodTemplate[], allocatable = cores * 1000, hasStaticCpus = false) {
  const simulation = new Simulation(createEventQueue('wheel'));
  const cpu = new NodeCpus({
    simulation,
    nodes: new NodeTable([
      f.pool({
        cpuMillis: allocatable,
        cpuCapacityMillis: cores * 1000,
        kubelet: { ...f.pool().kubelet, hasStaticCpus },
      }),
    ]),
    pods: {
      node: new Int32Array(templates.length),
      keyOf: (pod: number) => entityKey(`pod-${pod}`) as EntityKey,
    } as never,
    templateOf: (pod) => templates[pod]!,
    parameters: ParameterSet.DEFAULTS,
    offsets: new RandomStreams('cpu').stream('offsets'),
    requests: { kubeProxy: 0, networkAgent: 0 },
    idle: 0,
  });
  for (const pod of templates.keys()) cpu.addPod(pod);
  const part = (name: (typeof NODE_PARTS)[number]) => cpu.partOf(0, name);
  // What kubelet and runtime use at rest is left out.
  for (const name of ['kubelet', 'runtime'] as const) cpu.changeDemand(part(name), -cpu.demandOfPart(0, name));
  const want = (pod: number, threads: number, index = 0): void =>
    cpu.changeDemand(cpu.containerOf(pod, index), threads * 1000);
  /** Cores that a container gets. */
  const given = (pod: number, index = 0): number =>
    (cpu.speed(cpu.containerOf(pod, index)) * cpu.demandIn(pod, index)) / 1000;
  const givenTo = (name: (typeof NODE_PARTS)[number]): number =>
    (cpu.speed(part(name)) * cpu.demandOfPart(0, name)) / 1000;
  return { simulation, cpu, part, want, given, givenTo };
}

const pod = (qosClass: PodTemplate['qosClass'], request: number, limit = Infinity): PodTemplate =>
  f.template({
    qosClass,
    cpuRequestMillis: request,
    containers: [f.container({ cpuRequestMillis: request, cpuLimitMillis: limit })],
  });

describe('a full node', () => {
  const pods = [pod('Guaranteed', 2000, 2000), pod('Burstable', 4000), pod('BestEffort', 0)];
  it('gives by class, request and limit; what wants little has it', () => {
    const { cpu, part, want, given, givenTo } = fresh(8, pods, 7910);
    cpu.changeDemand(part('kubelet'), 200);
    want(0, 8);
    want(1, 8);
    want(2, 8);
    expect(givenTo('kubelet')).toBeCloseTo(0.2, 6);
    expect([given(0), given(1), given(2)].map((x) => Number(x.toFixed(3)))).toEqual([2, 5.763, 0.037]);
  });
  it('leaves the system its weight if it wants all it can get', () => {
    const { cpu, part, want, givenTo } = fresh(8, pods, 7910);
    want(0, 8);
    want(1, 8);
    want(2, 8);
    cpu.changeDemand(part('runtime'), 8000);
    expect(givenTo('runtime')).toBeCloseTo((8 * 100) / 409, 3);
  });
  it('divides a pod by the weights of its containers', () => {
    const two = f.template({
      qosClass: 'Burstable',
      cpuRequestMillis: 1100,
      containers: [f.container({ cpuRequestMillis: 1000 }), f.container({ cpuRequestMillis: 100 })],
    });
    const { want, given } = fresh(1, [two]);
    want(0, 4, 0);
    want(0, 4, 1);
    // 100 to 17.
    expect([given(0, 0), given(0, 1)].map((x) => Number(x.toFixed(3)))).toEqual([0.855, 0.145]);
  });
  it('never does more than its cores, and all of them while somebody lacks some', () => {
    const draws = new RandomStreams('conserve').stream('cases');
    for (let n = 0; n < 60; n++) {
      const u = (i: number): number => draws.uniform(entityKey('case'), n * 64 + i);
      const templates = Array.from({ length: 1 + Math.floor(u(0) * 10) }, (_, i) => {
        const request = Math.floor(u(i + 1) * 3000);
        if (u(i + 20) < 0.3) return pod('BestEffort', 0);
        return u(i + 20) < 0.6 ? pod('Guaranteed', request + 1, request + 1) : pod('Burstable', request + 1);
      });
      const { cpu, part, want, given, givenTo } = fresh(4, templates);
      for (const i of templates.keys()) want(i, u(i + 40) * 3);
      cpu.changeDemand(part('kernel'), u(60) * 5000);
      cpu.changeDemand(part('runtime'), u(61) * 3000);
      const all =
        NODE_PARTS.reduce((sum, name) => sum + givenTo(name), 0) + templates.reduce((sum, _, i) => sum + given(i), 0);
      expect(all).toBeLessThanOrEqual(4 + 1e-6);
      expect(cpu.useOf(0, 'all').most).toBeCloseTo(all, 6);
      if (cpu.demand(0) > 4000) expect(all).toBeCloseTo(4, 6);
    }
  });
  it('has a clock for each container, which stands where its work would', () => {
    const { simulation, cpu, want } = fresh(4, [pod('Burstable', 1000)]);
    want(0, 8);
    const group = cpu.containerOf(0, 0);
    simulation.runUntil(10 * S);
    expect(cpu.clock(group) / S).toBeCloseTo(5, 6);
    expect(cpu.instantAt(group, 6 * S) / S).toBeCloseTo(12, 6);
  });
  it('that a fault takes CPU from is slower for all alike', () => {
    const { cpu, want } = fresh(4, [pod('Burstable', 1000)]);
    want(0, 1);
    cpu.setAvailableShare(0, 0.25);
    expect([cpu.speed(cpu.containerOf(0, 0)), cpu.partSpeed(0, 'kubelet')]).toEqual([0.25, 0.25]);
  });
});

describe('a limit', () => {
  it('slows its own container down, and nobody else', () => {
    const { cpu, want, given } = fresh(8, [pod('Burstable', 100, 200), pod('Burstable', 100)]);
    want(0, 1);
    want(1, 1);
    expect([given(0), given(1)]).toEqual([0.2, 1]);
    expect(cpu.demand(0)).toBe(1200);
  });
});

describe('work of the runtime', () => {
  it('is done as fast as its threads can, and felt by nobody while there are CPUs', () => {
    const { simulation, cpu, want, given } = fresh(8, [pod('Burstable', 1000)]);
    want(0, 1);
    expect(cpu.addRuntimeWork(0, 0.2 * S, Infinity) / S).toBeCloseTo(0.1, 6);
    expect(given(0)).toBe(1);
    simulation.runUntil(S);
    expect(cpu.demand(0)).toBe(1000);
    expect(cpu.useOf(0, 'runtime').mean).toBeCloseTo(0.2, 3);
  });
  it('waits for its share on a full node, and is over at an event', () => {
    const { simulation, cpu, want, given } = fresh(2, [pod('Burstable', 2000)]);
    want(0, 4);
    expect(given(0)).toBe(2);
    const end = cpu.addRuntimeWork(0, S, Infinity);
    expect(given(0)).toBeLessThan(1);
    simulation.runUntil(end + S);
    expect(given(0)).toBe(2);
  });
});

describe('cpuManagerPolicy static', () => {
  const pods = [pod('Guaranteed', 2000, 2000), pod('Guaranteed', 1500, 1500), pod('Burstable', 1000)];
  it('gives whole cores to those that ask for them, and the rest to all others', () => {
    const { cpu, want, given } = fresh(4, pods, 4000, true);
    want(0, 3);
    want(1, 2);
    want(2, 4);
    // Three threads on two cores of its own; the others share two.
    expect(given(0)).toBe(2);
    expect(given(1) + given(2)).toBeCloseTo(2, 2);
    expect(cpu.limitOf(0, 0).amount).toBe(Infinity);
    expect(cpu.limitOf(1, 0).amount).toBeLessThan(Infinity);
    expect(cpu.useOf(0, 'all').most).toBeCloseTo(4, 2);
  });
  it('takes them back when the pod has gone', () => {
    const { cpu, want, given } = fresh(4, pods, 4000, true);
    want(2, 4);
    expect(given(2)).toBeCloseTo(2, 2);
    cpu.removePod(0);
    expect(given(2)).toBeCloseTo(4, 2);
  });
});

it('keeps many containers on many nodes apart', () => {
  const simulation = new Simulation(createEventQueue('wheel'));
  const template = pod('Burstable', 100, 200);
  const nodes = 700;
  const cpu = new NodeCpus({
    simulation,
    nodes: new NodeTable([f.pool({ count: nodes, cpuMillis: 4000 })]),
    pods: {
      node: Int32Array.from({ length: 3000 }, (_, i) => i % nodes),
      workload: new Int32Array(3000),
      keyOf: (i: number) => entityKey(`pod-${i}`) as EntityKey,
    },
    templateOf: () => template,
    parameters: ParameterSet.DEFAULTS,
    offsets: new RandomStreams('cpu').stream('offsets'),
    requests: { kubeProxy: 0, networkAgent: 0 },
    idle: 0,
  });
  for (let i = 0; i < 3000; i++) cpu.changeDemand(cpu.containerOf(i, 0), 150);
  for (let i = 0; i < 3000; i += 3) {
    cpu.changeDemand(cpu.containerOf(i, 0), -150);
    cpu.leave(i, 0);
  }
  for (let i = 0; i < 3000; i++) expect(cpu.demandIn(i, 0)).toBe(i % 3 === 0 ? 0 : 150);
  simulation.runUntil(S);
  expect([...cpu.containerUses().values()][0]!.used / S).toBeCloseTo(2000 * 0.15, 6);
});
