// Addresses that nodes ask their clouds for ahead of their pods.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUILT_IN } from '../../src/catalogue.js';
import { ParameterSet } from '../../src/cluster/index.js';
import {
  type AddressMachine,
  type AddressSite,
  type Allocation,
  networkParameters,
  stillSite,
  type WarmPools,
} from '../../src/cni/index.js';
import { interfacesOf } from '../../src/cni/plugins/aws-vpc.js';
import { RandomStreams, seconds } from '../../src/engine/index.js';
import { simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';

const S = 1e9;
const CIDR = { base: 0x0a000000, prefix: 16, nodePrefix: 24 };
const machine = (cores: number, instanceType: string, pods = Infinity): AddressMachine => ({
  cores,
  instanceType,
  pods,
});
const T3_SMALL = machine(2, 't3.small');
const P3DN = machine(96, 'p3dn.24xlarge');

/** One node and its agent; time goes on from wake to wake. */
class Bench {
  now = 0;
  wakes = 0;
  readonly #wakeAt: number[];
  readonly pools: WarmPools;
  readonly #allocation: Allocation = { address: -1, extra: 0, isNewBlock: false };

  constructor(
    plugin: string,
    settings: Readonly<Record<string, unknown>> = {},
    type: AddressMachine = T3_SMALL,
    seed = 'pools',
    cidr = CIDR,
    nodes = 1,
  ) {
    this.#wakeAt = new Array(nodes).fill(Infinity);
    const site: AddressSite = {
      ...stillSite(ParameterSet.DEFAULTS),
      settings,
      streams: new RandomStreams(seed),
      now: () => this.now,
      machineOf: () => type,
      wake: (node, at) => {
        this.#wakeAt[node] = at;
      },
    };
    this.pools = BUILT_IN.networkPlugins.get(plugin).addresses(nodes, cidr, networkParameters, site) as WarmPools;
  }

  take(node = 0): number {
    this.pools.allocate(node, this.#allocation);
    return this.#allocation.address;
  }

  seed(): number {
    this.pools.seed(0, this.#allocation);
    return this.#allocation.address;
  }

  until(end: number): void {
    for (let next = Math.min(...this.#wakeAt); next <= end; next = Math.min(...this.#wakeAt)) {
      expect(next).toBeGreaterThanOrEqual(this.now);
      const node = this.#wakeAt.indexOf(next);
      this.now = next;
      this.#wakeAt[node] = Infinity;
      this.wakes += 1;
      this.pools.onWake(node);
    }
    this.now = end;
  }

  get isQuiet(): boolean {
    return this.#wakeAt.every((at) => at === Infinity);
  }

  get figures() {
    const { interfaces, total, assigned } = this.pools.figuresOf(0);
    return [interfaces, total, total - assigned];
  }
}

describe('AWS VPC CNI', () => {
  // docs/eni-and-ip-target.md and docs/prefix-and-ip-target.md of aws/amazon-vpc-cni-k8s.
  // One row of theirs is left out: 45 pods on a p3dn with prefixes are said to need a second interface, 95 are not.
  it.each([
    ['t3.small', { warmENITarget: 1 }, 0, [1, 3, 3]],
    ['t3.small', { warmENITarget: 1 }, 5, [3, 9, 4]],
    ['t3.small', { warmENITarget: 1 }, 9, [3, 9, 0]],
    ['t3.small', { warmIPTarget: 1, minimumIPTarget: 1 }, 0, [1, 1, 1]],
    ['t3.small', { warmIPTarget: 1, minimumIPTarget: 1 }, 5, [2, 6, 1]],
    ['t3.small', { warmIPTarget: 1, minimumIPTarget: 1 }, 9, [3, 9, 0]],
    ['t3.small', { warmIPTarget: 2, minimumIPTarget: 5 }, 0, [2, 5, 5]],
    ['t3.small', { warmIPTarget: 2, minimumIPTarget: 5 }, 5, [3, 7, 2]],
    ['t3.small', { warmIPTarget: 2, minimumIPTarget: 5 }, 9, [3, 9, 0]],
    ['p3dn', { warmENITarget: 1 }, 0, [1, 49, 49]],
    ['p3dn', { warmENITarget: 1 }, 3, [2, 98, 95]],
    ['p3dn', { warmENITarget: 1 }, 95, [3, 147, 52]],
    ['p3dn', { warmIPTarget: 5, minimumIPTarget: 10 }, 0, [1, 10, 10]],
    ['p3dn', { warmIPTarget: 5, minimumIPTarget: 10 }, 7, [1, 12, 5]],
    ['p3dn', { warmIPTarget: 5, minimumIPTarget: 10 }, 15, [1, 20, 5]],
    ['p3dn', { warmIPTarget: 5, minimumIPTarget: 10 }, 45, [2, 50, 5]],
    ['t3.small', { enablePrefixDelegation: true }, 0, [1, 16, 16]],
    ['t3.small', { enablePrefixDelegation: true }, 5, [1, 32, 27]],
    ['t3.small', { enablePrefixDelegation: true }, 16, [1, 32, 16]],
    ['t3.small', { enablePrefixDelegation: true }, 17, [1, 48, 31]],
    ['t3.small', { enablePrefixDelegation: true }, 58, [2, 80, 22]],
    ['t3.small', { enablePrefixDelegation: true, warmIPTarget: 1, minimumIPTarget: 1 }, 0, [1, 16, 16]],
    ['t3.small', { enablePrefixDelegation: true, warmIPTarget: 1, minimumIPTarget: 1 }, 5, [1, 16, 11]],
    ['t3.small', { enablePrefixDelegation: true, warmIPTarget: 1, minimumIPTarget: 1 }, 17, [1, 32, 15]],
    ['t3.small', { enablePrefixDelegation: true, warmIPTarget: 1, minimumIPTarget: 1 }, 58, [2, 64, 6]],
    ['t3.small', { enablePrefixDelegation: true, warmIPTarget: 7, minimumIPTarget: 20 }, 5, [1, 32, 27]],
    ['t3.small', { enablePrefixDelegation: true, warmIPTarget: 7, minimumIPTarget: 20 }, 17, [1, 32, 15]],
    ['t3.small', { enablePrefixDelegation: true, warmIPTarget: 7, minimumIPTarget: 20 }, 58, [2, 80, 22]],
    ['p3dn', { enablePrefixDelegation: true }, 95, [1, 112, 17]],
    ['p3dn', { enablePrefixDelegation: true, warmIPTarget: 5, minimumIPTarget: 10 }, 7, [1, 16, 9]],
    ['p3dn', { enablePrefixDelegation: true, warmIPTarget: 5, minimumIPTarget: 10 }, 15, [1, 32, 17]],
  ] as const)('%s with %j and %i pods has as many as its documents say', (type, settings, pods, expected) => {
    const of = type === 'p3dn' ? P3DN : T3_SMALL;
    // Running when the run begins, and coming one by one.
    const seeded = new Bench('aws-vpc', settings, of);
    for (let pod = 0; pod < pods; pod++) expect(seeded.seed()).toBeGreaterThan(0);
    expect(seeded.figures).toEqual(expected);
    const bench = new Bench('aws-vpc', settings, of);
    for (let pod = 0; pod < pods; pod++) {
      expect(bench.take()).toBeGreaterThan(0);
      bench.until(bench.now + 60 * S);
    }
    expect(bench.figures).toEqual(expected);
    expect(bench.isQuiet).toBe(true);
  });

  it('gives a burst on a fresh node what is warm at once, and an interface after the other', () => {
    // Three interfaces of nine.
    const settings = { networkInterfaces: 3, addressesPerInterface: 10 };
    for (const seed of ['a', 'b', 'c', 'd']) {
      const bench = new Bench('aws-vpc', settings, T3_SMALL, seed);
      const given = () => {
        let count = 0;
        while (bench.take() !== -1) count++;
        return count;
      };
      expect(given()).toBe(9);
      bench.until(2.4 * S);
      expect(given()).toBe(0);
      bench.until(15 * S);
      const second = given();
      expect(second).toBe(9);
      // A look and an attachment later.
      bench.until(bench.now + 15.1 * S);
      expect(given()).toBe(9);
      bench.until(1000 * S);
      expect(given()).toBe(0);
      expect(bench.isQuiet).toBe(true);
    }
  });

  it('lets an address cool down for 30 s, and gives interfaces back that nobody needs', () => {
    const bench = new Bench('aws-vpc', {}, T3_SMALL);
    const addresses = Array.from({ length: 9 }, () => {
      const address = bench.take();
      bench.until(bench.now + 60 * S);
      return address;
    });
    expect(new Set(addresses).size).toBe(9);
    const released = bench.now;
    for (const address of addresses) bench.pools.release(0, address);
    bench.until(released + 29.9 * S);
    expect(bench.take()).toBe(-1);
    bench.until(released + 30 * S);
    expect(bench.take()).not.toBe(-1);
    bench.until(released + 300 * S);
    // Three in use would keep two; one of three keeps two as well.
    expect(bench.figures).toEqual([2, 6, 5]);
    expect(bench.isQuiet).toBe(true);
  });

  it('gives single addresses back above WARM_IP_TARGET', () => {
    const bench = new Bench('aws-vpc', { warmIPTarget: 2 }, P3DN);
    const addresses: number[] = [];
    for (let i = 0; i < 20; i++) {
      addresses.push(bench.take());
      bench.until(bench.now + 20 * S);
    }
    expect(bench.figures).toEqual([1, 22, 2]);
    for (const address of addresses.slice(0, 15)) bench.pools.release(0, address);
    bench.until(bench.now + 200 * S);
    expect(bench.figures).toEqual([1, 7, 2]);
  });

  it('waits for two minutes when the network has no addresses left', () => {
    // Eight of them: two interfaces of three, and one after the other of those that are left.
    const small = { base: 0x0a000000, prefix: 29, nodePrefix: 29 };
    const bench = new Bench('aws-vpc', {}, T3_SMALL, 'small', small);
    const given: number[] = [];
    for (let i = 0; i < 100; i++) {
      const address = bench.take();
      if (address !== -1) given.push(address);
      bench.until(bench.now + S);
    }
    expect(new Set(given).size).toBe(given.length);
    expect(given.length).toBe(8);
    expect(bench.figures).toEqual([3, 8, 0]);
    const before = bench.wakes;
    bench.until(bench.now + 1000 * S);
    // A look, a refusal, and nothing for two minutes: seven times and a bit.
    expect((bench.wakes - before) / 2).toBeGreaterThan(6);
    expect((bench.wakes - before) / 2).toBeLessThan(10);
  });

  it.each([
    [2, 't3.small', 3, 4],
    [2, 't3a.small', 2, 4],
    [2, 't4g.medium', 3, 6],
    [1, 't2.micro', 2, 2],
    [1, 'm6g.medium', 2, 4],
    [2, 'm5.large', 3, 10],
    [8, 'm5.2xlarge', 4, 15],
    [16, 'm5.4xlarge', 8, 30],
    [96, 'p3dn.24xlarge', 15, 50],
  ] as const)('knows what machines of %d cores have, such as %s', (cores, type, max, addresses) => {
    expect(interfacesOf(machine(cores, type))).toEqual({ max, addresses });
  });

  it('gives back what a full node has when all of its pods leave at once', () => {
    const bench = new Bench('aws-vpc', {}, T3_SMALL);
    const addresses = Array.from({ length: 9 }, () => bench.seed());
    for (const address of addresses) bench.pools.release(0, address);
    bench.until(300 * S);
    expect(bench.figures).toEqual([1, 3, 3]);
  });

  it('uses again what has been given back, in whatever pieces it came', () => {
    // Sixteen addresses for two nodes that want nine each.
    const bench = new Bench(
      'aws-vpc',
      { warmIPTarget: 1 },
      T3_SMALL,
      'two',
      { base: 0x0a000000, prefix: 28, nodePrefix: 28 },
      2,
    );
    const first: number[] = [];
    for (let i = 0; i < 9; i++) {
      first.push(bench.take(0));
      bench.until(bench.now + 60 * S);
    }
    for (const address of first) bench.pools.release(0, address);
    bench.until(bench.now + 300 * S);
    const second: number[] = [];
    for (let i = 0; i < 9; i++) {
      second.push(bench.take(1));
      bench.until(bench.now + 200 * S);
    }
    expect(second.filter((address) => address > 0).length).toBe(9);
    expect(new Set(second).size).toBe(9);
  });

  it('has all addresses free after a reboot', () => {
    const bench = new Bench('aws-vpc', {}, T3_SMALL);
    for (let i = 0; i < 9; i++) bench.seed();
    expect(bench.take()).toBe(-1);
    // Its agent runs 10 s later, and gives back no interface that it has known for less than a minute.
    bench.pools.forget(0, 10 * S);
    bench.until(30 * S);
    expect(bench.figures).toEqual([3, 9, 9]);
    expect(Array.from({ length: 9 }, () => bench.take()).every((address) => address > 0)).toBe(true);
    bench.pools.forget(0, 40 * S);
    bench.until(200 * S);
    expect(bench.figures).toEqual([1, 3, 3]);
  });

  it('takes a target of 0 for none, and asks for no more than its kubelet takes pods', () => {
    const unset = new Bench('aws-vpc', { warmIPTarget: 0, minimumIPTarget: 0 }, T3_SMALL);
    unset.take();
    unset.until(60 * S);
    expect(unset.figures).toEqual([2, 6, 5]);
    const few = new Bench('aws-vpc', {}, machine(2, 't3.small', 5));
    for (let i = 0; i < 5; i++) {
      few.take();
      few.until(few.now + 60 * S);
    }
    expect(few.figures).toEqual([2, 6, 1]);
  });
});

describe('Azure CNI', () => {
  it('has 16 addresses, and 16 more a few seconds after half of them are used', () => {
    const bench = new Bench('azure');
    let given = 0;
    while (bench.take() !== -1) given++;
    expect(given).toBe(16);
    bench.until(4.9 * S);
    expect(bench.take()).toBe(-1);
    bench.until(6.1 * S);
    given = 0;
    while (bench.take() !== -1) given++;
    expect(given).toBe(16);
  });
});

describe('any pool', () => {
  // With WARM_ENI_TARGET 0 ipamd attaches an interface when none is free, finds it spare a minute later, and goes on like that.
  it('gives no address twice, and has what its rule wants once nothing happens any more', () => {
    const settings = fc.constantFrom(
      {},
      { warmIPTarget: 3 },
      { minimumIPTarget: 7 },
      { enablePrefixDelegation: true },
      { enablePrefixDelegation: true, warmIPTarget: 5, minimumIPTarget: 20 },
    );
    const steps = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 40 })), { maxLength: 60 });
    fc.assert(
      fc.property(fc.constantFrom('aws-vpc', 'azure'), settings, steps, (plugin, given, moves) => {
        const bench = new Bench(plugin, plugin === 'azure' ? {} : given, T3_SMALL);
        const used = new Set<number>();
        for (const [isTake, wait] of moves) {
          if (isTake) {
            const address = bench.take();
            expect(used.has(address)).toBe(false);
            if (address !== -1) used.add(address);
          } else {
            const [first] = used;
            if (first !== undefined) {
              bench.pools.release(0, first);
              used.delete(first);
            }
          }
          bench.until(bench.now + wait * S);
          const { total, assigned } = bench.pools.figuresOf(0);
          expect(assigned).toBe(used.size);
          expect(total).toBeGreaterThanOrEqual(assigned);
        }
        bench.until(bench.now + 3600 * S);
        expect(bench.isQuiet).toBe(true);
        // Another hour changes nothing.
        const before = bench.figures;
        bench.until(bench.now + 3600 * S);
        expect(bench.figures).toEqual(before);
      }),
      { numRuns: 200 },
    );
  });
});

describe('pods that have no address yet', () => {
  const ready = (plugin: string): { readonly times: number[]; readonly refused: number } => {
    const result = simulate(
      f.cluster({
        nodePools: [f.pool({ cpuMillis: 64_000, cpuCapacityMillis: 64_000, pods: 110 })],
        workloads: [f.workload({ replicas: 40, template: f.template({ cpuRequestMillis: 0 }) })],
        network: {
          plugin,
          variant: BUILT_IN.networkPlugins.get(plugin).variants[0].name,
          podCidr: CIDR,
          ...f.LINE,
          settings: { addressesPerInterface: 17 },
        },
        controlPlane: { ...f.cluster().controlPlane, controllerQps: 1000, controllerBurst: 1000 },
        duration: seconds(300),
      }),
      'one',
    );
    const { pods } = result;
    return {
      times: [...pods.stamps.sandboxReady.slice(0, 40)].map((ns) => ns / S).sort((a, b) => a - b),
      refused: result.counters
        .filter(({ labels }) => labels === 'reason=no_address')
        .reduce((sum, { value }) => sum + value, 0),
    };
  };
  it.each(['azure', 'aws-vpc'])('of %s get one when the kubelet tries again', (plugin) => {
    const { times, refused } = ready(plugin);
    expect(times.every((time) => time > 0)).toBe(true);
    expect(refused).toBeGreaterThanOrEqual(24);
    // Sixteen at once; the others after an attempt that failed.
    expect(times[15]!).toBeLessThan(times[0]! + 8);
    expect(times[16]!).toBeGreaterThan(times[15]! + 5);
  });
});
