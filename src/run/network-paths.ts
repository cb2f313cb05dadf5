// What the ways from pod to pod are like in a cluster, for the report. Part of the run.

import type { NodeId } from '../cluster/index.js';
import type { DataPath } from '../cni/index.js';
import type { NetworkPathRow } from '../results/index.js';
import type { Cluster } from './assemble.js';

/** Within a node, between two of one zone and of two, and between two hosts without a pod network; by the first nodes. */
export function networkPaths({ context, network }: Cluster): NetworkPathRow[] {
  const { nodes } = context;
  const { variant, lineMtu, podMtu } = context.spec.network;
  const { paths } = network;
  const lineGbits = (nodes.poolOf(0).downloadBytesPerSecond * 8) / 1e9;
  const all: NodeId[] = Array.from({ length: nodes.count }, (_, node) => node);
  const far = all.find((node) => nodes.zone[node] !== nodes.zone[0]);
  const between = (path: NetworkPathRow['path'], roundTrip: number, way: DataPath): NetworkPathRow => {
    const figures = way.figures();
    // Full packets that do not fit carry nothing.
    const lost = { ...figures, podMtu: podMtu ?? figures.podMtu, goodput: 0, oneStream: 0, manyStreams: 0 };
    return {
      variant,
      path,
      lineMtu,
      lineGbits,
      roundTrip,
      connectionSetup: paths.setupOf(0, false),
      figures: paths.isTooLarge ? lost : figures,
    };
  };
  const near = paths.neighbours();
  const hosts = paths.hosts();
  const own = paths.between(0, 0).figures();
  return [
    {
      ...between('same_node', paths.roundTrip(0, 0), near.way),
      lineGbits: Infinity,
      connectionSetup: paths.setupOf(0, true),
      figures: own,
    },
    between('between_nodes', near.roundTrip, near.way),
    ...(far === undefined ? [] : [between('between_zones', paths.roundTrip(0, far), paths.between(0, far))]),
    {
      ...between('between_nodes', hosts.roundTrip, hosts.way),
      variant: 'host',
      connectionSetup: hosts.setup,
      figures: hosts.way.figures(),
    },
  ];
}
