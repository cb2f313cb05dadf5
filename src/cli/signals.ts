// What happens when somebody presses Ctrl-C, a service is stopped or a terminal is closed. The newest handler gets the signal: a
// command that can finish on its own; otherwise the process ends, and what is not finished is removed.

import { hearOrphans } from '../experiment/executors/orphans.js';
import { ExitCode } from './exit-code.js';
import { sayLine } from './print.js';

const CODES = { SIGINT: ExitCode.Interrupted, SIGTERM: ExitCode.Terminated, SIGHUP: ExitCode.HungUp } as const;
export type Signal = keyof typeof CODES;
const SIGNALS = Object.keys(CODES) as Signal[];

const hearers: ((signal: Signal) => void)[] = [];
const tell = (signal: NodeJS.Signals): void => hearers.at(-1)?.(signal as Signal);

/** Exit code of a process that a signal has ended: 128 and its number. */
export const exitCodeOf = (signal: Signal): number => CODES[signal];

/** Handles signals instead of the handler before it. @returns stops handling them. */
export function hearSignals(hearer: (signal: Signal) => void): () => void {
  if (hearers.length === 0) for (const signal of SIGNALS) process.on(signal, tell);
  hearers.push(hearer);
  return () => {
    const at = hearers.lastIndexOf(hearer);
    if (at >= 0) hearers.splice(at, 1);
    if (hearers.length === 0) for (const signal of SIGNALS) process.off(signal, tell);
  };
}

/** Node.js's exit code of a program that waits for something that nobody will ever do. */
const UNSETTLED = 13;

/** Ends the process with one line where something ends it besides its own code. */
export function endOrphaned(): void {
  hearOrphans((what) => {
    sayLine(`kubelapse: ${what}`);
    process.exit(ExitCode.Failed);
  });
  process.on('exit', (code) => {
    if (code !== UNSETTLED && process.exitCode !== UNSETTLED) return;
    sayLine('kubelapse: waited for something that never came, such as an await of a module that --extension names');
    process.exitCode = ExitCode.Failed;
  });
}

/** Ends the process: whatever it has begun is removed as it exits. @param what became of the work. */
export function endProcess(signal: Signal, what: string): never {
  sayLine(what);
  process.exit(exitCodeOf(signal));
}
