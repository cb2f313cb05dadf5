// All reproduced experiments together: the table on the terminal, the one of the guide, and a CSV. Part of the experiments.

import { alignedTable, csvLines } from '../../report/index.js';
import { linesText, visible } from '../../text/index.js';
import { percent } from '../errors.js';
import { agreementOf, isLimit, reachesGoal, type Tally } from './agreement.js';
import { figureOf } from './experiment-file.js';
import { conditionText, type Reproduction, total } from './reproduction.js';

const factor = ({ figures, limits, worst }: Tally): string => (figures === limits ? '-' : `x${worst.toFixed(2)}`);
const rank = ({ rank: value }: Tally): string => (Number.isNaN(value) ? '-' : value.toFixed(2));
const median = (t: Tally): string => (Number.isNaN(t.median) ? '-' : percent(t.median));
const limits = ({ limits: asked, broken }: Tally): string => (asked === 0 ? '-' : `${asked - broken} of ${asked} kept`);

/** Figures that set nothing first: they are what tells of the model. */
const row = (name: string, tested: Tally, used: Tally): string[] => [
  name,
  `${tested.figures}`,
  median(tested),
  factor(tested),
  rank(tested),
  limits(tested),
  `${used.figures}`,
  median(used),
];

const totalRow = (name: string, reproductions: readonly Reproduction[]): string[] =>
  row(name, total(reproductions, 'tested'), total(reproductions, 'used'));

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
    'GOAL',
    'BOUND',
  ];
  const rows = reproductions.map(({ experiment, used, tested, outside }) => [
    ...row(experiment.name, tested, used),
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
  const header = ['experiment', 'which', 'figures', 'limits', 'limits_broken', 'median_error', 'worst_factor', 'rank'];
  const cell = (value: number): number | '' => (Number.isNaN(value) ? '' : Number(value.toPrecision(6)));
  const line = (name: string, which: string, t: Tally) => [
    name,
    which,
    t.figures,
    t.limits,
    t.broken,
    cell(t.median),
    t.figures === t.limits ? '' : cell(t.worst),
    cell(t.rank),
  ];
  const rows = reproductions.flatMap(({ experiment, all, used, tested }) => [
    line(experiment.name, 'all', all),
    line(experiment.name, 'used', used),
    line(experiment.name, 'tested', tested),
  ]);
  const totals = [
    line('', 'all', total(reproductions)),
    line('', 'used', total(reproductions, 'used')),
    line('', 'tested', total(reproductions, 'tested')),
  ];
  return csvLines([header, ...rows, ...totals]);
}

const cellText = (text: string): string => visible(text.replaceAll('\n', ' ').trim()).replaceAll('|', '\\|');
const markdown = (cells: readonly string[]): string => `| ${cells.map(cellText).join(' | ')} |`;

/** The generated part of the guide: the table, then each experiment with its source, assumptions and misses. */
export function reproductionGuide(reproductions: readonly Reproduction[]): string {
  const header = [
    'experiment',
    'figures that test',
    'median error',
    'worst',
    'rank correlation',
    'limits',
    'figures that set a parameter',
    'their median error',
    'goal',
  ];
  const lines = [markdown(header), markdown(header.map(() => '---'))];
  for (const { experiment, used, tested } of reproductions) {
    const goal = reachesGoal(tested, used) ? 'reached' : 'missed';
    lines.push(markdown([...row(`[${experiment.name}](#${experiment.name})`, tested, used), goal]));
  }
  lines.push(markdown([...totalRow('**all**', reproductions), '']));
  for (const reproduction of reproductions) lines.push(...section(reproduction));
  return `${lines.join('\n')}\n`;
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
