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
import { type FaultSchema, faultSchema } from '../faults/index.js';
import { distribution } from '../format/distributions.js';
import {
  duration,
  field,
  K,
  name,
  OURS,
  optional,
  PERCENTAGE,
  planned,
  positive,
  quantity,
  someTime,
} from '../format/fields.js';
import { parseQuantity } from '../format/units.js';
import { POINTS_MAX, RATE_MAX, REPLICATIONS_MAX } from './limits.js';
import { durationByVersion } from './versions.js';

export const API_VERSION = 'kubelapse.dev/v1alpha1';

const KUBELET_DEFAULTS = K('pkg/kubelet/apis/config/v1beta1/defaults.go');

const reserved = z.strictObject({
  cpu: optional(quantity, 'CPU', { unit: 'cores', default: '0' }),
  memory: optional(quantity, 'memory', { unit: 'bytes', default: '0' }),
});

const kubelet = z.strictObject({
  kubeAPIQPS: optional(positive, 'requests per second to the API server', {
    default: '50',
    source: KUBELET_DEFAULTS,
  }),
  kubeAPIBurst: optional(z.int().min(1), 'burst of requests to the API server', {
    default: '100',
    source: KUBELET_DEFAULTS,
  }),
  registryPullQPS: optional(z.number().min(0), 'image pulls begun per second; 0: no limit', {
    default: '5',
    source: KUBELET_DEFAULTS,
  }),
  registryBurst: optional(z.int().min(1), 'burst of image pulls', { default: '10', source: KUBELET_DEFAULTS }),
  serializeImagePulls: optional(z.boolean(), 'one image pull at a time', {
    default: 'true; false if maxParallelImagePulls is 2 or more',
    source: KUBELET_DEFAULTS,
  }),
  maxParallelImagePulls: optional(z.int().min(1), 'image pulls at a time', {
    default: 'no limit',
    source: KUBELET_DEFAULTS,
  }),
  maxPods: optional(z.int().min(1), 'pods on a node', { default: '110', source: KUBELET_DEFAULTS }),
  crashLoopBackOff: optional(
    z.strictObject({
      maxContainerRestartPeriod: optional(duration, 'longest restart back-off, 1s to 300s', {
        default: '300s',
        source: 'KEP-5593',
      }),
    }),
    'restart back-off',
  ),
  syncFrequency: optional(duration, 'base of the period of pod re-syncs, which is jittered by up to half', {
    default: '1m',
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
  fileCheckFrequency: optional(
    duration,
    'how often the directory of static pods is read again; between that, inotify tells of changes',
    { default: '20s', source: KUBELET_DEFAULTS },
  ),
  httpCheckFrequency: planned(duration, 'how often the static-pod URL is read'),
  staticPodPath: optional(
    z.string().min(1),
    'directory of Pod manifests, or one such file, relative to the scenario: every node of the pool runs them as static pods',
    { default: 'none' },
  ),
  eventRecordQPS: planned(positive, 'events per second'),
  eventBurst: planned(z.int(), 'burst of events'),
  nodeStatusUpdateFrequency: optional(duration, 'how often the node status is computed, and sent if it has changed', {
    default: '10s',
    source: KUBELET_DEFAULTS,
  }),
  nodeStatusReportFrequency: planned(duration, 'how often an unchanged node status is sent'),
  nodeLeaseDurationSeconds: optional(z.int().min(1), 'duration of the node lease, which is renewed four times in it', {
    unit: 's',
    default: '40',
    source: KUBELET_DEFAULTS,
  }),
  runtimeRequestTimeout: optional(duration, 'time limit of CRI calls; RunPodSandbox has twice that', {
    default: '2m',
    source: KUBELET_DEFAULTS,
  }),
  imageMinimumGCAge: optional(duration, 'time since its last use below which an image is not collected', {
    default: '2m',
    source: KUBELET_DEFAULTS,
  }),
  imageGCHighThresholdPercent: optional(z.int().min(0).max(100), 'disk use above which image collection begins', {
    unit: '%',
    default: '85',
    source: KUBELET_DEFAULTS,
  }),
  imageGCLowThresholdPercent: optional(z.int().min(0).max(100), 'disk use down to which it goes on', {
    unit: '%',
    default: '80',
    source: KUBELET_DEFAULTS,
  }),
  podPidsLimit: planned(z.int(), 'processes a pod'),
  evictionHard: optional(
    z.strictObject({
      'memory.available': optional(
        z
          .union([z.string(), z.number()], { error: 'must be a quantity or a percentage, such as 500Mi or 5%' })
          .refine((value) => PERCENTAGE.test(String(value)) || parseQuantity(value) !== undefined, {
            error: (issue) =>
              `"${String(issue.input)}" is neither a quantity nor a percentage up to 100%; write it as Kubernetes does: 500Mi, 5%`,
          }),
        'memory left below which pods are evicted',
        { unit: 'bytes', default: '100Mi', source: K('pkg/kubelet/eviction/defaults_linux.go') },
      ),
      ...Object.fromEntries(
        ['nodefs.available', 'nodefs.inodesFree', 'imagefs.available', 'imagefs.inodesFree', 'pid.available'].map(
          (signal) => [signal, planned(z.union([z.string(), z.number()]), 'what must be left of it')],
        ),
      ),
    }),
    'hard eviction thresholds; of its signals only memory is modelled',
  ),
  evictionSoft: planned(z.record(z.string(), z.string()), 'soft eviction thresholds'),
  evictionPressureTransitionPeriod: optional(duration, 'how long a node stays under pressure after it was seen last', {
    default: '5m',
    source: KUBELET_DEFAULTS,
  }),
  systemReserved: optional(reserved, 'kept from pods for the system', { default: 'nothing', source: KUBELET_DEFAULTS }),
  kubeReserved: optional(reserved, 'kept from pods for kubelet and runtime', {
    default: 'nothing',
    source: KUBELET_DEFAULTS,
  }),
});

const nodeCapacity = z.strictObject({
  cpu: field(quantity, 'CPU of one node', { unit: 'cores' }),
  memory: field(quantity, 'memory of one node', { unit: 'bytes' }),
  pods: optional(z.int().min(1), 'pods on one node', { default: '110', source: KUBELET_DEFAULTS }),
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
    'types of which the nodes of this pool may be: kubelapse plan --minimise cost chooses one and a count; a run takes no notice',
  ),
  labels: optional(z.record(z.string(), z.string()), 'labels of the nodes, for node selectors'),
  containerRuntime: optional(
    z.strictObject({ name: field(z.enum(BUILT_IN.containerRuntimes.names), 'container runtime') }),
    'container runtime',
    { default: CONTAINER_RUNTIME_DEFAULT },
  ),
  kubelet: optional(kubelet, 'fields of KubeletConfiguration (kubelet.config.k8s.io/v1beta1)'),
  behavior: optional(z.array(behavior), 'what the manifests of the static pods cannot say'),
  taints: optional(
    z.array(
      z.strictObject({
        key: field(z.string(), 'key'),
        value: optional(z.string(), 'value', { default: '""' }),
        effect: field(z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']), 'effect'),
      }),
    ),
    'taints of the nodes',
  ),
  zones: optional(z.array(name).min(1), 'zones over which the nodes are spread in turn', { default: 'one zone' }),
  disk: optional(
    z.strictObject({
      type: optional(z.enum(['ssd', 'hdd']), 'solid state, or a spinning-class disk: how long a write takes', {
        default: 'ssd',
        source: OURS,
      }),
      size: optional(quantity, 'space for images', { unit: 'bytes', default: 'no bound: images are never collected' }),
      used: optional(quantity, 'space that other things take', { unit: 'bytes', default: '0' }),
    }),
    'disk on which runtime and images lie',
  ),
  kernel: optional(
    z.string().regex(/^\d{1,2}\.\d{1,3}(\.\d+)?$/, { error: 'must be a version of Linux in quotes, such as "6.8"' }),
    'version of Linux',
    { default: '"6.8"', source: OURS },
  ),
  iptablesBackend: optional(
    z.enum(['legacy', 'nft']),
    'whether the iptables command writes the kernel’s old tables, or goes through nftables (iptables-nft)',
    { default: 'legacy', source: OURS },
  ),
  downloadBandwidth: optional(
    quantity,
    'link of one node: shared by its image pulls, and, each way, by the payload of requests',
    {
      unit: 'bytes/s',
      default: '1250M (10 Gbit/s)',
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
  mode: optional(z.enum(proxyModes.names), `how services are programmed${foreignModes.join('')}`, {
    default: PROXY_MODE_DEFAULT,
    source: K('pkg/proxy/apis/config'),
  }),
  featureGates: optional(
    z.strictObject(
      Object.fromEntries(
        proxyModes.all.flatMap(({ partialSyncGate: gate }) =>
          gate === undefined
            ? []
            : [[gate.name, optional(z.boolean(), gate.meaning, { default: 'true', source: gate.source })]],
        ),
      ) as Record<string, z.ZodOptional<z.ZodBoolean>>,
    ),
    'feature gates of kube-proxy that the model knows',
  ),
  clusterCIDR: optional(cidr, 'pod network; with it a masquerade rule is added for each service'),
  ...(Object.fromEntries(
    proxyModes.all.flatMap(({ name, section }) =>
      section === undefined
        ? []
        : [[name, optional(z.strictObject(section.fields(loadBalancers.names)), section.meaning)]],
    ),
  ) as Record<never, never>),
  conntrack: optional(
    z.strictObject({
      maxPerCore: optional(z.int().min(1), 'entries of a node’s table of connections, for each core', {
        unit: 'entries',
        default: '32768',
        source: K('pkg/proxy/apis/config/v1alpha1/defaults.go'),
      }),
      min: optional(z.int().min(1), 'entries at least', {
        unit: 'entries',
        default: '131072',
        source: K('pkg/proxy/apis/config/v1alpha1/defaults.go'),
      }),
      tcpEstablishedTimeout: planned(duration, 'time-out of idle TCP connections'),
      tcpCloseWaitTimeout: planned(duration, 'time-out of connections that one side has closed'),
      udpTimeout: planned(duration, 'time-out of UDP flows'),
      udpStreamTimeout: planned(duration, 'time-out of UDP flows that went on'),
    }),
    'connection tracking',
  ),
  detectLocalMode: planned(z.string(), 'how local traffic is told apart'),
});

const qps = (value: string, source: string) =>
  optional(positive, 'requests per second of its client', { unit: 'requests/s', default: value, source });
const burst = (value: string, source: string) =>
  optional(z.int().min(1), 'burst of its client', { unit: 'requests', default: value, source });
const SCHEDULER_DEFAULTS = K('pkg/scheduler/apis/config/v1/defaults.go');
const CONTROLLER_DEFAULTS = K('k8s.io/controller-manager/config/v1alpha1/defaults.go');

const controlPlane = z.strictObject({
  scheduler: optional(
    z.strictObject({
      kubeAPIQPS: qps('50', SCHEDULER_DEFAULTS),
      kubeAPIBurst: burst('100', SCHEDULER_DEFAULTS),
      scoringStrategy: optional(z.enum(['LeastAllocated', 'MostAllocated']), 'which nodes are filled first', {
        default: 'LeastAllocated',
        source: SCHEDULER_DEFAULTS,
      }),
      balancedAllocationWeight: optional(z.int().min(0).max(100), 'weight of using CPU and memory alike', {
        default: '1',
        source: SCHEDULER_DEFAULTS,
      }),
      podsPerSecondMax: optional(positive, 'pods that it schedules in a second', {
        unit: 'pods/s',
        default: 'what an attempt takes is the limit',
      }),
    }),
    'scheduler',
  ),
  controllerManager: optional(
    z.strictObject({
      kubeAPIQPS: qps('20, for each kind of controller', CONTROLLER_DEFAULTS),
      kubeAPIBurst: burst('30', CONTROLLER_DEFAULTS),
      nodeMonitorGracePeriod: optional(duration, 'time without a heartbeat until a node is Unknown', {
        default: durationByVersion(VERSION_FACTS.nodeMonitorGracePeriod),
        source: K('pkg/controller/nodelifecycle/config/v1alpha1/defaults.go'),
      }),
      endpointUpdatesBatchPeriod: optional(duration, 'wait before a service is synced after a change of a pod', {
        default: '0s',
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
    over: optional(duration, 'copies are created evenly over this time, and so are serviceCopies', { default: '0s' }),
  }),
]);
const start = optional(startOf, 'there when the simulation begins, or created later', { default: 'running' });

const app = z.strictObject({
  name: field(name, 'name of the application'),
  manifests: optional(
    z.array(z.string()).min(1),
    'files of ordinary Kubernetes YAML, relative to the scenario; without them, the documents that follow in this file',
  ),
  copies: optional(
    z.int().min(1).max(100_000),
    'the whole bundle stamped out: web-0, web-1, … with selectors of its own',
    { default: 'one, with names as they are' },
  ),
  replicas: optional(
    z.int().min(0).max(1_000_000),
    'replicas of its Deployments and StatefulSets, whatever their manifests say',
    { default: 'those of the manifests' },
  ),
  serviceCopies: optional(
    z.int().min(1).max(100_000),
    'each Service of a bundle stamped out so often, all with the same pods behind them: api-s0, api-s1, …',
    { default: 'one, with its name as it is' },
  ),
  start,
  policyStart: optional(startOf, 'when its NetworkPolicies are created', { default: 'with everything else of it' }),
  behavior: optional(z.array(behavior), 'what the manifests cannot say'),
});

const traffic = z.strictObject({
  from: optional(
    z.union([
      z.literal('outside'),
      z.strictObject({ app: field(z.string(), 'clients are pods of this application') }),
      z.strictObject({ nodes: field(z.literal('all'), 'clients are on all nodes, in no pod') }),
    ]),
    'where requests begin; outside: out of the cluster, by node port or load balancer',
    { default: '{nodes: all}' },
  ),
  to: field(
    z.string().regex(/^service\/.+$/, { error: 'must be service/<name>' }),
    'service/<name> as in the manifest; of a bundle with copies, one of the copies at random',
  ),
  port: optional(z.union([z.int().min(1).max(65535), z.string()]), 'port of the service, or its name', {
    default: 'its first',
  }),
  address: optional(z.enum(['clusterIP', 'nodePort', 'loadBalancer']), 'by which of its addresses', {
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
    'rate of requests, in straight lines from target to target; the first stage has its target from the beginning, and the last one holds. One of stages, clients and trace is needed',
  ),
  arrivals: optional(
    z.enum(trafficShapes.names),
    `spacing of connections: ${trafficShapes.all.map(({ name, meaning }) => `${name}: ${meaning}`).join('; ')}`,
    { default: TRAFFIC_SHAPE_DEFAULT },
  ),
  ...(Object.assign({}, ...trafficShapes.all.map(({ fields }) => fields)) as z.ZodRawShape),
  clients: optional(z.int().min(1).max(100_000), 'closed loop: so many clients, each with one request at a time', {
    unit: 'clients',
  }),
  think: optional(distribution, 'closed loop: from an answer to the client’s next connection', {
    unit: 's',
    default: '0s',
  }),
  trace: optional(
    z.string().min(1),
    'CSV file of arrivals, relative to the scenario: a column time_seconds, rising, and perhaps a column requests',
  ),
  sampling: optional(
    z.strictObject({
      connectionsPerSecondMax: field(positive, 'connections simulated at most; each then stands for several', {
        unit: 'connections/s',
      }),
    }),
    'bound of the work',
    { default: '{connectionsPerSecondMax: 500}' },
  ),
  keepAlive: optional(
    z.strictObject({
      requests: field(z.int().min(1), 'requests that one connection carries, one after the other'),
      interval: optional(distribution, 'from an answer to the next request', { unit: 's', default: '0s' }),
    }),
    'several requests a connection: only the first pays for the lookup',
    { default: '{requests: 1}' },
  ),
  requestSize: optional(quantity, 'bytes of a request', { unit: 'bytes', default: '0: it fits into a packet' }),
  responseSize: optional(quantity, 'bytes of an answer', { unit: 'bytes', default: '0: it fits into a packet' }),
  timeout: optional(someTime, 'a client gives an attempt up after so long', { default: '30s', source: OURS }),
  retries: optional(z.int().min(0).max(10), 'how often a client tries again what has failed', { default: '0' }),
  retryBackOff: optional(duration, 'wait before the first time, doubled at each', { default: '100ms', source: OURS }),
});

/** Fault types. */
const fault = z.discriminatedUnion('type', [...BUILT_IN.faults.all.map(faultSchema)] as unknown as [FaultSchema]);

export const SWEEP_METHODS = ['grid', 'zip', 'latinHypercube'] as const;

/** End of a range: a number or a duration. */
const rangeEnd = z.union([z.number(), duration], { error: 'must be a number, or a duration such as 10s' });
const sweepRange = z.strictObject({
  from: field(rangeEnd, 'first value: a number or a duration'),
  to: field(rangeEnd, 'last value, of the same kind'),
  step: optional(rangeEnd, 'distance of two values'),
  factor: optional(z.number().gt(1), 'each value is the one before times this'),
  points: optional(
    z.int().min(2).max(POINTS_MAX),
    'number of values, the ends among them; whole numbers if the ends are and there is room for as many',
  ),
  scale: optional(z.enum(['linear', 'log']), 'how points, or the samples of a Latin hypercube, are spread', {
    default: 'linear',
  }),
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
      labels: optional(z.record(z.string(), z.string()), 'free labels'),
    }),
    'what the scenario is called',
  ),
  spec: field(
    z.strictObject({
      kubernetesVersion: optional(
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
        'behaviour and defaults follow this version',
        { default: `"1.${MINOR_VERSION_MAX}"` },
      ),
      duration: optional(duration, 'simulated time', { default: '10m' }),
      warmup: optional(duration, 'time at the beginning that is simulated and not measured', { default: '0s' }),
      seed: optional(z.union([z.int(), z.string()]), 'seed of all random streams', { default: '42' }),
      replications: optional(
        z.int().min(1).max(REPLICATIONS_MAX),
        'runs of each point that differ in nothing but their seeds, which follow from spec.seed',
        { default: '1' },
      ),
      nodePools: field(z.array(nodePool).min(1), 'the worker nodes'),
      network: optional(
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
            'addresses of all pods: each node gets a part of it, and one for which none is left can start no pod',
            { default: '10.128.0.0/9: room for 32,768 nodes', source: OURS },
          ),
          nodeCIDRMaskSize: optional(
            z.int().min(9).max(30),
            'prefix of a node’s part; calico gives blocks of 64 instead',
            {
              default: '24',
              source: K('cmd/kube-controller-manager: --node-cidr-mask-size'),
            },
          ),
          podMTU: optional(
            z.int().min(576).max(9216),
            'MTU that pods are given; more than fits into the line lets small packets pass and full ones vanish',
            { unit: 'bytes', default: 'mtu less the header of the variant' },
          ),
          mtu: optional(z.int().min(576).max(9216), 'MTU of the line between the nodes', {
            unit: 'bytes',
            default: '1500',
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
      kubeProxy: optional(kubeProxy, 'fields of KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1)'),
      controlPlane: optional(controlPlane, 'limits and choices of the control plane'),
      images: optional(
        z.array(
          z.strictObject({
            name: field(z.string(), 'image as in the manifests'),
            compressedSize: optional(quantity, 'size in the registry, that of its base included', {
              unit: 'bytes',
              default: '85M',
            }),
            layers: optional(z.int().min(1).max(127), 'number of layers, those of its base included', {
              default: '8',
              source: 'no checkable figure; a median of 8 is often quoted',
            }),
            base: optional(z.string(), 'image of this list whose layers are the first of this one', {
              default: 'none: it shares nothing',
            }),
            present: optional(z.boolean(), 'on every node from the start', { default: 'false' }),
          }),
        ),
        'what is known of container images',
      ),
      registry: optional(
        z.strictObject({
          bandwidth: optional(quantity, 'what it sends to all nodes together', {
            unit: 'bytes/s',
            default: 'no bound',
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
          method: optional(
            z.enum(SWEEP_METHODS),
            'grid: every combination of the values; zip: the first values of all parameters, then the second ones, …; latinHypercube: as many points as samples, each parameter spread evenly and combined at random',
            { default: 'grid' },
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
              'metric of docs/reference/metrics.md, with matchers of labels as in Prometheus where not all are meant',
            ),
            expr: field(
              z.string().min(1),
              'what must hold of it, such as p(99) < 5s, max < 1m, count > 100, total == 0, rate < 3, share < 0.1%',
            ),
            abortOnFail: optional(z.boolean(), 'a point that does not hold it is the last one that is kept', {
              default: 'false',
            }),
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
