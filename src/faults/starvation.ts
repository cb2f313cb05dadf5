// Something outside the pods takes what a node has. Part of the faults.

import type { FaultSpec, NodeId } from '../cluster/index.js';
import { type Path, share } from '../format/index.js';
import { type FaultHit, type FaultReach, type FaultReader, faultType } from './fault.js';
import { hitNodes, leftShare, longer, NODES_HIT, type OnNodes, readNodes, untilEnd } from './targets.js';

/** A node without any of it is a dead one. */
function someShare(left: string, what: string, at: Path, reader: FaultReader): number {
  if (share(left) === 0) {
    reader.report([...at, 'left'], `must be more than 0%: a node without any ${what} is a dead one`);
  }
  return share(left);
}

/** How such a fault begins. @param what it leaves a share of. @param apply says on a node which share that is from now on. */
const leaving =
  (what: string, apply: (reach: FaultReach, node: NodeId, share: number) => void) =>
  (fault: FaultSpec & OnNodes & { readonly left: number }, reach: FaultReach): FaultHit =>
    hitNodes(fault, reach, (node) =>
      reach.leave(`${what} of node ${node}`, fault.left, (share) => apply(reach, node, share)),
    );

export const cpuStarvation = faultType({
  type: 'CpuStarvation',
  meaning: 'something else takes the CPU of nodes',
  fields: {
    ...NODES_HIT,
    duration: untilEnd('how long'),
    left: leftShare('share of its speed that everything on the node keeps, such as 10%; more than 0%'),
  },
  read: (input, at, reader) => ({ ...readNodes(input, at, reader), left: someShare(input.left, 'CPU', at, reader) }),
  begin: leaving('CPU', ({ context }, node, share) => context.cpu.setAvailableShare(node, share)),
  consequences: { exits: ['liveness', 'startup'] },
  examples: [{ left: 0.05 }, { left: 0.5 }],
});

export const memoryStarvation = faultType({
  type: 'MemoryStarvation',
  meaning: 'something else takes the memory of nodes',
  fields: {
    ...NODES_HIT,
    duration: untilEnd('how long'),
    left: leftShare('share of the memory that is left to the pods; more than 0%'),
  },
  read: (input, at, reader) => ({ ...readNodes(input, at, reader), left: someShare(input.left, 'memory', at, reader) }),
  begin: leaving('memory', ({ kubelets }, node, share) => kubelets.memory.setAvailableShare(node, share)),
  consequences: { exits: ['oom'], deletes: true, evicts: true },
  examples: [{ left: 0.1 }, { left: 0.4 }],
});

export const diskFull = faultType({
  type: 'DiskFull',
  meaning: 'something else takes the space on the disk of nodes',
  fields: {
    ...NODES_HIT,
    duration: untilEnd('how long'),
    left: leftShare('share of the disk that is left to images and the files of pods'),
  },
  read: (input, at, reader) => ({ ...readNodes(input, at, reader), left: share(input.left) }),
  begin: leaving('space on the disk', ({ kubelets }, node, share) => kubelets.disk.setAvailableShare(node, share)),
  consequences: { exits: [], deletes: true, evicts: true },
  examples: [{ left: 0 }, { left: 0.3 }],
});

export const pidExhaustion = faultType({
  type: 'PidExhaustion',
  meaning: 'something else has most of the process ids of nodes',
  fields: {
    ...NODES_HIT,
    duration: untilEnd('how long'),
    left: leftShare('share of pidMax that is left to pods'),
  },
  read: (input, at, reader) => ({ ...readNodes(input, at, reader), left: share(input.left) }),
  begin: leaving('process ids', ({ kubelets }, node, share) => kubelets.processes.setAvailableShare(node, share)),
  consequences: { exits: [], deletes: true, evicts: true },
  withoutEffect: ({ nodePools }) =>
    nodePools.some(({ kubelet }) => kubelet.evictionThresholds.some(({ signal }) => signal === 'pid.available'))
      ? undefined
      : 'no kubelet has a threshold for pid.available',
  examples: [{ left: 0 }, { left: 0.3 }],
});

export const diskStarvation = faultType({
  type: 'DiskStarvation',
  meaning: 'something else keeps the disk of nodes busy',
  fields: { ...NODES_HIT, duration: untilEnd('how long'), factor: longer('a write takes this many times as long') },
  read: (input, at, reader) => ({ ...readNodes(input, at, reader), factor: input.factor }),
  begin: (fault, reach) =>
    hitNodes(fault, reach, (node) =>
      reach.stretch(`disk of node ${node}`, fault.factor, (factor) => reach.kubelets.life.slowDisk(node, factor)),
    ),
  consequences: { exits: ['liveness', 'startup'] },
  examples: [{ factor: 50 }],
});
