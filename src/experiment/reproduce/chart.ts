// The chart of one reproduced experiment, as a Vega-Lite specification: published figures and simulated ones
// as marks of unlike shape and colour on the same scale. Part of the experiments.

import { CHART_STYLE as CONFIG, titleText, wrapped } from '../../report/index.js';
import { percent } from '../errors.js';
import { isLimit, type Pair } from './agreement.js';
import { figureOf } from './experiment-file.js';
import { circumstances, type Reproduction } from './reproduction.js';

/** Colours that are told apart without seeing red and green, and in grey print by their lightness (Okabe and Ito). */
const PUBLISHED = '#0072B2';
const SIMULATED = '#D55E00';
const USED = '#56B4E9';
const LIMIT = '#555555';

type Json = Readonly<Record<string, unknown>>;

/** The finding below the title, of the figures that test the model where there are some; then the publication. */
function titleOf({ experiment, tested, used }: Reproduction): Json {
  const { title, publication } = experiment.spec;
  const isTested = tested.figures > tested.limits;
  const { median, worst, limits, broken, figures } = isTested || used.figures === 0 ? tested : used;
  const which = isTested || used.figures === 0 ? 'published figures' : 'figures that set a parameter';
  const finding =
    figures > limits
      ? `simulated within ${percent(median)} of the ${which} in the median, ×${worst.toFixed(2)} at worst`
      : `${limits - broken} of ${limits} published limits kept`;
  return { text: title, subtitle: [finding, ...wrapped(publication.cite, SUBTITLE_CHARACTERS)] };
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
      const { unit, label } = figureOf(experiment, metric);
      const { x } = experiment.spec.chart;
      const isAlong = x !== undefined && mine.every((pair) => isNumber(circumstances(pair)[x]));
      const title = titleText(`${label ?? metric.replaceAll('_', ' ')} (${unit})`);
      const marks = encodingOf(pairs);
      return isAlong
        ? lines(mine, x, title, experiment.spec.chart, marks)
        : dots(mine, title, experiment.spec.chart, marks);
    }),
    resolve: { scale: { x: 'independent', y: 'independent' } },
    config: CONFIG,
  };
}

type ChartSpec = Reproduction['experiment']['spec']['chart'];

const PUBLISHED_MARK = 'published';
const USED_MARK = 'published, set a parameter';
const LIMIT_MARK = 'published limit';
const SIMULATED_MARK = 'simulated';

const nominal = (field: string, values: Readonly<Record<string, string>>): Json => ({
  field,
  type: 'nominal',
  title: null,
  scale: { domain: Object.keys(values), range: Object.values(values) },
});

interface Marks {
  readonly color: Json;
  readonly shape: Json;
}

/** Colours and shapes of the figures that a chart has, the same in all of its panels. */
function encodingOf(pairs: readonly Pair[]): Marks {
  const has = new Set(pairs.map(markOf));
  const of = (values: Readonly<Record<string, string>>): Json => {
    const kept = Object.entries(values).filter(([mark]) => has.has(mark) || mark === SIMULATED_MARK);
    return nominal('figure', Object.fromEntries(kept));
  };
  return {
    color: of({ [PUBLISHED_MARK]: PUBLISHED, [USED_MARK]: USED, [LIMIT_MARK]: LIMIT, [SIMULATED_MARK]: SIMULATED }),
    shape: of({
      [PUBLISHED_MARK]: 'circle',
      [USED_MARK]: 'square',
      [LIMIT_MARK]: 'triangle-left',
      [SIMULATED_MARK]: 'diamond',
    }),
  };
}

function markOf({ published }: Pair): string {
  if (isLimit(published)) return LIMIT_MARK;
  return published.usedFor === '' ? PUBLISHED_MARK : USED_MARK;
}

/** A row of data for each of the two figures. @param place of a pair along the conditions. */
function data(pairs: readonly Pair[], place: (pair: Pair) => Json): Json {
  return {
    values: pairs.flatMap((pair) => [
      { ...place(pair), figure: markOf(pair), side: 'published', ...publishedValue(pair) },
      { ...place(pair), figure: SIMULATED_MARK, side: 'simulated', value: pair.simulated },
    ]),
  };
}

/** A range is a bar from `low` to `high`, and has no point. */
function publishedValue({ published }: Pair): Json {
  const { low, high } = published;
  if (isLimit(published)) return { value: Number.isFinite(high) ? high : low };
  return high > low ? { low, high } : { value: low };
}

const scaleOf = (isLog: boolean, zero: boolean): Json => (isLog ? { type: 'log' } : { zero, nice: true });
const titled = (title: string, isLog: boolean): string => (isLog ? `${title}, logarithmic` : title);
/** A layer of bars where there are ranges. */
function barsOf(pairs: readonly Pair[], encoding: Json): Json[] {
  if (!pairs.some(({ published }) => !isLimit(published) && published.high > published.low)) return [];
  return [{ transform: [{ filter: 'isValid(datum.high)' }], mark: { type: 'rule', size: 6, opacity: 0.6 }, encoding }];
}

const points = { transform: [{ filter: 'isValid(datum.value)' }], mark: { type: 'point', size: 70, strokeWidth: 2 } };

/** Whether a mark has a place along such a column. */
const isNumber = (text: string | undefined): boolean =>
  text !== undefined && text !== '' && Number.isFinite(Number(text));

/** Conditions that are not the same for all. */
function telling(pairs: readonly Pair[]): string[] {
  const held = pairs.map(circumstances);
  return Object.keys(held[0]!).filter((name) => new Set(held.map((one) => one[name])).size > 1);
}

/** What held: names as they are, numbers with what they count; the run only where nothing else tells figures apart. */
function labelOf(pair: Pair, names: readonly string[]): string {
  const held = circumstances(pair);
  const told = names.filter((name) => name !== 'run' && held[name] !== '');
  const texts = told.map((name) => {
    const value = held[name]!;
    return /^[\d.]+$/.test(value) ? `${value} ${name.replaceAll('_', ' ')}` : value;
  });
  return texts.join(', ') || (names.includes('run') ? held.run! : ' ');
}

/** Conditions down the side, figures along. */
function dots(pairs: readonly Pair[], title: string, { log, zero = true }: ChartSpec, marks: Marks): Json {
  const names = telling(pairs);
  const place = (pair: Pair): Json => ({ condition: labelOf(pair, names) });
  const isLog = log === 'y' || log === 'both';
  const position = { field: 'condition', type: 'nominal', title: null, sort: null, axis: { labelLimit: 420 } };
  const value = { field: 'value', type: 'quantitative', title: titled(title, isLog), scale: scaleOf(isLog, zero) };
  const { color, shape } = marks;
  return {
    data: data(pairs, place),
    width: 440,
    height: { step: 22 },
    layer: [
      ...barsOf(pairs, { y: position, x: { ...value, field: 'low' }, x2: { field: 'high' }, color }),
      { ...points, encoding: { y: position, x: value, color, shape } },
    ],
  };
}

/** A condition that is a number along, figures up; a line for each combination of the others. */
function lines(pairs: readonly Pair[], x: string, title: string, { log, zero = true }: ChartSpec, marks: Marks): Json {
  const names = telling(pairs).filter((name) => name !== x);
  const place = (pair: Pair): Json => ({
    x: Number(circumstances(pair)[x]),
    series: labelOf(pair, names),
  });
  const [isLogX, isLogY] = [log === 'x' || log === 'both', log === 'y' || log === 'both'];
  const along = {
    field: 'x',
    type: 'quantitative',
    title: titled(titleText(x.replaceAll('_', ' ')), isLogX),
    scale: scaleOf(isLogX, true),
  };
  const up = { field: 'value', type: 'quantitative', title: titled(title, isLogY), scale: scaleOf(isLogY, zero) };
  const dash = names.length > 0 ? { strokeDash: { field: 'series', type: 'nominal', title: null } } : {};
  const { color, shape } = marks;
  // Colours of lines are fixed: those of points tell more, and only they belong into the legend.
  const joined = (side: string, colour: string): Json => ({
    transform: [{ filter: `isValid(datum.value) && datum.side === '${side}'` }],
    mark: { type: 'line', strokeWidth: 1.5, color: colour },
    encoding: { x: along, y: up, ...dash },
  });
  return {
    data: data(pairs, place),
    width: 440,
    height: 240,
    layer: [
      joined('published', PUBLISHED),
      joined('simulated', SIMULATED),
      ...barsOf(pairs, { x: along, y: { ...up, field: 'low' }, y2: { field: 'high' }, color }),
      { ...points, encoding: { x: along, y: up, color, shape } },
    ],
  };
}
