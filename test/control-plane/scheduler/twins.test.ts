// The scheduler against a slow, obvious one: random clusters with taints, affinities, spreads, ports, gates, priorities and
// devices. Each placement is one that the slow one would make, and pods that wait are pods that it could not place either.
import { expect, it } from 'vitest';
import type {
  ClusterSpec,
  LabelRequirement,
  LabelSelector,
  NodeSelectorTerm,
  PodAffinityTerm,
  PodTemplate,
  TaintSpec,
  TolerationSpec,
  TopologySpreadConstraint,
  WorkloadSpec,
} from '../../../src/cluster/index.js';
import { entityKey, RandomStream, seconds } from '../../../src/engine/index.js';
import { simulate } from '../../../src/run/index.js';
import * as f from '../../fixtures/cluster.js';
import { rounds } from '../../fixtures/tier.js';
import { type SlowPod, SlowScheduler } from './slow-scheduler.js';

const NO_LIMIT = 0;
const HOST = 'kubernetes.io/hostname';
const ZONE = 'topology.kubernetes.io/zone';

/** Choices of one cluster, each by its number. */
class Dice {
  readonly #luck: RandomStream;
  #n = 0;

  constructor(seed: number) {
    this.#luck = new RandomStream(`${seed}`, 'scheduler-twins');
  }

  below(count: number): number {
    return this.#luck.below(count, entityKey('dice'), this.#n++);
  }

  one<T>(...of: readonly T[]): T {
    return of[this.below(of.length)]!;
  }

  is(percent: number): boolean {
    return this.below(100) < percent;
  }

  some<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.below(most + 1) }, make);
  }
}

const taint = (dice: Dice): TaintSpec => ({
  key: dice.one('dedicated', 'gpu'),
  value: dice.one('', 'a'),
  effect: dice.one('NoSchedule', 'PreferNoSchedule', 'NoExecute'),
});

const toleration = (dice: Dice): TolerationSpec => {
  const operator = dice.one('Exists', 'Equal');
  const effect = dice.one(undefined, 'NoSchedule', 'PreferNoSchedule', 'NoExecute');
  const key = operator === 'Exists' ? dice.one(undefined, 'dedicated', 'gpu') : dice.one('dedicated', 'gpu');
  const value = operator === 'Exists' ? '' : dice.one('', 'a');
  return { operator, value, ...(key === undefined ? {} : { key }), ...(effect === undefined ? {} : { effect }) };
};

const requirement = (dice: Dice, keys: readonly string[], values: readonly string[]): LabelRequirement => {
  const operator = dice.one('In', 'NotIn', 'Exists', 'DoesNotExist');
  const isOne = operator === 'Exists' || operator === 'DoesNotExist';
  return { key: dice.one(...keys), operator, values: isOne ? [] : [dice.one(...values), dice.one(...values)] };
};

const nodeTerm = (dice: Dice): NodeSelectorTerm => ({
  labels: [
    ...dice.some(1, () => requirement(dice, ['disk', ZONE], ['ssd', 'hdd', 'a', 'b'])),
    ...dice.some(
      1,
      (): LabelRequirement => ({ key: 'size', operator: dice.one('Gt', 'Lt'), values: [dice.one('2', '4', '7')] }),
    ),
  ],
  names: dice.is(10) ? [{ operator: dice.one('In', 'NotIn'), values: [dice.one('p0-0', 'p0-1', 'p1-0')] }] : [],
});

const podSelector = (dice: Dice): { selector?: LabelSelector } =>
  dice.is(10)
    ? {}
    : { selector: dice.some(2, () => requirement(dice, ['app', 'tier'], ['w0', 'w1', 'w2', 'front', 'back'])) };

const topologyKey = (dice: Dice): string => dice.one(HOST, ZONE, ZONE, 'disk', 'rack');

const affinityTerm = (dice: Dice): PodAffinityTerm => ({
  isAnti: dice.is(60),
  weight: dice.one(0, 0, 1, 30, 100),
  topologyKey: topologyKey(dice),
  ...podSelector(dice),
  sameLabels: dice.is(10) ? ['tier'] : [],
  otherLabels: dice.is(10) ? ['tier'] : [],
  namespaces: dice.is(20) ? ['other'] : [],
  ...(dice.is(20) ? { namespaceSelector: dice.some(1, () => requirement(dice, ['team'], ['x', 'y'])) } : {}),
});

const spread = (dice: Dice): TopologySpreadConstraint => {
  const isHard = dice.is(50);
  return {
    maxSkew: dice.one(1, 1, 2, 5),
    topologyKey: topologyKey(dice),
    isHard,
    minDomains: isHard ? dice.one(1, 1, 3) : 1,
    ...podSelector(dice),
    sameLabels: dice.is(20) ? [dice.one('tier', 'pod-template-hash')] : [],
    honoursAffinity: dice.is(70),
    honoursTaints: dice.is(30),
  };
};

function template(dice: Dice, app: string): PodTemplate {
  const cpu = dice.one(0, 100, 500, 1000);
  const memory = dice.one(0, 64e6, 1e9);
  return f.template({
    labels: { app, ...(dice.is(70) ? { tier: dice.one('front', 'back') } : {}) },
    cpuRequestMillis: cpu,
    memoryRequestBytes: memory,
    cpuScoredMillis: cpu === 0 ? 100 : cpu,
    memoryScoredBytes: memory === 0 ? 209_715_200 : memory,
    resources: dice.is(20) ? { 'example.com/device': dice.one(1, 2) } : {},
    hostPorts: dice.is(15)
      ? [{ ip: dice.one('0.0.0.0', '10.0.0.1', '10.0.0.2'), protocol: dice.one('TCP', 'UDP'), port: dice.one(80, 81) }]
      : [],
    nodeSelector: dice.is(15) ? { disk: dice.one('ssd', 'hdd') } : {},
    tolerations: dice.some(2, () => toleration(dice)),
    nodeAffinity: dice.is(20) ? [nodeTerm(dice), nodeTerm(dice)] : [],
    preferredNodes: dice.is(30) ? dice.some(2, () => ({ weight: dice.one(1, 20, 100), term: nodeTerm(dice) })) : [],
    podAffinity: dice.is(50) ? dice.some(3, () => affinityTerm(dice)) : [],
    topologySpread: dice.is(40) ? dice.some(2, () => spread(dice)) : [],
    priority: dice.one(0, 0, 10),
    schedulingGates: dice.is(4) ? ['example.com/gate'] : [],
  });
}

function clusterOf(seed: number): ClusterSpec {
  const dice = new Dice(seed);
  const nodePools = Array.from({ length: 1 + dice.below(3) }, (_, i) =>
    f.pool({
      name: `p${i}`,
      count: 1 + dice.below(4),
      zones: dice.one(['a'], ['a', 'b'], ['a', 'b', 'c']),
      labels: {
        ...(dice.is(70) ? { disk: dice.one('ssd', 'hdd') } : {}),
        ...(dice.is(50) ? { size: dice.one('2', '4', '8', 'large') } : {}),
        ...(dice.is(40) ? { rack: dice.one('r1', 'r2') } : {}),
      },
      taints: dice.is(40) ? dice.some(2, () => taint(dice)) : [],
      isUnschedulable: dice.is(8),
      cpuMillis: dice.one(1000, 2000, 4000),
      memoryBytes: dice.one(2e9, 4e9, 16e9),
      pods: dice.one(2, 5, 110),
      resources: dice.is(30) ? { 'example.com/device': dice.one(1, 4) } : {},
    }),
  );
  const workloads = Array.from({ length: 1 + dice.below(4) }, (_, i): WorkloadSpec => {
    const kind = dice.one('Deployment', 'Deployment', 'StatefulSet', 'Job');
    const name = `w${i}`;
    const replicas = 1 + dice.below(5);
    return f.workload({
      kind,
      name,
      manifestName: name,
      app: dice.one('one', 'two'),
      namespace: dice.one('default', 'default', 'other'),
      selector: [{ key: 'app', operator: 'In', values: [name] }],
      replicas,
      completions: replicas,
      ordered: false,
      template: template(dice, name),
      createdAt: f.at(1 + dice.below(3)),
    });
  });
  const services = workloads.flatMap((workload, i) =>
    dice.is(30)
      ? [
          f.service({
            name: workload.name,
            namespace: workload.namespace,
            selector: { app: workload.name },
            workloads: [i],
          }),
        ]
      : [],
  );
  return f.cluster({
    minor: dice.one(30, 34, 36),
    duration: seconds(20),
    nodePools,
    workloads,
    services,
    namespaces: { other: { team: dice.one('x', 'y'), 'kubernetes.io/metadata.name': 'other' } },
  });
}

/** Pods in the order in which they were placed, and those that wait at the end. */
function historyOf(spec: ClusterSpec): { placed: SlowPod[]; waiting: SlowPod[] } {
  const result = simulate(spec, 'twins');
  const { pods } = result;
  const order = [...pods.workload.keys()].filter((pod) => pods.node[pod]! >= 0);
  order.sort((a, b) => pods.stamps.scheduled[a]! - pods.stamps.scheduled[b]!);
  const podOf = (pod: number): SlowPod => {
    const workload = spec.workloads[pods.workload[pod]!]!;
    const { name, namespace, template: made, kind } = workload;
    const own: Record<string, string> =
      kind === 'StatefulSet'
        ? { 'statefulset.kubernetes.io/pod-name': `${name}-${pods.ordinal[pod]}` }
        : kind === 'Deployment'
          ? { 'pod-template-hash': name }
          : {};
    const node = pods.node[pod]!;
    return { workload, namespace, template: made, labels: { ...made.labels, ...own }, ...(node < 0 ? {} : { node }) };
  };
  const placed = order.map(podOf);
  const waiting = result.pending.map(({ pod }) => podOf(pod));
  expect(placed.length + waiting.length).toBe(pods.count);
  return { placed, waiting };
}

function checkCluster(seed: number): { placed: number; waiting: number; chosen: number } {
  const spec = clusterOf(seed);
  const { placed, waiting } = historyOf(spec);
  const slow = new SlowScheduler(spec);
  let chosen = 0;
  placed.forEach((pod, i) => {
    const best = slow.best(pod, placed.slice(0, i));
    expect(best, `cluster ${seed}, pod ${i} of ${pod.workload.name}`).toContain(pod.node);
    if (best.length < slow.best({ ...pod, template: f.template() }, []).length) chosen++;
  });
  for (const pod of waiting) {
    if (pod.template.schedulingGates.length > 0) continue;
    expect(slow.best(pod, placed), `cluster ${seed}, a pod of ${pod.workload.name} that waits`).toEqual([]);
  }
  for (const pod of placed) expect(pod.template.schedulingGates).toEqual([]);
  return { placed: placed.length, waiting: waiting.length, chosen };
}

it('places every pod where the slow one would, in random clusters', { timeout: NO_LIMIT }, () => {
  const sum = { placed: 0, waiting: 0, chosen: 0 };
  for (let seed = 0; seed < rounds(250, 5000); seed++) {
    const { placed, waiting, chosen } = checkCluster(seed);
    sum.placed += placed;
    sum.waiting += waiting;
    sum.chosen += chosen;
  }
  // Clusters in which nothing is decided would show nothing.
  expect(sum.waiting).toBeGreaterThan(sum.placed / 10);
  expect(sum.chosen).toBeGreaterThan(sum.placed / 3);
});
