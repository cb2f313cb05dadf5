// Pods with the same labels, and where they are: what plugins that look at other pods ask. Part of the scheduler.
// A group is what one template of one workload makes. Of each group is known how many of its pods stand on which node; whoever
// needs sums over the nodes of a place listens to the groups that its term selects.

import {
  type ClusterSpec,
  type Context,
  differsByPod,
  isOfPlace,
  type LabelSelector,
  type Labels,
  labelOfPod,
  mayMeet,
  meets,
  meetsPod,
  type NodeId,
  ownAndForeign,
  type PodAffinityTerm,
  type PodId,
  type PodTemplate,
  type PodTerm,
  templateOf,
  type WorkloadFamilies,
  type WorkloadFamily,
  type WorkloadId,
  type WorkloadSpec,
} from '../../cluster/index.js';
import type { Topology } from './topologies.js';

/** Pods that are alike for every selector. */
export interface PodGroup {
  readonly workload: WorkloadId;
  readonly spec: WorkloadSpec;
  readonly template: PodTemplate;
  readonly generation: number;
  /** The only ordinal of its pods where they differ in their labels; 0 elsewhere. */
  readonly ordinal: number;
  /** Pods on each node on which there are some. */
  readonly pods: Map<NodeId, number>;
  /** The same of those that are ending; undefined until there are some. */
  ending: Map<NodeId, number> | undefined;
  /** Undefined until somebody listens. */
  listeners: Set<GroupListener> | undefined;
}

/** Is told that pods of a group came to a node (`by` 1) or left it (-1); `live`: only those that are not ending count. */
export interface GroupListener {
  onMoved(node: NodeId, by: number, live: number): void;
}

/** The groups that a term selects. */
export interface Selection {
  readonly groups: readonly PodGroup[];
  /** Whether there are groups now that it may have missed. */
  isStale(): boolean;
}

/** Whom a term of a pod is about. */
interface Meant {
  /** Families of the pod's own application, of which only its own copy is seen, and of others. */
  readonly own: readonly WorkloadFamily[];
  readonly foreign: readonly WorkloadFamily[];
  /** Whether labels that differ from pod to pod decide. */
  readonly isByPod: boolean;
}

export class PodGroups {
  readonly #context: Context;
  readonly #families: WorkloadFamilies;
  /** By workload. */
  readonly #of: PodGroup[][];
  /** By term, and by the family of the pods that have it. */
  readonly #meant = new Map<PodTerm, Meant[]>();
  /** Groups of single pods by workload and generation, and by ordinal. */
  readonly #single = new Map<string, Map<number, PodGroup>>();
  /** Groups so far, by family. */
  readonly #made: Uint32Array;
  /** Whether pods of a workload with other ordinals are in groups of their own: somebody selects by what tells them apart. */
  readonly #byOrdinal: readonly boolean[];

  constructor(context: Context, families: WorkloadFamilies) {
    const { spec } = context;
    this.#context = context;
    this.#families = families;
    this.#of = spec.workloads.map(() => []);
    this.#made = new Uint32Array(families.all.length);
    const keys = keysSelected(spec);
    const ofFamily = families.all.map(({ first }) => [...keys].some((key) => isOfPlace(first, key)));
    this.#byOrdinal = spec.workloads.map((_, workload) => ofFamily[families.of[workload]!]!);
  }

  groupOf(pod: PodId): PodGroup {
    const { pods } = this.#context;
    const workload = pods.workload[pod]!;
    const template = templateOf(this.#context, pod);
    const generation = pods.generation[pod]!;
    const ordinal = this.#byOrdinal[workload] === true ? pods.ordinal[pod]! : 0;
    const groups = this.#of[workload]!;
    const known =
      ordinal === 0
        ? groups.findLast((one) => one.generation === generation && one.ordinal === 0)
        : this.#single.get(singleKey(workload, generation))?.get(ordinal);
    if (known !== undefined) return known;
    const group: PodGroup = {
      workload,
      spec: this.#context.spec.workloads[workload]!,
      template,
      generation,
      ordinal,
      pods: new Map(),
      ending: undefined,
      listeners: undefined,
    };
    groups.push(group);
    if (ordinal > 0) this.#noteSingle(group);
    this.#made[this.#families.of[workload]!]! += 1;
    return group;
  }

  #noteSingle(group: PodGroup): void {
    const key = singleKey(group.workload, group.generation);
    const known = this.#single.get(key);
    if (known === undefined) this.#single.set(key, new Map([[group.ordinal, group]]));
    else known.set(group.ordinal, group);
  }

  /** A pod of the group came to a node, or left it. @param isEnding it is ending already. */
  book(group: PodGroup, node: NodeId, by: 1 | -1, isEnding: boolean): void {
    add(group.pods, node, by);
    if (isEnding) this.#addEnding(group, node, by);
    if (group.listeners === undefined) return;
    for (const listener of group.listeners) listener.onMoved(node, by, isEnding ? 0 : by);
  }

  /** A pod of the group that is on a node ends from now on. */
  end(group: PodGroup, node: NodeId): void {
    this.#addEnding(group, node, 1);
    if (group.listeners === undefined) return;
    for (const listener of group.listeners) listener.onMoved(node, 0, -1);
  }

  #addEnding(group: PodGroup, node: NodeId, by: 1 | -1): void {
    group.ending ??= new Map();
    add(group.ending, node, by);
  }

  /** Workloads whose pods a term of a group's pods may be about, and whether it has to be asked of each group. */
  #meantBy(term: PodTerm, { spec, workload }: PodGroup, isIn: (namespace: string) => boolean): Meant {
    let byFamily = this.#meant.get(term);
    if (byFamily === undefined) {
      byFamily = [];
      this.#meant.set(term, byFamily);
    }
    const family = this.#families.of[workload]!;
    let meant = byFamily[family];
    if (meant === undefined) {
      const { selector } = term;
      const all =
        selector === undefined
          ? []
          : this.#families.all.filter(({ first, namespace }) => isIn(namespace) && mayMeet(selector, first));
      const isByPod = all.some(({ first }) => selector!.some((requirement) => differsByPod(first, requirement.key)));
      meant = { ...ownAndForeign(all, spec.app), isByPod: isByPod || term.sameLabels.length > 0 };
      byFamily[family] = meant;
    }
    return meant;
  }

  /** The pods that a term of a group's pods selects. @param isIn whether the term is about a namespace. */
  selected(term: PodTerm, group: PodGroup, isIn: (namespace: string) => boolean): Selection {
    // Nobody else has the label of a template of this workload.
    if (term.sameLabels.some((key) => isOfTemplate(group.spec, key))) {
      const isOwn = isIn(group.spec.namespace);
      const alike = (other: PodGroup): boolean => other.generation === group.generation;
      const own = this.#of[group.workload]!;
      const groups = isOwn ? own.filter((other) => alike(other) && selectsGroup(term, group, other)) : [];
      return this.#selection(groups, isOwn ? [group.workload] : [], []);
    }
    const { own, foreign, isByPod } = this.#meantBy(term, group, isIn);
    const workloads = own.flatMap((family) => this.#families.seen(family, group.spec));
    const found = [...workloads, ...foreign.flatMap((family) => family.workloads)].flatMap((one) => this.#of[one]!);
    if (!isByPod) return this.#selection(found, workloads, foreign);
    const selector = selectorFor(term, group);
    const met = found.filter((other) => meetsPod(selector, other.spec, other));
    return this.#selection(met, workloads, foreign);
  }

  /** Whether a term of one group's pods selects those of another. @param isIn whether the term is about a namespace. */
  selects(term: PodAffinityTerm, of: PodGroup, other: PodGroup, isIn: (namespace: string) => boolean): boolean {
    const { own, foreign } = this.#meantBy(term, of, isIn);
    const family = this.#families.all[this.#families.of[other.workload]!]!;
    const isSeen = own.includes(family) ? of.spec.copy === other.spec.copy : foreign.includes(family);
    return isSeen && selectsGroup(term, of, other);
  }

  #selection(
    groups: readonly PodGroup[],
    workloads: readonly WorkloadId[],
    foreign: readonly WorkloadFamily[],
  ): Selection {
    const among = (): number => {
      let sum = 0;
      for (let i = 0; i < workloads.length; i++) sum += this.#of[workloads[i]!]!.length;
      for (let i = 0; i < foreign.length; i++) sum += this.madeOf(foreign[i]!);
      return sum;
    };
    const made = among();
    return { groups, isStale: () => among() !== made };
  }

  /** How many groups there are of a family. */
  madeOf({ workloads }: WorkloadFamily): number {
    return this.#made[this.#families.of[workloads[0]!]!]!;
  }

  /** Groups of a workload. */
  ofWorkload(workload: WorkloadId): readonly PodGroup[] {
    return this.#of[workload]!;
  }

  get families(): WorkloadFamilies {
    return this.#families;
  }
}

const singleKey = (workload: WorkloadId, generation: number): string => `${workload} ${generation}`;

/** What a term selects for a group's pods: with the labels that must be as theirs, or must not. */
export function selectorFor(
  { selector = [], sameLabels, otherLabels = [] }: PodTerm & Partial<Pick<PodAffinityTerm, 'otherLabels'>>,
  group: Pick<PodGroup, 'spec' | 'ordinal' | 'generation'>,
): LabelSelector {
  const own = (keys: readonly string[], operator: 'In' | 'NotIn'): LabelSelector =>
    keys.flatMap((key) => {
      const value = labelOfPod(group.spec, key, group);
      return value === undefined ? [] : [{ key, operator, values: [value] }];
    });
  if (sameLabels.length === 0 && otherLabels.length === 0) return selector;
  return [...selector, ...own(sameLabels, 'In'), ...own(otherLabels, 'NotIn')];
}

const isOfTemplate = ({ traits }: WorkloadSpec, key: string): boolean =>
  traits.ownLabels.some((own) => own.key === key && own.of === 'template');

/** Whether a term of one group's pods selects the pods of another. */
export const selectsGroup = (
  term: PodTerm & Partial<Pick<PodAffinityTerm, 'otherLabels'>>,
  of: PodGroup,
  other: PodGroup,
): boolean => term.selector !== undefined && meetsPod(selectorFor(term, of), other.spec, other);

/** Labels of a namespace; its name if nothing else is known of it. */
export const namespaceLabels = (spec: ClusterSpec, namespace: string): Labels =>
  spec.namespaces[namespace] ?? { 'kubernetes.io/metadata.name': namespace };

/** Whether a term of pods in a namespace is about the pods of another. */
export function isInNamespaces(
  { namespaces, namespaceSelector }: Pick<PodAffinityTerm, 'namespaces' | 'namespaceSelector'>,
  own: string,
  namespace: string,
  spec: ClusterSpec,
): boolean {
  if (namespaces.length === 0 && namespaceSelector === undefined) return namespace === own;
  if (namespaces.includes(namespace)) return true;
  return namespaceSelector !== undefined && meets(namespaceSelector, namespaceLabels(spec, namespace));
}

/** Keys of labels by which somebody selects pods. */
function keysSelected({ workloads, services }: ClusterSpec): Set<string> {
  const keys = new Set(services.flatMap(({ selector }) => Object.keys(selector)));
  for (const template of new Set(workloads.flatMap(({ template, updates }) => [template, ...updates]))) {
    for (const { selector = [], sameLabels, ...term } of [...template.podAffinity, ...template.topologySpread]) {
      for (const { key } of selector) keys.add(key);
      for (const key of sameLabels) keys.add(key);
      if ('otherLabels' in term) for (const key of term.otherLabels) keys.add(key);
    }
  }
  return keys;
}

function add(counts: Map<NodeId, number>, node: NodeId, by: number): void {
  const now = (counts.get(node) ?? 0) + by;
  if (now === 0) counts.delete(node);
  else counts.set(node, now);
}

/** So many arrays are kept of each topology: about as many as there are plans. */
const SPARE_MAX = 64;

/** Pods of some groups by the places of a topology, kept up to date until it is closed. */
export class PlaceCounts implements GroupListener {
  readonly counts: Int32Array;
  /** Over all places. */
  total = 0;
  /** How often a count has changed. */
  changes = 0;
  readonly #groups: readonly PodGroup[];
  readonly #placeOf: Int32Array;
  readonly #isLive: boolean;
  readonly #spare: Int32Array[];
  readonly #counts: ((node: NodeId) => boolean) | undefined;

  /**
   * @param isLive only pods that are not ending count. @param on whether the pods of a node count; all if left out.
   */
  constructor(
    groups: readonly PodGroup[],
    { placeOf, places, spare }: Topology,
    isLive: boolean,
    on?: (node: NodeId) => boolean,
  ) {
    this.#groups = groups;
    this.#placeOf = placeOf;
    this.#isLive = isLive;
    this.#counts = on;
    this.#spare = spare;
    this.counts = spare.pop() ?? new Int32Array(places);
    for (const group of groups) {
      group.listeners ??= new Set();
      group.listeners.add(this);
      for (const [node, pods] of group.pods) this.#move(node, pods);
      if (isLive && group.ending !== undefined) {
        for (const [node, pods] of group.ending) this.#move(node, -pods);
      }
    }
  }

  onMoved(node: NodeId, by: number, live: number): void {
    this.#move(node, this.#isLive ? live : by);
  }

  #move(node: NodeId, by: number): void {
    if (by === 0 || this.#counts?.(node) === false) return;
    const place = this.#placeOf[node]!;
    if (place < 0) return;
    this.counts[place]! += by;
    this.total += by;
    this.changes++;
  }

  close(): void {
    for (const group of this.#groups) {
      group.listeners?.delete(this);
      // Elsewhere there are none.
      for (const node of group.pods.keys()) if (this.#placeOf[node]! >= 0) this.counts[this.#placeOf[node]!] = 0;
    }
    if (this.#spare.length < SPARE_MAX) this.#spare.push(this.counts);
  }
}
