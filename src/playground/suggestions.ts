// Which fields and values may stand at a place of a scenario, from its schema. Part of the playground.

import { explainField } from '../scenario/explain.js';
import type { ScenarioSchema } from '../scenario/schema/index.js';
import type { Suggestion } from './messages.js';

/** @param path of the object or field that the cursor is in, such as `spec.kubeProxy`. */
export function suggestionsAt(path: string, schema: ScenarioSchema): Suggestion[] {
  const explained = explainField(path, schema);
  if ('error' in explained) return [];
  const fields = explained.fields.map(({ name, type, required, notes }): Suggestion => {
    const needed = required ? ' (required)' : '';
    return { label: name, detail: `${type}${needed}`, info: notes?.description ?? '', kind: 'field' };
  });
  const values = [...explained.type.matchAll(/"([^"]*)"/g)].map(
    ([, value]): Suggestion => ({ label: value!, detail: '', info: explained.notes?.description ?? '', kind: 'value' }),
  );
  const truths = explained.type === 'true or false' ? ['true', 'false'] : [];
  return [...fields, ...values, ...truths.map((label): Suggestion => ({ label, detail: '', info: '', kind: 'value' }))];
}
