// Reading CSV: rows by the names of their columns, whatever those are. Part of the texts.

/** Cells by column name. It has no other properties: a column that is not there is undefined, also one called `constructor`. */
export type CsvRow = Readonly<Record<string, string>>;

/** A row of cells under the names of a header. Cells beyond the header are left out. */
export function csvRow(header: readonly string[], cells: readonly string[]): CsvRow {
  const row = Object.create(null) as Record<string, string>;
  header.forEach((name, i) => {
    if (i < cells.length) row[name] = cells[i]!;
  });
  return row;
}

/** Rows under the names of the first one. */
export function csvRowsOf(lines: readonly (readonly string[])[]): CsvRow[] {
  const [header, ...rows] = lines;
  return header === undefined ? [] : rows.map((cells) => csvRow(header, cells));
}
