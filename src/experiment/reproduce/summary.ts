// All reproduced experiments together: the table on the terminal, the one of the guide, and a CSV. Part of the experiments.

import { alignedTable, csvLines } from '../../report/index.js';
import { linesText, visible } from '../../text/index.js';
import { percent } from '../errors.js';
import { agreementOf, factorOf, isLimit, reachesGoal, type Tally } from './agreement.js';
import { AREAS, figureOf } from './experiment-file.js';
import { conditionText, type Reproduction, roleOf, total } from './reproduction.js';

const factor = ({ figures, limits, worst }: Tally): string => (figures === limits ? '-' : `x${worst.toFixed(2)}`);
const rank = ({ rank: value }: Tally): string => (Number.isNaN(value) ? '-' : value.toFixed(2));
const median = (t: Tally): string => (Number.isNaN(t.median) ? '-' : percent(t.median));
const limits = ({ limits: asked, broken }: Tally): string => (asked === 0 ? '-' : `${asked - broken} of ${asked} kept`);

/** Figures that set nothing first: they are what tells of the model. */
const row = (name: string, tested: Tally, used: Tally, given: Tally): string[] => [
  name,
  `${tested.figures}`,
  median(tested),
  factor(tested),
  rank(tested),
  limits(tested),
  `${used.figures}`,
  median(used),
  `${given.figures}`,
];

const totalRow = (name: string, reproductions: readonly Reproduction[]): string[] =>
  row(name, total(reproductions, 'tested'), total(reproductions, 'used'), total(reproductions, 'given'));

/** The table of the terminal, with what is outside its bound below it. */
export function reproductionTable(reproductions: readonly Reproduction[]): string {
  const header = [
    'EXPERIMENT',
    'TESTS',
    'MEDIAN-ERROR',
    'WORST',
    'RANK',
    'LIMITS',
    'SETTING',
    'MEDIAN-ERROR',
    'GIVEN',
    'GOAL',
    'BOUND',
  ];
  const rows = reproductions.map(({ experiment, used, tested, given, outside }) => [
    ...row(experiment.name, tested, used, given),
    reachesGoal(tested, used) ? 'reached' : 'missed',
    outside.length === 0 ? 'kept' : 'outside',
  ]);
  const lines = alignedTable([header, ...rows, [...totalRow('all', reproductions), '', '']]);
  for (const { experiment, outside } of reproductions)
    if (outside.length > 0) lines.push(`${experiment.name} is outside its bound: ${outside.join('; ')}`);
  return linesText(lines);
}

/** `results/reproduce/summary.csv`. */
export function reproductionSummaryCsv(reproductions: readonly Reproduction[]): string {
  const header = [
    'experiment',
    'which',
    'figures',
    'limits',
    'limits_broken',
    'median_error',
    'within_20_percent',
    'within_factor_2',
    'worst_factor',
    'rank',
  ];
  const cell = (value: number): number | '' => (Number.isNaN(value) ? '' : Number(value.toPrecision(6)));
  const line = (name: string, which: string, t: Tally) => [
    name,
    which,
    t.figures,
    t.limits,
    t.broken,
    cell(t.median),
    cell(t.withinFifth),
    cell(t.withinDouble),
    t.figures === t.limits ? '' : cell(t.worst),
    cell(t.rank),
  ];
  const rows = reproductions.flatMap(({ experiment, all, used, tested, given }) => [
    line(experiment.name, 'all', all),
    line(experiment.name, 'used', used),
    line(experiment.name, 'tested', tested),
    line(experiment.name, 'given', given),
  ]);
  const totals = [
    line('', 'all', total(reproductions)),
    line('', 'used', total(reproductions, 'used')),
    line('', 'tested', total(reproductions, 'tested')),
    line('', 'given', total(reproductions, 'given')),
  ];
  return csvLines([header, ...rows, ...totals]);
}

const cellText = (text: string): string => visible(text.replaceAll('\n', ' ').trim()).replaceAll('|', '\\|');
const markdown = (cells: readonly string[]): string => `| ${cells.map(cellText).join(' | ')} |`;

/** What the guide leads with: how right it is by area, in what tests, and what is off. */
export const reproductionLead = (reproductions: readonly Reproduction[]): string =>
  `${[...areas(reproductions), '', ...misses(reproductions)].join('\n')}\n`;

/** What the guide ends with: each experiment with its source, assumptions and misses. */
export function reproductionGuide(reproductions: readonly Reproduction[]): string {
  const lines: string[] = [];
  const header = [
    'experiment',
    'figures that test',
    'median error',
    'worst',
    'rank correlation',
    'limits',
    'figures that set a parameter',
    'their median error',
    'figures that any model gets right',
    'goal',
  ];
  lines.push(markdown(header), markdown(header.map(() => '---')));
  for (const { experiment, used, tested, given } of reproductions) {
    const goal = reachesGoal(tested, used) ? 'reached' : 'missed';
    lines.push(markdown([...row(`[${experiment.name}](#${experiment.name})`, tested, used, given), goal]));
  }
  lines.push(markdown([...totalRow('**all**', reproductions), '']));
  for (const reproduction of reproductions) lines.push(...section(reproduction));
  return `${lines.join('\n')}\n`;
}

const areaOf = ({ experiment }: Reproduction): string => experiment.spec.area ?? 'other';

/** How right the model is in what it was not fitted to, and could have got wrong. */
function areas(reproductions: readonly Reproduction[]): string[] {
  const header = [
    'area',
    'figures that test',
    'median error',
    'within 20 %',
    'within a factor 2',
    'worst',
    'rank correlation',
  ];
  const share = (value: number): string => (Number.isNaN(value) ? '-' : percent(value));
  const line = (name: string, of: readonly Reproduction[]): string => {
    const tested = total(of, 'tested');
    const { figures, withinFifth, withinDouble } = tested;
    return markdown([
      name,
      `${figures}`,
      median(tested),
      share(withinFifth),
      share(withinDouble),
      factor(tested),
      rank(tested),
    ]);
  };
  const names = AREAS.filter((area) => reproductions.some((one) => areaOf(one) === area && one.tested.figures > 0));
  return [
    markdown(header),
    markdown(header.map(() => '---')),
    ...names.map((area) =>
      line(
        area,
        reproductions.filter((one) => areaOf(one) === area),
      ),
    ),
    line('**all**', reproductions),
  ];
}

/** Figures that are off by more than a factor 2, and why. */
function misses(reproductions: readonly Reproduction[]): string[] {
  const off = reproductions.flatMap(({ experiment, pairs }) => {
    const worst = pairs.filter(
      (pair) => roleOf(pair) === 'tested' && !isLimit(pair.published) && factorOf(agreementOf(pair).ratio) > 2,
    );
    if (worst.length === 0) return [];
    const most = worst.reduce((a, b) => (factorOf(agreementOf(b).ratio) > factorOf(agreementOf(a).ratio) ? b : a));
    const why = experiment.spec.differs?.trim().replaceAll('\n', ' ') ?? 'nothing is known of the cause';
    const { metric } = most.published;
    return [
      `- [${experiment.name}](#${experiment.name}): ${worst.length} of ${pairs.length} figures, ${metric} (${conditionText(most)}) by ${factorOf(agreementOf(most).ratio).toFixed(1)}. ${visible(why)}`,
    ];
  });
  return ['Off by more than a factor 2:', '', ...(off.length === 0 ? ['- none'] : off)];
}

function section({ experiment, pairs }: Reproduction): string[] {
  const { title, publication, assumed, differs } = experiment.spec;
  const header = ['metric', 'condition', 'unit', 'published', 'simulated', 'error', 'sets, or follows from'];
  const rows = pairs.map((pair) => {
    const { published, simulated } = pair;
    const { ratio, error } = agreementOf(pair);
    const { unit } = figureOf(experiment, published.metric);
    const outcome = isLimit(published) ? (ratio === 1 ? 'kept' : 'broken') : signed(error);
    const shown = [published.metric, conditionText(pair), unit, rangeText(published.low, published.high)];
    return markdown([...shown, short(simulated), outcome, published.usedFor || published.followsFrom]);
  });
  return [
    '',
    `### ${experiment.name}`,
    '',
    `${title}. ${publication.cite}, <${publication.url}>. ${publication.environment} ${publication.read}`,
    ...(assumed === undefined ? [] : ['', `Assumed: ${assumed.trim()}`]),
    ...(differs === undefined ? [] : ['', `Where it differs: ${differs.trim()}`]),
    '',
    markdown(header),
    markdown(header.map(() => '---')),
    ...rows,
  ];
}

const short = (value: number): string => `${Number(value.toPrecision(3))}`;
const signed = (error: number): string => `${error > 0 ? '+' : ''}${(error * 100).toFixed(1)} %`;

function rangeText(low: number, high: number): string {
  if (low === high) return `${low}`;
  if (high === Infinity) return `at least ${low}`;
  return low === 0 ? `at most ${high}` : `${low} to ${high}`;
}
