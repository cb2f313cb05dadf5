// Pictures beside results: charts/ and report.html. They are made of the tables, so those of an earlier run have to go.

import { setImmediate } from 'node:timers/promises';
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
import { checkCharts, drawn } from './drawn.js';
import {
  type FileContent,
  filesIn,
  folderOf,
  joinPath,
  type WholeFiles,
  writeAllWhole,
  writeWhole,
} from './files/index.js';
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
  if (charts) await checkCharts('--charts', 'or leave --charts out');
}

/** Makes the pictures that are wanted of a folder of results. @returns what was written. */
export async function writePictures(dir: string, { charts, report }: Pictures): Promise<string[]> {
  const written: string[] = [];
  if (charts) {
    const figures = usualFigures(plainRequest(pointsOfResults(readResults([dir]).map(({ tables }) => tables))));
    const folder = joinPath(dir, CHARTS_FOLDER);
    await drawFigures(folder, figures, 'light', folderOf(dir));
    written.push(`${folder}/ ${figures.length} charts, as SVG and as Vega-Lite`);
  }
  if (report) {
    const { reportOf } = await import('./report-page.js');
    writeWhole(joinPath(dir, REPORT_FILE), await reportOf([dir]), { root: folderOf(dir) });
    written.push(joinPath(dir, REPORT_FILE));
  }
  return written;
}

/** Draws each figure as SVG beside its specification. @param root folder of the notes about them. @returns a line a chart: its file and its finding. */
export async function drawFigures(
  dir: string,
  figures: readonly Figure[],
  theme: Theme,
  root?: string,
): Promise<string[]> {
  const lines: string[] = [];
  const files: FileContent[] = [];
  for (const figure of figures) {
    const spec = vegaLiteOf(figure, theme);
    const picture = joinPath(dir, `${figure.id}.svg`);
    files.push({ path: joinPath(dir, `${figure.id}.vl.json`), text: specText(spec) });
    files.push({ path: picture, text: await drawn(spec, 'chart') });
    lines.push(`${picture}   ${figure.title}`);
    // Lets signals through.
    await setImmediate();
  }
  writeAllWhole(files, [], { root });
  return lines;
}

/**
 * Takes away, when the files are put in place, the pictures that kubelapse made of earlier results.
 * @returns those that stay, though they are not of this run: a user's own, those that were changed, own charts.
 */
export function removePictures(dir: string, files: WholeFiles): string[] {
  const report = joinPath(dir, REPORT_FILE);
  const charts = joinPath(dir, CHARTS_FOLDER);
  const pictures = (filesIn(charts) ?? []).filter((name) => /\.(svg|png|vl\.json)$/.test(name));
  const isUsual = (name: string): boolean => isUsualFigure(name.replace(/\.(svg|vl\.json)$/, ''));
  return [
    ...(files.remove(report) ? [] : [report]),
    ...pictures
      .filter((name) => !(isUsual(name) && files.remove(joinPath(charts, name))))
      .map((name) => joinPath(charts, name)),
  ];
}
