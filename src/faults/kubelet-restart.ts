// A kubelet restarts. Part of the faults.

import { faultType } from './fault.js';
import { away, hitNodes, NODES_HIT, readNodes } from './targets.js';

export const kubeletRestart = faultType({
  type: 'KubeletRestart',
  meaning: 'kubelets restart; containers keep running',
  fields: { ...NODES_HIT, duration: away('1s', 'until the process is back') },
  read: readNodes,
  begin: (fault, reach) => hitNodes(fault, reach, (node) => reach.kubelets.life.restartKubelet(node, fault.duration)),
  consequences: { exits: ['liveness', 'startup'], deletes: true },
  examples: [{}],
});
