// Axes of a sweep: what values a range has, how parameters are combined, what flags make of them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LoadOptions } from '../../src/scenario/index.js';
import { deploymentOf, loadTexts, problemsOf } from '../fixtures/scenario.js';

const scenario = (sweep: string): string => `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: test}
spec:
  nodePools: [{name: general, count: 2, capacity: {cpu: 4, memory: 8Gi}}]
  apps: [{name: web, manifests: [web.yaml]}]
${sweep}`;
const load = (sweep: string, more: Partial<LoadOptions> = {}) =>
  loadTexts({ 's.yaml': scenario(sweep), 'web.yaml': deploymentOf(1) }, [], more);
const axis = (range: string, path = 'spec.nodePools[0].count') =>
  load(`  sweep: {parameters: [{name: x, path: "${path}", range: ${range}}]}\n`, { unchecked: true }).points.map(
    ({ parameters }) => parameters[0]!.value,
  );
const problems = (sweep: string, more: Partial<LoadOptions> = {}) => problemsOf(() => load(sweep, more));

describe('a range', () => {
  it.each<[string, string, (number | string)[], string?]>([
    ['by steps', '{from: 1, to: 10, step: 3}', [1, 4, 7, 10]],
    ['by steps that do not meet the end', '{from: 1, to: 9, step: 3}', [1, 4, 7]],
    ['by a factor', '{from: 1, to: 1000, factor: 10}', [1, 10, 100, 1000]],
    ['of so many points', '{from: 10, to: 50, points: 5}', [10, 20, 30, 40, 50]],
    ['of so many points on a logarithmic scale', '{from: 1, to: 100, points: 3, scale: log}', [1, 10, 100]],
    ['of whole numbers, none of them twice', '{from: 1, to: 5, points: 5, scale: log}', [1, 2, 3, 5]],
    ['of fractions', '{from: 0.5, to: 1.5, points: 3}', [0.5, 1, 1.5], 'spec.faults[0].factor'],
    [
      'of durations',
      '{from: 500ms, to: 2s, step: 500ms}',
      ['500ms', '1s', '1500ms', '2s'],
      'spec.kubeProxy.iptables.minSyncPeriod',
    ],
    [
      'of durations on a logarithmic scale',
      '{from: 1s, to: 100s, points: 3, scale: log}',
      ['1s', '10s', '100s'],
      'spec.warmup',
    ],
  ])('%s', (_, range, expected, path) => {
    expect(axis(range, path)).toEqual(expected);
  });
  it.each([
    ['{from: 1, to: 1, step: 1}', 'range.to: must be more than from: 1 to 1 is no range'],
    ['{from: 1, to: 5s, step: 1}', 'range.to: from, to and step must all be numbers, or all be durations'],
    ['{from: 0, to: 5, factor: 2}', 'range.from: must be more than 0 on a logarithmic scale'],
    ['{from: 1, to: 5}', 'range.from: needs one of step, factor and points'],
    ['{from: 1, to: 5, step: 1, points: 3}', 'range.step: needs one of step, factor and points, not step and points'],
    ['{from: 1, to: 5, step: 0}', 'range.step: must be more than 0'],
  ])('%s is refused', (range, expected) => {
    const found = problems(`  sweep: {parameters: [{name: x, path: "spec.nodePools[0].count", range: ${range}}]}\n`);
    expect(found.join('\n')).toContain(`spec.sweep.parameters[0].${expected}`);
  });
});

describe('how parameters are combined', () => {
  const two = (method: string, values = '[1, 2, 3]') =>
    `  sweep: {method: ${method}, parameters: [{name: n, path: "spec.nodePools[0].count", values: ${values}}, {name: w, path: spec.warmup, values: [1s, 2s, 3s]}]}\n`;
  it('zip: the first with the first', () => {
    expect(load(two('zip')).points.map(({ parameters }) => parameters.map(({ value }) => value))).toEqual([
      [1, '1s'],
      [2, '2s'],
      [3, '3s'],
    ]);
    expect(problems(two('zip', '[1, 2]'))[0]).toContain(
      'method zip needs the same number of values for each parameter: n 2, w 3',
    );
  });
  it('a Latin hypercube uses each piece of each parameter once, by the seed alone', () => {
    const cube = (samples: number, seed: string) =>
      load(
        `  sweep: {method: latinHypercube, samples: ${samples}, parameters: [{name: n, path: "spec.nodePools[0].count", range: {from: 0, to: 1000000}}, {name: w, path: spec.warmup, range: {from: 1ms, to: 1s, scale: log}}, {name: m, path: spec.kubeProxy.mode, values: [iptables, ipvs]}]}\n`,
        { seed, unchecked: true },
      ).points.map(({ parameters }) => parameters.map(({ value }) => value));
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 60 }), fc.nat(), (samples, seed) => {
        const points = cube(samples, String(seed));
        expect(points).toEqual(cube(samples, String(seed)));
        const pieces = points.map(([n]) => Math.floor((Number(n) / 1_000_000) * samples)).sort((a, b) => a - b);
        expect(pieces).toEqual(Array.from({ length: samples }, (_, i) => i));
        const modes = points.filter(([, , mode]) => mode === 'ipvs').length;
        expect(Math.abs(modes - samples / 2)).toBeLessThanOrEqual(0.5);
      }),
      { seed: 3, numRuns: 30 },
    );
    expect(cube(20, '1')).not.toEqual(cube(20, '2'));
  });
  it.each([
    [
      '{method: latinHypercube, parameters: [{name: n, path: spec.warmup, range: {from: 1s, to: 2s}}]}',
      'spec.sweep.samples: is missing',
    ],
    ['{samples: 3, parameters: [{name: n, path: spec.warmup, values: [1s]}]}', 'is only used by method latinHypercube'],
    [
      '{method: latinHypercube, samples: 3, parameters: [{name: n, path: spec.warmup, range: {from: 1s, to: 2s, step: 1s}}]}',
      'leave step, factor and points out',
    ],
    ['{parameters: [{name: n, path: spec.warmup}]}', 'has neither values nor a range'],
    [
      '{parameters: [{name: n, path: spec.warmup, values: [1s], range: {from: 1s, to: 2s, step: 1s}}]}',
      'has both values and a range',
    ],
    ['{parameters: [{name: n, path: spec.replications, values: [1]}]}', 'must be the path of a field of spec'],
  ])('%s is refused', (sweep, expected) => {
    expect(problems(`  sweep: ${sweep}\n`).join('\n')).toContain(expected);
  });
});

describe('--sweep', () => {
  const swept = (sweep: string[], own = '') =>
    load(own, { sweep }).points.map(({ parameters }) =>
      parameters.map(({ name, value }) => `${name}=${value}`).join(' '),
    );
  it('adds a parameter named by the end of its path', () => {
    expect(swept(['spec.kubeProxy.mode=iptables,ipvs', 'spec.nodePools[0].count=1:5:2'])).toEqual([
      'mode=iptables count=1',
      'mode=iptables count=3',
      'mode=iptables count=5',
      'mode=ipvs count=1',
      'mode=ipvs count=3',
      'mode=ipvs count=5',
    ]);
    expect(swept(['spec.nodePools[0].count=1:100:x10'])).toEqual(['count=1', 'count=10', 'count=100']);
    expect(swept(['spec.nodePools[0].count=1:9:n3'])).toEqual(['count=1', 'count=5', 'count=9']);
    expect(swept(['spec.warmup=1s:2s:500ms'])).toEqual(['warmup=1s', 'warmup=1500ms', 'warmup=2s']);
  });
  it('gives names that are told apart', () => {
    expect(swept(['spec.kubeProxy.iptables.minSyncPeriod=1s', 'spec.kubeProxy.ipvs.minSyncPeriod=2s'])).toEqual([
      'min_sync_period=1s ipvs_min_sync_period=2s',
    ]);
  });
  it('takes the place of the values that the scenario has for the same path', () => {
    const own = '  sweep: {parameters: [{name: nodes, path: "spec.nodePools[0].count", values: [1, 2]}]}\n';
    expect(swept(['spec.nodePools[0].count=7,8'], own)).toEqual(['nodes=7', 'nodes=8']);
  });
  it.each([
    ['spec.kubeProxy.mode', 'must be path=a,b,c'],
    ['spec.kubeProxy.mode=', 'gives no values'],
    ['spec.kubeProxy.mode=[', 'are not a YAML list'],
    ['spec.kubeProxy.mode=iptables,nope', '"nope" is not accepted'],
    ['spec.nodePools[0].count=5:1:1', 'must be more than from'],
  ])('%s is refused', (flag, expected) => {
    expect(problems('', { sweep: [flag] }).join('\n')).toContain(expected);
  });
});
