// What lies between the nodes: how far apart they are, how large packets may be, and what the cards know. Part of the CNI.

import { type Parameter, parameter } from '../cluster/index.js';
import { type Distribution, fixed, lognormal, microseconds, milliseconds, uniform } from '../engine/index.js';

/** Round trips between the kernels of two nodes, in ns; what sockets and plugin take comes on top. */
export const distanceParameters = {
  lan: parameter(
    fixed(microseconds(4)),
    's',
    'two machines of one hall: cards, cable and switch',
    'Cilium CNI benchmark (2021): 20.9 us between two hosts back to back, less what their stacks take; a switch adds 1 to 2 us, not in it',
  ),
  cloud: parameter(
    lognormal(microseconds(98), 0.4),
    's',
    'two virtual machines of one zone of a cloud: 120 us with both stacks',
    'no published figure with percentiles',
  ),
  betweenZones: parameter(
    uniform(milliseconds(0.3), milliseconds(1.2)),
    's',
    'two zones of a cloud, drawn once for each pair of them',
    'AWS: 0.82 ms in eu-west-1 (L. Liesis, 2022), 0.25 ms for the closest and 3.4 ms for the farthest pair (xkyle.com, 2020), 0.5 to 1.5 ms (FlashGrid, 2023)',
  ),
  zoneJitter: parameter(
    lognormal(1, 0.15),
    'ratio',
    'a round trip between zones against the usual one of their pair',
    'no published figure',
  ),
  flowAws: parameter(
    5,
    'Gbit/s',
    'AWS: one flow between two instances outside a cluster placement group',
    'AWS, EC2 user guide: instance network bandwidth; 10 within such a group, 25 with ENA Express',
  ),
} as const;

type DistanceParameters = typeof distanceParameters;

export interface Fabric {
  readonly name: string;
  readonly meaning: string;
  /** MTU between the nodes. */
  readonly mtu: number;
  readonly distance: (parameters: DistanceParameters) => Parameter<Distribution>;
  /** Cards segment and merge within tunnels too. */
  readonly hasTunnelOffload: boolean;
  /** Gbit/s of one stream at most. */
  readonly flow?: (parameters: DistanceParameters) => Parameter<number>;
}

/** The first one is taken where none is named. */
export const FABRICS: readonly [Fabric, ...Fabric[]] = [
  {
    name: 'lan',
    meaning: 'machines of one hall, with cards that know tunnels',
    mtu: 1500,
    distance: ({ lan }) => lan,
    hasTunnelOffload: true,
  },
  {
    name: 'ec2',
    meaning: 'instances of Amazon EC2',
    mtu: 9001,
    distance: ({ cloud }) => cloud,
    hasTunnelOffload: false,
    flow: ({ flowAws }) => flowAws,
  },
  {
    name: 'azure-vm',
    meaning: 'virtual machines of Azure',
    mtu: 1500,
    distance: ({ cloud }) => cloud,
    hasTunnelOffload: false,
  },
  {
    name: 'gce',
    meaning: 'virtual machines of Google Compute Engine',
    mtu: 1460,
    distance: ({ cloud }) => cloud,
    hasTunnelOffload: false,
  },
];

export const FABRIC_NAMES = FABRICS.map(({ name }) => name);

export const fabricOf = (name: string): Fabric => FABRICS.find((one) => one.name === name)!;
