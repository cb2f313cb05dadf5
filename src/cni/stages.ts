// What a packet passes on its way from a pod to the line, and from the line to a pod: the stages that paths are made of, each with
// what it costs a packet, and a byte. Part of the CNI.
// Costs are those of a core of speed 1. What the kernel has merged into one large packet pays once for the whole of it.

import { type Parameter, parameter } from '../cluster/index.js';
import { microseconds } from '../engine/index.js';

export type StageCosts = {
  /** How long it keeps a small packet, ns. */
  readonly latency: Parameter<number>;
  /** CPU for a packet, large or small, ns. */
  readonly cpu: Parameter<number>;
  /** CPU for a byte, and for each packet that goes over the line, ns. */
  readonly perByte: Parameter<number>;
  readonly perLinePacket: Parameter<number>;
  /** Of a byte and of a packet over the line what is done one after the other for all streams between two nodes, ns. */
  readonly serialPerByte: Parameter<number>;
  readonly serialPerLinePacket: Parameter<number>;
  /** What it adds to a new connection beyond its round trips, ns. */
  readonly connection: Parameter<number>;
};

export interface Stage {
  readonly name: string;
  readonly meaning: string;
  /**
   * Where packets pass it: `pod` at each end, `node` once on each node that they touch (so once for both ends on one node),
   * `line` only between two nodes.
   */
  readonly at: 'pod' | 'node' | 'line';
  readonly costs: StageCosts;
}

/** A figure in µs, or ns for bytes, and where it is from. */
type Figure = readonly [value: number, source: string];

export interface StageOptions {
  readonly meaning: string;
  readonly at: Stage['at'];
  /** µs. */
  readonly latency: Figure;
  /** µs for a packet. */
  readonly cpu: Figure;
  /** ns for a byte. */
  readonly perByte?: Figure;
  /** µs for a packet over the line. */
  readonly perLinePacket?: Figure;
  /** ns for a byte, and µs for a packet over the line. */
  readonly serialPerByte?: Figure;
  readonly serialPerLinePacket?: Figure;
  /** µs. */
  readonly connection?: Figure;
}

const NONE: Figure = [0, 'it does not look at every byte'];
const NOT_SERIAL: Figure = [0, 'each stream has a core of its own'];
const NO_CONNECTIONS: Figure = [0, 'it knows no connections'];

export function stage(name: string, given: StageOptions): Stage {
  const us = ([value, source]: Figure, meaning: string): Parameter<number> =>
    parameter(microseconds(value), 'ns', `${given.meaning}: ${meaning}`, source);
  const ns = ([value, source]: Figure, meaning: string): Parameter<number> =>
    parameter(value, 'ns', `${given.meaning}: ${meaning}`, source);
  return {
    name,
    meaning: given.meaning,
    at: given.at,
    costs: {
      latency: us(given.latency, 'how long it keeps a small packet'),
      cpu: us(given.cpu, 'CPU for a packet, merged or not'),
      perByte: ns(given.perByte ?? NONE, 'CPU for a byte'),
      perLinePacket: us(given.perLinePacket ?? [0, NONE[1]], 'CPU for each packet over the line'),
      serialPerByte: ns(given.serialPerByte ?? NOT_SERIAL, 'for a byte, one after the other'),
      serialPerLinePacket: us(
        given.serialPerLinePacket ?? NOT_SERIAL,
        'for a packet over the line, one after the other',
      ),
      connection: us(given.connection ?? NO_CONNECTIONS, 'added to a new connection'),
    },
  };
}

export const CILIUM_2021 =
  'Cilium CNI benchmark (2021), 100 GbE back to back, one request at a time, on cores of speed 1.3';
const INFRABUILDER = 'InfraBuilder, benchmark-k8s-cni (2024), 40 GbE, MTU 9000, on cores of speed 0.75';
const ONCACHE = 'ONCache (NSDI 2025): Antrea’s overlay adds 9.9 us to a round trip';
const NO_FIGURE = 'no published figure';

/** Those that built-in plugins are made of. */
export const STAGES = {
  stack: stage('stack', {
    meaning: 'socket, TCP and IP of an end, with the wake-up of its thread',
    at: 'pod',
    latency: [
      5.5,
      'ONCache (NSDI 2025): 25.5 us between hosts, less 4 us of cards and cable; RHEL 8.3 (2020): 23 to 26 us between two namespaces of one machine',
    ],
    cpu: [
      4,
      `${CILIUM_2021}: 6.15 and 5.5 us a request and answer between hosts; P. Chaignon (2020): 3.8 us a UDP packet`,
    ],
    connection: [
      45,
      `${CILIUM_2021}: 76.9 us for a connection, a request and its end between hosts, less two round trips of 20.9 us`,
    ],
  }),
  veth: stage('veth', {
    meaning: 'pair of interfaces between a pod and its node',
    at: 'pod',
    latency: [0.2, `${CILIUM_2021}: half of what veth and eBPF add, 1.2 us a round trip`],
    cpu: [0.9, `${CILIUM_2021}: half of what veth and eBPF add`],
  }),
  bridge: stage('bridge', {
    meaning: 'Linux bridge of a node',
    at: 'node',
    latency: [0.3, NO_FIGURE],
    cpu: [0.4, NO_FIGURE],
  }),
  netfilter: stage('netfilter', {
    meaning: 'routing, connection tracking and hooks of a node',
    at: 'node',
    latency: [2, `${CILIUM_2021}: Calico 6.9 us, eBPF with legacy host routing 8.5 us a round trip`],
    cpu: [3, `${CILIUM_2021}: 7 to 9 us more a request at each end; ${INFRABUILDER}: kube-router at 0.72 of the hosts`],
    connection: [8, `${CILIUM_2021}: eBPF with legacy host routing, 25.2 us in all less two round trips`],
  }),
  chains: stage('chains', {
    meaning: 'chains of a policy engine through which every pod’s packets go (iptables)',
    at: 'node',
    latency: [0.1, NO_FIGURE],
    cpu: [1.3, `${INFRABUILDER}: Calico at 0.63 of the hosts, where kube-router is at 0.72`],
    connection: [14, `${CILIUM_2021}: Calico, 30.9 us in all less two round trips, less those of netfilter`],
  }),
  ebpf: stage('tc-bpf', {
    meaning: 'eBPF program that sends packets on',
    at: 'pod',
    latency: [0.2, `${CILIUM_2021}: half of what veth and eBPF add, 1.2 us a round trip`],
    cpu: [1, `${CILIUM_2021}: half of what veth and eBPF add, 2.7 to 3.7 us a request at each end`],
    connection: [2.5, `${CILIUM_2021}: eBPF host routing, 2.9 to 6.0 us in all less two round trips`],
  }),
  ovs: stage('ovs', {
    meaning: 'flow table of Open vSwitch',
    at: 'node',
    latency: [1.5, `${ONCACHE}; less veth and the tunnel`],
    cpu: [3, `${INFRABUILDER}: Antrea without a tunnel at 0.66 of the hosts`],
    connection: [8, 'no published figure; taken as that of netfilter'],
  }),
  vxlan: stage('vxlan', {
    meaning: 'VXLAN or Geneve around a packet, which then is one of the node’s own',
    at: 'line',
    latency: [0.75, `${ONCACHE}; Calico without a tunnel 6.9 us in another publication: 3 us a round trip`],
    cpu: [2.2, `${INFRABUILDER}: flannel at 0.64 of the hosts, where kube-router routes at 0.72`],
  }),
  ipip: stage('ipip', {
    meaning: 'IP around a packet',
    at: 'line',
    latency: [0.4, 'no published figure; about half of VXLAN, which has UDP too'],
    cpu: [1.5, 'no published figure; between routing and VXLAN'],
  }),
  wireguard: stage('wireguard', {
    meaning: 'WireGuard',
    at: 'line',
    latency: [5.5, 'no published figure; 15 to 30 us a round trip are quoted'],
    cpu: [1, NO_FIGURE],
    perByte: [1.5, `${INFRABUILDER}: 2.9 cores at each end for 8.5 Gbit/s`],
    perLinePacket: [2, 'no published figure; its part of the above'],
    serialPerByte: [0.6, `${INFRABUILDER}: 8.5 Gbit/s with one stream and with eight`],
    serialPerLinePacket: [0.9, 'no published figure; its part of the above'],
  }),
  ipsec: stage('ipsec', {
    meaning: 'IPsec (ESP)',
    at: 'line',
    latency: [3.75, 'no published figure; 15 us a round trip assumed'],
    cpu: [1, NO_FIGURE],
    perByte: [1, `${INFRABUILDER}: one core, 4.7 to 6.9 Gbit/s`],
    perLinePacket: [1.8, 'no published figure; its part of the above'],
    serialPerByte: [1, `${INFRABUILDER}: 4.7 to 6.9 Gbit/s with one stream and with eight`],
    serialPerLinePacket: [1.8, 'no published figure; its part of the above'],
  }),
} as const;

/** How traffic between nodes may be encrypted, with the bytes that it puts around each packet. */
export const ENCRYPTIONS = {
  wireguard: { stage: STAGES.wireguard, header: 60 },
  ipsec: { stage: STAGES.ipsec, header: 38 },
} as const;
export type Encryption = keyof typeof ENCRYPTIONS;
export const ENCRYPTION_NAMES = Object.keys(ENCRYPTIONS) as Encryption[];
