// Every metric there is, declared once: name, type, unit, labels, meaning. Part of the metrics.
// Names and bucket bounds are Kubernetes' own wherever it exports the quantity (pkg/kubelet/metrics/metrics.go,
// pkg/kubelet/prober/prober_manager.go, pkg/proxy/metrics/metrics.go); the others begin with kubelapse_.

export type MetricKind = 'histogram' | 'counter';
export const METRIC_UNITS = ['seconds', 'total', 'rules'] as const;
export type MetricUnit = (typeof METRIC_UNITS)[number];

/** One metric, as `/metrics` would describe it. */
export interface MetricDefinition {
  /** How it is collected. */
  readonly type: MetricKind;
  /** `seconds` are recorded in whole nanoseconds; `rules` and `total` as they are. */
  readonly unit: MetricUnit;
  /** Names of its labels, in the order in which their values are given. */
  readonly labels: readonly string[];
  /** One sentence for `explain`, headers and tables. */
  readonly meaning: string;
  /** What charts call it, such as `Pod ready`; default: its name. */
  readonly title?: string;
  /** What flags and thresholds may call it: metrics that are asked for most have one. */
  readonly shortNames?: readonly string[];
  /** Upper bounds of the exported buckets in seconds. */
  readonly bounds?: readonly number[];
}

/** client_golang's default buckets. */
const DEFAULT_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const POD_START_BOUNDS = [
  0.5, 1, 2, 3, 4, 5, 6, 8, 10, 20, 30, 45, 60, 120, 180, 240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600,
];
const IMAGE_PULL_BOUNDS = [1, 5, 10, 20, 30, 60, 120, 180, 240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600];
const STATUS_SYNC_BOUNDS = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 20, 30, 45, 60];
const SYNC_PROXY_BOUNDS = exponentialBounds(0.001, 2, 15);
const RUNTIME_BOUNDS = exponentialBounds(0.005, 2.5, 14);
const NETWORK_PROGRAMMING_BOUNDS = [0.25, 0.5, ...range(1, 59, 1), ...range(60, 115, 5), ...range(120, 300, 30)];

function exponentialBounds(start: number, factor: number, count: number): number[] {
  const bounds: number[] = [];
  for (let i = 0, bound = start; i < count; i++, bound *= factor) bounds.push(Number(bound.toPrecision(12)));
  return bounds;
}

function range(from: number, to: number, step: number): number[] {
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);
}

export const METRICS = {
  kubelet_pod_start_sli_duration_seconds: {
    type: 'histogram',
    unit: 'seconds',
    shortNames: ['pod_startup', 'pod_start'],
    labels: ['node_pool'],
    meaning:
      'from the creation of the pod until a watch shows all its containers running, image pulls left out; starts during which the kubelet was restarted do not count',
    bounds: POD_START_BOUNDS,
  },
  kubelet_first_network_pod_start_sli_duration_seconds: {
    type: 'histogram',
    unit: 'seconds',
    labels: ['node_pool'],
    meaning:
      'the same for the first pod on each node that uses the pod network; a gauge of each kubelet, here one sample per node',
  },
  kubelet_pod_start_total_duration_seconds: {
    type: 'histogram',
    unit: 'seconds',
    labels: ['node_pool'],
    meaning: 'from the creation of the pod until a watch shows all its containers running, image pulls included',
    bounds: POD_START_BOUNDS,
  },
  kubelet_pod_start_duration_seconds: {
    type: 'histogram',
    unit: 'seconds',
    labels: ['node_pool'],
    meaning:
      'from when the kubelet first sees the pod, in its list if it restarted, until it knows that all its containers run',
    bounds: POD_START_BOUNDS,
  },
  kubelapse_pod_start_stage_duration_seconds: {
    type: 'histogram',
    unit: 'seconds',
    labels: ['node_pool', 'stage'],
    meaning:
      'one stage of a pod start: schedule, watch, worker, volumes, sandbox, cni, image_pull, create, start, pleg, status, observe',
  },
  kubelapse_pod_ready_duration_seconds: {
    type: 'histogram',
    unit: 'seconds',
    shortNames: ['pod_ready'],
    labels: ['node_pool'],
    meaning: 'creation of the pod until the API server says Ready',
    bounds: POD_START_BOUNDS,
  },
  kubelet_pod_worker_duration_seconds: {
    type: 'histogram',
    unit: 'seconds',
    labels: ['node_pool', 'operation_type'],
    meaning: 'one sync of one pod by its worker: create, update, sync (syncs with nothing to do left out), terminated',
    bounds: DEFAULT_BOUNDS,
  },
  kubelet_pod_worker_start_duration_seconds: {
    type: 'histogram',
    unit: 'seconds',
    labels: ['node_pool'],
    meaning: 'from when the kubelet sees the pod until its worker begins the first sync',
    bounds: DEFAULT_BOUNDS,
  },
  kubelet_pod_status_sync_duration_seconds: {
    type: 'histogram',
    unit: 'seconds',
    labels: ['node_pool'],
    meaning: 'from a change of a pod status in the kubelet until the API server has it',
    bounds: STATUS_SYNC_BOUNDS,
  },
  kubelet_runtime_operations_duration_seconds: {
    type: 'histogram',
    unit: 'seconds',
    labels: ['node_pool', 'operation_type'],
    meaning:
      'one CRI call: run_podsandbox, create_container, start_container, stop_container, stop_podsandbox, remove_container, remove_podsandbox, pull_image',
    bounds: RUNTIME_BOUNDS,
  },
  kubelet_run_podsandbox_errors_total: {
    type: 'counter',
    unit: 'total',
    labels: ['reason'],
    meaning:
      'sandboxes that could not be created (FailedCreatePodSandBox), by the error of the pod network: no_address, rate_limited, agent_down; Kubernetes has no label reason',
  },
  kubelet_admission_rejections_total: {
    type: 'counter',
    unit: 'total',
    labels: ['reason'],
    meaning:
      'pods that a kubelet refused, by reason: OutOfpods, OutOfcpu, OutOfmemory, NodeAffinity, Evicted (the node is under pressure) and others',
  },
  kubelapse_pod_resizes_total: {
    type: 'counter',
    unit: 'total',
    labels: ['result'],
    meaning:
      'pods that were to be resized in place: actuated, deferred because there was no room for it then, infeasible on their node',
  },
  kubelet_evictions: {
    type: 'counter',
    unit: 'total',
    labels: ['eviction_signal'],
    meaning:
      'pods that kubelets evicted because their node ran short of what the signal says, or because of their own limit',
  },
  kubelapse_pods_unschedulable_total: {
    type: 'counter',
    unit: 'total',
    labels: [],
    meaning: 'pods that had no node when the run ended',
  },
  kubelapse_pods_never_ready_total: {
    type: 'counter',
    unit: 'total',
    labels: [],
    meaning: 'pods created in the run that were never ready although nobody deleted them, those of Jobs left out',
  },
  kubelapse_registry_saturated_seconds_total: {
    type: 'counter',
    unit: 'total',
    labels: [],
    meaning: 'time in which the registry sent at its full bandwidth, s',
  },
  kubelapse_image_pulls_total: {
    type: 'counter',
    unit: 'total',
    labels: ['result'],
    meaning:
      'image pulls: pulled; qps_exceeded: refused by the kubelet’s own limit; registry_error; too_many_requests: refused by the registry (429)',
  },
  kubelapse_image_fetched_bytes_total: {
    type: 'counter',
    unit: 'total',
    labels: ['source'],
    meaning: 'compressed bytes of images that came to nodes from registry, mirror or peers',
  },
  kubelet_image_pull_duration_seconds: {
    type: 'histogram',
    unit: 'seconds',
    shortNames: ['image_pull'],
    labels: ['node_pool'],
    meaning: 'one image pull, without the wait for earlier serial pulls',
    bounds: IMAGE_PULL_BOUNDS,
  },
  prober_probe_total: {
    type: 'counter',
    unit: 'total',
    labels: ['probe_type', 'result'],
    meaning: 'probes carried out',
  },
  prober_probe_duration_seconds: {
    type: 'histogram',
    unit: 'seconds',
    labels: ['probe_type'],
    meaning:
      'one probe that succeeded, from its tick to its result; those that were not simulated one by one are added by their distribution',
    bounds: DEFAULT_BOUNDS,
  },
  kube_pod_container_status_restarts_total: {
    type: 'counter',
    unit: 'total',
    shortNames: ['restarts'],
    labels: ['reason'],
    meaning: 'container restarts, by what ended the previous run: liveness, startup, exit, oom, node, hook (postStart)',
  },
  kubelet_pleg_relist_duration_seconds: {
    type: 'histogram',
    unit: 'seconds',
    labels: ['node_pool'],
    meaning: 'one PLEG relist of a node; those that found nothing are calculated, not simulated',
    bounds: DEFAULT_BOUNDS,
  },
  kubelet_pleg_relist_interval_seconds: {
    type: 'histogram',
    unit: 'seconds',
    labels: ['node_pool'],
    meaning: 'from the start of a PLEG relist to the start of the next',
    bounds: DEFAULT_BOUNDS,
  },
  kubelet_pleg_pod_relist_duration_seconds: {
    type: 'histogram',
    unit: 'seconds',
    labels: ['node_pool'],
    meaning: 'relist of a single pod, asked for by a sync that did something (1.36)',
    bounds: DEFAULT_BOUNDS,
  },
  kubelapse_pleg_cpu_seconds_total: {
    type: 'counter',
    unit: 'total',
    labels: ['node_pool'],
    meaning: 'CPU that all relists took, of kubelet and runtime together, s',
  },
  kubelapse_pleg_relists_total: {
    type: 'counter',
    unit: 'total',
    labels: ['node_pool'],
    meaning: 'PLEG relists of all nodes; those that found nothing are calculated, not simulated',
  },
  job_controller_jobs_finished_total: {
    type: 'counter',
    unit: 'total',
    labels: ['result', 'reason'],
    meaning: 'Jobs that have ended, by result (succeeded, failed) and the reason of their condition',
  },
  kubelapse_rollouts_past_progress_deadline_total: {
    type: 'counter',
    unit: 'total',
    labels: [],
    meaning: 'rollouts of Deployments that made no progress for their progressDeadlineSeconds',
  },
  taint_eviction_controller_pod_deletions_total: {
    type: 'counter',
    unit: 'total',
    labels: [],
    meaning: 'pods deleted because their node was not ready or unreachable for longer than they tolerate',
  },
  kubelapse_node_lease_renewals_total: {
    type: 'counter',
    unit: 'total',
    labels: [],
    meaning: 'lease renewals of all nodes, calculated, not simulated',
  },
  kubeproxy_sync_proxy_rules_duration_seconds: {
    type: 'histogram',
    unit: 'seconds',
    shortNames: ['proxy_sync'],
    labels: [],
    meaning: 'one sync of one kube-proxy',
    bounds: SYNC_PROXY_BOUNDS,
  },
  kubeproxy_sync_full_proxy_rules_duration_seconds: {
    type: 'histogram',
    unit: 'seconds',
    labels: [],
    meaning: 'one full sync of one kube-proxy, in the modes that have partial ones',
    bounds: SYNC_PROXY_BOUNDS,
  },
  kubeproxy_sync_partial_proxy_rules_duration_seconds: {
    type: 'histogram',
    unit: 'seconds',
    labels: [],
    meaning: 'one partial sync of one kube-proxy',
    bounds: SYNC_PROXY_BOUNDS,
  },
  kubeproxy_sync_proxy_rules_endpoint_changes_total: {
    type: 'counter',
    unit: 'total',
    labels: [],
    meaning: 'writes of EndpointSlices that syncs have processed, summed over the nodes',
  },
  kubeproxy_sync_proxy_rules_iptables_restore_failures_total: {
    type: 'counter',
    unit: 'total',
    labels: [],
    meaning: 'syncs in iptables mode that failed: the lock was held for too long, or chains were missing',
  },
  kubeproxy_sync_proxy_rules_iptables_partial_restore_failures_total: {
    type: 'counter',
    unit: 'total',
    labels: [],
    meaning: 'of those, partial ones',
  },
  kubeproxy_sync_proxy_rules_nftables_sync_failures_total: {
    type: 'counter',
    unit: 'total',
    labels: [],
    meaning: 'syncs in nftables mode that failed',
  },
  kubeproxy_network_programming_duration_seconds: {
    type: 'histogram',
    unit: 'seconds',
    shortNames: ['network_programming'],
    labels: [],
    meaning:
      'from a change of a service or of its ready pods until the rules of one node have it; one sample per change and node',
    bounds: NETWORK_PROGRAMMING_BOUNDS,
  },
  kubelapse_packet_cpu_seconds_total: {
    type: 'counter',
    unit: 'total',
    labels: [],
    meaning: 'CPU of all nodes for first packets and for payload, s; without that of the last ten seconds',
  },
  kubelapse_network_policy_implementation_delay_seconds: {
    type: 'histogram',
    unit: 'seconds',
    labels: [],
    meaning:
      'from when a NetworkPolicy is written until one node with pods that it selects enforces it; one sample per policy and node (cilium_policy_implementation_delay)',
  },
  kubelapse_first_packet_lookup_duration_seconds: {
    type: 'histogram',
    unit: 'seconds',
    shortNames: ['first_packet'],
    labels: [],
    meaning: 'what the service lookup adds to the first packet of a new connection, on both nodes',
  },
  kubelapse_first_packet_hop_duration_seconds: {
    type: 'histogram',
    unit: 'seconds',
    labels: ['hop'],
    meaning:
      'of that, what it pays on the node that chooses its endpoint (client), and on the node of the endpoint if that is another (endpoint)',
  },
  kubelapse_first_packet_rules_traversed: {
    type: 'histogram',
    unit: 'rules',
    labels: ['hop'],
    meaning: 'rules, list entries or hash lookups that it is tested against there',
  },
  kubelapse_connection_setup_duration_seconds: {
    type: 'histogram',
    unit: 'seconds',
    labels: [],
    meaning: 'service lookup on both nodes plus one round trip over the pod network, for connections that succeed',
  },
  node_pressure_cpu_waiting_seconds_total: {
    type: 'counter',
    unit: 'seconds',
    labels: ['node_pool'],
    meaning: 'time for which somebody on a node lacked CPU, all nodes of the pool together',
  },
  container_cpu_usage_seconds_total: {
    type: 'counter',
    unit: 'seconds',
    labels: ['app', 'workload', 'container'],
    meaning: 'CPU time of containers of which the scenario says that they use some, all pods together',
  },
  container_cpu_cfs_periods_total: {
    type: 'counter',
    unit: 'total',
    labels: ['app', 'workload', 'container'],
    meaning: 'periods of the CPU limit in which a thread wanted to run',
  },
  container_cpu_cfs_throttled_periods_total: {
    type: 'counter',
    unit: 'total',
    labels: ['app', 'workload', 'container'],
    meaning: 'of those, periods in which the container was stopped',
  },
  container_cpu_cfs_throttled_seconds_total: {
    type: 'counter',
    unit: 'seconds',
    labels: ['app', 'workload', 'container'],
    meaning: 'time for which threads were stopped by the CPU limit, each by itself',
  },
  container_pressure_cpu_waiting_seconds_total: {
    type: 'counter',
    unit: 'seconds',
    labels: ['app', 'workload', 'container'],
    meaning: 'time for which a thread lacked CPU, by the limit of its container or on a full node',
  },
  kubelapse_request_duration_seconds: {
    type: 'histogram',
    unit: 'seconds',
    shortNames: ['request'],
    labels: [],
    meaning: 'a request that succeeded, from its start until its client had the response, earlier attempts included',
  },
  kubelapse_requests_total: {
    type: 'counter',
    unit: 'total',
    shortNames: ['requests'],
    labels: ['outcome'],
    meaning: 'requests of clients, by outcome',
  },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;

/** Metrics by name. */
export type MetricDefinitions = Readonly<Record<string, MetricDefinition>>;

export const metricDefinition = (name: MetricName): MetricDefinition => METRICS[name];
