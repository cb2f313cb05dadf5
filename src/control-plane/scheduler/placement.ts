// One attempt to place a pod: nodes are looked at in turn until enough may take it, and the best of them is chosen. Part of the
// scheduler. Source: pkg/scheduler/schedule_one.go.

import type { NodeId } from '../../cluster/index.js';
import { controlPlaneParameters } from '../parameters.js';
import type { NodeInfo } from './node-info.js';
import type { Plan, Profile } from './profile.js';

/** How many feasible nodes the scheduler looks for. @param percentage of all nodes, 0: by the size of the cluster. */
export function nodesToFind(nodes: number, percentage = 0): number {
  const min = controlPlaneParameters.nodesScoredMin.value;
  if (nodes < min) return nodes;
  const share = percentage > 0 ? percentage : Math.max(5, 50 - Math.floor(nodes / 125));
  return Math.max(min, Math.floor((nodes * share) / 100));
}

/** Makes attempts; arrays are reused. */
export class Placement {
  readonly #info: NodeInfo;
  /** Where the next attempt begins to look. */
  #start = 0;
  /** Nodes that may take the pod of the last attempt, and what they are worth. */
  readonly feasible: Int32Array;
  readonly totals: Float64Array;
  found = 0;
  /** Nodes that it looked at, from `first` on. */
  first = 0;
  looked = 0;
  /** The last one took the next best node of the attempt before it. */
  isNextBest = false;
  readonly #scores: Float64Array;
  readonly #tied: Int32Array;

  constructor(info: NodeInfo) {
    this.#info = info;
    this.feasible = new Int32Array(info.count);
    this.totals = new Float64Array(info.count);
    this.#scores = new Float64Array(info.count);
    this.#tied = new Int32Array(info.count);
  }

  /**
   * The node for a pod; -1 if none can take it.
   * @param required the only node that it may have, -1: any. @param draw uniform, asked for if several are worth the same.
   */
  select(profile: Profile, plan: Plan, required: NodeId, draw: () => number): NodeId {
    const { count } = this.#info;
    this.isNextBest = false;
    const wanted = required >= 0 ? 1 : profile.hasScores ? nodesToFind(count, profile.percentage) : 1;
    this.first = required >= 0 ? required : this.#start;
    this.#filter(plan, required >= 0 ? 1 : count, wanted);
    this.#start = count === 0 ? 0 : (this.#start + this.looked) % count;
    if (this.found < 2) return this.found === 0 ? -1 : this.feasible[0]!;
    this.#score(plan);
    return this.#best(draw);
  }

  /** The best node of the last attempt that may still take such a pod; -1 if there is none. */
  nextBest(plan: Plan, draw: () => number): NodeId {
    if (this.found < 2) return -1;
    const { local } = plan;
    let kept = 0;
    for (let i = 0; i < this.found; i++) {
      const node = this.feasible[i]!;
      local.refresh(node);
      if (local.verdicts[node] !== 0) continue;
      this.feasible[kept] = node;
      this.totals[kept++] = this.totals[i]!;
    }
    this.found = kept;
    this.isNextBest = true;
    return kept === 0 ? -1 : this.#best(draw);
  }

  /** What was said of a node in the last attempt, which none of them passed. */
  verdictAt(plan: Plan, node: NodeId): number {
    const { local, others } = plan;
    local.refresh(node);
    const verdict = local.verdicts[node]!;
    return verdict !== 0 ? verdict : others.verdict(node);
  }

  #filter({ local, others }: Plan, most: number, wanted: number): void {
    const { version, count } = this.#info;
    const { versions, verdicts } = local;
    const looksFurther = others.filters.length > 0;
    let node = this.first;
    let found = 0;
    let looked = 0;
    for (; looked < most && found < wanted; looked++) {
      if (versions[node] !== version[node]) local.refresh(node);
      if (verdicts[node] === 0 && (!looksFurther || others.verdict(node) === 0)) this.feasible[found++] = node;
      if (++node === count) node = 0;
    }
    this.found = found;
    this.looked = looked;
  }

  /** Adds up what the plugins say of the nodes that were found. */
  #score({ local, others }: Plan): void {
    const { feasible, totals, found } = this;
    const { scores } = local;
    for (let i = 0; i < found; i++) totals[i] = scores[feasible[i]!]!;
    if (others.scores.length > 0) for (let i = 0; i < found; i++) totals[i]! += others.sum(feasible[i]!);
    for (const { comparing } of [local.questions, others]) {
      for (const { says, member } of comparing) {
        const { weight } = member;
        says.scoreAll!(feasible, found, this.#scores);
        for (let i = 0; i < found; i++) totals[i]! += weight * this.#scores[i]!;
      }
    }
  }

  /** The one that is worth most; one of several by chance. */
  #best(draw: () => number): NodeId {
    const { feasible, totals, found } = this;
    let best = -1;
    let tied = 0;
    for (let i = 0; i < found; i++) {
      const total = totals[i]!;
      if (total > best) {
        best = total;
        tied = 0;
      }
      if (total === best) this.#tied[tied++] = feasible[i]!;
    }
    return tied === 1 ? this.#tied[0]! : this.#byNumber(tied, Math.floor(draw() * tied));
  }

  /** One of those that are tied, counted by their numbers: where the attempt began to look is nobody's luck. */
  #byNumber(tied: number, nth: number): NodeId {
    let least = 0;
    for (let i = 1; i < tied; i++) {
      if (this.#tied[i]! < this.#tied[i - 1]!) {
        least = i;
        break;
      }
    }
    return this.#tied[(least + nth) % tied]!;
  }
}
