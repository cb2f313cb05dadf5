// What a search has found, as text, as CSV and as a chart. Part of the experiments.

import {
  alignedTable,
  CHART_STYLE,
  COLOURS,
  csvLines,
  observedText,
  placeOf,
  type ThresholdResult,
} from '../../report/index.js';
import { preciseCell } from '../../results/index.js';
import { linesText } from '../../text/index.js';
import type { Answer, Finding } from './search.js';

/** One number that was tried. */
export interface Probe {
  readonly value: number;
  readonly finding: Finding;
  readonly replications: number;
  /** Of every point, in their order; none if it could not be run. */
  readonly thresholds: readonly ThresholdResult[];
  /** Why it could not be run, such as pods that do not fit. */
  readonly refused?: string | undefined;
}

/** The search over one kind of node, or the only one. */
export interface Frontier {
  /** Name of the node type; undefined where none is chosen. */
  readonly nodeType?: { readonly name: string; readonly pricePerHour: number } | undefined;
  readonly answer: Answer;
  /** In the order of their values. */
  readonly probes: readonly Probe[];
}

export interface Plan {
  readonly scenario: string;
  readonly direction: 'maximise' | 'minimise';
  /** Path of the number that was searched for. */
  readonly path: string;
  readonly frontiers: readonly Frontier[];
}

/** Cost of a frontier's answer; undefined if it has none. */
export const costOf = ({ nodeType, answer }: Frontier): number | undefined =>
  nodeType === undefined || answer.best === undefined ? undefined : money(answer.best * nodeType.pricePerHour);

/** Without the noise of a product. */
const money = (amount: number): number => Number(amount.toPrecision(12));

/** The cheapest frontier, of equal ones the first; undefined if none has an answer. */
export function cheapest(frontiers: readonly Frontier[]): Frontier | undefined {
  let best: Frontier | undefined;
  for (const frontier of frontiers) {
    const cost = costOf(frontier);
    if (cost !== undefined && (best === undefined || cost < costOf(best)!)) best = frontier;
  }
  return best;
}

/** The frontier as a table, and the answer in words. */
export function planText(plan: Plan): string {
  const lines: string[] = [];
  for (const frontier of plan.frontiers) {
    if (frontier.nodeType !== undefined) {
      lines.push(`${frontier.nodeType.name} at ${frontier.nodeType.pricePerHour} an hour`, '');
    }
    lines.push(...frontierTable(plan, frontier), '', ...answerLines(plan, frontier), '');
  }
  const best = cheapest(plan.frontiers);
  if (best !== undefined)
    lines.push(`Cheapest: ${best.answer.best} nodes of ${best.nodeType!.name}, ${costOf(best)} an hour.`);
  else lines.pop();
  return linesText(lines);
}

function frontierTable({ path }: Plan, { probes, nodeType }: Frontier): string[] {
  const rows = probes.map((probe) => {
    const worst = probe.thresholds.find(({ ok }) => !ok) ?? probe.thresholds[0];
    return [
      String(probe.value),
      ...(nodeType === undefined ? [] : [String(money(probe.value * nodeType.pricePerHour))]),
      probe.finding,
      probe.refused === undefined ? String(probe.replications) : '-',
      probe.refused ??
        (worst === undefined
          ? ''
          : `${observedText(worst)}${worst.parameters.length > 0 ? ` at ${placeOf(worst)}` : ''}`),
    ];
  });
  return alignedTable([
    [lastName(path).toUpperCase(), ...(nodeType === undefined ? [] : ['COST']), 'FINDING', 'RUNS', 'OBSERVED'],
    ...rows,
  ]);
}

const lastName = (path: string): string => path.replace(/^.*\./, '').replace(/\[\d+\]$/, '');

function answerLines({ path, direction }: Plan, { answer, probes }: Frontier): string[] {
  const { best, beyond, exceptions, safe: upTo } = answer;
  const lines: string[] = [];
  const largest = direction === 'maximise' ? 'largest' : 'smallest';
  if (best === undefined) lines.push(`The thresholds hold at no value of ${path} that was tried.`);
  else if (beyond === undefined) {
    lines.push(
      `${path} = ${best}: the thresholds hold with 95 % confidence at the ${direction === 'maximise' ? 'upper' : 'lower'} end of the range.`,
    );
  } else {
    const at = probes.find(({ value }) => value === beyond)!;
    lines.push(
      `${path} = ${best} is the ${largest} found at which the thresholds hold with 95 % confidence; at ${beyond} ${whyNot(at)}.`,
    );
  }
  if (exceptions.length > 0) {
    const safeText =
      upTo === undefined
        ? 'Nothing is safe'
        : `Everything that was tried ${direction === 'maximise' ? 'up to' : 'from'} ${upTo}${direction === 'maximise' ? '' : ' on'} holds`;
    lines.push(
      `Not monotone: ${exceptions.join(', ')} ${exceptions.length === 1 ? 'is' : 'are'} on the wrong side. ${safeText}.`,
    );
  }
  return lines;
}

function whyNot({ finding, refused, thresholds }: Probe): string {
  if (refused !== undefined) return `not: ${refused}`;
  if (finding === 'undecided') return 'that is not shown';
  const crossed = thresholds.find(({ ok }) => !ok);
  return crossed === undefined ? 'they do not' : `${crossed.threshold.expression} fails (${observedText(crossed)})`;
}

/** frontier.csv: one row a number tried, point and threshold. */
export function frontierCsv({ scenario, path, frontiers }: Plan): string {
  const first = frontiers.flatMap(({ probes }) => probes.flatMap(({ thresholds }) => thresholds))[0];
  const parameters = first?.parameters.map(({ name }) => `parameter_${name}`) ?? [];
  const header = [
    ...[
      'scenario',
      'node_type',
      'price_per_hour',
      'path',
      'value',
      'cost_per_hour',
      'finding',
      'replications',
      'point',
    ],
    ...parameters,
    ...['metric', 'expression', 'unit', 'observed', 'ci95_low', 'ci95_high', 'ok', 'refused'],
  ];
  const rows = frontiers.flatMap(({ nodeType, probes }) =>
    probes.flatMap(({ value, finding, replications, thresholds, refused }) => {
      const cost = nodeType === undefined ? '' : money(value * nodeType.pricePerHour);
      const head = [
        scenario,
        nodeType?.name ?? '',
        nodeType?.pricePerHour ?? '',
        path,
        value,
        cost,
        finding,
        replications,
      ];
      if (thresholds.length === 0)
        return [[...head, '', ...parameters.map(() => ''), '', '', '', '', '', '', '', refused ?? '']];
      return thresholds.map(({ threshold, point, parameters: values, observed, interval, ok }) => [
        ...[...head, point, ...values.map((parameter) => parameter.value)],
        ...[threshold.selector, threshold.expression, threshold.unit],
        ...[preciseCell(observed), preciseCell(interval.low), preciseCell(interval.high), ok, ''],
      ]);
    }),
  );
  return csvLines([header, ...rows]);
}

/** The observed figures along the numbers tried, with their intervals and the bounds, a panel for each threshold. */
export function frontierChart({ scenario, path, frontiers, direction }: Plan): Readonly<Record<string, unknown>> {
  const rows = frontiers.flatMap(({ nodeType, probes }) =>
    probes.flatMap(({ value, finding, thresholds }) =>
      thresholds.flatMap(({ threshold, observed, interval, parameters }) =>
        observed === undefined
          ? []
          : [
              {
                value,
                finding,
                series: [nodeType?.name, ...parameters.map((p) => `${p.name}=${p.value}`)]
                  .filter((part) => part !== undefined)
                  .join(' '),
                threshold: `${threshold.selector}: ${threshold.expression}`,
                unit: threshold.unit,
                observed,
                low: interval.low ?? observed,
                high: interval.high ?? observed,
                bound: threshold.bound,
              },
            ],
      ),
    ),
  );
  const panels = [...new Set(rows.map(({ threshold }) => threshold))].map((threshold) => {
    const own = rows.filter((row) => row.threshold === threshold);
    return [
      threshold,
      { unit: own[0]!.unit, figures: own.flatMap(({ low, high, bound }) => [low, high, bound]) },
    ] as const;
  });
  const scale = isWide(rows.map(({ value }) => value)) ? { type: 'log' } : { zero: false };
  const x = { field: 'value', type: 'quantitative', title: path, scale };
  const hasSeries = new Set(rows.map(({ series }) => series)).size > 1;
  const answers = frontiers.flatMap(({ answer, nodeType }) =>
    answer.best === undefined ? [] : [`${nodeType === undefined ? '' : `${nodeType.name}: `}${answer.best}`],
  );
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: {
      text: `${scenario}: ${direction === 'maximise' ? 'largest' : 'smallest'} ${lastName(path)} at which the thresholds hold`,
      subtitle:
        answers.length === 0 ? 'they hold at no value that was tried' : `${answers.join(', ')} (95 % confidence)`,
    },
    config: CHART_STYLE,
    data: { values: rows },
    vconcat: panels.map(([threshold, { unit, figures }]) => ({
      title: { text: threshold, fontSize: 12 },
      width: 520,
      height: 220,
      transform: [{ filter: { field: 'threshold', equal: threshold } }],
      layer: [
        {
          mark: { type: 'rule', strokeDash: [6, 4], color: COLOURS.grey },
          encoding: { y: { ...observedAxis(unit, figures), field: 'bound', aggregate: 'min' } },
        },
        {
          mark: { type: 'line', color: '#bbbbbb' },
          encoding: { x, y: observedAxis(unit, figures), ...(hasSeries ? { detail: { field: 'series' } } : {}) },
        },
        {
          mark: { type: 'rule', strokeWidth: 2 },
          encoding: {
            x,
            y: { ...observedAxis(unit, figures), field: 'low' },
            y2: { field: 'high' },
            color: findingColour,
          },
        },
        {
          mark: { type: 'point', filled: true, size: 70, opacity: 1 },
          encoding: {
            x,
            y: observedAxis(unit, figures),
            color: findingColour,
            ...(hasSeries ? { shape: { field: 'series', type: 'nominal', title: null } } : {}),
          },
        },
      ],
    })),
  };
}

/** Logarithmic where the figures, all above 0, are far apart. @param figures observed ones, and the bound. */
const observedAxis = (unit: string, figures: readonly number[]): Readonly<Record<string, unknown>> => ({
  field: 'observed',
  type: 'quantitative',
  title: unit === 'seconds' ? 'observed, s' : `observed${unit === 'number' ? '' : `, ${unit.replace('_', ' ')}`}`,
  scale: isWide(figures) ? { type: 'log' } : { zero: false },
});

/** Whether numbers are all above 0 and the greatest is many times the least. */
const isWide = (numbers: readonly number[]): boolean =>
  Math.min(...numbers) > 0 && Math.max(...numbers) > WIDE * Math.min(...numbers);
const WIDE = 20;

const findingColour = {
  field: 'finding',
  type: 'nominal',
  title: 'thresholds',
  scale: { domain: ['holds', 'undecided', 'fails'], range: [COLOURS.blue, COLOURS.grey, COLOURS.orange] },
};
