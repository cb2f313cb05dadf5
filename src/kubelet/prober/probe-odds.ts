// What probes find at an application that answers: how often too late, and after how long. Part of the prober.
// Worked out once for each probe, latency and share of the CPU that occur together; probes that are no events are counted
// there, and their durations follow from the distribution when the run has ended.

import type { ProbeSpec, ProbeType } from '../../cluster/index.js';
import { type Distribution, type Duration, exceedanceProbability, sample } from '../../engine/index.js';
import { kubeletParameters } from '../parameters.js';

/** How a probe fares with an application that answers with some latency at some share of the CPU. */
export interface ProbeOdds {
  /** Its place among all. */
  readonly number: number;
  readonly spec: ProbeSpec;
  readonly latency: Distribution;
  readonly share: number;
  /** CPU that starting the process of an exec probe takes, ns; 0 for others. */
  readonly overhead: number;
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

  /**
   * Both the answer and the process of an exec need CPU.
   * @param share of it, more than 0, at most 1. @param slowdown of the runtime, which begins that process; 1: as usual.
   */
  of(spec: ProbeSpec, latency: Distribution, share: number, slowdown: number): ProbeOdds {
    const overhead = spec.handler === 'exec' ? execOverhead(spec) * slowdown : 0;
    const known = this.#known.get(spec);
    const last = known?.last;
    if (last !== undefined && last.latency === latency && last.share === share && last.overhead === overhead)
      return last;
    const byLatency = known?.all ?? new Map<Distribution, Map<string, ProbeOdds>>();
    const byShare = byLatency.get(latency) ?? new Map<string, ProbeOdds>();
    byLatency.set(latency, byShare);
    const key = `${share}/${overhead}`;
    const answers = byShare.get(key) ?? this.#workOut(spec, latency, share, overhead);
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

  #workOut(spec: ProbeSpec, latency: Distribution, share: number, overhead: number): ProbeOdds {
    const exceeds = (limit: number): number => exceedanceProbability(latency, Math.max(0, limit * share - overhead));
    const answers = {
      number: this.#all.length,
      spec,
      latency,
      share,
      overhead,
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

/** How long work takes at a share of the CPU, the process of an exec beside it; not longer than the probe's timeout. */
export function stretched({ spec, share, overhead }: ProbeOdds, ns: number): Duration {
  return Math.min(spec.timeout, Math.round((ns + overhead) / share));
}

/** How long a probe takes that succeeds. @param u where its latency lies in the distribution, 0 … 1. */
export function successDuration(answers: ProbeOdds, u: number): Duration {
  if (answers.spec.handler === 'tcpSocket') return stretched(answers, kubeletParameters.probeConnect.value);
  return stretched(answers, sample(answers.latency, Math.min(Math.max(u, 1e-12), 1 - 1e-12)));
}

/** CPU that starting the process of an exec probe takes, ns. */
export const execOverhead = (spec: ProbeSpec): number =>
  spec.handler === 'exec' ? kubeletParameters.probeExec.value : 0;
