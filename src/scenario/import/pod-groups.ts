// The pods of a dump by their owners: how many there are, where they are, what their containers did. Part of the scenario. What is
// kept of a pod is a few words.

import { singlePod } from '../../control-plane/index.js';
import { keptOnce } from '../kept-once.js';
import { controllerOf, type KubeObject, keyOf, type Texts } from './kube-types.js';
import { type ContainerEnd, endsOf, type PodState, podStateOf, restartedOf, startupsOf } from './pod-statuses.js';

/** Samples that are kept of a container. */
const SAMPLES_MAX = 500;

/** A pod that has not ended. */
export interface PodPlace {
  /** Number in its name, if its owner counts that way. */
  readonly ordinal: number | undefined;
  /** Name of its node in the cluster; empty if it has none. */
  readonly node: string;
  readonly state: PodState;
}

/** What was seen of a container in the pods of one owner. */
export interface ContainerSamples {
  /** From its start until its pod was ready, s. */
  readonly startups: number[];
  readonly ends: ContainerEnd[];
  /** Pods in which it was restarted. */
  restarted: number;
}

/** Pods that one owner has. */
export interface PodGroup {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Pruned spec and labels of the first one. */
  readonly spec: unknown;
  readonly labels: Texts;
  /** Those that have not ended. */
  readonly places: PodPlace[];
  readonly containers: Map<string, ContainerSamples>;
}

/** What becomes of a pod. */
export type PodFate = 'kept' | 'twice' | 'static' | 'finished' | 'leaving';

export class PodGroups {
  readonly #isNumbered: (kind: string) => boolean;
  readonly #groups = new Map<string, PodGroup>();
  /** Pods that were seen: folders of a dump have some of them twice. */
  readonly #seen = new Map<string, Set<string>>();
  readonly #nodeName = keptOnce();

  get all(): Iterable<PodGroup> {
    return this.#groups.values();
  }

  /** @param isNumbered whether pods of a kind of owner are known by the numbers in their names. */
  constructor(isNumbered: (kind: string) => boolean) {
    this.#isNumbered = isNumbered;
  }

  /** @param specOf gives the pruned spec of the first pod of an owner. */
  add(pod: KubeObject, specOf: (called: string) => unknown): PodFate {
    const { metadata, status } = pod;
    const { name, namespace = 'default' } = metadata ?? {};
    if (name !== undefined && this.#isSeen(namespace, name)) return 'twice';
    const owner = controllerOf(pod);
    if (owner?.kind === 'Node' || metadata?.annotations?.['kubernetes.io/config.mirror'] !== undefined) return 'static';
    const group = this.#groupOf(pod, owner, specOf);
    sample(group, pod);
    if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return 'finished';
    if (metadata?.deletionTimestamp !== undefined) return 'leaving';
    const node = this.#nodeName(String(pod.spec?.nodeName ?? ''));
    const ordinal = owner !== undefined && this.#isNumbered(owner.kind) ? ordinalOf(pod) : undefined;
    group.places.push({ ordinal, node, state: podStateOf(pod) });
    return 'kept';
  }

  #isSeen(namespace: string, name: string): boolean {
    const names = this.#seen.get(namespace) ?? new Set();
    if (names.has(name)) return true;
    this.#seen.set(namespace, names.add(name));
    return false;
  }

  #groupOf(pod: KubeObject, owner: ReturnType<typeof controllerOf>, specOf: (called: string) => unknown): PodGroup {
    const { metadata } = pod;
    const namespace = metadata?.namespace ?? 'default';
    const { kind, name } = owner ?? { kind: singlePod.kind, name: metadata?.name ?? metadata?.generateName ?? '' };
    const key = keyOf(kind, namespace, name);
    let group = this.#groups.get(key);
    if (group === undefined) {
      const spec = owner === undefined ? undefined : specOf(`${kind} ${namespace}/${name}`);
      const labels = metadata?.labels ?? {};
      group = { kind, namespace, name, spec, labels, places: [], containers: new Map() };
      this.#groups.set(key, group);
    }
    return group;
  }
}

function sample(group: PodGroup, pod: KubeObject): void {
  const of = (container: string): ContainerSamples => {
    let samples = group.containers.get(container);
    if (samples === undefined) {
      samples = { startups: [], ends: [], restarted: 0 };
      group.containers.set(container, samples);
    }
    return samples;
  };
  for (const { container, seconds } of startupsOf(pod)) {
    const { startups } = of(container);
    if (startups.length < SAMPLES_MAX) startups.push(seconds);
  }
  for (const end of endsOf(pod)) {
    const { ends } = of(end.container);
    if (ends.length < SAMPLES_MAX) ends.push(end);
  }
  for (const container of restartedOf(pod)) of(container).restarted++;
}

/** A pod says it in a label since 1.28 (PodIndexLabel), and in its name always. */
function ordinalOf({ metadata }: KubeObject): number | undefined {
  const text = metadata?.labels?.['apps.kubernetes.io/pod-index'] ?? /-(\d+)$/.exec(metadata?.name ?? '')?.[1];
  return text === undefined ? undefined : Number(text);
}
