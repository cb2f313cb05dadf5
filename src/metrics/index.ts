// The metrics: histogram, counter, series, recorder, and the list of all metrics.

export * from './bucket-quantile.js';
export * from './definitions.js';
export * from './histogram.js';
export * from './listened.js';
export * from './recorder.js';
export * from './scrapes.js';
