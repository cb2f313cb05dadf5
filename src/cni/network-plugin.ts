// What a network plugin is: the contract. Part of the CNI; a file a plugin under plugins/, and the catalogue lists them.
// A plugin says who gives addresses, what an ADD waits for, and what comes after it; each of its variants what the way of a
// packet is like, how the others learn of a node that comes back, and who carries policies out.

import type { z } from 'zod';
import type { Measure, ParameterList, ParameterSet } from '../cluster/index.js';
import type { AddressMachine, AddressSite, Ipam, PodCidr } from './ipam.js';
import type { networkParameters } from './parameters.js';
import type { AgentParameters, PacketPath, PluginParameters } from './plugin-parameters.js';
import type { PolicyEngine } from './policies/policy-engine.js';
import type { Encryption } from './stages.js';

/** Fields of spec.network, beside which the sections of plugins stand. */
export const NETWORK_FIELDS: readonly string[] = [
  'plugin',
  'variant',
  'podCIDR',
  'nodeCIDRMaskSize',
  'podMTU',
  'mtu',
  'fabric',
  'roundTrip',
  'flowBandwidth',
  'encryption',
  'offloads',
  'pathMTUDiscovery',
];

export interface NetworkVariant {
  /** It begins with the name of the plugin. */
  readonly name: string;
  readonly meaning: string;
  /** What a packet passes between a pod and the line. */
  readonly path: PacketPath;
  /** Routes to a node come by a session that it opens when it boots; by the Node object otherwise. */
  readonly hasSessions: boolean;
  /** Who carries NetworkPolicies out; undefined: nobody, and they have no effect. */
  readonly policies: PolicyEngine | undefined;
}

export interface NetworkPlugin {
  readonly name: string;
  readonly meaning: string;
  /** The first one is taken where none is named. */
  readonly variants: readonly [NetworkVariant, ...NetworkVariant[]];
  readonly parameters: PluginParameters;
  /** What its agent uses on each node; absent: nothing that counts. */
  readonly agent?: AgentParameters;
  /** Numbers of its own beside them, by the names that profiles use. */
  readonly ownParameters?: Readonly<Record<string, ParameterList>>;
  /** Who gives the pods of a cluster's nodes their addresses. */
  readonly addresses: (nodes: number, cidr: PodCidr, limits: typeof networkParameters, site: AddressSite) => Ipam;
  /** How it can encrypt what goes between nodes; absent: it cannot. */
  readonly encryptions?: readonly Encryption[];
  /** Its section of spec.network, under its name. */
  readonly section?: { readonly meaning: string; readonly fields: () => z.ZodRawShape };
  /** Pods of a node for which there are addresses; absent: the range of a node says it. */
  readonly podsMax?: (machine: AddressMachine, settings: Readonly<Record<string, unknown>>) => number;
  /** Each node has a range of its own: there are so many. */
  readonly hasNodeRanges: boolean;
  /** What the ADDs of one node wait for, as its agent has it when it begins. */
  readonly queue: (parameters: ParameterSet) => AddQueue;
  /** Policies of a pod are programmed after its ADD has returned: its packets are dropped until then. */
  readonly programsAfterAdd: boolean;
  /** Policies see the labels of a pod, and never its address. */
  readonly looksAtLabelsOnly: boolean;
  /** What can be measured of it and of no other. */
  readonly measures?: readonly Measure[];
  /** Name of the DaemonSet by which it is known in a cluster. */
  readonly daemonSet: RegExp;
}

/** What is done one at a time on a node. */
export interface NodeLocks {
  /** @returns the wait for the lock of address management, which is then held for a time that is part of the ADD. */
  takeIpam(from: number, hold: number): number;
  /** The same for the kernel's RTNL lock. */
  takeRtnl(from: number): number;
}

export interface AddQueue {
  /**
   * An ADD that takes `alone` without waiting comes at `from`, ns.
   * @param draw uniform number of this ADD. @returns how long it waits before it goes on alone; below 0: it is refused, after
   * having waited so long.
   */
  wait(from: number, alone: number, locks: NodeLocks, draw: () => number): number;
}

/** A variant by its name. Throws a RangeError if the plugin has none of that name. */
export function variantOf({ name, variants }: NetworkPlugin, variant: string): NetworkVariant {
  const found = variants.find((candidate) => candidate.name === variant);
  if (found === undefined) {
    throw new RangeError(`${name} has no variant "${variant}"; it has: ${variants.map((v) => v.name).join(', ')}`);
  }
  return found;
}
