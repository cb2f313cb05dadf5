// What runs in report.html: draws the figures when they come into sight, opens the tables. Part of the pages.

import 'uplot/dist/uPlot.min.css';
import './style.css';
import type { Figure } from '../report/charts/figure.js';
import type { ReportedTable } from '../report/html.js';
import { Choice } from './choice.js';
import { dataTable } from './data-table.js';
import { drawInSight, figureView } from './figure-view.js';

interface ReportData {
  readonly figures: readonly Figure[];
  readonly tables: readonly ReportedTable[];
}

/** Gaps, which JSON has no number for, are null in it. */
const { figures, tables } = JSON.parse(document.getElementById('report-data')!.textContent!, (key, value) =>
  key === 'y' && value === null ? Number.NaN : value,
) as ReportData;
const choice = new Choice();
const views = figures.map((figure) => figureView(figure, choice));
document.getElementById('charts')!.replaceChildren(...views.map(({ element }) => element));
document.getElementById('tables')!.replaceChildren(...tables.map(dataTable));

drawInSight(views);
window.addEventListener('beforeprint', () => {
  for (const view of views) view.draw();
});
