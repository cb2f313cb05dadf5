// `npm run bench [-- --quick]`: runs the benchmarks, prints a table, writes bench/results.json. The quick figures are only
// a smoke test: they go to bench/results-quick.json, which is not kept.
// Read the ratios: both sides were measured in one run; a ratio of start-up times says how many times longer it takes.
import { writeFileSync } from 'node:fs';
import type { BenchRow } from './harness.js';
import { benchLookup, benchQuietIsFree } from './mechanism/lookup-and-quiet.js';
import { benchEventQueue } from './micro/event-queue.js';
import { benchProbeTicker } from './micro/probe-ticker.js';
import { benchWholeRun } from './whole-run/first-look.js';
import { benchStartUp } from './whole-run/start-up.js';

const quick = process.argv.includes('--quick');
const rows: BenchRow[] = [];
for (const bench of [benchWholeRun, benchEventQueue, benchProbeTicker, benchLookup, benchQuietIsFree, benchStartUp]) {
  for (const row of await bench(quick)) {
    rows.push(row);
    const ratio = row.ratio === null ? '' : `${row.ratio}x`;
    process.stdout.write(
      `${row.name.padEnd(76)}${ratio.padStart(9)}${row.count.toLocaleString('en').padStart(16)} ${row.unit}\n`,
    );
  }
}
writeFileSync(quick ? 'bench/results-quick.json' : 'bench/results.json', `${JSON.stringify(rows, null, 2)}\n`);
