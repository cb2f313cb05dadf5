// Pods that are resized in place (KEP-1287): pure rules, and tiny clusters whose expected history is the assertion. Times in seconds.
import { describe, expect, it } from 'vitest';
import { type ContainerResize, type FaultSpec, qosClassOf, resizedTemplate } from '../../src/cluster/index.js';
import { fixed, seconds } from '../../src/engine/index.js';
import { simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';
import { deploymentOf, loadTexts, problemsOf } from '../fixtures/scenario.js';

const MB = 1e6;
const cpu = (cpuRequestMillis: number, more: Parameters<typeof f.container>[0] = {}) =>
  f.template({ cpuRequestMillis, containers: [f.container({ cpuRequestMillis, ...more })] });
const resize = (at: number, to: ContainerResize, workload = 0): FaultSpec => ({
  type: 'Resize',
  at: f.at(at),
  workloads: [workload],
  pods: { percent: 100 },
  to,
});
const run = (overrides: Parameters<typeof f.cluster>[0]) =>
  simulate(f.cluster({ minor: 36, duration: seconds(300), ...overrides }), 'resize');
const results = (result: ReturnType<typeof run>) =>
  Object.fromEntries(
    result.counters
      .filter(({ metric }) => metric === 'kubelapse_pod_resizes_total')
      .map(({ labels, value }) => [labels.replace('result=', ''), value]),
  );
const at = (result: ReturnType<typeof run>, stage: 'bound' | 'deleted', pod: number) =>
  result.pods.stamps[stage][pod]! / 1e9;

describe('a resize', () => {
  const leak = { start: 100 * MB, reaches: { amount: 1100 * MB, after: fixed(seconds(1000)) } };
  const leaking = (more: Parameters<typeof f.container>[0] = {}) =>
    f.running({
      template: f.template({
        containers: [f.container({ behavior: f.behavior({ memory: leak }), memoryLimitBytes: 300 * MB, ...more })],
      }),
    });
  it('raises the limit at which a container is killed', () => {
    const killed = (faults: FaultSpec[], minor = 36) => {
      const { restarts } = run({ minor, workloads: [leaking()], faults, duration: seconds(600) });
      return restarts
        .filter(({ reason }) => reason === 'oom')
        .map(({ time, away }) => Math.round((time - away) / 1e9))[0];
    };
    expect(killed([])).toBe(200);
    expect(killed([resize(100, { memoryLimitBytes: 600 * MB })])).toBe(500);
    // Before 1.33 an API server refuses it.
    expect(killed([resize(100, { memoryLimitBytes: 600 * MB })], 32)).toBe(200);
  });
  it('waits while a container holds more than its new limit', () => {
    const result = run({ workloads: [leaking()], faults: [resize(100, { memoryLimitBytes: 150 * MB })] });
    // At 200 s it is killed at its old limit; what comes then has the new one, and is killed 50 s after its start.
    expect(result.restarts.map(({ reason }) => reason)).toEqual(['oom', 'oom']);
    expect(results(result).actuated).toBe(1);
  });
  it('restarts a container whose resizePolicy says so, and no other', () => {
    const restarts = (resizeRestarts: readonly ('cpu' | 'memory')[]) =>
      run({
        workloads: [f.running({ template: cpu(100, { resizeRestarts }) })],
        faults: [resize(100, { cpuRequestMillis: 200 })],
      }).restarts.map(({ reason, exitCode }) => [reason, exitCode]);
    expect(restarts([])).toEqual([]);
    expect(restarts(['memory'])).toEqual([]);
    expect(restarts(['cpu'])).toEqual([['resize', 143]]);
  });
  const nodePools = [f.pool({ cpuMillis: 4000 })];
  it('that fits nowhere near is infeasible, one for which there is no room now waits for some', () => {
    const workloads = [
      f.running({ kind: 'Pod', template: cpu(1000) }),
      f.running({ name: 'other', template: cpu(2000) }),
    ];
    expect(results(run({ nodePools, workloads, faults: [resize(10, { cpuRequestMillis: 5000 })] }))).toEqual({
      actuated: 0,
      deferred: 0,
      infeasible: 1,
    });
    const deferred = [resize(10, { cpuRequestMillis: 3000 })];
    expect(results(run({ nodePools, workloads, faults: deferred }))).toEqual({
      actuated: 0,
      deferred: 1,
      infeasible: 0,
    });
    const gone: FaultSpec = { type: 'Delete', at: f.at(100), workloads: [1], orphans: false };
    expect(results(run({ nodePools, workloads, faults: [...deferred, gone] }))).toEqual({
      actuated: 1,
      deferred: 1,
      infeasible: 0,
    });
  });
  it('counts for the scheduler: what has grown takes room at once, what has shrunk gives it when it has', () => {
    const late = f.workload({ name: 'late', kind: 'Pod', createdAt: f.at(60), template: cpu(2000) });
    const bound = (to: number, from: number) =>
      at(
        run({
          nodePools,
          workloads: [f.running({ template: cpu(from) }), late],
          faults: [resize(50, { cpuRequestMillis: to })],
        }),
        'bound',
        1,
      );
    expect(bound(1500, 1000)).toBeLessThan(61);
    expect(bound(3000, 1000)).toBeNaN();
    expect(bound(1000, 3500)).toBeLessThan(61);
    const shrunkLate = run({
      nodePools,
      workloads: [f.running({ template: cpu(3000) }), { ...late, createdAt: f.at(10) }],
      faults: [resize(50, { cpuRequestMillis: 1000 })],
    });
    expect(at(shrunkLate, 'bound', 1)).toBeGreaterThan(50);
    expect(at(shrunkLate, 'bound', 1)).toBeLessThan(52);
  });
  it('is of pods, not of their workload: those that come later have the size of the template', () => {
    const result = run({
      nodePools,
      workloads: [f.running({ template: cpu(1000) })],
      faults: [
        resize(50, { cpuRequestMillis: 3500 }),
        { type: 'RollingUpdate', at: f.at(100), workloads: [0] },
        resize(200, { cpuRequestMillis: 2000 }),
      ].map((fault) => ({ ...fault })),
    });
    // Beside 3500 of 4000 there is no room for the new one's 1000.
    expect(at(result, 'bound', 1)).toBeGreaterThan(200);
  });
});

describe('the size of a pod', () => {
  it('is the sum of its containers, and what it has beside them stays (PodRequests)', () => {
    const containers = [
      f.container({ name: 'init', role: 'init', cpuRequestMillis: 900 }),
      f.container({ name: 'a', cpuRequestMillis: 300 }),
      f.container({ name: 'b', cpuRequestMillis: 100 }),
    ];
    // 50 of overhead.
    const template = f.template({ containers, cpuRequestMillis: 950, cpuScoredMillis: 950 });
    const to = (cpuRequestMillis: number) =>
      resizedTemplate(template, ({ name }) => name === 'a', { cpuRequestMillis }).cpuRequestMillis;
    expect([to(400), to(1000)]).toEqual([950, 1150]);
  });
  it('decides its quality of service', () => {
    const of = (cpu: number, limit: number) =>
      f.container({ cpuRequestMillis: cpu, cpuLimitMillis: limit, memoryRequestBytes: 5, memoryLimitBytes: 5 });
    expect(qosClassOf([of(100, 100)])).toBe('Guaranteed');
    expect(qosClassOf([of(100, 200)])).toBe('Burstable');
    expect(qosClassOf([f.container({ memoryRequestBytes: 0 })])).toBe('BestEffort');
  });
});

describe('a Resize in a scenario', () => {
  const files = (fault: string, resources = '{requests: {cpu: 100m, memory: 1Gi}}') => ({
    's.yaml': `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: s}
spec:
  nodePools: [{name: n, count: 1, capacity: {cpu: 4, memory: 8Gi}}]
  apps: [{name: a, manifests: [m.yaml]}]
  faults: [{type: Resize, at: 10s, ${fault}}]
`,
    'm.yaml': deploymentOf(1).replace(
      '{name: app,',
      `{name: app, resources: ${resources}, resizePolicy: [{resourceName: memory, restartPolicy: RestartContainer}],`,
    ),
  });
  it('reads amounts, and what cannot be changed without a restart', () => {
    const { spec } = loadTexts(files('target: deployment/web, limits: {cpu: "2"}, requests: {memory: 2Gi}')).points[0]!;
    expect(spec.faults[0]).toMatchObject({ to: { cpuLimitMillis: 2000, memoryRequestBytes: 2 * 2 ** 30 } });
    expect(spec.workloads[0]!.template.containers[0]!.resizeRestarts).toEqual(['memory']);
  });
  it.each([
    ['target: deployment/web', 'has neither requests nor limits: there is nothing to resize'],
    ['target: deployment/web, container: ap, requests: {cpu: 1}', 'no container of deployment/web is called "ap"'],
    ['target: deployment/web, limits: {cpu: 50m}', 'container app would ask for more than its limit'],
    [
      'target: deployment/web, limits: {cpu: 100m, memory: 1Gi}',
      'would make the pods Guaranteed, which are Burstable; Kubernetes refuses that',
    ],
  ])('is refused: %s', (fault, message) => {
    expect(problemsOf(() => loadTexts(files(fault))).join('\n')).toContain(message);
  });
});
