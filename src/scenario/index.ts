// The scenario: format, validation, manifests, resolution into what a run needs.

export { formatPath, type Path } from '../format/path.js';
export * from '../format/suggest.js';
export * from '../format/units.js';
export { DEPTH_MAX, isDeeperThan, jsonValue } from './depth.js';
export * from './diagnostics.js';
export * from './document.js';
export * from './explain.js';
export * from './json-schema.js';
export * from './limits.js';
export * from './load.js';
export { mayMatter } from './manifest-fields.js';
export { parsePath } from './overrides.js';
export * from './parameters.js';
export * from './profiles.js';
export { API_VERSION } from './schema.js';
export * from './source.js';
export * from './thresholds.js';
export * from './versions.js';
export { yamlValue } from './yaml-source.js';
