// Load definitions of ClusterLoader2 and kube-burner, as far as they are static: which objects are created, how many, at which
// rate. Part of the scenario. What they measure, and what decides while it runs, is left out and listed.

import { parseAllDocuments } from 'yaml';
import { isFields } from '../yaml/object-fields.js';
import { NotStatic, rendered, type TemplateValues } from './go-template.js';
import type { Json } from './kube-types.js';
import { MEASUREMENT, type Timed, type TimedApp, type TimedEvent } from './timed.js';

/** Reads a file that a definition names, relative to it. */
type Read = (path: string) => string;

/** Whether a text is a load definition, and whose; undefined if it is none. */
export function loadDefinitionOf(text: string): 'ClusterLoader2' | 'kube-burner' | undefined {
  if (/^steps:/m.test(text) && /^\s*(-\s+)?(phases|measurements):/m.test(text)) return 'ClusterLoader2';
  return /^jobs:/m.test(text) && /objectTemplate\s*:/.test(text) ? 'kube-burner' : undefined;
}

/** What such a definition creates, and when. @param read gives the templates of its objects. */
export function timedLoad(text: string, read: Read): Timed {
  return loadDefinitionOf(text) === 'kube-burner'
    ? new KubeBurner(read).timed(text)
    : new ClusterLoader(read).timed(text);
}

const listAt = (value: unknown, field: string): Json[] =>
  isFields(value) && Array.isArray(value[field]) ? (value[field] as unknown[]).filter(isFields) : [];
const numberAt = (value: unknown, field: string, otherwise: number): number =>
  isFields(value) && typeof value[field] === 'number' ? value[field] : otherwise;
const textAt = (value: unknown, field: string): string =>
  isFields(value) && typeof value[field] === 'string' ? value[field] : '';
const kindOf = (object: Json): string => String(object.kind).toLowerCase();
const nameOf = (object: Json): string => textAt(object.metadata, 'name');

/** What both have in common: templates that are rendered, and what is left out. */
class Definition {
  readonly apps: TimedApp[] = [];
  readonly events: TimedEvent[] = [];
  readonly dropped = new Map<string, number>();
  readonly notes: string[] = [];
  readonly #read: Read;

  constructor(read: Read) {
    this.#read = read;
  }

  drop(what: string): void {
    this.dropped.set(what, (this.dropped.get(what) ?? 0) + 1);
  }

  /** Objects of a template; none if it is not static, which is listed. */
  objectsOf(path: string, values: TemplateValues): Json[] {
    try {
      return documentsOf(rendered(this.#read(path), values));
    } catch (error) {
      if (!(error instanceof NotStatic)) throw error;
      this.drop(`template ${path}: ${error.message}`);
      return [];
    }
  }

  /** The document itself, with what it sets. */
  documentOf(text: string, values: TemplateValues): unknown {
    try {
      return documentsOf(rendered(text, values))[0];
    } catch (error) {
      if (!(error instanceof NotStatic)) throw error;
      throw new RangeError(`it is not static: ${error.message}`);
    }
  }

  get result(): Timed {
    const { apps, events, dropped, notes } = this;
    return { apps, events, dropped, notes };
  }
}

const documentsOf = (text: string): Json[] =>
  parseAllDocuments(text, { logLevel: 'silent' })
    .map((document) => document.toJS({ maxAliasCount: 100 }) as unknown)
    .filter(isFields);

class ClusterLoader {
  readonly #definition: Definition;
  /** By basename: what was created so far, of each namespace. */
  readonly #made = new Map<string, { readonly count: number; readonly targets: readonly string[] }>();

  constructor(read: Read) {
    this.#definition = new Definition(read);
  }

  /** Steps come one after the other, the phases of one together (kubernetes/perf-tests, clusterloader2/docs/design.md). */
  timed(text: string): Timed {
    const document = this.#definition.documentOf(text, {});
    const namespaces = Math.max(1, numberAt(isFields(document) ? document.namespace : undefined, 'number', 1));
    const rates = new Map(listAt(document, 'tuningSets').map((set) => [textAt(set, 'name'), rateOf(set)]));
    let now = 0;
    for (const step of listAt(document, 'steps')) {
      const measurements = listAt(step, 'measurements');
      for (const measurement of measurements)
        this.#definition.drop(`${MEASUREMENT}${textAt(measurement, 'Method') || textAt(measurement, 'Identifier')}`);
      if (measurements.some(isWait)) {
        now += WAIT;
        this.#definition.notes.push(`at ${now - WAIT}s it waits until pods run: ${WAIT}s are assumed`);
      }
      const took = listAt(step, 'phases').map((phase) => this.#phase(phase, now, namespaces, rates));
      now += Math.max(0, ...took);
    }
    if (namespaces > 1) this.#definition.notes.push(`${namespaces} namespaces are one: their objects are copies`);
    return this.#definition.result;
  }

  /** @returns how long it takes, s. */
  #phase(phase: Json, at: number, namespaces: number, rates: ReadonlyMap<string, number>): number {
    const range = phase.namespaceRange;
    const count = isFields(range) ? numberAt(range, 'max', namespaces) - numberAt(range, 'min', 1) + 1 : 1;
    const copies = count * numberAt(phase, 'replicasPerNamespace', 1);
    const rate = rates.get(textAt(phase, 'tuningSet')) ?? Infinity;
    let took = 0;
    for (const bundle of listAt(phase, 'objectBundle')) took += this.#bundle(bundle, copies, at + took, rate);
    return took;
  }

  #bundle(bundle: Json, copies: number, at: number, rate: number): number {
    const basename = textAt(bundle, 'basename');
    const path = textAt(bundle, 'objectTemplatePath');
    const made = this.#made.get(basename);
    if (made !== undefined) {
      if (copies === 0) for (const target of made.targets) this.#definition.events.push({ type: 'Delete', at, target });
      else
        this.#definition.drop(
          `change of ${basename} to ${copies} objects: only its creation and its end are taken over`,
        );
      return made.count / rate;
    }
    const fill = isFields(bundle.templateFillMap) ? (bundle.templateFillMap as TemplateValues) : {};
    const objects = this.#definition.objectsOf(path, { ...fill, Name: basename, Index: 0, Namespace: 'default' });
    if (objects.length === 0 || copies === 0) return 0;
    const targets = objects.map((object) => `${kindOf(object)}/${nameOf(object)}`);
    this.#made.set(basename, { count: copies, targets });
    this.#definition.apps.push({ name: basename, objects, copies, at, over: copies / rate });
    return copies / rate;
  }
}

/** Time that is assumed for a wait until pods run, s. No published figure: it depends on what it waits for. */
const WAIT = 60;
const isWait = (measurement: Json): boolean =>
  /^WaitFor/.test(textAt(measurement, 'Method')) &&
  isFields(measurement.Params) &&
  textAt(measurement.Params, 'action') === 'gather';

/** Objects a second; Infinity if it is not limited, or not by a rate. */
function rateOf(set: Json): number {
  const { qpsLoad, randomizedLoad, steppedLoad } = set;
  if (isFields(qpsLoad)) return numberAt(qpsLoad, 'qps', Infinity);
  if (isFields(randomizedLoad)) return numberAt(randomizedLoad, 'averageQps', Infinity);
  if (isFields(steppedLoad)) {
    const seconds = Number.parseFloat(textAt(steppedLoad, 'stepDelay')) || 0;
    if (seconds > 0) return numberAt(steppedLoad, 'burstSize', 1) / seconds;
  }
  return Infinity;
}

class KubeBurner {
  readonly #definition: Definition;

  constructor(read: Read) {
    this.#definition = new Definition(read);
  }

  /** Jobs come one after the other; each iteration creates all of its objects (kube-burner.github.io, reference/configuration). */
  timed(text: string): Timed {
    const document = this.#definition.documentOf(text, {});
    let now = 0;
    for (const job of listAt(document, 'jobs')) now += this.#job(job, now);
    return this.#definition.result;
  }

  #job(job: Json, at: number): number {
    const name = textAt(job, 'name');
    const type = textAt(job, 'jobType') || 'create';
    if (type !== 'create') {
      this.#definition.drop(`job of type ${type}`);
      return 0;
    }
    const iterations = numberAt(job, 'jobIterations', 1);
    const objects = listAt(job, 'objects');
    const each = objects.reduce((sum, object) => sum + numberAt(object, 'replicas', 1), 0);
    // 5: kube-burner's own default of qps.
    const over = (iterations * each) / Math.max(1e-9, numberAt(job, 'qps', 5));
    for (const object of objects) {
      const path = textAt(object, 'objectTemplate');
      const inputs = isFields(object.inputVars) ? (object.inputVars as TemplateValues) : {};
      const values = { ...inputs, JobName: name, Iteration: 0, Replica: 1, UUID: 'x', RunID: 'x' };
      const made = this.#definition.objectsOf(path, values);
      const copies = iterations * numberAt(object, 'replicas', 1);
      const [first] = made;
      if (first === undefined || copies === 0) continue;
      this.#definition.apps.push({ name: `${name}-${nameOf(first)}`, objects: made, copies, at, over });
    }
    return over;
  }
}
