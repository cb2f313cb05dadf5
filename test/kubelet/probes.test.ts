// When probes run and what they bring about: tiny clusters whose expected history is the assertion.

import { describe, expect, it } from 'vitest';
import { type Distribution, fixed, lognormalByQuantiles, mixture, seconds } from '../../src/engine/index.js';
import { histogramOf } from '../../src/metrics/index.js';
import { simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';

const SECOND = 1e9;
const pods = (
  container: Parameters<typeof f.container>[0],
  { count = 1, ...overrides }: Parameters<typeof f.cluster>[0] & { count?: number } = {},
) =>
  simulate(
    f.cluster({
      nodePools: [f.pool({ count })],
      workloads: [f.workload({ replicas: count, template: f.template({ containers: [f.container(container)] }) })],
      ...overrides,
    }),
    'probes',
  );
type Result = ReturnType<typeof pods>;
const stamp = (result: Result, stage: keyof Result['pods']['stamps'], pod = 0) =>
  result.pods.stamps[stage][pod]! / SECOND;

describe('a readiness worker that is poked', () => {
  it('probes like at any other time: a container that does not serve stays unready when its pod is synced', () => {
    const result = pods(
      {
        probes: [f.probe('liveness'), f.probe('readiness')],
        behavior: f.behavior({ startup: fixed(seconds(3600)) }),
      },
      { duration: seconds(300) },
    );
    expect(result.restarts.length).toBeGreaterThan(3);
    expect(stamp(result, 'ready')).toBeNaN();
  });
  it('finds the first status stored in half of the cases, else the container waits a period', () => {
    const result = pods({ probes: [f.probe('readiness')] }, { count: 400 });
    let atOnce = 0;
    for (let pod = 0; pod < 400; pod++) {
      const wait = stamp(result, 'ready', pod) - stamp(result, 'runningKnown', pod);
      if (wait < 0.5) atOnce++;
      else expect(wait).toBeGreaterThan(9.9);
      expect(wait).toBeLessThan(10.5);
    }
    // Binomial, standard deviation 10: four of them.
    expect(Math.abs(atOnce - 200)).toBeLessThan(40);
  });
  it('probes again at once after it made the pod unready, so that one missed probe costs little', () => {
    // One answer in twenty takes 5 s.
    const probeLatency = mixture(
      { weight: 0.95, distribution: fixed(seconds(0.005)) },
      { weight: 0.05, distribution: fixed(seconds(5)) },
    );
    const result = pods(
      { probes: [f.probe('readiness', { failureThreshold: 1 })], behavior: f.behavior({ probeLatency }) },
      { count: 20, duration: seconds(1800) },
    );
    const row = result.probes.find((p) => p.probeType === 'readiness')!;
    expect(row.failures).toBeGreaterThan(100);
    expect(row.unreadyTime / row.failures / SECOND).toBeLessThan(1.2);
  });
});

describe('the ticker of a probe', () => {
  it('begins when the volumes are there', () => {
    // 1.31: a poke does not move the ticker.
    const result = pods({ probes: [f.probe('readiness', { initialDelay: seconds(5) })] }, { minor: 31 });
    const wait = stamp(result, 'ready') - stamp(result, 'volumesMounted');
    expect(wait).toBeGreaterThan(10);
    expect(wait).toBeLessThan(10.3);
  });
  it('holds a tick that it could not deliver: a probe that lasts a period is followed by the next at once', () => {
    const result = pods(
      {
        probes: [f.probe('liveness', { timeout: seconds(10) })],
        behavior: f.behavior({ probeLatency: fixed(seconds(60)) }),
      },
      { duration: seconds(120), minor: 36 },
    );
    const first = stamp(result, 'volumesMounted') + 10;
    // Three probes of 10 s each, a relist, the end of the container and its start.
    expect(result.restarts[0]!.time / SECOND - first).toBeGreaterThan(30);
    expect(result.restarts[0]!.time / SECOND - first).toBeLessThan(32.5);
  });
});

it('the first restart after a kill never waits, even if a relist sees the end in the middle of the sync', () => {
  const result = pods(
    {
      probes: [f.probe('liveness')],
      behavior: f.behavior({ startup: fixed(seconds(3600)), shutdown: fixed(seconds(2.5)) }),
    },
    { count: 30, duration: seconds(50) },
  );
  const first = result.restarts.filter((r) => r.restarts === 1);
  expect(first).toHaveLength(30);
  expect(first.map((r) => r.backOff)).toEqual(Array(30).fill(0));
});

describe('the duration of probes', () => {
  const observed = (
    overrides: Partial<Parameters<typeof f.probe>[1]>,
    latency: Distribution,
    executeEveryTick = false,
  ) => {
    const probes = [f.probe('liveness', { failureThreshold: 1000, ...overrides })];
    const containers = [f.container({ probes, behavior: f.behavior({ probeLatency: latency }) })];
    const spec = f.cluster({
      duration: seconds(3600),
      nodePools: [f.pool({ count: 10 })],
      workloads: [f.running({ replicas: 100, template: f.template({ containers }) })],
    });
    const result = simulate(spec, 'durations', { executeEveryTick });
    const { histogram } = result.series.find((s) => s.metric === 'prober_probe_duration_seconds')!;
    const { value } = result.counters.find((c) => c.labels === 'probe_type=liveness,result=successful')!;
    return { histogram, successful: value, events: result.counts.eventsExecuted };
  };
  const lognormal: Distribution = lognormalByQuantiles(0.5, 0.1 * SECOND, 0.99, 0.8 * SECOND);

  it('has one sample for each that succeeded, most of them no events, with the quantiles of the application', () => {
    const { histogram, successful, events } = observed({ period: seconds(10) }, lognormal);
    expect(histogram.count).toBe(successful);
    // A probe in some 180 misses its timeout of a second.
    expect(successful).toBeGreaterThan(35_500);
    expect(successful).toBeLessThan(36_000);
    expect(events).toBeLessThan(1500);
    expect(histogramOf(histogram).quantile(0.5) / SECOND).toBeCloseTo(0.1, 2);
    // 99 % of the 99.5 % that come in time: 0.1 s times e to the power of 2.171 times 0.894.
    expect(histogramOf(histogram).quantile(0.99) / SECOND).toBeCloseTo(0.696, 2);
    expect(histogram.max).toBeLessThanOrEqual(SECOND);
  });
  it('stays no event with a timeout as long as the period, which manifests often have', () => {
    const { histogram, events, successful } = observed({ period: seconds(1), timeout: seconds(1) }, lognormal);
    expect(histogram.count).toBe(successful);
    expect(successful).toBeGreaterThan(355_000);
    expect(events).toBeLessThan(12_000);
  });
  it('one that outlasts its period moves the ticks after it: fewer probes', () => {
    const slow: Distribution = { kind: 'uniform', low: 0, high: 3 * SECOND };
    const { successful, histogram } = observed({ period: seconds(1), timeout: seconds(5) }, slow);
    // A probe of d seconds is followed by the next at the next tick, or at once where it has taken longer than a period.
    expect(successful / 360_000).toBeGreaterThan(0.5);
    expect(successful / 360_000).toBeLessThan(0.65);
    expect(histogramOf(histogram).mean / SECOND).toBeCloseTo(1.5, 1);
    const every = observed({ period: seconds(1), timeout: seconds(5) }, slow, true);
    expect(every.successful).toBe(successful);
    expect(every.histogram.sum).toEqual(histogram.sum);
  });
});
