// What comes of runs: the texts of a result, and its figures. Part of the playground, and a file of its own that is loaded when the
// first run has ended: nobody needs it before.

import type { Figure } from '../report/charts/index.js';
import { plainRequest, pointsOfResults, usualFigures } from '../report/charts/index.js';

export { resultTexts } from '../report/records/result-texts.js';

/** Results by name, with the text of each of their files. */
export interface NamedTexts {
  readonly name: string;
  readonly texts: Readonly<Record<string, string>>;
}

/** The usual figures of some results. */
export function figuresOf(results: readonly NamedTexts[]): Figure[] {
  const tables = results.map(({ name, texts }) => ({ name, text: (file: string) => texts[file] }));
  return usualFigures(plainRequest(pointsOfResults(tables)));
}
