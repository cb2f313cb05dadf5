// Jobs: pure rules, and tiny clusters whose expected history is the assertion. Source: pkg/controller/job.
import { describe, expect, it } from 'vitest';
import type { FaultSpec } from '../../src/cluster/index.js';
import {
  actionFor,
  type FailureRule,
  isMet,
  mayCreateAt,
  NO_FAILURES,
  parseIndexes,
} from '../../src/control-plane/workloads/job-rules.js';
import { fixed, seconds, uniform } from '../../src/engine/index.js';
import { simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';

const S = 1e9;
const exiting = (after: number, code: number) => f.behavior({ exit: { after: fixed(seconds(after)), code } });
const template = (behavior = exiting(10, 0), options: f.TemplateOptions = {}) =>
  f.template({ restartPolicy: 'Never', containers: [f.container({ behavior })], ...options });

interface Options {
  readonly minor?: number;
  readonly duration?: number;
  readonly faults?: readonly FaultSpec[];
  readonly nodes?: number;
}

function run(job: f.WorkloadOptions, { minor = 36, duration = 600, faults = [], nodes = 1 }: Options = {}) {
  const finished: { reason: string; at: number; succeeded: number; failed: number }[] = [];
  const workloads = [f.workload({ kind: 'Job', template: template(), ...job })];
  const nodePools = [f.pool({ count: nodes })];
  const spec = f.cluster({ minor, workloads, nodePools, faults, duration: seconds(duration) });
  const result = simulate(spec, 'job', {
    onlooker: {
      over: ({ now }) => ({
        jobFinished: (_, reason, counts) => finished.push({ reason, at: now() / S, ...counts }),
      }),
    },
  });
  const { pods, objects } = result;
  const column = (of: ArrayLike<number>): number[] => Array.from({ length: pods.count }, (_, pod) => of[pod]!);
  return {
    finished,
    pods: pods.count,
    indexes: column(pods.ordinal),
    created: column(pods.stamps.created).map((ns) => ns / S),
    deleted: column(pods.stamps.deleted).map((ns) => ns / S),
    gone: column(objects.pods.gone),
  };
}

describe('rules of Jobs', () => {
  it('the first rule of podFailurePolicy that matches counts; exit code 0 matches nothing (pod_failure_policy.go)', () => {
    const rules: FailureRule[] = [
      { action: 'Ignore', onDisruption: true },
      { action: 'FailJob', onExitCodes: { container: 'main', operator: 'In', values: [42] } },
      { action: 'FailIndex', onExitCodes: { operator: 'NotIn', values: [1, 2] } },
    ];
    const pod = (code: number, isDisrupted = false, name = 'main') => ({ exits: [[name, code] as const], isDisrupted });
    expect(actionFor(rules, pod(42, true))).toBe('Ignore');
    expect(actionFor(rules, pod(42))).toBe('FailJob');
    expect(actionFor(rules, pod(42, false, 'side'))).toBe('FailIndex');
    expect(actionFor(rules, pod(1))).toBe('Count');
    expect(actionFor(rules, pod(0))).toBe('Count');
  });
  it('successPolicy asks for some indexes, for so many, or for so many of some (success_policy.go)', () => {
    const done = new Set([0, 2, 5]);
    expect(
      isMet(
        {
          indexes: [
            [0, 0],
            [2, 2],
          ],
        },
        done,
      ),
    ).toBe(true);
    expect(isMet({ indexes: [[0, 2]] }, done)).toBe(false);
    expect(isMet({ indexes: [[0, 2]], count: 2 }, done)).toBe(true);
    expect([3, 4].map((count) => isMet({ count }, done))).toEqual([true, false]);
    expect(parseIndexes('0-2,5')).toEqual([
      [0, 2],
      [5, 5],
    ]);
    for (const wrong of ['', '2-1', '3,1', 'a', '1,,2', '-1']) expect(parseIndexes(wrong)).toBeUndefined();
  });
  it('the wait after failures is 10, 20, 40 … s, at most ten minutes, from the end of the last (backoff_utils.go)', () => {
    const due = (failures: number) => mayCreateAt({ failures, lastAt: 100 * S }, 10 * S, 600 * S) / S - 100;
    expect([1, 2, 3, 7, 8].map(due)).toEqual([10, 20, 40, 600, 600]);
    expect(mayCreateAt(NO_FAILURES, 10 * S, 600 * S)).toBe(0);
  });
});

describe('a Job', () => {
  it('has failed when its containers were restarted backoffLimit times in place (pastBackoffLimitOnFailure)', () => {
    const failing = template(exiting(5, 1), { restartPolicy: 'OnFailure' });
    const options = { template: failing, restartsInPlace: true };
    const three = run({ ...options, backoffLimit: 3 });
    expect(three.pods).toBe(1);
    expect(three.finished).toMatchObject([{ reason: 'BackoffLimitExceeded' }]);
    // Restarts after 0, 10 and 20 s, each retried within half as much again.
    expect(three.finished[0]!.at).toBeGreaterThan(50);
    expect(three.finished[0]!.at).toBeLessThan(75);
    expect(run({ ...options, backoffLimit: 0 }).finished[0]!.at).toBeLessThan(20);
  });
  it('begins its back-off anew after a success (newBackoffRecord)', () => {
    // 3 at a time, of which some fail; were failures added up, waits would be ten minutes long.
    const behavior = f.behavior({ exit: { after: uniform(seconds(20), seconds(40)), code: 0 } });
    const hung = f.behavior({
      ...behavior,
      episodes: [{ state: 'hung', after: uniform(seconds(1), seconds(60)) }],
    });
    const probes = [f.probe('liveness', { period: seconds(2), failureThreshold: 1 })];
    const containers = [f.container({ behavior: hung, probes })];
    const job = run(
      {
        template: f.template({ restartPolicy: 'Never', containers }),
        parallelism: 3,
        completions: 20,
        backoffLimit: 900,
      },
      { duration: 3600 },
    );
    expect(job.finished).toMatchObject([{ reason: 'CompletionsReached', succeeded: 20 }]);
    expect(job.finished[0]!.failed).toBeGreaterThan(5);
    const gaps = job.created.slice(1).map((at, i) => at - job.created[i]!);
    expect(Math.max(...gaps)).toBeLessThan(120);
  });
  it('without completions begins no more pods once one has succeeded, and is complete when all have ended', () => {
    const { completions: _, ...details } = f.workload({ kind: 'Job' }).details as Record<string, unknown>;
    const job = run({ details: { ...details, parallelism: 3 }, replicas: 3 });
    expect(job.pods).toBe(3);
    expect(job.finished).toMatchObject([{ reason: 'CompletionsReached', succeeded: 3 }]);
  });
  it('with completionMode Indexed makes each index once, and again if it fails', () => {
    const job = run({ parallelism: 2, completions: 5, isIndexed: true });
    expect(job.indexes).toEqual([0, 1, 2, 3, 4]);
    expect(job.finished).toMatchObject([{ reason: 'CompletionsReached', succeeded: 5 }]);
  });
  it('fails at once where podFailurePolicy says so', () => {
    const failureRules: FailureRule[] = [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } }];
    const job = run({ template: template(exiting(10, 42)), failureRules, replacesEnding: false });
    expect(job.finished).toMatchObject([{ reason: 'PodFailurePolicy', failed: 1 }]);
    expect(job.pods).toBe(1);
  });
  it('does not count what is ignored, but waits all the same', () => {
    const failureRules: FailureRule[] = [{ action: 'Ignore', onExitCodes: { operator: 'In', values: [1] } }];
    const job = run({ template: template(exiting(1, 1)), failureRules, backoffLimit: 0, replacesEnding: false });
    expect(job.finished).toEqual([]);
    expect(job.pods).toBeGreaterThan(4);
    expect(job.created[3]! - job.created[2]!).toBeGreaterThan(40);
  });
  it('with backoffLimitPerIndex gives up an index and goes on with the others, until too many have failed', () => {
    const options = { template: template(exiting(5, 1)), isIndexed: true, completions: 3, parallelism: 3 };
    const all = run({ ...options, backoffLimitPerIndex: 1, backoffLimit: 1e9 });
    expect(all.pods).toBe(6);
    expect(all.finished).toMatchObject([{ reason: 'FailedIndexes', failed: 6 }]);
    const few = run({ ...options, backoffLimitPerIndex: 0, maxFailedIndexes: 1, backoffLimit: 1e9 });
    expect(few.finished).toMatchObject([{ reason: 'MaxFailedIndexesExceeded' }]);
    // Before 1.29 its failures count for the Job, where it was alpha.
    expect(run({ ...options, backoffLimitPerIndex: 1, backoffLimit: 0 }, { minor: 28 }).finished).toMatchObject([
      { reason: 'BackoffLimitExceeded' },
    ]);
  });
  it('is complete when its successPolicy is met: the other pods are deleted', () => {
    const behavior = f.behavior({ exit: { after: uniform(seconds(10), seconds(300)), code: 0 } });
    const job = run({
      template: template(behavior),
      isIndexed: true,
      completions: 4,
      parallelism: 4,
      successRules: [{ count: 2 }],
    });
    expect(job.finished).toMatchObject([{ reason: 'SuccessPolicy', succeeded: 2 }]);
    expect(job.deleted.filter((at) => !Number.isNaN(at))).toHaveLength(2);
  });
  it('replaces a pod that is being deleted at once, or when it has ended (podReplacementPolicy)', () => {
    const slow = f.behavior({ exit: { after: fixed(seconds(500)), code: 0 }, shutdown: fixed(seconds(20)) });
    const faults: FaultSpec[] = [
      {
        type: 'Taint',
        at: f.at(30),
        duration: 5 * S,
        nodes: f.oneNode,
        taint: { key: 'k', value: '', effect: 'NoExecute' },
      },
    ];
    const replacedAt = (replacesEnding: boolean): number => {
      const containers = [f.container({ behavior: slow })];
      const job = run(
        { template: f.template({ restartPolicy: 'Never', containers }), replacesEnding, backoffLimit: 99 },
        { duration: 120, faults },
      );
      return job.created[1]!;
    };
    // Ten seconds of back-off count from the deletion, or from the end.
    expect(replacedAt(true)).toBeLessThan(45);
    expect(replacedAt(false)).toBeGreaterThan(55);
  });
  it('that is suspended has no pods, and goes on with new ones; what it deleted is no failure', () => {
    const faults = [{ type: 'Suspend', at: f.at(20), duration: 100 * S, workloads: [0], suspend: true }];
    const job = run({ template: template(exiting(60, 0)), parallelism: 2, completions: 2, replicas: 2 }, { faults });
    expect(job.pods).toBe(4);
    expect(job.created[2]!).toBeGreaterThan(120);
    expect(job.finished).toMatchObject([{ reason: 'CompletionsReached', succeeded: 2, failed: 0 }]);
    expect(run({ suspended: true, replicas: 0 }).pods).toBe(0);
  });
  it('is deleted with its pods so long after its end (ttlSecondsAfterFinished)', () => {
    const kept = run({});
    expect(kept.gone).toEqual([0]);
    const { finished, deleted, gone } = run({ ttl: 60 * S });
    expect(gone).toEqual([1]);
    expect(deleted[0]! - finished[0]!.at).toBeGreaterThan(60);
    expect(deleted[0]! - finished[0]!.at).toBeLessThan(61);
  });
  it('that is managed by somebody else is left alone, from 1.32 on', () => {
    expect(run({ isForeign: true, replicas: 0 }).pods).toBe(0);
    expect(run({ isForeign: true, replicas: 0, parallelism: 1 }, { minor: 31 }).pods).toBe(1);
  });
  it('has failed when its time is over, which counts anew when it is resumed', () => {
    const long = { template: template(exiting(1000, 0)), activeDeadline: 100 * S };
    expect(run(long).finished).toMatchObject([{ reason: 'DeadlineExceeded' }]);
    expect(run(long).finished[0]!.at).toBeLessThan(110);
    const faults = [{ type: 'Suspend', at: f.at(50), duration: 50 * S, workloads: [0], suspend: true }];
    expect(run(long, { faults }).finished[0]!.at).toBeGreaterThan(200);
  });
});
