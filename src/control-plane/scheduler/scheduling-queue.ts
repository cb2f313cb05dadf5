// The scheduler's queue: pods to be tried, pods that back off, pods that no node could take, pods behind gates. Part of the
// scheduler. Source: pkg/scheduler/backend/queue/scheduling_queue.go.

import FastPriorityQueue from 'fastpriorityqueue';
import { doubled, type PodId } from '../../cluster/index.js';
import type { EventKind, Instant, Simulation } from '../../engine/index.js';
import { controlPlaneParameters } from '../parameters.js';
import type { SchedulingEvent } from './plugin.js';
import type { PodGroup } from './pod-groups.js';
import type { Voice } from './profile.js';

/** Where a pod without a node is. */
export type QueuePlace = 'active' | 'attempt' | 'backOff' | 'unschedulable' | 'gated' | 'gone';

/** A pod that has no node yet. */
export interface QueuedPod {
  readonly pod: PodId;
  readonly group: PodGroup;
  place: QueuePlace;
  /** When it was queued, or tried last. */
  since: Instant;
  /** Attempts in vain. */
  attempts: number;
  /** Why it has no node; empty as long as nothing speaks against it. */
  message: string;
  /** Who kept it away when it was tried last. */
  rejectedBy: ReadonlySet<Voice>;
  /** Its entry in the back-off queue, while it is there. */
  backOff: BackingOff | undefined;
  /** Of two that came at one instant. */
  readonly order: number;
}

/** PrioritySort: the higher priority, then who has waited longer (pkg/scheduler/framework/plugins/queuesort). */
export const comesFirst = (a: QueuedPod, b: QueuedPod): boolean => {
  const [one, other] = [a.group.template.priority, b.group.template.priority];
  if (one !== other) return one > other;
  return a.since !== b.since ? a.since < b.since : a.order < b.order;
};

/** How long a pod stays out of the queue after so many attempts in vain: 1, 2, 4, 8, 10, 10 … s by default, in ns. */
export const unschedulableBackOff = (
  attempts: number,
  initial: number = controlPlaneParameters.backOffInitial.value,
  max: number = controlPlaneParameters.backOffMax.value,
): number => Math.min(max, doubled(initial, attempts - 1, max));

/** What the queue is made of. */
export interface QueueParts {
  readonly simulation: Simulation;
  readonly backOffInitial: number;
  readonly backOffMax: number;
  /** An idle scheduler takes pods whose back-off is not over. */
  readonly popsFromBackOff: boolean;
  /** Plugins say of each event whether it helps. */
  readonly hasHints: boolean;
  /** A pod may be tried now. */
  readonly onReady: () => void;
}

/** In the back-off queue until then. */
interface BackingOff {
  readonly queued: QueuedPod;
  readonly until: Instant;
}

export class SchedulingQueue {
  readonly #parts: QueueParts;
  readonly #pods = new Map<PodId, QueuedPod>();
  readonly #active = new FastPriorityQueue<QueuedPod>(comesFirst);
  readonly #backOff = new FastPriorityQueue<BackingOff>((a, b) =>
    a.until !== b.until ? a.until < b.until : comesFirst(a.queued, b.queued),
  );
  readonly #unschedulable = new Set<QueuedPod>();
  readonly #backedOff: EventKind;
  readonly #flushed: EventKind;
  #orders = 0;

  constructor(parts: QueueParts) {
    this.#parts = parts;
    this.#backedOff = parts.simulation.on('scheduler/back-off-over', (pod, attempts) => {
      const queued = this.#at(pod, attempts, 'backOff');
      if (queued !== undefined) this.#activate(queued);
    });
    this.#flushed = parts.simulation.on('scheduler/flush-unschedulable', (pod, attempts) => {
      const queued = this.#at(pod, attempts, 'unschedulable');
      if (queued !== undefined) this.#wake(queued);
    });
  }

  /** The pod if it is there since so many attempts. */
  #at(pod: PodId, attempts: number, place: QueuePlace): QueuedPod | undefined {
    const queued = this.#pods.get(pod);
    return queued?.place === place && queued.attempts === attempts ? queued : undefined;
  }

  /** Pods without a node, in the order in which they came. */
  get waiting(): Iterable<QueuedPod> {
    return this.#pods.values();
  }

  /** Pods that no node could take when they were tried last, and those that are not tried. */
  get lacking(): number {
    let count = 0;
    for (const { message } of this.#pods.values()) if (message !== '') count++;
    return count;
  }

  /** A pod that needs a node has come. @param gate why it is not to be tried; undefined if it is. */
  add(pod: PodId, group: PodGroup, gate: string | undefined): void {
    const queued: QueuedPod = {
      pod,
      group,
      place: 'gated',
      since: this.#parts.simulation.now,
      attempts: 0,
      message: gate ?? '',
      rejectedBy: NOBODY,
      backOff: undefined,
      order: this.#orders++,
    };
    this.#pods.set(pod, queued);
    if (gate === undefined) this.#activate(queued);
  }

  #activate(queued: QueuedPod): void {
    queued.place = 'active';
    queued.backOff = undefined;
    this.#forgetOld();
    this.#active.add(queued);
    this.#parts.onReady();
  }

  /** Who would be tried next; undefined if nobody is ready. */
  peek(): QueuedPod | undefined {
    const active = this.#active;
    while (!active.isEmpty() && active.peek()!.place !== 'active') active.poll();
    if (!active.isEmpty()) return active.peek();
    if (!this.#parts.popsFromBackOff) return undefined;
    this.#forgetOld();
    return this.#backOff.peek()?.queued;
  }

  /** Entries of pods that are not in the back-off queue any more, or are there anew. */
  #forgetOld(): void {
    const backOff = this.#backOff;
    while (!backOff.isEmpty() && backOff.peek()!.queued.backOff !== backOff.peek()) backOff.poll();
  }

  /** Takes the next pod out; undefined if nobody is ready. */
  take(): QueuedPod | undefined {
    const queued = this.peek();
    if (queued === undefined) return undefined;
    if (queued.place === 'active') this.#active.poll();
    else this.#backOff.poll();
    queued.backOff = undefined;
    queued.place = 'attempt';
    return queued;
  }

  /** The pod has a node, or is gone. @returns it, if it was there. */
  remove(pod: PodId): QueuedPod | undefined {
    const queued = this.#pods.get(pod);
    if (queued === undefined) return undefined;
    this.#pods.delete(pod);
    this.#unschedulable.delete(queued);
    queued.place = 'gone';
    queued.backOff = undefined;
    return queued;
  }

  /** No node could take the pod that was tried. */
  reject(queued: QueuedPod, message: string, rejectedBy: ReadonlySet<Voice>): void {
    const { simulation } = this.#parts;
    queued.place = 'unschedulable';
    queued.attempts++;
    queued.since = simulation.now;
    queued.message = message;
    queued.rejectedBy = rejectedBy;
    this.#unschedulable.add(queued);
    const { unschedulableRetry, unschedulableFlush } = controlPlaneParameters;
    // Looked for at ticks; longer than the limit, so at the one after it.
    const ticks = Math.floor((simulation.now + unschedulableRetry.value) / unschedulableFlush.value) + 1;
    simulation.schedule(ticks * unschedulableFlush.value, this.#flushed, queued.pod, queued.attempts);
  }

  /** Something has happened: pods that it may help are tried again when their back-off is over. */
  onEvent(event: SchedulingEvent): void {
    if (this.#unschedulable.size === 0) return;
    const known = new Map<Voice, boolean>();
    for (const queued of this.#unschedulable) if (this.#isHelped(queued, event, known)) this.#wake(queued);
  }

  #isHelped({ rejectedBy }: QueuedPod, event: SchedulingEvent, known: Map<Voice, boolean>): boolean {
    if (rejectedBy.size === 0) return true;
    for (const voice of rejectedBy) {
      let helps = known.get(voice);
      if (helps === undefined) {
        helps = this.#helps(voice, event);
        known.set(voice, helps);
      }
      if (helps) return true;
    }
    return false;
  }

  /** Without hints every event of a kind that a plugin has named wakes, and every change of a node. */
  #helps({ says }: Voice, event: SchedulingEvent): boolean {
    const isNamed = says.wakes?.includes(event.kind) ?? true;
    if (!this.#parts.hasHints) return isNamed || event.kind === 'nodeChanged';
    return isNamed && (says.helps?.(event) ?? true);
  }

  #wake(queued: QueuedPod): void {
    const { simulation, backOffInitial, backOffMax } = this.#parts;
    this.#unschedulable.delete(queued);
    const over = queued.since + unschedulableBackOff(queued.attempts, backOffInitial, backOffMax);
    if (over <= simulation.now) {
      this.#activate(queued);
      return;
    }
    // Looked for at ticks.
    const tick = controlPlaneParameters.backOffFlush.value;
    const until = Math.ceil(over / tick) * tick;
    queued.place = 'backOff';
    simulation.schedule(until, this.#backedOff, queued.pod, queued.attempts);
    if (!this.#parts.popsFromBackOff) return;
    queued.backOff = { queued, until };
    this.#backOff.add(queued.backOff);
    this.#parts.onReady();
  }
}

const NOBODY: ReadonlySet<Voice> = new Set();
