// How control plane, pod network and kube-proxy are configured. Part of the cluster's spec.

import type { Distribution, Duration } from '../../engine/index.js';

/** Limits and choices of the control plane. */
export interface ControlPlaneSpec {
  readonly schedulerQps: number;
  readonly schedulerBurst: number;
  readonly scheduler: SchedulerSpec;
  /** Attempts a second at most; Infinity: what an attempt takes is the limit. */
  readonly schedulerPodsPerSecond: number;
  readonly controllerQps: number;
  readonly controllerBurst: number;
  readonly nodeMonitorGracePeriod: Duration;
  readonly endpointUpdatesBatchPeriod: Duration;
}

/** How the scheduler is configured, after KubeSchedulerConfiguration. */
export interface SchedulerSpec {
  /** At least one. */
  readonly profiles: readonly SchedulerProfileSpec[];
  /** First and longest back-off of a pod that no node could take. */
  readonly podInitialBackOff: Duration;
  readonly podMaxBackOff: Duration;
}

/** One profile: pods ask for it by its name. */
export interface SchedulerProfileSpec {
  readonly schedulerName: string;
  /** Share of the nodes that is looked for, 1 … 100 %; 0: by the size of the cluster. */
  readonly percentageOfNodesToScore: number;
  readonly plugins: readonly PluginChoice[];
}

/** Where a plugin is asked; one that names none of them is asked wherever it has something to say. */
export const EXTENSION_POINTS = ['preEnqueue', 'filter', 'postFilter', 'score'] as const;
export type ExtensionPoint = (typeof EXTENSION_POINTS)[number];

/** A plugin of a profile. */
export interface PluginChoice {
  /** One of the catalogue's. */
  readonly name: string;
  readonly points: readonly ExtensionPoint[];
  /** Of its scores. */
  readonly weight: number;
  /** Its arguments, as the plugin itself has read them; undefined: its defaults. */
  readonly args?: unknown;
}

export interface NetworkSpec {
  /** Name of one of the catalogue's plugins, and of one of its variants. */
  readonly plugin: string;
  readonly variant: string;
  /** The pod network: its first address, prefix length, and that of a node's part. */
  readonly podCidr: { readonly base: number; readonly prefix: number; readonly nodePrefix: number };
  /** MTU of the line between the nodes, bytes. */
  readonly lineMtu: number;
  /** What lies between the nodes: name of one of the CNI's fabrics. */
  readonly fabric: string;
  /** Round trips between the kernels of two nodes of one zone and of two, ns; those of the fabric if absent. */
  readonly sameZone?: Distribution;
  readonly crossZone?: Distribution;
  /** What one stream carries at most, Gbit/s; that of the fabric if absent. */
  readonly flowGbits?: number;
  /** How what goes between nodes is encrypted; absent: it is not. */
  readonly encryption?: 'wireguard' | 'ipsec';
  /** Cards and kernel cut and merge packets, also within a tunnel (by the fabric if absent). */
  readonly offloads: { readonly segmentation: boolean; readonly receive: boolean; readonly tunnel?: boolean };
  /** Senders are told that their packets are too large. */
  readonly discoversMtu: boolean;
  /** What pods are told; the line’s less the plugin's header if absent. */
  readonly podMtu?: number;
  /** What the plugin's own section says, as the plugin reads it. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

export interface KubeProxySpec {
  /** What brings a connection to an endpoint: name of one of the catalogue's modes. */
  readonly mode: string;
  /** Of a mode that has load balancers: the name of one. */
  readonly scheduler: string;
  /** net.ipv4.vs.conn_reuse_mode if it is set. */
  readonly connReuseMode?: 0 | 1;
  /** Entries of a node's table of connections: so many a core, at least so many. */
  readonly conntrackMaxPerCore: number;
  readonly conntrackMin: number;
  readonly minSyncPeriod: Duration;
  readonly syncPeriod: Duration;
  /** Partial syncs where the mode has them. */
  readonly syncsPartially: boolean;
  /** A local-traffic detector or masqueradeAll: one more rule a service. */
  readonly masquerades: boolean;
}
