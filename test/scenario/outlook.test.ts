// What is told of a run before it begins.
import { describe, expect, it } from 'vitest';
import { loadTexts } from '../fixtures/scenario.js';

const WEB = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 4
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, resources: {requests: {cpu: "1"}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
`;
const warnings = (spec: string, web = WEB): string[] =>
  loadTexts({
    's.yaml': `apiVersion: kubelapse.dev/v1alpha1\nkind: Scenario\nmetadata: {name: s}\nspec:\n  duration: 15m\n${spec}`,
    'web.yaml': web,
  }).warnings.map(({ field, message }) => `${field}: ${message}`);
const pool = (count: number, cpu = 4): string =>
  `  nodePools: [{name: a, count: ${count}, capacity: {cpu: "${cpu}", memory: 16Gi}}]\n`;
const app = (more: string): string => `  apps: [{name: web, manifests: [web.yaml]${more}}]\n`;

describe('before a run', () => {
  it('that nothing happens in it is told, and not where something does', () => {
    expect(warnings(pool(2) + app(''))).toEqual([expect.stringContaining('spec: nothing happens')]);
    expect(warnings(pool(2) + app(', start: {at: 1s}'))).toEqual([]);
    expect(warnings(pool(2) + app(', behavior: [{exit: {after: 1m}}]'))).toEqual([]);
    expect(warnings(`${pool(2) + app('')}  traffic: [{to: service/web, clients: 1, think: 1s}]\n`)).toEqual([]);
    expect(warnings(`${pool(2) + app('')}  faults: [{type: NodeDeath, at: 1m, nodes: 1}]\n`)).toEqual([]);
  });
  it('pods that come later and do not fit are told, those that end not', () => {
    const later = app(', start: {at: 1s}');
    expect(warnings(pool(1, 2) + later)).toEqual([
      'spec.nodePools: nodes have room for 2000 millicores, and 4000 are asked for in the end: some pods stay Pending',
    ]);
    expect(warnings(pool(1, 4) + later)).toEqual([]);
    const job = WEB.replace('apps/v1', 'batch/v1')
      .replace('Deployment', 'Job')
      .replace('replicas: 4', 'completions: 4\n  parallelism: 4')
      .replace('  selector: {matchLabels: {app: web}}\n', '')
      .replace('spec: {containers', 'spec: {restartPolicy: Never, containers');
    expect(warnings(pool(1, 2) + later, job)).toEqual([]);
  });
  // kubernetes.io/docs/setup/best-practices/cluster-large
  it('a cluster larger than what Kubernetes is tested for is told', () => {
    expect(warnings(pool(5000) + app(', start: {at: 1s}'))).toEqual([]);
    expect(warnings(pool(5001) + app(', start: {at: 1s}'))).toEqual([
      'spec: is larger than what Kubernetes is tested for: 5001 nodes (5000)',
    ]);
  });
  it('clients that never pause are told, with how many requests they make', () => {
    const traffic = (more: string): string => `  traffic: [{to: service/web, clients: 12, ${more}}]\n`;
    const endless = traffic('think: 40ms, keepAlive: {requests: 1000000}');
    expect(warnings(pool(2) + app('') + endless)).toEqual([
      'spec.traffic[0].clients: 12 clients would send about 119952 requests a second, 108 million in all: such a run takes very long',
    ]);
    const paused = traffic('keepAlive: {requests: 1000000, interval: 40ms}');
    expect(warnings(pool(2) + app('') + paused)).toEqual([]);
    const served = app(', behavior: [{serve: {time: 100ms}}]');
    expect(warnings(pool(2) + served + endless)).toEqual([]);
  });
  it('exec probes that take more than a core of each node are told', () => {
    const probed = (probe: string) =>
      WEB.replace('replicas: 4', 'replicas: 100')
        .replace('"1"', '10m')
        .replace('image: web,', `image: web, livenessProbe: {${probe}},`);
    const later = app(', start: {at: 1s}');
    expect(warnings(pool(1) + later, probed('exec: {command: [x]}, periodSeconds: 5'))).toEqual([
      'spec: exec probes, 20 a second on an average node, take the runtime 1.2 cores of it',
    ]);
    expect(warnings(pool(2) + later, probed('exec: {command: [x]}, periodSeconds: 5'))).toEqual([]);
    expect(warnings(pool(1) + later, probed('httpGet: {path: /, port: 80}, periodSeconds: 1'))).toEqual([]);
  });
  it('a CPU limit that the kernel cannot keep is told', () => {
    const limited = (limit: string) => WEB.replace('requests: {cpu: "1"}', `limits: {cpu: ${limit}}`);
    const later = app(', start: {at: 1s}');
    expect(warnings(pool(1) + later, limited('5m'))).toEqual([
      'spec: web has a CPU limit below 10m, which counts as 10m',
    ]);
    expect(warnings(pool(1) + later, limited('10m'))).toEqual([]);
  });
});

it('an end that is meant for an application is none of its init containers', () => {
  const init = WEB.replace('spec: {containers', 'spec: {initContainers: [{name: first, image: x}], containers');
  const exitsOf = (behavior: string) =>
    loadTexts({
      's.yaml': `apiVersion: kubelapse.dev/v1alpha1\nkind: Scenario\nmetadata: {name: s}\nspec:\n${pool(2)}${app(`, start: {at: 1s}, behavior: ${behavior}`)}`,
      'web.yaml': init,
    }).points[0]!.spec.workloads[0]!.template.containers.map(({ behavior: { exit } }) => exit?.after);
  const seconds = (value: number) => ({ kind: 'fixed', value: value * 1e9 });
  expect(exitsOf('[]')).toEqual([seconds(1), undefined]);
  expect(exitsOf('[{exit: {after: 40s}}]')).toEqual([seconds(1), seconds(40)]);
  expect(exitsOf('[{container: first, exit: {after: 3s}}]')).toEqual([seconds(3), undefined]);
  expect(
    exitsOf('[{workload: deployment/web, container: first, exit: {after: 4s}}, {container: first, exit: never}]'),
  ).toEqual([seconds(4), undefined]);
});
