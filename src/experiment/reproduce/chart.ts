// The chart of one reproduced experiment, as a Vega-Lite specification: published figures as filled marks, simulated ones as
// open marks on the same scale. Part of the experiments.

import { isLimit, type Pair } from './agreement.js';
import { percent, type Reproduction } from './reproduction.js';

/** Colours that are told apart without seeing red and green, and in grey print by their lightness (Okabe and Ito). */
const PUBLISHED = '#0072B2';
const SIMULATED = '#D55E00';

const CONFIG = {
  font: 'DejaVu Sans, Arial, sans-serif',
  background: 'white',
  view: { stroke: null },
  axis: {
    labelFontSize: 11,
    titleFontSize: 12,
    grid: true,
    gridColor: '#e6e6e6',
    domainColor: '#888',
    tickColor: '#888',
  },
  legend: { labelFontSize: 11, titleFontSize: 12, labelLimit: 320 },
  title: { fontSize: 14, subtitleFontSize: 11, anchor: 'start', subtitleColor: '#555', offset: 12 },
  header: { labelFontSize: 12, titleFontSize: 12, labelAnchor: 'start' },
};

type Json = Readonly<Record<string, unknown>>;

/** The finding in the title, the publication below it. */
function titleOf({ experiment, all }: Reproduction): Json {
  const { title, publication } = experiment.spec;
  const values = all.figures - all.limits;
  const finding =
    values > 0
      ? `simulated within ${percent(all.median)} of the published figure in the median, ×${all.worst.toFixed(2)} at worst`
      : `${all.limits - all.broken} of ${all.limits} published limits kept`;
  return { text: title, subtitle: [finding, ...wrapped(publication.cite)] };
}

/** Lines of at most so many characters, broken between words. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1];
    if (last === undefined || last.length + word.length + 1 > SUBTITLE_CHARACTERS) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

const SUBTITLE_CHARACTERS = 96;

/** A panel for each metric, one below the other. */
export function agreementChart(reproduction: Reproduction): Json {
  const { experiment, pairs } = reproduction;
  const metrics = [...new Set(pairs.map(({ published }) => published.metric))];
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: titleOf(reproduction),
    vconcat: metrics.map((metric) => {
      const mine = pairs.filter(({ published }) => published.metric === metric);
      const { unit } = experiment.spec.figures.find((figure) => figure.metric === metric)!;
      const { x } = experiment.spec.chart;
      const isAlong = x !== undefined && mine.every(({ published }) => published.conditions[x] !== '');
      const title = `${metric.replaceAll('_', ' ')} (${unit})`;
      return isAlong ? lines(mine, x, title, experiment.spec.chart) : dots(mine, title, experiment.spec.chart);
    }),
    resolve: { scale: { x: 'independent', y: 'independent' } },
    config: CONFIG,
  };
}

type ChartSpec = Reproduction['experiment']['spec']['chart'];

const FIGURES = ['published', 'simulated'];
const color = {
  field: 'figure',
  type: 'nominal',
  title: null,
  scale: { domain: FIGURES, range: [PUBLISHED, SIMULATED] },
};
/** A published point lies below; a simulated one is open, so that both are seen where they agree. */
const shape = {
  field: 'figure',
  type: 'nominal',
  title: null,
  scale: { domain: FIGURES, range: ['circle', 'diamond'] },
};

/** A row of data for each of the two figures. @param place of a pair along the conditions. */
function data(pairs: readonly Pair[], place: (pair: Pair) => Json): Json {
  return {
    values: pairs.flatMap((pair) => [
      { ...place(pair), figure: 'published', value: publishedValue(pair), high: highOf(pair) },
      { ...place(pair), figure: 'simulated', value: pair.simulated },
    ]),
  };
}

const publishedValue = ({ published }: Pair): number | null => {
  if (isLimit(published)) return Number.isFinite(published.high) ? published.high : published.low;
  return published.low;
};
const highOf = ({ published }: Pair): number | null =>
  Number.isFinite(published.high) && published.high > published.low && published.low > 0 ? published.high : null;

const scaleOf = (isLog: boolean, zero: boolean): Json => (isLog ? { type: 'log' } : { zero });
const range = { transform: [{ filter: 'isValid(datum.high)' }], mark: { type: 'rule', size: 4, opacity: 0.5 } };

/** What held: names as they are, numbers with what they count; the run only where nothing else tells figures apart. */
function labelOf({ published: { conditions } }: Pair): string {
  const told = Object.entries(conditions).filter(([name, value]) => value !== '' && name !== 'run');
  const texts = told.map(([name, value]) => (/^[\d.]+$/.test(value) ? `${value} ${name.replaceAll('_', ' ')}` : value));
  return texts.join(', ') || conditions.run || 'all';
}

/** Conditions down the side, figures along. */
function dots(pairs: readonly Pair[], title: string, { log, zero = true }: ChartSpec): Json {
  const place = (pair: Pair): Json => ({ condition: labelOf(pair) });
  const position = { field: 'condition', type: 'nominal', title: null, sort: null, axis: { labelLimit: 380 } };
  const value = { field: 'value', type: 'quantitative', title, scale: scaleOf(log === 'y' || log === 'both', zero) };
  return {
    data: data(pairs, place),
    width: 440,
    height: { step: 22 },
    layer: [
      { ...range, encoding: { y: position, x: value, x2: { field: 'high' }, color } },
      { mark: { type: 'point', size: 70, strokeWidth: 2 }, encoding: { y: position, x: value, color, shape } },
    ],
  };
}

/** A condition that is a number along, figures up; a line for each combination of the others. */
function lines(pairs: readonly Pair[], x: string, title: string, { log, zero = true }: ChartSpec): Json {
  const place = ({ published: { conditions } }: Pair): Json => {
    const rest = Object.entries(conditions).filter(([name, value]) => name !== x && value !== '');
    return { x: Number(conditions[x]), series: rest.map(([, value]) => value).join(' ') };
  };
  const isLogX = log === 'x' || log === 'both';
  const along = { field: 'x', type: 'quantitative', title: x.replaceAll('_', ' '), scale: scaleOf(isLogX, true) };
  const up = { field: 'value', type: 'quantitative', title, scale: scaleOf(log === 'y' || log === 'both', zero) };
  const series = new Set(pairs.map((pair) => place(pair).series));
  const dash = series.size > 1 ? { strokeDash: { field: 'series', type: 'nominal', title: null } } : {};
  return {
    data: data(pairs, place),
    width: 440,
    height: 240,
    layer: [
      { mark: { type: 'line', strokeWidth: 1.5 }, encoding: { x: along, y: up, color, ...dash } },
      { ...range, encoding: { x: along, y: up, y2: { field: 'high' }, color } },
      { mark: { type: 'point', size: 60, strokeWidth: 2 }, encoding: { x: along, y: up, color, shape } },
    ],
  };
}
