// A process of its own, inside the client's namespace: opens connections one after another and says how long each took.
// Reads a ClientRequest from standard input, writes a list of nanoseconds. Part of `kubelapse measure-kernel`.

import { connect } from 'node:net';
import { constants, setPriority } from 'node:os';
import { text } from 'node:stream/consumers';

export interface ClientRequest {
  readonly targets: readonly string[];
  readonly port: number;
  /** How many of the first connections are not reported: addresses are resolved and code is compiled in them. */
  readonly warmUp: number;
}

const TIMEOUT_MS = 5000;

const { targets, port, warmUp } = JSON.parse(await text(process.stdin)) as ClientRequest;
try {
  const times: number[] = [];
  preferThisProcess();
  for (const target of targets) times.push(await connectionTime(target));
  process.stdout.write(JSON.stringify(times.slice(warmUp)));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}

/** Other processes of the machine shall not get in between. Without the right to it the times only vary more. */
function preferThisProcess(): void {
  try {
    setPriority(constants.priority.PRIORITY_HIGHEST);
  } catch {
    // A container without SYS_NICE.
  }
}

/** Nanoseconds from the call of connect to the answer. Throws if there is none. */
function connectionTime(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let nanoseconds = 0;
    const started = process.hrtime.bigint();
    const socket = connect({ host, port });
    socket.once('connect', () => {
      nanoseconds = Number(process.hrtime.bigint() - started);
      // A reset leaves no TIME_WAIT behind: thousands of those would slow down the search for a free port.
      socket.resetAndDestroy();
    });
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`${host}:${port} does not answer`)));
    socket.once('error', reject);
    socket.once('close', () => resolve(nanoseconds));
  });
}
