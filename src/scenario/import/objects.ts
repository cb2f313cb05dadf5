// Objects out of what `kubectl get -o json` or `-o yaml` prints, one after another: the whole is never in memory. Part of the
// scenario.

import { JSONParser } from '@streamparser/json';
import { parseAllDocuments } from 'yaml';

/** Takes in a text bit by bit and hands over each object as soon as it is whole. */
export interface ObjectReader {
  write(text: string): void;
  /** Call at the end. Throws an Error that says what is wrong and in which line. */
  end(): void;
}

/** By the first character: JSON begins with a brace. @param onObject is given items of lists, and objects that are none. */
export function objectReader(first: string, onObject: (object: unknown) => void): ObjectReader {
  return /^\s*[{[]/.test(first) ? new JsonObjects(onObject) : new YamlObjects(onObject);
}

/** Text of a file without items that is kept to be read as one object: a manifest, not a dump. */
const SINGLE_CHARACTERS = 16 << 20;

class JsonObjects implements ObjectReader {
  readonly #parser: JSONParser;
  readonly #onObject: (object: unknown) => void;
  #items = 0;
  /** The text so far, unless it has items or is too long. */
  #text: string | undefined = '';
  #line = 1;
  #failure: Error | undefined;

  constructor(onObject: (object: unknown) => void) {
    this.#onObject = onObject;
    this.#parser = new JSONParser({ paths: ['$.items.*'], keepStack: false });
    this.#parser.onValue = ({ value }) => {
      this.#items++;
      this.#text = undefined;
      onObject(value);
    };
    this.#parser.onError = (error) => {
      this.#failure ??= error;
    };
  }

  write(text: string): void {
    if (this.#failure !== undefined) return;
    if (this.#text !== undefined) {
      this.#text = this.#text.length + text.length > SINGLE_CHARACTERS ? undefined : this.#text + text;
    }
    this.#parser.write(text);
    if (this.#failure !== undefined) return;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#line++;
  }

  end(): void {
    if (this.#failure !== undefined) throw new Error(`is not JSON, near line ${this.#line}`);
    if (!this.#parser.isEnded) throw new Error('is not whole: the JSON ends too early');
    if (this.#items > 0 || this.#text === undefined) return;
    const value: unknown = JSON.parse(this.#text);
    for (const object of Array.isArray(value) ? value : [value]) {
      if (!/List$/.test(String((object as { kind?: unknown } | null)?.kind))) this.#onObject(object);
    }
  }
}

/** Cuts at `---` and, within a list, at the dashes of its items. */
class YamlObjects implements ObjectReader {
  readonly #onObject: (object: unknown) => void;
  #rest = '';
  #lines: string[] = [];
  #firstLine = 1;
  #line = 0;
  #isInItems = false;
  /** What stands before the dashes of the items; undefined before the first. */
  #indent: string | undefined;

  constructor(onObject: (object: unknown) => void) {
    this.#onObject = onObject;
  }

  write(text: string): void {
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
  }

  #flush(): void {
    const text = this.#lines.join('\n');
    this.#lines = [];
    if (text.trim() === '') return;
    for (const document of parseAllDocuments(text, { version: '1.2', logLevel: 'silent' })) {
      if ('empty' in document) continue;
      const [error] = document.errors;
      if (error !== undefined) {
        const line = this.#firstLine - 1 + (error.linePos?.[0].line ?? 1);
        throw new Error(`is not YAML: ${error.message.split('\n')[0]!.replace(/ at line.*$/, '')} (line ${line})`);
      }
      const value: unknown = document.toJS({ maxAliasCount: 100 });
      if (typeof value !== 'object' || value === null) continue;
      const { kind, items } = value as { kind?: unknown; items?: unknown };
      if (typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items))
        for (const item of items) this.#onObject(item);
      else if (typeof kind === 'string' && !kind.endsWith('List')) this.#onObject(value);
    }
  }
}
