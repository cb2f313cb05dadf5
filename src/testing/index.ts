// `kubelapse/testing`: the contract kit. It runs an extension as kubelapse would and looks for promises that it breaks; a test of
// any runner calls `assertExtension`.

export { type BenchOutcome, type BenchSide, benchExtension } from './bench.js';
export { assertExtension, type CheckName, type CheckOptions, checkExtension, type Problem } from './check.js';
