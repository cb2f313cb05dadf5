/**
 * The contract kit: it runs an extension as kubelapse would and looks for promises that it breaks; a test of any runner calls
 * `assertExtension`.
 *
 * @module kubelapse/testing
 */

export { type BenchOutcome, type BenchSide, benchExtension } from './bench.js';
export { assertExtension, type CheckName, type CheckOptions, checkExtension, type Problem } from './check.js';
