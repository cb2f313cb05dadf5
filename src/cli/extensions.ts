// The parts that a command may use: kubelapse's own, and those of modules that its caller has allowed. A module is code: it is
// read from what --extension names, and what a scenario names is loaded only if it is one of these or lies in a folder of
// --allow-path. Manifests, results, links and messages load nothing.

import { createHash } from 'node:crypto';
import { dirname, isAbsolute, resolve } from 'node:path';
import { BUILT_IN, type Catalogue, type ExtensionModule } from '../catalogue.js';
import {
  extensionsNamed,
  fileError,
  type LoadedScenario,
  type LoadOptions,
  loadScenario,
  type ScenarioSource,
} from '../scenario/index.js';
import { inputsOf, isBelow, readingRules, readText, realPathOf } from './files/index.js';

/** Modules that the command line names, in its order. Throws an InputError if one cannot be read. */
export function commandModules(): ExtensionModule[] {
  const seen = new Set<string>();
  return readingRules().extensions.flatMap((file) => {
    const real = realPathOf(file);
    if (seen.has(real)) return [];
    seen.add(real);
    return [moduleAt(file)];
  });
}

const A_MODULE = 'docs/guides/extensions.md says what a module of parts is';

function moduleAt(file: string): ExtensionModule {
  const text = readText(file, A_MODULE);
  return { file, text, digest: createHash('sha256').update(text).digest('hex') };
}

/** The parts of kubelapse and of what the command line names. Throws an InputError at a module that is none. */
export const commandCatalogue = (): Promise<Catalogue> => catalogueOfModules(commandModules());

/** The same with what a scenario names, as far as that is allowed. @param set as in LoadOptions. */
export async function scenarioCatalogue(path: string, set: readonly string[] = []): Promise<Catalogue> {
  const { allowedPaths } = readingRules();
  const named = extensionsNamed(path, inputsOf(path).read(path), set);
  if (named.length === 0) return await commandCatalogue();
  const modules = commandModules();
  const folder = path === '-' ? '.' : dirname(path);
  for (const name of named) {
    const real = realPathOf(isAbsolute(name) ? name : resolve(folder, name));
    const at = modules.findIndex(({ file }) => realPathOf(file) === real);
    if (at >= 0) modules[at] = { ...modules[at]!, path: name };
    else if (allowedPaths.some((dir) => isBelow(real, realPathOf(dir))))
      modules.push({ ...moduleAt(real), path: name });
  }
  return await catalogueOfModules(modules);
}

/** What a stored scenario was run with, as far as the command line allows it. */
export async function sourceCatalogue({ extensions }: Pick<ScenarioSource, 'extensions'>): Promise<Catalogue> {
  const modules = commandModules();
  if (modules.length === 0) return BUILT_IN;
  const { namedAs } = await import('../extension/index.js');
  return await catalogueOfModules(namedAs(modules, extensions));
}

/** Who uses no extension does not wait for what loads them. */
async function catalogueOfModules(modules: readonly ExtensionModule[]): Promise<Catalogue> {
  if (modules.length === 0) return BUILT_IN;
  const { catalogueWith, ExtensionError } = await import('../extension/index.js');
  try {
    return await catalogueWith(modules);
  } catch (error) {
    if (!(error instanceof ExtensionError)) throw error;
    throw fileError(error.path ?? '--extension', error.message, error.hint);
  }
}

/**
 * Reads a scenario with the parts that it may name. Throws an InputError.
 * @param more folders that it may name files in, beside the usual ones.
 */
export async function scenarioAt(
  path: string,
  options: Omit<LoadOptions, 'path' | 'read' | 'list' | 'walk' | 'bytesMax' | 'catalogue'> = {},
  more: readonly string[] = [],
): Promise<LoadedScenario> {
  const catalogue = await scenarioCatalogue(path, options.set);
  const { strict } = readingRules();
  return loadScenario({ path, ...inputsOf(path, more), strict, ...options, catalogue });
}
