// Charts that a user puts together: columns of a table, or a figure of a metric against a parameter. Part of the charts.

import type { FigureOfMetric } from '../../scenario/index.js';
import { matches } from '../../scenario/index.js';
import type { Datum, Figure, Quantity } from './figure.js';
import { textOf } from './findings.js';
import { groupsOf, isWide, leftOutNote, quantityOf, titleOfMetric, withLabels } from './latencies.js';
import { fittingPoints, layoutOf } from './layout.js';
import { replicationNote } from './over-time.js';
import type { ChartRequest } from './request.js';
import type { ResultPoint, Row } from './result-tables.js';

/** A row of a table with what tells its point apart: the parameters are columns of it. */
interface TablePoint extends ResultPoint {
  readonly x: string;
  readonly y: number;
  readonly interval: Pick<Datum, 'low' | 'high'>;
}

export interface CustomChart {
  /** Column or parameter along the x axis. */
  readonly x: string;
  /** Column, or a figure of a metric as thresholds name it. */
  readonly y: string;
  readonly mark: 'line' | 'step' | 'bar';
}

/** Columns of a table, one datum a row. The colour and the panels are columns or parameters too. */
export function tableFigure(request: ChartRequest, table: string, chart: CustomChart): Figure | undefined {
  const { x, y } = chart;
  const named = [request.layout.colour, ...(request.layout.panels ?? [])].filter((name) => name !== undefined);
  const rows = request.points.flatMap((point) =>
    point.rows(table, firstOf(point, table)).flatMap((row): TablePoint[] => {
      // A parameter of the sweep is what a user means, where a column has its name too.
      const cell = (name: string): string => point.parameters.get(name) ?? cellOf(row, name);
      const figure = cellOf(row, y);
      if (figure === '' || cell(x) === '' || !Number.isFinite(Number(figure))) return [];
      const parameters = new Map([...point.parameters, ...named.map((name): [string, string] => [name, cell(name)])]);
      return [{ ...point, parameters, x: cell(x), y: Number(figure), interval: {} }];
    }),
  );
  const note = replicationNote(request.points, table);
  return figureOf(request, chart, rows, quantityOfColumn(y), titleOfColumn(y), note);
}

/** A cell by the name of its column; not what every object has. */
const cellOf = (row: Row, name: string): string => (Object.hasOwn(row, name) ? row[name]! : '');

/** The first replication, in a table that has some. */
const firstOf = (point: ResultPoint, table: string): number | undefined =>
  point.rows(table).some((row) => row.replication !== undefined) ? 0 : undefined;

/** A figure of a metric along a parameter, with its 95 % confidence interval. */
export function estimateFigure(request: ChartRequest, figure: FigureOfMetric, chart: CustomChart): Figure | undefined {
  const statistic = statisticOf(figure);
  const rows = request.points.flatMap((point) =>
    point.rows('estimates.csv').flatMap((row): TablePoint[] => {
      if (row.metric !== figure.metric || row.statistic !== statistic) return [];
      if (!matches(row.labels ?? '', figure.matchers)) return [];
      const parameters = withLabels(point.parameters, row.labels ?? '');
      return [
        { ...point, parameters, x: parameters.get(chart.x) ?? '', y: Number(row.mean), interval: intervalOf(row) },
      ];
    }),
  );
  const known = rows.filter(({ x }) => x !== '');
  return figureOf(
    request,
    chart,
    known,
    quantityOf(request, figure.metric),
    `${titleOfMetric(request, figure.metric)}, ${statistic}`,
  );
}

/** Name of a statistic in estimates.csv. */
export const statisticOf = ({ function: of, quantile }: FigureOfMetric): string =>
  of === 'p' ? `p${Number(((quantile ?? 0) * 100).toPrecision(6))}` : of === 'avg' ? 'mean' : of === 'med' ? 'p50' : of;

const intervalOf = ({ ci95_low, ci95_high }: Row): Pick<Datum, 'low' | 'high'> =>
  ci95_low === '' || ci95_high === '' ? {} : { low: Number(ci95_low), high: Number(ci95_high) };

const SUFFIXES: readonly (readonly [RegExp, Quantity])[] = [
  [/_seconds(_total)?$/, 'seconds'],
  [/_bytes$/, 'bytes'],
  [/_ratio$/, 'ratio'],
];

const titleOfColumn = (name: string): string => name.replace(/_(seconds|bytes|ratio)(?=_|$)/, '').replaceAll('_', ' ');

const quantityOfColumn = (name: string): Quantity => SUFFIXES.find(([suffix]) => suffix.test(name))?.[1] ?? 'number';

function figureOf(
  request: ChartRequest,
  { x, y, mark }: CustomChart,
  rows: readonly TablePoint[],
  quantity: Quantity,
  what: string,
  notes: readonly string[] = [],
): Figure | undefined {
  if (rows.length === 0) return undefined;
  const layout = { ...layoutOf(rows, true, { along: x, ...request.layout }), along: x };
  const { points, leftOut } = fittingPoints(rows, layout);
  const isNumeric = rows.every((row) => Number.isFinite(Number(row.x))) && mark !== 'bar';
  const drawnAs = isNumeric || mark === 'bar' ? mark : 'line';
  const groups = groupsOf(points as TablePoint[], layout);
  const series = groups.map(({ name, panel, points: own }) => ({
    name,
    panel,
    data: own
      .map((row): Datum => ({ x: isNumeric ? Number(row.x) : row.x, y: row.y, ...row.interval }))
      .sort((a, b) => (isNumeric ? Number(a.x) - Number(b.x) : 0)),
  }));
  const values = rows.map((row) => row.y);
  const drawn = rows.flatMap(({ y: value, interval: { low = value } }) => [value, low]);
  const hasInterval = drawnAs !== 'step' && rows.some(({ interval }) => interval.low !== undefined);
  const ends = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))].map((value) =>
    textOf(value, quantity),
  );
  return {
    id: `${y}-by-${x}`.replaceAll(/[^\w.-]+/g, '-'),
    title: `${what}: ${ends[0] === ends[1] ? ends[0] : `${ends[0]} to ${ends[1]}`}`,
    subtitle: [
      ...(hasInterval
        ? [`${mark === 'bar' ? 'Thin line' : 'Band'}: 95 % confidence interval over the replications.`]
        : []),
      ...notes,
      ...leftOutNote(leftOut),
    ],
    mark: drawnAs,
    x: {
      title: quantityOfColumn(x) === 'number' ? x : titleOfColumn(x),
      quantity: quantityOfColumn(x),
      isLog: isNumeric && (request.log.x ?? false),
      ...(isNumeric ? {} : { categories: [...new Set(rows.map((row) => row.x))] }),
    },
    y: { title: what, quantity, fromZero: true, isLog: request.log.y ?? (mark !== 'bar' && isWide(drawn)) },
    colourTitle: layout.colour ?? '',
    panelTitle: layout.panels.join(', '),
    series,
    marks: [],
    limits: [],
  };
}
