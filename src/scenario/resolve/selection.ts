// Which workloads a selector means: labels in namespaces decide. Part of the scenario. Services and policies ask.

import { type LabelSelector, mayMeet, ownAndForeign, type WorkloadId, type WorkloadSpec } from '../../cluster/index.js';
import type { ManifestWorkload } from '../manifests/manifests.js';

/** Workloads that one manifest became. */
export interface StampedWorkload {
  readonly manifest: ManifestWorkload;
  readonly app: string;
  /** The first of them, which stands for all. */
  readonly first: WorkloadSpec;
  /** Their indices, by copy. */
  readonly workloads: readonly WorkloadId[];
}

/** What a selector of an object means, in its own application and in others. */
export interface Selected {
  readonly own: readonly StampedWorkload[];
  readonly foreign: readonly StampedWorkload[];
}

/** @param isIn whether it is about a namespace. */
export function selectedBy(
  stamped: readonly StampedWorkload[],
  selector: LabelSelector,
  app: string,
  isIn: (namespace: string) => boolean,
): Selected {
  return ownAndForeign(matching(stamped, selector, isIn), app);
}

/** The same for whoever a policy lets in or out: copies of other applications are among them. */
export function peersBy(
  stamped: readonly StampedWorkload[],
  selector: LabelSelector,
  app: string,
  isIn: (namespace: string) => boolean,
): Selected {
  const met = matching(stamped, selector, isIn);
  return { own: met.filter((one) => one.app === app), foreign: met.filter((one) => one.app !== app) };
}

const matching = (
  stamped: readonly StampedWorkload[],
  selector: LabelSelector,
  isIn: (namespace: string) => boolean,
): StampedWorkload[] => stamped.filter(({ first }) => isIn(first.namespace) && mayMeet(selector, first));

/** Of workloads of its own application, those of a copy. */
export const inCopy = (own: readonly StampedWorkload[], copy: number): WorkloadId[] =>
  own.flatMap(({ workloads }) => workloads.slice(copy, copy + 1));

/** Workloads that an object of that copy selects: of its own application those of its copy, all of others. */
export const ofCopy = ({ own, foreign }: Selected, copy: number): WorkloadId[] => [
  ...inCopy(own, copy),
  ...foreign.flatMap(({ workloads }) => workloads),
];
