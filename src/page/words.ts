// How pages write numbers. Part of the pages.

import type { AxisUnit } from '../report/charts/figure.js';

/** A figure on an axis, in the unit of the axis: `1,000`, `0.25`; with a unit of its own where the axis has none. */
export function label(value: number, unit: AxisUnit): string {
  if (!unit.isMixed) return plain(value);
  for (const [below, times, name] of DURATIONS) if (value < 0.9999 * below) return `${plain(value * times)} ${name}`;
  return `${plain(value / 60)} min`;
}

const DURATIONS = [
  [1e-6, 1e9, 'ns'],
  [1e-3, 1e6, 'µs'],
  [1, 1e3, 'ms'],
  [60, 1, 's'],
] as const;

/** Four digits, thousands apart, no exponent. */
export function plain(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value === 0 ? 0 : '');
  const rounded = Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(4));
  const [whole, fraction] = decimal(rounded).split('.') as [string, string | undefined];
  return whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',') + (fraction === undefined ? '' : `.${fraction}`);
}

const decimal = (value: number): string =>
  Math.abs(value) < 1e-6 || Math.abs(value) >= 1e21 ? value.toFixed(12).replace(/0+$/, '') : String(value);

/** A figure with its unit, for the readout below a chart. */
export const withUnit = (value: number, unit: AxisUnit): string =>
  unit.isMixed || unit.name === '' ? label(value, unit) : `${plain(value)} ${unit.name}`;
