// What an extension is: parts of somebody else's under a name and a version. Part of the extensions.

import type { Parts } from '../catalogue.js';
import { messageOf } from '../text/index.js';
import { contractProblem, described, KINDS, nameOfPart } from './contracts.js';

/** Parts under one name: the default export of an extension's module. */
export interface Extension {
  /** Lower-case letters, digits and `-`, such as `power-of-two-choices`. */
  readonly name: string;
  /** As its author counts: `1.2.0`. */
  readonly version: string;
  /** By their kinds. */
  readonly parts: Partial<Parts>;
}

/** An extension that cannot be used; the message names what is wrong with it. */
export class ExtensionError extends Error {
  /** What could be done. */
  readonly hint: string | undefined;
  /** Its module, where that is known. */
  readonly path: string | undefined;

  constructor(message: string, hint?: string, path?: string) {
    super(message);
    this.path = path;
    this.name = 'ExtensionError';
    this.hint = hint;
  }
}

const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const VERSION = /^[0-9A-Za-z][-+.0-9A-Za-z]*$/;
/** Characters of a name or a version at most: a label of DNS. */
const LENGTH_MAX = 63;

/** An extension as it is: looks whether it is one, and gives an editor its types. Throws an {@link ExtensionError}. */
export function defineExtension(extension: Extension): Extension {
  if (typeof extension !== 'object' || extension === null) throw new ExtensionError('an extension is an object');
  let problem: string | undefined;
  try {
    problem = problemOf(extension);
  } catch (error) {
    // Getters of somebody else's.
    throw new ExtensionError(`cannot be read: ${messageOf(error)}`);
  }
  if (problem !== undefined) throw new ExtensionError(problem);
  return extension;
}

/** What a module has exported, if that is an extension. Throws an {@link ExtensionError}. */
export function asExtension(value: unknown): Extension {
  if (typeof value !== 'object' || value === null) {
    const hint = 'export default defineExtension({ name, version, parts })';
    throw new ExtensionError('its default export is not an extension', hint);
  }
  return defineExtension(value as Extension);
}

function problemOf({ name, version, parts }: Extension): string | undefined {
  if (!isText(name, NAME)) return `name: must be lower-case letters, digits and "-", not ${described(name)}`;
  if (!isText(version, VERSION)) return `version: must be text such as "1.0.0", not ${described(version)}`;
  if (typeof parts !== 'object' || parts === null) return 'parts: must be an object of lists of parts';
  for (const [kind, list] of Object.entries(parts) as [string, unknown][]) {
    if (!Object.hasOwn(KINDS, kind)) return `parts.${kind}: is not a kind of part; there are: ${KIND_NAMES.join(', ')}`;
    if (!Array.isArray(list)) return `parts.${kind}: must be a list`;
    for (const [i, part] of list.entries()) {
      const problem = contractProblem(kind as keyof Parts, part);
      if (problem !== undefined) return `parts.${kind}[${i}]${nameIn(kind as keyof Parts, part)}${problem}`;
    }
  }
  return undefined;
}

const KIND_NAMES = Object.keys(KINDS);

const isText = (value: unknown, pattern: RegExp): boolean =>
  typeof value === 'string' && value.length <= LENGTH_MAX && pattern.test(value);

/** ` (antrea)`, if it has got that far. */
function nameIn(kind: keyof Parts, part: unknown): string {
  const name = nameOfPart(kind, part);
  return name === undefined ? '' : ` (${name})`;
}
