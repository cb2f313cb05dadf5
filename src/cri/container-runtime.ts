// The container runtime as the kubelet sees it: how long each CRI call takes. Part of the CRI.
// Variants fill in the distributions (parameters.ts); the kubelet knows only this contract.

import type { Distribution, Duration, RandomStream, RandomStreams } from '../engine/index.js';
import { sample } from '../engine/index.js';
import { containerdParameters, crioParameters, imageParameters, type RuntimeParameters } from './parameters.js';

export type RuntimeName = 'containerd' | 'cri-o';
export type RuntimeCall = keyof RuntimeParameters;

/** Durations of CRI calls; the n-th call of a kind for a pod always takes the same time under the same seed. */
export class ContainerRuntime {
  readonly #distributions: Record<RuntimeCall, Distribution>;
  readonly #streams: Record<RuntimeCall, RandomStream>;
  readonly #pullOverhead: RandomStream;
  readonly #unpackRate: RandomStream;

  constructor(name: RuntimeName, streams: RandomStreams) {
    const parameters = name === 'containerd' ? containerdParameters : crioParameters;
    const calls = Object.keys(parameters) as RuntimeCall[];
    this.#distributions = Object.fromEntries(calls.map((call) => [call, parameters[call].value])) as never;
    this.#streams = Object.fromEntries(calls.map((call) => [call, streams.stream(`cri/${call}`)])) as never;
    this.#pullOverhead = streams.stream('cri/pullOverhead');
    this.#unpackRate = streams.stream('cri/unpackRate');
  }

  /** Duration of the n-th such call for an entity (a pod, or one of its containers). */
  callDuration(call: RuntimeCall, entity: number, n: number): Duration {
    return Math.round(sample(this.#distributions[call], this.#streams[call].uniform(entity, n))) as Duration;
  }

  /** Duration of asking the registry for an image whose layers are all there. */
  manifestCheckDuration(entity: number, n: number): Duration {
    return Math.round(sample(imageParameters.pullOverhead.value, this.#pullOverhead.uniform(entity, n))) as Duration;
  }

  /** Duration of pulling an image of so many compressed bytes: fetching and unpacking overlap, the slower one counts. */
  pullDuration(compressedBytes: number, entity: number, n: number): Duration {
    const overhead = sample(imageParameters.pullOverhead.value, this.#pullOverhead.uniform(entity, n));
    const unpackRate = sample(imageParameters.unpackBytesPerSecond.value, this.#unpackRate.uniform(entity, n));
    const rate = Math.min(unpackRate, imageParameters.fetchBytesPerSecond.value);
    const layers = imageParameters.layers.value * imageParameters.layerOverhead.value;
    return Math.round(overhead + layers + (compressedBytes / rate) * 1e9) as Duration;
  }
}
