// What goes wrong with a container runtime. Part of the faults.

import { field, someTime } from '../format/index.js';
import { faultType } from './fault.js';
import { hitNodes, longer, NODES_HIT, readNodes, untilEnd } from './targets.js';

const consequences = { exits: ['liveness', 'startup'], deletes: true };

export const runtimeStall = faultType({
  type: 'RuntimeStall',
  meaning: 'the container runtime does not answer; containers keep running',
  fields: { ...NODES_HIT, duration: field(someTime, 'how long') },
  read: readNodes,
  begin: (fault, reach) => hitNodes(fault, reach, (node) => reach.kubelets.life.stallRuntime(node, fault.duration)),
  consequences,
  examples: [{}],
});

export const runtimeRestart = faultType({
  type: 'RuntimeRestart',
  meaning: 'the container runtime restarts: it answers when it has found its containers again',
  fields: NODES_HIT,
  read: (input, at, reader) => ({ nodes: reader.nodes(input, at), duration: 0 }),
  begin: (fault, reach) => hitNodes(fault, reach, (node) => reach.kubelets.life.restartRuntime(node)),
  consequences,
  examples: [{}],
});

export const runtimeSlow = faultType({
  type: 'RuntimeSlow',
  meaning: 'calls to the container runtime are slow',
  fields: { ...NODES_HIT, duration: untilEnd('how long'), factor: longer('they take this many times as long') },
  read: (input, at, reader) => ({ ...readNodes(input, at, reader), factor: input.factor }),
  begin: (fault, reach) =>
    hitNodes(fault, reach, (node) =>
      reach.stretch(`runtime of node ${node}`, fault.factor, (factor) => reach.kubelets.life.slowRuntime(node, factor)),
    ),
  consequences,
  examples: [{ factor: 20 }],
});
