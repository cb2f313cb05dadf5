// Whether feature gates may be set as a scenario sets them. Part of the scenario.
// Source: k8s.io/component-base/featuregate: a component does not start with a gate that it does not know, nor with one that is
// locked to another value.

import { featureGatesOf, type GateOwner, type MinorVersion } from '../../cluster/index.js';

/** What is wrong with a gate that is set so in a version; undefined: nothing. */
export function gateProblem(owner: GateOwner, name: string, isOn: boolean, minor: MinorVersion): string | undefined {
  const fact = featureGatesOf(owner).find(({ gate }) => gate === name);
  if (fact === undefined) return undefined;
  const stages = fact.stages ?? [];
  const stage = stages.findLast(([from]) => from <= minor);
  if (stage === undefined) return `there is no such feature gate in 1.${minor}; it comes with 1.${stages[0]![0]}`;
  const usual = fact.values.findLast(([from]) => from <= minor)![1];
  const isLocked = stage[1] === 'GA' || stage[1] === 'locked';
  if (!isLocked || isOn === usual) return undefined;
  return `is locked to ${usual} from 1.${stage[0]} on`;
}
