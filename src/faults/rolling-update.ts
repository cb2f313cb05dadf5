// A new version of workloads is rolled out. Part of the faults: it is done to a cluster, and goes wrong with it.

import { z } from 'zod';
import { behavior } from '../application/behavior-fields.js';
import { field, optional, otherwise, part } from '../format/index.js';
import { faultType } from './fault.js';

export const rollingUpdate = faultType({
  type: 'RollingUpdate',
  meaning: 'a new version is rolled out',
  fields: {
    target: field(
      z.string().regex(/^(deployment|statefulset|daemonset)\/.+$/, {
        error: 'must be deployment/<name>, statefulset/<name> or daemonset/<name>',
      }),
      'workload whose template changes, as in the manifest, all copies',
    ),
    copies: otherwise(part, '100%', 'how many of the copies'),
    image: optional(z.string().min(1), 'new image of the first container', { default: 'the same (a restart)' }),
    behavior: optional(z.array(behavior), 'what the new version does differently', { default: 'nothing' }),
  },
  read: (input, at, reader) => ({ workloads: reader.workloads(input.target, input.copies, at) }),
  updated: ({ image, behavior }, template, at, reader) => {
    const first = template.containers.findIndex(({ role }) => role === 'main');
    const containers = template.containers.map((container, i) =>
      i === first && image !== undefined ? { ...container, image } : container,
    );
    return reader.behaving({ ...template, containers }, behavior ?? [], at);
  },
  begin: (fault, { workloads }) => {
    const pods = fault.workloads.flatMap((workload) => workloads.podsOf(workload));
    for (const workload of fault.workloads) workloads.beginRollingUpdate(workload);
    return { nodes: [], pods };
  },
  consequences: { exits: [], deletes: true, rollsOut: true },
  examples: [{}],
});
