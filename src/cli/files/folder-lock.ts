// One writer at a time: a lock in a folder that names the process and the machine of its owner. A lock whose owner has died is
// taken over, with a word. Part of the command's files.

import {
  accessSync,
  constants,
  existsSync,
  linkSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { OutputError } from '../output-error.js';
import { sayLine } from '../print.js';
import { atExit, quietly } from './leftovers.js';
import { dropEmptyNotes, isDraftOf, NOTES_FOLDER, refuseLinks, throughDraft } from './own-files.js';
import { codeOf, makeFolder, realPathOf } from './paths.js';
import { headOf } from './reading.js';
import { identityIn, isDead, type ProcessIdentity, thisProcess } from './this-process.js';

/** Locks of this process, by folder: whoever has one may take it again. */
const held = new Map<string, { times: number; release: () => void }>();

/**
 * Makes this process the only one that writes to a folder. Throws an {@link OutputError} if another
 * one is writing to it. @returns releases the lock.
 */
export function lockFolder(dir: string): () => void {
  const key = realPathOf(dir);
  const own = held.get(key);
  if (own === undefined) {
    const made = missingFolders(dirname(key));
    const path = lockPathOf(dir, key);
    take(dir, path);
    const remove = (): void => {
      quietly(() => rmSync(path, { force: true }));
      dropEmptyNotes(dirname(dirname(path)));
      // Folders that were made for the lock, if nothing has come into them.
      for (const folder of made) quietly(() => rmdirSync(folder));
    };
    const callOff = atExit(remove);
    const release = (): void => {
      callOff();
      remove();
    };
    held.set(key, { times: 1, release });
  } else own.times++;
  return () => {
    const lock = held.get(key);
    if (lock === undefined) return;
    lock.times--;
    if (lock.times > 0) return;
    held.delete(key);
    lock.release();
  };
}

/** A folder and those above it, as far as they are not there: the innermost first. */
function missingFolders(dir: string): string[] {
  const missing: string[] = [];
  for (let at = dir; !existsSync(at); at = dirname(at)) missing.push(at);
  return missing;
}

/** Beside the folder, so that nothing but what belongs there is in it; in it where that cannot be. */
function lockPathOf(dir: string, real: string): string {
  const root = [dirname(real), real].find(canHaveNotes);
  if (root === undefined) throw new OutputError(`${dir} cannot be written to`);
  // Looked at before any work is done: all that is noted, or begun, lies there.
  for (const part of ['', 'own', 'tmp']) refuseLinks(join(root, NOTES_FOLDER, part), root);
  return join(root, NOTES_FOLDER, `${basename(real)}.lock`);
}

function canHaveNotes(root: string): boolean {
  try {
    makeFolder(join(root, NOTES_FOLDER));
    accessSync(join(root, NOTES_FOLDER), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Times that the lock may change hands while it is looked at. */
const TRIES = 5;

function take(dir: string, path: string): void {
  const text = `${JSON.stringify(thisProcess())}\n`;
  for (let i = 0; i < TRIES; i++) {
    try {
      putThere(path, text);
      removeLeftBehind(path);
      return;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw new OutputError(`${dir} cannot be locked: ${codeOf(error)}`);
    }
    const found = headOf(path);
    if (found !== undefined) takeFromDead(dir, path, found);
  }
  throw new OutputError(`${dir} cannot be locked: ${path} is not a lock file; remove it`);
}

/** Makes a file that is not there, whole or not at all: a lock without its owner's name would tell nothing. */
function putThere(path: string, text: string): void {
  throughDraft(path, text, (draft) => {
    try {
      linkSync(draft, path);
    } catch (error) {
      // Disks that know no second name for a file.
      if (!['EPERM', 'ENOTSUP', 'ENOSYS'].includes(codeOf(error))) throw error;
      writeFileSync(path, text, { flag: 'wx' });
    }
  });
}

/** Removes what processes that were killed while they took this lock have left: drafts, and locks of the dead put aside. */
function removeLeftBehind(path: string): void {
  quietly(() => {
    const lock = basename(path);
    for (const name of readdirSync(dirname(path))) {
      const left = join(dirname(path), name);
      // A lock put aside may have to be put back.
      const owner = isDraftOf(`${lock}.dead`, name) ? identityIn(headOf(left)) : undefined;
      const isOver = owner !== undefined && isDead(owner) === true;
      if (isOver || isDraftOf(lock, name)) quietly(() => rmSync(left, { force: true }));
    }
  });
}

/** Takes the lock away if its owner has died; throws an {@link OutputError} if it has not. */
function takeFromDead(dir: string, path: string, found: string): void {
  const owner = identityIn(found);
  const dead = owner === undefined ? true : isDead(owner);
  if (dead !== true) throw new OutputError(busy(dir, owner!, dead, path));
  // One of several that see it takes it away; whoever takes away a new one by this puts it back.
  const aside = `${path}.dead.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (headOf(aside) === found) {
    const why =
      owner === undefined
        ? 'there was a lock that names no owner'
        : `process ${owner.pid} on ${owner.host} has ended without releasing its lock`;
    sayLine(`${dir}: ${why}, which is taken over`);
  } else quietly(() => linkSync(aside, path));
  quietly(() => rmSync(aside, { force: true }));
}

function busy(dir: string, { pid, host }: ProcessIdentity, dead: boolean | undefined, path: string): string {
  const who = `process ${pid} on ${host}`;
  const way = dead === undefined ? `; if that process has ended, remove ${path}` : '';
  return `${dir} is being written to by ${who}: only one process may write at a time${way}`;
}
