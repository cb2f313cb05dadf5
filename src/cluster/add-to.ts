// Lists by a key, made as they are needed. Part of the cluster vocabulary.

/** One more of those that belong to a key. */
export function addTo<K, T>(lists: Map<K, T[]>, key: K, item: T): void {
  const known = lists.get(key);
  if (known === undefined) lists.set(key, [item]);
  else known.push(item);
}
