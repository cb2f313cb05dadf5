// What a reader of an object offers to those who read parts of it. Part of the format.

import type { Path } from './path.js';

/** Values of an object by their paths, and a way to complain. A value that cannot be used is reported, and the fallback returned. */
export interface FieldReader {
  get(path: Path): unknown;
  text(path: Path, fallback: string): string;
  whole(path: Path, fallback: number): number;
  /** A number of seconds, in ns; Infinity if there is none. */
  deadline(path: Path): number;
  labels(path: Path): Record<string, string>;
  oneOf(path: Path, accepted: readonly string[], fallback: string): string;
  error(path: Path, message: string): void;
  warn(path: Path, message: string): void;
}
