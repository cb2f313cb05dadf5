// Modules of parts: what one may import, what it must export, and what is said where it does not.

import { describe, expect, it } from 'vitest';
import { BUILT_IN } from '../../src/catalogue.js';
import { catalogueWith, defineExtension, ExtensionError, modulesOf, withExtension } from '../../src/extension/index.js';
import { loadModule } from '../../src/extension/module.js';
import { KUBE_PROXY_FIELDS } from '../../src/kube-proxy/index.js';
import { tablesOf } from '../../src/report/index.js';
import { csvHeader } from '../../src/report/tables/csv.js';
import { POINT_COLUMNS, POINT_TABLE_FILES } from '../../src/results/index.js';
import {
  explainField,
  InputError,
  loadScenario,
  loadSource,
  scenarioSchemaOf,
  sourceOf,
} from '../../src/scenario/index.js';
import { TRAFFIC_FIELDS } from '../../src/traffic/index.js';
import { moduleOf, sample, sampleModule, sampleScenario } from '../fixtures/extension.js';

const problemOf = async (work: () => unknown): Promise<string> => {
  try {
    await work();
    return '';
  } catch (error) {
    if (!(error instanceof ExtensionError)) throw error;
    return error.hint === undefined ? error.message : `${error.message} (${error.hint})`;
  }
};

const IMPORT = "import { defineExtension } from 'kubelapse/extension';\n";
const lb = (members: string): string =>
  `${IMPORT}export default defineExtension({ name: 'x', version: '1', parts: { loadBalancers: [{ ${members} }] } });`;

const part = (kind: string, members: string): string =>
  `{ name: "x", version: "1", parts: { ${kind}: [{ ${members} }] } }`;
const metric = (members: string): string =>
  part(
    'metrics',
    `name: "m_total", type: "counter", unit: "total", labels: [], meaning: "m", listen: () => ({}), ${members}`,
  );
const table = (members: string): string =>
  part('tables', `file: "t.csv", meaning: "t", columns: [column("a", "", "a", () => 1)], rows: () => [], ${members}`);
const fault = (members: string): string =>
  part(
    'faults',
    `type: "F", meaning: "f", fields: {}, read: () => ({}), begin: () => ({ nodes: [], pods: [] }), consequences: {}, examples: [], ${members}`,
  );
const shape = (members: string): string =>
  part('trafficShapes', `name: "s", meaning: "s", create: () => ({ next: (from) => from + 1 }), ${members}`);

describe('a module of parts', () => {
  it('is loaded from its text, wherever it came from', async () => {
    const extension = await sample('power-of-two-choices');
    expect([extension.name, extension.version]).toEqual(['power-of-two-choices', '1.0.0']);
    expect(extension.parts.loadBalancers?.map(({ name }) => name)).toEqual(['p2c']);
  });
  it('is handed the program that loads it, and no second one', async () => {
    const text =
      "import { BUILT_IN } from 'kubelapse/extension';\nexport default { name: 'x', version: '1', parts: {}, same: BUILT_IN };";
    const extension = (await loadModule(moduleOf(text))) as unknown as { same: unknown };
    expect(extension.same).toBe(BUILT_IN);
  });
  it.each([
    [
      "import fs from 'node:fs';\nexport default {};",
      'line 1: imports "node:fs"; a module may import kubelapse/extension only (put it into one file: ',
    ],
    [`${IMPORT}import { x } from './other.mjs';\nexport default {};`, 'line 2: imports "./other.mjs"'],
    ["export * from 'kubelapse';", 'line 1: imports "kubelapse"; '],
    ["export default await import('node:os');", 'line 1: imports while it runs'],
    ['export default import.meta.url;', 'line 1: uses import.meta'],
    ['export default {', 'line 1: is not a module of JavaScript (put it into one file: '],
    ['const x: number = 1;\nexport default x;', 'cannot be loaded: '],
    ['throw new Error("no");', 'cannot be loaded: no'],
    [
      "import { nothing_like_it } from 'kubelapse/extension';\nexport default {};",
      'line 1: kubelapse/extension has no nothing_like_it',
    ],
    [
      "import { x,\n  defineExtensoin as d } from 'kubelapse/extension';\nexport default {};",
      'line 1: kubelapse/extension has no x',
    ],
    [
      "import { defineExtensoin as d } from 'kubelapse/extension';",
      'has no defineExtensoin; did you mean "defineExtension"?',
    ],
    ["import k from 'kubelapse/extension';\nexport default k;", 'line 1: kubelapse/extension has no default export'],
    ["\uFEFFimport fs from 'node:fs';\nexport default {};", 'line 1: imports "node:fs"'],
    ['export default { get name() { throw new Error("no"); } };', 'cannot be read: no'],
    ['export const x = 1;', 'its default export is not an extension (export default defineExtension('],
    ['export default 7;', 'its default export is not an extension'],
  ])('%j is refused', async (text, message) => {
    expect(await problemOf(() => loadModule(moduleOf(text)))).toContain(message);
  });
  it('cannot be larger than parts are', async () => {
    expect(await problemOf(() => loadModule(moduleOf(`//${'x'.repeat(5 << 20)}\nexport default {};`)))).toContain(
      'is larger than',
    );
  });
});

describe('an extension', () => {
  it.each([
    ['{ name: "X y", version: "1", parts: {} }', 'name: must be lower-case letters, digits and "-", not "X y"'],
    ['{ name: "x", version: 1, parts: {} }', 'version: must be text such as "1.0.0", not 1'],
    ['{ name: "x", version: "1" }', 'parts: must be an object of lists of parts'],
    [
      '{ name: "x", version: "1", parts: { balancers: [] } }',
      'parts.balancers: is not a kind of part; there are: proxyModes, loadBalancers,',
    ],
    ['{ name: "x", version: "1", parts: { faults: {} } }', 'parts.faults: must be a list'],
    ['{ name: "x", version: "1", parts: { faults: [null] } }', 'parts.faults[0]: must be an object'],
    [
      '{ name: "x", version: "1", parts: { tables: [{ file: "../x.csv" }] } }',
      'parts.tables[0] (../x.csv).file: must match ^[a-z0-9][a-z0-9_]*\\.csv$, not "../x.csv"',
    ],
    ['{ name: "x", version: "1", parts: { metrics: [{ name: "a b" }] } }', 'parts.metrics[0] (a b).name: must match'],
    ['{ name: "x", version: 1n, parts: {} }', 'version: must be text such as "1.0.0", not a bigint'],
    [metric('unit: "bananas"'), '.unit: must be seconds or total or rules, not "bananas"'],
    [metric('type: "gauge"'), '.type: must be histogram or counter, not "gauge"'],
    [metric('name: "m"'), '.name: must end with _total, as Prometheus names such metrics, not "m"'],
    [metric('labels: ["le"]'), '.labels: must be letters, digits and "_", and none of le, quantile,'],
    [metric('labels: ["a-b"]'), '.labels: must be letters'],
    [
      metric('type: "histogram", unit: "seconds", name: "m_seconds", bounds: [5, 1]'),
      '.bounds: must be numbers above 0 that grow',
    ],
    [metric('shortName: ["m"]'), '.shortName: is not known; did you mean shortNames?'],
    [table('file: "estimates.csv"'), '.file: the name estimates.csv is taken'],
    [table('columns: []'), '.columns: must not be empty'],
    [table('columns: [5]'), '.columns[0]: must be an object, not 5'],
    [table('columns: [{ name: "a", unit: "", meaning: "a" }]'), '.columns[0].value: must be a function'],
    [table('columns: [column("point", "", "a", () => 1)]'), '.columns[0].name: the name point is taken'],
    [fault('fields: { at: z.string() }'), '.fields.at: the name is taken'],
    [fault('fields: { a: 5 }'), '.fields.a: must be a type of z'],
    [shape('fields: { to: optional(z.string(), "x") }'), '.fields.to: the name is taken'],
    [shape('fields: { burst: field(z.string(), "x") }'), '.fields.burst: must be optional'],
    [shape('isSimulatedWhol: true'), '.isSimulatedWhol: is not known; did you mean isSimulatedWhole?'],
  ])('%s is refused', async (text, message) => {
    const module = `import { column, field, optional, z } from 'kubelapse/extension';\nexport default ${text};`;
    expect(await problemOf(() => loadModule(moduleOf(module)))).toContain(message);
  });
  it.each([
    ["name: 'a'", 'parts.loadBalancers[0] (a).meaning: must be text, not undefined'],
    ["name: 'a', meaning: 'b'", 'parts.loadBalancers[0] (a).create: must be a function, not undefined'],
    ["name: 'a', meaning: 'b', create: 'c'", 'parts.loadBalancers[0] (a).create: must be a function, not "c"'],
    ["meaning: 'b', create: () => {}", 'parts.loadBalancers[0].name: must match'],
  ])('a part with %s is refused by its member', async (members, message) => {
    expect(await problemOf(() => loadModule(moduleOf(lb(members))))).toContain(message);
  });
  it('cannot take the name of a part, nor that of another extension', async () => {
    const taken = lb("name: 'rr', meaning: 'b', create: () => {}");
    expect(await problemOf(async () => withExtension(BUILT_IN, await loadModule(moduleOf(taken))))).toBe(
      'x: the name rr is taken: there is one among the IPVS schedulers already',
    );
    const free = lb("name: 'free', meaning: 'b', create: () => {}");
    const one = withExtension(BUILT_IN, await loadModule(moduleOf(free)));
    const again = lb("name: 'other', meaning: 'b', create: () => {}");
    expect(await problemOf(async () => withExtension(one, await loadModule(moduleOf(again))))).toBe(
      'two extensions are called x (leave one of them out)',
    );
  });
  it('leaves the catalogue that it is added to as it was', async () => {
    const before = BUILT_IN.loadBalancers.names.length;
    const catalogue = withExtension(BUILT_IN, await sample('power-of-two-choices'));
    expect(catalogue.loadBalancers.names).toEqual([...BUILT_IN.loadBalancers.names, 'p2c']);
    expect(BUILT_IN.loadBalancers.names).toHaveLength(before);
  });
});

describe('a scenario that names a module', () => {
  const name = 'power-of-two-choices';
  it('is refused without it, before anything else is said', () => {
    const load = () => loadScenario(sampleScenario(name));
    expect(load).toThrow(InputError);
    try {
      load();
    } catch (error) {
      expect((error as InputError).diagnostics).toEqual([
        expect.objectContaining({
          field: 'spec.extensions[0]',
          message: './power-of-two-choices.mjs is code, which is loaded only if the command line allows it',
          hint: '--extension examples/extensions/power-of-two-choices.mjs allows it',
        }),
      ]);
    }
  });
  it('is loaded again from its source by whoever has the same bytes, and by nobody else', async () => {
    const catalogue = await catalogueWith([sampleModule(name)]);
    const source = sourceOf(loadScenario({ ...sampleScenario(name), catalogue }));
    expect(source.extensions).toEqual([
      { name, version: '1.0.0', digest: sampleModule(name).digest, path: './power-of-two-choices.mjs' },
    ]);
    expect(JSON.stringify(source)).not.toContain('defineExtension');
    expect(loadSource(source, { catalogue }).points).toHaveLength(3);
    expect(() => loadSource(source)).toThrow('was run with extension power-of-two-choices 1.0.0, which is not loaded');
    const changed = moduleOf(`${sampleModule(name).text}\n// changed\n`, 'p.mjs', './power-of-two-choices.mjs');
    const other = await catalogueWith([changed]);
    expect(() => loadSource(source, { catalogue: other })).toThrow(
      /was run with another extension power-of-two-choices 1\.0\.0: its digest was \w{12}/,
    );
    const more = await catalogueWith([sampleModule(name), sampleModule('pool-usage')]);
    expect(() => loadSource(source, { catalogue: more })).toThrow('was run without extension pool-usage');
  });
});

it('what was handed over as a value is not loaded by other threads, which is said', () => {
  const catalogue = withExtension(BUILT_IN, defineExtension({ name: 'value', version: '1', parts: {} }));
  expect(() => modulesOf(catalogue)).toThrow(
    'extension value was handed over as a value, which no other thread can load',
  );
});

describe('names that parts may not take', () => {
  const schema = scenarioSchemaOf(BUILT_IN);
  const fieldsAt = (path: string): string[] => {
    const page = explainField(path, schema);
    if ('error' in page) throw new Error(page.error);
    return page.fields.map(({ name }) => name);
  };
  it('are those of an entry of the traffic, without what its shapes bring', () => {
    const shapes = BUILT_IN.trafficShapes.all.flatMap(({ fields }) => Object.keys(fields ?? {}));
    expect(fieldsAt('spec.traffic').filter((name) => !shapes.includes(name))).toEqual(TRAFFIC_FIELDS);
  });
  it('are those of kube-proxy, without the sections of its modes', () => {
    const modes = BUILT_IN.proxyModes.all.filter(({ section }) => section !== undefined).map(({ name }) => name);
    expect(fieldsAt('spec.kubeProxy').filter((name) => !modes.includes(name))).toEqual(KUBE_PROXY_FIELDS);
  });
  it('are those of tables of all runs, and of the columns with which every table begins', () => {
    const own = new Set(BUILT_IN.tables.names);
    const others = tablesOf([])
      .map(({ file }) => file)
      .filter((file) => !own.has(file));
    expect(others.sort()).toEqual([...POINT_TABLE_FILES].sort());
    const empty = { file: 'a.csv', meaning: 'a', columns: [], rows: () => [] };
    expect(csvHeader(empty, []).trim().split(',')).toEqual(POINT_COLUMNS);
  });
});
