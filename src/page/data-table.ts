// A table of a result that sorts by any column and filters by any text. Part of the pages.

import type { ReportedTable } from '../report/html.js';
import { html } from './dom.js';

/** Rows that are shown at a time. */
const PAGE = 100;

/** Closed at first; its rows are made when it is opened. */
export function dataTable(table: ReportedTable): HTMLElement {
  const count =
    table.rows.length < table.total ? `first ${table.rows.length} of ${table.total} rows` : `${table.total} rows`;
  const details = html('details', { class: 'table' }, html('summary', {}, html('code', {}, table.file), ` ${count}`));
  details.addEventListener('toggle', () => {
    if (details.open && details.childElementCount === 1) details.append(new OpenTable(table).element);
  });
  return details;
}

class OpenTable {
  readonly element: HTMLElement;
  readonly #table: ReportedTable;
  readonly #body = html('tbody');
  readonly #note = html('p', { class: 'note', role: 'status' });
  readonly #more = html('button', { type: 'button' }, 'Show more');
  readonly #headers: HTMLElement[];
  #filter = '';
  #sorted: { readonly column: number; readonly isDown: boolean } | undefined;
  #shown = PAGE;

  constructor(table: ReportedTable) {
    this.#table = table;
    const filter = html('input', {
      type: 'search',
      placeholder: 'Filter rows',
      'aria-label': `filter rows of ${table.file}`,
    });
    filter.addEventListener('input', () => {
      this.#filter = filter.value.trim().toLowerCase();
      this.#shown = PAGE;
      this.#draw();
    });
    this.#more.addEventListener('click', () => {
      this.#shown += 10 * PAGE;
      this.#draw();
    });
    this.#headers = table.columns.map(({ name, unit, meaning }, column) => {
      const button = html('button', { type: 'button', title: unit === '' ? meaning : `${meaning} (${unit})` }, name);
      button.addEventListener('click', () => this.#sortBy(column));
      return html('th', { scope: 'col' }, button);
    });
    this.element = html(
      'div',
      {},
      html('p', { class: 'note' }, `${table.meaning}.`),
      filter,
      this.#note,
      html(
        'div',
        { class: 'scroll' },
        html('table', {}, html('thead', {}, html('tr', {}, ...this.#headers)), this.#body),
      ),
      this.#more,
    );
    this.#draw();
  }

  #sortBy(column: number): void {
    const isDown = this.#sorted?.column === column && !this.#sorted.isDown;
    this.#sorted = { column, isDown };
    this.#draw();
  }

  #draw(): void {
    const { rows, total } = this.#table;
    const kept =
      this.#filter === ''
        ? [...rows]
        : rows.filter((row) => row.some((cell) => cell.toLowerCase().includes(this.#filter)));
    if (this.#sorted !== undefined) {
      const { column, isDown } = this.#sorted;
      kept.sort((a, b) => compareCells(a[column]!, b[column]!, isDown));
    }
    this.#headers.forEach((header, column) => {
      const isSorted = this.#sorted?.column === column;
      header.setAttribute('aria-sort', isSorted ? (this.#sorted!.isDown ? 'descending' : 'ascending') : 'none');
    });
    this.#body.replaceChildren(
      ...kept
        .slice(0, this.#shown)
        .map((row) =>
          html('tr', {}, ...row.map((cell) => html('td', isNumber(cell) ? { class: 'number' } : {}, cell))),
        ),
    );
    const cut = rows.length < total ? ` The file has ${total} rows; these are its first ${rows.length}.` : '';
    const found = this.#filter === '' ? '' : `, ${kept.length} match the filter`;
    this.#note.textContent = `${Math.min(this.#shown, kept.length)} of ${rows.length} rows shown${found}.${cut}`;
    this.#more.hidden = kept.length <= this.#shown;
  }
}

const isNumber = (cell: string): boolean => cell !== '' && Number.isFinite(Number(cell));

/** Numbers by size, then words by their letters; what is empty comes last either way. */
function compareCells(a: string, b: string, isDown: boolean): number {
  if ((a === '') !== (b === '')) return a === '' ? 1 : -1;
  const sign = isDown ? -1 : 1;
  if (isNumber(a) && isNumber(b)) return sign * (Number(a) - Number(b));
  if (isNumber(a) !== isNumber(b)) return isNumber(a) ? -sign : sign;
  return a < b ? -sign : a > b ? sign : 0;
}
