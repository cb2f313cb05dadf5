// Quantiles of histograms of which only bucket counts are known. Part of the metrics.

/**
 * Quantile of bucket counts as Prometheus' histogram_quantile computes it: in a straight line within a bucket; the highest
 * finite bound for what lies above it. NaN without samples. In the unit of the bounds.
 * @param bounds upper bounds, rising. @param counts of each bucket, and of what lies above all bounds.
 */
export function bucketQuantile(bounds: readonly number[], counts: ArrayLike<number>, q: number): number {
  let total = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i]!;
  if (total === 0) return Number.NaN;
  const rank = q * total;
  let below = 0;
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i]!;
    if (below + count >= rank && count > 0) {
      if (i === bounds.length) return bounds[i - 1]!;
      const from = i === 0 ? 0 : bounds[i - 1]!;
      return from + (bounds[i]! - from) * ((rank - below) / count);
    }
    below += count;
  }
  return bounds[bounds.length - 1]!;
}
