// The way out to the terminal: whatever is printed goes through here, so that no text of an input is obeyed by a terminal or
// by a CI that reads its log.

import { styleText } from 'node:util';
import { annotation, jsonText, terminalText, visible } from '../text/index.js';

/** Data: on standard output. */
export function print(text: string): void {
  process.stdout.write(terminalText(text));
}

/** A value as JSON on standard output, with a line feed. */
export function printJson(value: unknown): void {
  process.stdout.write(`${jsonText(value, 2)}\n`);
}

/** Everything else: on standard error. */
export function say(text: string): void {
  process.stderr.write(terminalText(text));
}

/** One line on standard output, whatever it holds. */
export const printLine = (line: string): void => print(`${visible(line)}\n`);

/** One line on standard error. */
export const sayLine = (line: string): void => say(`${visible(line)}\n`);

/** A document for another program, such as an SVG, as it is: its medium has its own rules, and they are kept already. */
export function printDocument(text: string): void {
  process.stdout.write(text);
}

/** A line that takes the place of the one before on a terminal; empty: takes it away. */
export function sayInPlace(line: string): void {
  process.stderr.write(`\r\u001b[K${terminalText(line)}`);
}

/** An annotation of GitHub Actions. */
export function annotate(title: string, message: string): void {
  process.stdout.write(annotation(title, message));
}

/** The summary of a run with colours, where standard output is a terminal that takes them and NO_COLOR is not set. */
export function printPainted(text: string): void {
  const { stdout } = process;
  const lines = terminalText(text);
  if (stdout.isTTY !== true || process.env.NO_COLOR || !stdout.hasColors()) {
    stdout.write(lines);
    return;
  }
  stdout.write(lines.split('\n').map(painted).join('\n'));
}

function painted(line: string): string {
  const rule = RULES.find(([pattern]) => pattern.test(line));
  return rule === undefined ? line : styleText(rule[1], line, { validateStream: false });
}

/** Lines by what they are: verdicts, headings, the row of column names, the counts at the end. */
const RULES: readonly (readonly [RegExp, Parameters<typeof styleText>[0]])[] = [
  [/^\s*✓/, 'green'],
  [/^\s*✗/, 'red'],
  [/^█/, 'bold'],
  [/^[A-Z][A-Z0-9/-]*(\s{3,}[A-Z][A-Z0-9/-]*)+$/, 'bold'],
  [/^seed .* simulated/, 'dim'],
];
