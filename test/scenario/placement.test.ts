// Pods that are where a file says when the run begins.
import { describe, expect, it } from 'vitest';
import type { Instant } from '../../src/engine/index.js';
import { Run } from '../../src/run/index.js';
import { loadTexts, problemsOf } from '../fixtures/scenario.js';

const workload = (kind: string, replicas: number): string => `apiVersion: apps/v1
kind: ${kind}
metadata: {name: web}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, resources: {requests: {cpu: "1"}}}]}
`;
const load = (csv: string, manifest: string, app = '') =>
  loadTexts({
    's.yaml': `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: s}
spec:
  duration: 5m
  nodePools: [{name: a, count: 3, capacity: {cpu: "4", memory: 16Gi}}]
  apps: [{name: web, manifests: [web.yaml], placement: pods.csv${app}}]
`,
    'web.yaml': manifest,
    'pods.csv': csv,
  });
/** Nodes of its pods by number, -1 for one without; at the start and after two minutes. */
function nodesOf(csv: string, manifest: string): { before: number[]; after: number[] } {
  const run = new Run(load(csv, manifest).points[0]!.spec, 'placed');
  const look = (): number[] => {
    const { pods } = run.cluster.context;
    const found: number[] = [];
    for (let pod = 0; pod < pods.count; pod++) found[pods.ordinal[pod]!] = pods.node[pod]!;
    return found;
  };
  const before = look();
  run.advanceTo(120e9 as Instant);
  return { before, after: look() };
}

describe('a placement', () => {
  it('puts pods on their nodes, and those beyond it where the scheduler would', () => {
    const csv = 'workload,node\ndeployment/web,a-2\ndeployment/web,a-2\ndeployment/web,a-0\n';
    expect(nodesOf(csv, workload('Deployment', 3)).before).toEqual([2, 2, 0]);
    expect(nodesOf(csv, workload('Deployment', 4)).before).toEqual([2, 2, 0, 1]);
  });
  it('lets the scheduler try pods that are Pending, and not those that wait for something else', () => {
    const csv = 'workload,node,state\ndeployment/web,,held\ndeployment/web,,\ndeployment/web,a-1,running\n';
    const { before, after } = nodesOf(csv, workload('Deployment', 3));
    expect(before).toEqual([1]);
    expect(after[1]).toBe(-1);
    expect(after[2]).toBeGreaterThanOrEqual(0);
  });
  it('leaves pods Pending for which there is no room', () => {
    const rows = Array.from({ length: 12 }, (_, i) => `deployment/web,a-${i % 3}`).join('\n');
    const { after } = nodesOf(`workload,node\n${rows}\ndeployment/web,\n`, workload('Deployment', 13));
    expect(after.filter((node) => node < 0)).toHaveLength(1);
  });
  it('knows the pods of a StatefulSet by their numbers', () => {
    const csv = 'workload,ordinal,node\nstatefulset/web,2,a-0\nstatefulset/web,0,a-1\n';
    const { before, after } = nodesOf(csv, workload('StatefulSet', 3));
    expect([before[0], before[2]]).toEqual([1, 0]);
    expect(after[1]).toBeGreaterThanOrEqual(0);
  });
  it('has one line for each number', () => {
    const twice = 'workload,ordinal,node\nstatefulset/web,0,a-0\nstatefulset/web,0,a-1\n';
    expect(problemsOf(() => load(twice, workload('StatefulSet', 3)))[0]).toContain('two lines of one number');
  });
  it('is refused where it names nobody, or too many', () => {
    const problems = (csv: string, app = ''): string =>
      problemsOf(() => load(csv, workload('Deployment', 1), app)).join('\n');
    expect(problems('node\na-0\n')).toContain('the first line names its columns');
    expect(problems('workload,node\ndeployment/wep,a-0\n')).toContain('has no workload deployment/wep');
    expect(problems('workload,node\ndeployment/web,b-0\n')).toContain('there is no node "b-0"');
    expect(problems('workload,node\ndeployment/web,a-0\ndeployment/web,a-0\n')).toContain('has 1 pods');
    expect(problems('workload,node,state\ndeployment/web,a-0,held\n')).toContain('a held pod has none');
    expect(problems('workload,ordinal,node\ndeployment/web,0,a-0\n')).toContain('are not known by numbers');
    expect(problems('workload,node\ndeployment/web,a-0\n', ', start: {at: 1s}')).toContain('is created later');
    expect(problems('workload,node\ndeployment/web,a-0\n', ', copies: 2')).toContain('cannot be said of copies');
  });
});
