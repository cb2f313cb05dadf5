// What pulling by layers, from caches and from peers, costs a run, against nodes that have their images.

import { simulate } from '../../src/run/index.js';
import { loadScenario } from '../../src/scenario/index.js';
import { type BenchRow, compare } from '../harness.js';

interface Case {
  readonly image: string;
  readonly registry?: string;
}

const NODES = 500;

/** One pod on each node, whose image comes in eight layers. */
const scenario = ({ image, registry = '{}' }: Case): string => `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: images}
spec:
  duration: 5m
  nodePools: [{name: n, count: ${NODES}, capacity: {cpu: "8", memory: 64Gi}}]
  registry: ${registry}
  images: [{name: "r/a:1", compressedSize: 400M, ${image}}]
  controlPlane:
    controllerManager: {kubeAPIQPS: 1000, kubeAPIBurst: 1000}
    scheduler: {kubeAPIQPS: 1000, kubeAPIBurst: 1000}
  apps: [{name: a, start: {at: 5s}}]
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: a}
spec:
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec: {containers: [{name: a, image: "r/a:1"}]}
`;

const CASES: Readonly<Record<string, Case>> = {
  'images that are there': { image: 'present: true' },
  'pulls from a registry': { image: 'present: false' },
  'pulls from a registry that is full': { image: 'present: false', registry: '{bandwidth: 5G}' },
  'pulls through a cache': { image: 'present: false', registry: '{mirror: {enabled: true, bandwidth: 20G}}' },
  'pieces from peers': { image: 'present: false', registry: '{peerToPeer: {unit: pieces, bandwidth: 300M}}' },
  'layers from peers': { image: 'present: false', registry: '{bandwidth: 5G, peerToPeer: {unit: layers}}' },
};

export function benchImages(quick: boolean): Promise<BenchRow[]> {
  return compare({
    group: `a pod on each of ${NODES} nodes, with an image of 8 layers`,
    baseline: 'images that are there',
    operations: NODES,
    unit: 'pods/s',
    quick,
    tasks: Object.entries(CASES).map(([name, one]) => {
      const spec = loadScenario({ path: 's.yaml', read: () => scenario(one) }).points[0]!.spec;
      return { name, run: () => void simulate(spec, '1') };
    }),
  });
}
