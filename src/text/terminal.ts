// Text that goes to a terminal, or to the log of a CI, which reads commands out of what is printed. Part of the texts.

import { visibleLines } from './visible.js';

/**
 * Beginnings of commands: `::name::` at the start of a line (GitHub), `##[` (GitHub's older form), `##vso[` (Azure Pipelines)
 * and `##teamcity[` anywhere in it.
 */
const COMMAND = /^(\s*):(?=:)|#(?=#(?:vso|teamcity)?\[)/gm;

/** Lines as they may be printed: nothing in them is obeyed by a terminal or by a CI. */
export const terminalText = (text: string): string =>
  visibleLines(text).replace(COMMAND, (found, space?: string) =>
    found.endsWith(':') ? `${space ?? ''}\\u003a` : '\\u0023',
  );
