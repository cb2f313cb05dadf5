// `kubelapse compare`: two scenarios, two values of a field, two folders of results, or a result and what was measured; or
// all of today's scenarios with a baseline.

import {
  type Comparison,
  checkMeasured,
  compare,
  comparisonCsv,
  comparisonText,
  type FailOn,
  type Failure,
  failOnCases,
  failuresOf,
  failureText,
  haveCommonPoint,
  isAbout,
  measuredSide,
  parseFailOn,
  placeOf,
  type Side,
  type SidePoint,
  simulatedSide,
} from '../../experiment/compare/index.js';
import type { MetricDefinitions } from '../../metrics/index.js';
import { type JUnitCase, junitXml } from '../../report/index.js';
import { fileError, type LoadedScenario, type LoadOptions, parseSelector } from '../../scenario/index.js';
import { csvCell } from '../../text/index.js';
import type { EngineName } from '../engines.js';
import { ExitCode } from '../exit-code.js';
import { commandCatalogue, scenarioAt } from '../extensions.js';
import {
  Confinement,
  checkFile,
  checkFolder,
  checkReplaceable,
  folderOf,
  foldersIn,
  isFile,
  isFolder,
  isThere,
  joinPath,
  lockFolder,
  readText,
  refuseOwnInputs,
  TABLE_BYTES_MAX,
  writeWhole,
} from '../files/index.js';
import { print, printDocument, sayLine } from '../print.js';
import { filesOfResult, readManifest } from '../results.js';
import { tellGitHub } from '../thresholds.js';
import { runExperiment } from './run-command.js';

export interface CompareArguments {
  /** Scenarios, folders of results, or files of measurements. */
  readonly sides: readonly string[];
  readonly baseline?: string | undefined;
  readonly set: readonly string[];
  readonly seed?: string | undefined;
  readonly replications?: number | undefined;
  readonly failOn: readonly string[];
  readonly metric: readonly string[];
  readonly all: boolean;
  readonly engine: EngineName;
  readonly jobs?: number | undefined;
  readonly queueUrl?: string | undefined;
  readonly resultsDir: string;
  readonly output: 'table' | 'csv';
  readonly junit?: string | undefined;
  readonly quiet: boolean;
}

/** Replications of scenarios that do not say how many they want: with fewer, intervals are wide. */
const REPLICATIONS = 10;

/** Something that can be a side, before it is run or read. */
interface SideInput {
  readonly kind: 'scenario' | 'results' | 'measured';
  /** Scenario file, folder with a run.json, or file. */
  readonly path: string;
  readonly set: readonly string[];
  readonly sweep?: readonly string[];
  readonly seed?: string | undefined;
  readonly replications?: number | undefined;
  /** Whether the caller has named the path; true by default. */
  readonly isNamed?: boolean;
}

interface Pair {
  /** Folder of the comparison. */
  readonly name: string;
  readonly a: SideInput;
  readonly b: SideInput;
}

export async function compareCommand(args: CompareArguments): Promise<number> {
  const pairs = pairsOf(args);
  const known = await metricsOfPairs(pairs);
  const rules = args.failOn.map((text) => parseFailOn(text, known));
  const metrics = args.metric.map((text) => metricOf(text, known));
  checkOutputs(pairs, args);
  for (const pair of pairs) await checkPair(pair);
  const cases: JUnitCase[] = [];
  const all: { pair: Pair; comparison: Comparison }[] = [];
  for (const pair of pairs) {
    const comparison = await comparisonOf(pair, args);
    if (typeof comparison === 'number') return comparison;
    all.push({ pair, comparison });
  }
  const judged = judge(
    all.map(({ comparison }) => comparison),
    rules,
  );
  let text = '';
  for (const [i, { pair, comparison }] of all.entries()) {
    const failures = judged[i]!;
    cases.push(...failOnCases(pair.name, rules, failures));
    const unlock = lockFolder(folderOfPair(args, pair));
    try {
      writeWhole(comparisonFile(args, pair), comparisonCsv(comparison), { root: folderOf(folderOfPair(args, pair)) });
    } finally {
      unlock();
    }
    text += `${i > 0 ? '\n' : ''}${comparisonText(comparison, { metrics, all: args.all }, failures)}`;
  }
  const failures = judged.flat();
  if (args.junit !== undefined) writeWhole(args.junit, junitXml(cases));
  tellGitHub(
    failures.map((failure) => ({ title: 'regression', message: failureText(failure) })),
    text,
  );
  if (!args.quiet) {
    if (args.output === 'csv') printDocument(comparisonCsv(all[0]!.comparison));
    else print(text);
    for (const pair of pairs) sayLine(`${folderOfPair(args, pair)}/ written`);
  }
  return failures.length > 0 ? ExitCode.ThresholdCrossed : ExitCode.Ok;
}

/** Throws an InputError if something that is to be written has no place, or would take that of an input. */
function checkOutputs(pairs: readonly Pair[], args: CompareArguments): void {
  checkFolder(args.resultsDir);
  for (const pair of pairs) checkReplaceable(comparisonFile(args, pair));
  if (args.junit === undefined) return;
  checkFile(args.junit, 'name a file');
  const inputs = pairs.flatMap(({ a, b }) =>
    [a, b].flatMap(({ kind, path }) => (kind === 'results' ? filesOfResult(path) : [path])),
  );
  refuseOwnInputs([args.junit], inputs);
}

/** Looks at both sides before anything is run: a run may take hours. Throws an InputError. */
async function checkPair({ a, b }: Pair): Promise<void> {
  const [one, other] = [await pointsOf(a), await pointsOf(b)];
  if (!haveCommonPoint(one, other)) {
    const places = [...one, ...other].map(({ parameters }) => placeOf(parameters));
    throw fileError(b.path, `has no point in common with ${a.path}`, `points: ${places.slice(0, 5).join(', ')}`);
  }
}

/** The points of a side, as its tables name them. Throws an InputError if it is no side. */
async function pointsOf(input: SideInput): Promise<readonly Pick<SidePoint, 'parameters'>[]> {
  switch (input.kind) {
    case 'results':
      return sideOf(input.path, input).points;
    case 'measured':
      checkMeasured(input.path, readText(input.path));
      return [{ parameters: [] }];
    case 'scenario':
      return (await scenarioOf(input, { sweep: input.sweep ?? [] })).points.map(({ parameters }) => ({
        parameters: parameters.map(({ name, value }) => ({ name, value: String(csvCell(value)) })),
      }));
  }
}

/** A path that came out of a run.json is not one that the caller has named. */
async function scenarioOf(
  { path, set, isNamed = true }: SideInput,
  options: Pick<LoadOptions, 'sweep' | 'unchecked'>,
): Promise<LoadedScenario> {
  if (!isNamed) new Confinement('.').of(path);
  return await scenarioAt(path, { set, ...options });
}

/** Failures of each comparison. A rule must be about something in one of them. Throws an InputError. */
function judge(comparisons: readonly Comparison[], rules: readonly FailOn[]): Failure[][] {
  const idle = rules.filter((rule) => !comparisons.some((comparison) => isAbout(comparison, rule)));
  if (idle.length > 0) failuresOf(comparisons[0]!, idle);
  return comparisons.map((comparison) =>
    failuresOf(
      comparison,
      rules.filter((rule) => isAbout(comparison, rule)),
    ),
  );
}

const folderOfPair = ({ resultsDir }: CompareArguments, { name }: Pair): string =>
  joinPath(resultsDir, 'compare', name);

const comparisonFile = (args: CompareArguments, pair: Pair): string =>
  joinPath(folderOfPair(args, pair), 'comparison.csv');

/** The metrics that either side may have. */
async function metricsOfPairs(pairs: readonly Pair[]): Promise<MetricDefinitions> {
  const results = pairs.flatMap(({ a, b }) => [a, b]).filter(({ kind }) => kind === 'results');
  const foreign = results.map(({ path }) => readManifest(path).foreign?.metrics);
  return Object.assign({}, (await commandCatalogue()).metricDefinitions, ...foreign);
}

function metricOf(text: string, metrics: MetricDefinitions): string {
  const selector = parseSelector(text, { metrics });
  if ('message' in selector) throw fileError(`--metric ${text}`, selector.message, selector.hint);
  return selector.metric;
}

/** What is compared with what. Throws an InputError. */
function pairsOf(args: CompareArguments): Pair[] {
  const { sides, baseline, set } = args;
  if (baseline !== undefined) return baselinePairs(args, baseline);
  const [one, other, ...more] = sides;
  if (one === undefined || more.length > 0) {
    throw fileError(
      'compare',
      `takes two sides, not ${sides.length}`,
      'two scenarios or folders; or one scenario and --set twice; or --baseline',
    );
  }
  if (other === undefined) {
    if (set.length !== 2) {
      const hint = 'name a second side, or give --set twice: the first is side A, the second side B';
      throw fileError(one, 'is one side only', hint);
    }
    const { kind, path } = inputOf(one);
    if (kind !== 'scenario') throw fileError(one, 'is not a scenario: --set has no effect on it');
    const side = (assignment: string): SideInput => ({ kind, path, set: [assignment] });
    return [{ name: nameOf(path), a: side(set[0]!), b: side(set[1]!) }];
  }
  const [a, b] = [
    { ...inputOf(one), set },
    { ...inputOf(other), set },
  ];
  if (a.kind === 'measured' && b.kind === 'measured')
    throw fileError(one, 'is measured, and so is the other side: one must be simulated');
  const [first, second] = [nameOf(one), nameOf(other)];
  return [{ name: first === second ? first : `${first}-vs-${second}`, a: alike(a, b), b: alike(b, a) }];
}

/** A scenario beside a result is run as that one was: with its seed, its overrides and as many replications. */
function alike(side: SideInput, other: SideInput): SideInput {
  if (side.kind !== 'scenario' || other.kind !== 'results') return side;
  const { seed, replications, overrides, sweep } = readManifest(other.path);
  return { ...side, set: [...overrides, ...side.set], sweep, seed, replications };
}

function baselinePairs(args: CompareArguments, baseline: string): Pair[] {
  const [target, ...more] = args.sides;
  if (more.length > 0) throw fileError('compare', `takes one side beside --baseline, not ${args.sides.length}`);
  const found = resultFolders(baseline);
  if (found.length === 0) {
    if (!isThere(baseline)) throw fileError(baseline, 'does not exist', 'kubelapse run -d makes a folder of results');
    const input = inputOf(baseline);
    if (target === undefined) throw fileError(baseline, 'is not a folder of results', 'name what to compare it with');
    const other = inputOf(target);
    return [{ name: nameOf(target), a: { ...input, set: args.set }, b: { ...other, set: args.set } }];
  }
  const targets = target === undefined ? undefined : targetsOf(target);
  return found.map((path) => {
    const manifest = readManifest(path);
    const a: SideInput = { kind: 'results', path, set: [] };
    const name = manifest.scenario;
    if (targets === undefined) {
      // The scenario as it is on disk today, not the text that is stored beside the baseline.
      return {
        name,
        a,
        b: alike({ kind: 'scenario', path: manifest.inputs[0]!.path, set: args.set, isNamed: false }, a),
      };
    }
    const b = targets.length === 1 ? targets[0]! : targets.find((side) => nameOf(side.path) === name);
    if (b === undefined) throw fileError(target!, `has no result of ${name}, which ${baseline} has`);
    return { name, a, b: alike({ ...b, set: args.set }, a) };
  });
}

function targetsOf(target: string): SideInput[] {
  const folders = resultFolders(target);
  return folders.length > 0 ? folders.map((path) => ({ kind: 'results', path, set: [] })) : [inputOf(target)];
}

/** The folder if it holds a result, or those in it that do. */
function resultFolders(path: string): string[] {
  const at = path.endsWith('run.json') ? folderOf(path) : path;
  if (isFile(joinPath(at, 'run.json'))) return [at];
  return foldersIn(at)
    .map((name) => joinPath(at, name))
    .filter((folder) => isFile(joinPath(folder, 'run.json')));
}

function inputOf(path: string): SideInput {
  if (path.endsWith('run.json') || isFolder(path))
    return { kind: 'results', path: path.endsWith('run.json') ? folderOf(path) : path, set: [] };
  if (/\.json$/.test(path) && !/^\s*\{[\s\S]{0,200}"kubelapse\.dev\//.test(readText(path)))
    return { kind: 'measured', path, set: [] };
  return { kind: 'scenario', path, set: [] };
}

/** Name of a side for folders: that of its file or folder. */
const nameOf = (path: string): string =>
  path
    .replace(/[\\/]+$/, '')
    .replace(/^.*[\\/]/, '')
    .replace(/\.(ya?ml|json)$/, '')
    .replace(/[^\w.-]/g, '_')
    .replace(/^\.+$/, 'results');

/** The comparison, or the exit code of a run that was stopped. */
async function comparisonOf(pair: Pair, args: CompareArguments): Promise<Comparison | number> {
  const sides: Record<'a' | 'b', Side | undefined> = { a: undefined, b: undefined };
  // What was measured is read last: which of its figures count depends on the other side.
  const order = (['a', 'b'] as const).toSorted(
    (x, y) => Number(pair[x].kind === 'measured') - Number(pair[y].kind === 'measured'),
  );
  for (const which of order) {
    const input = pair[which];
    if (input.kind === 'measured') {
      const other = sides[which === 'a' ? 'b' : 'a']!;
      sides[which] = measuredSide(input.path, readText(input.path), (metric) => labelSets(other, metric));
      continue;
    }
    const dir =
      input.kind === 'results' ? input.path : await ran(input, joinPath(folderOfPair(args, pair), which), args);
    if (typeof dir === 'number') return dir;
    sides[which] = sideOf(dir, input);
  }
  const comparison = compare(sides.a!, sides.b!);
  if (comparison.rows.length === 0) {
    const hint = comparison.unpaired.length > 0 ? `points: ${comparison.unpaired.slice(0, 5).join(', ')}` : undefined;
    throw fileError(comparison.b.name, `has no figure in common with ${comparison.a.name}`, hint);
  }
  return comparison;
}

function labelSets(side: Side, metric: string): string[] {
  const found = side.points.flatMap(({ figures }) =>
    [...figures.values()].filter((figure) => figure.metric === metric),
  );
  return [...new Set(found.map(({ labels }) => labels))];
}

/** Runs a scenario and returns its folder of results; the exit code if it was not finished. */
async function ran(input: SideInput, resultsDir: string, args: CompareArguments): Promise<string | number> {
  const { name, replications } = await scenarioOf(input, { unchecked: true });
  const wanted = args.replications ?? input.replications ?? (replications > 1 ? replications : REPLICATIONS);
  const { code, dir } = await runExperiment({
    scenario: input.path,
    set: input.set,
    sweep: input.sweep ?? [],
    seed: args.seed ?? input.seed,
    threshold: [],
    thresholds: false,
    replications: wanted,
    maxReplications: wanted,
    engine: args.engine,
    jobs: args.jobs,
    queueUrl: args.queueUrl,
    resume: true,
    keepJobs: false,
    charts: false,
    report: false,
    parquet: false,
    resultsDir,
    output: 'none',
    quiet: args.quiet,
    raw: false,
    eventQueue: 'wheel',
    everyTick: false,
    checkInvariants: false,
  });
  if (code !== ExitCode.Ok) sayLine(`${name}: not finished, so not compared`);
  return code === ExitCode.Ok ? dir : code;
}

function sideOf(dir: string, input: SideInput): Side {
  const { runs, partial } = readManifest(dir);
  if (partial)
    throw fileError(dir, 'is partial: not all of its runs are in the tables', 'kubelapse run or merge finishes it');
  const seeds = new Map(runs.map(({ point, replication, seed }) => [`${point}/${replication}`, seed]));
  const csv = readText(joinPath(dir, 'summary.csv'), 'run the scenario again', TABLE_BYTES_MAX);
  const name = input.kind === 'results' ? dir : [input.path, ...input.set].join(' ');
  const lengths = runs.map(({ simulatedSeconds }) => simulatedSeconds);
  return simulatedSide(name, csv, (point, replication) => seeds.get(`${point}/${replication}`), lengths);
}
