// What the items of a list are by the name of its file: support bundles name files after resources, and some of their lists do not
// say themselves. Part of the scenario.

import type { WorkloadKind } from '../../control-plane/index.js';
import type { ListKind } from './objects.js';

/** By resource, as kubectl names it; workloads are those of the catalogue. */
const RESOURCES: Readonly<Record<string, readonly [apiVersion: string, kind: string]>> = {
  nodes: ['v1', 'Node'],
  services: ['v1', 'Service'],
  namespaces: ['v1', 'Namespace'],
  configmaps: ['v1', 'ConfigMap'],
  endpoints: ['v1', 'Endpoints'],
  events: ['v1', 'Event'],
  limitranges: ['v1', 'LimitRange'],
  resourcequotas: ['v1', 'ResourceQuota'],
  persistentvolumes: ['v1', 'PersistentVolume'],
  pvs: ['v1', 'PersistentVolume'],
  persistentvolumeclaims: ['v1', 'PersistentVolumeClaim'],
  pvcs: ['v1', 'PersistentVolumeClaim'],
  horizontalpodautoscalers: ['autoscaling/v2', 'HorizontalPodAutoscaler'],
  hpas: ['autoscaling/v2', 'HorizontalPodAutoscaler'],
  poddisruptionbudgets: ['policy/v1', 'PodDisruptionBudget'],
  networkpolicies: ['networking.k8s.io/v1', 'NetworkPolicy'],
  networkpolicy: ['networking.k8s.io/v1', 'NetworkPolicy'],
  ingress: ['networking.k8s.io/v1', 'Ingress'],
  ingresses: ['networking.k8s.io/v1', 'Ingress'],
  priorityclasses: ['scheduling.k8s.io/v1', 'PriorityClass'],
  runtimeclasses: ['node.k8s.io/v1', 'RuntimeClass'],
  storageclasses: ['storage.k8s.io/v1', 'StorageClass'],
};

/** By the file's own name, `pods.json`, or by its folder's, `pods/shop.json`; nothing if neither is a resource. */
export function kindByFile(path: string, workloads: readonly WorkloadKind[]): ListKind {
  const [file = '', folder = ''] = path.split(/[/\\]/).reverse();
  const names = [file.replace(/\.\w+$/, ''), folder].map((name) => name.toLowerCase().replace(/[-_]/g, ''));
  for (const name of names) {
    const workload = workloads.find(
      ({ kind, manifest }) => manifest !== undefined && `${kind.toLowerCase()}s` === name,
    );
    if (workload !== undefined) return { apiVersion: workload.manifest!.apiVersion, kind: workload.kind };
    const [apiVersion, kind] = Object.hasOwn(RESOURCES, name) ? RESOURCES[name]! : [];
    if (kind !== undefined) return { apiVersion, kind };
  }
  return {};
}
