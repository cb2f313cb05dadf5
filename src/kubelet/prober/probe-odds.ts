// What probes find at an application that answers: how often too late, and after how long. Part of the prober.
// Worked out once for each probe, latency and share of the CPU that occur together; probes that are no events are counted
// there, and their durations follow from the distribution when the run has ended.

import type { ProbeSpec, ProbeType } from '../../cluster/index.js';
import { type Distribution, type Duration, exceedanceProbability, sample } from '../../engine/index.js';
import { kubeletParameters } from '../parameters.js';
import type { Stalls } from './stalls.js';

/** What a probe meets on its way. */
export interface ProbeConditions {
  /** How fast a thread of the container runs: more than 0, at most 1. */
  readonly share: number;
  /** What kubelet and runtime take beside the answer, ns: to start the process of an exec probe, and for want of CPU. */
  readonly overhead: number;
  /** How much later the answer comes because of the container's limit. */
  readonly stalls: Stalls;
}

/** How a probe fares with an application that answers with some latency under some conditions. */
export interface ProbeOdds extends ProbeConditions {
  /** Its place among all. */
  readonly number: number;
  readonly spec: ProbeSpec;
  readonly latency: Distribution;
  /** Probability that the answer comes after the timeout… */
  readonly missed: number;
  /** … or, where the timeout is longer than the period, after the next tick. */
  readonly late: number;
  /** Successful probes that were counted by arithmetic. */
  counted: number;
}

export class ProbeOddsTable {
  /** By probe: what was asked for last, and all that was worked out, by latency, share and slowdown. */
  readonly #known = new Map<ProbeSpec, { last: ProbeOdds; readonly all: Map<Distribution, Map<string, ProbeOdds>> }>();
  readonly #all: ProbeOdds[] = [];
  /** Numbers of stalls that have been met. */
  readonly #stalls = new Map<Stalls, number>();

  of(spec: ProbeSpec, latency: Distribution, conditions: ProbeConditions): ProbeOdds {
    const { share, overhead, stalls } = conditions;
    const known = this.#known.get(spec);
    const last = known?.last;
    if (last?.latency === latency && last.share === share && last.overhead === overhead && last.stalls === stalls)
      return last;
    const byLatency = known?.all ?? new Map<Distribution, Map<string, ProbeOdds>>();
    const byShare = byLatency.get(latency) ?? new Map<string, ProbeOdds>();
    byLatency.set(latency, byShare);
    const place = this.#stalls.get(stalls) ?? this.#stalls.size;
    this.#stalls.set(stalls, place);
    const key = `${share}/${overhead}/${place}`;
    const answers = byShare.get(key) ?? this.#workOut(spec, latency, conditions);
    byShare.set(key, answers);
    if (known === undefined) this.#known.set(spec, { last: answers, all: byLatency });
    else known.last = answers;
    return answers;
  }

  /** Counts successful probes that were no events. @param number of the answers that they found. */
  count(number: number, probes: number): void {
    this.#all[number]!.counted += probes;
  }

  resetCounts(): void {
    for (const answers of this.#all) answers.counted = 0;
  }

  /** Tells how long the counted probes took, not by one draw each but by their distribution, and forgets the counts. */
  record(tell: (type: ProbeType, duration: Duration, probes: number) => void): void {
    for (const answers of this.#all) {
      let spread = 0;
      for (const { to, middle } of QUANTILES) {
        const probes = Math.floor(answers.counted * to) - spread;
        if (probes === 0) continue;
        spread += probes;
        tell(answers.spec.type, successDuration(answers, middle * (1 - answers.late)), probes);
      }
    }
    this.resetCounts();
  }

  #workOut(spec: ProbeSpec, latency: Distribution, conditions: ProbeConditions): ProbeOdds {
    const { share, overhead, stalls } = conditions;
    const after = (limit: number): number => exceedanceProbability(latency, Math.max(0, (limit - overhead) * share));
    const exceeds = (limit: number): number =>
      stalls.length === 0 ? after(limit) : stalls.reduce((sum, stall) => sum + after(limit - stall), 0) / stalls.length;
    const answers = {
      number: this.#all.length,
      spec,
      latency,
      share,
      overhead,
      stalls,
      missed: exceeds(spec.timeout),
      late: exceeds(Math.min(spec.timeout, spec.period)),
      counted: 0,
    };
    this.#all.push(answers);
    return answers;
  }
}

/** Quantiles by which probes that were counted by arithmetic are recorded: closer together where a tail is. */
const QUANTILES = [0, 0.9, 0.99, 0.999, 1].flatMap((to, i, bounds) => {
  const from = bounds[i - 1];
  if (from === undefined) return [];
  const at = (step: number): number => from + ((to - from) * step) / 250;
  return Array.from({ length: 250 }, (_, step) => ({ to: step === 249 ? to : at(step + 1), middle: at(step + 0.5) }));
});

/** How long work takes at a share of the CPU, with what kubelet and runtime take; not longer than the probe's timeout. */
export function stretched({ spec, share, overhead }: ProbeConditions & Pick<ProbeOdds, 'spec'>, ns: number): Duration {
  return Math.min(spec.timeout, Math.round(ns / share + overhead));
}

/** How long a probe takes that succeeds. @param u where its latency lies in the distribution, 0 … 1. */
export function successDuration(answers: ProbeOdds, u: number): Duration {
  if (answers.spec.handler === 'tcpSocket') return stretched(answers, kubeletParameters.probeConnect.value);
  if (answers.stalls.length > 0) return Math.min(answers.spec.timeout, Math.round(stalledQuantile(answers, u)));
  return stretched(answers, sample(answers.latency, within(u)));
}

/** The time below which a share `u` of the answers come, however long a probe waits; ns. */
export function answerTime(answers: ProbeOdds, u: number): number {
  if (answers.stalls.length > 0) return stalledQuantile(answers, u);
  return sample(answers.latency, within(u)) / answers.share + answers.overhead;
}

const within = (u: number): number => Math.min(Math.max(u, 1e-12), 1 - 1e-12);

/** Times of answers at so many points of each stall stand for all of them. */
const POINTS = 32;
const stalledTimes = new WeakMap<ProbeOdds, Float64Array>();

/** The time below which a share `u` of the answers come of a container that its limit stops. */
function stalledQuantile(answers: ProbeOdds, u: number): number {
  let times = stalledTimes.get(answers);
  if (times === undefined) {
    const { latency, share, overhead, stalls } = answers;
    const points = Array.from({ length: POINTS }, (_, i) => sample(latency, (i + 0.5) / POINTS) / share + overhead);
    times = Float64Array.from(stalls.flatMap((stall) => points.map((time) => time + stall))).sort();
    stalledTimes.set(answers, times);
  }
  return times[Math.min(times.length - 1, Math.floor(within(u) * times.length))]!;
}
