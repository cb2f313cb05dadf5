// What a container runtime is: the contract. Part of the CRI; a file a runtime under runtimes/, and the catalogue lists them.

import type { Parameter, ParameterList } from '../cluster/index.js';
import type { Distribution } from '../engine/index.js';

/** Calls of the CRI that take time, as the kubelet makes them. */
export const RUNTIME_CALLS = [
  'runPodSandbox',
  'createContainer',
  'startContainer',
  'stopContainer',
  'stopPodSandbox',
  'removeContainer',
  'removePodSandbox',
] as const;
export type RuntimeCall = (typeof RUNTIME_CALLS)[number];

/** What the configuration of a runtime may ask for: several connections for one layer, several layers unpacked at a time. */
export type PullFeature = 'connectionsPerLayer' | 'unpacksAtOnce';

export interface ContainerRuntime {
  readonly name: string;
  /** How long each call takes on an idle node; RunPodSandbox and StopPodSandbox without CNI. */
  readonly calls: Readonly<Record<RuntimeCall, Parameter<Distribution>>>;
  /** Layers of one image that it fetches at a time unless its configuration says otherwise; 3 if absent. */
  readonly layersAtOnce?: Parameter<number>;
  /** From which version on it can do what not all can; absent: no version can. */
  readonly since?: Readonly<Partial<Record<PullFeature, readonly [major: number, minor: number]>>>;
  /** Bytes that it holds itself for a pod with so many containers. */
  readonly memory: (containers: number) => number;
  /** Constants of its own, by the names that `explain parameters` shows. */
  readonly constants?: Readonly<Record<string, ParameterList>>;
  /** What a Node object's containerRuntimeVersion begins with. */
  readonly versionPrefix: string;
}
