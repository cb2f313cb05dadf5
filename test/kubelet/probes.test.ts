// When probes run and what they bring about: tiny clusters whose expected history is the assertion.
import { describe, expect, it } from 'vitest';
import { fixed, mixture, seconds } from '../../src/engine/index.js';
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
