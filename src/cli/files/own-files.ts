// Which files kubelapse has written itself, so that no other is ever replaced or removed unasked. In the folder in which they
// lie, or in one above it, is a folder `.kubelapse` with a note for each: the SHA-256 of what was written. A file that was
// changed since is somebody's work, and no longer kubelapse's. Part of the command's files.

import { createHash } from 'node:crypto';
import { closeSync, readSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { OutputError } from '../output-error.js';
import { quietly } from './leftovers.js';
import { codeOf, isBelow, isFile, makeFolder, realPathOf } from './paths.js';
import { headOf, openOrdinary } from './reading.js';

/** Folder of what kubelapse notes about the folder in which it lies. */
export const NOTES_FOLDER = '.kubelapse';

const notesIn = (root: string): string => join(root, NOTES_FOLDER, 'own');
/** Not with the ending of the file: other programs read all manifests below a folder. */
const SUFFIX = '.sha256';
const noteOf = (path: string, root: string): string => join(notesIn(root), `${relative(root, path)}${SUFFIX}`);

/** SHA-256 in hexadecimal digits; notes of one file stand below each other. */
const DIGEST = /^[0-9a-f]{64}$/;

/** Whether something really lies in the folder of notes of a folder: no link leads from there to elsewhere. */
const isOwnPlace = (path: string, root: string): boolean =>
  isBelow(realPathOf(path), join(realPathOf(root), NOTES_FOLDER));

/** Throws an {@link OutputError} where what is noted would be written elsewhere. */
export function refuseLinks(path: string, root: string): void {
  if (!isOwnPlace(path, root))
    throw new OutputError(`${path} is a link to elsewhere, or lies behind one: remove the link`);
}

/** Notes about a file that there are, of every folder above it. */
function notesAbout(path: string): string[] {
  const whole = resolve(path);
  const notes: string[] = [];
  for (let root = dirname(whole); ; root = dirname(root)) {
    const note = noteOf(whole, root);
    if (isFile(note) && isOwnPlace(note, root)) notes.push(note);
    if (root === dirname(root)) return notes;
  }
}

/** Digests that a file may have and still be what kubelapse wrote: that of the last content, and of the one before. */
const notedDigests = (path: string): string[] =>
  notesAbout(path).flatMap((note) => (headOf(note) ?? '').split('\n').filter((line) => DIGEST.test(line)));

/** Whether a file is as kubelapse has left it. */
export function isOwnFile(path: string): boolean {
  const digests = notedDigests(path);
  return digests.length > 0 && digests.includes(digestOfFile(path) ?? '');
}

/** Whether kubelapse has written a file of that name, whatever has become of it since. */
export const wasOwnFile = (path: string): boolean => notesAbout(path).length > 0;

/**
 * Notes that a file is about to get a new content; until it has got it, the old one is kubelapse's too.
 * @param root folder in which the notes are, the file's own or one above it.
 */
export function noteFile(path: string, root: string, digest: string): void {
  const before = notedDigests(path).length > 0 ? [digestOfFile(path) ?? ''] : [];
  const note = noteOf(path, root);
  refuseLinks(dirname(note), root);
  makeFolder(dirname(note));
  writeFileSync(`${note}.new`, [...new Set([digest, ...before])].map((line) => `${line}\n`).join(''));
  renameSync(`${note}.new`, note);
}

/** Forgets a file that is gone. */
export function forgetFile(path: string): void {
  for (const note of notesAbout(path)) rmSync(note, { force: true });
}

/** Removes folders of notes in which nothing is left. */
export function dropEmptyNotes(root: string): void {
  for (const folder of [notesIn(root), join(root, NOTES_FOLDER)]) quietly(() => rmdirSync(folder));
}

/** Bytes that are read at a time. */
const CHUNK = 1 << 20;

/** Undefined if it cannot be read. */
export function digestOfFile(path: string): string | undefined {
  const hash = createHash('sha256');
  let file: number | undefined;
  try {
    file = openOrdinary(path);
    const buffer = Buffer.allocUnsafe(CHUNK);
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer))
      hash.update(buffer.subarray(0, read));
    return hash.digest('hex');
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

// Files beside the notes that several processes look at and that are there whole or not at all: locks, and who a process is.

/** Times that another process may take a draft away, or its folder while that is empty. */
const TRIES = 5;

/**
 * Writes a draft of a file beside it and has it put into its place. A process that is killed meanwhile leaves a draft that may be
 * empty and names nobody: whoever finds one removes it, and a living process that misses its own writes another.
 * @param place puts the draft there; a draft that it leaves is removed.
 */
export function throughDraft(path: string, text: string, place: (draft: string) => void): void {
  const draft = `${path}.${process.pid}`;
  for (let i = 1; ; i++) {
    try {
      writeFileSync(draft, text);
      place(draft);
      return;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || i === TRIES) throw error;
      quietly(() => makeFolder(dirname(path)));
    } finally {
      quietly(() => rmSync(draft, { force: true }));
    }
  }
}

/** Whether a name is that of a draft of the file. */
export const isDraftOf = (file: string, name: string): boolean =>
  name.startsWith(`${file}.`) && /^\d+$/.test(name.slice(file.length + 1));
