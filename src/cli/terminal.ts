// The terminal: progress on standard error when it is one, nothing otherwise.

const WIDTH = 30;

export class ProgressBar {
  readonly #enabled: boolean;
  readonly #startedAt = Date.now();
  #shown = '';

  constructor(quiet: boolean) {
    this.#enabled = !quiet && process.stderr.isTTY === true;
  }

  /** @param share 0 … 1. */
  show(share: number, label: string): void {
    if (!this.#enabled) return;
    const filled = Math.round(share * WIDTH);
    const elapsed = (Date.now() - this.#startedAt) / 1000;
    const left = share > 0.02 ? `, ${Math.ceil((elapsed / share) * (1 - share))} s left` : '';
    const text = `[${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)}] ${String(Math.floor(share * 100)).padStart(3)} %  ${label}${left}`;
    if (text === this.#shown) return;
    this.#shown = text;
    process.stderr.write(`\r\u001b[K${text}`);
  }

  clear(): void {
    if (this.#enabled && this.#shown !== '') process.stderr.write('\r\u001b[K');
    this.#shown = '';
  }
}

/**
 * A closed pipe (`kubelapse … | head`) is no error: what is left to say goes nowhere, and the exit code stays true.
 * An output that cannot be written for another reason, such as a full disk, ends the command with `failed`.
 */
export function watchOutputs(failed: number): void {
  const closed = new Set(['EPIPE', 'ERR_STREAM_DESTROYED']);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (closed.has(error.code ?? '')) return;
    process.stderr.write(`kubelapse: standard output cannot be written: ${error.code ?? error.message}\n`);
    process.exit(failed);
  });
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (!closed.has(error.code ?? '')) process.exit(failed);
  });
}
