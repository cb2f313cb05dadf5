// What address management of the pod network may ask of the cluster. Part of a run.

import type { Context, NodeId } from '../cluster/index.js';
import { type AddressSite, machineOf } from '../cni/index.js';
import type { EventHandle, Instant } from '../engine/index.js';

/** @param onWake what is to be called for a node then. */
export function addressSite(
  { simulation, spec, parameters, streams, nodes }: Context,
  onWake: (node: NodeId) => void,
): AddressSite {
  const wakes = new Map<NodeId, { readonly event: EventHandle; readonly at: Instant }>();
  const kind = simulation.on('cni/addresses', (node) => {
    wakes.delete(node);
    onWake(node);
  });
  return {
    settings: spec.network.settings ?? {},
    parameters,
    streams,
    now: () => simulation.now,
    keyOf: (node) => nodes.keyOf(node),
    machineOf: (node) => machineOf(nodes.poolOf(node)),
    wake: (node, at) => {
      const before = wakes.get(node);
      if (before?.at === at) return;
      if (before !== undefined) simulation.cancel(before.event);
      wakes.delete(node);
      if (at < Infinity) wakes.set(node, { event: simulation.scheduleCancellable(at, kind, node), at });
    },
  };
}
