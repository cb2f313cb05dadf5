// An experiment that somebody published, as a folder: what was measured (published.csv), the scenarios that do the same in
// the simulator, and how a figure of the one is found in the other (experiment.yaml). Part of the experiments.

import { z } from 'zod';
import type { Catalogue } from '../../catalogue.js';
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

/** A cell of a table that a run writes. */
const cell = z.strictObject({
  table: text,
  column: text,
  where: z.record(z.string(), condition).optional(),
  /** Conditions of published.csv that stand in this table under another name; `-`: the table does not have it. */
  as: z.record(z.string(), z.string()).optional(),
  /** What to take of several rows; without it there must be one. */
  take: z.enum(['sum', 'mean', 'max', 'min', 'count']).optional(),
  times: z.number().optional(),
});

/** A rule of the model, asked for directly. */
const rule = z.strictObject({
  measure: text,
  with: z.record(z.string(), condition).optional(),
  as: z.record(z.string(), z.string()).optional(),
  times: z.number().optional(),
  profiles: z.array(text).optional(),
});

const figure = z.strictObject({
  metric: text,
  /** What a chart calls it; its name with spaces if left out. */
  label: text.optional(),
  unit: text,
  /** Their sum is the figure. */
  terms: z.array(z.union([cell, rule])).min(1),
  /** Added to it: what the publication measured beside what the model has. */
  plus: z.number().optional(),
});

export const experimentSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('Experiment'),
  metadata: z.strictObject({ name: text }),
  spec: z.strictObject({
    title: text,
    publication: z.strictObject({ cite: text, url: text, environment: text, read: text }),
    /** What it has to keep to: the median of the absolute relative errors, the worst factor, and the rank correlation. */
    bound: z.strictObject({
      median: z.number().min(0),
      worst: z.number().min(1),
      rank: z.number().min(-1).max(1),
    }),
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

export const isRule = (term: Term): term is RuleTerm => 'measure' in term;

/** A row of published.csv. */
export interface PublishedFigure {
  readonly line: number;
  readonly metric: string;
  /** By column. */
  readonly conditions: Readonly<Record<string, string>>;
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
  /** Columns of published.csv that say what held. */
  readonly conditionNames: readonly string[];
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
  { costs, measures }: Pick<Catalogue, 'costs' | 'measures'>,
  read: (path: string) => string,
): Experiment {
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
  checkFigures(spec, measures, refuse);
  const conditionNames = table.columns.filter((name) => !FIXED.includes(name));
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
    return {
      line,
      metric: cells.metric!,
      conditions,
      low,
      high,
      precision: number('precision', 0),
      usedFor,
      followsFrom: cells.follows_from ?? '',
    };
  });
  const { x } = spec.chart;
  if (x !== undefined && !conditionNames.includes(x)) {
    const hint = didYouMean(x, conditionNames) ?? conditionNames.join(', ');
    refuse(['spec', 'chart', 'x'], `"${x}" is not a condition of published.csv`, hint);
  }
  if (diagnostics.some((d) => d.severity === 'error')) throw new InputError(diagnostics);
  return { name: metadata.name, file, spec, published, conditionNames };
}

function checkFigures(
  spec: ExperimentSpec,
  measures: Catalogue['measures'],
  refuse: (at: Path, message: string, hint?: string) => void,
): void {
  spec.figures.forEach(({ terms }, i) => {
    terms.forEach((term, t) => {
      const at: Path = ['spec', 'figures', i, 'terms', t];
      if (!isRule(term)) {
        if ((spec.runs ?? []).length === 0) refuse(at, 'is taken from a table, but spec.runs names no scenario');
        return;
      }
      if (measures.has(term.measure)) return;
      const { names } = measures;
      refuse(
        [...at, 'measure'],
        `"${term.measure}" is not a measure`,
        didYouMean(term.measure, names) ?? names.join(', '),
      );
    });
  });
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
