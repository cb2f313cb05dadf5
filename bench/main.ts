// `npm run bench [-- --quick]`: runs the benchmarks, prints a table, writes bench/results.json. The quick figures are only
// a smoke test: they go to bench/results-quick.json, which is not kept.
// Read the ratios: both sides were measured in one run; a ratio of start-up times says how many times longer it takes.
// Each benchmark has a process of its own, so that what one makes the compiler learn does not slow down the next.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { BenchRow } from './harness.js';
import { benchExtensions } from './mechanism/extensions.js';
import { benchImages } from './mechanism/images.js';
import { benchKubelet } from './mechanism/kubelet.js';
import { benchLookup, benchQuietIsFree } from './mechanism/lookup-and-quiet.js';
import { benchNodeCpu } from './mechanism/node-cpu.js';
import { benchProfiles } from './mechanism/profiles.js';
import { benchScheduler } from './mechanism/scheduler.js';
import { benchEventQueue } from './micro/event-queue.js';
import { benchProbeTicker } from './micro/probe-ticker.js';
import { benchExperiments } from './whole-run/experiments.js';
import { benchWholeRun } from './whole-run/first-look.js';
import { benchPictures } from './whole-run/pictures.js';
import { benchScale } from './whole-run/scale.js';
import { benchServices } from './whole-run/services.js';
import { benchStartUp } from './whole-run/start-up.js';

const BENCHMARKS: Readonly<Record<string, (quick: boolean) => Promise<BenchRow[]>>> = {
  'whole-run': benchWholeRun,
  scale: benchScale,
  services: benchServices,
  experiments: benchExperiments,
  pictures: benchPictures,
  'event-queue': benchEventQueue,
  'probe-ticker': benchProbeTicker,
  kubelet: benchKubelet,
  lookup: benchLookup,
  'quiet-is-free': benchQuietIsFree,
  'node-cpu': benchNodeCpu,
  images: benchImages,
  profiles: benchProfiles,
  scheduler: benchScheduler,
  extensions: benchExtensions,
  'start-up': benchStartUp,
};

const quick = process.argv.includes('--quick');
const only = process.argv[process.argv.indexOf('--only') + 1];

if (process.argv.includes('--only')) {
  const benchmark = BENCHMARKS[only ?? ''];
  if (benchmark === undefined) throw new Error(`no benchmark "${only}": ${Object.keys(BENCHMARKS).join(', ')}`);
  process.stdout.write(JSON.stringify(await benchmark(quick)));
} else {
  const rows = Object.keys(BENCHMARKS).flatMap((name) => {
    const args = ['--expose-gc', fileURLToPath(import.meta.url), '--only', name, ...(quick ? ['--quick'] : [])];
    const found = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as BenchRow[];
    for (const row of found) print(row);
    return found;
  });
  writeFileSync(quick ? 'bench/results-quick.json' : 'bench/results.json', `${JSON.stringify(rows, null, 2)}\n`);
}

function print({ name, ratio, count, unit }: BenchRow): void {
  const times = ratio === null ? '' : `${ratio}x`;
  process.stdout.write(`${name.padEnd(84)}${times.padStart(9)}${count.toLocaleString('en').padStart(16)} ${unit}\n`);
}
