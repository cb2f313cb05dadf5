// The only place that touches files. Reading takes ordinary files of a limited size from where an input may name them, with
// clear errors; writing is whole or not at all, and never over somebody else's file.

export * from './checks.js';
export * from './folder-lock.js';
export * from './inputs.js';
export { atExit, quietly } from './leftovers.js';
export { digestOfFile, isOwnFile, NOTES_FOLDER, wasOwnFile } from './own-files.js';
export * from './paths.js';
export * from './reading.js';
export * from './rules.js';
export * from './whole-files.js';
