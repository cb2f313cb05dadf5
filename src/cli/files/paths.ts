// Names of files and folders, and what stands there. Part of the command's files.

import { existsSync, lstatSync, mkdirSync, readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { isKeptByTools } from '../../scenario/index.js';
import { messageOf } from '../../text/index.js';

export const joinPath = join;
export const folderOf = dirname;
/** Last part of a path, `.` and `..` worked out. */
export const baseOf = (path: string): string => basename(resolve(path));

export const isFile = (path: string): boolean => statsOf(path)?.isFile() === true;

export const isFolder = (path: string): boolean => statsOf(path)?.isDirectory() === true;

/** Undefined if there is nothing, or something on the way to it is no folder. */
export function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Whether there is anything of that name, also a link that leads nowhere. */
export function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** Names of the files in a folder, in order; undefined if it is none. */
export function filesIn(dir: string): string[] | undefined {
  if (!isFolder(dir)) return undefined;
  return readdirSync(dir)
    .filter((name) => isFile(join(dir, name)))
    .sort();
}

/**
 * Names of the files in a folder and in those below it, in order, with `/` between; undefined if it is none. Folders of tools
 * are left out, and so are links to folders, which may lead round.
 */
export function filesBelow(dir: string): string[] | undefined {
  if (!isFolder(dir)) return undefined;
  const names: string[] = [];
  const visit = (below: string): void => {
    for (const entry of readdirSync(join(dir, below), { withFileTypes: true })) {
      const name = `${below}${entry.name}`;
      if (entry.isDirectory()) {
        if (!isKeptByTools(entry.name)) visit(`${name}/`);
      } else if (isFile(join(dir, name))) names.push(name);
    }
  };
  visit('');
  return names.sort();
}

/** Names of the folders in a folder; none if it is none. */
export function foldersIn(dir: string): string[] {
  if (!isFolder(dir)) return [];
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** The path with symbolic links resolved, as far as it exists: what does not exist has no links. */
export function realPathOf(path: string): string {
  const whole = resolve(path);
  try {
    return realpathSync(whole);
  } catch {
    const parent = dirname(whole);
    return parent === whole ? whole : join(realPathOf(parent), basename(whole));
  }
}

/** Whether a path is a folder or lies below it; both with links resolved. */
export const isBelow = (path: string, dir: string): boolean =>
  path === dir || path.startsWith(dir.endsWith('/') ? dir : `${dir}/`);

export const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? messageOf(error);

/** Level by level: mkdirSync with `recursive` does not return below /proc (Node.js 20). */
export function makeFolder(dir: string): void {
  if (existsSync(dir)) return;
  makeFolder(dirname(dir));
  try {
    mkdirSync(dir);
  } catch (error) {
    // Another process was quicker.
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}
