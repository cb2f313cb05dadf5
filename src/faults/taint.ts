// Nodes are given a taint, as `kubectl taint` does. Part of the faults: it is done to a cluster.

import { z } from 'zod';
import type { FaultSpec, TaintSpec } from '../cluster/index.js';
import { field, otherwise } from '../format/index.js';
import { faultType } from './fault.js';
import { hitNodes, lasts, NODES_HIT, type OnNodes, untilEnd } from './targets.js';

export const taint = faultType({
  type: 'Taint',
  meaning: 'nodes are given a taint',
  fields: {
    ...NODES_HIT,
    duration: untilEnd('how long they have it'),
    key: field(z.string().min(1).max(316), 'key of the taint'),
    value: otherwise(z.string().max(63), '', 'its value'),
    effect: field(
      z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
      'NoExecute evicts what does not tolerate it',
    ),
  },
  read: (input, at, reader) => ({
    nodes: reader.nodes(input, at),
    duration: lasts(input.duration),
    taint: { key: input.key, value: input.value, effect: input.effect } satisfies TaintSpec,
  }),
  begin: (fault: FaultSpec & OnNodes & { readonly taint: TaintSpec }, reach) =>
    hitNodes(
      fault,
      reach,
      (node) => {
        // One that was there before stays.
        const isNew = reach.api.setTaint(node, fault.taint, true);
        return isNew ? () => reach.api.setTaint(node, fault.taint, false) : undefined;
      },
      'all',
    ),
  consequences: { exits: [], deletes: true },
  examples: [
    { taint: { key: 'maintenance', value: '', effect: 'NoSchedule' } },
    { taint: { key: 'maintenance', value: '', effect: 'NoExecute' } },
  ],
});
