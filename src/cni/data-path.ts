// What the way of a packet can do, and costs: pure rules. Part of the CNI.
// The kernel moves large packets, which it makes from many that go over the line (segmentation and receive offloads): what each
// stage costs is paid once for such a packet, what the network card costs once for each on the line, and copying for each byte.
// How much is merged follows from how fast a stream is. One stream is as fast as the busier end can be with the cores that work
// for it; so the MTU, the offloads, the kernel and the stages decide.

import type { KernelVersion, ParameterSet } from '../cluster/index.js';
import { hostParameters } from './parameters.js';
import type { Stage } from './stages.js';

/** IP and TCP with timestamps within the packet; Ethernet with preamble and gap around it. */
const TCP_HEADERS = 52;
const ETHERNET = 38;
/** A packet and its acknowledgement. */
const BOTH_WAYS = 2;
/** Streams that "many" are. */
export const MANY_STREAMS = 8;
/** Rounds until rate and merging fit each other. */
const ROUNDS = 8;

/** One end of a way. */
export interface PathEnd {
  readonly cpuSpeed: number;
  readonly kernel: KernelVersion;
}

/** What cards and kernel do with many packets at a time. */
export interface Offloads {
  readonly segmentation: boolean;
  readonly receive: boolean;
  /** Also within a tunnel. */
  readonly tunnel: boolean;
}

export interface PathSpec {
  readonly stages: readonly Stage[];
  /** Bytes around each packet between the nodes. */
  readonly header: number;
  readonly isLocal: boolean;
  readonly isTunnel: boolean;
  readonly lineMtu: number;
  /** What pods were told, if not what the line has room for. */
  readonly podMtu: number | undefined;
  /** Gbit/s of the slower link, and of one stream through the network between the nodes; Infinity: no bound. */
  readonly lineGbits: number;
  readonly flowGbits: number;
  readonly offloads: Offloads;
}

/** MTU of pods on a line with this MTU. */
export const podMtu = (lineMtu: number, headerBytes: number): number => lineMtu - headerBytes;

/** Share of the line that is left to the bytes of a TCP connection. */
export const goodput = (segmentMtu: number, lineMtu: number): number =>
  (segmentMtu - TCP_HEADERS) / (lineMtu + ETHERNET);

/** What one way can do, and costs. */
export interface PathFigures {
  readonly podMtu: number;
  readonly headerBytes: number;
  /** Payload of a full packet on the line, bytes. */
  readonly segment: number;
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
  /** CPU of each end for a request of one packet and its answer on a connection that is there, ns. */
  readonly requestCpu: number;
}

/** How much of a stage the packets of one end pass. */
export const shareOf = ({ at }: Stage, isLocal: boolean): number => {
  if (at === 'line') return isLocal ? 0 : 1;
  return at === 'node' && isLocal ? 0.5 : 1;
};

/** A way with its costs by speed, for one pair of machines. */
export class DataPath {
  /** Payload of a full packet on the line, bytes. */
  readonly segment: number;
  readonly podMtu: number;
  readonly #spec: PathSpec;
  readonly #p: typeof hostParameters;
  readonly #send: EndCosts;
  readonly #receive: EndCosts;
  /** ns a byte that is done one after the other for all streams. */
  readonly #serial: number;

  constructor(spec: PathSpec, send: PathEnd, receive: PathEnd, parameters: ParameterSet) {
    const p = parameters.of(hostParameters);
    const fits = podMtu(spec.lineMtu, spec.header);
    this.podMtu = spec.podMtu ?? fits;
    this.segment = Math.min(this.podMtu, fits) - TCP_HEADERS;
    this.#spec = spec;
    this.#p = p;
    this.#send = endCosts(spec, send, 'send', p, parameters);
    this.#receive = endCosts(spec, receive, 'receive', p, parameters);
    const slower = Math.min(send.cpuSpeed, receive.cpuSpeed);
    this.#serial = spec.stages.reduce((sum, stage) => {
      const { serialPerByte, serialPerLinePacket } = parameters.of(stage.costs);
      const each = serialPerByte.value + serialPerLinePacket.value / this.segment;
      return sum + (shareOf(stage, spec.isLocal) * each) / slower;
    }, 0);
  }

  /** CPU of one end for a packet and whatever is merged into it, ns: small ones take as long. */
  packetCpu(end: 'send' | 'receive'): number {
    return this.#costsOf(end).perPacket;
  }

  /** CPU of one end for a byte of a stream at so many Gbit/s, ns. */
  byteCpu(end: 'send' | 'receive', gbits: number): number {
    const { perByte, perLinePacket, perPacket } = this.#costsOf(end);
    return perByte + perLinePacket / this.segment + (BOTH_WAYS * perPacket) / this.merged(end, gbits);
  }

  /** Bytes that the kernel moves as one packet in a stream at so many Gbit/s. */
  merged(end: 'send' | 'receive', gbits: number): number {
    const { isLocal, offloads } = this.#spec;
    const { largest, mergeTime, written } = this.#p;
    // Within a node nothing is segmented.
    if (isLocal) return largest.value;
    if (!(end === 'send' ? offloads.segmentation : offloads.receive)) return this.segment;
    const least = end === 'send' ? Math.max(this.segment, written.value) : this.segment;
    return Math.min(largest.value, Math.max(least, (gbits / 8) * mergeTime.value));
  }

  /** CPU of one end for so many bytes at so many Gbit/s, ns: one packet at least, and acknowledgements if there are more. */
  moveCpu(end: 'send' | 'receive', bytes: number, gbits: number): number {
    const { perByte, perLinePacket, perPacket } = this.#costsOf(end);
    const packets = this.packets(end, bytes, gbits);
    const onLine = Math.max(1, Math.ceil(bytes / this.segment));
    return bytes * perByte + onLine * perLinePacket + (packets === 1 ? 1 : BOTH_WAYS * packets) * perPacket;
  }

  /** Packets, merged as far as they are, that one end sees. */
  packets(end: 'send' | 'receive', bytes: number, gbits: number): number {
    return Math.max(1, Math.ceil(bytes / this.merged(end, gbits)));
  }

  /** Gbit/s of payload on the line. */
  get line(): number {
    const { isLocal, lineGbits, header } = this.#spec;
    return isLocal ? Infinity : lineGbits * goodput(this.segment + TCP_HEADERS, this.segment + TCP_HEADERS + header);
  }

  /** Gbit/s of one stream. */
  get oneStream(): number {
    const most = Math.min(this.line, this.#spec.flowGbits, this.#serialGbits);
    let gbits = Math.min(most, this.#ends(1e6));
    for (let round = 0; round < ROUNDS; round++) gbits = Math.min(most, this.#ends(gbits));
    return gbits;
  }

  /** Gbit/s of so many streams together. */
  streams(count: number): number {
    return Math.min(this.line, count * this.oneStream, this.#serialGbits);
  }

  get manyStreams(): number {
    return this.streams(MANY_STREAMS);
  }

  /** Share of an end's CPU that goes on in interrupts. */
  softirqShare(end: 'send' | 'receive'): number {
    return (end === 'send' ? this.#p.sendSoftirq : this.#p.receiveSoftirq).value;
  }

  get #serialGbits(): number {
    return this.#serial === 0 ? Infinity : 8 / this.#serial;
  }

  /** Gbit/s for which both ends have the cores if packets are merged as at so many. */
  #ends(gbits: number): number {
    const own = (end: 'send' | 'receive'): number => {
      const { besideByte, besidePacket } = this.#costsOf(end);
      return this.byteCpu(end, gbits) - besideByte - besidePacket / this.segment;
    };
    const busiest = Math.max(own('send'), own('receive'));
    return (8 * this.#p.streamCores.value) / busiest;
  }

  #costsOf(end: 'send' | 'receive'): EndCosts {
    return end === 'send' ? this.#send : this.#receive;
  }

  figures(): PathFigures {
    const { header, lineMtu, isLocal } = this.#spec;
    const { oneStream, manyStreams } = this;
    const each = isLocal ? oneStream : manyStreams / MANY_STREAMS;
    return {
      podMtu: this.podMtu,
      headerBytes: isLocal ? 0 : header,
      segment: this.segment,
      goodput: goodput(this.segment + TCP_HEADERS, Math.min(lineMtu, this.segment + TCP_HEADERS + header)),
      oneStream,
      manyStreams: isLocal ? Infinity : manyStreams,
      sendCpu: this.byteCpu('send', each) / 8,
      receiveCpu: this.byteCpu('receive', each) / 8,
      sendCpuOneStream: this.byteCpu('send', oneStream) / 8,
      receiveCpuOneStream: this.byteCpu('receive', oneStream) / 8,
      requestCpu: this.packetCpu('send') + this.packetCpu('receive'),
    };
  }
}

interface EndCosts {
  /** Parts of them that other cores do than those of the stream. */
  readonly besideByte: number;
  readonly besidePacket: number;
  readonly perPacket: number;
  readonly perByte: number;
  readonly perLinePacket: number;
}

/** What one end pays, ns. */
function endCosts(
  { stages, isLocal, isTunnel, offloads }: PathSpec,
  { cpuSpeed, kernel }: PathEnd,
  end: 'send' | 'receive',
  p: typeof hostParameters,
  parameters: ParameterSet,
): EndCosts {
  let perPacket = 0;
  let perByte = (end === 'send' ? p.sendByte : p.receiveByte).value;
  let perLinePacket = 0;
  let besideByte = 0;
  let besidePacket = 0;
  for (const stage of stages) {
    const costs = parameters.of(stage.costs);
    const share = shareOf(stage, isLocal);
    perPacket += share * costs.cpu.value;
    perByte += share * costs.perByte.value;
    perLinePacket += share * costs.perLinePacket.value;
    // What is one after the other for all streams is handed on to workers of its own.
    if (costs.serialPerByte.value + costs.serialPerLinePacket.value === 0) continue;
    besideByte += share * costs.perByte.value;
    besidePacket += share * costs.perLinePacket.value;
  }
  if (!isLocal) {
    const own = kernel < p.listsFrom.value ? p.olderLinePacket : p.linePacket;
    // The card cuts what is sent; what comes is merged by the kernel.
    if (end === 'receive') perLinePacket += own.value;
    if (isTunnel && !offloads.tunnel) {
      perLinePacket += p.tunnelPacket.value;
      perByte += p.tunnelByte.value;
    }
  }
  return {
    perPacket: perPacket / cpuSpeed,
    perByte: perByte / cpuSpeed,
    perLinePacket: perLinePacket / cpuSpeed,
    besideByte: besideByte / cpuSpeed,
    besidePacket: besidePacket / cpuSpeed,
  };
}

/**
 * How long so many bytes take on a connection, ns: a new one sends ten packets, and twice as many after each round trip, until the
 * line is full (RFC 6928, RFC 5681). @param rate bytes a ns.
 */
export function transferTime(
  bytes: number,
  { segment, rate, roundTrip, isNew }: { segment: number; rate: number; roundTrip: number; isNew: boolean },
  initialWindow: number,
): number {
  let time = 0;
  let left = bytes;
  if (isNew) {
    for (let window = initialWindow * segment; window < left && window < rate * roundTrip; window *= 2) {
      left -= window;
      time += roundTrip;
    }
  }
  return time + left / rate;
}
