// `kubelapse chart`: draws results, or a specification of Vega-Lite, as SVG, PNG or a specification to restyle.

import {
  CHART_TYPES,
  type ChartRequest,
  type ChartType,
  type ChartTypeName,
  type CustomChart,
  estimateFigure,
  type Figure,
  type Layout,
  metricsOf,
  NOT_FETCHED,
  parameterNames,
  pointsOfResults,
  svgOf,
  type Theme,
  tableFigure,
  tablesOf,
  tamedSpec,
  usualFigures,
  vegaLiteOf,
} from '../../report/index.js';
import { didYouMean, fileError, jsonValue, parseFigure, parseSelector } from '../../scenario/index.js';
import { UsageError } from '../arguments.js';
import { drawnApart, pngDrawn } from '../drawn.js';
import { ExitCode } from '../exit-code.js';
import {
  checkFile,
  checkFolder,
  checkReplaceable,
  folderOf,
  joinPath,
  lockFolder,
  readText,
  refuseOwnInputs,
  writeAllWhole,
} from '../files/index.js';
import { drawFigures, specText } from '../pictures.js';
import { printDocument, printLine, sayLine } from '../print.js';
import { type ResultFolder, readResults } from '../result-folder.js';

export interface ChartArguments {
  readonly sources: readonly string[];
  readonly type?: ChartTypeName | undefined;
  readonly metric?: string | undefined;
  readonly x?: string | undefined;
  readonly y?: string | undefined;
  readonly table?: string | undefined;
  readonly mark?: CustomChart['mark'] | undefined;
  readonly color?: string | undefined;
  readonly facet?: string | undefined;
  readonly log?: 'x' | 'y' | 'xy' | 'none' | undefined;
  readonly theme: Theme;
  readonly outputs: readonly string[];
  readonly quiet: boolean;
}

type Spec = Readonly<Record<string, unknown>>;

/** Types whose colours and panels are given by what they show. */
const FIXED_TYPES: readonly ChartTypeName[] = ['stages', 'breakdown', 'faults'];

const SPEC_FILE = /\.(vl\.)?json$/;
const CHART_FILE = /\.(svg|png|vl\.json)$/;

export async function chartCommand(args: ChartArguments): Promise<number> {
  refuseUnclear(args);
  const [source] = args.sources as readonly [string, ...string[]];
  const target = targetOf(args);
  if (SPEC_FILE.test(source)) {
    return await drawSpec(source, target as Files, args);
  }
  refuseTwins(args.sources);
  const folders = readResults(args.sources);
  const figures = figuresOf(args, folders);
  if ('files' in target) {
    const [figure, ...more] = figures;
    if (more.length > 0) {
      const names = CHART_TYPES.map(({ type }) => type).join(', ');
      throw fileError(
        target.files[0]!,
        `is one file, and there are ${figures.length} charts`,
        `say which with --type: ${names}`,
      );
    }
    const spec = vegaLiteOf(figure!, args.theme);
    const svg = wantsPicture(target) ? await svgOf(spec) : '';
    await write(spec, { svg }, target, true, args, figure!.title);
    return ExitCode.Ok;
  }
  const own = target.dir === undefined ? folders[0]!.dir : undefined;
  const dir = target.dir ?? joinPath(own!, 'charts');
  for (const { id } of figures) for (const end of ['svg', 'vl.json']) checkReplaceable(joinPath(dir, `${id}.${end}`));
  const unlock = lockFolder(own ?? dir);
  try {
    const root = own === undefined ? undefined : folderOf(own);
    for (const line of await drawFigures(dir, figures, args.theme, root)) if (!args.quiet) printLine(line);
    return ExitCode.Ok;
  } finally {
    unlock();
  }
}

function refuseUnclear({ sources, type, metric, x, y, table, mark, color, facet, log, outputs }: ChartArguments): void {
  const isSpec = sources.some((source) => SPEC_FILE.test(source));
  if (isSpec && sources.length > 1) throw new UsageError('chart: give one specification, or folders of results');
  if (isSpec && [type, metric, x, y, table, color, facet, log].some((value) => value !== undefined))
    throw new UsageError('chart: a specification is drawn as it is: leave out all but --output');
  if (isSpec && outputs.length === 0) throw new UsageError('chart: name the picture: --output chart.svg or chart.png');
  if ((x === undefined) !== (y === undefined)) throw new UsageError('chart: --x and --y must be given together');
  if (type !== undefined && y !== undefined) throw new UsageError('--type and --y cannot be used together');
  if (table !== undefined && y === undefined) throw new UsageError('--table is for custom charts: give --x and --y');
  if (mark !== undefined && y === undefined) throw new UsageError('--mark is for custom charts: give --x and --y');
  if (type !== undefined && FIXED_TYPES.includes(type) && (color ?? facet) !== undefined) {
    throw new UsageError(`--type ${type} has fixed colours and panels: leave out --color and --facet`);
  }
  const hasMetric = CHART_TYPES.some((chart) => chart.type === type && chart.hasMetric);
  if (metric !== undefined && !hasMetric) {
    const names = CHART_TYPES.filter((chart) => chart.hasMetric).map((chart) => chart.type);
    throw new UsageError(`--metric ${metric}: needs --type ${names.join(', or ')}`);
  }
}

interface Files {
  readonly files: readonly string[];
}

/** The same results twice would lie upon each other. */
function refuseTwins(sources: readonly string[]): void {
  const twin = sources.find((source, i) =>
    sources.slice(0, i).some((other) => joinPath(other, '.') === joinPath(source, '.')),
  );
  if (twin !== undefined) throw fileError(twin, 'is given twice');
}

/** Where charts go: files, all of the same chart, or a folder. */
function targetOf({ outputs, sources }: ChartArguments): Files | { readonly dir: string | undefined } {
  if (outputs.length === 0) {
    if (sources.length > 1) throw new UsageError('chart: several results: name a file or a folder with --output');
    return { dir: undefined };
  }
  const isChart = (path: string): boolean => path === '-' || CHART_FILE.test(path);
  if (outputs.every(isChart)) {
    const isSpec = SPEC_FILE.test(sources[0]!);
    const files = outputs.filter((path) => path !== '-');
    const all = [...files, ...(isSpec ? [] : files.map(specBeside))];
    for (const path of new Set(all)) checkFile(path, 'name a file with --output');
    refuseOwnInputs(files, isSpec ? sources : []);
    return { files: outputs };
  }
  const [dir, ...more] = outputs;
  const odd = outputs.find((path) => /\.\w+$/.test(path) && !isChart(path));
  if (odd !== undefined || more.length > 0) {
    throw new UsageError(`--output ${odd ?? more[0]}: must end with .svg, .png or .vl.json, or be one folder`);
  }
  checkFolder(dir!, 'name another folder with --output');
  return { dir };
}

interface Picture {
  /** Empty where none is wanted. */
  readonly svg: string;
  /** The same, if it was made already. */
  readonly png?: Uint8Array | undefined;
}

/** @param beside whether the specification goes beside each picture. */
async function write(
  spec: Spec,
  { svg, png }: Picture,
  { files }: Files,
  beside: boolean,
  { quiet }: ChartArguments,
  title: string,
): Promise<void> {
  const contents = new Map<string, string | Uint8Array>();
  for (const file of files) {
    if (file === '-') continue;
    const isPicture = !file.endsWith('.vl.json');
    if (!isPicture) contents.set(file, specText(spec));
    else if (file.endsWith('.png')) contents.set(file, png ?? (await pngDrawn(svg, file)));
    else contents.set(file, svg);
    if (isPicture && beside) contents.set(specBeside(file), specText(spec));
  }
  writeAllWhole([...contents].map(([path, text]) => ({ path, text })));
  if (files.includes('-')) printDocument(svg);
  if (!quiet) for (const file of files) if (file !== '-') printLine(`${file}   ${title}`);
}

const specBeside = (picture: string): string => picture.replace(/\.(svg|png)$/, '.vl.json');
const wantsPicture = ({ files }: Files): boolean => files.some((file) => !file.endsWith('.vl.json'));

/** Draws what an author has written; what is wrong with it is said. */
async function drawSpec(source: string, target: Files, args: ChartArguments): Promise<number> {
  const { spec, notes, problem } = tamedSpec(specIn(source));
  if (problem !== undefined) throw fileError(source, problem, 'aggregate the data first');
  for (const note of notes) sayLine(`${source}: ${note}`);
  let picture: Picture = { svg: '' };
  if (wantsPicture(target)) {
    try {
      const drawing = await drawnApart(
        spec,
        target.files.some((file) => file.endsWith('.png')),
      );
      if (drawing.warnings.some((text) => text.includes(NOT_FETCHED))) throw new Error(NOT_FETCHED);
      for (const text of new Set(drawing.warnings)) sayLine(`warning: ${text}`);
      picture = drawing;
    } catch (error) {
      const hint = 'the editor at https://vega.github.io/editor says more';
      throw fileError(source, `cannot be drawn: ${(error as Error).message}`, hint);
    }
  }
  await write(spec, picture, target, false, args, source);
  return ExitCode.Ok;
}

function specIn(path: string): Spec {
  const text = readText(path, 'name a Vega-Lite specification, or a folder of results');
  const spec = jsonValue(text)?.value;
  if (typeof spec === 'object' && spec !== null && !Array.isArray(spec)) return spec as Spec;
  throw fileError(path, 'is not a Vega-Lite specification, which is a JSON object');
}

/** The charts that are asked for; at least one. Throws an InputError. */
function figuresOf(args: ChartArguments, folders: readonly ResultFolder[]): Figure[] {
  const request = requestOf(args, folders);
  refuseUnknownDimensions(args, request, columnsOf(folders));
  const figures =
    args.y === undefined ? typedFigures(args, request) : [customFigure(args, args.x!, args.y, request, folders)];
  const [figure] = figures;
  if (figure !== undefined) return figures;
  const { dir, manifest } = folders[0]!;
  const tables = CHART_TYPES.find(({ type }) => type === args.type)?.tables ?? [];
  const leftOut = manifest.leftOut.find(({ name }) => tables.includes(name));
  if (leftOut !== undefined) {
    throw fileError(
      dir,
      `has no ${leftOut.name}: its ${leftOut.rows} rows were left out`,
      'run the scenario again with --raw',
    );
  }
  throw fileError(dir, `has nothing to draw${args.type === undefined ? '' : ` for --type ${args.type}`}`);
}

/** What colours and panels may tell apart: parameters, labels of metrics, columns of a table. Throws an InputError. */
function refuseUnknownDimensions(
  { color, facet, table, y }: ChartArguments,
  { points, metrics }: ChartRequest,
  tables: readonly TableColumns[],
): void {
  const parameters = parameterNames(points);
  const labels = Object.values(metrics).flatMap((metric) => metric.labels);
  const columns =
    y === undefined
      ? []
      : tables.flatMap(({ file, columns: own }) => (table === undefined || file === table ? own : []));
  const known = [...new Set([...parameters, ...labels, ...columns])];
  for (const [flag, name] of [
    ['--color', color],
    ['--facet', facet],
  ] as const) {
    if (name === undefined || known.includes(name)) continue;
    const told =
      parameters.length === 0
        ? `these results are not from a sweep; labels of their metrics: ${[...new Set(labels)].join(', ')}`
        : `parameters: ${parameters.join(', ')}`;
    throw fileError(
      `${flag} ${name}`,
      'is neither a parameter of these results nor a label or a column',
      didYouMean(name, known) ?? told,
    );
  }
}

function typedFigures({ type, metric }: ChartArguments, request: ChartRequest): Figure[] {
  if (type === undefined) return usualFigures(request);
  const chart = CHART_TYPES.find((one) => one.type === type)!;
  const figure = chart.make(request, metric === undefined ? undefined : metricOf(metric, request));
  return figure === undefined ? [] : [figure];
}

function requestOf({ color, facet, log }: ChartArguments, folders: readonly ResultFolder[]): ChartRequest {
  const results = folders.map(({ tables }) => tables);
  const layout: Partial<Layout> = {
    ...(color === undefined ? {} : { colour: color }),
    ...(facet === undefined ? {} : { panels: [facet] }),
  };
  return {
    points: pointsOfResults(results),
    metrics: metricsOf(results),
    layout,
    log: log === undefined ? { x: undefined, y: undefined } : { x: log.includes('x'), y: log.includes('y') },
  };
}

type ChartMetric = Parameters<ChartType['make']>[1];

function metricOf(text: string, { metrics }: ChartRequest): ChartMetric {
  const selector = parseSelector(text, { metrics });
  if ('message' in selector) throw fileError(`--metric ${text}`, selector.message, selector.hint);
  if (selector.matchers.length > 0) {
    throw fileError(
      `--metric ${text}`,
      'a chart shows all label sets of a metric',
      'leave out the {…}; --facet draws a panel for each label value',
    );
  }
  return selector.metric as ChartMetric;
}

function customFigure(
  args: ChartArguments,
  x: string,
  y: string,
  request: ChartRequest,
  folders: readonly ResultFolder[],
): Figure {
  const chart = { x, y, mark: args.mark ?? 'line' };
  const known = columnsOf(folders);
  const tables = known.map(({ file }) => file);
  if (args.table !== undefined && !tables.includes(args.table)) {
    const hint = didYouMean(args.table, tables) ?? `tables: ${tables.join(', ')}`;
    throw fileError(`--table ${args.table}`, 'there is no such table', hint);
  }
  const table = args.table ?? tableOf(y, x, folders, known);
  const figure = table === undefined ? undefined : tableFigure(request, table, chart);
  if (figure !== undefined) return figure;
  if (table !== undefined)
    throw fileError(
      `--x ${x} --y ${y}`,
      `no row of ${table} has values in both columns`,
      columnsHint(table, [x, y], request, known),
    );
  const of = parseFigure(y, { metrics: request.metrics });
  if ('message' in of) {
    const hint =
      didYouMean(
        y,
        known.flatMap(({ columns }) => columns),
      ) ?? of.hint;
    throw fileError(`--y ${y}`, 'is neither a column of these results nor a figure of a metric', hint);
  }
  const estimates = estimateFigure(request, of, chart);
  if (estimates !== undefined) return estimates;
  const names = parameterNames(request.points);
  throw fileError(
    `--x ${x} --y ${y}`,
    'these results have no such figure for that x',
    names.length === 0
      ? 'they are not from a sweep: draw columns of a table, such as --x time_seconds'
      : `parameters: ${names.join(', ')}`,
  );
}

interface TableColumns {
  readonly file: string;
  /** Their names. */
  readonly columns: readonly string[];
}

/** The tables that results may have. */
const columnsOf = (folders: readonly ResultFolder[]): TableColumns[] =>
  tablesOf(folders.map(({ tables }) => tables)).map(({ file, columns }) => ({
    file,
    columns: columns.map(({ name }) => name),
  }));

function columnsHint(
  table: string,
  wanted: readonly string[],
  { points }: ChartRequest,
  known: readonly TableColumns[],
): string {
  const { columns } = known.find(({ file }) => file === table)!;
  const names = [...columns, ...parameterNames(points)];
  const slips = wanted.flatMap((name) => (names.includes(name) ? [] : (didYouMean(name, names) ?? [])));
  return slips[0] ?? `columns: ${columns.join(', ')}`;
}

/** The table that has the columns; undefined if none has y. Throws an InputError if several have. */
function tableOf(
  y: string,
  x: string,
  folders: readonly ResultFolder[],
  known: readonly TableColumns[],
): string | undefined {
  const withY = known.filter(
    ({ file, columns }) => columns.includes(y) && folders.some(({ tables }) => tables.text(file) !== undefined),
  );
  const withBoth = withY.filter(({ columns }) => columns.includes(x));
  const found = withBoth.length > 0 ? withBoth : withY;
  if (found.length > 1) {
    throw fileError(`--y ${y}`, `is a column of ${found.map(({ file }) => file).join(', ')}`, 'say which with --table');
  }
  return found[0]?.file;
}
