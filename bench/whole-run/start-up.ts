// Start-up of the command against an empty program: medians of interleaved runs.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type BenchRow, round } from '../harness.js';

const BIN = fileURLToPath(new URL('../../src/cli/bin.js', import.meta.url));

export async function benchStartUp(quick: boolean): Promise<BenchRow[]> {
  const commands = {
    'node -e 0': ['-e', '0'],
    'kubelapse --version': [BIN, '--version'],
    'kubelapse --help': [BIN, '--help'],
  };
  const times = new Map<string, number[]>(Object.keys(commands).map((name) => [name, []]));
  for (let i = 0; i < (quick ? 7 : 21); i++) {
    for (const [name, args] of Object.entries(commands)) {
      const begin = process.hrtime.bigint();
      spawnSync(process.execPath, args);
      times.get(name)!.push(Number(process.hrtime.bigint() - begin) / 1e6);
    }
  }
  const median = (name: string): number =>
    times.get(name)!.sort((a, b) => a - b)[Math.floor(times.get(name)!.length / 2)]!;
  return Object.keys(commands).map((name) => ({
    name: `start-up: ${name}`,
    ratio: round(median(name) / median('node -e 0')),
    count: round(median(name)),
    unit: 'ms',
  }));
}
