// A run on a time line: that looking on changes nothing, that slices nest, that arrows lead from a failing probe to the last
// sync that knows of it, and that filters keep what they say.

import { describe, expect, it } from 'vitest';
import { groupBy } from '../fixtures/group.js';
import { ALL, observed, TRACED, type TraceEvent } from '../fixtures/observed.js';
import { loadTexts, replicationOf } from '../fixtures/scenario.js';

const scenario = loadTexts({ 's.yaml': TRACED });
const seen = observed(scenario);
const trackNames = new Map(
  seen.events
    .filter(({ name }) => name === 'thread_name')
    .map(({ pid, tid, args }) => [`${pid} ${tid}`, args.name as string]),
);
const processNames = new Map(
  seen.events.filter(({ name }) => name === 'process_name').map(({ pid, args }) => [pid, args.name as string]),
);
const trackOf = ({ pid, tid }: TraceEvent): string => `${processNames.get(pid)}: ${trackNames.get(`${pid} ${tid}`)}`;
const slices = seen.events.filter(({ ph }) => ph === 'X');
/** Whole ns. */
const begin = ({ ts }: TraceEvent): number => Math.round(ts * 1000);
const end = ({ ts, dur }: TraceEvent): number => Math.round(ts * 1000) + Math.round(dur * 1000);

it('looking on changes nothing: the fingerprint is that of the run', () => {
  expect(seen.result.fingerprint).toBe(replicationOf(scenario, 0).fingerprint);
});

it('is the same text again', () => expect(observed(scenario).text).toBe(seen.text));

describe('slices', () => {
  it('of a track follow each other or lie within each other', () => {
    const tracks = groupBy(slices, (slice) => `${slice.pid} ${slice.tid}`);
    expect(tracks.size).toBeGreaterThan(5);
    for (const own of tracks.values()) {
      const open: TraceEvent[] = [];
      for (const slice of own.toSorted((a, b) => begin(a) - begin(b) || end(b) - end(a))) {
        while (open.length > 0 && end(open.at(-1)!) <= begin(slice)) open.pop();
        if (open.length > 0)
          expect(end(slice), `${slice.name} in ${open.at(-1)!.name}`).toBeLessThanOrEqual(end(open.at(-1)!));
        open.push(slice);
      }
    }
  });
  it('have a place: every track and every process has a name', () => {
    for (const event of slices) expect(trackOf(event)).not.toContain('undefined');
    expect([...processNames.values()].sort()).toEqual(['cluster', 'n-0', 'n-1']);
  });
  it('show the stages of a pod start, one after the other', () => {
    const pod = slices.find(({ name }) => name === 'web-0')!;
    const stages = slices.filter((slice) => slice.pid === pod.pid && slice.tid === pod.tid && slice !== pod);
    expect(stages.map(({ name }) => name).slice(0, 9)).toEqual([
      'schedule',
      'watch',
      'worker',
      'volumes',
      'sandbox',
      'image pull, create and start',
      'pleg',
      'status',
      'observe',
    ]);
    for (let i = 1; i < 9; i++) expect(begin(stages[i]!)).toBe(end(stages[i - 1]!));
  });
  it('show what a container does, and with which code it ends', () => {
    const runs = slices.filter((slice) => trackOf(slice).endsWith(' app') && slice.name === 'running');
    // Three pods; the application of one hangs, and its liveness probe has it started once more.
    expect(runs).toHaveLength(4);
    const [ended, ...more] = runs.filter(({ args }) => args['exit code'] !== undefined);
    expect(more).toEqual([]);
    expect(ended!.args['exit code']).toBe(seen.result.restarts[0]!.exitCode);
    expect(end(ended!)).toBe(seen.result.restarts[0]!.time - seen.result.restarts[0]!.away);
  });
  it('show the faults', () => {
    expect(
      slices.filter((slice) => trackOf(slice).startsWith('cluster: fault')).map(({ name, ts, dur }) => [name, ts, dur]),
    ).toEqual([
      ['ReadinessFlap', 60e6, 20e6],
      ['ApplicationHang', 120e6, 20e6],
    ]);
  });
});

describe('what lasts', () => {
  const at = (more: string, filter = ALL) =>
    observed(
      loadTexts({
        's.yaml': TRACED.replace('start: {at: 5s}', 'start: running').replace(
          / {2}faults:[\s\S]*?---/,
          `  faults:\n${more}\n---`,
        ),
      }),
      filter,
    ).events;
  const namesIn = (events: readonly TraceEvent[]) =>
    new Map(
      events
        .filter(({ name }) => name === 'thread_name')
        .map(({ pid, tid, args }) => [`${pid} ${tid}`, String(args.name)]),
    );
  const onTrack = (events: readonly TraceEvent[], end: string) => {
    const names = namesIn(events);
    return events.filter(({ ph, pid, tid }) => ph === 'X' && names.get(`${pid} ${tid}`)?.endsWith(end) === true);
  };
  it('containers that run from the beginning run', () => {
    const runs = onTrack(at('  - {type: KubeletRestart, at: 30s, duration: 90s, nodes: 1}'), ' app');
    expect(runs.map(({ name, ts, dur }) => [name, ts, dur])).toEqual(Array(3).fill(['running', 0, 180e6]));
  });
  it('a kubelet that is down before the time of interest is down in it', () => {
    const fault = '  - {type: KubeletRestart, at: 30s, duration: 90s, nodes: 1}';
    const events = at(fault, { ...ALL, from: 60e9, until: 170e9 });
    const [down, ...more] = onTrack(events, 'kubelet');
    expect([down!.name, begin(down!), more]).toEqual(['down', 60e9, []]);
    expect(end(down!)).toBeGreaterThan(119e9);
    expect(
      onTrack(at(fault, { ...ALL, from: 60e9, until: 70e9 }), 'kubelet').map((slice) => [slice.name, end(slice)]),
    ).toEqual([['down', 70e9]]);
  });
  it('a probe ends with its answer', () => {
    const probes = slices.filter((slice) => trackOf(slice).endsWith(' probe'));
    expect(probes.length).toBeGreaterThan(5);
    // Its time-out is a second.
    for (const slice of probes) expect(end(slice) - begin(slice)).toBeLessThanOrEqual(1.1e9);
    // Every failure up to the threshold is there.
    expect(probes.filter(({ args }) => args.result === 'failure').length).toBeGreaterThanOrEqual(4);
  });
  it('a pod that is deleted has an arrow from its deletion to the write that takes it out', () => {
    const run = observed(
      loadTexts({
        's.yaml': TRACED.replace(
          / {2}faults:[\s\S]*?---/,
          '  faults:\n  - {type: RollingUpdate, at: 1m, target: deployment/web}\n---',
        ),
      }),
    );
    const starts = run.events.filter(({ ph }) => ph === 's');
    const { deleted } = run.result.pods.stamps;
    const times = [...deleted.subarray(0, run.result.pods.count)]
      .filter((time) => !Number.isNaN(time))
      .sort((a, b) => a - b);
    expect(times.length).toBe(3);
    expect(starts.map(({ ts }) => Math.round(ts * 1000))).toEqual(times);
    for (const { id, ts } of starts) {
      const write = run.events.find((event) => event.ph === 't' && event.id === id)!;
      expect(write.ts).toBeGreaterThan(ts);
      // Long before the container has ended and the pod is gone.
      expect(write.ts - ts).toBeLessThan(2e6);
    }
  });
});

describe('arrows', () => {
  const flows = groupBy(
    seen.events.filter(({ ph }) => ['s', 't', 'f'].includes(ph)),
    ({ id }) => id,
  );
  /** The slice that encloses a step of an arrow. */
  const sliceAt = (step: TraceEvent): TraceEvent | undefined =>
    slices
      .filter((slice) => trackOf(slice) === trackOf(step))
      .find((slice) => begin(slice) <= begin(step) && begin(step) < end(slice));

  it('lead from the failing probe over the written slices to the last sync that takes them in', () => {
    const [first] = [...flows.values()];
    expect(first!.map(({ ph }) => ph)).toEqual(['s', 't', 'f']);
    const [probe, write, sync] = first!.map((step) => sliceAt(step));
    expect(trackOf(probe!)).toMatch(/readiness probe$/);
    expect(probe!.args.result).toBe('failure');
    expect(trackOf(write!)).toBe('cluster: EndpointSlice controller');
    expect(trackOf(sync!)).toMatch(/kube-proxy$/);
    // No other node knows of it later for the first time.
    const position = write!.args.position as number;
    const firstSyncs = ['n-0', 'n-1'].map((node) =>
      slices.find(
        (slice) =>
          trackOf(slice) === `${node}: kube-proxy` &&
          (slice.args['position in the service log'] as number) >= position &&
          begin(slice) > begin(write!),
      ),
    );
    expect(end(sync!)).toBe(Math.max(...firstSyncs.map((slice) => end(slice!))));
  });
  it('go forward in time', () => {
    expect(flows.size).toBe(2);
    for (const steps of flows.values())
      for (let i = 1; i < steps.length; i++) expect(steps[i]!.ts).toBeGreaterThan(steps[i - 1]!.ts);
  });
});

describe('filters', () => {
  it('by node keep that node and the cluster', () => {
    const { events } = observed(scenario, { ...ALL, hasNode: (name) => name === 'n-1' });
    expect(
      [...new Set(events.filter(({ name }) => name === 'process_name').map(({ args }) => args.name))].sort(),
    ).toEqual(['cluster', 'n-1']);
  });
  it('by pod keep that pod', () => {
    const { events } = observed(scenario, { ...ALL, hasPod: (name) => name === 'web-2' });
    const names = events.filter(({ name }) => name === 'thread_name').map(({ args }) => String(args.name));
    expect(names.filter((name) => /web-\d/.test(name)).every((name) => name.includes('web-2'))).toBe(true);
    expect(names).toContain('pod web-2');
  });
  it('by time cut slices to it', () => {
    const { events } = observed(scenario, { ...ALL, from: 100e9, until: 130e9 });
    const own = events.filter(({ ph }) => ph === 'X');
    expect(own.length).toBeGreaterThan(3);
    for (const slice of own) {
      expect(begin(slice)).toBeGreaterThanOrEqual(100e9);
      expect(end(slice)).toBeLessThanOrEqual(130e9);
    }
  });
  it('what finds no room is counted', () => {
    const { log } = observed(scenario, ALL, 10);
    expect(log.length).toBe(10);
    expect(log.leftOut).toBe(seen.log.length - 10);
  });
});

it('counters are the sampled series', () => {
  const ready = seen.events.filter(({ ph, name }) => ph === 'C' && name === 'pods_ready').map(({ args }) => args.value);
  expect(ready).toEqual(
    seen.result.timeSeries.filter(({ metric }) => metric === 'kubelapse_pods_ready').map(({ value }) => value),
  );
  const pulls = seen.events.filter(({ ph, name }) => ph === 'C' && name === 'image pulls');
  expect(Math.max(...pulls.map(({ args }) => Number(args.value)))).toBe(1);
  expect(pulls.at(-1)!.args.value).toBe(0);
});
