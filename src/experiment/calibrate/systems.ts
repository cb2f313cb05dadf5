// Which parameters which measurements speak of. Parameters of one system are fitted together; a system may build on those
// before it. Part of the experiments.

import { type Distribution, fixed } from '../../engine/index.js';
import type { Conditions } from '../../run/index.js';
import type { AnyParameter } from '../../scenario/index.js';
import type { Measurement } from './measurements.js';

/** A parameter that enters its measures linearly, itself or as what it is made from. */
export interface Unknown {
  readonly group: string;
  readonly name: string;
  /** The coefficient of a parameter’s value, and the value for a coefficient. */
  readonly toCoefficient: (usual: AnyParameter) => number;
  readonly toValue: (coefficient: number, usual: AnyParameter) => number | Distribution;
  /** Which measurement would tell it. */
  readonly wouldTell: string;
}

export interface System {
  readonly what: string;
  readonly takes: (measurement: Measurement) => boolean;
  /** What matters most comes first. */
  readonly unknowns: readonly Unknown[];
  /** Measurements with the same key hold the same time beside the model's part. */
  readonly restOf?: (measurement: Measurement) => string | undefined;
}

const itself = (coefficient: number): number => coefficient;
/** Of a mixture its first part, which has most of it; anything else whole. */
export const mainPart = (value: number | Distribution): number | Distribution =>
  typeof value !== 'number' && value.kind === 'mixture' ? mainPart(value.parts[0]!.distribution) : value;

/** A number that stands for a parameter: itself, or the median of a distribution. */
export const figureOf = (parameter: AnyParameter): number => {
  const value = mainPart(parameter.value);
  if (typeof value === 'number') return value;
  return value.kind === 'lognormal' ? value.median : value.kind === 'fixed' ? value.value : Number.NaN;
};
/** Bytes a second from seconds a byte. */
const rate = (coefficient: number, usual: AnyParameter): number | Distribution => {
  const perSecond = coefficient === 0 ? Infinity : 1 / coefficient;
  if (typeof usual.value === 'number') return perSecond;
  return usual.value.kind === 'lognormal' && coefficient !== 0
    ? { ...usual.value, median: perSecond }
    : fixed(perSecond);
};

const unknownsOf = (group: string, wouldTell: Readonly<Record<string, string>>, toValue: Unknown['toValue'] = itself) =>
  Object.entries(wouldTell).map(
    ([name, text]): Unknown => ({
      group,
      name,
      toValue,
      toCoefficient: isRate(toValue) ? (usual) => 1 / figureOf(usual) : figureOf,
      wouldTell: text,
    }),
  );

const isRate = (toValue: Unknown['toValue']): boolean => toValue === rate;

const isOf =
  (measures: readonly string[], mode?: string, backend?: string) =>
  ({ measure, at }: Measurement): boolean =>
    measures.includes(measure) &&
    (mode === undefined || at.mode === mode || (measure === 'save_seconds' && mode === 'iptables')) &&
    (backend === undefined || (at.backend === 'nft' ? 'nft' : 'legacy') === backend);

/** The tails of first packets are those of the machine, and not of the rules. */
const isMiddle = ({ at }: Measurement): boolean =>
  at.quantile === undefined || at.quantile === 'mean' || Number(at.quantile) === 0.5;

const PROGRAMMING = ['restore_full_seconds', 'restore_one_seconds', 'save_seconds', 'sync_seconds'];
const ANOTHER_COUNT = 'measure at another number of services';

const firstPackets = (mode: string, unknowns: Readonly<Record<string, string>>): System => ({
  what: `first packets in ${mode} mode`,
  takes: (measurement) => isOf(['first_packet_seconds'], mode)(measurement) && isMiddle(measurement),
  unknowns: unknownsOf('kube-proxy.lookup', unknowns),
  restOf: ({ at }) => `${at.backend ?? ''}`,
});

export const SYSTEMS: readonly System[] = [
  firstPackets('iptables', { perRule: `${ANOTHER_COUNT}, a thousand or more apart` }),
  firstPackets('nftables', { nftablesExpression: 'measure without any rules too (services 0)' }),
  firstPackets('ipvs', {
    ipvsConnectionCreate: 'measure without any rules too (services 0)',
    listEntry: `${ANOTHER_COUNT}, ten thousand or more`,
  }),
  {
    what: 'programming in iptables mode',
    takes: isOf(PROGRAMMING, 'iptables', 'legacy'),
    unknowns: unknownsOf('kube-proxy.iptables', {
      perLineRestored: 'measure restore_full_seconds at two numbers of services',
      perRuleCommitted: 'measure restore_one_seconds at two numbers of services',
      perLineSaved: 'measure save_seconds at two numbers of services',
      perProcess: 'measure restore_one_seconds or save_seconds with few services',
      base: 'measure partial syncs (sync_seconds) and restore_one_seconds',
      perEndpointGenerated: 'measure full syncs (sync_seconds) with many and with few endpoints a service',
      perLineParsed: 'measure syncs that save the table (saves=true) and save_seconds',
      perRulePairCommitted: 'measure restore_one_seconds at a third number of services, several times the second',
    }),
  },
  {
    what: 'programming in iptables mode through nftables',
    takes: isOf(PROGRAMMING, 'iptables', 'nft'),
    unknowns: unknownsOf('kube-proxy.iptables', {
      nftBackend: 'measure restore_full_seconds or sync_seconds',
      nftSave: 'measure save_seconds',
    }),
  },
  {
    what: 'programming in nftables mode',
    takes: isOf(PROGRAMMING, 'nftables'),
    unknowns: unknownsOf('kube-proxy.nftables', {
      perServicePairFull: 'measure restore_full_seconds or full syncs',
      perServiceListed: 'measure restore_one_seconds or partial syncs at two numbers of services',
      base: 'measure restore_one_seconds or partial syncs with few services',
      perEndpointChanged: 'measure restore_one_seconds with two numbers of endpoints a service',
    }),
  },
  {
    what: 'syncs in IPVS mode',
    takes: isOf(['sync_seconds'], 'ipvs'),
    unknowns: unknownsOf('kube-proxy.ipvs', {
      perVirtualServer: 'measure syncs at two numbers of services',
      perProcess: 'measure syncs at two numbers of services',
      perIpsetChange: 'measure first syncs too (first=true)',
      perRealServerChange: 'measure first syncs with two numbers of endpoints a service',
    }),
  },
  {
    what: 'relists',
    takes: isOf(['relist_seconds']),
    unknowns: unknownsOf('kubelet.costs', {
      relistBase: 'measure nodes with two numbers of pods',
      relistPerPod: 'measure nodes with two numbers of pods',
    }),
  },
  {
    what: 'restarts of the runtime',
    takes: isOf(['runtime_restart_seconds']),
    unknowns: unknownsOf('cri.restart', {
      perPod: 'measure nodes with two numbers of pods',
      base: 'measure nodes with two numbers of pods',
    }),
  },
  {
    what: 'fetching images',
    takes: isOf(['image_fetch_seconds']),
    unknowns: unknownsOf('cri.pulls', { fetchBytesPerSecond: 'give the bytes that were fetched' }, rate),
  },
  {
    what: 'unpacking images',
    takes: isOf(['image_unpack_seconds']),
    unknowns: unknownsOf('cri.pulls', { unpackBytesPerSecond: 'give the bytes that were unpacked' }, rate),
  },
];

/** Calls whose durations are distributions. */
export const DISTRIBUTIONS: readonly {
  readonly describe: string;
  readonly takes: (measurement: Measurement) => boolean;
  readonly parameterOf: (at: Conditions) => readonly [group: string, name: string];
}[] = [
  {
    describe: 'CRI calls',
    takes: isOf(['runtime_call_seconds']),
    parameterOf: ({ runtime, call }) => [`cri.${runtime}`, `${call}`],
  },
  { describe: 'CNI ADD', takes: isOf(['cni_add_seconds']), parameterOf: ({ plugin }) => [`cni.${plugin}`, 'add'] },
  { describe: 'CNI DEL', takes: isOf(['cni_del_seconds']), parameterOf: ({ plugin }) => [`cni.${plugin}`, 'del'] },
];
