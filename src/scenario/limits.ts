// How large an experiment may be. Part of the scenario. No published figure: beyond them lies a slip of the hand.

/** Points of a sweep at most. */
export const POINTS_MAX = 10_000;
/** Runs of an experiment at most: each leaves a record. */
export const RUNS_MAX = 1_000_000;
/** Requests per second of a stage at most: what comes of a run stays a number that is exact. */
export const RATE_MAX = 1e9;
/** Runs of a point at most. */
export const REPLICATIONS_MAX = 10_000;
