// AWS VPC CNI: addresses of the VPC on network interfaces of the node, kept warm by ipamd. Part of the CNI.

import { z } from 'zod';
import { parameter, RateLimiter } from '../../cluster/index.js';
import { fixed, seconds, uniform } from '../../engine/index.js';
import { optional, otherwise } from '../../format/index.js';
import type { AddressMachine, AddressSite } from '../ipam.js';
import type { NetworkPlugin, NetworkVariant } from '../network-plugin.js';
import { agent, cloudPath, plugin } from '../plugin-parameters.js';
import { ebpfPolicies } from '../policies/ebpf.js';
import { STAGES, type Stage } from '../stages.js';
import { type PoolRule, type PoolState, WarmPools } from '../warm-pools.js';
import { hostLocalQueue } from './host-local.js';

const IPAMD = 'aws/amazon-vpc-cni-k8s: pkg/ipamd/ipamd.go';
const DATASTORE = 'aws/amazon-vpc-cni-k8s: pkg/ipamd/datastore';

export const vpcParameters = {
  check: parameter(seconds(5), 'ns', 'ipamd looks at its pool, and waits as long after each change', IPAMD),
  cooling: parameter(seconds(30), 'ns', 'an address is not given to another pod before', DATASTORE),
  shrink: parameter(seconds(30), 'ns', 'nothing is given back sooner after the last time', IPAMD),
  interfaceAge: parameter(seconds(60), 'ns', 'a network interface is kept for at least so long', DATASTORE),
  assign: parameter(fixed(seconds(1)), 's', 'EC2 gives an interface addresses or prefixes', 'no published figure'),
  attach: parameter(
    uniform(seconds(2.5), seconds(10)),
    's',
    'EC2 makes and attaches a network interface',
    'aws/amazon-vpc-cni-k8s: pkg/awsutils/awsutils.go, up to 10 s; #420 (2019): the fastest growth was an interface in 15 s, with the look before it',
  ),
  exhausted: parameter(seconds(120), 'ns', 'no address is asked for after "insufficient CIDR"', IPAMD),
  callsPerSecond: parameter(5, '1/s', 'calls of the account that change something', 'no published figure'),
  callsBurst: parameter(100, 'calls', 'and how many of them at once', 'no published figure'),
  attachCalls: parameter(
    3,
    'calls',
    'calls for a new interface: create, attach, modify',
    'aws/amazon-vpc-cni-k8s: pkg/awsutils/awsutils.go',
  ),
} as const;

/** Addresses of a prefix (/28). */
const PREFIX = 16;

/** What its section says, as ipamd takes it. */
interface VpcSettings {
  /** Addresses of a unit: 1, or those of a prefix. */
  readonly unit: number;
  /** WARM_ENI_TARGET, or WARM_PREFIX_TARGET where prefixes are given: interfaces, or prefixes. */
  readonly warm: number;
  /** WARM_IP_TARGET and MINIMUM_IP_TARGET, 0 if only the other is set; undefined: neither is, and `warm` counts. */
  readonly addresses: { readonly warm: number; readonly minimum: number } | undefined;
  readonly networkInterfaces: number | undefined;
  readonly addressesPerInterface: number | undefined;
}

const DEFAULTS = { enablePrefixDelegation: false, warmENITarget: 1, warmPrefixTarget: 1 };

/** The section itself, by the names of its fields. */
interface VpcSection {
  readonly enablePrefixDelegation: boolean;
  readonly warmENITarget: number;
  readonly warmPrefixTarget: number;
  readonly warmIPTarget?: number;
  readonly minimumIPTarget?: number;
  readonly networkInterfaces?: number;
  readonly addressesPerInterface?: number;
}

function settingsOf(given: Readonly<Record<string, unknown>>): VpcSettings {
  const section: VpcSection = { ...DEFAULTS, ...given };
  const { warmIPTarget: warm = 0, minimumIPTarget: minimum = 0, enablePrefixDelegation } = section;
  return {
    unit: enablePrefixDelegation ? PREFIX : 1,
    warm: enablePrefixDelegation ? section.warmPrefixTarget : section.warmENITarget,
    addresses: warm > 0 || minimum > 0 ? { warm, minimum } : undefined,
    networkInterfaces: section.networkInterfaces,
    addressesPerInterface: section.addressesPerInterface,
  };
}

/** Interfaces that a machine may have, and IPv4 addresses of each, its own among them. */
export interface MachineInterfaces {
  readonly max: number;
  readonly addresses: number;
}

/** Small machines, and those of families that share their cores, have fewer than others with as many cores. */
const EXCEPTIONS: Readonly<Record<string, MachineInterfaces>> = {
  't2.nano': { max: 2, addresses: 2 },
  't2.micro': { max: 2, addresses: 2 },
  't2.small': { max: 3, addresses: 4 },
  't2.medium': { max: 3, addresses: 6 },
  't2.large': { max: 3, addresses: 12 },
  't2.xlarge': { max: 3, addresses: 15 },
  't2.2xlarge': { max: 3, addresses: 15 },
  't3.nano': { max: 2, addresses: 2 },
  't3.micro': { max: 2, addresses: 2 },
  't3.small': { max: 3, addresses: 4 },
  't3a.small': { max: 2, addresses: 4 },
  't3.medium': { max: 3, addresses: 6 },
  't3.large': { max: 3, addresses: 12 },
};

/** What the tables of EC2 say of a machine: most of a size have the same. */
export function interfacesOf({ cores, instanceType }: AddressMachine): MachineInterfaces {
  const known = EXCEPTIONS[instanceType] ?? EXCEPTIONS[instanceType.replace(/^t(3a|4g)\./, 't3.')];
  if (known !== undefined) return known;
  if (cores >= 64) return { max: 15, addresses: 50 };
  if (cores >= 16) return { max: 8, addresses: 30 };
  if (cores >= 4) return { max: 4, addresses: 15 };
  return cores >= 2 ? { max: 3, addresses: 10 } : { max: 2, addresses: 4 };
}

const machineInterfaces = (machine: AddressMachine, settings: VpcSettings): MachineInterfaces => {
  const { max, addresses } = interfacesOf(machine);
  return { max: settings.networkInterfaces ?? max, addresses: settings.addressesPerInterface ?? addresses };
};

/** Units that ipamd lacks, by its targets. @param each addresses of an interface. */
function shortOf({ available, total, freeUnits }: PoolState, settings: VpcSettings, each: number): number {
  const { unit, warm, addresses } = settings;
  if (addresses !== undefined)
    return Math.ceil(Math.max(addresses.warm - available, addresses.minimum - total, 0) / unit);
  const isWhole = unit === 1;
  const enough = warm * (isWhole ? each : unit);
  if (available >= enough && (warm > 0 || available > 0)) return 0;
  // Whole interfaces: all that one can have.
  return isWhole ? each : Math.max(1, warm - freeUnits);
}

/** Units that ipamd has too many of. */
function overOf({ available, total, assigned, freeUnits, units }: PoolState, settings: VpcSettings): number {
  const { unit, warm, addresses } = settings;
  if (unit === 1)
    return addresses === undefined ? 0 : Math.max(Math.min(available - addresses.warm, total - addresses.minimum), 0);
  if (addresses === undefined) return Math.max(freeUnits - warm, 0);
  const needed = Math.max(Math.ceil((assigned + addresses.warm) / unit), Math.ceil(addresses.minimum / unit));
  return Math.max(Math.min(freeUnits, units - needed), 0);
}

function vpcRule(settings: VpcSettings, { parameters, machineOf }: AddressSite): PoolRule {
  const p = parameters.of(vpcParameters);
  const account = new RateLimiter(p.callsPerSecond.value, p.callsBurst.value);
  const of = (node: number) => machineInterfaces(machineOf(node), settings);
  // An interface has one address for itself; of the others each is one, or a prefix.
  const unitsEach = (node: number) => of(node).addresses - 1;
  const { unit, warm, addresses } = settings;
  return {
    unit,
    unitsEach,
    interfacesMax: (node) => of(node).max,
    period: p.check.value,
    cooling: p.cooling.value,
    shrinkPeriod: p.shrink.value,
    interfaceAge: p.interfaceAge.value,
    first: () => 0,
    // It does not ask for more than its kubelet takes pods.
    short: (state, node) => (state.total >= machineOf(node).pods ? 0 : shortOf(state, settings, unitsEach(node))),
    over: (state) => overOf(state, settings),
    spares: ({ available, total }, count, node) =>
      addresses === undefined
        ? available >= (warm + 1) * unitsEach(node) * unit
        : available - count >= addresses.warm && total - count >= addresses.minimum,
    assign: p.assign.value,
    attach: p.attach.value,
    calls: (step, now) => {
      let from = account.take(now);
      if (step === 'attach') for (let call = 1; call < p.attachCalls.value; call++) from = account.take(now);
      return from;
    },
    exhausted: p.exhausted.value,
  };
}

const variant = (
  name: string,
  meaning: string,
  policies: NetworkVariant['policies'],
  more: readonly Stage[] = [],
): NetworkVariant => ({
  name,
  meaning,
  path: cloudPath(more),
  hasSessions: false,
  policies,
});

/** Beyond what any machine has. */
const INTERFACES_MAX = 64;
const ADDRESSES_MAX = 16_384;
const target = (what: string, source: string) =>
  optional(z.int().min(0).max(ADDRESSES_MAX), `${what}; 0: not set`, { unit: 'addresses', source });
const CHART = 'aws/amazon-vpc-cni-k8s: charts/aws-vpc-cni/values.yaml';
const TARGETS = 'aws/amazon-vpc-cni-k8s: docs/eni-and-ip-target.md';

export const awsVpc: NetworkPlugin = {
  name: 'aws-vpc',
  meaning: 'addresses of the VPC on network interfaces of the node, asked for ahead of the pods',
  variants: [
    variant('aws-vpc-eni', 'routes through the network interfaces of the node, without policies', undefined),
    variant('aws-vpc-policies', 'the same, with its network policy agent, which uses eBPF', ebpfPolicies, [
      STAGES.ebpf,
    ]),
  ],
  parameters: plugin(
    [64, 'no published figure; taken as flannel’s, whose plugin does the same without an agent'],
    [75, 'no published figure; taken as flannel’s'],
  ),
  agent: agent({
    request: [25, CHART],
    idle: [0.01, 'no published figure'],
    add: [10, 'no published figure: ipamd takes an address from what it has in memory'],
    servers: [1, IPAMD],
  }),
  section: {
    meaning: 'AWS VPC CNI: the environment of its aws-node',
    fields: () => ({
      enablePrefixDelegation: otherwise(
        z.boolean(),
        DEFAULTS.enablePrefixDelegation,
        'ENABLE_PREFIX_DELEGATION: prefixes of 16 addresses',
        {
          source: CHART,
        },
      ),
      warmENITarget: otherwise(
        z.int().min(0).max(INTERFACES_MAX),
        DEFAULTS.warmENITarget,
        'WARM_ENI_TARGET: network interfaces whose addresses are free; what warmIPTarget and minimumIPTarget say comes first',
        { unit: 'interfaces', source: CHART },
      ),
      warmPrefixTarget: otherwise(
        z.int().min(0).max(INTERFACES_MAX),
        DEFAULTS.warmPrefixTarget,
        'WARM_PREFIX_TARGET: the same in prefixes',
        {
          unit: 'prefixes',
          source: CHART,
        },
      ),
      warmIPTarget: target('WARM_IP_TARGET: addresses that are free', TARGETS),
      minimumIPTarget: target('MINIMUM_IP_TARGET: addresses that a node has at least', TARGETS),
      networkInterfaces: optional(z.int().min(1).max(INTERFACES_MAX), 'network interfaces that a node may have', {
        default: 'by instanceType or cores: 2 below 2 cores, 3 below 4, 4 below 16, 8 below 64, 15',
        source: 'EC2: IP addresses per network interface per instance type',
      }),
      addressesPerInterface: optional(
        z.int().min(2).max(INTERFACES_MAX),
        'IPv4 addresses of each, its own among them',
        {
          default: 'by instanceType or cores: 4 below 2 cores, 10 below 4, 15 below 16, 30 below 64, 50',
          source: 'EC2: IP addresses per network interface per instance type',
        },
      ),
    }),
  },
  podsMax: (machine, settings) => {
    const vpc = settingsOf(settings);
    const { max, addresses } = machineInterfaces(machine, vpc);
    const most = max * (addresses - 1) * vpc.unit;
    // With a minimum and nothing that is to be free, it stops there.
    if (vpc.addresses === undefined || vpc.addresses.warm > 0) return most;
    return Math.min(most, Math.ceil(vpc.addresses.minimum / vpc.unit) * vpc.unit);
  },
  ownParameters: { 'cni.aws-vpc-pool': vpcParameters },
  addresses: (_nodes, cidr, _limits, site) => new WarmPools(vpcRule(settingsOf(site.settings), site), cidr, site),
  hasNodeRanges: false,
  queue: hostLocalQueue,
  programsAfterAdd: false,
  looksAtLabelsOnly: false,
  daemonSet: /^aws-node$/,
};
