// JSON that can be printed: JSON escapes what is hidden below U+0020, this escapes the rest. Part of the texts.

import { BROKEN_COMMAND, COMMAND_ANYWHERE } from './terminal.js';
import { visible, withHidden } from './visible.js';

const escaped = (character: string): string =>
  [...Array(character.length).keys()]
    .map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`)
    .join('');

/** The value as JSON; parsing it gives the same value, and nothing in it is hidden. @param indent spaces a level. */
export const jsonText = (value: unknown, indent?: number): string =>
  withHidden(JSON.stringify(value, null, indent), (character) =>
    character === '\n' ? character : escaped(character),
  ).replace(COMMAND_ANYWHERE, BROKEN_COMMAND);

/** Escapes of JSON for what is hidden in its strings. */
const HAS_ESCAPES = /\\[nrtbfu]/;

/** The value as JSON whose strings are visible after parsing too: for viewers that show them as they are. */
export function visibleJson(value: unknown): string {
  const text = JSON.stringify(value);
  const shown =
    !HAS_ESCAPES.test(text) && visible(text) === text
      ? text
      : JSON.stringify(value, (_key, inner) => (typeof inner === 'string' ? visible(inner) : inner));
  return shown.replace(COMMAND_ANYWHERE, BROKEN_COMMAND);
}
