// Limits of a pod as a whole: what its containers may use.
import { describe, expect, it } from 'vitest';
import { loadTexts } from '../fixtures/scenario.js';

const files = (version: string, containers: string, limits: string) => ({
  's.yaml': `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: s}
spec:
  kubernetesVersion: "${version}"
  nodePools: [{name: n, count: 1, capacity: {cpu: "8", memory: 32Gi}}]
  apps: [{name: web, manifests: [web.yaml]}]
`,
  'web.yaml': `apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  resources: {limits: ${limits}}
  containers: ${containers}
`,
});
const limitsOf = (...args: Parameters<typeof files>) => {
  const { template } = loadTexts(files(...args)).points[0]!.spec.workloads[0]!;
  return template.containers.map(({ cpuLimitMillis, memoryLimitBytes }) => [cpuLimitMillis, memoryLimitBytes]);
};

describe('limits of a pod as a whole', () => {
  const TWO = '[{name: a, image: i}, {name: b, image: i, resources: {limits: {cpu: 200m}}}]';
  it('are those of containers that have none, or higher ones', () => {
    expect(limitsOf('1.34', TWO, '{cpu: 500m, memory: 1Gi}')).toEqual([
      [500, 2 ** 30],
      [200, 2 ** 30],
    ]);
  });
  it('count from 1.34 on', () => {
    expect(limitsOf('1.33', TWO, '{cpu: 500m}')).toEqual([
      [Infinity, Infinity],
      [200, Infinity],
    ]);
  });
});

describe('a limit of 0', () => {
  it('is none', () => {
    const containers = '[{name: a, image: i, resources: {limits: {cpu: "0", memory: "0", ephemeral-storage: "0"}}}]';
    expect(limitsOf('1.34', containers, '{}')).toEqual([[Infinity, Infinity]]);
  });
});
