// The scenario: format, validation, manifests, resolution into what a run needs.

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
export * from './suggest.js';
export * from './thresholds.js';
export * from './units.js';
export { formatPath, type Path, yamlValue } from './yaml-source.js';
