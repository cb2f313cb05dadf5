// Flags and commands. Each command has a file of its own, loaded when it is called.

import yargs, { type Argv, type Options } from 'yargs';
import { QUEUE_NAMES } from '../engine/event-queue.js';
import { REPLICATIONS_MAX } from '../scenario/limits.js';
import { didYouMean } from '../scenario/suggest.js';
import { ENGINES, type EngineName } from './engines.js';
import { ExitCode } from './exit-code.js';
import { OutputError } from './output-error.js';
import { parseShard, type Shard } from './shard.js';
import { watchOutputs } from './terminal.js';
import { VERSION } from './version.js';

class UsageError extends Error {}

const OUTPUTS = ['table', 'json', 'csv'] as const;

const runOptions = {
  seed: { type: 'string', describe: 'seed of all random streams, instead of spec.seed', requiresArg: true },
  set: {
    type: 'string',
    array: true,
    nargs: 1,
    describe: "path=value: set one field, such as spec.kubeProxy.mode=ipvs or 'spec.nodePools[0].count=9'",
    requiresArg: true,
    default: [] as string[],
  },
  'results-dir': {
    alias: 'd',
    type: 'string',
    default: 'results',
    describe: 'results go to <dir>/<scenario>/',
    requiresArg: true,
  },
  output: {
    alias: 'o',
    choices: OUTPUTS,
    default: 'table' as const,
    describe: 'what is printed on standard output',
    requiresArg: true,
  },
  quiet: { alias: 'q', type: 'boolean', default: false, describe: 'print nothing but errors' },
  raw: {
    type: 'boolean',
    default: false,
    describe: 'write tables that are left out because of their length, such as pods.csv',
  },
  sweep: {
    type: 'string',
    array: true,
    nargs: 1,
    describe: 'path=a,b,c, or path=from:to:step (:xFACTOR, :nPOINTS): run with each of these values',
    requiresArg: true,
    default: [] as string[],
  },
  replications: {
    alias: 'n',
    type: 'string',
    describe: 'runs of each point with seeds of their own, instead of spec.replications',
    requiresArg: true,
  },
  until: {
    type: 'string',
    describe:
      "'FIGURE ±N%': as many replications as make half the 95 % interval of it so narrow, such as 'pod_startup_p99 ±5%'",
    requiresArg: true,
  },
  'max-replications': {
    type: 'string',
    default: '200',
    describe: 'replications at most with --until',
    requiresArg: true,
  },
  warmup: {
    type: 'string',
    describe:
      'time at the beginning that is not measured, instead of spec.warmup; auto: until sampled series are steady',
    requiresArg: true,
  },
  threshold: {
    type: 'string',
    array: true,
    nargs: 1,
    describe: "'METRIC: EXPR': must hold at every point, such as 'pod_ready: p(99) < 30s'; exit code 99 if not",
    requiresArg: true,
    default: [] as string[],
  },
  thresholds: { type: 'boolean', default: true, describe: 'check thresholds; --no-thresholds: do not' },
  shard: {
    type: 'string',
    describe: 'i/n: run the i-th of n parts only; kubelapse merge joins them',
    requiresArg: true,
  },
  engine: {
    choices: ENGINES,
    default: 'auto' as const,
    describe:
      'what carries out the runs: this thread, threads, workers of a queue (bullmq), or what fits; the results are the same bytes',
    requiresArg: true,
  },
  queue: {
    type: 'string',
    describe:
      'URL of the queue for --engine bullmq: redis://, rediss:// or postgres://, with account and password in it',
    requiresArg: true,
  },
  jobs: {
    alias: 'j',
    type: 'string',
    describe: 'runs at the same time at most; one a core without it',
    requiresArg: true,
  },
  resume: {
    type: 'boolean',
    default: true,
    describe: 'take over the finished runs of one that was stopped; --no-resume: do not',
  },
  'keep-jobs': {
    type: 'boolean',
    default: false,
    describe: 'keep the finished runs in <results>/jobs, so that more replications of them need not run again',
  },
  parquet: { type: 'boolean', default: false, describe: 'write estimates.parquet beside estimates.csv' },
  junit: { type: 'string', describe: 'file that the thresholds go to as JUnit XML', requiresArg: true },
  summary: { type: 'string', describe: 'file that thresholds and key figures go to as JSON', requiresArg: true },
  'event-queue': {
    choices: QUEUE_NAMES,
    default: 'wheel' as const,
    describe: 'event queue; the results are the same bytes',
    requiresArg: true,
  },
  'check-invariants': {
    type: 'boolean',
    default: false,
    describe: 'check what kubelets promise while it runs; a broken promise ends it with exit code 1',
  },
  'every-tick': {
    type: 'boolean',
    default: false,
    describe: 'execute every tick as an event: slow, the same bytes',
    hidden: true,
  },
} satisfies Record<string, Options>;

const compareOptions = {
  baseline: {
    type: 'string',
    describe:
      'folder of results, or one that holds some: each is compared with its scenario as it is now, or with the side named',
    requiresArg: true,
  },
  'fail-on': {
    type: 'string',
    array: true,
    nargs: 1,
    describe: "'[METRIC] STATISTIC > +N%': end with exit code 99 if a figure changed so, such as 'p99 > +10%'",
    requiresArg: true,
    default: [] as string[],
  },
  metric: {
    type: 'string',
    array: true,
    nargs: 1,
    describe: 'show this metric with all its statistics; may be given several times',
    requiresArg: true,
    default: [] as string[],
  },
  all: { type: 'boolean', default: false, describe: 'show every figure' },
  set: {
    ...runOptions.set,
    describe: 'path=value: for both sides; of one scenario given twice: for side A and for side B',
  },
  seed: runOptions.seed,
  replications: {
    ...runOptions.replications,
    describe: 'runs of each point, instead of spec.replications; 10 if neither says',
  },
  engine: runOptions.engine,
  queue: runOptions.queue,
  jobs: runOptions.jobs,
  'results-dir': { ...runOptions['results-dir'], describe: 'results go to <dir>/compare/' },
  output: { ...runOptions.output, choices: ['table', 'csv'] as const },
  junit: { ...runOptions.junit, describe: 'file that --fail-on goes to as JUnit XML' },
  quiet: runOptions.quiet,
} satisfies Record<string, Options>;

const planOptions = {
  maximise: { type: 'string', describe: 'path of a whole number, such as spec.apps[0].copies', requiresArg: true },
  minimise: {
    type: 'string',
    describe: 'path of a whole number; or cost, over the nodeTypes of a node pool',
    requiresArg: true,
  },
  lower: { type: 'string', default: '1', describe: 'where the search begins', requiresArg: true },
  upper: {
    type: 'string',
    describe: 'where it ends at the latest; without it, it goes as far as it takes',
    requiresArg: true,
  },
  precision: {
    type: 'string',
    default: '1%',
    describe: 'how near the answer is to the first number beyond it',
    requiresArg: true,
  },
  checks: {
    type: 'string',
    default: '3',
    describe: 'further numbers that are tried, to see whether more is always harder',
    requiresArg: true,
  },
  'subject-to': {
    ...runOptions.threshold,
    describe: "'METRIC: EXPR': what must hold, beside spec.thresholds, such as 'pod_ready: p(99) < 30s'",
  },
  set: runOptions.set,
  sweep: { ...runOptions.sweep, describe: 'path=a,b,c: the thresholds must hold with each of these values' },
  seed: runOptions.seed,
  'max-replications': {
    ...runOptions['max-replications'],
    default: '40',
    describe: 'replications of a number at most, where it is not clear',
  },
  engine: runOptions.engine,
  queue: runOptions.queue,
  jobs: runOptions.jobs,
  resume: runOptions.resume,
  charts: { type: 'boolean', default: true, describe: 'draw the frontier as SVG; --no-charts: do not' },
  'results-dir': { ...runOptions['results-dir'], describe: 'results go to <dir>/plan/' },
  output: { ...runOptions.output, choices: ['table', 'csv'] as const },
  quiet: runOptions.quiet,
} satisfies Record<string, Options>;

const importOptions = {
  nodes: { type: 'string', describe: 'CSV of a trace: one row a node (cpu, memory, pods, pool)', requiresArg: true },
  pods: {
    type: 'string',
    describe: 'CSV of a trace: one row a pod (cpu, memory, created_seconds, deleted_seconds)',
    requiresArg: true,
  },
  mapping: { type: 'string', describe: 'YAML that says which columns of a trace are which', requiresArg: true },
  from: { type: 'string', default: '0s', describe: 'where in the trace the simulation begins', requiresArg: true },
  lasts: { type: 'string', describe: 'how much of the trace is simulated; all of it without', requiresArg: true },
  name: { type: 'string', default: 'imported', describe: 'name of the scenario', requiresArg: true },
  dir: { type: 'string', default: 'scenarios', describe: 'folder to write to', requiresArg: true },
  anonymise: { type: 'boolean', default: false, describe: 'give names, labels and images other names' },
  salt: {
    type: 'string',
    default: 'kubelapse',
    describe: 'what the other names follow from; keep your own secret',
    requiresArg: true,
  },
  force: { type: 'boolean', default: false, describe: 'write over a scenario of that name' },
  quiet: runOptions.quiet,
} satisfies Record<string, Options>;

const measureOptions = {
  services: { type: 'string', default: '100,1000,5000', describe: 'numbers of services', requiresArg: true },
  endpoints: { type: 'string', default: '2', describe: 'endpoints of each service', requiresArg: true },
  connections: {
    type: 'string',
    default: '200',
    describe: 'connections that are timed at each point',
    requiresArg: true,
  },
  modes: { type: 'string', default: 'iptables,nftables,ipvs', describe: 'what is measured', requiresArg: true },
  output: {
    alias: 'o',
    type: 'string',
    default: 'kernel-measurements.csv',
    describe: 'file that is written; - is standard output',
    requiresArg: true,
  },
  quiet: runOptions.quiet,
} satisfies Record<string, Options>;

const calibrateOptions = {
  at: {
    type: 'string',
    array: true,
    nargs: 1,
    describe: 'name=value: what held for all measurements that do not say so, such as services=877 or mode=iptables',
    requiresArg: true,
    default: [] as string[],
  },
  name: { type: 'string', default: 'calibrated', describe: 'name of the profile', requiresArg: true },
  output: {
    alias: 'o',
    type: 'string',
    default: 'profile.yaml',
    describe: 'where the profile goes; - is standard output',
    requiresArg: true,
  },
  quiet: runOptions.quiet,
} satisfies Record<string, Options>;

/** Flags of a run that are given once. */
const SINGLE_RUN_FLAGS = [
  'seed',
  'results-dir',
  'output',
  'event-queue',
  'replications',
  'until',
  'max-replications',
  'warmup',
  'shard',
  'engine',
  'queue',
  'jobs',
  'junit',
  'summary',
];
/** Threads that may be asked for. */
const THREADS_MAX = 1024;

/** Runs one command line and returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  watchOutputs(ExitCode.Failed);
  let code: number = ExitCode.Ok;
  const done = (value: number): void => {
    code = value;
  };
  try {
    await commandLine(args, done).parseAsync();
    return code;
  } catch (error) {
    return report(error);
  }
}

function commandLine(args: readonly string[], done: (code: number) => void): Argv {
  return yargs([...args])
    .scriptName('kubelapse')
    .usage('$0 <command>\n\nWhat happens to pod start-up, restarts and service latency on your cluster, simulated.')
    .parserConfiguration({
      'dot-notation': false,
      'duplicate-arguments-array': true,
      'parse-positional-numbers': false,
    })
    .command(
      'run <scenario>',
      'run a scenario and write its results',
      (y) => withScenario(y).options(runOptions),
      async (argv) => {
        refuseRepeats(argv, SINGLE_RUN_FLAGS);
        refuseEmpty(argv, SINGLE_RUN_FLAGS);
        refuseTogether(argv, 'replications', 'until');
        refuseTogether(argv, 'shard', 'until');
        const { runCommand } = await import('./run-command.js');
        done(
          await runCommand({
            ...argv,
            scenario: scenarioOf(argv.scenario, args),
            replications: countOf(argv.replications, '--replications', REPLICATIONS_MAX),
            maxReplications: countOf(argv['max-replications'], '--max-replications', REPLICATIONS_MAX)!,
            jobs: countOf(argv.jobs, '--jobs', THREADS_MAX),
            ...engineOf(argv),
            shard: shardOf(argv.shard),
            keepJobs: argv['keep-jobs'],
            resultsDir: argv['results-dir'],
            eventQueue: argv['event-queue'],
            everyTick: argv['every-tick'],
            checkInvariants: argv['check-invariants'],
          }),
        );
      },
    )
    .command(
      'validate <scenario..>',
      'check scenarios and their manifests; nothing is run',
      (y) =>
        y
          .positional('scenario', { type: 'string', array: true, demandOption: true, describe: 'scenario files' })
          .options({ set: runOptions.set, quiet: runOptions.quiet }),
      async (argv) => {
        const { validateCommand } = await import('./validate-command.js');
        done(validateCommand(argv.scenario, argv.set, argv.quiet));
      },
    )
    .command(
      'explain [field]',
      'what a field means, or every number of the model (explain parameters)',
      (y) =>
        y
          .positional('field', {
            type: 'string',
            default: 'scenario',
            describe: 'such as spec.kubeProxy.mode, or parameters',
          })
          .option('recursive', { type: 'boolean', default: false, describe: 'all fields below it' }),
      async (argv) => {
        const { explainCommand } = await import('./explain-command.js');
        done(explainCommand(argv.field, argv.recursive));
      },
    )
    .command(
      'init [name]',
      'write a scenario and a manifest to start from',
      (y) =>
        y
          .positional('name', { type: 'string', default: 'my-cluster', describe: 'name of the scenario' })
          .option('dir', { type: 'string', default: 'scenarios', describe: 'folder to write to' }),
      async (argv) => {
        refuseRepeats(argv, ['dir']);
        refuseEmpty(argv, ['dir']);
        const { initCommand } = await import('./init-command.js');
        done(initCommand(argv.name, argv.dir));
      },
    )
    .command(
      'import [sources..]',
      'make a scenario of what kubectl prints, of a folder of manifests, or of a cluster trace',
      (y) =>
        y
          .positional('sources', {
            type: 'string',
            array: true,
            default: [] as string[],
            describe: 'files of `kubectl get … -o json|yaml`, folders of manifests; - is standard input',
          })
          .options(importOptions),
      async (argv) => {
        const single = Object.keys(importOptions);
        refuseRepeats(argv, single);
        refuseEmpty(argv, single);
        const { importCommand } = await import('./import-command.js');
        // yargs leaves a lone "-" out of a list.
        const sources = [...argv.sources.filter((source) => source !== ''), ...(args.includes('-') ? ['-'] : [])];
        done(
          await importCommand({
            ...argv,
            sources,
            from: secondsOf(argv.from, '--from')!,
            lasts: secondsOf(argv.lasts, '--lasts'),
          }),
        );
      },
    )
    .command(
      'schema [format]',
      'print the JSON Schema of scenarios, profiles or experiments, for editors',
      (y) =>
        y.positional('format', {
          choices: ['scenario', 'profile', 'experiment'] as const,
          default: 'scenario' as const,
          describe: 'which of them',
        }),
      async (argv) => {
        const { schemaCommand } = await import('./schema-command.js');
        done(await schemaCommand(argv.format));
      },
    )
    .command(
      'verify <results>',
      'run again what made a folder of results, and compare',
      (y) =>
        y
          .positional('results', { type: 'string', demandOption: true, describe: 'folder with a run.json' })
          .option('quiet', runOptions.quiet),
      async (argv) => {
        const { verifyCommand } = await import('./verify-command.js');
        done(await verifyCommand(argv.results, argv.quiet));
      },
    )
    .command(
      'merge <dirs..>',
      'join the folders of shards (run --shard i/n) into one result',
      (y) =>
        y
          .positional('dirs', {
            type: 'string',
            array: true,
            demandOption: true,
            describe: 'folders of shards, or one that holds them',
          })
          .options({
            'results-dir': runOptions['results-dir'],
            output: runOptions.output,
            parquet: runOptions.parquet,
            junit: runOptions.junit,
            summary: runOptions.summary,
            quiet: runOptions.quiet,
          }),
      async (argv) => {
        refuseRepeats(argv, SINGLE_RUN_FLAGS);
        refuseEmpty(argv, SINGLE_RUN_FLAGS);
        const { mergeCommand } = await import('./merge-command.js');
        done(await mergeCommand({ ...argv, resultsDir: argv['results-dir'] }));
      },
    )
    .command(
      'compare [sides..]',
      'compare two scenarios, two values of a field (--set twice), two results, or a result with measurements',
      (y) =>
        y
          .positional('sides', {
            type: 'string',
            array: true,
            default: [] as string[],
            describe: 'scenarios, folders of results, files of ClusterLoader2 (perfdash JSON) or kube-burner',
          })
          .options(compareOptions),
      async (argv) => {
        const single = [...SINGLE_RUN_FLAGS, 'baseline'];
        refuseRepeats(argv, single);
        refuseEmpty(argv, single);
        const { compareCommand } = await import('./compare-command.js');
        done(
          await compareCommand({
            ...argv,
            failOn: argv['fail-on'],
            replications: countOf(argv.replications, '--replications', REPLICATIONS_MAX),
            jobs: countOf(argv.jobs, '--jobs', THREADS_MAX),
            ...engineOf(argv),
            resultsDir: argv['results-dir'],
          }),
        );
      },
    )
    .command(
      'plan <scenario>',
      'find the largest or smallest number, or the cheapest nodes, with which thresholds hold',
      (y) => withScenario(y).options(planOptions),
      async (argv) => {
        const single = [...SINGLE_RUN_FLAGS, 'maximise', 'minimise', 'lower', 'upper', 'precision', 'checks'];
        refuseRepeats(argv, single);
        refuseEmpty(argv, single);
        const { planCommand } = await import('./plan-command.js');
        const lower = countOf(argv.lower, '--lower', Number.MAX_SAFE_INTEGER)!;
        const upper = countOf(argv.upper, '--upper', Number.MAX_SAFE_INTEGER);
        if (upper !== undefined && upper <= lower)
          throw new UsageError(`--upper ${upper}: must be more than --lower ${lower}`);
        done(
          await planCommand({
            ...argv,
            scenario: scenarioOf(argv.scenario, args),
            lower,
            upper,
            precision: shareOf(argv.precision, '--precision'),
            checks: argv.checks === '0' ? 0 : countOf(argv.checks, '--checks', 100)!,
            subjectTo: argv['subject-to'],
            maxReplications: countOf(argv['max-replications'], '--max-replications', REPLICATIONS_MAX)!,
            jobs: countOf(argv.jobs, '--jobs', THREADS_MAX),
            ...engineOf(argv),
            resultsDir: argv['results-dir'],
          }),
        );
      },
    )
    .command(
      'worker',
      'carry out runs that others ask for through a queue (run --engine bullmq)',
      (y) =>
        y.options({
          queue: {
            ...runOptions.queue,
            demandOption: true,
            describe: 'URL of the queue: redis://, rediss:// or postgres://',
          },
          jobs: runOptions.jobs,
          quiet: runOptions.quiet,
        }),
      async (argv) => {
        refuseRepeats(argv, ['queue', 'jobs']);
        refuseEmpty(argv, ['queue', 'jobs']);
        const { workerCommand } = await import('./worker-command.js');
        done(await workerCommand({ ...argv, jobs: countOf(argv.jobs, '--jobs', THREADS_MAX) }));
      },
    )
    .command(
      'reproduce [name..]',
      'run published experiments and set the simulated figures beside the published ones',
      (y) =>
        y
          .positional('name', {
            type: 'string',
            array: true,
            default: [] as string[],
            describe: 'experiments; none: all',
          })
          .options({
            list: { type: 'boolean', default: false, describe: 'say which experiments there are; nothing is run' },
            experiments: {
              type: 'string',
              requiresArg: true,
              describe: 'folder of experiments, instead of those that come with kubelapse',
            },
            charts: { type: 'boolean', default: true, describe: 'draw an SVG beside each table; --no-charts: do not' },
            guide: { type: 'string', hidden: true },
            'results-dir': { ...runOptions['results-dir'], describe: 'results go to <dir>/reproduce/' },
            quiet: runOptions.quiet,
          }),
      async (argv) => {
        refuseRepeats(argv, ['experiments', 'results-dir', 'guide']);
        refuseEmpty(argv, ['experiments', 'results-dir', 'guide']);
        const { reproduceCommand } = await import('./reproduce-command.js');
        done(await reproduceCommand({ ...argv, names: argv.name, resultsDir: argv['results-dir'] }));
      },
    )
    .command(
      'calibrate <files..>',
      'fit costs of the model to your own measurements (CSV, or an export of Prometheus)',
      (y) =>
        y
          .positional('files', { type: 'string', array: true, demandOption: true, describe: 'measurements' })
          .options(calibrateOptions),
      async (argv) => {
        refuseRepeats(argv, ['output', 'name']);
        refuseEmpty(argv, ['output', 'name']);
        const { calibrateCommand } = await import('./calibrate-command.js');
        done(calibrateCommand(argv));
      },
    )
    .command(
      'measure-kernel',
      "measure what kube-proxy's rules cost on this machine (Linux, root)",
      (y) => y.options(measureOptions),
      async (argv) => {
        const names = ['services', 'endpoints', 'connections', 'modes', 'output'];
        refuseRepeats(argv, names);
        refuseEmpty(argv, names);
        const { measureKernelCommand } = await import('./measure-kernel-command.js');
        done(await measureKernelCommand(argv));
      },
    )
    .command(
      'docs <dir>',
      false,
      (y) => y.positional('dir', { type: 'string', demandOption: true }),
      async (argv) => {
        const { docsCommand } = await import('./docs-command.js');
        done(docsCommand(argv.dir));
      },
    )
    .completion('completion', 'print a completion script for bash or zsh')
    .demandCommand(1, 'a command is needed; kubelapse --help lists them')
    .strict()
    .recommendCommands()
    .version(VERSION)
    .alias('help', 'h')
    .wrap(Math.min(110, process.stdout.columns ?? 100))
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message, error) => {
      throw error ?? new UsageError(message);
    });
}

function withScenario(y: Argv): Argv<{ scenario: string }> {
  return y.positional('scenario', {
    type: 'string',
    demandOption: true,
    describe: 'scenario file; - is standard input',
  }) as Argv<{ scenario: string }>;
}

/** yargs hands over a lone "-" as an empty text, which is what an unset variable of the shell is too. */
function scenarioOf(positional: string, args: readonly string[]): string {
  if (positional !== '') return positional;
  if (args.includes('-')) return '-';
  throw new UsageError('the name of the scenario is empty');
}

/** A flag that takes one value and was given twice would silently lose one of them. */
function refuseRepeats(argv: Readonly<Record<string, unknown>>, names: readonly string[]): void {
  for (const name of names) {
    if (Array.isArray(argv[name]))
      throw new UsageError(`--${name} is given ${(argv[name] as unknown[]).length} times; give it once`);
  }
}

/** An unset variable of the shell gives an empty value. */
function refuseEmpty(argv: Readonly<Record<string, unknown>>, names: readonly string[]): void {
  for (const name of names) if (argv[name] === '') throw new UsageError(`the value of --${name} is empty`);
}

/** A whole number of at least 1; undefined if the flag was not given. */
function countOf(text: string | undefined, flag: string, most: number): number | undefined {
  if (text === undefined) return undefined;
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > most) throw new UsageError(`${flag} ${text}: must be a whole number from 1 to ${most}`);
  return count;
}

/** A duration in seconds; undefined if the flag was not given. */
function secondsOf(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d+(?:\.\d+)?)(s|m|h|d)$/.exec(text);
  if (match === null) throw new UsageError(`${flag} ${text}: must be a duration such as 90s, 30m, 24h or 7d`);
  return Number(match[1]) * { s: 1, m: 60, h: 3600, d: 86_400 }[match[2] as 's' | 'm' | 'h' | 'd'];
}

/** A percentage as 0 … 1. */
function shareOf(text: string, flag: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*%$/.exec(text);
  if (match === null || Number(match[1]) > 100)
    throw new UsageError(`${flag} ${text}: must be a percentage such as 1%`);
  return Number(match[1]) / 100;
}

function shardOf(text: string | undefined): Shard | undefined {
  if (text === undefined) return undefined;
  const shard = parseShard(text);
  if (shard === undefined) throw new UsageError(`--shard ${text}: must be i/n with i from 1 to n, such as 2/4`);
  return shard;
}

/** The engine, and the queue that it needs; a queue alone asks for the engine that uses it. */
function engineOf({ engine, queue }: { engine: EngineName; queue: string | undefined }): {
  engine: EngineName;
  queueUrl: string | undefined;
} {
  if (engine === 'bullmq' && queue === undefined)
    throw new UsageError('--engine bullmq needs --queue redis://… or postgres://…');
  if (queue !== undefined && engine !== 'bullmq' && engine !== 'auto') {
    throw new UsageError(`--engine ${engine} uses no queue: leave --queue out, or take --engine bullmq`);
  }
  return { engine: queue === undefined ? engine : 'bullmq', queueUrl: queue };
}

function refuseTogether(argv: Readonly<Record<string, unknown>>, one: string, other: string): void {
  if (argv[one] !== undefined && argv[other] !== undefined)
    throw new UsageError(`--${one} and --${other}: give one of them`);
}

/** One clear message, never a stack trace of the input's making. */
async function report(error: unknown): Promise<number> {
  const { InputError, formatDiagnostics } = await import('../scenario/diagnostics.js');
  if (error instanceof InputError) {
    process.stderr.write(formatDiagnostics(error.diagnostics));
    return ExitCode.BadInput;
  }
  if (error instanceof OutputError) {
    process.stderr.write(`kubelapse: ${error.message}\n`);
    return ExitCode.Failed;
  }
  if (error instanceof UsageError) {
    process.stderr.write(`kubelapse: ${withSuggestion(error.message)}\n`);
    return ExitCode.BadInput;
  }
  if (error instanceof Error && error.name === 'YError') {
    process.stderr.write(`kubelapse: ${error.message}\n`);
    return ExitCode.BadInput;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`kubelapse: this is a defect of kubelapse, please report it with the scenario:\n${text}\n`);
  return ExitCode.Failed;
}

/** yargs suggests commands; this adds the same for flags. */
function withSuggestion(message: string): string {
  const unknown = /^Unknown arguments?: (.+)$/.exec(message);
  if (unknown === null) return message;
  const own = ['help', 'version', 'recursive', 'dir', 'list', 'experiments', 'no-charts', 'no-thresholds', 'no-resume'];
  const known = [
    ...Object.keys(runOptions),
    ...Object.keys(compareOptions),
    ...Object.keys(measureOptions),
    ...Object.keys(calibrateOptions),
    ...own,
  ];
  const hints = unknown[1]!.split(', ').flatMap((flag) => didYouMean(flag.replace(/^-+/, ''), known) ?? []);
  return hints.length > 0 ? `${message} (${hints.join(' ')})` : message;
}
