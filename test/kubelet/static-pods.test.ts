// Static pods: a node runs what its files say, with or without an API server. Times in seconds.
import { describe, expect, it } from 'vitest';
import type { ClusterSpec, FaultSpec, WorkloadSpec } from '../../src/cluster/index.js';
import { fixed, seconds } from '../../src/engine/index.js';
import { Run } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';

const S = 1e9;
const nodes = f.oneNode;
const filePod = (overrides: Partial<WorkloadSpec> = {}): WorkloadSpec =>
  f.running({
    kind: 'StaticPod',
    name: 'agent',
    manifestName: 'agent',
    pool: 0,
    template: f.template({ tolerations: [{ operator: 'Exists', value: '' }] }),
    ...overrides,
  });
const removed = (at: number, duration: number, noticedBy: 'inotify' | 'fileCheck' = 'inotify'): FaultSpec => ({
  type: 'StaticPodRemoved',
  at: f.at(at),
  duration: duration * S,
  workloads: [0],
  nodes,
  noticedBy,
});
const outage = (at: number, duration: number): FaultSpec => ({
  type: 'ApiServerOutage',
  at: f.at(at),
  duration: duration * S,
});

/** Samples what is there every 0.1 s: whether the container runs, whether the API server has the mirror. */
function history(overrides: Partial<ClusterSpec> & { minor?: number }) {
  const spec = f.cluster({ workloads: [filePod()], minor: 36, duration: seconds(120), ...overrides });
  const run = new Run(spec, 'static');
  const { kubelets, api } = run.cluster;
  const changes: [number, string][] = [];
  let before = '';
  for (let t = 0; t <= spec.duration / S; t += 0.1) {
    run.advanceTo(f.at(t));
    const runs = kubelets.containers.state[0] === 1 ? 'runs' : 'ended';
    const now = `${runs} ${api.objects.pods.gone[0] === 0 ? 'mirrored' : 'unknown'}${api.isUnavailable ? ' away' : ''}`;
    if (now !== before) changes.push([Math.round(t * 10) / 10, now]);
    before = now;
  }
  return { changes, run, states: changes.map(([, state]) => state), times: changes.map(([time]) => time) };
}

describe('a static pod', () => {
  it('ends when its file goes; housekeeping deletes the mirror then', () => {
    const { states, times } = history({ faults: [removed(10, Infinity)] });
    expect(states).toEqual(['runs mirrored', 'ended mirrored', 'ended unknown']);
    expect(times[1]).toBeGreaterThanOrEqual(10);
    expect(times[1]).toBeLessThan(10.5);
    // Sandbox, volumes, the PLEG's cache, at most 2 s of housekeeping.
    expect(times[2]).toBeGreaterThan(times[1]! + 0.4);
    expect(times[2]).toBeLessThan(times[1]! + 5);
  });
  it('comes back with its file as the same pod, which is no restart, and gets a mirror again', () => {
    const { states, times, run } = history({ faults: [removed(10, 30)] });
    expect(states).toEqual(['runs mirrored', 'ended mirrored', 'ended unknown', 'ended mirrored', 'runs mirrored']);
    expect(times[3]).toBeGreaterThanOrEqual(40);
    expect(times[3]).toBeLessThan(40 + 2.2);
    expect(times[4]).toBeLessThan(times[3]! + 3);
    expect(run.cluster.context.pods.count).toBe(1);
    expect(run.cluster.kubelets.restarts).toEqual([]);
  });
  it('whose file comes back while it is ending waits for its end', () => {
    const slow = f.container({ behavior: f.behavior({ shutdown: fixed(seconds(20)) }) });
    const workloads = [filePod({ template: f.template({ containers: [slow] }) })];
    const { states, times } = history({ workloads, faults: [removed(10, 2)] });
    expect(states).toEqual(['runs mirrored', 'ended mirrored', 'runs mirrored']);
    expect(times[1]).toBeGreaterThanOrEqual(30);
    expect(times[2]).toBeGreaterThan(30.4);
    expect(times[2]).toBeLessThan(37);
  });
  it('without inotify is noticed at the next check of the files', () => {
    const { times } = history({ faults: [removed(10, Infinity, 'fileCheck')] });
    expect(times[1]).toBeGreaterThan(10);
    expect(times[1]).toBeLessThan(10 + 20 + 0.5);
    const often = f.pool();
    const nodePools = [{ ...often, kubelet: { ...often.kubelet, fileCheckFrequency: seconds(2) } }];
    expect(history({ nodePools, faults: [removed(10, Infinity, 'fileCheck')] }).times[1]).toBeLessThan(12.5);
  });
  it('keeps its mirror until it has ended, although the API server comes back before the check of the files', () => {
    const { states } = history({ faults: [removed(20, Infinity, 'fileCheck'), outage(18, 3)] });
    expect(states).toEqual(['runs mirrored', 'runs mirrored away', 'runs mirrored', 'ended mirrored', 'ended unknown']);
  });
  it('begins without an API server, and is mirrored when there is one again', () => {
    const { states, times } = history({ faults: [removed(10, 20), outage(5, 75)] });
    expect(states).toEqual([
      'runs mirrored',
      'runs mirrored away',
      'ended mirrored away',
      'runs mirrored away',
      'runs mirrored',
    ]);
    expect(times[3]).toBeGreaterThanOrEqual(30);
    expect(times[3]).toBeLessThan(36);
  });
  it.each([
    [31, 40, 80], // with the next resync, 60-90 s after its last sync
    [32, 0, 3],
  ])(
    'a kubelet of 1.%d that starts without an API server mirrors it %d to %d s after that is back',
    (minor, from, to) => {
      // File gone and mirror deleted before; then a reboot of the node during an outage.
      const faults: FaultSpec[] = [
        removed(5, 20),
        outage(24, 36),
        { type: 'NodeReboot', at: f.at(35), duration: 5 * S, nodes },
      ];
      const { changes } = history({ minor, faults, duration: seconds(180) });
      const last = changes[changes.length - 1]!;
      expect(last[1]).toBe('runs mirrored');
      expect(last[0]).toBeGreaterThanOrEqual(60 + from);
      expect(last[0]).toBeLessThan(60 + to);
    },
  );
  it('is restarted by its kubelet when it crashes, API server or not', () => {
    const crashing = f.container({ behavior: f.behavior({ exit: { after: fixed(seconds(30)), code: 1 } }) });
    const workloads = [filePod({ template: f.template({ containers: [crashing] }) })];
    const { run } = history({ workloads, faults: [outage(20, 100)] });
    const times = run.cluster.kubelets.restarts.map(({ time }) => time / S);
    // At once the first time, then with a back-off of 10 s and what noticing and retrying add.
    expect(times.length).toBe(2);
    expect(times[0]).toBeLessThan(32);
    expect(times[1]! - times[0]!).toBeGreaterThan(30 + 10);
  });
  it('stays on a node that is declared dead: nobody evicts it', () => {
    const faults: FaultSpec[] = [{ type: 'NetworkPartition', at: f.at(10), duration: 500 * S, nodes }];
    const template = f.template({ notReadyToleration: Infinity, unreachableToleration: Infinity });
    const { run } = history({
      nodePools: [f.pool({ count: 3 })],
      workloads: [filePod({ template })],
      faults,
      duration: seconds(550),
    });
    expect([...run.cluster.context.pods.stamps.deleted.slice(0, 3)]).toEqual([NaN, NaN, NaN]);
    expect([...run.cluster.api.objects.pods.gone.slice(0, 3)]).toEqual([0, 0, 0]);
  });
});

describe('the control plane as static pods', () => {
  const server = f.container({ behavior: f.behavior({ startup: fixed(seconds(5)) }) });
  const part = (component: 'kube-apiserver' | 'etcd'): WorkloadSpec =>
    filePod({
      name: component,
      manifestName: component,
      component,
      template: f.template({ hostNetwork: true, containers: [server] }),
    });
  const away = (overrides: Partial<ClusterSpec>) => {
    const spec = f.cluster({ minor: 36, duration: seconds(120), ...overrides });
    const run = new Run(spec, 'control');
    const times: number[] = [];
    let before = false;
    for (let t = 0; t <= spec.duration / S; t += 0.1) {
      run.advanceTo(f.at(t));
      if (run.cluster.api.isUnavailable !== before) times.push(Math.round(t * 10) / 10);
      before = run.cluster.api.isUnavailable;
    }
    return times;
  };

  it('one API server down makes it unavailable; it is back when it has started', () => {
    const [from, to, ...more] = away({ workloads: [part('kube-apiserver')], faults: [removed(10, 20)] });
    expect(more).toEqual([]);
    expect(from).toBeGreaterThanOrEqual(10);
    expect(from).toBeLessThan(10.5);
    expect(to).toBeGreaterThan(30 + 5);
    expect(to).toBeLessThan(30 + 5 + 5);
  });
  it('one of three is not missed', () => {
    const nodePools = [f.pool({ count: 3 })];
    expect(away({ nodePools, workloads: [part('kube-apiserver')], faults: [removed(10, 20)] })).toEqual([]);
  });
  it('etcd needs more than half of its members', () => {
    const nodePools = [f.pool({ count: 3 })];
    const remove = (count: number): FaultSpec =>
      ({ ...removed(10, 20), nodes: { pools: [0], amount: { count } } }) as FaultSpec;
    expect(away({ nodePools, workloads: [part('etcd')], faults: [remove(1)] })).toEqual([]);
    expect(away({ nodePools, workloads: [part('etcd')], faults: [remove(2)] }).length).toBe(2);
  });
  it('goes with its node', () => {
    const faults: FaultSpec[] = [{ type: 'NodeReboot', at: f.at(10), duration: 20 * S, nodes }];
    const [from, to] = away({ workloads: [part('kube-apiserver')], faults });
    expect(from).toBeGreaterThanOrEqual(10);
    expect(from).toBeLessThan(10.2);
    expect(to).toBeGreaterThan(30 + 2 + 5);
    expect(to).toBeLessThan(30 + 2 + 5 + 5);
  });
});
