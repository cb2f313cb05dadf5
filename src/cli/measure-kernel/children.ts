// Programs that run while others wait for them, and their end. Part of `kubelapse measure-kernel`.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { ToolError } from './tool-error.js';

export class Children {
  readonly #running = new Set<ChildProcessWithoutNullStreams>();
  readonly #env: NodeJS.ProcessEnv;

  /** @param env variables they have beside those of this process. */
  constructor(env: Readonly<Record<string, string>>) {
    this.#env = { ...process.env, ...env };
  }

  /**
   * Runs a program to its end.
   * @param label what an error calls it.
   * @returns its standard output. Throws a {@link ToolError}.
   */
  run(label: string, argv: readonly [string, ...string[]], input: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const child = this.#start(argv);
      const output: Buffer[] = [];
      const said: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
      child.on('error', (error) => reject(new ToolError(label, '', error.message)));
      child.on('close', (code, signal) => {
        if (code === 0) resolve(Buffer.concat(output).toString());
        else
          reject(new ToolError(label, Buffer.concat(said).toString(), `ended with ${signal ?? `exit code ${code}`}`));
      });
      child.stdin.end(input);
    });
  }

  /** Starts a program that goes on until its standard input ends, and waits for its first output. Throws a {@link ToolError}. */
  serve(label: string, argv: readonly [string, ...string[]]): Promise<void> {
    return new Promise((resolve, reject) => {
      const child = this.#start(argv);
      let said = '';
      child.stderr.on('data', (chunk: Buffer) => {
        said += chunk;
      });
      child.stdout.once('data', () => resolve());
      child.on('error', (error) => reject(new ToolError(label, '', error.message)));
      child.on('close', (code, signal) => reject(new ToolError(label, said, `ended with ${signal ?? code}`)));
    });
  }

  /** Ends all that run, and what they have started, at once. */
  stop(): void {
    for (const { pid } of this.#running) {
      try {
        if (pid !== undefined) process.kill(-pid, 'SIGKILL');
      } catch {
        // It has ended by itself just now.
      }
    }
  }

  #start([program, ...args]: readonly [string, ...string[]]): ChildProcessWithoutNullStreams {
    // Groups of their own: Ctrl-C in a terminal is for this process, which then ends them and what they have started.
    const child = spawn(program, args, { detached: true, env: this.#env });
    this.#running.add(child);
    child.on('close', () => this.#running.delete(child));
    // A program that ends before it has read everything says why on standard error.
    child.stdin.on('error', () => {});
    return child;
  }
}
