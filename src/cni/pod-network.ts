// The pod network as the kubelet and a packet see it. Part of the CNI.

import type { NetworkPlugin } from '../cluster/index.js';
import { type Duration, type RandomStream, type RandomStreams, sample } from '../engine/index.js';
import { hostRoundTrip, type NetworkParameters, networkParameters } from './parameters.js';

/** 10.128.0.0 and 172.16.0.0. */
const POD_NETWORK = 0x0a800000;
const NODE_NETWORK = 0xac100000;

export class PodNetwork {
  readonly #parameters: NetworkParameters;
  readonly #add: RandomStream;
  readonly #del: RandomStream;

  constructor(plugin: NetworkPlugin, streams: RandomStreams) {
    this.#parameters = networkParameters[plugin];
    this.#add = streams.stream('cni/add');
    this.#del = streams.stream('cni/del');
  }

  /** Duration of the n-th ADD for a pod. */
  addDuration(pod: number, n: number): Duration {
    return Math.round(sample(this.#parameters.add.value, this.#add.uniform(pod, n))) as Duration;
  }

  delDuration(pod: number, n: number): Duration {
    return Math.round(sample(this.#parameters.del.value, this.#del.uniform(pod, n))) as Duration;
  }

  /** Round trip between pods: half of the plugin's share and no wire when both are on one node. */
  roundTrip(from: number, to: number): Duration {
    const added = this.#parameters.addedRoundTrip.value;
    return (from === to ? added / 2 : hostRoundTrip.value + added) as Duration;
  }

  /** IPv4 address of a pod as a number. @param node that it runs on. */
  addressOf(pod: number, node: number): number {
    return POD_NETWORK + node * 256 + 2 + (pod % 253);
  }

  /** The same of a node. */
  nodeAddressOf(node: number): number {
    return NODE_NETWORK + 1 + node;
  }
}
