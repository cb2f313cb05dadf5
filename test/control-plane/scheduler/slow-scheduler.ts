// A slow, obvious scheduler: every node is filtered and scored from scratch for every pod, with lists and maps and nothing
// remembered. Written from the rules of Kubernetes and not from the code under test; of that it uses the types of the spec only.

import type {
  ClusterSpec,
  LabelRequirement,
  NodeSelectorTerm,
  PodAffinityTerm,
  PodTemplate,
  TaintSpec,
  TopologySpreadConstraint,
  WorkloadSpec,
} from '../../../src/cluster/index.js';

type Labels = Readonly<Record<string, string>>;

export interface SlowNode {
  readonly name: string;
  readonly labels: Labels;
  readonly taints: readonly TaintSpec[];
  readonly isUnschedulable: boolean;
  readonly cpu: number;
  readonly memory: number;
  readonly pods: number;
  readonly resources: Readonly<Record<string, number>>;
}

export interface SlowPod {
  readonly workload: WorkloadSpec;
  readonly namespace: string;
  readonly labels: Labels;
  readonly template: PodTemplate;
  /** Index of its node. */
  readonly node?: number;
}

const HOST = 'kubernetes.io/hostname';

export function slowNodes(spec: ClusterSpec): SlowNode[] {
  return spec.nodePools.flatMap((pool) =>
    Array.from({ length: pool.count }, (_, i): SlowNode => {
      const zone = pool.zones[i % pool.zones.length]!;
      const name = `${pool.name}-${i}`;
      return {
        name,
        labels: {
          ...pool.labels,
          'topology.kubernetes.io/zone': zone,
          'failure-domain.beta.kubernetes.io/zone': zone,
          [HOST]: name,
        },
        taints: pool.taints,
        isUnschedulable: pool.isUnschedulable,
        cpu: pool.cpuMillis,
        memory: pool.memoryBytes,
        pods: pool.pods,
        resources: pool.resources,
      };
    }),
  );
}

function meetsOne({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const has = key in labels;
  const value = labels[key];
  if (operator === 'Exists') return has;
  if (operator === 'DoesNotExist') return !has;
  if (operator === 'In') return has && values.includes(value!);
  if (operator === 'NotIn') return !has || !values.includes(value!);
  if (!has || !/^-?\d+$/.test(value!)) return false;
  return operator === 'Gt' ? Number(value) > Number(values[0]) : Number(value) < Number(values[0]);
}
const meetsAll = (selector: readonly LabelRequirement[], labels: Labels): boolean =>
  selector.every((requirement) => meetsOne(requirement, labels));

function meetsNodeTerm({ labels, names }: NodeSelectorTerm, node: SlowNode): boolean {
  if (labels.length + names.length === 0) return false;
  const byName = names.every(({ operator, values }) => (operator === 'In') === values.includes(node.name));
  return byName && meetsAll(labels, node.labels);
}

const tolerates = ({ tolerations }: PodTemplate, taint: TaintSpec): boolean =>
  tolerations.some((t) => {
    if (t.effect !== undefined && t.effect !== taint.effect) return false;
    if (t.key === undefined) return t.operator === 'Exists';
    if (t.key !== taint.key) return false;
    return t.operator === 'Exists' || t.value === taint.value;
  });

const meetsNodeAffinity = ({ nodeSelector, nodeAffinity }: PodTemplate, node: SlowNode): boolean =>
  Object.entries(nodeSelector).every(([key, value]) => node.labels[key] === value) &&
  (nodeAffinity.length === 0 || nodeAffinity.some((term) => meetsNodeTerm(term, node)));

export class SlowScheduler {
  readonly #spec: ClusterSpec;
  readonly #nodes: readonly SlowNode[];

  constructor(spec: ClusterSpec) {
    this.#spec = spec;
    this.#nodes = slowNodes(spec);
  }

  /** Nodes that are best for a pod: one of them is to be chosen; none if no node can take it. */
  best(pod: SlowPod, there: readonly SlowPod[]): number[] {
    const feasible = this.#nodes.flatMap((_, node) => (this.refusals(pod, node, there).length === 0 ? [node] : []));
    if (feasible.length < 2) return feasible;
    const totals = feasible.map(() => 0);
    for (const [weight, scores] of this.scores(pod, feasible, there)) {
      for (const [i, score] of scores.entries()) totals[i]! += weight * score;
    }
    const most = Math.max(...totals);
    return feasible.filter((_, i) => totals[i] === most);
  }

  /** Names of the plugins that keep a pod from a node. */
  refusals(pod: SlowPod, node: number, there: readonly SlowPod[]): string[] {
    const { template } = pod;
    const at = this.#nodes[node]!;
    const here = there.filter((other) => other.node === node);
    const sum = (of: (t: PodTemplate) => number): number =>
      here.reduce((total, o) => total + of(o.template), of(template));
    const cordon: TaintSpec = { key: 'node.kubernetes.io/unschedulable', value: '', effect: 'NoSchedule' };
    const cordoned = at.isUnschedulable ? [cordon] : [];
    const isTolerated = [...at.taints, ...cordoned].every(
      (t) => t.effect === 'PreferNoSchedule' || tolerates(template, t),
    );
    const portsTaken = here.flatMap((other) => other.template.hostPorts);
    const clash = template.hostPorts.some((a) =>
      portsTaken.some(
        (b) => a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || [a.ip, b.ip].includes('0.0.0.0')),
      ),
    );
    const names = Object.keys(template.resources);
    const fits =
      here.length + 1 <= at.pods &&
      (template.cpuRequestMillis === 0 || sum((t) => t.cpuRequestMillis) <= at.cpu) &&
      (template.memoryRequestBytes === 0 || sum((t) => t.memoryRequestBytes) <= at.memory) &&
      names.every(
        (name) => template.resources[name] === 0 || sum((t) => t.resources[name] ?? 0) <= (at.resources[name] ?? 0),
      );
    return [
      ...(isTolerated ? [] : ['TaintToleration']),
      ...(meetsNodeAffinity(template, at) ? [] : ['NodeAffinity']),
      ...(clash ? ['NodePorts'] : []),
      ...(fits ? [] : ['NodeResourcesFit']),
      ...(this.#isSpread(pod, node, there) ? [] : ['PodTopologySpread']),
      ...(this.#isAffine(pod, node, there) ? [] : ['InterPodAffinity']),
    ];
  }

  // Spread ----------------------------------------------------------------------------------------------------------

  #constraints(pod: SlowPod): { readonly list: readonly TopologySpreadConstraint[]; readonly isSystem: boolean } {
    if (pod.template.topologySpread.length > 0) return { list: pod.template.topologySpread, isSystem: false };
    const selector: LabelRequirement[] = [];
    for (const service of this.#spec.services) {
      const isBehind = Object.entries(service.selector).every(([key, value]) => pod.labels[key] === value);
      if (service.namespace !== pod.namespace || !isBehind) continue;
      for (const [key, value] of Object.entries(service.selector))
        selector.push({ key, operator: 'In', values: [value] });
    }
    const isOwned = pod.workload.kind === 'Deployment' || pod.workload.kind === 'StatefulSet';
    if (isOwned) selector.push(...pod.workload.selector);
    if (selector.length === 0) return { list: [], isSystem: true };
    if (pod.workload.kind === 'Deployment') {
      const hash = pod.labels['pod-template-hash']!;
      selector.push({ key: 'pod-template-hash', operator: 'In', values: [hash] });
    }
    const usual = {
      isHard: false,
      minDomains: 1,
      selector,
      sameLabels: [],
      honoursAffinity: true,
      honoursTaints: false,
    };
    return {
      list: [
        { ...usual, maxSkew: 3, topologyKey: HOST },
        { ...usual, maxSkew: 5, topologyKey: 'topology.kubernetes.io/zone' },
      ],
      isSystem: true,
    };
  }

  /** Pods on a node that a constraint counts. */
  #count(constraint: TopologySpreadConstraint, pod: SlowPod, node: number, there: readonly SlowPod[]): number {
    const selector = full(constraint, pod);
    if (selector === undefined || selector.length === 0) return 0;
    return there.filter(
      (other) => other.node === node && other.namespace === pod.namespace && meetsAll(selector, other.labels),
    ).length;
  }

  #included(constraint: TopologySpreadConstraint, pod: SlowPod, node: number): boolean {
    const at = this.#nodes[node]!;
    if (constraint.honoursAffinity && !meetsNodeAffinity(pod.template, at)) return false;
    return (
      !constraint.honoursTaints ||
      at.taints.every((taint) => taint.effect === 'PreferNoSchedule' || tolerates(pod.template, taint))
    );
  }

  #isSpread(pod: SlowPod, node: number, there: readonly SlowPod[]): boolean {
    const hard = this.#constraints(pod).list.filter(({ isHard }) => isHard);
    return hard.every((constraint) => {
      const key = constraint.topologyKey;
      const value = this.#nodes[node]!.labels[key];
      if (value === undefined) return false;
      const counts = new Map<string, number>();
      this.#nodes.forEach(({ labels }, other) => {
        if (!hard.every((one) => one.topologyKey in labels) || !this.#included(constraint, pod, other)) return;
        counts.set(labels[key]!, (counts.get(labels[key]!) ?? 0) + this.#count(constraint, pod, other, there));
      });
      let least = counts.size === 0 ? Infinity : Math.min(...counts.values());
      if (counts.size < constraint.minDomains) least = 0;
      const selector = full(constraint, pod);
      const self = selector !== undefined && meetsAll(selector, pod.labels) ? 1 : 0;
      return (counts.get(value) ?? 0) + self - least <= constraint.maxSkew;
    });
  }

  #spreadScores(pod: SlowPod, feasible: readonly number[], there: readonly SlowPod[]): number[] | undefined {
    const { list, isSystem } = this.#constraints(pod);
    const soft = list.filter(({ isHard }) => !isHard);
    if (soft.length === 0) return undefined;
    const hasAll = (node: number): boolean => soft.every(({ topologyKey }) => topologyKey in this.#nodes[node]!.labels);
    const compared = feasible.filter((node) => isSystem || hasAll(node));
    const raw = feasible.map((node) => {
      if (!compared.includes(node)) return undefined;
      let sum = 0;
      for (const constraint of soft) {
        const key = constraint.topologyKey;
        const value = this.#nodes[node]!.labels[key];
        if (value === undefined) continue;
        const places =
          key === HOST ? compared.length : new Set(compared.map((other) => this.#nodes[other]!.labels[key] ?? '')).size;
        let count = 0;
        if (key === HOST) count = this.#count(constraint, pod, node, there);
        else {
          this.#nodes.forEach(({ labels }, other) => {
            if (labels[key] !== value || (!isSystem && !hasAll(other)) || !this.#included(constraint, pod, other))
              return;
            count += this.#count(constraint, pod, other, there);
          });
        }
        sum += count * Math.log(places + 2) + (constraint.maxSkew - 1);
      }
      return Math.round(sum);
    });
    const known = raw.filter((score) => score !== undefined);
    const [least, most] = [Math.min(...known), Math.max(0, ...known)];
    return raw.map((score) =>
      score === undefined ? 0 : most === 0 ? 100 : Math.floor((100 * (most + least - score)) / most),
    );
  }

  // Affinity --------------------------------------------------------------------------------------------------------

  #selects(term: PodAffinityTerm, of: SlowPod, other: SlowPod): boolean {
    const inList = term.namespaces.includes(other.namespace);
    const labels = this.#spec.namespaces[other.namespace] ?? { 'kubernetes.io/metadata.name': other.namespace };
    const bySelector = term.namespaceSelector !== undefined && meetsAll(term.namespaceSelector, labels);
    const isOwn = term.namespaces.length === 0 && term.namespaceSelector === undefined;
    const isIn = inList || bySelector || (isOwn && other.namespace === of.namespace);
    const selector = full(term, of);
    return isIn && selector !== undefined && meetsAll(selector, other.labels);
  }

  #isSame(key: string, node: number, other: number): boolean {
    const [a, b] = [this.#nodes[node]!.labels[key], this.#nodes[other]!.labels[key]];
    return a !== undefined && a === b;
  }

  #isAffine(pod: SlowPod, node: number, there: readonly SlowPod[]): boolean {
    const required = pod.template.podAffinity.filter(({ weight }) => weight === 0);
    const together = required.filter(({ isAnti }) => !isAnti);
    const apart = required.filter(({ isAnti }) => isAnti);
    for (const term of apart) {
      if (there.some((other) => this.#isSame(term.topologyKey, node, other.node!) && this.#selects(term, pod, other)))
        return false;
    }
    for (const other of there) {
      for (const term of other.template.podAffinity) {
        if (
          term.isAnti &&
          term.weight === 0 &&
          this.#selects(term, other, pod) &&
          this.#isSame(term.topologyKey, node, other.node!)
        )
          return false;
      }
    }
    if (together.some(({ topologyKey }) => !(topologyKey in this.#nodes[node]!.labels))) return false;
    const matched = there.filter((other) => together.every((term) => this.#selects(term, pod, other)));
    const isThere = together.every((term) =>
      matched.some((other) => this.#isSame(term.topologyKey, node, other.node!)),
    );
    if (isThere) return true;
    const isNowhere = together.every((term) =>
      matched.every((o) => !(term.topologyKey in this.#nodes[o.node!]!.labels)),
    );
    return isNowhere && together.every((term) => this.#selects(term, pod, pod));
  }

  #affinityScores(pod: SlowPod, feasible: readonly number[], there: readonly SlowPod[]): number[] | undefined {
    const raw = feasible.map((node) => {
      let sum = 0;
      for (const other of there) {
        for (const term of pod.template.podAffinity) {
          if (term.weight > 0 && this.#selects(term, pod, other) && this.#isSame(term.topologyKey, node, other.node!))
            sum += term.isAnti ? -term.weight : term.weight;
        }
        for (const term of other.template.podAffinity) {
          if (!this.#selects(term, other, pod) || !this.#isSame(term.topologyKey, node, other.node!)) continue;
          if (term.weight > 0) sum += term.isAnti ? -term.weight : term.weight;
          else if (!term.isAnti) sum += 1;
        }
      }
      return sum;
    });
    const [least, most] = [Math.min(...raw), Math.max(...raw)];
    return raw.map((score) => (most === least ? 0 : Math.floor((100 * (score - least)) / (most - least))));
  }

  // Scores ----------------------------------------------------------------------------------------------------------

  /** Scores of all plugins for the nodes that may take a pod, with their weights. */
  scores(pod: SlowPod, feasible: readonly number[], there: readonly SlowPod[]): [weight: number, scores: number[]][] {
    const { template } = pod;
    const soft = feasible.map(
      (node) =>
        this.#nodes[node]!.taints.filter((t) => t.effect === 'PreferNoSchedule' && !tolerates(template, t)).length,
    );
    const liked = feasible.map((node) =>
      template.preferredNodes.reduce(
        (sum, { weight, term }) => sum + (meetsNodeTerm(term, this.#nodes[node]!) ? weight : 0),
        0,
      ),
    );
    const spread = this.#spreadScores(pod, feasible, there);
    const affinity = this.#affinityScores(pod, feasible, there);
    return [
      [3, toMost(soft).map((score) => 100 - score)],
      ...(template.preferredNodes.length === 0 ? [] : [[2, toMost(liked)] as [number, number[]]]),
      [1, feasible.map((node) => this.#leastAllocated(template, node, there))],
      ...(spread === undefined ? [] : [[2, spread] as [number, number[]]]),
      ...(affinity === undefined ? [] : [[2, affinity] as [number, number[]]]),
      [1, feasible.map((node) => this.#balanced(template, node, there))],
    ];
  }

  #used(node: number, there: readonly SlowPod[], of: (t: PodTemplate) => number): number {
    return there.reduce((sum, other) => sum + (other.node === node ? of(other.template) : 0), 0);
  }

  #leastAllocated(template: PodTemplate, node: number, there: readonly SlowPod[]): number {
    const { cpu, memory } = this.#nodes[node]!;
    const free = (used: number, total: number): number =>
      used > total ? 0 : Math.floor(((total - used) * 100) / total);
    const one = free(this.#used(node, there, (t) => t.cpuScoredMillis) + template.cpuScoredMillis, cpu);
    const two = free(this.#used(node, there, (t) => t.memoryScoredBytes) + template.memoryScoredBytes, memory);
    return Math.floor((one + two) / 2);
  }

  #balanced(template: PodTemplate, node: number, there: readonly SlowPod[]): number {
    if (template.cpuRequestMillis === 0 && template.memoryRequestBytes === 0) return 0;
    const { cpu, memory } = this.#nodes[node]!;
    const share = (used: number, total: number): number => Math.min(1, used / total);
    const at = (isWith: 0 | 1): number => {
      const one = share(this.#used(node, there, (t) => t.cpuRequestMillis) + isWith * template.cpuRequestMillis, cpu);
      const two = share(
        this.#used(node, there, (t) => t.memoryRequestBytes) + isWith * template.memoryRequestBytes,
        memory,
      );
      return Math.floor((1 - Math.abs(one - two) / 2) * 100);
    };
    return this.#spec.version.minor >= 36 ? 50 + Math.floor((50 + at(1) - at(0)) / 2) : at(1);
  }
}

const toMost = (scores: readonly number[]): number[] => {
  const most = Math.max(...scores);
  return scores.map((score) => (most === 0 ? 0 : Math.floor((100 * score) / most)));
};

/** A selector with what matchLabelKeys and mismatchLabelKeys add to it. */
function full(
  {
    selector,
    sameLabels,
    otherLabels = [],
  }: Pick<PodAffinityTerm, 'selector' | 'sameLabels'> & { otherLabels?: readonly string[] },
  { labels }: SlowPod,
): readonly LabelRequirement[] | undefined {
  if (selector === undefined) return undefined;
  const own = (keys: readonly string[], operator: 'In' | 'NotIn'): LabelRequirement[] =>
    keys.filter((key) => key in labels).map((key) => ({ key, operator, values: [labels[key]!] }));
  return [...selector, ...own(sameLabels, 'In'), ...own(otherLabels, 'NotIn')];
}
