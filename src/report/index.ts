// The reports: all of them functions from finished points to text.

export * from './chart-style.js';
export * from './charts/index.js';
export * from './csv.js';
export * from './csv-files.js';
export * from './csv-reading.js';
export * from './dashboard.js';
export * from './estimates.js';
export * from './html.js';
export * from './open-metrics.js';
export * from './parquet.js';
export * from './png.js';
export * from './point-runs.js';
export * from './point-tables.js';
export * from './quantiles.js';
export * from './record.js';
export * from './record-schema.js';
export * from './reference.js';
export * from './reported-tables.js';
export * from './result-texts.js';
export * from './sparklines.js';
export * from './summary.js';
export * from './summary-json.js';
export * from './svg.js';
export * from './thresholds.js';
export * from './trace/trace.js';
export * from './trace/trace-log.js';
export { figure, plural, wrapped } from './words.js';
