// Experiments: many runs that answer one question.

export * from './sweep.js';
