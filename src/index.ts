// kubelapse as a library. `simulate` is a pure function: a cluster and a seed in, a result out; no file, clock or console.

export * from './cluster/index.js';
export * from './engine/index.js';
export * from './experiment/index.js';
export { Histogram, METRICS } from './metrics/index.js';
export * from './report/index.js';
export type { FinishedPoint, RunResult } from './results/index.js';
export { CapacityError, Run, type RunOptions, simulate } from './run/index.js';
export { InputError, type LoadedScenario, loadScenario, scenarioJsonSchema } from './scenario/index.js';
