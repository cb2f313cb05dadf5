// What runs on the cluster. Part of the scenario's format.

import { z } from 'zod';
import { behavior } from '../../application/behavior-fields.js';
import { distribution } from '../../format/distributions.js';
import { duration, field, name, optional, otherwise } from '../../format/fields.js';

const startOf = z.union([
  z.literal('running'),
  z.strictObject({
    at: field(duration, 'time of the first creation'),
    over: otherwise(duration, '0s', 'copies are created evenly over this time, and so are serviceCopies'),
  }),
]);
const start = optional(startOf, 'running when the simulation begins, or created later', { default: 'running' });

export const app = z.strictObject({
  name: field(name, 'name of the application'),
  manifests: optional(
    z.array(z.string()).min(1),
    'ordinary Kubernetes manifests, relative to the scenario: files, folders with all below them, patterns such as apps/**/*.yaml, - for standard input; without them, the documents that follow in this file',
  ),
  copies: optional(
    z.int().min(1).max(100_000),
    'copies of the whole bundle: web-0, web-1, …, each with its own selectors',
    { default: 'one, with names as they are' },
  ),
  replicas: optional(
    z.int().min(0).max(1_000_000),
    'replicas of its Deployments and StatefulSets, whatever their manifests say',
    { default: 'those of the manifests' },
  ),
  serviceCopies: optional(
    z.int().min(1).max(100_000),
    'copies of each Service of a bundle, all with the same pods behind them: api-s0, api-s1, …',
    { default: 'one, with its name as it is' },
  ),
  start,
  placement: optional(
    z.string().min(1),
    'CSV file, relative to the scenario, of where its pods are when the simulation begins, as import writes it: a line a pod, with columns workload (deployment/web), node, and optionally ordinal and state (running, pending, held: Pending, and not tried)',
    { default: 'where the scheduler would place them' },
  ),
  policyStart: optional(startOf, 'when its NetworkPolicies are created', {
    default: 'with the rest of the application',
  }),
  readinessGates: optional(
    distribution,
    'from when its containers are ready until the readiness gates of a pod are met, as a load balancer’s controller does',
    { unit: 's', default: 'never' },
  ),
  behavior: optional(z.array(behavior), 'what the manifests cannot say'),
});
