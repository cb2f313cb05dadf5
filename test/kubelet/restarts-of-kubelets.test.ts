// What survives a kubelet, a file or a runtime that goes and comes back, and what must not. Times in seconds.
import { describe, expect, it } from 'vitest';
import { CHECKERS } from '../../src/checkers/index.js';
import type { ClusterSpec, FaultSpec, WorkloadSpec } from '../../src/cluster/index.js';
import { fixed, seconds } from '../../src/engine/index.js';
import { relistDuration } from '../../src/kubelet/pleg/pleg.js';
import { Run, type RunOptions } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';

const S = 1e9;
const removed = (at: number, duration: number): FaultSpec => ({
  type: 'StaticPodRemoved',
  at: f.at(at),
  duration: duration * S,
  workloads: [0],
  nodes: f.oneNode,
  noticedBy: 'inotify',
});
const filePod = (
  template: Parameters<typeof f.template>[0] = {},
  overrides: Partial<WorkloadSpec> = {},
): WorkloadSpec =>
  f.running({
    kind: 'StaticPod',
    pool: 0,
    template: f.template({ tolerations: [{ operator: 'Exists', value: '' }], ...template }),
    ...overrides,
  });
const ended = (overrides: Partial<ClusterSpec> & { minor?: number }, options: RunOptions = {}) => {
  const spec = f.cluster({ minor: 36, duration: seconds(300), ...overrides });
  const run = new Run(spec, 'restarts', { onlooker: CHECKERS, ...options });
  run.advanceTo(spec.duration as never);
  return { run, result: run.result() };
};
const exits = (after: number, code = 0) =>
  f.container({ behavior: f.behavior({ exit: { after: fixed(after * S), code } }) });

describe('a static pod', () => {
  it('that has done its work is not begun anew: its file was there all the time', () => {
    const { result } = ended({ workloads: [filePod({ restartPolicy: 'Never', containers: [exits(20)] })] });
    const syncs = result.series.find((s) => s.labels.includes('operation_type=create'))!.histogram.count;
    expect(syncs).toBe(0);
    expect(result.objects.pods.phase[0]).toBe(2);
  });
  it('whose file comes back runs again, also with restartPolicy Never and after a failure', () => {
    const workloads = [filePod({ restartPolicy: 'Never' })];
    const { run } = ended({ workloads, faults: [removed(20, 30)] });
    expect(run.cluster.kubelets.containers.state[0]).toBe(1);
    expect(run.cluster.api.objects.pods.phase[0]).toBe(1);
  });
  it('has its whole activeDeadlineSeconds again', () => {
    const workloads = [filePod({ activeDeadline: 100 * S })];
    const { result } = ended({ workloads, faults: [removed(20, 30)] });
    expect(result.pods.stamps.stopped[0]! / S).toBeGreaterThan(150);
    expect(result.pods.stamps.stopped[0]! / S).toBeLessThan(156);
  });
  it('whose file two faults take away is back when both are over, and is known once', () => {
    const { run, result } = ended({ workloads: [filePod()], faults: [removed(20, 60), removed(40, 100)] });
    expect(result.pods.stamps.sandboxReady[0]! / S).toBeGreaterThan(140);
    expect(run.cluster.api.podsOf(0)).toEqual([0]);
  });
  it('of the control plane that needs no time to start brings the API server back too', () => {
    const workloads = [filePod({}, { component: 'kube-apiserver' })];
    const { run } = ended({ workloads, faults: [removed(20, 30)] });
    expect(run.cluster.api.isUnavailable).toBe(false);
  });
});

describe('a kubelet that restarts', () => {
  it('takes up the removal of pods that had ended, and its successor has all of its requests', () => {
    const pool = f.pool();
    const nodePools = [{ ...pool, kubelet: { ...pool.kubelet, kubeApiQps: 2, kubeApiBurst: 2 } }];
    const { result } = ended({
      nodePools,
      workloads: [f.running({ replicas: 20, maxSurge: 20, maxUnavailable: 20 })],
      faults: [{ type: 'RollingUpdate', at: f.at(10), workloads: [0] }, f.onNode(25, 1, { type: 'KubeletRestart' })],
      duration: seconds(200),
    });
    // Twenty old pods, three requests each, and twenty new ones.
    expect([...result.objects.pods.gone.slice(0, 20)]).toEqual(Array(20).fill(1));
    expect([...result.objects.pods.ready.slice(20, 40)]).toEqual(Array(20).fill(1));
  });
  it('does not begin on a machine that died meanwhile, and begins when that boots', () => {
    const faults = [f.onNode(20, 10, { type: 'KubeletRestart' }), f.onNode(25, 100, { type: 'NodeDeath' })];
    const { run, result } = ended({ workloads: [filePod()], faults });
    expect(result.restarts.map(({ time, reason }) => [Math.floor(time / S) > 125, reason])).toEqual([[true, 'node']]);
    expect(run.cluster.kubelets.containers.state[0]).toBe(1);
  });
  it('finds pods that its node lost the readiness of meanwhile, and tells of it again', () => {
    for (const minor of [28, 31, 34, 36]) {
      const probes = [f.probe('readiness', { period: seconds(5) })];
      const template = f.template({ containers: [f.container({ probes })] });
      const workloads = [f.running({ replicas: 5 }), f.running({ name: 'probed', replicas: 5, template })];
      const { run, result } = ended({ minor, workloads, faults: [f.onNode(50, 60, { type: 'KubeletRestart' })] });
      expect(result.probes[0]!.unreadyTime / S).toBeGreaterThan(5 * 8);
      expect([...run.cluster.api.objects.pods.ready.slice(0, 10)]).toEqual(new Array(10).fill(1));
    }
  });
  it('admits anew whom its predecessor had refused without saying so', () => {
    const pool = f.pool({ memoryBytes: 8e9, memoryCapacityBytes: 8e9 });
    const kubelet = { ...pool.kubelet, kubeApiQps: 1, kubeApiBurst: 1, evictionPressureTransitionPeriod: seconds(30) };
    const bestEffort = f.template({
      qosClass: 'BestEffort',
      cpuRequestMillis: 0,
      memoryRequestBytes: 0,
      containers: [f.container({ memoryRequestBytes: 0 })],
    });
    const big = f.template({ containers: [f.container({ behavior: f.behavior({ memory: { start: 1e9 } }) })] });
    const { run, result } = ended({
      nodePools: [{ ...pool, kubelet }],
      workloads: [
        f.running({ name: 'big', kind: 'Pod', template: big }),
        f.workload({ name: 'small', replicas: 10, createdAt: f.at(14.5), template: bestEffort }),
      ],
      faults: [f.onNode(10, 30, { type: 'MemoryStarvation', left: 0.13 }), f.onNode(24, 1, { type: 'KubeletRestart' })],
      duration: seconds(400),
    });
    const refused = result.counters.find((c) => c.labels === 'reason=Evicted' && c.value > 0);
    expect(refused!.value).toBeGreaterThan(5);
    const { pods } = run.cluster.context;
    const { objects } = run.cluster.api;
    let ready = 0;
    for (let pod = 0; pod < pods.count; pod++) if (pods.workload[pod] === 1) ready += objects.pods.ready[pod]!;
    expect(ready).toBe(10);
  });
  it('restarts what its predecessor was killing, if it is to run after all', () => {
    const slow = f.container({ behavior: f.behavior({ shutdown: fixed(25 * S) }) });
    const { run, result } = ended({
      workloads: [filePod({ containers: [slow] })],
      faults: [removed(10, 8), f.onNode(15, 5, { type: 'KubeletRestart' })],
      duration: seconds(100),
    });
    expect(result.restarts.map(({ reason }) => reason)).toEqual(['deleted']);
    expect(run.cluster.kubelets.containers.state[0]).toBe(1);
  });
  it('in the middle of a pull begins it anew', () => {
    const images = { 'big:1': { compressedBytes: 2e9, present: false } };
    const workloads = [f.workload({ template: f.template({ containers: [f.container({ image: 'big:1' })] }) })];
    for (const at of [1.5, 3, 10, 15]) {
      const { result } = ended({ images, workloads, faults: [f.onNode(at, 1, { type: 'KubeletRestart' })] });
      expect(result.objects.pods.phase[0]).toBe(1);
    }
  });
  it('while the runtime answers nothing is ready when it does', () => {
    const { result } = ended({
      workloads: [f.running({ template: f.template({ containers: [exits(70, 1)] }) })],
      faults: [f.onNode(50, 160, { type: 'RuntimeStall' }), f.onNode(60, 1, { type: 'KubeletRestart' })],
      duration: seconds(300),
    });
    // It ended at 70 s; nobody could look before 210 s.
    expect(result.restarts[0]!.time / S).toBeGreaterThan(212);
    expect(result.restarts[0]!.time / S).toBeLessThan(220);
  });
  it('with EventedPLEG is told nothing while it is down', () => {
    const pool = f.pool();
    const nodePools = [{ ...pool, kubelet: { ...pool.kubelet, eventedPleg: true } }];
    const { result } = ended({
      nodePools,
      workloads: [f.running({ template: f.template({ containers: [exits(50.0005, 1)] }) })],
      faults: [f.onNode(50.001, 60, { type: 'NodeReboot' })],
      duration: seconds(200),
    });
    expect(result.restarts[0]!.time / S).toBeGreaterThan(110);
  });
  it('and finds no API server does not end pods whose deadline is over before it has heard of them', () => {
    const { result } = ended({
      workloads: [f.running({ kind: 'Pod', template: f.template({ activeDeadline: 80 * S }) })],
      faults: [
        { type: 'ApiServerOutage', at: f.at(50), duration: 100 * S },
        f.onNode(60, 1, { type: 'KubeletRestart' }),
      ],
      duration: seconds(200),
    });
    expect(result.pods.stamps.stopped[0]! / S).toBeGreaterThan(150);
  });
});

describe('a node that is short of memory', () => {
  it('evicts a pod once, whatever keeps it', () => {
    const memory = { start: 950e6 };
    const slow = f.container({ name: 'late', image: 'big:1' });
    const { result } = ended({
      images: {
        'big:1': { compressedBytes: 20e9, present: false },
        'example/app:1': { compressedBytes: 1, present: true },
      },
      nodePools: [f.pool({ memoryBytes: 1e9 })],
      workloads: [
        f.workload({
          kind: 'Pod',
          template: f.template({ containers: [f.container({ behavior: f.behavior({ memory }) }), slow] }),
        }),
      ],
      duration: seconds(120),
    });
    expect(result.evictions.length).toBe(1);
  });
  it('lets a DaemonSet that asks for nothing run on: its controller tolerates that for it', () => {
    const tolerations = [
      {
        key: 'node.kubernetes.io/memory-pressure',
        operator: 'Exists' as const,
        value: '',
        effect: 'NoSchedule' as const,
      },
    ];
    const template = f.template({
      qosClass: 'BestEffort',
      cpuRequestMillis: 0,
      memoryRequestBytes: 0,
      tolerations,
      containers: [f.container({ memoryRequestBytes: 0 })],
    });
    const leak = { start: 100e6, reaches: { amount: 2e9, after: fixed(100 * S) } };
    const { result } = ended({
      nodePools: [f.pool({ memoryBytes: 1e9 })],
      workloads: [
        f.running({ name: 'daemon', kind: 'DaemonSet', template, maxUnavailable: 1 }),
        f.running({
          name: 'leak',
          kind: 'Pod',
          template: f.template({ containers: [f.container({ behavior: f.behavior({ memory: leak }) })] }),
        }),
      ],
      faults: [{ type: 'RollingUpdate', at: f.at(60), workloads: [0] }],
      duration: seconds(200),
    });
    expect(result.evictions.length).toBe(1);
    expect(result.pods.count).toBe(3);
  });
});

describe('a node that reboots', () => {
  it('runs init containers again, which nobody missed', () => {
    const init = f.container({
      name: 'init',
      role: 'init',
      behavior: f.behavior({ exit: { after: fixed(S), code: 0 } }),
    });
    const template = f.template({ containers: [init, f.container()] });
    const { result } = ended({
      workloads: [f.running({ template })],
      faults: [f.onNode(20, 10, { type: 'NodeReboot' })],
    });
    expect(result.restarts.map(({ containerIndex, reason }) => [containerIndex, reason])).toEqual([[1, 'node']]);
  });
});

describe('the unready time of a static pod', () => {
  it('ends when its mirror goes', () => {
    const containers = [f.container({ probes: [f.probe('readiness')] })];
    const unready = (away: number) =>
      ended({ workloads: [filePod({ containers })], faults: [removed(10, away)] }).result.probes[0]!.unreadyTime / S;
    expect(unready(60)).toBeCloseTo(unready(10), 6);
    expect(unready(10)).toBeLessThan(10);
  });
});

describe('a container that is being stopped', () => {
  const slow = { terminationGracePeriod: seconds(60) };
  const app = (exitAfter: number) =>
    f.container({
      probes: [f.probe('liveness', { period: seconds(5), failureThreshold: 1, terminationGracePeriod: seconds(60) })],
      behavior: f.behavior({
        shutdown: fixed(40 * S),
        ...(exitAfter === Infinity ? {} : { exit: { after: fixed(exitAfter * S), code: 0 } }),
      }),
    });
  it('and ends by itself before is not waited for', () => {
    const stopped = (exitAfter: number) => {
      const template = f.template({ ...slow, containers: [app(exitAfter)] });
      const { result } = ended({
        workloads: [f.running({ template, maxSurge: 1 })],
        faults: [{ type: 'RollingUpdate', at: f.at(20), workloads: [0] }],
      });
      const { deleted, stopped } = result.pods.stamps;
      return (stopped[0]! - deleted[0]!) / S;
    };
    expect(stopped(Infinity)).toBeGreaterThan(40);
    expect(stopped(Infinity)).toBeLessThan(41);
    // It exits 30 s after the begin of the run, some nine after it was told.
    expect(stopped(30)).toBeLessThan(10);
  });
  it('because of its liveness is away no longer if its kubelet restarts meanwhile', () => {
    const away = (faults: FaultSpec[]) => {
      const template = f.template({ ...slow, containers: [app(Infinity)] });
      const hang: FaultSpec = {
        type: 'ApplicationHang',
        at: f.at(5),
        duration: seconds(20),
        workloads: [0],
        pods: { percent: 100 },
      };
      const { result } = ended({ workloads: [f.running({ template })], faults: [hang, ...faults] });
      return result.restarts[0]!;
    };
    const undisturbed = away([]);
    expect(undisturbed.reason).toBe('liveness');
    const disturbed = away([f.onNode(25, 1, { type: 'KubeletRestart' })]);
    expect((disturbed.time - undisturbed.time) / S).toBeLessThan(3);
    expect(disturbed.away / S).toBeLessThan(3);
  });
});

describe('an exec probe', () => {
  it('waits for the runtime as long as runtimeRequestTimeout lets it', () => {
    const failures = (runtimeRequestTimeout: number) => {
      const pool = f.pool();
      const nodePools = [
        { ...pool, kubelet: { ...pool.kubelet, runtimeRequestTimeout: seconds(runtimeRequestTimeout) } },
      ];
      const probes = [f.probe('liveness', { handler: 'exec', period: seconds(5), failureThreshold: 100 })];
      const { result } = ended({
        nodePools,
        workloads: [f.running({ template: f.template({ containers: [f.container({ probes })] }) })],
        faults: [f.onNode(50, 25, { type: 'RuntimeStall' })],
        duration: seconds(100),
      });
      return result.counters.find((c) => c.labels === 'probe_type=liveness,result=failed')!.value;
    };
    expect(failures(10)).toBeGreaterThanOrEqual(1);
    expect(failures(120)).toBe(0);
  });
  it('takes so many times as long to begin as the runtime is slow', () => {
    const probes = [f.probe('liveness', { handler: 'exec', failureThreshold: 100 })];
    const { result } = ended({
      workloads: [f.running({ template: f.template({ containers: [f.container({ probes })] }) })],
      faults: [f.onNode(50, 100, { type: 'RuntimeSlow', factor: 20 })],
      duration: seconds(200),
    });
    // 75 ms twenty times are more than its timeout of a second.
    expect(result.counters.find((c) => c.labels === 'probe_type=liveness,result=failed')!.value).toBe(10);
  });
});

describe('a postStart hook that fails', () => {
  it('finds its container dead, and goes on at once', () => {
    const behavior = f.behavior({
      postStartFailures: 1,
      exit: { after: fixed(2 * S), code: 1 },
      shutdown: fixed(60 * S),
    });
    const containers = [f.container({ behavior, postStart: f.sleep(3) }), f.container({ name: 'next' })];
    const { result } = ended({
      workloads: [f.workload({ template: f.template({ containers }) })],
      duration: seconds(60),
    });
    // The grace of 30 s is nobody's to wait for.
    expect(result.restarts[0]!.time / S).toBeLessThan(20);
    expect(result.restarts[0]!.reason).toBe('exit');
  });
});

describe('a relist that is due', () => {
  it('begins before anything else of that instant, whether it is an event or not', () => {
    /** Relists at the same times, with 50 more pods from the instant at which one is due. */
    const durations = (executeEveryTick: boolean) => {
      const spec = f.cluster({ minor: 34, duration: seconds(30), workloads: [f.running()] });
      const run = new Run(spec, 'due', { executeEveryTick });
      const { context, kubelets } = run.cluster;
      const { recorder, simulation, streams } = context;
      const first = streams.stream('kubelet/pleg-phase').below(S, context.nodes.keyOf(0), 0);
      // One pod is on the node: a relist of it, then a second, and so on.
      const due = first + 10 * (S + relistDuration(1));
      const more = simulation.on('test/more', () => kubelets.pleg.changePodCount(0, 50));
      simulation.schedule(due as never, more, 0);
      run.advanceTo(spec.duration as never);
      run.result();
      const { histogram } = recorder.series('kubelet_pleg_relist_duration_seconds', 'general');
      return { count: histogram.count, sum: histogram.sum };
    };
    // Eleven of one pod, the one that was due among them; the others of 51.
    const { count, sum } = durations(false);
    expect(durations(true)).toEqual({ count, sum });
    expect(sum).toBe(11 * relistDuration(1) + (count - 11) * relistDuration(51));
  });
});
