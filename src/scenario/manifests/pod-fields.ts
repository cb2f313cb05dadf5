// Fields of pods, with what is made of each. Part of the scenario. As core/v1 has them (Kubernetes 1.37).

import { type Changes, changes, each, type FieldTree, NOTHING, USED } from '../../format/field-tree.js';

/** Metadata that every object has and that nobody here looks at. */
const UNREAD_METADATA: FieldTree = {
  ...each(NOTHING, 'name', 'generateName', 'namespace'),
  ...each(NOTHING, 'labels', 'annotations', 'uid', 'resourceVersion', 'generation'),
  ...each(NOTHING, 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'ownerReferences'),
  ...each(NOTHING, 'finalizers', 'managedFields', 'selfLink'),
};

/** Metadata of an object in a namespace. */
export const METADATA: FieldTree = { ...UNREAD_METADATA, ...each(USED, 'name', 'generateName', 'namespace') };
/** Metadata of an object of the cluster. */
export const CLUSTER_METADATA: FieldTree = { ...UNREAD_METADATA, name: USED };

/** Labels and annotations by which webhooks of meshes and operators put containers into a pod. */
const INJECTING: Readonly<Record<string, RegExp>> = {
  'sidecar.istio.io/inject': /^(true|enabled)$/i,
  'linkerd.io/inject': /^(enabled|ingress)$/i,
  'dapr.io/enabled': /^true$/i,
  'vault.hashicorp.com/agent-inject': /^true$/i,
  'consul.hashicorp.com/connect-inject': /^true$/i,
  'kuma.io/sidecar-injection': /^(true|enabled)$/i,
  'sidecar.opentelemetry.io/inject': /^(?!false$)/i,
};
/** The same on the namespace. */
const INJECTING_NAMESPACE: Readonly<Record<string, RegExp>> = {
  'istio-injection': /^enabled$/i,
  'istio.io/rev': /./,
  'linkerd.io/inject': /^(enabled|ingress)$/i,
  'kuma.io/sidecar-injection': /^(true|enabled)$/i,
};

type Known = Readonly<Record<string, RegExp>>;

/** Entries of a map that are among the known ones. */
const partOf =
  (known: Known) =>
  (value: unknown): Record<string, unknown> =>
    typeof value !== 'object' || value === null
      ? {}
      : Object.fromEntries(
          Object.entries(value).filter(([key, text]) => Object.hasOwn(known, key) && known[key]!.test(String(text))),
        );

const hasOneOf =
  (known: Known) =>
  (value: unknown): boolean =>
    Object.keys(partOf(known)(value)).length > 0;

/** Annotations of which only the known ones matter. */
const annotations = (why: string, known: Known): Changes => ({
  ...changes(why, hasOneOf(known)),
  part: partOf(known),
});

const INJECTS = 'a webhook puts a sidecar into its pods, which starts before them and takes a share of their resources';
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

const isInjecting = hasOneOf(INJECTING);

/** Labels of a pod, or of a namespace, that ask for a sidecar; undefined if none does. */
export const injectedBy = (labels: unknown): string | undefined => (isInjecting(labels) ? INJECTS : undefined);

/** Metadata of a template: its pods are named after their workload. */
export const POD_METADATA: FieldTree = {
  ...UNREAD_METADATA,
  labels: USED,
  annotations: annotations(`${INJECTS}, or ${DELETION_COST} says which of them goes first`, {
    ...INJECTING,
    [DELETION_COST]: /./,
  }),
};

export const NAMESPACE_METADATA: FieldTree = {
  ...CLUSTER_METADATA,
  labels: USED,
  annotations: annotations(INJECTS, INJECTING_NAMESPACE),
};

/** Whether labels of a namespace ask for sidecars. */
export const injectsInto = (labels: unknown): string | undefined =>
  hasOneOf(INJECTING_NAMESPACE)(labels) ? INJECTS : undefined;

// Of a handler its kind counts, and of a probe the port, by which it is told whether requests go there too.
const HANDLERS: FieldTree = {
  exec: each(NOTHING, 'command'),
  httpGet: each(NOTHING, 'path', 'port', 'host', 'scheme', 'httpHeaders'),
};
const TCP = { tcpSocket: each(NOTHING, 'port', 'host') };

const PROBE: FieldTree = {
  exec: HANDLERS.exec,
  httpGet: { ...each(NOTHING, 'path', 'host', 'scheme', 'httpHeaders'), port: USED },
  ...TCP,
  grpc: { port: USED, service: NOTHING },
  ...each(USED, 'initialDelaySeconds', 'periodSeconds', 'timeoutSeconds', 'successThreshold', 'failureThreshold'),
  terminationGracePeriodSeconds: USED,
};
const HOOK: FieldTree = { ...HANDLERS, ...TCP, sleep: each(USED, 'seconds') };

const CLAIMS = 'devices are allocated before the pod is placed, and prepared before it starts';

const CONTAINER: FieldTree = {
  ...each(USED, 'name', 'image', 'imagePullPolicy', 'restartPolicy'),
  resources: { ...each(USED, 'requests', 'limits'), claims: changes(CLAIMS) },
  resizePolicy: each(USED, 'resourceName', 'restartPolicy'),
  restartPolicyRules: { action: USED, exitCodes: each(USED, 'operator', 'values') },
  livenessProbe: PROBE,
  readinessProbe: PROBE,
  startupProbe: PROBE,
  lifecycle: { preStop: HOOK, postStart: HOOK, stopSignal: USED },
  ports: each(USED, 'containerPort', 'name', 'hostPort', 'hostIP', 'protocol'),
  volumeMounts: {
    name: USED,
    ...each(NOTHING, 'mountPath', 'subPath', 'subPathExpr', 'readOnly', 'mountPropagation', 'recursiveReadOnly'),
  },
  volumeDevices: NOTHING,
  ...each(NOTHING, 'command', 'args', 'workingDir', 'env', 'envFrom', 'securityContext'),
  ...each(NOTHING, 'terminationMessagePath', 'terminationMessagePolicy', 'stdin', 'stdinOnce', 'tty'),
};

const ATTACHED = 'a volume is attached and mounted before its containers start, which takes seconds';

const VOLUME: FieldTree = {
  name: USED,
  image: each(USED, 'reference', 'pullPolicy'),
  emptyDir: {
    medium: changes('what it holds counts as memory of the pod', (value) => value === 'Memory'),
    sizeLimit: changes('a pod whose files grow beyond it is evicted'),
  },
  ...each(NOTHING, 'configMap', 'secret', 'downwardAPI', 'projected', 'hostPath', 'gitRepo', 'podCertificate'),
  ...each(changes(ATTACHED), 'persistentVolumeClaim', 'ephemeral', 'csi', 'nfs', 'iscsi', 'fc', 'rbd', 'cephfs'),
  ...each(changes(ATTACHED), 'awsElasticBlockStore', 'gcePersistentDisk', 'azureDisk', 'azureFile', 'cinder'),
  ...each(changes(ATTACHED), 'vsphereVolume', 'portworxVolume', 'photonPersistentDisk', 'scaleIO', 'storageos'),
  ...each(changes(ATTACHED), 'glusterfs', 'flocker', 'quobyte', 'flexVolume'),
};

const AFFINITY = each(
  USED,
  'requiredDuringSchedulingIgnoredDuringExecution',
  'preferredDuringSchedulingIgnoredDuringExecution',
);

export const POD_SPEC: FieldTree = {
  containers: CONTAINER,
  initContainers: CONTAINER,
  ...each(USED, 'restartPolicy', 'terminationGracePeriodSeconds', 'activeDeadlineSeconds', 'hostNetwork', 'nodeName'),
  ...each(USED, 'nodeSelector', 'overhead', 'runtimeClassName', 'priorityClassName', 'schedulerName'),
  affinity: { nodeAffinity: AFFINITY, podAffinity: AFFINITY, podAntiAffinity: AFFINITY },
  tolerations: each(USED, 'key', 'operator', 'value', 'effect', 'tolerationSeconds'),
  topologySpreadConstraints: {
    ...each(USED, 'maxSkew', 'topologyKey', 'whenUnsatisfiable', 'labelSelector', 'minDomains'),
    ...each(USED, 'nodeAffinityPolicy', 'nodeTaintsPolicy', 'matchLabelKeys'),
  },
  imagePullSecrets: each(USED, 'name'),
  readinessGates: USED,
  schedulingGates: each(USED, 'name'),
  resources: {
    requests: USED,
    // It stands for requests that are not there.
    limits: {
      ...changes('each of its containers may use all of it, as if the others used nothing'),
      isPartlyUsed: true,
    },
    claims: changes(CLAIMS),
  },
  volumes: VOLUME,
  resourceClaims: changes(CLAIMS),
  workloadRef: changes('its pods are placed together, or not at all'),
  os: { name: changes('its pods run on Windows nodes, which are not modelled', (value) => value === 'windows') },
  // What a pod's priority is, its class says (the admission plug-in Priority).
  ...each(NOTHING, 'priority', 'preemptionPolicy'),
  ...each(
    NOTHING,
    'automountServiceAccountToken',
    'dnsConfig',
    'dnsPolicy',
    'enableServiceLinks',
    'ephemeralContainers',
  ),
  ...each(NOTHING, 'hostAliases', 'hostIPC', 'hostPID', 'hostUsers', 'hostname', 'hostnameOverride', 'subdomain'),
  ...each(NOTHING, 'securityContext', 'serviceAccount', 'serviceAccountName'),
  ...each(NOTHING, 'setHostnameAsFQDN', 'shareProcessNamespace'),
};
