// What limits and full nodes cost a run, against the same run in which nobody lacks CPU.

import { simulate } from '../../src/run/index.js';
import { loadScenario } from '../../src/scenario/index.js';
import { type BenchRow, compare } from '../harness.js';

interface Case {
  readonly limits: string;
  readonly serving: string;
  readonly plugin?: string;
}

const PODS = 400;
const REQUESTS_PER_SECOND = 400;

/** Pods that start, and answer requests of 10 ms, on ten nodes of eight cores. */
const scenario = ({
  limits,
  serving,
  plugin = '{plugin: flannel}',
}: Case): string => `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: node-cpu}
spec:
  duration: 2m
  nodePools: [{name: n, count: 10, capacity: {cpu: "8", memory: 64Gi, pods: 110}}]
  network: ${plugin}
  apps:
    - name: a
      start: {at: 5s}
      behavior: [{startup: 1s, cpu: {startup: "0.5", serving: ${serving}}, serve: {time: 10ms, cpu: 10ms, concurrency: 8}}]
  traffic: [{to: service/a, stages: [{duration: 1m, target: ${REQUESTS_PER_SECOND}}]}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  replicas: ${PODS}
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec:
      containers:
        - name: a
          image: "r/a:1"
          readinessProbe: {httpGet: {path: /, port: 80}}
          resources: {requests: {cpu: 100m}${limits}}
---
apiVersion: v1
kind: Service
metadata: {name: a}
spec: {selector: {app: a}, ports: [{port: 80}]}
`;

const CASES: Readonly<Record<string, Case>> = {
  'nobody lacks CPU': { limits: '', serving: '0' },
  'limits that nobody can meet': { limits: ', limits: {cpu: "8"}', serving: '0' },
  'limits that are used up': { limits: ', limits: {cpu: 100m}', serving: '0' },
  'full nodes': { limits: '', serving: '300m' },
  'addresses in steps': { limits: '', serving: '0', plugin: '{plugin: aws-vpc}' },
};

export function benchNodeCpu(quick: boolean): Promise<BenchRow[]> {
  return compare({
    group: `${PODS} pods start and answer ${REQUESTS_PER_SECOND} requests a second on 10 nodes`,
    baseline: 'nobody lacks CPU',
    operations: PODS,
    unit: 'pods/s',
    quick,
    tasks: Object.entries(CASES).map(([name, one]) => {
      const spec = loadScenario({ path: 's.yaml', read: () => scenario(one) }).points[0]!.spec;
      return { name, run: () => void simulate(spec, '1') };
    }),
  });
}
