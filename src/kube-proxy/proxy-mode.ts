// What a proxy mode is: the contract. Part of kube-proxy; a folder a mode under modes/, and the catalogue lists them.
// A mode says what a service becomes in the kernel, what a sync of that costs, and what a first packet finds there. When a
// proxy syncs, and what happens to it, is the same in all modes but for the traits below.

import type { z } from 'zod';
import type {
  Context,
  FirstPacket,
  Fit,
  IptablesBackend,
  KernelVersion,
  KubeProxySpec,
  Measure,
  MinorVersion,
  NodeId,
  ParameterList,
  ParameterSet,
  PartList,
  PodId,
  Route,
  ServiceId,
  VersionProfile,
} from '../cluster/index.js';
import type { MetricName } from '../metrics/index.js';
import type { ClientAffinity } from './client-affinity.js';
import type { EndpointList } from './endpoints.js';
import type { ArrivalRule, FirstPacketQuestion, FirstPacketRule } from './first-packet.js';
import type { LoadBalancer } from './load-balancer.js';
import type { RuleBook } from './rule-book.js';
import type { CountObjects } from './service-shape.js';
import type { SyncCost, SyncDuration } from './sync-cost.js';

/** How many of something a node has for the services as of a position of their log. */
export type Length = (book: RuleBook, node: NodeId, position: number) => number;

/** Fields of spec.kubeProxy, beside which the sections of modes stand. */
export const KUBE_PROXY_FIELDS: readonly string[] = [
  'mode',
  'featureGates',
  'clusterCIDR',
  'conntrack',
  'detectLocalMode',
];

export interface ProxyMode {
  readonly name: string;
  readonly meaning: string;
  /** What kube-proxy's own configuration calls it; undefined: it is no mode of kube-proxy's. */
  readonly configured?: string;
  /** The oldest versions of Kubernetes (1.x) and of Linux that have it. */
  readonly requires?: { readonly minor?: MinorVersion; readonly kernel?: KernelVersion };
  /** It is on its way out: the fact of the table of versions that says so. */
  readonly deprecation?: 'ipvsDeprecated';
  /** Its section of spec.kubeProxy; it may have minSyncPeriod, syncPeriod and masqueradeAll, whose meaning is known. */
  readonly section?: {
    readonly meaning: string;
    /** @param loadBalancers names of those that the catalogue has. */
    readonly fields: (loadBalancers: readonly string[]) => z.ZodRawShape;
  };
  /** What of the section only this mode knows. @param section what was given of it. */
  read?(section: Readonly<Record<string, unknown>>): Partial<KubeProxySpec>;
  /** Periods without a section that says otherwise, as they are written. */
  readonly minSyncPeriod: string;
  readonly syncPeriod: string;
  /** Gate of kube-proxy without which every sync is a full one. */
  readonly partialSyncGate?: { readonly name: string; readonly meaning: string; readonly source: string };

  // What a service becomes in the kernel.
  /** Kinds of things that it puts there. */
  readonly kinds: number;
  readonly count: CountObjects;
  /** One figure for the size of it, for reports. @param totals by kind. */
  readonly size: (totals: ArrayLike<number>) => number;

  // What a sync costs.
  readonly syncCost: (parameters: ParameterSet) => SyncCost;
  readonly syncsPartially: (version: VersionProfile) => boolean;
  /** After how long all is synced, with or without news, ns; NaN: never. */
  readonly forcedInterval: (syncPeriod: number, version: VersionProfile) => number;
  /** What a process that only writes the rules takes of a sync, ns; all of it if left out. */
  readonly writing?: (parameters: ParameterSet, duration: SyncDuration) => number;

  // Traits.
  /** It writes under the xtables lock, on a node with this backend. */
  readonly takesXtablesLock: (backend: IptablesBackend) => boolean;
  /** It finds out by a canary when something else has flushed its rules, once a syncPeriod. */
  readonly hasCanary: boolean;
  /** There are rules that something else could flush. */
  readonly isFlushable: boolean;
  /** A sync changes services one after another, and not all at once at its end. */
  readonly changesOneByOne: boolean;
  /** In a large cluster it looks for stale chains once a syncPeriod only. */
  readonly savesTable: boolean;
  /** It replaces the source of packets where a local-traffic detector or masqueradeAll says so. */
  readonly masquerades: boolean;
  /** Connections are tracked by the kernel of the client's node. */
  readonly tracksConnections: boolean;
  /** Clients of each endpoint that session affinity remembers. */
  readonly affinityClientsMax: number;
  readonly metrics: {
    /** Full and partial syncs are told apart. */
    readonly tellsSyncsApart: boolean;
    readonly failed?: MetricName;
    readonly partialFailed?: MetricName;
  };

  // What a first packet finds.
  readonly firstPacket: (parameters: ParameterSet) => FirstPacketRule;
  readonly arrival: (parameters: ParameterSet) => ArrivalRule;
  /** Length of what services are looked for in, of what every new connection is tested against, of the list of node ports. */
  readonly services: Length;
  readonly filter: Length;
  readonly nodePorts: Length;
  /** CPU of a packet that a node passes on between a client outside and a pod on another node, ns. */
  readonly forwardedPacket: (parameters: ParameterSet) => number;
  /** What chooses endpoints, if it is more than chance. */
  readonly choice?: (parts: ChoiceParts) => EndpointChoice;

  /** Numbers of its own, by the names that profiles use. */
  readonly parameters: Readonly<Record<string, ParameterList>>;
  /** What can be measured of it and of no other. */
  readonly measures?: readonly Measure[];
  /** Which measurements tell them. */
  readonly fits: readonly Fit[];
}

export const nothing: Length = () => 0;

export interface ChoiceParts {
  readonly context: Context;
  readonly loadBalancers: PartList<LoadBalancer>;
  /** IPv4 addresses as numbers. */
  readonly addressOf: (pod: PodId) => number;
  readonly clusterIpOf: (service: ServiceId) => number;
  /** Connections that a service has had on a node before the run began, as a place among so many endpoints. */
  readonly connectionsBefore: (node: NodeId, service: ServiceId, count: number) => number;
}

/** Chooses endpoints by what it remembers. */
export interface EndpointChoice {
  /**
   * @param route `isReused` and `losesFirst` are set where it makes something of the packet's ports.
   * @param question `compared` is set. @param recalled pod that the client is to have again, -1: none.
   * @returns the pod, -1 if there is none for the client.
   */
  choose(
    packet: FirstPacket,
    route: Route,
    question: FirstPacketQuestion,
    list: EndpointList,
    position: number,
    affinity: ClientAffinity | undefined,
    recalled: number,
  ): number;
  /** A connection that was sent to the pod is over. */
  close(packet: Pick<FirstPacket, 'node' | 'service' | 'address' | 'weight'>, pod: PodId): void;
  /** The node's kernel remembers nothing any more. */
  onNodeDown(node: NodeId): void;
}
