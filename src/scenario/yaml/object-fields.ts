// The fields of one object in a YAML document: values by their paths, and messages with their places. Part of the scenario.

import type { FieldReader } from '../../format/field-reader.js';
import { formatPath, type Path } from '../../format/path.js';
import { didYouMean } from '../../format/suggest.js';
import { textOf } from '../../text/index.js';
import type { Diagnostic } from '../diagnostics.js';
import type { YamlDocument } from './yaml-source.js';

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Where an object stands, for messages. */
export type Place = Pick<Diagnostic, 'file' | 'line' | 'column' | 'excerpt'>;

/** Values of one object; every problem is a diagnostic with its place. */
export class ObjectFields implements FieldReader {
  readonly object: unknown;
  readonly #document: YamlDocument;
  readonly #root: Path;
  readonly #diagnostics: Diagnostic[];

  /** @param root path of the object in its document. */
  constructor(document: YamlDocument, root: Path, diagnostics: Diagnostic[]) {
    this.#document = document;
    this.#root = root;
    this.#diagnostics = diagnostics;
    let object = document.value;
    for (const step of root) object = (object as Record<string | number, unknown>)[step];
    this.object = object;
  }

  get(path: Path): unknown {
    let value: unknown = this.object;
    for (const step of path) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
      value = (value as Record<string | number, unknown>)[step];
    }
    return value;
  }

  text(path: Path, fallback: string): string {
    const value = this.get(path) ?? fallback;
    if (typeof value === 'string' || typeof value === 'number') return String(value);
    this.error(path, `must be text, not ${JSON.stringify(value)}`);
    return fallback;
  }

  whole(path: Path, fallback: number): number {
    const value = this.get(path) ?? fallback;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
    this.error(path, `must be a whole number of at least 0, not ${JSON.stringify(value)}`);
    return fallback;
  }

  deadline(path: Path): number {
    const value = this.get(path);
    if (value === undefined || value === null) return Infinity;
    if (value === 0) this.error(path, 'must be at least 1, not 0');
    return this.whole(path, 1) * 1e9;
  }

  oneOf(path: Path, accepted: readonly string[], fallback: string): string {
    const value = this.get(path) ?? fallback;
    if (typeof value === 'string' && accepted.includes(value)) return value;
    this.error(
      path,
      `${JSON.stringify(value)} is not accepted; must be ${accepted.join(', ')}`,
      didYouMean(textOf(value), accepted),
    );
    return fallback;
  }

  labels(path: Path): Record<string, string> {
    const value = this.get(path);
    if (value === undefined || value === null) return {};
    if (!isFields(value)) {
      this.error(path, 'must be a mapping of text to text');
      return {};
    }
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => {
        if (typeof item === 'object' && item !== null) this.error([...path, key], 'must be text');
        return [key, textOf(item)];
      }),
    );
  }

  list(path: Path): readonly unknown[] {
    const value = this.get(path) ?? [];
    if (Array.isArray(value)) return value;
    this.error(path, `must be a list, not ${JSON.stringify(value)}`);
    return [];
  }

  quantity(path: Path, parse: (value: string | number) => number | undefined): number | undefined {
    const value = this.get(path);
    if (value === undefined || value === null) return undefined;
    const parsed = typeof value === 'string' || typeof value === 'number' ? parse(value) : undefined;
    if (parsed !== undefined) return parsed;
    this.error(path, `${JSON.stringify(value)} is not a quantity; write it as Kubernetes does: 500m, 2, 64Mi, 1Gi`);
    return 0;
  }

  place(path: Path): Place {
    return { file: this.#document.file, ...this.#document.locate([...this.#root, ...path]) };
  }

  error(path: Path, message: string, hint?: string): void {
    this.#add('error', path, message, hint);
  }

  warn(path: Path, message: string, hint?: string): void {
    this.#add('warning', path, message, hint);
  }

  #add(severity: Diagnostic['severity'], path: Path, message: string, hint?: string): void {
    this.#diagnostics.push({
      severity,
      ...this.place(path),
      field: formatPath([...this.#root, ...path]),
      message,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}
