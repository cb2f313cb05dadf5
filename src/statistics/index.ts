// What a few runs say of all that might have been: intervals, pairs, warm-up. Imports nothing of the house.

export * from './interval.js';
export * from './paired.js';
export * from './quantile-interval.js';
export * from './warm-up.js';
