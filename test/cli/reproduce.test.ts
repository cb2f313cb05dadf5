// `reproduce` and `calibrate` as processes. Needs the build (`npm test` makes it).
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const BIN = resolve('dist/src/cli/bin.js');
let dir: string;
beforeAll(() => {
  if (!existsSync(BIN)) throw new Error('no build: run npm test, or npm run build first');
  dir = mkdtempSync(join(tmpdir(), 'kubelapse-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const run = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { cwd: dir, encoding: 'utf8' });
  expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
  return { status, stdout, stderr };
};

describe('reproduce', () => {
  it('lists the experiments that come with it, from any folder, and runs nothing', () => {
    const { status, stdout } = run('reproduce', '--list');
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^request-latency-2019\n {2}Requests through a ClusterIP .*\n {2}Cilium 1\.6 .*; 9 figures$/m,
    );
    expect(existsSync(join(dir, 'results'))).toBe(false);
  });
  it('runs one, writes its table and chart, and prints how well it agrees', () => {
    const { status, stdout, stderr } = run('reproduce', 'request-latency-2019', 'pleg-relist-2021');
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^EXPERIMENT +TESTS +MEDIAN-ERROR +WORST +RANK +LIMITS +SETTING +MEDIAN-ERROR +GIVEN +GOAL +BOUND$/m,
    );
    expect(stdout).toMatch(/^request-latency-2019 +0 +- +- +- +- +3 +\d\.\d % +6 +reached +kept$/m);
    expect(stderr).toBe('request-latency-2019 …\npleg-relist-2021 …\nresults/reproduce/ written\n');
    expect(readdirSync(join(dir, 'results/reproduce')).sort()).toEqual([
      'pleg-relist-2021.csv',
      'pleg-relist-2021.svg',
      'pleg-relist-2021.vl.json',
      'request-latency-2019.csv',
      'request-latency-2019.svg',
      'request-latency-2019.vl.json',
    ]);
    const svg = readFileSync(join(dir, 'results/reproduce/request-latency-2019.svg'), 'utf8');
    expect(svg).toMatch(/^<svg/);
    expect(svg).toContain('Requests through a ClusterIP');
  });
  it('refuses an experiment that is none, with a suggestion', () => {
    const { status, stderr } = run('reproduce', 'request-latency-2018');
    expect(status).toBe(2);
    expect(stderr).toContain('there is no experiment "request-latency-2018" (did you mean "request-latency-2019"?)');
    expect(run('reproduce', '--lists').stderr).toContain('did you mean "list"');
  });
  it('fails with exit code 1 if an experiment of mine falls outside its bound', () => {
    const own = join(dir, 'own/relist');
    mkdirSync(own, { recursive: true });
    cpSync(resolve('scenarios/reproduce/pleg-relist-2021/experiment.yaml'), join(own, 'experiment.yaml'));
    const yaml = readFileSync(join(own, 'experiment.yaml'), 'utf8').replace('pleg-relist-2021', 'relist');
    writeFileSync(join(own, 'experiment.yaml'), yaml);
    writeFileSync(join(own, 'published.csv'), 'metric,pods,published\nrelist,100,57\nrelist,900,50\n');
    const { status, stdout } = run('reproduce', '--experiments', 'own', '--no-charts');
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /^relist is outside its bound: median error .*; worst factor .*; rank correlation -1\.00, at least 1$/m,
    );
  });
  it('is not led astray by what stands in the titles of its chart', () => {
    const folder = join(dir, 'odd/odd');
    mkdirSync(folder, { recursive: true });
    const yaml = readFileSync(resolve('scenarios/reproduce/pleg-relist-2021/experiment.yaml'), 'utf8');
    writeFileSync(join(folder, 'published.csv'), 'metric,pods,published\nrelist,100,57\nrelist,900,500\n');
    for (const unit of ['a\nb', 'a\u2028b', 'x\\" + (1) + "', '\\', 'constructor', '"']) {
      const odd = yaml
        .replace('name: pleg-relist-2021', 'name: odd')
        .replace(/unit: .*/, `unit: ${JSON.stringify(unit)}`)
        .replace(/\{ metric: relist, unit: [^,]+,/, `{ metric: relist, unit: ${JSON.stringify(unit)},`);
      expect(odd).toContain(JSON.stringify(unit));
      writeFileSync(join(folder, 'experiment.yaml'), odd);
      const { status, stderr } = run('reproduce', '--experiments', 'odd', '--force');
      expect([status === 0 || status === 1, stderr]).toEqual([true, expect.not.stringContaining('defect')]);
      expect(readFileSync(join(dir, 'results/reproduce/odd.svg'), 'utf8')).toMatch(/^<svg/);
    }
    writeFileSync(
      join(folder, 'experiment.yaml'),
      yaml.replace('name: pleg-relist-2021', 'name: odd').replace(/measure: /, 'profiles: [nope.yaml], measure: '),
    );
    const { status, stderr } = run('reproduce', '--experiments', 'odd', '-d', 'nothing');
    expect([status, stderr]).toEqual([2, 'odd/odd/nope.yaml: error: does not exist\n']);
    expect(existsSync(join(dir, 'nothing'))).toBe(false);
  });
  it('refuses a folder without experiments, and one whose name is another', () => {
    expect(run('reproduce', '--experiments', 'nowhere').stderr).toContain('holds no experiments');
    cpSync(join(dir, 'own/relist'), join(dir, 'own/other'), { recursive: true });
    const { status, stderr } = run('reproduce', 'other', '--experiments', 'own');
    expect(status).toBe(2);
    expect(stderr).toContain('is named relist, but its folder other');
  });
});

describe('calibrate', () => {
  const write = (name: string, text: string) => writeFileSync(join(dir, name), text);
  it('fits a CSV, shows before and after, and writes a profile that a scenario takes', () => {
    write('m.csv', 'metric,pods,value\nrelist_seconds,10,0.020\nrelist_seconds,100,0.029\nrelist_seconds,300,0.049\n');
    const { status, stdout, stderr } = run('calibrate', 'm.csv', '-o', 'mine.yaml', '--name', 'mine');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^kubelet\.costs\.relistBase +4\.3ms +19ms +19ms to 19ms$/m);
    expect(stdout).toMatch(/^relist_seconds +3 +\d\d\.\d % +0\.0 % +0\.0 %$/m);
    expect(stderr).toContain('mine.yaml written; name it in spec.profiles, by its path from the scenario’s folder');
    write(
      's.yaml',
      `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: s}
spec:
  duration: 1m
  profiles: [mine.yaml]
  nodePools: [{name: n, count: 1, capacity: {cpu: "4", memory: 8Gi, pods: 50}}]
  apps: [{name: a}]
---
apiVersion: v1
kind: Pod
metadata: {name: a}
spec: {containers: [{name: c, image: i}]}
`,
    );
    expect(run('run', 's.yaml', '-q').status).toBe(0);
    expect(run('verify', 'results/s').status).toBe(0);
  });
  it('writes to standard output, and nothing but the profile', () => {
    const { stdout } = run('calibrate', 'm.csv', '-o', '-');
    expect(stdout).toMatch(/^apiVersion: kubelapse\.dev\/v1alpha1\nkind: Profile\n/);
    expect(stdout).not.toContain('PARAMETER');
  });
  it('refuses measurements that tell nothing, says what would, and writes nothing', () => {
    write('one.csv', 'metric,mode,services,endpoints,value\nfirst_packet_seconds,iptables,1000,2000,0.0001\n');
    const { status, stderr } = run('calibrate', 'one.csv', '-o', 'none.yaml');
    expect(status).toBe(2);
    expect(stderr).toContain('kube-proxy.lookup.perRule cannot be fitted to 1 measurements');
    expect(stderr).toContain('measure at another number of services');
    expect(existsSync(join(dir, 'none.yaml'))).toBe(false);
  });
  it('refuses a wrong cell by line, a wrong flag, a file that is not there', () => {
    write('bad.csv', 'metric,pods,value\nrelist_seconds,10,0.02\nrelist_seconds,x,0.02\n');
    expect(run('calibrate', 'bad.csv')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('bad.csv:3:1: error: pods'),
    });
    expect(run('calibrate', 'm.csv', '--at', 'pods')).toMatchObject({ status: 2 });
    expect(run('calibrate', 'm.csv', '--at', 'pod=3').stderr).toContain(
      '"pod" is not a condition (did you mean "pods"?)',
    );
    write('semi.csv', 'metric;pods;value\n');
    expect(run('calibrate', 'semi.csv').stderr).toContain('has semicolons between its columns');
    write('quantile.csv', 'metric,plugin,quantile,value\ncni_add_seconds,flannel,99,1\n');
    expect(run('calibrate', 'quantile.csv').stderr).toContain('must be a number between 0 and 1, or mean, not "99"');
    expect(run('calibrate', 'nothing.csv')).toMatchObject({ status: 2 });
    expect(run('calibrate')).toMatchObject({ status: 2 });
  });
  it('fits an exposition of kube-proxy', () => {
    const name = 'kubeproxy_sync_partial_proxy_rules_duration_seconds';
    write('metrics.prom', `${name}_bucket{le="+Inf"} 10\n${name}_sum 0.6\n${name}_count 10\n`);
    const lacking = run('calibrate', 'metrics.prom', '--at', 'mode=nftables');
    expect(lacking).toMatchObject({ status: 2, stderr: expect.stringContaining('--at services=…') });
    const at = ['--at', 'mode=nftables', '--at', 'services=1000', '--at', 'endpoints=2000'];
    const { status, stdout, stderr } = run('calibrate', 'metrics.prom', ...at);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^sync_seconds nftables partial +1 +\d+\.\d % +0\.0 %/m);
    expect(stderr).toContain('cannot be told apart; all their defaults are scaled by the same factor');
    const other = run('calibrate', 'metrics.prom', ...at, '--at', 'metrics.prom:services=2000');
    expect(other.stdout).not.toBe(stdout);
  });
});
