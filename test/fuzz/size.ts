// Looks how large a run would be before it is begun: only what takes a moment is run. Part of the fuzzer.

import { readFileSync } from 'node:fs';
import { inputsOf } from '../../src/cli/files/index.js';
import type { ClusterSpec, TrafficSpec } from '../../src/cluster/index.js';
import type { JobDetails } from '../../src/control-plane/workloads/job-fields.js';
import { podCount } from '../../src/run/index.js';
import { type LoadedScenario, loadScenario, loadSource } from '../../src/scenario/index.js';

const POINTS_MAX = 4;
const NODES_MAX = 40;
const PODS_MAX = 150;
const SERVICES_MAX = 200;
/** Sum of what is done once a second by nodes, by probes, and of requests. */
const WORK_MAX = 30_000;
const SECOND = 1e9;

/** Whether a scenario is too large to be run here. @param ifUnread what is said of one that cannot be read. */
export function isLarge(path: string, ifUnread = false): boolean {
  return large(() => loadScenario({ path, ...inputsOf(path) }), ifUnread);
}

/** The same of the run.json of a result. */
export function isLargeResult(path: string): boolean {
  return large(() => {
    const { inputs, seed, overrides, sweep, thresholds, extensions = [] } = JSON.parse(readFileSync(path, 'utf8'));
    return loadSource({ inputs, seed, set: overrides, sweep, thresholds, extensions });
  }, false);
}

function large(load: () => LoadedScenario, ifUnread: boolean): boolean {
  try {
    const { points, replications } = load();
    if (points.length * replications > POINTS_MAX) return true;
    return points.some(({ spec }) => isLargeSpec(spec));
  } catch {
    // What is wrong with it is the command's to say.
    return ifUnread;
  }
}

function isLargeSpec(spec: ClusterSpec): boolean {
  const nodes = spec.nodePools.reduce((sum, { count }) => sum + count, 0);
  const completions = spec.workloads.reduce(
    (sum, { details }) => sum + ((details as Partial<JobDetails> | undefined)?.completions ?? 0),
    0,
  );
  const pods = podCount(spec) + completions;
  if (nodes > NODES_MAX || pods > PODS_MAX || spec.services.length > SERVICES_MAX) return true;
  const seconds = spec.duration / SECOND;
  const work = seconds * (nodes * 4 + pods * 2) + spec.traffic.reduce((sum, one) => sum + requestsOf(one, seconds), 0);
  return !(work <= WORK_MAX);
}

function requestsOf({ arrivals, requestsPerConnection, retries, weight }: TrafficSpec, seconds: number): number {
  const each = requestsPerConnection * (1 + retries);
  switch (arrivals.kind) {
    case 'trace':
      return arrivals.times.length * each;
    case 'closed':
      return arrivals.clients * seconds * 20 * each;
    case 'open':
      return (
        (arrivals.stages.reduce((sum, { duration, target }) => sum + (duration / SECOND) * target, 0) / weight) * each
      );
  }
}
