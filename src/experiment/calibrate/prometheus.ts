// Measurements out of what Prometheus keeps: a text exposition (`curl :10249/metrics`) or the JSON of a query or a
// query_range. Part of the experiments. Of a range, the increase counts; of an instant, the value.

import { z } from 'zod';
import type { Catalogue } from '../../catalogue.js';
import { ConditionError, type Conditions, measured, ParameterSet } from '../../cluster/index.js';
import { type Distribution, quantile } from '../../engine/index.js';
import { type Diagnostic, fileError, jsonValue, lineError } from '../../scenario/index.js';
import type { Measurement } from './measurements.js';

type Model = Pick<Catalogue, 'measures' | 'costs'>;

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Samples of an exposition or an answer of the API; what is no sample is an error of the file. */
function readSamples(file: string, text: string): Sample[] {
  return /^\s*[[{]/.test(text) ? fromJson(file, text) : fromExposition(file, text);
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?\s*$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"\s*,?\s*/y;

function fromExposition(file: string, text: string): Sample[] {
  return text.split('\n').flatMap((line, i) => {
    if (line.trim() === '' || line.startsWith('#')) return [];
    const match = LINE.exec(line);
    const labels = match === null ? undefined : labelsOf(match[2] ?? '');
    const value = match === null ? Number.NaN : numberOf(match[3]!);
    if (match === null || labels === undefined || value === undefined) {
      throw fileError(`${file}:${i + 1}`, 'is not a line of the text exposition format', 'name{label="value"} 1.5');
    }
    return [{ name: match[1]!, labels, value }];
  });
}

function labelsOf(text: string): Record<string, string> | undefined {
  const labels = Object.create(null) as Record<string, string>;
  LABEL.lastIndex = 0;
  let at = 0;
  while (at < text.length) {
    LABEL.lastIndex = at;
    const match = LABEL.exec(text);
    if (match === null) return undefined;
    labels[match[1]!] = match[2]!.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c));
    at = LABEL.lastIndex;
  }
  return labels;
}

/** A number as Go prints it; undefined if it is none. */
function numberOf(text: string): number | undefined {
  const infinite = /^([+-]?)Inf$/.exec(text);
  if (infinite !== null) return infinite[1] === '-' ? -Infinity : Infinity;
  if (text === 'NaN') return Number.NaN;
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined;
}

const point = z.tuple([z.number(), z.string()]);
const answer = z.object({
  data: z.object({
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        value: point.optional(),
        values: z.array(point).optional(),
      }),
    ),
  }),
});

function fromJson(file: string, text: string): Sample[] {
  const read = jsonValue(text);
  if (read === undefined) throw lineError(file, 1, 'is neither a text exposition nor JSON');
  const { value } = read;
  const parsed = z.array(answer).safeParse(Array.isArray(value) ? value : [value]);
  if (!parsed.success) {
    const at = parsed.error.issues[0]!.path.slice(1).join('.');
    const hint = '{"data": {"result": [{"metric": {"__name__": "…"}, "values": [[0, "1"]]}]}}';
    throw fileError(file, `is not a response of query or query_range${at === '' ? '' : `: see ${at}`}`, hint);
  }
  return parsed.data.flatMap(({ data }) =>
    data.result.flatMap(({ metric, value, values }): Sample[] => {
      const { __name__: name, ...labels } = metric;
      if (name === undefined)
        throw fileError(file, 'has a series without __name__: ask for the metric, not for a rate of it');
      const points = (values ?? (value === undefined ? [] : [value])).map(([, written]) => Number(written));
      if (points.length === 0) return [];
      return [{ name, labels, value: name.endsWith('_pods') ? points[points.length - 1]! : growth(points) }];
    }),
  );
}

/** How much a counter grew, over restarts of its process; of one instant, what it stands at. */
function growth(points: readonly number[]): number {
  if (points.length === 1) return points[0]!;
  return points.slice(1).reduce((sum, value, i) => sum + (value >= points[i]! ? value - points[i]! : value), 0);
}

interface BucketSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly buckets: { le: number; count: number }[];
  sum: number;
  count: number;
}

function histogramsOf(samples: readonly Sample[], name: string): BucketSeries[] {
  const found = new Map<string, BucketSeries>();
  for (const sample of samples) {
    const kind = ['_bucket', '_sum', '_count'].find((suffix) => sample.name === name + suffix);
    if (kind === undefined) continue;
    const { le, ...labels } = sample.labels;
    const key = JSON.stringify(Object.entries(labels).sort());
    const series = found.get(key) ?? { labels, buckets: [], sum: 0, count: 0 };
    found.set(key, series);
    if (kind === '_sum') series.sum = sample.value;
    else if (kind === '_count') series.count = sample.value;
    else series.buckets.push({ le: numberOf(le ?? '') ?? Infinity, count: sample.value });
  }
  return [...found.values()].map((series) => ({ ...series, buckets: series.buckets.sort((a, b) => a.le - b.le) }));
}

/** Histograms of kube-proxy that hold syncs, and which kind. */
const SYNCS = [
  ['kubeproxy_sync_full_proxy_rules_duration_seconds', 'full'],
  ['kubeproxy_sync_partial_proxy_rules_duration_seconds', 'partial'],
] as const;

/** CRI calls by the kubelet's operation_type. */
const CALLS: Readonly<Record<string, string>> = {
  run_podsandbox: 'runPodSandbox',
  create_container: 'createContainer',
  start_container: 'startContainer',
  stop_container: 'stopContainer',
  remove_container: 'removeContainer',
  stop_podsandbox: 'stopPodSandbox',
  remove_podsandbox: 'removePodSandbox',
};

/** Observations that a histogram must have for its quantiles to mean something. */
const SAMPLES_MIN = 10;

const RELIST = 'kubelet_pleg_relist_duration_seconds';
const RUNTIME = 'kubelet_runtime_operations_duration_seconds';
const NETWORK = [
  ['containerd_cri_sandbox_create_network_seconds', 'cni_add_seconds'],
  ['containerd_cri_sandbox_delete_network_seconds', 'cni_del_seconds'],
] as const;
/** Full and partial syncs together, of which only the user knows what they were. */
const ANY_SYNC = 'kubeproxy_sync_proxy_rules_duration_seconds';

/**
 * Reads an export. Metrics that the model has no cost for are left alone; an export without any other is an error.
 * @param given what held: mode, services, endpoints for syncs; runtime for CRI calls; plugin where they hold CNI's part; pods.
 * @param notes takes what was left out, and why.
 */
export function readPrometheus(
  file: string,
  text: string,
  given: Conditions,
  catalogue: Model,
  diagnostics: Diagnostic[],
  notes: string[] = [],
): Measurement[] {
  const reader = new Reader(file, readSamples(file, text), given, catalogue, diagnostics, notes);
  reader.syncs();
  reader.relists();
  reader.runtimeCalls();
  reader.network();
  if (reader.found.length === 0 && !diagnostics.some((d) => d.severity === 'error') && notes.length === 0) {
    const known = [...SYNCS.map(([name]) => name), ANY_SYNC, RELIST, RUNTIME, ...NETWORK.map(([name]) => name)];
    throw fileError(file, 'holds no metric that a cost can be fitted to', known.join(', '));
  }
  return reader.found;
}

class Reader {
  readonly found: Measurement[] = [];
  readonly #file: string;
  readonly #samples: readonly Sample[];
  readonly #given: Conditions;
  readonly #catalogue: Model;
  readonly #diagnostics: Diagnostic[];
  readonly #notes: string[];

  constructor(
    file: string,
    samples: readonly Sample[],
    given: Conditions,
    catalogue: Model,
    diagnostics: Diagnostic[],
    notes: string[],
  ) {
    this.#file = file;
    this.#samples = samples;
    this.#given = given;
    this.#catalogue = catalogue;
    this.#diagnostics = diagnostics;
    this.#notes = notes;
  }

  syncs(): void {
    for (const [name, kind] of SYNCS) this.#mean(name, 'sync_seconds', () => ({ kind }));
    const hasKinds = SYNCS.some(([name]) => histogramsOf(this.#samples, name).length > 0);
    if (hasKinds || histogramsOf(this.#samples, ANY_SYNC).length === 0) return;
    if (this.#given.kind !== undefined) this.#mean(ANY_SYNC, 'sync_seconds', () => ({}));
    else
      this.#notes.push(
        `not used: ${ANY_SYNC} counts syncs of both kinds; if all were of one kind, say --at kind=full or kind=partial`,
      );
  }

  relists(): void {
    this.#mean(RELIST, 'relist_seconds', ({ instance }): Conditions => {
      const running = this.#samples.find((s) => s.name === 'kubelet_running_pods' && s.labels.instance === instance);
      return running === undefined ? {} : { pods: running.value };
    });
  }

  runtimeCalls(): void {
    for (const series of histogramsOf(this.#samples, RUNTIME)) {
      const operation = series.labels.operation_type ?? '';
      const call = CALLS[operation];
      if (call === undefined || quantilesOf(series).length === 0) continue;
      const less = networkPart(operation, this.#given, this.#catalogue.costs);
      if (less === undefined) {
        this.#notes.push(
          `not used: ${operation} includes the time of the network plugin; say which: --at plugin=flannel`,
        );
        continue;
      }
      for (const [quantile, value] of quantilesOf(series)) {
        const name = `${RUNTIME}{operation_type="${operation}"}`;
        if (value > less) this.#add(name, 'runtime_call_seconds', { call, quantile }, value - less);
        else this.#notes.push(`not used: ${operation} up to ${value} s, less than the plugin’s part alone`);
      }
    }
  }

  network(): void {
    for (const [name, measure] of NETWORK) {
      for (const series of histogramsOf(this.#samples, name)) {
        for (const [quantile, value] of quantilesOf(series)) this.#add(name, measure, { quantile }, value);
      }
    }
  }

  /** Each series of a histogram by its mean. @param at what held for one with these labels. */
  #mean(name: string, measure: string, at: (labels: BucketSeries['labels']) => Conditions): void {
    for (const { labels, sum, count } of histogramsOf(this.#samples, name)) {
      if (!(sum >= 0 && count >= 0 && Number.isFinite(sum))) {
        this.#refuse(name, '', `its sum is ${sum} and its count ${count}: both must be 0 or more`);
      } else if (count > 0 && sum > 0) this.#add(name, measure, at(labels), sum / count);
    }
  }

  #add(series: string, measure: string, at: Conditions, value: number): void {
    const all = { ...this.#given, ...at };
    try {
      measured(this.#catalogue.measures.get(measure), ParameterSet.DEFAULTS, all);
      this.found.push({ from: `${this.#file} ${series}`, measure, at: all, value });
    } catch (error) {
      if (!(error instanceof ConditionError)) throw error;
      this.#refuse(series, error.condition, error.message, `--at ${error.condition}=…`);
    }
  }

  /** Once for all series that lack the same. */
  #refuse(series: string, field: string, message: string, hint?: string): void {
    const file = `${this.#file} ${series.replace(/\{.*/, '')}`;
    if (this.#diagnostics.some((d) => d.file === file && d.field === field)) return;
    const problem = { severity: 'error' as const, file, line: 0, column: 0, field, message };
    this.#diagnostics.push(hint === undefined ? problem : { ...problem, hint });
  }
}

/**
 * What the kubelet's sandbox calls hold of the plugin, in the median, s: its ADD or DEL is no part of the runtime's own cost.
 * 0 for other calls, undefined if nobody said which plugin it is.
 */
function networkPart(operation: string, { plugin }: Conditions, costs: Catalogue['costs']): number | undefined {
  if (operation !== 'run_podsandbox' && operation !== 'stop_podsandbox') return 0;
  const parameters = costs[`cni.${plugin}`];
  const part = operation === 'run_podsandbox' ? parameters?.add : parameters?.del;
  return part === undefined ? undefined : quantile(part.value as Distribution, 0.5) / 1e9;
}

/** Share of the observations up to each bound, for bounds between the first and the last observation. */
function quantilesOf({ buckets }: BucketSeries): [number, number][] {
  const total = buckets[buckets.length - 1]?.count ?? 0;
  if (total < SAMPLES_MIN) return [];
  return buckets.flatMap(({ le, count }): [number, number][] =>
    count > 0 && count < total && Number.isFinite(le) ? [[count / total, le]] : [],
  );
}
