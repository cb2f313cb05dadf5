// NetworkPolicies: what they let through, when nodes know of them, what they cost; and how manifests become policies.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUILT_IN } from '../../src/catalogue.js';
import { type ClusterSpec, type NetworkPolicySpec, PacketSource, type PolicyRule } from '../../src/cluster/index.js';
import { seconds } from '../../src/engine/index.js';
import { histogramOf } from '../../src/metrics/index.js';
import type { RunResult } from '../../src/results/index.js';
import { Run, simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';
import { loadTexts, problemsOf } from '../fixtures/scenario.js';

const S = 1e9;
const rule = (overrides: Partial<PolicyRule> = {}): PolicyRule => ({
  isEverybody: false,
  workloads: [],
  outside: false,
  isAnyAddress: false,
  ports: [],
  ...overrides,
});
const policy = (overrides: Partial<NetworkPolicySpec> = {}): NetworkPolicySpec => ({
  namespace: 'default',
  name: 'policy',
  manifestName: 'policy',
  app: 'web',
  workloads: [0],
  ...overrides,
});
const pluginOf = (variant: string): string =>
  BUILT_IN.networkPlugins.all.find(({ variants }) => variants.some(({ name }) => name === variant))!.name;

/** A server, a client that is let in, and one that is not; two nodes. */
const cluster = (networkPolicies: NetworkPolicySpec[], variant: string, overrides: Partial<ClusterSpec> = {}) =>
  f.cluster({
    nodePools: [f.pool({ count: 2 })],
    workloads: [
      f.running({ name: 'server', app: 'server' }),
      f.running({ name: 'friend', app: 'friend' }),
      f.running({ name: 'stranger', app: 'stranger' }),
    ],
    services: [f.service()],
    networkPolicies,
    network: { ...f.cluster().network, plugin: pluginOf(variant), variant },
    traffic: (['friend', 'stranger'] as const).map((app) =>
      f.traffic(10, { from: { kind: 'app', app }, timeout: seconds(5) }),
    ),
    ...overrides,
  });
const lets = policy({ ingress: [rule({ workloads: [[1]] })] });
const outcomesOf = (result: RunResult, traffic: number) =>
  Object.fromEntries(
    result.requests
      .filter((row) => row.traffic === traffic && row.outcome !== 'unfinished')
      .map(({ outcome, cause, requests }) => [`${outcome} ${cause}`, requests]),
  );

describe('a policy', () => {
  it.each(['calico-bgp', 'calico-ebpf', 'cilium-native', 'weave-fastdp'] as const)(
    'lets its peers in and drops the others in %s',
    (variant) => {
      const result = simulate(cluster([lets], variant), 'p');
      expect(Object.keys(outcomesOf(result, 0))).toEqual(['ok none']);
      expect(Object.keys(outcomesOf(result, 1))).toEqual(['timed_out network_policy']);
      const [all, own] = result.policies;
      expect(all!.denied).toBeGreaterThan(550);
      expect(own!.denied).toBe(all!.denied);
    },
  );
  it('is ignored by flannel', () => {
    const result = simulate(cluster([lets], 'flannel-vxlan'), 'p');
    expect(Object.keys(outcomesOf(result, 1))).toEqual(['ok none']);
  });
  it('about what goes out is asked at the client', () => {
    const closed = policy({ workloads: [1], egress: [] });
    const open = policy({ workloads: [2], egress: [rule({ workloads: [[0]] })] });
    const result = simulate(cluster([closed, open], 'calico-bgp'), 'p');
    expect(Object.keys(outcomesOf(result, 0))).toEqual(['timed_out network_policy']);
    expect(Object.keys(outcomesOf(result, 1))).toEqual(['ok none']);
  });
  it('is about ports: the pod’s, not the service’s', () => {
    const of = (from: number, to: number) =>
      simulate(
        cluster(
          [policy({ ingress: [rule({ isEverybody: true, ports: [{ protocol: 'TCP', from, to }] })] })],
          'calico-bgp',
        ),
        'p',
      );
    expect(Object.keys(outcomesOf(of(80, 80), 0))).toEqual(['ok none']);
    expect(Object.keys(outcomesOf(of(8000, 9000), 0))).toEqual(['timed_out network_policy']);
  });
  it('lets a node reach its own pods, and other nodes only by address', () => {
    const of = (outside: boolean) =>
      simulate(
        cluster([policy({ ingress: [rule({ outside })] })], 'calico-bgp', {
          traffic: [f.traffic(20, { timeout: seconds(2) })],
        }),
        'p',
      );
    expect(Object.keys(outcomesOf(of(true), 0))).toEqual(['ok none']);
    expect(Object.keys(outcomesOf(of(false), 0)).sort()).toEqual(['ok none', 'timed_out network_policy']);
  });
  it('keeps somebody outside away from a node’s own pods too', () => {
    for (const externalTrafficPolicy of ['Local', 'Cluster'] as const) {
      const spec = cluster([policy({ ingress: [] })], 'calico-bgp', {
        services: [f.service({ ...f.NODE_PORT, loadBalancerIps: 1, externalTrafficPolicy })],
        traffic: [f.traffic(20, { from: { kind: 'outside' }, address: 'loadBalancer', timeout: seconds(2) })],
      });
      expect(Object.keys(outcomesOf(simulate(spec, 'p'), 0))).toEqual(['timed_out network_policy']);
    }
  });
  it('is not about pods with the network of their node, which have its address', () => {
    const onHost = f.running({
      name: 'server',
      app: 'server',
      template: f.template({ hostNetwork: true }),
    });
    const of = (policies: NetworkPolicySpec[], own: number) => {
      const workloads = [...cluster([], 'calico-bgp').workloads];
      workloads[own] = { ...onHost, name: workloads[own]!.name, app: workloads[own]!.app };
      return outcomesOf(
        simulate(cluster(policies, 'calico-bgp', { workloads, nodePools: [f.pool({ count: 3 })] }), 'p'),
        1,
      );
    };
    expect(Object.keys(of([policy({ ingress: [] })], 0))).toEqual(['ok none']);
    // The stranger by address, not by its labels.
    const byLabels = rule({ workloads: [[2]] });
    const isOnOther = of([policy({ ingress: [byLabels] })], 2);
    expect(Object.keys(isOnOther)).toEqual(['timed_out network_policy']);
    expect(Object.keys(of([policy({ ingress: [rule({ outside: true })] })], 2))).toEqual(['ok none']);
  });
  it('that names every address means pods too, but to Cilium', () => {
    const all = [policy({ ingress: [rule({ outside: true, isAnyAddress: true })] })];
    expect(Object.keys(outcomesOf(simulate(cluster(all, 'calico-ebpf'), 'p'), 1))).toEqual(['ok none']);
    expect(Object.keys(outcomesOf(simulate(cluster(all, 'cilium-native'), 'p'), 1))).toEqual([
      'timed_out network_policy',
    ]);
  });
  it('decides as the words of the API say, whatever policies there are', () => {
    const peers = fc.record({
      workloads: fc.array(fc.subarray([0, 1, 2]), { maxLength: 2 }),
      outside: fc.boolean(),
      isEverybody: fc.boolean(),
    });
    const rules = fc.option(fc.array(peers.map(rule), { maxLength: 2 }), { nil: undefined });
    const policies = fc.array(
      fc
        .record({ workloads: fc.subarray([0, 1, 2]), ingress: rules, egress: rules })
        .map(({ workloads, ingress, egress }) =>
          policy({
            workloads,
            ...(ingress === undefined ? {} : { ingress }),
            ...(egress === undefined ? {} : { egress }),
          }),
        ),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(policies, fc.nat(2), fc.constantFrom(-1, 0, 1, 2), (networkPolicies, to, from) => {
        const run = new Run(
          cluster(networkPolicies, 'calico-bgp', { traffic: [], nodePools: [f.pool({ count: 4 })] }),
          'n',
        );
        const { node } = run.cluster.context.pods;
        const free = [0, 1, 2, 3].find((n) => n !== node[to])!;
        const kind = from < 0 ? PacketSource.Node : PacketSource.Pod;
        const client = { from: kind, pod: from, node: from < 0 ? free : node[from]! };
        const passes = (direction: 'ingress' | 'egress', subject: number, peer: number): boolean => {
          const about = networkPolicies.filter((p) => p.workloads.includes(subject) && p[direction] !== undefined);
          return (
            about.length === 0 ||
            about.some((p) =>
              p[direction]!.some(
                (r) => r.isEverybody || (peer < 0 ? r.outside : r.workloads.some((list) => list.includes(peer))),
              ),
            )
          );
        };
        const expected = from === to || (passes('ingress', to, from) && (from < 0 || passes('egress', from, to)));
        expect(run.cluster.policies.allows(client, { pod: to, node: node[to]! }, 80, 'TCP', 1)).toBe(expected);
      }),
      { seed: 9, numRuns: 300 },
    );
  });
});

describe('programming', () => {
  it('makes a new policy count from when the node of its pods has applied it', () => {
    const result = simulate(cluster([{ ...lets, createdAt: f.at(20) }], 'calico-bgp'), 'p');
    const found = outcomesOf(result, 1);
    // 10 a second for 20 s and some.
    expect(found['ok none']).toBeGreaterThanOrEqual(200);
    expect(found['ok none']).toBeLessThanOrEqual(203);
    const delay = result.series.find(
      ({ metric }) => metric === 'kubelapse_network_policy_implementation_delay_seconds',
    )!;
    expect(delay.histogram.count).toBe(1);
    expect(delay.histogram.max / S).toBeLessThan(0.5);
    expect(result.policies[0]!.applies).toBe(1);
  });
  it('of many policies at once waits in the agent’s queue, and is taken together where iptables does it', () => {
    const many = Array.from({ length: 200 }, () => ({ ...lets, createdAt: f.at(20) }));
    const of = (variant: string) => simulate(cluster(many, variant), 'p').policies[0]!;
    expect(of('calico-bgp').applies).toBeLessThan(20);
    // Each policy has the endpoint regenerated: 200 times 80 ms.
    expect(of('cilium-native').cpuTime / S).toBeCloseTo(16, 0);
  });
  it('takes longer where the agent lacks CPU', () => {
    const burning = (servingCpuMillis: number) => ({
      nodePools: [f.pool({ count: 1, cpuMillis: 4000, cpuCapacityMillis: 4000 })],
      workloads: [
        f.running({
          name: 'server',
          app: 'server',
          replicas: 20,
          template: f.template({
            cpuRequestMillis: 100,
            containers: [f.container({ cpuRequestMillis: 100, behavior: f.behavior({ servingCpuMillis }) })],
          }),
        }),
      ],
      traffic: [],
    });
    const delay = (variant: string, millis: number) => {
      const written = policy({ workloads: [0], ingress: [rule({ isEverybody: true })], createdAt: f.at(20) });
      const result = simulate(cluster([written], variant, burning(millis)), 'p');
      return (
        result.series.find(({ metric }) => metric === 'kubelapse_network_policy_implementation_delay_seconds')!
          .histogram.max / S
      );
    };
    // Twenty endpoints, four at a time: 0.4 s and the watch; with nothing but the weight of BestEffort, many times that.
    expect(delay('cilium-native', 0)).toBeLessThan(0.6);
    expect(delay('cilium-native', 1000)).toBeGreaterThan(5);
    // Calico asks for a quarter of a core.
    expect(delay('calico-bgp', 1000)).toBeGreaterThan(delay('calico-bgp', 0));
    expect(delay('calico-bgp', 1000)).toBeLessThan(1);
  });
  it('is written when the API server is back, and has no part before', () => {
    const outage = { type: 'ApiServerOutage', at: f.at(10), duration: seconds(20) } as const;
    const result = simulate(cluster([{ ...lets, createdAt: f.at(15) }], 'calico-bgp', { faults: [outage] }), 'p');
    expect(outcomesOf(result, 1)['ok none']).toBeGreaterThanOrEqual(300);
    const late = [lets, { ...lets, name: 'late', manifestName: 'late', createdAt: f.at(59) }];
    const rows = simulate(cluster(late, 'calico-bgp'), 'p').policies;
    expect(rows.find(({ policy }) => policy === 'late')!.denied).toBeLessThan(40);
  });
  it('lets a new pod in a moment after it has its address', () => {
    const spec = cluster([lets], 'calico-bgp', {
      workloads: [
        f.running({ name: 'server', app: 'server' }),
        f.workload({ name: 'friend', app: 'friend', replicas: 30, createdAt: f.at(5) }),
        f.running({ name: 'stranger', app: 'stranger' }),
      ],
      traffic: [],
      duration: seconds(30),
    });
    const run = new Run(spec, 'new');
    let refused = 0;
    let seen = 0;
    const { pods } = run.cluster.context;
    for (let t = 5; t < 20; t += 0.01) {
      run.advanceTo(f.at(t));
      for (let pod = 2; pod < pods.count; pod++) {
        if (pods.workload[pod] !== 1 || run.cluster.network.addressSince(pod) > f.at(t)) continue;
        seen++;
        const client = { from: PacketSource.Pod, pod, node: pods.node[pod]! };
        if (!run.cluster.policies.allows(client, { pod: 0, node: pods.node[0]! }, 80, 'TCP', 1)) refused++;
      }
    }
    // 30 pods, some 35 ms each of steps of 10 ms.
    expect(refused).toBeGreaterThan(20);
    expect(refused).toBeLessThan(400);
    expect(seen).toBeGreaterThan(10_000);
  });
  it('holds the iptables lock, for which kube-proxy waits', () => {
    // One every 20 ms for 6 s: the agent is always at it, 30 ms each.
    const of = (variant: string) => {
      const many = Array.from({ length: 300 }, (_, i) => ({ ...lets, createdAt: f.at(20 + i * 0.02) }));
      const probes = [f.probe('readiness', { period: seconds(1), failureThreshold: 1 })];
      const server = f.template({ containers: [f.container({ probes })] });
      const spec = cluster(many, variant, {
        traffic: [],
        workloads: [f.running({ name: 'server', app: 'server', template: server }), f.running(), f.running()],
        faults: [{ type: 'ReadinessFlap', at: f.at(20), duration: seconds(20), workloads: [0], pods: { count: 1 } }],
      });
      return simulate(spec, 'l').syncs.reduce((sum, { lockWait }) => sum + lockWait, 0);
    };
    expect(of('calico-bgp')).toBeGreaterThan(0);
    expect(of('cilium-native')).toBe(0);
  });
});

describe('what it costs', () => {
  const setup = (count: number, variant: string): number => {
    const policies = Array.from({ length: count }, () => lets);
    const result = simulate(cluster(policies, variant, { nodePools: [f.pool()] }), 'c');
    const setup = result.series.find(({ metric }) => metric === 'kubelapse_connection_setup_duration_seconds')!;
    return histogramOf(setup.histogram).mean;
  };
  it('with iptables grows with the policies of the pod: 0.26 us each', () => {
    expect(setup(201, 'calico-bgp') - setup(1, 'calico-bgp')).toBeCloseTo(200 * 260, -1);
  });
  it('with eBPF does not', () => {
    expect(setup(201, 'cilium-native')).toBe(setup(1, 'cilium-native'));
  });
});

describe('manifests', () => {
  const scenario = (network: string, docs: string): Record<string, string> => ({
    's.yaml': `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: s}
spec:
  nodePools: [{name: n, count: 1, capacity: {cpu: "8", memory: 32Gi}}]
  network: ${network}
  apps:
    - {name: web, copies: 2, manifests: [web.yaml]}
    - {name: shop, manifests: [shop.yaml]}
`,
    'web.yaml': `${app('web', 'http')}---\n${docs}`,
    'shop.yaml': app('shop', 'http'),
  });
  const app = (name: string, port: string) => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: c, image: i, ports: [{name: ${port}, containerPort: 8080}]}]}
`;
  const policyOf = (spec: string) => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p}
spec: ${spec}
`;
  const read = (spec: string, more = '') =>
    loadTexts(scenario('{plugin: calico}', policyOf(spec) + more)).points[0]!.spec.networkPolicies;
  it('are stamped out with their bundle; peers are their own copy and all of other applications', () => {
    const [first, second] = read('{podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {}}]}]}');
    expect([first!.name, second!.name]).toEqual(['p-0', 'p-1']);
    expect([first!.workloads, second!.workloads]).toEqual([[0], [1]]);
    expect(first!.ingress![0]!.workloads.flat()).toEqual([0, 2]);
    expect(second!.ingress![0]!.workloads.flat()).toEqual([1, 2]);
    expect(first!.egress).toBeUndefined();
  });
  it('without rules forbid everything, with an empty rule nothing', () => {
    expect(read('{podSelector: {}}')[0]).toMatchObject({ ingress: [] });
    expect(read('{podSelector: {}, ingress: [{}]}')[0]!.ingress).toMatchObject([{ isEverybody: true }]);
    expect(read('{podSelector: {}, egress: []}')[0]).toMatchObject({ ingress: [], egress: [] });
    expect(read('{podSelector: {}, policyTypes: [Egress]}')[0]!.ingress).toBeUndefined();
  });
  it('resolve the names of ports, and ranges', () => {
    const ports =
      '{podSelector: {}, ingress: [{ports: [{port: http}, {port: 9000, endPort: 9100, protocol: UDP}, {port: nobody}]}]}';
    expect(read(ports)[0]!.ingress![0]!.ports).toEqual([
      { protocol: 'TCP', from: 8080, to: 8080 },
      { protocol: 'UDP', from: 9000, to: 9100 },
      { protocol: 'TCP', from: -1, to: -1 },
    ]);
  });
  it('know namespaces by their names, and by the labels of their objects', () => {
    const of = (selector: string) => `{podSelector: {}, ingress: [{from: [{namespaceSelector: ${selector}}]}]}`;
    expect(read(of('{}'))[0]!.ingress![0]!.workloads.flat()).toEqual([0, 2]);
    expect(read(of('{matchLabels: {kubernetes.io/metadata.name: other}}'))[0]!.ingress![0]!.workloads).toEqual([]);
    const team = of('{matchLabels: {team: a}}');
    expect(read(team)[0]!.ingress![0]!.workloads).toEqual([]);
    const labelled = '---\napiVersion: v1\nkind: Namespace\nmetadata: {name: default, labels: {team: a}}\n';
    expect(read(team, labelled)[0]!.ingress![0]!.workloads.flat()).toEqual([0, 2]);
  });
  it('say what is wrong with them', () => {
    const wrong = '{podSelector: {}, policyTypes: [Inbound], ingress: [{from: [{}]}]}';
    const problems = problemsOf(() => loadTexts(scenario('{plugin: calico}', policyOf(wrong))));
    expect(problems.join('\n')).toMatch(/"Inbound" is not accepted; must be Ingress, Egress/);
    expect(problems.join('\n')).toMatch(/has none of podSelector, namespaceSelector and ipBlock/);
  });
  it.each([
    ['{podSelector: {app: web}}', /podSelector\.app: is not known here; accepted: matchLabels, matchExpressions/],
    ['{podSelector: {}, ingress: [{form: []}]}', /form: is not known here; accepted: from, ports/],
    ['{podSelector: {}, egress: [{from: []}]}', /from: is not known here; accepted: to, ports/],
    ['{podSelector: {}, ingress: [{ports: [{port: 99999}]}]}', /must be a port from 1 to 65535, not 99999/],
    ['{podSelector: {}, ingress: [{ports: [{port: 90, endPort: 80}]}]}', /must be a port that is not below/],
    ['{podSelector: {}, ingress: [{from: [{ipBlock: {}}]}]}', /cidr: is required/],
  ])('%s is refused', (spec, message) => {
    expect(problemsOf(() => loadTexts(scenario('{plugin: calico}', policyOf(spec)))).join('\n')).toMatch(message);
  });
  it('say what of them is not modelled, or counts for nothing', () => {
    const said = (spec: string): string =>
      loadTexts(scenario('{plugin: calico}', policyOf(spec)))
        .warnings.map(({ message }) => message)
        .join('\n');
    expect(said('{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}')).toMatch(
      /10.0.0.0\/8 is treated as all addresses outside the cluster/,
    );
    expect(said('{podSelector: {}, policyTypes: [Ingress], egress: [{}]}')).toMatch(/applies only if policyTypes has/);
    expect(said('{podSelector: {matchLabels: {app: nobody}}}')).toMatch(/p selects no pod of namespace default/);
  });
  it('name ports of the pods that are connected to', () => {
    const egress =
      '{podSelector: {}, egress: [{to: [{podSelector: {matchLabels: {app: shop}}}], ports: [{port: sell}]}]}';
    const files = { ...scenario('{plugin: calico}', policyOf(egress)), 'shop.yaml': app('shop', 'sell') };
    const [policy] = loadTexts(files).points[0]!.spec.networkPolicies;
    expect(policy!.egress![0]!.ports).toEqual([{ protocol: 'TCP', from: 8080, to: 8080 }]);
  });
  it('in an application of their own are about the pods of all', () => {
    const files = scenario('{plugin: calico}', '');
    const alone = {
      ...files,
      'web.yaml': app('web', 'http'),
      's.yaml': `${files['s.yaml']}    - {name: closed, manifests: [closed.yaml]}\n`,
      'closed.yaml': policyOf('{podSelector: {}}'),
    };
    expect(loadTexts(alone).points[0]!.spec.networkPolicies.map(({ workloads }) => workloads)).toEqual([[0, 1, 2]]);
  });
  it('have no effect with flannel, which is said', () => {
    const { warnings } = loadTexts(scenario('{plugin: flannel}', policyOf('{podSelector: {}}')));
    expect(warnings.map(({ message }) => message)).toContain(
      'flannel enforces no NetworkPolicy: 2 of them have no effect',
    );
  });
});
