// Labels and what selects by them: the rules of apimachinery's selectors. Part of the cluster vocabulary.
// Labels in a namespace decide, and nothing else: whoever made a pod. Copies of a bundle have the labels of one manifest, where
// a real cluster would give each its own; so what belongs to a copy and is about its own bundle sees no pods of other copies.

import type { WorkloadId } from './ids.js';
import type { WorkloadSpec } from './spec/workloads.js';

export type Labels = Readonly<Record<string, string>>;

/** One requirement on labels. `Gt` and `Lt` are for nodes, and compare whole numbers. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';
  readonly values: readonly string[];
}

/** All of its requirements must be met; an empty one selects everything. */
export type LabelSelector = readonly LabelRequirement[];

/** Whole numbers as strconv.ParseInt reads them; undefined for other text. */
const wholeNumber = (text: string | undefined): number | undefined =>
  text !== undefined && /^[+-]?\d+$/.test(text) ? Number(text) : undefined;

/** Whether a label meets a requirement. @param value of the key; undefined if there is no such label. */
export function meetsRequirement({ operator, values }: LabelRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
    case 'Lt': {
      const [has, bound] = [wholeNumber(value), wholeNumber(values[0])];
      if (has === undefined || bound === undefined) return false;
      return operator === 'Gt' ? has > bound : has < bound;
    }
  }
}

const labelIn = (labels: Labels, key: string): string | undefined =>
  Object.hasOwn(labels, key) ? labels[key] : undefined;

/** Whether labels meet all requirements of a selector. */
export const meets = (selector: LabelSelector, labels: Labels): boolean =>
  selector.every((requirement) => meetsRequirement(requirement, labelIn(labels, requirement.key)));

/** Whether labels meet a selector by equality: a node selector, a Service's selector, matchLabels. */
export function selects(selector: Labels, labels: Labels): boolean {
  for (const key of Object.keys(selector)) if (labelIn(labels, key) !== selector[key]) return false;
  return true;
}

/** A selector by equality as requirements. */
export const selectorOf = (labels: Labels): LabelSelector =>
  Object.entries(labels).map(([key, value]) => ({ key, operator: 'In', values: [value] }));

/** A label that a controller gives to pods, and what its value tells apart. */
export interface OwnLabel {
  readonly key: string;
  /** The pod's name, its ordinal, the template that it was made from, or its workload. */
  readonly of: 'pod' | 'ordinal' | 'template' | 'workload';
  /** What owns the pods selects them by it, too: a ReplicaSet by the hash of its template. */
  readonly isSelected?: true;
  /** The version fact that gives it to pods; all versions do if left out. */
  readonly since?: 'podIndexLabel';
}

/** A pod as far as its labels go. */
export interface LabelledPod {
  readonly ordinal: number;
  /** Which template of the workload it was made from. */
  readonly generation: number;
}

/** A word that stands for a template, as the hash of a ReplicaSet does: the same for one workload and generation. */
const hashOf = (workload: WorkloadSpec, generation: number): string => {
  const text = `${workload.namespace}/${workload.kind}/${workload.name}`;
  let hash = 2166136261;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619) >>> 0;
  return `${hash.toString(36)}-${generation}`;
};

/** What a controller's label is on a pod. */
export function ownLabelOf(workload: WorkloadSpec, { of }: OwnLabel, { ordinal, generation }: LabelledPod): string {
  switch (of) {
    case 'pod':
      return `${workload.name}-${ordinal}`;
    case 'ordinal':
      return `${ordinal}`;
    case 'template':
      return hashOf(workload, generation);
    case 'workload':
      return workload.name;
  }
}

/** The value of a label of a pod; undefined if it has none of that key. */
export function labelOfPod(workload: WorkloadSpec, key: string, pod: LabelledPod): string | undefined {
  const own = workload.traits.ownLabels.find((label) => label.key === key);
  return own === undefined ? labelIn(workload.template.labels, key) : ownLabelOf(workload, own, pod);
}

/** Whether a pod of a workload meets a selector. */
export const meetsPod = (selector: LabelSelector, workload: WorkloadSpec, pod: LabelledPod): boolean =>
  selector.every((requirement) => meetsRequirement(requirement, labelOfPod(workload, requirement.key, pod)));

/** Whether the pods of a workload differ in a label. */
export const differsByPod = ({ traits }: Pick<WorkloadSpec, 'traits'>, key: string): boolean =>
  traits.ownLabels.some((own) => own.key === key && own.of !== 'workload');

/** Whether a label tells the places of a workload's pods apart: their names or numbers. */
export const isOfPlace = ({ traits }: Pick<WorkloadSpec, 'traits'>, key: string): boolean =>
  traits.ownLabels.some((own) => own.key === key && (own.of === 'pod' || own.of === 'ordinal'));

/** Whether a pod of a workload meets what a selector says of its place; what it says of other labels is left open. */
export const meetsPlace = (selector: LabelSelector, workload: WorkloadSpec, pod: LabelledPod): boolean =>
  selector.every(({ key, ...rest }) => !isOfPlace(workload, key) || meetsPod([{ key, ...rest }], workload, pod));

/**
 * Whether some pods of a workload may meet a selector. Requirements on labels that differ from pod to pod are left open.
 */
export const mayMeet = (selector: LabelSelector, workload: WorkloadSpec): boolean =>
  selector.every(
    (requirement) =>
      differsByPod(workload, requirement.key) ||
      meetsRequirement(requirement, labelOfPod(workload, requirement.key, { ordinal: 0, generation: 0 })),
  );

/** Workloads of one manifest: copies of one bundle, whose pods have the same labels. */
export interface WorkloadFamily {
  readonly app: string;
  readonly namespace: string;
  /** The first of them, which stands for all. */
  readonly first: WorkloadSpec;
  /** By the number of the copy. */
  readonly workloads: readonly WorkloadId[];
}

/**
 * Of what a selector of an object of an application matches: what is of its own application, and what it sees of others. A copy
 * that is about its own bundle sees no copies of other applications.
 */
export function ownAndForeign<T extends Pick<WorkloadFamily, 'app' | 'first'>>(
  matched: readonly T[],
  app: string,
): { own: T[]; foreign: T[] } {
  const own = matched.filter((one) => one.app === app);
  const isAboutItself = own.some(({ first }) => first.isCopied);
  const foreign = matched.filter((one) => one.app !== app && !(isAboutItself && one.first.isCopied));
  return { own, foreign };
}

/** Who selects: an object of a copy of an application. */
export type Selecting = Pick<WorkloadSpec, 'app' | 'copy'>;

/** The workloads of a cluster by manifests, for selectors. */
export class WorkloadFamilies {
  readonly all: readonly WorkloadFamily[];
  /** By workload: its place in `all`. */
  readonly of: Int32Array;

  constructor(workloads: readonly WorkloadSpec[]) {
    const byKey = new Map<string, { index: number; members: number[] }>();
    this.of = new Int32Array(workloads.length);
    workloads.forEach(({ app, kind, namespace, manifestName, pool, run }, workload) => {
      const key = [app, kind, namespace, manifestName, pool ?? '', run ?? ''].join('\n');
      let family = byKey.get(key);
      if (family === undefined) {
        family = { index: byKey.size, members: [] };
        byKey.set(key, family);
      }
      this.of[workload] = family.index;
      family.members.push(workload);
    });
    this.all = [...byKey.values()].map(({ members }) => {
      const first = workloads[members[0]!]!;
      return { app: first.app, namespace: first.namespace, first, workloads: members };
    });
  }

  /** Workloads of a family whose pods an object of that copy sees: one, or those of all copies of another application. */
  seen({ app, first, workloads }: WorkloadFamily, by: Selecting): readonly WorkloadId[] {
    if (app !== by.app) return workloads;
    const at = by.copy - first.copy;
    return workloads.slice(at, at + 1);
  }
}
