// The model's figure for a published one: a cell of a table that a run wrote, or what a rule of the model says.
// Part of the experiments.

import type { Catalogue } from '../../catalogue.js';
import { ConditionError, measured, type ParameterSet } from '../../cluster/index.js';
import { checkThresholds, POINT_TABLES, pointsOf, recordOf, THRESHOLD_COLUMNS } from '../../report/index.js';
import type { Cell, Column, FinishedPoint } from '../../results/index.js';
import { fileError, type Threshold } from '../../scenario/index.js';
import type { CellTerm, Experiment, FigureSpec, PublishedFigure, RuleTerm, Take, Term } from './experiment-file.js';
import { columnFor, columnsOf, conditionsFor, figureOf, isBeside, isRule, isSame, nameIn } from './experiment-file.js';

/** What one run of an experiment left behind. */
export interface ExperimentRun {
  /** Of its scenario. */
  readonly name: string;
  readonly thresholds: readonly Threshold[];
  readonly points: readonly FinishedPoint[];
}

/** What the runs of an experiment left behind, by name. */
export type Runs = ReadonlyMap<string, ExperimentRun>;

type Row = Readonly<Record<string, Cell>>;

/** Finds the figures of one experiment; tables are read once. */
export class Simulated {
  readonly #experiment: Experiment;
  readonly #runs: Runs;
  readonly #catalogue: Catalogue;
  readonly #profiles: (paths: readonly string[]) => ParameterSet;
  readonly #tables = new Map<string, readonly Row[]>();

  /** @param profiles the numbers of the model with profiles, by their paths in experiment.yaml. */
  constructor(
    experiment: Experiment,
    runs: Runs,
    catalogue: Catalogue,
    profiles: (paths: readonly string[]) => ParameterSet,
  ) {
    this.#experiment = experiment;
    this.#runs = runs;
    this.#catalogue = catalogue;
    this.#profiles = profiles;
  }

  /** The model's figure, in the unit of the published one. Throws an InputError if the experiment asks for what is not there. */
  figure(published: PublishedFigure): number {
    const spec = figureOf(this.#experiment, published.metric);
    const made = spec.terms.reduce((sofar, term, at) => {
      const own = isRule(term) ? this.#rule(spec, term, published) : this.#cell(spec, term, published);
      return together(
        at === 0 ? undefined : sofar,
        (term.invert === true ? 1 / own : own) * (term.times ?? 1),
        term.op,
      );
    }, 0);
    if (!Number.isFinite(made)) throw this.#refuse(spec, published, 'the result is not a number');
    return made + plusOf(spec, published);
  }

  #rule(spec: FigureSpec, term: RuleTerm, published: PublishedFigure): number {
    const measure = this.#catalogue.measures.get(term.measure);
    try {
      const parameters = this.#profiles(term.profiles ?? []);
      return measured(measure, parameters, conditionsFor(term, published.conditions, measure));
    } catch (error) {
      if (!(error instanceof ConditionError)) throw error;
      throw this.#refuse(spec, published, `${error.condition} ${error.message}`);
    }
  }

  #cell(spec: FigureSpec, term: CellTerm, published: PublishedFigure): number {
    const names = [...this.#runs.keys()];
    const run = published.conditions.run || names[0]!;
    if (!this.#runs.has(run))
      throw this.#refuse(spec, published, `there is no run "${run}"; runs: ${names.join(', ')}`);
    const rows = this.#table(run, term.table);
    const columns = columnsOf(term.table, this.#catalogue);
    const parameters = this.#runs.get(run)!.points[0]?.parameters.map((parameter) => parameter.name) ?? [];
    const wanted: [string, string][] = Object.entries(term.where ?? {}).map(([name, value]) => [name, String(value)]);
    for (const [name, value] of Object.entries(published.conditions)) {
      const as = nameIn(term, name);
      if (name === 'run' || as === undefined || value === '') continue;
      if (isBeside(name, spec.plus) && 'problem' in columnFor(term, as, columns, parameters)) continue;
      wanted.push([as, value]);
    }
    const column = (name: string): string => {
      const found = columnFor(term, name, columns, parameters);
      if ('problem' in found) throw this.#refuse(spec, published, found.problem);
      return found.column;
    };
    const selected = wanted.map(([name, value]) => [column(name), value] as const);
    const found = rows.filter((row) => selected.every(([name, value]) => isSame(String(row[name]), value)));
    const where = wanted.length === 0 ? '' : ` where ${wanted.map(([name, value]) => `${name}=${value}`).join(' ')}`;
    const byReplication = new Map<unknown, Row[]>();
    for (const row of found) byReplication.set(row.replication, [...(byReplication.get(row.replication) ?? []), row]);
    if (term.take === 'count' && found.length === 0) return 0;
    if (found.length === 0) throw this.#refuse(spec, published, `no row of ${term.table} has ${term.column}${where}`);
    // Each replication has its figure, and they are as good as each other.
    const figures = [...byReplication.values()].map((of) => {
      if (of.length > 1 && term.take === undefined)
        throw this.#refuse(
          spec,
          published,
          `${of.length} rows of ${term.table} have ${term.column}${where}: select one with where, or say with take how to combine them`,
        );
      if (term.take === 'count') return of.length;
      const values = of.map((row) => row[term.column]!).filter((value) => value !== '');
      if (values.length === 0) throw this.#refuse(spec, published, `${term.column} of ${term.table} is empty${where}`);
      return aggregated(values.map(Number), term.take);
    });
    return aggregated(figures, 'mean');
  }

  #table(run: string, file: string): readonly Row[] {
    const key = `${run}\n${file}`;
    const known = this.#tables.get(key);
    if (known !== undefined) return known;
    const rows = this.#rowsOf(this.#runs.get(run)!, file);
    this.#tables.set(key, rows);
    return rows;
  }

  #rowsOf({ points, name, thresholds }: ExperimentRun, file: string): Row[] {
    const prefixOf = (parameters: FinishedPoint['parameters']): Row =>
      Object.fromEntries(parameters.map(({ name: own, value }) => [`parameter_${own}`, value]));
    const cellsOf = <R>(columns: readonly Column<R>[], row: R): Row =>
      Object.fromEntries(columns.map((column) => [column.name, column.value(row)]));
    const table = this.#catalogue.tables.all.find((candidate) => candidate.file === file);
    if (table !== undefined) {
      return points.flatMap((point) =>
        [...table.rows(point)].map((row) => ({
          ...prefixOf(point.parameters),
          replication: point.replication,
          ...cellsOf(table.columns, row),
        })),
      );
    }
    // What is told of all replications of a point together.
    const together = pointsOf(points.map((point) => recordOf({ name, catalogue: this.#catalogue }, point)));
    const own = POINT_TABLES.find((candidate) => candidate.file === file);
    return together.flatMap((point) =>
      own === undefined
        ? checkThresholds(thresholds, point).map((row) => ({
            ...prefixOf(point.parameters),
            ...cellsOf(THRESHOLD_COLUMNS, row),
          }))
        : [...own.rows(point)].map((row) => ({ ...prefixOf(point.parameters), ...cellsOf(own.columns, row) })),
    );
  }

  #refuse({ metric }: FigureSpec, { line }: PublishedFigure, message: string): Error {
    return fileError(this.#experiment.file, `${metric}, line ${line} of published.csv: ${message}`);
  }
}

/** What a term makes of what those before it made; the first one makes itself. */
function together(sofar: number | undefined, own: number, op: Term['op'] = 'add'): number {
  if (sofar === undefined) return op === 'subtract' ? -own : own;
  switch (op) {
    case 'subtract':
      return sofar - own;
    case 'multiply':
      return sofar * own;
    case 'divide':
      return sofar / own;
    default:
      return sofar + own;
  }
}

function plusOf({ plus }: FigureSpec, { conditions }: PublishedFigure): number {
  if (typeof plus !== 'object') return plus ?? 0;
  return plus.values[conditions[plus.by] ?? ''] ?? 0;
}

function aggregated(values: readonly number[], take: Take | undefined): number {
  const sum = (): number => values.reduce((total, value) => total + value, 0);
  if (typeof take === 'object') return quantileOf(values, take.quantile);
  switch (take) {
    case 'max':
      return Math.max(...values);
    case 'min':
      return Math.min(...values);
    case 'sum':
      return sum();
    case 'mean':
      return sum() / values.length;
    case 'median':
      return quantileOf(values, 0.5);
    case 'last':
      return values.at(-1)!;
    default:
      return values[0]!;
  }
}

/** Between the two nearest samples, in a straight line. */
function quantileOf(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * q;
  const below = Math.floor(place);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below]! + (sorted[above]! - sorted[below]!) * (place - below);
}
