// What is wrong with an input, and where: errors and warnings with file, line, column, field, and what would be accepted.
// Part of the scenario. All errors of a file are collected and returned at once.

export interface Diagnostic {
  readonly severity: 'error' | 'warning';
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

/** The input cannot be used; `diagnostics` says why. */
export class InputError extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(formatDiagnostic).join('\n'));
    this.name = 'InputError';
    this.diagnostics = diagnostics;
  }
}

/** `file:line:column: error: field: message`, then the line with a mark below it and the hint. */
export function formatDiagnostic(d: Diagnostic): string {
  const place = d.line > 0 ? `${d.file}:${d.line}:${d.column}` : d.file;
  const head = `${place}: ${d.severity}: ${d.field === '' ? '' : `${d.field}: `}${d.message}`;
  if (d.excerpt === undefined || d.line === 0) return d.hint === undefined ? head : `${head} (${d.hint})`;
  const number = String(d.line).padStart(6);
  const mark = `${' '.repeat(6)} | ${' '.repeat(Math.max(0, d.column - 1))}^${d.hint === undefined ? '' : ` ${d.hint}`}`;
  return `${head}\n${number} | ${d.excerpt}\n${mark}`;
}

/** An error about a file as a whole. */
export function fileError(file: string, message: string, hint?: string): InputError {
  return new InputError([
    { severity: 'error', file, line: 0, column: 0, field: '', message, ...(hint === undefined ? {} : { hint }) },
  ]);
}
