// A scenario as data: the texts of its files and what was given beside them. Enough to load it again in another thread, on
// another machine, or from a stored result. Part of the scenario.

import { BUILT_IN, type Catalogue, type ExtensionIdentity } from '../../catalogue.js';
import { shellWord } from '../../text/index.js';
import { fileError } from '../diagnostics.js';
import { besideScenario, type InputFile, type LoadedScenario, type LoadOptions, loadScenario } from '../load.js';

export interface ScenarioSource {
  /** The scenario first, then the files that it names. */
  readonly inputs: readonly InputFile[];
  readonly seed: string;
  readonly set: readonly string[];
  readonly sweep: readonly string[];
  readonly thresholds: readonly string[];
  /** Whose parts the catalogue has in which it was read. */
  readonly extensions: readonly ExtensionIdentity[];
}

export const sourceOf = (scenario: LoadedScenario): ScenarioSource => ({
  inputs: scenario.inputs,
  seed: scenario.seed,
  set: scenario.overrides,
  sweep: scenario.sweepFlags,
  thresholds: scenario.thresholdFlags,
  extensions: scenario.catalogue.extensions.map(identityOf),
});

/** Which extension it is, without its text. */
const identityOf = ({ name, version, digest, path }: ExtensionIdentity): ExtensionIdentity =>
  path === undefined ? { name, version, digest } : { name, version, digest, path };

/** Throws an InputError unless a catalogue has the extensions of a source, each to the byte, and no others. */
function checkExtensions(source: ScenarioSource, catalogue: Catalogue): void {
  const file = source.inputs[0]!.path;
  const loaded = catalogue.extensions.map(identityOf);
  for (const wanted of source.extensions) {
    const found = loaded.find(({ name }) => name === wanted.name);
    const named = `extension ${wanted.name} ${wanted.version}`;
    const hint = `--extension ${shellWord(besideScenario(file, wanted.path ?? `${wanted.name}.mjs`))} loads it`;
    if (found === undefined) throw fileError(file, `was run with ${named}, which is not loaded`, hint);
    if (found.digest !== wanted.digest || found.version !== wanted.version) {
      throw fileError(
        file,
        `was run with another ${named}: its digest was ${short(wanted.digest)}, that of the one loaded, ${found.version}, is ${short(found.digest)}`,
      );
    }
  }
  const more = loaded.find(({ name }) => !source.extensions.some((wanted) => wanted.name === name));
  if (more !== undefined) throw fileError(file, `was run without extension ${more.name}`, 'leave it out');
}

const short = (digest: string): string => (digest === '' ? 'unknown' : digest.slice(0, 12));

/** Throws an InputError if the source is not that of a scenario, or asks for other extensions than the catalogue has. */
export function loadSource(
  source: ScenarioSource,
  options: Pick<LoadOptions, 'unchecked' | 'onPoint' | 'catalogue'> = {},
): LoadedScenario {
  checkExtensions(source, options.catalogue ?? BUILT_IN);
  const { inputs, extensions: _, ...rest } = source;
  return loadTexts(inputs, { ...rest, ...options });
}

/** The same of texts alone, the scenario's first. Throws an InputError. */
export const loadTexts = (
  inputs: readonly InputFile[],
  options: Omit<LoadOptions, 'path' | 'read' | 'list' | 'walk'> = {},
): LoadedScenario => loadScenario({ path: inputs[0]!.path, ...readerOf(inputs), ...options });

/** Reads from texts instead of a disk. */
function readerOf(inputs: readonly InputFile[]): Pick<LoadOptions, 'read' | 'list' | 'walk'> {
  const texts = new Map(inputs.map(({ path, text }) => [path, text]));
  const below = (dir: string): string[] | undefined => {
    const prefix = dir === '.' ? '' : `${dir.replace(/\/+$/, '')}/`;
    const names = [...texts.keys()].filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
    return names.length === 0 ? undefined : names.sort();
  };
  return {
    read: (path) => {
      const text = texts.get(path);
      if (text === undefined)
        throw fileError(path, 'is not among the given files', `files: ${[...texts.keys()].join(', ')}`);
      return text;
    },
    list: below,
    walk: below,
  };
}
