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

export interface ContainerRuntime {
  readonly name: string;
  /** How long each call takes on an idle node; RunPodSandbox and StopPodSandbox without CNI. */
  readonly calls: Readonly<Record<RuntimeCall, Parameter<Distribution>>>;
  /** Bytes that it holds itself for a pod with so many containers. */
  readonly memory: (containers: number) => number;
  /** Constants of its own, by the names that `explain parameters` shows. */
  readonly constants?: Readonly<Record<string, ParameterList>>;
  /** What a Node object's containerRuntimeVersion begins with. */
  readonly versionPrefix: string;
}
