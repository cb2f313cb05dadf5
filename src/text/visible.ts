// Characters that a terminal, a browser or a parser would obey, or a reader would not see, written out. Part of the texts.

/**
 * Controls (C0, DEL, C1), separators of lines and paragraphs, marks that turn the direction of writing, tags, the byte order
 * mark, code points that are no characters, and halves of surrogate pairs.
 */
const HIDDEN = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\u{e0000}-\u{e007f}\p{Cs}]/gu;

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function written(character: string): string {
  const code = character.codePointAt(0)!;
  return NAMED[character] ?? (code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`);
}

/** The text on one line, with what is hidden in it written out: `\n`, `\t`, `\u001b`. */
export const visible = (text: string): string => text.replace(HIDDEN, written);

/** The same of a text of several lines: line feeds stay, and line ends of Windows become such. @param kept other characters that stay. */
export const visibleLines = (text: string, kept = ''): string =>
  text
    .replaceAll('\r\n', '\n')
    .replace(HIDDEN, (character) => (character === '\n' || kept.includes(character) ? character : written(character)));

/** Lines of an output, each on one line whatever it holds, with a line feed behind each. */
export const linesText = (lines: readonly string[]): string => lines.map((line) => `${visible(line)}\n`).join('');
