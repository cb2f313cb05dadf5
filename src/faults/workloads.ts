// What is done to workloads while they run: scaled, suspended, deleted, as `kubectl` does it. Part of the faults.

import { z } from 'zod';
import { field, otherwise, part } from '../format/index.js';
import { type FaultReader, faultType } from './fault.js';
import { lasts, untilEnd } from './targets.js';

const target = (kinds: readonly string[], description: string) => ({
  target: field(
    z.string().regex(new RegExp(`^(${kinds.join('|')})/.+$`), {
      error: `must be ${kinds.map((kind) => `${kind}/<name>`).join(' or ')}`,
    }),
    `${description}, as in the manifest, all copies`,
  ),
  copies: otherwise(part, '100%', 'how many of the copies'),
});
type Target = { readonly target: string; readonly copies: string | number };

const workloadsOf = ({ target, copies }: Target, at: Parameters<FaultReader['workloads']>[2], reader: FaultReader) => ({
  workloads: reader.workloads(target, copies, at),
});

export const scale = faultType({
  type: 'Scale',
  meaning: 'another number of pods is wanted',
  fields: {
    ...target(['deployment', 'replicaset', 'replicationcontroller', 'statefulset'], 'workload that is scaled'),
    replicas: field(z.int().min(0).max(1_000_000), 'pods that it is to have'),
  },
  read: (input, at, reader) => ({ ...workloadsOf(input, at, reader), replicas: input.replicas }),
  begin: (fault, { workloads }) => {
    const pods = fault.workloads.flatMap((workload) => workloads.podsOf(workload));
    for (const workload of fault.workloads) workloads.scale(workload, fault.replicas);
    return { nodes: [], pods };
  },
  consequences: { exits: [], deletes: true, rollsOut: true },
  examples: [{ replicas: 1 }, { replicas: 7 }],
});

export const suspend = faultType({
  type: 'Suspend',
  meaning: 'a Job or CronJob is suspended, or goes on',
  fields: {
    ...target(['job', 'cronjob'], 'Job or CronJob that is suspended'),
    suspend: otherwise(z.boolean(), true, 'false: it goes on'),
    duration: untilEnd('how long, before it is as it was'),
  },
  read: (input, at, reader) => ({
    ...workloadsOf(input, at, reader),
    suspend: input.suspend,
    duration: lasts(input.duration),
  }),
  begin: (fault, { workloads }) => {
    const pods = fault.workloads.flatMap((workload) => workloads.podsOf(workload));
    for (const workload of fault.workloads) workloads.suspend(workload, fault.suspend);
    const undo = (): void => {
      for (const workload of fault.workloads) workloads.suspend(workload, !fault.suspend);
    };
    return { nodes: [], pods, undo };
  },
  consequences: { exits: [], deletes: true },
  examples: [{ suspend: true }],
});

export const deletion = faultType({
  type: 'Delete',
  meaning: 'a workload is deleted',
  fields: {
    ...target(
      ['deployment', 'replicaset', 'replicationcontroller', 'statefulset', 'daemonset', 'job', 'cronjob'],
      'workload that is deleted',
    ),
    propagationPolicy: otherwise(
      z.enum(['Background', 'Foreground', 'Orphan']),
      'Background',
      'Orphan: its pods stay, or the Jobs of a CronJob; Foreground: its object goes after them, which is the same for them',
    ),
  },
  read: (input, at, reader) => ({ ...workloadsOf(input, at, reader), orphans: input.propagationPolicy === 'Orphan' }),
  begin: (fault, { workloads }) => {
    const pods = fault.workloads.flatMap((workload) => workloads.podsOf(workload));
    for (const workload of fault.workloads) workloads.remove(workload, fault.orphans);
    return { nodes: [], pods };
  },
  consequences: { exits: [], deletes: true },
  examples: [{ orphans: false }],
});
