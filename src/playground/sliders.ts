// What can be turned without writing YAML: pure rules that read a value from the files of a scenario and write another.
// Everything else in the files stays as it was typed. Part of the playground.

import { type Document, isMap, isScalar, isSeq, parseAllDocuments } from 'yaml';
import type { Choices, Files, ScenarioFiles } from './messages.js';

export interface Slider {
  readonly id: string;
  readonly title: string;
  /** The values that it can have, in order: numbers or words. */
  readonly values: readonly (number | string)[];
  /** The value now; undefined if the scenario has no such thing. */
  readonly read: (files: ScenarioFiles) => number | string | undefined;
  /** The files with another value. */
  readonly write: (files: ScenarioFiles, value: number | string) => Files;
}

/** 1, 2, 5, 10, 20, … up to the greatest. */
const steps = (from: number, to: number): number[] => {
  const values: number[] = [];
  for (let power = 1; power <= to; power *= 10) {
    for (const step of [1, 2, 5]) if (step * power >= from && step * power <= to) values.push(step * power);
  }
  return values;
};

// Whether a key is there twice is looked at by those who read the scenario: the library takes long for it.
const documentsOf = (text: string): Document[] =>
  parseAllDocuments(text, { uniqueKeys: false }) as unknown as Document[];

/** The same for those who only read: what was parsed last is kept, as every slider reads all files. */
const kept = new Map<string, Document[]>();
const KEPT_MAX = 50;
function readDocuments(text: string): Document[] {
  let documents = kept.get(text);
  if (documents === undefined) {
    if (kept.size >= KEPT_MAX) kept.clear();
    documents = documentsOf(text);
    kept.set(text, documents);
  }
  return documents;
}

/** A text with another value at some places: what stands there is replaced, all else stays as it was typed. */
function withValues(text: string, places: readonly Place[], value: number | string): string {
  const documents = documentsOf(text);
  const spans: [number, number][] = [];
  let isNew = false;
  for (const { document, path } of places) {
    const node = documents[document]!.getIn(path, true);
    if (isScalar(node) && node.range != null) spans.push([node.range[0], node.range[1]]);
    else {
      documents[document]!.setIn(path, value);
      isNew = true;
    }
  }
  if (!isNew) {
    // From the end on, so that places before it stay where they are.
    return spans
      .sort(([a], [b]) => b - a)
      .reduce((changed, [from, to]) => changed.slice(0, from) + String(value) + changed.slice(to), text);
  }
  for (const { document, path } of places) documents[document]!.setIn(path, value);
  return documents.map((document) => document.toString({ lineWidth: 0 })).join('');
}

interface Place {
  /** Number of the document in its file. */
  readonly document: number;
  readonly path: readonly (string | number)[];
}

/** A field of the scenario itself. */
function ofScenario(
  id: string,
  title: string,
  values: Slider['values'],
  pathIn: (spec: Document) => readonly (string | number)[] | undefined,
  fallback?: number | string,
): Slider {
  return {
    id,
    title,
    values,
    read: ({ scenario, files }) => {
      const [document] = readDocuments(files[scenario] ?? '');
      const path = document === undefined ? undefined : pathIn(document);
      const value = path === undefined ? undefined : document!.getIn(path);
      return typeof value === 'number' || typeof value === 'string' ? value : path === undefined ? undefined : fallback;
    },
    write: ({ scenario, files }, value) => {
      const text = files[scenario] ?? '';
      const [document] = readDocuments(text);
      const path = document === undefined ? undefined : pathIn(document);
      return path === undefined ? files : { ...files, [scenario]: withValues(text, [{ document: 0, path }], value) };
    },
  };
}

/** The list entry that counts most by a field. */
function largest(document: Document, list: readonly string[], field: string): readonly (string | number)[] | undefined {
  const entries = document.getIn(list);
  if (!isSeq(entries)) return undefined;
  let best: { index: number; value: number } | undefined;
  entries.items.forEach((item, index) => {
    const value = isMap(item) ? Number(item.get(field)) : Number.NaN;
    if (Number.isFinite(value) && (best === undefined || value > best.value)) best = { index, value };
  });
  return best === undefined ? undefined : [...list, best.index, field];
}

/** Where containers of workloads stand. */
const CONTAINERS = [
  ['spec', 'template', 'spec', 'containers'],
  ['spec', 'containers'],
];

/** A field of all probes of a type, in all manifests. */
function ofProbes(
  type: 'readinessProbe' | 'livenessProbe',
  field: string,
  fallback: number,
  title: string,
  values: number[],
): Slider {
  return {
    id: `${type}-${field}`,
    title,
    values,
    read: ({ files }) => {
      for (const text of Object.values(files)) {
        if (!text.includes(type)) continue;
        const [place] = probesIn(text, type, field);
        if (place !== undefined) return Number(readDocuments(text)[place.document]!.getIn(place.path) ?? fallback);
      }
      return undefined;
    },
    write: ({ files }, value) =>
      Object.fromEntries(
        Object.entries(files).map(([path, text]) => {
          const places = text.includes(type) ? probesIn(text, type, field) : [];
          return [path, places.length === 0 ? text : withValues(text, places, value)];
        }),
      ),
  };
}

/** Where a field of all probes of a type stands, or would stand. */
const probesIn = (text: string, type: string, field: string): Place[] =>
  readDocuments(text).flatMap((document, number) =>
    CONTAINERS.flatMap((list) => {
      const containers = document.getIn(list);
      if (!isSeq(containers)) return [];
      return containers.items.flatMap((item, index) =>
        isMap(item) && isMap(item.get(type)) ? [{ document: number, path: [...list, index, type, field] }] : [],
      );
    }),
  );

/** Replicas of the workload that has the most, wherever its manifest is. */
const replicas: Slider = {
  id: 'replicas',
  title: 'pods of the largest workload',
  values: steps(1, 10_000),
  read: ({ files }) => Math.max(...replicasIn(files).map(({ value }) => value), 0) || undefined,
  write: ({ files }, value) => {
    const [most] = replicasIn(files).sort((a, b) => b.value - a.value);
    if (most === undefined) return files;
    const place = { document: most.document, path: ['spec', 'replicas'] };
    return { ...files, [most.path]: withValues(files[most.path]!, [place], value) };
  },
};

function replicasIn(files: Files): { path: string; document: number; value: number }[] {
  return Object.entries(files).flatMap(([path, text]) =>
    text.includes('replicas')
      ? readDocuments(text).flatMap((document, index) => {
          const value = document.getIn(['spec', 'replicas']);
          return typeof value === 'number' ? [{ path, document: index, value }] : [];
        })
      : [],
  );
}

/** All sliders. @param choices what the simulator knows; undefined: it has not said yet, and what depends on it is left out. */
export const slidersOf = (choices: Choices | undefined): readonly Slider[] => [
  ofScenario('nodes', 'nodes of the largest pool', steps(1, 10_000), (document) =>
    largest(document, ['spec', 'nodePools'], 'count'),
  ),
  ofScenario('copies', 'services: copies of the largest application', steps(1, 20_000), (document) =>
    largest(document, ['spec', 'apps'], 'copies'),
  ),
  replicas,
  ...(choices === undefined ? [] : [proxyMode(choices)]),
  ofProbes('readinessProbe', 'periodSeconds', 10, 'readiness probe: period, s', [1, 2, 3, 5, 10, 15, 20, 30, 60]),
  ofProbes(
    'readinessProbe',
    'failureThreshold',
    3,
    'readiness probe: failures until unready',
    [1, 2, 3, 4, 5, 6, 8, 10],
  ),
  ofProbes('livenessProbe', 'periodSeconds', 10, 'liveness probe: period, s', [1, 2, 3, 5, 10, 15, 20, 30, 60]),
  ofProbes('livenessProbe', 'failureThreshold', 3, 'liveness probe: failures until restart', [1, 2, 3, 4, 5, 6, 8, 10]),
];

const proxyMode = ({ proxyModes, proxyModeDefault }: Choices): Slider =>
  ofScenario(
    'mode',
    'kube-proxy mode',
    proxyModes,
    (document) => (isSwept(document, 'spec.kubeProxy.mode') ? undefined : ['spec', 'kubeProxy', 'mode']),
    proxyModeDefault,
  );

/** Whether a sweep of the scenario sets the field itself. */
function isSwept(document: Document, path: string): boolean {
  const parameters = document.getIn(['spec', 'sweep', 'parameters']);
  return isSeq(parameters) && parameters.items.some((item) => isMap(item) && item.get('path') === path);
}
