// Azure CNI with dynamic allocation: addresses of the virtual network in batches, asked for by CNS. Part of the CNI.

import { parameter } from '../../cluster/index.js';
import { fixed, seconds } from '../../engine/index.js';
import type { AddressSite } from '../ipam.js';
import type { NetworkPlugin } from '../network-plugin.js';
import { agent, cloudPath, JESSFRAZ, plugin } from '../plugin-parameters.js';
import { iptablesPolicies } from '../policies/iptables.js';
import { type PoolRule, WarmPools } from '../warm-pools.js';
import { hostLocalQueue } from './host-local.js';

const CNS = 'Azure/azure-container-networking#2434 and #2462 (2023)';

export const azureParameters = {
  batch: parameter(16, 'addresses', 'addresses that come at a time', CNS),
  minFree: parameter(
    0.5,
    'ratio',
    'share of a batch below which another one is asked for',
    'cns/ipampoolmonitor, from memory',
  ),
  maxFree: parameter(
    1.5,
    'ratio',
    'share of a batch above which one is given back',
    'cns/ipampoolmonitor, from memory',
  ),
  check: parameter(seconds(1), 'ns', 'CNS looks at its pool', 'no published figure'),
  assign: parameter(
    fixed(seconds(5)),
    's',
    'from asking for a batch until it is there',
    'no published figure: seconds',
  ),
} as const;

function azureRule({ parameters }: AddressSite): PoolRule {
  const p = parameters.of(azureParameters);
  const unit = p.batch.value;
  return {
    unit,
    unitsEach: () => Infinity,
    interfacesMax: () => 1,
    period: p.check.value,
    cooling: 0,
    shrinkPeriod: 0,
    interfaceAge: Infinity,
    first: () => 1,
    short: ({ available }) => (available < p.minFree.value * unit ? 1 : 0),
    over: ({ available, freeUnits }) => (available > p.maxFree.value * unit && freeUnits > 0 ? 1 : 0),
    spares: () => false,
    assign: p.assign.value,
    attach: p.assign.value,
    calls: (_step, now) => now,
    exhausted: p.check.value,
  };
}

export const azure: NetworkPlugin = {
  name: 'azure',
  meaning: 'addresses of the virtual network, in batches that a node asks for ahead of its pods',
  variants: [
    {
      name: 'azure-vnet',
      meaning: 'dynamic allocation; pods are in the virtual network',
      path: cloudPath(),
      hasSessions: false,
      policies: iptablesPolicies,
    },
  ],
  parameters: plugin([293.6, JESSFRAZ], [167, JESSFRAZ]),
  agent: agent({
    request: [0, 'no published figure'],
    idle: [0.01, 'no published figure'],
    add: [10, 'no published figure: CNS takes an address from what it has in memory'],
    servers: [1, 'no published figure'],
  }),
  ownParameters: { 'cni.azure-pool': azureParameters },
  addresses: (_nodes, cidr, _limits, site) => new WarmPools(azureRule(site), cidr, site),
  hasNodeRanges: false,
  queue: hostLocalQueue,
  programsAfterAdd: false,
  looksAtLabelsOnly: false,
  daemonSet: /^azure-cns$/,
};
