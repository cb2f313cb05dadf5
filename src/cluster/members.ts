// What an object has, its class included: for values that somebody else has made. Part of the cluster vocabulary.

/** Names of its own members, and of those that its class gives it. */
export function membersOf(value: object): PropertyKey[] {
  const names = new Set<PropertyKey>();
  let at: object | null = value;
  while (at !== null && at !== Object.prototype) {
    for (const name of Reflect.ownKeys(at)) if (name !== 'constructor') names.add(name);
    at = Object.getPrototypeOf(at) as object | null;
  }
  return [...names];
}

/** Whether it is something to be waited for. */
export const isPromise = (value: unknown): boolean =>
  typeof (value as { readonly then?: unknown } | null | undefined)?.then === 'function';
