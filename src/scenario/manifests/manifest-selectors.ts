// Lists and label selectors in manifests. Part of the scenario.

import type { NodeRequirement, NodeTerm } from '../../cluster/index.js';
import type { FieldReader } from '../../format/field-reader.js';
import type { Path } from '../../format/path.js';

export const LABEL_OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

/** Paths of the items of a list; none if it is absent, or no list. */
export function itemsAt(reader: FieldReader, path: Path): Path[] {
  const list = reader.get(path) ?? [];
  if (Array.isArray(list)) return list.map((_, i) => [...path, i]);
  reader.error(path, 'must be a list');
  return [];
}

/** One of matchExpressions. */
export function requirementAt(reader: FieldReader, path: Path, operators: readonly string[]): NodeRequirement {
  return {
    key: reader.text([...path, 'key'], ''),
    operator: reader.oneOf([...path, 'operator'], operators, 'In') as NodeRequirement['operator'],
    values: itemsAt(reader, [...path, 'values']).map((item) => reader.text(item, '')),
  };
}

/** Reports fields that an object may not have: passing them over would turn its meaning round. */
export function refuseOthers(reader: FieldReader, path: Path, known: readonly string[]): void {
  const object = reader.get(path);
  if (object === null || typeof object !== 'object' || Array.isArray(object)) return;
  for (const field of Object.keys(object)) {
    if (!known.includes(field)) reader.error([...path, field], `is not known here; accepted: ${known.join(', ')}`);
  }
}

/** A label selector: matchLabels and matchExpressions. */
export function selectorAt(reader: FieldReader, path: Path): NodeTerm {
  refuseOthers(reader, path, ['matchLabels', 'matchExpressions']);
  return [
    ...Object.entries(reader.labels([...path, 'matchLabels'])).map(
      ([key, value]) => ({ key, operator: 'In', values: [value] }) as const,
    ),
    ...itemsAt(reader, [...path, 'matchExpressions']).map((item) => requirementAt(reader, item, LABEL_OPERATORS)),
  ];
}
