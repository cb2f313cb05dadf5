// What a chart shows, before it is known how it is drawn: the finding, two axes, series of figures, what to mark. Part of the
// charts. Vega-Lite specifications, the interactive charts of the report and their tables for screen readers are made of it.

/** What an axis measures; data are in base units, and an axis is drawn in the unit that fits. */
export type Quantity = 'seconds' | 'bytes' | 'ratio' | 'number';

export interface Axis {
  /** What it measures, without the unit. */
  readonly title: string;
  readonly quantity: Quantity;
  readonly isLog?: boolean;
  /** Whether it begins at 0; a logarithmic one does not. */
  readonly fromZero?: boolean;
  /** The places of an axis that has words and no figures, in order. */
  readonly categories?: readonly string[];
}

export interface Datum {
  /** A figure in base units, or one of the categories. */
  readonly x: number | string;
  /** NaN: nothing here, a gap in the line. */
  readonly y: number;
  /** A band around y: of a line to its p99, of a range from p10 to p90. */
  readonly low?: number;
  readonly high?: number;
  /** Of a range: the thin line beyond the band. */
  readonly least?: number;
  readonly most?: number;
}

export interface FigureSeries {
  /** What its colour stands for. */
  readonly name: string;
  /** The panel it is in; empty if there is one panel only. */
  readonly panel: string;
  readonly data: readonly Datum[];
}

/** An instant or a stretch on the x axis that explains what is seen: a fault. */
export interface Mark {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** A bound on the y axis: a threshold. */
export interface Limit {
  readonly y: number;
  readonly text: string;
}

/**
 * How series are drawn: `line` through points, with a band if there is one; `step` holds a value until the next; `range`: a
 * tick in a bar in a thin line, at each category; `stack`: bars on top of each other at each category; `bar`: beside each other.
 */
export type MarkType = 'line' | 'step' | 'range' | 'stack' | 'bar';

export interface Figure {
  /** Name of its files, without an extension. */
  readonly id: string;
  /** The finding, as a sentence. */
  readonly title: string;
  /** What is drawn: one line each. */
  readonly subtitle: readonly string[];
  readonly mark: MarkType;
  readonly x: Axis;
  readonly y: Axis;
  /** What colours and panels tell apart; empty if there is nothing to tell apart. */
  readonly colourTitle: string;
  readonly panelTitle: string;
  readonly series: readonly FigureSeries[];
  readonly marks: readonly Mark[];
  readonly limits: readonly Limit[];
}

/** A unit to draw an axis in. */
export interface AxisUnit {
  /** Base units in one of it. */
  readonly size: number;
  /** Behind the title of the axis; empty for plain numbers. */
  readonly name: string;
  /** No one unit fits: each label of the axis has its own. */
  readonly isMixed?: boolean;
}

const UNITS: Readonly<Record<Quantity, readonly AxisUnit[]>> = {
  seconds: [
    { size: 1e-9, name: 'ns' },
    { size: 1e-6, name: 'µs' },
    { size: 1e-3, name: 'ms' },
    { size: 1, name: 's' },
    { size: 60, name: 'min' },
    { size: 3600, name: 'h' },
  ],
  bytes: [
    { size: 1, name: 'bytes' },
    { size: 1024, name: 'KiB' },
    { size: 1048576, name: 'MiB' },
    { size: 1073741824, name: 'GiB' },
  ],
  ratio: [{ size: 0.01, name: '%' }],
  number: [{ size: 1, name: '' }],
};

/** Units an axis counts at least, below which the next smaller one is taken. */
const LEAST_OF_UNIT = 3;

/** Times that the greatest figure of a logarithmic axis is the least, beyond which its labels have units of their own. */
const MIXED = 1000;

/** The unit in which the figures of an axis read best: the greatest of which there are a few. */
export function axisUnit({ quantity, isLog }: Axis, values: readonly number[]): AxisUnit {
  const units = UNITS[quantity];
  const most = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  if (isLog && quantity === 'seconds') {
    const least = values.reduce((min, value) => (value > 0 ? Math.min(min, value) : min), most);
    if (most > MIXED * least) return { size: 1, name: '', isMixed: true };
  }
  const fitting = units.filter(({ size }) => most >= LEAST_OF_UNIT * size);
  return fitting.at(-1) ?? (most === 0 && quantity === 'seconds' ? { size: 1, name: 's' } : units[0]!);
}

/** Title of an axis with its unit, and that it is logarithmic. */
export const axisTitle = ({ title, isLog }: Axis, { name }: AxisUnit): string =>
  `${title}${name === '' ? '' : `, ${name}`}${isLog ? ' (log)' : ''}`;

/** All figures on the y axis, bands and bounds included. */
export const valuesOnY = ({ series, limits, mark }: Figure): number[] => [
  ...limits.map(({ y }) => y),
  ...(mark === 'stack' ? heights(series) : []),
  ...series.flatMap(({ data }) =>
    data.flatMap(({ y, low, high, least, most }) =>
      [y, low, high, least, most].filter((value): value is number => Number.isFinite(value)),
    ),
  ),
];

/** All figures on the x axis; none if it has categories. */
export const valuesOnX = ({ series }: Figure): number[] =>
  series.flatMap(({ data }) => data.flatMap(({ x }) => (typeof x === 'number' ? [x] : [])));

/** Heights of the stacks. */
function heights(series: readonly FigureSeries[]): number[] {
  const sums = new Map<string, number>();
  for (const { panel, data } of series) {
    for (const { x, y } of data) {
      const key = `${panel}\n${x}`;
      sums.set(key, (sums.get(key) ?? 0) + y);
    }
  }
  return [...sums.values()];
}

export const seriesNames = ({ series }: Figure): string[] => [...new Set(series.map(({ name }) => name))];
export const panelNames = ({ series }: Figure): string[] => [...new Set(series.map(({ panel }) => panel))];

/** The least and the greatest of figures above 0, which is all that a logarithmic axis can have. */
export const positiveEnds = (values: readonly number[]): readonly [number, number] => [
  values.reduce((least, value) => (value > 0 ? Math.min(least, value) : least), Infinity),
  values.reduce((most, value) => Math.max(most, value), 0),
];

/** Decades between the least and the greatest figure below which 2 and 5 have ticks too. */
const WIDE_DECADES = 1000;

/** 1, 2, 5, 10, …; powers of ten only where the figures lie far apart. */
export function logTicks(values: readonly number[]): number[] {
  const [least, most] = positiveEnds(values);
  if (!Number.isFinite(least)) return [];
  const steps = most / least > WIDE_DECADES ? [1] : [1, 2, 5];
  const ticks: number[] = [];
  for (let exponent = -12; exponent <= 15; exponent++) {
    for (const step of steps) {
      const tick = Number(`${step}e${exponent}`);
      if (tick >= least * 0.999 && tick <= most * 1.001) ticks.push(tick);
    }
  }
  return ticks;
}

/** Ticks of seconds that are labelled with units of their own. */
export const durationTicks = (values: readonly number[]): number[] => {
  const [least, most] = positiveEnds(values);
  const decades = Array.from({ length: 11 }, (_, i) => Number(`1e${i - 9}`));
  return [...decades, 60, 600, 3600, 36000].filter((tick) => tick >= least * 0.999 && tick <= most * 1.001);
};
