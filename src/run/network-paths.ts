// What the ways from pod to pod are like in a cluster, for the report. Part of the run.

import { hostParameters, pathFigures } from '../cni/index.js';
import type { NetworkPathRow } from '../results/index.js';
import type { Cluster } from './assemble.js';

/** Within a node, between two, and between two hosts without a pod network; by the link of the first node pool. */
export function networkPaths({ context, network }: Cluster): NetworkPathRow[] {
  const { variant, lineMtu, podMtu } = context.spec.network;
  const host = context.parameters.of(hostParameters);
  const lineGbits = (context.nodes.poolOf(0).downloadBytesPerSecond * 8) / 1e9;
  const local = network.figures(Infinity);
  const between = network.figures(lineGbits);
  // Full packets that do not fit carry nothing.
  const nothing = { ...between, podMtu: podMtu ?? between.podMtu, goodput: 0, oneStream: 0, manyStreams: 0 };
  return [
    {
      variant,
      path: 'same_node',
      lineMtu,
      lineGbits: Infinity,
      roundTrip: network.roundTrip(0, 0),
      connectionSetup: network.connectionSetup(0, 0),
      figures: { ...local, oneStream: local.oneStream / host.sameNode.value },
    },
    {
      variant,
      path: 'between_nodes',
      lineMtu,
      lineGbits,
      roundTrip: network.roundTrip(0, 1),
      connectionSetup: network.connectionSetup(0, 1),
      figures: network.isTooLarge ? nothing : between,
    },
    {
      variant: 'host',
      path: 'between_nodes',
      lineMtu,
      lineGbits,
      roundTrip: host.roundTrip.value,
      connectionSetup: 0,
      figures: pathFigures(undefined, lineMtu, lineGbits, undefined, context.parameters),
    },
  ];
}
