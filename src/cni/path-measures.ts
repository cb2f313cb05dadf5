// What can be measured of the way between two pods alone. Part of the CNI.

import {
  ConditionError,
  type Conditions,
  choiceAt,
  flagAt,
  kernelVersion,
  type Measure,
  numberAt,
  type ParameterSet,
  type PartList,
  positiveAt,
} from '../cluster/index.js';
import { NS_PER_SECOND, RandomStreams } from '../engine/index.js';
import type { DataPath } from './data-path.js';
import { FABRIC_NAMES, FABRICS, fabricOf } from './fabrics.js';
import type { NetworkPlugin, NetworkVariant } from './network-plugin.js';
import { Paths } from './paths.js';
import { ENCRYPTION_NAMES } from './stages.js';

/** What a way depends on, with what holds where nothing is said. */
const WAY = {
  path: 'between_nodes',
  mtu: '',
  pod_mtu: '',
  line_gbits: 10,
  cpu_speed: 1,
  kernel: '6.8',
  fabric: FABRICS[0].name,
  encryption: 'none',
  segmentation: 'true',
  receive: 'true',
  tunnel: '',
} as const;

/** Stands for no pod network at all. */
const HOST = 'host';

interface Way {
  readonly way: DataPath;
  /** ns. */
  readonly roundTrip: number;
  readonly setup: number;
}

function wayAt(plugins: PartList<NetworkPlugin>, parameters: ParameterSet, at: Conditions): Way {
  const variants = plugins.all.flatMap(({ variants: own }) => own);
  const name = choiceAt(at, 'variant', [HOST, ...variants.map((one) => one.name)]);
  const variant: NetworkVariant = variants.find((one) => one.name === name) ?? variants[0]!;
  const fabric = choiceAt(at, 'fabric', FABRIC_NAMES);
  const encryption = choiceAt(at, 'encryption', ['none', ...ENCRYPTION_NAMES]);
  const zones = ['a', 'b'];
  const nodes = {
    pools: [
      {
        cpuSpeed: positiveAt(at, 'cpu_speed'),
        kernel: kernelAt(at),
        downloadBytesPerSecond: positiveAt(at, 'line_gbits') / 8e-9,
      },
    ],
    pool: [0, 0, 0],
    zone: [0, 0, 1],
    zones,
  };
  const paths = new Paths(
    {
      plugin: '',
      variant: variant.name,
      podCidr: { base: 0, prefix: 8, nodePrefix: 24 },
      lineMtu: at.mtu === '' ? fabricOf(fabric).mtu : mtuAt(at, 'mtu'),
      fabric,
      discoversMtu: true,
      offloads: {
        segmentation: flagAt(at, 'segmentation'),
        receive: flagAt(at, 'receive'),
        ...(at.tunnel === '' ? {} : { tunnel: flagAt(at, 'tunnel') }),
      },
      ...(at.pod_mtu === '' ? {} : { podMtu: mtuAt(at, 'pod_mtu') }),
      ...(encryption === 'none' ? {} : { encryption }),
    },
    variant.path,
    nodes,
    new RandomStreams('measure').stream('cni/zone-pairs'),
    parameters,
  );
  const to = { same_node: 0, between_nodes: 1, between_zones: 2 }[
    choiceAt(at, 'path', ['same_node', 'between_nodes', 'between_zones'])
  ];
  if (name === HOST) return paths.hosts();
  return { way: paths.between(0, to), roundTrip: paths.roundTrip(0, to), setup: paths.setupOf(0, to === 0) };
}

/** Smallest and largest MTU of IPv4. */
const [MTU_MIN, MTU_MAX] = [576, 65_535];

function mtuAt(at: Conditions, name: string): number {
  const mtu = numberAt(at, name);
  if (mtu >= MTU_MIN && mtu <= MTU_MAX) return mtu;
  throw new ConditionError(name, `must be ${MTU_MIN} to ${MTU_MAX} bytes, not ${mtu}`);
}

function kernelAt(at: Conditions): number {
  if (typeof at.kernel === 'number')
    throw new ConditionError('kernel', `must be in quotes: ${at.kernel} may be meant as "${at.kernel}0"`);
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(`${at.kernel}`) ?? [];
  if (major === undefined || minor === undefined)
    throw new ConditionError('kernel', `must be a version of Linux such as 5.15, not ${JSON.stringify(at.kernel)}`);
  return kernelVersion(Number(major), Number(minor));
}

/** @returns at least 1. */
function streamsAt(at: Conditions): number {
  const streams = numberAt(at, 'streams');
  if (streams < 1) throw new ConditionError('streams', `must be at least 1, not ${streams}`);
  return streams;
}

export const pathMeasures = (plugins: PartList<NetworkPlugin>): readonly Measure[] => [
  {
    name: 'round_trip_seconds',
    meaning: 'a small packet from pod to pod and its answer, on a connection that is there',
    rule: 'twice the latency of all stages at both ends, divided by the speed of the machine, and the distance between the nodes',
    unit: 's',
    needs: ['variant'],
    optional: WAY,
    value: (parameters, at) => wayAt(plugins, parameters, at).roundTrip / NS_PER_SECOND,
  },
  {
    name: 'connection_seconds',
    meaning: 'opening a connection, a request of one packet and its answer',
    rule: 'two round trips, and what the stages add to a new connection',
    unit: 's',
    needs: ['variant'],
    optional: WAY,
    value: (parameters, at) => {
      const { roundTrip, setup } = wayAt(plugins, parameters, at);
      return (2 * roundTrip + setup) / NS_PER_SECOND;
    },
  },
  {
    name: 'tcp_gbits',
    meaning: 'throughput of TCP from pod to pod, of so many streams together',
    rule: 'the least of what the line leaves to payload, a flow may have, what is done one after the other takes, and the cores of the busier end over its CPU for a byte',
    unit: 'Gbit/s',
    needs: ['variant'],
    optional: { ...WAY, streams: 1 },
    value: (parameters, at) => wayAt(plugins, parameters, at).way.streams(streamsAt(at)),
  },
  {
    name: 'tcp_cores',
    meaning: 'CPU of one end while TCP goes at full speed; `counted` process leaves out what goes on in interrupts',
    rule: 'throughput times copying, packets from the line, and stages once for each merged packet and its acknowledgement',
    unit: 'cores',
    needs: ['variant', 'end'],
    optional: { ...WAY, streams: 1, counted: 'all' },
    value: (parameters, at) => {
      const { way } = wayAt(plugins, parameters, at);
      const end = choiceAt(at, 'end', ['send', 'receive']);
      const streams = streamsAt(at);
      const gbits = way.streams(streams);
      const cores = (way.byteCpu(end, gbits / streams) * gbits) / 8;
      return choiceAt(at, 'counted', ['all', 'process']) === 'all' ? cores : cores * (1 - way.softirqShare(end));
    },
  },
  {
    name: 'request_cpu_seconds',
    meaning: 'CPU of one end for a request of one packet and its answer, on a connection that is there',
    rule: 'CPU of all stages for two packets, divided by the speed of the machine',
    unit: 's',
    needs: ['variant'],
    optional: WAY,
    value: (parameters, at) => wayAt(plugins, parameters, at).way.figures().requestCpu / NS_PER_SECOND,
  },
];
