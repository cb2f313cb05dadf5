// A machine is gone, and boots again. Part of the faults.

import type { NodeId } from '../cluster/index.js';
import { type FaultReach, type FaultType, faultType, type Undo } from './fault.js';
import { away, hitNodes, NODES_HIT, readNodes, untilEnd } from './targets.js';

/** Everything that was on the node is lost: rules, connections, processes. */
function die({ kubelets, proxies, routing, traffic }: FaultReach, node: NodeId, duration: number): Undo {
  proxies.outages.onNodeDown(node);
  routing.onNodeDown(node);
  traffic.onNodeDown(node);
  kubelets.life.die(node, duration);
  return () => proxies.outages.onNodeBoots(node);
}

/** Its kubelet ends its pods first, if it is configured to. */
function reboot(reach: FaultReach, node: NodeId, duration: number): Undo {
  const { simulation } = reach.context;
  const up = simulation.now + duration;
  reach.kubelets.shutDown(node, up, () => die(reach, node, up - simulation.now));
  return () => reach.proxies.outages.onNodeBoots(node);
}

const consequences = { exits: ['node', 'liveness', 'startup'], deletes: true };

export const nodeDeath: FaultType = faultType({
  type: 'NodeDeath',
  meaning: 'nodes fail without warning',
  fields: { ...NODES_HIT, duration: untilEnd('until they boot again') },
  read: readNodes,
  begin: (fault, reach) => hitNodes(fault, reach, (node) => die(reach, node, fault.duration)),
  consequences,
  examples: [{}],
});

export const nodeReboot: FaultType = faultType({
  type: 'NodeReboot',
  meaning: 'nodes reboot',
  fields: { ...NODES_HIT, duration: away('90s', 'until they are up again, the time of their pods included') },
  read: readNodes,
  begin: (fault, reach) => hitNodes(fault, reach, (node) => reboot(reach, node, fault.duration)),
  consequences,
  examples: [{}],
});
