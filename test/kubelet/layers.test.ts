// How layers come to a node and are unpacked: worked examples, a slow twin that moves every layer in small steps, and what
// several nodes, caches and peers make of it.
import { describe, expect, it } from 'vitest';
import type {
  FaultSpec,
  ImageSpec,
  NodePoolSpec,
  ParameterChange,
  PullSpec,
  RegistrySpec,
} from '../../src/cluster/index.js';
import { pullCosts, unpackTime } from '../../src/cri/index.js';
import { fixed, seconds } from '../../src/engine/index.js';
import { simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';

const MB = 1e6;
const S = 1e9;
const layer = (megabytes: number, ratio = 2.5, files = 0) => ({
  compressedBytes: megabytes * MB,
  uncompressedBytes: megabytes * MB * ratio,
  files,
});
const imageOf = (...layers: ReturnType<typeof layer>[]): ImageSpec => ({
  compressedBytes: layers.reduce((sum, { compressedBytes }) => sum + compressedBytes, 0),
  ownLayers: layers,
  present: false,
});

/** Unpacking at so many compressed bytes a second, without luck. */
const plain = (unpack: number, more: Readonly<Record<string, number>> = {}): ParameterChange[] => {
  const value = (name: string, to: unknown): ParameterChange => ({
    group: 'cri.pulls',
    name,
    parameter: { ...pullCosts[name as keyof typeof pullCosts], value: to } as never,
  });
  const numbers = { connectionSpread: 0, unpackSpread: 0, inflateBytesPerSecond: unpack, writeBytesPerSecond: 1e15 };
  return [
    value('pullOverhead', fixed(0.5 * S)),
    ...Object.entries({ ...numbers, perFile: 0, peerSpread: 0, ...more }).map(([name, to]) => value(name, to)),
  ];
};

interface Case {
  readonly faults?: readonly FaultSpec[];
  readonly image: ImageSpec;
  readonly pulls?: Partial<PullSpec>;
  readonly registry?: Partial<RegistrySpec>;
  readonly pool?: Partial<NodePoolSpec>;
  readonly costs?: ParameterChange[];
  readonly nodes?: number;
}

/** Pulls of one image by as many nodes, s; and the whole result. */
function pull({ image, pulls = {}, registry = {}, pool = {}, costs = plain(62 * MB), nodes = 1, faults = [] }: Case) {
  const usual = f.pool();
  const result = simulate(
    f.cluster({
      images: { 'big:1': image },
      costs,
      faults,
      duration: seconds(600),
      workloads: [
        f.workload({ kind: 'DaemonSet', template: f.template({ containers: [f.container({ image: 'big:1' })] }) }),
      ],
      registries: [f.registry({ connectionBytesPerSecond: 60 * MB, ...registry })],
      nodePools: [
        f.pool({
          count: nodes,
          downloadBytesPerSecond: 1e15,
          diskBytesPerSecond: 1e15,
          ...pool,
          pulls: { ...usual.pulls, ...pulls },
        }),
      ],
    }),
    'layers',
  );
  const times = [...result.pods.stamps.imagePull.slice(0, nodes)].map((ns) => ns / S);
  const fetched = (source: string): number =>
    result.counters.find((c) => c.metric === 'kubelapse_image_fetched_bytes_total' && c.labels === `source=${source}`)!
      .value;
  return { result, times, fetched };
}

const three = imageOf(layer(100), layer(300), layer(50));

describe('layers of 100, 300 and 50 MB at 60 MB/s a connection, unpacked at 62 MB/s', () => {
  it.each([
    ['one after another', {}, 11.25],
    ['side by side', { unpacksAtOnce: 3 }, 10.39],
    ['over eight connections each', { connectionsPerLayer: 8 }, 8.12],
    ['over eight connections each, side by side', { connectionsPerLayer: 8, unpacksAtOnce: 3 }, 6.01],
  ])('%s', (_, pulls, expected) => {
    expect(pull({ image: three, pulls }).times[0]).toBeCloseTo(expected, 2);
  });
});

describe('a disk', () => {
  const one = imageOf(layer(1000));
  it('that has to take all of it holds a pull up: 1 GB and 2.5 GB at 131 MB/s', () => {
    const { times } = pull({
      image: one,
      pulls: { connectionsPerLayer: 100 },
      costs: plain(1e15, { dirtyShare: 0 }),
      pool: { diskBytesPerSecond: 131e6 },
    });
    expect(times[0]).toBeGreaterThan(26.7);
    expect(times[0]).toBeLessThan(28);
  });
  it('is waited for only for what was fetched where memory takes what is unpacked', () => {
    const { times } = pull({
      image: one,
      pulls: { connectionsPerLayer: 100 },
      costs: plain(1e15),
      pool: { diskBytesPerSecond: 131e6 },
    });
    expect(times[0]).toBeGreaterThan(7.6);
    expect(times[0]).toBeLessThan(9);
  });
});

describe('unpacking', () => {
  const costs = pullCosts;
  const of = (compression: ImageSpec['compression'] & string, decompressor: PullSpec['decompressor'] = 'runtime') =>
    unpackTime(layer(90, 2, 10_000), { compression, decompressor }, costs).takes / S;
  it('is inflating, writing and making files, one after another', () => {
    expect(of('gzip')).toBeCloseTo(1 + 180 / 800 + 0.7, 6);
    expect(of('none')).toBeCloseTo(180 / 800 + 0.7, 6);
    expect(of('zstd')).toBeCloseTo(0.25 + 180 / 800 + 0.7, 6);
  });
  it('goes on beside inflating where another program does that', () => {
    expect(of('gzip', 'unpigz')).toBeCloseTo(1 / 0.91, 6);
    expect(of('gzip', 'igzip')).toBeCloseTo(180 / 800 + 0.7, 6);
  });
  it('is as fast as a core, and waits where there are fewer cores than layers', () => {
    const image = imageOf(layer(62), layer(62), layer(62), layer(62));
    const pulls = { unpacksAtOnce: 4, layersAtOnce: 4, connectionsPerLayer: 1000 };
    const took = (pool: Partial<NodePoolSpec>): number => pull({ image, pulls, pool }).times[0]!;
    expect(took({})).toBeCloseTo(0.5 + 1 + 0.05, 1);
    expect(took({ cpuSpeed: 0.5 })).toBeCloseTo(0.5 + 2 + 0.05, 1);
    expect(took({ cpuMillis: 1000, cpuCapacityMillis: 1000 })).toBeGreaterThan(2.5);
  });
});

/** Moves every layer of one pull in steps of a millisecond. */
function slowPull(layers: readonly { compressedBytes: number }[], link: number, perConnection: number, unpack: number) {
  const STEP = 0.001;
  const left = layers.map(({ compressedBytes }) => compressedBytes);
  const unpacked = layers.map(() => 0);
  let overhead = layers.map(() => 0.05);
  for (let time = 0.5; ; time += STEP) {
    const moving = left.flatMap((bytes, i) => (bytes > 0 ? [i] : [])).slice(0, 3);
    const next = layers.findIndex((one, i) => unpacked[i]! < one.compressedBytes || overhead[i]! > 0);
    if (next < 0) return time;
    if (left[next]! <= 0) {
      if (overhead[next]! > 0) overhead = overhead.map((rest, i) => (i === next ? rest - STEP : rest));
      else unpacked[next]! += unpack * STEP;
    }
    for (const i of moving) left[i]! -= Math.min(perConnection, link / moving.length) * STEP;
  }
}

describe('a slow twin that moves every layer', () => {
  it.each([
    [[100, 300, 50], 1e15],
    [[5, 5, 5, 200, 5, 5], 100e6],
    [[80, 20, 120, 40], 50e6],
    [[1, 2, 3, 4, 5, 6, 7, 8], 20e6],
  ])('agrees on %s MB over %d bytes/s', (sizes, link) => {
    const layers = sizes.map((megabytes) => layer(megabytes));
    const { times } = pull({ image: imageOf(...layers), pool: { downloadBytesPerSecond: link } });
    const slow = slowPull(layers, link, 60 * MB, 62 * MB);
    expect(Math.abs(times[0]! - slow)).toBeLessThan(0.02 + 0.005 * slow);
  });
});

describe('bytes', () => {
  const image = imageOf(layer(40), layer(20));
  it('come to each node once, from wherever', () => {
    const nodes = 20;
    const all = 60 * MB * nodes;
    const plainly = pull({ image, nodes });
    expect(plainly.fetched('registry')).toBe(all);
    const mirrored = pull({ image, nodes, registry: { mirror: { bytesPerSecond: Infinity, isWarm: true } } });
    expect([mirrored.fetched('registry'), mirrored.fetched('mirror')]).toEqual([0, all]);
    const cold = pull({ image, nodes, registry: { mirror: { bytesPerSecond: Infinity, isWarm: false } } });
    expect([cold.fetched('registry'), cold.fetched('mirror')]).toEqual([60 * MB, all - 60 * MB]);
    for (const unit of ['layers', 'pieces'] as const) {
      const shared = pull({ image, nodes, registry: { peers: { unit, bytesPerSecond: Infinity } } });
      expect(shared.fetched('registry') + shared.fetched('peers')).toBe(all);
      expect(shared.times.every((time) => time > 0.5)).toBe(true);
    }
  });
  it('are asked of the registry once where nodes give each other pieces', () => {
    const peers = { unit: 'pieces', bytesPerSecond: 300 * MB } as const;
    const { fetched, times } = pull({ image, nodes: 50, registry: { peers, bytesPerSecond: 100 * MB } });
    expect(fetched('registry')).toBe(60 * MB);
    // The registry alone would take 30 s for all.
    expect(Math.max(...times)).toBeLessThan(4);
    expect(Math.max(...pull({ image, nodes: 50, registry: { bytesPerSecond: 100 * MB } }).times)).toBeGreaterThan(28);
  });
  it('of whole layers come from peers only when the first has them', () => {
    const peers = { unit: 'layers', bytesPerSecond: 300 * MB } as const;
    // All begin at about the same time: most ask the registry.
    expect(pull({ image, nodes: 50, registry: { peers } }).fetched('registry')).toBeGreaterThan(60 * MB * 10);
  });
  it('pass through a cache at the speed of the registry the first time', () => {
    const registry = (isWarm: boolean) => ({
      connectionBytesPerSecond: 10 * MB,
      mirror: { bytesPerSecond: Infinity, connectionBytesPerSecond: 100 * MB, isWarm },
    });
    expect(pull({ image, registry: registry(false) }).times[0]).toBeGreaterThan(4.5);
    expect(pull({ image, registry: registry(true) }).times[0]).toBeLessThan(2.2);
  });
  it('are bounded by what the registry gives one node', () => {
    const { times } = pull({ image, registry: { nodeBytesPerSecond: 10 * MB } });
    expect(times[0]).toBeGreaterThan(6.4);
  });
});

describe('a lazy snapshotter', () => {
  const image = imageOf(layer(1000), layer(500));
  it('starts containers with what they read, and fetches the rest behind that', () => {
    const { times, fetched } = pull({ image, pulls: { snapshotter: 'stargz' } });
    expect(times[0]).toBeLessThan(2.5);
    // 64 MB of the larger layer, and twelve rounds of reads.
    expect(times[0]).toBeCloseTo(0.5 + 64 / 60 + 12 * 0.012, 2);
    expect(fetched('registry')).toBeCloseTo(1500 * MB, -3);
  });
  it('gains little where all is read', () => {
    const { times } = pull({ image: { ...image, readAtStart: 1 }, pulls: { snapshotter: 'soci' } });
    expect(times[0]).toBeGreaterThan(0.5 + 1000 / 60 + 2);
  });
});

describe('a registry', () => {
  it('that has answered enough says 429, and pods come later', () => {
    const { result } = pull({ image: three, nodes: 5, registry: { pullLimit: { pulls: 3, per: 60 * S } } });
    const refused = result.counters.find((c) => c.labels === 'result=too_many_requests')!.value;
    expect(refused).toBeGreaterThanOrEqual(2);
    const { imageRefused, containersStarted } = result.pods.stamps;
    const waited = [...imageRefused.slice(0, 5)].filter((ns) => ns > 0);
    expect(waited.length).toBe(2);
    expect(Math.max(...containersStarted.slice(0, 5))).toBeGreaterThan(60 * S);
  });
  it('takes longer to answer from afar', () => {
    const far = pull({ image: three, registry: { firstByte: 300e6 } }).times[0]!;
    expect(far - pull({ image: three }).times[0]!).toBeCloseTo(0.8, 2);
  });
});

describe('an image that was pulled with secrets', () => {
  const run = (ensuresPullSecrets: boolean, second: string | undefined) => {
    const usual = f.pool();
    const template = (pullSecrets: string | undefined) =>
      f.template({
        containers: [f.container({ image: 'big:1' })],
        ...(pullSecrets === undefined ? {} : { pullSecrets }),
      });
    const result = simulate(
      f.cluster({
        images: { 'big:1': three },
        duration: seconds(120),
        workloads: [
          f.workload({ name: 'a', template: template('a/one') }),
          f.workload({ name: 'b', createdAt: f.at(30), template: template(second) }),
        ],
        nodePools: [f.pool({ kubelet: { ...usual.kubelet, ensuresPullSecrets } })],
      }),
      'secrets',
    );
    return result.pods.stamps.imagePull[1]! / S;
  };
  it('is asked for again by those who have others', () => {
    const again = run(true, 'b/two');
    expect(again).toBeGreaterThan(0.2);
    expect(again).toBeLessThan(1.5);
    expect(run(true, 'a/one')).toBeNaN();
    expect(run(false, 'b/two')).toBeNaN();
  });
});

describe('what others have', () => {
  const image = imageOf(layer(300), layer(100));
  const at = (seconds: number) => f.at(seconds);
  const all = 400 * MB;
  it('is not what a node has fetched itself and lost with its kubelet', () => {
    const faults = [f.onNode(3, 1, { type: 'KubeletRestart' })];
    const peers = { unit: 'layers', bytesPerSecond: Infinity } as const;
    const { fetched, result } = pull({ image, registry: { peers }, faults });
    expect(fetched('peers')).toBe(0);
    expect(fetched('registry')).toBeGreaterThanOrEqual(all);
    expect(result.objects.pods.ready[0]).toBe(1);
  });
  it('comes from the registry again if whoever fetched it dies', () => {
    const peers = { unit: 'pieces', bytesPerSecond: Infinity } as const;
    const faults = [f.onNode(4, Infinity, { type: 'NodeDeath' })];
    const { fetched, result } = pull({
      image,
      nodes: 8,
      registry: { peers, connectionBytesPerSecond: 20 * MB },
      faults,
    });
    // Each layer was sent whole to somebody who lives.
    expect(fetched('registry')).toBeGreaterThanOrEqual(all);
    const started = [...result.pods.stamps.containersStarted.slice(0, 8)].filter((ns) => ns > 0);
    expect(started.length).toBeGreaterThanOrEqual(7);
  });
  it('is there for lazy nodes too, once the rest has come', () => {
    const peers = { unit: 'pieces', bytesPerSecond: Infinity } as const;
    const { fetched } = pull({ image, nodes: 10, pulls: { snapshotter: 'nydus' }, registry: { peers } });
    expect(fetched('registry') + fetched('peers')).toBeCloseTo(10 * all, -3);
    expect(fetched('registry')).toBeLessThan(3 * all);
  });
  it('keeps outages and limits of the registry away', () => {
    const mirror = { bytesPerSecond: Infinity, isWarm: true };
    const outage = [{ type: 'RegistrySlow', at: at(0), duration: 500 * S, left: 0 }] as const;
    const { result, fetched } = pull({
      image,
      nodes: 5,
      registry: { mirror, pullLimit: { pulls: 1, per: 3600 * S } },
      faults: outage,
    });
    expect(fetched('mirror')).toBe(5 * all);
    expect(Math.max(...result.pods.stamps.containersStarted.slice(0, 5))).toBeLessThan(60 * S);
  });
  it('makes no difference to images that are there: asking for their version counts for no limit', () => {
    const counter = (result: ReturnType<typeof pull>['result'], name: string) =>
      result.counters.find((c) => c.labels === `result=${name}`)!.value;
    const { result } = pull({
      image: { ...image, present: true },
      nodes: 5,
      registry: { pullLimit: { pulls: 1, per: 3600 * S } },
    });
    expect(counter(result, 'too_many_requests')).toBe(0);
    expect(result.counters.find((c) => c.metric === 'kubelapse_registry_saturated_seconds_total')!.value).toBe(0);
  });
});
