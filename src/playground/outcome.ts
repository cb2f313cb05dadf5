// What comes of runs: the texts of a result, and its figures. Part of the playground, and a file of its own that is loaded when the
// first run has ended: nobody needs it before.

import type { Catalogue } from '../catalogue.js';
import { foreignMetrics, foreignTables } from '../extension/foreign.js';
import { plainRequest, usualFigures } from '../report/charts/index.js';
import { reportedTables } from '../report/tables/reported-tables.js';
import type { Drawings, NamedResult } from './messages.js';

export { resultTexts } from '../report/records/result-texts.js';

/** The usual figures of some results, and their tables. */
export function drawingsOf(results: readonly NamedResult[], catalogue: Catalogue): Drawings {
  const foreign = { tables: foreignTables(catalogue), metrics: foreignMetrics(catalogue) };
  const tables = results.map(({ name, texts }) => ({ name, text: (file: string) => texts[file], foreign }));
  return { figures: usualFigures(plainRequest(tables)), tables: reportedTables(tables) };
}
