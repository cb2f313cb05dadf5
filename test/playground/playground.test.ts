// The rules of the playground that need no browser: sliders, addresses, where a cursor is, what may stand there.

import { describe, expect, it } from 'vitest';
import { BUILT_IN, PROXY_MODE_DEFAULT } from '../../src/catalogue.js';
import { addressOf, type PlaygroundState, stateOf } from '../../src/playground/address.js';
import type { ScenarioFiles } from '../../src/playground/messages.js';
import { slidersOf } from '../../src/playground/sliders.js';
import { suggestionsAt } from '../../src/playground/suggestions.js';
import { placeAt } from '../../src/playground/yaml-place.js';
import { scenarioSchemaOf } from '../../src/scenario/index.js';

const SCENARIO = `# A comment that stays.
spec:
  nodePools:
    - { name: small, count: 3 }
    - name: large   # so does this
      count: 1000
  kubeProxy: { mode: ipvs }
  apps:
    - { name: web, manifests: [manifests/web.yaml], copies: 20 }
`;
const MANIFEST = `kind: Deployment
spec:
  replicas: 5
  template:
    spec:
      containers:
        - name: app
          readinessProbe: { httpGet: { port: 80 }, periodSeconds: 4 }
          livenessProbe: { httpGet: { port: 80 } }
---
kind: Deployment
spec: { replicas: 2, template: { spec: { containers: [{ name: x, readinessProbe: { tcpSocket: { port: 1 } } }] } } }
`;
const files: ScenarioFiles = { scenario: 's.yaml', files: { 's.yaml': SCENARIO, 'manifests/web.yaml': MANIFEST } };
const SLIDERS = slidersOf({ proxyModes: BUILT_IN.proxyModes.names, proxyModeDefault: PROXY_MODE_DEFAULT });
const slider = (id: string) => SLIDERS.find((one) => one.id === id)!;
const after = (id: string, value: number | string): ScenarioFiles => ({
  ...files,
  files: slider(id).write(files, value),
});

describe('sliders', () => {
  it.each([
    ['nodes', 1000],
    ['copies', 20],
    ['replicas', 5],
    ['mode', 'ipvs'],
    ['readinessProbe-periodSeconds', 4],
    ['readinessProbe-failureThreshold', 3],
    ['livenessProbe-periodSeconds', 10],
  ])('%s: what the files say, or the default of Kubernetes: %s', (id, value) =>
    expect(slider(id).read(files)).toBe(value),
  );
  it.each([
    ['nodes', 50, 's.yaml', '      count: 50'],
    ['copies', 500, 's.yaml', 'copies: 500'],
    ['mode', 'nftables', 's.yaml', 'mode: nftables'],
    ['replicas', 100, 'manifests/web.yaml', '  replicas: 100'],
  ])('%s: writes %s into %s', (id, value, path, line) => {
    const changed = after(id, value);
    expect(changed.files[path]).toContain(line);
    expect(slider(id).read(changed)).toBe(value);
    // Nothing else has changed, comments included.
    const other = path === 's.yaml' ? 'manifests/web.yaml' : 's.yaml';
    expect(changed.files[other]).toBe(files.files[other]);
    expect(changed.files['s.yaml']).toContain('# so does this');
    expect(changed.files['s.yaml']).toContain('count: 3');
  });
  it.each(['nodes', 'copies', 'replicas', 'mode', 'readinessProbe-periodSeconds'])(
    '%s: back where it was, the text is what it was',
    (id) => {
      const one = slider(id);
      const was = one.read(files)!;
      const there = { ...files, files: one.write(files, id === 'mode' ? 'nftables' : 77) };
      expect(there.files).not.toEqual(files.files);
      const back = one.write(there, was);
      expect(back['s.yaml']).toBe(SCENARIO);
      if (id !== 'readinessProbe-periodSeconds') expect(back['manifests/web.yaml']).toBe(MANIFEST);
    },
  );
  it('has every kube-proxy mode of the catalogue', () =>
    expect(slider('mode').values).toEqual(BUILT_IN.proxyModes.names));
  it('probes change in all workloads', () => {
    const text = after('readinessProbe-periodSeconds', 30).files['manifests/web.yaml']!;
    expect(text.match(/periodSeconds: 30/g)).toHaveLength(2);
  });
  it('what a scenario has not has no slider; what a sweep sets neither', () => {
    const bare: ScenarioFiles = { scenario: 's.yaml', files: { 's.yaml': 'spec: { nodePools: [] }\n' } };
    expect(SLIDERS.filter((one) => one.read(bare) !== undefined).map(({ id }) => id)).toEqual(['mode']);
    const swept = {
      ...files,
      files: {
        ...files.files,
        's.yaml': `${SCENARIO}  sweep: { parameters: [{ name: mode, path: spec.kubeProxy.mode, values: [ipvs] }] }\n`,
      },
    };
    expect(slider('mode').read(swept)).toBeUndefined();
  });
  it('broken YAML breaks no slider', () => {
    const broken: ScenarioFiles = {
      scenario: 's.yaml',
      files: { 's.yaml': 'spec: [\n  {', 'manifests/x.yaml': 'replicas: "' },
    };
    for (const one of SLIDERS) expect(() => one.read(broken)).not.toThrow();
  });
});

describe('addresses', () => {
  it('of a scenario that was not changed is its name', () => {
    expect(addressOf({ scenario: 'first-look', a: {} })).toBe('scenario=first-look');
    expect(stateOf('#scenario=first-look')).toEqual({ scenario: 'first-look', a: {} });
  });
  it.each([
    { scenario: 'x', a: { 's.yaml': SCENARIO } },
    { scenario: 'x', a: {}, b: { 's.yaml': 'π & <b> "\n' } },
  ] as PlaygroundState[])('hold what was changed: %#', (state) => {
    const address = addressOf(state);
    expect(address).toMatch(/^state=[\w-]+$/);
    expect(stateOf(`#${address}`)).toEqual(state);
  });
  it('hold no more than a page can read at once', () => {
    const files = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, '']));
    expect(stateOf(addressOf({ scenario: 'x', a: files(200) }))).toBeDefined();
    expect(stateOf(addressOf({ scenario: 'x', a: files(201) }))).toBeUndefined();
    expect(stateOf(addressOf({ scenario: 'x', a: {}, b: files(201) }))).toBeUndefined();
    expect(stateOf(addressOf({ scenario: 'x', a: { f: 'x'.repeat(1 << 20) } }))).toBeUndefined();
  });
  it.each([
    '',
    '#',
    '#state=',
    '#state=%%%',
    '#state=AAAA',
    `#state=${Buffer.from('no deflate').toString('base64url')}`,
    '#other=1',
  ])('that say nothing are nothing: %s', (hash) => {
    expect(stateOf(hash)).toBeUndefined();
  });
});

describe('where a cursor is', () => {
  const at = (text: string) => {
    const position = text.indexOf('|');
    return placeAt(text.replace('|', ''), position);
  };
  it.each([
    ['spec:\n  kube|', { path: 'spec', word: 'kube', isValue: false }],
    ['spec:\n  kubeProxy:\n    mode: ip|', { path: 'spec.kubeProxy.mode', word: 'ip', isValue: true }],
    [
      'spec:\n  nodePools:\n    - name: a\n      kubelet:\n        serial|',
      { path: 'spec.nodePools.kubelet', word: 'serial', isValue: false },
    ],
    ['spec:\n  nodePools:\n    - na|', { path: 'spec.nodePools', word: 'na', isValue: false }],
    ['spec:\n  kubeProxy: { mo|', { path: 'spec.kubeProxy', word: 'mo', isValue: false }],
    ['|', { path: '', word: '', isValue: false }],
  ])('%j', (text, place) => expect(at(text)).toMatchObject(place));
  it.each(['spec: # a comm|ent', 'spec: {}\n---\nkind: Dep|'])('nowhere: %j', (text) =>
    expect(at(text)).toBeUndefined(),
  );
});

describe('suggestions', () => {
  const labels = (path: string): string[] => suggestionsAt(path, scenarioSchemaOf(BUILT_IN)).map(({ label }) => label);
  it('are the fields of an object', () =>
    expect(labels('spec.kubeProxy')).toEqual(expect.arrayContaining(['mode', 'iptables', 'nftables'])));
  it('are the values of a choice', () =>
    expect(labels('spec.kubeProxy.mode')).toEqual(expect.arrayContaining(['iptables', 'ipvs', 'nftables'])));
  it('say what they are', () =>
    expect(suggestionsAt('spec', scenarioSchemaOf(BUILT_IN)).find(({ label }) => label === 'duration')).toMatchObject({
      kind: 'field',
      info: expect.stringMatching(/\w/),
    }));
  it('of a place that there is not are none', () => expect(labels('spec.nope')).toEqual([]));
});
