// The scenario format, defined once: validation, JSON Schema for editors, `explain` and the reference page come from here.
// Part of the scenario; a file a section. Field names and defaults are Kubernetes' own wherever Kubernetes has the field. A
// field marked `planned` is part of the format and not of the model yet: it is refused, never ignored. What can be named, and
// the fields that a part brings, are those of a catalogue.

import { z } from 'zod';
import type { Catalogue } from '../../catalogue.js';
import { MINOR_VERSION_DEFAULT, MINOR_VERSION_MAX, MINOR_VERSION_MIN } from '../../cluster/index.js';
import { type FaultSchema, faultSchema } from '../../faults/index.js';
import type { distribution } from '../../format/distributions.js';
import { duration, field, name, OURS, optional, otherwise, section } from '../../format/fields.js';
import { REPLICATIONS_MAX } from '../limits.js';
import { app } from './apps.js';
import { controlPlane } from './control-plane.js';
import { images, registries, registry } from './images.js';
import { kubeProxyOf } from './kube-proxy.js';
import { networkOf } from './network.js';
import { nodePoolOf } from './node-pools.js';
import { sweep, thresholds } from './sweep.js';
import { trafficOf } from './traffic.js';

export { SWEEP_METHODS } from './sweep.js';

export const API_VERSION = 'kubelapse.dev/v1alpha1';

const faultOf = (faults: Catalogue['faults']) =>
  z.discriminatedUnion('type', [...faults.all.map(faultSchema)] as unknown as [FaultSchema]);

const schemaOf = (catalogue: Catalogue) =>
  z.strictObject({
    apiVersion: field(z.literal(API_VERSION), 'version of this format'),
    kind: field(z.literal('Scenario'), 'kind of this document'),
    metadata: field(
      z.strictObject({
        name: field(name, 'name of the scenario and of its folder of results'),
        annotations: optional(
          z.record(z.string(), z.string()),
          'kubelapse.dev/question is the question that the scenario asks',
        ),
        labels: optional(z.record(z.string(), z.string()), 'arbitrary labels'),
      }),
      'what the scenario is called',
    ),
    spec: field(
      z.strictObject({
        kubernetesVersion: otherwise(
          z
            .string({ error: 'must be a minor version in quotes, such as "1.36"' })
            .regex(/^1\.\d+$/, { error: 'must be a minor version in quotes, such as "1.36"' })
            .refine(
              (text) => {
                const minor = Number(text.slice(2));
                return minor >= MINOR_VERSION_MIN && minor <= MINOR_VERSION_MAX;
              },
              {
                error: (issue) =>
                  `${String(issue.input)} is not modelled; 1.${MINOR_VERSION_MIN} to 1.${MINOR_VERSION_MAX} are`,
              },
            ),
          `1.${MINOR_VERSION_DEFAULT}`,
          'behaviour and defaults follow this version',
          { default: `"1.${MINOR_VERSION_DEFAULT}"` },
        ),
        duration: otherwise(duration, '10m', 'simulated time'),
        startTime: otherwise(
          z.iso.datetime({ offset: true, error: 'must be an instant such as "2026-01-05T08:00:00Z"' }),
          '2026-01-01T00:00:00Z',
          'what the clock says at time 0, for what happens by the clock: CronJobs',
          { source: OURS },
        ),
        warmup: otherwise(duration, '0s', 'time at the beginning that is simulated and not measured'),
        seed: otherwise(z.union([z.int(), z.string()]), 42, 'seed of all random streams'),
        replications: otherwise(
          z.int().min(1).max(REPLICATIONS_MAX),
          1,
          'runs of each point that differ in nothing but their seeds, which follow from spec.seed',
        ),
        nodePools: field(z.array(nodePoolOf(catalogue.containerRuntimes.names)).min(1), 'the worker nodes'),
        network: networkOf(catalogue.networkPlugins),
        extensions: optional(
          z.array(z.string().min(1)).min(1),
          'modules with parts that are not kubelapse’s own, relative to the scenario; each must be allowed by --extension, or lie in a folder of --allow-path',
          { default: 'none' },
        ),
        profiles: optional(
          z.array(z.string()).min(1),
          'files that say what this machine, kernel or plugin costs where the model’s defaults do not hold; later ones win',
          { default: 'none: the numbers of docs/reference/parameters.md' },
        ),
        kubeProxy: section(
          kubeProxyOf(catalogue),
          'fields of KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1)',
        ),
        controlPlane: section(controlPlane, 'limits and choices of the control plane'),
        images,
        registry,
        registries,
        apps: field(z.array(app).min(1), 'what runs on the cluster'),
        explainPlacement: optional(
          z.array(z.string().min(1)),
          'names of pods whose placements are explained in scheduling.csv, plugin by plugin; * stands for any text',
          { default: 'none' },
        ),
        traffic: optional(z.array(trafficOf(catalogue.trafficShapes)), 'clients of the services'),
        faults: optional(z.array(faultOf(catalogue.faults)), 'what goes wrong, or is done, and when'),
        sweep,
        thresholds,
      }),
      'the cluster and what happens to it',
    ),
  });

export type ScenarioSchema = ReturnType<typeof schemaOf>;

const known = new WeakMap<Catalogue, ScenarioSchema>();

/** The format, with the parts of a catalogue; the same object each time. */
export function scenarioSchemaOf(catalogue: Catalogue): ScenarioSchema {
  let schema = known.get(catalogue);
  if (schema === undefined) {
    schema = schemaOf(catalogue);
    known.set(catalogue, schema);
  }
  return schema;
}

/** A Scenario document that passed validation. */
export type ScenarioDocument = z.infer<ScenarioSchema>;
export type DistributionInput = z.infer<typeof distribution>;
