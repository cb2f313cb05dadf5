// JSON that can be printed: JSON escapes what is hidden below U+0020, this escapes the rest. Part of the texts.

import { BROKEN_COMMAND, COMMAND_ANYWHERE } from './terminal.js';
import { visible } from './visible.js';

const escaped = (character: string): string =>
  [...Array(character.length).keys()]
    .map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`)
    .join('');

/** The value as JSON; parsing it gives the same value, and nothing in it is hidden. @param indent spaces a level. */
export const jsonText = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent)
    .replace(
      /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\u{e0000}-\u{e007f}]/gu,
      escaped,
    )
    .replace(COMMAND_ANYWHERE, BROKEN_COMMAND);

/** Escapes of JSON for what is hidden: C0 controls and surrogates; the rest is found as it is. */
const HAS_HIDDEN =
  /\\[nrtbfu]|[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\u{e0000}-\u{e007f}]/u;

/** The value as JSON whose strings are visible after parsing too: for viewers that show them as they are. */
export function visibleJson(value: unknown): string {
  const text = JSON.stringify(value);
  if (!HAS_HIDDEN.test(text)) return text;
  return JSON.stringify(value, (_key, inner) => (typeof inner === 'string' ? visible(inner) : inner));
}
