// What goes wrong with applications. Part of the faults.

import { z } from 'zod';
import type { FaultSpec, PodId } from '../cluster/index.js';
import type { Duration } from '../engine/index.js';
import { field, ns, otherwise, type Path, parseIntOrPercent, part, someTime } from '../format/index.js';
import type { Kubelets } from '../kubelet/index.js';
import { type FaultHit, type FaultReach, type FaultReader, faultType } from './fault.js';

const fields = (lasts: string) => ({
  duration: field(someTime, lasts),
  target: field(
    z.string().regex(/^(deployment|statefulset|daemonset|pod)\/.+$/, {
      error: 'must be deployment/<name>, statefulset/<name>, daemonset/<name> or pod/<name>',
    }),
    'workload whose pods are hit, all copies',
  ),
  copies: otherwise(part, '100%', 'how many of the copies'),
  pods: otherwise(part, '100%', 'how many ready pods of each'),
});
type Input = z.infer<z.ZodObject<ReturnType<typeof fields>>>;

const read = (input: Input, at: Path, reader: FaultReader) => ({
  duration: ns(input.duration) as number,
  workloads: reader.workloads(input.target, input.copies, at),
  pods: parseIntOrPercent(input.pods)!,
});

type Fault = FaultSpec & ReturnType<typeof read>;

const hitPods =
  (hit: (kubelets: Kubelets, pod: PodId, duration: Duration) => void) =>
  ({ duration, workloads, pods: amount }: Fault, { kubelets, pickPods }: FaultReach): FaultHit => {
    const pods = pickPods(workloads, amount);
    for (const pod of pods) hit(kubelets, pod, duration);
    return { nodes: [], pods };
  };

export const readinessFlap = faultType({
  type: 'ReadinessFlap',
  meaning: 'pods report that they are not ready',
  fields: fields('how long the readiness endpoint reports not ready'),
  read,
  begin: hitPods((kubelets, pod, duration) => kubelets.flapReadiness(pod, duration)),
  consequences: { exits: [] },
  examples: [{ pods: { percent: 50 } }],
});

export const applicationHang = faultType({
  type: 'ApplicationHang',
  meaning: 'applications hang',
  fields: fields('how long the application does not answer, or until it is restarted'),
  read,
  begin: hitPods((kubelets, pod, duration) => kubelets.hang(pod, duration)),
  consequences: { exits: ['liveness', 'startup'] },
  examples: [{ pods: { percent: 50 } }],
});
