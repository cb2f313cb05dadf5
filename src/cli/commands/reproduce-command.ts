// `kubelapse reproduce`: runs published experiments in the simulator and sets its figures beside theirs.

import { fileURLToPath } from 'node:url';
import type { Catalogue } from '../../catalogue.js';
import { ParameterSet } from '../../cluster/index.js';
import {
  agreementChart,
  checkCells,
  checkName,
  compareWithPublished,
  type Experiment,
  type ExperimentRun,
  isRule,
  type Reproduction,
  type Runs,
  readExperiment,
  reproductionCsv,
  reproductionGuide,
  reproductionLead,
  reproductionSummaryCsv,
  reproductionTable,
} from '../../experiment/reproduce/index.js';
import { svgOf } from '../../report/index.js';
import {
  costsOf,
  didYouMean,
  fileError,
  formatDiagnostics,
  InputError,
  type LoadedScenario,
  type Profile,
} from '../../scenario/index.js';
import { linesText } from '../../text/index.js';
import { drive } from '../drive.js';
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
import { print, say, sayLine } from '../print.js';
import { endProcess, hearSignals } from '../signals.js';

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
  const bad: InputError[] = [];
  const experiments: Ready[] = [];
  for (const name of names) {
    // One that is written wrongly does not stop the others.
    try {
      experiments.push(await readyAt(joinPath(root, name), name, catalogue, args));
    } catch (error) {
      if (!(error instanceof InputError) || names.length === 1) throw error;
      bad.push(error);
    }
  }
  if (args.list) {
    print(experiments.map(({ experiment }) => listed(experiment)).join(''));
    return told(bad);
  }
  if (experiments.length === 0) throw new InputError(bad.flatMap(({ diagnostics }) => diagnostics));
  const results = joinPath(args.resultsDir, 'reproduce');
  checkFolder(results);
  for (const path of outputsOf(results, experiments, args)) checkReplaceable(path);
  const unlock = lockFolder(results);
  // Nothing of a run is worth keeping before it is over.
  let under = '';
  const release = hearSignals((signal) =>
    endProcess(signal, `stopped in ${under}; the experiments before it are written`),
  );
  try {
    const reproductions: Reproduction[] = [];
    for (const { experiment, scenarios, profiles } of experiments) {
      under = experiment.name;
      if (!args.quiet && process.stderr.isTTY !== true) sayLine(`${experiment.name} …`);
      try {
        const runs = await runsOf(experiment, scenarios, args.quiet);
        const reproduction = compareWithPublished(
          experiment,
          runs,
          catalogue,
          (paths) => new ParameterSet(catalogue.costs, costsOf(paths.map((path) => profiles.get(path)!))),
        );
        await write(results, reproduction, args);
        reproductions.push(reproduction);
      } catch (error) {
        if (!(error instanceof InputError) || names.length === 1) throw error;
        bad.push(error);
      }
    }
    // A summary of some experiments would take the place of that of all.
    if (args.names.length === 0 && bad.length === 0) {
      writeWhole(joinPath(results, 'summary.csv'), reproductionSummaryCsv(reproductions), { root: args.resultsDir });
    }
    if (args.guide !== undefined && bad.length === 0) writeGuide(args.guide, reproductions);
    if (!args.quiet) print(reproductionTable(reproductions));
    const isPart = bad.length > 0 && args.names.length === 0;
    if (!args.quiet)
      sayLine(`${results}/ written${isPart ? ', but for summary.csv: some experiments were not run' : ''}`);
    if (bad.length > 0) return told(bad);
    return reproductions.some(({ outside }) => outside.length > 0) ? ExitCode.Failed : ExitCode.Ok;
  } finally {
    release();
    unlock();
  }
}

/** What is wrong with some experiments, after the others have had their turn. */
function told(bad: readonly InputError[]): number {
  for (const { diagnostics } of bad) say(formatDiagnostics(diagnostics));
  return bad.length === 0 ? ExitCode.Ok : ExitCode.BadInput;
}

/** An experiment of which all was looked at. */
interface Ready {
  readonly folder: string;
  readonly experiment: Experiment;
  readonly scenarios: readonly (() => Promise<LoadedScenario>)[];
  readonly profiles: ReadonlyMap<string, Profile>;
}

async function readyAt(folder: string, name: string, catalogue: Catalogue, args: ReproduceArguments): Promise<Ready> {
  const { read } = confined(folder, args);
  const experiment = readExperiment(folder, catalogue, (path) => read(path, FORMAT));
  checkName(experiment, name);
  if (args.list) return { folder, experiment, scenarios: [], profiles: new Map() };
  const scenarios = await scenariosOf(experiment, folder, args);
  const parameters = scenarios.map(({ first }) => first.points[0]!.parameters.map((parameter) => parameter.name));
  const runs = (experiment.spec.runs ?? []).map((run, i) => [run.name, parameters[i]!] as const);
  checkCells(experiment, catalogue, new Map(runs));
  const profiles = profilesOf(experiment, folder, catalogue, args);
  return { folder, experiment, scenarios: scenarios.map(({ load }) => load), profiles };
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
): Promise<{ first: LoadedScenario; load: () => Promise<LoadedScenario> }[]> =>
  Promise.all(
    (spec.runs ?? []).map(async (run) => {
      const path = new Confinement(folder, sharedFolders(args)).of(run.scenario);
      const load = (unchecked: boolean): Promise<LoadedScenario> =>
        scenarioAt(path, { set: run.set ?? [], unchecked }, sharedFolders(args));
      return { first: await load(true), load: () => load(false) };
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

/** Runs the scenarios of an experiment. */
async function runsOf(
  experiment: Experiment,
  scenarios: readonly (() => Promise<LoadedScenario>)[],
  quiet: boolean,
): Promise<Runs> {
  const runs = new Map<string, ExperimentRun>();
  for (const [i, run] of (experiment.spec.runs ?? []).entries()) {
    const scenario = await scenarios[i]!();
    const { points, failure } = await drive(scenario, { quiet, queue: 'wheel', everyTick: false }, { by: undefined });
    if (failure !== undefined) throw failure;
    runs.set(run.name, { name: scenario.name, thresholds: scenario.thresholds, points });
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

const mark = (what: string): string => `<!-- generated by kubelapse reproduce: ${what} -->`;

/** The guide is a person's, but for two parts between marks. */
function writeGuide(path: string, reproductions: readonly Reproduction[]): void {
  const parts = [
    { begin: mark('areas'), end: mark('end of areas'), text: reproductionLead(reproductions) },
    { begin: mark('begin'), end: mark('end'), text: reproductionGuide(reproductions) },
  ];
  const written = parts.reduce((text, part) => withPart(path, text, part), readText(path));
  writeOver(path, written);
}

function withPart(
  path: string,
  whole: string,
  { begin, end, text }: { readonly begin: string; readonly end: string; readonly text: string },
): string {
  const [from, to] = [whole.indexOf(begin), whole.indexOf(end)];
  if (from < 0 || to < from) throw fileError(path, `has no place for the table: a line ${begin} and a line ${end}`);
  return `${whole.slice(0, from + begin.length)}\n\n${text}\n${whole.slice(to)}`;
}
