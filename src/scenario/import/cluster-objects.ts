// Objects of a dump that are the cluster's own and say where pods may run: classes and namespaces; and what of a pod's spec says
// where it happened to be. Part of the scenario.

import { HOSTNAME } from '../../cluster/index.js';
import { isFields } from '../yaml/object-fields.js';
import type { Json } from './kube-types.js';

/** What of such objects is kept, beside their names; undefined for other kinds. */
export function keptOf(kind: string, object: Json): Json | undefined {
  const metadata = object.metadata as Json | undefined;
  const name = metadata?.name;
  const some = (...fields: string[]): Json =>
    Object.fromEntries(fields.filter((field) => object[field] !== undefined).map((field) => [field, object[field]]));
  switch (kind) {
    case 'PriorityClass':
      return {
        apiVersion: 'scheduling.k8s.io/v1',
        kind,
        metadata: { name },
        // What has no quotes has become text by its name: elsewhere a `value` is one.
        value: Number(object.value),
        ...some('globalDefault', 'preemptionPolicy'),
      };
    case 'RuntimeClass':
      return {
        apiVersion: 'node.k8s.io/v1',
        kind,
        metadata: { name },
        handler: 'x',
        ...some('overhead', 'scheduling'),
      };
    case 'Namespace':
      return { apiVersion: 'v1', kind, metadata: { name, labels: metadata?.labels ?? {} } };
    default:
      return undefined;
  }
}

/** Whether some workload asks for a class, or looks at labels of namespaces. @param asked texts of all fields, by their names. */
export function isAskedFor(kind: string, object: Json, asked: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  const name = (object.metadata as Json).name as string;
  if (kind === 'PriorityClass') {
    const isSystem = name.startsWith('system-');
    return !isSystem && (object.globalDefault === true || asked.get('priorityClassName')?.has(name) === true);
  }
  if (kind === 'RuntimeClass') return asked.get('runtimeClassName')?.has(name) === true;
  return asked.has('namespaceSelector');
}

/** Fields of objects by their names, with the texts that stand there. */
export function fieldsAsked(objects: readonly unknown[]): Map<string, Set<string>> {
  const asked = new Map<string, Set<string>>();
  const visit = (value: unknown, key: string): void => {
    if (key !== '') {
      const known = asked.get(key) ?? new Set<string>();
      if (typeof value === 'string') known.add(value);
      asked.set(key, known);
    }
    if (Array.isArray(value)) for (const item of value) visit(item, '');
    else if (isFields(value)) for (const [name, child] of Object.entries(value)) visit(child, name);
  };
  for (const object of objects) visit(object, '');
  return asked;
}

/**
 * The spec of a pod without what ties it to one node of the cluster that it comes from: nodes have other names here.
 * @param note is told what was left out.
 */
export function withoutNode(spec: unknown, note: (what: string) => void): unknown {
  if (!isFields(spec)) return spec;
  const { nodeName: _, nodeSelector, affinity, schedulerName, ...rest } = spec;
  const kept: Record<string, unknown> = { ...rest };
  if (isFields(nodeSelector)) {
    const { [HOSTNAME]: host, ...others } = nodeSelector;
    if (host !== undefined) note('a node selector on the host name is left out');
    if (Object.keys(others).length > 0) kept.nodeSelector = others;
  }
  if (affinity !== undefined) {
    const free = withoutHosts(affinity, note);
    if (free !== undefined) kept.affinity = free;
  }
  if (typeof schedulerName === 'string' && schedulerName !== 'default-scheduler')
    note(`schedulerName ${schedulerName} is left out: its pods go to the default scheduler`);
  return kept;
}

/** The spec of a pod without volumes of which nothing is left but their names, and without what mounts them. */
export function withoutIdleVolumes(spec: unknown): unknown {
  if (!isFields(spec)) return spec;
  const { volumes, ...rest } = spec;
  const kept = (Array.isArray(volumes) ? (volumes as Json[]) : []).filter((volume) => {
    const said = Object.entries(volume).filter(([key, value]) => key !== 'name' && !isEmpty(value));
    return said.length > 0;
  });
  const names = new Set(kept.map(({ name }) => name));
  const mounting = (containers: unknown): unknown =>
    !Array.isArray(containers)
      ? containers
      : (containers as Json[]).map(({ volumeMounts, ...container }) => {
          const own = (Array.isArray(volumeMounts) ? (volumeMounts as Json[]) : []).filter(({ name }) =>
            names.has(name),
          );
          return own.length === 0 ? container : { ...container, volumeMounts: own };
        });
  const containers = ['initContainers', 'containers'].filter((field) => rest[field] !== undefined);
  return {
    ...rest,
    ...Object.fromEntries(containers.map((field) => [field, mounting(rest[field])])),
    ...(kept.length === 0 ? {} : { volumes: kept }),
  };
}

const isEmpty = (value: unknown): boolean => isFields(value) && Object.keys(value).length === 0;

/** Affinity without terms that name nodes. */
function withoutHosts(affinity: unknown, note: (what: string) => void): unknown {
  if (!isFields(affinity) || !isFields(affinity.nodeAffinity)) return affinity;
  const { nodeAffinity, ...others } = affinity;
  const required = nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution;
  const terms =
    isFields(required) && Array.isArray(required.nodeSelectorTerms) ? (required.nodeSelectorTerms as Json[]) : [];
  const free = terms.map(({ matchFields: _, matchExpressions, ...rest }) => ({
    ...rest,
    ...(Array.isArray(matchExpressions)
      ? { matchExpressions: (matchExpressions as Json[]).filter(({ key }) => key !== HOSTNAME) }
      : {}),
  }));
  const isTied = JSON.stringify(free) !== JSON.stringify(terms);
  if (!isTied) return affinity;
  note('a node affinity on names of nodes is left out');
  const left = free.filter(({ matchExpressions }) => (matchExpressions as unknown[] | undefined)?.length);
  const { requiredDuringSchedulingIgnoredDuringExecution: _, ...preferred } = nodeAffinity;
  const node =
    left.length === free.length
      ? { ...preferred, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: left } }
      : preferred;
  return { ...others, ...(Object.keys(node).length === 0 ? {} : { nodeAffinity: node }) };
}
