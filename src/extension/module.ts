// An extension from the text of its module, in whatever thread or browser it is needed. Part of the extensions.
// A module is one file and imports nothing but `kubelapse/extension`, so that its digest says all that it does, and the
// same text runs in a thread, on another machine and in a page. What it imports is handed over by the program that loads it:
// there is never a second kubelapse beside the first one.

import { parse } from 'es-module-lexer/js';
import type { ExtensionModule } from '../catalogue.js';
import { didYouMean } from '../format/index.js';
import { messageOf } from '../text/index.js';
import * as api from './api.js';
import { asExtension, type Extension, ExtensionError } from './extension.js';

/** What a module may import. */
export const API_NAME = 'kubelapse/extension';

const BUNDLE = `put it into one file: esbuild mine.ts --bundle --format=esm --external:${API_NAME}`;

/** Characters of a module at most. No published figure; parts are small. */
export const MODULE_CHARACTERS_MAX = 4 << 20;

/** Makes the extension of a module. Throws an {@link ExtensionError}. */
export async function loadModule({ file, text }: ExtensionModule): Promise<Extension> {
  const source = prepared(text.replace(/^\uFEFF/, ''));
  let loaded: { readonly default?: unknown };
  try {
    // The name of the file, for stack traces and debuggers.
    const named = `${source}\n//# sourceURL=extension:${encodeURI(file)}\n`;
    loaded = (await import(/* @vite-ignore */ urlOf(named))) as typeof loaded;
  } catch (error) {
    if (error instanceof ExtensionError) throw error;
    throw new ExtensionError(`cannot be loaded: ${messageOf(error)}`);
  }
  return asExtension(loaded.default);
}

/** The text with its import led to this program. Throws an {@link ExtensionError} at any other. */
function prepared(text: string): string {
  if (text.length > MODULE_CHARACTERS_MAX) throw new ExtensionError('is larger than a module of parts can be: 4 Mi');
  let source = '';
  let end = 0;
  for (const one of importsOf(text)) {
    const refuse = (what: string): never => {
      throw new ExtensionError(
        `${lineAt(text, one.importStart)}: ${what}; a module may import ${API_NAME} only`,
        BUNDLE,
      );
    };
    if (one.type === 'import-meta') refuse('uses import.meta');
    if (one.type === 'dynamic') refuse('imports while it runs');
    if (one.specifier !== API_NAME) refuse(`imports ${JSON.stringify(one.specifier)}`);
    const problem = importProblem(text.slice(one.importStart, one.start));
    if (problem !== undefined) throw new ExtensionError(`${lineAt(text, one.importStart)}: ${problem}`);
    source += `${text.slice(end, one.start)}${apiUrl()}`;
    end = one.end;
  }
  return source + text.slice(end);
}

/** What is wrong with an import of what this program hands over. @param clause what stands before its specifier. */
function importProblem(clause: string): string | undefined {
  const list = /\{([^}]*)\}/.exec(clause)?.[1];
  if (/^import\s+[\w$]+\s*(,|from)/.test(clause))
    return `${API_NAME} has no default export: import { … } from '${API_NAME}'`;
  const names = (list ?? '').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '').split(',');
  const odd = names.map((name) => name.trim().split(/\s/)[0]!).find((name) => name !== '' && !Object.hasOwn(api, name));
  if (odd === undefined) return undefined;
  const hint = didYouMean(odd, Object.keys(api));
  return `${API_NAME} has no ${odd}${hint === undefined ? '' : `; ${hint}`}`;
}

const lineAt = (text: string, at: number): string => `line ${text.slice(0, at).split('\n').length}`;

function importsOf(text: string): ReturnType<typeof parse>[0] {
  try {
    return parse(text)[0];
  } catch (error) {
    const at = (error as { idx?: number }).idx ?? 0;
    throw new ExtensionError(`${lineAt(text, at)}: is not a module of JavaScript`, BUNDLE);
  }
}

/** Where the program that loads keeps what it hands over. */
const HANDED = Symbol.for(API_NAME);

let known: string | undefined;

/** A module that exports what this program hands over. */
function apiUrl(): string {
  if (known !== undefined) return known;
  Object.defineProperty(globalThis, HANDED, { value: api, configurable: true });
  const names = Object.keys(api).join(', ');
  known = urlOf(`export const { ${names} } = globalThis[Symbol.for(${JSON.stringify(API_NAME)})];`);
  return known;
}

const urlOf = (source: string): string => `data:text/javascript;charset=utf-8,${encodeURIComponent(source)}`;
