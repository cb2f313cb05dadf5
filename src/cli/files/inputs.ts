// Files that inputs name: manifests, profiles, traces. A scenario may come from a stranger, so it may name files below its own
// folder and the folder that the command was called in, and no others unless --allow-path says so. Part of the command's
// files.

import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileError, InputError, type LoadedScenario, type LoadOptions } from '../../scenario/index.js';
import { filesBelow, filesIn, isBelow, realPathOf } from './paths.js';
import { readText } from './reading.js';
import { readingRules } from './rules.js';

/** Where the kernel keeps what looks like files: no folder that somebody works in. */
const KERNEL = ['/proc', '/sys', '/dev'];

const A_SCENARIO = 'kubelapse init writes a scenario to start from';

/** Reads the scenario itself, and manifests and folders of manifests relative to it. @param more folders that it may use, too. */
export function inputsOf(
  scenarioPath: string,
  more: readonly string[] = [],
): Pick<LoadOptions, 'read' | 'list' | 'walk'> & { bytesMax?: number } {
  const place = new Confinement(scenarioPath === '-' ? '.' : dirname(scenarioPath), more);
  const { fileBytes } = readingRules();
  return {
    // Whoever calls the command has named the scenario; the rest is named by the scenario.
    // Standard input is what whoever calls the command hands over.
    read: (path) => (path === scenarioPath || path === '-' ? readText(path, A_SCENARIO) : place.read(path)),
    list: (path) => filesIn(place.of(path)),
    walk: (path) => filesBelow(place.of(path)),
    ...(fileBytes === undefined ? {} : { bytesMax: fileBytes }),
  };
}

/** The folders that the files of one input may lie in. */
export class Confinement {
  readonly #base: string;
  readonly #roots: readonly string[];
  readonly #allowed: readonly string[];

  /** @param base folder of the input: what it names is relative to it. */
  constructor(base: string, more: readonly string[] = []) {
    this.#base = base;
    const here = realPathOf('.');
    this.#roots = [realPathOf(base), ...(here === '/' ? [] : [here]), ...more.map(realPathOf)];
    this.#allowed = readingRules().allowedPaths.map(realPathOf);
  }

  /** The file that a path means. Throws an InputError if it lies elsewhere. */
  of(path: string): string {
    const named = isAbsolute(path) ? path : resolve(this.#base, path);
    const real = realPathOf(named);
    if (this.#allowed.some((dir) => isBelow(real, dir))) return real;
    const isKernel = KERNEL.some((dir) => isBelow(real, dir) && !this.#roots.some((root) => isBelow(root, dir)));
    if (!isKernel && this.#roots.some((dir) => isBelow(real, dir))) return real;
    throw fileError(
      path,
      'is outside the folder of the scenario and the current folder',
      `--allow-path ${dirname(real)} allows it`,
    );
  }

  /** Throws an InputError that names the file as it was named, seen from where the command was called. @param hint what it should be. */
  read(path: string, hint?: string): string {
    const real = this.of(path);
    try {
      return readText(real, hint);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const file = join(this.#base, path);
      throw new InputError(
        error.diagnostics.map((one) => (one.file === real && !isAbsolute(path) ? { ...one, file } : one)),
      );
    }
  }
}

/** Where the files of a scenario lie that was read from there. */
export function inputPaths({ inputs }: Pick<LoadedScenario, 'inputs'>): string[] {
  const [scenario] = inputs;
  const base = scenario === undefined || scenario.path === '-' ? '.' : dirname(scenario.path);
  return inputs.map(({ path }, i) => (i === 0 || isAbsolute(path) ? path : resolve(base, path)));
}
