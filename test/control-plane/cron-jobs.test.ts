// CronJobs: schedules, and tiny clusters whose expected history is the assertion. Source: pkg/controller/cronjob, robfig/cron.
import { describe, expect, it } from 'vitest';
import { cronSchedule } from '../../src/control-plane/workloads/cron-schedule.js';
import { simulate } from '../../src/run/index.js';
import { loadTexts, problemsOf } from '../fixtures/scenario.js';

const at = (text: string): number => Date.parse(text);
const times = (schedule: string, from: string, count: number, timeZone?: string): string[] => {
  const next = cronSchedule(schedule, timeZone);
  const found: string[] = [];
  let now = at(from);
  for (let i = 0; i < count; i++) {
    now = next(now)!;
    found.push(new Date(now).toISOString().slice(0, 16));
  }
  return found;
};

describe('a schedule', () => {
  const NEW_YEAR = '2026-01-01T00:00:00Z';
  it('is read as Kubernetes reads it', () => {
    expect(times('*/20 9-10 * * mon', NEW_YEAR, 4)).toEqual([
      '2026-01-05T09:00',
      '2026-01-05T09:20',
      '2026-01-05T09:40',
      '2026-01-05T10:00',
    ]);
    expect(times('@hourly', NEW_YEAR, 2)).toEqual(['2026-01-01T01:00', '2026-01-01T02:00']);
    expect(times('@every 90m', NEW_YEAR, 2)).toEqual(['2026-01-01T01:30', '2026-01-01T03:00']);
    // Day of month or day of week: one of them is enough.
    expect(times('0 0 13 * 5', NEW_YEAR, 3)).toEqual(['2026-01-02T00:00', '2026-01-09T00:00', '2026-01-13T00:00']);
    expect(times('0 0 ? * 0', NEW_YEAR, 1)).toEqual(['2026-01-04T00:00']);
  });
  it('goes by its time zone, and by its summer time', () => {
    expect(times('30 8 * * *', '2026-03-27T12:00:00Z', 3, 'Europe/Paris')).toEqual([
      '2026-03-28T07:30',
      '2026-03-29T06:30',
      '2026-03-30T06:30',
    ]);
  });
  it.each([
    '',
    '* * * *',
    '* * * * * *',
    '0 0 L * *',
    '0 0 * * 7',
    '0 0 * * MON#1',
    'TZ=UTC 0 0 * * *',
    '61 * * * *',
    '@every x',
    '@reboot',
  ])('is refused: %s', (text) => {
    expect(() => cronSchedule(text)).toThrow();
  });
});

/** @param cron fields of its spec. @param exits seconds after which each of its pods ends. */
const files = (cron: string, exits: number, code = 0, faults = '[]', duration = '10m'): Record<string, string> => {
  const scenario = `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: cron}
spec:
  duration: ${duration}
  startTime: "2026-01-05T07:58:30Z"
  nodePools: [{name: n, count: 1, capacity: {cpu: "8", memory: 32Gi}}]
  images: [{name: "app:1", present: true}]
  apps:
  - name: a
    manifests: [m.yaml]
    behavior: [{exit: {after: ${exits}s, code: ${code}}}]
  faults: ${faults}
`;
  const manifest = `apiVersion: batch/v1
kind: CronJob
metadata: {name: c}
spec:
  ${cron}
  jobTemplate:
    spec:
      backoffLimit: 0
      template:
        spec:
          restartPolicy: Never
          containers: [{name: app, image: "app:1"}]
`;
  return { 's.yaml': scenario, 'm.yaml': manifest };
};

function run(...options: Parameters<typeof files>) {
  const { spec } = loadTexts(files(...options)).points[0]!;
  const { pods, objects } = simulate(spec, 'cron');
  return Array.from({ length: pods.count }, (_, pod) => ({
    job: spec.workloads[pods.workload[pod]!]!.name,
    created: pods.stamps.created[pod]! / 1e9,
    isKept: objects.pods.gone[pod] === 0,
  }));
}

describe('a CronJob', () => {
  it('makes a Job each time that it is due, named after the minute', () => {
    const rows = run('schedule: "*/2 * * * *"', 30);
    expect(rows.map(({ job }) => job)).toEqual(
      ['08:00', '08:02', '08:04', '08:06', '08:08'].map((time) => `c-${at(`2026-01-05T${time}:00Z`) / 60_000}`),
    );
    // 90 s after the run begins, and a tenth of a second.
    expect(rows[0]!.created).toBeGreaterThan(90.1);
    expect(rows[0]!.created).toBeLessThan(90.3);
  });
  it('keeps three Jobs that have succeeded and one that has failed', () => {
    expect(run('schedule: "* * * * *"', 5).map(({ isKept }) => isKept)).toEqual([
      ...Array(7).fill(false),
      ...Array(3).fill(true),
    ]);
    const failed = run('schedule: "* * * * *"', 5, 1).map(({ isKept }) => isKept);
    expect(failed).toEqual([...Array(9).fill(false), true]);
    expect(run('schedule: "* * * * *"\n  successfulJobsHistoryLimit: 0', 5).some(({ isKept }) => isKept)).toBe(false);
  });
  it('with Forbid leaves out what comes while a Job runs, and makes up for the last of it when that has ended', () => {
    const rows = run('schedule: "* * * * *"\n  concurrencyPolicy: Forbid', 150);
    // 150 s, a start, and the second after which the Job controller looks.
    for (const i of [1, 2]) {
      const after = rows[i]!.created - rows[i - 1]!.created;
      expect(after).toBeGreaterThan(151);
      expect(after).toBeLessThan(154);
    }
    const late = run('schedule: "* * * * *"\n  concurrencyPolicy: Forbid\n  startingDeadlineSeconds: 10', 150);
    expect(late.map(({ created }) => Math.round(created)).slice(0, 3)).toEqual([30, 210, 390]);
  });
  it('with Replace deletes the Job that runs', () => {
    const rows = run('schedule: "* * * * *"\n  concurrencyPolicy: Replace', 150);
    expect(rows.map(({ isKept }) => isKept).filter(Boolean).length).toBeLessThanOrEqual(2);
    expect(rows).toHaveLength(10);
  });
  it('that is suspended makes none, and makes up for the last time when it goes on', () => {
    expect(run('schedule: "* * * * *"\n  suspend: true', 5)).toEqual([]);
    const faults = '[{type: Suspend, at: 60s, duration: 3m, target: cronjob/c}]';
    const starts = run('schedule: "* * * * *"', 5, 0, faults).map(({ created }) => Math.round(created));
    expect(starts.slice(0, 4)).toEqual([30, 240, 270, 330]);
  });
  it('that is deleted makes no more Jobs; those that run go with it, or stay as orphans', () => {
    const deleted = (policy: string, propagation: string) => {
      const faults = `[{type: Delete, at: 100s, target: cronjob/c, propagationPolicy: ${propagation}}]`;
      const rows = run(`schedule: "* * * * *"\n  concurrencyPolicy: ${policy}`, 150, 0, faults);
      return rows.map(({ created, isKept }) => [Math.round(created), isKept]);
    };
    const gone = [30, 90].map((at) => [at, false]);
    expect(deleted('Allow', 'Background')).toEqual(gone);
    expect(deleted('Allow', 'Foreground')).toEqual(gone);
    expect(deleted('Allow', 'Orphan')).toEqual([30, 90].map((at) => [at, true]));
    // What was missed is not made up for.
    expect(deleted('Forbid', 'Orphan')).toEqual([[30, true]]);
  });
});

describe('the manifest of a CronJob', () => {
  const problems = (cron: string): string[] => problemsOf(() => loadTexts(files(cron, 5)));
  it('says what is wrong with it', () => {
    expect(problems('schedule: "* * * *"')).toEqual([
      '5:13 spec.schedule: "* * * *" must have five fields: minute, hour, day of month, month, day of week',
    ]);
    expect(problems('schedule: "0 8 * * *"\n  timeZone: Mars/Olympus')[0]).toContain(
      'spec.timeZone: "Mars/Olympus" is no time zone',
    );
    expect(problems('suspend: false')[0]).toContain('spec.schedule: is missing');
    expect(problems('schedule: "@every 1s"\n  concurrencyPolicy: Never')[0]).toContain('spec.concurrencyPolicy');
  });
});
