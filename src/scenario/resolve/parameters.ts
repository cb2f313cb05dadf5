// A number of the model as people read it: what `kubelapse explain parameters` prints. Part of the scenario.

import type { AnyParameter } from '../../cluster/index.js';
import type { Distribution } from '../../engine/index.js';

/** A value in its unit's words; distributions and ns as seconds. */
export function formatParameter({ value, unit }: AnyParameter): string {
  if (typeof value === 'number') return unit === 'ns' ? seconds(value) : `${value} ${unit}`;
  const scale = unit === 's' ? seconds : (n: number): string => `${Number(n.toPrecision(4))} ${unit}`;
  return formatDistribution(value, scale);
}

/** Seconds, or of less than a microsecond, which would need an exponent, nanoseconds. */
const seconds = (ns: number): string =>
  ns > 0 && ns < 1e3 ? `${Number(ns.toPrecision(4))} ns` : `${Number((ns / 1e9).toPrecision(4))} s`;

function formatDistribution(distribution: Distribution, scale: (n: number) => string): string {
  switch (distribution.kind) {
    case 'fixed':
      return scale(distribution.value);
    case 'uniform':
      return `uniform ${scale(distribution.low)} to ${scale(distribution.high)}`;
    case 'exponential':
      return `exponential, mean ${scale(distribution.mean)}`;
    case 'normal':
      return `normal, mean ${scale(distribution.mean)}, sd ${scale(distribution.standardDeviation)}`;
    case 'lognormal':
      return `lognormal, median ${scale(distribution.median)}, sigma ${Number(distribution.sigma.toPrecision(3))}`;
    case 'empirical':
      return `empirical, ${distribution.points.length} quantiles`;
    case 'mixture':
      return distribution.parts
        .map((part) => `${part.weight} of ${formatDistribution(part.distribution, scale)}`)
        .join(' + ');
  }
}
