// Markdown: text that is shown as it is. Part of the texts.

import { terminalText } from './terminal.js';

/** The fence of a block: longer than any that the text has itself. */
function fenceFor(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  return '`'.repeat(longest + 1);
}

/** A block of code that nothing in the text ends. @param bytesMax what does not fit is cut at a line, which `cut` says. */
export function fencedText(text: string, bytesMax: number, cut: string): string {
  const lines = terminalText(text).trimEnd();
  const fence = fenceFor(lines);
  const [head, end] = [`${fence}text\n`, `\n${fence}\n`];
  const room = bytesMax - encodedLength(head) - encodedLength(end);
  if (encodedLength(lines) <= room) return `${head}${lines}${end}`;
  const bytes = new TextEncoder().encode(lines).subarray(0, room - encodedLength(cut) - 1);
  const kept = new TextDecoder().decode(bytes);
  return `${head}${kept.slice(0, kept.lastIndexOf('\n') + 1)}${cut}${end}`;
}

const encodedLength = (text: string): number => new TextEncoder().encode(text).length;
