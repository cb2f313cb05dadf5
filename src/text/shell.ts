// Words of a command line as somebody would type them again. Part of the texts.

import { visible } from './visible.js';

/** The text as one word of a POSIX shell; with control characters in it, in the form `$'…'` of bash, zsh and ksh. */
export function shellWord(text: string): string {
  if (/^[\w./:=,@%+-]+$/.test(text)) return text;
  const shown = visible(text.replaceAll('\\', '\\\\'));
  return shown === text.replaceAll('\\', '\\\\')
    ? `'${text.replaceAll("'", "'\\''")}'`
    : `$'${shown.replaceAll("'", "\\'")}'`;
}
