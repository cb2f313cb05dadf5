// What the files of a scenario hold that is nobody's business: Secrets of Kubernetes, and the credentials of a kubeconfig that
// lies among manifests. The model has no use for them, and they must reach no output, no error and no report. So they are
// emptied as soon as a file is read, in its text: everything else stays where it stands. Part of the scenario.

import { type Document, isMap, isScalar, type Node, visit, type YAMLMap } from 'yaml';
import { hasAliases, hasMerges } from './yaml-aliases.js';

/** Kinds of objects that are emptied: Secrets, and a kubeconfig; also where a hand has slipped in writing them. */
const EMPTIED = new Map(['Secret', 'SecretList', 'Config'].map((kind) => [kind.toLowerCase(), kind]));
const emptiedKind = (kind: unknown): string | undefined =>
  typeof kind === 'string' ? EMPTIED.get(kind.trim().toLowerCase()) : undefined;

/** Whether a text that cannot be parsed may hold Secrets: also one whose kind is written with escapes. */
export const mayHoldSecrets = (text: string): boolean => /secret|token|certificate|password|\\[xuUN\n\r]/i.test(text);

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isSecret = (value: unknown): value is Json =>
  isObject(value) && Object.hasOwn(value, 'kind') && emptiedKind(value.kind) !== undefined;

/** Whether a Secret is in a value, as deep as it may be. Shared parts are looked into once. */
export function hasSecret(value: unknown): boolean {
  const seen = new Set<unknown>();
  const stack = [value];
  while (stack.length > 0) {
    const one = stack.pop();
    if (typeof one !== 'object' || one === null || seen.has(one)) continue;
    seen.add(one);
    if (isSecret(one) && !isEmptied(one)) return true;
    stack.push(...(Array.isArray(one) ? one : Object.values(one)).filter((child) => typeof child === 'object'));
  }
  return false;
}

const isEmptied = (value: Json): boolean => Object.keys(value).every((key) => key === 'apiVersion' || key === 'kind');

/** What stays of one. */
const stubOf = (kind: unknown): string => `{apiVersion: v1, kind: ${emptiedKind(kind)}}`;

/**
 * The text without what its Secrets hold. @param documents of the text, without errors. @param saidBy what each of them says.
 */
export function withoutSecrets(
  text: string,
  documents: readonly Document[],
  saidBy: (document: Document) => unknown,
): string {
  const pieces: string[] = [];
  let at = 0;
  for (const document of documents) {
    const value = saidBy(document);
    if (!hasSecret(value)) continue;
    for (const { from, to, stub } of placesIn(document, value)) {
      if (from < at) continue;
      pieces.push(withoutLastComments(text.slice(at, from)), stub, blank(text.slice(from, to)));
      at = to;
    }
  }
  return pieces.join('') + text.slice(at);
}

/** Nothing, on as many lines; what stands before the next thing on its line stays. */
const blank = (text: string): string => {
  const lines = text.split('\n');
  const last = lines.pop()!;
  return `${'\n'.repeat(lines.length)}${lines.length > 0 ? (/^\s*/.exec(last)?.[0] ?? '') : ''}`;
};

/** A line of nothing but marks of documents and lists, anchors and tags, and perhaps a comment. */
const MARKS_ONLY = /^([ \t-]*(?:[&!]\S+[ \t]+)*)(#.*)?$/;

/** Text that ends where a Secret begins, without the comments right before that. */
function withoutLastComments(text: string): string {
  const lines = text.split('\n');
  for (let i = lines.length - 1; i >= 0; i--) {
    const found = MARKS_ONLY.exec(lines[i]!.replace(/\r$/, ''));
    if (found === null) break;
    if (found[2] !== undefined) lines[i] = found[1]!;
  }
  return lines.join('\n');
}

interface Place {
  readonly from: number;
  readonly to: number;
  readonly stub: string;
}

function placesIn(document: Document, value: unknown): Place[] {
  const contents = document.contents as Node;
  const whole = (stub: string): Place[] => [{ from: contents.range![0], to: document.range![2], stub }];
  if (isSecret(value)) return whole(stubOf(value.kind));
  // Parts that come from elsewhere in the document would stay there: it is written again, on one line.
  if (hasAliases(document)) return whole(JSON.stringify(emptied(value, heldBySecrets(value), hasMerges(document))));
  const places: Place[] = [];
  visit(document, {
    Map(_, node) {
      if (emptiedKind(kindOf(node)) === undefined || !node.range) return undefined;
      places.push({ from: node.range[0], to: node.range[2], stub: stubOf(kindOf(node)) });
      return visit.SKIP;
    },
  });
  return places;
}

const kindOf = (map: YAMLMap): string => {
  if (!isMap(map)) return '';
  const value = map.items.find((pair) => isScalar(pair.key) && pair.key.value === 'kind')?.value;
  return isScalar(value) ? String(value.value) : '';
};

/** What the Secrets of a value hold. */
interface Held {
  /** Texts and numbers, as text. */
  readonly texts: Set<string>;
  readonly keys: Set<string>;
  /** Objects and lists, which are the same ones where an alias stands for them. */
  readonly parts: Set<object>;
}

/** Keys that any object may have: to know one of them is to know nothing. */
const COMMON = new Set(['apiVersion', 'kind', 'metadata', 'name', 'namespace', 'labels', 'items', 'type', 'spec']);
/** What names a Secret, or tells what it is like: it may share that with others. */
const OPEN = new Set(['apiVersion', 'kind', 'type', 'immutable']);
const OPEN_METADATA = new Set(['name', 'namespace', 'labels']);

/**
 * The value with its Secrets emptied, and whatever they have in common with the rest by an alias or a merge. Nested no deeper
 * than a document may be.
 */
function emptied(value: unknown, held: Held, hasMerged: boolean): unknown {
  if (typeof value === 'string' || typeof value === 'number') return held.texts.has(String(value)) ? '' : value;
  if (typeof value !== 'object' || value === null) return value;
  if (isSecret(value)) return { apiVersion: 'v1', kind: emptiedKind(value.kind) };
  if (Array.isArray(value)) return held.parts.has(value) ? [] : value.map((item) => emptied(item, held, hasMerged));
  if (held.parts.has(value)) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, child]) =>
      hasMerged && held.keys.has(key) && !COMMON.has(key) ? [] : [[key, emptied(child, held, hasMerged)]],
    ),
  );
}

/** Everything in the Secrets of a value but what names them. */
function heldBySecrets(value: unknown, held: Held = { texts: new Set(), keys: new Set(), parts: new Set() }): Held {
  if (Array.isArray(value)) for (const item of value) heldBySecrets(item, held);
  else if (isSecret(value)) {
    for (const [key, child] of Object.entries(value)) {
      if (OPEN.has(key)) continue;
      // A list of Secrets.
      if (key === 'items' && Array.isArray(child)) for (const item of child) holdObject(item, held);
      else if (key === 'metadata') holdMetadata(child, held);
      else hold(child, held);
    }
  } else if (isObject(value)) for (const child of Object.values(value)) heldBySecrets(child, held);
  return held;
}

/** An item of a list of Secrets need not say what it is. */
const holdObject = (item: unknown, held: Held): void => {
  if (isObject(item)) heldBySecrets({ ...item, kind: 'Secret' }, held);
  else hold(item, held);
};

function holdMetadata(metadata: unknown, held: Held): void {
  if (!isObject(metadata)) hold(metadata, held);
  else for (const [key, child] of Object.entries(metadata)) if (!OPEN_METADATA.has(key)) hold(child, held);
}

function hold(value: unknown, held: Held): void {
  if (typeof value === 'string' || typeof value === 'number') held.texts.add(String(value));
  if (typeof value !== 'object' || value === null || held.parts.has(value)) return;
  held.parts.add(value);
  for (const [key, child] of Object.entries(value)) {
    if (!Array.isArray(value)) held.keys.add(key);
    hold(child, held);
  }
}
