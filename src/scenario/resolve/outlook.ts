// What can be told of a run before it begins: that nothing will happen in it, that a pool is too small, that it is larger than what
// Kubernetes is tested for, that its clients would never be done, that its probes or limits are not what somebody would want. Part
// of the scenario. Each is a warning: the run is right all the same.

import {
  type ClusterSpec,
  type ContainerSpec,
  type ProbeSpec,
  podsWanted,
  type TrafficSpec,
  WAITS,
} from '../../cluster/index.js';
import { mean, NS_PER_SECOND } from '../../engine/index.js';
import type { Path } from '../../format/path.js';
import { kubeletParameters } from '../../kubelet/index.js';
import { selectorWords, shortageOf } from './room.js';

export interface Outlook {
  readonly at: Path;
  readonly message: string;
  readonly hint?: string;
}

/** All that can be told. */
export const outlookOf = (spec: ClusterSpec): Outlook[] => [
  ...withoutEvents(spec),
  ...beyondTested(spec),
  ...fullPools(spec),
  ...endlessLoops(spec),
  ...costlyProbes(spec),
  ...tinyLimits(spec),
];

/** A container that does something by itself while it runs. */
const isAlive = ({ role, behavior }: ContainerSpec): boolean =>
  (role !== 'init' && behavior.exit !== undefined) ||
  behavior.episodes.length > 0 ||
  [behavior.memory, behavior.disk, behavior.processes].some((held) => held?.reaches !== undefined);

function withoutEvents({ workloads, services, networkPolicies, traffic, faults }: ClusterSpec): Outlook[] {
  const comesLater = [...workloads, ...services, ...networkPolicies].some(({ createdAt }) => createdAt !== undefined);
  const isAny = workloads.some(
    ({ template, placement }) => template.containers.some(isAlive) || placement?.includes(WAITS) === true,
  );
  if (comesLater || isAny || traffic.length > 0 || faults.length > 0) return [];
  return [
    {
      at: ['spec'],
      message: 'nothing happens: all pods run from the start, and there are no faults and no traffic',
      hint: 'let an application start later, such as start: {at: 10s}, or add faults or traffic',
    },
  ];
}

/** kubernetes.io/docs/setup/best-practices/cluster-large; services: kubernetes/community, sig-scalability/configs-and-limits/thresholds.md. */
const TESTED = { nodes: 5000, pods: 150_000, containers: 300_000, podsPerNode: 110, services: 10_000 };

function beyondTested(spec: ClusterSpec): Outlook[] {
  const nodes = nodesOf(spec);
  const pods = spec.workloads.map((workload) => podsWanted(workload, spec.nodePools, nodes));
  const all = sum(pods);
  const counts = [
    ['nodes', nodes, TESTED.nodes],
    ['pods', all, TESTED.pods],
    ['containers', sum(spec.workloads.map((w, i) => pods[i]! * w.template.containers.length)), TESTED.containers],
    ['pods a node', Math.ceil(all / Math.max(1, nodes)), TESTED.podsPerNode],
    ['Services', spec.services.length, TESTED.services],
  ] as const;
  const beyond = counts.filter(([, count, most]) => count > most);
  if (beyond.length === 0) return [];
  const words = beyond.map(([what, count, most]) => `${count} ${what} (${most})`).join(', ');
  return [{ at: ['spec'], message: `is larger than what Kubernetes is tested for: ${words}` }];
}

/** Pods that come later and for which there is no room, in sum, on the nodes that they select. */
function fullPools(spec: ClusterSpec): Outlook[] {
  // Those that end make way for each other.
  const most = spec.workloads.map(({ replicas }, index) => Math.max(replicas, ...scaledTo(spec, index)));
  const grown = spec.workloads.map((workload, index) => ({ ...workload, replicas: most[index]! }));
  const staying = grown.filter(({ traits }) => !traits.runsToCompletion);
  const comes =
    staying.some(({ createdAt }) => createdAt !== undefined) || most.some((n, i) => n > spec.workloads[i]!.replicas);
  if (!comes) return [];
  const short = shortageOf(spec.nodePools, staying);
  if (short === undefined) return [];
  const { what, wanted, room, selector } = short;
  const message = `nodes${selectorWords(selector)} have room for ${room} ${what}, and ${wanted} are asked for in the end: some pods stay Pending`;
  return [{ at: ['spec', 'nodePools'], message, hint: 'raise count or capacity, or lower replicas or copies' }];
}

/** Numbers of pods that are wanted of a workload in the course of the run. */
const scaledTo = ({ faults }: ClusterSpec, workload: number): number[] =>
  faults.flatMap(({ workloads = [], replicas }) =>
    workloads.includes(workload) && typeof replicas === 'number' ? [replicas] : [],
  );

/** From request to response at least, ns: a round trip within a cluster. No published figure. */
const ROUND_TRIP = 100_000;
/** Requests that a run takes minutes for. No published figure. */
const REQUESTS_MAX = 50_000_000;

function endlessLoops(spec: ClusterSpec): Outlook[] {
  return spec.traffic.flatMap((entry, index): Outlook[] => {
    if (entry.arrivals.kind !== 'closed') return [];
    const { clients, think } = entry.arrivals;
    const { requestsPerConnection, requestInterval } = entry;
    const answer = ROUND_TRIP + servingTime(spec, entry);
    const cycle = mean(think) + (requestsPerConnection - 1) * mean(requestInterval) + requestsPerConnection * answer;
    const requests = (clients * requestsPerConnection * spec.duration) / cycle;
    if (requests <= REQUESTS_MAX) return [];
    const perSecond = Math.round((clients * requestsPerConnection * NS_PER_SECOND) / cycle);
    const message = `${clients} clients would send about ${perSecond} requests a second, ${Math.round(requests / 1e6)} million in all: such a run takes very long`;
    const field = requestsPerConnection > 1 ? 'keepAlive.interval' : 'think';
    return [{ at: ['spec', 'traffic', index, 'clients'], message, hint: `let them wait between requests: ${field}` }];
  });
}

/** Mean time that a request is worked on, ns. */
function servingTime({ services, workloads }: ClusterSpec, entry: TrafficSpec): number {
  const serving = entry.services
    .flatMap((service) => services[service]?.workloads ?? [])
    .flatMap((workload) => workloads[workload]?.template.containers ?? [])
    .map(({ behavior }) => (behavior.serve === undefined ? 0 : mean(behavior.serve.time)));
  return Math.max(0, ...serving);
}

/** Cores of a node that exec probes may take without a word. No published figure. */
const PROBE_CORES_MAX = 1;

/** Processes that runtimes start for nothing but to ask. */
function costlyProbes(spec: ClusterSpec): Outlook[] {
  const nodes = nodesOf(spec);
  const perSecond = spec.workloads.map(({ template }) =>
    sum(template.containers.flatMap(({ probes }) => probes.filter(isExec).map(({ period }) => NS_PER_SECOND / period))),
  );
  const all = sum(spec.workloads.map((workload, i) => perSecond[i]! * podsWanted(workload, spec.nodePools, nodes)));
  const onNode = all / Math.max(1, nodes);
  const cores = (onNode * kubeletParameters.probeExec.value) / NS_PER_SECOND;
  if (cores <= PROBE_CORES_MAX) return [];
  const message = `exec probes, ${Math.round(onNode)} a second on an average node, take the runtime ${cores.toFixed(1)} cores of it`;
  return [{ at: ['spec'], message, hint: 'raise periodSeconds, or probe by HTTP, gRPC or TCP' }];
}

const isExec = ({ handler, type }: ProbeSpec): boolean => handler === 'exec' && type !== 'startup';

/** The smallest quota that the kernel takes, 1 ms, in a period of 100 ms. Source: Kubernetes: pkg/kubelet/cm, MinQuotaPeriod. */
const LIMIT_MIN = 10;

function tinyLimits({ workloads }: ClusterSpec): Outlook[] {
  const tiny = workloads.find(({ template }) =>
    template.containers.some(({ cpuLimitMillis }) => cpuLimitMillis < LIMIT_MIN),
  );
  if (tiny === undefined) return [];
  return [{ at: ['spec'], message: `${tiny.name} has a CPU limit below ${LIMIT_MIN}m, which counts as ${LIMIT_MIN}m` }];
}

const nodesOf = ({ nodePools }: ClusterSpec): number => sum(nodePools.map(({ count }) => count));

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
