import { describe, expect, it } from 'vitest';
import {
  formatDuration,
  parseCpuMillis,
  parseDuration,
  parseIntOrPercent,
  parseQuantity,
} from '../../src/scenario/index.js';

describe('durations as Go writes them', () => {
  it.each([
    ['0', 0],
    ['500ms', 5e8],
    ['1m30s', 90e9],
    ['1.5h', 5400e9],
    ['2h45m0.5s', 9900.5e9],
    ['10us', 1e4],
    ['3ns', 3],
  ])('%s', (text, ns) => expect(parseDuration(text)).toBe(ns));
  it.each(['', '10', '-5s', '10min', '1d', '1 s', 's', '1e3s', '5000000h'])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe('quantities', () => {
  it.each([
    ['500m', 0.5],
    ['2', 2],
    [2, 2],
    ['64Gi', 64 * 2 ** 30],
    ['1e3', 1000],
    ['0.5Gi', 2 ** 29],
    ['10u', 1e-5],
    ['1k', 1000],
    ['1E', 1e18],
  ])('%s', (text, value) => expect(parseQuantity(text)).toBeCloseTo(value, 12));
  it.each(['', 'x', '-1', '1gi', '1 Gi', '8x', 'NaN', '1KB'])('refuses %j', (text) =>
    expect(parseQuantity(text)).toBeUndefined(),
  );
  it('rounds CPU up to millicores', () => {
    expect([parseCpuMillis('100m'), parseCpuMillis(2), parseCpuMillis('1u'), parseCpuMillis('0.1')]).toEqual([
      100, 2000, 1, 100,
    ]);
  });
});

it('counts and percentages', () => {
  expect(['25%', 3, '4', '100%'].map(parseIntOrPercent)).toEqual([
    { percent: 25 },
    { count: 3 },
    { count: 4 },
    { percent: 100 },
  ]);
  expect([-1, 1.5, 'x', '-5%', ''].map(parseIntOrPercent)).toEqual(new Array(5).fill(undefined));
});

it('durations for people', () => {
  const nanoseconds = [0, 0.25, 20, 1500, 51.8e3, 999_600, 7.9e8, 1.2345e9, 59.96e9, 90e9, 119.96e9, 3600e9, 5430e9];
  expect(nanoseconds.map(formatDuration)).toEqual([
    '0ns',
    '0.25ns',
    '20ns',
    '1.5us',
    '51.8us',
    '1ms',
    '790ms',
    '1.23s',
    '1m',
    '1m30s',
    '2m',
    '1h',
    '1h30m30s',
  ]);
});
