// How each mode finds an endpoint, and what that costs. Part of kube-proxy.

import type { ProxyMode } from '../cluster/index.js';
import { ebpfArrival, ebpfFirstPacket } from './ebpf/lookup.js';
import type { ArrivalRule, FirstPacketRule } from './first-packet.js';
import { iptablesArrival, iptablesFirstPacket } from './iptables/lookup.js';
import { Iptables } from './iptables/rules.js';
import { ipvsArrival, ipvsFirstPacket } from './ipvs/lookup.js';
import { Ipvs } from './ipvs/rules.js';
import { nftablesArrival, nftablesFirstPacket } from './nftables/lookup.js';
import { Nftables } from './nftables/rules.js';
import type { LookupParameters } from './parameters.js';
import type { RuleBook } from './rule-book.js';

export interface ModeLookup {
  readonly firstPacket: (parameters: LookupParameters) => FirstPacketRule;
  readonly arrival: (parameters: LookupParameters) => ArrivalRule;
  /** Length of what services are looked for in, and of what every new connection is tested against, on a node. */
  readonly services: (book: RuleBook, node: number, position: number) => number;
  readonly filter: (book: RuleBook, node: number, position: number) => number;
  /** Length of the list of node ports. */
  readonly nodePorts: (book: RuleBook, node: number, position: number) => number;
  /** A scheduler with a memory chooses the endpoint; otherwise chance does. */
  readonly schedules: boolean;
}

const nothing = (): number => 0;

export const LOOKUPS: Readonly<Record<ProxyMode, ModeLookup>> = {
  iptables: {
    firstPacket: iptablesFirstPacket,
    arrival: iptablesArrival,
    services: (book, node, position) => book.total(node, position, Iptables.List),
    filter: (book, node, position) => book.total(node, position, Iptables.Filter),
    nodePorts: (book, node, position) => book.total(node, position, Iptables.NodePorts),
    schedules: false,
  },
  ipvs: {
    firstPacket: ipvsFirstPacket,
    arrival: ipvsArrival,
    services: (book, node, position) => book.total(node, position, Ipvs.VirtualServers),
    filter: nothing,
    nodePorts: nothing,
    schedules: true,
  },
  nftables: {
    firstPacket: nftablesFirstPacket,
    arrival: nftablesArrival,
    services: (book, node, position) => book.total(node, position, Nftables.Elements),
    filter: nothing,
    nodePorts: nothing,
    schedules: false,
  },
  ebpf: {
    firstPacket: ebpfFirstPacket,
    arrival: ebpfArrival,
    services: nothing,
    filter: nothing,
    nodePorts: nothing,
    schedules: false,
  },
};
