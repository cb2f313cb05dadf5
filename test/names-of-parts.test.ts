// A part's name is written in its own folder and in the catalogue: whoever compares it elsewhere would have to be found by hand
// when a part is added.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BUILT_IN, type Parts } from '../src/catalogue.js';

/** Parts that somebody might compare with their names. A table is a file: whoever reads results asks for it by its name. */
type Kind = Exclude<keyof Parts, 'tables' | 'metrics' | 'models'>;

/** Where parts of a kind live. */
const FOLDERS: Readonly<Record<Kind, string>> = {
  proxyModes: 'src/kube-proxy/modes/',
  loadBalancers: 'src/kube-proxy/modes/ipvs/',
  networkPlugins: 'src/cni/plugins/',
  containerRuntimes: 'src/cri/runtimes/',
  controllers: 'src/control-plane/controllers/',
  workloadKinds: 'src/control-plane/workloads/',
  schedulerPlugins: 'src/control-plane/scheduler/plugins/',
  trafficShapes: 'src/traffic/shapes/',
  faults: 'src/faults/',
};

/** Files that have such a word all the same, and why. */
const EXEMPT: Readonly<Record<string, string>> = {
  'src/playground/editor.tsx': 'a kind of completion in the editor',
  'src/cli/measure-kernel/backends.ts': 'programs of the machine that are measured, not parts of a run',
  'src/cni/policies/measures.ts': 'kinds of policy filter, which have the names of what they are made of',
  'src/cni/policies/ebpf.ts': 'a kind of policy filter',
  'src/cni/policies/iptables.ts': 'a kind of policy filter',
  'src/kubelet/admission.ts': 'the reason of a pod that the kubelet refuses, which Kubernetes calls like the plugin',
  'src/control-plane/workloads/update-fields.ts': 'the update strategy of a workload, a word of manifests',
  'src/scenario/import/cluster.ts':
    'kinds of objects whose pods are counted: what a dump says of a Pod is not what a manifest says',
  'src/scenario/import/kube-object.ts': 'what a dump says of a Pod',
  'src/scenario/import/trace.ts': 'what a trace is made into',
  'src/scenario/import/timed.ts': 'what a load definition or a trace is made into',
  'src/scenario/import/load-definition.ts': 'what a load definition is made into',
  'src/scenario/import/simkube.ts': 'what a trace is made into',
};

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .map((path) => join('src', path).replaceAll('\\', '/'))
  .filter((path) => /\.tsx?$/.test(path))
  .map((path) => ({ path, text: readFileSync(path, 'utf8') }));

const namesIn = (kind: Kind, text: string): string[] =>
  BUILT_IN[kind].names.filter((name) => text.includes(`'${name}'`));

describe('names of parts', () => {
  for (const kind of Object.keys(FOLDERS) as Kind[]) {
    it(`${kind} are told apart in ${FOLDERS[kind]} only`, () => {
      const elsewhere = sources
        .filter(({ path }) => !path.startsWith(FOLDERS[kind]) && EXEMPT[path] === undefined)
        .flatMap(({ path, text }) => namesIn(kind, text).map((name) => `${path}: ${name}`));
      expect(elsewhere).toEqual([]);
    });
  }
  it('each exemption is needed, and each folder has its parts', () => {
    const kinds = Object.keys(FOLDERS) as Kind[];
    for (const path of Object.keys(EXEMPT)) {
      const { text } = sources.find((one) => one.path === path)!;
      expect([path, kinds.some((kind) => namesIn(kind, text).length > 0)]).toEqual([path, true]);
    }
    for (const kind of kinds) {
      const texts = sources.filter(({ path }) => path.startsWith(FOLDERS[kind])).map(({ text }) => text);
      expect(new Set(texts.flatMap((text) => namesIn(kind, text)))).toEqual(new Set(BUILT_IN[kind].names));
    }
  });
  it('no module but the catalogue lists parts: whoever uses one imports no other', () => {
    const importsOf = ({ path, text }: (typeof sources)[number]): string[] =>
      [...text.matchAll(/^import (?!type )[^;]*? from '(\.[^']+)'/gm)].map(([, from]) => join(dirname(path), from!));
    const catalogue = sources.find(({ path }) => path === 'src/catalogue.ts')!;
    const parts = importsOf(catalogue).filter((path) => !path.endsWith('/index.js'));
    expect(parts.length).toBeGreaterThan(30);
    const lists = sources
      .filter((source) => source !== catalogue)
      .map((source) => ({ path: source.path, parts: importsOf(source).filter((path) => parts.includes(path)) }))
      .filter((source) => source.parts.length > 1);
    expect(lists).toEqual([]);
  });
});
