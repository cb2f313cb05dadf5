// A process of its own, inside the node's namespace: runs one program and says how long it took from start to end. In there,
// because entering a namespace takes about as long as a small change of rules. Reads a StopwatchRequest from standard input,
// writes nanoseconds. Part of `kubelapse measure-kernel`.

import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

export interface StopwatchRequest {
  readonly argv: readonly [string, ...string[]];
  readonly input: string;
}

const { argv, input } = JSON.parse(await text(process.stdin)) as StopwatchRequest;
const [program, ...args] = argv;
const bytes = Buffer.from(input);
const started = process.hrtime.bigint();
const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
child.stdin.on('error', () => {});
child.stdout.resume();
child.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
child.on('close', (code, signal) => {
  const nanoseconds = Number(process.hrtime.bigint() - started);
  if (code === 0) process.stdout.write(String(nanoseconds));
  else {
    process.stderr.write(`${program} ended with ${signal ?? `exit code ${code}`}\n`);
    process.exitCode = 1;
  }
});
child.stdin.end(bytes);
