// The files of an imported cluster: a scenario, and its manifests by namespace. Part of the scenario.

import { MEBIBYTE } from '../../format/units.js';
import { linesText } from '../../text/index.js';
import { API_VERSION } from '../schema/index.js';
import type { ImportedCluster, ImportedObject, ImportedPlace, ImportedPool } from './cluster.js';
import type { ImportedBehavior } from './imported-behaviors.js';
import { dnsName, unique } from './names.js';
import { yamlText } from './yaml-text.js';

export interface TextOfFile {
  /** Relative to the folder of the scenario. */
  readonly path: string;
  readonly text: string;
}

/** Manifests are cut into files of this many characters at most, far below what is read as one. */
const FILE_CHARACTERS = 8 << 20;
/** Images that are listed, the largest first: a scenario is to stay readable. */
const IMAGES_MAX = 500;

/** The scenario first. Throws a RangeError if the cluster has no nodes or no workloads. */
export function filesOf(name: string, cluster: ImportedCluster): TextOfFile[] {
  if (cluster.pools.length === 0)
    throw new RangeError('there are no nodes among the objects: kubectl get nodes,pods,deployments,…');
  const namespaces = new Map<string, ImportedObject[]>();
  const ofCluster = cluster.objects.filter(({ namespace }) => namespace === '');
  for (const object of cluster.objects) {
    if (object.namespace === '') continue;
    const known = namespaces.get(object.namespace);
    if (known === undefined) namespaces.set(object.namespace, [object]);
    else known.push(object);
  }
  const hasPods = (objects: readonly ImportedObject[]): boolean =>
    objects.some(({ kind }) => cluster.workloadKinds.includes(kind) || kind === 'NetworkPolicy');
  const kept = [...namespaces].filter(([, objects]) => hasPods(objects));
  if (kept.length === 0)
    throw new RangeError(
      'there are no workloads among the objects: kubectl get deployments,statefulsets,daemonsets,pods,…',
    );
  const files: TextOfFile[] = [];
  const apps = kept.map(([namespace, objects], first) => {
    // Classes and namespaces are nobody's: they stand with the first.
    const manifests = chunksOf(first === 0 ? [...ofCluster, ...objects] : objects).map((text, i, chunks) => {
      const path = `manifests/${name}/${namespace}${chunks.length > 1 ? `-${i + 1}` : ''}.yaml`;
      files.push({ path, text });
      return path;
    });
    const places = cluster.places.get(namespace);
    const placement = `manifests/${name}/${namespace}-pods.csv`;
    if (places !== undefined) files.push({ path: placement, text: placementText(places) });
    return { namespace, manifests, ...(places === undefined ? {} : { placement }) };
  });
  return [{ path: `${name}.yaml`, text: scenarioText(name, cluster, apps) }, ...files];
}

function chunksOf(objects: readonly ImportedObject[]): string[] {
  const chunks: string[] = [];
  let chunk = '';
  for (const { object } of objects) {
    const text = `---\n${yamlText(object)}`;
    if (chunk !== '' && chunk.length + text.length > FILE_CHARACTERS) {
      chunks.push(chunk);
      chunk = '';
    }
    chunk += text;
  }
  return [...chunks, chunk];
}

function scenarioText(
  name: string,
  cluster: ImportedCluster,
  apps: readonly { readonly namespace: string; readonly manifests: readonly string[]; readonly placement?: string }[],
): string {
  const taken = new Set<string>();
  const document = {
    apiVersion: API_VERSION,
    kind: 'Scenario',
    metadata: {
      name,
      annotations: {
        'kubelapse.dev/question': 'How does this cluster behave as it is? Change a field, add a fault, or sweep one.',
      },
    },
    spec: {
      ...(cluster.kubernetesVersion === undefined ? {} : { kubernetesVersion: cluster.kubernetesVersion }),
      duration: '10m',
      nodePools: cluster.pools.map(poolOf),
      ...(cluster.networkPlugin === undefined ? {} : { network: { plugin: cluster.networkPlugin } }),
      ...(cluster.proxyMode === undefined ? {} : { kubeProxy: { mode: cluster.proxyMode } }),
      ...(cluster.images.size === 0 ? {} : { images: imagesOf(cluster) }),
      apps: apps.map(({ namespace, manifests, placement }) => ({
        name: unique(dnsName(namespace), taken),
        manifests,
        start: 'running',
        ...(placement === undefined ? {} : { placement }),
        ...behaviorsOf(cluster, namespace),
      })),
    },
  };
  return withHead(
    'import. What the cluster cannot say is left at its default: serve, shutdown, traffic, faults.',
    document,
  );
}

/** A scenario as text. @param by which command has written it, and from what. */
export const withHead = (by: string, document: unknown): string =>
  `# yaml-language-server: $schema=./scenario.schema.json\n# Written by kubelapse ${by}\n${yamlText(document)}`;

export function poolOf({ name, count, node, labels, zones }: ImportedPool): Record<string, unknown> {
  const reserved = {
    ...(node.reservedMillis > 0 ? { cpu: `${node.reservedMillis}m` } : {}),
    ...(node.reservedBytes > 0 ? { memory: `${Math.round(node.reservedBytes / MEBIBYTE)}Mi` } : {}),
  };
  return {
    name,
    count,
    capacity: { cpu: node.cpu, memory: node.memory, pods: node.pods, ...node.resources },
    ...(node.isUnschedulable ? { unschedulable: true } : {}),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(node.taints.length === 0 ? {} : { taints: node.taints }),
    ...(zones.length === 0 ? {} : { zones }),
    containerRuntime: { name: node.runtime },
    ...(node.kernel === undefined ? {} : { kernel: node.kernel }),
    kubelet: { maxPods: node.pods, ...(Object.keys(reserved).length === 0 ? {} : { systemReserved: reserved }) },
  };
}

const imagesOf = ({ images }: ImportedCluster): Record<string, unknown>[] =>
  [...images]
    .filter(([, size]) => size > 0)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, IMAGES_MAX)
    .map(([name, size]) => ({ name, compressedSize: size, present: true }));

/** What containers were seen to do, by quantiles. */
function behaviorsOf({ behaviors }: ImportedCluster, namespace: string): Record<string, unknown> {
  const own = behaviors.get(namespace) ?? [];
  if (own.length === 0) return {};
  const key = ({ workload, container }: ImportedBehavior): string => `${workload} ${container}`;
  return {
    behavior: own
      .toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
      .map(({ workload, container, startups, exit }) => ({
        workload,
        container,
        ...(startups.length === 0 ? {} : { startup: distributionOf(startups) }),
        ...(exit === undefined ? {} : { exit: exitOf(exit) }),
      })),
  };
}

const exitOf = ({ seconds, code, isOutOfMemory }: NonNullable<ImportedBehavior['exit']>): Record<string, unknown> => ({
  after: distributionOf(seconds),
  ...(isOutOfMemory ? { reason: 'OOMKilled' } : code === 0 ? {} : { code }),
});

/** Where pods are, a line each. */
const placementText = (places: readonly ImportedPlace[]): string =>
  linesText([
    'workload,ordinal,node,state',
    ...places.map(({ workload, ordinal, node, state }) => `${workload},${ordinal ?? ''},${node},${state}`),
  ]);

/** Quantiles of samples; the same duration each if they do not differ. */
export function distributionOf(samples: readonly number[]): unknown {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (p: number): string =>
    `${Number(sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))]!.toFixed(3))}s`;
  if (sorted[0] === sorted.at(-1)) return at(0);
  const wanted = [0, 0.25, 0.5, 0.75, 0.9, 1];
  return { distribution: 'empirical', quantiles: wanted.map((p) => ({ p, value: at(p) })) };
}
