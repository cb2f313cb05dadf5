// Who has left a lock: alive, dead, or where nobody can look.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { identityIn, isDead, thisProcess } from '../../src/cli/files/this-process.js';
import { hasProgram } from '../fixtures/machine.js';

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
it.skipIf(!existsSync('/proc/self/stat') || !hasProgram('sh'))(
  'takes a process for dead that nobody has asked about',
  async () => {
    // Its parent becomes a program that does not wait for it.
    const child = spawn('sh', ['-c', 'sh -c "exit 0" & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      const pid = Number(await new Promise((done) => child.stdout!.once('data', (text) => done(String(text)))));
      for (let i = 0; i < 200 && isDead({ ...self, pid, started: '' }) !== true; i++)
        await new Promise((done) => setTimeout(done, 20));
      expect(existsSync(`/proc/${pid}`)).toBe(true);
      expect(isDead({ ...self, pid, started: '' })).toBe(true);
    } finally {
      child.kill('SIGKILL');
    }
  },
);
