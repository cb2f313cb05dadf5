// `kubelapse plan`: the largest or smallest number at which thresholds hold, or the cheapest nodes with which they do.

import { jobsOf } from '../../experiment/index.js';
import {
  type Finding,
  type Frontier,
  findingOf,
  frontierChart,
  frontierCsv,
  nextReplications,
  type Plan,
  type Probe,
  planText,
  REPLICATIONS_FIRST,
  search,
} from '../../experiment/plan/index.js';
import { svgOf } from '../../report/index.js';
import { fileError, InputError, type LoadedScenario, parsePath } from '../../scenario/index.js';
import { Collection, Executors } from '../collect.js';
import { StopSignal } from '../drive.js';
import type { EngineName } from '../engines.js';
import { ExitCode } from '../exit-code.js';
import { scenarioAt } from '../extensions.js';
import { checkFolder, checkReplaceable, folderOf, joinPath, lockFolder, writeAllWhole } from '../files/index.js';
import { FolderStore } from '../job-store.js';
import { MemoryNeeds } from '../memory.js';
import { specText } from '../pictures.js';
import { print, printDocument, sayLine } from '../print.js';
import { exitCodeOf } from '../signals.js';
import { checkAll } from '../thresholds.js';

export interface PlanArguments {
  readonly scenario: string;
  readonly maximise?: string | undefined;
  /** A path, or `cost`. */
  readonly minimise?: string | undefined;
  readonly lower: number;
  readonly upper?: number | undefined;
  /** 0 … 1. */
  readonly precision: number;
  readonly checks: number;
  readonly subjectTo: readonly string[];
  readonly set: readonly string[];
  readonly sweep: readonly string[];
  readonly seed?: string | undefined;
  readonly maxReplications: number;
  readonly engine: EngineName;
  readonly jobs?: number | undefined;
  readonly queueUrl?: string | undefined;
  readonly resume: boolean;
  readonly charts: boolean;
  readonly resultsDir: string;
  readonly output: 'table' | 'csv';
  readonly quiet: boolean;
}

export async function planCommand(args: PlanArguments): Promise<number> {
  const scenario = await scenarioAt(args.scenario, { ...loadOptions(args), set: args.set, unchecked: true });
  const searches = searchesOf(args, scenario);
  if (scenario.thresholds.length === 0) {
    throw fileError(
      args.scenario,
      'has no thresholds to plan for',
      "give --subject-to 'METRIC: EXPR', or write spec.thresholds",
    );
  }
  const dir = joinPath(args.resultsDir, 'plan', scenario.name);
  checkFolder(dir);
  for (const name of PLAN_FILES) checkReplaceable(joinPath(dir, name));
  const unlock = lockFolder(dir);
  const stop = new StopSignal();
  const planner = new Planner(args, joinPath(dir, 'jobs'), stop);
  try {
    const frontiers: Frontier[] = [];
    for (const wanted of searches) {
      const frontier = await planner.frontier(wanted, frontiers);
      if (frontier === undefined) {
        sayLine(`stopped; finished runs are kept: run the same command again to continue`);
        return exitCodeOf(stop.by!);
      }
      frontiers.push(frontier);
    }
    const direction = args.maximise === undefined ? 'minimise' : 'maximise';
    const plan: Plan = { scenario: scenario.name, direction, path: searches[0]!.path, frontiers };
    await writePlan(dir, plan, args.charts);
    planner.forget();
    if (!args.quiet && args.output === 'csv') printDocument(frontierCsv(plan));
    else if (!args.quiet) print(planText(plan));
    if (!args.quiet) sayLine(`${dir}/ written`);
    return frontiers.some(({ answer }) => answer.best !== undefined) ? ExitCode.Ok : ExitCode.ThresholdCrossed;
  } finally {
    stop.close();
    await planner.close();
    unlock();
  }
}

const loadOptions = (args: PlanArguments) => ({
  sweep: args.sweep,
  thresholds: args.subjectTo,
  ...(args.seed === undefined ? {} : { seed: args.seed }),
});

interface Search {
  readonly path: string;
  readonly direction: 'maximise' | 'minimise';
  /** What else is set meanwhile. */
  readonly set: readonly string[];
  readonly nodeType?: Frontier['nodeType'];
}

/** One search, or one for each type of node. Throws an InputError. */
function searchesOf(args: PlanArguments, scenario: LoadedScenario): Search[] {
  const { maximise, minimise } = args;
  if ((maximise === undefined) === (minimise === undefined)) {
    throw fileError(
      'plan',
      'needs one of --maximise PATH, --minimise PATH and --minimise cost',
      'such as --maximise spec.apps[0].copies',
    );
  }
  if (minimise === 'cost') return costSearches(args, scenario);
  const path = (maximise ?? minimise)!;
  const steps = parsePath(path);
  if (steps?.[0] !== 'spec' || ['seed', 'replications', 'sweep', 'thresholds'].includes(String(steps[1]))) {
    const flag = maximise === undefined ? '--minimise' : '--maximise';
    throw fileError(`${flag} ${path}`, 'is not the path of a field of spec, such as spec.apps[0].copies');
  }
  return [{ path, direction: maximise === undefined ? 'minimise' : 'maximise', set: [] }];
}

function costSearches(args: PlanArguments, scenario: LoadedScenario): Search[] {
  const pools = scenario.nodeTypes;
  const [pool, ...others] = pools;
  if (pool === undefined)
    throw fileError(
      args.scenario,
      'has no nodeTypes to choose from',
      'write spec.nodePools[].nodeTypes: name, capacity, pricePerHour',
    );
  if (others.length > 0)
    throw fileError(args.scenario, 'has nodeTypes in several pools: only one can be planned at a time');
  const at = `spec.nodePools[${pool.index}]`;
  return pool.types.map(({ name, capacity, pricePerHour }) => ({
    path: `${at}.count`,
    direction: 'minimise',
    set: [`${at}.capacity=${JSON.stringify(capacity)}`],
    nodeType: { name, pricePerHour },
  }));
}

/** Tries numbers, with replications that have the same seeds at each of them. */
class Planner {
  readonly #args: PlanArguments;
  readonly #store: FolderStore;
  readonly #stop: StopSignal;
  readonly #executors: Executors;

  constructor(args: PlanArguments, jobs: string, stop: StopSignal) {
    this.#args = args;
    this.#stop = stop;
    this.#store = new FolderStore(jobs);
    if (!args.resume) this.#store.remove();
    this.#executors = new Executors({ engine: args.engine, threads: args.jobs, queueUrl: args.queueUrl });
  }

  close(): Promise<void> {
    return this.#executors.close();
  }

  /** Removes the finished runs. */
  forget(): void {
    this.#store.remove();
  }

  /** The frontier of one search; undefined if a signal came. What costs more than the cheapest so far is not tried. */
  async frontier(wanted: Search, before: readonly Frontier[]): Promise<Frontier | undefined> {
    const { lower, precision, checks } = this.#args;
    const upper = this.#upperFor(wanted, before);
    const { nodeType, direction } = wanted;
    if (upper !== undefined && upper < lower) return { nodeType, answer: NOTHING, probes: [] };
    const steps = search({ direction, lower, upper, precision, checks });
    const probes: Probe[] = [];
    let step = steps.next();
    while (!step.done) {
      const probe = await this.#probe(wanted, step.value);
      if (probe === undefined) return undefined;
      if (!this.#args.quiet) this.#tell(wanted, probe);
      probes.push(probe);
      step = steps.next(probe.finding);
    }
    return { nodeType, answer: step.value, probes: probes.sort((a, b) => a.value - b.value) };
  }

  #upperFor({ nodeType }: Search, before: readonly Frontier[]): number | undefined {
    const costs = before.flatMap((f) =>
      f.answer.best === undefined ? [] : [f.answer.best * f.nodeType!.pricePerHour],
    );
    if (nodeType === undefined || costs.length === 0) return this.#args.upper;
    return Math.min(this.#args.upper ?? Infinity, Math.ceil(Math.min(...costs) / nodeType.pricePerHour));
  }

  #tell({ path, nodeType }: Search, { value, finding, replications, refused }: Probe): void {
    const type = nodeType === undefined ? '' : `${nodeType.name}: `;
    const how = refused ?? `${replications} replications`;
    sayLine(`${type}${path} = ${value}: ${finding} (${how})`);
  }

  /** Undefined if a signal came. */
  async #probe(wanted: Search, value: number): Promise<Probe | undefined> {
    const needs = new MemoryNeeds();
    const set = [...this.#args.set, ...wanted.set, `${wanted.path}=${value}`];
    let scenario: LoadedScenario;
    try {
      const { scenario: path } = this.#args;
      scenario = await scenarioAt(path, { ...loadOptions(this.#args), set, onPoint: needs.look(path) });
    } catch (error) {
      // At the beginning of the range it is the scenario that is wrong; further on it is the end of what can be tried.
      if (!(error instanceof InputError) || value === this.#args.lower) throw error;
      return { value, finding: 'invalid', replications: 0, thresholds: [], refused: error.diagnostics[0]!.message };
    }
    const options = { quiet: true, raw: false, everyTick: false, checkInvariants: false, queue: 'wheel' } as const;
    const collection = new Collection(scenario, options, this.#store, needs, this.#executors);
    let replications = Math.min(REPLICATIONS_FIRST, this.#args.maxReplications);
    for (;;) {
      const jobs = jobsOf(scenario.points, replications);
      await collection.carryOut(jobs, this.#stop);
      if (this.#stop.by !== undefined) return undefined;
      const [failure] = collection.failures;
      if (failure !== undefined) {
        return { value, finding: 'fails', replications, thresholds: [], refused: failure.failure.message };
      }
      // Pods without a node have no start-up time: the thresholds would not notice them.
      const records = [...collection.records(jobs)];
      const homeless = Math.max(...records.map(({ counts }) => counts.unschedulablePods));
      if (homeless > 0) {
        const refused = `${homeless} ${homeless === 1 ? 'pod finds' : 'pods find'} no node`;
        return { value, finding: 'fails', replications, thresholds: [], refused };
      }
      const thresholds = await checkAll(scenario, records);
      const finding: Finding = findingOf(thresholds);
      const next = finding === 'undecided' ? nextReplications(replications, this.#args.maxReplications) : undefined;
      if (next === undefined) return { value, finding, replications, thresholds };
      replications = next;
    }
  }
}

const NOTHING = { best: undefined, beyond: undefined, exceptions: [], safe: undefined };

const PLAN_FILES = ['frontier.csv', 'frontier.vl.json', 'plan.txt', 'frontier.svg'];

async function writePlan(dir: string, plan: Plan, charts: boolean): Promise<void> {
  const path = (name: string): string => joinPath(dir, name);
  const chart = frontierChart(plan);
  const files = [
    { path: path('frontier.csv'), text: frontierCsv(plan) },
    { path: path('frontier.vl.json'), text: specText(chart) },
    { path: path('plan.txt'), text: planText(plan) },
  ];
  if (charts) files.push({ path: path('frontier.svg'), text: await svgOf(chart) });
  writeAllWhole(files, charts ? [] : [path('frontier.svg')], { root: folderOf(dir) });
}
