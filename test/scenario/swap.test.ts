// Swap of nodes: what kubelets accept, and who may use it.
import { describe, expect, it } from 'vitest';
import { loadTexts, problemsOf } from '../fixtures/scenario.js';

const files = (pool: string, version = '1.34') => ({
  's.yaml': `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: s}
spec:
  kubernetesVersion: "${version}"
  nodePools: [{name: n, count: 1, capacity: {cpu: "8", memory: 32Gi}, ${pool}}]
  apps: [{name: web, manifests: [web.yaml], start: {at: 1s}}]
`,
  'web.yaml': `apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: a, image: i}]}
`,
});
const swapOf = (...args: Parameters<typeof files>) => loadTexts(files(...args)).points[0]!.spec.nodePools[0]!.swapBytes;
const LIMITED = 'kubelet: {failSwapOn: false, memorySwap: {swapBehavior: LimitedSwap}}';

describe('swap of a node', () => {
  it('is used by nobody unless the kubelet says so', () => {
    expect(swapOf('swap: 8Gi, kubelet: {failSwapOn: false}')).toBe(0);
    expect(swapOf(`swap: 8Gi, ${LIMITED}`)).toBe(8 * 2 ** 30);
  });
  it('keeps a kubelet from starting that has not been told to bear it', () => {
    expect(problemsOf(() => loadTexts(files('swap: 8Gi'))).join()).toContain('failSwapOn: must be false');
  });
  it('may be used from 1.30 on, or by the gate', () => {
    expect(swapOf(`swap: 8Gi, ${LIMITED}`, '1.29')).toBe(0);
    expect(loadTexts(files(`swap: 8Gi, ${LIMITED}`, '1.29')).warnings.map(({ message }) => message)).toEqual([
      'LimitedSwap works from Kubernetes 1.30 on, not in 1.29: containers use no swap',
    ]);
    const gated = LIMITED.replace('failSwapOn', 'featureGates: {NodeSwap: true}, failSwapOn');
    expect(swapOf(`swap: 8Gi, ${gated}`, '1.29')).toBe(8 * 2 ** 30);
  });
});
