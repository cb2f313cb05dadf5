// What a field means: text for people, made from the schema. Part of the scenario.
// Where the format has several kinds of one thing (faults, distributions), a field is shown with the kinds that have it.

import type { z } from 'zod';
import { distribution } from '../format/distributions.js';
import type { FieldNotes } from '../format/fields.js';
import { elementOf, fieldsOf, isOptional, literalOf, notesOf, optionsOf, typeName } from '../format/schema-tree.js';
import { didYouMean } from '../format/suggest.js';
import type { ScenarioSchema } from './schema/index.js';

/** One field as people read of it. */
export interface FieldPage {
  readonly name: string;
  readonly type: string;
  /** Every kind that has the field needs it. */
  readonly required: boolean;
  readonly notes?: FieldNotes;
  /** What it means in each kind, if that is not the same in all. */
  readonly byKind?: readonly { readonly kinds: readonly string[]; readonly notes: FieldNotes }[];
  /** The kinds that have it, such as `lognormal`; empty if all have. */
  readonly only: readonly string[];
}

export interface Explanation extends Omit<FieldPage, 'name'> {
  readonly path: string;
  readonly fields: readonly FieldPage[];
  /** Kinds that the format knows and the model does not. */
  readonly options: readonly string[];
}

/** A field with the schemas that it has in the kinds that have it. */
interface Field extends FieldPage {
  readonly schemas: readonly z.ZodType[];
}

/** The explanation of `spec.kubeProxy.mode`, list indices left out; an error text if there is no such field. */
export function explainField(path: string, schema: ScenarioSchema): Explanation | { readonly error: string } {
  const root: Field = {
    name: 'scenario',
    type: typeName(schema),
    required: true,
    only: [],
    schemas: [schema],
  };
  const rootNotes = notesOf(schema);
  let current: Field = rootNotes === undefined ? root : { ...root, notes: rootNotes };
  const walked: string[] = [];
  const steps = path.split('.').map((part) => part.replace(/\[\d*\]$/, ''));
  for (const step of steps.filter((part) => part !== '' && part !== 'scenario')) {
    const fields = fieldsIn(current.schemas);
    const next = fields.find(({ name }) => name === step);
    if (next === undefined) {
      const known = fields.map(({ name }) => name);
      const hint = didYouMean(step, known) ?? (known.length > 0 ? `fields: ${known.join(', ')}` : 'it has no fields');
      return { error: `${walked.join('.') || 'scenario'} has no field "${step}" (${hint})` };
    }
    current = next;
    walked.push(step);
  }
  const { schemas, name: _, ...page } = current;
  return {
    ...page,
    path: walked.join('.') || 'scenario',
    fields: fieldsIn(schemas).map(({ schemas: _, ...field }) => field),
    options: kindsOf(schemas).flatMap(({ schema }) => {
      const notes = notesOf(schema);
      return notes?.planned ? [`${notes.description} (not supported yet)`] : [];
    }),
  };
}

/** One line of the reference. */
export interface FieldLine extends FieldPage {
  readonly path: string;
  /** It takes a distribution, whose fields are not listed again here. */
  readonly takesDistribution: boolean;
}

/** All fields of the format, depth first; those of distributions are {@link distributionFields}. */
export const allFields = (schema: ScenarioSchema): FieldLine[] => linesOf([schema], '');

/** The fields of every kind of distribution. */
export const distributionFields = (): FieldLine[] => linesOf([distribution], '');

function linesOf(schemas: readonly z.ZodType[], prefix: string): FieldLine[] {
  return fieldsIn(schemas).flatMap(({ schemas: inner, ...field }) => {
    const path = prefix === '' ? field.name : `${prefix}.${field.name}`;
    const takesDistribution = fieldsIn(inner).some(({ name }) => name === 'distribution');
    return [{ ...field, path, takesDistribution }, ...(takesDistribution ? [] : linesOf(inner, path))];
  });
}

/** The objects that stand behind schemas, lists and unions seen through, with the word that tells them apart. */
function kindsOf(schemas: readonly z.ZodType[]): { readonly schema: z.ZodType; readonly kind?: string }[] {
  return schemas.flatMap((schema) => {
    const element = elementOf(schema);
    if (element !== undefined) return kindsOf([element]);
    const options = optionsOf(schema);
    if (options.length > 1) return kindsOf(options);
    const fields = fieldsOf(schema);
    if (Object.keys(fields).length === 0) return [];
    const tag = fields.type ?? fields.distribution;
    const kind = tag === undefined ? undefined : literalOf(tag);
    return [kind === undefined ? { schema } : { schema, kind }];
  });
}

function fieldsIn(schemas: readonly z.ZodType[]): Field[] {
  const kinds = kindsOf(schemas);
  const byName = new Map<string, { schema: z.ZodType; kind: string | undefined; planned: boolean }[]>();
  for (const { schema, kind } of kinds) {
    for (const [name, child] of Object.entries(fieldsOf(schema))) {
      const planned = notesOf(schema)?.planned === true;
      byName.set(name, [...(byName.get(name) ?? []), { schema: child, kind, planned }]);
    }
  }
  return [...byName].map(([name, found]) => {
    // Kinds that are not modelled yet say nothing about the fields of those that are.
    const modelled = found.some(({ planned }) => !planned) ? found.filter(({ planned }) => !planned) : found;
    const byKind = meanings(modelled);
    const notes = byKind.length > 1 ? together(byKind) : byKind[0]?.notes;
    const literals = found.flatMap(({ schema, planned }) => {
      const literal = literalOf(schema);
      return literal === undefined ? [] : [`${JSON.stringify(literal)}${planned ? ' (not supported yet)' : ''}`];
    });
    const isTag = literals.length === found.length && found.length > 1;
    const types = [...new Set(modelled.map(({ schema }) => typeName(schema)))].join(' or ');
    return {
      name,
      type: isTag ? literals.join(' | ') : types,
      required: modelled.every(
        ({ schema, kind }) => !isOptional(schema) && (kind !== undefined || found.length === kinds.length),
      ),
      ...(notes === undefined ? {} : { notes }),
      ...(byKind.length > 1 ? { byKind } : {}),
      only: found.length === kinds.length ? [] : modelled.flatMap(({ kind }) => kind ?? []),
      schemas: modelled.map(({ schema }) => schema),
    };
  });
}

type Meanings = NonNullable<FieldPage['byKind']>;

/** The kinds of one thing by what they say of a field, in the order of the format. */
function meanings(found: readonly { readonly schema: z.ZodType; readonly kind: string | undefined }[]): Meanings {
  const groups = new Map<string, { kinds: string[]; notes: FieldNotes }>();
  for (const { schema, kind } of found) {
    const notes = notesOf(schema);
    if (notes === undefined) continue;
    const group = groups.get(JSON.stringify(notes)) ?? { kinds: [], notes };
    groups.set(JSON.stringify(notes), group);
    if (kind !== undefined) group.kinds.push(kind);
  }
  return [...groups.values()];
}

/** One text for all kinds; a default, unit or source that is not that of all is left to the kinds. */
function together(groups: Meanings): FieldNotes {
  const [first, ...others] = groups.map(({ notes }) => notes);
  const shared = Object.entries(first!).filter(([key, value]) =>
    others.every((notes) => notes[key as keyof FieldNotes] === value),
  );
  const description = groups.map(({ kinds, notes }) => `${kinds.join(', ')}: ${meaningOf(notes)}`).join('; ');
  return { ...Object.fromEntries(shared), description };
}

/** What a field is, with its default. */
export const meaningOf = ({ description, default: value }: FieldNotes): string =>
  value === undefined ? description : `${description} (default: ${value})`;
