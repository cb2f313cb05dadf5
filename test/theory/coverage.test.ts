// Confidence intervals on queues whose truth is known: they hold it as often as they say, by replications with seeds derived
// from one, with the warm-up left out, and as the whole program makes them.

import { describe, expect, it } from 'vitest';
import { replicationSeed } from '../../src/experiment/index.js';
import { METRICS } from '../../src/metrics/index.js';
import { figureValue } from '../../src/report/index.js';
import { type FigureOfMetric, parseFigure } from '../../src/scenario/index.js';
import { estimateOf, mserWarmUp } from '../../src/statistics/index.js';
import { erlangC, mmc, SCALE } from '../fixtures/queue.js';
import { deploymentOf, loadTexts, replicationOf } from '../fixtures/scenario.js';
import { rounds } from '../fixtures/tier.js';

const EXPERIMENTS = rounds(60, 400);
const REPLICATIONS = 8;
/** Four standard errors of a share of 0.95. */
const TOLERANCE = 4 * Math.sqrt((0.95 * 0.05) / EXPERIMENTS);

/** Mean of the waits from a customer on. */
const meanFrom = (waits: Float64Array, from: number): number => {
  let sum = 0;
  for (let i = from; i < waits.length; i++) sum += waits[i]!;
  return sum / (waits.length - from);
};

describe('the mean wait of an M/M/1 queue at load 0.7', () => {
  const [rho, customers] = [0.7, 1500];
  const truth = (erlangC(1, rho) * SCALE) / (1 - rho);
  const coverage = (warmUp: number): number => {
    let held = 0;
    for (let experiment = 0; experiment < EXPERIMENTS; experiment++) {
      const means = Array.from({ length: REPLICATIONS }, (_, r) =>
        meanFrom(mmc(1, rho, customers, 'wheel', replicationSeed(`e${experiment}`, r)).waits, warmUp),
      );
      const { low, high } = estimateOf(means).interval!;
      if (low <= truth && truth <= high) held++;
    }
    return held / EXPERIMENTS;
  };
  it('is in 95 of 100 intervals once the queue has warmed up', () => {
    expect(Math.abs(coverage(300) - 0.95)).toBeLessThan(TOLERANCE);
  });
});

it('a queue that begins empty warms up for as long as MSER-5 says: not at all at low load, longer at high load', () => {
  const warmUp = (rho: number): number => {
    // Mean of 60 replications at each customer: Welch's way to see the beginning through the noise.
    const sum = new Float64Array(4000);
    for (let r = 0; r < 60; r++) {
      mmc(1, rho, sum.length, 'wheel', `w${r}`).waits.forEach((wait, i) => {
        sum[i]! += wait;
      });
    }
    return mserWarmUp([...sum])!;
  };
  expect(warmUp(0.3)).toBeLessThan(50);
  expect(warmUp(0.9)).toBeGreaterThan(50);
});

describe('the program on an M/M/1 queue of requests', () => {
  const MANIFEST = `${deploymentOf(1)}---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
`;
  // 50 a second are served, 25 come.
  const SCENARIO = `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: test}
spec:
  duration: 110s
  warmup: 10s
  nodePools: [{name: n, count: 1, capacity: {cpu: 8, memory: 16Gi}}]
  apps: [{name: web, manifests: [web.yaml], start: running, behavior: [{serve: {concurrency: 1, time: {distribution: exponential, mean: 20ms}}}]}]
  traffic: [{to: service/web, stages: [{duration: 110s, target: 25}]}]
`;
  it('has the true mean answer time in 95 of 100 intervals', () => {
    const figure = parseFigure('request_mean', { metrics: METRICS }) as FigureOfMetric;
    // 1 / (mu - lambda), and less than 0.1 ms for the way there and back.
    const truth = 1 / 25;
    const experiments = rounds(20, 100);
    let held = 0;
    for (let seed = 0; seed < experiments; seed++) {
      const scenario = loadTexts({ 's.yaml': SCENARIO, 'web.yaml': MANIFEST }, [], { seed: String(seed) });
      const means = Array.from({ length: 6 }, (_, r) => figureValue(figure, replicationOf(scenario, r))!);
      const { low, high } = estimateOf(means).interval!;
      if (low <= truth + 1e-4 && truth <= high) held++;
    }
    expect(Math.abs(held / experiments - 0.95)).toBeLessThan(4 * Math.sqrt((0.95 * 0.05) / experiments));
  });
});
