// What the files of a scenario hold that is nobody's business: Secrets of Kubernetes, and the credentials of a kubeconfig that
// lies among manifests. The model has no use for them, and they must reach no output, no error and no report. So they are
// emptied as soon as a file is read, in its text: everything else stays where it stands. Part of the scenario.

import { type Document, isAlias, isMap, isNode, isScalar, type Node, visit, type YAMLMap } from 'yaml';

/** Kinds of objects that are emptied: Secrets, and a kubeconfig. */
const EMPTIED = new Set(['Secret', 'SecretList', 'Config']);

/** Whether a text that cannot be parsed may hold Secrets: also one whose kind is written with escapes. */
export const mayHoldSecrets = (text: string): boolean => /secret|token|certificate|password|\\[xuUN\n\r]/i.test(text);

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isSecret = (value: unknown): value is Json =>
  isObject(value) && Object.hasOwn(value, 'kind') && EMPTIED.has(value.kind as string);

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
const stubOf = ({ kind }: Json): string => `{apiVersion: v1, kind: ${String(kind)}}`;

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
      pieces.push(text.slice(at, from), stub, blank(text.slice(from, to)));
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

interface Place {
  readonly from: number;
  readonly to: number;
  readonly stub: string;
}

function placesIn(document: Document, value: unknown): Place[] {
  const contents = document.contents as Node;
  const whole = (stub: string): Place[] => [{ from: contents.range![0], to: document.range![2], stub }];
  if (isSecret(value)) return whole(stubOf(value));
  // Parts that come from elsewhere in the document would stay there: it is written again, on one line.
  if (hasAliases(document)) return whole(JSON.stringify(emptied(value, textsOfSecrets(value))));
  const places: Place[] = [];
  visit(document, {
    Map(_, node) {
      if (!EMPTIED.has(kindOf(node)) || !node.range) return undefined;
      places.push({ from: node.range[0], to: node.range[2], stub: stubOf({ kind: kindOf(node) }) });
      return visit.SKIP;
    },
  });
  return places;
}

function hasAliases(document: Document): boolean {
  let has = false;
  visit(document, {
    Node(_, node) {
      if (!isAlias(node) && !(isNode(node) && 'anchor' in node && node.anchor !== undefined)) return undefined;
      has = true;
      return visit.BREAK;
    },
  });
  return has;
}

const kindOf = (map: YAMLMap): string => {
  if (!isMap(map)) return '';
  const value = map.items.find((pair) => isScalar(pair.key) && pair.key.value === 'kind')?.value;
  return isScalar(value) ? String(value.value) : '';
};

/** Keys by which an object is known: a Secret may share them with others. */
const NAMING = new Set(['apiVersion', 'kind', 'name', 'namespace']);

/**
 * The value with its Secrets emptied, and whatever they have in common with the rest by an alias or a merge. Nested no deeper
 * than a document may be.
 */
function emptied(value: unknown, texts: ReadonlySet<string>, key = ''): unknown {
  if (typeof value === 'string') return texts.has(value) && !NAMING.has(key) ? '' : value;
  if (Array.isArray(value)) return value.map((item) => emptied(item, texts, key));
  if (!isObject(value)) return value;
  if (isSecret(value)) return { apiVersion: 'v1', kind: value.kind };
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, emptied(child, texts, name)]));
}

/** All texts in the Secrets of a value but those that name them. */
function textsOfSecrets(value: unknown, isInside = false, texts = new Set<string>(), key = ''): Set<string> {
  if (typeof value === 'string' && isInside && !NAMING.has(key)) texts.add(value);
  if (Array.isArray(value)) for (const item of value) textsOfSecrets(item, isInside, texts, key);
  else if (isObject(value)) {
    for (const [name, child] of Object.entries(value)) textsOfSecrets(child, isInside || isSecret(value), texts, name);
  }
  return texts;
}
