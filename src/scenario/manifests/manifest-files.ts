// Which files of a folder hold manifests: what lies in repositories is more than that. Part of the scenario; what a scenario names
// and what is imported are sorted out alike. Charts, kustomizations and data are passed over, with the reason.

import { yamlValue } from '../yaml/yaml-source.js';

/** A file, or a folder, that is passed over. */
export interface PassedOver {
  readonly file: string;
  /** "Helm chart: helm template renders it". */
  readonly why: string;
}

export interface SortedOut {
  /** Files that are read, in order. */
  readonly files: readonly string[];
  readonly passedOver: readonly PassedOver[];
  /** Kustomizations that change their resources, which is not done here. */
  readonly changing: readonly string[];
}

/** Characters of a file by which it is known. */
export const HEAD_CHARACTERS = 1 << 16;

const MANIFEST = /\.(ya?ml|json)$/i;
const KUSTOMIZATION = /(^|\/)(kustomization\.ya?ml|Kustomization)$/;
const CHART = /(^|\/)Chart\.ya?ml$/;

/** Folders that hold what tools and editors keep. */
export const isKeptByTools = (name: string): boolean => name.startsWith('.') || name === 'node_modules';

/** What is a line of a manifest: who has none has no object of Kubernetes. */
const KIND = /^[ \t{[,-]*["']?(apiVersion|kind|items)["']?\s*:/m;
const KIND_IN_JSON = /"(apiVersion|kind|items)"\s*:/;
const OURS = /^apiVersion: *["']?kubelapse\.dev\//m;
const TEMPLATE = /\{\{/;

/**
 * Sorts the files of a folder out.
 * @param paths of files, in order. @param headOf gives the first {@link HEAD_CHARACTERS} of one, or more.
 */
export function sortedOut(paths: readonly string[], headOf: (path: string) => string): SortedOut {
  const charts = paths.filter((path) => CHART.test(path)).map(folderOf);
  // A chart in a chart is part of it.
  const outermost = charts.filter((dir) => !charts.some((other) => other !== dir && dir.startsWith(other)));
  const inCharts = (path: string): boolean => outermost.some((dir) => path.startsWith(dir));
  const rest = paths.filter((path) => !inCharts(path));
  const kustomizations = rest.filter((path) => KUSTOMIZATION.test(path));
  const read = kustomizations.map((path) => ({ path, ...kustomizationOf(headOf(path), folderOf(path)) }));
  const named = new Map(read.flatMap(({ path, parts }) => parts.map((part) => [part, path] as const)));
  const passedOver: PassedOver[] = outermost.map((dir) => ({
    file: dir === '' ? '.' : dir.slice(0, -1),
    why: 'a Helm chart: helm template renders it',
  }));
  const files = rest.filter((path) => {
    if (!MANIFEST.test(path) && !kustomizations.includes(path)) return false;
    const why = reasonOf(path, headOf, named.get(path));
    if (why !== undefined) passedOver.push({ file: path, why });
    return why === undefined;
  });
  return { files, passedOver, changing: read.filter(({ changes }) => changes).map(({ path }) => path) };
}

/** Why a file is passed over; undefined if it is read. @param by the kustomization that has it for a patch or for data. */
function reasonOf(path: string, headOf: (path: string) => string, by: string | undefined): string | undefined {
  if (KUSTOMIZATION.test(path)) return 'a kustomization: kustomize build renders it';
  if (by !== undefined) return `part of ${by}, and no manifest`;
  const head = headOf(path);
  if (head.trim() === '') return 'empty';
  if (head.includes('\u0000')) return 'UTF-16 or no text at all, and not UTF-8';
  if (OURS.test(head)) return 'an input of kubelapse';
  if (/\.json$/i.test(path) ? KIND_IN_JSON.test(head) : KIND.test(head)) {
    return TEMPLATE.test(head) && isTemplate(head) ? 'a template that nobody has rendered' : undefined;
  }
  return 'no object of Kubernetes';
}

/**
 * Whether a text with double braces is no YAML before somebody renders it, or names its objects with them: they may stand in a
 * ConfigMap's data as well. What is cut off is not to be blamed.
 */
const isTemplate = (head: string): boolean => {
  const whole = head.length < HEAD_CHARACTERS ? head : head.slice(0, head.lastIndexOf('\n---') + 1);
  return whole.split(/^---.*$/m).some((document) => {
    const value = yamlValue(document)?.value as { kind?: unknown; metadata?: { name?: unknown } } | null | undefined;
    return value === undefined || (typeof value?.kind === 'string' && typeof value.metadata?.name === 'object');
  });
};

const folderOf = (path: string): string => path.replace(/[^/]*$/, '');

/** Lists of a kustomization that name resources; whatever else it names is a patch, or data. */
const RESOURCES = ['resources', 'bases', 'components', 'crds'];
/** Fields by which it changes its resources. */
const CHANGING = [
  ...['namespace', 'namePrefix', 'nameSuffix', 'replicas', 'images', 'patches', 'patchesStrategicMerge'],
  ...['patchesJson6902', 'commonLabels', 'labels', 'components', 'helmCharts', 'transformers', 'replacements'],
];

/** Files that a kustomization has for something else than manifests, and whether it changes those that it has. */
function kustomizationOf(text: string, dir: string): { parts: string[]; changes: boolean } {
  const value = yamlValue(text)?.value;
  if (typeof value !== 'object' || value === null) return { parts: [], changes: false };
  const parts: string[] = [];
  const visit = (one: unknown): void => {
    // A generator names its files as `key=file`.
    if (typeof one === 'string' && !one.includes('\n')) parts.push(joined(dir, one.replace(/^[^/=]*=/, '')));
    else if (typeof one === 'object' && one !== null) for (const child of Object.values(one)) visit(child);
  };
  for (const [field, child] of Object.entries(value)) if (!RESOURCES.includes(field)) visit(child);
  return { parts, changes: CHANGING.some((field) => Object.hasOwn(value, field)) };
}

/** A path relative to a folder, `.` and `..` worked out. */
function joined(dir: string, path: string): string {
  const steps: string[] = [];
  for (const step of `${dir}${path}`.split('/')) {
    if (step === '..') steps.pop();
    else if (step !== '.' && step !== '') steps.push(step);
  }
  return `${dir.startsWith('/') ? '/' : ''}${steps.join('/')}`;
}
