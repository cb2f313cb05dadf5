// What is made of each field of a manifest: used, of no effect here, or left out although it changes the answer. Part of the
// scenario; `validate` and `run` say it, and the reference lists it.

import type { WorkloadKind } from '../../control-plane/index.js';
import {
  changes,
  each,
  type FieldLeaf,
  type FieldStep,
  type FieldTree,
  grafted,
  isLeaf,
  NOTHING,
  stepOf,
  USED,
} from '../../format/field-tree.js';
import type { Path } from '../../format/path.js';
import { editDistance } from '../../format/suggest.js';
import { valueAt } from '../validate.js';
import { groupOf } from './kind-steps.js';
import { CLUSTER_METADATA, METADATA, NAMESPACE_METADATA, POD_METADATA, POD_SPEC } from './pod-fields.js';

/** A kind of workload that manifests have. */
export type ManifestKind = WorkloadKind & Required<Pick<WorkloadKind, 'manifest'>>;

const SECOND_FAMILY = 'each service has an address, and each proxy rules, of a second family';
const isTwo = (value: unknown): boolean => Array.isArray(value) && value.length > 1;

const ROUTES: FieldTree = { ports: each(USED, 'port', 'endPort', 'protocol') };
const PEERS: FieldTree = { podSelector: USED, namespaceSelector: USED, ipBlock: each(USED, 'cidr', 'except') };

/** Of the kinds that are no workloads: the group that they are of, and their fields. */
const OTHERS: Readonly<Record<string, { readonly group: string; readonly fields: FieldTree }>> = {
  PriorityClass: {
    group: 'scheduling.k8s.io',
    fields: {
      metadata: CLUSTER_METADATA,
      ...each(USED, 'value', 'globalDefault', 'preemptionPolicy'),
      description: NOTHING,
    },
  },
  RuntimeClass: {
    group: 'node.k8s.io',
    fields: {
      metadata: CLUSTER_METADATA,
      handler: NOTHING,
      overhead: each(USED, 'podFixed'),
      scheduling: each(USED, 'nodeSelector', 'tolerations'),
    },
  },
  Namespace: { group: '', fields: { metadata: NAMESPACE_METADATA, spec: each(NOTHING, 'finalizers') } },
  NetworkPolicy: {
    group: 'networking.k8s.io',
    fields: {
      metadata: METADATA,
      spec: {
        ...each(USED, 'podSelector', 'policyTypes'),
        ingress: { from: PEERS, ...ROUTES },
        egress: { to: PEERS, ...ROUTES },
      },
    },
  },
  Service: {
    group: '',
    fields: {
      metadata: {
        ...METADATA,
        annotations: each(USED, 'service.kubernetes.io/topology-mode', 'service.kubernetes.io/topology-aware-hints'),
      },
      spec: {
        ports: { ...each(USED, 'port', 'targetPort', 'name', 'protocol'), ...each(NOTHING, 'nodePort', 'appProtocol') },
        ...each(USED, 'selector', 'type', 'clusterIP', 'externalIPs', 'loadBalancerSourceRanges'),
        ...each(USED, 'allocateLoadBalancerNodePorts', 'internalTrafficPolicy', 'externalTrafficPolicy'),
        ...each(USED, 'sessionAffinity', 'trafficDistribution', 'publishNotReadyAddresses'),
        sessionAffinityConfig: { clientIP: each(USED, 'timeoutSeconds') },
        ...each(NOTHING, 'clusterIPs', 'externalName', 'loadBalancerIP', 'loadBalancerClass', 'healthCheckNodePort'),
        ipFamilies: changes(SECOND_FAMILY, isTwo),
        ipFamilyPolicy: changes(SECOND_FAMILY, (value) => value === 'RequireDualStack' || value === 'PreferDualStack'),
      },
    },
  },
};

const { labels, annotations } = POD_METADATA;
const OWN_POD: FieldTree = { labels: labels!, annotations: annotations! };

function treeOf({ manifest: { template, fields } }: ManifestKind): FieldTree {
  const pod = { metadata: POD_METADATA, spec: POD_SPEC };
  // A Pod of its own has a name.
  if (template.length === 0) return grafted({ metadata: METADATA, spec: fields }, [], { ...pod, metadata: OWN_POD });
  return grafted({ metadata: METADATA, spec: fields }, template, pod);
}

/** What is the state of an object, says what it is, or where a probe asks: nobody needs to hear of it. */
const QUIET = /^(apiVersion|kind|status)$|(^|\.)metadata\.[^.]*$|\.(exec|httpGet|tcpSocket|grpc)\.\w+$/;

/** A field that is there and is not used. */
export interface UnusedField {
  /** With `[]` for items. */
  readonly path: string;
  readonly step: Exclude<FieldStep, 'used'>;
  /** What a real cluster does with it, if it changes the answer. */
  readonly why?: string;
  /** The place of the first one. */
  readonly at: Path;
  /** A field of the same object that may have been meant: Kubernetes has none of this name. */
  readonly meant?: string;
}

/** A field as the reference lists it. */
export interface ListedField {
  readonly path: string;
  readonly leaf: FieldLeaf;
}

/** What the model makes of manifests: kinds, and fields of each. */
export class ManifestFields {
  readonly #workloads: readonly ManifestKind[];
  readonly #trees: ReadonlyMap<string, FieldTree>;

  constructor(kinds: readonly WorkloadKind[]) {
    this.#workloads = kinds.filter((kind): kind is ManifestKind => kind.manifest !== undefined);
    this.#trees = new Map([
      ...this.#workloads.map((kind) => [kind.kind, treeOf(kind)] as const),
      ...Object.entries(OTHERS).map(([kind, { fields }]) => [kind, fields] as const),
    ]);
  }

  workload(kind: string): ManifestKind | undefined {
    return this.#workloads.find((one) => one.kind === kind);
  }

  /** The spec of the pods of an object; undefined if it is no workload, or says nothing of them. */
  podSpecOf(kind: string, object: unknown): unknown {
    const template = this.workload(kind)?.manifest.template;
    return template === undefined ? undefined : valueAt(object, [...template, 'spec']);
  }

  /** Names of the kinds of workload. */
  get workloadKinds(): string[] {
    return this.#workloads.map(({ kind }) => kind);
  }

  /** Names of all kinds that are read. */
  get kinds(): string[] {
    return [...this.#trees.keys()];
  }

  /** Whether the model uses something of objects that are called so. */
  uses(kind: string): boolean {
    return this.#trees.has(kind);
  }

  /** Whether a kind that is read is of this group: there are custom resources of the same names. */
  isOf(kind: string, apiVersion: string): boolean {
    // Of old, everything was in one group.
    return [this.groupOf(kind), 'extensions'].includes(groupOf(apiVersion));
  }

  /** The group of a kind that is read. */
  groupOf(kind: string): string {
    return OTHERS[kind]?.group ?? groupOf(this.workload(kind)!.manifest.apiVersion);
  }

  /**
   * All fields of a kind in the order of the tree.
   * @param isShort fields beside each other whose own fields are the same stand together: `{livenessProbe,startupProbe}.exec`.
   */
  fieldsOf(kind: string, isShort = false): ListedField[] {
    const list = (tree: FieldTree, before: string): ListedField[] => {
      const names = Object.keys(tree);
      return names.flatMap((name) => {
        const node = tree[name]!;
        const alike = isShort && !isLeaf(node) ? names.filter((other) => tree[other] === node) : [name];
        if (alike[0] !== name) return [];
        const step = alike.length > 1 ? `{${alike.join(',')}}` : name;
        const path = before === '' ? step : `${before}.${step}`;
        return isLeaf(node) ? [{ path, leaf: node }] : list(node, path);
      });
    };
    return list(this.#trees.get(kind) ?? {}, '');
  }

  /** Fields of an object that the model does not use, each at its highest point, but those that nobody needs to hear of. */
  unused(kind: string, object: unknown): UnusedField[] {
    const found = new Map<string, UnusedField>();
    const add = (field: UnusedField): void => {
      if (!found.has(field.path)) found.set(field.path, field);
    };
    const visit = (value: unknown, node: FieldLeaf | FieldTree, path: string, at: Path): void => {
      if (isLeaf(node)) {
        const step = stepOf(node, value);
        if (step === 'used' || (step === 'nothing' && QUIET.test(path))) return;
        add({ path, step, at, ...(typeof node === 'string' || step === 'nothing' ? {} : { why: node.changes }) });
      } else if (Array.isArray(value)) {
        value.forEach((item, i) => {
          visit(item, node, `${path}[]`, [...at, i]);
        });
      } else if (typeof value === 'object' && value !== null) {
        for (const [key, child] of Object.entries(value)) {
          const below = path === '' ? key : `${path}.${key}`;
          if (child === null || (path === '' && QUIET.test(key))) continue;
          if (Object.hasOwn(node, key)) visit(child, node[key]!, below, [...at, key]);
          else if (!isAnnotation(path)) add(unknown(below, key, node, [...at, key]));
        }
      }
    };
    visit(object, this.#trees.get(kind) ?? {}, '', []);
    return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** Annotations of the object's own that the model uses. */
  annotationsOf(kind: string, object: unknown): { annotations?: Record<string, unknown> } {
    const known = (this.#trees.get(kind)?.metadata as FieldTree | undefined)?.annotations;
    const { metadata } = object as { metadata?: { annotations?: Record<string, unknown> } };
    if (known === undefined || isLeaf(known)) return {};
    const own = Object.entries(metadata?.annotations ?? {}).filter(([key]) => Object.hasOwn(known, key));
    return own.length === 0 ? {} : { annotations: Object.fromEntries(own) };
  }

  /** The object's spec with nothing in it but what the model uses, or what changes the answer. */
  pruned(kind: string, object: unknown): unknown {
    const keep = (value: unknown, node: FieldLeaf | FieldTree): unknown => {
      if (isLeaf(node)) return stepOf(node, value) === 'nothing' ? undefined : partOf(node, value);
      if (Array.isArray(value)) return value.map((item) => keep(item, node));
      if (typeof value !== 'object' || value === null) return undefined;
      const entries = Object.entries(value).flatMap(([key, child]) => {
        const kept = Object.hasOwn(node, key) ? keep(child, node[key]!) : undefined;
        return kept === undefined ? [] : [[key, kept]];
      });
      // A handler without anything that is used is one all the same, as is an empty strategy; of others nothing is left.
      return Object.fromEntries(entries);
    };
    const { spec } = this.#trees.get(kind) ?? {};
    if (spec === undefined || isLeaf(spec)) return undefined;
    const { spec: given } = object as { spec?: unknown };
    return given === undefined ? undefined : keep(given, spec);
  }
}

const partOf = (leaf: FieldLeaf, value: unknown): unknown =>
  typeof leaf === 'string' || leaf.part === undefined ? value : leaf.part(value);

const isAnnotation = (path: string): boolean => path.endsWith('annotations');

const unknown = (path: string, name: string, siblings: FieldTree, at: Path): UnusedField => {
  const meant = Object.keys(siblings).find((other) => other.length > 3 && editDistance(name, other) <= SLIP);
  return { path, step: 'nothing', at, ...(meant === undefined ? {} : { meant }) };
};

/** Slips of the hand are this near to what was meant: two fields of Kubernetes hardly ever are. */
const SLIP = 2;
