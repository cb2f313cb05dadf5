import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { BUILT_IN } from '../../src/catalogue.js';
import { ParameterSet } from '../../src/cluster/index.js';
import { runPoints } from '../../src/experiment/index.js';
import {
  agreementChart,
  checkCells,
  checkName,
  compareWithPublished,
  type ExperimentRun,
  type Reproduction,
  readExperiment,
  reproductionCsv,
  reproductionGuide,
  reproductionLead,
  reproductionSummaryCsv,
  reproductionTable,
} from '../../src/experiment/reproduce/index.js';
import { svgOf } from '../../src/report/index.js';
import { costsOf, type Diagnostic, InputError, loadScenario, readProfile } from '../../src/scenario/index.js';
import { blocksOf } from '../fixtures/pages.js';
import { AT_LENGTH } from '../fixtures/tier.js';

const ROOT = 'scenarios/reproduce';
/** Those that run in a moment; at length all. */
const NAMES = AT_LENGTH
  ? readdirSync(ROOT).sort()
  : ['cilium-limiter-2026', 'cni-add-2018', 'pleg-relist-2021', 'policy-packets-2020', 'sync-latency-2026'];
/** Who measures a limit goes to it, and a table of network paths needs no event: these are no flaws of a scenario. */
const INTENDED = /^is larger than what Kubernetes is tested for|^nothing happens: /;

function reproduce(name: string): Reproduction {
  const folder = join(ROOT, name);
  const read = (path: string): string => readFileSync(join(folder, path), 'utf8');
  const experiment = readExperiment(folder, BUILT_IN, read);
  checkName(experiment, name);
  const runs = new Map<string, ExperimentRun>();
  const scenarios = new Map<string, readonly string[]>();
  for (const run of experiment.spec.runs ?? []) {
    const scenario = loadScenario({ path: run.scenario, read, set: run.set ?? [] });
    const unexpected = scenario.warnings.filter(({ message }) => !INTENDED.test(message));
    expect(unexpected, `${name}/${run.scenario}`).toEqual([]);
    scenarios.set(
      run.name,
      scenario.points[0]!.parameters.map((parameter) => parameter.name),
    );
    const points = [...runPoints(scenario)].flatMap(({ point }) => point ?? []);
    runs.set(run.name, { name: scenario.name, thresholds: scenario.thresholds, points });
  }
  checkCells(experiment, BUILT_IN, scenarios);
  return compareWithPublished(experiment, runs, BUILT_IN, (paths) => {
    const diagnostics: Diagnostic[] = [];
    const profiles = paths.map((path) => readProfile(path, read(path), BUILT_IN, diagnostics));
    expect(diagnostics).toEqual([]);
    return new ParameterSet(BUILT_IN.costs, costsOf(profiles));
  });
}

describe('the published experiments', () => {
  let all: Reproduction[];
  beforeAll(() => {
    all = NAMES.map(reproduce);
  });

  it('all keep the bound that their file has written down', () => {
    expect(all.filter(({ outside }) => outside.length > 0).map(({ experiment }) => experiment.name)).toEqual([]);
  });
  it.skipIf(!AT_LENGTH)('stand in the guide with the figures that they give today (npm run reproduce)', () => {
    const guide = readFileSync('docs/guides/how-right-is-it.md', 'utf8');
    expect(guide).toContain(reproductionLead(all));
    expect(guide).toContain(reproductionGuide(all));
  });
  it('say for every figure what it set: a default that has a published source, or a value of a profile that is there', () => {
    for (const { experiment } of all) {
      for (const { usedFor } of experiment.published) {
        for (const name of usedFor.split(/\s+/).filter((text) => text !== '')) {
          const [parameter, profile] = name.split('/').reverse() as [string, string?];
          const at = parameter.lastIndexOf('.');
          const [group, key] = [parameter.slice(0, at), parameter.slice(at + 1)];
          if (profile === undefined) {
            expect(BUILT_IN.costs[group]![key]!.source, name).not.toMatch(/^no published figure/);
            continue;
          }
          const { changes } = readProfile(
            profile,
            readFileSync(`scenarios/profiles/${profile}.yaml`, 'utf8'),
            BUILT_IN,
            [],
          );
          expect(changes.map((change) => `${change.group}.${change.name}`)).toContain(parameter);
        }
      }
    }
  });
  it('cite a publication with its address, environment and how it was read', () => {
    for (const { experiment } of all) {
      const { cite, url, environment, read } = experiment.spec.publication;
      expect(cite).toMatch(/\d{4}/);
      expect(url).toMatch(/^https:\/\//);
      expect(environment.length).toBeGreaterThan(5);
      expect(read.length).toBeGreaterThan(4);
    }
  });
  it('are drawn with a mark for each figure, the same bytes each time', async () => {
    for (const reproduction of all) {
      const spec = agreementChart(reproduction);
      const warnings: string[] = [];
      const svg = await svgOf(spec, (text) => warnings.push(text));
      expect(warnings, reproduction.experiment.name).toEqual([]);
      expect(svg).toContain(reproduction.experiment.spec.title.split(' ')[0]);
      expect(await svgOf(spec)).toBe(svg);
    }
  });
  it('lie along a column of numbers, and beside each other where it holds words', () => {
    const along = all.find(({ experiment }) => experiment.name === 'policy-packets-2020')!;
    const { spec } = along.experiment;
    const by = (x: string): string =>
      JSON.stringify(
        agreementChart({
          ...along,
          experiment: { ...along.experiment, spec: { ...spec, chart: { ...spec.chart, x } } },
        }),
      );
    expect(by('addresses')).toContain('"mark":{"type":"line"');
    expect(by('filter')).not.toContain('"mark":{"type":"line"');
    expect(by('filter')).toContain('ipset');
  });
  it('are a row each in the table and in the summary, with totals below', () => {
    const table = reproductionTable(all).split('\n');
    expect(table.length).toBe(1 + NAMES.length + 1 + 1);
    expect(reproductionSummaryCsv(all).split('\n').length).toBe(1 + 4 * NAMES.length + 4 + 1);
    const csv = reproductionCsv(all[0]!).split('\n');
    expect(csv[0]!.trimEnd()).toBe(
      'experiment,metric,condition,unit,kind,published,published_high,precision,simulated,ratio,error,used_for,follows_from',
    );
  });
});

describe('an experiment that is written wrongly', () => {
  const GOOD = `apiVersion: kubelapse.dev/v1alpha1
kind: Experiment
metadata: {name: e}
spec:
  title: t
  publication: {cite: c (2020), url: "https://x", environment: one, read: text}
  bound: {median: 0.1, worst: 2, rank: 1}
  figures:
    - {metric: relist, unit: s, terms: [{measure: relist_seconds}]}
  chart: {}
`;
  const CSV = 'metric,pods,published,used_for\nrelist,100,0.0057,kubelet.costs.relistBase\n';
  const read = (yaml: string, csv: string) =>
    readExperiment('e', BUILT_IN, (path) => (path === 'published.csv' ? csv : yaml));
  const problem = (yaml: string, csv = CSV): string => {
    try {
      read(yaml, csv);
      return 'none';
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return error.message;
    }
  };
  it('is not the one of the guide', () => {
    const guide = readFileSync('docs/guides/own-experiments.md', 'utf8');
    const [yaml, csv] = ['yaml', 'csv'].map((language) => blocksOf(guide, language)[0]!);
    expect(problem(yaml!, csv)).toBe('none');
  });
  it('is told with file and line', () => {
    expect(problem(GOOD)).toBe('none');
    expect(problem(GOOD.replace('relist_seconds', 'relists_seconds'))).toContain(
      'e/experiment.yaml:9:51: error: spec.figures[0].terms[0].measure: "relists_seconds" is not a measure',
    );
    expect(problem(GOOD.replace('bound:', 'bounds:'))).toContain('bounds: unknown field');
    expect(problem(GOOD, 'metric,published\nrelists,1\n')).toContain(
      'e/published.csv:2:1: error: metric: "relists" is not a figure of e/experiment.yaml',
    );
    expect(problem(GOOD, CSV.replace('0.0057', 'fast'))).toContain(
      'published: must be a number, 0 or more, not "fast"',
    );
    expect(problem(GOOD, CSV.replace('relistBase', 'relistbase'))).toContain(
      '"kubelet.costs.relistbase" is not a parameter',
    );
    expect(problem(GOOD, 'metric,publish\nrelist,1\n')).toContain('published: is missing');
    expect(problem(GOOD, 'metric,published\n')).toContain('holds no rows');
    expect(problem(GOOD, 'metric,published\nrelist,1,2\n')).toContain('e/published.csv:2:1');
  });
  const compare = (yaml: string, csv = CSV): string => {
    try {
      const run = { name: 'run', thresholds: [], points: [] };
      compareWithPublished(read(yaml, csv), new Map([['run', run]]), BUILT_IN, () => ParameterSet.DEFAULTS);
      return 'none';
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return error.message;
    }
  };
  const TABLE = GOOD.replace('{measure: relist_seconds}', '{table: pods.csv, column: ready_seconds}').replace(
    '  figures:',
    '  runs: [{name: run, scenario: s.yaml}]\n  figures:',
  );
  it('that asks for what is not there is told before anything is run', () => {
    expect(compare(GOOD)).toBe('none');
    expect(problem(GOOD, 'metric,published\nrelist,1\n')).toContain(
      'published.csv:2:1: error: pods: is missing: relist_seconds depends on it',
    );
    expect(problem(TABLE)).toBe('none');
    expect(problem(TABLE.replace('pods.csv', 'nothing.csv'))).toContain('"nothing.csv" is not a table');
    expect(problem(TABLE.replace('ready_seconds', 'redy_seconds'))).toContain(
      '"redy_seconds" is not a column of pods.csv',
    );
    expect(
      problem(GOOD.replace('{measure: relist_seconds}', '{measure: relist_seconds, with: {plce: 0.99}}')),
    ).toContain('with.plce: is not a condition of relist_seconds');
    expect(problem(GOOD, 'metric,podz,pods,published\nrelist,3,100,0.0057\n')).toContain(
      'podz: no term of the figure knows this condition, "3" (did you mean "pods"?)',
    );
    expect(problem(GOOD, 'metric,pods,published\nrelist,many,0.0057\n')).toContain('pods: must be a number from 0 on');
    const labelled = GOOD.replace('  figures:', '  labels: [what]\n  figures:');
    expect(problem(labelled, 'metric,what,pods,published\nrelist,a busy node,100,0.0057\n')).toBe('none');
    expect(problem(labelled)).toContain('"what" is not a column of published.csv');
    expect(problem(TABLE, 'metric,run,published\nrelist,other,1\n')).toContain('there is no run "other"');
  });
  it('that names what is a column and a parameter at once has to say which', () => {
    const experiment = read(TABLE, 'metric,workload,published\nrelist,3,1\n');
    const check = (parameters: string[]) => {
      try {
        checkCells(experiment, BUILT_IN, new Map([['run', parameters]]));
        return 'none';
      } catch (error) {
        return (error as InputError).message;
      }
    };
    expect(check([])).toBe('none');
    expect(check(['workload'])).toContain('is a column of pods.csv and a parameter of the sweep: say which');
    const other = read(TABLE, 'metric,color,published\nrelist,3,1\n');
    expect(() => checkCells(other, BUILT_IN, new Map([['run', ['colour']]]))).toThrow(/has no column color/);
  });
});

describe('the figure of an experiment', () => {
  const scenario = `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: s}
spec:
  duration: 1m
  replications: 3
  nodePools: [{name: general, count: 2, capacity: {cpu: 8, memory: 64Gi}}]
  apps: [{name: web, manifests: [web.yaml], start: {at: 1s}}]
  sweep: {parameters: [{name: memory, path: "spec.nodePools[0].capacity.memory", values: [64Gi, 32Gi]}]}
`;
  const web = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 4
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: "i:1"}]}}
`;
  const loaded = loadScenario({ path: 's.yaml', read: (path) => (path === 's.yaml' ? scenario : web) });
  const points = [...runPoints(loaded)].flatMap(({ point }) => point ?? []);
  const figure = (terms: string, csv = 'metric,memory,published\nx,68719476736,1\n', more = ''): number => {
    const yaml = `apiVersion: kubelapse.dev/v1alpha1
kind: Experiment
metadata: {name: e}
spec:
  title: t
  publication: {cite: c 2026, url: "https://a.b", environment: somewhere, read: text}
  bound: {median: 1, worst: 10, rank: -1}
  runs: [{name: run, scenario: s.yaml}]
  figures:
    - {metric: x, unit: s, terms: [${terms}]${more}}
  chart: {}
`;
    const experiment = readExperiment('e', BUILT_IN, (path) => (path === 'experiment.yaml' ? yaml : csv));
    checkCells(experiment, BUILT_IN, new Map([['run', ['memory']]]));
    const run = { name: 's', thresholds: [], points };
    return compareWithPublished(experiment, new Map([['run', run]]), BUILT_IN, () => ParameterSet.DEFAULTS).pairs[0]!
      .simulated;
  };
  const ready = (take: string): string => `{table: pods.csv, column: ready_seconds, take: ${take}}`;
  it('takes of rows what it is told to, in each replication, and means them', () => {
    expect(figure(ready('count'))).toBe(4);
    const [min, median, max] = ['min', 'median', 'max'].map((take) => figure(ready(take)));
    expect(min!).toBeLessThan(median!);
    expect(median!).toBeLessThan(max!);
    expect(figure(ready('{quantile: 1}'))).toBeCloseTo(max!, 9);
    expect(figure(ready('last'))).toBeGreaterThanOrEqual(min!);
    expect(() => figure('{table: pods.csv, column: ready_seconds}')).toThrow(/4 rows of pods.csv/);
  });
  it('takes numbers for the same however they are written', () => {
    const at = (memory: string) => figure(ready('count'), `metric,memory,published\nx,${memory},1\n`);
    expect([at('64Gi'), at('68719476736'), at('6.8719476736e10')]).toEqual([4, 4, 4]);
    expect(at('63Gi')).toBe(0);
  });
  it('is made of terms that are added, multiplied, divided and inverted', () => {
    const one = figure(ready('max'));
    expect(figure(`${ready('max')}, {table: pods.csv, column: ready_seconds, take: max, op: divide}`)).toBe(1);
    expect(figure(`${ready('max')}, {table: pods.csv, column: ready_seconds, take: max, op: multiply}`)).toBeCloseTo(
      one * one,
      9,
    );
    expect(figure(`${ready('max')}, {table: pods.csv, column: ready_seconds, take: max, op: subtract}`)).toBe(0);
    expect(figure('{table: pods.csv, column: ready_seconds, take: max, invert: true}')).toBeCloseTo(1 / one, 9);
  });
  it('has something beside it by a condition', () => {
    const csv = 'metric,memory,what,published\nx,64Gi,large,1\n';
    expect(figure(ready('count'), csv, ', plus: {by: what, values: {small: 1, large: 10}}')).toBe(14);
    expect(() => figure(ready('count'), csv, ', plus: {by: what, values: {small: 1}}')).toThrow(
      /is not among the values/,
    );
  });
  it('may come from tables about all replications', () => {
    const where = 'metric: kubelet_pod_start_sli_duration_seconds, statistic: p50';
    expect(figure(`{table: estimates.csv, column: mean, where: {${where}}}`)).toBeGreaterThan(0.3);
  });
});
