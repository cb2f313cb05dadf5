// YAML text as documents that know where each of their parts stands. Part of the scenario.

import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  parseAllDocuments,
  visit,
} from 'yaml';
import { type Diagnostic, fileError } from './diagnostics.js';

/** Longest accepted Scenario file: a scenario is written by hand. */
export const SCENARIO_BYTES_MAX = 1 << 20;
/** Longest accepted manifest file. */
export const MANIFEST_BYTES_MAX = 64 << 20;
const DIAGNOSTICS_MAX = 20;

export type Path = readonly (string | number)[];

/** One document of a YAML file. */
export interface YamlDocument {
  readonly file: string;
  readonly document: Document;
  readonly value: unknown;
  /** Line and column (from 1) of the value at a path, or of its key; of the nearest existing parent otherwise. */
  locate(path: Path, what?: 'key' | 'value'): { line: number; column: number; excerpt: string };
}

export interface YamlFile {
  readonly documents: readonly YamlDocument[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Parses all documents of a file; empty ones are left out. Syntax errors come back as diagnostics. */
export function parseYaml(file: string, text: string, bytesMax: number): YamlFile {
  if (text.length > bytesMax) {
    throw fileError(file, `has ${text.length} characters, more than ${bytesMax}`, 'split it into several files');
  }
  const counter = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: counter, uniqueKeys: true, prettyErrors: false, merge: true });
  const lines = text.split('\n');
  const diagnostics: Diagnostic[] = [];
  const documents: YamlDocument[] = [];
  const placeOf = (offset: number) => {
    const { line, col } = counter.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col), excerpt: (lines[line - 1] ?? '').replace(/\r$/, '') };
  };
  for (const document of Array.isArray(parsed) ? parsed : []) {
    for (const problem of document.errors.slice(0, DIAGNOSTICS_MAX)) {
      diagnostics.push({
        severity: 'error',
        file,
        ...placeOf(problem.pos[0]),
        field: '',
        message: `not valid YAML: ${yamlMessage(problem.code, problem.message)}`,
      });
    }
    if (document.errors.length > 0 || document.contents === null) continue;
    const loose = looseAlias(document);
    if (loose !== undefined) {
      const message = `not valid YAML: *${loose.source} names no anchor that stands before it in this document`;
      diagnostics.push({ severity: 'error', file, ...placeOf(loose.range?.[0] ?? 0), field: '', message });
      continue;
    }
    const converted = convert(document);
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
  return { documents, diagnostics };
}

/** The first alias without an anchor, if there is one; anchors do not reach into the next document. */
function looseAlias(document: Document): Alias | undefined {
  let found: Alias | undefined;
  visit(document, {
    Alias(_, node) {
      if (node.resolve(document) !== undefined) return undefined;
      found = node;
      return visit.BREAK;
    },
  });
  return found;
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

function yamlMessage(code: string, message: string): string {
  if (code === 'TAB_AS_INDENT') return 'a tab is used for indentation; use spaces';
  if (code === 'DUPLICATE_KEY') return 'the same key stands twice in one mapping; remove one';
  return message.split('\n')[0]!;
}

/** Kubernetes reads YAML 1.1, where `yes` and `on` are true; here, as in YAML 1.2, they are text. */
function warnOfOldBooleans(
  document: Document,
  file: string,
  placeOf: (offset: number) => { line: number; column: number; excerpt: string },
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
        message: `${node.value} is text here and a boolean to Kubernetes`,
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

/** `spec.nodePools[0].count` from a path. */
export function formatPath(path: Path): string {
  return path.map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`)).join('');
}
