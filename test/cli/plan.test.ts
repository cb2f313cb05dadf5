// `plan` as a process, on models whose answer theory knows. Needs the build.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { BIN, commandFolder } from '../fixtures/command.js';
import { AT_LENGTH } from '../fixtures/tier.js';

const folder = commandFolder(false);
const run = (...args: string[]) => folder.run(args);
let dir = '';
const web = (replicas: number, cpu: string) => `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: "example/web:1", resources: {requests: {cpu: ${cpu}}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
`;
const scenario = (name: string, spec: string) => `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: ${name}}
spec:
${spec}`;
beforeAll(() => {
  dir = folder.dir;
  writeFileSync(join(dir, 'one.yaml'), web(1, '100m'));
  writeFileSync(join(dir, 'forty.yaml'), web(40, '500m'));
  // An M/M/1 queue: 50 a second are served.
  writeFileSync(
    join(dir, 'mm1.yaml'),
    scenario(
      'mm1',
      `  duration: 31m
  warmup: 1m
  nodePools: [{name: n, count: 3, capacity: {cpu: 8, memory: 32Gi}}]
  apps: [{name: web, manifests: [one.yaml], start: running, behavior: [{serve: {concurrency: 1, time: {distribution: exponential, mean: 20ms}}}]}]
  traffic: [{to: service/web, stages: [{duration: 31m, target: 5}]}]
`,
    ),
  );
  writeFileSync(
    join(dir, 'nodes.yaml'),
    scenario(
      'nodes',
      `  duration: 3m
  nodePools:
  - name: n
    count: 1
    capacity: {cpu: 2, memory: 32Gi}
    nodeTypes:
    - {name: big, capacity: {cpu: 8, memory: 32Gi}, pricePerHour: 0.36}
    - {name: small, capacity: {cpu: 2, memory: 8Gi}, pricePerHour: 0.1}
    - {name: dear, capacity: {cpu: 2, memory: 8Gi}, pricePerHour: 9}
  apps: [{name: web, manifests: [forty.yaml], start: {at: 1s}}]
  thresholds: [{metric: pod_ready, expr: count >= 40}]
`,
    ),
  );
});

const MM1 = ['plan', 'mm1.yaml', '--maximise', 'spec.traffic[0].stages[0].target', '--lower', '5', '--upper', '49'];
const BOUND = ['--subject-to', 'request: p(99) < 500ms'];

describe('plan', () => {
  it('finds the rate at which an M/M/1 queue still answers 99 % in time', () => {
    const { status, stdout } = run(...MM1, ...BOUND);
    expect(status).toBe(0);
    const best = Number(/target = (\d+) is the largest/.exec(stdout)![1]);
    // The time in the system is exponential with rate mu - lambda: its 99 % quantile is ln 100 / (mu - lambda).
    const exact = 50 - Math.log(100) / 0.5;
    expect(best).toBeLessThanOrEqual(exact);
    expect(best).toBeGreaterThanOrEqual(exact - 2);
    const results = join(dir, 'results/plan/mm1');
    expect(readdirSync(results).sort()).toEqual(['frontier.csv', 'frontier.svg', 'frontier.vl.json', 'plan.txt']);
    const rows = readFileSync(join(results, 'frontier.csv'), 'utf8').trim().split('\r\n');
    expect(rows[0]).toBe(
      'scenario,node_type,price_per_hour,path,value,cost_per_hour,finding,replications,point,metric,expression,unit,observed,ci95_low,ci95_high,ok,refused',
    );
    expect(rows.some((row) => row.includes(`,${best},,holds,`))).toBe(true);
  });
  it('finds the fewest nodes on which pods fit, and the cheapest type', () => {
    const fewest = run('plan', 'nodes.yaml', '--minimise', 'spec.nodePools[0].count', '--checks', '0');
    expect([fewest.status, /count = (\d+) is the smallest/.exec(fewest.stdout)?.[1]]).toEqual([0, '10']);
    const cost = run('plan', 'nodes.yaml', '--minimise', 'cost');
    // Sixteen pods on a big node and four on a small one: 3 x 0.36 against 10 x 0.1.
    expect(cost.stdout.trim().split('\n').at(-1)).toBe('Cheapest: 10 nodes of small, 1 an hour.');
    expect(cost.stdout).toContain('spec.nodePools[0].count = 3 is the smallest');
    expect(readFileSync(join(dir, 'results/plan/nodes/frontier.csv'), 'utf8')).toContain(
      'nodes,small,0.1,spec.nodePools[0].count,10,1,holds,5,0,',
    );
  });
  it('takes pods without a node for a failure, though no latency tells of them', () => {
    // A node of two cores has room for four pods.
    const { stdout } = run(
      'plan',
      'nodes.yaml',
      '--maximise',
      'spec.apps[0].replicas',
      '--no-charts',
      '--checks',
      '0',
      '--set',
      'spec.thresholds=[{metric: pod_startup, expr: p(99) < 5s}]',
    );
    expect(stdout).toContain(
      'spec.apps[0].replicas = 4 is the largest found at which the thresholds hold with 95 % confidence; at 5 not: 1 pod finds no node.',
    );
  });
  it('says when thresholds hold nowhere, and ends with 99', () => {
    const { status, stdout } = run(...MM1, '--subject-to', 'request: p(99) < 1us', '--checks', '0');
    expect([status, stdout.trim().split('\n').at(-1)]).toEqual([
      99,
      'The thresholds hold at no value of spec.traffic[0].stages[0].target that was tried.',
    ]);
  });
  it.skipIf(!AT_LENGTH)('goes on after SIGKILL, and comes to the same', async () => {
    const short = [...MM1, ...BOUND, '--set', 'spec.duration=6m', '--max-replications', '10'];
    run(...short, '-d', 'whole', '-q', '--no-charts');
    await new Promise<void>((done) => {
      const child = spawn(process.execPath, [BIN, ...short, '-d', 'killed', '--no-charts'], { cwd: dir });
      let stderr = '';
      child.stderr.on('data', (data) => {
        stderr += String(data);
        if (stderr.split('\n').length > 4) child.kill('SIGKILL');
      });
      child.on('close', () => done());
    });
    expect(existsSync(join(dir, 'killed/plan/mm1/frontier.csv'))).toBe(false);
    expect(readdirSync(join(dir, 'killed/plan/mm1/jobs')).length).toBeGreaterThan(10);
    run(...short, '-d', 'killed', '-q', '--no-charts');
    const text = (results: string) => readFileSync(join(dir, results, 'plan/mm1/frontier.csv'), 'utf8');
    expect(text('killed')).toBe(text('whole'));
    expect(existsSync(join(dir, 'killed/plan/mm1/jobs'))).toBe(false);
  });
  it.each<[string[], string]>([
    [['mm1.yaml', ...BOUND], 'plan: error: needs one of --maximise PATH, --minimise PATH and --minimise cost'],
    [['mm1.yaml', '--maximise', 'spec.apps[0].copies'], 'mm1.yaml: error: has no thresholds to plan for'],
    [
      ['mm1.yaml', '--maximise', 'spec.seed', ...BOUND],
      '--maximise spec.seed: error: is not the path of a field of spec',
    ],
    [
      ['mm1.yaml', '--maximise', 'spec.apps[0].copies', ...BOUND, '--max-replications', '1'],
      'must be a whole number from 2 to 10000',
    ],
    [['mm1.yaml', '--maximise', 'copies', ...BOUND], '--maximise copies: error: is not the path of a field of spec'],
    [['mm1.yaml', '--maximise', 'spec.apps[0].copis', ...BOUND], 'error: spec.apps[0].copis: unknown field'],
    [['mm1.yaml', '--minimise', 'cost', ...BOUND], 'mm1.yaml: error: has no nodeTypes to choose from'],
    [
      ['mm1.yaml', '--maximise', 'spec.apps[0].copies', ...BOUND, '--lower', '9', '--upper', '3'],
      'kubelapse: --upper 3: must be more than --lower 9',
    ],
    [['mm1.yaml', '--maximise', 'spec.apps[0].copies', '--subject-to', 'request < 3'], "must be 'METRIC: EXPR'"],
  ])('%j is refused', (args, message) => {
    const { status, stdout, stderr } = run('plan', ...args, '-d', 'bad');
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });
});
