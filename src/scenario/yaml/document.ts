// Reading a file that holds one document of ours beside the scenario: a profile, an experiment. Part of the scenario.

import type { z } from 'zod';
import type { Diagnostic } from '../diagnostics.js';
import { type Locate, validateDocument } from '../validate.js';
import { parseYaml, SCENARIO_BYTES_MAX } from './yaml-source.js';

export interface ReadDocument<T> {
  readonly value: T;
  /** Where its fields stand. */
  readonly locate: Locate;
}

/** The document of a file, or undefined with what is wrong in `diagnostics`. @param what such as `a profile`. */
export function readDocument<S extends z.ZodType>(
  schema: S,
  what: string,
  file: string,
  text: string,
  diagnostics: Diagnostic[],
): ReadDocument<z.infer<S>> | undefined {
  const yaml = parseYaml(file, text, SCENARIO_BYTES_MAX);
  diagnostics.push(...yaml.diagnostics);
  if (yaml.diagnostics.some((d) => d.severity === 'error')) return undefined;
  const [document, second] = yaml.documents;
  if (document === undefined || second !== undefined) {
    const message = document === undefined ? 'is empty' : `holds several documents, but ${what} is a single one`;
    diagnostics.push({ severity: 'error', file, line: 0, column: 0, field: '', message });
    return undefined;
  }
  // What else it may be is nobody's business: nothing of it is said.
  if (!isDocument(document.value)) {
    const message = `is not ${what}: a mapping with apiVersion, kind and metadata is expected`;
    diagnostics.push({ severity: 'error', file, line: 1, column: 1, field: '', message });
    return undefined;
  }
  const locate: Locate = (path, kind) => ({ file, ...document.locate(path, kind) });
  const valid = validateDocument(schema, document.value, locate);
  diagnostics.push(...valid.diagnostics);
  return valid.document === undefined ? undefined : { value: valid.document, locate };
}

/** Whether a value says of what kind it is, or of which version: the rest is told by its schema. */
export const isDocument = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && ['apiVersion', 'kind'].some((key) => Object.hasOwn(value, key));
