// What a Job's manifest says: the spec of batch/v1. Part of the workload controllers; CronJobs have it, too.
// Refusals: pkg/apis/batch/validation; defaults: pkg/apis/batch/v1/defaults.go.

import type { OwnLabel, VersionProfile, WorkloadSettings } from '../../cluster/index.js';
import {
  each,
  type FieldReader,
  type FieldTree,
  itemsAt,
  NOTHING,
  type Path,
  refuseOthers,
  USED,
} from '../../format/index.js';
import { type FailureRule, parseIndexes, type SuccessRule } from './job-rules.js';
import type { OwnLabels } from './workload-kind.js';

/** What a Job asks of its controller. */
export interface JobDetails {
  readonly parallelism: number;
  /** Pods that must succeed; undefined: one, and then no more are begun (a work queue). */
  readonly completions?: number;
  /** Each completion has an index of its own. */
  readonly isIndexed: boolean;
  /** Failures after which it has failed. */
  readonly backoffLimit: number;
  /** Failures after which an index has failed; undefined: they count for the whole Job. */
  readonly backoffLimitPerIndex?: number;
  /** Failed indexes of which one more makes it fail; Infinity: it ends when all indexes have. */
  readonly maxFailedIndexes: number;
  /** Time after which it has failed; Infinity: never. ns. */
  readonly activeDeadline: number;
  readonly failureRules: readonly FailureRule[];
  readonly successRules: readonly SuccessRule[];
  /** A pod that is being deleted is replaced, and counts as failed, before it has ended. */
  readonly replacesEnding: boolean;
  /** So long after its end it is deleted, with its pods; undefined: never. ns. */
  readonly ttl?: number;
  readonly suspended: boolean;
  /** managedBy names another controller: this one leaves it alone. */
  readonly isForeign: boolean;
  /** Containers are started again within their pods (restartPolicy OnFailure): that counts, too. */
  readonly restartsInPlace: boolean;
}

/** What of it a version of Kubernetes knows: the API server drops what it does not. */
export function jobInVersion(details: JobDetails, version: VersionProfile): JobDetails {
  const { backoffLimitPerIndex: _, ...rest } = details;
  const isByIndex = details.backoffLimitPerIndex !== undefined && version.jobBackoffLimitPerIndex;
  return {
    ...(isByIndex ? details : { ...rest, maxFailedIndexes: Infinity }),
    successRules: version.jobSuccessPolicy ? details.successRules : [],
    replacesEnding: details.replacesEnding || !version.jobPodReplacementPolicy,
    isForeign: details.isForeign && version.jobManagedBy,
  };
}

const COMPLETION_INDEX: OwnLabel = {
  key: 'batch.kubernetes.io/job-completion-index',
  of: 'ordinal',
  since: 'podIndexLabel',
};

const JOB_CONTROLLER = 'kubernetes.io/job-controller';

/** Fields of a Job's spec beside its template. */
export const JOB_FIELDS: FieldTree = {
  ...each(USED, 'parallelism', 'completions', 'completionMode', 'backoffLimit', 'activeDeadlineSeconds', 'suspend'),
  ...each(USED, 'managedBy', 'backoffLimitPerIndex', 'maxFailedIndexes', 'podReplacementPolicy'),
  ttlSecondsAfterFinished: USED,
  podFailurePolicy: { rules: { action: USED, onExitCodes: USED, onPodConditions: USED } },
  successPolicy: { rules: each(USED, 'succeededIndexes', 'succeededCount') },
  // Its controller makes labels and selector, unless somebody does by hand: the same pods are its own either way.
  ...each(NOTHING, 'selector', 'manualSelector'),
};

/** @param spec path of the Job's spec. */
export function readJob(
  reader: FieldReader,
  spec: Path,
): Pick<WorkloadSettings, 'replicas'> & OwnLabels & { details: JobDetails } {
  const at = (field: string): Path => [...spec, field];
  const isGiven = (field: string): boolean => ![undefined, null].includes(reader.get(at(field)) as undefined);
  const parallelism = reader.whole(at('parallelism'), 1);
  const hasCompletions = isGiven('completions') || !isGiven('parallelism');
  const completions = hasCompletions ? reader.whole(at('completions'), 1) : undefined;
  const isIndexed = reader.oneOf(at('completionMode'), ['NonIndexed', 'Indexed'], 'NonIndexed') === 'Indexed';
  if (isIndexed && completions === undefined)
    reader.error(at('completions'), 'is missing: a Job with completionMode Indexed has as many indexes');
  const perIndex = isGiven('backoffLimitPerIndex') ? reader.whole(at('backoffLimitPerIndex'), 0) : undefined;
  if (perIndex !== undefined && !isIndexed) reader.error(at('backoffLimitPerIndex'), 'requires completionMode Indexed');
  if (isGiven('maxFailedIndexes') && perIndex === undefined)
    reader.error(at('maxFailedIndexes'), 'requires backoffLimitPerIndex');
  const restartPolicy = reader.get([...spec, 'template', 'spec', 'restartPolicy']);
  const failureRules = failureRulesAt(reader, at('podFailurePolicy'));
  if (failureRules.length > 0 && restartPolicy !== 'Never')
    reader.error(at('podFailurePolicy'), 'requires restartPolicy Never');
  if (perIndex === undefined && failureRules.some(({ action }) => action === 'FailIndex'))
    reader.error(at('podFailurePolicy'), 'action FailIndex requires backoffLimitPerIndex');
  const successRules = successRulesAt(reader, at('successPolicy'));
  if (successRules.length > 0 && !isIndexed) reader.error(at('successPolicy'), 'requires completionMode Indexed');
  const usual = failureRules.length > 0 ? 'Failed' : 'TerminatingOrFailed';
  const policy = reader.oneOf(at('podReplacementPolicy'), ['TerminatingOrFailed', 'Failed'], usual);
  if (failureRules.length > 0 && policy !== 'Failed')
    reader.error(at('podReplacementPolicy'), 'must be Failed where there is a podFailurePolicy');
  const manager = reader.text(at('managedBy'), JOB_CONTROLLER);
  const isForeign = manager !== JOB_CONTROLLER;
  if (isForeign)
    reader.warn(
      at('managedBy'),
      `${manager} is not modelled: the Job controller leaves this Job alone, and it has no pods`,
    );
  const suspended = reader.get(at('suspend')) === true;
  const details: JobDetails = {
    parallelism,
    ...(completions === undefined ? {} : { completions }),
    isIndexed,
    backoffLimit: reader.whole(at('backoffLimit'), perIndex === undefined ? 6 : 0x7fff_ffff),
    ...(perIndex === undefined ? {} : { backoffLimitPerIndex: perIndex }),
    maxFailedIndexes: isGiven('maxFailedIndexes') ? reader.whole(at('maxFailedIndexes'), 0) : Infinity,
    activeDeadline: reader.deadline(at('activeDeadlineSeconds')),
    failureRules,
    successRules,
    replacesEnding: policy === 'TerminatingOrFailed',
    ...(isGiven('ttlSecondsAfterFinished') ? { ttl: reader.whole(at('ttlSecondsAfterFinished'), 0) * 1e9 } : {}),
    suspended,
    isForeign,
    restartsInPlace: restartPolicy === 'OnFailure',
  };
  const replicas = suspended || isForeign ? 0 : Math.min(parallelism, completions ?? Infinity);
  return { replicas, details, ...(isIndexed ? { ownLabels: [COMPLETION_INDEX] } : {}) };
}

function failureRulesAt(reader: FieldReader, path: Path): FailureRule[] {
  refuseOthers(reader, path, ['rules']);
  return itemsAt(reader, [...path, 'rules']).map((rule) => {
    refuseOthers(reader, rule, ['action', 'onExitCodes', 'onPodConditions']);
    const actions = ['FailJob', 'FailIndex', 'Ignore', 'Count'];
    const action = reader.oneOf([...rule, 'action'], actions, 'Count') as FailureRule['action'];
    const codes: Path = [...rule, 'onExitCodes'];
    if (reader.get(codes) === undefined) {
      const conditions = itemsAt(reader, [...rule, 'onPodConditions']);
      if (conditions.length === 0) reader.error(rule, 'must have onExitCodes or onPodConditions');
      return { action, onDisruption: conditions.some((condition) => isDisruption(reader, condition)) };
    }
    refuseOthers(reader, codes, ['containerName', 'operator', 'values']);
    const values = itemsAt(reader, [...codes, 'values']).map((value) => reader.whole(value, 1));
    const operator = reader.oneOf([...codes, 'operator'], ['In', 'NotIn'], 'In') as 'In' | 'NotIn';
    if (values.length === 0) reader.error([...codes, 'values'], 'must have at least one exit code');
    if (operator === 'In' && values.includes(0)) reader.error([...codes, 'values'], 'must not have 0 for operator In');
    const container = reader.text([...codes, 'containerName'], '');
    return { action, onExitCodes: { ...(container === '' ? {} : { container }), operator, values } };
  });
}

/** Of conditions of pods only DisruptionTarget is modelled: no other says that a pod was put out. */
function isDisruption(reader: FieldReader, condition: Path): boolean {
  refuseOthers(reader, condition, ['type', 'status']);
  const isOne = reader.text([...condition, 'type'], '') === 'DisruptionTarget';
  if (!isOne) reader.warn([...condition, 'type'], 'no pod has this condition here: only DisruptionTarget is modelled');
  return isOne && reader.oneOf([...condition, 'status'], ['True', 'False', 'Unknown'], 'True') === 'True';
}

function successRulesAt(reader: FieldReader, path: Path): SuccessRule[] {
  refuseOthers(reader, path, ['rules']);
  return itemsAt(reader, [...path, 'rules']).map((rule) => {
    refuseOthers(reader, rule, ['succeededIndexes', 'succeededCount']);
    const text = reader.text([...rule, 'succeededIndexes'], '');
    const indexes = text === '' ? undefined : parseIndexes(text);
    if (text !== '' && indexes === undefined)
      reader.error(
        [...rule, 'succeededIndexes'],
        `must be rising indexes such as "0-2,5", not ${JSON.stringify(text)}`,
      );
    const hasCount = reader.get([...rule, 'succeededCount']) !== undefined;
    if (!hasCount && text === '') reader.error(rule, 'must have succeededIndexes or succeededCount');
    return {
      ...(indexes === undefined ? {} : { indexes }),
      ...(hasCount ? { count: reader.whole([...rule, 'succeededCount'], 1) } : {}),
    };
  });
}
