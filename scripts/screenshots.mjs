// `npm run screenshots`: the pictures in docs/images. Charts are what `kubelapse chart` draws; pages are photographed in Chromium.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const BIN = 'dist/src/cli/bin.js';
const IMAGES = 'docs/images';
const VIEW = { width: 1240, height: 860 };

const dir = mkdtempSync(join(tmpdir(), 'kubelapse-'));
const kubelapse = (...args) =>
  execFileSync(process.execPath, [BIN, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });

kubelapse('run', 'scenarios/iptables-vs-ipvs.yaml', '-d', dir, '-q');
kubelapse(
  'chart',
  join(dir, 'iptables-vs-ipvs'),
  '--type',
  'latency',
  '--metric',
  'first_packet',
  '-o',
  join(dir, 'first-packet.svg'),
  '-q',
);
execFileSync('cp', [join(dir, 'first-packet.svg'), IMAGES]);

kubelapse('run', 'scenarios/first-look.yaml', '-d', dir, '--report', '-q');
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const server = spawn(process.execPath, [BIN, 'playground', '--port', '0'], { stdio: ['ignore', 'pipe', 'ignore'] });
try {
  const report = await browser.newPage({ viewport: VIEW });
  await report.goto(pathToFileURL(join(dir, 'first-look', 'report.html')).href);
  await report.locator('#charts svg').first().waitFor();
  await report.screenshot({ path: join(IMAGES, 'report.png') });

  const address = await new Promise((done) => server.stdout.once('data', (text) => done(text.toString().trim())));
  const playground = await browser.newPage({ viewport: VIEW });
  await playground.goto(`${address}#scenario=slow-start-liveness`);
  await playground.locator('button.primary:not([disabled])').waitFor();
  await playground.click('button.primary');
  await playground.locator('#charts svg').first().waitFor();
  await playground.screenshot({ path: join(IMAGES, 'playground.png') });
} finally {
  server.kill();
  await browser.close();
  rmSync(dir, { recursive: true, force: true });
}
