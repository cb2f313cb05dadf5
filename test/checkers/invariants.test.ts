// The checker itself: every promise is held against runs, and every one is noticed when it is broken.
import { describe, expect, it } from 'vitest';
import { InvariantError, Invariants, PROMISES, type PromiseName } from '../../src/checkers/index.js';
import {
  type ClusterSpec,
  type FaultSpec,
  NodeTable,
  type Onlooker,
  type PodPart,
  type PodStage,
  PodTable,
} from '../../src/cluster/index.js';
import { fixed, seconds } from '../../src/engine/index.js';
import { Run } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';
import { key } from '../fixtures/keys.js';

const S = 1e9;
const init = f.container({ name: 'init', role: 'init', behavior: f.behavior({ exit: { after: fixed(S), code: 0 } }) });
const sidecar = f.container({ name: 'proxy', role: 'sidecar', probes: [f.probe('startup')] });
const app = f.container({
  probes: [f.probe('startup'), f.probe('liveness'), f.probe('readiness')],
  postStart: f.sleep(3),
});
const second = f.container({ name: 'second' });
const template = f.template({ containers: [init, sidecar, app, second] });
const INIT = 0;
const SIDECAR = 1;
const APP = 2;
const SECOND = 3;

/** The books of one pod on one node, with a clock that the test moves. */
function books(overrides: Partial<ClusterSpec> = {}) {
  const spec = f.cluster({ workloads: [f.workload({ template })], ...overrides });
  const nodes = new NodeTable(spec.nodePools);
  const pods = new PodTable([key(0)], nodes);
  const pod = pods.add(0, 0, 0);
  pods.node[pod] = 0;
  let now = 0;
  const invariants = new Invariants({ spec, nodes, pods, now: () => now });
  const at = (s: number): Invariants => {
    now = s * S;
    return invariants;
  };
  /** Writes stages into the row of the pod, in seconds. */
  const row = (stages: Partial<Record<PodStage | PodPart, number>>): void => {
    for (const [stage, s] of Object.entries(stages)) pods.stamps[stage as PodStage][pod] = s * S;
  };
  /** As far as the main containers may start, by second 10. */
  const started = (): void => {
    at(0).podAdmitted(0);
    at(0).syncBegan(0);
    at(1).volumesMounted(0);
    at(2).sandboxReady(0);
    at(3).containerStarted(0, INIT);
    at(4).containerEnded(0, INIT, 0);
    at(5).containerStarted(0, SIDECAR);
    at(6).podInspected(0, 6 * S);
    at(7).probeResult(0, SIDECAR, 'startup', true, false);
    at(10).syncBegan(0);
  };
  return { at, started, row, invariants, nodes };
}

const brokenBy = (history: (b: ReturnType<typeof books>) => void, overrides?: Partial<ClusterSpec>): string => {
  try {
    history(books(overrides));
    return 'none';
  } catch (error) {
    if (!(error instanceof InvariantError)) throw error;
    return error.promise;
  }
};

describe('a broken promise is noticed', () => {
  const HISTORIES: Record<PromiseName, (b: ReturnType<typeof books>) => void> = {
    admission: ({ at }) => at(0).containerStarted(0, INIT),
    volumes: ({ at }) => {
      at(0).podAdmitted(0);
      at(1).containerStarted(0, INIT);
    },
    sandbox: ({ at, started }) => {
      started();
      at(11).sandboxGone(0);
      at(12).volumesMounted(0);
      at(13).containerStarted(0, INIT);
    },
    initOrder: ({ at }) => {
      at(0).podAdmitted(0);
      at(1).volumesMounted(0);
      at(2).sandboxReady(0);
      at(3).containerStarted(0, INIT);
      at(4).containerEnded(0, INIT, 1);
      at(5).containerStarted(0, SIDECAR);
    },
    sidecarOrder: ({ at }) => {
      at(0).podAdmitted(0);
      at(1).volumesMounted(0);
      at(2).sandboxReady(0);
      at(3).containerStarted(0, INIT);
      at(4).containerEnded(0, INIT, 0);
      at(5).containerStarted(0, SIDECAR);
      at(6).podInspected(0, 6 * S);
      at(7).containerStarted(0, APP);
    },
    kubeletRuns: ({ at }) => {
      at(1).kubeletStopped(0);
      at(2).syncBegan(0);
    },
    nodeRuns: ({ at, started, nodes }) => {
      started();
      nodes.up[0] = 0;
      at(11).containerStarted(0, APP);
    },
    specOrder: ({ at, started }) => {
      started();
      at(11).containerStarted(0, SECOND);
      at(12).containerStarted(0, APP);
    },
    postStart: ({ at, started }) => {
      started();
      at(11).containerStarted(0, APP);
      at(11).postStartHook(0, APP, 14 * S);
      at(13).containerStarted(0, SECOND);
    },
    backOff: ({ at, started }) => {
      started();
      at(11).containerDue(0, APP);
      at(11).containerStarted(0, APP);
      at(12).containerEnded(0, APP, 1);
      at(12).syncBegan(0);
      // The first restart is not held up; the second, 9 s after the exit, should have been.
      at(12).containerDue(0, APP);
      at(13).containerStarted(0, APP);
      at(14).containerEnded(0, APP, 1);
      at(23).syncBegan(0);
      at(23).containerDue(0, APP);
    },
    runningSeen: ({ at, started }) => {
      started();
      at(11).containerStarted(0, APP);
      at(12).containerStarted(0, SECOND);
      at(13).podInspected(0, 11.5 * S);
      at(13).statusSet(0, false, true);
    },
    readinessTold: ({ at }) => {
      at(20).probeResult(0, APP, 'readiness', true, false);
      at(21).syncBegan(0);
    },
    requestRate: ({ at }) => {
      for (let i = 0; i < 101; i++) at(1).requestSent(0, S);
    },
    pullRate: ({ at }) => {
      for (let i = 0; i < 11; i++) at(1).pullAdmitted(0);
    },
    pullsAtOnce: ({ at }) => {
      at(1).pullBegan(0);
      at(2).pullBegan(0);
    },
    startupOnce: ({ at }) => {
      at(1).probeResult(0, APP, 'startup', true, false);
      at(2).probeBegan(0, APP, 'startup');
    },
    notStarted: ({ at }) => at(1).probeBegan(0, APP, 'liveness'),
    stopGrace: ({ at }) => at(1).containerStopping(0, APP, S, 2.9 * S, true),
    nodeGrace: ({ at }) => at(49).nodeUnknown(0, 0),
    nodeDeclared: ({ at }) => at(60).nodeUnknown(0, 0),
    stageOrder: ({ at, row }) => {
      row({ created: 0, volumesMounted: 2, observed: 3 });
      at(100).runEnded();
    },
    oneSandbox: ({ at, started, row }) => {
      started();
      at(20).sandboxGone(0);
      at(30).sandboxReady(0);
      row({ observed: 0, sandboxReady: 2, runningKnown: 31 });
      at(100).runEnded();
    },
    startParts: ({ at, started, row }) => {
      started();
      row({ sandboxReady: 2, imagePull: 5, create: 1, runningKnown: 7 });
      at(100).runEnded();
    },
    stoppedLast: ({ at, started, row }) => {
      started();
      row({ stopped: 9 });
      at(11).containerStarted(0, APP);
      at(100).runEnded();
    },
  };
  it.each(Object.keys(PROMISES) as PromiseName[])('%s', (promise) =>
    expect(brokenBy(HISTORIES[promise])).toBe(promise),
  );
});

describe('the rows of pods', () => {
  it('are named with what is wrong', () => {
    const { at, row } = books();
    row({ containersStarted: 3, runningKnown: 2 });
    expect(() => at(100).runEnded()).toThrow(
      'at 100 s, web (pod 0), runningKnown before containersStarted: broken: no stage of a pod comes before one',
    );
  });
  const brokenRow = (history: (b: ReturnType<typeof books>) => void): string =>
    brokenBy((b) => {
      b.started();
      history(b);
      b.at(100).runEnded();
    });
  it('that begin with a sandbox which the node has lost, or with none, are noticed', () => {
    // Heard of before the node went, made anew after it.
    const anew = ({ at }: ReturnType<typeof books>): void => {
      at(20).sandboxGone(0);
      at(30).sandboxReady(0);
    };
    expect(
      brokenRow((b) => {
        anew(b);
        b.row({ observed: 1, sandboxReady: 30 });
      }),
    ).toBe('oneSandbox');
    expect(
      brokenRow((b) => {
        anew(b);
        b.row({ observed: 25, sandboxReady: 30, runningKnown: 32, runningReported: 33 });
      }),
    ).toBe('none');
    expect(
      brokenRow((b) => {
        anew(b);
        b.row({ observed: 1, sandboxReady: 2, runningKnown: 12, runningReported: 31 });
      }),
    ).toBe('oneSandbox');
    expect(brokenRow(({ row }) => row({ sandboxReady: 1 }))).toBe('oneSandbox');
    expect(brokenRow(({ row }) => row({ runningKnown: 12 }))).toBe('oneSandbox');
  });
  it('that a kubelet began which was gone before there was a sandbox are noticed', () => {
    const history = (observed: number) =>
      brokenBy(({ at, row }) => {
        at(0).podAdmitted(0);
        at(5).kubeletStopped(0);
        at(12).sandboxReady(0);
        row({ observed, sandboxReady: 12 });
        at(100).runEnded();
      });
    expect([history(1), history(7)]).toEqual(['oneSandbox', 'none']);
  });
  it('may tell of an end that nobody asked for, and of a report that came after the sandbox', () => {
    expect(
      brokenRow(({ at, row }) => {
        at(11).containerStarted(0, APP);
        at(20).containerEnded(0, APP, 1);
        at(20).containerEnded(0, SIDECAR, 1);
        at(22).sandboxGone(0);
        row({ sandboxReady: 2, runningKnown: 12, stopped: 20, runningReported: 23, deleted: 30, removed: 40 });
      }),
    ).toBe('none');
  });
});

describe('what is no broken promise', () => {
  const KEPT: Record<string, (b: ReturnType<typeof books>) => void> = {
    'a start in order': ({ at, started }) => {
      started();
      at(11).containerStarted(0, APP);
      at(11).postStartHook(0, APP, 14 * S);
      at(14).containerStarted(0, SECOND);
      at(15).podInspected(0, 15 * S);
      at(15).statusSet(0, false, true);
    },
    'the first kill by a probe, started again at once': ({ at, started }) => {
      started();
      at(11).containerStarted(0, APP);
      for (const kill of [40, 70, 100]) {
        at(kill).syncBegan(0);
        at(kill).containerStopping(0, APP, kill * S, kill * S, false);
        at(kill).containerEnded(0, APP, 143);
        at(kill).containerDue(0, APP);
        at(kill).containerStarted(0, APP);
      }
    },
    'a back-off that a restart of the kubelet has forgotten': ({ at, started }) => {
      started();
      for (const t of [20, 21, 22]) {
        at(t).kubeletStopped(0);
        at(t).containerEnded(0, APP, 1);
        at(t).containerDue(0, APP);
      }
    },
    'a process that ends by itself after SIGTERM': ({ at }) => at(1).containerStopping(0, APP, S, 1.1 * S, false),
    'a burst, and a request each time a token is there': ({ at }) => {
      for (let i = 0; i < 100; i++) at(1).requestSent(0, S);
      for (let i = 1; i < 50; i++) at(1).requestSent(0, S + i * 0.02 * S);
    },
    'a look within five seconds after the grace period': ({ at }) => at(54).nodeUnknown(0, 0),
  };
  it.each(Object.keys(KEPT))('%s', (name) => expect(brokenBy(KEPT[name]!)).toBe('none'));
});

describe('a run that is checked', () => {
  it('is held to every promise, and the bytes of its tables are those of one that is not', () => {
    const nodes = f.oneNode;
    const faults: FaultSpec[] = [{ type: 'NodeDeath', at: f.at(60), duration: Infinity, nodes }];
    const crashing = f.container({
      image: 'far:1',
      behavior: f.behavior({ exit: { after: fixed(seconds(5)), code: 1 }, shutdown: fixed(seconds(60)) }),
    });
    const spec = f.cluster({
      minor: 36,
      duration: seconds(180),
      nodePools: [f.pool({ count: 3 })],
      workloads: [
        f.workload({ replicas: 3, template: f.template({ ...template, terminationGracePeriod: seconds(5) }) }),
        f.workload({ name: 'crash', replicas: 3, template: f.template({ containers: [crashing] }) }),
        f.workload({
          name: 'slow',
          template: f.template({
            containers: [{ ...crashing, behavior: f.behavior({ shutdown: fixed(seconds(60)) }) }],
            terminationGracePeriod: seconds(1),
          }),
        }),
      ],
      faults: [...faults, { type: 'RollingUpdate', at: f.at(100), workloads: [0, 2] }],
    });
    let invariants: Invariants | undefined;
    const onlooker: Onlooker = {
      over: (observed) => {
        invariants = new Invariants(observed);
        return invariants;
      },
    };
    const run = new Run(spec, 'checked', { onlooker });
    run.advanceTo(f.at(180));
    const { fingerprint } = run.result();
    const never = Object.entries(invariants!.checked).filter(([, count]) => count === 0);
    expect(never).toEqual([]);
    const plain = new Run(spec, 'checked');
    plain.advanceTo(f.at(180));
    expect(plain.result().fingerprint).toBe(fingerprint);
  });
});
