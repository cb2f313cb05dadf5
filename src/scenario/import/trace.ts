// A cluster trace as CSV, one row a node and one row a pod: nodes become pools, pods become Jobs that are created when they
// were and run for as long as they did. Part of the scenario. Pods that ask for the same and come at about the same time are
// stamped out together: a trace has hundreds of thousands.

import { z } from 'zod';
import { MEBIBYTE, parseCpuMillis, parseQuantity } from '../../format/units.js';
import { type Diagnostic, InputError } from '../diagnostics.js';
import { API_VERSION } from '../schema/index.js';
import { dnsName, unique } from './names.js';
import { distributionOf, type TextOfFile, withHead } from './write.js';
import { yamlText } from './yaml-text.js';

/** A column, and what stands behind its numbers to make quantities or times of them. */
const column = z.union([z.string(), z.strictObject({ column: z.string(), unit: z.string().optional() })]);
const mappingSchema = z.strictObject({
  nodes: z
    .strictObject({ cpu: column, memory: column, pods: column.optional(), pool: column.optional() })
    .prefault({ cpu: 'cpu', memory: 'memory' }),
  pods: z
    .strictObject({ cpu: column, memory: column, created: column, deleted: column.optional() })
    .prefault({ cpu: 'cpu', memory: 'memory', created: 'created_seconds' }),
});

/** Which columns of a trace say what. */
export type TraceMapping = z.infer<typeof mappingSchema>;
type Column = z.infer<typeof column>;

/** Columns of a trace that needs no mapping. */
export const DEFAULT_MAPPING: TraceMapping = {
  nodes: { cpu: 'cpu', memory: 'memory', pods: 'pods', pool: 'pool' },
  pods: { cpu: 'cpu', memory: 'memory', created: 'created_seconds', deleted: 'deleted_seconds' },
};

/** Checks a mapping that was read from YAML. Throws an {@link InputError}. */
export function readMapping(file: string, value: unknown): TraceMapping {
  const { success, data, error } = mappingSchema.safeParse(value);
  if (success) return data;
  const { path, message } = error.issues[0]!;
  throw new InputError([
    {
      severity: 'error',
      file,
      line: 0,
      column: 0,
      field: path.join('.'),
      message: `${message}; a mapping has nodes: {cpu, memory, pods, pool} and pods: {cpu, memory, created, deleted}`,
    },
  ]);
}

export interface TraceRow {
  readonly line: number;
  readonly cells: Readonly<Record<string, string>>;
}

export interface TraceOptions {
  readonly name: string;
  readonly mapping: TraceMapping;
  /** Part of the trace that is taken, in seconds of the trace; undefined: from its first pod on, and all of it. */
  readonly from: number | undefined;
  readonly lasts: number | undefined;
}

export interface ImportedTrace {
  readonly files: readonly TextOfFile[];
  readonly dropped: ReadonlyMap<string, number>;
  readonly notes: readonly string[];
}

/** Steps in which the pods of a kind come: within one they are spread evenly. */
const STEPS = 48;
/** Kinds of pods by what they ask for; the rarest are taken for the next larger ones. */
const KINDS_MAX = 24;
/** A run's time is exact to 104 days. */
const SECONDS_MAX = 100 * 86_400;

interface Pod {
  readonly millis: number;
  readonly mebibytes: number;
  readonly created: number;
  readonly deleted: number | undefined;
}

/** Takes in the rows of a trace, nodes and pods in any order. */
export class TraceImporter {
  readonly #options: TraceOptions;
  readonly #nodes = new Map<
    string,
    { cpu: string; memory: string; pods: number | undefined; pool: string; count: number }
  >();
  readonly #pods: Pod[] = [];
  readonly #dropped = new Map<string, number>();
  readonly #diagnostics: Diagnostic[] = [];

  constructor(options: TraceOptions) {
    this.#options = options;
  }

  addNode(file: string, { line, cells }: TraceRow): void {
    const { cpu, memory, pods, pool } = this.#options.mapping.nodes;
    const millis = this.#quantity(file, line, cells, cpu, parseCpuMillis);
    const bytes = this.#quantity(file, line, cells, memory, parseQuantity);
    if (millis === undefined || bytes === undefined) return;
    if (millis === 0 || bytes < MEBIBYTE) {
      this.#drop('node without CPU or memory');
      return;
    }
    const most = pods === undefined ? undefined : textOf(cells, pods);
    const kind = {
      cpu: `${millis}m`,
      memory: `${Math.round(bytes / MEBIBYTE)}Mi`,
      pods: most === undefined || most === '' ? undefined : Number(most),
      pool: (pool === undefined ? undefined : textOf(cells, pool)) || 'nodes',
    };
    const key = JSON.stringify(kind);
    const known = this.#nodes.get(key);
    if (known === undefined) this.#nodes.set(key, { ...kind, count: 1 });
    else known.count++;
  }

  addPod(file: string, { line, cells }: TraceRow): void {
    const { cpu, memory, created, deleted } = this.#options.mapping.pods;
    const text = textOf(cells, created);
    if (text === '') {
      this.#drop('pod without a creation time');
      return;
    }
    const millis = this.#quantity(file, line, cells, cpu, parseCpuMillis);
    const bytes = this.#quantity(file, line, cells, memory, parseQuantity);
    const at = this.#seconds(file, line, cells, created);
    const until =
      deleted === undefined || (textOf(cells, deleted) ?? '') === ''
        ? undefined
        : this.#seconds(file, line, cells, deleted);
    if (millis === undefined || bytes === undefined || at === undefined) return;
    this.#pods.push({ millis, mebibytes: Math.ceil(bytes / MEBIBYTE), created: at, deleted: until });
  }

  get isEmpty(): boolean {
    return this.#diagnostics.length === 0 && (this.#nodes.size === 0 || this.#pods.length === 0);
  }

  /** The scenario and its manifests. Throws an {@link InputError} with what is wrong with the rows. */
  finish(): ImportedTrace {
    if (this.#diagnostics.length > 0) throw new InputError(this.#diagnostics);
    const notes: string[] = [];
    const first = this.#pods.reduce((least, { created }) => Math.min(least, created), Infinity);
    const from = this.#options.from ?? first;
    if (this.#options.from === undefined && first > 0)
      notes.push(`the trace is taken from ${first} s on, where its first pod starts; --from chooses another time`);
    const last = this.#pods.reduce((most, { created, deleted }) => Math.max(most, deleted ?? created), 0);
    let lasts = this.#options.lasts ?? Math.max(60, last - from);
    if (lasts > SECONDS_MAX) {
      lasts = 86_400;
      notes.push(
        `the trace lasts longer than can be simulated: the day from ${from} s on is used; --from and --lasts choose another part`,
      );
    }
    const pods = this.#pods.flatMap((pod) => this.#within(pod, from, lasts));
    const { kinds, replaced } = kindsOf(pods);
    if (replaced > 0)
      notes.push(`${replaced} pods of rare sizes are rounded up to the next larger of ${KINDS_MAX} sizes`);
    const { name } = this.#options;
    const apps = kinds.flatMap((kind, index) => appsOf(name, kind, index, lasts));
    const document = {
      apiVersion: API_VERSION,
      kind: 'Scenario',
      metadata: { name, annotations: { 'kubelapse.dev/question': 'How does this trace run on this cluster?' } },
      spec: { duration: `${Math.ceil(lasts)}s`, nodePools: this.#pools(), apps: apps.map(({ app }) => app) },
    };
    const manifests = new Map(apps.map(({ path, manifest }) => [path, manifest]));
    return {
      files: [
        { path: `${name}.yaml`, text: withHead('import from a trace.', document) },
        ...[...manifests].map(([path, manifest]) => ({ path, text: yamlText(manifest) })),
      ],
      dropped: this.#dropped,
      notes,
    };
  }

  #drop(what: string): void {
    this.#dropped.set(what, (this.#dropped.get(what) ?? 0) + 1);
  }

  /** A pod in the time of the simulation; those that are over before, or come after, are dropped. */
  #within({ created, deleted, ...size }: Pod, from: number, lasts: number): Pod[] {
    const [begins, ends] = [created - from, deleted === undefined ? undefined : deleted - from];
    if (begins >= lasts || (ends !== undefined && ends <= 0)) {
      this.#drop('pod outside the time that is imported');
      return [];
    }
    return [{ ...size, created: Math.max(0, begins), deleted: ends }];
  }

  #pools(): Record<string, unknown>[] {
    const names = new Set<string>();
    return [...this.#nodes.values()].map(({ cpu, memory, pods, pool, count }) => ({
      name: unique(dnsName(pool), names),
      count,
      capacity: { cpu, memory, ...(pods === undefined ? {} : { pods }) },
      ...(pods === undefined ? {} : { kubelet: { maxPods: pods } }),
    }));
  }

  #quantity(
    file: string,
    line: number,
    cells: TraceRow['cells'],
    of: Column,
    parse: (text: string) => number | undefined,
  ): number | undefined {
    const text = textOf(cells, of);
    if (text === undefined) return this.#refuse(file, line, columnOf(of), 'is no column of this file');
    const value = parse(`${text}${unitOf(of)}`);
    return value ?? this.#refuse(file, line, columnOf(of), `"${text}" is not a quantity such as 500m, 2 or 64Gi`);
  }

  #seconds(file: string, line: number, cells: TraceRow['cells'], of: Column): number | undefined {
    const text = textOf(cells, of);
    if (text === undefined) return this.#refuse(file, line, columnOf(of), 'is no column of this file');
    const scale = { s: 1, ms: 1e-3, us: 1e-6, m: 60, h: 3600 }[unitOf(of) || 's'];
    const number = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Date.parse(text) / 1000;
    if (scale === undefined || Number.isNaN(number)) {
      return this.#refuse(
        file,
        line,
        columnOf(of),
        `"${text}" is neither a number nor a time such as 2026-01-31T12:00:00Z`,
      );
    }
    return number * scale;
  }

  #refuse(file: string, line: number, field: string, message: string): undefined {
    this.#diagnostics.push({ severity: 'error', file, line, column: 1, field, message });
    return undefined;
  }
}

const columnOf = (of: Column): string => (typeof of === 'string' ? of : of.column);
const unitOf = (of: Column): string => (typeof of === 'string' ? '' : (of.unit ?? ''));
const textOf = (cells: TraceRow['cells'], of: Column): string | undefined => cells[columnOf(of)]?.trim();

interface Kind {
  readonly millis: number;
  readonly mebibytes: number;
  readonly pods: Pod[];
}

/** Pods by what they ask for: the commonest sizes; others go to the smallest of them that holds them, or stay their own. */
function kindsOf(pods: readonly Pod[]): { kinds: Kind[]; replaced: number } {
  const bySize = new Map<string, Kind>();
  for (const pod of pods) {
    const key = `${pod.millis}/${pod.mebibytes}`;
    const known = bySize.get(key);
    if (known === undefined) bySize.set(key, { millis: pod.millis, mebibytes: pod.mebibytes, pods: [pod] });
    else known.pods.push(pod);
  }
  const sorted = [...bySize.values()].sort(
    (a, b) => b.pods.length - a.pods.length || a.millis - b.millis || a.mebibytes - b.mebibytes,
  );
  const kinds = sorted.slice(0, KINDS_MAX);
  let replaced = 0;
  for (const rare of sorted.slice(KINDS_MAX)) {
    const fitting = kinds
      .filter(({ millis, mebibytes }) => millis >= rare.millis && mebibytes >= rare.mebibytes)
      .sort((a, b) => a.millis - b.millis || a.mebibytes - b.mebibytes)[0];
    if (fitting === undefined) kinds.push(rare);
    else {
      replaced += rare.pods.length;
      for (const pod of rare.pods) fitting.pods.push(pod);
    }
  }
  return { kinds, replaced };
}

/** One app for those that are there at the beginning, and one for each step in which some come. */
function appsOf(
  name: string,
  { millis, mebibytes, pods }: Kind,
  index: number,
  lasts: number,
): { app: Record<string, unknown>; path: string; manifest: unknown }[] {
  const step = lasts / STEPS;
  const steps = new Map<number, Pod[]>();
  for (const pod of pods) {
    const at = pod.created === 0 ? -1 : Math.floor(pod.created / step);
    const group = steps.get(at);
    if (group === undefined) steps.set(at, [pod]);
    else group.push(pod);
  }
  const path = `manifests/${name}/size-${index + 1}.yaml`;
  const manifest = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: `size-${index + 1}` },
    spec: {
      template: {
        spec: {
          restartPolicy: 'Never',
          containers: [
            {
              name: 'main',
              image: 'trace.invalid/job:1',
              resources: { requests: { cpu: `${millis}m`, memory: `${mebibytes}Mi` } },
            },
          ],
        },
      },
    },
  };
  return [...steps]
    .sort(([a], [b]) => a - b)
    .map(([at, group]) => ({
      path,
      manifest,
      app: {
        name: `size-${index + 1}-${at < 0 ? 'before' : `step-${at + 1}`}`,
        manifests: [path],
        copies: group.length,
        start: at < 0 ? 'running' : { at: `${Math.round(at * step * 1000)}ms`, over: `${Math.round(step * 1000)}ms` },
        ...behaviorOf(group),
      },
    }));
}

/** How long its pods run; for ever if most of them have no end in the trace. */
function behaviorOf(group: readonly Pod[]): Record<string, unknown> {
  const lives = group.flatMap(({ created, deleted }) =>
    deleted === undefined ? [] : [Math.max(0.001, deleted - created)],
  );
  if (lives.length * 2 < group.length) return {};
  return { behavior: [{ exit: { after: distributionOf(lives) } }] };
}
