import { describe, expect, it } from 'vitest';
import { BUILT_IN } from '../../src/catalogue.js';
import { ParameterSet } from '../../src/cluster/index.js';
import { type Distribution, mean } from '../../src/engine/index.js';
import { lookupParameters, nftablesSyncParameters } from '../../src/kube-proxy/index.js';
import { histogramOf } from '../../src/metrics/index.js';
import { simulate } from '../../src/run/index.js';
import {
  costsOf,
  type Diagnostic,
  durationText,
  exampleOf,
  InputError,
  loadScenario,
  readProfile,
} from '../../src/scenario/index.js';

const profile = (parameters: string, name = 'mine'): string =>
  `apiVersion: kubelapse.dev/v1alpha1\nkind: Profile\nmetadata: {name: ${name}}\nspec:\n  parameters:\n${parameters}`;

function read(text: string) {
  const diagnostics: Diagnostic[] = [];
  return { profile: readProfile('p.yaml', text, BUILT_IN, diagnostics), diagnostics };
}

const FASTER = profile('    kube-proxy.lookup:\n      perRule: {value: 4.6ns, source: measured}\n');

describe('a profile', () => {
  it('changes the parameters that it names, and no others', () => {
    const set = new ParameterSet(BUILT_IN.costs, costsOf([read(FASTER).profile]));
    expect(set.of(lookupParameters).perRule).toMatchObject({ value: 4.6, source: 'mine: measured', unit: 'ns' });
    expect(set.of(lookupParameters).hashLookup).toBe(lookupParameters.hashLookup);
    expect(set.of(nftablesSyncParameters)).toBe(nftablesSyncParameters);
  });
  it('is overruled by a later one', () => {
    const later = profile('    kube-proxy.lookup:\n      perRule: {value: 50ns, source: later}\n', 'other');
    const set = new ParameterSet(BUILT_IN.costs, costsOf([read(FASTER).profile, read(later).profile]));
    expect(set.of(lookupParameters).perRule.value).toBe(50);
  });
  it('that holds the defaults is read as what they are', () => {
    for (const [group, parameters] of Object.entries(BUILT_IN.costs)) {
      for (const [name, parameter] of Object.entries(parameters)) {
        const text = profile(
          `    ${group}:\n      ${name}:\n        value: ${exampleOf(parameter)}\n        source: s\n`,
        );
        const { profile: same, diagnostics } = read(text);
        expect(diagnostics, `${group}.${name}`).toEqual([]);
        const { value } = same.changes[0]!.parameter;
        if (typeof parameter.value === 'number') expect(value, name).toBeCloseTo(parameter.value, 3);
        else expect(mean(value as Distribution) / mean(parameter.value), name).toBeCloseTo(1, 3);
      }
    }
  });

  const problem = (text: string): string => {
    const { diagnostics } = read(text);
    return diagnostics.map(({ line, field, message, hint }) => `${line} ${field}: ${message} (${hint})`).join('\n');
  };
  it('with a group or a parameter that is none gets a suggestion', () => {
    expect(problem(profile('    kube-proxy.lookups:\n      perRule: {value: 1ns, source: s}\n'))).toBe(
      '6 spec.parameters.kube-proxy.lookups: is not a group of costs (did you mean "kube-proxy.lookup"?)',
    );
    expect(problem(profile('    kube-proxy.lookup:\n      perRules: {value: 1ns, source: s}\n'))).toBe(
      '7 spec.parameters.kube-proxy.lookup.perRules: is not a parameter (did you mean "perRule"?)',
    );
  });
  it('may change costs, and no constant of Kubernetes', () => {
    expect(problem(profile('    kubelet:\n      plegPeriod: {value: 2s, source: s}\n'))).toContain(
      'kubelet: holds constants and choices of the model, which a profile cannot change',
    );
  });
  it('with a value of another kind says what it takes', () => {
    const value = (group: string, text: string): string => problem(profile(`    ${group}: ${text}\n`));
    expect(value('kube-proxy.lookup', '{perRule: {value: 5, source: s}}')).toContain(
      'must be a duration such as 50ns, 12.5us or 4ms, not 5 (default: 31ns)',
    );
    expect(value('kube-proxy.iptables', '{nftBackend: {value: six, source: s}}')).toContain(
      'must be a number (ratio), not "six"',
    );
    expect(value('cri.cri-o', '{createContainer: {value: {p50: 1s}, source: s}}')).toContain(
      'must be a duration or a distribution such as',
    );
    expect(value('cri.pulls', '{inflateBytesPerSecond: {value: fast, source: s}}')).toContain('must be a number');
    expect(value('cri.pulls', '{fetchBytesPerSecond: {value: 0, source: s}}')).toContain('must be more than 0');
    expect(value('cri.pulls', '{inflateBytesPerSecond: {value: 0, source: s}}')).toContain('must be more than 0');
    expect(value('kubelet.costs', '{relistBase: {value: 2000h, source: s}}')).toContain('must be at most 1h');
    expect(value('cri.containerd', '{startContainer: {value: 2000h, source: s}}')).toContain('must be at most 1h');
  });
  it('writes no exponents, which no duration is written with', () => {
    expect([6.3399e-18, 1e-7, 0.00914, 0].map(durationText)).toEqual([
      '0.00000000000000000634ns',
      '0.0000001ns',
      '0.00914ns',
      '0ns',
    ]);
  });
  it('without a source is refused: no cost is there without one', () => {
    expect(problem(profile('    kube-proxy.lookup: {perRule: {value: 1ns}}\n'))).toContain('source: is missing');
  });
  it('is one document', () => {
    expect(problem(`${FASTER}---\nkind: Profile\n`)).toContain(
      'holds several documents, but a profile is a single one',
    );
    expect(problem('')).toContain('is empty');
  });
});

const RUNTIME = 'kubelet_runtime_operations_duration_seconds';

describe('a scenario with a profile', () => {
  const scenario = `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: s}
spec:
  duration: 2m
  profiles: [p.yaml]
  nodePools: [{name: n, count: 2, capacity: {cpu: "4", memory: 8Gi, pods: 50}}]
  apps: [{name: a, copies: 5, start: {at: 10s}}]
---
apiVersion: v1
kind: Pod
metadata: {name: a}
spec: {containers: [{name: c, image: i}]}
`;
  const load = (text: string) =>
    loadScenario({
      path: 's.yaml',
      read: (path) => {
        if (path === 's.yaml') return scenario;
        if (path === 'p.yaml') return text;
        throw new Error(path);
      },
    });
  const startOf = (text: string): number => {
    const { points, seed } = load(text);
    const { series } = simulate(points[0]!.spec, seed);
    const calls = series.find(({ metric, labels }) => metric === RUNTIME && labels.includes('run_podsandbox'))!;
    return histogramOf(calls.histogram).mean;
  };
  it('runs with its costs', () => {
    const slow = profile(
      '    cri.containerd:\n      runPodSandbox: {value: 3s, source: s}\n    cni.flannel:\n      add: {value: 1s, source: s}\n',
    );
    expect(startOf(slow) / 1e9).toBeCloseTo(4, 1);
    expect(startOf(FASTER) / 1e9).toBeLessThan(1);
  });
  it('keeps the profile among its inputs, so that the result can be verified', () => {
    expect(load(FASTER).inputs.map(({ path }) => path)).toContain('p.yaml');
  });
  it('says what is wrong with the profile, at its own place', () => {
    try {
      load(profile('    kube-proxy.lookup:\n      perRules: {value: 1ns, source: s}\n'));
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      expect((error as InputError).diagnostics[0]).toMatchObject({ file: 'p.yaml', line: 7 });
    }
  });
});
