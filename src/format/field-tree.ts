// What is made of each field of an object of Kubernetes: used, of no effect here, or left out although it changes the answer.
// A tree as the object is one; what is in a list stands for each of its items.

/** A field that is left out although a real cluster would behave differently because of it. */
export interface Changes {
  /** What a real cluster does with it: "volumes are attached before the containers start". */
  readonly changes: string;
  /** Whether a value does so; every one if left out. */
  when?(value: unknown): boolean;
  /** A part of what it says is in the run all the same. */
  readonly isPartlyUsed?: boolean;
  /** What of a value does so; all of it if left out. */
  part?(value: unknown): unknown;
}

/** `used`: what it says is in the run. `nothing`: it makes no difference to what is simulated. */
export type FieldLeaf = 'used' | 'nothing' | Changes;

/** Fields of an object by name; a leaf stands for all that is below it. */
export interface FieldTree {
  readonly [field: string]: FieldLeaf | FieldTree;
}

/** Steps of honesty. */
export type FieldStep = 'used' | 'nothing' | 'answer';

export const USED = 'used';
export const NOTHING = 'nothing';

/** @param why what a real cluster does with it. @param when whether a value does so; every one if left out. */
export const changes = (why: string, when?: (value: unknown) => boolean): Changes => ({
  changes: why,
  ...(when === undefined ? {} : { when }),
});

/** Names that all have one leaf. */
export const each = (leaf: FieldLeaf | FieldTree, ...names: readonly string[]): FieldTree =>
  Object.fromEntries(names.map((name) => [name, leaf]));

export const isLeaf = (node: FieldLeaf | FieldTree): node is FieldLeaf =>
  typeof node === 'string' || typeof node.changes === 'string';

/** The step of a leaf where it has a value. */
export function stepOf(leaf: FieldLeaf, value: unknown): FieldStep {
  if (typeof leaf === 'string') return leaf;
  return leaf.when === undefined || leaf.when(value) ? 'answer' : 'nothing';
}

/** The tree with another one put in at a path; what is there already is joined with it. */
export function grafted(tree: FieldTree, path: readonly (string | number)[], branch: FieldTree): FieldTree {
  const [step, ...rest] = path;
  if (step === undefined) return joined(tree, branch);
  const there = tree[step];
  const below = there === undefined || isLeaf(there) ? {} : there;
  return { ...tree, [step]: grafted(below, rest, branch) };
}

function joined(one: FieldTree, other: FieldTree): FieldTree {
  const both = Object.entries(other).map(([name, node]): [string, FieldLeaf | FieldTree] => {
    const known = one[name];
    return [name, known === undefined || isLeaf(known) || isLeaf(node) ? node : joined(known, node)];
  });
  return { ...one, ...Object.fromEntries(both) };
}
