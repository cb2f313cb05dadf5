// Ranges, bars and stacks at categories, as SVG that reads out what it shows. Part of the pages.

import {
  type AxisUnit,
  axisTitle,
  axisUnit,
  type Datum,
  durationTicks,
  type Figure,
  type FigureSeries,
  logTicks,
  seriesNames,
  valuesOnY,
} from '../report/charts/figure.js';
import type { Choice } from './choice.js';
import { svg } from './dom.js';
import { linearScale, logScale, type Scale } from './scale.js';
import { colourOf, onTheme, shades } from './theme.js';
import { label, withUnit } from './words.js';

const ROW = 26;
/** Width of a character in the name of a category, and room for names at most. */
const CHARACTER = 7;
const LEFT_MAX = 260;
const BOTTOM = 46;
/** The same below names on a slant. */
const SLANTED_BOTTOM = 72;
const TOP = 8;

/** One panel of a figure. @returns ends it. */
export function barChart(
  place: HTMLElement,
  figure: Figure,
  panel: string,
  choice: Choice,
  height: number,
): () => void {
  const draw = (): void => {
    const width = place.clientWidth || 600;
    const drawing =
      figure.mark === 'range'
        ? new Ranges(figure, panel, choice, width)
        : new Columns(figure, panel, choice, width, height);
    place.replaceChildren(drawing.draw());
  };
  draw();
  const observer = new ResizeObserver(draw);
  observer.observe(place);
  const endings = [choice.onChange(draw), onTheme(draw), () => observer.disconnect()];
  return () => {
    for (const end of endings) end();
  };
}

/** Height of a panel of ranges, px. */
export const rangesHeight = ({ x, series }: Figure): number => {
  const rows = new Set(series.flatMap(({ data }) => data.map((datum) => datum.x))).size;
  return TOP + Math.min(rows, x.categories?.length ?? rows) * ROW + BOTTOM;
};

abstract class BarDrawing {
  protected readonly figure: Figure;
  protected readonly width: number;
  protected readonly unit: AxisUnit;
  protected readonly scale: Scale;
  protected readonly names: readonly string[];
  protected readonly shown: readonly FigureSeries[];
  protected readonly categories: readonly string[];
  readonly #panel: string;

  constructor(figure: Figure, panel: string, choice: Choice, width: number) {
    this.figure = figure;
    this.width = width;
    this.#panel = panel;
    const values = valuesOnY(figure);
    this.unit = axisUnit(figure.y, values);
    const drawn = values.map((value) => value / this.unit.size);
    this.scale = figure.y.isLog
      ? logScale(drawn, this.unit.isMixed ? durationTicks(drawn) : logTicks(drawn))
      : linearScale(drawn, figure.y.fromZero ?? false);
    this.names = seriesNames(figure);
    this.shown = figure.series.filter(
      (series) => series.panel === panel && !choice.isHidden(figure.colourTitle, series.name),
    );
    const used = new Set(figure.series.flatMap(({ data }) => data.map(({ x }) => String(x))));
    this.categories = (figure.x.categories ?? [...used]).filter((category) => used.has(category));
  }

  protected svg(height: number, ...children: readonly SVGElement[]): SVGElement {
    const title = `${this.figure.title} ${this.#panel}`;
    return svg('svg', { width: this.width, height, role: 'img', 'aria-label': title }, ...children);
  }

  protected place(value: number): number {
    return this.scale.place(value / this.unit.size);
  }

  protected colour(name: string): string {
    return colourOf(Math.max(0, this.names.indexOf(name)));
  }

  protected text(x: number, y: number, text: string, anchor: string, more: Record<string, string> = {}): SVGElement {
    return svg('text', { x, y, 'text-anchor': anchor, fill: shades().text, ...more }, text);
  }

  protected line(x1: number, y1: number, x2: number, y2: number, stroke: string, width = 1): SVGElement {
    return svg('line', { x1, y1, x2, y2, stroke, 'stroke-width': width });
  }

  protected told(value: number): string {
    return withUnit(value / this.unit.size, this.unit);
  }

  abstract draw(): SVGElement;
}

class Ranges extends BarDrawing {
  /** Where the axis begins, right of the names. */
  get #left(): number {
    return Math.min(LEFT_MAX, 16 + CHARACTER * Math.max(...this.categories.map((category) => category.length)));
  }

  draw(): SVGElement {
    const left = this.#left;
    const step = this.shown.length > 1 ? ROW * 0.7 : ROW;
    const rows = this.categories.length * Math.max(1, this.shown.length);
    const bottom = TOP + rows * step;
    const along = (value: number): number => left + this.place(value) * (this.width - left - 16);
    const grid = this.scale.ticks.flatMap((tick) => {
      const x = along(tick * this.unit.size);
      return [this.line(x, TOP, x, bottom, shades().grid), this.text(x, bottom + 16, label(tick, this.unit), 'middle')];
    });
    const bars = this.categories.flatMap((category, row) => [
      this.text(left - 8, TOP + (row + 0.5) * step * Math.max(1, this.shown.length) + 4, category, 'end'),
      ...this.shown.flatMap(({ name, data }, i) => {
        const datum = data.find(({ x }) => x === category);
        if (datum === undefined) return [];
        return [this.#bar(datum, name, TOP + (row * this.shown.length + i + 0.5) * step, along)];
      }),
    ]);
    const title = this.text((left + this.width) / 2, bottom + 36, axisTitle(this.figure.y, this.unit), 'middle', {
      class: 'title',
    });
    return this.svg(bottom + BOTTOM, ...grid, ...bars, title);
  }

  #bar(
    { x, y, low = y, high = y, least = low, most = high }: Datum,
    name: string,
    at: number,
    along: (value: number) => number,
  ): SVGElement {
    const colour = this.colour(name);
    const from = (value: number): number =>
      this.figure.y.isLog && value <= 0 ? this.#left : Math.max(this.#left, along(value));
    const [a, b, c, d, e] = [least, low, y, high, most].map(from) as [number, number, number, number, number];
    const told = `${[x, name].filter((part) => part !== '').join(' ')}: ${this.told(y)}, bar ${this.told(low)} to ${this.told(high)}`;
    return svg(
      'g',
      {},
      svg('title', {}, told),
      this.line(a, at, e, at, colour),
      svg('rect', { x: b, y: at - 6, width: Math.max(1, d - b), height: 12, fill: colour, 'fill-opacity': 0.45 }),
      ...(this.figure.y.isLog && y <= 0 ? [] : [this.line(c, at - 8, c, at + 8, colour, 2)]),
      svg('rect', { x: a - 4, y: at - 10, width: Math.max(8, e - a + 8), height: 20, fill: 'transparent' }),
    );
  }
}

class Columns extends BarDrawing {
  readonly #height: number;

  constructor(figure: Figure, panel: string, choice: Choice, width: number, height: number) {
    super(figure, panel, choice, width);
    this.#height = height;
  }

  draw(): SVGElement {
    const left = 64;
    const step = (this.width - left - 8) / this.categories.length;
    const isCrowded = this.categories.some((name) => name.length * CHARACTER > step);
    const foot = isCrowded ? SLANTED_BOTTOM : BOTTOM;
    const bottom = this.#height - foot;
    const up = (value: number): number => bottom - this.place(value) * (bottom - TOP);
    const grid = this.scale.ticks.flatMap((tick) => {
      const y = up(tick * this.unit.size);
      return [
        this.line(left, y, this.width, y, shades().grid),
        this.text(left - 6, y + 4, label(tick, this.unit), 'end'),
      ];
    });
    const columns = this.categories.flatMap((category, i) => [
      this.#label(left + (i + 0.5) * step, bottom + 16, category, isCrowded),
      ...this.#column(category, left + i * step, step, up),
    ]);
    const middle = (TOP + bottom) / 2;
    return this.svg(
      this.#height,
      ...grid,
      ...columns,
      this.text((left + this.width) / 2, bottom + foot - 8, this.figure.x.title, 'middle', { class: 'title' }),
      this.text(14, middle, axisTitle(this.figure.y, this.unit), 'middle', {
        class: 'title',
        transform: `rotate(-90 14 ${middle})`,
      }),
    );
  }

  /** The name of a category; on a slant where names do not fit side by side. */
  #label(x: number, y: number, category: string, isCrowded: boolean): SVGElement {
    if (!isCrowded) return this.text(x, y, category, 'middle');
    return this.text(x + 4, y - 4, category, 'end', { transform: `rotate(-40 ${x} ${y - 4})` });
  }

  #column(category: string, from: number, step: number, up: (value: number) => number): SVGElement[] {
    const isStack = this.figure.mark === 'stack';
    const wide = (step * 0.84) / (isStack ? 1 : Math.max(1, this.shown.length));
    let below = 0;
    return this.shown.flatMap(({ name, data }, i) => {
      const datum = data.find(({ x }) => x === category);
      if (datum === undefined) return [];
      const base = isStack ? below : 0;
      const [y1, y2] = [up(base + datum.y), up(base)];
      if (isStack) below += datum.y;
      const bar = svg(
        'rect',
        {
          x: from + step * 0.08 + (isStack ? 0 : i * wide),
          y: y1,
          width: Math.max(1, wide - 1),
          height: Math.max(0, y2 - y1),
          fill: this.colour(name),
          stroke: shades().background,
          'stroke-width': 0.5,
        },
        svg('title', {}, `${[category, name].filter((part) => part !== '').join(' ')}: ${this.told(datum.y)}`),
      );
      return [bar];
    });
  }
}
