// What a record must be, for records that come from a file or from another machine: somebody may have written them by hand.
// Part of the report.

import { z } from 'zod';
import { TABLES } from './columns.js';
import type { RunRecord } from './record.js';

const number = z.number();
const counted = z.int().min(0);
/** Buckets of a histogram grow with the logarithm of what is counted: a number above this is none of ours. */
const BUCKET_MAX = 100_000;

const histogram = z.object({
  count: counted,
  min: number,
  max: number,
  zeros: counted,
  sum: z.tuple([number, number]),
  sumSquares: number,
  buckets: z
    .array(number)
    .refine((of) => of.length % 2 === 0 && of.every((n, i) => n >= 0 && (i % 2 === 1 || n <= BUCKET_MAX))),
  bounds: z.array(number),
  boundCounts: z.array(number),
});

const schema = z.object({
  scenario: z.string(),
  index: counted,
  parameters: z.array(z.object({ name: z.string(), value: z.union([z.string(), number, z.boolean()]) })),
  replication: counted,
  seed: z.string(),
  fingerprint: z.string(),
  counts: z.object({
    eventsExecuted: counted,
    eventsRepresented: number,
    executedByKind: z.array(z.object({ name: z.string(), executed: number })),
    nodes: counted,
    pods: counted,
    services: counted,
    endpointChanges: counted,
    unschedulablePods: counted,
    resourceVersion: counted,
  }),
  duration: number.min(0),
  measured: number.min(0),
  series: z.array(z.object({ metric: z.string(), labels: z.string(), histogram })),
  counters: z.array(z.object({ metric: z.string(), labels: z.string(), value: number })),
  figures: z.record(z.string(), z.union([z.string(), number])),
  sentences: z.array(z.string()),
  tables: z.object(Object.fromEntries(TABLES.map(({ file }) => [file, z.object({ rows: counted, text: z.string() })]))),
});

/** The value if it is a record; undefined if it is something else. */
export const asRecord = (value: unknown): RunRecord | undefined =>
  schema.safeParse(value).success ? (value as RunRecord) : undefined;
