// What a record must be, for records that come from a file or from another machine: somebody may have written them by hand.
// Part of the report. A record that passes has nothing that the report could not have written itself, so that whatever is made
// of it ends well; that its figures are true, nobody can see.

import { z } from 'zod';
import type { Catalogue } from '../../catalogue.js';
import {
  boundsInNs,
  type HistogramData,
  labelPairs,
  type MetricDefinition,
  type MetricDefinitions,
} from '../../metrics/index.js';
import { csvCell, hasCommand, visible, visibleLines } from '../../text/index.js';
import { csvLines, pointCells } from '../tables/csv.js';
import { KEY_FIGURES } from '../texts/key-figures.js';
import type { RunRecord } from './record.js';

const number = z.number();
const counted = z.int().min(0);
/** Text as a report has it: on one line, and nothing in it is hidden. */
const text = z.string().refine((value) => visible(value) === value);
/** Buckets of a histogram grow with the logarithm of what is counted: a number above this is none of ours. */
const BUCKET_MAX = 100_000;

const histogram = z
  .object({
    count: counted,
    min: number.min(0),
    max: number.min(0),
    zeros: counted,
    sum: z.tuple([number.min(0), number.min(0)]),
    sumSquares: number.min(0),
    buckets: z.array(counted),
    bounds: z.array(number),
    boundCounts: z.array(counted),
  })
  .refine(isSound);

/** Whether the parts of a histogram agree. */
function isSound({ count, min, max, zeros, buckets, bounds, boundCounts }: HistogramData): boolean {
  let sum = zeros;
  for (let i = 0; i < buckets.length; i += 2) {
    if (buckets[i]! > BUCKET_MAX || (i > 0 && buckets[i]! <= buckets[i - 2]!)) return false;
    sum += buckets[i + 1]!;
  }
  return buckets.length % 2 === 0 && sum === count && min <= max && boundCounts.length === bounds.length + 1;
}

type Known = Pick<Catalogue, 'metricDefinitions' | 'tables'>;

const schemaOf = ({ metricDefinitions: metrics, tables }: Known) =>
  z.object({
    scenario: z.string(),
    index: counted,
    parameters: z.array(z.object({ name: z.string(), value: z.union([z.string(), number, z.boolean()]) })),
    replication: counted,
    seed: z.string(),
    fingerprint: z.string().regex(/^[0-9a-f]*$/),
    counts: z.object({
      eventsExecuted: counted,
      eventsRepresented: number.min(0),
      executedByKind: z.array(z.object({ name: text, executed: number.min(0) })),
      nodes: counted,
      pods: counted,
      services: counted,
      endpointChanges: counted,
      unschedulablePods: counted,
      resourceVersion: counted,
    }),
    duration: number.min(0),
    measured: number.min(0),
    series: z.array(
      z
        .object({ metric: z.string(), labels: text, unit: z.string(), histogram })
        .refine(({ metric, labels, unit, histogram: { bounds } }) =>
          isSeries(metrics, metric, labels, 'histogram', { unit, bounds }),
        ),
    ),
    counters: z.array(
      z
        .object({ metric: z.string(), labels: text, value: number.min(0) })
        .refine(({ metric, labels }) => isSeries(metrics, metric, labels, 'counter')),
    ),
    figures: z.partialRecord(z.enum(KEY_FIGURES.map(({ name }) => name)), z.union([text, number])),
    sentences: z.array(z.string()),
    tables: z.object(
      Object.fromEntries(tables.all.map(({ file }) => [file, z.object({ rows: counted, text: z.string() })])),
    ),
  });

const schemas = new WeakMap<Known, ReturnType<typeof schemaOf>>();

/** Made once for a catalogue: there may be many records. */
function schemaFor(catalogue: Known): ReturnType<typeof schemaOf> {
  let schema = schemas.get(catalogue);
  if (schema === undefined) {
    schema = schemaOf(catalogue);
    schemas.set(catalogue, schema);
  }
  return schema;
}

/** Whether there is such a metric, and it has these labels. */
function isSeries(
  metrics: MetricDefinitions,
  metric: string,
  labels: string,
  type: MetricDefinition['type'],
  histogram?: { readonly unit: string; readonly bounds: readonly number[] },
): boolean {
  if (!Object.hasOwn(metrics, metric)) return false;
  const known = metrics[metric]!;
  const names = labelPairs(labels).map(([name]) => name);
  const isBounded =
    histogram === undefined ||
    (histogram.unit === known.unit && same(histogram.bounds, boundsInNs(known.bounds ?? [])));
  return known.type === type && same(names, known.labels) && isBounded;
}

const same = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((item, i) => item === b[i]);

/** The value if it is a record; undefined if it is something else. @param catalogue the metrics and tables that it may have. */
export function asRecord(value: unknown, catalogue: Known): RunRecord | undefined {
  if (!schemaFor(catalogue).safeParse(value).success) return undefined;
  const record = value as RunRecord;
  const { scenario, index, parameters, replication, tables } = record;
  const first = csvLines([[...pointCells(scenario, index, parameters), replication]]).slice(0, -LINE_END.length);
  const isTold = catalogue.tables.all.every(({ file, columns, rowsMax }) => {
    const { rows, text: lines } = tables[file]!;
    const found = rowsIn(lines, `${first},`, columns.length);
    return found !== undefined && (rowsMax === undefined || lines === '' || found === rows);
  });
  return isTold ? record : undefined;
}

const LINE_END = '\r\n';
/** A cell and what ends it. Cells hold no line ends: those are made visible. */
const CELL = /(?:"((?:[^"\r\n]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
/** How cells begin that a spreadsheet might take for a formula, and numbers below zero. */
const ODD_CELL = /^[=+\-@\uff1d\uff0b\uff0d\uff20]/;

/**
 * How many rows a table's text has; undefined if it is not what this program would write.
 * @param first cells that every row begins with. @param columns cells of a row after those.
 */
function rowsIn(lines: string, first: string, columns: number): number | undefined {
  const plain = lines.replaceAll(LINE_END, '\n');
  if (visibleLines(plain) !== plain || hasCommand(plain)) return undefined;
  let rows = 0;
  for (let at = 0; at < lines.length; rows++) {
    if (!lines.startsWith(first, at)) return undefined;
    CELL.lastIndex = at + first.length;
    for (let column = 1; column <= columns; column++) {
      const found = CELL.exec(lines);
      if (found === null || (found[3] === LINE_END) !== (column === columns)) return undefined;
      const cell = found[1]?.replaceAll('""', '"') ?? found[2]!;
      if (ODD_CELL.test(cell) && csvCell(cell) !== cell && !Number.isFinite(Number(cell))) return undefined;
    }
    at = CELL.lastIndex;
  }
  return rows;
}
