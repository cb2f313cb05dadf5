// Lines and steps along a number: hover, zoom, series that can be hidden. Part of the pages.

import uPlot from 'uplot';
import { SERIES_DASHES } from '../report/chart-style.js';
import {
  axisTitle,
  axisUnit,
  type Datum,
  type Figure,
  seriesNames,
  valuesOnX,
  valuesOnY,
} from '../report/charts/figure.js';
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
  const readout = html('p', { class: 'readout' }, '\u00a0');
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
  const axis = (of: Figure['x'], unit: typeof xUnit): uPlot.Axis => ({
    label: axisTitle(of, unit),
    labelFont: '600 12px system-ui, sans-serif',
    font: '12px system-ui, sans-serif',
    stroke: () => shades().text,
    grid: { stroke: () => shades().grid, width: 1 },
    ticks: { stroke: () => shades().axis, width: 1 },
    values: (_, splits) => splits.map((value) => (value === null ? '' : label(value, unit))),
  });
  const scale = (of: Figure['x']): uPlot.Scale =>
    of.isLog ? { time: false, distr: 3 } : { time: false, ...(of.fromZero ? { range: zeroRange } : {}) };

  const plot = new uPlot(
    {
      width: place.clientWidth || 600,
      height,
      scales: { x: scale(figure.x), y: scale(figure.y) },
      series,
      bands,
      axes: [axis(figure.x, xUnit), { ...axis(figure.y, yUnit), size: 76 }],
      legend: { show: false },
      cursor: { drag: { x: true, y: false }, ...(isOverTime(figure) ? { sync: { key: 'time' } } : {}) },
      hooks: {
        drawClear: [(u) => drawMarks(u, figure, xUnit.size)],
        draw: [(u) => drawLimits(u, figure, yUnit.size)],
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
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    event.preventDefault();
    const xs = plot.data[0];
    const now = plot.cursor.idx ?? (event.key === 'ArrowRight' ? -1 : xs.length);
    const next = Math.min(xs.length - 1, Math.max(0, now + (event.key === 'ArrowRight' ? 1 : -1)));
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

const isOverTime = ({ x }: Figure): boolean => x.quantity === 'seconds' && !x.isLog && x.title === 'simulated time';

const zeroRange: uPlot.Range.Function = (_, least, most) => [Math.min(0, least), most * 1.05 || 1];

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

/** Faults: a shade, a line, a name. */
function drawMarks(u: uPlot, { marks }: Figure, xSize: number): void {
  const { ctx } = u;
  const { left, top, width, height } = u.bbox;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  marks.forEach(({ from, to, text }, i) => {
    const begin = u.valToPos(from / xSize, 'x', true);
    const end = u.valToPos(to / xSize, 'x', true);
    if (end < left || begin > left + width) return;
    ctx.fillStyle = ctx.strokeStyle = shades().muted;
    ctx.globalAlpha = 0.15;
    ctx.fillRect(Math.max(begin, left), top, Math.min(end, left + width) - Math.max(begin, left), height);
    ctx.globalAlpha = 1;
    if (begin >= left) {
      ctx.setLineDash([4 * ratio, 3 * ratio]);
      ctx.beginPath();
      ctx.moveTo(begin, top);
      ctx.lineTo(begin, top + height);
      ctx.stroke();
    }
    const isLate = begin > left + 0.75 * width;
    ctx.textAlign = isLate ? 'right' : 'left';
    ctx.textBaseline = 'top';
    ctx.fillText(text, Math.max(begin, left) + (isLate ? -4 : 4) * ratio, top + (2 + 13 * (i % 3)) * ratio);
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
