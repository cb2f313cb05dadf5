// Controllers as parts: the work queue, and that a controller or a kind of workload of somebody's own works as the built-in
// ones do.
import { describe, expect, it } from 'vitest';
import { BUILT_IN, withParts } from '../../src/catalogue.js';
import { PartList, PodChange } from '../../src/cluster/index.js';
import { WorkQueue } from '../../src/control-plane/controllers/work-queue.js';
import type { ControllerType, WorkloadKind } from '../../src/control-plane/index.js';
import { REPLICATED } from '../../src/control-plane/workloads/workload-kind.js';
import { simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';

describe('a work queue', () => {
  it('gives each worker one key at a time, in the order in which they came', () => {
    const taken: number[] = [];
    const queue = new WorkQueue(2, (key) => taken.push(key));
    for (const key of [1, 2, 3, 4, 3]) queue.add(key);
    expect(taken).toEqual([1, 2]);
    queue.done(1);
    expect(taken).toEqual([1, 2, 3]);
    queue.done(2);
    queue.done(3);
    queue.done(4);
    expect(taken).toEqual([1, 2, 3, 4]);
  });
  it('takes a key that changed during its work once more, and only when that is done', () => {
    const taken: number[] = [];
    const queue = new WorkQueue(2, (key) => taken.push(key));
    queue.add(1);
    queue.add(1);
    queue.add(1);
    expect(taken).toEqual([1]);
    queue.done(1);
    expect(taken).toEqual([1, 1]);
    queue.done(1);
    expect(taken).toEqual([1, 1]);
  });
  it('may be done at once', () => {
    const taken: number[] = [];
    const queue: WorkQueue = new WorkQueue(1, (key) => {
      taken.push(key);
      queue.done(key);
    });
    queue.add(1);
    queue.add(2);
    queue.add(1);
    expect(taken).toEqual([1, 2, 1]);
  });
});

describe('a catalogue', () => {
  it('with more parts has them behind those that it had, and what they say of themselves', () => {
    const [first] = BUILT_IN.containerRuntimes.all;
    const own = { ...first!, name: 'gvisor', calls: { ...first!.calls } };
    const larger = withParts(BUILT_IN, { containerRuntimes: [own] });
    expect(larger.containerRuntimes.names).toEqual([...BUILT_IN.containerRuntimes.names, 'gvisor']);
    expect(larger.measures.names).toEqual(BUILT_IN.measures.names);
    expect(larger.models.all.some(({ costs }) => Object.hasOwn(costs, 'cri.gvisor'))).toBe(true);
    expect(BUILT_IN.containerRuntimes.has('gvisor')).toBe(false);
  });
  it('refuses a second part of one name', () => {
    const [first] = BUILT_IN.faults.all;
    expect(() => withParts(BUILT_IN, { faults: [first!] })).toThrow(`the name ${first!.type} is taken`);
  });
});

describe('a kind of workload of one’s own', () => {
  const cloneSet: WorkloadKind = {
    kind: 'CloneSet',
    traits: REPLICATED,
    control: (host) => ({
      reconcile: (workload) => {
        const missing = workload.spec.replicas - workload.pods.length - workload.creating;
        for (let i = 0; i < missing; i++) host.create(workload);
      },
      onEnded: (workload, pod) => workload.remove(pod),
    }),
  };
  const kinds = (...own: WorkloadKind[]) => ({ catalogue: withParts(BUILT_IN, { workloadKinds: own }) });
  it('creates its pods', () => {
    const workload = { ...f.workload({ replicas: 3 }), kind: 'CloneSet' };
    const { pods, objects } = simulate(f.cluster({ workloads: [workload] }), 'seed', kinds(cloneSet));
    expect(pods.count).toBe(3);
    expect([...objects.pods.ready.slice(0, 3)]).toEqual([1, 1, 1]);
  });
  it('has the luck and the times of a built-in one of that name', () => {
    const one = f.workload({ kind: 'ReplicaSet' });
    const spec = f.cluster({ workloads: [one] });
    const workloadKinds = new PartList('kind of workload', ({ kind }) => kind, [{ ...cloneSet, kind: one.kind }]);
    const own = simulate(spec, 'seed', { catalogue: { ...BUILT_IN, workloadKinds } }).pods;
    expect(own.stamps).toEqual(simulate(spec, 'seed').pods.stamps);
  });
  it('is unknown without the part', () => {
    const workload = { ...f.workload(), kind: 'CloneSet' };
    expect(() => simulate(f.cluster({ workloads: [workload] }), 'seed')).toThrow(
      'no kind of workload is called "CloneSet"; there are: Deployment, ReplicaSet, ReplicationController, StatefulSet, DaemonSet, Job, CronJob, Pod, StaticPod',
    );
  });
});

describe('a controller of one’s own', () => {
  it('is told what runs, watches, and acts through the workloads', () => {
    const history: string[] = [];
    const restarter: ControllerType = {
      name: 'restarter',
      meaning: 'updates a workload as soon as one of its pods is ready',
      create: ({ api, workloads, context }) => {
        let isDone = false;
        api.watchPods({
          name: 'restarter',
          wants: [PodChange.Status],
          onPodChanged: (pod) => {
            if (isDone) return;
            isDone = true;
            history.push(`changed ${pod}`);
            workloads.beginRollingUpdate(context.pods.workload[pod]!);
          },
        });
        return { seed: (pod) => history.push(`runs ${pod}`), start: () => history.push('start') };
      },
    };
    const options = { catalogue: withParts(BUILT_IN, { controllers: [restarter] }) };
    const { pods } = simulate(
      f.cluster({ workloads: [f.running(), f.workload({ name: 'new', replicas: 1 })] }),
      'seed',
      options,
    );
    expect(history).toEqual(['runs 0', 'start', 'changed 1']);
    expect([...pods.workload.slice(0, pods.count)]).toEqual([0, 1, 1]);
  });
});
