// Several points in one run, and what must hold at each. Part of the scenario's format.

import { z } from 'zod';
import { duration, field, optional, otherwise } from '../../format/fields.js';
import { POINTS_MAX } from '../limits.js';

export const SWEEP_METHODS = ['grid', 'zip', 'latinHypercube'] as const;

/** End of a range: a number or a duration. */
const rangeEnd = z.union([z.number(), duration], { error: 'must be a number, or a duration such as 10s' });
const sweepRange = z.strictObject({
  from: field(rangeEnd, 'first value: a number or a duration'),
  to: field(rangeEnd, 'last value, of the same kind'),
  step: optional(rangeEnd, 'distance between two values'),
  factor: optional(z.number().gt(1), 'each value is the one before times this'),
  points: optional(
    z.int().min(2).max(POINTS_MAX),
    'number of values, including the ends; whole numbers if the ends are and there are enough of them in between',
  ),
  scale: otherwise(z.enum(['linear', 'log']), 'linear', 'how points, or the samples of a Latin hypercube, are spread'),
});

export const sweep = optional(
  z.strictObject({
    parameters: field(
      z
        .array(
          z.strictObject({
            name: field(
              z.string().regex(/^[a-z][a-z0-9_]*$/, {
                error: 'must be lower-case letters, digits and "_", a letter first',
              }),
              'column parameter_<name>',
            ),
            path: field(z.string(), 'field that is set, such as spec.kubeProxy.mode'),
            values: optional(
              z.array(z.union([z.string(), z.number(), z.boolean()])).min(1),
              'its values, one by one; or a range',
            ),
            range: optional(sweepRange, 'its values as a range, instead of values'),
          }),
        )
        .min(1),
      'what differs from point to point; all points run with the same seed',
    ),
    method: otherwise(
      z.enum(SWEEP_METHODS),
      'grid',
      'grid: every combination of the values; zip: the first values of all parameters, then the second ones, …; latinHypercube: as many points as samples, each parameter spread evenly and combined at random',
    ),
    samples: optional(z.int().min(2).max(POINTS_MAX), 'points of a Latin hypercube'),
  }),
  'several points in one run',
);

export const thresholds = optional(
  z.array(
    z.strictObject({
      metric: field(
        z.string().min(1),
        'metric of docs/reference/metrics.md, with label matchers as in Prometheus to select some of its label sets',
      ),
      expr: field(
        z.string().min(1),
        'what must hold for it, such as p(99) < 5s, max < 1m, count > 100, total == 0, rate < 3, share < 0.1%',
      ),
      abortOnFail: otherwise(z.boolean(), false, 'a point that fails it is the last one that is kept'),
    }),
  ),
  'what must hold at every point; exit code 99 if something does not',
);
