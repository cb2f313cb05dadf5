// Objects out of what `kubectl get -o json` or `-o yaml` prints, one after another: the whole is never in memory. Part of the
// scenario.

import { JSONParser } from '@streamparser/json';
import type { Document } from 'yaml';
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

/** Takes in a text bit by bit and hands over each object as soon as it is whole. Throws an {@link ObjectError}. */
export interface ObjectReader {
  write(text: string): void;
  /** Call at the end. */
  end(): void;
}

/**
 * By the first character: JSON begins with a brace.
 * @param charactersMax of one object, where that is more than the usual limit. @param onObject is given items of lists, and
 * objects that are none.
 */
export function objectReader(
  first: string,
  charactersMax: number | undefined,
  onObject: (object: unknown) => void,
): ObjectReader {
  const most = Math.max(OBJECT_CHARACTERS, charactersMax ?? 0);
  const take = (object: unknown): void => {
    if (isDeeperThan(object))
      throw new ObjectError('holds an object that is nested too deeply to be a Kubernetes object');
    onObject(object);
  };
  return /^\s*[{[]/.test(first) ? new JsonObjects(most, take) : new YamlObjects(most, take);
}

/** Characters of one object; one of Kubernetes has 1.5 MiB at most (etcd's limit of a request). */
const OBJECT_CHARACTERS = 16 << 20;

const tooLarge = (most: number, line: number): ObjectError =>
  new ObjectError(`holds an object of more than ${most} characters; --max-file-size reads larger ones`, line);

class JsonObjects implements ObjectReader {
  readonly #parser: JSONParser;
  readonly #onObject: (object: unknown) => void;
  #items = 0;
  /** The text so far, unless it has items. */
  #text: string | undefined = '';
  /** Characters since the last item. */
  #characters = 0;
  #line = 1;
  #failure: Error | undefined;
  readonly #most: number;

  constructor(most: number, onObject: (object: unknown) => void) {
    this.#most = most;
    this.#onObject = onObject;
    this.#parser = new JSONParser({ paths: ['$.items.*'], keepStack: false });
    this.#parser.onValue = ({ value }) => {
      this.#items++;
      this.#characters = 0;
      this.#text = undefined;
      onObject(value);
    };
    this.#parser.onError = (error) => {
      this.#failure ??= error;
    };
  }

  write(text: string): void {
    if (this.#failure !== undefined) this.#fail();
    this.#characters += text.length;
    if (this.#characters > this.#most) throw tooLarge(this.#most, this.#line);
    if (this.#text !== undefined) this.#text += text;
    this.#parser.write(text);
    if (this.#failure !== undefined) this.#fail();
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#line++;
  }

  end(): void {
    if (!this.#parser.isEnded) throw new ObjectError('is incomplete: the JSON ends too early', this.#line);
    if (this.#items > 0 || this.#text === undefined) return;
    const value = this.#whole(this.#text);
    for (const object of Array.isArray(value) ? value : [value]) {
      if (!isList(object)) this.#onObject(object);
    }
  }

  #whole(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch {
      throw new ObjectError('is not JSON');
    }
  }

  /** What the reader of items throws is its own; the rest is about the JSON. */
  #fail(): never {
    if (this.#failure instanceof ObjectError || this.#failure instanceof InputError) throw this.#failure;
    throw new ObjectError(`is not JSON, near line ${this.#line}`, this.#line);
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
  readonly #onObject: (object: unknown) => void;
  readonly #most: number;
  #rest = '';
  /** Characters of the lines. */
  #characters = 0;
  #lines: string[] = [];
  #firstLine = 1;
  #line = 0;
  #isInItems = false;
  /** What stands before the dashes of the items; undefined before the first. */
  #indent: string | undefined;

  constructor(most: number, onObject: (object: unknown) => void) {
    this.#most = most;
    this.#onObject = onObject;
  }

  write(text: string): void {
    if (this.#characters + this.#rest.length > this.#most) throw tooLarge(this.#most, this.#line + 1);
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop()!;
    for (const line of lines) this.#take(line);
  }

  end(): void {
    if (this.#rest !== '') this.#take(this.#rest);
    this.#rest = '';
    this.#flush();
  }

  #take(line: string): void {
    this.#line++;
    if (/^---(\s|$)/.test(line) || /^\.\.\.\s*$/.test(line)) {
      this.#flush();
      this.#isInItems = false;
      // A document may begin on the line of its mark.
      const rest = /^---(\s+[^\s#].*)$/.exec(line)?.[1];
      if (rest !== undefined) {
        this.#firstLine = this.#line;
        this.#lines.push(`   ${rest}`);
      }
      return;
    }
    if (/^items:\s*$/.test(line)) {
      this.#lines = [];
      this.#isInItems = true;
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
    if (this.#lines.length === 0) this.#firstLine = this.#line;
    this.#lines.push(line);
    this.#characters += line.length + 1;
    if (this.#characters > this.#most) throw tooLarge(this.#most, this.#firstLine);
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
      const { kind, items } = value as { kind?: unknown; items?: unknown };
      const found =
        isList(value) && Array.isArray(items) ? items : typeof kind === 'string' && !isList(value) ? [value] : [];
      for (const object of found) this.#hand(object);
    }
  }

  #hand(object: unknown): void {
    try {
      this.#onObject(object);
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
