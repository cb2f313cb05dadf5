// InterPodAffinity: affinity and anti-affinity to the pods that are there, and theirs to the new one. Part of the scheduler.
// Source: pkg/scheduler/framework/plugins/interpodaffinity/{filtering,scoring}.go.

import {
  mayMeet,
  type NodeId,
  type PodAffinityTerm,
  type WorkloadFamily,
  type WorkloadId,
  type WorkloadSpec,
} from '../../../cluster/index.js';
import type { PluginParts, PodToPlace, PreparedPlugin, SchedulerPlugin } from '../plugin.js';
import { isInNamespaces, PlaceCounts, type PodGroup, type Selection, selectsGroup } from '../pod-groups.js';

interface AffinityArgs {
  /** What a required affinity of a pod that is there counts in the score, 0 … 100. */
  readonly hardWeight: number;
  readonly ignoresPreferred: boolean;
}
const DEFAULTS: AffinityArgs = { hardWeight: 1, ignoresPreferred: false };

/** A term with the pods that it is about, by the places of its topology. */
interface Counted {
  readonly placeOf: Int32Array;
  readonly counts: PlaceCounts;
  /** What each of the pods counts for a place. */
  readonly weight: number;
}

const ANTI_EXISTING = 1;
const ANTI = 2;
const AFFINITY = 3;
const SENTENCES: readonly string[] = [
  "node(s) didn't satisfy existing pods anti-affinity rules",
  "node(s) didn't match pod anti-affinity rules",
  "node(s) didn't match pod affinity rules",
];

/** Terms of one family of workloads that may be about the pods of another. */
interface Towards {
  readonly family: WorkloadFamily;
  readonly terms: ReadonlySet<PodAffinityTerm>;
}

class Affinity {
  readonly #parts: PluginParts;
  readonly #args: AffinityArgs;
  /** Families of workloads whose pods have terms about others. */
  readonly #withTerms: readonly WorkloadFamily[];
  /** By family: who has terms that may be about its pods. */
  readonly #towards: (readonly Towards[])[] = [];

  constructor(parts: PluginParts, args: AffinityArgs) {
    this.#parts = parts;
    this.#args = args;
    this.#withTerms = parts.groups.families.all.filter(({ first }) => termsOf(first).length > 0);
  }

  prepare(pod: PodToPlace): PreparedPlugin | undefined {
    const { template, group } = pod;
    const towards = this.#withTerms.length === 0 ? [] : this.#termsTowards(group);
    if (template.podAffinity.length === 0 && towards.length === 0) return undefined;
    const own = new OwnTerms(template.podAffinity, (term) => this.#selected(term, group));
    const required = template.podAffinity.filter(({ weight }) => weight === 0);
    const affine = required.filter(({ isAnti }) => !isAnti);
    // Affinity is to pods that all of its terms select.
    const all =
      affine.length === 0
        ? []
        : own.groupsOf(affine[0]!).filter((other) => affine.every((term) => this.#selects(term, group, other)));
    const together = affine.map((term) => this.#counted(term, all, 1));
    const isOwn = affine.every((term) => this.#selects(term, group, group));
    const anti = required.filter(({ isAnti }) => isAnti).map((term) => this.#counted(term, own.groupsOf(term), 1));
    const others = this.#othersTowards(group, towards);
    const preferred = template.podAffinity
      .filter(({ weight }) => weight > 0)
      .map((term) => this.#counted(term, own.groupsOf(term), term.isAnti ? -term.weight : term.weight));
    // What pods that are there would like counts only for pods that have preferences, if the profile says so.
    const isIgnored = this.#args.ignoresPreferred && preferred.length === 0;
    const likes = isIgnored ? [] : [...preferred, ...others.liking];
    const unused = isIgnored ? others.liking : [];
    const counted = [...together, ...anti, ...others.repelling, ...likes];
    for (const { counts } of unused) counts.close();
    const filter = (node: NodeId): number => {
      if (together.length > 0 && !isTogether(together, node, isOwn)) return AFFINITY;
      if (isAnyAt(anti, node)) return ANTI;
      return isAnyAt(others.repelling, node) ? ANTI_EXISTING : 0;
    };
    return {
      ...(counted.length > likes.length ? { filter } : {}),
      reasons: (why) => [SENTENCES[why - 1]!],
      isFinal: (why) => why === AFFINITY,
      ...(likes.length === 0
        ? {}
        : {
            rawScore: (node: NodeId) => sumAt(likes, node),
            scoreAll: (nodes: Int32Array, count: number, scores: Float64Array) => {
              for (let i = 0; i < count; i++) scores[i] = sumAt(likes, nodes[i]!);
              normaliseBetween(scores, count);
            },
          }),
      isStale: () => own.isStale() || others.isStale(),
      wakes: ['podPlaced', 'podGone'],
      helps: (event) => {
        if (event.kind === 'nodeChanged') return false;
        const other = event.group;
        if (event.kind === 'podPlaced') return affine.some((term) => this.#selects(term, group, other));
        return (
          required.some((term) => term.isAnti && this.#selects(term, group, other)) ||
          other.template.podAffinity.some((term) => isRepelling(term) && this.#selects(term, other, group))
        );
      },
      close: () => {
        for (const { counts } of counted) counts.close();
      },
    };
  }

  #selects(term: PodAffinityTerm, of: PodGroup, other: PodGroup): boolean {
    return this.#parts.groups.selects(term, of, other, (namespace) => this.#isIn(term, of, namespace));
  }

  #isIn(term: PodAffinityTerm, { spec }: Pick<PodGroup, 'spec'>, namespace: string): boolean {
    return isInNamespaces(term, spec.namespace, namespace, this.#parts.context.spec);
  }

  #selected(term: PodAffinityTerm, group: PodGroup): Selection {
    const found = this.#parts.groups.selected(term, group, (namespace) => this.#isIn(term, group, namespace));
    if (term.otherLabels.length === 0) return found;
    return { ...found, groups: found.groups.filter((other) => selectsGroup(term, group, other)) };
  }

  #counted({ topologyKey }: PodAffinityTerm, groups: readonly PodGroup[], weight: number): Counted {
    const topology = this.#parts.topologies.of(topologyKey);
    return { placeOf: topology.placeOf, counts: new PlaceCounts(groups, topology, false), weight };
  }

  /** Who has terms that may be about the pods of a group. */
  #termsTowards(group: PodGroup): readonly Towards[] {
    const own = this.#parts.groups.families.of[group.workload]!;
    this.#towards[own] ??= this.#withTerms.flatMap((family): Towards[] => {
      const { first } = family;
      const isMeant = (term: PodAffinityTerm): boolean =>
        term.selector !== undefined &&
        this.#isIn(term, { spec: first }, group.spec.namespace) &&
        mayMeet(term.selector, group.spec);
      const terms = new Set(termsOf(first).filter(isMeant));
      return terms.size === 0 ? [] : [{ family, terms }];
    });
    return this.#towards[own]!;
  }

  /** Terms of pods that are there, or may come to be there, which are about the pods of a group. */
  #othersTowards(group: PodGroup, towards: readonly Towards[]) {
    const { groups } = this.#parts;
    /** Groups whose pods have a term that is about the pods of this one: copies share their terms. */
    const having = new Map<PodAffinityTerm, PodGroup[]>();
    const workloads = towards.map(({ family }) => groups.families.seen(family, group.spec));
    const made = (): number =>
      towards.reduce(
        (sum, { family }, i) =>
          sum + (family.app === group.spec.app ? groupsAmong(groups, workloads[i]!) : groups.madeOf(family)),
        0,
      );
    towards.forEach(({ terms }, i) => {
      for (const workload of workloads[i]!) {
        for (const other of groups.ofWorkload(workload)) {
          for (const term of other.template.podAffinity) {
            if (!terms.has(term) || !this.#selects(term, other, group)) continue;
            const groupsOfTerm = having.get(term);
            if (groupsOfTerm === undefined) having.set(term, [other]);
            else groupsOfTerm.push(other);
          }
        }
      }
    });
    const of = (weight: (term: PodAffinityTerm) => number): Counted[] =>
      [...having].flatMap(([term, found]) => (weight(term) === 0 ? [] : [this.#counted(term, found, weight(term))]));
    const before = made();
    return {
      repelling: of((term) => (isRepelling(term) ? 1 : 0)),
      liking: of((term) => this.#weightOf(term)),
      isStale: () => made() !== before,
    };
  }

  /** What a term of a pod that is there counts for a pod that it selects. */
  #weightOf({ isAnti, weight }: PodAffinityTerm): number {
    if (weight === 0) return isAnti ? 0 : this.#args.hardWeight;
    return isAnti ? -weight : weight;
  }
}

/** Whom the terms of a group's pods select, each looked up once. */
class OwnTerms {
  readonly #selections: ReadonlyMap<PodAffinityTerm, Selection>;

  constructor(terms: readonly PodAffinityTerm[], select: (term: PodAffinityTerm) => Selection) {
    this.#selections = new Map(terms.map((term) => [term, select(term)]));
  }

  groupsOf(term: PodAffinityTerm): readonly PodGroup[] {
    return this.#selections.get(term)!.groups;
  }

  isStale(): boolean {
    for (const selection of this.#selections.values()) if (selection.isStale()) return true;
    return false;
  }
}

/** Terms of all templates of a workload. */
const termsOf = ({ template, updates }: WorkloadSpec): PodAffinityTerm[] =>
  [template, ...updates].flatMap(({ podAffinity }) => podAffinity);

const isRepelling = ({ isAnti, weight }: PodAffinityTerm): boolean => isAnti && weight === 0;

const groupsAmong = (groups: PluginParts['groups'], workloads: readonly WorkloadId[]): number =>
  workloads.reduce((sum, workload) => sum + groups.ofWorkload(workload).length, 0);

/** Whether pods of one of the terms are in the node's place. */
function isAnyAt(terms: readonly Counted[], node: NodeId): boolean {
  for (let i = 0; i < terms.length; i++) {
    const { placeOf, counts } = terms[i]!;
    const place = placeOf[node]!;
    if (place >= 0 && counts.counts[place]! > 0) return true;
  }
  return false;
}

/** Whether there are pods of every term in the node's places; the first of a group that wants to be together may go anywhere. */
function isTogether(terms: readonly Counted[], node: NodeId, isOwn: boolean): boolean {
  let isThere = true;
  let total = 0;
  for (let i = 0; i < terms.length; i++) {
    const { placeOf, counts } = terms[i]!;
    const place = placeOf[node]!;
    if (place < 0) return false;
    if (counts.counts[place] === 0) isThere = false;
    total += counts.total;
  }
  return isThere || (isOwn && total === 0);
}

function sumAt(terms: readonly Counted[], node: NodeId): number {
  let sum = 0;
  for (let i = 0; i < terms.length; i++) {
    const { placeOf, counts, weight } = terms[i]!;
    const place = placeOf[node]!;
    if (place >= 0) sum += weight * counts.counts[place]!;
  }
  return sum;
}

/** The least becomes 0, the most 100; all are 0 if they are alike. */
export function normaliseBetween(scores: Float64Array, count: number): void {
  let least = Infinity;
  let most = -Infinity;
  for (let i = 0; i < count; i++) {
    if (scores[i]! < least) least = scores[i]!;
    if (scores[i]! > most) most = scores[i]!;
  }
  for (let i = 0; i < count; i++) {
    scores[i] = most === least ? 0 : Math.floor(100 * ((scores[i]! - least) / (most - least)));
  }
}

export const interPodAffinity: SchedulerPlugin = {
  name: 'InterPodAffinity',
  meaning: 'affinity and anti-affinity to pods, required and preferred, and theirs to the new one',
  isLocal: false,
  weight: 2,
  args: {
    fields: ['hardPodAffinityWeight', 'ignorePreferredTermsOfExistingPods'],
    read: (reader, at): AffinityArgs => {
      const hardWeight = reader.whole([...at, 'hardPodAffinityWeight'], DEFAULTS.hardWeight);
      if (hardWeight > 100) reader.error([...at, 'hardPodAffinityWeight'], `must be 0 to 100, not ${hardWeight}`);
      return { hardWeight, ignoresPreferred: reader.get([...at, 'ignorePreferredTermsOfExistingPods']) === true };
    },
  },
  create: (parts, args = DEFAULTS) => {
    const affinity = new Affinity(parts, args as AffinityArgs);
    return {
      prepare: (pod) => affinity.prepare(pod),
      attemptDuration: ({ podAffinity }, costs) => {
        if (podAffinity.some(({ isAnti }) => !isAnti)) return costs.attemptWithPodAffinity.value;
        return podAffinity.length > 0 ? costs.attemptWithPodAntiAffinity.value : 0;
      },
    };
  },
};
