// Text that goes to a terminal, or to the log of a CI, which reads commands out of what is printed. Part of the texts.

import { visibleLines } from './visible.js';

/**
 * Beginnings of commands: `::name::` at the start of a line (GitHub), `##[` (GitHub's older form), `##vso[` (Azure Pipelines)
 * and `##teamcity[` anywhere in it.
 */
const COMMAND = /^([ \t\v\f]*):(?=:)|#(?=#(?:vso|teamcity)?\[)/gm;

/** Text in a cell or a document that is printed, so that a CI which looks for commands anywhere in a line finds none. */
export const BROKEN_COMMAND = '\\u0023';
export const COMMAND_ANYWHERE = /#(?=#(?:vso|teamcity)?\[)/g;

/** Lines as they may be printed: nothing in them is obeyed by a terminal or by a CI. */
export const terminalText = (text: string): string =>
  visibleLines(text).replace(COMMAND, (found, space?: string) =>
    found.endsWith(':') ? `${space ?? ''}\\u003a` : '\\u0023',
  );
