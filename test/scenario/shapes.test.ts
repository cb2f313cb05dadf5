// Manifests in the shapes that people have: as files, as a folder with what lies beside them, and as a dump of the cluster that
// they make.

import { describe, expect, it } from 'vitest';
import { BUILT_IN } from '../../src/catalogue.js';
import { podsWanted } from '../../src/cluster/index.js';
import type { Instant } from '../../src/engine/index.js';
import { Run } from '../../src/run/index.js';
import { ClusterImporter, filesOf, type TextOfFile } from '../../src/scenario/import/index.js';
import { type LoadedScenario, loadTexts as loadInputs } from '../../src/scenario/index.js';
import { dumpOf, placesOf } from '../fixtures/dump.js';
import { SHAPES, type Shape } from '../fixtures/shapes.js';

const scenario = (entry: string): string => `apiVersion: kubelapse.dev/v1alpha1
kind: Scenario
metadata: {name: s}
spec:
  duration: 10m
  nodePools: [{name: pool, count: 4, zones: [a, b], capacity: {cpu: "4", memory: 16Gi}}]
  apps: [{name: ops, manifests: ["${entry}"], start: {at: 1s}}]
`;
const load = (entry: string, files: Readonly<Record<string, string>>): LoadedScenario =>
  loadInputs(Object.entries({ 's.yaml': scenario(entry), ...files }).map(([path, text]) => ({ path, text })));

/** Pods wanted by workload, without the runs of CronJobs. */
function workloadsOf({ points }: LoadedScenario): Record<string, number> {
  const { workloads, nodePools } = points[0]!.spec;
  const staying = workloads.filter(({ run }) => run === undefined);
  return Object.fromEntries(
    staying
      .map((one) => [`${one.kind.toLowerCase()}/${one.manifestName}`, podsWanted(one, nodePools, 4)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
const loudOf = ({ untouched }: LoadedScenario): string[] =>
  untouched.filter(({ step }) => step === 'answer').map(({ what }) => what);

/** Each object in a file of its own, with what else lies in a repository. */
function repositoryOf({ manifests }: Shape): Record<string, string> {
  const objects = manifests.split(/^---\n/m).filter((text) => text.trim() !== '');
  return {
    ...Object.fromEntries(objects.map((text, i) => [`deploy/base/${String(i).padStart(2, '0')}.yaml`, text])),
    'deploy/base/kustomization.yaml': 'resources: [00.yaml]\npatches: [{path: patch.yaml}]\nnamespace: ops\n',
    'deploy/base/patch.yaml': 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: some}\nspec: {replicas: 9}\n',
    'deploy/chart/Chart.yaml': 'apiVersion: v2\nname: chart\nversion: 0.1.0\n',
    'deploy/chart/values.yaml': 'replicaCount: 2\n',
    'deploy/chart/templates/web.yaml':
      'apiVersion: apps/v1\nkind: Deployment\n{{- if .Values.on }}\nspec: {{ .Values }}\n{{- end }}\n',
    'deploy/values.yaml': 'image: {tag: 1.0}\n',
    'deploy/panels/main.json': '{"title": "Main", "panels": []}',
    'deploy/README.md': '# Deploy\n',
    'deploy/raw.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\n',
  };
}

describe.each(SHAPES.map((shape) => [shape.name, shape] as const))('%s', (_, shape) => {
  it('as a file is read, and what changes the answer is told', () => {
    const loaded = load('all.yaml', { 'all.yaml': shape.manifests });
    expect(workloadsOf(loaded)).toEqual(shape.workloads);
    expect(loaded.points[0]!.spec.services).toHaveLength(shape.services);
    expect(loudOf(loaded)).toEqual(shape.loud);
  });
  it.each([['deploy'], ['deploy/**/*.{yaml,json}']])('as what lies in a repository, %s, is the same', (entry) => {
    const loaded = load(entry, repositoryOf(shape));
    expect(workloadsOf(loaded)).toEqual(shape.workloads);
    expect(loudOf(loaded)).toEqual([...shape.loud, 'Kustomization'].sort());
    expect(Object.fromEntries(loaded.passedOver.map(({ file, why }) => [file, why]))).toEqual({
      'deploy/chart': 'a Helm chart: helm template renders it',
      'deploy/base/kustomization.yaml': 'a kustomization: kustomize build renders it',
      'deploy/base/patch.yaml': 'part of base/kustomization.yaml, and no manifest',
      'deploy/values.yaml': 'no object of Kubernetes',
      'deploy/panels/main.json': 'no object of Kubernetes',
      'deploy/raw.yaml': 'a template that nobody has rendered',
    });
  });
  it('as a dump of the cluster has the same pods on the same nodes', () => {
    const loaded = load('all.yaml', { 'all.yaml': shape.manifests });
    const run = new Run(loaded.points[0]!.spec, 'dumped');
    run.advanceTo(100e9 as Instant);
    const again = imported(dumpOf(run, shape.manifests));
    const before = new Run(again, 'again');
    // Runs of CronJobs are not there yet when the scenario begins.
    const kept = placesOf(run).filter((place) => !place.includes('/CronJob/'));
    expect(placesOf(before).map((place) => place.replace('/nodes-', '/pool-').replace(' nodes-', ' pool-'))).toEqual(
      kept,
    );
  });
});

const textOf = (files: readonly TextOfFile[]) => files.map(({ path, text }) => ({ path, text }));
function imported(objects: readonly unknown[]) {
  const importer = new ClusterImporter(BUILT_IN);
  for (const object of objects) importer.add(object);
  return loadInputs(textOf(filesOf('again', importer.finish()))).points[0]!.spec;
}

describe('a dump with pods that are Pending', () => {
  const full = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: ops}
spec:
  replicas: 14
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, resources: {requests: {cpu: "1"}}}]}
`;
  it('has them Pending, and starts them when there is room', () => {
    const loaded = load('all.yaml', { 'all.yaml': full.replace('"1"', '1200m') });
    const run = new Run(loaded.points[0]!.spec, 'full');
    run.advanceTo(100e9 as Instant);
    expect(placesOf(run).filter((place) => place.endsWith(' '))).toHaveLength(2);
    const dump = dumpOf(run, full.replace('"1"', '1200m'));
    const again = new Run(imported(dump), 'again');
    again.advanceTo(60e9 as Instant);
    const there = (one: Run): string[] => placesOf(one).map((place) => place.replace(/ (nodes|pool)-/, ' '));
    expect(there(again)).toEqual(there(run));
    // With another node there is room for both.
    const larger = new Run(imported([...dump, { ...(dump[0] as object), metadata: { name: 'new' } }]), 'larger');
    larger.advanceTo(60e9 as Instant);
    expect(placesOf(larger).filter((place) => place.endsWith(' '))).toHaveLength(0);
  });
});
