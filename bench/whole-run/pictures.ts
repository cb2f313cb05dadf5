// What pictures cost: a chart of 10,000 points with everything that has to be loaded for it, the report of a run of 5,000 nodes,
// the playground's first load, and the simulator in a browser against the same in Node.js.

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type BenchRow, round } from '../harness.js';

const BIN = fileURLToPath(new URL('../../src/cli/bin.js', import.meta.url));
const REPORT = new URL('../../src/report/index.js', import.meta.url).href;
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

export async function benchPictures(quick: boolean): Promise<BenchRow[]> {
  const dir = mkdtempSync(join(tmpdir(), 'kubelapse-bench-'));
  try {
    return [...chart(quick), ...(await report(dir, quick)), ...(await playground(dir, quick))];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const row = (name: string, count: number, unit: string, ratio: number | null = null): BenchRow => ({
  name,
  count,
  unit,
  ratio,
});
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

/** In a process of its own each time, so that the libraries are loaded. */
function chart(quick: boolean): BenchRow[] {
  const program = `
    import { svgOf, vegaLiteOf } from ${JSON.stringify(REPORT)};
    const begin = performance.now();
    const series = [0, 1, 2, 3].map((s) => ({ name: 's' + s, panel: '', data: Array.from({ length: 2500 }, (_, i) => ({ x: i, y: Math.sin(i / 100 + s) + 2 })) }));
    const axis = { title: 't', quantity: 'number' };
    await svgOf(vegaLiteOf({ id: 'x', title: 't', subtitle: [], mark: 'line', x: axis, y: axis, colourTitle: 'c', panelTitle: '', series, marks: [], limits: [] }));
    process.stdout.write(String(performance.now() - begin));`;
  const times = Array.from({ length: quick ? 1 : 5 }, () =>
    Number(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })),
  );
  return [row('chart of 10,000 points, libraries loaded for it: wall time', Math.round(median(times)), 'ms')];
}

/** The report of 5,000 nodes: its size, and how long a browser takes from opening it to the first frame with its charts. */
async function report(dir: string, quick: boolean): Promise<BenchRow[]> {
  const set = quick ? ['--set', 'spec.nodePools[0].count=500', '--set', 'spec.apps[0].copies=1'] : [];
  const run = spawnSync(
    process.execPath,
    [BIN, 'run', 'scenarios/rolling-update-5000.yaml', ...set, '-d', dir, '-q', '--report'],
    { encoding: 'utf8' },
  );
  if (run.status !== 0) throw new Error(run.stderr);
  const name = quick ? 'report.html of 500 nodes' : 'report.html of 5,000 nodes';
  const path = join(dir, 'rolling-update-5000', 'report.html');
  const rows = [row(`${name}: size`, statSync(path).size, 'bytes')];
  if (!existsSync(CHROMIUM)) return rows;
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  try {
    const times: number[] = [];
    for (let i = 0; i < (quick ? 1 : 5); i++) {
      const page = await browser.newPage();
      const begin = performance.now();
      await page.goto(pathToFileURL(path).href);
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
      times.push(performance.now() - begin);
      await page.close();
    }
    return [...rows, row(`${name}: opened and interactive in Chromium`, Math.round(median(times)), 'ms')];
  } finally {
    await browser.close();
  }
}

/** What is loaded before anything can be done: all but what draws charts for export. */
const FIRST = /^(index|worker)-.*\.(js|css)$/;

async function playground(dir: string, quick: boolean): Promise<BenchRow[]> {
  execFileSync('npm', ['run', '--silent', 'build:playground']);
  const assets = fileURLToPath(new URL('../../playground/assets', import.meta.url));
  const sizes = readdirSync(assets)
    .filter((name) => FIRST.test(name))
    .map((name) => gzipSync(readFileSync(join(assets, name)), { level: 9 }).length);
  const rows = [
    row(
      'playground, first load, compressed',
      sizes.reduce((sum, size) => sum + size, 0),
      'bytes',
    ),
  ];
  if (!existsSync(CHROMIUM)) return rows;
  const name = quick ? 'slow-start-liveness' : 'first-look';
  const inNode = seconds(() =>
    execFileSync(process.execPath, [BIN, 'run', `scenarios/${name}.yaml`, '--engine', 'inline', '-d', dir, '-q']),
  );
  const inBrowser = await ranInBrowser(name);
  return [
    ...rows,
    row(
      `playground, ${name}: time of the command over time in Chromium`,
      round(inBrowser),
      's',
      round(inNode / inBrowser),
    ),
  ];
}

function seconds(work: () => void): number {
  const begin = performance.now();
  work();
  return (performance.now() - begin) / 1000;
}

/** Seconds from the click on Run to the answer. */
async function ranInBrowser(name: string): Promise<number> {
  const server = spawn(process.execPath, [BIN, 'playground', '--port', '0'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  try {
    const address = await new Promise<string>((done) =>
      server.stdout.once('data', (text: Buffer) => done(text.toString().trim())),
    );
    const page = await browser.newPage();
    await page.goto(`${address}#scenario=${name}`);
    await page.locator('button.primary:not([disabled])').waitFor();
    const begin = performance.now();
    await page.click('button.primary');
    await page.locator('.answers').first().waitFor({ timeout: 600_000 });
    return (performance.now() - begin) / 1000;
  } finally {
    await browser.close();
    server.kill('SIGTERM');
  }
}
