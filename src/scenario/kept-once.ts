// Names of which a large input has many alike: each is kept once. Part of the scenario.

/** Gives for each name the first that was the same: what else it stood in need not be kept for it. */
export function keptOnce(): (name: string) => string {
  const names = new Map<string, string>();
  return (name) => {
    const known = names.get(name);
    if (known === undefined) names.set(name, name);
    return known ?? name;
  };
}
