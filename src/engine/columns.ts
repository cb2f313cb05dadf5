// Tables as flat columns: a typed array a column, all of one length. Part of the engine: state that every event touches stands
// in them.

/** Copies a column into a longer one. */
export function grown<T extends { set(source: ArrayLike<number>): void }>(from: ArrayLike<number>, to: T): T {
  to.set(from);
  return to;
}

/** A column that may be read and not written. */
export type Column = Readonly<ArrayLike<number>>;

type OwnColumn = Float64Array | Int32Array | Uint8Array;

/** Makes all columns of a table longer; new entries are 0, or what `fill` says for a column. */
export function growColumns(table: object, capacity: number, fill: Readonly<Record<string, number>> = {}): void {
  const columns = table as Record<string, unknown>;
  for (const [name, value] of Object.entries(columns)) {
    if (!ArrayBuffer.isView(value)) continue;
    const column = value as OwnColumn;
    const longer = new (column.constructor as new (length: number) => OwnColumn)(capacity);
    columns[name] = grown(column, longer.fill(fill[name] ?? 0));
  }
}
