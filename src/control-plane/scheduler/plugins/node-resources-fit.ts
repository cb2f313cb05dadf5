// NodeResourcesFit: room for the pod's requests, and which nodes are filled first. Part of the scheduler.
// Source: pkg/scheduler/framework/plugins/noderesources/fit.go.

import type { NodeId, PodTemplate } from '../../../cluster/index.js';
import { type FieldReader, itemsAt, type Path } from '../../../format/index.js';
import type { NodeInfo } from '../node-info.js';
import type { PluginParts, SchedulerPlugin } from '../plugin.js';
import { leastAllocated, mostAllocated, requestedToCapacity, type ShapePoint } from './resource-scores.js';

const STRATEGIES = ['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio'] as const;

/** A resource that counts in a score. */
export interface WeightedResource {
  readonly name: string;
  readonly weight: number;
}

interface FitArgs {
  readonly strategy: (typeof STRATEGIES)[number];
  readonly resources: readonly WeightedResource[];
  readonly shape: readonly ShapePoint[];
  /** Extended resources that are not looked at, and prefixes of such. */
  readonly ignored: readonly string[];
  readonly ignoredGroups: readonly string[];
}

const CPU_AND_MEMORY: readonly WeightedResource[] = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
];
const DEFAULTS: FitArgs = {
  strategy: 'LeastAllocated',
  resources: CPU_AND_MEMORY,
  shape: [],
  ignored: [],
  ignoredGroups: [],
};

/** Resources with weights, 1 … 100. @param most of a weight. */
export function weightedResourcesAt(reader: FieldReader, path: Path): readonly WeightedResource[] {
  const items = itemsAt(reader, path);
  if (items.length === 0) return CPU_AND_MEMORY;
  return items.map((item) => {
    const weight = reader.whole([...item, 'weight'], 1) || 1;
    if (weight > 100) reader.error([...item, 'weight'], `must be 1 to 100, not ${weight}`);
    return { name: reader.text([...item, 'name'], ''), weight };
  });
}

function shapeAt(reader: FieldReader, path: Path): ShapePoint[] {
  const shape = itemsAt(reader, path).map((item) => ({
    utilization: reader.whole([...item, 'utilization'], 0),
    score: reader.whole([...item, 'score'], 0),
  }));
  if (shape.length === 0) reader.error(path, 'is needed for RequestedToCapacityRatio: a list of {utilization, score}');
  shape.forEach(({ utilization, score }, i) => {
    if (utilization > 100) reader.error([...path, i, 'utilization'], `must be 0 to 100, not ${utilization}`);
    if (i > 0 && utilization <= shape[i - 1]!.utilization)
      reader.error([...path, i, 'utilization'], `must be more than the one before it, not ${utilization}`);
    if (score > 10) reader.error([...path, i, 'score'], `must be 0 to 10, not ${score}`);
  });
  return shape;
}

const FIELDS = [
  'ignoredResources[]',
  'ignoredResourceGroups[]',
  'scoringStrategy.type',
  'scoringStrategy.resources[].name',
  'scoringStrategy.resources[].weight',
  'scoringStrategy.requestedToCapacityRatio.shape[].utilization',
  'scoringStrategy.requestedToCapacityRatio.shape[].score',
];

function readArgs(reader: FieldReader, at: Path): FitArgs {
  const scoring: Path = [...at, 'scoringStrategy'];
  const strategy = reader.oneOf([...scoring, 'type'], STRATEGIES, 'LeastAllocated') as FitArgs['strategy'];
  const texts = (field: string): string[] => itemsAt(reader, [...at, field]).map((item) => reader.text(item, ''));
  return {
    strategy,
    resources: weightedResourcesAt(reader, [...scoring, 'resources']),
    shape:
      strategy === 'RequestedToCapacityRatio' ? shapeAt(reader, [...scoring, 'requestedToCapacityRatio', 'shape']) : [],
    ignored: texts('ignoredResources'),
    ignoredGroups: texts('ignoredResourceGroups'),
  };
}

/** What of a resource is there, taken, and asked for by a pod; undefined if the pod has nothing to do with it. */
export function useOf(info: NodeInfo, template: PodTemplate, name: string, isScored: boolean): ResourceUse | undefined {
  if (name === 'cpu') {
    return {
      total: info.cpuTotal,
      used: isScored ? info.cpuScored : info.cpuUsed,
      asked: isScored ? template.cpuScoredMillis : template.cpuRequestMillis,
    };
  }
  if (name === 'memory') {
    return {
      total: info.memoryTotal,
      used: isScored ? info.memoryScored : info.memoryUsed,
      asked: isScored ? template.memoryScoredBytes : template.memoryRequestBytes,
    };
  }
  const column = info.resources.get(name);
  const asked = template.resources[name] ?? 0;
  // ephemeral-storage counts like CPU and memory; what a pod does not ask for of other resources says nothing of a node.
  return column === undefined || (asked === 0 && name !== 'ephemeral-storage') ? undefined : { ...column, asked };
}

export interface ResourceUse {
  readonly total: Float64Array;
  readonly used: Float64Array;
  readonly asked: number;
}

/** The score of a node by a strategy, over all of its resources. */
function scorer(info: NodeInfo, template: PodTemplate, args: FitArgs): (node: NodeId) => number {
  const { strategy, shape } = args;
  const uses = args.resources.flatMap(({ name, weight }) => {
    const use = useOf(info, template, name, true);
    return use === undefined ? [] : [{ ...use, weight }];
  });
  const [cpu, memory, more] = uses;
  if (strategy === 'LeastAllocated' && more === undefined && cpu?.weight === 1 && memory?.weight === 1) {
    // The usual case, asked of every node for every pod.
    const { total: cpuTotal, used: cpuUsed, asked: cpuAsked } = cpu;
    const { total: memoryTotal, used: memoryUsed, asked: memoryAsked } = memory;
    return (node) => {
      const [has, holds] = [cpuTotal[node]!, memoryTotal[node]!];
      if (has > 0 && holds > 0) {
        const one = leastAllocated(cpuUsed[node]! + cpuAsked, has);
        return Math.floor((one + leastAllocated(memoryUsed[node]! + memoryAsked, holds)) / 2);
      }
      return has > 0
        ? leastAllocated(cpuUsed[node]! + cpuAsked, has)
        : leastAllocated(memoryUsed[node]! + memoryAsked, holds);
    };
  }
  const isRatio = strategy === 'RequestedToCapacityRatio';
  const of = (requested: number, capacity: number): number =>
    strategy === 'LeastAllocated'
      ? leastAllocated(requested, capacity)
      : isRatio
        ? requestedToCapacity(shape, requested, capacity)
        : mostAllocated(requested, capacity);
  return (node) => {
    let sum = 0;
    let weights = 0;
    for (const { total, used, asked, weight } of uses) {
      if (total[node] === 0) continue;
      const score = of(used[node]! + asked, total[node]!);
      // A ratio of 0 says nothing of a resource.
      if (isRatio && score === 0) continue;
      sum += score * weight;
      weights += weight;
    }
    if (weights === 0) return 0;
    return isRatio ? Math.round(sum / weights) : Math.floor(sum / weights);
  };
}

/** Bits of a refusal; extended resources come after them. */
const TOO_MANY_PODS = 1;
const NO_CPU = 2;
const NO_MEMORY = 4;
const FINAL = 8;
/** By place among the other resources of a pod, of which a manifest has 32 at most. */
const OTHERS = Array.from({ length: 32 }, (_, i) => 16 * Number(1n << BigInt(i)));

function filterOf({ nodes: info }: PluginParts, template: PodTemplate, args: FitArgs) {
  const { podsUsed, podsTotal, cpuUsed, cpuTotal, memoryUsed, memoryTotal } = info;
  const { cpuRequestMillis: cpu, memoryRequestBytes: memory } = template;
  const isIgnored = (name: string): boolean =>
    args.ignored.includes(name) || args.ignoredGroups.some((group) => name.startsWith(`${group}/`));
  const others = info.askedBy(template).filter(({ column }) => !isIgnored(column.name));
  const filter = (node: NodeId): number => {
    let why = 0;
    let lacking = 0;
    if (podsUsed[node]! + 1 > podsTotal[node]!) why |= TOO_MANY_PODS;
    if (cpu > 0 && cpuUsed[node]! + cpu > cpuTotal[node]!) why |= cpu > cpuTotal[node]! ? NO_CPU | FINAL : NO_CPU;
    if (memory > 0 && memoryUsed[node]! + memory > memoryTotal[node]!)
      why |= memory > memoryTotal[node]! ? NO_MEMORY | FINAL : NO_MEMORY;
    for (let i = 0; i < others.length; i++) {
      const { column, amount } = others[i]!;
      if (column.used[node]! + amount <= column.total[node]!) continue;
      lacking += OTHERS[i]!;
      if (amount > column.total[node]!) why |= FINAL;
    }
    return why + lacking;
  };
  const reasons = (why: number): string[] => [
    ...(((why % 16) & TOO_MANY_PODS) !== 0 ? ['Too many pods'] : []),
    ...(((why % 16) & NO_CPU) !== 0 ? ['Insufficient cpu'] : []),
    ...(((why % 16) & NO_MEMORY) !== 0 ? ['Insufficient memory'] : []),
    ...others.flatMap(({ column }, i) =>
      Math.floor(why / OTHERS[i]!) % 2 === 1 ? [`Insufficient ${column.name}`] : [],
    ),
  ];
  return { filter, reasons, isFinal: (why: number) => ((why % 16) & FINAL) !== 0 };
}

export const nodeResourcesFit: SchedulerPlugin = {
  name: 'NodeResourcesFit',
  meaning: 'room for the requests of a pod, and which nodes are filled first',
  isLocal: true,
  weight: 1,
  args: { fields: FIELDS, read: readArgs },
  shortcut: ({ scoringStrategy: strategy }) =>
    strategy === DEFAULTS.strategy ? {} : { args: { ...DEFAULTS, strategy } satisfies FitArgs },
  create: (parts, args = DEFAULTS) => ({
    prepare: ({ template }) => ({
      ...filterOf(parts, template, args as FitArgs),
      score: scorer(parts.nodes, template, args as FitArgs),
      wakes: ['podGone'],
    }),
    attemptDuration: (_, costs) => costs.schedulingAttempt.value,
  }),
};
