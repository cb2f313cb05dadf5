// Nodes where a dump has none: as many as hold what its workloads ask for. Part of the scenario.

import { CONTAINER_RUNTIME_DEFAULT } from '../../catalogue.js';
import { parseCpuMillis, parseQuantity } from '../../format/units.js';
import type { Json, Texts } from './kube-types.js';
import type { ImportedNode } from './node-groups.js';

/** A node where nothing is known of any, and how much more room there is than is asked for. No published figure. */
export const ASSUMED_NODE: ImportedNode = {
  name: '',
  cpu: '16',
  memory: '65536Mi',
  pods: 110,
  resources: {},
  isUnschedulable: false,
  reservedMillis: 0,
  reservedBytes: 0,
  labels: {},
  taints: [],
  runtime: CONTAINER_RUNTIME_DEFAULT,
  kernel: undefined,
  version: '',
};
const ROOM = 1.3;
/** Nodes that are assumed at most: beyond that lies a slip of the hand. No published figure; Kubernetes is meant for 5,000. */
const NODES_MAX = 100_000;
const TOO_MANY = `need more than ${NODES_MAX} nodes of the assumed size: lower replicas or requests, or give the nodes as well`;

interface Requesting {
  readonly resources?: { readonly requests?: Texts; readonly limits?: Texts };
}

/** What pods with one selector of nodes ask for. */
interface Asked {
  readonly labels: Texts;
  pods: number;
  millis: number;
  bytes: number;
  /** Devices, of one pod at most and of all of them. */
  readonly devices: Map<string, { most: number; all: number }>;
}

/** A workload: its spec, and that of its pods. */
export interface Asking {
  readonly spec: Json | undefined;
  readonly pod: Json | undefined;
}

/** As many as hold what is asked for, with the labels asked for. Throws a RangeError if these are too many. */
export function assumedNodes(workloads: readonly Asking[]): ImportedNode[] {
  const nodes: ImportedNode[] = [];
  const { cpu, memory, pods: most } = ASSUMED_NODE;
  for (const { labels, pods, millis, bytes, devices } of askedBy(workloads)) {
    const byMemory = Math.ceil((bytes * ROOM) / parseQuantity(memory)!);
    const byCpu = Math.ceil((millis * ROOM) / (Number(cpu) * 1000));
    const count = Math.max(3, byCpu, byMemory, Math.ceil((pods * ROOM) / most));
    if (!(nodes.length + count <= NODES_MAX)) throw new RangeError(TOO_MANY);
    const resources = Object.fromEntries(
      [...devices].map(([name, { most: one, all }]) => [name, String(Math.max(one, Math.ceil((all * ROOM) / count)))]),
    );
    for (let i = 0; i < count; i++) nodes.push({ ...ASSUMED_NODE, labels, resources });
  }
  return nodes;
}

function askedBy(workloads: readonly Asking[]): Iterable<Asked> {
  const asked = new Map<string, Asked>();
  for (const { spec, pod } of workloads) {
    const replicas = Number(spec?.replicas ?? spec?.parallelism ?? 1);
    const labels = (pod?.nodeSelector ?? {}) as Texts;
    const key = JSON.stringify(Object.entries(labels).sort(([x], [y]) => (x < y ? -1 : 1)));
    const known = asked.get(key) ?? { labels, pods: 0, millis: 0, bytes: 0, devices: new Map() };
    known.pods += replicas;
    for (const container of (pod?.containers ?? []) as Requesting[]) addContainer(known, container, replicas);
    asked.set(key, known);
  }
  return asked.values();
}

function addContainer(asked: Asked, { resources }: Requesting, replicas: number): void {
  asked.millis += replicas * (parseCpuMillis(resources?.requests?.cpu ?? '0') ?? 0);
  asked.bytes += replicas * (parseQuantity(resources?.requests?.memory ?? '0') ?? 0);
  for (const [name, text] of Object.entries({ ...resources?.limits, ...resources?.requests })) {
    if (!name.includes('/')) continue;
    const amount = parseQuantity(text) ?? 0;
    const device = asked.devices.get(name) ?? { most: 0, all: 0 };
    asked.devices.set(name, { most: Math.max(device.most, amount), all: device.all + replicas * amount });
  }
}
