// Runs once more what was run, and writes what an onlooker sees: a trace, or OpenMetrics text.

import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { type Job, observedRun, runOptionsOf } from '../experiment/index.js';
import { openMetricsText, type ScrapedRun, type TraceFilter, TraceLog, traceText } from '../report/index.js';
import type { RunResult } from '../results/index.js';
import { podName } from '../results/index.js';
import type { LoadedScenario } from '../scenario/index.js';
import type { DriveOptions, StopSignal } from './drive.js';
import { WholeFiles } from './files/index.js';
import { exitCodeOf } from './signals.js';
import { ProgressBar } from './terminal.js';
import { namesMatching, namesOfNodes, type TraceArguments } from './trace-arguments.js';

interface Wanted {
  readonly trace: TraceArguments | undefined;
  readonly metrics: string | undefined;
}

/** Notes of a trace at most: about 200 MB of JSON, which Perfetto still opens. */
const ENTRIES_MAX = 1_000_000;

/** The first replication of each point. @returns lines about what was written. */
export async function observe(
  scenario: LoadedScenario,
  { trace, metrics }: Wanted,
  options: DriveOptions,
  stop: StopSignal,
): Promise<string[]> {
  const runs: ScrapedRun[] = [];
  const lines: string[] = [];
  const points = metrics === undefined ? scenario.points.slice(0, 1) : scenario.points;
  const bar = new ProgressBar(options.quiet);
  for (const { index, parameters, spec } of points) {
    const job: Job = { point: index, replication: 0 };
    const nodes = namesOfNodes(spec);
    const filter = trace === undefined ? undefined : filterOf(trace, spec.duration);
    const log = filter === undefined ? undefined : logOf(filter, nodes);
    const steps = observedRun(scenario, job, { ...runOptionsOf(options), onlooker: log });
    let step = steps.next();
    for (; !step.done; step = steps.next()) {
      bar.show(step.value, `${scenario.name}: observing`);
      await setImmediate();
      if (stop.by !== undefined) {
        bar.clear();
        return [
          `stopped before the ${trace === undefined ? 'metrics' : 'trace'} was written (exit code ${exitCodeOf(stop.by)})`,
        ];
      }
    }
    bar.clear();
    const { result, scrapes } = step.value;
    runs.push({ scenario: scenario.name, parameters, series: scrapes.series, timeSeries: result.timeSeries });
    if (trace !== undefined && log !== undefined) lines.push(writeTrace(trace, result, log, filter!));
  }
  if (metrics !== undefined) {
    writePieces(metrics, openMetricsText(runs, scenario.catalogue.metricDefinitions));
    lines.push(`${metrics} written: promtool tsdb create-blocks-from openmetrics ${metrics}`);
  }
  return lines;
}

const filterOf = ({ nodes, pods, from, until }: TraceArguments, duration: number): TraceFilter => ({
  hasNode: namesMatching(nodes),
  hasPod: namesMatching(pods),
  from,
  until: Math.min(until, duration),
});

function logOf({ hasNode, from, until }: TraceFilter, nodes: readonly string[]): TraceLog {
  const isOfInterest = nodes.map(hasNode);
  return new TraceLog({ hasNode: (node) => isOfInterest[node] === true, from, until, entriesMax: ENTRIES_MAX });
}

function writeTrace({ file, pods }: TraceArguments, result: RunResult, log: TraceLog, filter: TraceFilter): string {
  writePieces(file, traceText(result, log, filter));
  const rest =
    log.leftOut === 0
      ? ''
      : `; ${log.leftOut} events did not fit: narrow it with --trace-nodes, --trace-pods or --trace-time`;
  const none = hasPods(result, filter) ? '' : `; no pod matches ${pods}`;
  return `${file} written: open it in https://ui.perfetto.dev${rest}${none}`;
}

/** Whether any pod is of interest. */
function hasPods(result: RunResult, { hasPod }: TraceFilter): boolean {
  for (let pod = 0; pod < result.pods.count; pod++) if (hasPod(podName(result, pod))) return true;
  return false;
}

/** Writes text piece by piece, packed if the name says so. */
function writePieces(file: string, pieces: Iterable<string>): void {
  const files = new WholeFiles();
  try {
    if (file.endsWith('.gz')) {
      files.append(file, gzipSync(Buffer.concat([...pieces].map((piece) => Buffer.from(piece)))));
    } else for (const piece of pieces) files.append(file, piece);
    files.commit();
  } finally {
    files.discard();
  }
}
