// The scenario format, defined once: validation, JSON Schema for editors, `explain` and the reference page come from here.
// Part of the scenario. Field names and defaults are Kubernetes' own wherever Kubernetes has the field. A field marked
// `planned` is part of the format and not of the model yet: it is refused, never ignored.

import { z } from 'zod';
import { behavior } from '../application/behavior-fields.js';
import {
  BUILT_IN,
  CONTAINER_RUNTIME_DEFAULT,
  NETWORK_PLUGIN_DEFAULT,
  PROXY_MODE_DEFAULT,
  TRAFFIC_SHAPE_DEFAULT,
} from '../catalogue.js';
import { FEATURE_GATES, MINOR_VERSION_MAX, MINOR_VERSION_MIN, VERSION_FACTS } from '../cluster/index.js';
import { controlPlaneParameters } from '../control-plane/index.js';
import { imageParameters } from '../cri/index.js';
import { type FaultSchema, faultSchema } from '../faults/index.js';
import { distribution } from '../format/distributions.js';
import {
  duration,
  field,
  K,
  name,
  OURS,
  optional,
  otherwise,
  PERCENTAGE,
  planned,
  positive,
  quantity,
  section,
  someTime,
} from '../format/fields.js';
import { parseQuantity } from '../format/units.js';
import {
  CONNECTIONS_PER_SECOND_DEFAULT,
  MAX_PODS_DEFAULT,
  NODE_CIDR_MASK_SIZE_DEFAULT,
  POD_CIDR_DEFAULT,
} from './defaults.js';
import { POINTS_MAX, RATE_MAX, REPLICATIONS_MAX } from './limits.js';
import { durationByVersion } from './versions.js';

export const API_VERSION = 'kubelapse.dev/v1alpha1';

const { nodeBytesPerSecond, compressedBytes, layers } = imageParameters;
const KUBELET_DEFAULTS = K('pkg/kubelet/apis/config/v1beta1/defaults.go');

const reserved = z.strictObject({
  cpu: otherwise(quantity, '0', 'CPU', { unit: 'cores' }),
  memory: otherwise(quantity, '0', 'memory', { unit: 'bytes' }),
});

const kubelet = z.strictObject({
  kubeAPIQPS: otherwise(positive, 50, 'requests per second to the API server', {
    source: KUBELET_DEFAULTS,
  }),
  kubeAPIBurst: otherwise(z.int().min(1), 100, 'burst of requests to the API server', {
    source: KUBELET_DEFAULTS,
  }),
  registryPullQPS: otherwise(z.number().min(0), 5, 'image pulls started per second; 0: no limit', {
    source: KUBELET_DEFAULTS,
  }),
  registryBurst: otherwise(z.int().min(1), 10, 'burst of image pulls', { source: KUBELET_DEFAULTS }),
  serializeImagePulls: optional(z.boolean(), 'one image pull at a time', {
    default: 'true; false if maxParallelImagePulls is 2 or more',
    source: KUBELET_DEFAULTS,
  }),
  maxParallelImagePulls: optional(z.int().min(1), 'image pulls at a time', {
    default: 'no limit',
    source: KUBELET_DEFAULTS,
  }),
  maxPods: optional(z.int().min(1), 'pods on a node', { default: `${MAX_PODS_DEFAULT}`, source: KUBELET_DEFAULTS }),
  crashLoopBackOff: optional(
    z.strictObject({
      maxContainerRestartPeriod: optional(duration, 'longest restart back-off, 1s to 300s', {
        default: '300s',
        source: 'KEP-5593',
      }),
    }),
    'restart back-off',
  ),
  syncFrequency: otherwise(duration, '1m', 'base period of pod re-syncs, jittered by up to half', {
    source: KUBELET_DEFAULTS,
  }),
  featureGates: optional(
    z.strictObject(
      Object.fromEntries(
        FEATURE_GATES.map(({ gate, meaning, source, values }) => [
          gate,
          optional(z.boolean(), meaning, {
            default: values.length === 1 ? `${values[0][1]}` : `true from 1.${values.at(-1)![0]} on`,
            source,
          }),
        ]),
      ) as Record<string, z.ZodOptional<z.ZodBoolean>>,
    ),
    'feature gates that the model knows',
  ),
  fileCheckFrequency: otherwise(
    duration,
    '20s',
    'how often the static pod directory is read again; in between, inotify reports changes',
    { source: KUBELET_DEFAULTS },
  ),
  httpCheckFrequency: planned(duration, 'how often the static-pod URL is read'),
  staticPodPath: optional(
    z.string().min(1),
    'directory of Pod manifests, or one such file, relative to the scenario: every node of the pool runs them as static pods',
    { default: 'none' },
  ),
  eventRecordQPS: planned(positive, 'events per second'),
  eventBurst: planned(z.int(), 'burst of events'),
  nodeStatusUpdateFrequency: otherwise(
    duration,
    '10s',
    'how often the node status is computed, and sent if it has changed',
    {
      source: KUBELET_DEFAULTS,
    },
  ),
  nodeStatusReportFrequency: planned(duration, 'how often an unchanged node status is sent'),
  nodeLeaseDurationSeconds: otherwise(
    z.int().min(1),
    40,
    'duration of the node lease, which is renewed four times in that time',
    {
      unit: 's',
      source: KUBELET_DEFAULTS,
    },
  ),
  runtimeRequestTimeout: otherwise(duration, '2m', 'time limit of CRI calls; RunPodSandbox has twice that', {
    source: KUBELET_DEFAULTS,
  }),
  imageMinimumGCAge: otherwise(
    duration,
    '2m',
    'minimum time since the last use of an image before it is garbage-collected',
    {
      source: KUBELET_DEFAULTS,
    },
  ),
  imageGCHighThresholdPercent: otherwise(
    z.int().min(0).max(100),
    85,
    'disk usage above which image garbage collection begins',
    {
      unit: '%',
      source: KUBELET_DEFAULTS,
    },
  ),
  imageGCLowThresholdPercent: otherwise(
    z.int().min(0).max(100),
    80,
    'disk usage down to which image garbage collection frees space',
    {
      unit: '%',
      source: KUBELET_DEFAULTS,
    },
  ),
  podPidsLimit: planned(z.int(), 'processes per pod'),
  evictionHard: section(
    z.strictObject({
      'memory.available': otherwise(
        z
          .union([z.string(), z.number()], { error: 'must be a quantity or a percentage, such as 500Mi or 5%' })
          .refine((value) => PERCENTAGE.test(String(value)) || parseQuantity(value) !== undefined, {
            error: (issue) =>
              `"${String(issue.input)}" is neither a quantity nor a percentage up to 100%; write it as Kubernetes does: 500Mi, 5%`,
          }),
        '100Mi',
        'available memory below which pods are evicted',
        { unit: 'bytes', source: K('pkg/kubelet/eviction/defaults_linux.go') },
      ),
      ...Object.fromEntries(
        ['nodefs.available', 'nodefs.inodesFree', 'imagefs.available', 'imagefs.inodesFree', 'pid.available'].map(
          (signal) => [signal, planned(z.union([z.string(), z.number()]), 'minimum that must be available')],
        ),
      ),
    }),
    'hard eviction thresholds; of the signals only memory is modelled',
  ),
  evictionSoft: planned(z.record(z.string(), z.string()), 'soft eviction thresholds'),
  evictionPressureTransitionPeriod: otherwise(
    duration,
    '5m',
    'how long a node stays under pressure after the pressure was last observed',
    {
      source: KUBELET_DEFAULTS,
    },
  ),
  systemReserved: section(reserved, 'reserved for the system, not available to pods', {
    default: 'nothing',
    source: KUBELET_DEFAULTS,
  }),
  kubeReserved: section(reserved, 'reserved for kubelet and runtime, not available to pods', {
    default: 'nothing',
    source: KUBELET_DEFAULTS,
  }),
});

const nodeCapacity = z.strictObject({
  cpu: field(quantity, 'CPU of one node', { unit: 'cores' }),
  memory: field(quantity, 'memory of one node', { unit: 'bytes' }),
  pods: optional(z.int().min(1), 'pods on one node', { default: `${MAX_PODS_DEFAULT}`, source: KUBELET_DEFAULTS }),
});
const nodePool = z.strictObject({
  name: field(name, 'name of the pool; its nodes are called <name>-<number>'),
  count: field(z.int().min(1).max(100_000), 'number of nodes', { unit: 'nodes' }),
  capacity: field(nodeCapacity, 'what one node has'),
  nodeTypes: optional(
    z
      .array(
        z.strictObject({
          name: field(z.string().min(1), 'name of the type'),
          capacity: field(nodeCapacity, 'what one node of it has'),
          pricePerHour: field(z.number().positive(), 'what one node costs', { unit: 'any currency per hour' }),
        }),
      )
      .min(1),
    'types that the nodes of this pool may have: kubelapse plan --minimise cost chooses one and a count; a run ignores them',
  ),
  labels: optional(z.record(z.string(), z.string()), 'labels of the nodes, for node selectors'),
  containerRuntime: optional(
    z.strictObject({ name: field(z.enum(BUILT_IN.containerRuntimes.names), 'container runtime') }),
    'container runtime',
    { default: CONTAINER_RUNTIME_DEFAULT },
  ),
  kubelet: section(kubelet, 'fields of KubeletConfiguration (kubelet.config.k8s.io/v1beta1)'),
  behavior: optional(z.array(behavior), 'what the manifests of the static pods cannot say'),
  taints: optional(
    z.array(
      z.strictObject({
        key: field(z.string(), 'key'),
        value: otherwise(z.string(), '', 'value'),
        effect: field(z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']), 'effect'),
      }),
    ),
    'taints of the nodes',
  ),
  zones: optional(z.array(name).min(1), 'zones over which the nodes are spread in turn', { default: 'one zone' }),
  disk: section(
    z.strictObject({
      type: otherwise(z.enum(['ssd', 'hdd']), 'ssd', 'SSD or HDD-class disk: decides how long a write takes', {
        source: OURS,
      }),
      size: optional(quantity, 'space for images', {
        unit: 'bytes',
        default: 'no limit: images are never garbage-collected',
      }),
      used: otherwise(quantity, '0', 'space used by other things', { unit: 'bytes' }),
    }),
    'disk of the runtime and the images',
  ),
  kernel: otherwise(
    z.string().regex(/^\d{1,2}\.\d{1,3}(\.\d+)?$/, { error: 'must be a version of Linux in quotes, such as "6.8"' }),
    '6.8',
    'version of Linux',
    { default: '"6.8"', source: OURS },
  ),
  iptablesBackend: otherwise(
    z.enum(['legacy', 'nft']),
    'legacy',
    'whether the iptables command writes the kernel’s old tables, or goes through nftables (iptables-nft)',
    { source: OURS },
  ),
  downloadBandwidth: optional(
    quantity,
    'bandwidth of the link of one node, shared by its image pulls and, in each direction, the payload of requests',
    {
      unit: 'bytes/s',
      default: `${nodeBytesPerSecond.value / 1e6}M (${(nodeBytesPerSecond.value * 8) / 1e9} Gbit/s)`,
      source: OURS,
    },
  ),
});

/** `a, b or c`. */
const alternatives = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names[names.length - 1]}`;

/** An IPv4 network. */
const cidr = z.string().regex(/^\d{1,3}(\.\d{1,3}){3}\/([89]|[12]\d|30)$/, {
  error: 'must be an IPv4 network such as 10.244.0.0/16, with a prefix of /8 to /30',
});

const { trafficShapes, proxyModes, loadBalancers } = BUILT_IN;
/** Modes that are not kube-proxy's own say what they are. */
const foreignModes = proxyModes.all.flatMap(({ name, meaning, configured }) =>
  configured === undefined ? [`; ${name}: ${meaning}`] : [],
);

const kubeProxy = z.strictObject({
  mode: otherwise(z.enum(proxyModes.names), PROXY_MODE_DEFAULT, `how services are programmed${foreignModes.join('')}`, {
    source: K('pkg/proxy/apis/config'),
  }),
  featureGates: section(
    z.strictObject(
      Object.fromEntries(
        proxyModes.all.flatMap(({ partialSyncGate: gate }) =>
          gate === undefined ? [] : [[gate.name, otherwise(z.boolean(), true, gate.meaning, { source: gate.source })]],
        ),
      ) as Record<string, z.ZodDefault<z.ZodBoolean>>,
    ),
    'feature gates of kube-proxy that the model knows',
  ),
  clusterCIDR: optional(cidr, 'pod network; with it a masquerade rule is added for each service'),
  ...(Object.fromEntries(
    proxyModes.all.flatMap(({ name, section: fields }) =>
      fields === undefined ? [] : [[name, section(z.strictObject(fields.fields(loadBalancers.names)), fields.meaning)]],
    ),
  ) as Record<never, never>),
  conntrack: section(
    z.strictObject({
      maxPerCore: otherwise(z.int().min(1), 32768, 'entries of the conntrack table of a node, per core', {
        unit: 'entries',
        source: K('pkg/proxy/apis/config/v1alpha1/defaults.go'),
      }),
      min: otherwise(z.int().min(1), 131072, 'minimum number of entries', {
        unit: 'entries',
        source: K('pkg/proxy/apis/config/v1alpha1/defaults.go'),
      }),
      tcpEstablishedTimeout: planned(duration, 'time-out of idle TCP connections'),
      tcpCloseWaitTimeout: planned(duration, 'time-out of connections that one side has closed'),
      udpTimeout: planned(duration, 'time-out of UDP flows'),
      udpStreamTimeout: planned(duration, 'time-out of UDP streams'),
    }),
    'connection tracking',
  ),
  detectLocalMode: planned(z.string(), 'how local traffic is detected'),
});

const qps = (value: number, source: string, notes: { readonly default?: string } = {}) =>
  otherwise(positive, value, 'requests per second of its client', { unit: 'requests/s', source, ...notes });
const burst = (value: number, source: string) =>
  otherwise(z.int().min(1), value, 'burst of its client', { unit: 'requests', source });
const { schedulerQps, schedulerBurst, controllerQps, controllerBurst } = controlPlaneParameters;
const SCHEDULER_DEFAULTS = K('pkg/scheduler/apis/config/v1/defaults.go');
const CONTROLLER_DEFAULTS = K('k8s.io/controller-manager/config/v1alpha1/defaults.go');

const controlPlane = z.strictObject({
  scheduler: section(
    z.strictObject({
      kubeAPIQPS: qps(schedulerQps.value, SCHEDULER_DEFAULTS),
      kubeAPIBurst: burst(schedulerBurst.value, SCHEDULER_DEFAULTS),
      scoringStrategy: otherwise(
        z.enum(['LeastAllocated', 'MostAllocated']),
        'LeastAllocated',
        'which nodes are filled first',
        {
          source: SCHEDULER_DEFAULTS,
        },
      ),
      balancedAllocationWeight: otherwise(z.int().min(0).max(100), 1, 'weight of using CPU and memory in balance', {
        source: SCHEDULER_DEFAULTS,
      }),
      podsPerSecondMax: optional(positive, 'maximum pods that it schedules per second', {
        unit: 'pods/s',
        default: 'limited only by the time of an attempt',
      }),
    }),
    'scheduler',
  ),
  controllerManager: section(
    z.strictObject({
      kubeAPIQPS: qps(controllerQps.value, CONTROLLER_DEFAULTS, {
        default: `${controllerQps.value}, for each kind of controller`,
      }),
      kubeAPIBurst: burst(controllerBurst.value, CONTROLLER_DEFAULTS),
      nodeMonitorGracePeriod: optional(duration, 'time without a heartbeat until a node is Unknown', {
        default: durationByVersion(VERSION_FACTS.nodeMonitorGracePeriod),
        source: K('pkg/controller/nodelifecycle/config/v1alpha1/defaults.go'),
      }),
      endpointUpdatesBatchPeriod: otherwise(duration, '0s', 'wait before a service is synced after a change of a pod', {
        source: K('pkg/controller/endpointslice/config/v1alpha1'),
      }),
    }),
    'kube-controller-manager',
  ),
});

const startOf = z.union([
  z.literal('running'),
  z.strictObject({
    at: field(duration, 'time of the first creation'),
    over: otherwise(duration, '0s', 'copies are created evenly over this time, and so are serviceCopies'),
  }),
]);
const start = optional(startOf, 'running when the simulation begins, or created later', { default: 'running' });

const app = z.strictObject({
  name: field(name, 'name of the application'),
  manifests: optional(
    z.array(z.string()).min(1),
    'files of ordinary Kubernetes YAML, relative to the scenario; without them, the documents that follow in this file',
  ),
  copies: optional(
    z.int().min(1).max(100_000),
    'copies of the whole bundle: web-0, web-1, …, each with its own selectors',
    { default: 'one, with names as they are' },
  ),
  replicas: optional(
    z.int().min(0).max(1_000_000),
    'replicas of its Deployments and StatefulSets, whatever their manifests say',
    { default: 'those of the manifests' },
  ),
  serviceCopies: optional(
    z.int().min(1).max(100_000),
    'copies of each Service of a bundle, all with the same pods behind them: api-s0, api-s1, …',
    { default: 'one, with its name as it is' },
  ),
  start,
  policyStart: optional(startOf, 'when its NetworkPolicies are created', {
    default: 'with the rest of the application',
  }),
  behavior: optional(z.array(behavior), 'what the manifests cannot say'),
});

const traffic = z.strictObject({
  from: optional(
    z.union([
      z.literal('outside'),
      z.strictObject({ app: field(z.string(), 'clients are pods of this application') }),
      z.strictObject({ nodes: field(z.literal('all'), 'clients are on all nodes, in no pod') }),
    ]),
    'where requests come from; outside: from outside the cluster, by node port or load balancer',
    { default: '{nodes: all}' },
  ),
  to: field(
    z.string().regex(/^service\/.+$/, { error: 'must be service/<name>' }),
    'service/<name> as in the manifest; of a bundle with copies, one of the copies at random',
  ),
  port: optional(z.union([z.int().min(1).max(65535), z.string()]), 'port of the service, or its name', {
    default: 'its first port',
  }),
  address: optional(z.enum(['clusterIP', 'nodePort', 'loadBalancer']), 'which of its addresses is used', {
    default: 'clusterIP; from outside loadBalancer, or nodePort where there is none',
  }),
  stages: optional(
    z
      .array(
        z.strictObject({
          duration: field(duration, 'length of the stage'),
          target: field(z.number().min(0).max(RATE_MAX), 'requests per second at its end', { unit: 'requests/s' }),
        }),
      )
      .min(1),
    'rate of requests, changing linearly from target to target; the first stage has its target from the beginning, and the last target is held. One of stages, clients and trace is needed',
  ),
  arrivals: optional(
    z.enum(trafficShapes.names),
    `spacing of connections: ${trafficShapes.all.map(({ name, meaning }) => `${name}: ${meaning}`).join('; ')}`,
    { default: TRAFFIC_SHAPE_DEFAULT },
  ),
  ...(Object.assign({}, ...trafficShapes.all.map(({ fields }) => fields)) as z.ZodRawShape),
  clients: optional(z.int().min(1).max(100_000), 'closed loop: number of clients, each with one request at a time', {
    unit: 'clients',
  }),
  think: optional(distribution, 'closed loop: time from a response to the client’s next connection', {
    unit: 's',
    default: '0s',
  }),
  trace: optional(
    z.string().min(1),
    'CSV file of arrivals, relative to the scenario: a column time_seconds in ascending order, and optionally a column requests',
  ),
  sampling: optional(
    z.strictObject({
      connectionsPerSecondMax: field(
        positive,
        'maximum connections simulated per second; beyond that, each stands for several',
        {
          unit: 'connections/s',
        },
      ),
    }),
    'limit on the work of the simulation',
    { default: `{connectionsPerSecondMax: ${CONNECTIONS_PER_SECOND_DEFAULT}}` },
  ),
  keepAlive: optional(
    z.strictObject({
      requests: field(z.int().min(1), 'requests that one connection carries, one after the other'),
      interval: optional(distribution, 'time from a response to the next request', { unit: 's', default: '0s' }),
    }),
    'several requests per connection: only the first pays for the lookup',
    { default: '{requests: 1}' },
  ),
  requestSize: otherwise(quantity, '0', 'bytes of a request', { unit: 'bytes', default: '0: it fits into a packet' }),
  responseSize: otherwise(quantity, '0', 'bytes of a response', { unit: 'bytes', default: '0: it fits into a packet' }),
  timeout: otherwise(someTime, '30s', 'a client gives up on an attempt after this long', { source: OURS }),
  retries: otherwise(z.int().min(0).max(10), 0, 'how many times a client retries a failed request'),
  retryBackOff: otherwise(duration, '100ms', 'wait before the first retry, doubled at each further one', {
    source: OURS,
  }),
});

/** Fault types. */
const fault = z.discriminatedUnion('type', [...BUILT_IN.faults.all.map(faultSchema)] as unknown as [FaultSchema]);

export const SWEEP_METHODS = ['grid', 'zip', 'latinHypercube'] as const;

/** End of a range: a number or a duration. */
const rangeEnd = z.union([z.number(), duration], { error: 'must be a number, or a duration such as 10s' });
const sweepRange = z.strictObject({
  from: field(rangeEnd, 'first value: a number or a duration'),
  to: field(rangeEnd, 'last value, of the same kind'),
  step: optional(rangeEnd, 'distance between two values'),
  factor: optional(z.number().gt(1), 'each value is the one before times this'),
  points: optional(
    z.int().min(2).max(POINTS_MAX),
    'number of values, including the ends; whole numbers if the ends are and there are enough of them in between',
  ),
  scale: otherwise(z.enum(['linear', 'log']), 'linear', 'how points, or the samples of a Latin hypercube, are spread'),
});

export const scenarioSchema = z.strictObject({
  apiVersion: field(z.literal(API_VERSION), 'version of this format'),
  kind: field(z.literal('Scenario'), 'kind of this document'),
  metadata: field(
    z.strictObject({
      name: field(name, 'name of the scenario and of its folder of results'),
      annotations: optional(
        z.record(z.string(), z.string()),
        'kubelapse.dev/question is the question that the scenario asks',
      ),
      labels: optional(z.record(z.string(), z.string()), 'arbitrary labels'),
    }),
    'what the scenario is called',
  ),
  spec: field(
    z.strictObject({
      kubernetesVersion: otherwise(
        z
          .string({ error: 'must be a minor version in quotes, such as "1.36"' })
          .regex(/^1\.\d+$/, { error: 'must be a minor version in quotes, such as "1.36"' })
          .refine(
            (text) => {
              const minor = Number(text.slice(2));
              return minor >= MINOR_VERSION_MIN && minor <= MINOR_VERSION_MAX;
            },
            {
              error: (issue) =>
                `${String(issue.input)} is not modelled; 1.${MINOR_VERSION_MIN} to 1.${MINOR_VERSION_MAX} are`,
            },
          ),
        `1.${MINOR_VERSION_MAX}`,
        'behaviour and defaults follow this version',
        { default: `"1.${MINOR_VERSION_MAX}"` },
      ),
      duration: otherwise(duration, '10m', 'simulated time'),
      warmup: otherwise(duration, '0s', 'time at the beginning that is simulated and not measured'),
      seed: otherwise(z.union([z.int(), z.string()]), 42, 'seed of all random streams'),
      replications: otherwise(
        z.int().min(1).max(REPLICATIONS_MAX),
        1,
        'runs of each point that differ in nothing but their seeds, which follow from spec.seed',
      ),
      nodePools: field(z.array(nodePool).min(1), 'the worker nodes'),
      network: section(
        z.strictObject({
          plugin: optional(z.enum(BUILT_IN.networkPlugins.names), 'CNI plugin', {
            default: `that of the variant, or ${NETWORK_PLUGIN_DEFAULT}`,
          }),
          variant: optional(
            z.enum(BUILT_IN.networkPlugins.all.flatMap(({ variants }) => variants.map(({ name: variant }) => variant))),
            'how it carries packets from node to node; it begins with the name of the plugin',
            { default: alternatives(BUILT_IN.networkPlugins.all.map(({ variants }) => variants[0].name)) },
          ),
          podCIDR: optional(
            cidr,
            'addresses of all pods: each node gets a part of them, and a node for which none is left cannot start pods',
            { default: `${POD_CIDR_DEFAULT}: room for 32,768 nodes`, source: OURS },
          ),
          nodeCIDRMaskSize: optional(
            z.int().min(9).max(30),
            'prefix of a node’s part; calico gives blocks of 64 instead',
            {
              default: `${NODE_CIDR_MASK_SIZE_DEFAULT}`,
              source: K('cmd/kube-controller-manager: --node-cidr-mask-size'),
            },
          ),
          podMTU: optional(
            z.int().min(576).max(9216),
            'MTU of pods; if it is larger than the network between the nodes allows, small packets pass and full-size ones are lost',
            { unit: 'bytes', default: 'mtu less the header of the variant' },
          ),
          mtu: otherwise(z.int().min(576).max(9216), 1500, 'MTU of the network between the nodes', {
            unit: 'bytes',
          }),
        }),
        'pod network',
        { default: '{plugin: flannel}' },
      ),
      profiles: optional(
        z.array(z.string()).min(1),
        'files that say what this machine, kernel or plugin costs where the model’s defaults do not hold; later ones win',
        { default: 'none: the numbers of docs/reference/parameters.md' },
      ),
      kubeProxy: section(kubeProxy, 'fields of KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1)'),
      controlPlane: section(controlPlane, 'limits and choices of the control plane'),
      images: optional(
        z.array(
          z.strictObject({
            name: field(z.string(), 'image as in the manifests'),
            compressedSize: optional(quantity, 'size in the registry, that of its base included', {
              unit: 'bytes',
              default: `${compressedBytes.value / 1e6}M`,
            }),
            layers: optional(z.int().min(1).max(127), 'number of layers, those of its base included', {
              default: `${layers.value}`,
              source: 'no checkable figure; a median of 8 is often quoted',
            }),
            base: optional(z.string(), 'image of this list whose layers are the first layers of this one', {
              default: 'none: it shares nothing',
            }),
            present: otherwise(z.boolean(), false, 'on every node from the start'),
          }),
        ),
        'what is known of container images',
      ),
      registry: section(
        z.strictObject({
          bandwidth: optional(quantity, 'total bandwidth to all nodes', {
            unit: 'bytes/s',
            default: 'no limit',
            source: OURS,
          }),
        }),
        'where images come from',
      ),
      apps: field(z.array(app).min(1), 'what runs on the cluster'),
      traffic: optional(z.array(traffic), 'clients of the services'),
      faults: optional(z.array(fault), 'what goes wrong, or is done, and when'),
      sweep: optional(
        z.strictObject({
          parameters: field(
            z
              .array(
                z.strictObject({
                  name: field(
                    z.string().regex(/^[a-z][a-z0-9_]*$/, {
                      error: 'must be lower-case letters, digits and "_", a letter first',
                    }),
                    'column parameter_<name>',
                  ),
                  path: field(z.string(), 'field that is set, such as spec.kubeProxy.mode'),
                  values: optional(
                    z.array(z.union([z.string(), z.number(), z.boolean()])).min(1),
                    'its values, one by one; or a range',
                  ),
                  range: optional(sweepRange, 'its values as a range, instead of values'),
                }),
              )
              .min(1),
            'what differs from point to point; all points run with the same seed',
          ),
          method: otherwise(
            z.enum(SWEEP_METHODS),
            'grid',
            'grid: every combination of the values; zip: the first values of all parameters, then the second ones, …; latinHypercube: as many points as samples, each parameter spread evenly and combined at random',
          ),
          samples: optional(z.int().min(2).max(POINTS_MAX), 'points of a Latin hypercube'),
        }),
        'several points in one run',
      ),
      thresholds: optional(
        z.array(
          z.strictObject({
            metric: field(
              z.string().min(1),
              'metric of docs/reference/metrics.md, with label matchers as in Prometheus to select some of its label sets',
            ),
            expr: field(
              z.string().min(1),
              'what must hold for it, such as p(99) < 5s, max < 1m, count > 100, total == 0, rate < 3, share < 0.1%',
            ),
            abortOnFail: otherwise(z.boolean(), false, 'a point that fails it is the last one that is kept'),
          }),
        ),
        'what must hold at every point; exit code 99 if something does not',
      ),
    }),
    'the cluster and what happens to it',
  ),
});

/** A Scenario document that passed validation. */
export type ScenarioDocument = z.infer<typeof scenarioSchema>;
export type DistributionInput = z.infer<typeof distribution>;
