// How fast nodes of a zone may be tainted: a pure rule. Part of the node lifecycle controller.
// Source: ComputeZoneState and ReducedQPSFunc in pkg/controller/nodelifecycle/node_lifecycle_controller.go. Where most of a
// zone is away it is rather the network that is broken, and evicting everybody would help nobody.

import { controlPlaneParameters } from '../parameters.js';

export interface Zone {
  readonly nodes: number;
  readonly notReady: number;
}

/** Nodes a second that may be tainted in the zone; 0: none. */
export function evictionRate(zones: readonly Zone[], zone: number): number {
  const { evictionRate, evictionRateSecondary, unhealthyZoneThreshold, largeCluster } = controlPlaneParameters;
  if (zones.every(isDown)) return 0;
  const { nodes, notReady } = zones[zone]!;
  const isPartlyDown = notReady > 2 && notReady / nodes >= unhealthyZoneThreshold.value;
  if (isDown(zones[zone]!) || !isPartlyDown) return evictionRate.value;
  return nodes > largeCluster.value ? evictionRateSecondary.value : 0;
}

const isDown = ({ nodes, notReady }: Zone): boolean => nodes > 0 && notReady === nodes;
