// Aliases and merges of a YAML document: whether it has some, and whether they name what is there. Part of the scenario.

import { type Document, isAlias, isCollection, isMap, isNode, isPair, isScalar, type Node, visit } from 'yaml';

/** Whether a key says that its map takes over the keys of another: `<<`. */
export const isMergeKey = (key: unknown): boolean =>
  isScalar(key) && (key.value === '<<' || typeof key.value === 'symbol');

/** Whether a document has anchors or aliases. */
export function hasAliases(document: Document): boolean {
  let has = false;
  visit(document, {
    Node(_, node) {
      if (!isAlias(node) && node.anchor === undefined) return undefined;
      has = true;
      return visit.BREAK;
    },
  });
  return has;
}

/** Whether maps of a document take over the keys of others. */
export function hasMerges(document: Document): boolean {
  let has = false;
  visit(document, {
    Pair(_, { key }) {
      if (!isMergeKey(key)) return undefined;
      has = true;
      return visit.BREAK;
    },
  });
  return has;
}

/** Keys that the merges of a document take over at most. No published figure: each is looked up among those that are there. */
const MERGED_MAX = 100_000;
/** Anchors and aliases of a document at most. No published figure: for each alias the library looks through all of them. */
const ANCHORS_MAX = 5000;

export interface OddAlias {
  /** Where it stands. */
  readonly node: Node;
  /** What is wrong; undefined if it has no anchor before it. */
  readonly message: string | undefined;
}

/**
 * The first alias that is odd; undefined if none is. Anchors do not reach into the next document. In one walk, while
 * `Alias.resolve` walks the document for each.
 */
export function oddAlias(document: Document): OddAlias | undefined {
  const anchors = new Map<string, Node>();
  /** Keys that a map takes over, beside its own. */
  const takenOver = new Map<unknown, number>();
  let merged = 0;
  let count = 0;
  let odd: OddAlias | undefined;
  const found = (node: Node, message?: string): symbol => {
    odd = { node, message };
    return visit.BREAK;
  };
  visit(document, {
    Node(_, node, path) {
      if (!isAlias(node) && node.anchor === undefined) return undefined;
      count++;
      if (count > ANCHORS_MAX) return found(node, `there are more than ${ANCHORS_MAX} anchors and aliases`);
      if (!isAlias(node)) {
        anchors.set(node.anchor!, node);
        return undefined;
      }
      const meant = anchors.get(node.source);
      if (meant === undefined) return found(node);
      if (path.includes(meant)) return found(node, 'an alias is inside the value that it refers to');
      const map = mergingMap(path);
      if (map === undefined) return undefined;
      const keys = (isCollection(meant) ? meant.items.length : 1) + (takenOver.get(meant) ?? 0);
      takenOver.set(map, (takenOver.get(map) ?? 0) + keys);
      merged += keys;
      return merged > MERGED_MAX ? found(node, `merge keys copy more than ${MERGED_MAX} keys`) : undefined;
    },
  });
  return odd;
}

/** The map that takes over what stands at the end of a path: by its key, or by a list at it. */
function mergingMap(path: readonly unknown[]): unknown {
  const at = path.findLastIndex(isPair);
  const pair = path[at];
  return isPair(pair) && isMergeKey(pair.key) && isNode(pair.value) && isMap(path[at - 1]) ? path[at - 1] : undefined;
}
