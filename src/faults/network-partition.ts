// Packets to and from a node are lost. Part of the faults.

import { faultType } from './fault.js';
import { hitNodes, NODES_HIT, readNodes, untilEnd } from './targets.js';

export const networkPartition = faultType({
  type: 'NetworkPartition',
  meaning: 'nodes are cut off from all others and from the API server',
  fields: { ...NODES_HIT, duration: untilEnd('how long') },
  read: readNodes,
  begin: (fault, reach) => {
    const { kubelets, proxies } = reach;
    return hitNodes(fault, reach, (node) => {
      proxies.outages.cutOff(node);
      const undo = reach.leave(`network of node ${node}`, 0, (left) => {
        if (left === 0) return;
        kubelets.life.setConnected(node, true);
        proxies.outages.reconnect(node);
      });
      kubelets.life.setConnected(node, false);
      return undo;
    });
  },
  consequences: { exits: [], deletes: true },
  examples: [{}],
});
