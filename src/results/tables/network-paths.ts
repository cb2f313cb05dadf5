// What the ways from pod to pod are like. Part of the results: a table.

import type { RunResult } from '../run-result.js';
import { column, seconds, sixDigits, type Table } from '../table.js';

interface PathRow {
  readonly result: RunResult;
  readonly row: RunResult['networkPaths'][number];
}

export const networkPaths: Table<PathRow> = {
  file: 'network_paths.csv',
  meaning: 'latency, throughput and CPU from pod to pod, within a node and between two, and between hosts',
  columns: [
    column('variant', '', 'how packets are carried; host: no pod network', ({ row }) => row.variant),
    column('path', '', 'same_node, between_nodes (of one zone) or between_zones', ({ row }) => row.path),
    column('line_mtu_bytes', 'bytes', 'MTU between the nodes', ({ row }) => row.lineMtu),
    column(
      'segment_bytes',
      'bytes',
      'payload of a full packet of a TCP connection on the line',
      ({ row }) => row.figures.segment,
    ),
    column('pod_mtu_bytes', 'bytes', 'MTU of a pod', ({ row }) => row.figures.podMtu),
    column('header_bytes', 'bytes', 'around each packet between nodes', ({ row }) => row.figures.headerBytes),
    column('line_gbits_per_second', 'Gbit/s', 'link of a node; empty within a node', ({ row }) =>
      Number.isFinite(row.lineGbits) ? sixDigits(row.lineGbits) : '',
    ),
    column('goodput_ratio', 'ratio', 'share of the link left for the payload of a TCP connection', ({ row }) =>
      sixDigits(row.figures.goodput),
    ),
    column('round_trip_seconds', 's', 'a small packet and its answer', ({ row }) => seconds(row.roundTrip)),
    column('connection_setup_seconds', 's', 'what a new connection takes beyond its round trips', ({ row }) =>
      seconds(row.connectionSetup),
    ),
    column('tcp_one_stream_gbits_per_second', 'Gbit/s', 'one TCP connection', ({ row }) =>
      sixDigits(row.figures.oneStream),
    ),
    column('tcp_many_streams_gbits_per_second', 'Gbit/s', 'eight TCP connections; empty within a node', ({ row }) =>
      Number.isFinite(row.figures.manyStreams) ? sixDigits(row.figures.manyStreams) : '',
    ),
    column('send_cores_per_gbit', 'cores per Gbit/s', 'CPU of the sending node, eight connections', ({ row }) =>
      sixDigits(row.figures.sendCpu),
    ),
    column('receive_cores_per_gbit', 'cores per Gbit/s', 'CPU of the receiving node, eight connections', ({ row }) =>
      sixDigits(row.figures.receiveCpu),
    ),
    column('send_cores_per_gbit_one_stream', 'cores per Gbit/s', 'CPU of the sending node, one connection', ({ row }) =>
      sixDigits(row.figures.sendCpuOneStream),
    ),
    column(
      'receive_cores_per_gbit_one_stream',
      'cores per Gbit/s',
      'CPU of the receiving node, one connection',
      ({ row }) => sixDigits(row.figures.receiveCpuOneStream),
    ),
    column(
      'request_cpu_seconds',
      's',
      'CPU of each of the two nodes for a request of one packet and its answer, on a connection that is there',
      ({ row }) => seconds(row.figures.requestCpu),
    ),
  ],
  *rows({ result }) {
    for (const row of result.networkPaths) yield { result, row };
  },
};
