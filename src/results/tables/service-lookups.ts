// What rules cost first packets. Part of the results: a table.

import { type HistogramData, histogramOf } from '../../metrics/index.js';
import type { RunResult } from '../run-result.js';
import { seriesOf } from '../series.js';
import { type Cell, column, EMPTY, precise, rounded, SECOND, statistics, type Table } from '../table.js';

interface LookupRow {
  readonly result: RunResult;
  readonly hop: 'both' | 'client' | 'endpoint';
  /** NaN: it has no place. */
  readonly low: number;
  readonly high: number;
  readonly duration: HistogramData;
  readonly traversed: HistogramData;
}

const ratioOf = (value: number): Cell => (Number.isNaN(value) ? '' : value);

export const serviceLookups: Table<LookupRow> = {
  file: 'service_lookups.csv',
  meaning:
    'what the first packet of a connection pays: on the node that chooses its endpoint, over all positions of the service in the list and by tenths of it; and on the node of the endpoint, if that is another',
  columns: [
    column('mode', '', 'iptables, ipvs, nftables or ebpf', ({ result }) => result.proxy.mode),
    column('services', 'ports', 'service ports programmed at the end', ({ result }) => result.proxy.ports),
    column('endpoints', 'endpoints', 'endpoints programmed at the end', ({ result }) => result.proxy.endpoints),
    column(
      'hop',
      '',
      'client: the node that chooses; endpoint: the other one; both: the sum for each connection that was sent to an endpoint',
      ({ hop }) => hop,
    ),
    column('position_low_ratio', 'ratio', 'positions from this share of the list on …', ({ low }) => ratioOf(low)),
    column('position_high_ratio', 'ratio', '… to this one', ({ high }) => ratioOf(high)),
    column('connections_total', 'connections', 'connections looked up', ({ duration }) => duration.count),
    column('rules_mean', 'rules', 'mean number of rules, list entries or hash lookups evaluated', ({ traversed }) =>
      rounded(histogramOf(traversed).mean, traversed.count),
    ),
    column('rules_p50', 'rules', 'median', ({ traversed }) =>
      rounded(histogramOf(traversed).quantile(0.5), traversed.count),
    ),
    column('rules_p99', 'rules', '99 % quantile', ({ traversed }) =>
      rounded(histogramOf(traversed).quantile(0.99), traversed.count),
    ),
    column('cpu_seconds_total', 's', 'CPU that all of them took', ({ duration }) =>
      duration.count === 0 ? 0 : precise(histogramOf(duration).sum / SECOND),
    ),
    ...statistics<LookupRow>(
      (row) => row.duration,
      () => SECOND,
      '_seconds',
      's',
    ),
  ],
  *rows({ result }) {
    const at = (hop: 'client' | 'endpoint') => ({
      result,
      hop,
      duration: seriesOf(result, 'kubelapse_first_packet_hop_duration_seconds', `hop=${hop}`),
      traversed: seriesOf(result, 'kubelapse_first_packet_rules_traversed', `hop=${hop}`),
    });
    const duration = seriesOf(result, 'kubelapse_first_packet_lookup_duration_seconds');
    yield { result, hop: 'both', low: Number.NaN, high: Number.NaN, duration, traversed: EMPTY };
    yield { ...at('client'), low: 0, high: 1 };
    const bands = result.lookupBands.length;
    for (const { band, ...of } of result.lookupBands) {
      yield { result, hop: 'client', low: band / bands, high: (band + 1) / bands, ...of };
    }
    yield { ...at('endpoint'), low: Number.NaN, high: Number.NaN };
  },
};
