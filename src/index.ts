/**
 * kubelapse as a library: everything that it promises, and nothing else. No file, clock or console is touched; a program reads
 * files itself and hands their texts over. The guide "kubelapse as a library" shows how.
 *
 * @module kubelapse
 */

export { BUILT_IN, type Catalogue, type Parts } from './catalogue.js';
export type { ClusterSpec, Journal, Observed } from './cluster/index.js';
export { defineExtension, type Extension, ExtensionError, PartError, withExtension } from './extension/index.js';
export * from './library/index.js';
export type { MetricDefinition } from './metrics/index.js';
export type { RunResult } from './results/index.js';
export { CapacityError } from './run/index.js';
export {
  type Diagnostic,
  formatDiagnostics,
  InputError,
  type LoadedScenario,
  type LoadOptions,
  loadScenario,
  type Parameter,
  type ScenarioPoint,
  scenarioJsonSchema,
} from './scenario/index.js';
export type { Estimate, PairedDifference } from './statistics/index.js';
export { VERSION } from './version.js';
