// Which kubelapse this is, to the byte: two builds may have the same version and give different results.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VERSION } from '../version.js';

let known: string | undefined;

/** Version and a digest of the program's own files, such as `0.1.0+3f2a90c1d4e5`. */
export function buildDigest(): string {
  known ??= `${VERSION}+${digestOfProgram()}`;
  return known;
}

function digestOfProgram(): string {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const hash = createHash('sha256');
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => /\.[jt]s$/.test(name));
  for (const name of names.map((name) => name.replaceAll('\\', '/')).sort()) {
    if (name.endsWith('.d.ts')) continue;
    hash.update(`${name}\n`).update(readFileSync(join(root, name)));
  }
  return hash.digest('hex').slice(0, 12);
}
