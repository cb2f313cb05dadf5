// Names with wildcards: what users ask for by name on the command line and in a scenario. Part of the format.

/** Whether a name meets a pattern: `*` stands for any text, none included. */
export function meetsWildcard(pattern: string, name: string): boolean {
  const [first, ...rest] = pattern.split('*');
  if (!name.startsWith(first!)) return false;
  const last = rest.pop();
  if (last === undefined) return name === first;
  // The first place of each piece will do, so it takes one walk.
  let at = first!.length;
  for (const piece of rest) {
    const found = name.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
