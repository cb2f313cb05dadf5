// Objects out of what `kubectl get -o json` or `-o yaml` prints, one after another: the whole is never in memory. Part of the
// scenario.

import { JSONParser } from '@streamparser/json';
import type { Document } from 'yaml';
import { textOf } from '../../text/index.js';
import { InputError } from '../diagnostics.js';
import { isDeeperThan } from '../yaml/depth.js';
import { oddAlias } from '../yaml/yaml-aliases.js';
import { documentsOf, yamlMessage } from '../yaml/yaml-source.js';

/** What is wrong with a file of objects. */
export class ObjectError extends Error {
  /** From 1; 0 if it is about the whole file. */
  readonly line: number;

  constructor(message: string, line = 0) {
    super(message);
    this.line = line;
  }

  /** The same with a line, if it has none. */
  at(line: number): ObjectError {
    return this.line === 0 ? new ObjectError(this.message, line) : this;
  }

  /** The same of a file that has a name. */
  in(file: string): InputError {
    const { message, line } = this;
    return new InputError([{ severity: 'error', file, line, column: line === 0 ? 0 : 1, field: '', message }]);
  }
}

/** Takes in a text bit by bit, in UTF-8, and hands over each object as soon as it is whole. Throws an {@link ObjectError}. */
export interface ObjectReader {
  write(bytes: Uint8Array): void;
  /** Call at the end. */
  end(): void;
}

/** What the items of a list are that do not say it themselves. */
export interface ListKind {
  readonly apiVersion?: string | undefined;
  readonly kind?: string | undefined;
}

/**
 * By the first character: JSON begins with a brace.
 * @param first bytes of the text. @param charactersMax of one object, where that is more than the usual limit. @param onObject is given items of lists, and
 * objects that are none. @param otherwise what items are if neither they nor their list say it.
 */
export function objectReader(
  first: Uint8Array,
  charactersMax: number | undefined,
  onObject: (object: unknown) => void,
  otherwise: ListKind = {},
): ObjectReader {
  const most = Math.max(OBJECT_CHARACTERS, charactersMax ?? 0);
  const take = (object: unknown): void => {
    if (isDeeperThan(object))
      throw new ObjectError('holds an object that is nested too deeply to be a Kubernetes object');
    onObject(object);
  };
  const items = new Items(take, otherwise);
  const start = first.find((byte) => !isSpace(byte));
  return start === OPEN_BRACE || start === OPEN_BRACKET ? new JsonDocuments(most, items) : new YamlObjects(most, items);
}

/** Hands the items of a list on, with what they are; those that do not say it wait until their list does. */
class Items {
  readonly #onObject: (object: unknown) => void;
  readonly #otherwise: ListKind;
  #list: ListKind = {};
  #waiting: object[] = [];

  constructor(onObject: (object: unknown) => void, otherwise: ListKind) {
    this.#onObject = onObject;
    this.#otherwise = otherwise;
  }

  /** An object that is in no list. */
  alone(object: unknown): void {
    this.#onObject(object);
  }

  /** @returns whether it was handed on. */
  add(item: unknown): boolean {
    if (typeof item !== 'object' || item === null || Array.isArray(item) || Object.hasOwn(item, 'kind')) {
      this.#onObject(item);
      return true;
    }
    if (itemKind(this.#list) === undefined) {
      this.#waiting.push(item);
      return false;
    }
    this.#name(item, this.#list);
    return true;
  }

  /** The list has said what it is, or a part of it. */
  says(list: ListKind): void {
    this.#list = { ...this.#list, ...list };
    if (itemKind(this.#list) !== undefined) this.#flush(this.#list);
  }

  /** The list ends. */
  end(): void {
    this.#flush(itemKind(this.#list) === undefined ? this.#otherwise : this.#list);
    this.#list = {};
  }

  #flush(list: ListKind): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const item of waiting) this.#name(item, list);
  }

  #name(item: object, list: ListKind): void {
    const kind = itemKind(list);
    const named = kind === undefined ? item : { apiVersion: list.apiVersion ?? 'v1', ...item, kind };
    this.#onObject(named);
  }
}

/** `Deployment` of a DeploymentList; undefined of a List, which says nothing. */
const itemKind = ({ kind }: ListKind): string | undefined => kind?.replace(/List$/, '') || undefined;

/** Characters of one object; one of Kubernetes has 1.5 MiB at most (etcd's limit of a request). */
const OBJECT_CHARACTERS = 16 << 20;

const tooLarge = (most: number, line: number): ObjectError =>
  new ObjectError(`holds an object of more than ${most} characters; --max-file-size reads larger ones`, line);

const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const LINE_FEED = 0x0a;
/** White space of JSON, and the mark that says which end of a number comes first. */
const isSpace = (byte: number): boolean =>
  byte === 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0xef || byte === 0xbb || byte === 0xbf;

/**
 * JSON texts, one after the other: lines of NDJSON, or what several commands have printed. A text begins in the first column,
 * where no brace within another stands.
 */
class JsonDocuments implements ObjectReader {
  readonly #most: number;
  readonly #items: Items;
  #document: JsonDocument | undefined;
  #line = 1;

  constructor(most: number, items: Items) {
    this.#most = most;
    this.#items = items;
  }

  write(bytes: Uint8Array): void {
    let from = 0;
    while (from < bytes.length) {
      if (this.#document === undefined || this.#document.isWhole) {
        while (from < bytes.length && isSpace(bytes[from]!)) if (bytes[from++] === LINE_FEED) this.#line++;
        if (from === bytes.length) return;
        this.#close();
        this.#document = new JsonDocument(bytes[from]!, this.#line, this.#most, this.#items);
      }
      const next = this.#nextStart(bytes, from);
      this.#document.write(from === 0 && next === bytes.length ? bytes : bytes.subarray(from, next));
      this.#document.line = this.#line;
      from = next;
    }
  }

  /** Where the next line begins that may begin another text, or where the bytes end; counts the lines up to there. */
  #nextStart(bytes: Uint8Array, from: number): number {
    for (let at = from; at < bytes.length; at++) {
      if (bytes[at] !== LINE_FEED) continue;
      this.#line++;
      const first = bytes[at + 1];
      if (first === OPEN_BRACE || first === OPEN_BRACKET) return at + 1;
    }
    return bytes.length;
  }

  #close(): void {
    this.#document?.end();
    this.#document = undefined;
  }

  end(): void {
    this.#close();
  }
}

/** One JSON text: an object, a list of Kubernetes, or an array of objects. */
class JsonDocument implements ObjectReader {
  readonly #parser: JSONParser;
  readonly #items: Items;
  readonly #most: number;
  #count = 0;
  /** The bytes so far, unless it has items. */
  #pieces: Uint8Array[] | undefined = [];
  /** Bytes since the last item. */
  #bytes = 0;
  /** Of the text that is written next. */
  line: number;
  #failure: Error | undefined;

  /** @param first byte. @param line that it begins in. */
  constructor(first: number, line: number, most: number, items: Items) {
    this.line = line;
    this.#most = most;
    this.#items = items;
    const isArray = first === OPEN_BRACKET;
    const paths = isArray ? ['$.*'] : ['$.items.*', '$.kind', '$.apiVersion'];
    this.#parser = new JSONParser({ paths, keepStack: false });
    this.#parser.onValue = ({ value, key }) => {
      if (!isArray && typeof key === 'string') items.says({ [key]: typeof value === 'string' ? value : undefined });
      else this.#take(value);
    };
    this.#parser.onError = (error) => {
      this.#failure ??= error;
    };
  }

  get isWhole(): boolean {
    return this.#parser.isEnded;
  }

  #take(value: unknown): void {
    this.#count++;
    this.#pieces = undefined;
    if (this.#items.add(value)) this.#bytes = 0;
  }

  write(bytes: Uint8Array): void {
    if (this.#failure !== undefined) this.#fail();
    this.#bytes += bytes.length;
    if (this.#bytes > this.#most) throw tooLarge(this.#most, this.line);
    // What is read next may be where this was.
    this.#pieces?.push(bytes.slice());
    this.#parser.write(bytes);
    if (this.#failure !== undefined) this.#fail();
  }

  end(): void {
    if (!this.#parser.isEnded) throw new ObjectError('is incomplete: the JSON ends too early', this.line);
    this.#items.end();
    if (this.#count > 0 || this.#pieces === undefined) return;
    const value = this.#whole(this.#pieces);
    if (!isList(value) && !Array.isArray(value)) this.#items.alone(value);
  }

  #whole(pieces: readonly Uint8Array[]): unknown {
    const decoder = new TextDecoder();
    try {
      return JSON.parse(pieces.map((piece) => decoder.decode(piece, { stream: true })).join('') + decoder.decode());
    } catch {
      throw new ObjectError('is not JSON');
    }
  }

  /** What the reader of items throws is its own; the rest is about the JSON. */
  #fail(): never {
    if (this.#failure instanceof ObjectError || this.#failure instanceof InputError) throw this.#failure;
    throw new ObjectError(`is not JSON, near line ${this.line}`, this.line);
  }
}

/** Whether a value is a list of Kubernetes' objects, by its kind. */
const isList = (value: unknown): boolean => {
  const kind =
    typeof value === 'object' && value !== null && Object.hasOwn(value, 'kind')
      ? (value as { kind: unknown }).kind
      : '';
  return typeof kind === 'string' && kind.endsWith('List');
};

/** Cuts at `---` and, within a list, at the dashes of its items. */
class YamlObjects implements ObjectReader {
  readonly #items: Items;
  readonly #most: number;
  /** It takes the mark of the order of bytes away. */
  readonly #decoder = new TextDecoder();
  #rest = '';
  /** Characters of the lines. */
  #characters = 0;
  #lines: string[] = [];
  #firstLine = 1;
  #line = 0;
  #isInItems = false;
  /** The document is a list whose items are read one by one. */
  #hasItems = false;
  /** What stands before the dashes of the items; undefined before the first. */
  #indent: string | undefined;

  constructor(most: number, items: Items) {
    this.#most = most;
    this.#items = items;
  }

  write(bytes: Uint8Array): void {
    const text = this.#decoder.decode(bytes, { stream: true });
    if (this.#characters + this.#rest.length > this.#most) throw tooLarge(this.#most, this.#line + 1);
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop()!;
    for (const line of lines) this.#take(line);
  }

  end(): void {
    this.#rest += this.#decoder.decode();
    if (this.#rest !== '') this.#take(this.#rest);
    this.#rest = '';
    this.#flush();
    this.#items.end();
  }

  #take(line: string): void {
    this.#line++;
    if (/^---(\s|$)/.test(line) || /^\.\.\.\s*$/.test(line)) {
      this.#flush();
      this.#items.end();
      this.#isInItems = false;
      this.#hasItems = false;
      // A document may begin on the line of its mark.
      const rest = /^---(\s+[^\s#].*)$/.exec(line)?.[1];
      if (rest !== undefined) {
        this.#firstLine = this.#line;
        this.#lines.push(`   ${rest}`);
      }
      return;
    }
    if (/^items:\s*$/.test(line)) {
      for (const head of this.#lines) this.#note(head);
      this.#lines = [];
      this.#isInItems = true;
      this.#hasItems = true;
      this.#indent = undefined;
      this.#firstLine = this.#line + 1;
      return;
    }
    if (this.#isInItems) {
      this.#indent ??= /^( *)- /.exec(line)?.[1];
      if (this.#indent !== undefined && line.startsWith(`${this.#indent}- `)) {
        this.#flush();
        this.#firstLine = this.#line;
        this.#lines.push(`${this.#indent}  ${line.slice(this.#indent.length + 2)}`);
        return;
      }
      // What follows the items is about the list itself.
      if (/^\S/.test(line) && !line.startsWith('#')) {
        this.#flush();
        this.#isInItems = false;
      }
    }
    if (this.#hasItems && !this.#isInItems) this.#note(line);
    if (this.#lines.length === 0) this.#firstLine = this.#line;
    this.#lines.push(line);
    this.#characters += line.length + 1;
    if (this.#characters > this.#most) throw tooLarge(this.#most, this.#firstLine);
  }

  /** What a list says of itself, before its items or after them. */
  #note(line: string): void {
    const [, field, value] = /^(kind|apiVersion):\s*["']?([\w./]+)/.exec(line) ?? [];
    if (field !== undefined) this.#items.says({ [field]: value });
  }

  #flush(): void {
    const text = this.#lines.join('\n');
    this.#lines = [];
    this.#characters = 0;
    if (text.trim() === '') return;
    const { documents, tooMuch, lineOf } = documentsOf(text, '1.2');
    if (tooMuch !== undefined) throw this.#problem(tooMuch.message, tooMuch.line);
    for (const document of documents) {
      const [error] = document.errors;
      if (error !== undefined)
        throw this.#problem(`is not YAML: ${yamlMessage(error.code, error.message)}`, lineOf(error.pos[0]));
      const value = oddAlias(document) === undefined ? saidBy(document) : undefined;
      if (value === undefined) throw this.#problem('has aliases that expand to too much data, or to nothing', 1);
      if (typeof value !== 'object' || value === null) continue;
      this.#handOn(value);
    }
  }

  /** An object, the objects of a list or of a sequence, or an item of the list that is being read. */
  #handOn(value: object): void {
    const { apiVersion, kind, items } = value as { apiVersion?: unknown; kind?: unknown; items?: unknown };
    if (Array.isArray(value)) for (const one of value as unknown[]) this.#hand(one);
    else if (isList(value) && Array.isArray(items)) {
      this.#items.says({ apiVersion: textOf(apiVersion), kind: textOf(kind) });
      for (const item of items as unknown[]) this.#hand(item);
      this.#items.end();
    } else if (this.#isInItems || (typeof kind === 'string' && !isList(value))) this.#hand(value);
  }

  #hand(object: unknown): void {
    try {
      this.#items.add(object);
    } catch (error) {
      throw error instanceof ObjectError ? error.at(this.#firstLine) : error;
    }
  }

  /** @param line of the text that is looked at. */
  #problem(message: string, line: number): ObjectError {
    return new ObjectError(message, this.#firstLine - 1 + line);
  }
}

/** What a document says; undefined if its aliases expand too far, or name nothing. */
function saidBy(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? null;
  } catch {
    return undefined;
  }
}
