// A scenario as data: the texts of its files and what was given beside them. Enough to load it again in another thread, on
// another machine, or from a stored result. Part of the scenario.

import { fileError } from '../diagnostics.js';
import { type InputFile, type LoadedScenario, type LoadOptions, loadScenario } from '../load.js';

export interface ScenarioSource {
  /** The scenario first, then the files that it names. */
  readonly inputs: readonly InputFile[];
  readonly seed: string;
  readonly set: readonly string[];
  readonly sweep: readonly string[];
  readonly thresholds: readonly string[];
}

export const sourceOf = (scenario: LoadedScenario): ScenarioSource => ({
  inputs: scenario.inputs,
  seed: scenario.seed,
  set: scenario.overrides,
  sweep: scenario.sweepFlags,
  thresholds: scenario.thresholdFlags,
});

/** Throws an InputError if the source is not that of a scenario. */
export function loadSource(
  source: ScenarioSource,
  options: Pick<LoadOptions, 'unchecked' | 'onPoint'> = {},
): LoadedScenario {
  const { inputs, ...rest } = source;
  return loadTexts(inputs, { ...rest, ...options });
}

/** The same of texts alone, the scenario's first. Throws an InputError. */
export const loadTexts = (
  inputs: readonly InputFile[],
  options: Omit<LoadOptions, 'path' | 'read' | 'list'> = {},
): LoadedScenario => loadScenario({ path: inputs[0]!.path, ...readerOf(inputs), ...options });

/** Reads from texts instead of a disk. */
function readerOf(inputs: readonly InputFile[]): Pick<LoadOptions, 'read' | 'list'> {
  const texts = new Map(inputs.map(({ path, text }) => [path, text]));
  return {
    read: (path) => {
      const text = texts.get(path);
      if (text === undefined)
        throw fileError(path, 'is not among the given files', `files: ${[...texts.keys()].join(', ')}`);
      return text;
    },
    list: (dir) => {
      const prefix = `${dir.replace(/\/+$/, '')}/`;
      const names = [...texts.keys()]
        .filter((path) => path.startsWith(prefix))
        .map((path) => path.slice(prefix.length));
      return names.length === 0 ? undefined : names.sort();
    },
  };
}
