// The findings that are printed: each is checked against a run small enough to know the figures. Times in seconds.

import { describe, expect, it } from 'vitest';
import { BUILT_IN } from '../../src/catalogue.js';
import { fixed, seconds } from '../../src/engine/index.js';
import { recordOf, summaryText } from '../../src/report/index.js';
import type { FinishedPoint } from '../../src/results/index.js';
import { simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';

const S = 1e9;
type Point = FinishedPoint;
const point = (overrides: Parameters<typeof f.cluster>[0], index = 0, parameters: Point['parameters'] = []): Point => ({
  index,
  parameters,
  replication: 0,
  result: simulate(f.cluster(overrides), '42'),
});
const text = (...points: Point[]) =>
  summaryText({
    name: 'test',
    question: '',
    seed: '42',
    records: points.map((p) => recordOf({ name: 'test', catalogue: BUILT_IN }, p)),
  });

describe('of a fault', () => {
  const hang = (duration: number) =>
    point({
      duration: seconds(240),
      workloads: [
        f.running({
          replicas: 4,
          template: f.template({ containers: [f.container({ probes: [f.probe('readiness')] })] }),
        }),
      ],
      faults: [
        { type: 'ApplicationHang', at: f.at(60), duration: seconds(duration), workloads: [0], pods: { percent: 50 } },
      ],
    });
  it('tell how many pods were ready, and when as many were again', () => {
    // Three failures, ten seconds apart: unready 20 to 31 s after. Then one success, at most ten seconds after the end.
    const line =
      /^ApplicationHang at 1m \(2 pods\): 4 pods ready, fewer after (.+) \(fewest 2\), recovered after (.+), sampled every 1s\.$/m;
    const [, fewer, again] = line.exec(text(hang(60)))!;
    expect(Number.parseFloat(fewer!)).toBeGreaterThanOrEqual(20);
    expect(Number.parseFloat(fewer!)).toBeLessThanOrEqual(33);
    expect(again).toMatch(/^1m([0-9]|1[0-2])?s?$/);
  });
  it('say so when that was not seen', () => {
    expect(text(hang(500))).toMatch(/\(fewest 2\), not recovered, sampled every 1s\.$/m);
  });
  it('say that nothing came of it', () => {
    expect(text(hang(5))).toContain('ApplicationHang at 1m (2 pods): no drop in ready pods.\n');
  });
  it('count the restarts and the deletions that followed', () => {
    const found = text(
      point({
        nodePools: [f.pool({ count: 2 })],
        duration: seconds(700),
        workloads: [f.running({ replicas: 4 })],
        faults: [
          { type: 'NodeReboot', at: f.at(30), duration: 10 * S, nodes: f.oneNode },
          { type: 'NodeDeath', at: f.at(150), duration: Infinity, nodes: f.oneNode },
        ],
      }),
    );
    expect(found).toMatch(/^NodeReboot at 30s \(1 node, 2 pods\): .+; 2 container restarts\.$/m);
    expect(found).toMatch(/^NodeDeath at 2m30s \(1 node, 2 pods\): 4 pods ready, .+; 2 pods deleted\.$/m);
  });
  it('look on beyond one that hits no pods, and say which one cut the look short', () => {
    const rebooted = (other: object) =>
      text(
        point({
          nodePools: [
            f.pool({ count: 1 }),
            f.pool({ count: 1, taints: [{ key: 'x', value: '', effect: 'NoSchedule' }] }),
          ],
          duration: seconds(600),
          workloads: [f.running({ replicas: 2 })],
          faults: [
            { type: 'NodeReboot', at: f.at(30), duration: 30 * S, nodes: { pools: [0], amount: { count: 1 } } },
            {
              type: 'KubeletRestart',
              at: f.at(65),
              duration: S,
              nodes: { pools: [1], amount: { count: 1 } },
              ...other,
            },
          ],
        }),
      );
    expect(rebooted({})).toMatch(/^NodeReboot at 30s .+ recovered after/m);
    expect(rebooted({ nodes: { pools: [0], amount: { count: 1 } } })).toMatch(
      /^NodeReboot at 30s .+ not recovered before the next one hit pods at 1m5s/m,
    );
  });
  it('leave pods that replace others later out of a rolling update', () => {
    const found = text(
      point({
        nodePools: [f.pool({ count: 3 })],
        duration: seconds(900),
        workloads: [f.running({ replicas: 3, updates: [f.template()] })],
        faults: [
          { type: 'RollingUpdate', at: f.at(60), workloads: [0] },
          { type: 'NodeDeath', at: f.at(200), duration: Infinity, nodes: f.oneNode },
        ],
      }),
    );
    expect(found).toMatch(/^RollingUpdate at 1m \(3 pods\): 3 new pods, the last ready after \d+(\.\d+)?m?s\.$/m);
    expect(found).toMatch(/^NodeDeath at 3m20s .+ deleted\.$/m);
  });
  it('are charged with what they can cause, and only until another that can hits the same', () => {
    const exits = f.container({ behavior: f.behavior({ exit: { after: fixed(15 * S), code: 1 } }) });
    const found = text(
      point({
        duration: seconds(100),
        workloads: [
          f.running({ template: f.template({ containers: [exits] }) }),
          f.running({ name: 'flapping', manifestName: 'flapping', replicas: 3, maxSurge: 1 }),
        ],
        faults: [
          { type: 'KubeletRestart', at: f.at(2), duration: S, nodes: f.oneNode },
          { type: 'ReadinessFlap', at: f.at(10), duration: seconds(5), workloads: [1], pods: { percent: 100 } },
          { type: 'RollingUpdate', at: f.at(60), workloads: [1] },
        ],
      }),
    );
    expect(found).toMatch(/^KubeletRestart at 2s \(1 node, 4 pods\): (?!.*(restart|deleted))/m);
    expect(found).toMatch(/^ReadinessFlap at 10s \(3 pods\): (?!.*(restart|deleted))/m);
    expect(found).toMatch(/container restarts: web exit \d/);
  });
  it('tell how long a rolling update took, also when some of it never is ready', () => {
    const rolled = (startup: number) =>
      text(
        point({
          duration: seconds(200),
          workloads: [
            f.running({
              replicas: 3,
              maxSurge: 1,
              template: f.template({
                containers: [
                  f.container({
                    probes: [f.probe('readiness', { period: seconds(1) })],
                    behavior: f.behavior({ startup: fixed(startup * S) }),
                  }),
                ],
              }),
            }),
          ],
          faults: [{ type: 'RollingUpdate', at: f.at(20), workloads: [0] }],
        }),
      );
    const [, last] = /^RollingUpdate at 20s \(3 pods\): 3 new pods, the last ready after (.+)s\.$/m.exec(rolled(10))!;
    expect(Number(last)).toBeGreaterThan(30);
    expect(Number(last)).toBeLessThan(40);
    expect(rolled(500)).toContain('RollingUpdate at 20s (3 pods): 1 new pod, none ready by the end.\n');
    expect(rolled(80)).toMatch(/: 3 new pods, 1 not ready by the end, the last of the others ready after 2m4\d/);
  });
});

it('the objective for pod start is mentioned where enough pods start', () => {
  const started = (replicas: number) =>
    text(point({ nodePools: [f.pool({ count: 10, pods: 110 })], workloads: [f.workload({ replicas })] }));
  expect(started(100)).toContain("Kubernetes' objective for pod start, 99 % within 5s: met.\n");
  expect(started(99)).not.toContain('objective');
});

it('points are ranked by what differs between them, and by nothing else', () => {
  const slow = (startup: number, index: number) =>
    point(
      {
        workloads: [
          f.workload({
            template: f.template({
              containers: [
                f.container({
                  probes: [f.probe('readiness', { period: seconds(1) })],
                  behavior: f.behavior({ startup: fixed(startup * S) }),
                }),
              ],
            }),
          }),
        ],
      },
      index,
      [{ name: 'startup', value: startup }],
    );
  const found = text(slow(30, 0), slow(10, 1));
  expect(found).toMatch(/^Pod ready, 99 %: startup=10 1\d(?:\.\d+)?s, startup=30 3\d(?:\.\d+)?s \(2\.\d+x\)\.$/m);
  expect(found).not.toContain('Pod start, 99 %');
  // Of twenty the best, six after it, and the last six.
  const many = text(...Array.from({ length: 20 }, (_, i) => slow(i + 1, i)));
  expect(many).toMatch(/^Pod ready, 99 %: startup=1 .*startup=7 [^,]+, 7 more, startup=15 .*startup=20 /m);
});

it('restarts are told with how long the containers were down', () => {
  const found = text(
    point({
      duration: seconds(100),
      workloads: [
        f.running({
          template: f.template({
            containers: [f.container({ behavior: f.behavior({ exit: { after: fixed(30 * S), code: 1 } }) })],
          }),
        }),
      ],
    }),
  );
  const [, median, longest, n] = /^Half .+ at most (.+)s, the longest for (.+)s\.\n(\d) container restarts: /m.exec(
    found,
  )!;
  // The first restart is at once, the second waits for a back-off of ten seconds.
  expect(Number(n)).toBe(2);
  expect(Number(longest)).toBeGreaterThan(9);
  expect(Number.parseFloat(median!)).toBeGreaterThan(0);
});
