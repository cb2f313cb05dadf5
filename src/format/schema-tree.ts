// Walking the schema: children, notes and type names of its fields. Part of the scenario; validation of planned fields,
// `explain` and the reference page use it.

import type { z } from 'zod';
import type { FieldNotes } from './fields.js';

type AnySchema = z.ZodType;
interface Definition {
  readonly type: string;
  readonly shape?: Record<string, AnySchema>;
  readonly element?: AnySchema;
  readonly valueType?: AnySchema;
  readonly innerType?: AnySchema;
  readonly options?: readonly AnySchema[];
  readonly values?: readonly unknown[];
  readonly entries?: Record<string, string>;
}

const definitionOf = (schema: AnySchema): Definition => (schema as unknown as { _zod: { def: Definition } })._zod.def;

/** Whether a field need not be given, with a default or without one. */
const isWrapper = (type: string): boolean => ['optional', 'default', 'prefault'].includes(type);

/** The schema without what says that it need not be given. */
export function unwrap(schema: AnySchema): AnySchema {
  const definition = definitionOf(schema);
  return isWrapper(definition.type) ? unwrap(definition.innerType!) : schema;
}

/** Notes of a field: on the wrapper or on what it wraps. */
export function notesOf(schema: AnySchema): FieldNotes | undefined {
  const meta = schema.meta() as { notes?: FieldNotes } | undefined;
  if (meta?.notes !== undefined) return meta.notes;
  const inner = unwrap(schema);
  return inner === schema ? undefined : notesOf(inner);
}

export const isOptional = (schema: AnySchema): boolean => isWrapper(definitionOf(schema).type);

/** Fields of an object schema; of a union of objects, all of them. */
export function fieldsOf(schema: AnySchema): Record<string, AnySchema> {
  const definition = definitionOf(unwrap(schema));
  if (definition.shape !== undefined) return definition.shape;
  if (definition.options !== undefined) return Object.assign({}, ...definition.options.map(fieldsOf));
  return {};
}

/** The schema of a field; undefined if there is none of that name, whatever it is called. */
export function fieldOf(schema: AnySchema, name: string): AnySchema | undefined {
  const fields = fieldsOf(schema);
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** The one text that a field must be, if it is such a field. */
export function literalOf(schema: AnySchema): string | undefined {
  const definition = definitionOf(unwrap(schema));
  const value = definition.type === 'literal' ? definition.values![0] : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** Schema of the items of a list, or of the values of a map. */
export function elementOf(schema: AnySchema): AnySchema | undefined {
  const definition = definitionOf(unwrap(schema));
  return definition.element ?? (definition.type === 'record' ? definition.valueType : undefined);
}

/** The options of a union, or the schema alone. */
export function optionsOf(schema: AnySchema): readonly AnySchema[] {
  return definitionOf(unwrap(schema)).options ?? [unwrap(schema)];
}

/** The one option of a union, down through unions in it, whose literal fields agree with a value. */
export function optionFor(schema: AnySchema, value: unknown): AnySchema {
  const options = optionsOf(schema);
  if (options.length === 1) return options[0]!;
  const isObject = typeof value === 'object' && value !== null;
  const agrees = (option: AnySchema): boolean =>
    Object.entries(fieldsOf(option)).some(([key, child]) => {
      const { values } = definitionOf(unwrap(child));
      return values !== undefined && isObject && values.includes((value as Record<string, unknown>)[key]);
    });
  const objects = options.filter((option) => Object.keys(fieldsOf(option)).length > 0);
  const found = isObject ? (options.find((o) => optionsOf(o).some(agrees)) ?? objects[0]) : undefined;
  const option = found ?? options[0]!;
  return optionsOf(option).length > 1 ? optionFor(option, value) : option;
}

/** A type in words: `duration`, `list of objects`, `"iptables" | "ipvs" | "nftables"`. */
export function typeName(schema: AnySchema): string {
  const inner = unwrap(schema);
  const definition = definitionOf(inner);
  switch (definition.type) {
    case 'string':
      return 'text';
    case 'number':
      return 'number';
    case 'boolean':
      return 'true or false';
    case 'literal':
      return definition.values!.map((value) => JSON.stringify(value)).join(' | ');
    case 'enum':
      return Object.values(definition.entries!)
        .map((value) => JSON.stringify(value))
        .join(' | ');
    case 'array':
      return `list of ${typeName(definition.element!)}`;
    case 'record':
      return 'map';
    case 'object':
      return 'object';
    case 'union':
      return [...new Set(definition.options!.map(typeName))].join(' or ');
    default:
      return 'anything';
  }
}
