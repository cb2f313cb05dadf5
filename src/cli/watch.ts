// `kubelapse run --watch`: runs again when the scenario or a file that it reads changes, until Ctrl-C.

import { unwatchFile, watchFile } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { extensionsNamed, InputError, loadScenario } from '../scenario/index.js';
import { ExitCode } from './exit-code.js';
import { scenarioCatalogue } from './extensions.js';
import { inputsOf, readingRules } from './files/index.js';
import { isRunFailure } from './output-error.js';
import { say, sayLine } from './print.js';
import { exitCodeOf, hearSignals } from './signals.js';

/** How often files are looked at, and for how long they must have been left alone, ms. */
const INTERVAL = 250;
const QUIET = 150;

/**
 * Runs, then again at each change. Errors in a scenario are reported, and do not end it.
 * @param set as in LoadOptions. @param run carries out one run. @param report says why one has failed; its exit code.
 * @returns the exit code when a signal ends it.
 */
export async function watched(
  scenario: string,
  set: readonly string[],
  run: () => Promise<number>,
  report: (error: unknown) => Promise<number>,
): Promise<number> {
  let release = (): void => {};
  const signal = new Promise<number>((done) => {
    release = hearSignals((by) => done(exitCodeOf(by)));
  });
  const told = async (): Promise<number> => {
    try {
      return await run();
    } catch (error) {
      // A defect of kubelapse's own ends it.
      if (!(error instanceof InputError) && !isRunFailure(error)) throw error;
      return await report(error);
    }
  };
  try {
    return await watchedUntil(signal, scenario, set, told);
  } finally {
    release();
  }
}

async function watchedUntil(
  signal: Promise<number>,
  scenario: string,
  set: readonly string[],
  run: () => Promise<number>,
): Promise<number> {
  for (;;) {
    const files = await filesOf(scenario, set);
    const change = new Change(files);
    try {
      const code = await run();
      if (code === ExitCode.Interrupted || code === ExitCode.Terminated) return code;
      sayLine(`watching ${files.length === 1 ? scenario : `${files.length} files`}; Ctrl-C ends it`);
      const ended = await Promise.race([signal, change.happened]);
      if (typeof ended === 'number') return ended;
      await pause(QUIET);
      say('\n');
      sayLine(`${ended} has changed`);
    } finally {
      change.close();
    }
  }
}

/** The scenario and what it reads, as far as it can be read. */
async function filesOf(scenario: string, set: readonly string[]): Promise<string[]> {
  const { read, list, walk } = inputsOf(scenario);
  const paths = new Set([scenario, ...readingRules().extensions.map((file) => resolve(file))]);
  try {
    for (const module of extensionsNamed(scenario, read(scenario), set)) paths.add(module);
    const catalogue = await scenarioCatalogue(scenario, set);
    const loaded = loadScenario({
      path: scenario,
      set,
      catalogue,
      list,
      walk,
      read: (path) => {
        paths.add(path);
        return read(path);
      },
    });
    void loaded.points[0]?.spec;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
  }
  const base = dirname(scenario);
  const files = [...paths].map((path) => (path === scenario || isAbsolute(path) ? resolve(path) : resolve(base, path)));
  return [...new Set(files)];
}

/** The first change of one of some files. Their times are looked at: editors replace files, which notices of a folder miss. */
class Change {
  readonly happened: Promise<string>;
  readonly #files: readonly string[];

  constructor(files: readonly string[]) {
    this.#files = files;
    this.happened = new Promise((done) => {
      for (const file of files) {
        watchFile(file, { interval: INTERVAL }, (now, before) => {
          if (now.mtimeMs !== before.mtimeMs || now.size !== before.size) done(file);
        });
      }
    });
  }

  close(): void {
    for (const file of this.#files) unwatchFile(file);
  }
}
