// What a node is worth by how much of its resources is in use: the strategies of NodeResourcesFit, and the balance of several
// resources. Pure rules of the scheduler, in Kubernetes' whole numbers.
// Source: pkg/scheduler/framework/plugins/noderesources/{least_allocated,most_allocated,requested_to_capacity_ratio,balanced_allocation}.go.

/** 0 … 100: the free share of one resource. */
export const leastAllocated = (requested: number, capacity: number): number =>
  capacity === 0 || requested > capacity ? 0 : Math.floor(((capacity - requested) * 100) / capacity);

/** 0 … 100: the share of one resource in use; more than there is counts as all of it. */
export const mostAllocated = (requested: number, capacity: number): number =>
  capacity === 0 ? 0 : Math.floor((Math.min(requested, capacity) * 100) / capacity);

/** A point of a shape: what a share of use is worth. */
export interface ShapePoint {
  /** 0 … 100. */
  readonly utilization: number;
  /** 0 … 10. */
  readonly score: number;
}

/** 0 … 100: what the shape says of the share in use, on lines between its points. */
export function requestedToCapacity(shape: readonly ShapePoint[], requested: number, capacity: number): number {
  const used = capacity === 0 || requested > capacity ? 100 : Math.floor((requested * 100) / capacity);
  const scaled = (i: number): number => shape[i]!.score * 10;
  for (let i = 0; i < shape.length; i++) {
    if (used > shape[i]!.utilization) continue;
    if (i === 0) return scaled(0);
    const [left, right] = [shape[i - 1]!.utilization, shape[i]!.utilization];
    return scaled(i - 1) + Math.trunc(((scaled(i) - scaled(i - 1)) * (used - left)) / (right - left));
  }
  return scaled(shape.length - 1);
}

/** 0 … 100: how alike the shares of several resources in use are. @param shares 0 … 1 each. */
export function balance(shares: readonly number[]): number {
  if (shares.length === 0) return 100;
  if (shares.length === 2) return Math.floor((1 - Math.abs(shares[0]! - shares[1]!) / 2) * 100);
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  const variance = shares.reduce((sum, share) => sum + (share - mean) * (share - mean), 0) / shares.length;
  return Math.floor((1 - Math.sqrt(variance)) * 100);
}

/** 50 … 100: whether a pod makes the use of a node more balanced, from Kubernetes 1.36 on. */
export const balanceGained = (withPod: number, without: number): number =>
  50 + Math.floor((50 + withPod - without) / 2);
