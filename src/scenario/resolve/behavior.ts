// What a scenario says of how applications behave: distributions, memory, episodes. Part of the scenario.

import { BEHAVIOR_DEFAULTS, type Behaviors } from '../../application/behavior-fields.js';
import type { ContainerBehavior, EpisodeSpec, HeldAmount } from '../../cluster/index.js';
import { type Distribution, fixed, lognormal, lognormalByQuantiles, mean } from '../../engine/index.js';
import type { Path } from '../../format/path.js';
import { didYouMean } from '../../format/suggest.js';
import { bytes, ns, parseCpuMillis, share } from '../../format/units.js';
import type { ManifestContainer, ManifestTemplate, ManifestWorkload } from '../manifests/manifests.js';
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
  shutdownCpuMillis: parseCpuMillis(BEHAVIOR_DEFAULTS.cpu)!,
  hookCpuMillis: parseCpuMillis(BEHAVIOR_DEFAULTS.cpu)!,
  probeCpuTime: ns(BEHAVIOR_DEFAULTS.probeCpu),
  execCpuTime: ns(BEHAVIOR_DEFAULTS.execCpu),
  episodes: [],
};

/** A workload, as far as entries name it. */
type Named = Pick<ManifestWorkload, 'kind' | 'name'>;
type Owner = Named & Pick<ManifestWorkload, 'traits'>;

/** Whether `job/migrate`, or `migrate` alone, means a workload. */
function isOf(text: string, { kind, name }: Named): boolean {
  const [first, second] = text.split('/');
  return second === undefined ? first === name : first === kind.toLowerCase() && second === name;
}

const INIT_EXIT = { after: fixed(ns(BEHAVIOR_DEFAULTS.initExit)), code: 0, isOutOfMemory: false };
const JOB_EXIT = { after: fixed(ns(BEHAVIOR_DEFAULTS.jobExit)), code: 0, isOutOfMemory: false };

/** How a container ends of which nothing is said; undefined: it does not. */
function usualExit({ role }: Pick<ManifestContainer, 'role'>, workload: Owner | undefined): ContainerBehavior['exit'] {
  if (role === 'init') return INIT_EXIT;
  return role === 'main' && workload?.traits.runsToCompletion === true ? JOB_EXIT : undefined;
}

function usualBehavior(container: Pick<ManifestContainer, 'role'>, workload: Owner | undefined): ContainerBehavior {
  const exit = usualExit(container, workload);
  return exit === undefined ? DEFAULT_BEHAVIOR : { ...DEFAULT_BEHAVIOR, exit };
}

/** What was assumed of how a container ends, in words; undefined if something is said of it, or it does not end. */
export function assumedExit(
  { exit }: ContainerBehavior,
  { role }: Pick<ManifestContainer, 'role'>,
): string | undefined {
  if (exit === INIT_EXIT) return `init container ends after ${BEHAVIOR_DEFAULTS.initExit}`;
  return exit === JOB_EXIT && role === 'main' ? `container ends after ${BEHAVIOR_DEFAULTS.jobExit}` : undefined;
}

export class BehaviorReader {
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  /** Refuses entries for workloads and containers that do not exist. @param at path of what the behaviours belong to. */
  check(
    entries: Behaviors | undefined,
    workloads: readonly (Named & { readonly template: Pick<ManifestTemplate, 'containers'> })[],
    of: string,
    at: Path,
  ): void {
    entries?.forEach(({ workload, container }, i) => {
      if (workload === undefined || workloads.length === 0) return;
      const meant = workloads.filter((owner) => isOf(workload, owner));
      const known = [...new Set(workloads.map(({ kind, name }) => `${kind.toLowerCase()}/${name}`))];
      if (meant.length === 0) {
        const hint = didYouMean(workload, known) ?? `its workloads: ${known.join(', ')}`;
        this.#report([...at, 'behavior', i, 'workload'], `no workload of ${of} is called "${workload}"`, hint);
      } else if (
        container !== undefined &&
        !meant.some((one) => one.template.containers.some((c) => c.name === container))
      ) {
        const there = meant.flatMap((one) => one.template.containers.map(({ name }) => name));
        const hint = didYouMean(container, there) ?? `its containers: ${[...new Set(there)].join(', ')}`;
        this.#report([...at, 'behavior', i, 'container'], `no container of ${workload} is called "${container}"`, hint);
      }
    });
    const containers = [...new Set(workloads.flatMap((w) => w.template.containers.map((c) => c.name)))];
    // The manifests could not be read, and that is told already.
    if (containers.length === 0) return;
    entries?.forEach((entry, i) => {
      if (entry.container === undefined || entry.workload !== undefined) return;
      if (containers.includes(entry.container)) return;
      const message = `no container of ${of} is called "${entry.container}"`;
      const hint = didYouMean(entry.container, containers) ?? `its containers: ${containers.join(', ')}`;
      this.#report([...at, 'behavior', i, 'container'], message, hint);
    });
  }

  /** The same of an update, whose target names its workloads. */
  checkUpdate(entries: Behaviors, template: Pick<ManifestTemplate, 'containers'>, at: Path): void {
    entries.forEach(({ workload }, i) => {
      if (workload === undefined) return;
      this.#report(
        [...at, 'behavior', i, 'workload'],
        'has no meaning here: the target names the workload',
        'remove it',
      );
    });
    const unnamed = entries.map(({ workload: _, ...entry }) => entry);
    this.check(unnamed, [{ kind: '', name: '', template }], 'the updated pods', at);
  }

  /**
   * What an entry says counts the more the more it names: nothing, the container, the workload, both; upon what holds without any.
   * @param workload that the container is of, if entries may name one; @param path of what the behaviours belong to.
   */
  of(
    container: Pick<ManifestContainer, 'name' | 'role'>,
    entries: Behaviors,
    workload: Owner | undefined,
    path: Path,
    otherwise: ContainerBehavior = usualBehavior(container, workload),
  ): ContainerBehavior {
    let behavior = otherwise;
    const meant = entries
      .map((entry, i) => ({
        entry,
        i,
        rank: (entry.workload === undefined ? 0 : 2) + (entry.container === undefined ? 0 : 1),
      }))
      .filter(({ entry }) => entry.workload === undefined || (workload !== undefined && isOf(entry.workload, workload)))
      .filter(({ entry }) => entry.container === undefined || entry.container === container.name);
    const ordered = meant.sort((a, b) => a.rank - b.rank);
    for (const { entry, i } of ordered) {
      const at: Path = [...path, 'behavior', i];
      behavior = {
        ...behavior,
        ...(entry.startup === undefined ? {} : { startup: this.distribution(entry.startup, [...at, 'startup']) }),
        ...(entry.probeLatency === undefined
          ? {}
          : { probeLatency: this.distribution(entry.probeLatency, [...at, 'probeLatency']) }),
        ...(entry.shutdownExitCode === undefined ? {} : { shutdownExitCode: entry.shutdownExitCode }),
        ...(entry.shutdown === undefined ? {} : { shutdown: this.distribution(entry.shutdown, [...at, 'shutdown']) }),
        // How long the work of an application takes says nothing of what comes before it.
        ...(container.role === 'init' && entry.container === undefined ? {} : this.#exit(entry.exit, [...at, 'exit'])),
        ...(entry.postStart === undefined
          ? {}
          : { postStart: this.distribution(entry.postStart, [...at, 'postStart']) }),
        ...(entry.postStartFailures === undefined ? {} : { postStartFailures: share(entry.postStartFailures) }),
        ...(entry.preStop === undefined ? {} : { preStop: this.distribution(entry.preStop, [...at, 'preStop']) }),
        ...(entry.cpu?.startup === undefined ? {} : { startupCpuMillis: parseCpuMillis(entry.cpu.startup)! }),
        ...(entry.cpu?.serving === undefined ? {} : { servingCpuMillis: parseCpuMillis(entry.cpu.serving)! }),
        ...(entry.cpu?.shutdown === undefined ? {} : { shutdownCpuMillis: parseCpuMillis(entry.cpu.shutdown)! }),
        ...(entry.cpu?.hooks === undefined ? {} : { hookCpuMillis: parseCpuMillis(entry.cpu.hooks)! }),
        ...(entry.probe?.sharesWorkers === undefined ? {} : { probesShareWorkers: entry.probe.sharesWorkers }),
        ...(entry.probe?.cpu === undefined
          ? {}
          : { probeCpuTime: ns(entry.probe.cpu), execCpuTime: ns(entry.probe.cpu) }),
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

  #exit(exit: Behaviors[number]['exit'], path: Path): { exit?: ContainerBehavior['exit'] } {
    if (exit === undefined) return {};
    // What holds otherwise does not, then.
    if (exit === 'never') return { exit: undefined };
    return {
      exit: {
        after: this.distribution(exit.after, [...path, 'after']),
        code: exit.code ?? (exit.reason === 'OOMKilled' ? 137 : 0),
        isOutOfMemory: exit.reason === 'OOMKilled',
      },
    };
  }

  #serve(
    { concurrency, time, backlog, cpu, threads }: NonNullable<Behaviors[number]['serve']>,
    path: Path,
  ): NonNullable<ContainerBehavior['serve']> {
    const distribution = this.distribution(time, [...path, 'time']);
    if (!(mean(distribution) > 0)) this.#report([...path, 'time'], 'must be longer than 0 on average');
    return {
      concurrency,
      time: distribution,
      backlog,
      cpuTime: ns(cpu),
      threads,
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
