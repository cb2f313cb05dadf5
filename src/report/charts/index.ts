// Charts: from the tables of results to figures, and from figures to specifications.

export * from './chart-type-names.js';
export * from './chart-types.js';
export * from './custom.js';
export * from './figure.js';
export { textOf } from './findings.js';
export * from './foreign-spec.js';
export { LATENCIES } from './latencies.js';
export * from './layout.js';
export * from './request.js';
export * from './result-tables.js';
export { titleText, vegaLiteOf } from './vega-lite.js';
