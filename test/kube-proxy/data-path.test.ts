// What the rules of a node do with a connection: policies, hints, fallback, affinity, shares.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ClusterSpec,
  emptyRoute,
  type FirstPacket,
  NodeTable,
  PacketSource,
  PodTable,
  type Route,
  ServiceAddress,
  ServiceLog,
  type ServiceSpec,
  Verdict,
} from '../../src/cluster/index.js';
import { RandomStream, seconds } from '../../src/engine/index.js';
import { ClientAffinity, EndpointChooser, RuleBook, shapeOf } from '../../src/kube-proxy/index.js';
import { countIptables, IPTABLES_KINDS } from '../../src/kube-proxy/modes/iptables/rules.js';
import { Run } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';
import { key } from '../fixtures/keys.js';

/** Six pods on four nodes of two zones; node 3 has none. */
function cluster(service: Partial<ServiceSpec>, overrides: Partial<ClusterSpec> & { mode?: string } = {}) {
  const { mode = 'iptables', ...rest } = overrides;
  const spec = f.cluster({
    nodePools: [
      f.pool({ name: 'with', count: 3, pods: 2, zones: ['a', 'b', 'a'] }),
      f.pool({ name: 'without', zones: ['b'], taints: [{ key: 'k', value: '', effect: 'NoSchedule' }] }),
    ],
    workloads: [f.running({ replicas: 6 })],
    services: [f.service(service)],
    kubeProxy: { ...f.cluster().kubeProxy, mode, masquerades: true },
    duration: seconds(300),
    ...rest,
  });
  const run = new Run(spec, 'path');
  const stream = new RandomStream('path', 'choices');
  let n = 0;
  const route: Route = emptyRoute();
  const send = (node: number, packet: Partial<FirstPacket> = {}): Route => {
    const choice = stream.uniform(key(0), n++);
    run.cluster.routing.route(
      {
        node,
        service: 0,
        address: ServiceAddress.ClusterIp,
        from: PacketSource.Pod,
        source: 1,
        sourcePort: 40_000 + n,
        choice,
        weight: 1,
        ...packet,
      },
      route,
    );
    return { ...route };
  };
  const nodeOf = (pod: number): number => run.cluster.context.pods.node[pod]!;
  const nodesReached = (node: number, packet: Partial<FirstPacket> = {}) =>
    [...new Set(Array.from({ length: 100 }, () => nodeOf(send(node, packet).pod)))].sort();
  return { run, send, nodesReached };
}

describe('a policy Local', () => {
  it('inside keeps connections on their node, and drops those of a node without endpoint', () => {
    const { send, nodesReached } = cluster({ internalTrafficPolicy: 'Local' });
    for (const node of [0, 1, 2]) expect(nodesReached(node)).toEqual([node]);
    expect(send(3).verdict).toBe(Verdict.Dropped);
  });
  it('outside is not for pods of the cluster, which reach every endpoint', () => {
    const { send, nodesReached } = cluster({ ...f.NODE_PORT, externalTrafficPolicy: 'Local' });
    const outside = { address: ServiceAddress.NodePort, from: PacketSource.Outside };
    expect(nodesReached(1, outside)).toEqual([1]);
    expect(send(3, outside).verdict).toBe(Verdict.Dropped);
    expect(nodesReached(3, { address: ServiceAddress.NodePort })).toEqual([0, 1, 2]);
    expect(nodesReached(3, { address: ServiceAddress.NodePort, from: PacketSource.Node })).toEqual([0, 1, 2]);
    expect(nodesReached(3)).toEqual([0, 1, 2]);
  });
});

describe('a preference for near endpoints', () => {
  it('keeps connections in their zone', () => {
    const { nodesReached } = cluster({ trafficDistribution: 'PreferSameZone' });
    expect([0, 1, 2, 3].map((node) => nodesReached(node))).toEqual([[0, 2], [1], [0, 2], [1]]);
  });
  it('or on their node, else in their zone', () => {
    const { nodesReached } = cluster({ trafficDistribution: 'PreferSameNode' });
    expect([0, 1, 2, 3].map((node) => nodesReached(node))).toEqual([[0], [1], [2], [1]]);
  });
});

describe('endpoints that end', () => {
  it('get connections only when no other is ready', () => {
    const nodes = new NodeTable([f.pool({ count: 2 })]);
    const pods = new PodTable([key(0)], nodes);
    for (let pod = 0; pod < 4; pod++) pods.add(0, pod, 0, -1);
    for (let pod = 0; pod < 4; pod++) pods.node[pod] = pod % 2;
    const service = f.service({ internalTrafficPolicy: 'Local' });
    const log = new ServiceLog([1, 1]);
    const chooser = new EndpointChooser(log, [f.service(), service], [f.service(), service].map(shapeOf), nodes, pods);
    const of = (s: number, node: number, list: number[], ready: number) => {
      chooser.choose(s, log.append(s, 0, Number.NaN, Int32Array.from(list), ready), node);
      const { pods: chosen, count } = s === 0 ? chooser.cluster : chooser.local;
      return [...chosen.subarray(0, count)];
    };
    expect(of(0, 0, [1, 2, 0, 3], 2)).toEqual([1, 2]);
    expect(of(0, 0, [0, 3], 0)).toEqual([0, 3]);
    // On node 0 are 0 and 2: 2 is ready; then only 0 is left, which serves.
    expect(of(1, 0, [1, 2, 0, 3], 2)).toEqual([2]);
    expect(of(1, 0, [1, 0, 3], 1)).toEqual([0]);
  });
});

describe('session affinity', () => {
  it.each(['iptables', 'ipvs', 'nftables'] as const)('keeps a client at its endpoint in %s mode', (mode) => {
    const { send } = cluster({ affinityTimeout: seconds(60) }, { mode });
    for (let source = 1; source < 20; source++) {
      const pods = new Set(Array.from({ length: 20 }, () => send(0, { source }).pod));
      expect(pods.size).toBe(1);
    }
  });
  it('is over when the client stays away for the time-out, and remembers 100 clients an endpoint in iptables', () => {
    const affinity = new ClientAffinity(60e9, 100);
    affinity.remember(1, 7, 0);
    expect(affinity.recall(1, 60e9)).toBe(7);
    expect(affinity.recall(1, 61e9)).toBe(-1);
    for (let client = 2; client <= 101; client++) affinity.remember(client, 7, 1e9);
    expect(affinity.recall(1, 2e9)).toBe(-1);
    expect(affinity.recall(2, 2e9)).toBe(7);
  });
  it('costs a rule for each endpoint looked at before', () => {
    const first = cluster({ affinityTimeout: seconds(60) }).send(0);
    const without = cluster({}).send(0);
    expect(first.traversed - without.traversed).toBe(6);
  });
});

describe('shares', () => {
  it.each(['iptables', 'nftables', 'ebpf'] as const)('of endpoints are binomial in %s mode', (mode) => {
    const { send } = cluster({}, { mode });
    const counts = new Array<number>(6).fill(0);
    for (let i = 0; i < 30_000; i++) counts[send(0).pod]!++;
    // Chi-square with 5 degrees of freedom: 99.99 % below 25.7.
    const chi = counts.reduce((sum, n) => sum + (n - 5000) ** 2 / 5000, 0);
    expect(chi).toBeLessThan(25.7);
    expect(chi).toBeGreaterThan(0.05);
  });
  it('differ by one at most from each node with rr', () => {
    const { send } = cluster({}, { mode: 'ipvs' });
    const counts = new Array<number>(6).fill(0);
    for (let i = 0; i < 1000; i++) counts[send(0).pod]!++;
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  });
});

describe('ports that are used again', () => {
  const ofKernel = (kernel: number, connReuseMode?: 0 | 1) => {
    const { send } = cluster(
      {},
      {
        mode: 'ipvs',
        nodePools: [f.pool({ count: 3, pods: 2, kernel })],
        kubeProxy: {
          ...f.cluster().kubeProxy,
          mode: 'ipvs',
          ...(connReuseMode === undefined ? {} : { connReuseMode }),
        },
      },
    );
    const few = send(0, { weight: 28_000 });
    send(0, { weight: 1000 });
    return [few, send(0)].map(({ isReused, losesFirst }) => [isReused, losesFirst]);
  };
  it('go to the old server before Linux 5.9, or lose their first packet with conn_reuse_mode 1', () => {
    expect(ofKernel(5004)).toEqual([
      [false, false],
      [true, false],
    ]);
    expect(ofKernel(5004, 1)).toEqual([
      [false, false],
      [true, true],
    ]);
  });
  it('are new connections from 5.9 on, unless conn_reuse_mode is 0', () => {
    expect(ofKernel(5009)).toEqual([
      [false, false],
      [false, false],
    ]);
    expect(ofKernel(6008, 0)).toEqual([
      [false, false],
      [true, false],
    ]);
  });
});

describe('the rule book', () => {
  it('has for every node what counting all services anew gives, whatever is committed and synced in whatever order', () => {
    const shapes = [
      f.service(),
      f.service({ ...f.NODE_PORT, externalTrafficPolicy: 'Local' }),
      f.service({ internalTrafficPolicy: 'Local' }),
      f.service({ trafficDistribution: 'PreferSameZone', affinityTimeout: 1 }),
    ];
    const step = fc.oneof(
      fc.record({ service: fc.nat(3), endpoints: fc.uniqueArray(fc.nat(11), { maxLength: 6 }), ready: fc.nat(6) }),
      fc.record({ node: fc.nat(3) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const nodes = new NodeTable([f.pool({ count: 4, zones: ['a', 'b'] })]);
        const pods = new PodTable([key(0)], nodes);
        for (let pod = 0; pod < 12; pod++) pods.add(0, pod, 0, -1);
        for (let pod = 0; pod < 12; pod++) pods.node[pod] = pod % 4;
        const log = new ServiceLog(shapes.map(() => 1));
        const kinds = shapes.map(shapeOf);
        const chooser = new EndpointChooser(log, shapes, kinds, nodes, pods);
        const book = new RuleBook(log, kinds, chooser, { count: countIptables, kinds: IPTABLES_KINDS }, 1, 4);
        const inForce = [-1, -1, -1, -1];
        const total = new Float64Array(IPTABLES_KINDS);
        const changed = new Float64Array(IPTABLES_KINDS);
        const recount = (node: number, position: number, since: number): number[][] => {
          const sums = [new Array<number>(IPTABLES_KINDS).fill(0), new Array<number>(IPTABLES_KINDS).fill(0)];
          shapes.forEach((_, service) => {
            const entry = log.entryAt(service, position);
            if (entry < 0) return;
            const own = new Int32Array(IPTABLES_KINDS);
            chooser.choose(service, entry, node);
            countIptables(kinds[service]!, chooser.counts, 1, own, 0);
            own.forEach((n, kind) => {
              sums[0]![kind]! += n;
              if (entry > since) sums[1]![kind]! += n;
            });
          });
          return sums;
        };
        for (const what of steps) {
          if ('service' in what) {
            const ready = Math.min(what.ready, what.endpoints.length);
            const list = [
              ...what.endpoints.slice(0, ready).sort((a, b) => a - b),
              ...what.endpoints.slice(ready).sort((a, b) => a - b),
            ];
            book.onCommitted(log.append(what.service, 0, Number.NaN, Int32Array.from(list), ready));
            continue;
          }
          const { node } = what;
          const position = log.length - 1;
          book.between(node, inForce[node]!, position, changed, total);
          const [all, since] = recount(node, position, inForce[node]!);
          expect([...total]).toEqual(all);
          expect([...changed]).toEqual(since);
          book.commit(node);
          inForce[node] = position;
          book.totals(node, position, total);
          expect([...total]).toEqual(all);
          log.compact(Math.min(...inForce));
        }
      }),
      { seed: 6, numRuns: 300 },
    );
  });
});
