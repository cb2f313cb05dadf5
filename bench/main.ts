// `npm run bench [-- --quick]`: runs the benchmarks, prints a table, writes bench/results.json.
import { writeFileSync } from 'node:fs';
import type { BenchRow } from './harness.js';
import { benchEventQueue } from './micro/event-queue.js';

const quick = process.argv.includes('--quick');
const rows: BenchRow[] = [];
for (const bench of [benchEventQueue]) {
  for (const row of await bench(quick)) {
    rows.push(row);
    const ratio = row.ratio === null ? '' : `${row.ratio}x`;
    process.stdout.write(
      `${row.name.padEnd(64)}${ratio.padStart(8)}${row.count.toLocaleString('en').padStart(16)} ${row.unit}\n`,
    );
  }
}
writeFileSync('bench/results.json', `${JSON.stringify(rows, null, 2)}\n`);
