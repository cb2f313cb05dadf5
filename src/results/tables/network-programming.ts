// How long changes took to reach the rules of nodes. Part of the results: a table.

import { nodeNameOf } from '../../cluster/index.js';
import {
  programmingOfAll,
  programmingOfNode,
  programmingOfWindow,
  programmingQuantile,
  windowBegin,
} from '../../kube-proxy/index.js';
import { type Cell, column, SECOND, seconds, type Table } from '../table.js';

interface ProgrammingRow {
  readonly scope: 'cluster' | 'window' | 'node';
  readonly name: string;
  readonly begins: number;
  readonly counts: ArrayLike<number>;
}

const samplesIn = (counts: ArrayLike<number>): number => Array.from(counts).reduce((sum, count) => sum + count, 0);

const fromBuckets =
  (q: number) =>
  (row: ProgrammingRow): Cell =>
    seconds(programmingQuantile(row.counts, q) * SECOND);

export const networkProgramming: Table<ProgrammingRow> = {
  file: 'network_programming.csv',
  meaning:
    'network programming latency as its SLI defines it, from the buckets that kube-proxy exports: of the whole run, of each five minutes over all nodes (the SLI), of each node',
  rowsMax: 20_000,
  columns: [
    column(
      'scope',
      '',
      'cluster: whole run, all nodes; window: five minutes, all nodes; node: whole run',
      (row) => row.scope,
    ),
    column('node', '', 'node; empty for the others', (row) => row.name),
    column('window_begins_seconds', 's', 'start of the window; empty for the others', (row) => seconds(row.begins)),
    column('samples', 'samples', 'changes times nodes', (row) => samplesIn(row.counts)),
    column('p50_seconds', 's', 'median, interpolated linearly within its bucket', fromBuckets(0.5)),
    column('p90_seconds', 's', '90 % quantile', fromBuckets(0.9)),
    column('p99_seconds', 's', '99 % quantile: of a window, the SLI', fromBuckets(0.99)),
  ],
  *rows({ result }) {
    const { programming, nodes } = result;
    yield { scope: 'cluster', name: '', begins: Number.NaN, counts: programmingOfAll(programming) };
    for (let window = 0; window < programming.windows; window++) {
      const counts = programmingOfWindow(programming, window);
      if (samplesIn(counts) > 0) {
        yield { scope: 'window', name: '', begins: windowBegin(window), counts };
      }
    }
    for (let node = 0; node < programming.nodes; node++) {
      const counts = programmingOfNode(programming, node);
      if (samplesIn(counts) > 0) yield { scope: 'node', name: nodeNameOf(nodes, node), begins: Number.NaN, counts };
    }
  },
};
