// Names the part in which something was thrown, at no cost as long as nothing is. Part of the extensions.
// A foreign part is called as directly as one of kubelapse's own. What throws is simply done again, with every foreign part
// watched: the same thing happens again, or no part was to blame.

import { type Catalogue, type LoadedExtension, type Parts, withReplaced } from '../catalogue.js';
import { KINDS, labelOf } from './contracts.js';
import { guarded, PartError } from './guard.js';

/** Those whose parts say who they are already: what is thrown with them is not done once more. */
const WATCHED = new WeakSet<Catalogue>();

/** The same catalogue, whose foreign parts say who they are when they throw. */
export function watchedCatalogue(catalogue: Catalogue): Catalogue {
  const watched = withReplaced(catalogue, (kind, part) => {
    const owner = ownerOf(catalogue, kind, part);
    return owner === undefined ? part : guarded(part, labelOf(kind, part, owner.name), KINDS[kind].makes);
  });
  WATCHED.add(watched);
  return watched;
}

const ownerOf = ({ extensions }: Catalogue, kind: keyof Parts, part: object): LoadedExtension | undefined =>
  extensions.find(({ parts }) => (parts[kind] as readonly object[] | undefined)?.includes(part));

/**
 * What was thrown, as an error of the part that threw it, if one did.
 * @param again does the same thing once more, with other values for the parts. @param catalogue those that it was done with.
 */
export function namedError(error: unknown, catalogue: Catalogue, again: (catalogue: Catalogue) => void): unknown {
  if (error instanceof PartError || catalogue.extensions.length === 0 || WATCHED.has(catalogue)) return error;
  try {
    again(watchedCatalogue(catalogue));
  } catch (named) {
    if (named instanceof PartError) return named;
  }
  return error;
}
