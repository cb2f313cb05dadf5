// How fast bytes go from pod to pod, and what that costs: pure rules. Part of the CNI.

import { ParameterSet } from '../cluster/index.js';
import { hostParameters } from './parameters.js';
import type { PathParameters } from './plugin-parameters.js';

/** IP and TCP with timestamps within the packet; Ethernet with preamble and gap around it. */
const TCP_HEADERS = 52;
const ETHERNET = 38;
/** From this MTU on figures measured with jumbo frames hold. */
const JUMBO = 9000;

/** MTU of pods on a line with this MTU. */
export const podMtu = (lineMtu: number, headerBytes: number): number => lineMtu - headerBytes;

/** Share of the line that is left to the bytes of a TCP connection. */
export const goodput = (podMtuBytes: number, lineMtu: number): number =>
  (podMtuBytes - TCP_HEADERS) / (lineMtu + ETHERNET);

/** How many times the CPU per bit of jumbo frames this MTU needs. */
function mtuFactor(lineMtu: number, smallMtu: number): number {
  if (lineMtu >= JUMBO) return 1;
  // In a straight line in packets per bit, from 1 at 9000 to the published guess at 1500.
  const packets = (JUMBO / lineMtu - 1) / (JUMBO / 1500 - 1);
  return 1 + (smallMtu - 1) * packets;
}

/** What one way between two nodes can do, and costs. */
export interface PathFigures {
  readonly podMtu: number;
  readonly headerBytes: number;
  /** Share of the line left to payload. */
  readonly goodput: number;
  /** Gbit/s of payload with one stream, and with many. */
  readonly oneStream: number;
  readonly manyStreams: number;
  /** Cores for each Gbit/s, with many streams as between the pods of a cluster, and with one alone. */
  readonly sendCpu: number;
  readonly receiveCpu: number;
  readonly sendCpuOneStream: number;
  readonly receiveCpuOneStream: number;
}

/** @param path what a packet pays on the way; undefined: it goes from host to host. @param lineGbits speed of a node's link. @param ownMtu what pods were told, if not what the line has room for. */
export function pathFigures(
  path: PathParameters | undefined,
  lineMtu: number,
  lineGbits: number,
  ownMtu?: number,
  parameters: ParameterSet = ParameterSet.DEFAULTS,
): PathFigures {
  const host = parameters.of(hostParameters);
  const of = path && parameters.of(path);
  const headerBytes = of?.header.value ?? 0;
  const mtu = ownMtu ?? podMtu(lineMtu, headerBytes);
  const share = goodput(mtu, mtu + headerBytes);
  const factor = mtuFactor(lineMtu, host.smallMtu.value);
  const line = lineGbits * share;
  const sendCpu = (of?.sendCpu.value ?? host.sendCpu.value) * factor;
  const receiveCpu = (of?.receiveCpu.value ?? host.receiveCpu.value) * factor;
  return {
    podMtu: mtu,
    headerBytes,
    goodput: share,
    oneStream: Math.min(line, (host.oneStream.value * (of?.oneStream.value ?? 1)) / factor),
    manyStreams: line * (of?.eightStreams.value ?? 1),
    sendCpu,
    receiveCpu,
    sendCpuOneStream: sendCpu * host.oneStreamCpu.value,
    receiveCpuOneStream: receiveCpu * host.oneStreamCpu.value,
  };
}
