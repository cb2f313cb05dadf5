// A profile of the scheduler: which plugins are asked, and what they say of the pods of one group. Part of the scheduler.
// What plugins that look at one node only have said of it is kept, by template, until that node changes.

import type { ExtensionPoint, NodeId, PartList, PodTemplate, SchedulerProfileSpec } from '../../cluster/index.js';
import type { controlPlaneCosts } from '../parameters.js';
import type { PluginOfCluster, PluginParts, PodToPlace, PreparedPlugin, SchedulerPlugin } from './plugin.js';
import type { PodGroup } from './pod-groups.js';

/** A plugin of the profile. */
export interface Member {
  readonly name: string;
  readonly weight: number;
  readonly isLocal: boolean;
  readonly made: PluginOfCluster;
  readonly isAt: (point: ExtensionPoint) => boolean;
}

/** A member that has something to say of certain pods. */
export interface Voice {
  readonly member: Member;
  /** Its number in the profile, from 1. */
  readonly number: number;
  readonly says: PreparedPlugin;
}

type Filter = NonNullable<PreparedPlugin['filter']>;
type Score = NonNullable<PreparedPlugin['score']>;

/** Filters and scores that are asked together. */
class Questions {
  readonly voices: readonly Voice[];
  readonly filters: readonly Filter[];
  /** Of filters: {@link Voice.number}. */
  readonly numbers: readonly number[];
  readonly scores: readonly Score[];
  readonly weights: Float64Array;
  /** Scores that compare nodes. */
  readonly comparing: readonly Voice[];

  constructor(voices: readonly Voice[]) {
    const asked = voices.filter(({ member, says }) => says.filter !== undefined && member.isAt('filter'));
    const scoring = voices.filter(({ member }) => member.isAt('score') && member.weight > 0);
    const single = scoring.filter(({ says }) => says.score !== undefined && says.scoreAll === undefined);
    this.voices = voices;
    this.filters = asked.map(
      ({ says }) =>
        (node) =>
          says.filter!(node),
    );
    this.numbers = asked.map(({ number }) => number);
    this.scores = single.map(
      ({ says }) =>
        (node) =>
          says.score!(node),
    );
    this.weights = Float64Array.from(single, ({ member }) => member.weight);
    this.comparing = scoring.filter(({ says }) => says.scoreAll !== undefined);
  }

  /** 0 if all let the pod onto the node; else who does not and why, as {@link verdictOf} has it. */
  verdict(node: NodeId): number {
    for (let i = 0; i < this.filters.length; i++) {
      const why = this.filters[i]!(node);
      if (why !== 0) return verdictOf(this.numbers[i]!, why);
    }
    return 0;
  }

  sum(node: NodeId): number {
    let total = 0;
    for (let i = 0; i < this.scores.length; i++) total += this.weights[i]! * this.scores[i]!(node);
    return total;
  }
}

const WHY_RANGE = 1_099_511_627_776;

/** A refusal as one number: who refuses, and why. */
export const verdictOf = (number: number, why: number): number => number * WHY_RANGE + why;
export const numberOf = (verdict: number): number => Math.floor(verdict / WHY_RANGE);
export const whyOf = (verdict: number): number => verdict % WHY_RANGE;

/** What local plugins say of the pods of one template, and have said of each node. */
class LocalPlan {
  readonly questions: Questions;
  /** What they said of which version of a node. */
  readonly verdicts: Float64Array;
  readonly scores: Float64Array;
  readonly versions: Uint32Array;
  readonly #version: Uint32Array;

  constructor(questions: Questions, version: Uint32Array) {
    this.questions = questions;
    this.#version = version;
    this.verdicts = new Float64Array(version.length);
    this.scores = new Float64Array(version.length);
    this.versions = new Uint32Array(version.length);
  }

  isStale(): boolean {
    return areStale(this.questions.voices);
  }

  /** Asks again if the node has changed. */
  refresh(node: NodeId): void {
    const version = this.#version[node]!;
    if (this.versions[node] === version) return;
    this.versions[node] = version;
    const verdict = this.questions.verdict(node);
    this.verdicts[node] = verdict;
    if (verdict === 0) this.scores[node] = this.questions.sum(node);
  }
}

const areStale = (voices: readonly Voice[]): boolean => {
  for (let i = 0; i < voices.length; i++) if (voices[i]!.says.isStale?.() === true) return true;
  return false;
};

/** What plugins that look at one node only are handed: they are asked once for all pods of a template. */
class PodOfTemplate implements PodToPlace {
  readonly template: PodTemplate;

  constructor(template: PodTemplate) {
    this.template = template;
  }

  get workload(): never {
    throw new TypeError(ONLY_TEMPLATE);
  }

  get group(): never {
    throw new TypeError(ONLY_TEMPLATE);
  }
}

const ONLY_TEMPLATE =
  'a plugin that is isLocal is asked once for all pods of a template, and knows nothing else of them: say isLocal: false';

/** What is asked for the pods of one group. */
export interface Plan {
  readonly pod: PodToPlace;
  readonly local: LocalPlan;
  /** Of plugins that look at other pods. */
  readonly others: Questions;
  /** All that have something to say, in the order of the profile. */
  readonly voices: readonly Voice[];
  readonly members: readonly Member[];
  /** No plugin looks at where other pods are. */
  readonly isAlone: boolean;
}

/** So many groups' plans are kept, and as many templates': a node's entries are some 30 bytes. */
const PLANS_KEPT = 64;

export class Profile {
  readonly name: string;
  readonly percentage: number;
  readonly members: readonly Member[];
  /** Some plugin has scores: it is worth while to look for more than one node. */
  readonly hasScores: boolean;
  readonly #parts: PluginParts;
  readonly #local = new Map<PodTemplate, LocalPlan>();
  readonly #plans = new Map<PodGroup, Plan>();

  constructor(spec: SchedulerProfileSpec, plugins: PartList<SchedulerPlugin>, parts: PluginParts) {
    this.name = spec.schedulerName;
    this.percentage = spec.percentageOfNodesToScore;
    this.#parts = parts;
    this.members = spec.plugins.map(({ name, weight, points, args }) => {
      const plugin = plugins.get(name);
      return {
        name,
        weight,
        isLocal: plugin.isLocal,
        made: plugin.create(parts, args),
        isAt: (point) => points.length === 0 || points.includes(point),
      };
    });
    this.hasScores = this.members.some((member) => member.weight > 0 && member.isAt('score'));
  }

  /** Why pods of a group are not tried; undefined if they may be. */
  gate(pod: PodToPlace): string | undefined {
    for (const { made, isAt } of this.members) {
      const why = isAt('preEnqueue') ? made.gate?.(pod) : undefined;
      if (why !== undefined) return why;
    }
    return undefined;
  }

  /** How long an attempt takes, ns. */
  attemptDuration(template: PodTemplate, costs: typeof controlPlaneCosts): number {
    let longest = 0;
    for (const { made } of this.members) longest = Math.max(longest, made.attemptDuration?.(template, costs) ?? 0);
    return longest;
  }

  planOf(group: PodGroup): Plan {
    const known = this.#plans.get(group);
    if (known !== undefined) {
      if (!areStale(known.others.voices) && !known.local.isStale()) return known;
      this.#close(known);
    }
    if (this.#plans.size >= PLANS_KEPT) this.#close(this.#plans.values().next().value!);
    const pod: PodToPlace = { workload: group.workload, template: group.template, group };
    const local = this.#localOf(group.template);
    const others = new Questions(this.#voices(pod, false));
    const voices = [...local.questions.voices, ...others.voices].sort((a, b) => a.number - b.number);
    const isAlone = others.filters.length === 0 && others.comparing.length === 0;
    const plan: Plan = { pod, local, others, voices, members: this.members, isAlone };
    this.#plans.set(group, plan);
    return plan;
  }

  #localOf(template: PodTemplate): LocalPlan {
    const known = this.#local.get(template);
    if (known?.isStale() === false) return known;
    this.#local.delete(template);
    if (this.#local.size >= PLANS_KEPT) this.#local.delete(this.#local.keys().next().value!);
    const plan = new LocalPlan(
      new Questions(this.#voices(new PodOfTemplate(template), true)),
      this.#parts.nodes.version,
    );
    this.#local.set(template, plan);
    return plan;
  }

  #voices(pod: PodToPlace, isLocal: boolean): Voice[] {
    return this.members.flatMap((member, i): Voice[] => {
      if (member.isLocal !== isLocal) return [];
      const says = member.made.prepare?.(pod);
      return says === undefined ? [] : [{ member, number: i + 1, says }];
    });
  }

  #close(plan: Plan): void {
    this.#plans.delete(plan.pod.group);
    for (const { member, says } of plan.voices) if (!member.isLocal) says.close?.();
  }
}
