// Reading files: ordinary ones only, of a limited size, each with a clear message where it cannot be read. Part of the
// command's files.

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { Catalogue } from '../../catalogue.js';
import { type Diagnostic, fileError, InputError, type Profile, readProfile } from '../../scenario/index.js';
import { codeOf } from './paths.js';
import { readingRules } from './rules.js';

/** Bytes that are read of a file at most, unless the caller says otherwise; the limit for a manifest. */
export const FILE_BYTES_MAX = 64 << 20;
/** The same of a table of results, which kubelapse has written itself. */
export const TABLE_BYTES_MAX = 256 << 20;

let standardInput: string | undefined;

/**
 * Reads a text file; `-` is standard input. Throws an InputError that says what is wrong with the path.
 * @param hint what it should be. @param bytesMax the most that is read, unless --max-file-size allows more.
 */
export function readText(path: string, hint?: string, bytesMax: number = FILE_BYTES_MAX): string {
  // Standard input can be read once only, and some commands read their scenario twice.
  if (path === '-') {
    standardInput ??= readStandardInput(bytesMax);
    return standardInput;
  }
  return Buffer.from(readBytes(path, hint, bytesMax).buffer).toString('utf8');
}

/** Reads the bytes of an ordinary file. Throws an InputError. */
export function readBytes(path: string, hint?: string, bytesMax: number = FILE_BYTES_MAX): Uint8Array<ArrayBuffer> {
  const file = openOrdinary(path, hint);
  try {
    return takeAll(file, path, limitOf(bytesMax));
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw fileError(path, `cannot be read: ${codeOf(error)}`);
  } finally {
    closeSync(file);
  }
}

/** The bytes of a file; undefined if it cannot be read. */
export function bytesOf(path: string): Uint8Array | undefined {
  try {
    return readBytes(path, undefined, Number.MAX_SAFE_INTEGER);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** Bytes of a note that kubelapse leaves about itself, and more. */
const HEAD_BYTES = 4096;

/** The beginning of an ordinary file, for what is short; undefined if there is none. */
export function headOf(path: string, bytes: number = HEAD_BYTES): string | undefined {
  try {
    const file = openOrdinary(path);
    try {
      const buffer = Buffer.alloc(bytes);
      return buffer.subarray(0, readSync(file, buffer)).toString('utf8');
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

/** Opens a file; nothing but an ordinary one, and without waiting for anybody. Throws an InputError. */
export function openOrdinary(path: string, hint?: string): number {
  if (path === '') throw fileError('""', 'names no file');
  let file: number;
  try {
    // Opening a pipe waits for somebody who writes to it; not with this flag.
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') throw fileError(path, 'does not exist', hint);
    if (code === 'EACCES' || code === 'EPERM') throw fileError(path, 'cannot be read: permission denied');
    if (code === 'ENXIO' || code === 'ENODEV') throw fileError(path, NOT_ORDINARY, ORDINARY_HINT);
    throw fileError(path, `cannot be read: ${code}`);
  }
  const stats = fstatSync(file);
  if (stats.isFile()) return file;
  closeSync(file);
  if (stats.isDirectory()) throw fileError(path, 'is a directory, not a file', 'name the file in it');
  throw fileError(path, NOT_ORDINARY, ORDINARY_HINT);
}

const NOT_ORDINARY = 'is not a regular file, so it is not read';
const ORDINARY_HINT = 'write its content to a file; - is standard input';

/** What a flag allows, where it is more. */
const limitOf = (bytesMax: number): number => Math.max(bytesMax, readingRules().fileBytes ?? 0);

/** Bytes that are read at a time where nobody knows how many there are. */
const CHUNK = 1 << 16;

/** Everything in an open file. Files of the kernel say that they have no bytes, and have some. */
function takeAll(file: number, name: string, limit: number): Uint8Array<ArrayBuffer> {
  const { size } = fstatSync(file);
  if (size > limit) throw tooLarge(name, limit);
  let bytes = Buffer.alloc(size + 1);
  let length = 0;
  for (;;) {
    if (length === bytes.length) {
      const more = Buffer.alloc(Math.min(limit + 1, 2 * bytes.length + CHUNK));
      bytes.copy(more);
      bytes = more;
    }
    const read = readSync(file, bytes, length, bytes.length - length, null);
    if (read === 0) break;
    length += read;
    if (length > limit) throw tooLarge(name, limit);
  }
  return new Uint8Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + length));
}

function tooLarge(name: string, limit: number): InputError {
  const words = limit >= 1 << 20 ? `${Math.floor(limit / (1 << 20))} MiB` : `${limit} bytes`;
  return fileError(name, `has more than ${words}`, '--max-file-size SIZE, such as 256Mi, allows larger files');
}

function readStandardInput(bytesMax: number): string {
  const limit = limitOf(bytesMax);
  const chunks: Buffer[] = [];
  let length = 0;
  for (const chunk of standardInputChunks()) {
    length += chunk.length;
    if (length > limit) throw tooLarge('standard input', limit);
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Standard input, piece by piece. Throws an InputError. */
export function* standardInputChunks(): Generator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (;;) {
    const read = readOnce(0, buffer);
    if (read === 0) return;
    yield buffer.subarray(0, read);
  }
}

/** An ordinary file, piece by piece. Throws an InputError. */
export function* fileChunks(path: string, chunk: number, hint?: string): Generator<Uint8Array> {
  const file = openOrdinary(path, hint);
  const buffer = Buffer.allocUnsafe(chunk);
  try {
    for (;;) {
      const read = readOnce(file, buffer);
      if (read === 0) return;
      yield buffer.subarray(0, read);
    }
  } finally {
    closeSync(file);
  }
}

function readOnce(file: number, buffer: Buffer): number {
  for (;;) {
    try {
      return readSync(file, buffer);
    } catch (error) {
      const code = codeOf(error);
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') throw fileError(file === 0 ? 'standard input' : 'the file', `cannot be read: ${code}`);
      // A pipe that has nothing yet: look again in a moment.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}

/** Reads a profile; throws an InputError with everything that is wrong with it. */
export function profileAt(path: string, catalogue: Catalogue, read: (path: string) => string = readText): Profile {
  const diagnostics: Diagnostic[] = [];
  const profile = readProfile(path, read(path), catalogue, diagnostics);
  if (diagnostics.length > 0) throw new InputError(diagnostics);
  return profile;
}
