// Who this process is, so that what it leaves behind can be told from what another one is working on. Part of the command's
// files.

import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';

export interface ProcessIdentity {
  readonly host: string;
  /** Tells one start of the host from the next; empty where the system does not say. */
  readonly boot: string;
  readonly pid: number;
  /** When the process was started, in ticks of the system; empty where it does not say. Process ids are reused. */
  readonly started: string;
  /** Of the numbers of processes; empty where the system does not say. */
  readonly namespace: string;
}

const identity = z.object({
  host: z.string(),
  boot: z.string(),
  pid: z
    .int()
    .min(1)
    .max(2 ** 31 - 1),
  started: z.string(),
  namespace: z.string().default(''),
});

/** Who is named in a file that a process has left; undefined if nobody is. */
export function identityIn(text: string | undefined): ProcessIdentity | undefined {
  try {
    return identity.parse(JSON.parse(text ?? ''));
  } catch {
    return undefined;
  }
}

let known: ProcessIdentity | undefined;

export function thisProcess(): ProcessIdentity {
  known ??= {
    host: hostname(),
    boot: textOf('/proc/sys/kernel/random/boot_id'),
    pid: process.pid,
    started: startOf(process.pid),
    namespace: namespaceOf(),
  };
  return known;
}

/** Whether a process has ended; undefined if it was on another machine, where that cannot be checked. */
export function isDead({ host, boot, pid, started, namespace }: ProcessIdentity): boolean | undefined {
  const self = thisProcess();
  // Containers of one machine may share its name and not see each other's processes.
  const isElsewhere = namespace !== '' && self.namespace !== '' && namespace !== self.namespace;
  if (host !== self.host || isElsewhere) return undefined;
  if (boot !== self.boot) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true;
  }
  // One that has ended and that nobody has asked about yet is still listed.
  if (['Z', 'X'].includes(statOf(pid)[0] ?? '')) return true;
  const now = startOf(pid);
  return now !== '' && started !== '' && now !== started;
}

/** Fields of /proc/<pid>/stat from the third on; the second may hold blanks and brackets. */
function statOf(pid: number): string[] {
  const text = textOf(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** The 22nd field. */
const startOf = (pid: number): string => statOf(pid)[19] ?? '';

/** In which numbers of processes mean what they mean here; empty where the system does not say. */
function namespaceOf(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
