// An experiment that somebody published, as a folder: what was measured (published.csv), the scenarios that do the same in
// the simulator, and how a figure of the one is found in the other (experiment.yaml). Part of the experiments.

import { z } from 'zod';
import type { Catalogue } from '../../catalogue.js';
import { ConditionError, type Conditions, type Measure, measured, ParameterSet } from '../../cluster/index.js';
import { parseQuantity } from '../../format/index.js';
import { POINT_TABLES, THRESHOLD_COLUMNS } from '../../report/index.js';
import {
  API_VERSION,
  type Diagnostic,
  didYouMean,
  fileError,
  formatPath,
  InputError,
  type Path,
  readDocument,
} from '../../scenario/index.js';
import { readCsv } from '../csv-input.js';

const text = z.string().min(1);
const condition = z.union([z.string(), z.number()]);

/** What an experiment is about. */
export const AREAS = [
  'pod start',
  'images',
  'pod network',
  'services',
  'network policies',
  'probes and restarts',
  'node load',
  'control plane',
  'other',
] as const;

/** How a term goes together with those before it. */
const goesTogether = {
  op: z.enum(['add', 'subtract', 'multiply', 'divide']).optional(),
  /** Before anything else: 1 over it. */
  invert: z.boolean().optional(),
  times: z.number().optional(),
};

/** A cell of a table that a run writes. */
const cell = z.strictObject({
  table: text,
  column: text,
  where: z.record(z.string(), condition).optional(),
  /** Conditions of published.csv that stand in this table under another name; `-`: the table does not have it. */
  as: z.record(z.string(), z.string()).optional(),
  /** What to take of several rows; without it there must be one. */
  take: z
    .union([
      z.enum(['sum', 'mean', 'median', 'max', 'min', 'last', 'count']),
      z.strictObject({ quantile: z.number().min(0).max(1) }),
    ])
    .optional(),
  ...goesTogether,
});

/** A rule of the model, asked for directly. */
const rule = z.strictObject({
  measure: text,
  with: z.record(z.string(), condition).optional(),
  as: z.record(z.string(), z.string()).optional(),
  ...goesTogether,
  profiles: z.array(text).optional(),
});

const figure = z.strictObject({
  metric: text,
  /** What a chart calls it; its name with spaces if left out. */
  label: text.optional(),
  unit: text,
  /** The figure is what they make together, from the first to the last. */
  terms: z.array(z.union([cell, rule])).min(1),
  /** Added to it: what the publication measured beside what the model has, the same for all rows or by a condition. */
  plus: z.union([z.number(), z.strictObject({ by: text, values: z.record(z.string(), z.number()) })]).optional(),
});

export const experimentSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('Experiment'),
  metadata: z.strictObject({ name: text }),
  spec: z.strictObject({
    title: text,
    area: z.enum(AREAS).optional(),
    publication: z.strictObject({ cite: text, url: text, environment: text, read: text }),
    /** What it has to keep to: the median of the absolute relative errors, the worst factor, and the rank correlation. */
    bound: z.strictObject({
      median: z.number().min(0),
      worst: z.number().min(1),
      rank: z.number().min(-1).max(1),
    }),
    /** Columns of published.csv that describe a row, and are no conditions. */
    labels: z.array(text).optional(),
    runs: z.array(z.strictObject({ name: text, scenario: text, set: z.array(text).optional() })).optional(),
    figures: z.array(figure).min(1),
    chart: z.strictObject({
      x: text.optional(),
      log: z.enum(['none', 'x', 'y', 'both']).optional(),
      /** Whether the axis of the figures begins at 0; it does by default. */
      zero: z.boolean().optional(),
    }),
    /** What was assumed that the publication does not say. */
    assumed: text.optional(),
    /** Where the model is off, and which mechanism it lacks. */
    differs: text.optional(),
  }),
});

export type ExperimentSpec = z.infer<typeof experimentSchema>['spec'];
export type FigureSpec = ExperimentSpec['figures'][number];
export type Term = FigureSpec['terms'][number];
export type CellTerm = z.infer<typeof cell>;
export type RuleTerm = z.infer<typeof rule>;
export type Take = NonNullable<CellTerm['take']>;

export const isRule = (term: Term): term is RuleTerm => 'measure' in term;

/** A row of published.csv. */
export interface PublishedFigure {
  readonly line: number;
  readonly metric: string;
  /** By column. */
  readonly conditions: Readonly<Record<string, string>>;
  /** What describes the row beside that, by column. */
  readonly labels: Readonly<Record<string, string>>;
  /** A value has both ends the same; a limit has one that is infinite. */
  readonly low: number;
  readonly high: number;
  /** Figures nearer to each other than this say nothing about their order. */
  readonly precision: number;
  /** The parameters that were set from it, `group.name`, or `profile/group.name` in a profile; empty: none was. */
  readonly usedFor: string;
  /** Why any model gets it right, such as the speed of the line; empty: it may be wrong. */
  readonly followsFrom: string;
}

export interface Experiment {
  readonly name: string;
  readonly file: string;
  readonly spec: ExperimentSpec;
  readonly published: readonly PublishedFigure[];
  /** Columns of published.csv that say what held, and those that only describe a row. */
  readonly conditionNames: readonly string[];
  readonly labelNames: readonly string[];
}

/** What a metric of an experiment is, and how the model gives it. */
export const figureOf = ({ spec }: Experiment, metric: string): FigureSpec =>
  spec.figures.find((figure) => figure.metric === metric)!;

const FIXED = ['metric', 'published', 'published_high', 'precision', 'used_for', 'follows_from', 'note'];

/**
 * Reads a folder. Throws an {@link InputError} with everything that is wrong in it.
 * @param folder its name, for messages. @param read gives the text of a file of the folder.
 */
export function readExperiment(
  folder: string,
  catalogue: Pick<Catalogue, 'costs' | 'measures' | 'tables'>,
  read: (path: string) => string,
): Experiment {
  const { costs } = catalogue;
  const diagnostics: Diagnostic[] = [];
  const file = `${folder}/experiment.yaml`;
  const document = readDocument(experimentSchema, 'an experiment', file, read('experiment.yaml'), diagnostics);
  const csv = `${folder}/published.csv`;
  const table = readCsv(csv, read('published.csv'), ['metric', 'published'], diagnostics);
  if (document === undefined || table === undefined) throw new InputError(diagnostics);
  const { spec, metadata } = document.value;
  const refuse = (at: Path, message: string, hint?: string): void => {
    const place = { severity: 'error' as const, ...document.locate(at, 'value'), field: formatPath(at), message };
    diagnostics.push(hint === undefined ? place : { ...place, hint });
  };
  const free = table.columns.filter((name) => !FIXED.includes(name));
  const { labels = [] } = spec;
  labels.forEach((label, i) => {
    if (!free.includes(label))
      refuse(['spec', 'labels', i], `"${label}" is not a column of published.csv`, didYouMean(label, free));
  });
  const labelNames = free.filter((name) => labels.includes(name));
  const conditionNames = free.filter((name) => !labels.includes(name));
  checkFigures(spec, catalogue, conditionNames, refuse);
  const published = table.rows.map(({ line, cells }): PublishedFigure => {
    const bad = (field: string, message: string, hint?: string): void => {
      const place = { severity: 'error' as const, file: csv, line, column: 1, field, message };
      diagnostics.push(hint === undefined ? place : { ...place, hint });
    };
    const number = (name: string, empty: number): number => {
      const written = cells[name] ?? '';
      const value = written === '' ? empty : Number(written);
      if (Number.isNaN(value) || value < 0) bad(name, `must be a number, 0 or more, not "${written}"`);
      return Number.isNaN(value) ? 0 : value;
    };
    const metrics = spec.figures.map(({ metric }) => metric);
    if (!metrics.includes(cells.metric!)) {
      bad(
        'metric',
        `"${cells.metric}" is not a figure of ${file}`,
        didYouMean(cells.metric!, metrics) ?? metrics.join(', '),
      );
    }
    const low = number('published', 0);
    const high = number('published_high', cells.published === '' ? Infinity : low);
    if (cells.published === '' && (cells.published_high ?? '') === '')
      bad('published', 'is missing: a figure, or published_high for a limit');
    if (high < low) bad('published_high', `must be at least published, ${low}, not ${high}`);
    const usedFor = cells.used_for ?? '';
    for (const name of usedFor.split(/\s+/).filter((name) => name !== '')) {
      const at = name.lastIndexOf('.');
      const key = name.slice(name.indexOf('/') + 1, at);
      const group = Object.hasOwn(costs, key) ? costs[key] : undefined;
      const isKnown = group !== undefined && Object.hasOwn(group, name.slice(at + 1));
      if (!isKnown) bad('used_for', `"${name}" is not a parameter`, 'kubelapse explain parameters lists them');
    }
    const conditions = Object.fromEntries(conditionNames.map((name) => [name, cells[name] ?? '']));
    const runs = (spec.runs ?? []).map(({ name }) => name);
    if (cells.run !== undefined && cells.run !== '' && !runs.includes(cells.run))
      bad('run', `there is no run "${cells.run}"`, didYouMean(cells.run, runs) ?? runs.join(', '));
    const figure = spec.figures.find(({ metric }) => metric === cells.metric);
    if (figure !== undefined) checkRow(figure, conditions, catalogue, bad);
    return {
      line,
      metric: cells.metric!,
      conditions,
      labels: Object.fromEntries(labelNames.map((name) => [name, cells[name] ?? ''])),
      low,
      high,
      precision: number('precision', 0),
      usedFor,
      followsFrom: cells.follows_from ?? '',
    };
  });
  spec.figures.forEach(({ metric }, i) => {
    if (!published.some((row) => row.metric === metric))
      refuse(['spec', 'figures', i, 'metric'], `no row of published.csv is a "${metric}"`);
  });
  const { x } = spec.chart;
  if (x !== undefined && !free.includes(x)) {
    const hint = didYouMean(x, free) ?? free.join(', ');
    refuse(['spec', 'chart', 'x'], `"${x}" is not a condition of published.csv`, hint);
  }
  if (diagnostics.some((d) => d.severity === 'error')) throw new InputError(diagnostics);
  return { name: metadata.name, file, spec, published, conditionNames, labelNames };
}

type Refuse = (at: Path, message: string, hint?: string) => void;

/** Files of tables that a term may name. */
export const tableFiles = ({ tables }: Pick<Catalogue, 'tables'>): string[] => [
  ...tables.names,
  ...POINT_TABLES.map(({ file }) => file),
  THRESHOLDS,
];

/** That of the thresholds, which is made otherwise than the others. */
export const THRESHOLDS = 'thresholds.csv';

/** Columns of a table beside those that say which point a row is of. */
export function columnsOf(file: string, { tables }: Pick<Catalogue, 'tables'>): string[] {
  if (file === THRESHOLDS) return THRESHOLD_COLUMNS.map(({ name }) => name);
  const table = [...tables.all, ...POINT_TABLES].find((candidate) => candidate.file === file);
  return (table?.columns ?? []).map(({ name }: { readonly name: string }) => name);
}

function checkFigures(
  spec: ExperimentSpec,
  catalogue: Pick<Catalogue, 'measures' | 'tables'>,
  conditions: readonly string[],
  refuse: Refuse,
): void {
  const runs = (spec.runs ?? []).map(({ name }) => name);
  runs.forEach((name, i) => {
    if (runs.indexOf(name) !== i) refuse(['spec', 'runs', i, 'name'], `"${name}" is the name of another run too`);
  });
  const metrics = spec.figures.map(({ metric }) => metric);
  spec.figures.forEach(({ metric, terms, plus }, i) => {
    const figure: Path = ['spec', 'figures', i];
    if (metrics.indexOf(metric) !== i) refuse([...figure, 'metric'], `"${metric}" is another figure too`);
    const [first] = terms;
    if (first?.op === 'multiply' || first?.op === 'divide')
      refuse(
        [...figure, 'terms', 0, 'op'],
        `the first term has nothing to ${first.op}`,
        'invert: true takes one over it',
      );
    if (typeof plus === 'object' && !conditions.includes(plus.by))
      refuse(
        [...figure, 'plus', 'by'],
        `"${plus.by}" is not a condition of published.csv`,
        didYouMean(plus.by, conditions) ?? conditions.join(', '),
      );
    terms.forEach((term, t) => {
      const at: Path = [...figure, 'terms', t];
      for (const name of Object.keys(term.as ?? {})) {
        if (!conditions.includes(name) && !(spec.labels ?? []).includes(name))
          refuse(
            [...at, 'as', name],
            'is not a column of published.csv',
            didYouMean(name, conditions) ?? conditions.join(', '),
          );
      }
      if (isRule(term)) checkRule(term, at, catalogue, refuse);
      else checkCell(term, at, spec, catalogue, refuse);
    });
  });
}

function checkRule(term: RuleTerm, at: Path, { measures }: Pick<Catalogue, 'measures'>, refuse: Refuse): void {
  if (!measures.has(term.measure)) {
    const { names } = measures;
    const hint = didYouMean(term.measure, names) ?? names.join(', ');
    refuse([...at, 'measure'], `"${term.measure}" is not a measure`, hint);
    return;
  }
  const known = conditionsOf(measures.get(term.measure));
  for (const name of Object.keys(term.with ?? {})) {
    if (known.includes(name)) continue;
    refuse(
      [...at, 'with', name],
      `is not a condition of ${term.measure}`,
      didYouMean(name, known) ?? `it has: ${known.join(', ')}`,
    );
  }
}

function checkCell(
  term: CellTerm,
  at: Path,
  { runs = [] }: ExperimentSpec,
  catalogue: Pick<Catalogue, 'tables'>,
  refuse: Refuse,
): void {
  if (runs.length === 0) refuse(at, 'is taken from a table, but spec.runs names no scenario');
  const files = tableFiles(catalogue);
  if (!files.includes(term.table)) {
    refuse([...at, 'table'], `"${term.table}" is not a table`, didYouMean(term.table, files) ?? files.join(', '));
    return;
  }
  const columns = columnsOf(term.table, catalogue);
  if (!columns.includes(term.column))
    refuse(
      [...at, 'column'],
      `"${term.column}" is not a column of ${term.table}`,
      didYouMean(term.column, columns) ?? columns.join(', '),
    );
}

/** Conditions that a measure knows. */
const conditionsOf = ({ needs, optional = {} }: Measure): string[] => [...needs, ...Object.keys(optional)];

/** What a condition is called in a term; undefined: it does not go by it. */
export function nameIn({ as }: Term, name: string): string | undefined {
  const given = as !== undefined && Object.hasOwn(as, name) ? as[name]! : name;
  return given === '-' ? undefined : given;
}

/** Whether a condition says what is beside the model: a cell goes by it only where its table knows it. */
export const isBeside = (name: string, plus: FigureSpec['plus']): boolean =>
  typeof plus === 'object' && plus.by === name;

/** What held in a row, as a measure is asked. */
export function conditionsFor(term: RuleTerm, row: Readonly<Record<string, string>>, measure: Measure): Conditions {
  const known = conditionsOf(measure);
  const at: Record<string, string | number> = { ...term.with };
  for (const [name, value] of Object.entries(row)) {
    const as = nameIn(term, name);
    if (value !== '' && as !== undefined && known.includes(as)) at[as] = value;
  }
  return at;
}

/** The column that a condition of a cell stands for, or why there is none: one of the table, or a parameter of the sweep. */
export function columnFor(
  { table, as = {} }: CellTerm,
  name: string,
  columns: readonly string[],
  parameters: readonly string[],
): { readonly column: string } | { readonly problem: string } {
  const isExplicit = Object.values(as).includes(name);
  if (parameters.includes(name) && columns.includes(name) && !isExplicit) {
    const which = `as: {${name}: ${name}} or as: {${name}: parameter_${name}}`;
    return { problem: `${name} is a column of ${table} and a parameter of the sweep: say which with ${which}` };
  }
  if (columns.includes(name)) return { column: name };
  const bare = name.replace(/^parameter_/, '');
  if (parameters.includes(bare)) return { column: `parameter_${bare}` };
  const all = [...parameters.map((own) => `parameter_${own}`), ...columns];
  return { problem: `${table} has no column ${name}; columns: ${all.join(', ')}` };
}

/**
 * Looks at every term before anything is run. Throws an {@link InputError}.
 * @param parameters of the sweep of each run, by its name.
 */
export function checkCells(
  { file, spec, published }: Experiment,
  catalogue: Pick<Catalogue, 'tables'>,
  parameters: ReadonlyMap<string, readonly string[]>,
): void {
  const problems = new Set<string>();
  for (const { line, metric, conditions } of published) {
    const run = conditions.run || [...parameters.keys()][0];
    const { terms, plus } = spec.figures.find((figure) => figure.metric === metric)!;
    for (const term of terms) {
      if (isRule(term) || run === undefined) continue;
      const columns = columnsOf(term.table, catalogue);
      const names = Object.entries(conditions).flatMap(([name, value]) =>
        name === 'run' || value === '' ? [] : (nameIn(term, name) ?? []),
      );
      for (const name of [...Object.keys(term.where ?? {}), ...names]) {
        const found = columnFor(term, name, columns, parameters.get(run)!);
        if ('problem' in found && !isBeside(name, plus))
          problems.add(`${metric}, line ${line} of published.csv: ${found.problem}`);
      }
    }
  }
  if (problems.size === 0) return;
  throw new InputError(
    [...problems].map((message) => ({ severity: 'error', file, line: 1, column: 1, field: 'spec.figures', message })),
  );
}

/** Each condition of a row has to be one of a term, and each measure to be able to answer: before anything is run. */
function checkRow(
  { terms, plus }: FigureSpec,
  conditions: Readonly<Record<string, string>>,
  { measures }: Pick<Catalogue, 'measures'>,
  bad: (field: string, message: string, hint?: string) => void,
): void {
  const knows = (term: Term, name: string): boolean => {
    const as = nameIn(term, name);
    if (as === undefined) return true;
    return !isRule(term) || !measures.has(term.measure) || conditionsOf(measures.get(term.measure)).includes(as);
  };
  for (const [name, value] of Object.entries(conditions)) {
    const isPlus = typeof plus === 'object' && plus.by === name;
    if (isPlus && value !== '' && !Object.hasOwn(plus.values, value))
      bad(name, `${JSON.stringify(value)} is not among the values of plus`, Object.keys(plus.values).join(', '));
    if (value === '' || isPlus || name === 'run' || terms.some((term) => knows(term, name))) continue;
    const known = terms.flatMap((term) =>
      isRule(term) && measures.has(term.measure) ? conditionsOf(measures.get(term.measure)) : [],
    );
    bad(
      name,
      `no term of the figure knows this condition, ${JSON.stringify(value)}`,
      didYouMean(name, known) ??
        `known: ${known.join(', ')}; labels names columns that only describe, as: {${name}: "-"} leaves one out`,
    );
  }
  for (const term of terms) {
    if (!isRule(term) || !measures.has(term.measure)) continue;
    const measure = measures.get(term.measure);
    try {
      measured(measure, ParameterSet.DEFAULTS, conditionsFor(term, conditions, measure));
    } catch (error) {
      if (!(error instanceof ConditionError)) throw error;
      bad(error.condition, error.message);
    }
  }
}

/** Whether two values are the same: 4 is 4.0, and 64Gi is 68719476736. */
export function isSame(a: string, b: string): boolean {
  if (a === b) return true;
  const [x, y] = [parseQuantity(a), parseQuantity(b)];
  return x !== undefined && x === y;
}

/** Throws an {@link InputError} unless the folder has that name. */
export function checkName(experiment: Experiment, folder: string): void {
  if (experiment.name !== folder) {
    throw fileError(
      experiment.file,
      `is named ${experiment.name}, but its folder ${folder}`,
      'give both the same name',
    );
  }
}
