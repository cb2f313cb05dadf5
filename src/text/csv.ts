// Cells of CSV. Part of the texts.

import { BROKEN_COMMAND, COMMAND_ANYWHERE } from './terminal.js';
import { visible } from './visible.js';

/** How text begins that a spreadsheet takes for a formula. */
const FORMULA = /^[=+\-@\uff1d\uff0b\uff0d\uff20]/;

/** A cell that stands on one line; what a spreadsheet would run as a formula gets an apostrophe in front. */
export function csvCell<T>(value: T): T | string {
  if (typeof value !== 'string') return value;
  const text = visible(value).replace(COMMAND_ANYWHERE, BROKEN_COMMAND);
  return FORMULA.test(text) ? `'${text}` : text;
}
