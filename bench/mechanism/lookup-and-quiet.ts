// Single mechanisms: choosing an endpoint and costing a first packet, and quiet being free.

import { RandomStream, trialsUntilSuccess } from '../../src/engine/index.js';
import { Run } from '../../src/run/index.js';
import { loadScenario } from '../../src/scenario/index.js';
import { key } from '../../test/fixtures/keys.js';
import { type BenchRow, compare } from '../harness.js';
import { firstPackets } from './first-packets.js';

const LOOKUPS_A_CALL = 200_000;
const NODES = 300;
const SERVICES = 2000;

const scenarioOf = (mode: string, scheduler: string): string => `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: lookup}
spec:
  duration: 1m
  kubeProxy: {mode: ${mode}, ipvs: {scheduler: ${scheduler}}}
  nodePools: [{name: n, count: ${NODES}, capacity: {cpu: "64", memory: 256Gi, pods: 200}, kubelet: {maxPods: 200}}]
  apps: [{name: a, copies: ${SERVICES}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  replicas: 15
  selector: {matchLabels: {a: b}}
  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: "r/a:1"}]}}
---
apiVersion: v1
kind: Service
metadata: {name: a}
spec: {selector: {a: b}, ports: [{port: 80}]}
`;

/** Choosing an endpoint and costing a first packet, on 300 nodes with 2,000 services of 15 endpoints. */
export async function benchLookup(quick: boolean): Promise<BenchRow[]> {
  const task = firstPackets({ packets: LOOKUPS_A_CALL, nodes: NODES, services: SERVICES });
  const kinds = [
    ['iptables', 'rr'],
    ['ipvs', 'rr'],
    ['ipvs', 'lc'],
    ['nftables', 'rr'],
    ['ebpf', 'rr'],
  ] as const;
  return compare({
    group: `first packet, ${SERVICES} services`,
    baseline: 'iptables',
    tasks: kinds.map(([mode, scheduler]) => {
      const { points, seed } = loadScenario({ path: 'lookup.yaml', read: () => scenarioOf(mode, scheduler) });
      return { name: mode === 'ipvs' ? `ipvs ${scheduler}` : mode, run: task(new Run(points[0]!.spec, seed)) };
    }),
    operations: LOOKUPS_A_CALL,
    unit: 'packets/s',
    quick,
  });
}

/** The same failures of 150,000 probes over an hour: a draw a tick, or a draw a failure. */
export async function benchQuietIsFree(quick: boolean): Promise<BenchRow[]> {
  const stream = new RandomStream('bench', 'quiet');
  const entities = quick ? 5_000 : 50_000;
  const ticks = 360;
  const p = 1e-5;
  let failures = 0;
  return compare({
    group: `probe failures of ${entities} entities over 360 ticks`,
    baseline: 'one draw a tick',
    tasks: [
      {
        name: 'one draw until the next failure',
        run: () => {
          for (let entity = 0; entity < entities; entity++) {
            let n = 0;
            for (
              let at = trialsUntilSuccess(p, stream.uniform(key(entity), n++));
              at <= ticks;
              at += trialsUntilSuccess(p, stream.uniform(key(entity), n++))
            )
              failures++;
          }
        },
      },
      {
        name: 'one draw a tick',
        run: () => {
          for (let entity = 0; entity < entities; entity++) {
            for (let n = 0; n < ticks; n++) if (stream.uniform(key(entity), n) < p) failures++;
          }
          if (failures < 0) throw new Error('unreachable');
        },
      },
    ],
    operations: entities * ticks,
    unit: 'ticks/s',
    quick,
  });
}
