// What policies let through. Part of the results: a table.

import type { HistogramData } from '../../metrics/index.js';
import type { RunResult } from '../run-result.js';
import { quantileOf, seriesOf } from '../series.js';
import { column, seconds, type Table } from '../table.js';

interface PolicyTableRow {
  readonly result: RunResult;
  readonly row: RunResult['policies'][number];
  readonly delay: HistogramData;
}

export const networkPolicies: Table<PolicyTableRow> = {
  file: 'network_policies.csv',
  meaning: 'NetworkPolicies: all together, then those of each manifest (copies added up)',
  columns: [
    column('variant', '', 'how the plugin works', ({ result }) => result.spec.network.variant),
    column('scope', '', 'cluster: all; policy: those of one manifest', ({ row }) => row.scope),
    column('app', '', 'application; empty for all', ({ row }) => row.app),
    column('policy', '', 'policy as in the manifest; empty for all', ({ row }) => row.policy),
    column('policies', 'policies', 'policies', ({ row }) => row.policies),
    column('pods', 'pods', 'pods that they select at the end', ({ row }) => row.pods),
    column('rules', 'rules', 'their rules', ({ row }) => row.rules),
    column('checked_total', 'connections', 'new connections that were checked against policies', ({ row }) =>
      Number.isNaN(row.checked) ? '' : row.checked,
    ),
    column(
      'denied_total',
      'connections',
      'of those, denied ones, each attempt counted; for a policy, those that it had a part in',
      ({ row }) => row.denied,
    ),
    column('applies_total', 'applies', 'times that an agent applied policies', ({ row }) =>
      Number.isNaN(row.applies) ? '' : row.applies,
    ),
    column('cpu_seconds_total', 's', 'CPU that they took', ({ row }) => seconds(row.cpuTime)),
    column('delay_samples', 'samples', 'policies that were written in the run, times nodes', ({ row, delay }) =>
      row.scope === 'cluster' ? delay.count : '',
    ),
    column('delay_p50_seconds', 's', 'median time from writing a policy until a node enforces it', ({ row, delay }) =>
      row.scope === 'cluster' ? quantileOf(delay, 0.5) : '',
    ),
    column('delay_p99_seconds', 's', '99 % quantile of it', ({ row, delay }) =>
      row.scope === 'cluster' ? quantileOf(delay, 0.99) : '',
    ),
  ],
  *rows({ result }) {
    const delay = seriesOf(result, 'kubelapse_network_policy_implementation_delay_seconds');
    for (const row of result.policies) yield { result, row, delay };
  },
};
