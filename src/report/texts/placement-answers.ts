// Where pods went for which somebody asked, one sentence a pod. Part of the report.

import { nodeNameOf, podNameOf } from '../../cluster/index.js';
import { EXPLAINED_MAX, isAskedFor, type PlacementRow } from '../../control-plane/index.js';
import type { FinishedPoint, RunResult } from '../../results/index.js';
import { formatDuration } from '../../scenario/index.js';
import { grouped, plural } from './words.js';

/** Pods that are told of; scheduling.csv has all. */
const SHOWN = 5;

/** Where the pods went that spec.explainPlacement asks for, and patterns that no pod meets. */
export function placementAnswers({ result }: FinishedPoint): string[] {
  const { explainPlacement: patterns } = result.spec;
  if (patterns.length === 0) return [];
  const lasts = new Map<number, PlacementRow[]>();
  for (const row of result.placements) {
    const rows = lasts.get(row.pod);
    if (rows === undefined || rows[0]!.attempt !== row.attempt) lasts.set(row.pod, [row]);
    else rows.push(row);
  }
  const lines = [...lasts.values()].slice(0, SHOWN).map((rows) => placementLine(result, rows));
  const more = lasts.size - lines.length;
  return [
    ...lines,
    ...(more > 0 ? [`Placements of ${plural(more, 'other pod')} are in scheduling.csv.`] : []),
    ...(result.placements.length >= EXPLAINED_MAX
      ? [
          `Only the first ${plural(lasts.size, 'pod')} are explained: ${grouped(EXPLAINED_MAX)} rows is the limit. Ask for fewer pods.`,
        ]
      : []),
    ...unmet(result, patterns),
  ];
}

/** A pod's name, with its namespace if that is another than default. */
function fullName({ spec, pods, nodes }: RunResult, pod: number): string {
  const { namespace } = spec.workloads[pods.workload[pod]!]!;
  const name = podNameOf(spec, pods, nodes, pod);
  return namespace === 'default' ? name : `${namespace}/${name}`;
}

/** The last attempt for one pod. */
function placementLine(result: RunResult, rows: readonly PlacementRow[]): string {
  const { pod, attempt, at } = rows[0]!;
  const name = fullName(result, pod);
  const totals = new Map<number, number>();
  for (const { node, total } of rows) if (!Number.isNaN(total)) totals.set(node, total);
  const refused = new Set(rows.filter(({ refusal }) => refusal !== '').map(({ node }) => node)).size;
  const looked = `${plural(totals.size + refused, 'node')} looked at, ${grouped(refused)} refused`;
  const tries = attempt > 1 ? `, attempt ${attempt}` : '';
  const when = `${at === 0 ? 'at the start' : `at ${formatDuration(at)}`}${tries}`;
  const chosen = rows.find(({ isChosen }) => isChosen);
  if (chosen === undefined) {
    const message = result.pending.find((one) => one.pod === pod)?.message;
    return `Placement of ${name} ${when}: no node (${message ?? looked}).`;
  }
  const node = nodeNameOf(result.nodes, chosen.node);
  const others = [...totals].filter(([other]) => other !== chosen.node).sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  const [next] = others;
  const rest = next === undefined ? '' : `; next ${nodeNameOf(result.nodes, next[0])} with ${next[1]}`;
  const score = others.length === 0 ? '' : `, total score ${chosen.total}`;
  return `Placement of ${name} ${when}: ${node}${score}${rest} (${looked}).`;
}

/** Patterns that are no pod's name. */
function unmet({ spec, pods, nodes }: RunResult, patterns: readonly string[]): string[] {
  const open = new Set(patterns);
  for (let pod = 0; pod < pods.count && open.size > 0; pod++) {
    const name = podNameOf(spec, pods, nodes, pod);
    const full = `${spec.workloads[pods.workload[pod]!]!.namespace}/${name}`;
    for (const pattern of open) if (isAskedFor([pattern], name) || isAskedFor([pattern], full)) open.delete(pattern);
  }
  return [...open].map((pattern) => `No pod is called ${pattern}: there is no placement to explain.`);
}
