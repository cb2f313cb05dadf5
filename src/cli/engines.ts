// What may carry out the runs of an experiment.

export const ENGINES = ['auto', 'inline', 'threads', 'bullmq'] as const;
export type EngineName = (typeof ENGINES)[number];

export interface EngineOptions {
  readonly engine: EngineName;
  /** Threads at most; undefined: one a core. */
  readonly threads?: number | undefined;
  /** URL of the queue, for bullmq. */
  readonly queueUrl?: string | undefined;
}
