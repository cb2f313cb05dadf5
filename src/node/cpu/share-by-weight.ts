// Sharing a capacity by weight among those who want some of it. Part of the machine; a pure rule.
// Weighted max-min fairness: nobody gets more than he wants, and what one leaves the others share by their weights. So the
// kernel's fair group scheduling divides a level of the cgroup tree, seen over more than a few milliseconds.

/** Whoever wants some. */
export interface Claim {
  readonly weight: number;
  readonly demand: number;
  /** What it gets. */
  given: number;
}

/** Divides the capacity: everybody's `given` says what he gets. */
export function shareByWeight(capacity: number, claims: readonly Claim[]): void {
  for (const claim of claims) claim.given = 0;
  const order = claims.filter(({ demand }) => demand > 0);
  // Who wants little for his weight has enough first.
  order.sort((a, b) => a.demand * b.weight - b.demand * a.weight);
  let left = capacity;
  let weights = order.reduce((all, { weight }) => all + weight, 0);
  for (const claim of order) {
    claim.given = Math.min(claim.demand, (left * claim.weight) / weights);
    left -= claim.given;
    weights -= claim.weight;
  }
}
