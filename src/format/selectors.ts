// Lists, label selectors and terms about nodes, as objects of Kubernetes have them. Part of the format.
// Refusals: apimachinery/pkg/apis/meta/v1/validation, pkg/apis/core/validation/validation.go.

import type { LabelRequirement, LabelSelector, NodeSelectorTerm } from '../cluster/index.js';
import type { FieldReader } from './field-reader.js';
import type { Path } from './path.js';

const LABEL_OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'];
const NODE_OPERATORS = [...LABEL_OPERATORS, 'Gt', 'Lt'];

/** Paths of the items of a list; none if it is absent, or no list. */
export function itemsAt(reader: Pick<FieldReader, 'get' | 'error'>, path: Path): Path[] {
  const list = reader.get(path) ?? [];
  if (Array.isArray(list)) return list.map((_, i) => [...path, i]);
  reader.error(path, 'must be a list');
  return [];
}

/** A list of texts; empty if it is absent. */
export const textsAt = (reader: FieldReader, path: Path): string[] =>
  itemsAt(reader, path).map((item) => reader.text(item, ''));

/** One of matchExpressions. */
function requirementAt(reader: FieldReader, path: Path, operators: readonly string[]): LabelRequirement {
  refuseOthers(reader, path, ['key', 'operator', 'values']);
  const operator = reader.oneOf([...path, 'operator'], operators, 'In') as LabelRequirement['operator'];
  const values = textsAt(reader, [...path, 'values']);
  const at: Path = [...path, 'values'];
  const key = reader.text([...path, 'key'], '');
  if (key === '') reader.error([...path, 'key'], 'is missing');
  if (reader.get([...path, 'operator']) === undefined) reader.error([...path, 'operator'], 'is missing');
  else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) reader.error(at, `must not be given for operator ${operator}`);
  } else if (operator === 'Gt' || operator === 'Lt') {
    if (values.length !== 1 || !/^[+-]?\d+$/.test(values[0]!))
      reader.error(at, `must be one whole number for operator ${operator}`);
  } else if (values.length === 0) reader.error(at, `must not be empty for operator ${operator}`);
  return { key, operator, values };
}

/** Reports fields that an object may not have: passing them over would turn its meaning round. */
export function refuseOthers(reader: FieldReader, path: Path, known: readonly string[]): void {
  const object = reader.get(path);
  if (object === undefined || object === null) return;
  if (typeof object !== 'object' || Array.isArray(object)) {
    reader.error(path, `must be a mapping with ${known.join(', ')}, not ${JSON.stringify(object)}`);
    return;
  }
  for (const field of Object.keys(object)) {
    if (!known.includes(field)) reader.error([...path, field], `is not known here; accepted: ${known.join(', ')}`);
  }
}

/** A label selector: matchLabels and matchExpressions; everything if it is empty or absent. */
export function selectorAt(reader: FieldReader, path: Path): LabelSelector {
  refuseOthers(reader, path, ['matchLabels', 'matchExpressions']);
  return [
    ...Object.entries(reader.labels([...path, 'matchLabels'])).map(
      ([key, value]) => ({ key, operator: 'In', values: [value] }) as const,
    ),
    ...itemsAt(reader, [...path, 'matchExpressions']).map((item) => requirementAt(reader, item, LABEL_OPERATORS)),
  ];
}

/** The same where an absent one selects nothing. */
export const selectorIfAny = (reader: FieldReader, path: Path): { readonly selector?: LabelSelector } =>
  reader.get(path) === undefined || reader.get(path) === null ? {} : { selector: selectorAt(reader, path) };

/** A term about nodes: matchExpressions on labels, matchFields on metadata.name. */
function nodeTermAt(reader: FieldReader, path: Path): NodeSelectorTerm {
  refuseOthers(reader, path, ['matchExpressions', 'matchFields']);
  const names = itemsAt(reader, [...path, 'matchFields']).map((item) => {
    const { key, operator, values } = requirementAt(reader, item, ['In', 'NotIn']);
    if (key !== 'metadata.name') reader.error([...item, 'key'], `must be metadata.name, not ${JSON.stringify(key)}`);
    if (values.length !== 1) reader.error([...item, 'values'], 'must be one name of a node');
    return { operator: operator as 'In' | 'NotIn', values };
  });
  return {
    labels: itemsAt(reader, [...path, 'matchExpressions']).map((item) => requirementAt(reader, item, NODE_OPERATORS)),
    names,
  };
}

/** Preferred terms about nodes, with weights. */
const preferredTermsAt = (
  reader: FieldReader,
  path: Path,
): { readonly weight: number; readonly term: NodeSelectorTerm }[] =>
  itemsAt(reader, path).map((item) => {
    refuseOthers(reader, item, ['weight', 'preference']);
    return { weight: weightAt(reader, [...item, 'weight']), term: nodeTermAt(reader, [...item, 'preference']) };
  });

/** Required and preferred terms about nodes. */
export function nodeAffinityAt(
  reader: FieldReader,
  path: Path,
): { readonly required: NodeSelectorTerm[]; readonly preferred: ReturnType<typeof preferredTermsAt> } {
  refuseOthers(reader, path, [REQUIRED, PREFERRED]);
  const required: Path = [...path, REQUIRED];
  refuseOthers(reader, required, ['nodeSelectorTerms']);
  const terms = itemsAt(reader, [...required, 'nodeSelectorTerms']);
  const isMapping = typeof reader.get(required) === 'object' && !Array.isArray(reader.get(required));
  if (reader.get(required) !== undefined && isMapping && terms.length === 0)
    reader.error([...required, 'nodeSelectorTerms'], 'is missing: a required node affinity has at least one term');
  return {
    required: terms.map((item) => nodeTermAt(reader, item)),
    preferred: preferredTermsAt(reader, [...path, PREFERRED]),
  };
}

export const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
export const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

/** 1 … 100. */
export function weightAt(reader: FieldReader, path: Path): number {
  const weight = reader.whole(path, 1);
  if (weight < 1 || weight > 100) reader.error(path, `must be 1 to 100, not ${weight}`);
  return weight;
}
