// Reads a scenario file with its manifests into the points of a run. Part of the scenario.
// Files are read through a function, so that the same code works on disk, from a stored result and in a browser.

import { BUILT_IN, type Catalogue } from '../catalogue.js';
import { type ClusterSpec, type SchedulerSpec, versionProfile } from '../cluster/index.js';
import { singlePod } from '../control-plane/index.js';
import { namedError } from '../extension/naming.js';
import { formatPath, type Path } from '../format/path.js';
import { shellWord, textOf } from '../text/index.js';
import { type Diagnostic, fileError, InputError } from './diagnostics.js';
import { ManifestFields } from './manifests/manifest-fields.js';
import type { PassedOver } from './manifests/manifest-files.js';
import { type ManifestSource, manifestSource } from './manifests/manifest-source.js';
import {
  keepLast,
  type Manifests,
  type ManifestWorkload,
  noManifests,
  readManifests,
  refuseTwins,
} from './manifests/manifests.js';
import { addUntouched, allUntouched, loudly, type Untouched, type UntouchedList } from './manifests/untouched.js';
import { type Placement, readPlacement } from './placement.js';
import { costsOf, type Profile, readProfile } from './resolve/profiles.js';
import { QUESTION_ANNOTATION, resolveScenario } from './resolve/resolve.js';
import { CONFIGURATION_KIND, isConfiguration, readSchedulerConfiguration } from './resolve/scheduler-configuration.js';
import { type ScenarioDocument, scenarioSchemaOf } from './schema/index.js';
import { applyOverrides, type Override, parseOverride, parsePath } from './sweep/overrides.js';
import { type Parameter, pointsOf } from './sweep/sweep.js';
import { sweepOverride } from './sweep/sweep-flags.js';
import { parseThreshold, parseThresholdFlag, type Threshold } from './thresholds.js';
import { readTrace } from './trace.js';
import { type Locate, validateScenario } from './validate.js';
import { isDocument } from './yaml/document.js';
import { ObjectFields } from './yaml/object-fields.js';
import { MANIFEST_BYTES_MAX, parseYaml, SCENARIO_BYTES_MAX, type YamlDocument } from './yaml/yaml-source.js';

export type { Parameter } from './sweep/sweep.js';

export interface ScenarioPoint {
  /** Number of the point, from 0. */
  readonly index: number;
  readonly parameters: readonly Parameter[];
  /** Made when it is asked for, and not kept: a sweep may have more clusters than fit into memory. */
  readonly spec: ClusterSpec;
}

/** A file that was read. */
export interface InputFile {
  /** As the scenario names it; the scenario itself comes first. */
  readonly path: string;
  readonly text: string;
}

export interface LoadedScenario {
  readonly name: string;
  /** The parts that it may name; runs of it are made of these. */
  readonly catalogue: Catalogue;
  readonly question: string;
  readonly seed: string;
  /** Runs of each point, from spec.replications. */
  readonly replications: number;
  readonly points: readonly ScenarioPoint[];
  readonly thresholds: readonly Threshold[];
  readonly inputs: readonly InputFile[];
  /** `path=value` pairs, and parameters of the sweep, that were given beside the file. */
  readonly overrides: readonly string[];
  readonly sweepFlags: readonly string[];
  readonly thresholdFlags: readonly string[];
  /** Node pools that have types of nodes to choose from, by their number. */
  readonly nodeTypes: readonly PoolTypes[];
  readonly warnings: readonly Diagnostic[];
  /** What was assumed where neither scenario nor manifests say anything. */
  readonly notes: readonly Diagnostic[];
  /** Profiles that change the costs of some point. */
  readonly profiles: readonly Profile[];
  /** Files of folders and patterns that hold no manifests. */
  readonly passedOver: readonly PassedOver[];
  /** What the manifests say and the model leaves out: of no effect here, or changing the answer. */
  readonly untouched: readonly Untouched[];
}

export interface PoolTypes {
  readonly index: number;
  readonly types: NonNullable<ScenarioDocument['spec']['nodePools'][number]['nodeTypes']>;
}

export interface LoadOptions {
  readonly path: string;
  /** Gives a file's text; the path is relative to the scenario's own, or the scenario's. Throws an InputError. */
  readonly read: (path: string) => string;
  /** Names of the files in a folder, in order; undefined if the path is no folder. Only needed for `staticPodPath`. */
  readonly list?: (path: string) => readonly string[] | undefined;
  /**
   * Names of the files in a folder and in those below it, relative to it, with `/` between; undefined if the path is no folder.
   * Only needed where `manifests` names folders or patterns.
   */
  readonly walk?: (path: string) => readonly string[] | undefined;
  /** The parts that it may name; those of kubelapse if left out. */
  readonly catalogue?: Catalogue;
  /** Characters of a file at most, where that is more than the usual limits. */
  readonly bytesMax?: number;
  /** `path=value` pairs. */
  readonly set?: readonly string[];
  readonly seed?: string;
  /** `path=a,b,c` and ranges: parameters of the sweep. */
  readonly sweep?: readonly string[];
  /** `METRIC: EXPR`: thresholds beside those of the file. */
  readonly thresholds?: readonly string[];
  /** What is left out of the manifests although it changes the answer is an error. */
  readonly strict?: boolean;
  /** Points are checked when they are asked for only: for inputs that were checked before. */
  readonly unchecked?: boolean;
  /** Sees each point once when it was checked, while its spec is there. */
  readonly onPoint?: (point: ScenarioPoint) => void;
}

/** Modules that a scenario names, before anything of it is checked; none if there is no telling. @param set as in {@link LoadOptions}. */
export function extensionsNamed(path: string, text: string, set: readonly string[] = []): string[] {
  const [main] = parseYaml(path, text, Math.max(SCENARIO_BYTES_MAX, text.length)).documents;
  if (main === undefined || !isDocument(main.value)) return [];
  return extensionsIn(applyOverrides(main.value, set.map(parseOverride)));
}

/** A file that a scenario names, seen from where the scenario's own path is seen. */
export const besideScenario = (scenario: string, path: string): string =>
  /^(\/|\w:)/.test(path) ? path : `${scenario.replace(/[^/\\]*$/, '')}${path.replace(/^\.\//, '')}`;

/** Whether two names of a module, seen from one place, are of the same file as far as one can tell from them. */
const samePath = (one: string | undefined, other: string): boolean => one !== undefined && plain(one) === plain(other);
const plain = (path: string): string => path.replace(/^(\.\/)+/, '');

/** The same of a document, whatever else is in it. */
function extensionsIn(document: unknown): string[] {
  const named = (document as { spec?: { extensions?: unknown } } | undefined)?.spec?.extensions;
  return Array.isArray(named) ? named.filter((one) => typeof one === 'string') : [];
}

/** Throws an {@link InputError} with everything that is wrong with the scenario and its manifests. */
export function loadScenario(options: LoadOptions): LoadedScenario {
  const text = options.read(options.path);
  const file = parseYaml(options.path, text, Math.max(SCENARIO_BYTES_MAX, options.bytesMax ?? 0));
  const errors = file.diagnostics.filter((d) => d.severity === 'error');
  if (errors.length > 0) throw new InputError(errors);
  const [main, ...inline] = file.documents;
  if (main === undefined) throw fileError(options.path, 'is empty', 'kubelapse init writes a scenario to start from');
  if (!isDocument(main.value)) {
    const problem = {
      severity: 'error',
      file: options.path,
      line: 1,
      column: 1,
      field: '',
      message: NO_SCENARIO,
    } as const;
    throw new InputError([{ ...problem, hint: 'kubelapse init writes one to start from' }]);
  }
  const load = (catalogue: Catalogue): LoadedScenario =>
    new Loader({ ...options, catalogue }, file.text, main, inline, file.diagnostics).load();
  const catalogue = options.catalogue ?? BUILT_IN;
  try {
    return load(catalogue);
  } catch (error) {
    throw error instanceof InputError ? error : namedError(error, catalogue, load);
  }
}

/** What cannot be looked into. */
const NO_SOURCE: ManifestSource = { files: [], passedOver: [], changing: [], isFound: false };

const NO_SCENARIO = 'is not a scenario: a mapping with apiVersion, kind, metadata and spec is expected';

/** Throws an {@link InputError} if there are errors. */
function refuseErrors(diagnostics: readonly Diagnostic[]): void {
  const errors = diagnostics.filter((d) => d.severity === 'error');
  if (errors.length > 0) throw new InputError(unique(errors));
}

class Loader {
  readonly #options: LoadOptions & { readonly catalogue: Catalogue };
  readonly #catalogue: Catalogue;
  readonly #fields: ManifestFields;
  readonly #main: YamlDocument;
  readonly #inline: readonly YamlDocument[];
  readonly #inputs: InputFile[];
  readonly #warnings: Diagnostic[];
  readonly #files = new Map<string, Manifests>();
  /** What the entries of `manifests` mean. */
  readonly #expanded = new Map<string, ManifestSource>();
  readonly #traces = new Map<string, readonly number[]>();
  readonly #placements = new Map<string, Placement>();
  readonly #profiles = new Map<string, Profile>();
  readonly #overrides: Override[];
  /** Points whose warnings are among the warnings. */
  readonly #told = new Set<readonly Parameter[]>();
  #made: { readonly index: number; readonly spec: ClusterSpec } | undefined;

  constructor(
    options: LoadOptions & { readonly catalogue: Catalogue },
    text: string,
    main: YamlDocument,
    inline: readonly YamlDocument[],
    warnings: readonly Diagnostic[],
  ) {
    this.#options = options;
    this.#catalogue = options.catalogue;
    this.#fields = new ManifestFields(this.#catalogue.workloadKinds.all);
    this.#main = main;
    this.#inline = inline;
    this.#inputs = [{ path: options.path, text }];
    this.#warnings = [...warnings];
    this.#overrides = (options.set ?? []).map(parseOverride);
  }

  load(): LoadedScenario {
    const set = applyOverrides(this.#main.value, this.#overrides);
    this.#overrides.push(...sweepOverride(set, this.#options.sweep ?? []));
    const base = applyOverrides(this.#main.value, this.#overrides);
    const document = this.#validate(base, this.#overrides);
    const seed = this.#options.seed ?? String(document.spec.seed);
    const combinations = this.#collected((diagnostics) =>
      pointsOf(document.spec.sweep, this.#overrides, seed, (at, message, hint) => {
        diagnostics.push(this.#problem(at, message, hint));
      }),
    );
    const thresholds = this.#collected((diagnostics) => this.#thresholdsOf(document, diagnostics));
    const points = combinations.map((parameters, index) => this.#lazyPoint(document, base, parameters, index));
    if (this.#options.unchecked !== true) for (const point of points) this.#check(point);
    const untouched = this.#untouched();
    const loud = untouched.flatMap((one) => loudly(one, this.#options.strict === true ? 'error' : 'warning'));
    refuseErrors(loud);
    return {
      name: document.metadata.name,
      catalogue: this.#catalogue,
      question: document.metadata.annotations?.[QUESTION_ANNOTATION] ?? '',
      seed,
      replications: document.spec.replications,
      points,
      thresholds,
      inputs: this.#inputs,
      overrides: this.#options.set ?? [],
      sweepFlags: this.#options.sweep ?? [],
      thresholdFlags: this.#options.thresholds ?? [],
      nodeTypes: document.spec.nodePools.flatMap(({ nodeTypes: types }, index) =>
        types === undefined ? [] : [{ index, types }],
      ),
      warnings: unique([...this.#warnings.filter(({ severity }) => severity === 'warning'), ...loud]),
      notes: unique(this.#warnings.filter(({ severity }) => severity === 'note')),
      profiles: [...this.#profiles.values()],
      untouched,
      passedOver: [...this.#expanded.values()].flatMap(({ passedOver }) => passedOver),
    };
  }

  /** Only the spec that was asked for last is kept. */
  #lazyPoint(
    document: ScenarioDocument,
    base: unknown,
    parameters: readonly Parameter[],
    index: number,
  ): ScenarioPoint {
    const specOf = (): ClusterSpec => {
      if (this.#made?.index !== index) this.#made = { index, spec: this.#point(document, base, parameters) };
      return this.#made.spec;
    };
    return {
      index,
      parameters,
      get spec() {
        return specOf();
      },
    };
  }

  #check(point: ScenarioPoint): void {
    void point.spec;
    this.#options.onPoint?.(point);
  }

  /** What it gives; throws an InputError with the problems it found. */
  #collected<T>(find: (diagnostics: Diagnostic[]) => T): T {
    const diagnostics: Diagnostic[] = [];
    const found = find(diagnostics);
    if (diagnostics.length > 0) throw new InputError(diagnostics);
    return found;
  }

  #problem(at: Path, message: string, hint?: string): Diagnostic {
    const place = this.#locate(this.#overrides)(at, 'value');
    return { severity: 'error', ...place, field: formatPath(at), message, ...(hint === undefined ? {} : { hint }) };
  }

  /** Code is loaded by whoever calls, and only if somebody has allowed it: a scenario may come from a stranger. */
  #checkExtensions(document: unknown, diagnostics: Diagnostic[]): void {
    const { extensions } = this.#catalogue;
    extensionsIn(document).forEach((path, i) => {
      if (extensions.some((extension) => samePath(extension.path, path))) return;
      const message = `${path} is code, which is loaded only if the command line allows it`;
      const hint = `--extension ${shellWord(besideScenario(this.#options.path, path))} allows it`;
      diagnostics.push(this.#problem(['spec', 'extensions', i], message, hint));
    });
  }

  #thresholdsOf(document: ScenarioDocument, diagnostics: Diagnostic[]): Threshold[] {
    const pools = document.spec.nodePools.map(({ name }) => name);
    const known = { metrics: this.#catalogue.metricDefinitions, pools };
    const own = (document.spec.thresholds ?? []).flatMap((input, i) => {
      const threshold = parseThreshold(input, known);
      if (!('message' in threshold)) return [threshold];
      const { field, message, hint } = threshold;
      diagnostics.push(this.#problem(['spec', 'thresholds', i, field], message, hint));
      return [];
    });
    return [...own, ...(this.#options.thresholds ?? []).map((text) => parseThresholdFlag(text, known))];
  }

  /** Where a field stands: in the file, or in the flag or sweep that set it. */
  #locate(overrides: readonly Override[]): Locate {
    return (path, what) => {
      const set = overrides.find(
        (o) => o.path.length <= path.length && o.path.every((step, i) => String(step) === String(path[i])),
      );
      if (set !== undefined) return { file: set.source, line: 0, column: 0 };
      return { file: this.#main.file, ...this.#main.locate(path, what) };
    };
  }

  #validate(value: unknown, overrides: readonly Override[]): ScenarioDocument {
    // First: what a part is missing for is not worth a message of its own.
    this.#collected((diagnostics) => this.#checkExtensions(value, diagnostics));
    const { document, diagnostics } = validateScenario(
      scenarioSchemaOf(this.#catalogue),
      value,
      this.#locate(overrides),
    );
    if (document === undefined) throw new InputError(diagnostics);
    return document;
  }

  #point(base: ScenarioDocument, value: unknown, parameters: readonly Parameter[]): ClusterSpec {
    const set = parameters.map((parameter, i) => {
      const path = parsePath(base.spec.sweep!.parameters[i]!.path)!;
      const { file, line } = this.#locate(this.#overrides)(['spec', 'sweep', 'parameters', i, 'path'], 'value');
      const source = line === 0 ? file : `${file}:${line}`;
      return { path, value: parameter.value, source: `${source} (${parameter.name}=${parameter.value})` };
    });
    const overrides = [...set, ...this.#overrides];
    const document = parameters.length === 0 ? base : this.#validate(applyOverrides(value, set), overrides);
    const diagnostics: Diagnostic[] = [];
    const apps = document.spec.apps.map((_, i) => this.#manifestsOf(document, i, diagnostics));
    const staticPods = document.spec.nodePools.map((_, i) => this.#staticPodsOf(document, i, diagnostics));
    // What would follow from manifests that cannot be read is not worth a message.
    refuseErrors(diagnostics);
    const traces = (document.spec.traffic ?? []).map((_, i) => this.#traceOf(document, i, diagnostics));
    const profiles = (document.spec.profiles ?? []).flatMap((_, i) => this.#profileOf(document, i, diagnostics));
    const scheduler = this.#schedulerOf(document, diagnostics);
    const placements = document.spec.apps.map((_, i) => this.#placementOf(document, i, diagnostics));
    refuseErrors(diagnostics);
    const manifests = { apps, staticPods, traces, placements, ...(scheduler === undefined ? {} : { scheduler }) };
    const spec = resolveScenario(document, manifests, this.#catalogue, this.#locate(overrides), diagnostics);
    refuseErrors(diagnostics);
    // A spec that is made again would say all of it again.
    if (!this.#told.has(parameters)) this.#warnings.push(...diagnostics);
    this.#told.add(parameters);
    return profiles.length === 0 ? spec : { ...spec, costs: costsOf(profiles) };
  }

  #manifestsOf(document: ScenarioDocument, index: number, diagnostics: Diagnostic[]): Manifests {
    const app = document.spec.apps[index]!;
    const at: Path = ['spec', 'apps', index, 'manifests'];
    if (app.manifests === undefined) return this.#inlineManifests(document, index, diagnostics);
    const sources = app.manifests.map((path, i) => this.#sourceOf(path, [...at, i], diagnostics));
    const parts = sources.flatMap(({ files, isFound }, i) =>
      files.map((path) => this.#readFile(path, [...at, i], diagnostics, app.replicas, isFound)),
    );
    const all = join(parts);
    const joined = sources.some(({ isFound }) => isFound) ? keepLast(all, diagnostics) : all;
    refuseTwins(joined, diagnostics);
    // A file that could not be read is told already; what would follow from it is not worth a message.
    const unread = diagnostics.some((d) => d.severity === 'error');
    if (isEmpty(joined) && !unread) {
      const message = `${app.manifests.join(', ')}: there is no workload (${this.#fields.workloadKinds.join(', ')}) or NetworkPolicy in there`;
      const over = sources.flatMap(({ passedOver }) => passedOver);
      const [first] = over;
      const more = over.length > 1 ? `, and ${over.length - 1} more` : '';
      const hint = first && `passed over: ${first.file} (${first.why})${more}`;
      const place = this.#locate([])(at, 'value');
      diagnostics.push({ severity: 'error', ...place, field: formatPath(at), message, ...(hint ? { hint } : {}) });
    }
    return joined;
  }

  /** A kubelet takes every file of the folder but those whose names begin with a dot, and one Pod from each. */
  #staticPodsOf(document: ScenarioDocument, index: number, diagnostics: Diagnostic[]): ManifestWorkload[] {
    const path = document.spec.nodePools[index]!.kubelet?.staticPodPath;
    if (path === undefined) return [];
    const at: Path = ['spec', 'nodePools', index, 'kubelet', 'staticPodPath'];
    const refuse = (message: string, hint?: string): void => {
      const place = this.#locate(this.#overrides)(at, 'value');
      const field = formatPath(at);
      diagnostics.push({ severity: 'error', ...place, field, message, ...(hint === undefined ? {} : { hint }) });
    };
    const names = this.#options.list?.(path);
    const files = names?.filter((name) => !name.startsWith('.')).map((name) => `${path.replace(/\/+$/, '')}/${name}`);
    const manifests = join((files ?? [path]).map((file) => this.#readFile(file, at, diagnostics)));
    refuseTwins(manifests, diagnostics);
    const other = manifests.workloads.find(({ kind }) => kind !== singlePod.kind);
    if (other !== undefined) refuse(`${path} holds a ${other.kind}: a kubelet takes only Pods from there`);
    else if (manifests.services.length > 0) refuse(`${path} holds a Service: a kubelet takes only Pods from there`);
    else if (manifests.workloads.length === 0 && !diagnostics.some((d) => d.severity === 'error')) {
      refuse(`${path} holds no Pod`, 'put a manifest there, or leave staticPodPath out');
    }
    return manifests.workloads;
  }

  /** What the KubeSchedulerConfiguration that it names says; undefined if it names none, or it cannot be read. */
  #schedulerOf(document: ScenarioDocument, diagnostics: Diagnostic[]): SchedulerSpec | undefined {
    const path = document.spec.controlPlane.scheduler.configuration;
    if (path === undefined) return undefined;
    const at: Path = ['spec', 'controlPlane', 'scheduler', 'configuration'];
    const text = this.#readText(path, at, diagnostics);
    if (text === undefined) return undefined;
    const { documents, diagnostics: problems } = parseYaml(path, text, SCENARIO_BYTES_MAX);
    diagnostics.push(...problems);
    if (problems.some(({ severity }) => severity === 'error')) return undefined;
    const configured = documents.filter(({ value }) => isConfiguration(value));
    if (configured.length !== 1) {
      const kinds = documents.map(({ value }) => textOf((value as { kind?: unknown } | null)?.kind ?? 'none'));
      const found =
        documents.length === 0
          ? 'is empty'
          : `holds ${configured.length} objects of kind ${CONFIGURATION_KIND} (kinds: ${kinds.join(', ')})`;
      const message = `${path} ${found}; one of kind ${CONFIGURATION_KIND} is needed`;
      diagnostics.push({ severity: 'error', ...this.#locate([])(at, 'value'), field: formatPath(at), message });
      return undefined;
    }
    const reader = new ObjectFields(configured[0]!, [], diagnostics);
    const { readsSchedulerBeta } = versionProfile(Number(document.spec.kubernetesVersion.slice(2)));
    return readSchedulerConfiguration(reader, this.#catalogue.schedulerPlugins, readsSchedulerBeta);
  }

  /** Arrivals of a trace, ns; undefined if the entry has none. */
  #traceOf(document: ScenarioDocument, index: number, diagnostics: Diagnostic[]): readonly number[] | undefined {
    const path = document.spec.traffic![index]!.trace;
    if (path === undefined) return undefined;
    const at: Path = ['spec', 'traffic', index, 'trace'];
    const known = this.#traces.get(path);
    if (known !== undefined) return known;
    const text = this.#readText(path, at, diagnostics);
    if (text === undefined) return [];
    const times = readTrace(path, text, diagnostics);
    this.#traces.set(path, times);
    return times;
  }

  /** Where the pods of an application are; undefined if it does not say. */
  #placementOf(document: ScenarioDocument, index: number, diagnostics: Diagnostic[]): Placement | undefined {
    const path = document.spec.apps[index]!.placement;
    if (path === undefined) return undefined;
    const known = this.#placements.get(path);
    if (known !== undefined) return known;
    const text = this.#readText(path, ['spec', 'apps', index, 'placement'], diagnostics);
    if (text === undefined) return undefined;
    const placement = { file: path, rows: readPlacement(path, text, diagnostics) };
    this.#placements.set(path, placement);
    return placement;
  }

  /** Nothing if it cannot be read, which is told. */
  #profileOf(document: ScenarioDocument, index: number, diagnostics: Diagnostic[]): Profile[] {
    const path = document.spec.profiles![index]!;
    const known = this.#profiles.get(path);
    if (known !== undefined) return [known];
    const text = this.#readText(path, ['spec', 'profiles', index], diagnostics);
    if (text === undefined) return [];
    const profile = readProfile(path, text, this.#catalogue, diagnostics);
    if (!diagnostics.some((d) => d.severity === 'error')) this.#profiles.set(path, profile);
    return [profile];
  }

  #inlineManifests(document: ScenarioDocument, index: number, diagnostics: Diagnostic[]): Manifests {
    const at: Path = ['spec', 'apps', index];
    const app = document.spec.apps[index]!;
    const without = document.spec.apps.filter((app) => app.manifests === undefined).length;
    if (this.#inline.length === 0 || without > 1) {
      const message =
        this.#inline.length === 0
          ? 'has no manifests: name files, or put the documents below the scenario after ---'
          : 'only one application may take the documents below the scenario; name files for the others';
      diagnostics.push({ severity: 'error', ...this.#locate([])(at, 'value'), field: formatPath(at), message });
      return noManifests();
    }
    return this.#cached(`\n${app.replicas ?? ''}`, diagnostics, () => {
      const manifests = readManifests(this.#inline, this.#fields, diagnostics, { replicas: app.replicas });
      refuseTwins(manifests, diagnostics);
      return manifests;
    });
  }

  /** What an entry of `manifests` means: a file, the files of a folder, or those that meet a pattern. */
  #sourceOf(path: string, at: Path, diagnostics: Diagnostic[]): ManifestSource {
    const known = this.#expanded.get(path);
    if (known !== undefined) return known;
    const { walk } = this.#options;
    const source = this.#located(path, at, diagnostics, () =>
      manifestSource(path, { walk: (folder) => walk?.(folder), head: (file) => this.#options.read(file) }),
    );
    if (source === undefined) return NO_SOURCE;
    if (path === '-' && this.#options.path === '-')
      diagnostics.push(this.#problem(at, 'standard input is the scenario itself', 'name a file for one of them'));
    if (source.problem !== undefined) diagnostics.push(this.#problem(at, `${path} ${source.problem}`));
    else this.#expanded.set(path, source);
    for (const file of source.changing) this.#leaveKustomization(file);
    return source;
  }

  #leaveKustomization(file: string): void {
    const untouched: UntouchedList = new Map();
    const why = 'kustomize build changes its resources: here they are as they lie there';
    addUntouched(untouched, { what: 'Kustomization', step: 'answer', why, first: { file, line: 1, column: 1 } });
    this.#files.set(`${file}\n`, { ...noManifests(), untouched });
  }

  /** @param isFound nobody has named the file itself: what is no object in it is passed over. */
  #readFile(path: string, at: Path, diagnostics: Diagnostic[], replicas?: number, isFound = false): Manifests {
    return this.#cached(`${path}\n${replicas ?? ''}`, diagnostics, () => {
      const text = this.#readText(path, at, diagnostics);
      if (text === undefined) return noManifests();
      const file = parseYaml(path, text, Math.max(MANIFEST_BYTES_MAX, this.#options.bytesMax ?? 0));
      this.#keep(path, file.text);
      diagnostics.push(...file.diagnostics);
      return readManifests(file.documents, this.#fields, diagnostics, { replicas, isFound });
    });
  }

  /** Text of a file that the scenario names; undefined if it cannot be read, which is told. */
  #readText(path: string, at: Path, diagnostics: Diagnostic[]): string | undefined {
    const known = this.#inputs.find((input) => input.path === path);
    if (known !== undefined) return known.text;
    return this.#located(path, at, diagnostics, () => {
      const text = this.#options.read(path);
      this.#inputs.push({ path, text });
      return text;
    });
  }

  /** What it gives; undefined if a file cannot be read, which is told where the scenario names it. */
  #located<T>(path: string, at: Path, diagnostics: Diagnostic[], attempt: () => T): T | undefined {
    try {
      return attempt();
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const { message, hint } = error.diagnostics[0]!;
      const problem = { message: `${path} ${message}`, ...(hint === undefined ? {} : { hint }) };
      diagnostics.push({ severity: 'error', ...this.#locate([])(at, 'value'), field: formatPath(at), ...problem });
      return undefined;
    }
  }

  /** The text of an input as it goes into results. */
  #keep(path: string, text: string): void {
    const at = this.#inputs.findIndex((input) => input.path === path);
    if (at >= 0) this.#inputs[at] = { path, text };
  }

  /** The points of a sweep share their manifests: each file is read once. */
  #cached(key: string, diagnostics: Diagnostic[], read: () => Manifests): Manifests {
    const known = this.#files.get(key);
    if (known !== undefined) return known;
    const manifests = read();
    if (!diagnostics.some((d) => d.severity === 'error')) this.#files.set(key, manifests);
    return manifests;
  }

  #untouched(): Untouched[] {
    // The same file, read with other replicas, says the same.
    const files = new Map([...this.#files].map(([key, { untouched }]) => [key.split('\n')[0], untouched]));
    return allUntouched(files.values());
  }
}

function join(parts: readonly Manifests[]): Manifests {
  return {
    workloads: parts.flatMap((p) => p.workloads),
    services: parts.flatMap((p) => p.services),
    policies: parts.flatMap((p) => p.policies),
    priorityClasses: parts.flatMap((p) => p.priorityClasses),
    runtimeClasses: parts.flatMap((p) => p.runtimeClasses),
    namespaces: new Map(parts.flatMap((p) => [...p.namespaces])),
    // It stands with each file.
    untouched: new Map(),
  };
}

const isEmpty = (manifests: Manifests): boolean => {
  const { workloads, policies, services, priorityClasses, runtimeClasses, namespaces } = manifests;
  const rest = [services, priorityClasses, runtimeClasses].some((list) => list.length > 0) || namespaces.size > 0;
  return workloads.length === 0 && policies.length === 0 && !rest;
};

function unique(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter((d) => {
    const key = `${d.file}:${d.line}:${d.column}:${d.field}:${d.message}`;
    return seen.has(key) ? false : seen.add(key);
  });
}
