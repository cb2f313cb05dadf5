// Graceful node shutdown: rules, and tiny clusters whose expected history is the assertion. Source: pkg/kubelet/nodeshutdown.
import { describe, expect, it } from 'vitest';
import type { FaultSpec } from '../../src/cluster/index.js';
import { fixed, seconds } from '../../src/engine/index.js';
import { bandOf, type ShutdownBand } from '../../src/kubelet/index.js';
import { simulate } from '../../src/run/index.js';
import { bandsByPriority, bandsOf } from '../../src/scenario/resolve/shutdown-bands.js';
import * as f from '../fixtures/cluster.js';

const S = 1e9;
const CRITICAL = 2_000_000_000;

describe('bands of a shutdown', () => {
  it('are two by default: all pods, then the critical ones', () => {
    const bands = bandsOf(60 * S, 20 * S);
    expect(bands.map((band) => band.seconds / S)).toEqual([40, 20]);
    expect([-5, 0, CRITICAL - 1, CRITICAL, CRITICAL + 1000].map((priority) => bandOf(priority, bands))).toEqual([
      0, 0, 0, 1, 1,
    ]);
    expect(bandsOf(0, 0)).toEqual([]);
  });
  it('may be several, by priority; a pod below all of them is of the lowest', () => {
    const bands = bandsByPriority([
      { priority: 100_000, shutdownGracePeriodSeconds: 10 },
      { priority: 0, shutdownGracePeriodSeconds: 180 },
      { priority: 10_000, shutdownGracePeriodSeconds: 60 },
    ]);
    expect(bands.map((band) => band.seconds / S)).toEqual([180, 60, 10]);
    expect([-1, 0, 9_999, 10_000, 200_000].map((priority) => bandOf(priority, bands))).toEqual([0, 0, 0, 1, 2]);
  });
});

/** A normal pod and a critical one, which need so long to end, on a node that reboots at 30 s for two minutes. */
function run(normal: number, critical: number, bands: readonly ShutdownBand[], grace = 120, others: FaultSpec[] = []) {
  const pool = f.pool();
  const template = (needs: number, priority: number) =>
    f.template({
      priority,
      terminationGracePeriod: grace * S,
      containers: [f.container({ behavior: f.behavior({ shutdown: fixed(seconds(needs)) }) })],
    });
  const history: string[] = [];
  const ends: number[] = [];
  simulate(
    f.cluster({
      workloads: [
        f.running({ name: 'web', template: template(normal, 0) }),
        f.running({ name: 'critical', template: template(critical, CRITICAL) }),
      ],
      nodePools: [{ ...pool, kubelet: { ...pool.kubelet, shutdownBands: bands } }],
      faults: [{ type: 'NodeReboot', at: f.at(30), duration: 120 * S, nodes: f.oneNode }, ...others],
      duration: seconds(240),
    }),
    'shutdown',
    {
      onlooker: {
        over: ({ now, pods, spec }) => ({
          containerEnded: (pod, _, code) => {
            if (now() > 160 * S) return;
            history.push(`${spec.workloads[pods.workload[pod]!]!.name} ${code}`);
            ends.push(now() / S - 30);
          },
          nodeUpChanged: (_, isUp) => {
            history.push(isUp ? 'up' : 'down');
            ends.push(now() / S - 30);
          },
        }),
      },
    },
  );
  return { history, ends };
}

describe('a node that reboots', () => {
  const bands = bandsOf(60 * S, 20 * S);
  it('takes its pods with it if its kubelet has no time for them', () => {
    const { history } = run(5, 5, []);
    expect(history).toEqual(['down', 'web 255', 'critical 255', 'up']);
  });
  it('ends normal pods, then critical ones, and goes off when nothing is left of them', () => {
    const { history, ends } = run(12, 3, bands);
    expect(history).toEqual(['web 143', 'critical 143', 'down', 'up']);
    expect(ends[0]).toBeCloseTo(12, 0);
    // What is left of a pod after its containers takes a second or two.
    expect(ends[1]! - ends[0]!).toBeGreaterThan(3);
    expect(ends[1]! - ends[0]!).toBeLessThan(7);
    expect(ends[2]!).toBeLessThan(22);
    expect(ends[3]).toBeCloseTo(120, 0);
  });
  it('gives each the least of its own grace and its band, then kills it', () => {
    const { history, ends } = run(200, 200, bands);
    expect(history.slice(0, 3)).toEqual(['web 137', 'critical 137', 'down']);
    expect(ends[0]).toBeCloseTo(40, 0);
    expect(ends[1]).toBeCloseTo(60, 0);
    expect(run(200, 200, bands, 10).ends[0]).toBeCloseTo(10, 0);
  });
  it('goes off when its kubelet is gone in the midst of it', () => {
    const restart: FaultSpec = { type: 'KubeletRestart', at: f.at(35), duration: 5 * S, nodes: f.oneNode };
    const { history, ends } = run(20, 3, bands, 120, [restart]);
    expect(history[0]).toBe('down');
    expect(ends[0]).toBeCloseTo(5, 0);
  });
});
