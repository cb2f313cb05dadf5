// `kubelapse worker`: carries out runs that others ask for through a queue.

import { availableParallelism, hostname } from 'node:os';
import { QueueError, withoutPassword } from '../../experiment/executors/queue-connection.js';
import { serveQueue } from '../../experiment/executors/queue-server.js';
import { fileError, formatDiagnostics } from '../../scenario/index.js';
import { shortened } from '../../text/index.js';
import { buildDigest } from '../build.js';
import { ExitCode } from '../exit-code.js';
import { commandCatalogue, commandModules } from '../extensions.js';
import { JobKeys } from '../job-store.js';
import { memoryLimit } from '../memory.js';
import { say, sayLine } from '../print.js';
import { exitCodeOf, hearSignals, type Signal } from '../signals.js';

export interface WorkerArguments {
  readonly queue: string;
  readonly jobs?: number | undefined;
  readonly quiet: boolean;
}

export async function workerCommand({ queue: url, jobs, quiet }: WorkerArguments): Promise<number> {
  const threads = jobs ?? availableParallelism();
  const tell = (line: string): void => {
    if (!quiet) sayLine(`${line}`);
  };
  // What is no module of parts is said before there is a job that needs it.
  await commandCatalogue();
  let lastTrouble = '';
  const server = await serveQueue({
    url,
    threads,
    memoryBytes: memoryLimit(),
    build: buildDigest(),
    modules: commandModules(),
    name: `${hostname()}/${process.pid}`,
    namesOf: ({ source, options }) => {
      const keys = new JobKeys(source, options);
      return (job) => keys.of(job);
    },
    onDone: (id, outcome) => tell(`${shortened(id)}: ${outcome}`),
    onTrouble: (message) => {
      if (message !== lastTrouble) sayLine(`${withoutPassword(url)}: ${message}`);
      lastTrouble = message;
    },
  }).catch((error: unknown) => {
    if (!(error instanceof QueueError)) throw error;
    const problem = fileError(withoutPassword(url), error.message);
    if (!error.isUnavailable) throw problem;
    say(formatDiagnostics(problem.diagnostics));
    return undefined;
  });
  if (server === undefined) return ExitCode.Failed;
  tell(`${withoutPassword(url)}: ${threads} ${threads === 1 ? 'run' : 'runs'} at a time; kubelapse ${buildDigest()}`);
  const signal = await stopSignal();
  tell('stopping: runs under way are finished first');
  // A queue that is unreachable takes no results any more.
  if (lastTrouble !== '') setTimeout(() => process.exit(ExitCode.Failed), GIVEN_UP_MS).unref();
  await server.close();
  return signal === 'SIGTERM' ? ExitCode.Ok : exitCodeOf(signal);
}

/** How long a queue that is unreachable is waited for at the end. */
const GIVEN_UP_MS = 2000;

/** The first signal; a second one ends the process at once. */
function stopSignal(): Promise<Signal> {
  return new Promise((done) => {
    let isTold = false;
    hearSignals((signal) => {
      if (isTold) process.exit(exitCodeOf(signal));
      isTold = true;
      done(signal);
    });
  });
}
