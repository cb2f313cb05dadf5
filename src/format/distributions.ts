// Distributions of durations, as YAML writes them.

import { z } from 'zod';
import { duration, field, optional, positive } from './fields.js';

const which = <T extends string>(kind: T) => field(z.literal(kind), 'kind of distribution');

const simpleDistributions = [
  z.strictObject({ distribution: which('fixed'), value: field(duration, 'the duration') }),
  z.strictObject({
    distribution: which('uniform'),
    min: field(duration, 'the shortest'),
    max: field(duration, 'the longest'),
  }),
  z.strictObject({ distribution: which('exponential'), mean: field(duration, 'the mean') }),
  z.strictObject({
    distribution: which('normal'),
    mean: field(duration, 'the mean'),
    stddev: field(duration, 'standard deviation; values below 0 become 0'),
  }),
  z.strictObject({
    distribution: which('lognormal'),
    p50: field(duration, 'the median'),
    sigma: optional(z.number().min(0).max(5), 'standard deviation of the logarithm'),
    p90: optional(duration, 'second quantile, instead of sigma'),
    p95: optional(duration, 'second quantile, instead of sigma'),
    p99: optional(duration, 'second quantile, instead of sigma'),
  }),
  z.strictObject({
    distribution: which('empirical'),
    quantiles: field(
      z
        .array(
          z.strictObject({
            p: field(z.number().min(0).max(1), 'probability'),
            value: field(duration, 'samples are below this value with that probability'),
          }),
        )
        .min(2),
      'quantiles at rising probabilities from 0 to 1, interpolated linearly',
    ),
  }),
] as const;

const distributionObject = z.discriminatedUnion('distribution', [
  ...simpleDistributions,
  z.strictObject({
    distribution: which('mixture'),
    parts: field(
      z
        .array(
          z.strictObject({
            weight: field(positive, 'share of the samples; the weights need not add up to 1'),
            of: field(
              z.discriminatedUnion('distribution', [...simpleDistributions]),
              'distribution of these samples; every kind but a mixture',
            ),
          }),
        )
        .min(1),
      'the parts',
    ),
  }),
]);
/** A distribution of durations; a plain duration is a fixed one. Named, so that JSON Schemas hold it once. */
export const distribution = z.union([duration, distributionObject]).meta({ id: 'Distribution' });
