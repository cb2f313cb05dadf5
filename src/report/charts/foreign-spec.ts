// A specification of Vega-Lite that somebody has written, before it is drawn: what leads out of the picture is left out, and
// what asks for more data than can be drawn is refused. Part of the charts.

type Json = unknown;

/** Rows that a specification may have or make. No published figure: a chart of a million marks shows none of them. */
export const ROWS_MAX = 1_000_000;

export interface ForeignSpec {
  readonly spec: Readonly<Record<string, Json>>;
  /** What was left out. */
  readonly notes: readonly string[];
  /** Why it cannot be drawn; undefined if it can. */
  readonly problem: string | undefined;
}

/** @param spec nested no deeper than {@link DEPTH_MAX}. */
export function tamedSpec(spec: Readonly<Record<string, Json>>): ForeignSpec {
  let links = 0;
  let problem: string | undefined;
  const tamed = (value: Json, key: string): Json => {
    if (Array.isArray(value)) {
      if (value.length > ROWS_MAX) problem ??= `has ${value.length} rows of data; ${ROWS_MAX} can be drawn`;
      return value.map((item) => tamed(item, key));
    }
    if (typeof value !== 'object' || value === null) return value;
    if (key === 'sequence') problem ??= sequenceProblem(value as Record<string, Json>);
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, child]) => {
        const isLink = name === 'href' && key !== 'values';
        if (isLink) links++;
        return isLink ? [] : [[name, tamed(child, name)]];
      }),
    );
  };
  const whole = tamed(spec, '') as Readonly<Record<string, Json>>;
  return { spec: whole, notes: links > 0 ? ['links of marks are left out'] : [], problem };
}

function sequenceProblem({ start = 0, stop, step = 1 }: Record<string, Json>): string | undefined {
  const rows = (Number(stop) - Number(start)) / Number(step);
  if (rows <= ROWS_MAX) return undefined;
  return Number.isFinite(rows)
    ? `makes a sequence of ${Math.ceil(rows)} rows; ${ROWS_MAX} can be drawn`
    : 'makes a sequence that does not end';
}
