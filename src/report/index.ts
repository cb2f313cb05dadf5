// The reports: all of them functions from finished points to text.

export * from './charts/index.js';
export * from './dashboard.js';
export * from './html.js';
export * from './pictures/chart-style.js';
export * from './pictures/png.js';
export * from './pictures/svg.js';
export * from './records/open-metrics.js';
export * from './records/record.js';
export * from './records/record-schema.js';
export * from './records/result-texts.js';
export * from './records/summary-json.js';
export * from './records/thresholds.js';
export * from './reference.js';
export * from './tables/csv.js';
export * from './tables/csv-files.js';
export * from './tables/csv-reading.js';
export * from './tables/estimates.js';
export * from './tables/parquet.js';
export * from './tables/point-runs.js';
export * from './tables/point-tables.js';
export * from './tables/quantiles.js';
export * from './tables/reported-tables.js';
export * from './texts/sparklines.js';
export * from './texts/summary.js';
export { figure, plural, wrapped } from './texts/words.js';
export * from './trace/trace.js';
export * from './trace/trace-log.js';
