// Units as Kubernetes writes them: Go durations, resource quantities, counts or percentages. Part of the scenario.
// Each function returns undefined for text that Kubernetes would not accept either.

import type { CountOrPercent } from '../cluster/index.js';
import { type Duration, INSTANT_MAX } from '../engine/time.js';

const DURATION_UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** `1m30s`, `500ms`, `0` as whole nanoseconds; undefined if it is no duration, is negative, or exceeds 104 days. */
export function parseDuration(text: string): number | undefined {
  const exact = parseExactDuration(text);
  return exact === undefined ? undefined : Math.round(exact);
}

/** The same with parts of a nanosecond, for costs that are paid many times: `4.6ns`. */
export function parseExactDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))*$/.test(text)) {
    return undefined;
  }
  let sum = 0;
  for (const [, number, , unit] of text.matchAll(/(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    sum += Number(number) * DURATION_UNITS[unit!]!;
  }
  return Math.round(sum) <= INSTANT_MAX ? sum : undefined;
}

/** Bytes of a MiB. */
export const MEBIBYTE = 1048576;

const QUANTITY_SUFFIXES: Readonly<Record<string, number>> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 1024,
  Mi: 1048576,
  Gi: 1073741824,
  Ti: 1099511627776,
  Pi: 1125899906842624,
  Ei: 1024 * 1125899906842624,
};

/** A resource quantity (`500m`, `64Gi`, `1e3`, `2`) as a number of units; undefined if it is none or is negative. */
export function parseQuantity(value: string | number): number | undefined {
  const text = String(value).trim();
  const match = /^\+?(\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d{1,2})|([numkMGTPE]|[KMGTPE]i)?)$/.exec(text);
  if (match === null) return undefined;
  const [, digits, exponent, suffix] = match;
  if (exponent !== undefined) return Number(`${digits}e${exponent}`);
  return Number(digits) * QUANTITY_SUFFIXES[suffix ?? '']!;
}

/** CPU in whole millicores, rounded up as Kubernetes does. */
export function parseCpuMillis(value: string | number): number | undefined {
  const cores = parseQuantity(value);
  return cores === undefined ? undefined : Math.ceil(cores * 1000 - 1e-9);
}

/** A count or a percentage: `3`, `"25%"`; undefined if it is neither. */
export function parseIntOrPercent(value: string | number): CountOrPercent | undefined {
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0 ? { count: value } : undefined;
  const percent = /^(\d+(\.\d+)?)%$/.exec(value);
  if (percent !== null) return { percent: Number(percent[1]) };
  return /^\d+$/.test(value) ? { count: Number(value) } : undefined;
}

// Of text that passed validation.

/** A duration as whole nanoseconds. */
export const ns = (text: string): Duration => parseDuration(text)!;

/** `25%` as 0.25. */
export const share = (text: string): number => Number(text.slice(0, -1)) / 100;

/** A quantity of bytes, or what holds without one. */
export const bytes = (value: string | number | undefined, otherwise: number): number =>
  value === undefined ? otherwise : parseQuantity(value)!;

/** A time as a short duration for people: `1m30s`, `250ms`; three digits below a minute, a tenth of a second above. */
export function formatDuration(ns: number): string {
  for (const [unit, size] of SHORT_UNITS) {
    const value = Number((ns / size).toPrecision(3));
    if (value < (unit === 's' ? 60 : 1000)) return `${value}${unit}`;
  }
  const tenths = Math.round(ns / 1e8);
  const hours = Math.floor(tenths / 36000);
  const minutes = Math.floor((tenths % 36000) / 600);
  const rest = (tenths % 600) / 10;
  return `${hours > 0 ? `${hours}h` : ''}${minutes > 0 ? `${minutes}m` : ''}${rest > 0 ? `${rest}s` : ''}`;
}

const SHORT_UNITS = [
  ['ns', 1],
  ['us', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
] as const;
