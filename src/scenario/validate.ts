// Checks a document against its schema and says everything that is wrong with it, in place. Part of the scenario.

import type { z } from 'zod';
import { formatPath, type Path } from '../format/path.js';
import { elementOf, fieldOf, fieldsOf, notesOf, optionFor, optionsOf, typeName } from '../format/schema-tree.js';
import { didYouMean } from '../format/suggest.js';
import { textOf } from '../text/index.js';
import type { Diagnostic } from './diagnostics.js';
import { API_VERSION, type ScenarioDocument, type ScenarioSchema } from './schema/index.js';

/** Where a value came from: a place in a file, or a flag. */
export type Locate = (path: Path, what: 'key' | 'value') => Pick<Diagnostic, 'file' | 'line' | 'column' | 'excerpt'>;

type Issue = z.core.$ZodIssue;

/** A scenario if it is valid, and what is wrong with it otherwise. */
export function validateScenario(schema: ScenarioSchema, value: unknown, locate: Locate): Validated<ScenarioDocument> {
  return validateDocument(schema, value, locate);
}

export interface Validated<T> {
  readonly document?: T;
  readonly diagnostics: Diagnostic[];
}

/** The document if it meets its schema, and what is wrong with it otherwise. */
export function validateDocument<S extends z.ZodType>(
  schema: S,
  value: unknown,
  locate: Locate,
): Validated<z.infer<S>> {
  const parsed = schema.safeParse(value, { reportInput: true });
  const root: Root = { schema, value };
  const diagnostics = parsed.success ? [] : parsed.error.issues.flatMap((issue) => toDiagnostics(issue, root, locate));
  diagnostics.push(...plannedFields(schema, value, [], locate));
  if (parsed.success) diagnostics.push(...withProtoKeys(schema, value, parsed.data, [], root, locate));
  diagnostics.sort((a, b) => a.line - b.line || a.column - b.column);
  return parsed.success && diagnostics.length === 0 ? { document: parsed.data, diagnostics } : { diagnostics };
}

const PROTO = '__proto__';

/**
 * Keys that are called `__proto__`, which zod passes over without a word: among the fields of an object it is as unknown as any
 * other, in a map it is a key like any other, and is put into what was read.
 */
function withProtoKeys(
  schema: z.ZodType,
  value: unknown,
  read: unknown,
  path: Path,
  root: Root,
  locate: Locate,
): Diagnostic[] {
  if (typeof value !== 'object' || value === null || typeof read !== 'object' || read === null) return [];
  const element = elementOf(schema);
  const option = optionFor(schema, value);
  const found: Diagnostic[] = [];
  if (Object.hasOwn(value, PROTO)) {
    const child = (value as Record<string, unknown>)[PROTO];
    const at = [...path, PROTO];
    if (element === undefined || Array.isArray(value)) {
      const known = Object.keys(fieldsOf(option));
      found.push(error(locate, at, 'key', 'unknown field', `accepted: ${known.join(', ')}`));
    } else {
      const parsed = element.safeParse(child, { reportInput: true });
      if (!parsed.success) {
        const issues = parsed.error.issues.map((issue) => ({ ...issue, path: [...at, ...issue.path] }) as Issue);
        found.push(...issues.flatMap((issue) => toDiagnostics(issue, root, locate)));
      } else define(read, PROTO, parsed.data);
    }
  }
  for (const [key, child] of Object.entries(value)) {
    if (key === PROTO) continue;
    const step = Array.isArray(value) ? Number(key) : key;
    const below = Array.isArray(value) ? element : (fieldOf(option, key) ?? element);
    if (below !== undefined)
      found.push(...withProtoKeys(below, child, valueAt(read, [step]), [...path, step], root, locate));
  }
  return found;
}

/** Sets a property of any name, which an assignment does not. */
const define = (of: object, name: string, value: unknown): void => {
  Object.defineProperty(of, name, { value, enumerable: true, configurable: true, writable: true });
};

/** A whole document and what it has to meet. */
interface Root {
  readonly schema: z.ZodType;
  readonly value: unknown;
}

function toDiagnostics(issue: Issue, root: Root, locate: Locate): Diagnostic[] {
  const path = issue.path as Path;
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(fieldsOf(schemaAt(path, root)));
    return issue.keys.map((key) =>
      error(locate, [...path, key], 'key', 'unknown field', didYouMean(key, known) ?? `accepted: ${known.join(', ')}`),
    );
  }
  if (issue.code === 'invalid_union') return unionDiagnostics(issue, root, locate);
  const input = valueAt(root.value, path);
  if (input === undefined && issue.code !== 'custom') {
    const notes = notesOf(schemaAt(path, root));
    return [error(locate, path, 'value', 'is missing', notes?.description)];
  }
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(String);
    const message = `${JSON.stringify(input)} is not accepted; must be ${values.map((v) => JSON.stringify(v)).join(', ')}`;
    const old = path[0] === 'apiVersion' ? `this version of kubelapse reads ${API_VERSION}` : undefined;
    return [error(locate, path, 'value', message, old ?? didYouMean(textOf(input), values))];
  }
  if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid input')) {
    return [error(locate, path, 'value', `must be ${withArticle(issue.expected)}, not ${describe(input)}`)];
  }
  if (issue.code === 'too_small' || issue.code === 'too_big') {
    const bound = issue.code === 'too_small' ? issue.minimum : issue.maximum;
    const words = issue.code === 'too_small' ? (issue.inclusive === false ? 'more than' : 'at least') : 'at most';
    if (issue.origin === 'string') {
      const length = textOf(input).length;
      return [error(locate, path, 'value', `must have ${words} ${bound} characters; ${describe(input)} has ${length}`)];
    }
    const what = issue.origin === 'array' ? 'have entries:' : 'be';
    return [error(locate, path, 'value', `must ${what} ${words} ${bound}, not ${describe(input)}`)];
  }
  return [error(locate, path, 'value', issue.message)];
}

/** Of a union, the errors of the option that was meant; if none was, what the options are. */
function unionDiagnostics(issue: Issue & { code: 'invalid_union' }, root: Root, locate: Locate): Diagnostic[] {
  const path = issue.path as Path;
  const input = valueAt(root.value, path);
  const { discriminator } = issue as { discriminator?: string };
  if (discriminator !== undefined) {
    const at = path[path.length - 1] === discriminator ? path : [...path, discriminator];
    const accepted = allOptions(schemaAt(at.slice(0, -1), root, true)).flatMap((option) =>
      literalsOf(option, discriminator),
    );
    const given = valueAt(root.value, at);
    const message = given === undefined ? 'is missing' : `${JSON.stringify(given)} is not accepted`;
    const hint = didYouMean(textOf(given), accepted) ?? `accepted: ${accepted.join(', ')}`;
    return [error(locate, at, 'value', message, hint)];
  }
  const branches = issue.errors as readonly (readonly Issue[])[];
  const wantsObject = typeof input === 'object' && input !== null;
  const meant = branches.filter((issues) => {
    const wrongType = issues.some((i) => i.path.length === 0 && i.code === 'invalid_type');
    return wantsObject
      ? !wrongType && issues.every((i) => i.code !== 'invalid_value' || i.path.length > 0)
      : !wrongType;
  });
  const branch = meant[0] ?? branches[0];
  if (branch === undefined) return [error(locate, path, 'value', issue.message)];
  const found = branch.flatMap((inner) =>
    toDiagnostics({ ...inner, path: [...path, ...inner.path] } as Issue, root, locate),
  );
  const types = typeName(schemaAt(path, root, true));
  return wantsObject ? found : found.map((d) => (d.hint === undefined ? { ...d, hint: `it takes ${types}` } : d));
}

/** The options of a union and of the unions in it. */
function allOptions(schema: z.ZodType): readonly z.ZodType[] {
  const options = optionsOf(schema);
  return options.length === 1 ? options : options.flatMap(allOptions);
}

function literalsOf(option: z.ZodType, key: string): string[] {
  const child = fieldOf(option, key) as unknown as { _zod?: { def: { values?: unknown[] } } } | undefined;
  return (child?._zod?.def.values ?? []).map(String);
}

/** Fields and union options that are in the format and not in the model yet. */
function plannedFields(schema: z.ZodType, value: unknown, path: Path, locate: Locate): Diagnostic[] {
  if (value === undefined || value === null) return [];
  const option = optionFor(schema, value);
  if (notesOf(schema)?.planned === true || notesOf(option)?.planned === true) {
    const isOption = typeof value === 'object' && 'type' in (value as object) && notesOf(option)?.planned === true;
    const at = isOption ? [...path, 'type'] : path;
    const what = isOption ? `${textOf((value as { type: unknown }).type)} is` : 'is';
    const message = `${what} not supported yet: the field is part of the format, but this version of the model has no use for it`;
    return [error(locate, at, isOption ? 'value' : 'key', message, 'remove it')];
  }
  if (Array.isArray(value)) {
    const element = elementOf(schema);
    return element === undefined ? [] : value.flatMap((item, i) => plannedFields(element, item, [...path, i], locate));
  }
  if (typeof value !== 'object') return [];
  const fields = fieldsOf(option);
  return Object.entries(value).flatMap(([key, item]) => {
    const child = Object.hasOwn(fields, key) ? fields[key] : undefined;
    return child === undefined ? [] : plannedFields(child, item, [...path, key], locate);
  });
}

/** The schema that a value at a path has to meet. @param whole keep a union whole instead of choosing its option. */
function schemaAt(path: Path, root: Root, whole = false): z.ZodType {
  let { schema, value } = root;
  for (const step of path) {
    const next =
      typeof step === 'number' ? elementOf(schema) : (fieldOf(optionFor(schema, value), step) ?? elementOf(schema));
    if (next === undefined) return schema;
    schema = next;
    value = valueAt(value, [step]);
  }
  return whole ? schema : optionFor(schema, value);
}

export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

function error(locate: Locate, path: Path, what: 'key' | 'value', message: string, hint?: string): Diagnostic {
  return {
    severity: 'error',
    ...locate(path, what),
    field: formatPath(path),
    message,
    ...(hint === undefined ? {} : { hint }),
  };
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'a map',
};

const withArticle = (type: string): string => TYPE_WORDS[type] ?? type;

function describe(value: unknown): string {
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value) ?? textOf(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
