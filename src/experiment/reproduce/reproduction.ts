// One published experiment done again: its figures beside the published ones, and whether they keep the bound that the
// experiment has written down. Part of the experiments.

import type { Catalogue } from '../../catalogue.js';
import type { ParameterSet } from '../../cluster/index.js';
import { csvLines } from '../../report/index.js';
import { percent } from '../errors.js';
import { agreementOf, isLimit, type Pair, type Tally, tally } from './agreement.js';
import { type Experiment, figureOf } from './experiment-file.js';
import { type Runs, Simulated } from './simulated.js';

export interface Reproduction {
  readonly experiment: Experiment;
  readonly pairs: readonly Pair[];
  readonly all: Tally;
  /** Figures that set a parameter, and those that did not and could be wrong. */
  readonly used: Tally;
  readonly tested: Tally;
  /** Figures that any model gets right, such as the speed of a line. */
  readonly given: Tally;
  /** What is outside the bound; empty: nothing is. */
  readonly outside: readonly string[];
}

/** Sets the figures of finished runs beside the published ones. Throws an InputError if the experiment asks for what is not there. */
export function compareWithPublished(
  experiment: Experiment,
  runs: Runs,
  catalogue: Catalogue,
  profiles: (paths: readonly string[]) => ParameterSet,
): Reproduction {
  const model = new Simulated(experiment, runs, catalogue, profiles);
  const pairs = experiment.published.map((published) => ({ published, simulated: model.figure(published) }));
  const used = tallyOf(pairs, (pair) => roleOf(pair) === 'used');
  const tested = tallyOf(pairs, (pair) => roleOf(pair) === 'tested');
  const all = tallyOf(pairs, () => true);
  return {
    experiment,
    pairs,
    all,
    used,
    tested,
    given: tallyOf(pairs, (pair) => roleOf(pair) === 'given'),
    // What tests is held to the bound; where nothing does, what set something.
    outside: outsideOf(
      experiment,
      tested.figures > 0 ? tested : used,
      tallyOf(pairs, (pair) => roleOf(pair) === 'given'),
      all,
    ),
  };
}

function tallyOf(pairs: readonly Pair[], belongs: (pair: Pair) => boolean): Tally {
  return tally(byMetric(pairs.filter(belongs)));
}

/** Figures of the same metric: only their order means something. */
function byMetric(pairs: readonly Pair[]): Pair[][] {
  const groups = new Map<string, Pair[]>();
  for (const pair of pairs) {
    const { metric } = pair.published;
    groups.set(metric, [...(groups.get(metric) ?? []), pair]);
  }
  return [...groups.values()];
}

/** What a figure does: it set a parameter, it tests the model, or it follows from what was given. */
export type Role = 'used' | 'tested' | 'given';

export function roleOf({ published: { usedFor, followsFrom } }: Pair): Role {
  if (usedFor !== '') return 'used';
  return followsFrom === '' ? 'tested' : 'given';
}

/** The tally of several experiments. @param which role of figures; all of them if left out. */
export function total(reproductions: readonly Reproduction[], which?: Role): Tally {
  return tally(
    reproductions.flatMap(({ pairs }) =>
      byMetric(pairs.filter((pair) => which === undefined || roleOf(pair) === which)),
    ),
  );
}

/** @param held figures that are held to the median and the order. @param given those that any model gets right. */
function outsideOf({ spec: { bound } }: Experiment, held: Tally, given: Tally, all: Tally): string[] {
  const { figures, limits, median, worst, rank } = held;
  const found: string[] = [];
  // Comparisons that a figure which is no number does not pass.
  const values = figures > limits;
  if (values && !(median <= bound.median))
    found.push(`median error ${percent(median)}, at most ${percent(bound.median)}`);
  if (!(worst <= bound.worst)) found.push(`worst factor ${worst.toFixed(2)}, at most ${bound.worst}`);
  if (rank < bound.rank) found.push(`rank correlation ${rank.toFixed(2)}, at least ${bound.rank}`);
  if (!(given.worst <= bound.worst))
    found.push(`worst factor of figures that any model gets right ${given.worst.toFixed(2)}, at most ${bound.worst}`);
  if (all.broken > 0) found.push(`${all.broken} limits broken`);
  return found;
}

/** Digits that a figure is written with: more than anybody measured. */
const figure = (value: number): number | '' => (Number.isFinite(value) ? Number(value.toPrecision(6)) : '');

/** What held where a figure was measured, by column: what only describes it, and what it was asked for with. */
export const circumstances = ({ published: { labels, conditions } }: Pair): Readonly<Record<string, string>> => ({
  ...labels,
  ...conditions,
});

/** Conditions of a figure as text: `services=1000 mode=iptables`. */
export function conditionText(pair: Pair): string {
  return Object.entries(circumstances(pair))
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

function kindOfFigure({ low, high }: Pair['published']): 'value' | 'range' | 'at_most' | 'at_least' {
  if (low === high) return 'value';
  if (high === Infinity) return 'at_least';
  return low === 0 ? 'at_most' : 'range';
}

/** `results/reproduce/<name>.csv`. */
export function reproductionCsv({ experiment, pairs }: Reproduction): string {
  const header = [
    'experiment',
    'metric',
    'condition',
    'unit',
    'kind',
    'published',
    'published_high',
    'precision',
    'simulated',
    'ratio',
    'error',
    'used_for',
    'follows_from',
  ];
  const rows = pairs.map((pair) => {
    const { published, simulated } = pair;
    const { ratio, error } = agreementOf(pair);
    const { unit } = figureOf(experiment, published.metric);
    const limit = isLimit(published);
    return [
      experiment.name,
      published.metric,
      conditionText(pair),
      unit,
      kindOfFigure(published),
      limit && published.low === 0 ? '' : figure(published.low),
      figure(published.high),
      published.precision,
      figure(simulated),
      figure(ratio),
      limit && ratio === 1 ? '' : figure(error),
      published.usedFor,
      published.followsFrom,
    ];
  });
  return csvLines([header, ...rows]);
}
