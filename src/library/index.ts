// The library's own names: runs and what they came to.

export {
  type Distribution,
  type Labels,
  type Series,
  SimulationResult,
  type TableRow,
} from './result.js';
export {
  difference,
  estimate,
  type Figure,
  type ReplicateOptions,
  replicate,
  type SimulateOptions,
  simulate,
} from './simulate.js';
