// Rule counts and the way of a first packet against a slow twin that builds the rule set as a list and walks it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUILT_IN } from '../../src/catalogue.js';
import { ParameterSet, type ServiceSpec } from '../../src/cluster/index.js';
import { RandomStream } from '../../src/engine/index.js';
import { type EndpointCounts, emptyQuestion, shapeOf } from '../../src/kube-proxy/index.js';
import {
  countIptables,
  FIXED_FILTER_RULES,
  FIXED_NAT_RULES,
  filterRules,
  IPTABLES_KINDS,
  Iptables,
  natRules,
} from '../../src/kube-proxy/modes/iptables/rules.js';
import { countIpvs, IPVS_KINDS, Ipvs } from '../../src/kube-proxy/modes/ipvs/rules.js';
import { countNftables, NFTABLES_KINDS, Nftables } from '../../src/kube-proxy/modes/nftables/rules.js';
import * as f from '../fixtures/cluster.js';
import { key } from '../fixtures/keys.js';

interface Rule {
  readonly table: 'nat' | 'filter';
  readonly chain: string;
  /** What it matches; nothing: everything. */
  readonly match?: string;
  readonly jump?: string;
}

/** The rule set of some services as kube-proxy would write it, rule by rule. */
function ruleSet(services: readonly { spec: ServiceSpec; counts: EndpointCounts }[], m: number): Rule[] {
  const rules: Rule[] = [];
  const nat = (chain: string, match?: string, jump?: string): void => {
    rules.push({
      table: 'nat',
      chain,
      ...(match === undefined ? {} : { match }),
      ...(jump === undefined ? {} : { jump }),
    });
  };
  const filter = (chain: string, match: string): void => {
    rules.push({ table: 'filter', chain, match });
  };
  services.forEach(({ spec, counts: { cluster, local, reachable } }, s) => {
    const internalLocal = spec.internalTrafficPolicy === 'Local';
    spec.ports.forEach((port, p) => {
      const name = `${s}-${p}`;
      const addresses = [
        ...Array.from({ length: spec.externalIps }, (_, i) => `external${i}`),
        ...Array.from({ length: spec.loadBalancerIps }, (_, i) => `balancer${i}`),
      ];
      const external = addresses.length > 0 || port.hasNodePort;
      const externalLocal = external && spec.externalTrafficPolicy === 'Local';
      const any = cluster > 0 || local > 0;
      const internalOk = internalLocal ? local > 0 : cluster > 0;
      const externalOk = externalLocal ? local > 0 : cluster > 0;
      const guarded = any && spec.sourceRanges > 0 && spec.loadBalancerIps > 0;
      const internalChain = `${internalLocal ? 'SVL' : 'SVC'}-${name}`;
      if (internalOk) nat('KUBE-SERVICES', `${name} clusterIP`, internalChain);
      else filter('KUBE-SERVICES', `${name} clusterIP`);
      for (const address of addresses) {
        const chain = guarded && address.startsWith('balancer') ? `FW-${name}` : `EXT-${name}`;
        if (any) nat('KUBE-SERVICES', `${name} ${address}`, chain);
        if (!externalOk) filter('KUBE-EXTERNAL-SERVICES', `${name} ${address}`);
      }
      if (port.hasNodePort) {
        if (any) nat('KUBE-NODEPORTS', `${name} nodePort`, `EXT-${name}`);
        if (!externalOk) filter('KUBE-EXTERNAL-SERVICES', `${name} nodePort`);
      }
      if (guarded) {
        for (let r = 0; r < spec.sourceRanges; r++) nat(`FW-${name}`, `range${r}`, `EXT-${name}`);
        for (let i = 0; i < spec.loadBalancerIps; i++) filter('KUBE-PROXY-FIREWALL', `${name} balancer${i}`);
      }
      if (any && external) {
        if (externalLocal) {
          if (m === 1) nat(`EXT-${name}`, 'from a pod', `SVC-${name}`);
          nat(`EXT-${name}`, 'from the node', 'KUBE-MARK-MASQ');
          nat(`EXT-${name}`, 'from the node', `SVC-${name}`);
        } else nat(`EXT-${name}`, undefined, 'KUBE-MARK-MASQ');
        if (externalOk) nat(`EXT-${name}`, undefined, externalLocal ? `SVL-${name}` : `SVC-${name}`);
      }
      if (internalOk && m === 1) nat(internalChain, 'not from a pod', 'KUBE-MARK-MASQ');
      const choose = (chain: string, endpoints: number): void => {
        if (spec.affinityTimeout > 0) for (let e = 0; e < endpoints; e++) nat(chain, `recent ${e}`, `SEP-${name}-${e}`);
        for (let e = 0; e < endpoints; e++) nat(chain, `choice ${e}`, `SEP-${name}-${e}`);
      };
      if (!internalLocal || external) choose(`SVC-${name}`, cluster);
      if (internalLocal || externalLocal) choose(`SVL-${name}`, local);
      for (let e = 0; e < reachable; e++) {
        nat(`SEP-${name}-${e}`, 'from itself', 'KUBE-MARK-MASQ');
        nat(`SEP-${name}-${e}`, undefined, 'DNAT');
      }
    });
    if (spec.hasHealthCheckNodePort) filter('KUBE-NODEPORTS', `${s} health`);
  });
  nat('KUBE-SERVICES', 'to the node', 'KUBE-NODEPORTS');
  for (const match of ['unmarked', 'clear', 'masquerade']) nat('KUBE-POSTROUTING', match);
  nat('KUBE-MARK-MASQ', undefined, 'mark');
  for (const match of ['invalid', 'marked', 'established']) filter('KUBE-FORWARD', match);
  filter('KUBE-FIREWALL', 'localhost');
  return rules;
}

const services = fc.array(
  fc
    .record({
      ports: fc.integer({ min: 1, max: 3 }),
      hasNodePort: fc.boolean(),
      externalIps: fc.nat(2),
      loadBalancerIps: fc.nat(2),
      sourceRanges: fc.nat(2),
      internalLocal: fc.boolean(),
      externalLocal: fc.boolean(),
      affinity: fc.boolean(),
      cluster: fc.nat(6),
      local: fc.nat(3),
    })
    .map(({ ports, hasNodePort, internalLocal, externalLocal, affinity, cluster, local, ...rest }) => {
      const spec = f.service({
        ...rest,
        // A Service of type NodePort has one for each of its ports.
        ports: Array.from({ length: ports }, () => ({
          name: '',
          port: 80,
          targetPort: 80,
          protocol: 'TCP',
          hasNodePort,
        })),
        internalTrafficPolicy: internalLocal ? 'Local' : 'Cluster',
        externalTrafficPolicy: externalLocal ? 'Local' : 'Cluster',
        hasHealthCheckNodePort: externalLocal && rest.loadBalancerIps > 0,
        affinityTimeout: affinity ? 10_800e9 : 0,
      });
      const shape = shapeOf(spec);
      const usedLocal = shape.usesLocalEndpoints ? Math.min(local, cluster) : 0;
      const usedCluster = shape.usesClusterEndpoints ? cluster : 0;
      return { spec, counts: { cluster: usedCluster, local: usedLocal, reachable: Math.max(usedCluster, usedLocal) } };
    }),
  { maxLength: 8 },
);

/** Counts of services added up. */
function totalsOf(
  count: typeof countIptables,
  kinds: number,
  of: readonly { spec: ServiceSpec; counts: EndpointCounts }[],
  m: number,
): Float64Array {
  const totals = new Float64Array(kinds);
  for (const { spec, counts } of of) {
    const own = new Int32Array(kinds);
    count(shapeOf(spec), counts, m, own, 0);
    own.forEach((n, kind) => {
      totals[kind]! += n;
    });
  }
  return totals;
}

describe('iptables rules', () => {
  it('are as many as in the rule set written out, chain by chain', () => {
    fc.assert(
      fc.property(services, fc.constantFrom(0, 1), (some, m) => {
        const rules = ruleSet(some, m);
        const totals = totalsOf(countIptables, IPTABLES_KINDS, some, m);
        const isOwn = (chain: string): boolean => /^(SVC|SVL|EXT|FW|SEP)-/.test(chain);
        const nat = rules.filter(({ table }) => table === 'nat');
        expect(natRules(totals)).toBe(nat.length);
        expect(filterRules(totals)).toBe(rules.length - nat.length);
        expect(totals[Iptables.List]).toBe(nat.filter(({ chain }) => chain === 'KUBE-SERVICES').length - 1);
        expect(totals[Iptables.NodePorts]).toBe(nat.filter(({ chain }) => chain === 'KUBE-NODEPORTS').length);
        expect(totals[Iptables.ChainRules]).toBe(nat.filter(({ chain }) => isOwn(chain)).length);
        expect(totals[Iptables.Chains]).toBe(new Set(nat.map(({ chain }) => chain).filter(isOwn)).size);
      }),
      { seed: 3, numRuns: 300 },
    );
  });
  const rulesOf = (spec: ServiceSpec, copies: number, endpoints: number, m: number): [nat: number, filter: number] => {
    const counts = { cluster: endpoints, local: 0, reachable: endpoints };
    const totals = totalsOf(
      countIptables,
      IPTABLES_KINDS,
      Array.from({ length: copies }, () => ({ spec, counts })),
      m,
    );
    return [natRules(totals), filterRules(totals)];
  };
  it('match kube-nftlb’s count of 2020: 31, 151, 301 rules for 10, 50, 100 endpoints', () => {
    expect([10, 50, 100].map((n) => rulesOf(f.service(), 1, n, 0)[0] - FIXED_NAT_RULES)).toEqual([31, 151, 301]);
  });
  it('match what Kubernetes’ own tests state for S cluster IPs with e endpoints: 5 + S(2 + 3e) nat rules', () => {
    for (const [S, e] of [
      [1, 1],
      [1, 2],
      [10, 0],
      [10, 1],
      [10, 2],
      [100, 9],
    ] as const) {
      const [nat, filter] = rulesOf(f.service(), S, e, 1);
      expect(nat).toBe(e > 0 ? 5 + S * (2 + 3 * e) : 5);
      expect(filter).toBe(e > 0 ? FIXED_FILTER_RULES : FIXED_FILTER_RULES + S);
    }
  });
  it('and for load balancers with an external IP, a node port and a source range: 5 + S(8 + 3e)', () => {
    const balanced = f.service({
      ...f.NODE_PORT,
      externalIps: 1,
      loadBalancerIps: 1,
      sourceRanges: 1,
    });
    expect(rulesOf(balanced, 1, 1, 1)).toEqual([16, FIXED_FILTER_RULES + 1]);
    expect(rulesOf(balanced, 10, 2, 1)).toEqual([5 + 10 * (8 + 3 * 2), FIXED_FILTER_RULES + 10]);
    // Without an endpoint each of its four addresses is rejected.
    expect(rulesOf(balanced, 1, 0, 1)).toEqual([5, FIXED_FILTER_RULES + 4]);
  });
});

describe('a first packet', () => {
  const stream = new RandomStream('walk', 'packets');
  const cost = { traversed: 0, duration: 0 };
  const question = { ...emptyQuestion(), isForwarded: true };

  /** Walks the nat chains as the kernel does, and counts the rules that are tested. */
  function walk(rules: readonly Rule[], chain: string, matches: (match: string) => boolean): number {
    let tested = 0;
    for (const rule of rules.filter((r) => r.table === 'nat' && r.chain === chain)) {
      tested++;
      if (rule.match !== undefined && !matches(rule.match)) continue;
      if (rule.jump === undefined || rule.jump === 'KUBE-MARK-MASQ') continue;
      if (rule.jump === 'DNAT') return tested;
      return tested + walk(rules, rule.jump, matches);
    }
    return tested;
  }

  it('is tested against as many rules as a walk through the list meets', () => {
    const plain = services.map((list) =>
      list.map(({ counts }) => {
        const { cluster } = counts;
        return { spec: f.service(), counts: { cluster: cluster + 1, local: 0, reachable: cluster + 1 } };
      }),
    );
    fc.assert(
      fc.property(plain, fc.constantFrom(0, 1), fc.nat(), fc.nat(), (some, m, which, endpoint) => {
        if (some.length === 0) return;
        const rules = ruleSet(some, m);
        const s = which % some.length;
        const chosen = endpoint % some[s]!.counts.cluster;
        const walked = walk(
          rules,
          'KUBE-SERVICES',
          (match) => match === `${s}-0 clusterIP` || match === `choice ${chosen}`,
        );
        question.services = some.length;
        question.place = (s + 0.5) / some.length;
        question.endpoints = some[s]!.counts.cluster;
        question.chosen = chosen;
        question.masquerades = m;
        BUILT_IN.proxyModes.get('iptables').firstPacket(ParameterSet.DEFAULTS)(question, cost);
        // Jump 1, forward 4 + 3, postrouting 2: what lies outside these chains; KUBE-SEP's two are walked.
        expect(cost.traversed).toBe(walked + 1 + 4 + 3 + 2);
      }),
      { seed: 4 },
    );
  });
  it('to something that is no service, or on the node of its endpoint, is tested against the whole list', () => {
    const some = [4, 1, 7].map((n) => ({ spec: f.service(), counts: { cluster: n, local: 0, reachable: n } }));
    const walked = walk(ruleSet(some, 1), 'KUBE-SERVICES', () => false);
    expect(walked).toBe(3 + 1);
    BUILT_IN.proxyModes.get('iptables').arrival(ParameterSet.DEFAULTS)(3, 0, cost);
    expect(cost.traversed).toBe(walked + 1 + 4 + 3 + 2);
  });
  const ask = (mode: string, overrides: Partial<typeof question> = {}) => {
    const fresh = { ...question, services: 1000, place: 0.5, endpoints: 10, chosen: 5, masquerades: 1, ...overrides };
    BUILT_IN.proxyModes.get(mode).firstPacket(ParameterSet.DEFAULTS)(fresh, cost);
    return { ...cost };
  };
  it('in iptables mode pays k + i + m + 12 rules of 31 ns, and the rejects of services without endpoints', () => {
    expect(ask('iptables')).toEqual({ traversed: 501 + 6 + 1 + 12, duration: 520 * 31 + 650 });
    expect(ask('iptables', { filter: 7 }).traversed).toBe(527);
    expect(ask('iptables', { place: 0, chosen: 0, masquerades: 0 }).traversed).toBe(1 + 1 + 12);
    expect(ask('iptables', { place: 0.9999, chosen: 9 }).traversed).toBe(1000 + 10 + 1 + 12);
  });
  it('on average is tested against (S+1)/2 + (n+1)/2 + m + 12', () => {
    let sum = 0;
    for (let i = 0; i < 50_000; i++) {
      sum += ask('iptables', { place: stream.uniform(key(0), i), chosen: stream.below(10, key(1), i) }).traversed;
    }
    // sd of a uniform place 1…1000 is 289: standard error 1.3.
    expect(Math.abs(sum / 50_000 - (500.5 + 5.5 + 1 + 12))).toBeLessThan(5.2);
  });
  it('hardly grows with the services in IPVS mode, not at all with nftables and eBPF, and does with iptables', () => {
    const growth = (mode: string) => ask(mode, { services: 10_000 }).duration / ask(mode, { services: 100 }).duration;
    expect(growth('nftables')).toBe(1);
    expect(growth('ebpf')).toBe(1);
    expect(growth('ipvs')).toBeLessThan(1.3);
    expect(growth('iptables')).toBeGreaterThan(20);
  });
  it('of a host process is not forwarded, and one from outside meets more', () => {
    expect(ask('iptables', { isForwarded: false }).traversed).toBe(ask('iptables').traversed - 4);
    expect(ask('iptables', { isExternal: true, isMarked: true }).traversed).toBe(ask('iptables').traversed + 6);
  });
  it('to a node port is tested against the whole list first, then against the node ports', () => {
    // 1000 services and the list's tail, half of 200 node ports, EXT 2, then as any other.
    const toNodePort = { isExternal: true, isMarked: true, nodePorts: 200 };
    expect(ask('iptables', toNodePort).traversed).toBe(1000 + 1 + 101 + 2 + 3 + (6 + 1 + 12));
    // Of the node ports the hundred before it cost more: their ports are looked at.
    expect(ask('iptables', toNodePort).duration).toBe(1026 * 31 + 100 * 70 + 650);
  });
});

describe('the other modes', () => {
  const one = { spec: f.service(), counts: { cluster: 10, local: 0, reachable: 10 } };
  it('IPVS has a virtual server for each address and port, and its endpoints behind each', () => {
    const totals = totalsOf(countIpvs, IPVS_KINDS, [one], 0);
    expect([totals[Ipvs.VirtualServers], totals[Ipvs.RealServers]]).toEqual([1, 10]);
    const open = f.service({
      ...f.NODE_PORT,
      externalIps: 1,
    });
    const more = totalsOf(countIpvs, IPVS_KINDS, [{ ...one, spec: open }], 0);
    // The cluster IP, the external one, and the node port at two addresses.
    expect([more[Ipvs.VirtualServers], more[Ipvs.RealServers]]).toEqual([4, 40]);
  });
  it('nftables has an element, a chain for the service with one rule to choose, and a chain an endpoint', () => {
    const totals = totalsOf(countNftables, NFTABLES_KINDS, [one], 1);
    expect([totals[Nftables.Elements], totals[Nftables.Chains], totals[Nftables.Rules]]).toEqual([2, 11, 22]);
  });
});
