// What the things of a cluster are called within a run: whole numbers from 0 on, each kind by itself. Part of the cluster
// vocabulary. Kinds refuse each other; all take a plain number, which is what typed arrays and loops give.

declare const kind: unique symbol;

type Id<Kind extends string> = number & { readonly [kind]?: Kind };

/** A pod: its row in the {@link PodTable}. */
export type PodId = Id<'pod'>;
/** A node: its row in the {@link NodeTable}. */
export type NodeId = Id<'node'>;
/** A container of a pod, counted over all pods. */
export type ContainerId = Id<'container'>;
/** A workload: its place in the spec. */
export type WorkloadId = Id<'workload'>;
/** A service: its place in the spec. */
export type ServiceId = Id<'service'>;
