// The playground in a browser: served by the command, running the simulator in a worker. Needs the build.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addressOf } from '../../src/playground/address.js';
import { browser, expectQuiet, hasChromium, SKIPPED } from '../fixtures/browser.js';
import { BIN, commandFolder } from '../fixtures/command.js';
import { EXAMPLES, SAMPLES } from '../fixtures/extension.js';
import { some } from '../fixtures/tier.js';

const command = commandFolder(true);
const chromium = browser();
let server: ChildProcess;
let address = '';

const ready = (page: Page) => page.locator('button.primary:not([disabled])').waitFor();
async function run(page: Page): Promise<void> {
  await ready(page);
  await page.click('button.primary');
  await page.locator('.answers').first().waitFor();
  await ready(page);
}

/** A playground that is served, and its address. Fails with what the command said if it ends before it serves. */
function served(more: readonly string[] = []): Promise<{ server: ChildProcess; url: string }> {
  const args = [BIN, 'playground', '--port', '0', ...more];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr!.on('data', (text: Buffer) => {
    said += text;
  });
  return new Promise((done, fail) => {
    child.stdout!.once('data', (text: Buffer) => done({ server: child, url: text.toString().trim() }));
    child.once('close', () => fail(new Error(said)));
  });
}

beforeAll(async () => {
  const built = spawnSync('npx', ['vite', 'build', '--config', 'vite.playground.config.ts'], { encoding: 'utf8' });
  expect(built.status, built.stderr).toBe(0);
  ({ server, url: address } = await served());
});
afterAll(() => server?.kill('SIGTERM'));

describe.skipIf(!hasChromium)(`the playground${SKIPPED}`, () => {
  it.each(some(['single-node', 'slow-start-liveness', 'ipvs-schedulers', 'node-death'], 1))(
    '%s: the same bytes as the command writes',
    async (name) => {
      expect(command.run(['run', `scenarios/${name}.yaml`, '-q']).status).toBe(0);
      const opened = await chromium.open(`${address}#scenario=${name}`);
      await run(opened.page);
      const [download] = await Promise.all([
        opened.page.waitForEvent('download'),
        opened.page.getByRole('button', { name: 'CSV' }).click(),
      ]);
      const files = unzipSync(readFileSync((await download.path())!));
      const { files: digests } = JSON.parse(readFileSync(join(command.dir, 'results', name, 'run.json'), 'utf8'));
      expect(Object.keys(files).sort()).toEqual(Object.keys(digests).sort());
      for (const file of Object.keys(files)) {
        expect(strFromU8(files[file]!) === readFileSync(join(command.dir, 'results', name, file), 'utf8'), file).toBe(
          true,
        );
      }
      expectQuiet(opened);
    },
  );

  it('a slider writes into the scenario and into the address, and a link brings it all back', async () => {
    const opened = await chromium.open(`${address}#scenario=crashloop`);
    const { page } = opened;
    await ready(page);
    const nodes = page.locator('.slider', { hasText: 'nodes of' }).locator('input');
    await nodes.focus();
    await nodes.press('ArrowRight');
    await page.locator('output', { hasText: /^20$/ }).waitFor();
    await page.locator('.cm-content', { hasText: 'count: 20' }).waitFor();
    await expect.poll(() => page.url()).toContain('#state=');
    await page.locator('[role=status]', { hasText: '20 nodes' }).waitFor();
    const again = await chromium.open(page.url());
    await again.page.locator('output', { hasText: /^20$/ }).waitFor();
    await again.page.locator('[role=status]', { hasText: '20 nodes' }).waitFor();
    expectQuiet(opened);
  });

  it('says what is wrong with a scenario and where, and does not run it', async () => {
    const { page } = await chromium.open(`${address}#scenario=single-node`);
    await ready(page);
    await page.locator('.cm-line', { hasText: 'duration: 2m' }).click();
    await page.keyboard.press('End');
    await page.keyboard.type('x');
    const problem = page.locator('.problems li');
    await problem.waitFor();
    expect(await problem.textContent()).toContain('single-node.yaml:10:13: spec.duration: "2mx" is not a duration');
    expect(await page.locator('button.primary').isDisabled()).toBe(true);
    await page.locator('.cm-lintRange-error').first().waitFor();
    await page.keyboard.press('Backspace');
    await ready(page);
  });

  it('completes fields and values from the schema', async () => {
    const { page } = await chromium.open(`${address}#scenario=crashloop`);
    await ready(page);
    await page.locator('.cm-line', { hasText: 'duration: 1h' }).click();
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await page.keyboard.type('kubePr');
    const option = page.locator('.cm-tooltip-autocomplete li', { hasText: 'kubeProxy' });
    await option.waitFor();
    await option.click();
    await page.keyboard.type('{ mode: nftables }');
    await page.locator('output', { hasText: 'nftables' }).waitFor();
    await ready(page);
  });

  it('shows charts while it runs, pauses, goes on, and can be cancelled', async () => {
    const opened = await chromium.open(`${address}#scenario=first-look`);
    const { page } = opened;
    await ready(page);
    await page.click('button.primary');
    await page.locator('.live canvas').first().waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    const status = () => page.locator('[role=status]').textContent();
    await page.waitForTimeout(500);
    const paused = await status();
    await page.waitForTimeout(700);
    expect(await status()).toBe(paused);
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.locator('[role=status]', { hasNotText: paused ?? '' }).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.locator('[role=status]', { hasText: 'cancelled' }).waitFor();
    expect(await page.locator('.answers').count()).toBe(0);
    expectQuiet(opened);
  });

  it('results of before a change are told as such', async () => {
    const { page } = await chromium.open(`${address}#scenario=crashloop`);
    await run(page);
    const note = page.locator('.outcome', { hasText: 'These results are from before the last change.' });
    expect(await note.count()).toBe(0);
    const nodes = page.locator('.slider', { hasText: 'nodes of' }).locator('input');
    await nodes.focus();
    await nodes.press('ArrowRight');
    await note.waitFor();
    await nodes.press('ArrowLeft');
    await expect.poll(() => note.count()).toBe(0);
  });

  it('another scenario ends a run, and forgets what it was about', async () => {
    const { page } = await chromium.open(`${address}#scenario=first-look`);
    await ready(page);
    await page.click('button.primary');
    await page.locator('.live canvas').first().waitFor();
    await page.locator('select').selectOption('single-node');
    await ready(page);
    expect(await page.locator('.answers').count()).toBe(0);
    // The worker has given up the old run: the new one is answered, and no answer of the old one comes after it.
    await run(page);
    expect(await page.locator('.counts').textContent()).toMatch(/^seed 1 /);
    await page.waitForTimeout(1500);
    expect(await page.locator('.counts').textContent()).toMatch(/^seed 1 /);
  });

  it('a link that cannot be read is told', async () => {
    const { page } = await chromium.open(`${address}#state=AAAA`);
    await page.locator('[role=alert]', { hasText: 'The link cannot be read' }).waitFor();
    await ready(page);
  });

  it('the page answers while the simulator works', async () => {
    const { page } = await chromium.open(`${address}#scenario=first-look`);
    await ready(page);
    await page.click('button.primary');
    await page.locator('.live canvas').first().waitFor();
    // Frames go on, and what is asked meanwhile is answered: the worker has a thread of its own.
    const frames = await page.evaluate(
      'new Promise((done) => { let n = 0; const next = () => (++n < 20 ? requestAnimationFrame(next) : done(n)); next(); })',
    );
    expect(frames).toBe(20);
    await page.locator('.cm-line', { hasText: 'duration: 1h' }).click();
    await page.keyboard.press('End');
    await page.keyboard.type('x');
    await page.locator('.problems li').waitFor();
    expect(await page.getByRole('button', { name: 'Cancel' }).count()).toBe(1);
  });

  it('runs two configurations side by side, draws them into the same charts, and exports them', async () => {
    const opened = await chromium.open(`${address}#scenario=crashloop`);
    const { page } = opened;
    await ready(page);
    await page.getByRole('button', { name: 'Compare with a second configuration' }).click();
    const pods = page.locator('.slider', { hasText: 'pods of' }).locator('input');
    await pods.focus();
    await pods.press('ArrowLeft');
    await run(page);
    expect(await page.locator('section[aria-label=results] tbody tr td:first-child').allTextContents()).toEqual([
      'A',
      'B',
    ]);
    const chart = page.locator('#chart-restarts-over-time');
    expect(await chart.locator('.legend button').allTextContents()).toEqual(['A', 'B']);
    await chart.scrollIntoViewIfNeeded();
    const [svg] = await Promise.all([
      page.waitForEvent('download'),
      chart.getByRole('button', { name: /^SVG/ }).click(),
    ]);
    expect(readFileSync((await svg.path())!, 'utf8')).toMatch(/^<svg [\s\S]*container restarts so far/);
    const [png] = await Promise.all([
      page.waitForEvent('download'),
      chart.getByRole('button', { name: /^PNG/ }).click(),
    ]);
    expect(
      [...readFileSync((await png.path())!).subarray(1, 4)].map((byte) => String.fromCharCode(byte)).join(''),
    ).toBe('PNG');
    const [scenario] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download scenario' }).click(),
    ]);
    expect(readFileSync((await scenario.path())!, 'utf8')).toContain('replicas: 100');
    expectQuiet(opened);
  });
});

describe('the files and the server of the playground', () => {
  it('work from any folder of any static host', () => {
    const page = readFileSync(resolve('dist/playground/index.html'), 'utf8');
    expect(
      [...page.matchAll(/(?:src|href)="([^"]+)"/g)]
        .map(([, path]) => path)
        .filter((path) => !/^(\.\/|data:)/.test(path!)),
    ).toEqual([]);
  });

  it('give nothing but the playground', async () => {
    const of = async (path: string, method = 'GET') => (await fetch(new URL(path, address), { method })).status;
    expect(await of('/')).toBe(200);
    expect(await of('/%2e%2e/%2e%2e/package.json')).toBe(404);
    expect(await of('/%')).toBe(404);
    expect(await of('/', 'POST')).toBe(405);
  });

  it('say that a port is already in use', () => {
    const { status, stderr } = command.run(['playground', '--port', new URL(address).port]);
    expect([status, stderr]).toEqual([2, expect.stringContaining('is already in use (choose another, or 0 for any)')]);
  });
});

describe.skipIf(!hasChromium)(`parts of one’s own in the playground${SKIPPED}`, () => {
  let own: ChildProcess;
  let url = '';
  beforeAll(async () => {
    const flags = SAMPLES.flatMap((name) => ['--extension', `${EXAMPLES}/${name}.mjs`]);
    ({ server: own, url } = await served(flags));
  });
  afterAll(() => own?.kill('SIGTERM'));
  const textOf = (name: string): string => readFileSync(join(EXAMPLES, `${name}.yaml`), 'utf8');
  /** A page whose first scenario has this text. */
  const openWith = (text: string, base = url) =>
    chromium.open(`${base}#${addressOf({ scenario: 'single-node', a: { 'single-node.yaml': text } })}`);

  it.each(some(SAMPLES, 2))('%s: the same bytes as the command writes', async (name) => {
    const flags = SAMPLES.flatMap((one) => ['--extension', resolve(EXAMPLES, `${one}.mjs`)]);
    const scenario = resolve(EXAMPLES, `${name}.yaml`);
    expect(command.run(['run', scenario, ...flags, '-q', '-d', 'own']).status).toBe(0);
    const opened = await openWith(textOf(name));
    await run(opened.page);
    const [download] = await Promise.all([
      opened.page.waitForEvent('download'),
      opened.page.getByRole('button', { name: 'CSV' }).click(),
    ]);
    const files = unzipSync(readFileSync((await download.path())!));
    const { files: digests } = JSON.parse(readFileSync(join(command.dir, 'own', name, 'run.json'), 'utf8'));
    expect(Object.keys(files).sort()).toEqual(Object.keys(digests).sort());
    for (const file of Object.keys(files)) {
      expect(strFromU8(files[file]!) === readFileSync(join(command.dir, 'own', name, file), 'utf8'), file).toBe(true);
    }
    expectQuiet(opened);
  });
  it('are offered by the slider and the editor', async () => {
    const { page } = await openWith(textOf('pool-usage'));
    await ready(page);
    const modes = page.locator('.slider', { hasText: 'kube-proxy mode' }).locator('input');
    await modes.focus();
    await modes.press('End');
    await page.locator('output', { hasText: /^xdp$/ }).waitFor();
    await page.locator('.cm-content', { hasText: 'mode: xdp' }).waitFor();
    await ready(page);
  });
  it('come from the owner of the page only: a link that names a module loads nothing', async () => {
    const opened = await openWith(
      textOf('pool-usage').replace('./pool-usage.mjs', 'https://example.com/evil.mjs'),
      address,
    );
    await opened.page.locator('.cm-content', { hasText: 'evil.mjs' }).waitFor();
    await opened.page.getByText('is code, which is loaded only').first().waitFor();
    expectQuiet(opened);
  });
});
