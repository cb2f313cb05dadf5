// Who this process is, so that what it leaves behind can be told from what another one is working on. Part of the command's
// files.

import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';

export interface ProcessIdentity {
  readonly host: string;
  /** Tells one start of the host from the next; empty where the system does not say. */
  readonly boot: string;
  readonly pid: number;
  /** When the process was started, in ticks of the system; empty where it does not say. Numbers of processes come again. */
  readonly started: string;
}

const identity = z.object({
  host: z.string(),
  boot: z.string(),
  pid: z
    .int()
    .min(1)
    .max(2 ** 31 - 1),
  started: z.string(),
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
  };
  return known;
}

/** Whether a process runs no more; undefined if it was on another machine, where nobody can look. */
export function isDead({ host, boot, pid, started }: ProcessIdentity): boolean | undefined {
  const self = thisProcess();
  if (host !== self.host) return undefined;
  if (boot !== self.boot) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true;
  }
  const now = startOf(pid);
  return now !== '' && started !== '' && now !== started;
}

/** The 22nd field of /proc/<pid>/stat; the second may hold blanks and brackets. */
function startOf(pid: number): string {
  const text = textOf(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
