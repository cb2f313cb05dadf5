// Experiments: many runs that answer one question. Reproduction and calibration have entries of their own, in their folders:
// the libraries that they need are not loaded by a run.

export * from './jobs.js';
export * from './observed-run.js';
export * from './precision.js';
export * from './sweep.js';
export * from './warm-up.js';
