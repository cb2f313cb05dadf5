// The first few of something that changes while they are used. Part of the workload controllers.

export function first<T>(items: Iterable<T>, count: number): T[] {
  const all: T[] = [];
  if (count <= 0) return all;
  for (const item of items) {
    all.push(item);
    if (all.length === count) break;
  }
  return all;
}
