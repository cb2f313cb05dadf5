// What a field means: text for people, made from the schema. Part of the scenario.

import type { z } from 'zod';
import type { FieldNotes } from './schema.js';
import { scenarioSchema } from './schema.js';
import { elementOf, fieldsOf, isOptional, notesOf, optionsOf, typeName } from './schema-tree.js';
import { didYouMean } from './suggest.js';

export interface Explanation {
  readonly path: string;
  readonly type: string;
  readonly notes?: FieldNotes;
  readonly required: boolean;
  readonly fields: readonly {
    readonly name: string;
    readonly type: string;
    readonly required: boolean;
    readonly notes?: FieldNotes;
  }[];
  /** Kinds of a union that are told apart by a word. */
  readonly options: readonly string[];
}

/** The explanation of `spec.kubeProxy.mode`, list indices left out; an error text if there is no such field. */
export function explainField(path: string): Explanation | { readonly error: string } {
  let schema: z.ZodType = scenarioSchema;
  let required = true;
  const walked: string[] = [];
  for (const step of path
    .split('.')
    .map((part) => part.replace(/\[\d*\]$/, ''))
    .filter((part) => part !== '' && part !== 'scenario')) {
    const fields = fieldsOf(elementsOf(schema));
    const next = Object.hasOwn(fields, step) ? fields[step] : undefined;
    if (next === undefined) {
      const known = Object.keys(fields);
      const hint = didYouMean(step, known) ?? (known.length > 0 ? `fields: ${known.join(', ')}` : 'it has no fields');
      return { error: `${walked.join('.') || 'scenario'} has no field "${step}" (${hint})` };
    }
    required = !isOptional(next);
    schema = next;
    walked.push(step);
  }
  const notes = notesOf(schema);
  const inner = elementsOf(schema);
  return {
    path: walked.join('.') || 'scenario',
    type: typeName(schema),
    ...(notes === undefined ? {} : { notes }),
    required,
    fields: Object.entries(fieldsOf(inner)).map(([name, child]) => {
      const childNotes = notesOf(child);
      return {
        name,
        type: typeName(child),
        required: !isOptional(child),
        ...(childNotes === undefined ? {} : { notes: childNotes }),
      };
    }),
    options: optionsOf(inner).flatMap((option) => {
      const optionNotes = notesOf(option);
      return optionNotes?.planned ? [`${optionNotes.description} (not supported yet)`] : [];
    }),
  };
}

function elementsOf(schema: z.ZodType): z.ZodType {
  const element = elementOf(schema);
  return element === undefined ? schema : elementsOf(element);
}

/** All paths of the format, depth first. */
export function allFields(schema: z.ZodType = scenarioSchema, prefix = ''): { path: string; schema: z.ZodType }[] {
  return Object.entries(fieldsOf(elementsOf(schema))).flatMap(([name, child]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    return [{ path, schema: child }, ...allFields(child, path)];
  });
}
