// All files of a result but run.json, at once: where there is no disk to write them to bit by bit. Part of the report.

import type { Catalogue } from '../../catalogue.js';
import type { Threshold } from '../../scenario/index.js';
import { csvFiles, type LeftOut } from '../tables/csv-files.js';
import { pointsOf } from '../tables/point-runs.js';
import { POINT_TABLES, pointCsvHeader, pointCsvRows } from '../tables/point-tables.js';
import type { RunRecord } from './record.js';
import { summaryJson } from './summary-json.js';
import { checkThresholds, thresholdsCsv } from './thresholds.js';

export interface ResultTexts {
  /** By file name. */
  readonly texts: Readonly<Record<string, string>>;
  readonly leftOut: readonly LeftOut[];
}

interface Reported {
  readonly catalogue: Pick<Catalogue, 'tables'>;
  readonly name: string;
  readonly question: string;
  readonly seed: string;
  readonly thresholds: readonly Threshold[];
}

/** @param records of all runs, at least one; point by point, and of each point one replication after the other. */
export function resultTexts(scenario: Reported, records: readonly RunRecord[]): ResultTexts {
  const { files, leftOut } = csvFiles(records, scenario.catalogue.tables.all);
  const texts: Record<string, string> = Object.fromEntries(files.map(({ name, text }) => [name, text]));
  const points = pointsOf(records);
  for (const table of POINT_TABLES) {
    const rows = points.map((point) => pointCsvRows(table, point)).join('');
    texts[table.file] = pointCsvHeader(table, records[0]!.parameters) + rows;
  }
  const checked = points.flatMap((point) => checkThresholds(scenario.thresholds, point));
  if (checked.length > 0) texts['thresholds.csv'] = thresholdsCsv(checked);
  texts['summary.json'] = summaryJson({ ...scenario, records }, checked);
  return { texts, leftOut };
}
