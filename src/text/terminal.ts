// Text that goes to a terminal, or to the log of a CI, which reads commands out of what is printed. Part of the texts.

import { visibleLines } from './visible.js';

/** `##[` (GitHub's older form), `##vso[` (Azure Pipelines) and `##teamcity[` are commands anywhere in a line. */
export const COMMAND_ANYWHERE = /#(?=#(?:vso|teamcity)?\[)/g;
export const hasCommand = (text: string): boolean => text.search(COMMAND_ANYWHERE) >= 0;
/** What stands for the first character of one of those, in text that is printed as it is: a cell, a document. */
export const BROKEN_COMMAND = '\\u0023';
/** `::name::` is one at the start of a line (GitHub). */
const COMMAND_OF_LINE = /^([ \t\v\f]*):(?=:)/gm;

/** Lines as they may be printed: nothing in them is obeyed by a terminal or by a CI. */
export const terminalText = (text: string): string =>
  visibleLines(text).replace(COMMAND_OF_LINE, '$1\\u003a').replace(COMMAND_ANYWHERE, BROKEN_COMMAND);
