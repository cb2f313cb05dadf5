// What is read of an object that is imported, and what type it must have. Part of the scenario. Everything else in an object is
// taken over as it is, or left out; who writes a dump by hand is told where it is wrong.

import { z } from 'zod';
import { formatPath } from '../../format/path.js';

/** Kubernetes writes what is empty as null, too. */
const maybe = <T extends z.ZodType>(schema: T) => schema.nullish();

const text = z.string({ error: 'must be text' });
/** Numbers and booleans that nobody has quoted. */
const plainText = z.union([z.string(), z.number(), z.boolean()], { error: 'must be text' });
const labels = z.record(z.string(), plainText, { error: 'must be a map of text to text' });
const quantity = z.union([z.string(), z.number()], { error: 'must be a quantity such as 500m, 2 or 64Gi' });
const quantities = z.record(z.string(), quantity, { error: 'must be a map of quantities' });
const count = z.int({ error: 'must be a whole number' }).min(0, { error: 'must be at least 0' });
const object = <T extends z.core.$ZodLooseShape>(shape: T) => z.looseObject(shape, { error: 'must be an object' });
const list = <T extends z.ZodType>(of: T) => z.array(of, { error: 'must be a list' });

const NOT_A_NAMESPACE = { error: 'must be the name of a namespace: lower-case letters, digits and "-", at most 63' };

const metadata = object({
  name: maybe(text),
  generateName: maybe(text),
  // It becomes the name of a file.
  namespace: maybe(text.max(63, NOT_A_NAMESPACE).regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, NOT_A_NAMESPACE)),
  labels: maybe(labels),
  annotations: maybe(labels),
  ownerReferences: maybe(
    list(object({ kind: text, name: text, controller: maybe(z.boolean({ error: 'must be true or false' })) })),
  ),
});

const condition = object({ type: text, status: text, lastTransitionTime: maybe(text) });

const container = object({
  name: maybe(plainText),
  resources: maybe(object({ requests: maybe(quantities) })),
});
const podSpec = object({
  containers: maybe(list(container)),
  nodeSelector: maybe(labels),
});
const template = object({ metadata: maybe(object({ labels: maybe(labels) })), spec: maybe(podSpec) });

const node = object({
  metadata: maybe(metadata),
  spec: maybe(
    object({
      unschedulable: maybe(z.boolean({ error: 'must be true or false' })),
      taints: maybe(list(object({ key: text, value: maybe(plainText), effect: maybe(text) }))),
    }),
  ),
  status: maybe(
    object({
      capacity: maybe(quantities),
      allocatable: maybe(quantities),
      nodeInfo: maybe(
        object({
          containerRuntimeVersion: maybe(text),
          kernelVersion: maybe(text),
          kubeletVersion: maybe(text),
        }),
      ),
      images: maybe(list(object({ names: maybe(list(text)), sizeBytes: maybe(z.number().min(0)) }))),
    }),
  ),
});

const pod = object({
  metadata: maybe(metadata),
  spec: maybe(podSpec),
  status: maybe(
    object({
      phase: maybe(text),
      conditions: maybe(list(condition)),
      containerStatuses: maybe(
        list(
          object({
            name: text,
            restartCount: maybe(count),
            state: maybe(object({ running: maybe(object({ startedAt: maybe(text) })) })),
          }),
        ),
      ),
    }),
  ),
});

const priorityClass = object({
  metadata: maybe(metadata),
  value: maybe(z.int({ error: 'must be a whole number' })),
  globalDefault: maybe(z.boolean({ error: 'must be true or false' })),
  preemptionPolicy: maybe(text),
});
const runtimeClass = object({
  metadata: maybe(metadata),
  overhead: maybe(object({ podFixed: maybe(quantities) })),
  scheduling: maybe(object({ nodeSelector: maybe(labels) })),
});

/** Any other kind: a workload, a Service, a policy, or what is left out. */
const other = object({
  metadata: maybe(metadata),
  spec: maybe(
    object({
      replicas: maybe(count),
      parallelism: maybe(count),
      template: maybe(template),
    }),
  ),
  status: maybe(object({ conditions: maybe(list(condition)) })),
});

const service = object({ metadata: maybe(metadata), spec: maybe(object({ selector: maybe(labels) })) });
const configMap = object({ metadata: maybe(metadata), data: maybe(z.record(z.string(), z.unknown())) });

const SCHEMAS: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>([
  ['Node', node],
  ['Pod', pod],
  ['Service', service],
  ['ConfigMap', configMap],
  ['PriorityClass', priorityClass],
  ['RuntimeClass', runtimeClass],
]);

/** Fields that are text, and maps of texts, whatever stands there without quotes. */
const TEXTS = new Set(['name', 'namespace', 'key', 'value', 'effect']);
const TEXT_MAPS = new Set(['labels', 'annotations', 'nodeSelector', 'selector', 'matchLabels']);

/**
 * The value as Kubernetes understands it: fields that are null are not there, and what nobody has quoted is text where text
 * belongs. Nested no deeper than an object may be.
 */
export function normalised(value: unknown, isText = false, areTexts = false): unknown {
  if (typeof value !== 'object' || value === null) {
    return isText && (typeof value === 'number' || typeof value === 'boolean') ? String(value) : value;
  }
  if (Array.isArray(value)) return value.map((item) => normalised(item));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, child]) => child !== null)
      .map(([key, child]) => [key, normalised(child, areTexts || TEXTS.has(key), TEXT_MAPS.has(key))]),
  );
}

/** What is wrong with an object of that kind, with its name and the field; undefined if it can be read. */
export function problemOf(kind: string, value: object): string | undefined {
  const { success, error } = (SCHEMAS.get(kind) ?? other).safeParse(value);
  if (success) return undefined;
  const { path, message } = error.issues[0]!;
  const field = formatPath(path.map((step) => (typeof step === 'number' ? step : String(step))));
  return `${[kind, nameOf(value)].filter((word) => word !== '').join(' ')}: ${field}: ${message}`;
}

function nameOf(value: object): string {
  const { metadata } = value as { metadata?: { namespace?: unknown; name?: unknown } | null };
  return [metadata?.namespace, metadata?.name].filter((word) => typeof word === 'string').join('/');
}
