// The pure rules of the kubelet: back-off, retry grid, volume wait, probe state machine. Times in seconds.
import { describe, expect, it } from 'vitest';
import { seconds } from '../../src/engine/index.js';
import {
  afterProbe,
  backOffEnd,
  inspectionDuration,
  NO_BACK_OFF,
  nextBackOff,
  ProbeResult,
  relistDuration,
  retryAt,
  volumesMountedAt,
} from '../../src/kubelet/index.js';
import { stopTimes } from '../../src/kubelet/pod-workers/termination.js';
import { probe } from '../fixtures/cluster.js';

const S = 1e9;
const INITIAL = 10 * S;
const MAX = 300 * S;

describe('crash back-off', () => {
  it('lets the first start and the first restart through, then 10, 20, 40, … 300 s after each exit', () => {
    let entry = NO_BACK_OFF;
    expect(backOffEnd(entry, Number.NaN, 5 * S)).toBe(5 * S);
    entry = nextBackOff(entry, Number.NaN, 5 * S, INITIAL, MAX);
    expect(entry).toEqual(NO_BACK_OFF);
    const gaps: number[] = [];
    let now = 6 * S;
    for (let exit = 1; exit <= 9; exit++) {
      const finishedAt = now;
      const end = backOffEnd(entry, finishedAt, now);
      gaps.push((end - finishedAt) / S);
      entry = nextBackOff(entry, finishedAt, end, INITIAL, MAX);
      now = end + 1 * S;
    }
    expect(gaps).toEqual([0, 10, 20, 40, 80, 160, 300, 300, 300]);
  });
  it('starts afresh for a container that ended more than 10 minutes after the last update', () => {
    const entry = { delay: 160 * S, updatedAt: 1000 * S };
    expect(backOffEnd(entry, 1600 * S, 1600 * S)).toBe(1760 * S);
    expect(backOffEnd(entry, 1601 * S, 1601 * S)).toBe(1601 * S);
    expect(nextBackOff(entry, 1601 * S, 1601 * S, INITIAL, MAX)).toEqual({ delay: 10 * S, updatedAt: 1601 * S });
  });
  it('is forgotten ten minutes after the last update, also while it holds up a container', () => {
    const entry = { delay: 300 * S, updatedAt: 1000 * S };
    expect(backOffEnd(entry, 1320 * S, 1590 * S)).toBe(1620 * S);
    expect(backOffEnd(entry, 1320 * S, 1601 * S)).toBe(1601 * S);
  });
  it('counts from the end of the last run, not from now', () => {
    expect(backOffEnd({ delay: 40 * S, updatedAt: 90 * S }, 100 * S, 120 * S)).toBe(140 * S);
  });
  it('never begins above a lower maximum', () => {
    expect(nextBackOff(NO_BACK_OFF, 1 * S, 2 * S, INITIAL, 5 * S).delay).toBe(5 * S);
  });
});

describe('retry of a failed sync', () => {
  it('comes 10 to 15 s later, on the 1 s tick', () => {
    expect(retryAt(100 * S, Number.NaN, false, 0, 0.5 * S)).toBe(110.5 * S);
    expect(retryAt(100 * S, Number.NaN, false, 0.999, 0.5 * S)).toBe(115.5 * S);
  });
  it('before 1.35 does not know when the back-off ends, from 1.35 on it does, at most 60 s ahead', () => {
    expect(retryAt(100 * S, 140 * S, false, 0, 0)).toBe(110 * S);
    expect(retryAt(100 * S, 140 * S, true, 0, 0)).toBe(140 * S);
    expect(retryAt(100 * S, 140 * S, true, 0.999, 0)).toBe(160 * S);
    expect(retryAt(100 * S, 400 * S, true, 0, 0)).toBe(160 * S);
  });
});

describe('waiting for volumes', () => {
  it('pays whole quanta of 300 ms', () => {
    for (let ms = 0; ms < 400; ms += 7) {
      const start = ms * 1e6;
      const end = volumesMountedAt(start, 13e6, 6e6);
      expect((end - start) % 300e6).toBe(0);
      expect((end - start) / 300e6).toBe(1);
    }
  });
  it('waits for loops of 100 ms, whenever the kubelet began', () => {
    for (let phase = 0; phase < 1000; phase += 37) {
      const end = volumesMountedAt(30e6, phase * 1e6, 6e6);
      expect(end).toBe(330e6);
    }
  });
  it('pays a second one when the token is slow', () => {
    expect(volumesMountedAt(0, 0, 400e6)).toBe(600e6);
  });
});

describe('the probe worker’s counters', () => {
  const start = { value: ProbeResult.Success, lastResult: ProbeResult.Success, resultRun: 5, onHold: false };
  const fail = (state: typeof start, spec: ReturnType<typeof probe>, times: number) => {
    for (let i = 0; i < times; i++) state = afterProbe(state, spec, ProbeResult.Failure) as typeof start;
    return state;
  };
  it('needs failureThreshold failures in a row', () => {
    const spec = probe('readiness', { failureThreshold: 3 });
    expect(fail(start, spec, 2).value).toBe(ProbeResult.Success);
    expect(fail(start, spec, 3).value).toBe(ProbeResult.Failure);
    const interrupted = afterProbe(fail(start, spec, 2), spec, ProbeResult.Success);
    expect(fail(interrupted as typeof start, spec, 2).value).toBe(ProbeResult.Success);
  });
  it('needs successThreshold successes in a row to come back', () => {
    const spec = probe('readiness', { successThreshold: 2, failureThreshold: 1 });
    const down = fail(start, spec, 1);
    const once = afterProbe(down, spec, ProbeResult.Success);
    expect(once.value).toBe(ProbeResult.Failure);
    expect(afterProbe(once, spec, ProbeResult.Success).value).toBe(ProbeResult.Success);
  });
  it('goes on hold when liveness condemns, and when startup has its result', () => {
    const condemned = fail(start, probe('liveness'), 3);
    expect(condemned).toEqual({
      value: ProbeResult.Failure,
      lastResult: ProbeResult.Failure,
      resultRun: 0,
      onHold: true,
    });
    const unknown = { value: ProbeResult.Unknown, lastResult: ProbeResult.Unknown, resultRun: 0, onHold: false };
    expect(afterProbe(unknown, probe('startup'), ProbeResult.Success).onHold).toBe(true);
    expect(fail(start, probe('readiness'), 3).onHold).toBe(false);
  });
});

it('a relist takes what was measured: 5.7 ms at 100 pods, 17.1 ms at 900', () => {
  expect(relistDuration(100) / 1e6).toBeCloseTo(5.7, 1);
  expect(relistDuration(900) / 1e6).toBeCloseTo(17.1, 0);
  expect(inspectionDuration(2)).toBe(5e6);
});

describe('stopping a container', () => {
  const takes = (preStop: number, shutdown: number, grace: number) =>
    stopTimes({ preStop: seconds(preStop), shutdown: seconds(shutdown), grace: seconds(grace), turn: 0 }).ended / 1e9;
  it('gives the process what the preStop hook left of the grace, and two seconds at least', () => {
    expect(takes(0, 1, 30)).toBe(1);
    expect(takes(0, 60, 30)).toBe(30);
    expect(takes(10, 60, 30)).toBe(30);
    // The hook took all of it.
    expect(takes(30, 1, 30)).toBe(31);
    expect(takes(30, 60, 30)).toBe(32);
    // It may not take more.
    expect(takes(50, 60, 30)).toBe(32);
  });
  it('takes only whole seconds of the hook off', () => {
    expect(takes(2.7, 60, 10)).toBeCloseTo(2.7 + 8, 9);
  });
  it('runs no hook without grace', () => {
    expect(takes(5, 0.1, 0)).toBe(0.1);
    expect(takes(5, 60, 0)).toBe(2);
  });
});
