// Why no node could take a pod, as Kubernetes says it. Part of the scheduler.
// Source: FitError in pkg/scheduler/framework/types.go.

import type { NodeId } from '../../cluster/index.js';
import { numberOf, type Plan, type Voice, whyOf } from './profile.js';

export interface Rejection {
  /** `0/5 nodes are available: 3 Insufficient cpu, 2 node(s) had untolerated taint {a: b}.` */
  readonly message: string;
  /** Who has kept the pod away from some node. */
  readonly by: ReadonlySet<Voice>;
}

/** @param verdictAt what was said of each node: none of them took the pod. */
export function rejectionOf(plan: Plan, nodes: number, verdictAt: (node: NodeId) => number): Rejection {
  if (nodes === 0) return { message: 'no nodes available to schedule pods', by: new Set() };
  const verdicts = new Map<number, number[]>();
  for (let node = 0; node < nodes; node++) {
    const verdict = verdictAt(node);
    const alike = verdicts.get(verdict);
    if (alike === undefined) verdicts.set(verdict, [node]);
    else alike.push(node);
  }
  const counts = new Map<string, number>();
  const by = new Set<Voice>();
  const curable: number[] = [];
  for (const [verdict, alike] of verdicts) {
    const voice = voiceOf(plan, verdict);
    if (voice === undefined) {
      add(counts, "node(s) didn't satisfy plugin(s) [NodeAffinity]", alike.length);
      continue;
    }
    by.add(voice);
    const why = whyOf(verdict);
    for (const reason of reasonsOf(voice, why)) add(counts, reason, alike.length);
    if (voice.says.isFinal?.(why) !== true) for (const node of alike) curable.push(node);
  }
  return { message: messageOf(plan, nodes, counts, curable), by };
}

const add = (counts: Map<string, number>, reason: string, by: number): void =>
  void counts.set(reason, (counts.get(reason) ?? 0) + by);

/** Who said that; undefined for a node that was not looked at. */
export const voiceOf = ({ voices }: Plan, verdict: number): Voice | undefined =>
  voices.find(({ number }) => number === numberOf(verdict));

/** What a plugin has against a node, in its own words or in its name. */
export const reasonsOf = ({ member, says }: Voice, why: number): readonly string[] =>
  says.reasons?.(why) ?? [`node(s) were refused by ${member.name}`];

/** Sentences with counts, sorted as texts, as Kubernetes does. */
export const counted = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(', ');

function messageOf(plan: Plan, nodes: number, counts: ReadonlyMap<string, number>, curable: readonly number[]): string {
  const message = `0/${nodes} nodes are available: ${counted(counts)}.`;
  for (const { made, isAt } of plan.members) {
    const after = isAt('postFilter') ? made.postFilter?.(plan.pod, curable) : undefined;
    if (after !== undefined) return `${message} ${after}`;
  }
  return message;
}
