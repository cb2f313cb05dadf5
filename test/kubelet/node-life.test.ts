// What befalls nodes and the API server: tiny clusters whose expected history is the assertion. Times in seconds.

import { describe, expect, it } from 'vitest';
import type { ClusterSpec, FaultSpec } from '../../src/cluster/index.js';
import { evictionRate } from '../../src/control-plane/controllers/zone-state.js';
import { fixed, seconds } from '../../src/engine/index.js';
import { resumesAt } from '../../src/kubelet/node/node-life.js';
import { histogramOf } from '../../src/metrics/index.js';
import { Run, simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';
import type { NodeFault } from '../fixtures/faults.js';

const S = 1e9;
const on = (at: number, duration: number, fault: NodeFault, count = 1): FaultSpec => ({
  at: f.at(at),
  duration: duration * S,
  nodes: { pools: [0], amount: { count } },
  ...fault,
});
const probes = [f.probe('readiness', { period: seconds(5) })];
const running = (overrides: Parameters<typeof f.workload>[0] = {}) =>
  f.running({ template: f.template({ containers: [f.container({ probes })] }), ...overrides });
type Overrides = Partial<ClusterSpec> & { minor?: number };
const run = (overrides: Overrides) => simulate(f.cluster({ workloads: [running()], minor: 36, ...overrides }), 'life');
type Result = ReturnType<typeof run>;
const stamp = (result: Result, stage: keyof Result['pods']['stamps'], pod = 0) => result.pods.stamps[stage][pod]! / S;
/** When the number of ready pods changed, and to what. */
const readyOver = (result: Result): [number, number][] => {
  const samples = result.timeSeries.filter((p) => p.metric === 'kubelapse_pods_ready');
  return samples.flatMap(({ time, value }, i): [number, number][] =>
    i > 0 && samples[i - 1]!.value !== value ? [[time / S, value]] : [],
  );
};
const counter = (result: Result, metric: string) =>
  result.counters.filter((c) => c.metric === metric).reduce((sum, c) => sum + c.value, 0);

describe('the death of a node', () => {
  const dead = (overrides: Overrides = {}) =>
    run({
      nodePools: [f.pool({ count: 2 })],
      duration: seconds(600),
      faults: [on(20, Infinity, { type: 'NodeDeath' }, 2)],
      ...overrides,
    });
  it.each([
    [31, 40],
    [36, 50],
  ])('in 1.%d is noticed %d to 60 s after the last heartbeat, never sooner', (minor, grace) => {
    // The other node lives: with all zones down nobody is evicted.
    const result = dead({
      minor,
      workloads: [running({ replicas: 20 })],
      nodePools: [f.pool({ count: 10 })],
      faults: [on(20, Infinity, { type: 'NodeDeath' })],
    });
    const [first] = readyOver(result);
    expect(first![0]).toBeGreaterThan(20 + grace - 10.5);
    expect(first![0]).toBeLessThan(20 + grace + 5 + 3 + 2.5);
  });
  it('brings its pods back elsewhere five minutes after it was declared', () => {
    const result = dead({
      workloads: [running({ replicas: 3 })],
      nodePools: [f.pool({ count: 3 })],
      services: [f.service()],
      faults: [on(20, Infinity, { type: 'NodeDeath' })],
    });
    const lost = [0, 1, 2].filter((pod) => !Number.isNaN(stamp(result, 'deleted', pod)));
    expect(lost.length).toBe(1);
    // 40-55 s until Unknown, the taint at once, 300 s of toleration.
    expect(stamp(result, 'deleted', lost[0]!)).toBeGreaterThan(20 + 40 + 300);
    expect(stamp(result, 'deleted', lost[0]!)).toBeLessThan(20 + 55 + 300 + 5);
    expect(result.pods.count).toBe(4);
    expect(stamp(result, 'ready', 3) - stamp(result, 'deleted', lost[0]!)).toBeLessThan(10);
    // Nobody is left to say that the old one has ended.
    expect(result.objects.pods.gone[lost[0]!]).toBe(0);
    expect(counter(result, 'taint_eviction_controller_pod_deletions_total')).toBe(1);
  });
  it('evicts nobody where all nodes are down', () => {
    expect(dead().pods.count).toBe(1);
    expect(stamp(dead(), 'deleted')).toBeNaN();
  });
});

describe('the eviction of the pods of a node', () => {
  const deletions = (result: Result, pods: number) =>
    [...result.pods.stamps.deleted.slice(0, pods)].map((ns) => ns / S).sort((a, b) => a - b);
  it('goes on when a node that was not ready dies', () => {
    const result = run({
      duration: seconds(700),
      workloads: [f.running({ kind: 'DaemonSet', template: f.template({ notReadyToleration: 300 * S }) })],
      nodePools: [f.pool({ count: 1 }), f.pool({ name: 'others', count: 3 })],
      // The same node twice: it is the only one of its pool.
      faults: [on(50, 600, { type: 'RuntimeStall' }), on(150, Infinity, { type: 'NodeDeath' })],
    });
    const [first] = deletions(result, 4);
    // Not ready after some 30 s; the toleration runs from the first taint, whatever the node is called since.
    expect(first).toBeGreaterThan(75 + 300);
    expect(first).toBeLessThan(95 + 300);
  });
  it('takes three requests for each: 20 a second let 6.7 pods go', () => {
    const result = run({
      duration: seconds(500),
      workloads: [f.running({ replicas: 200 })],
      nodePools: [f.pool({ count: 2 })],
      faults: [on(20, Infinity, { type: 'NodeDeath' })],
    });
    const at = deletions(result, 200).filter((t) => !Number.isNaN(t));
    expect(at.length).toBe(100);
    expect(at[99]! - at[0]!).toBeGreaterThan(12.5);
    expect(at[99]! - at[0]!).toBeLessThan(14.5);
  });
});

describe('how fast nodes are tainted', () => {
  it('one in ten seconds, slower in a large zone that is mostly away, not at all in a small one', () => {
    const well = { nodes: 10, notReady: 0 };
    expect(evictionRate([{ nodes: 10, notReady: 3 }, well], 0)).toBe(0.1);
    expect(evictionRate([{ nodes: 10, notReady: 6 }, well], 0)).toBe(0);
    expect(evictionRate([{ nodes: 100, notReady: 60 }, well], 0)).toBe(0.01);
    expect(evictionRate([{ nodes: 3, notReady: 2 }, well], 0)).toBe(0.1);
    expect(evictionRate([{ nodes: 10, notReady: 10 }, well], 0)).toBe(0.1);
    expect(evictionRate([{ nodes: 10, notReady: 10 }], 0)).toBe(0);
  });
});

describe('a reboot', () => {
  const rebooted = (down: number, overrides: Overrides = {}) =>
    run({
      duration: seconds(300),
      workloads: [running({ replicas: 5 })],
      faults: [on(50, down, { type: 'NodeReboot' })],
      ...overrides,
    });
  it('starts every pod anew, with one restart each, without back-off', () => {
    const result = rebooted(20);
    expect(result.restarts.map((r) => r.reason)).toEqual(Array(5).fill('node'));
    for (const restart of result.restarts) {
      // The network's agent is not there yet when the kubelet is: the next try comes 10 to 15 s later.
      expect(restart.time / S).toBeGreaterThan(82);
      expect(restart.time / S).toBeLessThan(92);
      expect(restart.restarts).toBe(1);
    }
    expect(result.pods.count).toBe(5);
    expect([...result.objects.pods.ready.slice(0, 5)]).toEqual([1, 1, 1, 1, 1]);
  });
  it('shorter than the grace period is not noticed by the control plane until the kubelet says so', () => {
    const changes = readyOver(rebooted(20));
    expect(changes[0]![0]).toBeGreaterThan(72);
    expect(changes[changes.length - 1]![1]).toBe(5);
  });
  it('a second one during the first changes nothing', () => {
    const faults = [on(50, 20, { type: 'NodeReboot' }), on(60, 20, { type: 'NodeReboot' })];
    expect(rebooted(20, { faults }).restarts.length).toBe(5);
  });
});

describe('a reboot with pods that have work to do', () => {
  const rebooted = (restartPolicy: 'Never' | 'OnFailure') => {
    const quick = f.container({ name: 'quick', behavior: f.behavior({ exit: { after: fixed(10 * S), code: 0 } }) });
    const long = f.container({ name: 'long' });
    const template = f.template({ restartPolicy, containers: [quick, long] });
    return run({
      duration: seconds(200),
      workloads: [f.running({ kind: 'Pod', template })],
      faults: [on(50, 5, { type: 'NodeReboot' })],
    });
  };
  it('a pod that is never restarted has failed for good', () => {
    const result = rebooted('Never');
    expect(result.restarts).toEqual([]);
    expect(result.objects.pods.phase[0]).toBe(3);
  });
  it('with OnFailure what had succeeded is not run again', () => {
    const result = rebooted('OnFailure');
    expect(result.restarts.map(({ containerIndex, reason }) => [containerIndex, reason])).toEqual([[1, 'node']]);
    expect(result.objects.pods.phase[0]).toBe(1);
  });
});

describe('a restart of the kubelet', () => {
  const restarted = (minor: number) =>
    run({
      minor,
      duration: seconds(120),
      workloads: [running({ replicas: 4 })],
      faults: [on(50, 2, { type: 'KubeletRestart' })],
    });
  it('restarts no container', () => {
    for (const minor of [34, 36]) expect(restarted(minor).restarts).toEqual([]);
  });
  it('makes running pods unready for the time of one probe before 1.35, and not from then on', () => {
    const transitions = (result: Result) => [...result.objects.pods.readyTransition.slice(0, 4)].map((ns) => ns / S);
    const flapped = transitions(restarted(34)).filter((at) => !Number.isNaN(at));
    // One that is over before the lane comes to it is not told.
    expect(flapped.length).toBeGreaterThanOrEqual(3);
    for (const at of flapped) {
      // The workers begin within a period of five seconds of the new kubelet, which needs two to be there.
      expect(at).toBeGreaterThan(54);
      expect(at).toBeLessThan(60);
    }
    // A Ready condition moves in whole seconds; what pods had been unready adds up to the length of four probes.
    const spec = f.cluster({
      minor: 34,
      duration: seconds(120),
      workloads: [running({ replicas: 4 })],
      faults: [on(50, 2, { type: 'KubeletRestart' })],
    });
    const life = new Run(spec, 'life');
    life.advanceTo(f.at(120));
    life.result();
    const unready = life.cluster.api.readiness.unreadyTime[0]! / S;
    expect(unready).toBeGreaterThan(0.01);
    expect(unready).toBeLessThan(0.2);
    expect(transitions(restarted(36))).toEqual([NaN, NaN, NaN, NaN]);
  });
  it('spreads the first probes over their period, although every sync pokes the workers of pods that are not ready', () => {
    const rebooted = run({
      duration: seconds(120),
      workloads: [
        f.running({
          replicas: 60,
          template: f.template({
            hostNetwork: true,
            containers: [f.container({ probes: [f.probe('readiness', { period: seconds(30) })] })],
          }),
        }),
      ],
      faults: [on(50, 5, { type: 'NodeReboot' })],
    });
    const at = [...rebooted.objects.pods.readyTransition.slice(0, 60)].map((ns) => ns / S).sort((a, b) => a - b);
    expect(at[59]! - at[0]!).toBeGreaterThan(25);
    expect(at[59]! - at[0]!).toBeLessThan(35);
    // A uniform spread: the quarters of the pods come in about the quarters of the period.
    expect(at[30]! - at[0]!).toBeGreaterThan(10);
    expect(at[30]! - at[0]!).toBeLessThan(22);
  });
  it('keeps that a container has started from 1.35 on: its startup probe does not run again', () => {
    const containers = [f.container({ probes: [f.probe('startup'), f.probe('readiness')] })];
    const result = run({
      duration: seconds(120),
      workloads: [f.running({ replicas: 20, template: f.template({ containers }) })],
      faults: [on(50, 2, { type: 'KubeletRestart' })],
    });
    expect([...result.objects.pods.readyTransition.slice(0, 20)].every(Number.isNaN)).toBe(true);
    expect(result.counters.find((c) => c.labels === 'probe_type=startup,result=successful')!.value).toBe(0);
  });
  it('forgets the crash back-off', () => {
    const behavior = f.behavior({ exit: { after: fixed(seconds(1)), code: 1 } });
    const workloads = [f.workload({ template: f.template({ containers: [f.container({ behavior })] }) })];
    const faults = [on(100, 1, { type: 'KubeletRestart' })];
    const backOffs = (spec: Overrides) =>
      run({ duration: seconds(120), workloads, ...spec }).restarts.map((r) => r.backOff / S);
    expect(Math.max(...backOffs({}))).toBeGreaterThanOrEqual(40);
    expect(backOffs({ faults }).at(-1)).toBeLessThan(40);
  });
});

describe('a network partition', () => {
  it('leaves the pods running, marks them not ready, and the kubelet puts that right when it is over', () => {
    const result = run({
      duration: seconds(240),
      nodePools: [f.pool({ count: 10 })],
      workloads: [running({ replicas: 10 })],
      faults: [on(20, 100, { type: 'NetworkPartition' })],
    });
    const changes = readyOver(result);
    expect(changes.map(([, n]) => n)).toEqual([9, 10]);
    expect(changes[0]![0]).toBeGreaterThan(60);
    // Reconciled within ten seconds of the watch coming back.
    expect(changes[1]![0]).toBeGreaterThan(120);
    expect(changes[1]![0]).toBeLessThan(135);
    expect(result.restarts).toEqual([]);
    expect(stamp(result, 'deleted')).toBeNaN();
  });
});

describe('the API server is unavailable from 60 to 120 s', () => {
  const away = (overrides: Overrides = {}) =>
    run({
      duration: seconds(300),
      faults: [{ type: 'ApiServerOutage', at: f.at(60), duration: 60 * S }],
      ...overrides,
    });
  it('running pods run on, containers are restarted, nodes are not declared dead', () => {
    const crash = f.behavior({ exit: { after: fixed(seconds(75)), code: 1 } });
    const workloads = [
      running({ replicas: 3 }),
      f.running({ name: 'crash', template: f.template({ containers: [f.container({ behavior: crash })] }) }),
    ];
    const result = away({ workloads });
    expect(result.restarts[0]!.time / S).toBeGreaterThan(75);
    expect(result.restarts[0]!.time / S).toBeLessThan(78);
    expect(result.objects.nodes.ready[0]).toBe(0);
    expect(counter(result, 'taint_eviction_controller_pod_deletions_total')).toBe(0);
  });
  it('what is asked for meanwhile is done afterwards', () => {
    const result = away({ workloads: [f.workload({ createdAt: f.at(70) })] });
    expect(stamp(result, 'created')).toBeGreaterThan(120);
    expect(stamp(result, 'runningObserved')).toBeLessThan(130);
  });
  it('a change of readiness reaches it afterwards', () => {
    const flap: FaultSpec = {
      type: 'ReadinessFlap',
      at: f.at(70),
      duration: seconds(200),
      workloads: [0],
      pods: { percent: 100 },
    };
    const result = away({ faults: [{ type: 'ApiServerOutage', at: f.at(60), duration: 60 * S }, flap] });
    const [change] = readyOver(result);
    expect(change![0]).toBeGreaterThan(119);
    expect(change![0]).toBeLessThan(133);
  });
});

describe('a pod that ends while nobody can be told', () => {
  const faults = (type: 'ApiServerOutage' | 'NetworkPartition'): FaultSpec[] =>
    type === 'ApiServerOutage' ? [{ type, at: f.at(61), duration: 60 * S }] : [on(61, 60, { type })];
  it.each(['ApiServerOutage', 'NetworkPartition'] as const)(
    '%s: its end is told afterwards, and its Job goes on',
    (type) => {
      const behavior = f.behavior({ exit: { after: fixed(30 * S), code: 0 } });
      const template = f.template({ restartPolicy: 'Never', containers: [f.container({ behavior })] });
      const workloads = [f.workload({ kind: 'Job', replicas: 3, completions: 9, template })];
      const result = run({ duration: seconds(400), workloads, faults: faults(type) });
      expect([...result.objects.pods.phase.slice(0, result.pods.count)]).toEqual(Array(9).fill(2));
      // Within ten seconds of the end of the outage the first of the next three is there.
      const next = [...result.pods.stamps.created.slice(0, 9)].map((ns) => ns / S).filter((at) => at > 100);
      expect(Math.min(...next)).toBeLessThan(121 + 10 + 3);
    },
  );
  it('and one that is being deleted goes', () => {
    const result = run({
      duration: seconds(200),
      workloads: [
        f.running({
          template: f.template({ containers: [f.container({ behavior: f.behavior({ shutdown: fixed(10 * S) }) })] }),
        }),
      ],
      faults: [{ type: 'RollingUpdate', at: f.at(50), workloads: [0] }, ...faults('ApiServerOutage')],
    });
    expect(stamp(result, 'stopped')).toBeLessThan(70);
    expect(stamp(result, 'removed')).toBeGreaterThan(121);
    expect(stamp(result, 'removed')).toBeLessThan(140);
  });
});

describe('a kubelet that starts while the API server is unavailable', () => {
  it('leaves alone what it has not been told of', () => {
    const behavior = f.behavior({ exit: { after: fixed(80 * S), code: 1 } });
    const result = run({
      duration: seconds(300),
      workloads: [f.running({ template: f.template({ containers: [f.container({ behavior })] }) })],
      faults: [{ type: 'ApiServerOutage', at: f.at(50), duration: 100 * S }, on(60, 1, { type: 'KubeletRestart' })],
    });
    // It ended at 80 s.
    expect(result.restarts[0]!.time / S).toBeGreaterThan(150);
    expect(result.restarts[0]!.away / S).toBeGreaterThan(70);
  });
});

describe('a runtime that answers nothing', () => {
  const stalled = (duration: number, overrides: Overrides = {}) =>
    run({
      duration: seconds(400),
      nodePools: [f.pool({ count: 10 })],
      workloads: [running({ replicas: 10 })],
      faults: [on(50, duration, { type: 'RuntimeStall' })],
      ...overrides,
    });
  it('for less than 30 s is nobody’s business', () => expect(readyOver(stalled(20))).toEqual([]));
  it('for longer makes the node not ready, and its pods; they are ready again afterwards', () => {
    const changes = readyOver(stalled(100));
    expect(changes.map(([, n]) => n)).toEqual([9, 10]);
    // Down 25-30 s after the last good answer, said within ten seconds.
    expect(changes[0]![0]).toBeGreaterThan(75);
    expect(changes[0]![0]).toBeLessThan(93);
    expect(changes[1]![0]).toBeGreaterThan(150);
  });
  it('holds up the start of a pod until it answers', () => {
    const result = run({
      duration: seconds(100),
      workloads: [f.workload({ createdAt: f.at(51) })],
      faults: [on(50, 20, { type: 'RuntimeStall' })],
    });
    expect(stamp(result, 'sandboxReady')).toBeGreaterThan(70);
  });
  it('holds up exec probes, which fail two minutes after their timeout, and no others', () => {
    const failures = (handler: 'exec' | 'httpGet', lasts: number) => {
      const liveness = [f.probe('liveness', { handler, period: seconds(5), failureThreshold: 100 })];
      const workloads = [f.running({ template: f.template({ containers: [f.container({ probes: liveness })] }) })];
      const result = run({ duration: seconds(300), workloads, faults: [on(50, lasts, { type: 'RuntimeStall' })] });
      const value = (outcome: string) =>
        result.counters.find((c) => c.labels === `probe_type=liveness,result=${outcome}`)!.value;
      return [value('failed'), value('successful')];
    };
    // A probe that waits is one probe: 15 s are two ticks less.
    expect(failures('exec', 15)[0]).toBe(0);
    expect(failures('exec', 15)[1]).toBeLessThan(failures('httpGet', 15)[1]!);
    expect(failures('exec', 130)[0]).toBe(1);
    expect(failures('httpGet', 130)).toEqual([0, 60]);
  });
  it('calls that take longer than their limit fail and are tried again', () => {
    const created = f.workload({ createdAt: f.at(51) });
    const never = run({
      minor: 36,
      duration: seconds(900),
      workloads: [created],
      faults: [on(50, Infinity, { type: 'RuntimeSlow', factor: 10_000 })],
    });
    expect(stamp(never, 'sandboxReady')).toBeNaN();
    // A stall shorter than the four minutes of RunPodSandbox only makes it late.
    const late = run({ duration: seconds(400), workloads: [created], faults: [on(50, 200, { type: 'RuntimeStall' })] });
    expect(stamp(late, 'sandboxReady')).toBeGreaterThan(250);
  });
});

describe('a slow runtime with many changes', () => {
  it('makes the PLEG unhealthy when a relist takes more than three minutes', () => {
    const crash = f.behavior({ exit: { after: fixed(seconds(60)), code: 1 } });
    const workloads = [
      f.running({ replicas: 100, template: f.template({ containers: [f.container({ behavior: crash })] }) }),
    ];
    const cluster = new Run(
      f.cluster({
        minor: 36,
        duration: seconds(600),
        workloads,
        faults: [on(50, Infinity, { type: 'RuntimeSlow', factor: 1000 })],
      }),
      'pleg',
    );
    cluster.advanceTo(f.at(280));
    // 100 pods of 3 s and 1 s each, one after the other.
    expect(cluster.cluster.api.objects.nodes.ready[0]).toBe(1);
  });
  it('a sync loop that stood still looks again after sleeps that double', () => {
    expect(resumesAt(0, 0) / S).toBe(0);
    expect(resumesAt(0, 0.25 * S) / S).toBeCloseTo(0.3, 9);
    expect(resumesAt(0, 60 * S) / S).toBeCloseTo(61.3, 9);
  });
});

describe('a sync loop that stands still', () => {
  it('tells nobody of a readiness that has changed meanwhile', () => {
    const flap = { type: 'ReadinessFlap' as const, at: f.at(81), duration: seconds(20), workloads: [0] };
    const result = run({
      duration: seconds(250),
      nodePools: [f.pool({ count: 2 })],
      faults: [on(50, 140, { type: 'RuntimeStall' }, 2), { ...flap, pods: { percent: 100 } }],
    });
    // Unready with its node, which the control plane says, and again ready when the runtime has answered.
    expect(readyOver(result).map(([, ready]) => ready)).toEqual([0, 1]);
    expect(readyOver(result)[1]![0]).toBeGreaterThan(190);
  });
});

describe('relists of single pods', () => {
  it('wait for each other: one loop does them all', () => {
    const starts = (factor: number) => {
      const result = run({
        duration: seconds(60),
        workloads: [f.workload({ replicas: 40 })],
        nodePools: [f.pool()],
        faults: [on(0, Infinity, { type: 'RuntimeSlow', factor })],
      });
      const { containersStarted, runningKnown } = result.pods.stamps;
      return [...containersStarted.slice(0, 40)].map((ns, pod) => (runningKnown[pod]! - ns) / S);
    };
    // Alone each takes 8.3 ms, or 83 ms with a runtime ten times as slow.
    const waits = starts(10);
    expect(Math.min(...waits)).toBeGreaterThan(0.08);
    expect(Math.max(...waits)).toBeGreaterThan(0.16);
  });
  it('and the relists of the node are counted with their CPU, events or not', () => {
    const result = run({
      duration: seconds(1000),
      nodePools: [f.pool({ count: 3 })],
      workloads: [running({ replicas: 30 })],
    });
    const of = (metric: string) => histogramOf(result.series.find((s) => s.metric === metric)!.histogram);
    // Ten pods a node: 4.3 + 0.143 ms, then a second.
    expect(of('kubelet_pleg_relist_duration_seconds').mean / S).toBeCloseTo(0.004443, 5);
    expect(of('kubelet_pleg_relist_interval_seconds').mean / S).toBeCloseTo(1.004443, 5);
    const relists = counter(result, 'kubelapse_pleg_relists_total');
    expect(Math.abs(relists - (3 * 1000) / 1.004443)).toBeLessThan(4);
    expect(counter(result, 'kubelapse_pleg_cpu_seconds_total')).toBeCloseTo(relists * 0.004443, 3);
    expect(result.counts.executedByKind.find(({ name }) => name === 'pleg/relist-begins')!.executed).toBe(0);
  });
});

describe('exec probes', () => {
  it('eat the node: each starts a process, and that takes CPU', () => {
    const share = (handler: 'exec' | 'httpGet') => {
      const containers = [f.container({ probes: [f.probe('liveness', { handler, period: seconds(1) })] })];
      const spec = f.cluster({
        duration: seconds(60),
        nodePools: [f.pool({ cpuMillis: 4000, pods: 200 })],
        workloads: [f.running({ replicas: 80, template: f.template({ cpuRequestMillis: 1, containers }) })],
      });
      const life = new Run(spec, 'exec');
      life.advanceTo(f.at(50));
      return life.cluster.context.cpu.partSpeed(0, 'runtime');
    };
    expect(share('httpGet')).toBe(1);
    // 80 a second, 60 ms each, are 4.8 cores of the four.
    expect(share('exec')).toBeLessThan(1);
  });
});

describe('a starved node', () => {
  it('makes probes late and fail: each takes so many times as long', () => {
    const behavior = f.behavior({ probeLatency: fixed(seconds(0.2)) });
    const liveness = [f.probe('liveness', { period: seconds(5), failureThreshold: 3 })];
    const workloads = [
      f.running({ template: f.template({ containers: [f.container({ probes: liveness, behavior })] }) }),
    ];
    const restarts = (left: number) =>
      run({ duration: seconds(120), workloads, faults: [on(30, 60, { type: 'CpuStarvation', left })] }).restarts.length;
    expect(restarts(0.25)).toBe(0);
    expect(restarts(0.15)).toBeGreaterThan(0);
  });
  it('starts slowly: work that needs a second of CPU takes as long as its share lets it', () => {
    // Eight applications want two cores each while they start, on a node of four: a quarter of the speed.
    const behavior = f.behavior({ startup: fixed(seconds(3)), startupCpuMillis: 2000 });
    const workloads = [
      f.workload({
        replicas: 8,
        template: f.template({
          cpuRequestMillis: 0,
          containers: [f.container({ probes: [f.probe('readiness', { period: seconds(1) })], behavior })],
        }),
      }),
    ];
    const ready = (cpuMillis: number) => {
      const result = run({ nodePools: [f.pool({ cpuMillis })], workloads, duration: seconds(60) });
      return Math.max(
        ...[0, 1, 2, 3, 4, 5, 6, 7].map((pod) => stamp(result, 'ready', pod) - stamp(result, 'containersStarted', pod)),
      );
    };
    expect(ready(16000)).toBeLessThan(5);
    expect(ready(4000)).toBeGreaterThan(10);
    expect(ready(4000)).toBeLessThan(15);
  });
});

describe('troubles of an application', () => {
  const liveness = (handler: 'httpGet' | 'tcpSocket') => [
    f.probe('liveness', { handler, period: seconds(5), failureThreshold: 2 }),
  ];
  const hung = (handler: 'httpGet' | 'tcpSocket') => {
    const behavior = f.behavior({ episodes: [{ state: 'hung', after: fixed(seconds(30)) }] });
    const workloads = [
      f.running({ template: f.template({ containers: [f.container({ probes: liveness(handler), behavior })] }) }),
    ];
    return run({ duration: seconds(100), workloads }).restarts;
  };
  it('one that hangs is found by an HTTP probe and restarted, and hangs again', () => {
    const restarts = hung('httpGet');
    expect(restarts.length).toBe(2);
    expect(restarts[0]!.time / S).toBeGreaterThan(35);
    expect(restarts[0]!.time / S).toBeLessThan(44);
  });
  it('and is not found by a TCP probe: the kernel accepts for it', () => expect(hung('tcpSocket')).toEqual([]));
  it('a slow one fails only probes whose timeout it exceeds, while it is slow', () => {
    const slow = {
      state: 'slow' as const,
      after: fixed(seconds(30)),
      lasts: fixed(seconds(8)),
      probeLatency: fixed(seconds(2)),
    };
    const behavior = f.behavior({ episodes: [slow] });
    const failures = (timeout: number) => {
      const readiness = [f.probe('readiness', { period: seconds(2), timeout: seconds(timeout), failureThreshold: 1 })];
      const workloads = [
        f.running({ template: f.template({ containers: [f.container({ probes: readiness, behavior })] }) }),
      ];
      return run({ duration: seconds(50), workloads }).probes[0]!.failures;
    };
    // Four ticks in eight seconds, and one more probe: a pod that turned unready is synced, which pokes its worker.
    expect(failures(1)).toBe(5);
    expect(failures(3)).toBe(0);
  });
  it('one that runs out of memory is restarted for that', () => {
    const behavior = f.behavior({ exit: { after: fixed(seconds(20)), code: 137, isOutOfMemory: true } });
    const workloads = [f.running({ template: f.template({ containers: [f.container({ behavior })] }) })];
    const [first] = run({ workloads }).restarts;
    expect([first!.reason, first!.exitCode]).toEqual(['oom', 137]);
  });
});

describe('leases', () => {
  it('are counted without being events', () => {
    const result = run({ nodePools: [f.pool({ count: 100 })], duration: seconds(1000) });
    const renewals = result.counts.executedByKind.filter(({ name }) => name.includes('lease'));
    expect(renewals).toEqual([]);
    // One in 10 to 10.4 s.
    expect(counter(result, 'kubelapse_node_lease_renewals_total')).toBeGreaterThan(100 * 96 - 101);
    expect(counter(result, 'kubelapse_node_lease_renewals_total')).toBeLessThan(100 * 100 + 1);
  });
});
