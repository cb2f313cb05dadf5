// What may carry out the runs of an experiment.

export const ENGINES = ['auto', 'inline', 'threads'] as const;
export type EngineName = (typeof ENGINES)[number];
