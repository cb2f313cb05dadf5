// What the ends of its pods mean for a Job: pure rules. Part of the workload controllers.
// Source: pkg/controller/job: pod_failure_policy.go, success_policy.go, backoff_utils.go, job_controller.go.

import { doubled } from '../../cluster/index.js';

/** A rule of podFailurePolicy. */
export interface FailureRule {
  readonly action: 'FailJob' | 'FailIndex' | 'Ignore' | 'Count';
  readonly onExitCodes?: {
    /** Any container if left out. */
    readonly container?: string;
    readonly operator: 'In' | 'NotIn';
    readonly values: readonly number[];
  };
  /** Whether it is for pods with the condition DisruptionTarget. */
  readonly onDisruption?: boolean;
}

/** A pod that has failed, as a rule looks at it. */
export interface FailedPod {
  /** Exit codes of its containers that have ended, by name. */
  readonly exits: readonly (readonly [container: string, code: number])[];
  /** It has the condition DisruptionTarget. */
  readonly isDisrupted: boolean;
}

/** What the first rule that matches says; Count if none does. A container that ended well matches nothing. */
export function actionFor(rules: readonly FailureRule[], pod: FailedPod): FailureRule['action'] {
  return rules.find((rule) => matches(rule, pod))?.action ?? 'Count';
}

function matches({ onExitCodes, onDisruption }: FailureRule, { exits, isDisrupted }: FailedPod): boolean {
  if (onExitCodes === undefined) return onDisruption === isDisrupted;
  const { container, operator, values } = onExitCodes;
  return exits.some(
    ([name, code]) =>
      code !== 0 && (container === undefined || container === name) && values.includes(code) === (operator === 'In'),
  );
}

/** A rule of successPolicy: both hold if both are given. */
export interface SuccessRule {
  /** Indexes of which it is; all if left out. */
  readonly indexes?: readonly (readonly [from: number, to: number])[];
  /** So many of them; all of them if left out. */
  readonly count?: number;
}

/** Whether the indexes that have succeeded are enough. */
export const isMet = ({ indexes, count }: SuccessRule, succeeded: ReadonlySet<number>): boolean => {
  if (indexes === undefined) return succeeded.size >= (count ?? Infinity);
  let all = 0;
  let done = 0;
  for (const [from, to] of indexes) {
    all += to - from + 1;
    for (const index of succeeded) if (index >= from && index <= to) done++;
  }
  return done >= (count ?? all);
};

/** Failures since the last success, and when the last of them was; ns. */
export interface FailureRecord {
  readonly failures: number;
  readonly lastAt: number;
}
export const NO_FAILURES: FailureRecord = { failures: 0, lastAt: 0 };

/** When the next pod may be created. @param initial wait after the first failure, doubled at each further one up to `max`. */
export const mayCreateAt = ({ failures, lastAt }: FailureRecord, initial: number, max: number): number =>
  failures === 0 ? 0 : lastAt + doubled(initial, failures - 1, max);

/** Indexes written as `0-2,5`; undefined if that is not what it is. */
export function parseIndexes(text: string): (readonly [number, number])[] | undefined {
  const parsed: (readonly [number, number])[] = [];
  let last = -1;
  for (const part of text.split(',')) {
    const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part);
    if (match === null) return undefined;
    const [from, to] = [Number(match[1]), Number(match[2] ?? match[1])];
    if (from <= last || to < from) return undefined;
    parsed.push([from, to]);
    last = to;
  }
  return parsed;
}
