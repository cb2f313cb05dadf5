// How deep a value is nested, found without recursion: what comes from a file may be nested deeper than a stack is. Part of the
// scenario.

/** Levels that an input may be nested. No published figure: a manifest has a dozen, a CustomResourceDefinition some fifty. */
export const DEPTH_MAX = 200;

/** Whether objects and lists of a value lie within each other more than so many times. What is shared counts where it is deepest. */
export function isDeeperThan(value: unknown, most: number = DEPTH_MAX): boolean {
  let level: object[] = isNested(value) ? [value] : [];
  const seen = new Map<object, number>();
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > most) return true;
    const next: object[] = [];
    for (const one of level) {
      for (const child of Object.values(one)) {
        if (!isNested(child) || seen.get(child) === depth) continue;
        seen.set(child, depth);
        next.push(child);
      }
    }
    level = next;
  }
  return false;
}

const isNested = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** The value that a text of JSON says; undefined if it is none, or nested too deeply. */
export function jsonValue(text: string): { readonly value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isDeeperThan(value) ? undefined : { value };
  } catch {
    return undefined;
  }
}
