// The network that is measured: a client, a node and a server, each a network namespace of its own, and two cables. Nothing
// of it is in the machine's own network. Part of `kubelapse measure-kernel`.
//
//   client 10.244.0.2 -- 10.244.0.1 node 192.0.2.1 -- 192.0.2.2 server, which answers for all endpoints
//
// These commands take milliseconds and block: signals are heard after them, when it is known what was made.

import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { POD_NETWORK } from './services.js';
import { ToolError } from './tool-error.js';

const ROLES = ['client', 'node', 'server'] as const;
export type Role = (typeof ROLES)[number];

const CABLES = `link set lo up
link add to-client type veth peer name eth0 netns CLIENT
link add to-server type veth peer name eth0 netns SERVER
addr add 10.244.0.1/24 dev to-client
addr add 192.0.2.1/30 dev to-server
link set to-client up
link set to-server up
route add ${POD_NETWORK} via 192.0.2.2
`;
const CLIENT_SIDE = `link set lo up
addr add 10.244.0.2/24 dev eth0
link set eth0 up
route add default via 10.244.0.1
`;
/** Local addresses in the table main: the longest prefix wins there, and the client's is longer. */
const SERVER_SIDE = `link set lo up
addr add 192.0.2.2/30 dev eth0
link set eth0 up
route add 10.244.0.0/24 via 192.0.2.1
route add local ${POD_NETWORK} dev lo table main
`;

/** A deletion is tried again: Ctrl-C in a terminal hits the `ip` that deletes, too. */
const ATTEMPTS = 3;

export class Namespaces {
  readonly #names: Readonly<Record<Role, string>>;

  /** Names nobody else has; nothing is made yet. */
  constructor() {
    const prefix = uniquePrefix();
    this.#names = { client: `${prefix}-client`, node: `${prefix}-node`, server: `${prefix}-server` };
  }

  /** Makes them and their cables. Throws a {@link ToolError}; `remove` is needed then, too. */
  make(): void {
    for (const role of ROLES) ip(['netns', 'add', this.#names[role]]);
    this.#configure('node', CABLES.replace('CLIENT', this.#names.client).replace('SERVER', this.#names.server));
    this.#configure('client', CLIENT_SIDE);
    this.#configure('server', SERVER_SIDE);
    run([...this.inside('node'), '/bin/sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']);
  }

  /** Removes what is there of them. @returns names of those that could not be removed. */
  remove(): string[] {
    return ROLES.map((role) => this.#names[role]).filter((name) => !removeOne(name));
  }

  /** What to put in front of a command that is to run inside one. */
  inside(role: Role): [string, ...string[]] {
    return ['ip', 'netns', 'exec', this.#names[role]];
  }

  /** A file that exists as long as the namespace. */
  handle(role: Role): string {
    return handleOf(this.#names[role]);
  }

  #configure(role: Role, batch: string): void {
    ip(['-n', this.#names[role], '-batch', '-'], batch);
  }
}

/** Why no network namespace can be made; undefined if one can. */
export function namespaceProblem(): string | undefined {
  const name = `${uniquePrefix()}-probe`;
  try {
    ip(['netns', 'add', name]);
    return undefined;
  } catch (error) {
    if (error instanceof ToolError) return error.message;
    throw error;
  } finally {
    removeOne(name);
  }
}

/** Removes a namespace if it is there. @returns whether it is gone. */
function removeOne(name: string): boolean {
  for (let i = 0; i < ATTEMPTS && existsSync(handleOf(name)); i++) spawnSync('ip', ['netns', 'del', name]);
  return !existsSync(handleOf(name));
}

const uniquePrefix = (): string => `kubelapse-${process.pid}-${randomBytes(3).toString('hex')}`;

/** Where `ip` keeps a namespace. */
const handleOf = (name: string): string => `/var/run/netns/${name}`;

const ip = (args: readonly string[], input = ''): void => run(['ip', ...args], input);

function run([program, ...args]: readonly [string, ...string[]], input = ''): void {
  const { status, signal, stderr, error } = spawnSync(program, args, { input, encoding: 'utf8' });
  if (error !== undefined) throw new ToolError(program, '', error.message);
  if (status !== 0) throw new ToolError(program, stderr, `ended with ${signal ?? `exit code ${status}`}`);
}
