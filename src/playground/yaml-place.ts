// Where in a YAML text a cursor is: the path of keys above it, by indentation. Part of the playground.

export interface YamlPlace {
  /** Path such as `spec.kubeProxy`: what the cursor is in, with the key of its line if it stands behind one. */
  readonly path: string;
  /** The word before the cursor, and where it begins. */
  readonly word: string;
  readonly from: number;
  readonly isValue: boolean;
}

/** Undefined in comments and in further documents, which are Kubernetes' own objects. */
export function placeAt(text: string, position: number): YamlPlace | undefined {
  const before = text.slice(0, position);
  if (/^---\s*$/m.test(before.replace(/^---\s*\n/, ''))) return undefined;
  const lines = before.split('\n');
  const line = lines.pop()!;
  if (/(^|\s)#/.test(line)) return undefined;
  const inline = /[{,]\s*([\w.-]*)$/.exec(line);
  const value = /^(\s*(?:- )*)([\w.-]+):\s+(\S*)$/.exec(line);
  const field = /^(\s*(?:- )*)([\w.-]*)$/.exec(line);
  const keys: string[] = [];
  if (inline !== null && line.includes('{')) {
    const head = /^(\s*(?:- )*)(?:([\w.-]+):\s*)?\{/.exec(line);
    if (head === null) return undefined;
    keys.push(...above(lines, head[1]!.length), ...(head[2] === undefined ? [] : [head[2]]));
    return { path: keys.join('.'), word: inline[1]!, from: position - inline[1]!.length, isValue: false };
  }
  if (value !== null) {
    keys.push(...above(lines, value[1]!.length), value[2]!);
    return { path: keys.join('.'), word: value[3]!, from: position - value[3]!.length, isValue: true };
  }
  if (field === null) return undefined;
  keys.push(...above(lines, field[1]!.length));
  return { path: keys.join('.'), word: field[2]!, from: position - field[2]!.length, isValue: false };
}

/** Keys of the lines above that a line of this indentation lies in. */
function above(lines: readonly string[], indentation: number): string[] {
  const keys: string[] = [];
  let limit = indentation;
  for (let i = lines.length - 1; i >= 0 && limit > 0; i--) {
    const match = /^(\s*(?:- )*)([\w.-]+):/.exec(lines[i]!);
    if (match === null || match[1]!.length >= limit) continue;
    keys.unshift(match[2]!);
    limit = match[1]!.length;
  }
  // A list may stand at the indentation of its key: the fields of its items are deeper by the dash.
  return keys;
}
