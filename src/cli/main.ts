// Flags and commands. Each command has a file of its own, loaded when it is called.

import yargs, { type Argv } from 'yargs';
import { didYouMean } from '../format/suggest.js';
import { REPLICATIONS_MAX } from '../scenario/limits.js';
import { messageOf, shellWord, shortened } from '../text/index.js';
import { VERSION } from '../version.js';
import {
  countOf,
  engineOf,
  fileRulesOf,
  refuseEmpty,
  refuseRepeats,
  refuseTogether,
  refuseValue,
  SINGLE_RUN_FLAGS,
  scenarioOf,
  secondsOf,
  shardOf,
  shareOf,
  THREADS_MAX,
  UsageError,
} from './arguments.js';
import { ExitCode } from './exit-code.js';
import { readingRules, setFileRules } from './files/rules.js';
import {
  calibrateOptions,
  chartOptions,
  compareOptions,
  globalOptions,
  importOptions,
  measureOptions,
  planOptions,
  playgroundOptions,
  reportOptions,
  runOptions,
} from './options.js';
import { isRunFailure } from './output-error.js';
import { say, sayLine } from './print.js';
import { endProcess, hearSignals } from './signals.js';
import { watchOutputs } from './terminal.js';
import { traceOf } from './trace-arguments.js';

/** Runs one command line and returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  watchOutputs(ExitCode.Failed);
  const release = hearSignals((signal) => endProcess(signal, 'stopped: unfinished work was removed'));
  let code: number = ExitCode.Ok;
  const done = (value: number): void => {
    code = value;
  };
  try {
    await commandLine(args, done, Math.min(110, process.stdout.columns ?? 100)).parseAsync();
    return code;
  } catch (error) {
    return await report(error, args);
  } finally {
    release();
    setFileRules({});
  }
}

/** @param width characters of a line of help. */
function commandLine(args: readonly string[], done: (code: number) => void, width: number): Argv {
  refuseOddWords(args);
  return yargs(withDashes(args))
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
        for (const flag of ['charts', 'report', 'watch']) refuseValue(args, flag);
        refuseTogether(argv, 'replications', 'until');
        refuseTogether(argv, 'shard', 'until');
        const { runCommand } = await import('./commands/run-command.js');
        const scenario = scenarioOf(argv.scenario, args);
        if (argv.watch && scenario === '-') throw new UsageError('--watch: standard input cannot be watched');
        const run = (): Promise<number> =>
          runCommand({
            ...argv,
            scenario,
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
            trace: traceOf(argv),
          });
        done(
          argv.watch
            ? await (await import('./watch.js')).watched(scenario, argv.set ?? [], run, (error) => report(error, args))
            : await run(),
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
        const { validateCommand } = await import('./commands/validate-command.js');
        done(await validateCommand(argv.scenario, argv.set, argv.quiet));
      },
    )
    .command(
      'explain [field]',
      'what a field, a metric or a table means, every number of the model (explain parameters), or what differs between versions (explain versions)',
      (y) =>
        y
          .positional('field', {
            type: 'string',
            default: 'scenario',
            describe: 'such as spec.kubeProxy.mode, or parameters, or versions',
          })
          .option('recursive', { type: 'boolean', default: false, describe: 'all fields below it' }),
      async (argv) => {
        const { explainCommand } = await import('./commands/explain-command.js');
        done(await explainCommand(argv.field, argv.recursive));
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
        const { initCommand } = await import('./commands/init-command.js');
        done(await initCommand(argv.name, argv.dir));
      },
    )
    .command(
      'import [sources..]',
      'make a scenario from what kubectl prints, a folder of manifests, or a cluster trace',
      (y) =>
        y
          .positional('sources', {
            type: 'string',
            array: true,
            default: [] as string[],
            describe:
              'files of `kubectl get … -o json|yaml`, folders of manifests, support bundles; - is standard input',
          })
          .options(importOptions),
      async (argv) => {
        const single = Object.keys(importOptions);
        refuseRepeats(argv, single);
        refuseEmpty(argv, single);
        const { importCommand } = await import('./commands/import-command.js');
        // yargs leaves a lone "-" out of a list.
        const sources = [...argv.sources.filter((source) => source !== ''), ...(args.includes('-') ? ['-'] : [])];
        done(
          await importCommand({
            ...argv,
            sources,
            from: secondsOf(argv.from, '--from'),
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
        const { schemaCommand } = await import('./commands/schema-command.js');
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
        const { verifyCommand } = await import('./commands/verify-command.js');
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
        const { mergeCommand } = await import('./commands/merge-command.js');
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
        const { compareCommand } = await import('./commands/compare-command.js');
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
      'chart <sources..>',
      'draw results as SVG, PNG or Vega-Lite',
      (y) =>
        y
          .positional('sources', {
            type: 'string',
            array: true,
            demandOption: true,
            describe: 'folders of results, or one Vega-Lite specification (.vl.json)',
          })
          .options(chartOptions),
      async (argv) => {
        const single = Object.keys(chartOptions).filter((name) => name !== 'output');
        refuseRepeats(argv, single);
        refuseEmpty(argv, single);
        const { chartCommand } = await import('./commands/chart-command.js');
        done(await chartCommand({ ...argv, outputs: argv.output }));
      },
    )
    .command(
      'report <results..>',
      'show results, or several side by side, as one HTML file that needs no network',
      (y) =>
        y
          .positional('results', { type: 'string', array: true, demandOption: true, describe: 'folders of results' })
          .options(reportOptions),
      async (argv) => {
        refuseRepeats(argv, Object.keys(reportOptions));
        refuseEmpty(argv, Object.keys(reportOptions));
        const { reportCommand } = await import('./commands/report-command.js');
        done(await reportCommand(argv));
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
        const { planCommand } = await import('./commands/plan-command.js');
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
            checks: countOf(argv.checks, '--checks', 100, 0)!,
            subjectTo: argv['subject-to'],
            maxReplications: countOf(argv['max-replications'], '--max-replications', REPLICATIONS_MAX, 2)!,
            jobs: countOf(argv.jobs, '--jobs', THREADS_MAX),
            ...engineOf(argv),
            resultsDir: argv['results-dir'],
          }),
        );
      },
    )
    .command(
      'playground',
      'serve a page that runs the simulator in the browser: sliders, live charts, two configurations side by side',
      (y) => y.options(playgroundOptions),
      async (argv) => {
        refuseRepeats(argv, Object.keys(playgroundOptions));
        refuseEmpty(argv, Object.keys(playgroundOptions));
        const { playgroundCommand } = await import('./commands/playground-command.js');
        done(await playgroundCommand({ ...argv, port: countOf(argv.port, '--port', 65_535, 0)! }));
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
        const { workerCommand } = await import('./commands/worker-command.js');
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
            describe: 'names of experiments; default: all',
          })
          .options({
            list: { type: 'boolean', default: false, describe: 'list the experiments; nothing is run' },
            experiments: {
              type: 'string',
              requiresArg: true,
              describe: 'folder of experiments, instead of those that come with kubelapse',
            },
            charts: {
              type: 'boolean',
              default: true,
              describe: 'draw an SVG beside each table; --no-charts turns it off',
            },
            guide: { type: 'string', hidden: true },
            'results-dir': { ...runOptions['results-dir'], describe: 'results go to <dir>/reproduce/' },
            quiet: runOptions.quiet,
          }),
      async (argv) => {
        refuseRepeats(argv, ['experiments', 'results-dir', 'guide']);
        refuseEmpty(argv, ['experiments', 'results-dir', 'guide']);
        const { reproduceCommand } = await import('./commands/reproduce-command.js');
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
        const { calibrateCommand } = await import('./commands/calibrate-command.js');
        done(await calibrateCommand(argv));
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
        const { measureKernelCommand } = await import('./commands/measure-kernel-command.js');
        done(await measureKernelCommand(argv));
      },
    )
    .command(
      'docs <dir>',
      false,
      (y) => y.positional('dir', { type: 'string', demandOption: true }),
      async (argv) => {
        const { docsCommand } = await import('./commands/docs-command.js');
        done(await docsCommand(argv.dir, helpOf));
      },
    )
    .options(globalOptions)
    .middleware((argv) => {
      for (const flag of ['force', 'verbose']) refuseValue(args, flag);
      refuseRepeats(argv, ['max-file-size']);
      setFileRules(fileRulesOf(argv));
    }, true)
    .completion('completion', 'print a completion script for bash or zsh')
    .demandCommand(1, 'a command is needed; kubelapse --help lists them')
    .strict()
    .recommendCommands()
    .version(VERSION)
    .alias('help', 'h')
    .wrap(width)
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message, error) => {
      throw error ?? new UsageError(message);
    });
}

/** What `kubelapse <command> --help` prints; of the whole command line without a name. */
export const helpOf = async (command: string, width: number): Promise<string> =>
  await commandLine(command === '' ? [] : [command], () => {}, width).getHelp();

/** Throws a {@link UsageError} at words that no command takes, and that yargs does not refuse. */
function refuseOddWords(args: readonly string[]): void {
  // It takes them for `--` itself.
  const odd = args.find((word) => word.startsWith('---'));
  if (odd !== undefined) throw new UsageError(`Unknown argument: ${odd}`);
  // What is empty behind a flag is that flag's to refuse.
  if (args.some((word, i) => word === '' && !args[i - 1]?.startsWith('-'))) throw new UsageError('a name is empty');
}

/**
 * The words as yargs understands them: `-o -` as one word, because it takes a lone dash for no value; what follows `--` as
 * files, because it looks at nothing there.
 */
function withDashes(args: readonly string[]): string[] {
  const words: string[] = [];
  const end = args.indexOf('--');
  const operands = end === -1 ? [] : args.slice(end + 1);
  for (const word of end === -1 ? args : args.slice(0, end)) {
    if (word === '-' && /^(-o|--output)$/.test(words.at(-1) ?? '')) words[words.length - 1] = '--output=-';
    else words.push(word);
  }
  return [...words, ...operands.map((word) => (/^-./.test(word) ? `./${word}` : word))];
}

function withScenario(y: Argv): Argv<{ scenario: string }> {
  return y.positional('scenario', {
    type: 'string',
    demandOption: true,
    describe: 'scenario file; - is standard input',
  }) as Argv<{ scenario: string }>;
}

/** One clear message; where a defect is shows --verbose only. */
async function report(error: unknown, args: readonly string[]): Promise<number> {
  const { withoutPassword } = await import('../experiment/executors/queue-connection.js');
  // What was typed comes back in messages; a password that was typed does not.
  const words = args.flatMap((word) => [word, word.slice(word.indexOf('=') + 1)]);
  const hidden = words.filter((word) => !word.startsWith('spec.') && withoutPassword(word) !== word);
  const safe = (text: string): string =>
    hidden.reduce((rest, word) => rest.replaceAll(word, withoutPassword(word)), text);
  const { InputError, formatDiagnostics } = await import('../scenario/diagnostics.js');
  if (error instanceof InputError) {
    say(safe(formatDiagnostics(error.diagnostics)));
    return ExitCode.BadInput;
  }
  // A defect of a part that is not kubelapse's own is its author's.
  if (isRunFailure(error)) {
    sayLine(`kubelapse: ${shortened(safe(error.message))}`);
    if (args.includes('--verbose')) say(`${error.stack ?? ''}\n`);
    return ExitCode.Failed;
  }
  if (error instanceof UsageError) {
    sayLine(`kubelapse: ${shortened(safe(withSuggestion(plainMessage(error.message, args), args)))}`);
    return ExitCode.BadInput;
  }
  if (error instanceof Error && error.name === 'YError') {
    sayLine(`kubelapse: ${shortened(safe(error.message.replaceAll(/\n\s*/g, ' ')))}`);
    return ExitCode.BadInput;
  }
  const hint = args.includes('--verbose') ? '' : '; --verbose shows where';
  sayLine(`kubelapse ${args.map((word) => shortened(shellWord(safe(word)))).join(' ')}`);
  sayLine(`kubelapse: internal error: ${safe(messageOf(error).split('\n')[0]!)}${hint}`);
  const { extensions } = readingRules();
  const orPart = extensions.length === 0 ? '' : `, or in ${extensions.map(shellWord).join(', ')}`;
  sayLine(`this is a bug in kubelapse${orPart}: please report it, with the lines above and the inputs`);
  if (args.includes('--verbose')) say(`${error instanceof Error ? (error.stack ?? '') : ''}\n`);
  return ExitCode.Failed;
}

/** What yargs says, in the words of this program. @param args what was typed. */
function plainMessage(message: string, args: readonly string[]): string {
  const [command = ''] = args;
  const choices = /^Invalid values:\n {2}Argument: (.+), Given: (.+), Choices: (.+)/.exec(message);
  if (choices !== null) {
    const [, name, given, known] = choices as unknown as [string, string, string, string];
    const flag = args.some((word) => word.startsWith(`--${name}`)) ? `--${name}` : name;
    const words = [...known.matchAll(/"([^"]*)"/g)].map(([, word]) => word!);
    const hint = didYouMean(given.replace(/^"|"$/g, ''), words);
    return `${flag}: ${given} is not accepted; must be ${known}${hint === undefined ? '' : ` (${hint})`}`;
  }
  if (message.startsWith('Not enough non-option arguments'))
    return `${command} needs another name or file: kubelapse ${command} --help says which`;
  const meant = /^Did you mean (.+)\?$/.exec(message)?.[1];
  return meant === undefined ? message : `there is no command "${command}" (did you mean "${meant}"?)`;
}

/** yargs suggests commands; this adds the same for flags. @param args what was typed: not all that is unknown is a flag. */
function withSuggestion(message: string, args: readonly string[]): string {
  const unknown = /^Unknown arguments?: (.+)$/.exec(message);
  if (unknown === null) return message;
  const own = ['help', 'version', 'recursive', 'dir', 'list', 'experiments', 'no-charts', 'no-thresholds', 'no-resume'];
  const known = [
    ...Object.keys(runOptions),
    ...Object.keys(compareOptions),
    ...Object.keys(chartOptions),
    ...Object.keys(measureOptions),
    ...Object.keys(calibrateOptions),
    ...Object.keys(globalOptions),
    ...own,
  ];
  const flags = args.filter((word) => word.startsWith('-')).map((word) => word.replace(/^-+|=[\s\S]*$/g, ''));
  const hints = unknown[1]!.split(', ').flatMap((name) => {
    // No flag, or one that is known to another command.
    return !flags.includes(name) || known.includes(name) ? [] : (didYouMean(name, known) ?? []);
  });
  return hints.length > 0 ? `${message} (${hints.join(' ')})` : message;
}
