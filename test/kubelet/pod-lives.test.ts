// Which life of a pod its row tells of when nodes, kubelets and runtimes fail: tiny clusters whose expected history is the
// assertion. Times in seconds.
import { describe, expect, it } from 'vitest';
import { CHECKERS } from '../../src/checkers/index.js';
import { type ClusterSpec, type FaultSpec, POD_PARTS, POD_STAGES, type PodStage } from '../../src/cluster/index.js';
import { fixed, seconds } from '../../src/engine/index.js';
import { simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';

const S = 1e9;
/** One that is there, and one whose pull takes some six seconds. */
const images = {
  'example/app:1': { compressedBytes: 50e6, present: true },
  'big:1': { compressedBytes: 100e6, present: false },
};
const run = (containers: Parameters<typeof f.container>[0][], overrides: Partial<ClusterSpec> & { minor?: number }) =>
  simulate(
    f.cluster({
      workloads: [
        f.workload({
          kind: 'Pod',
          template: f.template({ hostNetwork: true, containers: containers.map(f.container) }),
        }),
      ],
      images,
      registries: [f.registry({ bytesPerSecond: 20e6 })],
      duration: seconds(120),
      ...overrides,
    }),
    'rows',
    { onlooker: CHECKERS },
  );
type Result = ReturnType<typeof run>;
const pulled = { image: 'big:1' };
const stamp = (result: Result, stage: PodStage) => result.pods.stamps[stage][0]! / S;
const row = (result: Result) => [...POD_STAGES, ...POD_PARTS].map((column) => result.pods.stamps[column][0]!);
const samples = (result: Result, metric: string) => result.series.find((s) => s.metric === metric)!.histogram.count;
const SLI = 'kubelet_pod_start_sli_duration_seconds';
const START: readonly PodStage[] = POD_STAGES.slice(0, POD_STAGES.indexOf('runningObserved') + 1);
const reached = (result: Result, stages = START) => stages.filter((stage) => !Number.isNaN(stamp(result, stage)));
const reboot = (at: number): FaultSpec => f.onNode(at, 5, { type: 'NodeReboot' });
const restart = (at: number, lasts = 1): FaultSpec => f.onNode(at, lasts, { type: 'KubeletRestart' });

describe('the row of a pod whose node reboots', () => {
  it('during its pull tells of the second sandbox from when the new kubelet heard of it', () => {
    const result = run([pulled], { faults: [reboot(4)] });
    for (const stage of ['created', 'scheduled', 'bound'] as const) expect(stamp(result, stage)).toBeLessThan(1.1);
    // It boots at 9 s; its kubelet is there some two seconds later.
    for (const stage of ['observed', 'syncStarted', 'volumesMounted', 'containersStarted', 'runningReported'] as const)
      expect(stamp(result, stage)).toBeGreaterThan(10);
    expect(stamp(result, 'volumesMounted') - stamp(result, 'observed')).toBeLessThan(1);
    // The first pull was lost with the node.
    expect(result.pods.stamps.imagePull[0]! / run([pulled], {}).pods.stamps.imagePull[0]!).toBeCloseTo(1, 1);
  });
  it('during its pull is not in the start-up SLI, and has been ready when it was', () => {
    const result = run([pulled], { faults: [reboot(4)] });
    expect(samples(result, SLI)).toBe(0);
    expect(stamp(result, 'runningObserved')).toBeNaN();
    expect(samples(result, 'kubelapse_pod_ready_duration_seconds')).toBe(1);
    expect(samples(result, 'kubelet_pod_start_duration_seconds')).toBe(1);
    expect(stamp(result, 'ready')).toBeGreaterThan(stamp(result, 'runningReported') - 0.001);
  });
  it('before it had a sandbox likewise', () => {
    const plain = run([{}], {});
    const between = (stamp(plain, 'volumesMounted') + stamp(plain, 'sandboxReady')) / 2;
    const result = run([{}], { faults: [reboot(between)] });
    expect(stamp(result, 'observed')).toBeGreaterThan(between + 5);
    expect(stamp(result, 'volumesMounted') - stamp(result, 'observed')).toBeLessThan(1);
  });
  it('when it runs is what it would have been without', () => {
    const result = run([pulled], { faults: [reboot(40), reboot(70)] });
    expect(result.restarts.map(({ reason }) => reason)).toEqual(['node', 'node']);
    expect(row(result)).toEqual(row(run([pulled], {})));
    expect(samples(result, SLI)).toBe(1);
  });
  it('when it is known to run, and nobody has been told, does not say that it was told', () => {
    const plain = run([pulled], {});
    const between = (stamp(plain, 'runningKnown') + stamp(plain, 'runningReported')) / 2;
    const result = run([pulled], { faults: [reboot(between)] });
    expect(row(result).slice(0, 9)).toEqual(row(plain).slice(0, 9));
    expect(reached(result)).toEqual(START.slice(0, 9));
    expect(stamp(result, 'ready')).toBeGreaterThan(between + 5);
    expect(samples(result, SLI)).toBe(0);
  });
  it('has no start if it ran when the run began', () => {
    const workloads = [f.running({ kind: 'Pod', template: f.template({ hostNetwork: true }) })];
    const result = run([], { workloads, minor: 31, faults: [restart(20), reboot(60)] });
    expect(result.restarts.length).toBe(1);
    expect(reached(result, POD_STAGES)).toEqual([]);
  });
});

describe('the row of a pod whose kubelet restarts', () => {
  it('during its pull keeps its sandbox, and is not in the start-up SLI', () => {
    const plain = run([pulled], {});
    const result = run([pulled], { faults: [restart(4)] });
    expect(row(result).slice(0, 7)).toEqual(row(plain).slice(0, 7));
    expect(stamp(result, 'containersStarted')).toBeGreaterThan(10);
    expect(samples(result, SLI)).toBe(0);
    // Measured by the new kubelet, from when it heard of the pod.
    const { histogram } = result.series.find((s) => s.metric === 'kubelet_pod_start_duration_seconds')!;
    expect(histogram.count).toBe(1);
    expect(histogram.max / S).toBeLessThan(stamp(result, 'runningKnown') - 6);
  });
  it('between the report and its echo is not in the start-up SLI, whatever is told of it later', () => {
    const probed = { probes: [f.probe('readiness', { period: seconds(5) })] };
    const plain = run([probed], {});
    const between = (stamp(plain, 'runningReported') + stamp(plain, 'runningObserved')) / 2;
    const flap: FaultSpec = {
      type: 'ReadinessFlap',
      at: f.at(60),
      duration: seconds(30),
      workloads: [0],
      pods: { percent: 100 },
    };
    const result = run([probed], { faults: [restart(between), flap] });
    expect(result.objects.pods.readyTransition[0]! / S).toBeGreaterThan(60);
    expect(reached(result)).toEqual(START.slice(0, -1));
    expect(samples(result, SLI)).toBe(0);
  });
  it('while a hook runs has started when it is known to, and not when a container starts again later', () => {
    const hooked = { postStart: f.sleep(5), behavior: f.behavior({ exit: { after: fixed(40 * S), code: 1 } }) };
    const result = run([hooked], { faults: [restart(4)] });
    expect(result.restarts.length).toBeGreaterThan(0);
    expect(stamp(result, 'containersStarted')).toBeNaN();
    expect(stamp(result, 'runningKnown')).toBeLessThan(10);
    // The node's work counts until then, not until the restart.
    expect(result.nodeStarts[0]!.startingTime / S).toBeLessThan(10);
  });
  it('while a container is created counts the creation that came to its end', () => {
    const slow: FaultSpec = f.onNode(0, Infinity, { type: 'RuntimeSlow', factor: 20 });
    const plain = run([{}], { faults: [slow] });
    const during = stamp(plain, 'containersStarted') - 0.2;
    const result = run([{}], { faults: [slow, restart(during)] });
    const created = (of: Result) => of.pods.stamps.create[0]! / S;
    expect(stamp(result, 'containersStarted')).toBeGreaterThan(during + 1);
    expect(created(result) / created(plain)).toBeGreaterThan(0.9);
    expect(created(result) / created(plain)).toBeLessThan(1.1);
  });
  it('has the deletion that came meanwhile from the list', () => {
    const workloads = [f.running({ template: f.template({ hostNetwork: true }) })];
    const result = run([], {
      workloads,
      faults: [restart(20, 10), { type: 'RollingUpdate', at: f.at(22), workloads: [0] }],
      nodePools: [f.pool({ count: 2 })],
    });
    const deleted = [0, 1].filter((pod) => !Number.isNaN(result.pods.stamps.deleted[pod]!));
    expect(deleted).toEqual([0]);
    expect(stamp(result, 'deletionObserved')).toBeGreaterThan(22);
    expect(stamp(result, 'stopped')).toBeGreaterThan(stamp(result, 'deletionObserved'));
  });
});

describe('the row of a pod', () => {
  it('whose container pulls at every start has the pull of the first', () => {
    const crash = f.behavior({ exit: { after: fixed(5 * S), code: 1 } });
    const container = { ...pulled, imagePullPolicy: 'Always' as const };
    const plain = run([container], {});
    const result = run([{ ...container, behavior: crash }], {});
    expect(result.restarts.length).toBeGreaterThan(2);
    expect(result.pods.stamps.imagePull[0]).toBe(plain.pods.stamps.imagePull[0]);
  });
  it('of a runtime that stalls or restarts during its start is one start that took longer', () => {
    for (const type of ['RuntimeStall', 'RuntimeRestart'] as const) {
      const result = run([pulled], { faults: [f.onNode(1.5, 10, { type })] });
      expect(reached(result)).toEqual(START);
      expect(samples(result, SLI)).toBe(1);
    }
  });
  it('that starts while the API server is unavailable is told late', () => {
    const result = run([pulled], { faults: [{ type: 'ApiServerOutage', at: f.at(4), duration: 30 * S }] });
    expect(stamp(result, 'runningKnown')).toBeLessThan(15);
    expect(stamp(result, 'runningReported')).toBeGreaterThan(34);
    expect(samples(result, SLI)).toBe(1);
  });
});

describe('the row of a static pod', () => {
  const file = f.template({ hostNetwork: true, tolerations: [{ operator: 'Exists', value: '' }] });
  const workloads = [f.running({ kind: 'StaticPod', pool: 0, template: file })];
  const removed = (at: number, duration: number, noticedBy: 'inotify' | 'fileCheck' = 'inotify'): FaultSpec => ({
    type: 'StaticPodRemoved',
    at: f.at(at),
    duration: duration * S,
    workloads: [0],
    nodes: f.oneNode,
    noticedBy,
  });
  it('whose file has come back tells of that start, and of no end', () => {
    const result = run([], { workloads, faults: [removed(20, 20)] });
    const first = stamp(result, 'observed');
    expect(first).toBeGreaterThan(40);
    expect(first).toBeLessThan(43);
    expect(reached(result, POD_STAGES)).toEqual(START.slice(START.indexOf('observed'), -1));
    expect(samples(result, 'kubelet_pod_start_duration_seconds')).toBe(0);
  });
  it('that ends for good has an end, and its mirror goes after it', () => {
    const result = run([], {
      workloads,
      // The kubelet looks at its directory up to twenty seconds later; before that packets come again.
      faults: [removed(20, Infinity, 'fileCheck'), { type: 'ApiServerOutage', at: f.at(18), duration: 3 * S }],
    });
    expect(reached(result, POD_STAGES)).toEqual(['stopped', 'removed']);
    expect(stamp(result, 'removed')).toBeGreaterThan(stamp(result, 'stopped'));
  });
});

it('a pod whose eviction was forgotten has not been stopped, and keeps its first start', () => {
  const memory = { start: 950e6 };
  const pool = f.pool({ memoryBytes: 8e9, memoryCapacityBytes: 8e9 });
  const slow = f.behavior({ memory, shutdown: fixed(0.1 * S) });
  const at = (faults: FaultSpec[]) =>
    run([{ behavior: slow }, { name: 'second' }], {
      nodePools: [pool],
      duration: seconds(200),
      faults: [
        { type: 'ApiServerOutage', at: f.at(39), duration: 61 * S },
        f.onNode(40, 15, { type: 'MemoryStarvation', left: 0.13 }),
        ...faults,
      ],
    });
  const plain = at([]);
  expect(plain.evictions.length).toBe(1);
  expect(stamp(plain, 'stopped')).toBeGreaterThan(40);
  const result = at([restart(stamp(plain, 'stopped') + 5)]);
  expect(result.objects.pods.phase[0]).toBe(1);
  expect(stamp(result, 'stopped')).toBeNaN();
  expect(row(result).slice(0, 9)).toEqual(row(plain).slice(0, 9));
});
