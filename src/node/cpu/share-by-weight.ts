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

/** Who wants little for his weight has enough first. */
const before = (a: Claim, b: Claim): number => a.demand * b.weight - b.demand * a.weight;

/** Reused: a node that lacks CPU is divided again at each change. */
const order: Claim[] = [];
/** More are sorted by the language. */
const FEW = 24;

/** Divides the capacity: everybody's `given` says what he gets. */
export function shareByWeight(capacity: number, claims: readonly Claim[]): void {
  order.length = 0;
  let weights = 0;
  for (const claim of claims) {
    claim.given = 0;
    if (claim.demand <= 0) continue;
    weights += claim.weight;
    let at = order.length;
    order.push(claim);
    if (claims.length > FEW) continue;
    while (at > 0 && before(claim, order[at - 1]!) < 0) {
      order[at] = order[at - 1]!;
      at--;
    }
    order[at] = claim;
  }
  if (claims.length > FEW) order.sort(before);
  let left = capacity;
  for (const claim of order) {
    const share = (left * claim.weight) / weights;
    // Who lacks as much as a rounding lacks nothing.
    claim.given = share < claim.demand * (1 - 1e-9) ? share : claim.demand;
    left -= claim.given;
    weights -= claim.weight;
  }
}
