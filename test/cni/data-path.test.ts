// What ways between pods can do and cost: worked examples, a slow twin that moves every packet, and what planners ask.
import { describe, expect, it } from 'vitest';
import { BUILT_IN } from '../../src/catalogue.js';
import { type NetworkSpec, type NodePoolSpec, NodeTable, ParameterSet } from '../../src/cluster/index.js';
import { DataPath, hostParameters, Paths, STAGES, type Stage, transferTime, variantOf } from '../../src/cni/index.js';
import { fixed, RandomStreams } from '../../src/engine/index.js';
import { simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';

const S = 1e9;
const US = 1e3;

interface Options {
  readonly network?: Partial<NetworkSpec>;
  readonly pool?: Partial<NodePoolSpec>;
  readonly pools?: readonly NodePoolSpec[];
}

function paths(variant: string, { network = {}, pool = {}, pools }: Options = {}): Paths {
  const plugin = BUILT_IN.networkPlugins.all.find(({ variants }) => variants.some(({ name }) => name === variant))!;
  const spec = { ...f.cluster().network, plugin: plugin.name, variant, ...network };
  const nodes = new NodeTable(pools ?? [f.pool({ count: 2, downloadBytesPerSecond: 5e9, ...pool })]);
  const luck = new RandomStreams('paths').stream('cni/zone-pairs');
  return new Paths(spec, variantOf(plugin, variant).path, nodes, luck, ParameterSet.DEFAULTS);
}
const figures = (variant: string, options: Options = {}) => paths(variant, options).between(0, 1).figures();
const jumbo = (more: Partial<NetworkSpec> = {}): Options => ({ network: { lineMtu: 9000, ...more } });

describe('what of a line is left to payload', () => {
  it.each([
    ['flannel-host-gw', 1500, 94.1],
    ['flannel-host-gw', 9000, 99],
    ['flannel-vxlan', 1500, 90.9],
    ['flannel-vxlan', 9000, 98.5],
    ['calico-ipip', 1500, 92.8],
    ['calico-ipip', 9000, 98.8],
  ])('%s at MTU %d is %d %%', (variant, lineMtu, share) => {
    expect(Math.round(figures(variant, { network: { lineMtu } }).goodput * 1000) / 10).toBe(share);
  });
});

describe('a way', () => {
  const p = hostParameters;
  const way = (stages: readonly Stage[], mtu: number, more: Partial<ConstructorParameters<typeof DataPath>[0]> = {}) =>
    new DataPath(
      {
        stages,
        header: 0,
        isLocal: false,
        isTunnel: false,
        lineMtu: mtu,
        podMtu: undefined,
        lineGbits: 400,
        flowGbits: Infinity,
        offloads: { segmentation: true, receive: true, tunnel: true },
        ...more,
      },
      { cpuSpeed: 1, kernel: 6008 },
      { cpuSpeed: 1, kernel: 6008 },
      ParameterSet.DEFAULTS,
    );
  it('between hosts costs its receiver copying, packets from the line, and what is merged, by hand', () => {
    // 0.207 ns a byte, 195 ns for 1,448 bytes, twice 4 us for 64 KiB.
    const receive = 0.207 + 195 / 1448 + 8000 / 65_536;
    expect(way([STAGES.stack], 1500).byteCpu('receive', 100)).toBeCloseTo(receive, 9);
    expect(way([STAGES.stack], 1500).oneStream).toBeCloseTo((8 * 1.87) / receive, 6);
    const large = 0.207 + 195 / 8948 + 8000 / 65_536;
    expect(way([STAGES.stack], 9000).oneStream).toBeCloseTo((8 * 1.87) / large, 6);
  });
  it('pays each stage once for what is merged, so more the slower a stream is', () => {
    const plain = way([STAGES.stack], 1500);
    const stages = way([STAGES.stack, STAGES.veth, STAGES.netfilter], 1500);
    const added = (gbits: number, end: 'send' | 'receive' = 'receive') =>
      stages.byteCpu(end, gbits) - plain.byteCpu(end, gbits);
    // 60 us of 2 Gbit/s are 15,000 bytes.
    expect(added(2)).toBeCloseTo((2 * 3900) / 15_000, 9);
    expect(added(100)).toBeCloseTo((2 * 3900) / 65_536, 9);
    expect(added(0.1)).toBeCloseTo((2 * 3900) / 1448, 9);
    // Applications write 16 KiB at a time.
    expect(added(0.1, 'send')).toBeCloseTo((2 * 3900) / 16_384, 9);
  });
  it('without offloads moves each packet by itself', () => {
    const none = { offloads: { segmentation: false, receive: false, tunnel: false } };
    expect(way([STAGES.stack], 1500, none).merged('receive', 40)).toBe(1448);
    expect(way([STAGES.stack], 1500, none).oneStream).toBeLessThan(way([STAGES.stack], 1500).oneStream / 8);
  });
  it('adds up: a stage that another way has costs the same there', () => {
    const of = (...stages: Stage[]) => way([STAGES.stack, ...stages], 1500).packetCpu('send');
    expect(of(STAGES.veth, STAGES.vxlan) - of(STAGES.veth)).toBeCloseTo(of(STAGES.vxlan) - of(), 9);
  });
  it('at the size of a merged packet is as in the twin that moves every packet', () => {
    for (const [bytes, gbits] of [
      [1e6, 5],
      [1e6, 40],
      [1e6, 2],
      [5e6, 0.1],
    ] as const) {
      const one = way([STAGES.stack, STAGES.veth, STAGES.netfilter, STAGES.vxlan], 1500);
      const merged = one.merged('receive', gbits);
      // Every packet on the line, every merged one and its acknowledgement.
      let cpu = 0;
      let held = 0;
      for (let at = 0; at < bytes; at += one.segment) {
        const size = Math.min(one.segment, bytes - at);
        cpu += size * p.receiveByte.value + p.linePacket.value;
        held += size;
        if (held + one.segment <= merged && at + one.segment < bytes) continue;
        cpu += 2 * one.packetCpu('receive');
        held = 0;
      }
      expect(Math.abs((one.byteCpu('receive', gbits) * bytes) / cpu - 1)).toBeLessThan(0.12);
    }
  });
});

describe('publications', () => {
  it('InfraBuilder (2024): one stream at 40 GbE and MTU 9000, and its order', () => {
    const one = (variant: string) => figures(variant, { ...jumbo(), pool: { cpuSpeed: 0.75 } }).oneStream;
    const hosts = paths('flannel-vxlan', { ...jumbo(), pool: { cpuSpeed: 0.75 } }).hosts().way.oneStream;
    expect(hosts).toBeCloseTo(31.4, -0.3);
    for (const [variant, share] of [
      ['calico-ebpf', 0.82],
      ['flannel-host-gw', 0.72],
      ['cilium-vxlan', 0.7],
      ['flannel-vxlan', 0.64],
      ['calico-bgp', 0.63],
      ['calico-vxlan', 0.52],
    ] as const)
      expect(Math.abs(one(variant) / hosts / share - 1)).toBeLessThan(0.2);
    const order = ['calico-vxlan', 'flannel-vxlan', 'calico-bgp', 'flannel-host-gw', 'cilium-vxlan', 'calico-ebpf'];
    expect(order.map(one)).toEqual(order.map(one).sort((a, b) => a - b));
  });
  it('Cilium (2021): round trips and one stream at 100 GbE and MTU 1500', () => {
    const machine: Options = { pool: { cpuSpeed: 1.3, downloadBytesPerSecond: 12.5e9 } };
    const { roundTrip, way } = paths('calico-bgp', machine).hosts();
    expect(roundTrip / US).toBeCloseTo(20.9, 1);
    expect(way.oneStream).toBeCloseTo(41.6, -0.3);
    for (const [variant, us, gbits] of [
      ['cilium-native-ebpf', 22.1, 42.25],
      ['cilium-native', 29.4, 35.73],
      ['calico-bgp', 27.85, 35.11],
      ['calico-ebpf', 22.1, 42.56],
    ] as const) {
      expect(Math.abs(paths(variant, machine).roundTrip(0, 1) / US / us - 1)).toBeLessThan(0.05);
      expect(Math.abs(figures(variant, machine).oneStream / gbits - 1)).toBeLessThan(0.15);
    }
  });
  it('ESnet: older hosts at 40 GbE lose more than half with small packets', () => {
    const old: Options = { pool: { cpuSpeed: 0.65, kernel: 3010 } };
    const at = (lineMtu: number) => paths('calico-bgp', { ...old, network: { lineMtu } }).hosts().way.oneStream;
    expect(Math.abs(at(9000) / 25 - 1)).toBeLessThan(0.1);
    expect(Math.abs(at(1500) / 10 - 1)).toBeLessThan(0.1);
  });
  it('RHEL (2020) and perf-tests: within a node', () => {
    const near = paths('flannel-host-gw');
    expect(near.roundTrip(0, 0) / US).toBeGreaterThan(23);
    expect(near.roundTrip(0, 0) / US).toBeLessThan(30);
    const { oneStream } = near.between(0, 0).figures();
    expect(oneStream).toBeGreaterThan(33);
    expect(oneStream).toBeLessThan(49);
  });
  it('InfraBuilder (2024): encrypted, with one stream and with eight', () => {
    const of = (variant: string, encryption: 'wireguard' | 'ipsec') =>
      figures(variant, { ...jumbo({ encryption }), pool: { cpuSpeed: 0.75 } });
    const wireguard = of('calico-bgp', 'wireguard');
    expect([wireguard.podMtu, wireguard.headerBytes]).toEqual([8940, 60]);
    expect(wireguard.oneStream).toBeCloseTo(8.5, 0);
    expect(wireguard.manyStreams).toBeCloseTo(8.5, 0);
    const ipsec = of('cilium-vxlan', 'ipsec');
    expect(ipsec.oneStream).toBeGreaterThan(4.5);
    expect(ipsec.oneStream).toBeLessThan(7);
    // WireGuard keeps several cores busy, IPsec about one.
    expect(wireguard.sendCpuOneStream * wireguard.oneStream).toBeGreaterThan(2);
    expect(wireguard.sendCpuOneStream * wireguard.oneStream).toBeLessThan(4.5);
  });
});

describe('the MTU of pods', () => {
  const one = (podMtu: number, more: Partial<NetworkSpec> = {}) => figures('flannel-vxlan', jumbo({ podMtu, ...more }));
  it('counts, and not that of the line', () => {
    expect(one(1450).oneStream).toBeLessThan(one(8950).oneStream * 0.85);
    expect(one(1450).receiveCpuOneStream).toBeGreaterThan(one(8950).receiveCpuOneStream * 1.2);
  });
  it('counts for more where cards do not know tunnels', () => {
    const cloud = { fabric: 'azure-vm' };
    expect(one(8950, cloud).oneStream).toBeGreaterThan(one(1450, cloud).oneStream * 1.7);
  });
  it('may be that of the line: what does not fit is cut', () => {
    expect(one(9000).segment).toBe(8950 - 52);
    expect(one(9000).oneStream).toBeCloseTo(one(8950).oneStream, 9);
    expect(paths('flannel-vxlan', jumbo({ podMtu: 9000 })).isTooLarge).toBe(false);
    expect(paths('flannel-vxlan', jumbo({ podMtu: 9000, discoversMtu: false })).isTooLarge).toBe(true);
  });
});

describe('round trips', () => {
  const zones = f.pool({ count: 4, zones: ['a', 'b'] });
  const of = (network: Partial<NetworkSpec>) => paths('aws-vpc-eni', { network, pools: [zones] });
  it('are longer in a cloud, and longer still to another zone', () => {
    const lan = of({}).roundTrip(0, 2);
    const cloud = of({ fabric: 'ec2' });
    expect(lan / US).toBeCloseTo(22 + 4 + 4 * 2.2, 1);
    expect(cloud.roundTrip(0, 2) - lan).toBeCloseTo(94 * US, -1);
    const far = cloud.roundTrip(0, 1) - cloud.roundTrip(0, 0);
    expect(far).toBeGreaterThan(0.3e6);
    expect(far).toBeLessThan(1.3e6);
  });
  it('are those of the pair of zones, whichever end asks, and whatever other zones there are', () => {
    const more = paths('aws-vpc-eni', { pools: [f.pool({ count: 6, zones: ['a', 'c', 'b'] })] });
    expect(of({}).roundTrip(0, 1)).toBeCloseTo(of({}).roundTrip(1, 0), 6);
    expect(more.roundTrip(0, 2)).toBeCloseTo(of({}).roundTrip(0, 1), 6);
  });
  it('can be given', () => {
    const given = of({ sameZone: fixed(50_000), crossZone: fixed(2e6) });
    expect(given.roundTrip(0, 2) - given.roundTrip(0, 0)).toBeCloseTo(50_000 + 4 * 1000, -1);
    expect(given.roundTrip(0, 1)).toBeGreaterThan(2e6);
    expect(given.varies(0, 2)).toBe(false);
    expect(of({ fabric: 'gce' }).varies(0, 2)).toBe(true);
    expect(of({ fabric: 'gce' }).varies(0, 0)).toBe(false);
  });
  it('are longer on slower machines', () => {
    const slow = paths('aws-vpc-eni', { pools: [f.pool({ count: 2, cpuSpeed: 0.5 })] });
    const usual = paths('aws-vpc-eni', { pools: [f.pool({ count: 2 })] });
    expect(slow.roundTrip(0, 1) - 4 * US).toBeCloseTo(2 * (usual.roundTrip(0, 1) - 4 * US), 3);
  });
  it('and data paths depend on the kernel where they need a newer one', () => {
    const with_ = (kernel: number) => paths('cilium-native-ebpf', { pool: { kernel } }).roundTrip(0, 1);
    expect(with_(5004)).toBeGreaterThan(with_(5010) + 7 * US);
  });
});

describe('a transfer', () => {
  const given = { segment: 1448, rate: 1.25, roundTrip: 1e6, isNew: true };
  it('on a new connection sends ten packets, then twice as many after each round trip', () => {
    expect(transferTime(14_480, given, 10)).toBeCloseTo(14_480 / 1.25, 6);
    expect(transferTime(14_481, given, 10)).toBeCloseTo(1e6 + 1 / 1.25, 6);
    expect(transferTime(14_480 * 7, given, 10)).toBeCloseTo(2e6 + (14_480 * 4) / 1.25, 3);
  });
  it('no longer waits when the line is full, nor on a connection that is there', () => {
    const large = transferTime(1e9, given, 10);
    // 10, 20, … 640 packets: 1.84 MB; the next window would be larger than the line holds.
    expect(large).toBeCloseTo(7e6 + (1e9 - 1448 * 10 * 127) / 1.25, 0);
    expect(transferTime(1e6, { ...given, isNew: false }, 10)).toBeCloseTo(1e6 / 1.25, 6);
  });
});

describe('CPU of requests', () => {
  const run = (responseBytes: number, requestsPerConnection: number, network: Partial<NetworkSpec> = {}) => {
    const result = simulate(
      f.cluster({
        nodePools: [f.pool({ count: 2, pods: 1 })],
        workloads: [f.running({ replicas: 2 })],
        services: [f.service()],
        network: { ...f.cluster().network, ...network },
        traffic: [f.traffic(100, { responseBytes, requestsPerConnection })],
      }),
      'cpu',
    );
    const used = result.counters.find((c) => c.metric === 'kubelapse_packet_cpu_seconds_total')!.value;
    const [{ requests }] = [result.requests.find(({ outcome }) => outcome === 'ok')!];
    return used / requests;
  };
  it('is that of their packets, and of seven more where the connection is new', () => {
    // Half of the requests stay on their node; a packet costs each end 8 to 11 us with flannel.
    expect(run(0, 100) * 1e6).toBeGreaterThan(2 * 2 * 6);
    expect(run(0, 100) * 1e6).toBeLessThan(2 * 2 * 13);
    expect(run(0, 1) / run(0, 100)).toBeGreaterThan(3.5);
    expect(run(0, 1) / run(0, 100)).toBeLessThan(5.5);
  });
  it('grows with the bytes', () => {
    // A megabyte costs about 0.5 ms at each end.
    const added = run(1e6, 100) - run(0, 100);
    expect(added * S).toBeGreaterThan(0.5e6);
    expect(added * S).toBeLessThan(2.5e6);
  });
});
