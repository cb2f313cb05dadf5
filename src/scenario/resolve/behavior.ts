// What a scenario says of how applications behave: distributions, memory, episodes. Part of the scenario.

import { BEHAVIOR_DEFAULTS, type Behaviors } from '../../application/behavior-fields.js';
import type { ContainerBehavior, EpisodeSpec, HeldAmount } from '../../cluster/index.js';
import { type Distribution, fixed, lognormal, lognormalByQuantiles, mean } from '../../engine/index.js';
import type { Path } from '../../format/path.js';
import { didYouMean } from '../../format/suggest.js';
import { bytes, ns, parseCpuMillis, share } from '../../format/units.js';
import type { ManifestContainer, ManifestTemplate } from '../manifests/manifests.js';
import type { DistributionInput } from '../schema/index.js';

/** Tells what is wrong with the field at a path of the scenario. */
export type Report = (path: Path, message: string, hint?: string) => void;

type EpisodeInput = NonNullable<Behaviors[number]['episodes']>[number];

const inBytes = (amount: string | number): number => bytes(amount, 0);

/** Behaviour of an application that the scenario says nothing about. */
const DEFAULT_BEHAVIOR: ContainerBehavior = {
  startup: fixed(ns(BEHAVIOR_DEFAULTS.startup)),
  probeLatency: lognormalByQuantiles(
    0.5,
    ns(BEHAVIOR_DEFAULTS.probeLatency.p50),
    0.99,
    ns(BEHAVIOR_DEFAULTS.probeLatency.p99),
  ),
  shutdown: fixed(ns(BEHAVIOR_DEFAULTS.shutdown)),
  postStart: fixed(ns(BEHAVIOR_DEFAULTS.postStart)),
  postStartFailures: share(BEHAVIOR_DEFAULTS.postStartFailures),
  preStop: fixed(ns(BEHAVIOR_DEFAULTS.preStop)),
  startupCpuMillis: parseCpuMillis(BEHAVIOR_DEFAULTS.cpu)!,
  servingCpuMillis: parseCpuMillis(BEHAVIOR_DEFAULTS.cpu)!,
  episodes: [],
};

export class BehaviorReader {
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  /** Refuses entries for containers that do not exist. @param at path of what the behaviours belong to. */
  check(
    entries: Behaviors | undefined,
    workloads: readonly { readonly template: Pick<ManifestTemplate, 'containers'> }[],
    of: string,
    at: Path,
  ): void {
    const containers = [...new Set(workloads.flatMap((w) => w.template.containers.map((c) => c.name)))];
    // The manifests could not be read, and that is told already.
    if (containers.length === 0) return;
    entries?.forEach((entry, i) => {
      if (entry.container === undefined || containers.includes(entry.container)) return;
      const message = `no container of ${of} is called "${entry.container}"`;
      const hint = didYouMean(entry.container, containers) ?? `its containers: ${containers.join(', ')}`;
      this.#report([...at, 'behavior', i, 'container'], message, hint);
    });
  }

  /** Entries for all containers first, then those for this one, upon what holds without them. */
  of(
    container: ManifestContainer,
    entries: Behaviors,
    owner: Path,
    otherwise: ContainerBehavior = DEFAULT_BEHAVIOR,
  ): ContainerBehavior {
    let behavior = otherwise;
    const general = entries.map((entry, i) => ({ entry, i }));
    const ordered = [
      ...general.filter(({ entry }) => entry.container === undefined),
      ...general.filter(({ entry }) => entry.container === container.name),
    ];
    for (const { entry, i } of ordered) {
      const at: Path = [...owner, 'behavior', i];
      behavior = {
        ...behavior,
        ...(entry.startup === undefined ? {} : { startup: this.distribution(entry.startup, [...at, 'startup']) }),
        ...(entry.probeLatency === undefined
          ? {}
          : { probeLatency: this.distribution(entry.probeLatency, [...at, 'probeLatency']) }),
        ...(entry.shutdownExitCode === undefined ? {} : { shutdownExitCode: entry.shutdownExitCode }),
        ...(entry.shutdown === undefined ? {} : { shutdown: this.distribution(entry.shutdown, [...at, 'shutdown']) }),
        ...(entry.exit === undefined
          ? {}
          : {
              exit: {
                after: this.distribution(entry.exit.after, [...at, 'exit', 'after']),
                code: entry.exit.code ?? (entry.exit.reason === 'OOMKilled' ? 137 : 0),
                isOutOfMemory: entry.exit.reason === 'OOMKilled',
              },
            }),
        ...(entry.postStart === undefined
          ? {}
          : { postStart: this.distribution(entry.postStart, [...at, 'postStart']) }),
        ...(entry.postStartFailures === undefined ? {} : { postStartFailures: share(entry.postStartFailures) }),
        ...(entry.preStop === undefined ? {} : { preStop: this.distribution(entry.preStop, [...at, 'preStop']) }),
        ...(entry.cpu?.startup === undefined ? {} : { startupCpuMillis: parseCpuMillis(entry.cpu.startup)! }),
        ...(entry.cpu?.serving === undefined ? {} : { servingCpuMillis: parseCpuMillis(entry.cpu.serving)! }),
        ...(entry.memory === undefined ? {} : { memory: this.#held(entry.memory, inBytes, [...at, 'memory']) }),
        ...(entry.disk === undefined ? {} : { disk: this.#held(entry.disk, inBytes, [...at, 'disk']) }),
        ...(entry.processes === undefined
          ? {}
          : { processes: this.#held(entry.processes, (count) => count, [...at, 'processes']) }),
        ...(entry.serve === undefined ? {} : { serve: this.#serve(entry.serve, [...at, 'serve']) }),
        ...(entry.episodes === undefined
          ? {}
          : { episodes: entry.episodes.map((episode, e) => this.#episode(episode, [...at, 'episodes', e])) }),
      };
    }
    return behavior;
  }

  #serve(
    { concurrency, time, backlog, cpu }: NonNullable<Behaviors[number]['serve']>,
    path: Path,
  ): NonNullable<ContainerBehavior['serve']> {
    const distribution = this.distribution(time, [...path, 'time']);
    if (!(mean(distribution) > 0)) this.#report([...path, 'time'], 'must be longer than 0 on average');
    return {
      concurrency,
      time: distribution,
      backlog,
      cpuTime: ns(cpu),
    };
  }

  /** @param parse reads an amount. */
  #held<A extends string | number>(
    {
      start,
      reaches,
    }: { readonly start: A; readonly reaches?: { readonly size: A; readonly after: DistributionInput } | undefined },
    parse: (amount: A) => number,
    path: Path,
  ): HeldAmount {
    if (reaches === undefined) return { start: parse(start) };
    if (parse(reaches.size) < parse(start))
      this.#report([...path, 'reaches', 'size'], `${reaches.size} is less than start, ${start}`);
    return {
      start: parse(start),
      reaches: {
        amount: parse(reaches.size),
        after: this.distribution(reaches.after, [...path, 'reaches', 'after']),
      },
    };
  }

  #episode(episode: EpisodeInput, path: Path): EpisodeSpec {
    const { state, after, lasts, probeLatency } = episode;
    if ((state === 'slow') !== (probeLatency !== undefined)) {
      const at: Path = probeLatency === undefined ? path : [...path, 'probeLatency'];
      this.#report(
        at,
        state === 'slow' ? 'a slow episode needs probeLatency' : `is only for slow episodes, not ${state}`,
      );
    }
    return {
      state,
      after: this.distribution(after, [...path, 'after']),
      ...(lasts === undefined ? {} : { lasts: this.distribution(lasts, [...path, 'lasts']) }),
      ...(probeLatency === undefined
        ? {}
        : { probeLatency: this.distribution(probeLatency, [...path, 'probeLatency']) }),
    };
  }

  distribution(input: DistributionInput, path: Path): Distribution {
    if (typeof input === 'string') return fixed(ns(input));
    switch (input.distribution) {
      case 'fixed':
        return fixed(ns(input.value));
      case 'uniform': {
        const [low, high] = [ns(input.min), ns(input.max)];
        if (low > high) this.#report([...path, 'max'], `${input.max} is less than min, ${input.min}`);
        return { kind: 'uniform', low, high };
      }
      case 'exponential':
        return { kind: 'exponential', mean: ns(input.mean) };
      case 'normal':
        return { kind: 'normal', mean: ns(input.mean), standardDeviation: ns(input.stddev) };
      case 'lognormal':
        return this.#lognormal(input, path);
      case 'empirical': {
        const points = input.quantiles.map(({ p, value }) => [p, ns(value)] as const);
        const rises = points.every(([p, v], i) => i === 0 || (p > points[i - 1]![0] && v >= points[i - 1]![1]));
        if (points[0]![0] !== 0 || points[points.length - 1]![0] !== 1 || !rises) {
          this.#report([...path, 'quantiles'], 'must rise in p and value, from p: 0 to p: 1, and these do not');
        }
        return { kind: 'empirical', points };
      }
      case 'mixture':
        return {
          kind: 'mixture',
          parts: input.parts.map((part, i) => ({
            weight: part.weight,
            distribution: this.distribution(part.of, [...path, 'parts', i, 'of']),
          })),
        };
    }
  }

  #lognormal(input: Extract<DistributionInput, { distribution: 'lognormal' }>, path: Path): Distribution {
    const median = ns(input.p50);
    const quantiles = (
      [
        ['p90', 0.9],
        ['p95', 0.95],
        ['p99', 0.99],
      ] as const
    ).filter(([key]) => input[key] !== undefined);
    if (median === 0) {
      this.#report([...path, 'p50'], `must be more than 0 for a lognormal distribution, not ${input.p50}`);
      return fixed(0);
    }
    if (quantiles.length + (input.sigma === undefined ? 0 : 1) !== 1) {
      this.#report(path, 'a lognormal distribution needs p50 and exactly one of sigma, p90, p95, p99');
      return fixed(median);
    }
    if (input.sigma !== undefined) return lognormal(median, input.sigma);
    const [key, p] = quantiles[0]!;
    const value = ns(input[key]!);
    if (value < median) {
      this.#report([...path, key], `${input[key]} is less than p50, ${input.p50}`);
      return fixed(median);
    }
    return lognormalByQuantiles(0.5, median, p, value);
  }
}
