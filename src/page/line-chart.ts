// Lines and steps along a number: hover, zoom, series that can be hidden. Part of the pages.

import uPlot from 'uplot';
import {
  axisTitle,
  axisUnit,
  type Datum,
  durationTicks,
  type Figure,
  positiveEnds,
  seriesNames,
  valuesOnX,
  valuesOnY,
} from '../report/charts/figure.js';
import { SERIES_DASHES } from '../report/pictures/chart-style.js';
import type { Choice } from './choice.js';
import { html } from './dom.js';
import { colourOf, onTheme, shades } from './theme.js';
import { label, withUnit } from './words.js';

const BAND_OPACITY = '2e';
/** Share of the steps between two x that keeps figures at the same x in order. */
const NUDGE = 1e-9;

/** One panel of a figure. @returns ends it. */
export function lineChart(
  place: HTMLElement,
  figure: Figure,
  panel: string,
  choice: Choice,
  height: number,
): () => void {
  const names = seriesNames(figure);
  const xUnit = axisUnit(figure.x, valuesOnX(figure));
  const yUnit = axisUnit(figure.y, valuesOnY(figure));
  const drawn = names.map((name) => figure.series.find((one) => one.name === name && one.panel === panel)?.data ?? []);
  const hasBand = drawn.map((data) => data.some(({ low }) => low !== undefined));
  const columns = alignedColumns(drawn, figure, xUnit.size, yUnit.size);
  const readout = html('p', { class: 'readout', 'aria-live': 'polite' }, '\u00a0');
  const chart = html('div', { class: 'plot', tabindex: 0, role: 'img', 'aria-label': `${figure.title} ${panel}` });
  place.append(chart, readout);

  const series: uPlot.Series[] = [{}];
  const bands: uPlot.Band[] = [];
  names.forEach((name, i) => {
    const line: uPlot.Series = {
      label: name,
      stroke: () => colourOf(i),
      width: 2,
      dash: [...SERIES_DASHES[i % SERIES_DASHES.length]!],
      points: { show: figure.mark === 'line' && drawn[i]!.length <= 30 && !drawn[i]!.some(({ y }) => Number.isNaN(y)) },
      ...(figure.mark === 'step' ? { paths: uPlot.paths.stepped!({ align: 1 }) } : {}),
    };
    const edge: uPlot.Series = { label: name, width: 0, points: { show: false } };
    series.push(line, edge, edge);
    if (hasBand[i]) bands.push({ series: [3 * i + 3, 3 * i + 2], fill: () => `${colourOf(i)}${BAND_OPACITY}` });
  });
  const axis = (of: Figure['x'], unit: typeof xUnit, room: number): uPlot.Axis => ({
    label: fittingTitle(of, unit, room),
    labelFont: '600 12px system-ui, sans-serif',
    font: '12px system-ui, sans-serif',
    stroke: () => shades().text,
    grid: { stroke: () => shades().grid, width: 1 },
    ticks: { stroke: () => shades().axis, width: 1 },
    values: (_, splits) => splits.map((value) => (value === null ? '' : label(value, unit))),
    ...(unit.isMixed
      ? { splits: (_u, _i, min, max) => durationTicks([min, max]), filter: (_u, splits) => splits }
      : {}),
  });
  const xScale: uPlot.Scale = { time: false, ...(figure.x.isLog ? { distr: 3 } : {}) };
  // Panels of a figure have the same scale: what looks alike is alike.
  const range = rangeOfAll(
    figure.y,
    valuesOnY(figure).map((value) => value / yUnit.size),
  );
  const yScale: uPlot.Scale = { time: false, ...(figure.y.isLog ? { distr: 3 } : {}), range };

  const plot = new uPlot(
    {
      width: place.clientWidth || 600,
      height,
      scales: { x: xScale, y: yScale },
      series,
      bands,
      axes: [axis(figure.x, xUnit, place.clientWidth), { ...axis(figure.y, yUnit, height - 60), size: 76 }],
      legend: { show: false },
      cursor: { drag: { x: true, y: false }, ...(isOverTime(figure) ? { sync: { key: 'time' } } : {}) },
      hooks: {
        drawClear: [(u) => drawMarks(u, figure, xUnit.size)],
        draw: [(u) => drawLimits(u, figure, yUnit.size), (u) => drawMarkNames(u, figure, xUnit.size)],
        setCursor: [
          (u) => {
            readout.textContent = readoutOf(u, figure, names, choice, xUnit, yUnit);
          },
        ],
      },
    },
    columns,
    chart,
  );
  const show = (): void => {
    names.forEach((name, i) => {
      const isShown = !choice.isHidden(figure.colourTitle, name);
      for (const offset of [1, 2, 3]) plot.setSeries(3 * i + offset, { show: isShown });
    });
  };
  chart.addEventListener('keydown', (event) => {
    const xs = plot.data[0];
    const next = movedIndex(event.key, plot.cursor.idx ?? undefined, xs.length);
    if (next === undefined) return;
    event.preventDefault();
    plot.setCursor({ left: plot.valToPos(xs[next]!, 'x'), top: plot.over.clientHeight / 2 });
  });
  show();
  const observer = new ResizeObserver(() => {
    if (place.clientWidth > 0) plot.setSize({ width: place.clientWidth, height });
  });
  observer.observe(place);
  const endings = [
    choice.onChange(show),
    onTheme(() => plot.redraw()),
    () => observer.disconnect(),
    () => plot.destroy(),
  ];
  return () => {
    for (const end of endings) end();
  };
}

/** Where a key leads along the figures; undefined if it is not one of those. */
function movedIndex(key: string, now: number | undefined, count: number): number | undefined {
  const last = count - 1;
  switch (key) {
    case 'ArrowRight':
      return Math.min(last, (now ?? -1) + 1);
    case 'ArrowLeft':
      return Math.max(0, (now ?? count) - 1);
    case 'PageUp':
      return Math.max(0, (now ?? count) - Math.ceil(count / 10));
    case 'PageDown':
      return Math.min(last, (now ?? -1) + Math.ceil(count / 10));
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return undefined;
  }
}

const isOverTime = ({ x }: Figure): boolean => x.quantity === 'seconds' && !x.isLog && x.title === 'simulated time';

/** Width of a character in the title of an axis, px. */
const CHARACTER = 7;

/** The title of an axis, or its unit alone where there is no room for more: the title of the chart has the rest. */
function fittingTitle(axis: Figure['x'], unit: ReturnType<typeof axisUnit>, room: number): string {
  const whole = axisTitle(axis, unit);
  return whole.length * CHARACTER <= room ? whole : axisTitle({ ...axis, title: '' }, unit).replace(/^[, ]+/, '');
}

/** Room above the greatest figure, and around those of a logarithmic axis. */
const ROOM = 1.05;

function rangeOfAll(axis: Figure['y'], values: readonly number[]): [number, number] {
  if (axis.isLog) {
    const [least, most] = positiveEnds(values);
    return [least / ROOM, most * ROOM];
  }
  const [least, most] = [Math.min(...values, axis.fromZero ? 0 : Infinity), Math.max(...values)];
  return [least, most === least ? least + 1 : least + (most - least) * ROOM];
}

/** One x column for all series, then of each its y, and the ends of its band. Of figures at the same x the later is nudged. */
function alignedColumns(
  drawn: readonly (readonly Datum[])[],
  figure: Figure,
  xSize: number,
  ySize: number,
): uPlot.AlignedData {
  const xs = valuesOnX(figure);
  const nudge = (Math.max(...xs) - Math.min(...xs) || 1) * NUDGE;
  const tables = drawn.map((data): uPlot.AlignedData => {
    let last = Number.NEGATIVE_INFINITY;
    const kept = data.filter(({ x, y }) => !(figure.y.isLog && y <= 0) && !(figure.x.isLog && (x as number) <= 0));
    const column = kept.map(({ x }) => {
      last = Math.max(x as number, last + nudge);
      return last / xSize;
    });
    const of = (value: number | undefined): number | null =>
      value === undefined || Number.isNaN(value) ? null : value / ySize;
    return [column, kept.map(({ y }) => of(y)), kept.map(({ low }) => of(low)), kept.map(({ high }) => of(high))];
  });
  return uPlot.join(
    tables,
    tables.map((table) => table.map(() => 2)),
  );
}

function readoutOf(
  u: uPlot,
  figure: Figure,
  names: readonly string[],
  choice: Choice,
  xUnit: ReturnType<typeof axisUnit>,
  yUnit: ReturnType<typeof axisUnit>,
): string {
  const { idx } = u.cursor;
  if (idx === null || idx === undefined) return '\u00a0';
  const parts = names.flatMap((name, i) => {
    if (choice.isHidden(figure.colourTitle, name)) return [];
    const value = lastAt(u.data[3 * i + 1]!, idx);
    if (value === undefined) return [];
    const high = u.data[3 * i + 3]![idx];
    const band = high === null || high === undefined ? '' : ` to ${withUnit(high, yUnit)}`;
    return [`${name === '' ? '' : `${name} `}${withUnit(value, yUnit)}${band}`];
  });
  return `${figure.x.title} ${withUnit(u.data[0][idx]!, xUnit)}: ${parts.join(' · ')}`;
}

/** The figure at a place, or the one before it where this series has none. */
function lastAt(column: ArrayLike<number | null | undefined>, idx: number): number | undefined {
  for (let i = idx; i >= 0; i--) {
    const value = column[i];
    if (value === null) return undefined;
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Faults: a shade, and a line where they begin. */
function drawMarks(u: uPlot, { marks }: Figure, xSize: number): void {
  const { ctx } = u;
  const { left, top, width, height } = u.bbox;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.fillStyle = ctx.strokeStyle = shades().muted;
  for (const { from, to } of marks) {
    const begin = u.valToPos(from / xSize, 'x', true);
    const end = u.valToPos(to / xSize, 'x', true);
    if (end < left || begin > left + width) continue;
    ctx.globalAlpha = 0.15;
    ctx.fillRect(Math.max(begin, left), top, Math.min(end, left + width) - Math.max(begin, left), height);
    ctx.globalAlpha = 1;
    if (begin < left) continue;
    ctx.setLineDash([4 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(begin, top);
    ctx.lineTo(begin, top + height);
    ctx.stroke();
  }
  ctx.restore();
}

/** Their names, over all that is drawn. */
function drawMarkNames(u: uPlot, { marks }: Figure, xSize: number): void {
  const { ctx } = u;
  const { left, top, width } = u.bbox;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  ctx.textBaseline = 'top';
  ctx.lineWidth = 4 * ratio;
  ctx.strokeStyle = shades().background;
  ctx.fillStyle = shades().muted;
  marks.forEach(({ from, to, text }, i) => {
    const begin = u.valToPos(from / xSize, 'x', true);
    if (u.valToPos(to / xSize, 'x', true) < left || begin > left + width) return;
    const isLate = begin > left + 0.75 * width;
    ctx.textAlign = isLate ? 'right' : 'left';
    const [x, y] = [Math.max(begin, left) + (isLate ? -4 : 4) * ratio, top + (2 + 13 * (i % 3)) * ratio];
    ctx.strokeText(text, x, y);
    ctx.fillText(text, x, y);
  });
  ctx.restore();
}

/** Thresholds: a dashed line with what must hold. */
function drawLimits(u: uPlot, { limits }: Figure, ySize: number): void {
  const { ctx } = u;
  const { left, top, width, height } = u.bbox;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = shades().text;
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  ctx.textAlign = 'right';
  ctx.textBaseline = 'bottom';
  ctx.setLineDash([6 * ratio, 4 * ratio]);
  for (const { y, text } of limits) {
    const at = u.valToPos(y / ySize, 'y', true);
    if (at < top || at > top + height) continue;
    ctx.beginPath();
    ctx.moveTo(left, at);
    ctx.lineTo(left + width, at);
    ctx.stroke();
    ctx.fillText(text, left + width - 4 * ratio, at - 2 * ratio);
  }
  ctx.restore();
}
