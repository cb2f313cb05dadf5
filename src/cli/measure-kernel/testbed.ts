// The network with its server and everything that runs in it, and their end whatever happens: `close` is also called when
// this process exits for another reason. Part of `kubelapse measure-kernel`.

import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from './backends.js';
import { Children } from './children.js';
import type { ClientRequest } from './client-process.js';
import { Namespaces, type Role } from './namespaces.js';
import type { StopwatchRequest } from './stopwatch-process.js';

export class Testbed {
  readonly #namespaces = new Namespaces();
  // A lock file of its own: waiting for the machine's kube-proxy would be measured, and would make it wait.
  readonly #children = new Children({ XTABLES_LOCKFILE: this.#namespaces.handle('node') });
  readonly #close = (): void => this.close();

  private constructor() {
    process.on('exit', this.#close);
  }

  /** Makes a network without any rules. Throws a {@link ToolError}; nothing is left then. */
  static async open(): Promise<Testbed> {
    const testbed = new Testbed();
    try {
      testbed.#namespaces.make();
      await testbed.#children.serve('server', testbed.#script('server', 'server-process.js'));
      return testbed;
    } catch (error) {
      testbed.close();
      throw error;
    }
  }

  /** Runs a command on the node. @returns seconds from its start to its end. Throws a {@link ToolError}. */
  async run({ argv, input }: Command): Promise<number> {
    const request: StopwatchRequest = { argv, input };
    const nanoseconds = await this.#ask(basename(argv[0]), 'node', 'stopwatch-process.js', request);
    return Number(nanoseconds) / 1e9;
  }

  /** Opens connections one after another. @returns seconds of each but the first `warmUp`. Throws a {@link ToolError}. */
  async connect(request: ClientRequest): Promise<number[]> {
    const answer = await this.#ask('connection', 'client', 'client-process.js', request);
    return (JSON.parse(answer) as number[]).map((nanoseconds) => nanoseconds / 1e9);
  }

  /** Ends what runs in it and removes it; says so if that fails. May be called twice. */
  close(): void {
    process.off('exit', this.#close);
    this.#children.stop();
    for (const name of this.#namespaces.remove())
      process.stderr.write(`kubelapse: a network namespace is left behind; remove it with: ip netns del ${name}\n`);
  }

  /** Runs one of the scripts beside this file, hands it a request and returns its answer. */
  #ask(label: string, role: Role, script: string, request: object): Promise<string> {
    return this.#children.run(label, this.#script(role, script), JSON.stringify(request));
  }

  #script(role: Role, name: string): [string, ...string[]] {
    return [...this.#namespaces.inside(role), process.execPath, fileURLToPath(new URL(name, import.meta.url))];
  }
}
