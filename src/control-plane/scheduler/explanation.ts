// Why a pod went where it went: what each plugin said of each node that was looked at. Part of the scheduler.
// Made for pods that somebody asks about, beside what the scheduler does: it changes nothing.

import type { NodeId, PodId } from '../../cluster/index.js';
import { meetsWildcard } from '../../format/index.js';
import type { Placement } from './placement.js';
import type { PreparedPlugin } from './plugin.js';
import { type Member, type Plan, whyOf } from './profile.js';
import { reasonsOf, voiceOf } from './rejection.js';

/** What one plugin said of one node for one pod. */
export interface PlacementRow {
  readonly pod: PodId;
  /** Attempts for the pod, from 1. */
  readonly attempt: number;
  /** When it was decided, ns. */
  readonly at: number;
  readonly node: NodeId;
  readonly plugin: string;
  /** Empty if it let the pod onto the node, or has no filter. */
  readonly refusal: string;
  /** As the plugin has it before it compares nodes, and as it counts, 0 … 100; NaN where it gives none. */
  readonly raw: number;
  readonly score: number;
  readonly weight: number;
  /** Sum of all scores by weight; NaN of a node that was refused. */
  readonly total: number;
  readonly isChosen: boolean;
}

/** Rows of a run that are kept: no published figure, about what a spreadsheet takes. */
export const EXPLAINED_MAX = 500_000;

/** Whether a name meets one of the patterns: `*` stands for any text. */
export const isAskedFor = (patterns: readonly string[], name: string): boolean =>
  patterns.some((pattern) => meetsWildcard(pattern, name));

/** What was said in the attempt that was made last, from what it left behind. @param nodes that there are. */
export function explained(
  { pod, attempt, at }: Pick<PlacementRow, 'pod' | 'attempt' | 'at'>,
  plan: Plan,
  placement: Placement,
  nodes: number,
  chosen: NodeId,
): PlacementRow[] {
  const { feasible, found, first, looked, totals, isNextBest } = placement;
  const common = (node: NodeId) => ({ pod, attempt, at, node, isChosen: node === chosen });
  const none = { refusal: '', raw: Number.NaN, score: Number.NaN, weight: 0 };
  if (isNextBest) {
    // Nothing was asked anew: the list of the attempt before is all that there is.
    return Array.from({ length: found }, (_, i) => ({
      ...common(feasible[i]!),
      ...none,
      plugin: BATCHING,
      total: totals[i]!,
    }));
  }
  // One node alone is not scored.
  const count = found < 2 ? 0 : found;
  const scores = plan.voices.map(({ says, member }) => scoresOf(says, member, feasible, count));
  const place = new Map(Array.from({ length: found }, (_, i) => [feasible[i]!, i]));
  const rows: PlacementRow[] = [];
  for (let i = 0; i < looked; i++) {
    const node = (first + i) % nodes;
    const index = place.get(node);
    if (index === undefined) {
      rows.push({ ...common(node), ...none, ...refusalOf(plan, placement.verdictAt(plan, node)), total: Number.NaN });
      continue;
    }
    plan.voices.forEach(({ member, says }, voice) => {
      const score = scores[voice]![index] ?? Number.NaN;
      const isScored = !Number.isNaN(score);
      const raw = isScored ? (says.rawScore?.(node) ?? score) : Number.NaN;
      const weight = isScored ? member.weight : 0;
      const total = count === 0 ? Number.NaN : totals[index]!;
      rows.push({ ...common(node), plugin: member.name, refusal: '', raw, score, weight, total });
    });
  }
  return rows;
}

/** The feature by which a pod takes the next best node of the attempt before, KEP-5598. */
const BATCHING = 'OpportunisticBatching';

/** Scores of one plugin for the nodes that may take the pod; NaN where it gives none. */
function scoresOf(says: PreparedPlugin, member: Member, feasible: Int32Array, count: number): Float64Array {
  const scores = new Float64Array(count).fill(Number.NaN);
  if (!member.isAt('score') || member.weight === 0 || count === 0) return scores;
  if (says.scoreAll !== undefined) says.scoreAll(feasible, count, scores);
  else if (says.score !== undefined) for (let i = 0; i < count; i++) scores[i] = says.score(feasible[i]!);
  return scores;
}

function refusalOf(plan: Plan, verdict: number): Pick<PlacementRow, 'plugin' | 'refusal'> {
  const voice = voiceOf(plan, verdict);
  if (voice === undefined) return { plugin: '', refusal: '' };
  return { plugin: voice.member.name, refusal: reasonsOf(voice, whyOf(verdict)).join(', ') };
}
