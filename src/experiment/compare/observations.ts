// What one side of a comparison has: figures by metric, labels and statistic, one value a replication. Part of the
// experiments. They come from the summary.csv of a result, or from a file of somebody's measurements.

import { csvRowsIn } from '../../report/index.js';

/** One figure of one point. */
export interface Figure {
  readonly metric: string;
  /** `name=value` pairs, joined by commas. */
  readonly labels: string;
  readonly statistic: string;
  /** seconds, total or rules. */
  readonly unit: string;
  /** By replication; what was measured has one value. */
  readonly values: ReadonlyMap<number, number>;
}

export interface SidePoint {
  readonly parameters: readonly { readonly name: string; readonly value: string }[];
  readonly figures: ReadonlyMap<string, Figure>;
  /** Seed of each replication; empty for what was measured. */
  readonly seeds: ReadonlyMap<number, string>;
}

export interface Side {
  /** What it is called in messages and tables. */
  readonly name: string;
  readonly points: readonly SidePoint[];
  /** True if its figures were measured on a real cluster. */
  readonly isMeasured: boolean;
  /** Figures of its file that have no counterpart here. */
  readonly ignored: readonly string[];
  /** Simulated time of its runs, those of them that differ; undefined if it is not known. */
  readonly simulatedSeconds?: readonly number[];
}

/** Statistics of summary.csv that are compared. */
export const STATISTICS = ['mean', 'p50', 'p90', 'p95', 'p99', 'max'] as const;

export const figureKey = ({ metric, labels, statistic }: Pick<Figure, 'metric' | 'labels' | 'statistic'>): string =>
  `${metric}{${labels}} ${statistic}`;

interface Building {
  readonly parameters: SidePoint['parameters'];
  readonly figures: Map<string, Omit<Figure, 'values'> & { readonly values: Map<number, number> }>;
}

/**
 * Figures from the text of a summary.csv.
 * @param seedOf seed of a run, from run.json; undefined if it does not say.
 */
export function simulatedSide(
  name: string,
  summaryCsv: string,
  seedOf: (point: number, replication: number) => string | undefined,
  simulatedSeconds: readonly number[] = [],
): Side {
  const rows = csvRowsIn(summaryCsv, `${name}: summary.csv`);
  const points = new Map<number, Building>();
  const replications = new Map<number, Set<number>>();
  for (const row of rows) {
    const point = Number(row.point);
    const replication = Number(row.replication);
    let built = points.get(point);
    if (built === undefined) {
      built = { parameters: parametersOf(row), figures: new Map() };
      points.set(point, built);
      replications.set(point, new Set());
    }
    replications.get(point)!.add(replication);
    for (const statistic of row.samples === '' ? ['total'] : STATISTICS) {
      const text = row[statistic];
      if (text === undefined || text === '') continue;
      const figure = { metric: row.metric!, labels: row.labels!, statistic, unit: row.unit! };
      const key = figureKey(figure);
      let known = built.figures.get(key);
      if (known === undefined) {
        known = { ...figure, values: new Map() };
        built.figures.set(key, known);
      }
      known.values.set(replication, Number(text));
    }
  }
  return {
    name,
    isMeasured: false,
    ignored: [],
    simulatedSeconds: [...new Set(simulatedSeconds)].sort((a, b) => a - b),
    points: [...points].map(([point, { parameters, figures }]) => ({
      parameters,
      figures: withZeros(figures, replications.get(point)!),
      seeds: new Map([...replications.get(point)!].flatMap((r) => pair(r, seedOf(point, r)))),
    })),
  };
}

const pair = (replication: number, seed: string | undefined): [number, string][] =>
  seed === undefined ? [] : [[replication, seed]];

const parametersOf = (row: Readonly<Record<string, string>>): SidePoint['parameters'] =>
  Object.entries(row).flatMap(([column, value]) =>
    column.startsWith('parameter_') ? [{ name: column.slice('parameter_'.length), value }] : [],
  );

/** A counter that a replication does not have was never moved there: 0. */
function withZeros(figures: Building['figures'], replications: ReadonlySet<number>): Building['figures'] {
  for (const { statistic, values } of figures.values()) {
    if (statistic !== 'total') continue;
    for (const replication of replications) if (!values.has(replication)) values.set(replication, 0);
  }
  return figures;
}
