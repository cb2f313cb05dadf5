// What lies on a node's disk and how it comes there: rules, and tiny clusters whose expected history is the assertion.
import { describe, expect, it } from 'vitest';
import type { PodTemplate, WorkloadSpec } from '../../src/cluster/index.js';
import { fixed, seconds } from '../../src/engine/index.js';
import { ImageStore } from '../../src/kubelet/images/image-store.js';
import { NodeSupply } from '../../src/node/index.js';
import { Run, simulate } from '../../src/run/index.js';
import * as f from '../fixtures/cluster.js';

const S = 1e9;
const images = {
  'base:1': { compressedBytes: 40e6, layers: 2, present: false },
  'a:1': { compressedBytes: 100e6, layers: 5, base: 'base:1', present: false },
  'b:1': { compressedBytes: 70e6, layers: 5, base: 'base:1', present: false },
  'everywhere:1': { compressedBytes: 10e6, layers: 1, present: true },
};
const context = (pool: Parameters<typeof f.pool>[0]) =>
  new Run(f.cluster({ nodePools: [f.pool({ count: 2, ...pool })] }), 'store').cluster.context;
const storeAndDisk = (pool: Parameters<typeof f.pool>[0] = {}) => {
  const { nodes, ...rest } = context(pool);
  const disk: NodeSupply = new NodeSupply(
    { nodes, ...rest },
    (node) => made.spaceOn(node),
    () => {},
  );
  const made = new ImageStore(images, nodes, disk);
  return { made, disk };
};
const store = (pool: Parameters<typeof f.pool>[0] = {}) => storeAndDisk(pool).made;

describe('an image store', () => {
  it('shares the layers of a base', () => {
    const s = store();
    expect(s.bytesOf(s.missingLayers(0, 'a:1'))).toBe(100e6);
    s.add(0, 'b:1', 0);
    expect(s.missingLayers(0, 'a:1').length).toBe(3);
    expect(s.bytesOf(s.missingLayers(0, 'a:1'))).toBe(60e6);
    expect(s.bytesOf(s.missingLayers(1, 'a:1'))).toBe(100e6);
  });
  it('counts a shared layer once on the disk', () => {
    const { made, disk } = storeAndDisk({ diskBytes: 10e9, diskUsedBytes: 1e9 });
    const used = () => 10e9 - disk.available(0);
    made.add(0, 'a:1', 0);
    made.add(0, 'b:1', 0);
    expect(used()).toBeCloseTo(1e9 + (100e6 + 30e6 + 10e6) * 2.86, 0);
    // What only the other has is what goes with one.
    made.use(0, 'b:1', 1, 0);
    made.collect(0, 0, 100 * S);
    expect(used()).toBeCloseTo(1e9 + 70e6 * 2.86, 0);
  });
  it('deletes what nobody uses, the longest unused first, down to the low threshold', () => {
    const s = store({ diskBytes: 400e6 });
    s.add(0, 'a:1', 1 * S);
    s.add(0, 'b:1', 2 * S);
    s.use(0, 'b:1', 1, 3 * S);
    expect(s.isAbove(0, 0.85)).toBe(true);
    expect(s.collect(0, 0.8, 100 * S)).toBe(2);
    expect([s.has(0, 'everywhere:1'), s.has(0, 'a:1'), s.has(0, 'b:1'), s.has(1, 'everywhere:1')]).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });
  it('keeps what was used a short while ago', () => {
    const s = store({ diskBytes: 100e6 });
    s.add(0, 'a:1', 50 * S);
    s.collect(0, 0.1, 40 * S);
    expect(s.has(0, 'a:1')).toBe(true);
  });
});

const pulls = (overrides: Parameters<typeof f.cluster>[0], kubelet = {}, pods = 1) => {
  const pool = f.pool();
  const workloads = Array.from({ length: pods }, (_, i) =>
    f.workload({
      name: `w${i}`,
      template: f.template({ containers: [f.container({ image: i % 2 === 0 ? 'a:1' : 'b:1' })] }),
    }),
  );
  const result = simulate(
    f.cluster({
      images,
      workloads,
      duration: seconds(300),
      nodePools: [f.pool({ kubelet: { ...pool.kubelet, ...kubelet } })],
      ...overrides,
    }),
    'pulls',
  );
  const { imagePull, imageWait } = result.pods.stamps;
  return {
    result,
    pull: [...imagePull.slice(0, pods)].map((ns) => ns / S),
    wait: [...imageWait.slice(0, pods)].map((ns) => ns / S),
  };
};

describe('pulls', () => {
  it('one at a time wait for each other; in parallel they do not', () => {
    expect(Math.max(...pulls({}, {}, 2).wait)).toBeGreaterThan(0.5);
    expect(pulls({}, { serializeImagePulls: false }, 2).wait).toEqual([0, 0]);
  });
  it('of one image at the same time fetch it once', () => {
    const workloads = [
      f.workload({ replicas: 2, template: f.template({ containers: [f.container({ image: 'a:1' })] }) }),
    ];
    const one = pulls(
      { workloads, registries: [f.registry({ bytesPerSecond: 10e6 })] },
      { serializeImagePulls: false },
      2,
    );
    // 100 MB at 10 MB/s; twice as much would take 20 s.
    expect(Math.max(...one.pull)).toBeLessThan(12.5);
    expect(Math.min(...one.pull)).toBeGreaterThan(9);
  });
  it('take as long as the registry lets them: all nodes share what it sends', () => {
    const workloads = [
      f.workload({ kind: 'DaemonSet', template: f.template({ containers: [f.container({ image: 'a:1' })] }) }),
    ];
    const longest = (count: number) => {
      const { pull } = pulls(
        { workloads, nodePools: [f.pool({ count })], registries: [f.registry({ bytesPerSecond: 50e6 })] },
        {},
        count,
      );
      return Math.max(...pull);
    };
    // 100 MB each: 2 s for one, 20 s for ten.
    expect(longest(10)).toBeGreaterThan(20);
    expect(longest(10)).toBeLessThan(23);
    expect(longest(1)).toBeLessThan(5);
  });
  it('fail while the registry answers nobody, and are tried again with a back-off', () => {
    const faults = [{ type: 'RegistrySlow' as const, at: f.at(0), duration: 60 * S, left: 0 }];
    const { result } = pulls({ faults });
    const failed = result.counters.find(
      (c) => c.metric === 'kubelapse_image_pulls_total' && c.labels === 'result=registry_error',
    );
    expect(failed!.value).toBeGreaterThanOrEqual(2);
    expect(failed!.value).toBeLessThanOrEqual(4);
    expect(result.pods.stamps.containersStarted[0]! / S).toBeGreaterThan(60);
    expect(result.pods.stamps.containersStarted[0]! / S).toBeLessThan(110);
  });
  it('beyond the kubelet’s own limit are refused, and come later', () => {
    const { result } = pulls({}, { registryPullQps: 0.1, registryBurst: 1, serializeImagePulls: false }, 2);
    const refused = result.counters.find((c) => c.labels === 'result=qps_exceeded');
    expect(refused!.value).toBeGreaterThanOrEqual(1);
    expect(Math.max(...result.pods.stamps.containersStarted.slice(0, 2)) / S).toBeGreaterThan(11);
  });
  it('that stand in the serial queue do not meet that limit: it is asked when a pull begins', () => {
    const many = (kubelet: object) => {
      const containers = (n: number) => [f.container({ image: `many:${n}`, imagePullPolicy: 'Always' })];
      const workloads = Array.from({ length: 30 }, (_, n) =>
        f.workload({ name: `w${n}`, template: f.template({ containers: containers(n) }) }),
      );
      const { result } = pulls({ workloads }, kubelet, 30);
      return result.counters.find((c) => c.labels === 'result=qps_exceeded')!.value;
    };
    expect(many({})).toBe(0);
    // In parallel thirty begin at once: the burst of ten and what five a second let through meanwhile.
    expect(many({ serializeImagePulls: false })).toBeGreaterThan(10);
  });
  it('of one image by two containers of a pod wait for one back-off together', () => {
    const attempts = (...names: string[]) => {
      const containers = names.map((image, i) => f.container({ name: `c${i}`, image }));
      const workloads = [f.workload({ template: f.template({ containers }) })];
      const faults = [{ type: 'RegistrySlow' as const, at: f.at(0), duration: 300 * S, left: 0 }];
      const { result } = pulls({ workloads, faults, duration: seconds(100) });
      return result.counters.find((c) => c.labels === 'result=registry_error')!.value;
    };
    expect(attempts('a:1', 'a:1')).toBe(attempts('a:1'));
    expect(attempts('a:1', 'b:1')).toBe(2 * attempts('a:1'));
  });
  it('a kubelet that begins anew has forgotten who is to wait', () => {
    const started = (restart: boolean) => {
      const nodes = f.oneNode;
      const faults = [
        { type: 'RegistrySlow' as const, at: f.at(0), duration: 200 * S, left: 0 },
        ...(restart ? [{ type: 'KubeletRestart' as const, at: f.at(210), duration: S, nodes }] : []),
      ];
      return pulls({ faults, duration: seconds(600) }).result.pods.stamps.containersStarted[0]! / S;
    };
    expect(started(true)).toBeLessThan(220);
    expect(started(false)).toBeGreaterThan(220);
  });
});

describe('volumes that are images (KEP-4639)', () => {
  const volume = (image: string, containers: readonly number[]) => ({
    image,
    imagePullPolicy: 'IfNotPresent' as const,
    containers,
  });
  const of = (imageVolumes: NonNullable<PodTemplate['imageVolumes']>) => [
    f.workload({
      template: f.template({
        containers: [
          f.container({ name: 'one', image: 'everywhere:1' }),
          f.container({ name: 'two', image: 'everywhere:1' }),
        ],
        imageVolumes,
      }),
    }),
  ];
  it('are pulled one after another before the first container starts, whoever mounts them', () => {
    const without = pulls({ workloads: of([]) });
    const one = pulls({ workloads: of([volume('a:1', [1])]) });
    const two = pulls({ workloads: of([volume('a:1', [1]), volume('b:1', [1])]) });
    expect(without.pull[0]).toBeNaN();
    expect(one.pull[0]).toBeGreaterThan(1);
    expect(two.pull[0]).toBeGreaterThan(one.pull[0]!);
    const started = ({ result }: typeof one) => result.pods.stamps.containersStarted[0]! / S;
    expect(started(one) - started(without)).toBeCloseTo(one.pull[0]!, 1);
  });
  it('that do not come hold up the containers that mount them, and no others', () => {
    const faults = [{ type: 'RegistrySlow' as const, at: f.at(0), duration: Infinity, left: 0 }];
    const started: number[] = [];
    simulate(f.cluster({ images, workloads: of([volume('a:1', [1])]), faults, duration: seconds(120) }), 'volumes', {
      onlooker: { over: () => ({ containerStarted: (_, index) => started.push(index) }) },
    });
    expect(started).toEqual([0]);
  });
  it('are in use while their pod is there', () => {
    expect(unpackedAtTheEnd(of([volume('a:1', [0])]))).toBeCloseTo(110e6 * 2.86, 0);
  });
});

/** Unpacked bytes of images on a disk that is collected down to nothing after five to ten minutes. */
function unpackedAtTheEnd(workloads: readonly WorkloadSpec[]): number {
  const pool = f.pool();
  const kubelet = { ...pool.kubelet, imageGcHigh: 0.1, imageGcLow: 0, imageMinimumGcAge: seconds(1) };
  const nodePools = [f.pool({ diskBytes: 1e9, kubelet })];
  const life = new Run(f.cluster({ images, workloads, nodePools, duration: seconds(700) }), 'collect');
  life.advanceTo(f.at(700));
  return 1e9 - life.cluster.kubelets.disk.available(0);
}

describe('an image whose container was restarted', () => {
  it('is not in use any more when its pod has ended', () => {
    const exit = { after: fixed(seconds(1)), code: 1 };
    const container = f.container({ image: 'a:1', behavior: f.behavior({ exit }) });
    const template = f.template({ activeDeadline: seconds(60), containers: [container] });
    expect(unpackedAtTheEnd([f.workload({ kind: 'Pod', template })])).toBeCloseTo(0, 0);
  });
});
