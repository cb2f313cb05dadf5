// Init containers, sidecars, hooks, restart rules and the order in which a pod ends: rules, and tiny clusters whose
// expected history is the assertion.
import { describe, expect, it } from 'vitest';
import { type ContainerSpec, PodPhase } from '../../src/cluster/index.js';
import { ContainerState } from '../../src/cri/index.js';
import { fixed, seconds } from '../../src/engine/index.js';
import { REJECTION_REASONS, rejectionOf } from '../../src/kubelet/admission.js';
import { containerActions, initialized } from '../../src/kubelet/pod-workers/container-actions.js';
import { mayRestart } from '../../src/kubelet/pod-workers/restart-policy.js';
import { podStopTimes } from '../../src/kubelet/pod-workers/termination.js';
import { simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';

const SECOND = 1e9;
const { Waiting, Running, Exited } = ContainerState;
const exits = (after: number, code = 0) => f.behavior({ exit: { after: fixed(seconds(after)), code } });
const init = (overrides: Partial<ContainerSpec> = {}) =>
  f.container({ name: 'init', role: 'init', behavior: exits(1), ...overrides });
const sidecar = (overrides: Partial<ContainerSpec> = {}) =>
  f.container({ name: 'sidecar', role: 'sidecar', restartPolicy: 'Always', ...overrides });

describe('what a sync does to containers', () => {
  const view = (
    spec: ContainerSpec,
    state: number,
    rest: { exitCode?: number; isStarted?: boolean; isCondemned?: boolean } = {},
  ) => ({
    spec,
    state,
    exitCode: 0,
    isStarted: state === Running,
    isCondemned: false,
    ...rest,
  });
  const main = f.container();
  it('starts one init container after another, each when the one before has ended with 0', () => {
    const start = (...states: number[]) =>
      containerActions([view(init(), states[0]!), view(init(), states[1]!), view(main, states[2]!)]).start;
    expect(start(Waiting, Waiting, Waiting)).toBe(0b001);
    expect(start(Running, Waiting, Waiting)).toBe(0);
    expect(start(Exited, Waiting, Waiting)).toBe(0b010);
    expect(start(Exited, Running, Waiting)).toBe(0);
    expect(start(Exited, Exited, Waiting)).toBe(0b100);
  });
  it('runs an init container that failed again, and not what follows', () => {
    const views = [view(init(), Exited, { exitCode: 1 }), view(main, Waiting)];
    expect(containerActions(views).start).toBe(0b01);
    const never = [view(init({ restartPolicy: 'Never' }), Exited, { exitCode: 1 }), view(main, Waiting)];
    expect(containerActions(never).start).toBe(0);
  });
  it('goes on past a sidecar when it has started, and brings it back without stopping the others', () => {
    const start = (side: ReturnType<typeof view>, other: number) => containerActions([side, view(main, other)]).start;
    expect(start(view(sidecar(), Waiting), Waiting)).toBe(0b01);
    expect(start(view(sidecar(), Running, { isStarted: false }), Waiting)).toBe(0);
    expect(start(view(sidecar(), Running), Waiting)).toBe(0b10);
    expect(start(view(sidecar(), Exited), Running)).toBe(0b01);
  });
  it('never runs a plain init container again once a main container has run', () => {
    const views = [view(init(), Exited, { exitCode: 1 }), view(main, Exited, { exitCode: 1 })];
    expect(initialized(views)).toBe(true);
    expect(containerActions(views).start).toBe(0b10);
  });
  it('kills what a probe condemned, and starts it again unless its policy is Never', () => {
    const condemned = { isCondemned: true };
    expect(containerActions([view(main, Running, condemned)])).toMatchObject({ kill: 1, start: 1 });
    const never = f.container({ restartPolicy: 'Never' });
    expect(containerActions([view(never, Running, condemned)])).toMatchObject({ kill: 1, start: 0 });
  });
});

describe('restart rules of a container', () => {
  const container = f.container({
    restartPolicy: 'Never',
    restartRules: [
      { operator: 'In', exitCodes: [42, 43] },
      { operator: 'NotIn', exitCodes: [0, 1, 42, 43, 44] },
    ],
  });
  it.each([
    [42, true],
    [43, true],
    [44, false],
    [1, false],
    [0, false],
    [7, true],
  ])('exit code %d: %s', (code, restarts) => expect(mayRestart(container, code)).toBe(restarts));
  it('a sidecar is restarted whatever its code, an init container after a failure only', () => {
    expect([0, 1].map((code) => mayRestart(sidecar(), code))).toEqual([true, true]);
    expect([0, 1].map((code) => mayRestart(init(), code))).toEqual([false, true]);
  });
});

describe('the end of a pod', () => {
  const stop = (shutdown: number, grace = 30, preStop = 0) => ({
    preStop: seconds(preStop),
    shutdown: seconds(shutdown),
    grace: seconds(grace),
  });
  const durations = (...containers: Parameters<typeof podStopTimes>[0]) =>
    podStopTimes(containers).map((stop) => (stop?.ended ?? 0) / SECOND);
  it('stops main containers together, then sidecars from the last to the first', () => {
    expect(
      durations(
        { role: 'sidecar', isRunning: true, stop: stop(1) },
        { role: 'sidecar', isRunning: true, stop: stop(2) },
        { role: 'main', isRunning: true, stop: stop(3) },
        { role: 'main', isRunning: true, stop: stop(5) },
      ),
    ).toEqual([5 + 2 + 1, 5 + 2, 3, 5]);
  });
  it('a sidecar that waited through its grace still has two seconds', () => {
    expect(
      durations(
        { role: 'sidecar', isRunning: true, stop: stop(60, 10) },
        { role: 'main', isRunning: true, stop: stop(60, 10) },
      ),
    ).toEqual([12, 10]);
  });
  it('what does not run takes no time and holds nobody up', () => {
    expect(
      durations(
        { role: 'init', isRunning: false, stop: stop(9) },
        { role: 'sidecar', isRunning: true, stop: stop(1) },
        { role: 'main', isRunning: false, stop: stop(9) },
      ),
    ).toEqual([0, 1, 0]);
  });
});

const run = (containers: ContainerSpec[], overrides: Parameters<typeof f.cluster>[0] = {}, template = {}) =>
  simulate(
    f.cluster({ workloads: [f.workload({ template: f.template({ containers, ...template }) })], ...overrides }),
    'x',
  );
const stamp = (result: ReturnType<typeof run>, stage: keyof typeof result.pods.stamps, pod = 0) =>
  result.pods.stamps[stage][pod]! / SECOND;

describe('a pod with init containers', () => {
  it('pays each of them, and a relist for each', () => {
    const plain = run([f.container()]);
    const two = run([init(), init({ name: 'init2' }), f.container()]);
    const more = stamp(two, 'runningKnown') - stamp(plain, 'runningKnown');
    // Twice: create, start, a second of work, up to a second until it is seen.
    expect(more).toBeGreaterThan(2.2);
    expect(more).toBeLessThan(5);
    expect(two.restarts).toEqual([]);
  });
  it('before 1.36 does not start without a relist in between; from 1.36 on neither, for an exit is not a sync', () => {
    for (const minor of [34, 36]) {
      const result = run([init({ behavior: exits(0.01) }), f.container()], { minor });
      expect(stamp(result, 'runningKnown')).toBeGreaterThan(0);
      expect(result.objects.pods.phase[0]).toBe(PodPhase.Running);
    }
  });
  it('stays pending while one fails, with the crash back-off between its attempts', () => {
    const result = run([init({ behavior: exits(1, 3) }), f.container()], { duration: seconds(200), minor: 36 });
    expect(result.objects.pods.phase[0]).toBe(PodPhase.Pending);
    const away = result.restarts.map((r) => r.away / SECOND);
    expect(result.restarts.every((r) => r.containerIndex === 0 && r.exitCode === 3)).toBe(true);
    for (const [i, least] of [0, 10, 20, 40].entries()) expect(away[i]).toBeGreaterThanOrEqual(least);
  });
  it('fails for good with restartPolicy Never', () => {
    const template = f.template({
      restartPolicy: 'Never',
      containers: [init({ behavior: exits(1, 3) }), f.container()],
    });
    const result = simulate(f.cluster({ workloads: [f.workload({ kind: 'Pod', template })] }), 'x');
    expect(result.objects.pods.phase[0]).toBe(PodPhase.Failed);
    expect(result.restarts).toEqual([]);
  });
});

describe('a pod with a sidecar', () => {
  it('starts its main container only when the sidecar’s startup probe has succeeded', () => {
    const side = sidecar({
      behavior: f.behavior({ startup: fixed(seconds(12)) }),
      probes: [f.probe('startup', { period: seconds(1), failureThreshold: 60 })],
    });
    const result = run([side, f.container()]);
    expect(stamp(result, 'runningKnown') - stamp(result, 'sandboxReady')).toBeGreaterThan(12);
    expect(result.objects.pods.phase[0]).toBe(PodPhase.Running);
    expect(result.objects.pods.ready[0]).toBe(1);
  });
  it('completes when its main container has ended with 0, whatever the sidecar does', () => {
    const template = f.template({
      restartPolicy: 'Never',
      containers: [sidecar(), f.container({ behavior: exits(2) })],
    });
    const result = simulate(f.cluster({ workloads: [f.workload({ kind: 'Job', template })] }), 'x');
    expect(result.objects.pods.phase[0]).toBe(PodPhase.Succeeded);
    expect(result.restarts).toEqual([]);
  });
  it('brings a sidecar back that ends with 0', () => {
    const result = run([sidecar({ behavior: exits(5) }), f.container()]);
    expect(result.restarts.length).toBeGreaterThan(1);
    expect(result.restarts.every((r) => r.containerIndex === 0 && r.exitCode === 0)).toBe(true);
  });
});

describe('hooks', () => {
  it('the next container waits until the postStart hook of the one before has returned', () => {
    const plain = run([f.container(), f.container({ name: 'b' })]);
    const hooked = run([f.container({ postStart: f.sleep(4) }), f.container({ name: 'b' })]);
    expect(stamp(hooked, 'containersStarted') - stamp(plain, 'containersStarted')).toBeCloseTo(4, 9);
  });
  it('a hook that runs a command takes the application’s time', () => {
    const behavior = f.behavior({ postStart: fixed(seconds(2)) });
    const postStart = { handler: 'exec' as const, sleep: seconds(0) };
    const hooked = run([f.container({ postStart, behavior })]);
    expect(stamp(hooked, 'containersStarted') - stamp(run([f.container()]), 'containersStarted')).toBeCloseTo(2, 9);
  });
});

describe('a postStart hook that fails', () => {
  const run = (postStartFailures: number) => {
    const behavior = f.behavior({ postStartFailures, shutdown: fixed(seconds(2)) });
    const containers = [f.container({ behavior, postStart: f.sleep(1) }), f.container({ name: 'next' })];
    const workloads = [f.workload({ template: f.template({ containers }) })];
    return simulate(f.cluster({ minor: 36, workloads, duration: seconds(120) }), 'hooks');
  };
  it('has its container killed and started again, with the crash back-off; the next container goes on', () => {
    const { restarts, pods } = run(1);
    expect(new Set(restarts.map(({ reason, containerIndex }) => `${reason} ${containerIndex}`))).toEqual(
      new Set(['hook 0']),
    );
    expect(restarts.map(({ backOff }) => backOff / 1e9)).toEqual([10, 20, 40, 80]);
    // One second of the hook, two until the process has gone.
    expect(restarts[0]!.time - pods.stamps.sandboxReady[0]!).toBeGreaterThan(3e9);
  });
  it('keeps its container from being ready while it runs, at every start', () => {
    const behavior = f.behavior({ postStartFailures: 1 });
    const probes = [f.probe('readiness', { handler: 'tcpSocket', period: seconds(2) })];
    const containers = [f.container({ behavior, probes, postStart: f.sleep(20) })];
    const workloads = [f.workload({ template: f.template({ containers }) })];
    const { pods } = simulate(f.cluster({ minor: 36, workloads, duration: seconds(300) }), 'hooks');
    expect(pods.stamps.ready[0]).toBeNaN();
  });
  it('is drawn for each run', () => {
    expect(run(0).restarts).toEqual([]);
    const behavior = f.behavior({ postStartFailures: 0.25 });
    const containers = [f.container({ behavior, postStart: f.sleep(1) })];
    const workloads = [f.workload({ replicas: 400, template: f.template({ cpuRequestMillis: 1, containers }) })];
    const nodePools = [f.pool({ count: 10 })];
    const controlPlane = {
      ...f.cluster().controlPlane,
      controllerQps: 1000,
      controllerBurst: 1000,
      schedulerQps: 1000,
    };
    const spec = f.cluster({ minor: 36, workloads, nodePools, controlPlane, duration: seconds(300) });
    const { restarts } = simulate(spec, 'hooks');
    // Each pod needs 1 / 0.75 starts on average.
    expect(restarts.length / 400).toBeGreaterThan(0.27);
    expect(restarts.length / 400).toBeLessThan(0.4);
  });
});

describe('activeDeadlineSeconds', () => {
  it('of a pod ends it, whatever it does, from when its kubelet has taken it in', () => {
    const template = f.template({ activeDeadline: seconds(30), restartPolicy: 'Never' });
    const { pods, objects } = simulate(
      f.cluster({ minor: 36, workloads: [f.workload({ kind: 'Pod', template })], duration: seconds(120) }),
      'deadline',
    );
    expect(objects.pods.phase[0]).toBe(3);
    // At the tick of the sync loop after it, and when the PLEG has a newer cache.
    expect(pods.stamps.stopped[0]! - pods.stamps.observed[0]!).toBeGreaterThan(30e9);
    expect(pods.stamps.stopped[0]! - pods.stamps.observed[0]!).toBeLessThan(32.4e9);
  });
  it('of a Job deletes its pods and makes no more', () => {
    const job = f.workload({
      kind: 'Job',
      replicas: 2,
      completions: 10,
      activeDeadline: seconds(50),
      template: f.template({
        restartPolicy: 'Never',
        containers: [f.container({ behavior: f.behavior({ exit: { after: fixed(seconds(20)), code: 0 } }) })],
      }),
    });
    const { pods } = simulate(f.cluster({ minor: 36, workloads: [job], duration: seconds(200) }), 'deadline');
    // Two at a time, each 20 s and a little: the third pair is under way at 50 s.
    expect(pods.count).toBe(6);
    const deleted = [...pods.stamps.deleted.slice(0, 6)].map((ns) => Math.floor(ns / 1e9));
    expect(deleted.map((at) => (Number.isNaN(at) ? 'no' : at))).toEqual(['no', 'no', 'no', 'no', 51, 51]);
  });
});

describe('deletion in the middle of a pull', () => {
  it('takes effect when the pull has returned: the container starts, and is stopped', () => {
    const images = { 'big:1': { compressedBytes: 2e9, present: false } };
    const workloads = [
      f.workload({
        maxSurge: 0,
        maxUnavailable: 1,
        template: f.template({ containers: [f.container({ image: 'big:1' })] }),
      }),
    ];
    const faults = [{ type: 'RollingUpdate' as const, at: f.at(10), workloads: [0] }];
    const result = simulate(f.cluster({ workloads, images, faults, duration: seconds(120) }), 'x');
    const pulled = stamp(result, 'sandboxReady') + result.pods.stamps.imagePull[0]! / SECOND;
    expect(stamp(result, 'deletionObserved')).toBeLessThan(11);
    expect(pulled).toBeGreaterThan(15);
    expect(stamp(result, 'stopped')).toBeGreaterThan(pulled);
    expect(stamp(result, 'stopped')).toBeLessThan(pulled + 3);
    expect(result.objects.pods.gone[0]).toBe(1);
  });
});

describe('admission', () => {
  const room = { pods: 10, cpuMillis: 4000, memoryBytes: 8e9 };
  const taken = { pods: 9, cpuMillis: 3000, memoryBytes: 6e9 };
  const reason = (cpuMillis: number, memoryBytes: number, pods = 1) =>
    REJECTION_REASONS[rejectionOf(taken, { pods, cpuMillis, memoryBytes }, room)];
  it('refuses what the node has no room for, and says why', () => {
    expect(reason(1000, 2e9)).toBe('');
    expect(reason(1001, 2e9)).toBe('OutOfcpu');
    expect(reason(1000, 2.1e9)).toBe('OutOfmemory');
    expect(reason(1, 1, 2)).toBe('OutOfpods');
  });
  it('a pod that asks for nothing is refused for the number of pods only', () => {
    const full = { ...room, cpuMillis: 5000 };
    expect(REJECTION_REASONS[rejectionOf({ ...full, pods: 1 }, { pods: 1, cpuMillis: 0, memoryBytes: 0 }, room)]).toBe(
      '',
    );
  });
});

describe('RestartAllContainers (KEP-5532)', () => {
  const rule = { operator: 'In', exitCodes: [42], isForAll: true } as const;
  const view = (spec: ContainerSpec, state: number, exitCode = 0) => ({
    spec,
    state,
    exitCode,
    isStarted: state === Running,
    isCondemned: false,
  });
  it('kills what runs, and starts nothing before that', () => {
    const watcher = f.container({ restartPolicy: 'Never', restartRules: [rule] });
    const views = (code: number) => [view(init(), Exited), view(f.container(), Running), view(watcher, Exited, code)];
    expect(containerActions(views(42))).toEqual({ kill: 0b010, start: 0, restartsAll: true });
    expect(containerActions(views(1))).toEqual({ kill: 0, start: 0, restartsAll: false });
  });
  it('runs the pod from its init containers on, in the same sandbox', () => {
    const started: string[] = [];
    let sandboxes = 0;
    const watcher = f.container({
      name: 'watcher',
      restartPolicy: 'Never',
      restartRules: [rule],
      behavior: exits(20, 42),
    });
    const template = f.template({ containers: [init(), f.container(), watcher] });
    simulate(f.cluster({ workloads: [f.workload({ kind: 'Pod', template })], duration: seconds(40) }), 'all', {
      onlooker: {
        over: ({ spec }) => ({
          containerStarted: (_, index) => started.push(spec.workloads[0]!.template.containers[index]!.name),
          sandboxReady: () => {
            sandboxes++;
          },
        }),
      },
    });
    expect(started).toEqual(['init', 'app', 'watcher', 'init', 'app', 'watcher']);
    expect(sandboxes).toBe(1);
  });
});
