// kubelapse as a library: everything that it promises, and nothing else. No file, clock or console is touched; a program
// reads files itself and hands their texts over. docs/guides/library.md shows how; what parts of one's own are written with is
// `kubelapse/extension`, what checks them `kubelapse/testing`.

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
