// The chart of one reproduced experiment, as a Vega-Lite specification: published figures as filled marks, simulated ones as
// open marks on the same scale. Part of the experiments.

import { isLimit, type Pair } from './agreement.js';
import { conditionText, percent, type Reproduction } from './reproduction.js';

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
  return { text: title, subtitle: [finding, publication.cite] };
}

export function agreementChart(reproduction: Reproduction): Json {
  const { chart } = reproduction.experiment.spec;
  const body = chart.x === undefined ? dots(reproduction) : lines(reproduction, chart.x);
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: titleOf(reproduction),
    ...body,
    config: CONFIG,
  };
}

/** A row of the chart's data for each of the two figures. */
function data({ experiment, pairs }: Reproduction): Json {
  const { x } = experiment.spec.chart;
  const values = pairs.flatMap((pair) => {
    const unit = experiment.spec.figures.find(({ metric }) => metric === pair.published.metric)!.unit;
    const common = { panel: `${pair.published.metric.replaceAll('_', ' ')} (${unit})`, ...positionOf(pair, x) };
    return [
      { ...common, figure: 'published', value: publishedValue(pair), high: highOf(pair) },
      { ...common, figure: 'simulated', value: pair.simulated },
    ];
  });
  return { values };
}

const publishedValue = ({ published }: Pair): number | null => {
  if (isLimit(published)) return Number.isFinite(published.high) ? published.high : published.low;
  return published.low;
};
const highOf = ({ published }: Pair): number | null =>
  Number.isFinite(published.high) && published.high > published.low && published.low > 0 ? published.high : null;

function positionOf(pair: Pair, x: string | undefined): Json {
  const condition = conditionText(pair);
  if (x === undefined) return { condition: condition === '' ? pair.published.metric.replaceAll('_', ' ') : condition };
  const rest = Object.entries(pair.published.conditions).filter(([name, value]) => name !== x && value !== '');
  const series = rest.map(([, value]) => value).join(' ');
  return { x: Number(pair.published.conditions[x]), series: series === '' ? 'all' : series };
}

const figureScale = { domain: ['published', 'simulated'], range: [PUBLISHED, SIMULATED] };

function yScale(log: string | undefined): Json {
  return log === 'y' || log === 'both' ? { type: 'log' } : { zero: true };
}

/** Conditions down the side, figures along. */
function dots(reproduction: Reproduction): Json {
  const { log } = reproduction.experiment.spec.chart;
  const position = { field: 'condition', type: 'nominal', title: null, sort: null, axis: { labelLimit: 340 } };
  const value = { field: 'value', type: 'quantitative', title: null, scale: yScale(log) };
  const color = { field: 'figure', type: 'nominal', title: null, scale: figureScale };
  return {
    data: data(reproduction),
    facet: { row: { field: 'panel', type: 'nominal', title: null, sort: null } },
    resolve: { scale: { x: 'independent', y: 'independent' } },
    spec: {
      width: 460,
      height: { step: 24 },
      layer: [
        {
          transform: [{ filter: 'isValid(datum.high)' }],
          mark: { type: 'rule', size: 3, opacity: 0.6 },
          encoding: { y: position, x: value, x2: { field: 'high' }, color },
        },
        {
          mark: { type: 'point', size: 70, filled: false, strokeWidth: 2 },
          encoding: {
            y: position,
            x: value,
            color,
            shape: {
              field: 'figure',
              type: 'nominal',
              title: null,
              scale: { domain: ['published', 'simulated'], range: ['circle', 'diamond'] },
            },
          },
        },
      ],
    },
  };
}

/** A condition that is a number along, figures up; a line for each of the others. */
function lines(reproduction: Reproduction, x: string): Json {
  const { log } = reproduction.experiment.spec.chart;
  const along = {
    field: 'x',
    type: 'quantitative',
    title: x.replaceAll('_', ' '),
    scale: log === 'x' || log === 'both' ? { type: 'log' } : { zero: true },
  };
  const up = { field: 'value', type: 'quantitative', title: null, scale: yScale(log) };
  const color = { field: 'figure', type: 'nominal', title: null, scale: figureScale };
  const dash = { field: 'series', type: 'nominal', title: null };
  return {
    data: data(reproduction),
    facet: { row: { field: 'panel', type: 'nominal', title: null, sort: null } },
    resolve: { scale: { x: 'independent', y: 'independent' } },
    spec: {
      width: 460,
      height: 240,
      layer: [
        { mark: { type: 'line', strokeWidth: 1.5 }, encoding: { x: along, y: up, color, strokeDash: dash } },
        {
          transform: [{ filter: 'isValid(datum.high)' }],
          mark: { type: 'rule', size: 3, opacity: 0.6 },
          encoding: { x: along, y: up, y2: { field: 'high' }, color },
        },
        {
          mark: { type: 'point', size: 60, strokeWidth: 2 },
          encoding: {
            x: along,
            y: up,
            color,
            shape: {
              field: 'figure',
              type: 'nominal',
              title: null,
              scale: { domain: ['published', 'simulated'], range: ['circle', 'diamond'] },
            },
          },
        },
      ],
    },
  };
}
