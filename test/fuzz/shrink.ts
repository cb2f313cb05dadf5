// Makes a shipped scenario so small that a run takes a moment: fewer nodes, copies and replicas, a shorter time.
// Part of the fuzzer.

const SECONDS = 20;
const UNITS: Readonly<Record<string, number>> = { ms: 1e-3, s: 1, m: 60, h: 3600, d: 86_400 };

/** Fields of a scenario's times, which become shorter as the whole does. */
const TIMES = ['at', 'duration', 'over', 'warmup', 'every'];
const MOST: Readonly<Record<string, number>> = {
  count: 4,
  nodes: 2,
  copies: 2,
  replicas: 3,
  parallelism: 3,
  completions: 4,
  target: 10,
  clients: 5,
  replications: 1,
};

type Tree = Record<string, unknown>;
const isTree = (some: unknown): some is Tree => typeof some === 'object' && some !== null;

/** Documents of a file, smaller. */
export function shrunk(documents: readonly unknown[]): unknown[] {
  const [first] = documents as [{ spec?: { duration?: unknown } } | null];
  const seconds = secondsOf(first?.spec?.duration);
  const share = seconds === undefined ? 1 : Math.min(1, SECONDS / seconds);
  const small = structuredClone(documents) as unknown[];
  for (const document of small) {
    if (!isTree(document)) continue;
    walk(document, share);
    if (isTree(document.spec) && isTree(document.spec.sweep)) fewPoints(document.spec.sweep);
  }
  return small;
}

function secondsOf(text: unknown): number | undefined {
  const match = typeof text === 'string' ? /^([\d.]+)(ms|s|m|h|d)$/.exec(text) : null;
  return match === null ? undefined : Number(match[1]) * UNITS[match[2]!]!;
}

function walk(tree: Tree, share: number): void {
  for (const [key, value] of Object.entries(tree)) {
    const seconds = secondsOf(value);
    if (typeof value === 'number' && MOST[key] !== undefined) tree[key] = Math.min(value, MOST[key]);
    else if (seconds !== undefined && share < 1 && TIMES.includes(key))
      tree[key] = `${Math.max(1, Math.round(seconds * share * 1000))}ms`;
    else if (isTree(value) && key !== 'behavior') walk(value, share);
  }
}

/** The first value of each parameter. */
function fewPoints(sweep: Tree): void {
  if (!Array.isArray(sweep.parameters)) return;
  for (const parameter of sweep.parameters) {
    if (isTree(parameter) && Array.isArray(parameter.values)) {
      parameter.values = parameter.values
        .slice(0, 1)
        .map((value) => (typeof value === 'number' ? Math.min(value, 5) : value));
    }
  }
}
