// The file of a static pod is removed. Part of the faults.

import { z } from 'zod';
import { field, otherwise } from '../format/index.js';
import { faultType } from './fault.js';
import { lasts, NODES_HIT, untilEnd } from './targets.js';

export const staticPodRemoved = faultType({
  type: 'StaticPodRemoved',
  meaning: 'the file of a static pod is removed from nodes that have it',
  fields: {
    ...NODES_HIT,
    duration: untilEnd('until it is put back'),
    target: field(
      z.string().regex(/^pod\/.+$/, { error: 'must be pod/<name>' }),
      'pod/<name> as in its manifest, without the node',
    ),
    noticedBy: otherwise(
      z.enum(['inotify', 'fileCheck']),
      'inotify',
      'how the kubelet notices: at once, or, where inotify does not work, at its next check of the files',
    ),
  },
  read: (input, at, reader) => {
    const workloads = reader.staticPods(input.target, at);
    const nodes = reader.nodes(input, at);
    const pools = nodes.pools.filter((pool) => workloads.some((w) => reader.poolOf(w) === pool));
    if (workloads.length > 0 && nodes.pools.length > 0 && pools.length === 0) {
      reader.report([...at, 'pool'], `node pool ${input.pool} does not run ${input.target}`);
    }
    return { duration: lasts(input.duration), nodes: { ...nodes, pools }, workloads, noticedBy: input.noticedBy };
  },
  begin: (fault, { context, workloads, kubelets, pickNodes }) => {
    const hit = new Set(pickNodes(fault.nodes));
    const pods = fault.workloads
      .flatMap((workload) => [...workloads.podsOf(workload)])
      .filter((pod) => hit.has(context.pods.node[pod]!))
      .sort((a, b) => a - b);
    const set = (isThere: boolean): void => {
      for (const pod of pods) kubelets.setStaticPodFile(pod, isThere, fault.noticedBy);
    };
    set(false);
    return { nodes: pods.map((pod) => context.pods.node[pod]!), pods, undo: () => set(true) };
  },
  consequences: { exits: ['deleted'] },
  examples: [{ noticedBy: 'inotify' }, { noticedBy: 'fileCheck' }],
});
