// Changes files as trees: parsed, changed and written again, so that what comes out is read further than a broken text.
// Part of the fuzzer.

import { parseAllDocuments, stringify } from 'yaml';
import { SIZE_MAX } from './mutate-text.js';
import type { Random } from './random.js';
import { token, value } from './tokens.js';

export type Format = 'yaml' | 'json' | 'csv';

type Holder = Record<string | number, unknown>;

interface Place {
  readonly holder: Holder;
  readonly key: string | number;
}

/** Parsed content of a file; undefined if it has no such form. YAML is a list of documents, CSV one of rows. */
export function treeOf(content: Buffer, format: Format): unknown {
  const text = content.toString('utf8');
  switch (format) {
    case 'yaml': {
      const documents = parseAllDocuments(text);
      return Array.isArray(documents) ? documents.map((document) => document.toJS() as unknown) : undefined;
    }
    case 'json':
      return JSON.parse(text) as unknown;
    case 'csv':
      return text
        .replace(/\r?\n$/, '')
        .split(/\r?\n/)
        .map((line) => line.split(','));
  }
}

function textOf(tree: unknown, format: Format): string {
  switch (format) {
    case 'yaml':
      return (Array.isArray(tree) ? tree : [tree])
        .map((document) => stringify(document, { aliasDuplicateObjects: false }))
        .join('---\n');
    case 'json':
      return JSON.stringify(tree, null, 1) ?? '';
    case 'csv':
      return `${(Array.isArray(tree) ? tree : [tree]).map((row) => (Array.isArray(row) ? row.map(cell).join(',') : cell(row))).join('\r\n')}\r\n`;
  }
}

const cell = (content: unknown): string => {
  const text = typeof content === 'string' ? content : (JSON.stringify(content) ?? '');
  return /[",\n]/.test(text) && !/^"/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** Some changes to a file. @param tree what {@link treeOf} gives of it, which stays as it is. @param most changes. */
export function mutateTree(tree: unknown, format: Format, random: Random, most = 5): Buffer {
  const root: Holder = { root: structuredClone(tree) };
  for (let n = random.few(most); n > 0; n--) change(root, format, random);
  let text: string;
  try {
    text = textOf(root.root, format);
  } catch (error) {
    // A tree that cannot be written, such as a key that is no text, is an input all the same.
    text = String(error);
  }
  return Buffer.from(text.slice(0, SIZE_MAX), 'utf8');
}

function change(root: Holder, format: Format, random: Random): void {
  const { holder, key } = placeIn(root, random);
  const old = holder[key];
  switch (random.weighted(WEIGHTS)) {
    case 'replace':
      set(holder, key, value(random));
      return;
    case 'near':
      set(holder, key, nearBy(old, random));
      return;
    case 'changeType':
      set(holder, key, otherType(old, random));
      return;
    case 'drop':
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else if (holder !== root) delete holder[key];
      return;
    case 'duplicate':
      if (Array.isArray(holder)) holder.splice(Number(key), 0, structuredClone(old));
      else set(holder, `${key}${random.pick(['', '2', ' ', 's'])}`, structuredClone(old));
      return;
    case 'move': {
      const to = placeIn(root, random);
      set(to.holder, to.key, structuredClone(old));
      return;
    }
    case 'rename':
      if (Array.isArray(holder) || holder === root) return;
      delete holder[key];
      set(holder, token(random), old);
      return;
    case 'swap': {
      const other = placeIn(root, random);
      if (other.holder === root || holder === root) return;
      const mine = structuredClone(old);
      set(holder, key, structuredClone(other.holder[other.key]));
      set(other.holder, other.key, mine);
      return;
    }
    case 'add':
      if (isHolder(old)) set(old, Array.isArray(old) ? old.length : token(random), value(random));
      return;
    case 'copies': {
      if (!Array.isArray(holder)) return;
      const size = JSON.stringify(old)?.length ?? 1;
      const most = Math.max(2, Math.min(format === 'yaml' ? 2000 : 20_000, Math.floor(200_000 / size)));
      const copies = Math.min(most, random.pick([2, 10, 100, 1000, 20_000]));
      for (let i = 0; i < copies; i++) holder.push(structuredClone(old));
      return;
    }
  }
}

const WEIGHTS = {
  replace: 8,
  near: 8,
  changeType: 3,
  drop: 3,
  duplicate: 2,
  move: 2,
  rename: 2,
  swap: 2,
  add: 2,
  copies: 0.5,
} as const;

/** A place by chance, found from the root down. */
function placeIn(root: Holder, random: Random): Place {
  let place: Place = { holder: root, key: 'root' };
  for (;;) {
    const inner = place.holder[place.key];
    if (!isHolder(inner)) return place;
    const keys = Object.keys(inner);
    if (keys.length === 0 || (place.holder !== root && random.chance(0.12))) return place;
    const key = random.pick(keys);
    place = { holder: inner, key: Array.isArray(inner) ? Number(key) : key };
  }
}

const isHolder = (some: unknown): some is Holder => typeof some === 'object' && some !== null;

/** Also for keys such as `__proto__`. */
function set(holder: Holder, key: string | number, content: unknown): void {
  Object.defineProperty(holder, key, { value: content, writable: true, enumerable: true, configurable: true });
}

/** Something of the same kind that may still be taken for right. */
function nearBy(old: unknown, random: Random): unknown {
  if (typeof old === 'number') {
    return random.pick([old + 1, old - 1, -old, old * 10, old / 3, 0, old * 1e6, old + 0.5, 1, 2]);
  }
  if (typeof old === 'boolean') return !old;
  if (typeof old !== 'string') return value(random);
  const number = /\d+/.exec(old);
  if (number !== null && random.chance(0.8)) {
    const instead = random.pick(['0', '1', '2', '3', '10', '1000', '99999999', '0.001', '-1', '1e3']);
    return old.slice(0, number.index) + instead + old.slice(number.index + number[0].length);
  }
  return random.chance(0.5) ? old + token(random) : token(random) + old;
}

function otherType(old: unknown, random: Random): unknown {
  const ways = [
    () => [old],
    () => ({ a: old }),
    () => String(old),
    () => Number(old),
    () => null,
    () => JSON.stringify(old) ?? '',
    () => (isHolder(old) ? Object.values(old) : [old, old]),
    () => (isHolder(old) ? Object.keys(old).join(',') : { [String(old)]: old }),
  ];
  try {
    return random.pick(ways)();
  } catch {
    // An object without a text of its own.
    return null;
  }
}
