// A figure as a specification of Vega-Lite, which an author can restyle in any editor of it. Part of the charts.

import { visible } from '../../text/index.js';
import { chartStyle, SERIES_COLOURS, SERIES_DASHES, SHADES, type Theme } from '../pictures/chart-style.js';
import { wrapped } from '../texts/words.js';
import {
  type Axis,
  type AxisUnit,
  axisTitle,
  axisUnit,
  type Datum,
  durationTicks,
  type Figure,
  logTicks,
  panelNames,
  positiveEnds,
  seriesNames,
  valuesOnX,
  valuesOnY,
} from './figure.js';

type Json = Readonly<Record<string, unknown>>;

const TITLE_CHARACTERS = 72;
const SUBTITLE_CHARACTERS = 96;
const SIZE = { width: 560, height: 300 };
/** Panels side by side, by how many there are, and their size. */
const panelsOf = (count: number): { readonly columns: number; readonly size: typeof SIZE } =>
  count === 3 || count > 4
    ? { columns: 3, size: { width: 190, height: 150 } }
    : { columns: 2, size: { width: 280, height: 180 } };
/** Width of a character in the title of an axis, px. */
const AXIS_CHARACTER = 7;
/** Longest name of a category, px. */
const LABEL_MAX = 300;
/** Height of one bar of a range, px. */
const RANGE_STEP = 26;
/** Series of more figures than this are drawn without points. */
const POINTS_MAX = 30;
/** Lines of text at the top of a chart that names of marks share out. */
const MARK_LINES = 3;
/** Share of the x axis beyond which the name of a mark stands to its left. */
const LATE = 0.75;

/** The specification as plain data, the same for the same figure. */
export function vegaLiteOf(figure: Figure, theme: Theme = 'light'): Json {
  const drawing = new Drawing(figure, theme);
  const panels = panelNames(figure);
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    description: [figure.title, ...figure.subtitle].join(' '),
    title: {
      text: wrapped(figure.title, TITLE_CHARACTERS).map(tame),
      subtitle: [...figure.subtitle, ...drawing.notes()]
        .flatMap((line) => wrapped(line, SUBTITLE_CHARACTERS))
        .map(tame),
    },
    data: { values: drawing.values() },
    ...(hasPanels(figure)
      ? {
          facet: {
            field: 'panel',
            type: 'nominal',
            title: figure.panelTitle === '' ? null : titleText(figure.panelTitle),
            sort: panels.map(tame),
            header: { labelLimit: drawing.width },
          },
          columns: panelsOf(panels.length).columns,
          spec: { ...drawing.size(), layer: drawing.layers() },
        }
      : { ...drawing.size(), layer: drawing.layers() }),
    config: chartStyle(theme),
  };
}

const hasPanels = (figure: Figure): boolean => panelNames(figure).some((panel) => panel !== '');

class Drawing {
  readonly #figure: Figure;
  readonly #theme: Theme;
  readonly #names: readonly string[];
  readonly #hasPanels: boolean;
  readonly #size: typeof SIZE;
  readonly #xUnit: AxisUnit;
  readonly #yUnit: AxisUnit;

  constructor(figure: Figure, theme: Theme) {
    this.#figure = figure;
    this.#theme = theme;
    this.#names = seriesNames(figure).map(tame);
    this.#hasPanels = hasPanels(figure);
    this.#size = this.#hasPanels ? panelsOf(panelNames(figure).length).size : SIZE;
    this.#xUnit = axisUnit(figure.x, valuesOnX(figure));
    this.#yUnit = axisUnit(figure.y, valuesOnY(figure));
  }

  /** A row for each datum, in the units of the axes. */
  values(): Json[] {
    const { series } = this.#figure;
    return series.flatMap(({ name, panel, data }) =>
      data
        .filter((datum) => this.#isDrawable(datum))
        .map((datum) => ({ ...this.#row(datum), series: tame(name), panel: tame(panel) })),
    );
  }

  /** What has no place on a logarithmic axis. */
  notes(): string[] {
    const out = this.#figure.series.reduce(
      (sum, { data }) => sum + data.filter((datum) => !this.#isDrawable(datum)).length,
      0,
    );
    return out === 0
      ? []
      : [`${out} ${out === 1 ? 'figure' : 'figures'} at or below 0 left out: the axis is logarithmic.`];
  }

  get width(): number {
    return this.#size.width;
  }

  size(): Json {
    const { mark } = this.#figure;
    const { width, height } = this.#size;
    if (mark !== 'range') return { width, height };
    return { width, height: { step: this.#names.length > 1 ? RANGE_STEP / 1.5 : RANGE_STEP } };
  }

  layers(): Json[] {
    return [...this.#markLayers(), ...this.#figureLayers(), ...this.#limitLayers(), ...this.#markNames()];
  }

  /** Logarithms have no 0; a range that begins there is drawn from the end of the axis. */
  #isDrawable({ x, y, most = 0 }: Datum): boolean {
    const { mark, x: xAxis, y: yAxis } = this.#figure;
    if (xAxis.isLog && typeof x === 'number' && x <= 0) return false;
    return !yAxis.isLog || y > 0 || Number.isNaN(y) || (mark === 'range' && most > 0);
  }

  #row({ x, y, low, high, least, most }: Datum): Json {
    const { mark, y: axis } = this.#figure;
    const isCut = axis.isLog && mark === 'range';
    const onY = (value: number): number =>
      Math.max(scaled(value, this.#yUnit), isCut ? this.#floor() : Number.NEGATIVE_INFINITY);
    return {
      x: typeof x === 'number' ? scaled(x, this.#xUnit) : tame(x),
      y: Number.isNaN(y) || (isCut && y <= 0) ? null : onY(y),
      ...(low === undefined ? {} : { low: onY(low) }),
      ...(high === undefined ? {} : { high: onY(high) }),
      ...(least === undefined ? {} : { least: onY(least) }),
      ...(most === undefined ? {} : { most: onY(most) }),
    };
  }

  /** Whether names of categories do not fit side by side. */
  #isCrowded(categories: readonly string[]): boolean {
    const room = this.#size.width / categories.length;
    return categories.some((category) => category.length * AXIS_CHARACTER > room);
  }

  /** The near end of a logarithmic axis, in its unit. */
  #floor(): number {
    const { size } = this.#yUnit;
    return roomyEnds(valuesOnY(this.#figure).map((value) => value / size))[0]!;
  }

  #figureLayers(): Json[] {
    switch (this.#figure.mark) {
      case 'line':
        return this.#lines();
      case 'step':
        return [{ mark: { type: 'line', interpolate: 'step-after', clip: true }, encoding: this.#encoding(true) }];
      case 'range':
        return this.#ranges();
      case 'stack':
        return [
          {
            mark: { type: 'bar', stroke: SHADES[this.#theme].background, strokeWidth: 0.5 },
            encoding: {
              ...this.#encoding(false),
              order: { field: 'order', type: 'quantitative' },
            },
            transform: [{ calculate: `indexof(${JSON.stringify(this.#names)}, datum.series)`, as: 'order' }],
          },
        ];
      case 'bar':
        return this.#bars();
    }
  }

  /** Whether there is an interval to draw, or a line beyond one. */
  #some(end: 'low' | 'least'): boolean {
    return this.#figure.series.some(({ data }) => data.some((datum) => datum[end] !== undefined));
  }

  #bars(): Json[] {
    const beside = this.#names.length > 1 ? { xOffset: { field: 'series', sort: this.#names } } : {};
    const encoding = this.#encoding(false);
    // Logarithms have no 0 to begin at.
    const floor = this.#figure.y.isLog ? { y2: { datum: this.#floor() } } : {};
    const interval = { y: { ...(encoding.y as Json), field: 'low' }, y2: { field: 'high' } };
    return [
      { mark: { type: 'bar' }, encoding: { ...encoding, ...floor, ...beside } },
      ...(this.#some('low')
        ? [{ mark: { type: 'rule', strokeWidth: 1.5 }, encoding: { x: encoding.x, ...interval, ...beside } }]
        : []),
    ];
  }

  #lines(): Json[] {
    const { series } = this.#figure;
    const hasPoints = series.every(({ data }) => data.length <= POINTS_MAX && !data.some(({ y }) => Number.isNaN(y)));
    const encoding = this.#encoding(true);
    return [
      ...(this.#some('low')
        ? [
            {
              mark: { type: 'area', opacity: 0.18 },
              encoding: {
                x: encoding.x,
                y: { ...(encoding.y as Json), field: 'low' },
                y2: { field: 'high' },
                ...this.#colour(false),
              },
            },
          ]
        : []),
      { mark: { type: 'line' }, encoding },
      ...(hasPoints ? [{ mark: { type: 'point', size: 40 }, encoding: this.#encoding(false, true) }] : []),
    ];
  }

  /** Along x, with the categories from top to bottom: their names have room. */
  #ranges(): Json[] {
    const { x, y } = this.#figure;
    const place = {
      y: {
        field: 'x',
        type: 'nominal',
        title: x.title === '' ? null : titleText(x.title),
        sort: x.categories?.map(tame),
        axis: { grid: false, labelLimit: LABEL_MAX },
      },
      ...(this.#names.length > 1 ? { yOffset: { field: 'series', sort: this.#names } } : {}),
    };
    const axis = this.#axis(y, this.#yUnit, valuesOnY(this.#figure), this.#size.width);
    const from = (field: string, until: string): Json => ({
      ...place,
      x: { field, type: 'quantitative', ...axis },
      x2: { field: until },
      ...this.#colour(false),
    });
    return [
      ...(this.#some('least') ? [{ mark: { type: 'rule', strokeWidth: 1 }, encoding: from('least', 'most') }] : []),
      { mark: { type: 'bar', height: { band: 0.5 }, opacity: 0.45 }, encoding: from('low', 'high') },
      {
        mark: { type: 'tick', thickness: 2, size: 12 },
        encoding: { ...place, x: { field: 'y', type: 'quantitative', ...axis }, ...this.#colour(false) },
      },
    ];
  }

  /** Both axes and the colour. */
  #encoding(isDashed: boolean, isShaped = false): Readonly<Record<string, unknown>> {
    const { x, y, mark } = this.#figure;
    const places =
      x.categories === undefined
        ? { field: 'x', type: 'quantitative', ...this.#axis(x, this.#xUnit, valuesOnX(this.#figure), this.#size.width) }
        : {
            field: 'x',
            type: 'nominal',
            title: titleText(x.title),
            sort: x.categories?.map(tame),
            axis: { labelAngle: this.#isCrowded(x.categories) ? -40 : 0, grid: false },
          };
    return {
      x: places,
      y: {
        field: 'y',
        type: 'quantitative',
        ...this.#axis(y, this.#yUnit, valuesOnY(this.#figure), this.#size.height),
        ...(mark === 'stack' ? { stack: 'zero' } : {}),
      },
      ...this.#colour(isDashed, isShaped),
    };
  }

  #colour(isDashed: boolean, isShaped = false): Json {
    const names = this.#names;
    if (names.length < 2 && this.#figure.mark !== 'stack') return { color: { value: SERIES_COLOURS[this.#theme][0] } };
    const title = this.#figure.colourTitle === '' ? null : titleText(this.#figure.colourTitle);
    // Where colours begin again, dashes and shapes do so one later: no two series are drawn alike.
    const scale = (range: readonly unknown[], shift: 0 | 1): Json => ({
      domain: names,
      range: names.map((_, i) => range[(i + shift * Math.floor(i / range.length)) % range.length]),
    });
    const of = (range: readonly unknown[], shift: 0 | 1): Json => ({
      field: 'series',
      type: 'nominal',
      title,
      scale: scale(range, shift),
    });
    return {
      color: of(SERIES_COLOURS[this.#theme], 0),
      ...(isDashed ? { strokeDash: of(SERIES_DASHES, 1) } : {}),
      ...(isShaped ? { shape: of(SHAPES, 1) } : {}),
    };
  }

  #axis(axis: Axis, unit: AxisUnit, values: readonly number[], length: number): Json {
    const title = wrapped(axisTitle(axis, unit), length / AXIS_CHARACTER).map(titleText);
    const drawn = values.map((value) => scaled(value, unit));
    const format = unit.isMixed ? { labelExpr: DURATION_LABEL } : { format: ',~f' };
    if (axis.isLog) {
      const positive = drawn.filter((value) => value > 0);
      return {
        title,
        scale: { type: 'log', nice: false, domain: roomyEnds(positive) },
        axis: { ...format, values: unit.isMixed ? durationTicks(positive) : logTicks(positive) },
      };
    }
    return { title, scale: { zero: axis.fromZero ?? false, nice: true }, axis: format };
  }

  /** Faults: a shade over the time that they last, a line where they begin. */
  #markLayers(): Json[] {
    const { marks } = this.#figure;
    if (marks.length === 0) return [];
    const { muted } = SHADES[this.#theme];
    const values = marks.map(({ from, to }) => ({ from: scaled(from, this.#xUnit), to: scaled(to, this.#xUnit) }));
    const x = { field: 'from', type: 'quantitative' };
    return [
      { data: { values }, mark: { type: 'rect', color: muted, opacity: 0.15 }, encoding: { x, x2: { field: 'to' } } },
      { data: { values }, mark: { type: 'rule', color: muted, strokeDash: [4, 3] }, encoding: { x } },
    ];
  }

  /** Their names, on lines of their own, over all that is drawn. */
  #markNames(): Json[] {
    const { marks } = this.#figure;
    const { muted, background } = SHADES[this.#theme];
    const late = LATE * positiveEnds(valuesOnX(this.#figure))[1];
    return marks.flatMap(({ from, text }, i) => {
      const isLate = from > late;
      const place = { type: 'text', align: isLate ? 'right' : 'left', baseline: 'top', fontSize: 10 };
      const at = { dx: isLate ? -3 : 3, dy: 2 + 13 * (i % MARK_LINES) };
      const data = { values: [{ from: scaled(from, this.#xUnit), text }] };
      const encoding = { x: { field: 'from', type: 'quantitative' }, y: { value: 0 }, text: { field: 'text' } };
      return [
        {
          data,
          mark: { ...place, ...at, color: background, stroke: background, strokeWidth: 4, opacity: 0.8 },
          encoding,
        },
        { data, mark: { ...place, ...at, color: muted }, encoding },
      ];
    });
  }

  #limitLayers(): Json[] {
    const { limits } = this.#figure;
    if (limits.length === 0 || this.#figure.mark === 'range') return [];
    const { text: color } = SHADES[this.#theme];
    const data = { values: limits.map(({ y, text }) => ({ limit: scaled(y, this.#yUnit), text })) };
    const y = { field: 'limit', type: 'quantitative' };
    return [
      { data, mark: { type: 'rule', color, strokeDash: [6, 4] }, encoding: { y } },
      {
        data,
        mark: { type: 'text', align: 'right', baseline: 'bottom', dx: -4, dy: -2, color, fontSize: 10 },
        encoding: { x: { value: 'width' }, y, text: { field: 'text' } },
      },
    ];
  }
}

/** Seconds with a unit that fits, as an expression of Vega. */
const DURATION_LABEL = [
  ['1e-6', '1e9', 'ns'],
  ['1e-3', '1e6', 'µs'],
  ['1', '1e3', 'ms'],
  ['60', '1', 's'],
]
  .map(
    ([below, times, unit]) => `datum.value < 0.9999 * ${below} ? format(datum.value * ${times}, ',~r') + ' ${unit}' : `,
  )
  .concat("format(datum.value / 60, ',.3~r') + ' min'")
  .join('');

/**
 * Text as the title of an axis, a legend or a panel. Vega-Lite puts titles into the texts of its expressions and leaves
 * backslashes as they are: one that looks like it stands for each.
 */
export const titleText = (text: string): string => tame(visible(text).replaceAll('\\', '\u29f5'));

/** Names that every object has would be taken for something else: a space of no width tells them apart. */
const tame = (name: string): string => (name in Object.prototype ? `${name}\u200b` : name);

const SHAPES = [
  'circle',
  'square',
  'triangle-up',
  'diamond',
  'cross',
  'triangle-down',
  'triangle-left',
  'triangle-right',
];

/** In the unit of an axis, without the noise of the division. */
const scaled = (value: number, { size }: AxisUnit): number => Number((value / size).toPrecision(6));

/** Room beyond the ends of a logarithmic axis, as a share of its length. */
const ROOM = 0.04;

function roomyEnds(values: readonly number[]): number[] {
  const [least, most] = positiveEnds(values);
  const decades = digitsOf(most / least);
  const room = 1 + Math.max(0.05, decades * 2.3 * ROOM);
  return [Number((least / room).toPrecision(3)), Number((most * room).toPrecision(3))];
}

/** How many times a number above 1 can be divided by ten, in tenths: enough to leave room, and the same on every machine. */
function digitsOf(ratio: number): number {
  let digits = 0;
  for (let rest = ratio; rest >= 1.2589254; rest /= 1.2589254) digits += 0.1;
  return digits;
}
