import { describe, expect, it } from 'vitest';
import { BUILT_IN } from '../../src/catalogue.js';
import { ConditionError, type Conditions, measured, ParameterSet } from '../../src/cluster/index.js';
import { normalQuantile, RandomStream } from '../../src/engine/index.js';
import {
  type Calibration,
  calibrate,
  calibrationText,
  type Measurement,
  profileText,
  readMeasurements,
  readPrometheus,
} from '../../src/experiment/calibrate/index.js';
import { identifiable, leastSquares } from '../../src/experiment/calibrate/least-squares.js';
import { costsOf, type Diagnostic, InputError, readProfile } from '../../src/scenario/index.js';
import { key } from '../fixtures/keys.js';

const noise = new RandomStream('1', 'noise');
let draws = 0;
const normal = (): number => normalQuantile(noise.uniform(key(0), draws++));

describe('least squares', () => {
  it('finds the coefficients that rows were made from', () => {
    const rows = [1, 2, 3, 4].map((x) => [1, x, x * x]);
    const found = leastSquares(
      rows,
      rows.map(([a, b, c]) => 5 * a! + 0.25 * b! + 1e-9 * c!),
    );
    expect(found.map(({ value }) => value)).toEqual([
      expect.closeTo(5),
      expect.closeTo(0.25),
      expect.closeTo(1e-9, 12),
    ]);
  });
  it('has intervals that hold the truth 95 times of a hundred', () => {
    let held = 0;
    const runs = 2000;
    for (let run = 0; run < runs; run++) {
      const rows = [1, 2, 3, 5, 8].map((x) => [1, x]);
      const [, slope] = leastSquares(
        rows,
        rows.map(([a, x]) => 3 * a! + 2 * x! + normal()),
      );
      if (slope!.interval![0] <= 2 && 2 <= slope!.interval![1]) held++;
    }
    // Binomial: standard error 0.5 %.
    expect(Math.abs(held / runs - 0.95)).toBeLessThan(0.02);
  });
  it('has none where there are no more rows than unknowns', () => {
    expect(
      leastSquares(
        [
          [1, 1],
          [1, 2],
        ],
        [3, 5],
      )[0]!.interval,
    ).toBeUndefined();
  });
  it('knows which columns the rows tell apart', () => {
    expect(
      identifiable([
        [1, 100],
        [1, 200],
      ]),
    ).toEqual([true, true]);
    expect(
      identifiable([
        [1, 100],
        [1, 100],
      ]),
    ).toEqual([false, false]);
    expect(identifiable([[1, 100]])).toEqual([false, false]);
    expect(
      identifiable([
        [1, 0],
        [2, 0],
      ]),
    ).toEqual([true, false]);
    expect(
      identifiable([
        [1, 1, 5],
        [1, 1, 7],
      ]),
    ).toEqual([false, false, true]);
    // Units that lie far apart are no reason not to know.
    expect(
      identifiable([
        [1, 1e-9],
        [1, 2e-9],
        [1, 5e-9],
      ]),
    ).toEqual([true, true]);
  });
});

/** What a machine with other costs would have been measured to take. */
function machine(changes: Readonly<Record<string, Readonly<Record<string, number>>>>): ParameterSet {
  const set = Object.entries(changes).flatMap(([group, values]) =>
    Object.entries(values).map(([name, value]) => ({
      group,
      name,
      parameter: { ...BUILT_IN.costs[group]![name]!, value },
    })),
  );
  return new ParameterSet(BUILT_IN.costs, set);
}
const measuredBy = (name: string, parameters: ParameterSet, at: Conditions): number =>
  measured(BUILT_IN.measures.get(name), parameters, at);
const of = (parameters: ParameterSet, measure: string, at: Conditions, rest = 0): Measurement => ({
  from: 'test',
  measure,
  at,
  value: measuredBy(measure, parameters, at) + rest,
});
const fittedOf = ({ fitted }: Calibration): Record<string, unknown> =>
  Object.fromEntries(fitted.map(({ group, name, parameter }) => [`${group}.${name}`, parameter.value]));

describe('calibrate', () => {
  it('finds what a rule costs, and leaves the rest of the way out', () => {
    const slow = machine({ 'kube-proxy.lookup': { perRule: 120 } });
    const at = (services: number) => ({
      mode: 'iptables',
      services,
      endpoints: services * 2,
      backend: '',
      quantile: 0.5,
    });
    const result = calibrate(
      [0, 100, 1000, 5000].map((n) => of(slow, 'first_packet_seconds', at(n), 80e-6)),
      BUILT_IN,
    );
    // What conntrack and the fixed rules take is part of what the rest could be: the slope over the services is the rule's.
    expect(fittedOf(result)['kube-proxy.lookup.perRule']).toBeCloseTo(120, 0);
    expect(result.refused).toEqual([]);
    for (const { after, measurement } of result.comparisons) expect(after).toBeCloseTo(measurement.value, 6);
  });
  it('finds all costs of programming that the measurements tell apart', () => {
    const truth = {
      perLineRestored: 3000,
      perRuleCommitted: 2500,
      perLineSaved: 900,
      perProcess: 2e6,
      perRulePairCommitted: 0.02,
    };
    const other = machine({ 'kube-proxy.iptables': truth });
    const measurements = [100, 1000, 5000, 20_000].flatMap((services) =>
      ['restore_full_seconds', 'restore_one_seconds', 'save_seconds'].map((measure) =>
        of(other, measure, { mode: 'iptables', services, endpoints: 2 * services, backend: 'legacy' }),
      ),
    );
    const found = fittedOf(calibrate(measurements, BUILT_IN));
    for (const [name, value] of Object.entries(truth)) {
      expect((found[`kube-proxy.iptables.${name}`] as number) / value, name).toBeCloseTo(1, 3);
    }
    expect(Object.keys(found).length).toBe(5);
  });
  it('refuses what one number of services cannot tell, and says what would', () => {
    const at = { mode: 'iptables', services: 1000, endpoints: 2000 };
    const result = calibrate([of(ParameterSet.DEFAULTS, 'first_packet_seconds', at, 80e-6)], BUILT_IN);
    expect(result.fitted).toEqual([]);
    expect(result.refused).toEqual([
      'kube-proxy.lookup.perRule cannot be fitted to 1 measurements of first packets in iptables mode: measure at another number of services, a thousand or more apart',
    ]);
  });
  it('takes what cannot be told apart as many times its default, and says what would tell it', () => {
    const usual = (name: string): number => BUILT_IN.costs['kube-proxy.iptables']![name]!.value as number;
    const twice = [
      'base',
      'perEndpointGenerated',
      'perLineRestored',
      'perRuleCommitted',
      'perRulePairCommitted',
      'perProcess',
    ];
    const other = machine({ 'kube-proxy.iptables': Object.fromEntries(twice.map((name) => [name, 2 * usual(name)])) });
    const at = (services: number) => ({ mode: 'iptables', services, endpoints: services, kind: 'full' });
    const result = calibrate(
      [1000, 4000].map((n) => of(other, 'sync_seconds', at(n))),
      BUILT_IN,
    );
    for (const name of twice) {
      expect((fittedOf(result)[`kube-proxy.iptables.${name}`] as number) / usual(name), name).toBeCloseTo(2, 6);
    }
    expect(result.notes[0]).toContain('cannot be told apart; all their defaults are scaled by the same factor');
    expect(result.notes[0]).toContain('measure restore_one_seconds at two numbers of services');
    for (const { after, measurement } of result.comparisons) expect(after / measurement.value).toBeCloseTo(1, 6);
  });
  it('takes a cost that comes out below 0 as 0, and says so', () => {
    const rows = [100, 300, 900].map((pods) => ({
      from: 't',
      measure: 'relist_seconds',
      at: { pods },
      value: 0.02 - pods * 1e-6,
    }));
    const result = calibrate(rows, BUILT_IN);
    expect(fittedOf(result)).toEqual({
      'kubelet.costs.relistBase': expect.closeTo(19.6e6, -6),
      'kubelet.costs.relistPerPod': 0,
    });
    expect(result.notes).toContain(
      'kubelet.costs.relistPerPod came out below 0: the measurements show no sign of it, so it is 0 in the profile',
    );
  });
  it('takes half as long for as wrong as twice as long', () => {
    // One figure twice and one half of what the others say: the middle stays where it was.
    const rows = [10, 10, 10, 20, 5].map((value) => ({
      from: 't',
      measure: 'image_fetch_seconds',
      at: { bytes: 1e9 },
      value,
    }));
    const found = fittedOf(calibrate(rows, BUILT_IN));
    expect(found['cri.pulls.fetchBytesPerSecond']).toBeCloseTo(1e8, -1);
  });
  it('says how well it predicts what it did not see', () => {
    const rows = [100, 200, 300, 500, 700, 900].map((pods, i) => ({
      from: 't',
      measure: 'relist_seconds',
      at: { pods },
      value: (0.02 + pods * 1e-4) * (i % 2 === 0 ? 1.05 : 0.95),
    }));
    const { notes } = calibrate(rows, BUILT_IN);
    const note = notes.find((text) => text.includes('cross-validation'))!;
    expect(note).toMatch(/did not see it predicts within a factor 1\.0\d in the median/);
  });
  it('leaves what a fit makes worse at its defaults, and names it', () => {
    // Most rows are as the defaults say; one far off draws the fit away from all of them.
    const usual = (pods: number): number =>
      measured(BUILT_IN.measures.get('relist_seconds'), ParameterSet.DEFAULTS, { pods });
    const rows = [100, 200, 300, 400, 500].map((pods) => ({
      from: 't',
      measure: 'relist_seconds',
      at: { pods },
      value: usual(pods),
    }));
    const { fitted, notes, comparisons } = calibrate(
      [...rows, { from: 't', measure: 'relist_seconds', at: { pods: 300 }, value: usual(300) * 3 }],
      BUILT_IN,
    );
    expect(fitted).toEqual([]);
    expect(notes.some((text) => text.includes('keep their defaults'))).toBe(true);
    expect(comparisons.every(({ before, after }) => before === after)).toBe(true);
  });
  it('finds what grows with services and rules together, where that predicts better', () => {
    const group = 'kube-proxy.nftables-interactions';
    const usual = BUILT_IN.costs[group]!;
    const squared = new ParameterSet(BUILT_IN.costs, [
      { group, name: 'perRulePair', parameter: { ...usual.perRulePair!, value: 2 } },
    ]);
    const at = (services: number, endpoints: number): Conditions => ({
      mode: 'nftables',
      kind: 'full',
      services,
      endpoints,
    });
    const conditions = [500, 1000, 2000, 4000, 8000].flatMap((n) => [at(n, n), at(n, 4 * n), at(n, 10 * n)]);
    const rows = (set: ParameterSet) =>
      conditions.map((one) => ({
        from: 't',
        measure: 'sync_seconds',
        at: one,
        value: measured(BUILT_IN.measures.get('sync_seconds'), set, one),
      }));
    const found = fittedOf(calibrate(rows(squared), BUILT_IN));
    expect(found[`${group}.perRulePair`]).toBeCloseTo(2, 1);
    // Without it nothing of the kind is found.
    expect(Object.keys(fittedOf(calibrate(rows(ParameterSet.DEFAULTS), BUILT_IN)))).not.toContain(
      `${group}.perRulePair`,
    );
  });
  it('leaves a cost at its default that the measurements scatter too much to tell from it', () => {
    const rows = [100, 200, 300, 400].map((pods, i) => ({
      from: 't',
      measure: 'relist_seconds',
      at: { pods },
      value: 0.0057 * (1 + [-0.3, 0.3, -0.3, 0.4][i]!),
    }));
    const result = calibrate(rows, BUILT_IN);
    expect(result.notes.some((text) => text.includes('the measurements scatter too much'))).toBe(true);
    expect(Object.keys(fittedOf(result)).length).toBeLessThan(2);
  });
  it('fits quantiles of a call by a lognormal, and a mean by the usual spread', () => {
    const at = (quantile: number | string) => ({ runtime: 'containerd', call: 'createContainer', quantile });
    const rows = [0.1, 0.5, 0.9, 0.99].map((q) => ({
      from: 't',
      measure: 'runtime_call_seconds',
      at: at(q),
      value: 0.05 * Math.exp(0.4 * normalQuantile(q)),
    }));
    expect(fittedOf(calibrate(rows, BUILT_IN))['cri.containerd.createContainer']).toEqual({
      kind: 'lognormal',
      median: expect.closeTo(50e6, -2),
      sigma: expect.closeTo(0.4, 6),
    });
    const mean = calibrate([{ from: 't', measure: 'runtime_call_seconds', at: at('mean'), value: 0.2 }], BUILT_IN);
    expect(fittedOf(mean)['cri.containerd.createContainer']).toMatchObject({ sigma: 0.28 });
    expect(mean.notes[0]).toContain('its spread is kept at the default');
    expect(mean.comparisons[0]!.after).toBeCloseTo(0.2, 6);
  });
  it('finds the speed of fetching and unpacking', () => {
    const unpacked = (uncompressed: number, value: number) => ({
      from: 't',
      measure: 'image_unpack_seconds',
      at: { bytes: 1e9, uncompressed_bytes: uncompressed, files: 0 },
      value,
    });
    const rows = [
      { from: 't', measure: 'image_fetch_seconds', at: { bytes: 1e9 }, value: 10 },
      unpacked(2e9, 12),
      unpacked(3e9, 13),
      unpacked(4e9, 14),
    ];
    const found = fittedOf(calibrate(rows, BUILT_IN));
    expect(found['cri.pulls.fetchBytesPerSecond']).toBeCloseTo(1e8, 0);
    // 10 s for the gigabyte that is inflated, 1 s for each that is written.
    expect(found['cri.pulls.inflateBytesPerSecond']).toBeCloseTo(1e8, 0);
    expect(found['cri.pulls.writeBytesPerSecond']).toBeCloseTo(1e9, 0);
  });
  it('writes a profile that is read as what was fitted, with its intervals as source', () => {
    const other = machine({ 'kubelet.costs': { relistBase: 9e6, relistPerPod: 30_000 } });
    const result = calibrate(
      [10, 100, 300].map((pods) => of(other, 'relist_seconds', { pods })),
      BUILT_IN,
    );
    const text = profileText('my cluster', ['m.csv'], result);
    const diagnostics: Diagnostic[] = [];
    const profile = readProfile('p.yaml', text, BUILT_IN, diagnostics);
    expect(diagnostics).toEqual([]);
    expect(profile.name).toBe('my cluster');
    const set = new ParameterSet(BUILT_IN.costs, costsOf([profile]));
    expect(measuredBy('relist_seconds', set, { pods: 200 })).toBeCloseTo(0.015, 5);
    expect(text).toContain('3 measurements; 95 % interval 9ms to 9ms');
    const table = calibrationText(result);
    expect(table).toContain('PARAMETER');
    expect(table).toMatch(/relist_seconds +3 +\d+\.\d % +0\.0 % +0\.0 %/);
  });
});

describe('measurements in a CSV', () => {
  const read = (text: string, given: Conditions = {}) => {
    const diagnostics: Diagnostic[] = [];
    const measurements = readMeasurements('m.csv', text, given, BUILT_IN, diagnostics);
    return { measurements, problems: diagnostics.map(({ line, field, message }) => `${line} ${field}: ${message}`) };
  };
  it('are read with what held for each row, or for all', () => {
    const { measurements, problems } = read('# mine\nmetric,pods,value,note\nrelist_seconds,100,0.006,x\n');
    expect(problems).toEqual([]);
    expect(measurements).toEqual([{ from: 'm.csv:3', measure: 'relist_seconds', at: { pods: '100' }, value: 0.006 }]);
    expect(read('metric,value\nrelist_seconds,0.006\n', { pods: 9 }).measurements[0]!.at).toEqual({ pods: 9 });
  });
  it('are refused by line: a metric that is none, a value that is none, a condition that lacks or makes no sense', () => {
    expect(read('metric,value\nrelists,1\n').problems[0]).toBe(
      '2 metric: "relists" is not a metric that can be fitted',
    );
    expect(read('metric,pods,value\nrelist_seconds,1,fast\n').problems[0]).toContain('2 value: must be seconds');
    expect(read('metric,value\nrelist_seconds,1\n').problems[0]).toBe(
      '2 pods: is missing: relist_seconds depends on it',
    );
    expect(read('metric,pods,value\nrelist_seconds,many,1\n').problems[0]).toContain('2 pods: must be a number');
    expect(read('metric,node,value\nrelist_seconds,a,1\n').problems[0]).toBe('1 node: is not a known column');
    expect(
      read('metric,runtime,call,quantile,value\nruntime_call_seconds,docker,createContainer,0.5,1\n').problems[0],
    ).toContain('2 runtime: must be containerd, cri-o');
  });
});

describe('an export of Prometheus', () => {
  const read = (text: string, given: Conditions = {}) => {
    const diagnostics: Diagnostic[] = [];
    return { measurements: readPrometheus('m.prom', text, given, BUILT_IN, diagnostics), diagnostics };
  };
  const bucket = (name: string, labels: string, counts: readonly (readonly [string, number])[], sum: number) =>
    [
      ...counts.map(([le, count]) => `${name}_bucket{${labels}${labels === '' ? '' : ','}le="${le}"} ${count}`),
      `${name}_sum{${labels}} ${sum}`,
      `${name}_count{${labels}} ${counts[counts.length - 1]![1]}`,
    ].join('\n');
  const SYNC = 'kubeproxy_sync_partial_proxy_rules_duration_seconds';

  it('gives syncs by their mean', () => {
    const text = `# HELP x y\n# TYPE x histogram\n${bucket(
      SYNC,
      'ip_family="IPv4"',
      [
        ['0.032', 5],
        ['+Inf', 10],
      ],
      0.4,
    )}\n`;
    const { measurements } = read(text, { mode: 'iptables', services: 877, endpoints: 2057 });
    expect(measurements).toEqual([
      {
        from: `m.prom ${SYNC}`,
        measure: 'sync_seconds',
        at: { mode: 'iptables', services: 877, endpoints: 2057, kind: 'partial' },
        value: 0.04,
      },
    ]);
  });
  it('says which condition is to be given', () => {
    const { diagnostics } = read(bucket(SYNC, '', [['+Inf', 10]], 0.4), { mode: 'iptables' });
    expect(diagnostics[0]).toMatchObject({ field: 'services', hint: '--at services=…' });
  });
  it('gives CRI calls by the bounds of their buckets, sandboxes without the part of the plugin', () => {
    const NAME = 'kubelet_runtime_operations_duration_seconds';
    const counts = [
      ['0.195', 50],
      ['0.488', 90],
      ['+Inf', 100],
    ] as const;
    const text = `${bucket(NAME, 'operation_type="create_container"', counts, 20)}\n${bucket(NAME, 'operation_type="run_podsandbox"', counts, 20)}\n${bucket(NAME, 'operation_type="version"', counts, 20)}`;
    const { measurements } = read(text, { runtime: 'containerd', plugin: 'flannel' });
    expect(measurements.map(({ at, value }) => [at.call, at.quantile, value])).toEqual([
      ['createContainer', 0.5, 0.195],
      ['createContainer', 0.9, 0.488],
      ['runPodSandbox', 0.5, expect.closeTo(0.195 - 0.064)],
      ['runPodSandbox', 0.9, expect.closeTo(0.488 - 0.064)],
    ]);
  });
  it('of a range counts the growth, over restarts of the process', () => {
    const series = (name: string, values: readonly number[], labels = {}) => ({
      metric: { __name__: name, instance: 'n1', ...labels },
      values: values.map((v, i) => [i, String(v)]),
    });
    const PLEG = 'kubelet_pleg_relist_duration_seconds';
    const text = JSON.stringify({
      status: 'success',
      data: {
        resultType: 'matrix',
        result: [
          series(`${PLEG}_sum`, [100, 100.5, 0.2, 0.7]),
          series(`${PLEG}_count`, [1000, 1050, 20, 70]),
          series('kubelet_running_pods', [90, 110]),
        ],
      },
    });
    const { measurements } = read(text);
    // 0.5 s in 50 relists before the restart, 0.7 s in 70 after it.
    expect(measurements).toEqual([
      { from: `m.prom ${PLEG}`, measure: 'relist_seconds', at: { pods: 110 }, value: expect.closeTo(0.01) },
    ]);
  });
  it('says which plugin a sandbox call needs, and refuses a sum that is none', () => {
    const NAME = 'kubelet_runtime_operations_duration_seconds';
    const counts = [
      ['0.05', 20],
      ['0.195', 50],
      ['+Inf', 100],
    ] as const;
    const sandbox = bucket(NAME, 'operation_type="run_podsandbox"', counts, 20);
    const notes: string[] = [];
    const diagnostics: Diagnostic[] = [];
    expect(readPrometheus('m', sandbox, { runtime: 'containerd' }, BUILT_IN, diagnostics, notes)).toEqual([]);
    expect(notes[0]).toContain('say which: --at plugin=flannel');
    const all = readPrometheus(
      'm',
      sandbox,
      { runtime: 'containerd', plugin: 'flannel' },
      BUILT_IN,
      diagnostics,
      notes,
    );
    expect(all.map(({ at }) => at.quantile)).toEqual([0.5]);
    expect(notes[1]).toBe('not used: run_podsandbox up to 0.05 s, less than the plugin’s part alone');
    const given = { mode: 'nftables', services: 10, endpoints: 20 };
    expect(read(bucket(SYNC, '', [['+Inf', 2]], -1), given).diagnostics[0]!.message).toContain('its sum is -1');
  });
  it('of an older kube-proxy holds syncs of both kinds, and is used if one kind is all', () => {
    const text = bucket('kubeproxy_sync_proxy_rules_duration_seconds', '', [['+Inf', 2]], 1);
    const given = { mode: 'nftables', services: 10, endpoints: 20 };
    const notes: string[] = [];
    expect(readPrometheus('m', text, given, BUILT_IN, [], notes)).toEqual([]);
    expect(notes[0]).toContain('say --at kind=full');
    expect(readPrometheus('m', text, { ...given, kind: 'full' }, BUILT_IN, [])[0]!.value).toBe(0.5);
  });
  it('that is none, or has nothing to fit, is refused', () => {
    expect(() => read('hello world again\n')).toThrow(InputError);
    expect(() => read('{"data": 3}')).toThrow('is not a response of query or query_range');
    expect(() => read('{broken')).toThrow('is neither a text exposition nor JSON');
    expect(() => read('up 1\n')).toThrow('holds no metric that a cost can be fitted to');
    expect(() => read('{"data":{"result":[{"metric":{},"value":[0,"1"]}]}}')).toThrow('without __name__');
  });
  it('with labels that hold quotes, commas and braces is read', () => {
    const text = `other{a="x,\\"y}\\\\"} 1\n${bucket(SYNC, 'ip_family="IPv4"', [['+Inf', 2]], 1)}`;
    expect(read(text, { mode: 'nftables', services: 10, endpoints: 20 }).measurements.length).toBe(1);
  });
});

describe('a measure', () => {
  it('names the condition that it lacks or cannot take', () => {
    const ask = (at: Conditions) => () => measuredBy('sync_seconds', ParameterSet.DEFAULTS, at);
    expect(ask({ mode: 'iptables', services: 1, endpoints: 1 })).toThrow(ConditionError);
    expect(ask({ mode: 'magic', services: 1, endpoints: 1, kind: 'full' })).toThrow('must be iptables, ipvs');
    expect(ask({ mode: 'ipvs', services: -1, endpoints: 1, kind: 'full' })).toThrow('must be a number from 0 on');
  });
});
