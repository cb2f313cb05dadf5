// Pictures beside results: charts/ and report.html. They are made of the tables, so those of an earlier run have to go.

import {
  type Figure,
  isUsualFigure,
  plainRequest,
  pointsOfResults,
  type Theme,
  usualFigures,
  vegaLiteOf,
} from '../report/index.js';
import { jsonText } from '../text/index.js';
import { drawn } from './drawn.js';
import { filesIn, joinPath, removeFile, writeWhole } from './files.js';
import { readResults } from './result-folder.js';

export const REPORT_FILE = 'report.html';
const CHARTS_FOLDER = 'charts';

export interface Pictures {
  readonly charts: boolean;
  readonly report: boolean;
}

type Spec = Readonly<Record<string, unknown>>;

export const specText = (spec: Spec): string => `${jsonText(spec, 2)}\n`;

/** Throws an InputError if charts are wanted and cannot be drawn here: before any work is done. */
export async function checkPictures({ charts }: Pictures): Promise<void> {
  if (charts) await drawn({ data: { values: [] }, mark: 'point' }, '--charts', 'or leave --charts out');
}

/** Makes the pictures that are wanted of a folder of results. @returns what was written. */
export async function writePictures(dir: string, { charts, report }: Pictures): Promise<string[]> {
  const written: string[] = [];
  if (charts) {
    const figures = usualFigures(plainRequest(pointsOfResults(readResults([dir]).map(({ tables }) => tables))));
    const folder = joinPath(dir, CHARTS_FOLDER);
    await drawFigures(folder, figures, 'light');
    written.push(`${folder}/ ${figures.length} charts, as SVG and as Vega-Lite`);
  }
  if (report) {
    const { reportOf } = await import('./report-page.js');
    writeWhole(joinPath(dir, REPORT_FILE), await reportOf([dir]));
    written.push(joinPath(dir, REPORT_FILE));
  }
  return written;
}

/** Draws each figure as SVG beside its specification. @returns a line a chart: its file and its finding. */
export async function drawFigures(dir: string, figures: readonly Figure[], theme: Theme): Promise<string[]> {
  const lines: string[] = [];
  for (const figure of figures) {
    const spec = vegaLiteOf(figure, theme);
    const svg = await drawn(spec, 'chart');
    writeWhole(joinPath(dir, `${figure.id}.vl.json`), specText(spec));
    writeWhole(joinPath(dir, `${figure.id}.svg`), svg);
    lines.push(`${joinPath(dir, `${figure.id}.svg`)}   ${figure.title}`);
  }
  return lines;
}

/** Takes away the pictures that kubelapse made of earlier results; a user's own stay. */
export function removePictures(dir: string): void {
  removeFile(joinPath(dir, REPORT_FILE));
  for (const name of filesIn(joinPath(dir, CHARTS_FOLDER)) ?? []) {
    if (isUsualFigure(name.replace(/\.(svg|vl\.json)$/, ''))) removeFile(joinPath(dir, CHARTS_FOLDER, name));
  }
}
