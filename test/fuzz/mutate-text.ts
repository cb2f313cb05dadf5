// Changes files as text: bytes, lines, blocks, hostile texts, pieces of other inputs. Part of the fuzzer.

import type { Random } from './random.js';
import { longToken, token } from './tokens.js';

/** Longest input that is made. */
export const SIZE_MAX = 3 << 20;

/** Bytes as text of as many characters, so that changes may tear characters apart. */
const latin = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

type Change = (text: string, random: Random, other: string) => string;

/** Some changes to a file. @param other another input, of which a part may be taken. */
export function mutateText(content: Buffer, other: Buffer, random: Random): Buffer {
  let text = content.toString('latin1');
  const from = other.toString('latin1');
  for (let n = random.few(5); n > 0; n--) {
    text = CHANGES[random.weighted(WEIGHTS)]!(text, random, from).slice(0, SIZE_MAX);
  }
  return Buffer.from(text, 'latin1');
}

const WEIGHTS: Readonly<Record<string, number>> = {
  flip: 3,
  insertByte: 2,
  deleteBytes: 3,
  duplicateBytes: 2,
  deleteLine: 4,
  duplicateLine: 3,
  swapLines: 3,
  indent: 3,
  insertToken: 6,
  replaceWord: 10,
  replaceNumber: 5,
  insertLong: 0.5,
  splice: 2,
  truncate: 1,
  repeatBlock: 0.5,
  crlf: 0.7,
  bom: 0.5,
  utf16: 0.2,
  empty: 0.2,
};

const CHANGES: Readonly<Record<string, Change>> = {
  flip: (text, random) => {
    const at = random.below(text.length);
    return cut(text, at, 1, String.fromCharCode((text.charCodeAt(at) || 0) ^ (1 << random.below(8))));
  },
  insertByte: (text, random) => cut(text, random.below(text.length + 1), 0, String.fromCharCode(random.below(256))),
  deleteBytes: (text, random) => cut(text, random.below(text.length), random.few(20), ''),
  duplicateBytes: (text, random) => {
    const at = random.below(text.length);
    return cut(text, at, 0, text.slice(at, at + 1 + random.below(40)));
  },
  deleteLine: (text, random) => withLines(text, (lines) => lines.splice(random.below(lines.length), random.few(6))),
  duplicateLine: (text, random) =>
    withLines(text, (lines) => {
      const from = random.below(lines.length);
      lines.splice(random.below(lines.length), 0, ...lines.slice(from, from + random.few(8)));
    }),
  swapLines: (text, random) =>
    withLines(text, (lines) => {
      const [a, b] = [random.below(lines.length), random.below(lines.length)];
      [lines[a], lines[b]] = [lines[b]!, lines[a]!];
    }),
  indent: (text, random) =>
    withLines(text, (lines) => {
      const at = random.below(lines.length);
      lines[at] = random.chance(0.5) ? `  ${lines[at]}` : lines[at]!.replace(/^ {1,2}/, '');
    }),
  insertToken: (text, random) => cut(text, random.below(text.length + 1), 0, latin(token(random))),
  replaceWord: (text, random) => replaceOne(text, /[^\s,:{}[\]"']+/g, random, () => latin(token(random))),
  replaceNumber: (text, random) => replaceOne(text, /\d+(\.\d+)?/g, random, () => latin(token(random))),
  insertLong: (text, random) => cut(text, random.below(text.length + 1), 0, latin(longToken(random))),
  splice: (text, random, other) =>
    random.chance(0.5)
      ? text.slice(0, random.below(text.length)) + other.slice(random.below(other.length))
      : cut(text, random.below(text.length), 0, other.slice(random.below(other.length)).slice(0, 400)),
  truncate: (text, random) => text.slice(0, random.below(text.length)),
  repeatBlock: (text, random) => {
    const at = random.below(text.length);
    const block = text.slice(at, at + 1 + random.below(300));
    return cut(text, at, 0, block.repeat(random.pick([2, 10, 100, 1000])));
  },
  crlf: (text) => text.replace(/\r?\n/g, '\r\n'),
  bom: (text) => latin('\ufeff') + text,
  utf16: (text) => Buffer.from(`\ufeff${text}`, 'utf16le').toString('latin1'),
  empty: (_, random) => random.pick(['', '\n', ' ', '\u0000', '{}', '[]', 'null', '---\n', '"x"']),
};

const cut = (text: string, at: number, length: number, instead: string): string =>
  text.slice(0, at) + instead + text.slice(at + length);

function withLines(text: string, change: (lines: string[]) => unknown): string {
  const lines = text.split('\n');
  change(lines);
  return lines.join('\n');
}

/** Replaces one of the matches that begin after a place by chance. */
function replaceOne(text: string, pattern: RegExp, random: Random, instead: () => string): string {
  pattern.lastIndex = random.below(text.length);
  const match = pattern.exec(text);
  return match === null ? text : cut(text, match.index, match[0].length, instead());
}
