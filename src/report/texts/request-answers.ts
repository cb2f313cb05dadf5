// What a reader would say of the requests and of the pod network after looking at their tables. Part of the report.

import { Histogram, histogramOf } from '../../metrics/index.js';
import type { FinishedPoint, RunResult } from '../../results/index.js';
import { relativeDeviation } from '../../results/index.js';
import { formatDuration } from '../../scenario/index.js';
import { figure, grouped } from './words.js';

/** Traffic entries, and causes of one, that are told. */
const SHOWN = 6;

/** `service/web (nodes)`: whom the clients of an entry send to, and who they are. */
function entryName({ spec }: RunResult, traffic: number): string {
  const { services, from } = spec.traffic[traffic]!;
  const who = { nodes: 'nodes', outside: 'outside', app: from.kind === 'app' ? from.app : '' }[from.kind];
  return `service/${spec.services[services[0]!]!.manifestName} from ${who}`;
}

/** One line a traffic entry: how many requests, how long they took, what went wrong and why. */
export function requestAnswers({ result }: FinishedPoint): string[] {
  const entries = [...new Set(result.requests.map(({ traffic }) => traffic))];
  // The worst come first where not all are told.
  if (entries.length > SHOWN) entries.sort((a, b) => failuresOf(result, b) - failuresOf(result, a) || a - b);
  const lines = entries.slice(0, SHOWN).map((traffic) => requestAnswer(result, traffic));
  const more = entries.length - lines.length;
  return more > 0 ? [...lines, `Other clients, in requests.csv: ${grouped(more)}.`] : lines;
}

/** Share of an entry's requests that failed. */
function failuresOf({ requests }: RunResult, traffic: number): number {
  const rows = requests.filter((row) => row.traffic === traffic && isOver(row));
  const all = rows.reduce((sum, row) => sum + row.requests, 0);
  const ok = rows.find(({ outcome }) => outcome === 'ok')?.requests ?? 0;
  return all === 0 ? 0 : 1 - ok / all;
}

function requestAnswer(result: RunResult, traffic: number): string {
  const rows = result.requests.filter((row) => row.traffic === traffic);
  const over = rows.filter(isOver);
  const all = over.reduce((sum, { requests }) => sum + requests, 0);
  const ok = rows.find(({ outcome }) => outcome === 'ok');
  const failed = over.filter(({ outcome }) => outcome !== 'ok').sort((a, b) => b.requests - a.requests);
  const took =
    ok === undefined
      ? ''
      : `, half answered within ${formatDuration(histogramOf(ok.duration).quantile(0.5))}, 99 % within ${formatDuration(histogramOf(ok.duration).quantile(0.99))}`;
  const share = failed.reduce((sum, { requests }) => sum + requests, 0) / all;
  const causes = failed
    .slice(0, SHOWN)
    .map(({ outcome, cause, requests }) => `${words(outcome)} ${grouped(requests)} (${words(cause)})`);
  const trouble = failed.length === 0 ? 'none failed' : `${figure(share * 100)} % failed: ${causes.join(', ')}`;
  const open = rows.length === over.length ? '' : `, ${grouped(rows.at(-1)!.requests)} not yet answered at the end`;
  return `${grouped(all)} requests to ${entryName(result, traffic)}${took}; ${trouble}${open}.`;
}

/** Whether requests had come to their end when the run had. */
const isOver = ({ outcome }: RunResult['requests'][number]): boolean => outcome !== 'unfinished';

const words = (name: string): string => name.replace(/_/g, ' ');

/** Sandboxes that could not be made, tables of connections that were full. */
export function networkAnswers({ result }: FinishedPoint): string[] {
  const errors = result.counters
    .filter(({ metric, value }) => metric === 'kubelet_run_podsandbox_errors_total' && value > 0)
    .map(({ labels, value }) => `${words(labels.replace('reason=', ''))} ${grouped(value)}`);
  const { dropped, size } = result.conntrack;
  return [
    ...(errors.length > 0 ? [`Sandboxes that the pod network refused: ${errors.join(', ')}.`] : []),
    ...(dropped > 0
      ? [
          `${grouped(dropped)} first packets were dropped because the conntrack table of a node was full (${grouped(size)} entries).`,
        ]
      : []),
  ];
}

/** Share of the requests that failed, 0 … 1; undefined if there were none. */
export function failedShare({ result }: FinishedPoint): number | undefined {
  const over = result.requests.filter(isOver);
  const all = over.reduce((sum, { requests }) => sum + requests, 0);
  if (all === 0) return undefined;
  return over.reduce((sum, row) => sum + (row.outcome === 'ok' ? 0 : row.requests), 0) / all;
}

/** Requests that succeeded, whatever their entry; undefined if none did. */
export function answered({ result }: FinishedPoint): Histogram | undefined {
  const ok = result.requests.filter(({ outcome }) => outcome === 'ok').map(({ duration }) => histogramOf(duration));
  return ok.length === 0 ? undefined : Histogram.merged(ok);
}

/** Standard deviation of the requests that the endpoints of a service had, in means: the worst of all services. */
export function imbalance({ result }: FinishedPoint): number | undefined {
  // Services of which one simulated request says little are left out.
  const loads = result.serviceLoads.filter(({ requests }) => requests.length > 1);
  if (loads.length === 0 || loads.length > SERVICES_COMPARED) return undefined;
  return Math.max(...loads.map(({ requests }) => relativeDeviation(requests.map((row) => row.requests))));
}

const SERVICES_COMPARED = 20;
