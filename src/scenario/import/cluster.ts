// What `kubectl get` prints of a cluster, taken in object by object: nodes become pools, workloads stay manifests, pods tell
// how many there are and how long they took to start. Part of the scenario. What is kept grows with workloads and nodes, not
// with pods.

import { type Catalogue, CONTAINER_RUNTIME_DEFAULT } from '../../catalogue.js';
import { MINOR_VERSION_MAX, MINOR_VERSION_MIN } from '../../cluster/index.js';
import type { WorkloadManifest } from '../../control-plane/index.js';
import { MEBIBYTE, parseCpuMillis, parseQuantity } from '../../format/units.js';
import { textOf } from '../../text/index.js';
import { ManifestFields } from '../manifests/manifest-fields.js';
import { OWN_NODE_LABELS } from '../resolve/node-resources.js';
import type { Anonymiser } from './anonymise.js';
import { fieldsAsked, isAskedFor, keptOf, withoutNode } from './cluster-objects.js';
import { normalised, problemOf } from './kube-object.js';
import { ObjectError } from './objects.js';

type Json = Readonly<Record<string, unknown>>;

/** An object of a cluster, as far as it is looked at. */
interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: {
    readonly name?: string;
    readonly generateName?: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly {
      readonly kind: string;
      readonly name: string;
      readonly controller?: boolean;
    }[];
  };
  readonly spec?: Json;
  readonly status?: Json;
  readonly data?: Json;
}

/** A node, as far as it matters. */
interface ImportedNode {
  readonly cpu: string;
  readonly memory: string;
  readonly pods: number;
  /** Others that it has, as they are written. */
  readonly resources: Readonly<Record<string, string>>;
  readonly isUnschedulable: boolean;
  readonly reservedMillis: number;
  readonly reservedBytes: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Json[];
  readonly runtime: string;
  readonly kernel: string | undefined;
  readonly version: string;
}

/** Pods that one owner has. */
interface PodGroup {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  count: number;
  /** Pruned spec and labels of the first one. */
  readonly spec: unknown;
  readonly labels: Readonly<Record<string, string>>;
}

/** A manifest that goes into the scenario. */
export interface ImportedObject {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly object: Json;
}

export interface ImportedPool {
  readonly name: string;
  readonly count: number;
  readonly node: ImportedNode;
  readonly labels: Readonly<Record<string, string>>;
  readonly zones: readonly string[];
}

/** Everything that a scenario is written from. */
export interface ImportedCluster {
  readonly kubernetesVersion: string | undefined;
  readonly pools: readonly ImportedPool[];
  readonly objects: readonly ImportedObject[];
  readonly proxyMode: string | undefined;
  readonly networkPlugin: string | undefined;
  /** Samples of start-up time in seconds, by namespace and container. */
  readonly startups: ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>;
  /** Sizes of images in bytes, by name, of those that some manifest uses. */
  readonly images: ReadonlyMap<string, number>;
  /** What was left out, with the number of objects, and what was supposed. */
  readonly dropped: ReadonlyMap<string, number>;
  readonly notes: readonly string[];
}

/** API versions of manifests that are not of workloads. */
const API_VERSIONS: Readonly<Record<string, string>> = { Service: 'v1', NetworkPolicy: 'networking.k8s.io/v1' };
/** Labels by which clouds name the pool that a node is of. */
const POOL_LABELS = [
  'eks.amazonaws.com/nodegroup',
  'cloud.google.com/gke-nodepool',
  'kubernetes.azure.com/agentpool',
  'karpenter.sh/nodepool',
  'node.kubernetes.io/instance-type',
];
const ZONE = 'topology.kubernetes.io/zone';
/** Taints that come and go with the state of a node. */
const PASSING_TAINT = /^node\.(kubernetes|cloudprovider\.kubernetes)\.io\//;
/** Memory below which a kubelet evicts, which is no part of what it reserves (its own default). */
const EVICTION_BYTES = 100 * MEBIBYTE;
/** Start-up samples that are kept of a container. */
const SAMPLES_MAX = 500;

/** A node where nothing is known of any, and how much more room there is than is asked for. No published figure. */
const SUPPOSED_NODE: ImportedNode = {
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
const SUPPOSED_ROOM = 1.3;
/** Nodes that are supposed at most: beyond that lies a slip of the hand. No published figure; Kubernetes is meant for 5,000. */
const SUPPOSED_MAX = 100_000;
const TOO_MANY_NODES = `need more than ${SUPPOSED_MAX} nodes of the assumed size: lower replicas or requests, or give the nodes as well`;

interface Requesting {
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
}

/** Kinds that are looked into beside those of which the model uses something. */
const READ_KINDS = new Set(['Node', 'ReplicaSet', 'ConfigMap']);

/** The kind of an object; undefined if it is none of Kubernetes'. */
function kindOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, 'kind'))
    return undefined;
  const { kind } = value as { kind: unknown };
  return typeof kind === 'string' ? kind : undefined;
}

/** Takes in the objects of a cluster. */
export class ClusterImporter {
  readonly #nodes: ImportedNode[] = [];
  readonly #nodeNames = new Set<string>();
  readonly #objects = new Map<string, ImportedObject>();
  /** Of the cluster itself. */
  readonly #ofCluster = new Map<string, ImportedObject>();
  readonly #replicaSets = new Map<string, string | undefined>();
  readonly #groups = new Map<string, PodGroup>();
  readonly #startups = new Map<string, Map<string, number[]>>();
  readonly #images = new Map<string, number>();
  readonly #dropped = new Map<string, number>();
  readonly #notes: string[] = [];
  readonly #catalogue: Catalogue;
  readonly #fields: ManifestFields;
  #proxyMode: string | undefined;
  #plugin: string | undefined;

  /** @param catalogue the parts that a cluster may have. */
  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
    this.#fields = new ManifestFields(catalogue.workloadKinds.all);
  }

  /**
   * Takes in one object; what is no object of Kubernetes is counted among the dropped. Throws an {@link ObjectError} at one
   * that has something of another type than Kubernetes has it.
   */
  add(value: unknown): void {
    const kind = kindOf(value);
    if (kind === undefined) {
      this.#drop('not a Kubernetes object');
      return;
    }
    const isRead = READ_KINDS.has(kind) || this.#fields.uses(kind);
    const problem = isRead ? problemOf(kind, value as object) : undefined;
    if (problem !== undefined) throw new ObjectError(problem);
    this.#take(kind, normalised(value) as KubeObject);
  }

  #take(kind: string, object: KubeObject): void {
    if (kind === 'Node') this.#addNode(object);
    else if (kind === 'Pod') this.#addPod(object);
    else if (kind === 'ReplicaSet') this.#addReplicaSet(object);
    else if (kind === 'EndpointSlice' || kind === 'Endpoints') this.#drop(`${kind}: derived from Services and pods`);
    else if (kind === 'ConfigMap' && object.metadata?.name === 'kube-proxy') this.#addProxyConfig(object);
    else if (kind === 'Job' && isOver(object)) this.#drop('Job that has finished');
    else if (keptOf(kind, object as Json) !== undefined) this.#addOfCluster(kind, object);
    else if (!this.#fields.uses(kind)) this.#drop(`${kind}: not modelled`);
    else this.#addObject(kind, object);
  }

  /** All of it. Throws a RangeError if it asks for more nodes than can be supposed. @param anonymiser gives everything other names. */
  finish(anonymiser?: Anonymiser): ImportedCluster {
    this.#keepGroups();
    const own = [...this.#objects.values()].filter((object) => this.#isOfUse(object));
    const fields = fieldsAsked(own.map(({ object }) => object.spec));
    const ofCluster = [...this.#ofCluster.values()].filter(({ kind, object }) => isAskedFor(kind, object, fields));
    const objects = [...own, ...ofCluster];
    if (this.#nodes.length === 0 && objects.some((object) => this.#isWorkload(object))) this.#supposeNodes(objects);
    const { pools, version } = this.#pools(objects, anonymiser);
    const used = imagesOf(objects);
    const images = new Map([...this.#images].filter(([name]) => used.has(name)).sort(([a], [b]) => (a < b ? -1 : 1)));
    return {
      kubernetesVersion: version,
      pools,
      objects: objects.map((object) => anonymised(object, anonymiser)).sort((a, b) => this.#byName(a, b)),
      proxyMode: this.#proxyMode,
      networkPlugin: this.#plugin,
      startups: anonymiser === undefined ? this.#startups : renamedStartups(this.#startups, anonymiser),
      images:
        anonymiser === undefined ? images : new Map([...images].map(([name, size]) => [anonymiser.image(name), size])),
      dropped: new Map([...this.#dropped].sort(([a], [b]) => (a < b ? -1 : 1))),
      notes: this.#notes,
    };
  }

  #isWorkload({ kind }: ImportedObject): boolean {
    return this.#fields.workload(kind) !== undefined;
  }

  /** Workloads before everything else of their namespace. */
  #byName(a: ImportedObject, b: ImportedObject): number {
    const key = (object: ImportedObject): string =>
      `${object.namespace}/${this.#isWorkload(object) ? 0 : 1}${object.kind}/${object.name}`;
    return key(a) < key(b) ? -1 : 1;
  }

  /** The runtime that a node says it has; the usual one where it says nothing, or one that is not known. */
  #runtimeOf(version: string | undefined): string {
    const { all } = this.#catalogue.containerRuntimes;
    return (
      all.find(({ versionPrefix }) => version?.startsWith(versionPrefix) === true)?.name ?? CONTAINER_RUNTIME_DEFAULT
    );
  }

  #drop(what: string, count = 1): void {
    this.#dropped.set(what, (this.#dropped.get(what) ?? 0) + count);
  }

  #addNode({ metadata, spec, status }: KubeObject): void {
    const { capacity, allocatable, nodeInfo } = (status ?? {}) as Record<string, Record<string, string> | undefined>;
    const name = metadata?.name ?? '';
    if (this.#nodeNames.has(name) && name !== '') {
      this.#drop('Node that is listed twice');
      return;
    }
    this.#nodeNames.add(name);
    const cpu = capacity?.cpu;
    const memory = capacity?.memory;
    if (cpu === undefined || memory === undefined) {
      this.#drop('Node without capacity');
      return;
    }
    const millis = (text: string | undefined): number => parseCpuMillis(text ?? '0') ?? 0;
    const bytes = (text: string | undefined): number => parseQuantity(text ?? '0') ?? 0;
    for (const image of (status?.images ?? []) as { names?: string[]; sizeBytes?: number }[]) {
      for (const name of image.names ?? []) if (!name.includes('@')) this.#images.set(name, image.sizeBytes ?? 0);
    }
    const taints = ((spec?.taints ?? []) as Json[]).filter(({ key }) => !PASSING_TAINT.test(String(key)));
    this.#nodes.push({
      cpu: String(cpu),
      // Whole MiB: machines of one type differ by a few KiB.
      memory: `${Math.round(bytes(memory) / MEBIBYTE)}Mi`,
      pods: Number(capacity?.pods ?? 110),
      resources: otherResources(capacity ?? {}),
      isUnschedulable: spec?.unschedulable === true,
      reservedMillis: allocatable?.cpu === undefined ? 0 : Math.max(0, millis(cpu) - millis(allocatable.cpu)),
      reservedBytes:
        allocatable?.memory === undefined ? 0 : Math.max(0, bytes(memory) - bytes(allocatable.memory) - EVICTION_BYTES),
      labels: metadata?.labels ?? {},
      taints: taints.map(({ key, value, effect }) => ({ key, ...(value === undefined ? {} : { value }), effect })),
      runtime: this.#runtimeOf(nodeInfo?.containerRuntimeVersion),
      kernel: /^\d{1,2}\.\d{1,3}/.exec(nodeInfo?.kernelVersion ?? '')?.[0],
      version: /^v?(1\.\d+)/.exec(nodeInfo?.kubeletVersion ?? '')?.[1] ?? '',
    });
  }

  #addPod(object: KubeObject): void {
    const { metadata, status } = object;
    const owner = metadata?.ownerReferences?.find(({ controller }) => controller !== false);
    if (owner?.kind === 'Node' || metadata?.annotations?.['kubernetes.io/config.mirror'] !== undefined) {
      this.#drop('Pod that is static: put its manifest into staticPodPath');
      return;
    }
    const phase = status?.phase;
    if (phase === 'Succeeded' || phase === 'Failed') {
      this.#drop('Pod that has finished');
      return;
    }
    const namespace = metadata?.namespace ?? 'default';
    this.#sampleStartup(namespace, object);
    if (owner === undefined) {
      this.#addObject('Pod', object);
      return;
    }
    const key = `${owner.kind}/${namespace}/${owner.name}`;
    const known = this.#groups.get(key);
    if (known !== undefined) known.count++;
    else {
      const labels = metadata?.labels ?? {};
      this.#groups.set(key, {
        kind: owner.kind,
        namespace,
        name: owner.name,
        count: 1,
        spec: this.#specOf('Pod', object, `${owner.kind} ${namespace}/${owner.name}`),
        labels,
      });
    }
  }

  /** From the start of a container to the pod's being ready, of pods whose containers never were restarted. */
  #sampleStartup(namespace: string, { spec, status }: KubeObject): void {
    const conditions = (status?.conditions ?? []) as { type: string; status: string; lastTransitionTime?: string }[];
    const ready = conditions.find(
      ({ type, status: value }) => type === 'Ready' && value === 'True',
    )?.lastTransitionTime;
    if (ready === undefined) return;
    const probed = new Set(
      ((spec?.containers ?? []) as { name: string; readinessProbe?: unknown; startupProbe?: unknown }[])
        .filter(({ readinessProbe, startupProbe }) => readinessProbe !== undefined || startupProbe !== undefined)
        .map(({ name }) => name),
    );
    type ContainerStatus = { name: string; restartCount?: number; state?: { running?: { startedAt?: string } } };
    const statuses = (status?.containerStatuses ?? []) as ContainerStatus[];
    if (statuses.some(({ restartCount }) => (restartCount ?? 0) > 0)) return;
    for (const { name, state } of statuses) {
      const started = state?.running?.startedAt;
      if (started === undefined || !probed.has(name)) continue;
      const took = secondsOf(ready) - secondsOf(started);
      if (!(took >= 0 && took < 3600)) continue;
      let byContainer = this.#startups.get(namespace);
      if (byContainer === undefined) {
        byContainer = new Map();
        this.#startups.set(namespace, byContainer);
      }
      const samples = byContainer.get(name) ?? [];
      if (samples.length < SAMPLES_MAX) samples.push(took);
      byContainer.set(name, samples);
    }
  }

  #addReplicaSet(object: KubeObject): void {
    const { metadata } = object;
    const owner = metadata?.ownerReferences?.find(({ controller }) => controller !== false);
    const namespace = metadata?.namespace ?? 'default';
    this.#replicaSets.set(`${namespace}/${metadata?.name}`, owner?.kind === 'Deployment' ? owner.name : undefined);
    if (owner !== undefined) this.#drop('ReplicaSet: created by its Deployment');
    else if (Number(object.spec?.replicas ?? 1) > 0) {
      this.#addObject('Deployment', object);
      this.#notes.push(`ReplicaSet ${namespace}/${metadata?.name} is imported as a Deployment`);
    }
  }

  #addProxyConfig({ data }: KubeObject): void {
    const mode = /^\s*mode:\s*"?(\w+)"?\s*$/m.exec(
      textOf(data?.['config.conf'] ?? data?.['kube-proxy.conf'] ?? ''),
    )?.[1];
    const known = this.#catalogue.proxyModes.all.find(
      ({ configured }) => configured !== undefined && configured === mode,
    );
    if (known !== undefined) this.#proxyMode = known.name;
  }

  /** A class, or a namespace: kept if somebody asks for it. */
  #addOfCluster(kind: string, object: KubeObject): void {
    const name = object.metadata?.name;
    if (name === undefined) this.#drop(`${kind} without a name`);
    else this.#ofCluster.set(`${kind}/${name}`, { kind, namespace: '', name, object: keptOf(kind, object as Json)! });
  }

  #addObject(kind: string, object: KubeObject): void {
    const { metadata } = object;
    const namespace = metadata?.namespace ?? 'default';
    const name = metadata?.name ?? metadata?.generateName?.replace(/-$/, '');
    if (name === undefined) {
      this.#drop(`${kind} without a name`);
      return;
    }
    const plugin = this.#catalogue.networkPlugins.all.find(
      ({ daemonSet }) => kind === 'DaemonSet' && daemonSet.test(name),
    );
    if (plugin !== undefined) this.#plugin = plugin.name;
    const labels = kind === 'Pod' || kind === 'Service' ? metadata?.labels : undefined;
    this.#objects.set(`${kind}/${namespace}/${name}`, {
      kind,
      namespace,
      name,
      object: {
        apiVersion: this.#fields.workload(kind)?.manifest.apiVersion ?? API_VERSIONS[kind]!,
        kind,
        metadata: { name, namespace, ...(labels === undefined ? {} : { labels }) },
        spec: this.#specOf(kind, object, `${kind} ${namespace}/${name}`),
      },
    });
  }

  /** What the model uses of an object's spec, without what holds in its own cluster only. @param called for notes. */
  #specOf(kind: string, object: KubeObject, called: string): unknown {
    const spec = this.#fields.pruned(kind, object);
    if (kind === 'Service') return withoutAddress(spec);
    const at = this.#fields.workload(kind)?.manifest.template;
    const note = (what: string): void => void this.#notes.push(`${called}: ${what}`);
    if (at === undefined) return spec;
    if (at.length === 0) return withoutNode(spec, note);
    const { template, ...rest } = (spec ?? {}) as { template?: Json };
    if (template === undefined) return spec;
    return { ...rest, template: { ...template, spec: withoutNode(template.spec, note) } };
  }

  /** Pods whose owner is not among the objects speak for it. */
  #keepGroups(): void {
    for (const group of this.#groups.values()) {
      const { kind, namespace, name } = ownerOf(group, this.#replicaSets);
      const key = `${kind}/${namespace}/${name}`;
      if (this.#objects.has(key)) {
        this.#drop('Pod: created by its workload', group.count);
      } else if (this.#fields.workload(kind) !== undefined) {
        this.#objects.set(key, {
          kind,
          namespace,
          name,
          object: workloadOf(this.#fields, kind, namespace, name, group),
        });
        this.#notes.push(
          `${kind} ${namespace}/${name} is derived from its ${group.count} pods: it was not among the objects`,
        );
      } else this.#drop(`Pod of a ${kind}: not modelled`, group.count);
    }
  }

  /** Services that select no pod are left out, and so are workloads of no pods. */
  #isOfUse({ kind, namespace, object }: ImportedObject): boolean {
    if (kind === 'Service') {
      const selector = (object.spec as Json | undefined)?.selector as Readonly<Record<string, string>> | undefined;
      if (selector === undefined || Object.keys(selector).length === 0) {
        this.#drop('Service without a selector');
        return false;
      }
      const isSelected = [...this.#objects.values()].some(
        (other) => this.#isWorkload(other) && other.namespace === namespace && hasLabels(podLabels(other), selector),
      );
      if (!isSelected) this.#drop('Service that selects no pod');
      return isSelected;
    }
    const replicas = (object.spec as Json | undefined)?.replicas;
    if (replicas === 0) this.#drop(`${kind} with 0 replicas`);
    return replicas !== 0;
  }

  /** Manifests alone say nothing of nodes: as many are supposed as hold what is asked for, with the labels asked for. */
  #supposeNodes(objects: readonly ImportedObject[]): void {
    const asked = new Map<
      string,
      {
        labels: Readonly<Record<string, string>>;
        pods: number;
        millis: number;
        bytes: number;
        /** Devices, of one pod at most and of all of them. */
        devices: Map<string, { most: number; all: number }>;
      }
    >();
    for (const { kind, object } of objects.filter((other) => this.#isWorkload(other))) {
      const spec = object.spec as Json | undefined;
      const replicas = Number(spec?.replicas ?? spec?.parallelism ?? 1);
      const template = kind === 'Pod' ? spec : ((spec?.template as Json | undefined)?.spec as Json | undefined);
      const labels = (template?.nodeSelector ?? {}) as Readonly<Record<string, string>>;
      const key = JSON.stringify(Object.entries(labels).sort(([x], [y]) => (x < y ? -1 : 1)));
      const known = asked.get(key) ?? { labels, pods: 0, millis: 0, bytes: 0, devices: new Map() };
      known.pods += replicas;
      for (const container of (template?.containers ?? []) as Requesting[]) {
        known.millis += replicas * (parseCpuMillis(container.resources?.requests?.cpu ?? '0') ?? 0);
        known.bytes += replicas * (parseQuantity(container.resources?.requests?.memory ?? '0') ?? 0);
        for (const [name, text] of Object.entries({
          ...container.resources?.limits,
          ...container.resources?.requests,
        })) {
          if (!name.includes('/')) continue;
          const amount = parseQuantity(text) ?? 0;
          const device = known.devices.get(name) ?? { most: 0, all: 0 };
          known.devices.set(name, { most: Math.max(device.most, amount), all: device.all + replicas * amount });
        }
      }
      asked.set(key, known);
    }
    const { cpu, memory, pods: most } = SUPPOSED_NODE;
    for (const { labels, pods, millis, bytes, devices } of asked.values()) {
      const byMemory = Math.ceil((bytes * SUPPOSED_ROOM) / parseQuantity(memory)!);
      const byCpu = Math.ceil((millis * SUPPOSED_ROOM) / (Number(cpu) * 1000));
      const count = Math.max(3, byCpu, byMemory, Math.ceil((pods * SUPPOSED_ROOM) / most));
      if (!(this.#nodes.length + count <= SUPPOSED_MAX)) throw new RangeError(TOO_MANY_NODES);
      const resources = Object.fromEntries(
        [...devices].map(([name, { most: one, all }]) => [
          name,
          String(Math.max(one, Math.ceil((all * SUPPOSED_ROOM) / count))),
        ]),
      );
      for (let i = 0; i < count; i++) this.#nodes.push({ ...SUPPOSED_NODE, labels, resources });
    }
    this.#notes.push(
      `there are no nodes among the objects: ${this.#nodes.length} of ${cpu} cores and ${memory} are assumed`,
    );
  }

  /** Nodes that are alike together. */
  #pools(
    objects: readonly ImportedObject[],
    anonymiser: Anonymiser | undefined,
  ): { pools: ImportedPool[]; version: string | undefined } {
    const asked = labelKeysOf(objects);
    const groups = new Map<string, { nodes: ImportedNode[]; labels: Record<string, string>; pool: string }>();
    for (const node of this.#nodes) {
      const own = Object.entries(node.labels).filter(([key]) => asked.has(key) && !OWN_NODE_LABELS.includes(key));
      const labels = Object.fromEntries(own.sort(([a], [b]) => (a < b ? -1 : 1)));
      const pool = POOL_LABELS.flatMap((label) => node.labels[label] ?? [])[0] ?? 'nodes';
      const { cpu, memory, pods, resources, isUnschedulable, reservedMillis, taints, runtime, kernel } = node;
      const machine = [cpu, memory, pods, resources, isUnschedulable, reservedMillis, taints, runtime, kernel];
      const key = JSON.stringify([pool, ...machine, labels]);
      const known = groups.get(key);
      if (known === undefined) groups.set(key, { nodes: [node], labels, pool });
      else known.nodes.push(node);
    }
    const names = new Set<string>();
    const pools = [...groups.values()].map(({ nodes, labels, pool }): ImportedPool => {
      const zones = [...new Set(nodes.flatMap((node) => node.labels[ZONE] ?? []))].sort();
      const [node] = nodes as [ImportedNode, ...ImportedNode[]];
      return {
        name: unique(dnsName(anonymiser?.name(pool, 'p') ?? pool), names),
        count: nodes.length,
        node: anonymiser === undefined ? node : anonymisedNode(node, anonymiser),
        labels: anonymiser?.labels(labels) ?? labels,
        zones: zones.map((zone) => dnsName(anonymiser?.name(zone, 'z') ?? zone)),
      };
    });
    return { pools, version: this.#version() };
  }

  /** The version that most nodes have, as near to it as is modelled. */
  #version(): string | undefined {
    const counts = new Map<string, number>();
    for (const { version } of this.#nodes) if (version !== '') counts.set(version, (counts.get(version) ?? 0) + 1);
    const [most] = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
    if (most === undefined) return undefined;
    const minor = Number(most[0].slice(2));
    const modelled = Math.min(MINOR_VERSION_MAX, Math.max(MINOR_VERSION_MIN, minor));
    if (modelled !== minor) this.#notes.push(`Kubernetes ${most[0]} is not modelled; 1.${modelled} is used instead`);
    return `1.${modelled}`;
  }
}

const anonymisedNode = (node: ImportedNode, anonymiser: Anonymiser): ImportedNode => ({
  ...node,
  taints: anonymiser.object(node.taints, 'taints') as Json[],
  resources: anonymiser.object(node.resources, 'limits') as Record<string, string>,
});

/** Huge pages and devices that a node has, and space for files in whole GiB: machines of one type differ by a little. */
function otherResources(capacity: Readonly<Record<string, string>>): Record<string, string> {
  const found = Object.entries(capacity).flatMap(([name, text]): [string, string][] => {
    const amount = parseQuantity(text) ?? 0;
    if (name === 'ephemeral-storage') {
      const whole = Math.floor(amount / (1024 * MEBIBYTE));
      return whole > 0 ? [[name, `${whole}Gi`]] : [];
    }
    return amount > 0 && (name.includes('/') || name.startsWith('hugepages-')) ? [[name, String(text)]] : [];
  });
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** An address of its own is the cluster's business; that it has none matters. */
function withoutAddress(spec: unknown): unknown {
  if (spec === undefined) return spec;
  const { clusterIP, ...rest } = spec as Json;
  return clusterIP === 'None' ? spec : rest;
}

const secondsOf = (time: string): number => Date.parse(time) / 1000;

function isOver({ status }: KubeObject): boolean {
  const conditions = (status?.conditions ?? []) as { type: string; status: string }[];
  return conditions.some(({ type, status: value }) => (type === 'Complete' || type === 'Failed') && value === 'True');
}

/** The workload that a group of pods is of: a ReplicaSet's Deployment, by its own word or by its name without the hash. */
function ownerOf(
  group: PodGroup,
  replicaSets: ReadonlyMap<string, string | undefined>,
): Pick<PodGroup, 'kind' | 'namespace' | 'name'> {
  const { kind, namespace, name, labels } = group;
  if (kind !== 'ReplicaSet') return group;
  const key = `${namespace}/${name}`;
  if (replicaSets.has(key)) return { kind: 'Deployment', namespace, name: replicaSets.get(key) ?? name };
  const hash = labels['pod-template-hash'];
  const isHashed = hash !== undefined && name.endsWith(`-${hash}`);
  return { kind: 'Deployment', namespace, name: isHashed ? name.slice(0, -hash.length - 1) : name };
}

/** Labels that tell pods of one generation from another, which the workload gives itself. */
const OWN_LABELS =
  /^(pod-template-hash|controller-revision-hash|pod-template-generation|statefulset\.kubernetes\.io\/pod-name|apps\.kubernetes\.io\/pod-index|batch\.kubernetes\.io\/job-completion-index|(batch\.kubernetes\.io\/)?(controller-uid|job-name))$/;

/** Selectors of these labels, as kinds write them. */
const SELECTORS: Record<WorkloadManifest['selector'], (labels: Json) => Json> = {
  labelSelector: (matchLabels) => ({ selector: { matchLabels } }),
  labels: (selector) => ({ selector }),
  none: () => ({}),
};

function workloadOf(
  kinds: ManifestFields,
  kind: string,
  namespace: string,
  name: string,
  { count, spec, labels }: PodGroup,
): Json {
  const own = Object.fromEntries(Object.entries(labels).filter(([key]) => !OWN_LABELS.test(key)));
  const kept = Object.keys(own).length === 0 ? { app: name } : own;
  const { apiVersion, selector, sizedFor } = kinds.workload(kind)!.manifest;
  return {
    apiVersion,
    kind,
    metadata: { name, namespace },
    spec: { ...sizedFor(count), ...SELECTORS[selector](kept), template: { metadata: { labels: kept }, spec } },
  };
}

function podLabels({ kind, object }: ImportedObject): Readonly<Record<string, string>> {
  const of = kind === 'Pod' ? object : ((object.spec as Json | undefined)?.template as Json | undefined);
  return ((of?.metadata as Json | undefined)?.labels ?? {}) as Readonly<Record<string, string>>;
}

const hasLabels = (labels: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean =>
  Object.entries(wanted).every(([key, value]) => labels[key] === value);

/** Keys of labels by which workloads choose their nodes. */
function labelKeysOf(objects: readonly ImportedObject[]): Set<string> {
  const keys = new Set<string>();
  const visit = (value: unknown, name: string): void => {
    if (Array.isArray(value)) for (const item of value) visit(item, name);
    else if (typeof value === 'object' && value !== null) {
      if (name === 'nodeSelector') for (const key of Object.keys(value)) keys.add(key);
      for (const [key, child] of Object.entries(value)) {
        if (name === 'nodeAffinity' || name === 'matchExpressions' || name.startsWith('nodeSelectorTerms')) {
          if (key === 'key' && typeof child === 'string') keys.add(child);
        }
        if (key === 'topologyKey' && typeof child === 'string') keys.add(child);
        visit(child, key);
      }
    }
  };
  for (const { object } of objects) visit(object.spec, '');
  return keys;
}

function imagesOf(objects: readonly ImportedObject[]): Set<string> {
  const names = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, child] of Object.entries(value)) {
        if (key === 'image' && typeof child === 'string') names.add(child);
        else visit(child);
      }
    }
  };
  for (const { object } of objects) visit(object.spec);
  return names;
}

function anonymised(imported: ImportedObject, anonymiser: Anonymiser | undefined): ImportedObject {
  if (anonymiser === undefined) return imported;
  const object = anonymiser.object(imported.object) as Json;
  const { name, namespace = '' } = object.metadata as { name: string; namespace?: string };
  return { ...imported, name, namespace, object };
}

const renamedStartups = (
  startups: ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>,
  anonymiser: Anonymiser,
): ImportedCluster['startups'] =>
  new Map(
    [...startups].map(([namespace, containers]) => [
      anonymiser.name(namespace),
      new Map([...containers].map(([container, samples]) => [anonymiser.name(container), samples])),
    ]),
  );

/** A text as a DNS label. */
export const dnsName = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 50)
    .replace(/-+$/, '') || 'x';

/** The name, or with a number behind it if it is taken. */
export function unique(name: string, taken: Set<string>): string {
  let free = name;
  for (let i = 2; taken.has(free); i++) free = `${name}-${i}`;
  taken.add(free);
  return free;
}
