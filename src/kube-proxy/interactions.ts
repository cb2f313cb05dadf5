// What a sync takes for things that grow with each other: services with rules, rules with rules. Part of kube-proxy.
// None is known of, so all are 0; a profile that was fitted to measurements of a machine may say otherwise.

import { type Parameter, type ParameterSet, parameter } from '../cluster/index.js';
import type { SyncCost } from './sync-cost.js';

export type Interactions = {
  readonly perServiceAndRule: Parameter<number>;
  readonly perRulePair: Parameter<number>;
};

const NOTHING_KNOWN = 'no published figure: 0 until measurements say otherwise';

const made = new Map<string, Interactions>();

/** Those of a mode, by its name. */
export function interactionsOf(mode: string): Interactions {
  let own = made.get(mode);
  if (own === undefined) {
    own = {
      perServiceAndRule: parameter(
        0,
        'ns',
        'a full sync: for each service and each rule that the kernel is to hold',
        NOTHING_KNOWN,
      ),
      perRulePair: parameter(0, 'ns', 'a full sync: for each two rules that the kernel is to hold', NOTHING_KNOWN),
    };
    made.set(mode, own);
  }
  return own;
}

/** Their group, as profiles name it. */
export const interactionGroup = (mode: string): string => `kube-proxy.${mode}-interactions`;

/** A rule of a mode, with what a profile adds to it. */
export function withInteractions(mode: string, cost: SyncCost, parameters: ParameterSet): SyncCost {
  const { perServiceAndRule, perRulePair } = parameters.of(interactionsOf(mode));
  if (perServiceAndRule.value === 0 && perRulePair.value === 0) return cost;
  return (work, duration) => {
    cost(work, duration);
    if (!work.full) return;
    const rules = work.total.reduce((sum, n) => sum + n, 0);
    duration.committing += perServiceAndRule.value * work.ports * rules + (perRulePair.value * rules * rules) / 2;
  };
}
