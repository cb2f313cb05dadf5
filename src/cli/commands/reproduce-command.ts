// `kubelapse reproduce`: runs published experiments in the simulator and sets its figures beside theirs.

import { fileURLToPath } from 'node:url';
import type { Catalogue } from '../../catalogue.js';
import { ParameterSet } from '../../cluster/index.js';
import {
  agreementChart,
  checkName,
  compareWithPublished,
  type Experiment,
  isRule,
  type Reproduction,
  readExperiment,
  reproductionCsv,
  reproductionGuide,
  reproductionSummaryCsv,
  reproductionTable,
} from '../../experiment/reproduce/index.js';
import { svgOf } from '../../report/index.js';
import type { FinishedPoint } from '../../results/index.js';
import { costsOf, didYouMean, fileError, type LoadedScenario, type Profile } from '../../scenario/index.js';
import { linesText } from '../../text/index.js';
import { drive, StopSignal } from '../drive.js';
import { ExitCode } from '../exit-code.js';
import { commandCatalogue, scenarioAt } from '../extensions.js';
import {
  Confinement,
  checkFolder,
  checkReplaceable,
  folderOf,
  foldersIn,
  joinPath,
  lockFolder,
  profileAt,
  readText,
  writeAllWhole,
  writeOver,
  writeWhole,
} from '../files/index.js';
import { specText } from '../pictures.js';
import { print, sayLine } from '../print.js';
import { exitCodeOf } from '../signals.js';

export interface ReproduceArguments {
  /** Names of experiments; none: all. */
  readonly names: readonly string[];
  readonly list: boolean;
  /** Folder of the experiments; undefined: those that come with kubelapse. */
  readonly experiments?: string | undefined;
  readonly resultsDir: string;
  readonly charts: boolean;
  readonly quiet: boolean;
  /** Guide whose generated part is written again. */
  readonly guide?: string | undefined;
}

const FORMAT = 'docs/guides/own-experiments.md says what an experiment is made of';

/** The experiments that come with kubelapse: beside dist/ in a package as in a checkout. */
const OWN = fileURLToPath(new URL('../../../scenarios/reproduce', import.meta.url));

export async function reproduceCommand(args: ReproduceArguments): Promise<number> {
  const root = args.experiments ?? OWN;
  const known = foldersIn(root);
  if (known.length === 0) throw fileError(root, 'holds no experiments: each is a folder with an experiment.yaml');
  const names = args.names.length === 0 ? known : [...new Set(args.names)];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const like = known.filter((name) => name.includes(unknown));
    const hint =
      didYouMean(unknown, known) ?? (like.length > 0 ? `there is ${like.join(', ')}` : 'kubelapse reproduce --list');
    throw fileError(root, `there is no experiment "${unknown}"`, hint);
  }
  const catalogue = await commandCatalogue();
  const experiments = names.map((name) => {
    const folder = joinPath(root, name);
    const { read } = confined(folder, args);
    const experiment = readExperiment(folder, catalogue, (path) => read(path, FORMAT));
    checkName(experiment, name);
    return { folder, experiment };
  });
  if (args.list) {
    print(experiments.map(({ experiment }) => listed(experiment)).join(''));
    return ExitCode.Ok;
  }
  const results = joinPath(args.resultsDir, 'reproduce');
  checkFolder(results);
  for (const path of outputsOf(results, experiments, args)) checkReplaceable(path);
  const scenarios = await Promise.all(
    experiments.map(({ folder, experiment }) => scenariosOf(experiment, folder, args)),
  );
  const profiles = experiments.map(({ folder, experiment }) => profilesOf(experiment, folder, catalogue, args));
  const unlock = lockFolder(results);
  const stop = new StopSignal();
  try {
    const reproductions: Reproduction[] = [];
    for (const [i, { experiment }] of experiments.entries()) {
      if (!args.quiet && process.stderr.isTTY !== true) sayLine(`${experiment.name} …`);
      const runs = await runsOf(experiment, scenarios[i]!, args.quiet, stop);
      if (runs === undefined) return exitCodeOf(stop.by!);
      const reproduction = compareWithPublished(
        experiment,
        runs,
        catalogue,
        (paths) => new ParameterSet(catalogue.costs, costsOf(paths.map((path) => profiles[i]!.get(path)!))),
      );
      await write(results, reproduction, args);
      reproductions.push(reproduction);
    }
    // A summary of some experiments would take the place of that of all.
    if (args.names.length === 0) {
      writeWhole(joinPath(results, 'summary.csv'), reproductionSummaryCsv(reproductions), { root: args.resultsDir });
    }
    if (args.guide !== undefined) writeGuide(args.guide, reproductions);
    if (!args.quiet) print(reproductionTable(reproductions));
    if (!args.quiet) sayLine(`${results}/ written`);
    return reproductions.some(({ outside }) => outside.length > 0) ? ExitCode.Failed : ExitCode.Ok;
  } finally {
    stop.close();
    unlock();
  }
}

/** Files of all experiments. */
function outputsOf(
  results: string,
  experiments: readonly { experiment: Experiment }[],
  { names }: ReproduceArguments,
): string[] {
  const of = experiments.flatMap(({ experiment }) =>
    ['csv', 'vl.json', 'svg'].map((extension) => joinPath(results, `${experiment.name}.${extension}`)),
  );
  return names.length === 0 ? [...of, joinPath(results, 'summary.csv')] : of;
}

/** What the experiments that come with kubelapse share lies beside them. */
const sharedFolders = ({ experiments }: ReproduceArguments): string[] =>
  experiments === undefined ? [folderOf(OWN)] : [];

/** Reads what an experiment names, from where it may name files. */
function confined(folder: string, args: ReproduceArguments): { read: (path: string, hint?: string) => string } {
  const place = new Confinement(folder, sharedFolders(args));
  return { read: (path, hint) => place.read(path, hint) };
}

const listed = ({ name, spec, published }: Experiment): string =>
  linesText([name, `  ${spec.title}`, `  ${spec.publication.cite}; ${published.length} figures`]);

/** The scenarios of an experiment, looked at before any is run. Throws an InputError. */
const scenariosOf = (
  { spec }: Experiment,
  folder: string,
  args: ReproduceArguments,
): Promise<(() => Promise<LoadedScenario>)[]> =>
  Promise.all(
    (spec.runs ?? []).map(async (run) => {
      const path = new Confinement(folder, sharedFolders(args)).of(run.scenario);
      const load = (unchecked: boolean): Promise<LoadedScenario> =>
        scenarioAt(path, { set: run.set ?? [], unchecked }, sharedFolders(args));
      await load(true);
      return () => load(false);
    }),
  );

/** The profiles of an experiment by their paths in it, looked at before anything is run. Throws an InputError. */
function profilesOf(
  { spec }: Experiment,
  folder: string,
  catalogue: Catalogue,
  args: ReproduceArguments,
): ReadonlyMap<string, Profile> {
  const { read } = confined(folder, args);
  const paths = spec.figures.flatMap(({ terms }) =>
    terms.flatMap((term) => (isRule(term) ? (term.profiles ?? []) : [])),
  );
  return new Map(
    [...new Set(paths)].map((path) => [path, profileAt(joinPath(folder, path), catalogue, () => read(path))]),
  );
}

/** Runs the scenarios of an experiment; undefined if a signal came before they were finished. */
async function runsOf(
  experiment: Experiment,
  scenarios: readonly (() => Promise<LoadedScenario>)[],
  quiet: boolean,
  stop: StopSignal,
): Promise<ReadonlyMap<string, readonly FinishedPoint[]> | undefined> {
  const runs = new Map<string, readonly FinishedPoint[]>();
  for (const [i, run] of (experiment.spec.runs ?? []).entries()) {
    const scenario = await scenarios[i]!();
    const options = { quiet, queue: 'wheel', everyTick: false } as const;
    const { points, stoppedBy, failure } = await drive(scenario, options, stop);
    if (stoppedBy !== undefined) {
      sayLine(`stopped in ${experiment.name}; the experiments before it are written`);
      return undefined;
    }
    if (failure !== undefined) throw failure;
    runs.set(run.name, points);
  }
  return runs;
}

async function write(dir: string, reproduction: Reproduction, { charts }: ReproduceArguments): Promise<void> {
  const path = (extension: string): string => joinPath(dir, `${reproduction.experiment.name}.${extension}`);
  const spec = agreementChart(reproduction);
  const files = [
    { path: path('csv'), text: reproductionCsv(reproduction) },
    { path: path('vl.json'), text: specText(spec) },
  ];
  if (charts) files.push({ path: path('svg'), text: await svgOf(spec) });
  writeAllWhole(files, charts ? [] : [path('svg')], { root: folderOf(dir) });
}

const BEGIN = '<!-- generated by kubelapse reproduce: begin -->';
const END = '<!-- generated by kubelapse reproduce: end -->';

/** The guide is a person's, but for the part between two marks. */
function writeGuide(path: string, reproductions: readonly Reproduction[]): void {
  const text = readText(path);
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw fileError(path, `has no place for the table: a line ${BEGIN} and a line ${END}`);
  const head = text.slice(0, begin + BEGIN.length);
  writeOver(path, `${head}\n\n${reproductionGuide(reproductions)}\n${text.slice(end)}`);
}
