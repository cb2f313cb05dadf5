// A figure on a page: the finding, what is drawn, buttons to hide series, the panels, and the figures as a table.
// Part of the pages.

import {
  axisTitle,
  axisUnit,
  type Figure,
  panelNames,
  seriesNames,
  valuesOnX,
  valuesOnY,
} from '../report/charts/figure.js';
import { barChart, rangesHeight } from './bar-chart.js';
import type { Choice } from './choice.js';
import { html } from './dom.js';
import { lineChart } from './line-chart.js';
import { colourOf, onTheme } from './theme.js';
import { label } from './words.js';

const HEIGHT = 300;
const PANEL_HEIGHT = 210;
/** The line below a chart that reads out figures. */
const READOUT = 24;
/** Rows of a table of figures; more than this nobody reads. */
const ROWS_MAX = 400;

export interface FigureView {
  readonly element: HTMLElement;
  /** Draws it; called when it comes into sight. */
  draw(): void;
  end(): void;
}

/** How far below or above the window a figure is drawn, so that a reader who scrolls finds it there. */
const SIGHT = '400px';

/** Draws each figure once, when it comes near sight. Returns how to stop. */
export function drawInSight(views: readonly FigureView[]): () => void {
  const byElement = new Map<Element, FigureView>(views.map((view) => [view.element, view]));
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        byElement.get(target)?.draw();
        observer.unobserve(target);
      }
    },
    { rootMargin: SIGHT },
  );
  for (const { element } of views) observer.observe(element);
  return () => observer.disconnect();
}

export function figureView(figure: Figure, choice: Choice): FigureView {
  const panels = html('div', { class: panelNames(figure).length > 1 ? 'panels many' : 'panels' });
  const isLine = figure.mark === 'line' || figure.mark === 'step';
  const endings: (() => void)[] = [];
  const names = seriesNames(figure);
  const element = html(
    'figure',
    { id: `chart-${figure.id}`, class: panelNames(figure).length > 1 ? 'wide' : undefined },
    html(
      'figcaption',
      {},
      html('h3', {}, figure.title),
      ...figure.subtitle.map((line) => html('p', { class: 'note' }, line)),
    ),
    ...(names.length > 1 ? [legend(figure, names, choice, endings)] : []),
    panels,
    ...(isLine
      ? [html('p', { class: 'hint' }, 'Drag to zoom, double-click to see all; arrow keys move the cursor.')]
      : []),
    dataTable(figure),
  );
  panels.style.minHeight = `${heightOf(figure)}px`;
  let isDrawn = false;
  return {
    element,
    draw: () => {
      if (isDrawn) return;
      isDrawn = true;
      const many = panelNames(figure).length > 1;
      for (const panel of panelNames(figure)) {
        const place = html('div', { class: 'chart' });
        const title = panel === '' ? [] : [html('h4', {}, panel)];
        panels.append(html('div', { class: 'panel' }, ...title, place));
        const chart = isLine ? lineChart : barChart;
        endings.push(chart(place, figure, panel, choice, many ? PANEL_HEIGHT : HEIGHT));
      }
    },
    end: () => {
      for (const end of endings) end();
    },
  };
}

/** What the panels will need, so that the page does not move when they are drawn. */
function heightOf(figure: Figure): number {
  if (panelNames(figure).length > 1) return PANEL_HEIGHT;
  if (figure.mark !== 'range') return HEIGHT + READOUT;
  return rangesHeight(figure);
}

/** A button for each series: what its colour means, and whether it is shown. */
function legend(figure: Figure, names: readonly string[], choice: Choice, endings: (() => void)[]): HTMLElement {
  const { colourTitle } = figure;
  const buttons = names.map((name) => {
    const swatch = html('span', { class: 'swatch', 'aria-hidden': 'true' });
    const button = html('button', { type: 'button', class: 'series' }, swatch, name);
    button.addEventListener('click', () => choice.toggle(colourTitle, name));
    return { name, button, swatch };
  });
  const show = (): void => {
    buttons.forEach(({ name, button, swatch }, i) => {
      button.setAttribute('aria-pressed', String(!choice.isHidden(colourTitle, name)));
      swatch.style.background = colourOf(i);
    });
  };
  show();
  endings.push(choice.onChange(show), onTheme(show));
  const title = colourTitle === '' ? [] : [html('span', {}, `${colourTitle}:`)];
  return html(
    'div',
    { class: 'legend', role: 'group', 'aria-label': `show ${colourTitle}` },
    ...title,
    ...buttons.map(({ button }) => button),
  );
}

/** The figures that are drawn, for those who cannot see them, and for those who want them. */
function dataTable(figure: Figure): HTMLElement {
  const details = html('details', {}, html('summary', {}, 'Figures as a table'));
  details.addEventListener('toggle', () => {
    if (details.open && details.childElementCount === 1) details.append(tableOf(figure));
  });
  return details;
}

function tableOf(figure: Figure): HTMLElement {
  const xUnit = axisUnit(figure.x, valuesOnX(figure));
  const yUnit = axisUnit(figure.y, valuesOnY(figure));
  const rows = figure.series.flatMap(({ name, panel, data }) =>
    data
      .filter(({ y }) => !Number.isNaN(y))
      .map(({ x, y, low, high }) => [
        ...(figure.panelTitle === '' ? [] : [panel]),
        ...(figure.colourTitle === '' ? [] : [name]),
        typeof x === 'number' ? label(x / xUnit.size, xUnit) : x,
        label(y / yUnit.size, yUnit),
        low === undefined ? '' : label(low / yUnit.size, yUnit),
        high === undefined ? '' : label(high / yUnit.size, yUnit),
      ]),
  );
  const header = [
    ...(figure.panelTitle === '' ? [] : [figure.panelTitle]),
    ...(figure.colourTitle === '' ? [] : [figure.colourTitle]),
    axisTitle(figure.x, xUnit),
    axisTitle(figure.y, yUnit),
    'from',
    'to',
  ];
  const hasBand = rows.some((row) => row.at(-1) !== '');
  const cut = (row: readonly string[]): readonly string[] => (hasBand ? row : row.slice(0, -2));
  const table = html(
    'table',
    {},
    html('thead', {}, html('tr', {}, ...cut(header).map((text) => html('th', { scope: 'col' }, text)))),
    html(
      'tbody',
      {},
      ...rows.slice(0, ROWS_MAX).map((row) => html('tr', {}, ...cut(row).map((text) => html('td', {}, text)))),
    ),
  );
  const more =
    rows.length > ROWS_MAX
      ? [html('p', { class: 'note' }, `${rows.length - ROWS_MAX} more rows are in the CSV files.`)]
      : [];
  return html('div', { class: 'scroll' }, table, ...more);
}
