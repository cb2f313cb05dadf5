import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { BUILT_IN } from '../../src/catalogue.js';
import { ParameterSet } from '../../src/cluster/index.js';
import { runPoints } from '../../src/experiment/index.js';
import {
  agreementChart,
  checkName,
  compareWithPublished,
  type Reproduction,
  readExperiment,
  reproductionCsv,
  reproductionGuide,
  reproductionSummaryCsv,
  reproductionTable,
} from '../../src/experiment/reproduce/index.js';
import { svgOf } from '../../src/report/index.js';
import type { FinishedPoint } from '../../src/results/index.js';
import { costsOf, type Diagnostic, InputError, loadScenario, readProfile } from '../../src/scenario/index.js';
import { AT_LENGTH } from '../fixtures/tier.js';

const ROOT = 'scenarios/reproduce';
/** Those that run in a moment; at length all. */
const NAMES = AT_LENGTH
  ? readdirSync(ROOT).sort()
  : ['cilium-limiter-2026', 'cni-add-2018', 'pleg-relist-2021', 'sync-latency-2026'];
/** Who measures a limit goes to it, and a table of network paths needs no event: these are no flaws of a scenario. */
const INTENDED = /^is larger than what Kubernetes is tested for|^nothing happens: /;

function reproduce(name: string): Reproduction {
  const folder = join(ROOT, name);
  const read = (path: string): string => readFileSync(join(folder, path), 'utf8');
  const experiment = readExperiment(folder, BUILT_IN, read);
  checkName(experiment, name);
  const runs = new Map<string, FinishedPoint[]>();
  for (const run of experiment.spec.runs ?? []) {
    const scenario = loadScenario({ path: run.scenario, read, set: run.set ?? [] });
    const unexpected = scenario.warnings.filter(({ message }) => !INTENDED.test(message));
    expect(unexpected, `${name}/${run.scenario}`).toEqual([]);
    runs.set(
      run.name,
      [...runPoints(scenario)].flatMap(({ point }) => point ?? []),
    );
  }
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
    expect(readFileSync('docs/guides/how-right-is-it.md', 'utf8')).toContain(reproductionGuide(all));
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
  it('are a row each in the table and in the summary, with totals below', () => {
    const table = reproductionTable(all).split('\n');
    expect(table.length).toBe(1 + NAMES.length + 1 + 1);
    expect(reproductionSummaryCsv(all).split('\n').length).toBe(1 + 3 * NAMES.length + 3 + 1);
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
      compareWithPublished(read(yaml, csv), new Map([['run', []]]), BUILT_IN, () => ParameterSet.DEFAULTS);
      return 'none';
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return error.message;
    }
  };
  it('that asks for what is not there is told with the line of its figure', () => {
    expect(compare(GOOD)).toBe('none');
    expect(compare(GOOD, 'metric,published\nrelist,1\n')).toContain(
      'relist, line 2 of published.csv: pods is missing: relist_seconds depends on it',
    );
    const table = GOOD.replace('{measure: relist_seconds}', '{table: nothing.csv, column: a}').replace(
      '  figures:',
      '  runs: [{name: run, scenario: s.yaml}]\n  figures:',
    );
    expect(compare(table)).toContain('there is no table nothing.csv');
    expect(compare(table.replace('nothing.csv', 'pods.csv'))).toContain('no row of pods.csv has a where pods=100');
  });
});
