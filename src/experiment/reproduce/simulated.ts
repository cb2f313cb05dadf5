// The model's figure for a published one: a cell of a table that a run wrote, or what a rule of the model says.
// Part of the experiments.

import type { Catalogue } from '../../catalogue.js';
import { ConditionError, type Conditions, measured, type ParameterSet } from '../../cluster/index.js';
import type { FinishedPoint } from '../../results/index.js';
import { fileError } from '../../scenario/index.js';
import type { CellTerm, Experiment, FigureSpec, PublishedFigure, RuleTerm } from './experiment-file.js';
import { figureOf, isRule } from './experiment-file.js';

/** What the runs of an experiment left behind, by name. */
export type Runs = ReadonlyMap<string, readonly FinishedPoint[]>;

type Row = Readonly<Record<string, string | number | boolean>>;

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
    const sum = spec.terms.reduce((total, term) => {
      const value = isRule(term) ? this.#rule(spec, term, published) : this.#cell(spec, term, published);
      return total + value * (term.times ?? 1);
    }, 0);
    if (!Number.isFinite(sum)) throw this.#refuse(spec, published, 'the result is not a number');
    return sum + (spec.plus ?? 0);
  }

  #rule(spec: FigureSpec, term: RuleTerm, published: PublishedFigure): number {
    const measure = this.#catalogue.measures.get(term.measure);
    const known = new Set([...measure.needs, ...Object.keys(measure.optional ?? {})]);
    const at: Record<string, string | number> = { ...term.with };
    for (const [name, value] of Object.entries(published.conditions)) {
      const as = ownOf(term.as, name) ?? name;
      if (value !== '' && known.has(as)) at[as] = value;
    }
    try {
      const parameters = this.#profiles(term.profiles ?? []);
      return measured(measure, parameters, at as Conditions);
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
    if (rows === undefined) {
      const known = this.#catalogue.tables.names.join(', ');
      throw this.#refuse(spec, published, `there is no table ${term.table}; tables: ${known}`);
    }
    const wanted: [string, string][] = Object.entries(term.where ?? {}).map(([name, value]) => [name, String(value)]);
    for (const [name, value] of Object.entries(published.conditions)) {
      const as = ownOf(term.as, name) ?? name;
      if (name !== 'run' && as !== '-' && value !== '') wanted.push([as, value]);
    }
    const columns = Object.keys(rows[0] ?? {});
    const column = (name: string): string => (columns.includes(`parameter_${name}`) ? `parameter_${name}` : name);
    const lacking = [...wanted.map(([name]) => column(name)), term.column].find((name) => !columns.includes(name));
    if (rows.length > 0 && lacking !== undefined) {
      throw this.#refuse(spec, published, `${term.table} has no column ${lacking}; columns: ${columns.join(', ')}`);
    }
    const found = rows.filter((row) => wanted.every(([name, value]) => String(row[column(name)]) === value));
    if (term.take === 'count') return found.length;
    const values = found.map((row) => row[term.column]!).filter((value) => value !== '');
    const where = wanted.length === 0 ? '' : ` where ${wanted.map(([name, value]) => `${name}=${value}`).join(' ')}`;
    if (values.length === 0) {
      throw this.#refuse(spec, published, `no row of ${term.table} has ${term.column}${where}`);
    }
    if (values.length > 1 && term.take === undefined) {
      throw this.#refuse(
        spec,
        published,
        `${values.length} rows of ${term.table} have ${term.column}${where}: select one with where, or say with take how to combine them`,
      );
    }
    return aggregated(values.map(Number), term.take);
  }

  #table(run: string, file: string): readonly Row[] | undefined {
    const key = `${run}\n${file}`;
    const known = this.#tables.get(key);
    if (known !== undefined) return known;
    const table = this.#catalogue.tables.all.find((candidate) => candidate.file === file);
    if (table === undefined) return undefined;
    const rows = this.#runs.get(run)!.flatMap((point) => {
      const prefix = Object.fromEntries(point.parameters.map(({ name, value }) => [`parameter_${name}`, value]));
      return [...table.rows(point)].map((row): Row => {
        const cells = table.columns.map((column) => [column.name, column.value(row)]);
        return { ...prefix, ...Object.fromEntries(cells) };
      });
    });
    this.#tables.set(key, rows);
    return rows;
  }

  #refuse({ metric }: FigureSpec, { line }: PublishedFigure, message: string): Error {
    return fileError(this.#experiment.file, `${metric}, line ${line} of published.csv: ${message}`);
  }
}

function aggregated(values: readonly number[], take: CellTerm['take']): number {
  switch (take) {
    case 'max':
      return Math.max(...values);
    case 'min':
      return Math.min(...values);
    case 'sum':
      return values.reduce((sum, value) => sum + value, 0);
    case 'mean':
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    default:
      return values[0]!;
  }
}

/** What a map says of a name, whatever that is. */
const ownOf = (map: Readonly<Record<string, string>> | undefined, name: string): string | undefined =>
  map !== undefined && Object.hasOwn(map, name) ? map[name] : undefined;
