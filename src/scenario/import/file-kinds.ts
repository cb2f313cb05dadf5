// What the items of a list are by the name of its file: support bundles name files after resources, and some of their lists do not
// say themselves. Part of the scenario.

import type { ListKind } from './objects.js';

const APPS = 'apps/v1';
const BATCH = 'batch/v1';

/** By resource, as kubectl names it. */
const RESOURCES: Readonly<Record<string, readonly [apiVersion: string, kind: string]>> = {
  nodes: ['v1', 'Node'],
  pods: ['v1', 'Pod'],
  services: ['v1', 'Service'],
  namespaces: ['v1', 'Namespace'],
  configmaps: ['v1', 'ConfigMap'],
  endpoints: ['v1', 'Endpoints'],
  events: ['v1', 'Event'],
  limitranges: ['v1', 'LimitRange'],
  resourcequotas: ['v1', 'ResourceQuota'],
  replicationcontrollers: ['v1', 'ReplicationController'],
  persistentvolumes: ['v1', 'PersistentVolume'],
  pvs: ['v1', 'PersistentVolume'],
  persistentvolumeclaims: ['v1', 'PersistentVolumeClaim'],
  pvcs: ['v1', 'PersistentVolumeClaim'],
  deployments: [APPS, 'Deployment'],
  statefulsets: [APPS, 'StatefulSet'],
  daemonsets: [APPS, 'DaemonSet'],
  replicasets: [APPS, 'ReplicaSet'],
  jobs: [BATCH, 'Job'],
  cronjobs: [BATCH, 'CronJob'],
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
export function kindByFile(path: string): ListKind {
  const [file = '', folder = ''] = path.split(/[/\\]/).reverse();
  const names = [file.replace(/\.\w+$/, ''), folder].map((name) => name.toLowerCase().replace(/[-_]/g, ''));
  const found = names.map((name) => (Object.hasOwn(RESOURCES, name) ? RESOURCES[name] : undefined)).find((one) => one);
  return found === undefined ? {} : { apiVersion: found[0], kind: found[1] };
}
