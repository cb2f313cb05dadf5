// How much of a run's beginning is not yet its steady state: MSER-5 (White, Cobb and Spratt, WSC 2000). Part of the
// statistics.

/** Observations that are taken together, so that one of them alone decides nothing. */
const BATCH = 5;

/**
 * The number of observations to leave out at the beginning: where the standard error of the mean of the rest is least, and
 * at most half of all. Undefined if it is found at the end of that half: no steady state was reached. 0 for fewer than 10.
 */
export function mserWarmUp(observations: readonly number[]): number | undefined {
  const batches = Math.floor(observations.length / BATCH);
  if (batches < 2) return 0;
  const means = Array.from({ length: batches }, (_, b) => {
    let sum = 0;
    for (let i = 0; i < BATCH; i++) sum += observations[b * BATCH + i]!;
    return sum / BATCH;
  });
  let best = 0;
  let least = Infinity;
  // From the end, so that sums of what is left grow by one batch a step; less the last, so that they do not cancel.
  const shift = means[batches - 1]!;
  let sum = 0;
  let squares = 0;
  const half = Math.floor(batches / 2);
  for (let from = batches - 1; from >= 0; from--) {
    const mean = means[from]! - shift;
    sum += mean;
    squares += mean * mean;
    if (from > half) continue;
    const left = batches - from;
    const error = Math.max(0, squares - (sum * sum) / left) / (left * left);
    if (error <= least) {
      least = error;
      best = from;
    }
  }
  return best === half && half > 0 && least > 0 ? undefined : best * BATCH;
}
