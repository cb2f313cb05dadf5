// Names that JavaScript gives a meaning: here they are names like any other. And what Secrets hold, by property.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { csvRowsIn } from '../../src/report/index.js';
import { simulate } from '../../src/run/index.js';
import { InputError, isDeeperThan, jsonValue, loadTexts } from '../../src/scenario/index.js';
import { withoutSecrets } from '../../src/scenario/yaml/secrets.js';
import { documentsOf, parseYaml } from '../../src/scenario/yaml/yaml-source.js';

const STRANGE = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__'];

const scenario = (
  more: { top?: string; spec?: string; labels?: string } = {},
): string => `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
${more.top ?? ''}
metadata: {name: s}
spec:
  duration: 30s
  nodePools: [{name: general, count: 2, capacity: {cpu: "4", memory: 8Gi, pods: 110}${more.labels ?? ''}}]
  apps: [{name: web, manifests: [web.yaml], start: running}]
${more.spec ?? ''}
`;
const deployment = (name: string, labels: string, pod = ''): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web${labels}}}
    spec: {containers: [{name: app, image: web}]${pod}}
`;
const load = (text: string, manifest = deployment('web', '')) =>
  loadTexts([
    { path: 's.yaml', text },
    { path: 'web.yaml', text: manifest },
  ]);
const problem = (text: string, manifest?: string): string => {
  try {
    void load(text, manifest).points[0]!.spec;
    return '';
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.message;
  }
};

describe.each(STRANGE)('%s', (name) => {
  it('is as unknown as any other field, wherever it stands', () => {
    expect(problem(scenario({ top: `${name}: {a: 1}` }))).toContain(`s.yaml:3:1: error: ${name}: unknown field`);
    expect(problem(scenario({ spec: `  ${name}: 5` }))).toContain(`error: spec.${name}: unknown field`);
    expect(problem(scenario({ labels: `, ${name}: 1` }))).toContain(`error: spec.nodePools[0].${name}: unknown field`);
    expect(problem(scenario({ spec: `  kubeProxy: {${name}: 1}` }))).toContain(`spec.kubeProxy.${name}: unknown field`);
  });
  it('is a label like any other: it is kept, and selects', () => {
    const labelled = scenario({ labels: `, labels: {${name}: here}` });
    const pool = load(labelled).points[0]!.spec.nodePools[0]!;
    expect(Object.getOwnPropertyDescriptor(pool.labels, name)?.value).toBe('here');
    const asking = (value: string) => deployment('web', `, ${name}: x`, `, nodeSelector: {${name}: ${value}}`);
    expect(problem(labelled, asking('here'))).toBe('');
    expect(problem(labelled, asking('there'))).toContain('no node has the labels that its pods ask for');
    expect(problem(scenario(), asking('here'))).toContain('no node has the labels that its pods ask for');
    expect(problem(scenario({ labels: `, labels: {${name}: {}}` }))).toContain(`labels.${name}: must be text`);
  });
  it('may be set by a flag', () => {
    const texts = [
      { path: 's.yaml', text: scenario() },
      { path: 'web.yaml', text: deployment('web', '') },
    ];
    const set = loadTexts(texts, { set: [`spec.nodePools[0].labels.${name}=x`] });
    expect(Object.getOwnPropertyDescriptor(set.points[0]!.spec.nodePools[0]!.labels, name)?.value).toBe('x');
    expect(() => loadTexts(texts, { set: [`spec.${name}=x`] })).toThrow('unknown field');
  });
  it('is the name of a column like any other', () => {
    const [row, second] = csvRowsIn(`a,${name}\r\n1,2\r\n3,4\r\n`, 'x.csv');
    expect([row![name], second![name]]).toEqual(['2', '4']);
    expect(csvRowsIn('a\r\n1\r\n', 'x.csv')[0]![name]).toBeUndefined();
  });
  it('does no harm as a topology or a port', () => {
    const terms = `, affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{labelSelector: {matchLabels: {app: web}}, topologyKey: ${name}}]}}`;
    expect(problem(scenario(), deployment('web', '', terms))).toBe('');
    const service = `---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80, targetPort: ${name.toLowerCase().replaceAll('_', '')}}]}\n`;
    const { spec } = load(scenario(), deployment('web', '') + service).points[0]!;
    expect(simulate(spec, '1').counts.pods).toBe(1);
  });
});

it('a name that an object has is a name of a workload like any other', () => {
  for (const name of ['constructor', 'tostring', 'valueof']) {
    const { spec } = load(scenario(), deployment(name, '')).points[0]!;
    expect(simulate(spec, '1').counts.pods).toBe(1);
  }
});

describe('depth', () => {
  it('is found without recursion, and shared parts are not walked twice', () => {
    const nested = (depth: number): unknown => {
      let value: unknown = 1;
      for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
      return value;
    };
    expect([isDeeperThan(nested(200)), isDeeperThan(nested(201)), isDeeperThan(nested(100_000))]).toEqual([
      false,
      true,
      true,
    ]);
    let shared: unknown = [1];
    for (let i = 0; i < 150; i++) shared = [shared, shared];
    expect(isDeeperThan(shared)).toBe(false);
    expect(jsonValue(`${'['.repeat(300)}${']'.repeat(300)}`)).toBeUndefined();
    expect(jsonValue('[1]')).toEqual({ value: [1] });
  });
});

describe('Secrets', () => {
  const SECRET = 'hunter2';
  const leaf = fc.oneof(fc.constant(SECRET), fc.constant(`a ${SECRET}\n${SECRET}\n`), fc.constant(`"${SECRET}'`));
  const data = fc.dictionary(
    fc.stringMatching(/^[a-z]{1,5}$/),
    fc.oneof(leaf, fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), leaf)),
  );
  const secret = fc.record({
    apiVersion: fc.constant('v1'),
    kind: fc.constant('Secret'),
    metadata: fc.record({ name: fc.constant('s'), annotations: data }),
    data,
    stringData: data,
    immutable: fc.boolean(),
  });
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, data: { a: 'kept' } };
  const form = fc.constantFrom<(value: unknown) => string>(
    (value) => stringify(value),
    (value) => JSON.stringify(value, null, 2),
    (value) => JSON.stringify(value),
    (value) => stringify(value, { collectionStyle: 'flow' }),
    (value) => stringify(value, { defaultStringType: 'BLOCK_LITERAL', defaultKeyType: 'PLAIN' }),
    (value) => stringify({ kind: 'List', apiVersion: 'v1', items: [pod, value, pod] }, { indentSeq: false }),
  );
  it('are emptied whatever they look like, and nothing else moves', () => {
    fc.assert(
      fc.property(secret, form, (object, write) => {
        const text = `${stringify(pod)}---\n${write(object)}\n---\n${stringify(pod)}`;
        const emptied = parseYaml('x.yaml', text, 1e6);
        expect(emptied.diagnostics).toEqual([]);
        expect(emptied.text).not.toContain(SECRET);
        expect(emptied.text.split('\n').length).toBe(text.split('\n').length);
        const [before, , after] = emptied.documents;
        expect([before!.value, after!.value]).toEqual([pod, pod]);
        expect(JSON.stringify(emptied.documents[1]!.value)).toContain('"Secret"');
        // What is empty stays as it is.
        expect(withoutSecrets(emptied.text, documentsOf(emptied.text).documents, (document) => document.toJS())).toBe(
          emptied.text,
        );
        for (const { line, column } of [emptied.documents[2]!.locate(['data', 'a'], 'key')]) {
          expect(text.split('\n')[line - 1]!.slice(column - 1)).toBe('a: kept');
        }
      }),
      { seed: 1, numRuns: 300 },
    );
  });
  it('take with them the comments before them, and leave those of others', () => {
    const text = 'a: 1 # kept\n# gone\n---\n# gone\n\nkind: Secret\ndata: {a: b}\n---\n# kept\nb: "x # kept"\n';
    expect(parseYaml('x.yaml', text, 1e6).text).toBe(
      'a: 1 # kept\n\n---\n\n\n{apiVersion: v1, kind: Secret}\n\n---\n# kept\nb: "x # kept"\n',
    );
  });
  it('of other kinds are left alone', () => {
    const text = stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'Secret' },
      data: { a: SECRET, b: 'kind: Secret' },
    });
    expect(parse(parseYaml('x.yaml', text, 1e6).text).data.a).toBe(SECRET);
  });
});
