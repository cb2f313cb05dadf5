// report.html in a browser: from a file, without a network, with hostile names in it. Needs the build.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { browser, expectQuiet, hasChromium, type Opened, SKIPPED } from '../fixtures/browser.js';
import { commandFolder } from '../fixtures/command.js';

const command = commandFolder(true);
const chromium = browser();

const HOSTILE = '</script><script>window.hacked = 1</script><img src=x onerror="window.hacked = 2">';

describe.skipIf(!hasChromium)(`report.html${SKIPPED}`, () => {
  let opened: Opened;
  let address = '';
  const figure = (id: string) => opened.page.locator(`#chart-${id}`);

  beforeAll(async () => {
    const path = join(command.dir, 'scenarios/slow-start-liveness.yaml');
    const text = readFileSync(path, 'utf8').replace(
      /kubelapse\.dev\/question: .*/,
      `kubelapse.dev/question: '${HOSTILE}'`,
    );
    writeFileSync(path, text);
    const args = [
      'run',
      'scenarios/slow-start-liveness.yaml',
      '--sweep',
      'spec.kubeProxy.mode=iptables,ipvs',
      '--report',
      '-q',
    ];
    const { status, stderr } = command.run([...args, '--threshold', 'pod_ready: p(99) < 30s']);
    expect([status, stderr]).toEqual([99, '']);
    address = pathToFileURL(join(command.dir, 'results/slow-start-liveness/report.html')).href;
    opened = await chromium.open(address);
  });

  it('opens from a file with no complaint, and asks for nothing', async () => {
    expectQuiet(opened);
    expect(await opened.page.title()).toBe('slow-start-liveness · kubelapse');
  });
  it('is at most 5 MB', () => expect(statSync(new URL(address)).size).toBeLessThan(5e6));
  it('shows hostile names as text, and runs nothing of them', async () => {
    expect(await opened.page.textContent('h1')).toBe(HOSTILE);
    expect(await opened.page.evaluate('window.hacked')).toBeUndefined();
    expect(await opened.page.locator('img').count()).toBe(0);
  });
  it('says what a threshold saw', async () => {
    const row = opened.page.locator('#thresholds tbody tr').first();
    expect(await row.textContent()).toMatch(/iptablespod_readyp\(99\) < 30s.*✗ fails/);
  });
  it('draws a chart when it comes into sight', async () => {
    await figure('pods-over-time').scrollIntoViewIfNeeded();
    await figure('pods-over-time').locator('canvas').waitFor();
    await figure('pod-start-stages').scrollIntoViewIfNeeded();
    await figure('pod-start-stages').locator('svg text').first().waitFor();
    expectQuiet(opened);
  });
  it('hides a series in all charts at once', async () => {
    const button = (id: string) => figure(id).getByRole('button', { name: 'ipvs' });
    const shown = () =>
      figure('pods-over-time')
        .locator('canvas')
        .evaluate((canvas) => (canvas as unknown as { toDataURL(): string }).toDataURL());
    const before = await shown();
    await button('distribution-pod-ready').click();
    expect(await button('pods-over-time').getAttribute('aria-pressed')).toBe('false');
    expect(await shown()).not.toBe(before);
    await button('pods-over-time').press('Enter');
    expect(await button('distribution-pod-ready').getAttribute('aria-pressed')).toBe('true');
    expect(await shown()).toBe(before);
  });
  it('reads out figures where the mouse is, and by arrow keys', async () => {
    const plot = figure('restarts-over-time').locator('.plot');
    await plot.scrollIntoViewIfNeeded();
    await plot.focus();
    await plot.press('ArrowRight');
    await plot.press('ArrowRight');
    await expect
      .poll(() => figure('restarts-over-time').locator('.readout').textContent())
      .toMatch(/simulated time .*(iptables|ipvs) \d/);
    await plot.locator('.u-over').hover({ position: { x: 200, y: 50 } });
    await expect
      .poll(() => figure('restarts-over-time').locator('.readout').textContent())
      .toMatch(/simulated time 1?\d(\.\d+)? min: /);
  });
  it('zooms where it is dragged, and back', async () => {
    const plot = figure('restarts-over-time').locator('.u-over');
    const label = () =>
      figure('restarts-over-time')
        .locator('canvas')
        .evaluate((canvas) => (canvas as unknown as { toDataURL(): string }).toDataURL());
    const whole = await label();
    const box = (await plot.boundingBox())!;
    await opened.page.mouse.move(box.x + 50, box.y + 50);
    await opened.page.mouse.down();
    await opened.page.mouse.move(box.x + 150, box.y + 60, { steps: 4 });
    await opened.page.mouse.up();
    await expect.poll(label).not.toBe(whole);
    await plot.dblclick();
    await expect.poll(label).toBe(whole);
  });
  it('has the figures of a chart as a table', async () => {
    const details = figure('pods-over-time').locator('details');
    await details.locator('summary').click();
    await details.locator('tbody tr').first().waitFor();
    expect(await details.locator('th').allTextContents()).toEqual(['mode', 'simulated time, min', 'pods ready']);
  });
  it('has tables that sort by numbers and filter', async () => {
    const table = opened.page.locator('details.table', { hasText: 'estimates.csv' });
    await table.locator('summary').click();
    const cells = (column: number) => table.locator(`tbody tr td:nth-child(${column})`).allTextContents();
    await table.locator('tbody tr').first().waitFor();
    const header = await table.locator('th').allTextContents();
    const mean = header.indexOf('mean') + 1;
    // Counters of what did not happen are more than a page of zeros.
    await table.getByRole('searchbox').fill('_duration_seconds');
    await table.getByRole('button', { name: 'mean', exact: true }).click();
    const ascending = (await cells(mean)).map(Number);
    expect(ascending).toEqual(ascending.toSorted((a, b) => a - b));
    expect(new Set(ascending).size).toBeGreaterThan(1);
    expect(
      await table
        .locator('th')
        .nth(mean - 1)
        .getAttribute('aria-sort'),
    ).toBe('ascending');
    await table.getByRole('button', { name: 'mean', exact: true }).click();
    expect((await cells(mean)).map(Number)[0]).toBeGreaterThan(ascending[0]!);
    await table.getByRole('searchbox').fill('kubeproxy_sync_proxy_rules_duration');
    const metrics = await cells(header.indexOf('metric') + 1);
    expect(new Set(metrics)).toEqual(new Set(['kubeproxy_sync_proxy_rules_duration_seconds']));
  });
  it('holds the scenario, and the command that makes it again', async () => {
    await expect(opened.page.locator('#scenario').textContent()).resolves.toContain('kind: Scenario');
    const line = (await opened.page.locator('#reproduce code').first().textContent())!;
    expect(line).toBe(
      "kubelapse run scenarios/slow-start-liveness.yaml --seed 7 --replications 1 --sweep spec.kubeProxy.mode=iptables,ipvs --threshold 'pod_ready: p(99) < 30s'",
    );
  });
  it('every control has a name, and the page says its language', async () => {
    const nameless = await opened.page
      .locator('button, input, a, summary')
      .evaluateAll(
        (all) =>
          all.filter(
            (element) =>
              (
                (element as unknown as { textContent: string }).textContent +
                ((element as unknown as { ariaLabel: string | null }).ariaLabel ?? '')
              ).trim() === '',
          ).length,
      );
    expect(nameless).toBe(0);
    expect(await opened.page.locator('html').getAttribute('lang')).toBe('en');
  });
  it('prints: all charts are drawn, in light colours', async () => {
    const fresh = await chromium.open(address, { colorScheme: 'dark' });
    await fresh.page.pdf();
    expect(await fresh.page.locator('#charts canvas').count()).toBeGreaterThan(3);
    expectQuiet(fresh);
  });
  it('is dark where the reader’s system is', async () => {
    const fresh = await chromium.open(address, { colorScheme: 'dark' });
    expect(await fresh.page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(21, 24, 29)');
    expectQuiet(fresh);
  });
  it('compares several results side by side', async () => {
    expect(
      command.run(['run', 'scenarios/slow-start-liveness.yaml', '--set', 'spec.seed=8', '-d', 'other', '-q']).status,
    ).toBe(0);
    const { status } = command.run([
      'report',
      'results/slow-start-liveness',
      'other/slow-start-liveness',
      '-o',
      'both.html',
    ]);
    expect(status).toBe(0);
    const both = await chromium.open(pathToFileURL(join(command.dir, 'both.html')).href);
    expect(await both.page.locator('#figures thead th').first().textContent()).toBe('result');
    expect(await both.page.locator('#figures tbody tr').count()).toBe(3);
    expectQuiet(both);
  });
});

describe('colours of pages', () => {
  const css = readFileSync('src/page/style.css', 'utf8');
  const [light, dark] = [...css.matchAll(/:root \{([^}]*)\}/g)].map(([, block]) =>
    Object.fromEntries([...block!.matchAll(/--(\w+): (#\w{6})/g)].map(([, name, value]) => [name, value!])),
  );
  /** Relative luminance (WCAG 2.2). */
  const luminance = (colour: string): number => {
    const [r, g, b] = [1, 3, 5]
      .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
      .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)) as [number, number, number];
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a: string, b: string): number => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
    return (high + 0.05) / (low + 0.05);
  };
  it.each(['text', 'muted', 'link', 'ok', 'bad'])(
    '%s is told from its background in light and dark (4.5:1)',
    (name) => {
      for (const colours of [light!, dark!]) {
        expect(contrast(colours[name]!, colours.background!)).toBeGreaterThan(4.5);
        expect(contrast(colours[name]!, colours.panel!)).toBeGreaterThan(4.5);
      }
    },
  );
});
