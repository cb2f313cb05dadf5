// YAML text as documents that know where each of their parts stands. Part of the scenario.

import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  Parser,
  visit,
  type YAMLError,
  YAMLParseError,
} from 'yaml';
import type { Path } from '../../format/path.js';
import { type Diagnostic, fileError } from '../diagnostics.js';
import { DEPTH_MAX } from './depth.js';
import { mayHoldSecrets, withoutSecrets } from './secrets.js';
import { isMergeKey, oddAlias } from './yaml-aliases.js';

/** Longest accepted Scenario file: a scenario is written by hand. */
export const SCENARIO_BYTES_MAX = 1 << 20;
/** Longest accepted manifest file. */
export const MANIFEST_BYTES_MAX = 64 << 20;
const DIAGNOSTICS_MAX = 20;

/** Line and column, from 1, and the line itself where it may be shown. */
export interface Place {
  readonly line: number;
  readonly column: number;
  readonly excerpt?: string;
}

/** One document of a YAML file. */
export interface YamlDocument {
  readonly file: string;
  readonly document: Document;
  readonly value: unknown;
  /** Line and column (from 1) of the value at a path, or of its key; of the nearest existing parent otherwise. */
  locate(path: Path, what?: 'key' | 'value'): Place;
}

export interface YamlFile {
  /** The text that was read: without what its Secrets hold. */
  readonly text: string;
  readonly documents: readonly YamlDocument[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Parses all documents of a file; empty ones are left out. Syntax errors come back as diagnostics. */
export function parseYaml(file: string, text: string, bytesMax: number): YamlFile {
  if (text.length > bytesMax) {
    throw fileError(
      file,
      `has ${text.length} characters, more than ${bytesMax}`,
      'split it into several files, or add --max-file-size',
    );
  }
  const { documents: parsed, tooMuch, placeOf: counted } = documentsOf(text);
  const hasErrors = tooMuch !== undefined || parsed.some(({ errors }) => errors.length > 0);
  const odd = new Map(hasErrors ? [] : parsed.map((document) => [document, oddAlias(document)]));
  const isBroken = hasErrors || [...odd.values()].some((alias) => alias !== undefined);
  const values = new Map<Document, ReturnType<typeof convert>>();
  const saidBy = (document: Document): ReturnType<typeof convert> => {
    let converted = values.get(document);
    if (converted === undefined) {
      converted = convert(document);
      values.set(document, converted);
    }
    return converted;
  };
  if (!isBroken) {
    const emptied = withoutSecrets(text, parsed, (document) => {
      const converted = saidBy(document);
      return 'value' in converted ? converted.value : undefined;
    });
    if (emptied !== text) return parseYaml(file, emptied, bytesMax);
  }
  // The file may be anything that lies about, or hold a Secret that could not be found in it.
  const isShown = DOCUMENT_OF_KUBERNETES.test(text) && !(isBroken && mayHoldSecrets(text));
  const lines = isShown ? text.split('\n') : [];
  const diagnostics: Diagnostic[] = [];
  const documents: YamlDocument[] = [];
  const placeOf = (offset: number): Place => {
    const { line, column } = counted(offset);
    return isShown ? { line, column, excerpt: (lines[line - 1] ?? '').replace(/\r$/, '') } : { line, column };
  };
  if (tooMuch !== undefined) {
    return { text, documents, diagnostics: [{ severity: 'error', file, ...tooMuch, column: 1, field: '' }] };
  }
  for (const document of parsed) {
    for (const problem of problemsOf(document)) {
      const message = `not valid YAML: ${yamlMessage(problem.code, problem.message)}`;
      diagnostics.push({ severity: 'error', file, ...placeOf(problem.pos[0]), field: '', message });
    }
    if (document.errors.length > 0 || document.contents === null) continue;
    const oddOne = odd.get(document);
    if (oddOne !== undefined) {
      const { node, message } = oddOne;
      const name = isShown && isAlias(node) ? `*${node.source}` : 'an alias';
      const said =
        message === undefined
          ? `not valid YAML: ${name} refers to no anchor that is defined before it in this document`
          : `${message}; write the values out`;
      diagnostics.push({ severity: 'error', file, ...placeOf(node.range?.[0] ?? 0), field: '', message: said });
      continue;
    }
    const converted = saidBy(document);
    if ('error' in converted) {
      diagnostics.push({ severity: 'error', file, ...placeOf(0), field: '', message: converted.error });
      continue;
    }
    warnOfOldBooleans(document, file, placeOf, diagnostics);
    if (converted.value === null) continue;
    documents.push({
      file,
      document,
      value: converted.value,
      locate: (path, what = 'value') => placeOf(offsetOf(document, path, what)),
    });
  }
  return { text, documents, diagnostics };
}

/** What a manifest and every document of kubelapse has: a file without it is somebody's, and none of its lines is shown. */
const DOCUMENT_OF_KUBERNETES = /^[ \t{,-]*["']?(apiVersion|kind)["']?\s*:/m;

interface ParsedDocuments {
  readonly documents: readonly Document[];
  /** Where the text goes beyond what is read of one, and how; undefined if it does not. */
  readonly tooMuch: { readonly line: number; readonly message: string; readonly hint?: string } | undefined;
  /** Line and column, from 1, of a place in the text. */
  placeOf(offset: number): { line: number; column: number };
  lineOf(offset: number): number;
}

/**
 * All documents of a text, with what is wrong with each. The nesting is looked at before anything recurses into it.
 * @param version of YAML, where it is not to be found out.
 */
export function documentsOf(text: string, version?: '1.2'): ParsedDocuments {
  const counter = new LineCounter();
  const placeOf = (offset: number) => {
    const { line, col } = counter.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  // Whether keys are unique is looked at below: the library compares each with each.
  const options = { uniqueKeys: false, prettyErrors: false, merge: version === undefined, logLevel: 'silent' } as const;
  const composer = new Composer({ ...options, ...(version === undefined ? {} : { version }) });
  const documents: Document[] = [];
  let tooMuch: ParsedDocuments['tooMuch'];
  const tooDeepIn = (line: number) => ({ line, message: `is nested deeper than ${DEPTH_MAX} levels` });
  let count = 0;
  const looked = function* (): Generator<CST.Token> {
    for (const token of new Parser(counter.addNewLine).parse(text)) {
      if (token.type === 'document' && ++count > DOCUMENTS_MAX) {
        const { line } = placeOf(token.offset);
        tooMuch = { line, message: `holds more than ${DOCUMENTS_MAX} documents`, hint: 'split it into several files' };
        return;
      }
      const at = tooDeepAt(token);
      if (at !== undefined) {
        tooMuch = tooDeepIn(placeOf(at).line);
        return;
      }
      yield token;
    }
  };
  try {
    for (const document of composer.compose(looked(), false)) {
      documents.push(document);
      findTwins(document);
    }
  } catch (error) {
    // The nesting of what is no collection, such as keys of keys.
    if (!(error instanceof RangeError)) throw error;
    tooMuch ??= tooDeepIn(1);
  }
  return { documents, tooMuch, placeOf, lineOf: (offset) => placeOf(offset).line };
}

/** What is worth telling of a document: where it stops to be YAML, because what follows is of its making, or each key that is there twice. */
function problemsOf({ errors }: Document): readonly YAMLError[] {
  const syntax = errors.find(({ code }) => code !== 'DUPLICATE_KEY');
  return syntax === undefined ? errors.slice(0, DIAGNOSTICS_MAX) : [syntax];
}

/** Documents of a file at most: reading them takes longer and longer. No published figure. */
const DOCUMENTS_MAX = 10_000;

/** Adds an error for each key that stands twice in a map. */
function findTwins(document: Document): void {
  visit(document, {
    Map(_, node) {
      const seen = new Set<unknown>();
      for (const { key } of node.items) {
        if (!isScalar(key) || isMergeKey(key)) continue;
        if (seen.has(key.value)) {
          const [from, to] = key.range ?? [0, 0];
          document.errors.push(new YAMLParseError([from, to], 'DUPLICATE_KEY', 'Map keys must be unique'));
        }
        seen.add(key.value);
      }
    },
  });
}

/** The value of a text that is one document; undefined if it is not YAML, or not one. */
export function yamlValue(text: string): { readonly value: unknown } | undefined {
  const { documents, tooMuch } = documentsOf(text, '1.2');
  const [document, second] = documents;
  if (tooMuch !== undefined || second !== undefined || document?.errors[0] !== undefined) return undefined;
  if (document === undefined) return { value: null };
  if (oddAlias(document) !== undefined) return undefined;
  const converted = convert(document);
  return 'error' in converted ? undefined : converted;
}

/** Where a token of the text is nested too deeply; undefined if it is not. Level by level: it must not recurse itself. */
function tooDeepAt(token: CST.Token): number | undefined {
  let level: CST.Token[] = [token];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEPTH_MAX + 1) return level[0]!.offset;
    const next: CST.Token[] = [];
    for (const one of level) {
      if ('value' in one && one.value) next.push(one.value as CST.Token);
      if (!('items' in one)) continue;
      for (const { key, value } of one.items as { key?: CST.Token | null; value?: CST.Token }[]) {
        if (key) next.push(key);
        if (value) next.push(value);
      }
    }
    level = next;
  }
  return undefined;
}

function convert(document: Document): { value: unknown } | { error: string } {
  try {
    return { value: document.toJS({ maxAliasCount: 1000 }) };
  } catch (error) {
    return {
      error: `aliases expand to too much data (${error instanceof Error ? error.message : 'unknown'}); write the values out`,
    };
  }
}

/** What is wrong with a text, without a word of the text itself. */
export function yamlMessage(code: string, message: string): string {
  return OWN_MESSAGES[code] ?? message.split('\n')[0]!;
}

const OWN_MESSAGES: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'a tab is used for indentation; use spaces',
  DUPLICATE_KEY: 'the same key appears twice in one mapping; remove one',
  UNEXPECTED_TOKEN: 'unexpected content here',
  TAG_RESOLVE_FAILED: 'the tag is not known',
  BAD_DIRECTIVE: 'the directive is not known',
  BAD_DQ_ESCAPE: 'the escape sequence is not known',
  BAD_SCALAR_START: 'unquoted text cannot begin with this character; put it in quotes',
  BAD_COLLECTION_TYPE: 'the tag does not fit the value that follows it',
  BAD_ALIAS: 'the alias refers to no anchor',
  RESOURCE_EXHAUSTION: 'it is too large or nested too deeply',
};

/** Kubernetes reads YAML 1.1, where `yes` and `on` are true; here, as in YAML 1.2, they are text. */
function warnOfOldBooleans(
  document: Document,
  file: string,
  placeOf: (offset: number) => Place,
  diagnostics: Diagnostic[],
): void {
  let warned = 0;
  visit(document, {
    Scalar(key, node) {
      // A key is text to both.
      if (key === 'key') return;
      if (node.type !== 'PLAIN' || typeof node.value !== 'string' || warned >= DIAGNOSTICS_MAX) return;
      if (!/^(yes|no|on|off)$/i.test(node.value)) return;
      warned++;
      diagnostics.push({
        severity: 'warning',
        file,
        ...placeOf(node.range?.[0] ?? 0),
        field: '',
        message: `${node.value} is text here, but a boolean in Kubernetes`,
        hint: 'write true or false, or quote it',
      });
    },
  });
}

function offsetOf(document: Document, path: Path, what: 'key' | 'value'): number {
  let node: unknown = document.contents;
  let offset = rangeStart(node) ?? 0;
  path.forEach((step, index) => {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
      if (pair === undefined) {
        node = undefined;
        return;
      }
      const wantsKey = what === 'key' && index === path.length - 1;
      offset = (wantsKey ? rangeStart(pair.key) : (rangeStart(pair.value) ?? rangeStart(pair.key))) ?? offset;
      node = pair.value;
      return;
    }
    const items = (node as { items?: unknown[] } | undefined)?.items;
    node = Array.isArray(items) ? items[Number(step)] : undefined;
    if (isPair(node)) node = node.value;
    offset = rangeStart(node) ?? offset;
  });
  return offset;
}

function rangeStart(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
