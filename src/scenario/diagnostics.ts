// What is wrong with an input, and where: errors and warnings with file, line, column, field, and what would be accepted.
// Part of the scenario. All errors of a file are collected and returned at once.

import { shortened, visible } from '../text/index.js';

export interface Diagnostic {
  /** A note tells what was assumed where nothing is said. */
  readonly severity: 'error' | 'warning' | 'note';
  readonly file: string;
  /** 1-based; 0 if the whole file is meant. */
  readonly line: number;
  readonly column: number;
  /** Path such as `spec.kubeProxy.mode`; empty for the whole document. */
  readonly field: string;
  readonly message: string;
  /** What to write instead, or the next step. */
  readonly hint?: string;
  /** The line of the file. */
  readonly excerpt?: string;
}

const SHOWN_IN_MESSAGE = 20;
const SHOWN_AT_ONCE = 50;
/** Longest part of a line that is shown: a manifest may be one line of megabytes. */
const EXCERPT_MAX = 120;

/** The input cannot be used; `diagnostics` says why. */
export class InputError extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    const first = diagnostics.slice(0, SHOWN_IN_MESSAGE).map(formatDiagnostic).join('\n');
    super(
      diagnostics.length > SHOWN_IN_MESSAGE ? `${first}\n… and ${diagnostics.length - SHOWN_IN_MESSAGE} more` : first,
    );
    this.name = 'InputError';
    this.diagnostics = diagnostics;
  }
}

/** `file:line:column: error: field: message`, then the line with a mark below it and the hint. */
export function formatDiagnostic(d: Diagnostic): string {
  const file = shortened(d.file);
  const place = d.line > 0 ? `${file}:${d.line}:${d.column}` : file;
  const head = visible(
    `${place}: ${d.severity}: ${d.field === '' ? '' : `${shortened(d.field)}: `}${shortened(d.message)}`,
  );
  const hint = d.hint === undefined ? undefined : visible(shortened(d.hint));
  if (d.excerpt === undefined || d.line === 0) return hint === undefined ? head : `${head} (${hint})`;
  const { text, offset } = excerptAround(d.excerpt, d.column - 1);
  const number = String(d.line).padStart(6);
  const mark = `${' '.repeat(6)} | ${' '.repeat(offset)}^${hint === undefined ? '' : ` ${hint}`}`;
  return `${head}\n${number} | ${text}\n${mark}`;
}

/** The line, or of a long one the part around the place. */
function excerptAround(line: string, at: number): { text: string; offset: number } {
  if (line.length <= EXCERPT_MAX)
    return { text: visible(line), offset: visible(line.slice(0, Math.max(0, at))).length };
  const from = Math.max(0, Math.min(at - EXCERPT_MAX / 2, line.length - EXCERPT_MAX));
  const before = from > 0 ? '…' : '';
  const after = from + EXCERPT_MAX < line.length ? '…' : '';
  const text = `${before}${visible(line.slice(from, from + EXCERPT_MAX))}${after}`;
  return { text, offset: before.length + visible(line.slice(from, Math.max(from, at))).length };
}

/** All of them as text, a line feed after each; of very many the first. */
export function formatDiagnostics(diagnostics: readonly Diagnostic[]): string {
  const shown = diagnostics.slice(0, SHOWN_AT_ONCE).map((d) => `${formatDiagnostic(d)}\n`);
  const more = diagnostics.length - SHOWN_AT_ONCE;
  return more > 0 ? `${shown.join('')}… and ${more} more\n` : shown.join('');
}

/** An error about a file as a whole. */
export function fileError(file: string, message: string, hint?: string): InputError {
  return new InputError([
    { severity: 'error', file, line: 0, column: 0, field: '', message, ...(hint === undefined ? {} : { hint }) },
  ]);
}

/** An error about a line of a file. */
export const lineError = (file: string, line: number, message: string): InputError =>
  new InputError([{ severity: 'error', file, line, column: 1, field: '', message }]);
