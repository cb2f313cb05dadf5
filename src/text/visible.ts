// Characters that a terminal, a browser or a parser would obey, or a reader would not see, written out. Part of the texts.

/**
 * Controls (C0, DEL, C1), separators of lines and paragraphs, marks that turn the direction of writing, tags, the byte order
 * mark, code points that are no characters, and halves of surrogate pairs.
 */
const HIDDEN = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\u{e0000}-\u{e007f}\p{Cs}]/gu;

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** The text with each hidden character written in a way of its own. */
export const withHidden = (text: string, write: (character: string) => string): string => text.replace(HIDDEN, write);

function written(character: string): string {
  const code = character.codePointAt(0)!;
  return NAMED[character] ?? (code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`);
}

/** The text on one line, with what is hidden in it written out: `\n`, `\t`, `\u001b`. */
export const visible = (text: string): string => withHidden(text, written);

/** The same of a text of several lines: line feeds stay, and line ends of Windows become such. @param kept other characters that stay. */
export const visibleLines = (text: string, kept = ''): string =>
  text
    .replaceAll('\r\n', '\n')
    .replace(HIDDEN, (character) => (character === '\n' || kept.includes(character) ? character : written(character)));

/** Lines of an output, each on one line whatever it holds, with a line feed behind each. */
export const linesText = (lines: readonly string[]): string => lines.map((line) => `${visible(line)}\n`).join('');

/** Characters of a text that is shortened, and of them those of its end. */
const TEXT_MAX = 600;
const TAIL = 100;

/** A text that says enough by its beginning and its end: values of inputs may be megabytes long. */
export const shortened = (text: string): string =>
  text.length <= TEXT_MAX ? text : `${text.slice(0, TEXT_MAX - TAIL)}…${text.slice(-TAIL)}`;

/** Any value as text, for messages: what it is may be anything, also something that cannot be turned into text. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'object' && value !== null ? (JSON.stringify(value) ?? 'an object') : String(value);
}
