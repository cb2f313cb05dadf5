// What profiles cost a run (nothing), and how long a calibration takes.

import { BUILT_IN } from '../../src/catalogue.js';
import { measured, ParameterSet } from '../../src/cluster/index.js';
import { calibrate } from '../../src/experiment/calibrate/index.js';
import { simulate } from '../../src/run/index.js';
import { exampleOf, loadScenario } from '../../src/scenario/index.js';
import { type BenchRow, compare } from '../harness.js';

const PODS = 2000;

const SCENARIO = `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: profiles}
spec:
  duration: 3m
  nodePools: [{name: n, count: 100, capacity: {cpu: "16", memory: 64Gi, pods: 110}}]
  apps: [{name: a, copies: ${PODS}, start: {at: 10s, over: 2m}}]
---
apiVersion: v1
kind: Pod
metadata: {name: a}
spec: {containers: [{name: a, image: "r/a:1"}]}
`;

/** The defaults of every cost, written out as a profile: the same results by the other way. */
function defaultsAsProfile(): string {
  const groups = Object.entries(BUILT_IN.costs).map(([group, parameters]) => {
    const lines = Object.entries(parameters).map(
      ([name, parameter]) => `      ${name}: {value: ${exampleOf(parameter)}, source: default}`,
    );
    return [`    ${group}:`, ...lines].join('\n');
  });
  return `apiVersion: kubelapse.dev/v1alpha1\nkind: Profile\nmetadata: {name: defaults}\nspec:\n  parameters:\n${groups.join('\n')}\n`;
}

export async function benchProfiles(quick: boolean): Promise<BenchRow[]> {
  const load = (text: string) =>
    loadScenario({ path: 's.yaml', read: (path) => (path === 's.yaml' ? text : defaultsAsProfile()) }).points[0]!.spec;
  const plain = load(SCENARIO);
  const profiled = load(SCENARIO.replace('  duration:', '  profiles: [p.yaml]\n  duration:'));
  const runs = await compare({
    group: `${PODS} pods start on 100 nodes`,
    baseline: 'without a profile',
    operations: PODS,
    unit: 'pods/s',
    quick,
    tasks: [
      { name: 'without a profile', run: () => void simulate(plain, '1') },
      { name: 'with one that sets every cost', run: () => void simulate(profiled, '1') },
    ],
  });
  const rows = (count: number) =>
    Array.from({ length: count }, (_, i) => {
      const measure = ['restore_full_seconds', 'restore_one_seconds', 'save_seconds'][i % 3]!;
      const at = { mode: 'iptables', services: 100 + 37 * i, endpoints: 200 + 74 * i, backend: 'legacy' };
      const noise = 1 + ((i * 7919) % 13) / 200;
      return {
        from: `${i}`,
        measure,
        at,
        value: measured(BUILT_IN.measures.get(measure), ParameterSet.DEFAULTS, at) * noise,
      };
    });
  const few = rows(30);
  const many = rows(3000);
  const fits = await compare({
    group: 'calibrate five costs',
    baseline: '30 measurements',
    operations: 1,
    unit: 'fits/s',
    quick,
    tasks: [
      { name: '30 measurements', run: () => void calibrate(few, BUILT_IN) },
      { name: '3,000 measurements', run: () => void calibrate(many, BUILT_IN) },
    ],
  });
  return [...runs, ...fits];
}
