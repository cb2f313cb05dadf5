// What every component is handed: the clock and loop, the random streams, the recorder, the cluster's make-up.

import type { RandomStreams, Simulation } from '../engine/index.js';
import type { Recorder } from '../metrics/index.js';
import type { Identities } from './identities.js';
import type { PodId } from './ids.js';
import type { Journal } from './journal.js';
import type { NodeCpu } from './node-cpu.js';
import type { NodeTable } from './node-table.js';
import type { ParameterSet } from './parameter.js';
import type { PodTable } from './pod-table.js';
import type { ClusterSpec, ContainerSpec, PodTemplate } from './spec/index.js';

export interface Context {
  readonly simulation: Simulation;
  readonly streams: RandomStreams;
  readonly recorder: Recorder;
  readonly spec: ClusterSpec;
  /** What names the things of the spec in draws. */
  readonly identities: Identities;
  /** What everything costs. */
  readonly parameters: ParameterSet;
  readonly nodes: NodeTable;
  readonly pods: PodTable;
  readonly cpu: NodeCpu;
  /**
   * Slow twin: execute every tick of every periodic activity as an event instead of only those that can change something.
   * The reports are the same bytes.
   */
  readonly executeEveryTick: boolean;
  /** Who looks on, if anybody does. */
  readonly journal?: Journal | undefined;
}

/** Whether a pod comes from a file on its node; its API object, if there is one, is a mirror. */
export function isStatic(context: Context, pod: PodId): boolean {
  return context.spec.workloads[context.pods.workload[pod]!]!.traits.isStatic;
}

/** The template of a pod: that from which it was made, with what has been resized in place since. */
export function templateOf({ spec, pods }: Pick<Context, 'spec' | 'pods'>, pod: PodId): PodTemplate {
  const resized = pods.resized.size === 0 ? undefined : pods.resized.get(pod);
  if (resized !== undefined) return resized;
  const { template, updates } = spec.workloads[pods.workload[pod]!]!;
  const generation = pods.generation[pod]!;
  return generation === 0 || updates.length === 0 ? template : updates[Math.min(generation, updates.length) - 1]!;
}

/** The containers of a pod. */
export function containersOf(context: Context, pod: PodId): readonly ContainerSpec[] {
  return templateOf(context, pod).containers;
}
