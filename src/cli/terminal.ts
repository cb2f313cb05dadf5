// The terminal: progress on standard error when it is one, nothing otherwise.

import { visible } from '../text/index.js';
import { sayInPlace, sayLine } from './print.js';

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
    const percent = `${String(Math.floor(share * 100)).padStart(3)} %`;
    const name = visible(label);
    const whole = `[${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)}] ${percent}  ${name}${left}`;
    // A line that wraps could not be taken back.
    const room = process.stderr.columns ?? Number.POSITIVE_INFINITY;
    const text = whole.length < room ? whole : `${percent}  ${name}`.slice(0, Math.max(0, room - 1));
    if (text === this.#shown) return;
    this.#shown = text;
    sayInPlace(text);
  }

  clear(): void {
    if (this.#enabled && this.#shown !== '') sayInPlace('');
    this.#shown = '';
  }
}

/** Progress of many jobs: a bar on a terminal, elsewhere a line for each job, unless there is one job only. */
export class JobProgress {
  readonly #bar: ProgressBar;
  readonly #isTold: boolean;
  readonly #label: string;
  readonly #jobs: number;
  /** Jobs that were finished before. */
  readonly #kept: number;
  readonly #startedAt = Date.now();
  #done = 0;

  constructor(quiet: boolean, label: string, jobs: number, kept: number) {
    this.#bar = new ProgressBar(quiet);
    this.#isTold = !quiet && process.stderr.isTTY !== true && jobs > 1;
    this.#label = label;
    this.#jobs = jobs;
    this.#kept = kept;
    if (!quiet && kept > 0) sayLine(`${kept} of ${jobs} jobs were already finished`);
  }

  /** @param underWay shares of the jobs under way, added up. */
  show(underWay: number): void {
    const wanted = this.#jobs - this.#kept;
    const share = Math.min(1, (this.#done + underWay) / wanted);
    const count = this.#jobs > 1 ? ` ${this.#kept + this.#done}/${this.#jobs}${this.#rate()}` : '';
    this.#bar.show(share, `${this.#label}${count}`);
  }

  done(label: string): void {
    this.#done++;
    if (this.#isTold) {
      const left = this.#jobs - this.#kept - this.#done;
      const seconds = (this.#seconds / this.#done) * left;
      const rest = left === 0 ? '' : `, ${Math.ceil(seconds)} s left`;
      sayLine(`${this.#kept + this.#done}/${this.#jobs} ${label}${this.#rate()}${rest}`);
    }
    this.show(0);
  }

  clear(): void {
    this.#bar.clear();
  }

  get #seconds(): number {
    return (Date.now() - this.#startedAt) / 1000;
  }

  #rate(): string {
    return this.#done === 0 ? '' : `, ${Number((this.#done / Math.max(0.001, this.#seconds)).toPrecision(2))} jobs/s`;
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
