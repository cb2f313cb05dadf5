// Tiny clusters whose expected history is the assertion.

import { describe, expect, it } from 'vitest';
import { type ContainerSpec, POD_STAGES, type PodTemplate } from '../../src/cluster/index.js';
import { fixed, seconds } from '../../src/engine/index.js';
import { histogramOf } from '../../src/metrics/index.js';
import { simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';

const SECOND = 1e9;
const onePod = (container: Parameters<typeof f.container>[0], overrides: Parameters<typeof f.cluster>[0] = {}) =>
  simulate(
    f.cluster({
      workloads: [f.workload({ template: f.template({ containers: [f.container(container)] }) })],
      ...overrides,
    }),
    'test',
  );
const stamp = (result: ReturnType<typeof simulate>, stage: (typeof POD_STAGES)[number], pod = 0): number =>
  result.pods.stamps[stage][pod]! / SECOND;

describe('a pod start', () => {
  it('passes every stage in order', () => {
    const result = onePod({ probes: [f.probe('readiness')] });
    const reached = POD_STAGES.slice(0, POD_STAGES.indexOf('ready') + 1).map((stage) => stamp(result, stage));
    expect(reached).toEqual([...reached].sort((a, b) => a - b));
    expect(stamp(result, 'deleted')).toBeNaN();
  });
  it('waits one quantum of 300 ms for its volumes', () => {
    const result = onePod({});
    const wait = stamp(result, 'volumesMounted') - stamp(result, 'syncStarted') - 0.001;
    expect(wait).toBeCloseTo(0.3, 9);
  });
  it('is known to run only after a relist, or after one of the single pod from 1.36 on', () => {
    const late = onePod({}, { minor: 35 });
    const soon = onePod({}, { minor: 36 });
    expect(stamp(soon, 'runningKnown') - stamp(soon, 'containersStarted')).toBeCloseTo(0.0083, 3);
    expect(stamp(late, 'runningKnown') - stamp(late, 'containersStarted')).toBeGreaterThan(0.01);
    // Everything before is the same draw for draw.
    expect(stamp(late, 'containersStarted')).toBe(stamp(soon, 'containersStarted'));
  });
  it('the PLEG’s share is 0.5 s + 1.5 r on average, and a relist more where the first was too early', () => {
    const workloads = [f.workload({ replicas: 400 })];
    const result = simulate(f.cluster({ minor: 34, nodePools: [f.pool({ count: 400 })], workloads }), 'many');
    let sum = 0;
    for (let pod = 0; pod < 400; pod++)
      sum += stamp(result, 'runningKnown', pod) - stamp(result, 'containersStarted', pod);
    // Uniform on one period: standard error 1 s / sqrt(12 * 400) = 0.0144 s, four of them.
    expect(Math.abs(sum / 400 - 0.515)).toBeLessThan(0.058);
  });
  it('pulls images one after another, and each once a node', () => {
    const workloads = [
      f.workload({ replicas: 3, template: f.template({ containers: [f.container({ image: 'big:1' })] }) }),
    ];
    const images = { 'big:1': { compressedBytes: 300e6, present: false } };
    const result = simulate(f.cluster({ workloads, images, duration: seconds(120) }), 'pull');
    const { imagePull, imageWait } = result.pods.stamps;
    const pulls = [...imagePull.slice(0, 3)].map((ns) => ns / SECOND).sort((a, b) => b - a);
    expect(pulls[0]).toBeGreaterThan(2);
    // The others find the layers there when their turn comes: a look at the manifest.
    expect(pulls[1]).toBeLessThan(2);
    expect(Math.max(...imageWait.slice(0, 3)) / SECOND).toBeGreaterThan(pulls[0]!);
    const sli = result.series.find((s) => s.metric === 'kubelet_pod_start_sli_duration_seconds')!.histogram;
    expect(sli.max / SECOND).toBeLessThan(4);
  });
  it('never starts where the pull policy forbids it', () => {
    const result = onePod({ image: 'absent:1', imagePullPolicy: 'Never' });
    expect(stamp(result, 'sandboxReady')).toBeGreaterThan(0);
    expect(stamp(result, 'containersStarted')).toBeNaN();
  });
});

describe('liveness', () => {
  it('kills about every 30 s, without back-off the first time, and is held up by 40 s at the fifth kill', () => {
    const result = onePod(
      { probes: [f.probe('liveness')], behavior: f.behavior({ startup: fixed(seconds(3600)) }) },
      { duration: seconds(360), minor: 36 },
    );
    expect(result.restarts.map((r) => r.reason)).toEqual(Array(result.restarts.length).fill('liveness'));
    expect(result.restarts.map((r) => r.backOff / SECOND).slice(0, 6)).toEqual([0, 10, 20, 40, 80, 160]);
    const away = result.restarts.map((r) => r.away / SECOND);
    for (const gap of away.slice(0, 4)) expect(gap).toBeLessThan(1);
    expect(away[4]).toBeGreaterThanOrEqual(40);
    expect(away[4]).toBeLessThan(62);
  });
  it('is harmless while a startup probe has not succeeded', () => {
    const probes = [f.probe('liveness'), f.probe('startup', { failureThreshold: 30 })];
    const result = onePod(
      { probes, behavior: f.behavior({ startup: fixed(seconds(100)) }) },
      { duration: seconds(200) },
    );
    expect(result.restarts).toEqual([]);
    const [startup, liveness] = result.probes.toSorted((a, b) => (a.probeType > b.probeType ? -1 : 1));
    expect(startup!.failures).toBeGreaterThanOrEqual(9);
    expect(startup!.probes - startup!.failures).toBe(1);
    expect(liveness!.failures).toBe(0);
  });
  it('a startup probe that runs out of patience kills like liveness', () => {
    const probes = [f.probe('startup', { failureThreshold: 3, period: seconds(5) })];
    const result = onePod(
      { probes, behavior: f.behavior({ startup: fixed(seconds(3600)) }) },
      { duration: seconds(60) },
    );
    expect(result.restarts[0]!.reason).toBe('startup');
    expect(result.restarts[0]!.time / SECOND).toBeGreaterThan(11);
    expect(result.restarts[0]!.time / SECOND).toBeLessThan(22);
  });
  it('misses of a timeout are geometric: three in a row kill as often as they should', () => {
    // Half of the answers are too late, so a kill needs three heads in a row: mean 14 ticks of 1 s.
    const behavior = f.behavior({ probeLatency: { kind: 'uniform', low: 0, high: seconds(2) } });
    const probes = [f.probe('liveness', { period: seconds(5), timeout: seconds(1) })];
    const workloads = [
      f.running({ replicas: 500, template: f.template({ containers: [f.container({ probes, behavior })] }) }),
    ];
    const result = simulate(
      f.cluster({ duration: seconds(1000), workloads, nodePools: [f.pool({ count: 10 })] }),
      'coins',
    );
    const first = new Map<number, number>();
    for (const restart of result.restarts) if (!first.has(restart.pod)) first.set(restart.pod, restart.time);
    expect(first.size).toBe(500);
    const mean = [...first.values()].reduce((a, b) => a + b, 0) / 500 / 5e9;
    // 14 trials, sd sqrt(142): standard error 0.53; the first tick comes half a period on average, a kill takes a second.
    expect(Math.abs(mean - 13.7)).toBeLessThan(2.2);
  });
});

describe('an application that ends by itself', () => {
  const crash = { behavior: f.behavior({ exit: { after: fixed(seconds(1)), code: 3 } }) };
  it('is restarted with 0, 10, 20, 40, 80, 160 s between exit and start at least', () => {
    for (const minor of [34, 36]) {
      const result = onePod(crash, { duration: seconds(600), minor });
      const away = result.restarts.map((r) => r.away / SECOND);
      const least = [0, 10, 20, 40, 80, 160];
      expect(away.length).toBe(6);
      away.forEach((gap, i) => {
        expect(gap).toBeGreaterThanOrEqual(least[i]!);
        expect(gap).toBeLessThan(least[i]! * 1.5 + 17);
      });
      expect(result.restarts.every((r) => r.reason === 'exit' && r.exitCode === 3)).toBe(true);
    }
  });
  it('is not restarted by policy Never, nor by OnFailure after success', () => {
    const run = (restartPolicy: 'Never' | 'OnFailure', code: number) => {
      const containers = [f.container({ behavior: f.behavior({ exit: { after: fixed(seconds(1)), code } }) })];
      const workloads = [f.workload({ kind: 'Pod', template: f.template({ containers, restartPolicy }) })];
      const result = simulate(f.cluster({ workloads }), 'policy');
      return [result.restarts.length > 0, result.objects.pods.phase[0]];
    };
    expect(run('Never', 0)).toEqual([false, 2]);
    expect(run('Never', 1)).toEqual([false, 3]);
    expect(run('OnFailure', 0)).toEqual([false, 2]);
    expect(run('OnFailure', 1)[0]).toBe(true);
  });
  it('a Job runs as many pods as it is asked to complete', () => {
    const containers = [f.container({ behavior: f.behavior({ exit: { after: fixed(seconds(2)), code: 0 } }) })];
    const template = f.template({ containers, restartPolicy: 'Never' });
    const result = simulate(
      f.cluster({ workloads: [f.workload({ kind: 'Job', replicas: 2, completions: 5, template })] }),
      'job',
    );
    expect(result.pods.count).toBe(5);
    expect([...result.objects.pods.phase.slice(0, 5)]).toEqual([2, 2, 2, 2, 2]);
  });
});

describe('deletion', () => {
  const rolled = (shutdown: number, grace: number, preStop = 0) => {
    const containers = [
      f.container({
        behavior: f.behavior({ shutdown: fixed(seconds(shutdown)) }),
        ...(preStop > 0 ? { preStop: f.sleep(preStop) } : {}),
      }),
    ];
    const template = f.template({ containers, terminationGracePeriod: seconds(grace) });
    const faults = [{ type: 'RollingUpdate' as const, at: f.at(10), workloads: [0] }];
    return simulate(f.cluster({ workloads: [f.running({ template })], faults, duration: seconds(120) }), 'delete');
  };
  const lasted = (result: ReturnType<typeof simulate>) => stamp(result, 'stopped') - stamp(result, 'deletionObserved');
  it('waits for the application', () => {
    expect(lasted(rolled(3, 30))).toBeCloseTo(3.05, 1);
  });
  it('kills it at the end of its grace, preStop included', () => {
    expect(lasted(rolled(60, 10))).toBeCloseTo(10.05, 1);
    expect(lasted(rolled(60, 10, 5))).toBeCloseTo(10.05, 1);
    expect(lasted(rolled(1, 10, 5))).toBeCloseTo(6.05, 1);
  });
  it('gives two seconds at least', () => {
    expect(lasted(rolled(60, 0))).toBeCloseTo(2.05, 1);
  });
  it('deletes the object a second or two after the containers ended', () => {
    const result = rolled(1, 30);
    expect(stamp(result, 'removed') - stamp(result, 'stopped')).toBeGreaterThan(0.5);
    expect(stamp(result, 'removed') - stamp(result, 'stopped')).toBeLessThan(3);
    expect(result.objects.pods.gone[0]).toBe(1);
  });
  it('a rolling update never has fewer ready pods than it may', () => {
    const workloads = [f.running({ replicas: 8, maxSurge: 2, maxUnavailable: 2 })];
    const faults = [{ type: 'RollingUpdate' as const, at: f.at(10), workloads: [0] }];
    const result = simulate(f.cluster({ workloads, services: [f.service()], faults, duration: seconds(120) }), 'roll');
    const ready = result.timeSeries.filter((p) => p.metric === 'kubelapse_endpoints').map((p) => p.value);
    expect(Math.min(...ready)).toBeGreaterThanOrEqual(6);
    expect(result.pods.count).toBe(16);
    expect([...result.objects.pods.gone.slice(0, 16)]).toEqual([...Array(8).fill(1), ...Array(8).fill(0)]);
  });
});

describe('the status lane', () => {
  it('is 25 updates a second at 50 requests, once the burst is used up', () => {
    const nodePools = [f.pool({ pods: 400, cpuMillis: 1e6, kubelet: { ...f.pool().kubelet, kubeApiBurst: 1 } })];
    const faults = [
      { type: 'ReadinessFlap' as const, at: f.at(30), duration: seconds(200), workloads: [0], pods: { percent: 100 } },
    ];
    const probes = [f.probe('readiness', { period: seconds(1), failureThreshold: 1 })];
    const workloads = [f.running({ replicas: 300, template: f.template({ containers: [f.container({ probes })] }) })];
    const network = { ...f.cluster().network, podCidr: { ...f.cluster().network.podCidr, nodePrefix: 20 } };
    const result = simulate(f.cluster({ nodePools, network, workloads, faults, duration: seconds(90) }), 'lane');
    const at = (time: number) =>
      result.timeSeries.find((p) => p.metric === 'kubelapse_pods_ready' && p.time >= time * SECOND)!.value;
    // 300 pods turn unready within a second; the API server learns of 25 a second.
    expect(at(36) - at(40)).toBeGreaterThan(85);
    expect(at(36) - at(40)).toBeLessThan(115);
    expect(at(46)).toBe(0);
  });
});

describe('status updates', () => {
  const updates = (result: ReturnType<typeof simulate>) =>
    result.series.find((s) => s.metric === 'kubelet_pod_status_sync_duration_seconds')!.histogram.count;
  it.each([
    [28, 2], // pending, running
    [35, 2], // a relist after the start finds sandbox and container together
    [36, 3], // the sandbox is told at once
  ])('in 1.%d a start is told with %d', (minor, count) => {
    expect(updates(simulate(f.cluster({ minor, duration: seconds(30) }), 'updates'))).toBe(count);
  });
  it('a restart is told although the pod was ready before and is ready after it', () => {
    const behavior = f.behavior({ exit: { after: fixed(20 * SECOND), code: 1 } });
    const workloads = [f.running({ template: f.template({ containers: [f.container({ behavior })] }) })];
    const result = simulate(f.cluster({ minor: 36, workloads, duration: seconds(30) }), 'updates');
    expect(result.restarts.length).toBe(1);
    // Ended, and running again.
    expect(updates(result)).toBe(2);
  });
  it('a crash loop is told with some five updates a restart, as KEP-4603 counts them', () => {
    const behavior = f.behavior({ exit: { after: fixed(SECOND), code: 1 } });
    const workloads = [f.running({ template: f.template({ containers: [f.container({ behavior })] }) })];
    const result = simulate(f.cluster({ minor: 34, workloads, duration: seconds(1800) }), 'updates');
    const perRestart = updates(result) / result.restarts.length;
    expect(perRestart).toBeGreaterThan(2.5);
    expect(perRestart).toBeLessThan(6);
  });
  it('are taken as a batch: a pod that changes while it is worked off waits for the next', () => {
    // 40 pods at 4 requests a second: a batch of 40 takes 20 s. Half of them turn unready one second after the others.
    const kubelet = { ...f.pool().kubelet, kubeApiQps: 4, kubeApiBurst: 1 };
    const probes = [f.probe('readiness', { period: seconds(1), failureThreshold: 1 })];
    const workloads = ['a', 'b'].map((name) =>
      f.running({ name, replicas: 20, template: f.template({ containers: [f.container({ probes })] }) }),
    );
    const flap = (at: number, workload: number) => ({
      type: 'ReadinessFlap' as const,
      at: f.at(at),
      duration: seconds(300),
      workloads: [workload],
      pods: { percent: 100 },
    });
    const faults = [flap(30, 0), flap(33, 1)];
    const nodePools = [f.pool({ kubelet })];
    const result = simulate(f.cluster({ nodePools, workloads, faults, duration: seconds(120) }), 'batch');
    const told = [...result.objects.pods.readyTransition.slice(0, 40)];
    expect(told.filter((at) => at >= 30 * SECOND && at < 31.1 * SECOND).length).toBe(20);
    const unready = (at: number) =>
      40 - result.timeSeries.find((p) => p.metric === 'kubelapse_pods_ready' && p.time >= at * SECOND)!.value;
    expect(unready(39)).toBeLessThanOrEqual(20);
    expect(unready(53)).toBe(40);
  });
});

describe('an application that is meant to run for years', () => {
  it('does not end the run', () => {
    const exit = { after: fixed(3000 * 3600e9), code: 0 };
    const result = onePod({
      behavior: f.behavior({ exit, startup: fixed(2600 * 3600e9) }),
      probes: [f.probe('readiness')],
    });
    expect(result.restarts).toEqual([]);
    expect(stamp(result, 'ready')).toBeNaN();
  });
});

describe('the start-up metrics', () => {
  it('wait until all containers run: one that ends before the first relist counts when it is back', () => {
    const exit = { after: fixed(seconds(0.3)), code: 1 };
    const short = simulate(
      f.cluster({
        nodePools: [f.pool({ count: 50 })],
        workloads: [
          f.workload({
            replicas: 50,
            template: f.template({ containers: [f.container({ behavior: f.behavior({ exit }) })] }),
          }),
        ],
        duration: seconds(300),
      }),
      'short',
    );
    const stages = short.series.filter((s) => s.metric === 'kubelapse_pod_start_stage_duration_seconds');
    for (const { histogram } of stages) expect(histogramOf(histogram).mean).toBeGreaterThanOrEqual(0);
    const [known, observed] = [short.pods.stamps.runningKnown, short.pods.stamps.runningObserved];
    for (let pod = 0; pod < 50; pod++) {
      // What the watch brings back as running was known to run before.
      expect(Number.isNaN(observed[pod]!) || known[pod]! < observed[pod]!).toBe(true);
    }
  });
});

describe('unready time', () => {
  const flap = (at: number, duration: number) => [
    {
      type: 'ReadinessFlap' as const,
      at: f.at(at),
      duration: seconds(duration),
      workloads: [0],
      pods: { percent: 100 },
    },
  ];
  const containers = [f.container({ probes: [f.probe('readiness', { period: seconds(1), failureThreshold: 1 })] })];
  const unready = (overrides: Parameters<typeof f.cluster>[0]) =>
    simulate(
      f.cluster({
        workloads: [f.running({ template: f.template({ containers }) })],
        duration: seconds(200),
        ...overrides,
      }),
      'unready',
    ).probes[0]!.unreadyTime / SECOND;
  it('goes on through the end of the warm-up, and counts what comes after it', () => {
    expect(unready({ faults: flap(30, 90) })).toBeGreaterThan(88);
    expect(unready({ faults: flap(30, 90), warmup: seconds(60) })).toBeGreaterThan(59);
    expect(unready({ faults: flap(30, 90), warmup: seconds(60) })).toBeLessThan(62);
  });
  it('ends when the pod is deleted, not when its containers are gone', () => {
    const slow = [{ ...containers[0]!, behavior: f.behavior({ shutdown: fixed(seconds(25)) }) }];
    const workloads = [f.running({ template: f.template({ containers: slow }), maxSurge: 0, maxUnavailable: 1 })];
    const faults = [...flap(30, 100), { type: 'RollingUpdate' as const, at: f.at(50), workloads: [0] }];
    const result = unready({ workloads, faults, duration: seconds(55) });
    expect(result).toBeGreaterThan(18);
    expect(result).toBeLessThan(21);
  });
  it('is none for a pod that has done its work', () => {
    const done = [{ ...containers[0]!, behavior: f.behavior({ exit: { after: fixed(seconds(20)), code: 0 } }) }];
    const job = f.workload({ kind: 'Job', template: f.template({ restartPolicy: 'Never', containers: done }) });
    expect(unready({ workloads: [job] })).toBeLessThan(2);
  });
});

describe('exit codes', () => {
  const codeOf = (overrides: Partial<ContainerSpec>, grace = 30, stopSignals = false): number => {
    const pool = f.pool();
    const template = f.template({ containers: [f.container(overrides)], terminationGracePeriod: grace * 1e9 });
    const codes: number[] = [];
    const faults = [{ type: 'Delete', at: f.at(10), workloads: [0], orphans: false }];
    const spec = f.cluster({
      workloads: [f.running({ template })],
      nodePools: [{ ...pool, kubelet: { ...pool.kubelet, stopSignals } }],
      faults,
      duration: seconds(90),
    });
    simulate(spec, 'codes', { onlooker: { over: () => ({ containerEnded: (_, __, code) => codes.push(code) }) } });
    return codes[0]!;
  };
  const shutdown = fixed(seconds(5));
  it('143 of a process that SIGTERM ends, what it returns of one that handles it, 137 after SIGKILL', () => {
    expect(codeOf({ behavior: f.behavior({ shutdown: fixed(0) }) })).toBe(143);
    expect(codeOf({ behavior: f.behavior({ shutdown, shutdownExitCode: 0 }) })).toBe(0);
    expect(codeOf({ behavior: f.behavior({ shutdown, shutdownExitCode: 0 }) }, 3)).toBe(137);
  });
  it('that of lifecycle.stopSignal, where the kubelet knows it (ContainerStopSignals)', () => {
    expect(codeOf({ behavior: f.behavior({ shutdown }), stopSignal: 2 }, 30, true)).toBe(130);
    expect(codeOf({ behavior: f.behavior({ shutdown }), stopSignal: 2 }, 30, false)).toBe(143);
    expect(codeOf({ behavior: f.behavior({ shutdown, shutdownExitCode: 0 }), stopSignal: 9 }, 30, true)).toBe(137);
  });
});

it('initialDelaySeconds count from the whole second of the start (normalizeStatus)', () => {
  const began: number[] = [];
  const probes = [f.probe('readiness', { initialDelay: seconds(10), period: seconds(1) })];
  const template = f.template({ containers: [f.container({ probes })] });
  for (const createdAt of [1.1, 1.4, 1.7, 1.9])
    simulate(
      f.cluster({
        workloads: [f.workload({ kind: 'Pod', createdAt: f.at(createdAt), template })],
        duration: seconds(30),
      }),
      'delay',
      {
        onlooker: {
          over: ({ now }) => {
            let started = Number.NaN;
            let isFirst = true;
            return {
              containerStarted: () => {
                started = now();
              },
              probeBegan: () => {
                if (isFirst) began.push((now() - Math.floor(started / 1e9) * 1e9) / 1e9);
                isFirst = false;
              },
            };
          },
        },
      },
    );
  // The first tick after ten seconds since that second: sooner than ten seconds after the start itself.
  expect(began).toHaveLength(4);
  for (const after of began) expect(after).toBeGreaterThanOrEqual(10);
  for (const after of began) expect(after).toBeLessThan(11);
});

describe('readiness gates', () => {
  const probes = [f.probe('readiness', { period: seconds(1) })];
  const run = (gates: PodTemplate['readinessGates']) => {
    const template = f.template({
      containers: [f.container({ probes })],
      ...(gates === undefined ? {} : { readinessGates: gates }),
    });
    const spec = f.cluster({
      workloads: [f.workload({ template })],
      services: [f.service()],
      duration: seconds(60),
      faults: [{ type: 'KubeletRestart', at: f.at(40), duration: 5e9, nodes: f.oneNode }],
    });
    const { objects, pods } = simulate(spec, 'gates');
    return { ready: pods.stamps.ready[0]! / SECOND, isReady: objects.pods.ready[0] === 1 };
  };
  it('keep a pod from being ready until somebody opens them', () => {
    const usual = run(undefined).ready;
    const gated = run({ open: fixed(seconds(10)) });
    expect(gated.ready - usual).toBeGreaterThan(9.9);
    expect(gated.ready - usual).toBeLessThan(10.2);
    expect(gated.isReady).toBe(true);
    expect(run({})).toEqual({ ready: Number.NaN, isReady: false });
  });
});
