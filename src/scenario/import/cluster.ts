// What `kubectl get` prints of a cluster, taken in object by object: nodes become pools, workloads stay manifests, pods tell
// how many there are, where they are, and what their containers do. Part of the scenario. What is kept grows with workloads and
// nodes, and by a few words with pods.

import { type Catalogue, CONTAINER_RUNTIME_DEFAULT } from '../../catalogue.js';
import { addTo } from '../../cluster/index.js';
import type { WorkloadManifest } from '../../control-plane/index.js';
import type { FieldStep } from '../../format/field-tree.js';
import { MEBIBYTE, parseCpuMillis, parseQuantity } from '../../format/units.js';
import { textOf } from '../../text/index.js';
import { isOwnGroup, stepOfKind } from '../manifests/kind-steps.js';
import { ManifestFields } from '../manifests/manifest-fields.js';
import { valueAt } from '../validate.js';
import { isFields } from '../yaml/object-fields.js';
import type { Anonymiser } from './anonymise.js';
import { ASSUMED_NODE, assumedNodes } from './assumed-nodes.js';
import { fieldsAsked, isAskedFor, keptOf, withoutIdleVolumes, withoutNode } from './cluster-objects.js';
import { behaviorOf, type ImportedBehavior } from './imported-behaviors.js';
import { normalised, problemOf } from './kube-object.js';
import { controllerOf, type Json, type KubeObject, keyOf, type Texts } from './kube-types.js';
import { type ImportedNode, type ImportedPool, poolsOf, versionOfNodes } from './node-groups.js';
import { ObjectError } from './objects.js';
import { type PodFate, type PodGroup, PodGroups, type PodPlace } from './pod-groups.js';
import type { PodState } from './pod-statuses.js';

export type { ImportedPool } from './node-groups.js';

/** A manifest that goes into the scenario. */
export interface ImportedObject {
  readonly kind: string;
  /** Empty for what is of the cluster itself. */
  readonly namespace: string;
  readonly name: string;
  readonly object: Json;
}

/** Where a pod is when the scenario begins. */
export interface ImportedPlace {
  /** `deployment/web`. */
  readonly workload: string;
  readonly ordinal: number | undefined;
  /** Its name in the scenario; empty: the pod has none. */
  readonly node: string;
  readonly state: PodState;
}

/** What was left out, with the number of objects. */
export interface Dropped {
  readonly what: string;
  readonly count: number;
  readonly step: Exclude<FieldStep, 'used'>;
  /** What a real cluster does with it, if it changes the answer. */
  readonly why?: string;
}

/** Everything that a scenario is written from. */
export interface ImportedCluster {
  readonly kubernetesVersion: string | undefined;
  readonly pools: readonly ImportedPool[];
  readonly objects: readonly ImportedObject[];
  readonly proxyMode: string | undefined;
  readonly networkPlugin: string | undefined;
  /** By namespace. */
  readonly behaviors: ReadonlyMap<string, readonly ImportedBehavior[]>;
  readonly places: ReadonlyMap<string, readonly ImportedPlace[]>;
  /** Sizes of images in bytes, by name, of those that some manifest uses. */
  readonly images: ReadonlyMap<string, number>;
  readonly dropped: readonly Dropped[];
  /** What was supposed, and what is different. */
  readonly notes: readonly string[];
  /** Kinds of workload. */
  readonly workloadKinds: readonly string[];
}

/** API versions of manifests that are not of workloads. */
const API_VERSIONS: Texts = {
  Service: 'v1',
  NetworkPolicy: 'networking.k8s.io/v1',
  HorizontalPodAutoscaler: 'autoscaling/v2',
  PodDisruptionBudget: 'policy/v1',
  PersistentVolumeClaim: 'v1',
  LimitRange: 'v1',
  ResourceQuota: 'v1',
};
/** Kinds that are kept as they are although they change nothing in a run yet: whoever runs it is told. */
const CARRIED = [
  'HorizontalPodAutoscaler',
  'PodDisruptionBudget',
  'PersistentVolumeClaim',
  'LimitRange',
  'ResourceQuota',
];
/** Taints that come and go with the state of a node. */
const PASSING_TAINT = /^node\.(kubernetes|cloudprovider\.kubernetes)\.io\//;
/** Memory below which a kubelet evicts, which is no part of what it reserves (its own default). */
const EVICTION_BYTES = 100 * MEBIBYTE;
/** What {@link ClusterImporter.finish} says where there are none. */
export const NO_NODES = 'there are no nodes among the objects';
const NO_CAPACITY = 'no node among the objects says in its status what it can hold';
/** What to do about it. */
export const NODES_HINT = `add what kubectl get nodes -o json prints, or --assume-nodes, with which as many of ${ASSUMED_NODE.cpu} cores and ${ASSUMED_NODE.memory} are assumed as hold the pods`;

/** Kinds that are looked into beside those of which the model uses something. */
const READ_KINDS = new Set(['Node', 'ConfigMap']);

/** What becomes of pods that are not kept, in words. */
const FATES: Readonly<Record<Exclude<PodFate, 'kept'>, string>> = {
  twice: 'Pod that is listed twice',
  static: 'Pod that is static: put its manifest into staticPodPath',
  finished: 'Pod that has finished',
  leaving: 'Pod that is being deleted',
};
const INJECTED = 'a webhook has put it into the pods, or another version has it';
const WITH_ITS_OWNER = 'Pod: created by its workload';

/** The kind of an object; undefined if it is none of Kubernetes'. */
function kindOf(value: unknown): string | undefined {
  if (!isFields(value) || !Object.hasOwn(value, 'kind')) return undefined;
  const { kind } = value;
  return typeof kind === 'string' ? kind : undefined;
}

export interface ImportOptions {
  /** Nodes are assumed where there are none. */
  readonly assumesNodes?: boolean;
}

/** Takes in the objects of a cluster. */
export class ClusterImporter {
  readonly #nodes: ImportedNode[] = [];
  readonly #nodeNames = new Set<string>();
  readonly #objects = new Map<string, ImportedObject>();
  /** Of the cluster itself. */
  readonly #ofCluster = new Map<string, ImportedObject>();
  /** By key: the Deployment of a ReplicaSet and the CronJob of a Job; undefined for those that have none. */
  readonly #owners = new Map<string, string | undefined>();
  readonly #pods: PodGroups;
  readonly #images = new Map<string, number>();
  readonly #dropped = new Map<string, Dropped>();
  readonly #notes: string[] = [];
  readonly #catalogue: Catalogue;
  readonly #fields: ManifestFields;
  readonly #assumesNodes: boolean;
  #proxyMode: string | undefined;
  #plugin: string | undefined;

  /** @param catalogue the parts that a cluster may have. */
  constructor(catalogue: Catalogue, { assumesNodes = false }: ImportOptions = {}) {
    this.#catalogue = catalogue;
    this.#fields = new ManifestFields(catalogue.workloadKinds.all);
    this.#assumesNodes = assumesNodes;
    this.#pods = new PodGroups((kind) => this.#isNumbered(kind));
  }

  /** Kinds of workload that it knows. */
  get workloadKinds(): Catalogue['workloadKinds']['all'] {
    return this.#catalogue.workloadKinds.all;
  }

  /**
   * Takes in one object; what is no object of Kubernetes is counted among the dropped. Throws an {@link ObjectError} at one
   * that has something of another type than Kubernetes has it.
   * @returns whether it is an object of Kubernetes.
   */
  add(value: unknown): boolean {
    const kind = kindOf(value);
    if (kind === undefined) {
      this.#drop('not a Kubernetes object');
      return false;
    }
    const apiVersion = textOf((value as Json).apiVersion ?? '');
    const isOther = apiVersion !== '' && this.#fields.uses(kind) && !this.#fields.isOf(kind, apiVersion);
    if (isOther && !isOwnGroup(apiVersion)) {
      this.#dropKind(apiVersion, kind);
      return true;
    }
    const isRead = READ_KINDS.has(kind) || this.#fields.uses(kind);
    const problem = isRead ? problemOf(kind, value as object) : undefined;
    if (problem !== undefined) throw new ObjectError(problem);
    this.#take(kind, apiVersion, normalised(value) as KubeObject);
    return true;
  }

  /** What cannot be read, in a folder that nobody has sorted. */
  leaveOut(what: string): void {
    this.#drop(what, 1, 'it cannot be read');
  }

  #take(kind: string, apiVersion: string, object: KubeObject): void {
    if (kind === 'Node') this.#addNode(object);
    else if (kind === 'Pod') this.#addPod(object);
    else if (kind === 'ReplicaSet') this.#addReplicaSet(object);
    else if (kind === 'EndpointSlice' || kind === 'Endpoints') this.#drop(`${kind}: derived from Services and pods`);
    else if (kind === 'ConfigMap' && object.metadata?.name === 'kube-proxy') this.#addProxyConfig(object);
    else if (kind === 'Job') this.#addJob(object);
    else if (keptOf(kind, object as Json) !== undefined) this.#addOfCluster(kind, object);
    else if (CARRIED.includes(kind)) this.#addObject(kind, object);
    else if (!this.#fields.uses(kind)) this.#dropKind(apiVersion, kind);
    else this.#addObject(kind, object);
  }

  /** All of it. Throws a RangeError if it asks for more nodes than can be assumed, or has none. @param anonymiser gives everything other names. */
  finish(anonymiser?: Anonymiser): ImportedCluster {
    this.#keepGroups();
    const own = [...this.#objects.values()].filter((object) => this.#isOfUse(object));
    // Of what is left out nothing is said of its pods either.
    const kept = new Set(own);
    for (const [key, object] of this.#objects) if (!kept.has(object)) this.#objects.delete(key);
    const fields = fieldsAsked(own.map(({ object }) => object.spec));
    const ofCluster = [...this.#ofCluster.values()].filter(({ kind, object }) => isAskedFor(kind, object, fields));
    const objects = [...own, ...ofCluster];
    if (this.#nodes.length === 0 && objects.some((object) => this.#isWorkload(object))) this.#assumeNodes(objects);
    const { pools, names } = poolsOf(this.#nodes, labelKeysOf(objects), anonymiser);
    const used = imagesOf(objects);
    const images = new Map([...this.#images].filter(([name]) => used.has(name)).sort(([a], [b]) => (a < b ? -1 : 1)));
    return {
      kubernetesVersion: versionOfNodes(this.#nodes, (text) => void this.#notes.push(text)),
      pools,
      objects: objects.map((object) => anonymised(object, anonymiser)).sort((a, b) => this.#byName(a, b)),
      proxyMode: this.#proxyMode,
      networkPlugin: this.#plugin,
      behaviors: this.#behaviors(anonymiser),
      places: this.#places(names, anonymiser),
      images:
        anonymiser === undefined ? images : new Map([...images].map(([name, size]) => [anonymiser.image(name), size])),
      dropped: [...this.#dropped.values()].sort((a, b) => (a.what < b.what ? -1 : 1)),
      notes: this.#notes,
      workloadKinds: this.#fields.workloadKinds,
    };
  }

  /** Whether pods of a kind have their numbers as a label. */
  #isNumbered(kind: string): boolean {
    return this.#fields.workload(kind)?.traits.ownLabels.some(({ of }) => of === 'ordinal') === true;
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

  /** @param why what a real cluster does with it, if that changes the answer. */
  #drop(what: string, count = 1, why?: string): void {
    const before = this.#dropped.get(what)?.count ?? 0;
    const step = why === undefined ? 'nothing' : 'answer';
    this.#dropped.set(what, { what, count: before + count, step, ...(why === undefined ? {} : { why }) });
  }

  #dropKind(apiVersion: string, kind: string, count = 1): void {
    const leaf = stepOfKind(apiVersion, kind);
    this.#drop(`${kind}: not modelled`, count, typeof leaf === 'string' ? undefined : leaf.changes);
  }

  #addNode({ metadata, spec, status }: KubeObject): void {
    const { capacity, allocatable, nodeInfo } = (status ?? {}) as Record<string, Record<string, string> | undefined>;
    const name = metadata?.name ?? '';
    if (this.#nodeNames.has(name) && name !== '') {
      this.#drop('Node that is listed twice');
      return;
    }
    this.#nodeNames.add(name);
    // What it may give away is what it has, if it says no more.
    const cpu = capacity?.cpu ?? allocatable?.cpu;
    const memory = capacity?.memory ?? allocatable?.memory;
    if (cpu === undefined || memory === undefined) {
      this.#drop('Node without capacity', 1, 'it has no room for pods');
      return;
    }
    const millis = (text: string | undefined): number => parseCpuMillis(text ?? '0') ?? 0;
    const bytes = (text: string | undefined): number => parseQuantity(text ?? '0') ?? 0;
    for (const image of (status?.images ?? []) as { names?: string[]; sizeBytes?: number }[]) {
      for (const name of image.names ?? []) if (!name.includes('@')) this.#images.set(name, image.sizeBytes ?? 0);
    }
    const conditions = (status?.conditions ?? []) as { type: string; status: string }[];
    if (conditions.some(({ type, status: value }) => type === 'Ready' && value !== 'True'))
      this.#drop('Node that is not ready', 1, 'it takes no pods, and those on it are evicted: here it is well');
    const taints = ((spec?.taints ?? []) as Json[]).filter(({ key }) => !PASSING_TAINT.test(String(key)));
    this.#nodes.push({
      name,
      cpu: String(cpu),
      // Whole MiB: machines of one type differ by a few KiB.
      memory: `${Math.round(bytes(memory) / MEBIBYTE)}Mi`,
      pods: Number(capacity?.pods ?? allocatable?.pods ?? 110),
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
    const fate = this.#pods.add(object, (called) => this.#specOf('Pod', object, called));
    if (fate !== 'kept') this.#drop(FATES[fate]);
    else if (controllerOf(object) === undefined) this.#addObject('Pod', object);
  }

  #addReplicaSet(object: KubeObject): void {
    const owner = controllerOf(object);
    const { namespace = 'default', name = '' } = object.metadata ?? {};
    this.#owners.set(keyOf('ReplicaSet', namespace, name), owner?.kind === 'Deployment' ? owner.name : undefined);
    if (owner !== undefined) this.#drop('ReplicaSet: created by its Deployment');
    else this.#addObject('ReplicaSet', object);
  }

  #addJob(object: KubeObject): void {
    const owner = controllerOf(object);
    const { namespace = 'default', name = '' } = object.metadata ?? {};
    this.#owners.set(keyOf('Job', namespace, name), owner?.kind === 'CronJob' ? owner.name : undefined);
    if (isOver(object)) this.#drop('Job that has finished');
    else this.#addObject('Job', this.#remaining(object));
  }

  /** The Job with as many completions as it lacks. */
  #remaining(object: KubeObject): KubeObject {
    const { completions, completionMode } = object.spec ?? {};
    const done = Number(object.status?.succeeded ?? 0);
    if (typeof completions !== 'number' || done <= 0 || done >= completions) return object;
    const { namespace = 'default', name = '' } = object.metadata ?? {};
    if (completionMode === 'Indexed') {
      this.#drop('Job of which some indexes are done', 1, 'they are not done again: here it begins anew');
      return object;
    }
    this.#notes.push(`Job ${namespace}/${name}: ${done} of ${completions} completions are done, the others are wanted`);
    return { ...object, spec: { ...object.spec, completions: completions - done } };
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
    const template = this.#fields.workload(kind)?.manifest.template;
    const containers = template && valueAt(object, [...template, 'spec', 'containers']);
    if (template !== undefined && !(Array.isArray(containers) && containers.length > 0)) {
      this.#drop(`${kind} without containers`, 1, 'its pods are missing');
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
        metadata: {
          name,
          namespace,
          ...(labels === undefined ? {} : { labels }),
          ...this.#fields.annotationsOf(kind, object),
        },
        spec: this.#specOf(kind, object, `${kind} ${namespace}/${name}`),
      },
    });
  }

  /** What the model uses of an object's spec, without what holds in its own cluster only. @param called for notes. */
  #specOf(kind: string, object: KubeObject, called: string): unknown {
    const spec = this.#fields.pruned(kind, object);
    if (CARRIED.includes(kind)) return object.spec;
    if (kind === 'Service') return withoutAddress(spec);
    const at = this.#fields.workload(kind)?.manifest.template;
    const note = (what: string): void => void this.#notes.push(`${called}: ${what}`);
    if (at === undefined) return spec;
    const podSpec = [...at.slice(1), ...(at.length === 0 ? [] : ['spec'])];
    return changedAt(spec, podSpec, (own) => withoutIdleVolumes(withoutNode(own, note)));
  }

  /** The workload whose manifest its pods are made from. */
  #ownerOf(group: PodGroup): Pick<PodGroup, 'kind' | 'namespace' | 'name'> {
    const { kind, namespace, name, labels } = group;
    const key = keyOf(kind, namespace, name);
    const maker = { ReplicaSet: 'Deployment', Job: 'CronJob' }[kind];
    // A Job that is among the objects speaks for itself.
    if (maker === undefined || this.#objects.has(key)) return group;
    const owner = this.#owners.get(key);
    if (owner !== undefined) return { kind: maker, namespace, name: owner };
    const hash = labels['pod-template-hash'];
    // One that is not among the objects is told by its name.
    const isHashed = !this.#owners.has(key) && hash !== undefined && name.endsWith(`-${hash}`);
    if (kind === 'ReplicaSet' && isHashed) return { kind: maker, namespace, name: name.slice(0, -hash.length - 1) };
    return group;
  }

  /** Pods whose owner is not among the objects speak for it. */
  #keepGroups(): void {
    for (const group of this.#pods.all) {
      const count = group.places.length;
      const { kind, namespace, name } = this.#ownerOf(group);
      const key = keyOf(kind, namespace, name);
      if (count === 0 || kind === 'Pod') continue;
      // A Job of a CronJob is one of its runs, and not the CronJob itself.
      if (kind === 'CronJob' || this.#objects.has(key)) {
        this.#drop(WITH_ITS_OWNER, count);
      } else if (this.#fields.workload(kind) !== undefined) {
        const object = workloadOf(this.#fields, kind, namespace, name, group);
        this.#objects.set(key, { kind, namespace, name, object });
        this.#notes.push(
          `${kind} ${namespace}/${name} is derived from its ${count} pods: it was not among the objects`,
        );
      } else this.#drop(`Pod of a ${kind}: not modelled`, count, 'its pods take room on their nodes');
    }
  }

  /** What the containers of the workloads that are kept were seen to do, by namespace. */
  #behaviors(anonymiser: Anonymiser | undefined): Map<string, ImportedBehavior[]> {
    const found = new Map<string, ImportedBehavior[]>();
    for (const group of this.#pods.all) {
      const { kind, namespace, name } = this.#ownerOf(group);
      const known = this.#objects.get(keyOf(kind, namespace, name));
      if (known === undefined) continue;
      const pod = this.#fields.podSpecOf(kind, known.object);
      const own = containersOf(pod);
      const inits = initsOf(pod);
      const isToEnd = this.#fields.workload(kind)!.traits.runsToCompletion;
      for (const [container, samples] of group.containers) {
        if (!own.has(container)) {
          this.#drop(`container ${anonymiser?.name(container) ?? container} that no template has`, 1, INJECTED);
          continue;
        }
        const workload = `${kind.toLowerCase()}/${anonymiser?.name(name) ?? name}`;
        const called = anonymiser?.name(container) ?? container;
        const seen = { workload, container: called, pods: group.places.length, samples };
        const behavior = behaviorOf({ ...seen, isToEnd: isToEnd || inits.has(container) }, (text) =>
          this.#notes.push(text),
        );
        if (behavior !== undefined) addTo(found, anonymiser?.name(namespace) ?? namespace, behavior);
      }
    }
    // A Job that goes on does what those before it did.
    for (const { kind, namespace, name } of this.#objects.values()) {
      const cron = kind === 'Job' ? this.#owners.get(keyOf(kind, namespace, name)) : undefined;
      const called = (one: string): string => anonymiser?.name(one) ?? one;
      if (cron === undefined) continue;
      for (const one of [...(found.get(called(namespace)) ?? [])])
        if (one.workload === `cronjob/${called(cron)}`)
          addTo(found, called(namespace), { ...one, workload: `job/${called(name)}` });
    }
    return found;
  }

  /** Where the pods of the workloads that are kept are, by namespace. @param names of nodes in the scenario. */
  #places(names: ReadonlyMap<string, string>, anonymiser: Anonymiser | undefined): Map<string, ImportedPlace[]> {
    const byWorkload = new Map<string, PodPlace[]>();
    for (const group of this.#pods.all) {
      const { kind, namespace, name } = this.#ownerOf(group);
      const key = keyOf(kind, namespace, name);
      const isPlaced = this.#fields.workload(kind)?.traits.placement === 'replicas' && kind === group.kind;
      const isOfDeployment = group.kind !== kind && this.#objects.get(key)?.kind === 'Deployment';
      if (!this.#objects.has(key) || !(isPlaced || isOfDeployment)) continue;
      byWorkload.set(key, [...(byWorkload.get(key) ?? []), ...group.places]);
    }
    const found = new Map<string, ImportedPlace[]>();
    for (const [key, places] of byWorkload) {
      const { kind, namespace, name, object } = this.#objects.get(key)!;
      const workload = `${kind.toLowerCase()}/${anonymiser?.name(name) ?? name}`;
      const wanted = wantedBy({ kind, object });
      const lost = places.filter(({ state, node }) => state === 'running' && !names.has(node)).length;
      const isAway = places.some(({ state, node }) => state === 'running' && node !== '' && !names.has(node));
      const more = places.length - lost - wanted;
      // Assumed nodes are nobody's.
      if (isAway && this.#nodeNames.size > 0)
        this.#drop('Pod on a node that is not among the objects', lost, 'it is placed anew');
      if (more > 0) this.#drop('Pod beyond the number that is wanted', more, 'it is there until its rollout is over');
      for (const { ordinal, node, state } of placesKept(places, wanted, names)) {
        const place = { workload, ordinal, node: state === 'running' ? names.get(node)! : '', state };
        addTo(found, anonymiser?.name(namespace) ?? namespace, place);
      }
    }
    return found;
  }

  /** Services that select no pod are left out, and so are workloads of no pods, and what is nobody's. */
  #isOfUse({ kind, namespace, object }: ImportedObject): boolean {
    if (CARRIED.includes(kind))
      return [...this.#objects.values()].some((other) => this.#isWorkload(other) && other.namespace === namespace);
    if (kind === 'Service') {
      const selector = (object.spec as Json | undefined)?.selector as Texts | undefined;
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

  /** Manifests alone say nothing of nodes. */
  #assumeNodes(objects: readonly ImportedObject[]): void {
    if (!this.#assumesNodes) throw new RangeError(this.#nodeNames.size > 0 ? NO_CAPACITY : NO_NODES);
    const workloads = objects.filter((object) => this.#isWorkload(object));
    const asking = workloads.map(({ kind, object }) => ({
      spec: object.spec as Json | undefined,
      pod: this.#fields.podSpecOf(kind, object) as Json | undefined,
    }));
    for (const node of assumedNodes(asking)) this.#nodes.push(node);
    const { cpu, memory } = ASSUMED_NODE;
    this.#notes.push(`${NO_NODES}: ${this.#nodes.length} of ${cpu} cores and ${memory} are assumed`);
  }
}

/**
 * As many as a workload wants, those that run first: while a new version is rolled out there are more. Without numbers if these
 * are not those of so many pods.
 */
function placesKept(places: readonly PodPlace[], wanted: number, nodes: ReadonlyMap<string, string>): PodPlace[] {
  const kept = places
    .filter(({ state, node }) => state !== 'running' || nodes.has(node))
    .sort((a, b) => rank(a.state) - rank(b.state))
    .slice(0, wanted);
  const isNumbered = kept.every(({ ordinal }) => ordinal !== undefined && ordinal < wanted);
  return isNumbered ? kept : kept.map((place) => ({ ...place, ordinal: undefined }));
}

const rank = (state: PodState): number => ['running', 'held', 'pending'].indexOf(state);

/** Pods that a workload wants. */
function wantedBy({ kind, object }: Pick<ImportedObject, 'kind' | 'object'>): number {
  if (kind === 'Pod') return 1;
  const { replicas, parallelism, completions } = (object.spec ?? {}) as Json;
  return Math.min(Number(replicas ?? parallelism ?? 1), Number(completions ?? Number.MAX_SAFE_INTEGER));
}

/** Names of all containers of a pod. */
function containersOf(pod: unknown): Set<string> {
  const { initContainers = [], containers = [] } = (pod ?? {}) as Partial<
    Record<'initContainers' | 'containers', { name?: string }[]>
  >;
  return new Set([...initContainers, ...containers].flatMap(({ name }) => name ?? []));
}

/** Names of the init containers of a pod that are to end. */
function initsOf(pod: unknown): Set<string> {
  const { initContainers = [] } = (pod ?? {}) as { initContainers?: { name?: string; restartPolicy?: string }[] };
  return new Set(initContainers.flatMap(({ name = '', restartPolicy }) => (restartPolicy === 'Always' ? [] : [name])));
}

/** Huge pages and devices that a node has, and space for files in whole GiB: machines of one type differ by a little. */
function otherResources(capacity: Texts): Record<string, string> {
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

/** The value with another one at a path, if there is something. */
function changedAt(value: unknown, path: readonly (string | number)[], change: (value: unknown) => unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return change(value);
  return isFields(value) && Object.hasOwn(value, step)
    ? { ...value, [step]: changedAt(value[step], rest, change) }
    : value;
}

/** An address of its own is the cluster's business; that it has none matters. */
function withoutAddress(spec: unknown): unknown {
  if (spec === undefined) return spec;
  const { clusterIP, ...rest } = spec as Json;
  return clusterIP === 'None' ? spec : rest;
}

function isOver({ status }: KubeObject): boolean {
  const conditions = (status?.conditions ?? []) as { type: string; status: string }[];
  return conditions.some(({ type, status: value }) => (type === 'Complete' || type === 'Failed') && value === 'True');
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
  { places: { length: count }, spec, labels }: PodGroup,
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

function podLabels({ kind, object }: ImportedObject): Texts {
  const of = kind === 'Pod' ? object : ((object.spec as Json | undefined)?.template as Json | undefined);
  return ((of?.metadata as Json | undefined)?.labels ?? {}) as Texts;
}

const hasLabels = (labels: Texts, wanted: Texts): boolean =>
  Object.entries(wanted).every(([key, value]) => labels[key] === value);

/** Keys of labels by which workloads choose their nodes. */
export function labelKeysOf(objects: readonly ImportedObject[]): Set<string> {
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
