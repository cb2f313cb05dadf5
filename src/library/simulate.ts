// Runs, one or many. Part of the library: no file, clock or console, and the same numbers everywhere.

import type { Catalogue } from '../catalogue.js';
import { CHECKERS } from '../checkers/index.js';
import type { ClusterSpec, Journal, Observed } from '../cluster/index.js';
import { replicationSeed } from '../experiment/jobs.js';
import { Run, type RunOptions } from '../run/index.js';
import type { LoadedScenario } from '../scenario/index.js';
import {
  type Estimate,
  estimateOf,
  type PairedDifference,
  pairedDifference,
  welchDifference,
} from '../statistics/index.js';
import { SimulationResult } from './result.js';

export interface SimulateOptions {
  /** The parts that the spec may name. Default: kubelapse's own. */
  readonly catalogue?: Catalogue;
  /** Listens to events of the run, and changes nothing. */
  readonly listen?: (observed: Observed) => Journal;
  /** Stop at the first rule of Kubernetes that is broken, with an error that names it; default: false. Not with `listen`. */
  readonly checkInvariants?: boolean;
  /** Called with the share that is done, 0 … 1, about two hundred times. */
  readonly onProgress?: (share: number) => void;
}

const PIECES = 200;

/**
 * Runs the whole of a cluster's time.
 * @param spec of a point of a scenario: `scenario.points[0].spec`. @param seed any text; the same one gives the same bytes.
 * Throws a {@link CapacityError} if pods that run at the start do not fit, and a {@link PartError} if a foreign part throws.
 */
export function simulate(spec: ClusterSpec, seed: string, options: SimulateOptions = {}): SimulationResult {
  const { catalogue, listen, checkInvariants = false, onProgress } = options;
  if (typeof seed !== 'string') throw new TypeError(`a seed is text, not ${String(seed)}`);
  if (checkInvariants && listen !== undefined)
    throw new TypeError('checkInvariants and listen are both listeners: give one');
  const onlooker: RunOptions['onlooker'] = listen === undefined ? undefined : { over: listen };
  const run = new Run(spec, seed, {
    ...(catalogue === undefined ? {} : { catalogue }),
    onlooker: checkInvariants ? CHECKERS : onlooker,
  });
  for (let piece = 1; piece <= PIECES; piece++) {
    run.advanceTo(Math.floor((spec.duration * piece) / PIECES));
    onProgress?.(piece / PIECES);
  }
  return new SimulationResult(run.result(), catalogue);
}

export interface ReplicateOptions extends SimulateOptions {
  /** Number of the point of the sweep, from 0; default: 0. */
  readonly point?: number;
  /** How many runs, from 1 on; default: as many as the scenario says. */
  readonly replications?: number;
}

/**
 * Runs a point of a scenario with as many seeds, which are those of the command line: the same replication has the same seed at
 * every point and in every scenario, so that two of them can be compared run by run. Throws a RangeError if there is no such point, or
 * `replications` is no number of runs.
 */
export function* replicate(
  scenario: LoadedScenario,
  options: ReplicateOptions = {},
): Generator<SimulationResult, void, void> {
  const { point: index = 0, replications = scenario.replications, catalogue = scenario.catalogue, ...rest } = options;
  const point = scenario.points[index];
  if (point === undefined) {
    throw new RangeError(`${scenario.name} has no point ${index}: there are ${scenario.points.length}, from 0`);
  }
  if (!Number.isInteger(replications) || replications < 1)
    throw new RangeError(`replications must be a whole number from 1 on, not ${replications}`);
  for (let replication = 0; replication < replications; replication++) {
    yield simulate(point.spec, replicationSeed(scenario.seed, replication), { ...rest, catalogue });
  }
}

/** What is read of a run. */
export type Figure = (result: SimulationResult) => number;

/** Mean of a figure over replications, with its 95 % confidence interval (Student’s t). Throws a RangeError if there are none. */
export const estimate = (results: Iterable<SimulationResult>, figure: Figure): Estimate =>
  estimateOf(Array.from(results, figure));

/**
 * By how much a figure is greater after a change than before it (after less before), with its 95 % confidence interval and p-value.
 * Replications with the same seeds are compared in pairs if both sides have as many, others by Welch’s test. Throws a RangeError
 * if a side has no runs.
 */
export function difference(
  before: Iterable<SimulationResult>,
  after: Iterable<SimulationResult>,
  figure: Figure,
): PairedDifference {
  const [a, b] = [[...before], [...after]];
  if (a.length === 0 || b.length === 0) throw new RangeError('both sides need at least one run');
  const [one, other] = [a.map(figure), b.map(figure)];
  const isPaired = a.length === b.length && a.every(({ data }, i) => data.seed === b[i]!.data.seed);
  const found = isPaired ? pairedDifference(one, other) : welchDifference(one, other);
  return found ?? pairedDifference([estimateOf(one).mean], [estimateOf(other).mean]);
}
