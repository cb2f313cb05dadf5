// Who has left a lock: alive, dead, or where nobody can look.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { identityIn, isDead, thisProcess } from '../../src/cli/files/this-process.js';
import { missingPrograms, titled } from '../fixtures/machine.js';

const self = thisProcess();

it('tells itself from what has its number', () => {
  expect(isDead(self)).toBe(false);
  expect(isDead({ ...self, boot: 'another start of the machine' })).toBe(true);
  if (self.started !== '') expect(isDead({ ...self, started: '1' })).toBe(true);
});
it('does not judge processes that it cannot see', () => {
  expect(isDead({ ...self, host: 'elsewhere' })).toBeUndefined();
  if (self.namespace !== '') expect(isDead({ ...self, namespace: 'pid:[1]', pid: 7 })).toBeUndefined();
  expect(isDead({ ...self, namespace: '' })).toBe(false);
});
it('reads nobody out of what names nobody', () => {
  expect(identityIn(JSON.stringify(self))).toEqual(self);
  for (const text of [
    undefined,
    '',
    '{',
    '5',
    '{}',
    JSON.stringify({ ...self, pid: '' }),
    JSON.stringify({ ...self, pid: 0 }),
  ])
    expect(identityIn(text)).toBeUndefined();
});
const lacks = [...(existsSync('/proc/self/stat') ? [] : ['/proc']), ...missingPrograms('sh', 'sleep')];
it.skipIf(lacks.length > 0)(titled('takes a process for dead that nobody has asked about', lacks), async () => {
  // Its parent becomes a program that does not wait for it, long before it ends.
  const child = spawn('sh', ['-c', 'sleep 1 & echo $!; exec sleep 600'], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const pid = Number(await new Promise((done) => child.stdout!.once('data', (text) => done(String(text)))));
    const of = { ...self, pid, started: '' };
    expect(isDead(of)).toBe(false);
    while (isDead(of) !== true) await new Promise((done) => setTimeout(done, 20));
    expect(existsSync(`/proc/${pid}`)).toBe(true);
  } finally {
    child.kill('SIGKILL');
  }
});
