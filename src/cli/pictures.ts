// Pictures beside results: charts/ and report.html. They are made of the tables, so those of an earlier run have to go.

import { setImmediate } from 'node:timers/promises';
import {
  type Figure,
  isUsualFigure,
  plainRequest,
  svgOf,
  type Theme,
  usualFigures,
  vegaLiteOf,
} from '../report/index.js';
import { jsonText } from '../text/index.js';
import {
  baseOf,
  checkReplaceable,
  type FileContent,
  filesIn,
  folderOf,
  isFile,
  joinPath,
  type WholeFiles,
  writeAllWhole,
  writeWhole,
} from './files/index.js';
import { readResults } from './result-folder.js';
import { IN_RESULTS } from './results.js';

export const REPORT_FILE = 'report.html';
const CHARTS_FOLDER = 'charts';

export interface Pictures {
  readonly charts: boolean;
  readonly report: boolean;
}

type Spec = Readonly<Record<string, unknown>>;

export const specText = (spec: Spec): string => `${jsonText(spec, 2)}\n`;

/**
 * Looks whether pictures of a folder of results have a place, before any work is done. Throws an InputError if one would take the
 * place of somebody's own.
 */
export function checkPictures(dir: string, { charts, report }: Pictures): void {
  for (const path of picturesIn(dir))
    if (isMade(path, { charts, report })) checkReplaceable(path, undefined, IN_RESULTS);
}

/** Pictures that are in a folder of results, whoever made them. */
function picturesIn(dir: string): string[] {
  const charts = joinPath(dir, CHARTS_FOLDER);
  const names = (filesIn(charts) ?? []).filter((name) => /\.(svg|png|vl\.json)$/.test(name));
  const report = joinPath(dir, REPORT_FILE);
  return [...(isFile(report) ? [report] : []), ...names.map((name) => joinPath(charts, name))];
}

/** Whether a picture may be one of those that are made by themselves. */
function isMade(path: string, { charts, report }: Pictures): boolean {
  const name = baseOf(path);
  return name === REPORT_FILE ? report : charts && isUsualFigure(name.replace(/\.(svg|vl\.json)$/, ''));
}

/** Makes the pictures that are wanted of a folder of results. @returns what was written. */
export async function writePictures(dir: string, { charts, report }: Pictures): Promise<string[]> {
  const written: string[] = [];
  if (charts) {
    const figures = usualFigures(plainRequest(readResults([dir]).map(({ tables }) => tables)));
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
    files.push({ path: picture, text: await svgOf(spec) });
    lines.push(`${picture}   ${figure.title}`);
    // Lets signals through.
    await setImmediate();
  }
  writeAllWhole(files, [], { root });
  return lines;
}

/**
 * Removes, when the files are put in place, the pictures that kubelapse made of earlier results.
 * @param wanted those that are made next, over what is there. @returns those that stay, though they are not of this run: a
 * user's own, those that were changed, own charts.
 */
export function removePictures(dir: string, files: WholeFiles, wanted: Pictures): string[] {
  const all = { charts: true, report: true };
  return picturesIn(dir).filter((path) => !(isMade(path, all) && files.remove(path)) && !isMade(path, wanted));
}
