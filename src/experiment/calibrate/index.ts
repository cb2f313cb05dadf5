// Costs of the model, fitted to a user's own measurements.

export * from './fit.js';
export * from './measurements.js';
export * from './profile-text.js';
export * from './prometheus.js';
