// Errors that nobody is there to catch: parts of somebody else's may leave promises and timers behind. Part of the experiments.

import { messageOf } from '../../text/thrown.js';

/** Hears of such errors in this process or thread, which does not end by itself then. @param told is handed a sentence on each. */
export function hearOrphans(told: (what: string) => void): void {
  process.on('unhandledRejection', (reason) => {
    told(`a promise has failed that nobody waits for: ${messageOf(reason)}`);
  });
  process.on('uncaughtException', (error) => {
    told(`an error was thrown that nobody catches: ${messageOf(error)}`);
  });
}
