// Whether an extension keeps what kubelapse promises of every part: the same bytes, the same luck, no clock, nothing written to
// that is somebody else's. Part of the contract kit.

import { BUILT_IN, type Catalogue, type Parts, partsMapped } from '../catalogue.js';
import type { ClusterSpec } from '../cluster/index.js';
import { KINDS, nameOfPart } from '../extension/contracts.js';
import {
  defineExtension,
  type Extension,
  ExtensionError,
  guarded,
  PartError,
  withExtension,
} from '../extension/index.js';
import { csvRows } from '../report/tables/csv.js';
import type { FinishedPoint, RunResult } from '../results/index.js';
import { Run, simulate } from '../run/index.js';
import { extensionsNamed, InputError, type LoadedScenario, type LoadOptions, loadScenario } from '../scenario/index.js';
import { messageOf } from '../text/index.js';
import { deeplyFrozen } from './frozen.js';
import { isWrite, loadBalancerProblems, trafficShapeProblems } from './probes.js';
import { withTraps } from './traps.js';

/** What a check is about. */
export type CheckName =
  | 'contract'
  | 'use'
  | 'clock'
  | 'same bytes'
  | 'hidden state'
  | 'same luck'
  | 'mutation'
  | 'error';

/** A promise that an extension breaks, with what to do instead. */
export interface Problem {
  readonly check: CheckName;
  readonly message: string;
}

export interface CheckOptions {
  /** A scenario that uses every part of the extension, and lasts a few minutes of simulated time at most. */
  readonly scenario: Pick<LoadOptions, 'path' | 'read' | 'list' | 'set'>;
  /** How the scenario names the module in spec.extensions, if it does; default: what it names, if that is one module. */
  readonly path?: string;
  /** What there is beside the extension, if the scenario uses more; default: kubelapse's own parts. */
  readonly catalogue?: Catalogue;
  /**
   * The same extension from a module that was loaded a second time, `import fresh from './mine.mjs?fresh'`: then what a module keeps
   * from its first use is found, too. Default: it is not looked for.
   */
  readonly fresh?: Extension;
}

/** Looks for promises that an extension breaks; none if it keeps them all. Throws an InputError if the scenario is wrong. */
export function checkExtension(extension: Extension, options: CheckOptions): Problem[] {
  try {
    defineExtension(extension);
    return new Check(extension, options).problems();
  } catch (error) {
    if (error instanceof ExtensionError) return [{ check: 'contract', message: error.message }];
    throw error;
  }
}

/** The same for tests: throws an error that lists what is broken. */
export function assertExtension(extension: Extension, options: CheckOptions): void {
  const problems = checkExtension(extension, options);
  if (problems.length === 0) return;
  const list = problems.map(({ check, message }) => `  ${check}: ${message}`);
  throw new Error(
    `extension ${extension.name} breaks ${problems.length} promise${problems.length === 1 ? '' : 's'}:\n${list.join('\n')}`,
  );
}

/** Pieces in which two runs take turns. */
const TURNS = 20;

class Check {
  readonly #extension: Extension;
  readonly #catalogue: Catalogue;
  readonly #scenario: LoadedScenario;
  readonly #options: CheckOptions;
  readonly #problems: Problem[] = [];
  /** Parts whose functions were called. */
  readonly #used = new Set<object>();
  /** Metrics that have samples, or counted. */
  readonly #recorded = new Set<string>();
  /** Functions of parts that are being carried out. */
  #inside = 0;

  constructor(extension: Extension, options: CheckOptions) {
    this.#extension = extension;
    this.#options = options;
    this.#catalogue = this.#catalogueFor(extension);
    this.#scenario = loadScenario({ ...options.scenario, catalogue: this.#catalogue });
  }

  problems(): Problem[] {
    this.#probeParts();
    // What no probe survives, no run does.
    if (this.#problems.some(({ check }) => check === 'error')) return this.#problems;
    const specs = this.#scenario.points.map(({ spec }) => deeplyFrozen({ ...spec }));
    const firsts: string[] = [];
    for (const spec of specs) {
      const first = this.#bytesOf(spec, 'a');
      if (first === undefined) return this.#problems;
      firsts.push(first);
      this.#checkTwins(spec, first);
      this.#checkListeners(spec);
      this.#checkTables(spec);
      this.#checkLocality(spec, first);
    }
    this.#checkOrder(specs, firsts);
    this.#checkUse();
    return this.#problems;
  }

  /** The extension's parts with a note of who is in them. */
  #catalogueFor(extension: Extension): Catalogue {
    const { scenario, path, catalogue: others = BUILT_IN } = this.#options;
    const parts = partsMapped(extension.parts, (kind, part) =>
      guarded(part, `${KINDS[kind].called} ${nameOfPart(kind, part)}`, KINDS[kind].makes, {
        enter: () => {
          this.#inside++;
          this.#used.add(part);
        },
        leave: () => {
          this.#inside--;
        },
      }),
    );
    const named = path ?? onlyExtension(scenario);
    return withExtension(others, { ...extension, parts }, named === undefined ? {} : { path: named });
  }

  #add(check: CheckName, message: string): void {
    if (!this.#problems.some((known) => known.message === message)) this.#problems.push({ check, message });
  }

  /** Each part alone. */
  #probeParts(): void {
    const { loadBalancers = [], trafficShapes = [] } = this.#extension.parts;
    for (const part of loadBalancers) {
      const called = `load balancer ${part.name}`;
      for (const message of this.#probed(called, 'servers that come and go, and none', () =>
        loadBalancerProblems(part),
      ))
        this.#add(/writes to/.test(message) ? 'mutation' : 'same luck', message);
    }
    for (const part of trafficShapes) {
      const settings = this.#scenario.points
        .flatMap(({ spec }) => spec.traffic.map(({ arrivals }) => arrivals))
        .find((arrivals) => arrivals.kind === 'open' && arrivals.process === part.name);
      const given = settings?.kind === 'open' ? (settings.settings ?? {}) : {};
      const called = `traffic shape ${part.name}`;
      for (const message of this.#probed(called, '5 to 20 connections a second', () =>
        trafficShapeProblems(part, given),
      ))
        this.#add('same luck', message);
    }
  }

  /** What a probe says of a part; nothing if the part threw, which is noted. @param by what it is tried with. */
  #probed(called: string, by: string, probe: () => string[]): string[] {
    try {
      const { result, calls } = withTraps(probe, () => true);
      for (const call of calls) this.#add('clock', `${called}: ${call}`);
      return result;
    } catch (error) {
      const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      this.#add('error', `${called}, tried alone with ${by}: ${said}`);
      return [];
    }
  }

  /** All that a run writes, as text; undefined if it threw, which is noted. */
  #bytesOf(
    spec: ClusterSpec,
    seed: string,
    options: { readonly executeEveryTick?: boolean; readonly catalogue?: Catalogue } = {},
  ): string | undefined {
    const run = (): RunResult => {
      const result = simulate(spec, seed, { catalogue: this.#catalogue, ...options });
      for (const { metric, histogram } of result.series) if (histogram.count > 0) this.#recorded.add(metric);
      for (const { metric, value } of result.counters) if (value > 0) this.#recorded.add(metric);
      return result;
    };
    return this.#noted(() => {
      const { result, calls } = withTraps(
        () => textOf(run(), this.#catalogue),
        () => this.#inside > 0,
      );
      for (const call of calls) this.#add('clock', call);
      return result;
    });
  }

  #noted<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (error instanceof InputError) throw error;
      const cause = error instanceof PartError ? error.cause : error;
      const message = messageOf(error);
      if (isWrite(cause)) this.#add('mutation', `${message}: it writes to what it was handed; make a copy`);
      else this.#add('error', message);
      return undefined;
    }
  }

  #checkUse(): void {
    for (const { name, listen } of this.#extension.parts.metrics ?? []) {
      if (listen === undefined || this.#recorded.has(name)) continue;
      this.#add('use', `metric ${name} has recorded nothing in this scenario, so nothing is known of it`);
    }
    for (const [kind, list] of Object.entries(this.#extension.parts) as [keyof Parts, readonly object[]][]) {
      if (kind === 'models') continue;
      for (const part of list.filter((one) => !this.#used.has(one) && !this.#isNamed(kind, one))) {
        this.#add(
          'use',
          `${KINDS[kind].called} ${nameOfPart(kind, part)} is not used by the scenario, so nothing is known of it`,
        );
      }
    }
  }

  /** Whose turn it is may be all that a scheduler of IPVS knows: then it is never made. */
  #isNamed(kind: keyof Parts, part: object): boolean {
    if (kind !== 'loadBalancers' || !('isRoundRobin' in part)) return false;
    return this.#scenario.points.some(({ spec }) => spec.kubeProxy.scheduler === nameOfPart(kind, part));
  }

  #checkTwins(spec: ClusterSpec, first: string): void {
    const again = this.#bytesOf(spec, 'a');
    if (again !== undefined && again !== first) {
      this.#add(
        'same bytes',
        `two runs with one seed differ (${differenceOf(first, again)}): use nothing but what you are handed, and keep nothing outside what create() or listen() returns`,
      );
      return;
    }
    this.#bytesOf(spec, 'b');
    const after = this.#bytesOf(spec, 'a');
    if (after !== undefined && after !== first) {
      this.#add(
        'hidden state',
        `a run with another seed in between changes the next one (${differenceOf(first, after)}): keep nothing outside what create() or listen() returns`,
      );
      return;
    }
    const turns = this.#noted(() => inTurns(spec, this.#catalogue));
    if (turns?.some((text) => text !== first)) {
      this.#add(
        'hidden state',
        'two runs that take turns differ from one alone: keep nothing outside what create() or listen() returns',
      );
      return;
    }
    const everyTick = this.#bytesOf(spec, 'a', { executeEveryTick: true });
    if (everyTick !== undefined && withoutCounts(everyTick) !== withoutCounts(first)) {
      this.#add(
        'same bytes',
        `the run differs where ticks that change nothing are executed one by one (${differenceOf(withoutCounts(first), withoutCounts(everyTick))}): the number of events is the engine’s own affair`,
      );
    }
  }

  /** The points of a sweep are run in any order, and by several threads: here the last one first, by a module just loaded. */
  #checkOrder(specs: readonly ClusterSpec[], firsts: readonly string[]): void {
    const { fresh } = this.#options;
    if (fresh === undefined) return;
    const catalogue = this.#catalogueFor(fresh);
    for (let point = specs.length - 1; point >= 0; point--) {
      const again = this.#bytesOf(specs[point]!, 'a', { catalogue });
      if (again === undefined || again === firsts[point]) continue;
      this.#add(
        'hidden state',
        `point ${point} of the scenario comes out otherwise where it is run first (${differenceOf(firsts[point]!, again)}): keep nothing outside what create() or listen() returns`,
      );
    }
  }

  /** A metric listens, and changes nothing: everything else is as without it. */
  #checkListeners(spec: ClusterSpec): void {
    const { metrics, ...others } = this.#extension.parts;
    if (metrics === undefined || metrics.length === 0) return;
    const without = withExtension(this.#options.catalogue ?? BUILT_IN, { ...this.#extension, parts: others });
    const bytes = (catalogue: Catalogue): string | undefined =>
      this.#noted(() => builtInTextOf(simulate(spec, 'a', { catalogue })));
    if (bytes(this.#catalogue) !== bytes(without)) {
      this.#add(
        'mutation',
        `metrics change the run that they listen to: read nodes and pods, and write to nothing but histogram() and counter()`,
      );
    }
  }

  /** A table reads a result, of which others read, too. */
  #checkTables(spec: ClusterSpec): void {
    const { tables = [] } = this.#extension.parts;
    if (tables.length === 0) return;
    this.#noted(() => {
      const result = simulate(spec, 'a', { catalogue: this.#catalogue });
      let before = builtInTextOf(result);
      for (const table of tables) {
        csvRows(table, 'check', pointOf(result));
        const after = builtInTextOf(result);
        if (after === before) continue;
        before = after;
        this.#add(
          'mutation',
          `table ${table.file} changes the result that it reads: make a copy of what it sorts or adds up`,
        );
      }
    });
  }

  /** What the scheduler remembers of a plugin is what it would say again. */
  #checkLocality(spec: ClusterSpec, first: string): void {
    const { schedulerPlugins = [] } = this.#extension.parts;
    for (const plugin of schedulerPlugins.filter(({ isLocal }) => isLocal)) {
      const asked = schedulerPlugins.map((one) => (one === plugin ? { ...one, isLocal: false } : one));
      const catalogue = this.#catalogueFor({
        ...this.#extension,
        parts: { ...this.#extension.parts, schedulerPlugins: asked },
      });
      const again = this.#bytesOf(spec, 'a', { catalogue });
      if (again === undefined || withoutCounts(again) === withoutCounts(first)) continue;
      this.#add(
        'hidden state',
        `scheduler plugin ${plugin.name} says isLocal, and of a node that has not changed it says something else later (${differenceOf(withoutCounts(first), withoutCounts(again))}): say isLocal: false`,
      );
    }
  }
}

/** The extension that a scenario names, if it names one. */
function onlyExtension({ path, read, set = [] }: CheckOptions['scenario']): string | undefined {
  const named = extensionsNamed(path, read(path), set);
  return named.length === 1 ? named[0] : undefined;
}

const pointOf = (result: RunResult): FinishedPoint => ({ index: 0, parameters: [], replication: 0, result });

/** All tables, series and counters of a run. */
function textOf(result: RunResult, { tables }: Catalogue): string {
  const rows = tables.all.map((table) => `${table.file}\n${csvRows(table, 'check', pointOf(result))}`);
  return [`fingerprint ${result.fingerprint}`, ...rows, JSON.stringify([result.series, result.counters])].join('\n');
}

/** The same of what is kubelapse's own; another catalogue has another fingerprint. */
function builtInTextOf(result: RunResult): string {
  const isOwn = ({ metric }: { readonly metric: string }): boolean => BUILT_IN.metrics.has(metric);
  const own = {
    ...result,
    series: result.series.filter(isOwn),
    counters: result.counters.filter(isOwn),
    fingerprint: '',
  };
  return textOf(own, BUILT_IN);
}

/** Events are others where every tick is executed. */
const withoutCounts = (text: string): string => text.replace(/^fingerprint .*$/m, '');

/** Two runs that take turns. */
function inTurns(spec: ClusterSpec, catalogue: Catalogue): string[] {
  const runs = [new Run(spec, 'a', { catalogue }), new Run(spec, 'a', { catalogue })];
  for (let turn = 1; turn <= TURNS; turn++) {
    for (const run of runs) run.advanceTo(Math.floor((spec.duration * turn) / TURNS));
  }
  return runs.map((run) => textOf(run.result(), catalogue));
}

/** Where two texts begin to differ: the table, and the line. */
function differenceOf(a: string, b: string): string {
  const [one, other] = [a.split('\n'), b.split('\n')];
  const at = one.findIndex((line, i) => line !== other[i]);
  if (at < 0) return 'one is longer';
  const table =
    one
      .slice(0, at + 1)
      .reverse()
      .find((line) => /^[a-z0-9_]+\.csv$/.test(line)) ?? 'fingerprint';
  return `first in ${table}: ${shortened(one[at]!)} and ${shortened(other[at] ?? 'nothing')}`;
}

const shortened = (line: string): string => (line.length > 100 ? `${line.slice(0, 100)}…` : line.trimEnd());
