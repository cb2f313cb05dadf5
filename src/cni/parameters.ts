// Numbers of the pod network, by plugin. Durations of ADD and DEL are distributions in ns.

import { type NetworkPlugin, type Parameter, parameter } from '../cluster/index.js';
import { type Distribution, lognormal, microseconds, milliseconds } from '../engine/index.js';

export interface NetworkParameters {
  readonly add: Parameter<Distribution>;
  readonly del: Parameter<Distribution>;
  /** Added to the round trip of the host network between two nodes. */
  readonly addedRoundTrip: Parameter<number>;
}

const JESSFRAZ = 'J. Frazelle, cni-benchmarks (2018), mean of sequential operations; spread of 0.30 assumed';
const CILIUM_2021 = 'Cilium CNI benchmark (2021), 100 GbE back to back, one request at a time';

const plugin = (
  addMs: number,
  addSource: string,
  delMs: number,
  rttUs: number,
  rttSource: string,
): NetworkParameters => ({
  add: parameter(lognormal(milliseconds(addMs), 0.3), 's', 'CNI ADD, uncontended', addSource),
  del: parameter(lognormal(milliseconds(delMs), 0.3), 's', 'CNI DEL', JESSFRAZ),
  addedRoundTrip: parameter(microseconds(rttUs), 'ns', 'added to the round trip of the host network', rttSource),
});

export const networkParameters: Readonly<Record<NetworkPlugin, NetworkParameters>> = {
  flannel: plugin(64, JESSFRAZ, 75, 9.9, 'overlay without a cached path, ONCache (NSDI 2025); VXLAN taken as equal'),
  weave: plugin(
    248,
    JESSFRAZ,
    125,
    9.9,
    'no published figure; taken as equal to another kernel overlay (ONCache, NSDI 2025)',
  ),
  calico: plugin(150, JESSFRAZ, 144, 6.9, `${CILIUM_2021}: routed veth and iptables`),
  cilium: plugin(
    310,
    'first pods of a burst in cilium#48392 (2026), 0.31 s; spread of 0.30 assumed',
    139,
    8.5,
    `${CILIUM_2021}: eBPF with legacy host routing`,
  ),
};

export const hostRoundTrip = parameter(
  microseconds(20.9),
  'ns',
  'round trip of the host network between two nodes, processing included',
  `${CILIUM_2021}; a cloud network adds 30-200 µs of its own`,
);
