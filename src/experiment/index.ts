// Experiments: many runs that answer one question.

export * from './calibrate/index.js';
export * from './csv-input.js';
export * from './reproduce/index.js';
export * from './sweep.js';
