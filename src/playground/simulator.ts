// The page's end of a worker: questions with their answers, and a run that can be paused and cancelled. Part of the playground.

import type {
  Checked,
  Choices,
  Drawings,
  Finished,
  LiveSeries,
  NamedResult,
  Reply,
  Request,
  ScenarioFiles,
  Suggestion,
} from './messages.js';

export interface Progress {
  readonly share: number;
  readonly label: string;
  readonly live: LiveSeries;
}

export type Outcome =
  | ({ readonly kind: 'finished'; readonly seconds: number } & Finished)
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly message: string };

type CheckReply = Extract<Reply, { kind: 'checked' }>;

type Unnumbered<R> = R extends { readonly id: number } ? Omit<R, 'id'> : never;

export class Simulator {
  readonly #worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #id = 0;

  constructor() {
    this.#worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => this.#waiting.get(data.id)?.(data));
    // A script that cannot be loaded answers nothing.
    this.#worker.addEventListener('error', (event) => {
      for (const [id, tell] of this.#waiting)
        tell({ kind: 'failed', id, message: event.message || 'the simulator could not be loaded', diagnostics: [] });
    });
  }

  /** Undefined if the simulator does not answer. What keeps it from checking anything is the only error then. */
  async check(
    files: ScenarioFiles,
  ): Promise<(Pick<CheckReply, 'diagnostics'> & { readonly checked: Checked | undefined }) | undefined> {
    const reply = await this.#ask({ kind: 'check', ...files });
    if (reply.kind === 'checked') return { diagnostics: reply.diagnostics, checked: reply.checked };
    if (reply.kind !== 'failed') return undefined;
    const { message } = reply;
    const place = { severity: 'error', file: 'extensions.json', line: 0, column: 0, field: '' } as const;
    return { diagnostics: [{ ...place, message }], checked: undefined };
  }

  async suggest(path: string): Promise<readonly Suggestion[]> {
    const reply = await this.#ask({ kind: 'suggest', path });
    return reply.kind === 'suggestions' ? reply.suggestions : [];
  }

  /** Undefined if the simulator does not answer. */
  async choices(): Promise<Choices | undefined> {
    const reply = await this.#ask({ kind: 'choices' });
    return reply.kind === 'choices' ? reply : undefined;
  }

  async drawings(results: readonly NamedResult[]): Promise<Drawings> {
    const reply = await this.#ask({ kind: 'figures', results });
    return reply.kind === 'drawn' ? reply : { figures: [], tables: [] };
  }

  /** Carries out all runs of a scenario. */
  run(files: ScenarioFiles, show: (progress: Progress) => void): Promise<Outcome> {
    const id = ++this.#id;
    const begin = performance.now();
    return new Promise((resolve) => {
      this.#waiting.set(id, (reply) => {
        if (reply.kind === 'progress') {
          show(reply);
          return;
        }
        this.#waiting.delete(id);
        if (reply.kind === 'finished') resolve({ ...reply, seconds: (performance.now() - begin) / 1000 });
        else if (reply.kind === 'failed') resolve({ kind: 'failed', message: reply.message });
        else resolve({ kind: 'cancelled' });
      });
      this.#say({ kind: 'run', id, ...files });
    });
  }

  control(kind: 'pause' | 'resume' | 'cancel'): void {
    this.#say({ kind });
  }

  #ask(question: Unnumbered<Request>): Promise<Reply> {
    const id = ++this.#id;
    return new Promise((resolve) => {
      this.#waiting.set(id, (reply) => {
        this.#waiting.delete(id);
        resolve(reply);
      });
      this.#say({ ...question, id } as Request);
    });
  }

  #say(request: Request): void {
    this.#worker.postMessage(request);
  }
}
