// The schedulers of IPVS against histories made by hand, and what a virtual server remembers.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUILT_IN } from '../../src/catalogue.js';
import { ParameterSet } from '../../src/cluster/index.js';
import { RandomStream } from '../../src/engine/index.js';
import type { Connection, IpvsScheduler, RealServer } from '../../src/kube-proxy/index.js';
import { RoundRobinCursors } from '../../src/kube-proxy/modes/ipvs/round-robin-cursors.js';
import { MAGLEV_SLOTS, maglevTable } from '../../src/kube-proxy/modes/ipvs/schedulers.js';
import { VirtualServer } from '../../src/kube-proxy/modes/ipvs/virtual-server.js';
import { key } from '../fixtures/keys.js';

type Server = { -readonly [K in keyof RealServer]: RealServer[K] };
const server = (pod: number, weight = 1): Server => ({
  pod,
  address: 0x0a800002 + pod,
  weight,
  active: 0,
  inactive: 0,
});
const from = (source: number, sourcePort = 40_000): Connection => ({
  source,
  sourcePort,
  destination: 7,
  time: 0,
  choice: 0.5,
});

/** Opens so many connections that stay, and tells which pods got them. */
function history(scheduler: IpvsScheduler, servers: Server[], connections: number, connection = from(1)): number[] {
  return Array.from({ length: connections }, () => {
    const chosen = scheduler.choose(servers, connection) as Server | undefined;
    if (chosen === undefined) return -1;
    chosen.active++;
    return chosen.pod;
  });
}

function ready(name: string, servers: RealServer[]): IpvsScheduler {
  const scheduler = BUILT_IN.loadBalancers.get(name).create({ parameters: ParameterSet.DEFAULTS });
  scheduler.onChanged(servers);
  return scheduler;
}

describe('rr', () => {
  it('is the same where only turns are remembered, as long as no endpoint comes back', () => {
    const changes = fc.array(
      fc.record({ leaves: fc.nat(), comes: fc.integer({ min: 0, max: 2 }), connections: fc.nat(5) }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(changes, fc.nat(6), (steps, start) => {
        const server = new VirtualServer(BUILT_IN.loadBalancers.get('rr'), ParameterSet.DEFAULTS, (pod) => pod);
        const turns = new RoundRobinCursors();
        let pods = [0, 1, 2];
        let next = 3;
        let last = -1;
        server.setEndpoints(Int32Array.from(pods), 3, 0);
        server.skip(start % 3);
        for (const { leaves, comes, connections } of steps) {
          for (let i = 0; i < connections; i++) {
            const slow = server.open({ source: 1, sourcePort: 1, destination: 1, time: 0, choice: 0.5 }, 1);
            expect(turns.take(7, Int32Array.from(pods), pods.length, start % 3)).toBe(slow);
            server.close(slow, 1, 0);
            last = slow;
          }
          // The one that had the last turn stays, for where it stood is then a matter of what went before.
          const others = pods.filter((pod) => pod !== last);
          if (last >= 0 && others.length > 1) pods = pods.filter((pod) => pod !== others[leaves % others.length]);
          for (let i = 0; last >= 0 && i < comes; i++) pods.push(next++);
          server.setEndpoints(Int32Array.from(pods), pods.length, 0);
        }
      }),
      { seed: 11 },
    );
  });
  it('goes round, and goes on where it stood when a server leaves', () => {
    const servers = [server(0), server(1), server(2)];
    const rr = ready('rr', servers);
    expect(history(rr, servers, 4)).toEqual([0, 1, 2, 0]);
    const [removed] = servers.splice(0, 1);
    rr.onChanged(servers, { server: removed!, before: undefined });
    expect(history(rr, servers, 3)).toEqual([1, 2, 1]);
  });
  it('passes over servers that are removed, and has nobody when all are', () => {
    const servers = [server(0), server(1, 0), server(2)];
    expect(history(ready('rr', servers), servers, 3)).toEqual([0, 2, 0]);
    expect(history(ready('rr', [server(0, 0)]), [server(0, 0)], 1)).toEqual([-1]);
  });
});

describe('wrr', () => {
  it('with weights 4, 3, 2 has the kernel documentation’s order AABABCABC', () => {
    const servers = [server(0, 4), server(1, 3), server(2, 2)];
    expect(history(ready('wrr', servers), servers, 9)).toEqual([0, 0, 1, 0, 1, 2, 0, 1, 2]);
  });
  it('with kube-proxy’s weights of 1 is rr', () => {
    const servers = [server(0), server(1), server(2)];
    expect(history(ready('wrr', servers), servers, 7)).toEqual([0, 1, 2, 0, 1, 2, 0]);
  });
});

describe('lc and wlc', () => {
  it('take the least loaded, the first of several; what is over counts a 256th', () => {
    const servers = [server(0), server(1), server(2)];
    servers[0]!.inactive = 5;
    servers[2]!.active = 1;
    for (const name of ['lc', 'wlc'] as const) {
      const fresh = servers.map((s) => ({ ...s }));
      expect(history(ready(name, fresh), fresh, 4)).toEqual([1, 0, 1, 2]);
    }
  });
  it('wlc shares by weight, lc does not', () => {
    const weighted = () => [server(0, 3), server(1, 1)];
    const wlc = weighted();
    history(ready('wlc', wlc), wlc, 40);
    expect(wlc.map(({ active }) => active)).toEqual([30, 10]);
    const lc = weighted();
    history(ready('lc', lc), lc, 40);
    expect(lc.map(({ active }) => active)).toEqual([20, 20]);
  });
});

describe('sed and nq', () => {
  it('sed sends the first to the heaviest, nq the second to one that has nothing to do', () => {
    const weighted = () => [server(0, 3), server(1, 1)];
    const sed = weighted();
    expect(history(ready('sed', sed), sed, 4)).toEqual([0, 0, 0, 1]);
    const nq = weighted();
    expect(history(ready('nq', nq), nq, 4)).toEqual([0, 1, 0, 0]);
  });
});

describe('sh', () => {
  it('gives each client the server of its slot: 256 slots filled in turn', () => {
    const servers = [server(0), server(1), server(2)];
    const sh = ready('sh', servers);
    for (const source of [0x0a800005, 0x0a8000ff, 0xac100001]) {
      const slot = Number(((BigInt(source) * 0x61c88647n) & 0xffffffffn) >> 24n);
      expect(history(sh, servers, 2, from(source))).toEqual([slot % 3, slot % 3]);
    }
  });
  it('refuses the clients of a server that is removed, until it is gone', () => {
    const servers = [server(0), server(1)];
    const sh = ready('sh', servers);
    const source = [0, 1, 2, 3].find((s) => sh.choose(servers, from(s))!.pod === 1)!;
    servers[1]!.weight = 0;
    sh.onChanged(servers);
    expect(sh.choose(servers, from(source))).toBeUndefined();
    servers.pop();
    sh.onChanged(servers);
    expect(sh.choose(servers, from(source))!.pod).toBe(0);
  });
});

describe('dh, lblc and lblcr', () => {
  it('dh sends everything to one server, because the destination is always the same', () => {
    const servers = [server(0), server(1), server(2)];
    expect(new Set(history(ready('dh', servers), servers, 20)).size).toBe(1);
  });
  it('lblc stays with a server until it has more than its weight and another is idle', () => {
    const servers = [server(0), server(1), server(2)];
    // The second connection makes it overloaded: two are more than 1, and another has none.
    expect(history(ready('lblc', servers), servers, 6)).toEqual([0, 0, 1, 1, 2, 2]);
  });
  it('lblcr adds to its set instead, and takes the least loaded of it', () => {
    const servers = [server(0), server(1), server(2)];
    expect(history(ready('lblcr', servers), servers, 6)).toEqual([0, 0, 1, 1, 2, 2]);
    // All in the set and none idle: least loaded of the set.
    servers[1]!.active = 0;
    expect(history(ready('lblcr', servers), servers, 1)).toEqual([1]);
  });
});

describe('mh', () => {
  it('fills every slot, each server as often as any other up to one', () => {
    const servers = Array.from({ length: 7 }, (_, i) => server(i));
    const counts = new Map<number, number>();
    for (const slot of maglevTable(servers)) counts.set(slot!.pod, (counts.get(slot!.pod) ?? 0) + 1);
    expect([...counts.values()].reduce((a, b) => a + b, 0)).toBe(MAGLEV_SLOTS);
    expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(1);
  });
  it('moves few clients when a server leaves: hardly any of those of the others', () => {
    const servers = Array.from({ length: 10 }, (_, i) => server(i));
    const before = maglevTable(servers);
    const after = maglevTable(servers.slice(0, 9));
    let moved = 0;
    before.forEach((s, slot) => {
      if (s!.pod !== 9 && after[slot]!.pod !== s!.pod) moved++;
    });
    expect(moved / MAGLEV_SLOTS).toBeLessThan(0.1);
  });
  it('spreads the connections of one client, because its port counts too', () => {
    const servers = Array.from({ length: 5 }, (_, i) => server(i));
    const mh = ready('mh', servers);
    const counts = new Array<number>(5).fill(0);
    for (let port = 0; port < 20_000; port++) counts[mh.choose(servers, from(1, port))!.pod]!++;
    // Binomial with mean 4,000: sd 57.
    for (const count of counts) expect(Math.abs(count - 4000)).toBeLessThan(300);
  });
});

describe('a virtual server', () => {
  const pods = (...list: number[]) => Int32Array.from(list);
  it('has new servers in front, as the kernel’s list', () => {
    const vs = new VirtualServer(BUILT_IN.loadBalancers.get('rr'), ParameterSet.DEFAULTS, (pod) => pod);
    vs.setEndpoints(pods(1, 2, 3), 3, 0);
    expect(vs.servers.map(({ pod }) => pod)).toEqual([3, 2, 1]);
  });
  it('keeps a server that has connections at weight 0, for 120 s after they are over, and then takes it away', () => {
    const vs = new VirtualServer(BUILT_IN.loadBalancers.get('rr'), ParameterSet.DEFAULTS, (pod) => pod);
    vs.setEndpoints(pods(1, 2), 2, 0);
    const opened = [vs.open(from(1), 1), vs.open(from(1), 1)];
    expect(opened.sort()).toEqual([1, 2]);
    vs.setEndpoints(pods(2), 1, 10e9);
    expect(vs.servers.map(({ pod, weight }) => [pod, weight])).toEqual([
      [2, 1],
      [1, 0],
    ]);
    expect(vs.open(from(1), 1)).toBe(2);
    vs.close(1, 1, 20e9);
    vs.collect(130e9);
    expect(vs.servers.length).toBe(2);
    vs.collect(141e9);
    expect(vs.servers.map(({ pod }) => pod)).toEqual([2]);
  });
  it('deletes one without connections at once, and begins anew with one that comes back', () => {
    const vs = new VirtualServer(BUILT_IN.loadBalancers.get('lc'), ParameterSet.DEFAULTS, (pod) => pod);
    vs.setEndpoints(pods(1, 2), 2, 0);
    vs.setEndpoints(pods(1), 1, 0);
    expect(vs.servers.map(({ pod }) => pod)).toEqual([1]);
    vs.open(from(1), 3);
    vs.setEndpoints(pods(2), 1, 0);
    expect(vs.servers.map(({ pod, weight }) => [pod, weight])).toEqual([
      [2, 1],
      [1, 0],
    ]);
    vs.setEndpoints(pods(1, 2), 2, 0);
    expect(vs.servers.map(({ pod, weight, active }) => [pod, weight, active])).toEqual([
      [1, 1, 0],
      [2, 1, 0],
    ]);
  });
});

describe('shares', () => {
  it('of the hash of the source are those of so many clients thrown at random', () => {
    const servers = Array.from({ length: 4 }, (_, i) => server(i));
    const sh = ready('sh', servers);
    const stream = new RandomStream('sh', 'clients');
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 8000; i++) counts[sh.choose(servers, from(stream.below(2 ** 31, key(0), i)))!.pod]!++;
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });
});
