// Kinds of objects that are not read, with what a real cluster does with them. Part of the scenario.

import { changes, type FieldLeaf, NOTHING } from '../../format/field-tree.js';

const BY_KIND: Readonly<Record<string, readonly [group: string, leaf: FieldLeaf]>> = {
  HorizontalPodAutoscaler: ['autoscaling', changes('replicas follow a metric: here they stay as many as they are')],
  PodDisruptionBudget: ['policy', changes('evictions wait while too few pods are left')],
  PersistentVolumeClaim: ['', changes('volumes are bound and attached before a pod starts, and tie it to a zone')],
  PersistentVolume: ['', changes('volumes are bound and attached before a pod starts, and tie it to a zone')],
  LimitRange: ['', changes('containers that say nothing get its requests and limits')],
  ResourceQuota: ['', changes('pods beyond it are refused')],
  MutatingWebhookConfiguration: [
    'admissionregistration.k8s.io',
    changes('objects are changed as they are written, and each such request waits for the webhook'),
  ],
  ValidatingWebhookConfiguration: [
    'admissionregistration.k8s.io',
    changes('each such request waits for the webhook, and may be refused'),
  ],
  MutatingAdmissionPolicy: ['admissionregistration.k8s.io', changes('objects are changed as they are written')],
  ResourceClaim: ['resource.k8s.io', changes('devices are allocated before a pod is placed')],
  ResourceClaimTemplate: ['resource.k8s.io', changes('devices are allocated before a pod is placed')],
  FlowSchema: ['flowcontrol.apiserver.k8s.io', changes('it says whose requests wait when the API server is full')],
  PriorityLevelConfiguration: [
    'flowcontrol.apiserver.k8s.io',
    changes('it says how many requests wait when the API server is full'),
  ],
  VerticalPodAutoscaler: ['autoscaling.k8s.io', changes('requests follow what is used: here they stay as they are')],
  ScaledObject: ['keda.sh', changes('replicas follow a metric: here they stay as many as they are')],
  ScaledJob: ['keda.sh', changes('Jobs are made as work arrives')],
  NodePool: ['karpenter.sh', changes('nodes come and go with the pods: here they are those of spec.nodePools')],
  Provisioner: ['karpenter.sh', changes('nodes come and go with the pods: here they are those of spec.nodePools')],
};

/** Groups of Kubernetes itself; kinds of theirs that are not named above change nothing here. */
const OWN_GROUP = /^([a-z]+|[a-z0-9.]+\.k8s\.io|)$/;

/** Groups of custom resources that make no pods of an application, as far as it is simulated: metrics, certificates, routes, delivery. */
const QUIET_GROUPS = [
  ...['monitoring.coreos.com', 'cert-manager.io', 'acme.cert-manager.io', 'networking.istio.io', 'security.istio.io'],
  ...['telemetry.istio.io', 'traefik.io', 'traefik.containo.us', 'projectcontour.io', 'gateway.networking.k8s.io'],
  ...['external-secrets.io', 'secrets-store.csi.x-k8s.io', 'bitnami.com', 'kyverno.io', 'grafana.integreatly.org'],
  ...['kustomize.config.k8s.io', 'snapshot.storage.k8s.io', 'route.openshift.io', 'security.openshift.io'],
  ...['config.openshift.io', 'operator.openshift.io', 'crd.projectcalico.org', 'cilium.io', 'getambassador.io'],
  ...[
    'policy.linkerd.io',
    'linkerd.io',
    'troubleshoot.sh',
    'argoproj.io',
    'samples.operator.openshift.io',
    'image.openshift.io',
    'networking.gke.io',
  ],
];
/** Kinds of such groups that do make pods. */
const MAKES_PODS = [
  ...['Prometheus', 'PrometheusAgent', 'Alertmanager', 'ThanosRuler'],
  ...['Rollout', 'Workflow', 'CronWorkflow', 'Sensor', 'EventSource', 'EventBus'],
];
/** Kinds of such groups that keep traffic away, as a NetworkPolicy does. */
const POLICIES = ['CiliumNetworkPolicy', 'CiliumClusterwideNetworkPolicy', 'GlobalNetworkPolicy', 'NetworkPolicy'];

const OPERATOR = 'its operator may make pods of it, which are not here';

/** `apps` of `apps/v1`; empty for `v1`. */
export const groupOf = (apiVersion: string): string => (apiVersion.includes('/') ? apiVersion.split('/')[0]! : '');

/** Whether a group is of Kubernetes itself. */
export const isOwnGroup = (apiVersion: string): boolean => OWN_GROUP.test(groupOf(apiVersion));

/** What is made of objects of a kind that is not read. */
export function stepOfKind(apiVersion: string, kind: string): FieldLeaf {
  const group = groupOf(apiVersion);
  const known = Object.hasOwn(BY_KIND, kind) ? BY_KIND[kind] : undefined;
  if (known !== undefined && known[0] === group) return known[1];
  if (MAKES_PODS.includes(kind)) return changes(OPERATOR);
  if (QUIET_GROUPS.includes(group)) {
    return POLICIES.includes(kind) ? changes('it keeps traffic away, and costs rules on every node') : NOTHING;
  }
  return isOwnGroup(apiVersion) ? NOTHING : changes(OPERATOR);
}

/** Kinds that are named one by one, for the reference: of other ones the group decides. */
export const namedKinds = (): readonly { readonly kind: string; readonly group: string; readonly leaf: FieldLeaf }[] =>
  Object.entries(BY_KIND).map(([kind, [group, leaf]]) => ({ kind, group, leaf }));
