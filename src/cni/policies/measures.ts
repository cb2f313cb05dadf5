// What can be measured of those who carry policies out. Part of the CNI.

import { choiceAt, figureAt, type Measure, numberAt } from '../../cluster/index.js';
import { NS_PER_SECOND } from '../../engine/index.js';
import { policyParameters } from '../parameters.js';
import { laterWalk, policyWalk } from './iptables.js';

export const policyMeasures: readonly Measure[] = [
  {
    name: 'policy_walk_seconds',
    meaning:
      'a new connection past so many policies of its endpoint that do not let it through, and one that does (iptables); and so many later packets of it, merged or not, where these are tested too',
    rule: 'policies times the cost of one for a first packet and a look-up in a set; for later packets the cost of one out of warm caches',
    unit: 's',
    needs: ['policies'],
    optional: { base_seconds: 0, later_packets: 0 },
    value: (parameters, at) => {
      const p = parameters.of(policyParameters);
      const policies = numberAt(at, 'policies');
      const added = policyWalk(policies, p) + numberAt(at, 'later_packets') * laterWalk(policies, p);
      return numberAt(at, 'base_seconds') + added / NS_PER_SECOND;
    },
  },
  {
    name: 'filtered_gbits',
    meaning: 'packets of 1460 bytes, each looked up in a set or map of addresses: bits of payload in a second',
    rule: 'the time of a packet without a filter and that of the look-up',
    unit: 'Gbit/s',
    needs: ['filter', 'unfiltered_gbits'],
    value: (parameters, at) => {
      const { setLookup, mapLookup } = parameters.of(policyParameters);
      const bits = 1460 * 8;
      const lookup = choiceAt(at, 'filter', ['ipset', 'ebpf']) === 'ipset' ? setLookup : mapLookup;
      return bits / (bits / numberAt(at, 'unfiltered_gbits') + lookup.value);
    },
  },
  {
    name: 'policy_known_seconds',
    meaning: 'a pod has its address until a node’s eBPF policies know it',
    rule: 'a distribution',
    unit: 's',
    needs: ['quantile'],
    value: (parameters, at) => figureAt(parameters.of(policyParameters).identityKnown.value, at) / NS_PER_SECOND,
  },
];
