// Results of others' tools as one side of a comparison: ClusterLoader2's perfdash JSON and kube-burner's latency quantiles.
// Part of the experiments.
// Sources: perf-tests/clusterloader2/pkg/measurement (PerfData: version, dataItems of data, unit, labels);
// kube-burner docs, "Pod latency" (podLatencyQuantilesMeasurement: quantileName, P99, P95, P50, max, avg in milliseconds).

import { z } from 'zod';
import { fileError, jsonValue } from '../../scenario/index.js';
import { type Figure, figureKey, type Side } from './observations.js';

/** Which of our figures a name of theirs is. */
interface Counterpart {
  readonly metric: string;
  /** What the labels have to contain. */
  readonly label: string;
}

/** PodStartupLatency's phases by label Metric, and other measurements by the beginning of the file's name. */
const CLUSTER_LOADER: Readonly<Record<string, Counterpart>> = {
  pod_startup: { metric: 'kubelet_pod_start_total_duration_seconds', label: '' },
  create_to_schedule: { metric: 'kubelapse_pod_start_stage_duration_seconds', label: 'stage=schedule' },
  NetworkProgrammingLatency: { metric: 'kubeproxy_network_programming_duration_seconds', label: '' },
};
const KUBE_BURNER: Readonly<Record<string, Counterpart>> = {
  Ready: { metric: 'kubelapse_pod_ready_duration_seconds', label: '' },
  PodScheduled: { metric: 'kubelapse_pod_start_stage_duration_seconds', label: 'stage=schedule' },
};

const perfData = z.object({
  version: z.string(),
  dataItems: z.array(
    z.object({
      data: z.record(z.string(), z.number()),
      unit: z.string(),
      labels: z.record(z.string(), z.string()).nullish(),
    }),
  ),
});
const quantiles = z.array(
  z.object({ quantileName: z.string() }).catchall(z.union([z.string(), z.number(), z.boolean(), z.null(), z.object()])),
);

const UNITS: Readonly<Record<string, number>> = { s: 1, seconds: 1, ms: 1e-3, milliseconds: 1e-3, us: 1e-6, ns: 1e-9 };

/**
 * Figures of a measured file. Those of ours that theirs correspond to are found by name; of ours with several label sets
 * (node pools), each is compared with theirs.
 * @param labelsOf label sets that the other side has of a metric. Throws an InputError.
 */
export const measuredSide = (path: string, text: string, labelsOf: (metric: string) => readonly string[]): Side =>
  sideOf(path, figuresIn(path, text), labelsOf);

/** Looks whether a file holds measurements that a simulation has, too, before there is another side. Throws an InputError. */
export function checkMeasured(path: string, text: string): void {
  const all = figuresIn(path, text);
  const hasCounterpart = all.some(({ counterpart, values }) => counterpart && Object.keys(values).length > 0);
  if (!hasCounterpart) throw nothingIn(path, all);
}

const nothingIn = (path: string, ignored: readonly Pick<Found, 'name'>[]): Error =>
  fileError(
    path,
    `holds nothing that the other side has: ${[...new Set(ignored.map(({ name }) => name))].slice(0, 5).join(', ') || 'it is empty'}`,
  );

function figuresIn(path: string, text: string): Found[] {
  const read = jsonValue(text);
  if (read === undefined) throw fileError(path, 'is not JSON', FORMATS);
  const { value } = read;
  const found = perfData.safeParse(value);
  if (found.success) return clusterLoaderFigures(path, found.data);
  const latencies = quantiles.safeParse(value);
  if (latencies.success && latencies.data.length > 0) return kubeBurnerFigures(latencies.data);
  throw fileError(path, 'is neither perfdash JSON of ClusterLoader2 nor latency quantiles of kube-burner', FORMATS);
}

const FORMATS = 'such as PodStartupLatency_….json, or podLatencyQuantilesMeasurement-….json';

interface Found {
  /** Their name. */
  readonly name: string;
  readonly counterpart: Counterpart | undefined;
  /** Seconds, by our names of the statistics. */
  readonly values: Readonly<Record<string, number>>;
}

function clusterLoaderFigures(path: string, { dataItems }: z.infer<typeof perfData>): Found[] {
  const file = path.replace(/^.*[\\/]/, '');
  const byFile = Object.keys(CLUSTER_LOADER).find((name) => file.startsWith(name));
  return dataItems.flatMap(({ data, unit, labels }) => {
    const name = labels?.Metric ?? byFile ?? file;
    const scale = UNITS[unit];
    if (scale === undefined) return [{ name: `${name} (${unit})`, counterpart: undefined, values: {} }];
    const values = Object.fromEntries(
      Object.entries(data).flatMap(([key, number]) => {
        const percent = /^Perc(\d+)$/.exec(key)?.[1];
        return percent === undefined ? [] : [[`p${percent}`, number * scale]];
      }),
    );
    return [{ name, counterpart: Object.hasOwn(CLUSTER_LOADER, name) ? CLUSTER_LOADER[name] : undefined, values }];
  });
}

const BURNER_STATISTICS: Readonly<Record<string, string>> = {
  P50: 'p50',
  P95: 'p95',
  P99: 'p99',
  max: 'max',
  avg: 'mean',
};

function kubeBurnerFigures(rows: z.infer<typeof quantiles>): Found[] {
  return rows.map((row) => ({
    name: row.quantileName,
    counterpart: Object.hasOwn(KUBE_BURNER, row.quantileName) ? KUBE_BURNER[row.quantileName] : undefined,
    values: Object.fromEntries(
      Object.entries(BURNER_STATISTICS).flatMap(([theirs, ours]) => {
        const milliseconds = row[theirs];
        return typeof milliseconds === 'number' ? [[ours, milliseconds / 1000]] : [];
      }),
    ),
  }));
}

function sideOf(path: string, all: readonly Found[], labelsOf: (metric: string) => readonly string[]): Side {
  const figures = new Map<string, Figure>();
  const ignored: string[] = [];
  for (const { name, counterpart, values } of all) {
    const sets =
      counterpart === undefined ? [] : labelsOf(counterpart.metric).filter((l) => l.includes(counterpart.label));
    if (sets.length === 0) ignored.push(name);
    for (const labels of sets) {
      for (const [statistic, value] of Object.entries(values)) {
        const figure = {
          metric: counterpart!.metric,
          labels,
          statistic,
          unit: 'seconds',
          values: new Map([[0, value]]),
        };
        figures.set(figureKey(figure), figure);
      }
    }
  }
  if (figures.size === 0) throw nothingIn(path, all);
  const point = { parameters: [], figures, seeds: new Map<number, string>() };
  return { name: path, isMeasured: true, points: [point], ignored: [...new Set(ignored)] };
}
