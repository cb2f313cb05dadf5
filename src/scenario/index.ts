// The scenario: format, validation, manifests, resolution into what a run needs.

export { formatPath, type Path } from '../format/path.js';
export * from '../format/suggest.js';
export * from '../format/units.js';
export * from './diagnostics.js';
export * from './explain.js';
export * from './json-schema.js';
export * from './limits.js';
export * from './load.js';
export { fieldUseTables } from './manifests/field-lines.js';
export { type ListedField, ManifestFields } from './manifests/manifest-fields.js';
export { HEAD_CHARACTERS, isKeptByTools, type PassedOver, sortedOut } from './manifests/manifest-files.js';
export type { Untouched } from './manifests/untouched.js';
export * from './resolve/parameters.js';
export * from './resolve/profiles.js';
export { API_VERSION, type ScenarioSchema, scenarioSchemaOf } from './schema/index.js';
export { parsePath } from './sweep/overrides.js';
export * from './thresholds.js';
export * from './versions.js';
export { DEPTH_MAX, isDeeperThan, jsonValue } from './yaml/depth.js';
export * from './yaml/document.js';
export * from './yaml/source.js';
export { yamlValue } from './yaml/yaml-source.js';
