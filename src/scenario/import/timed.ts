// A scenario of workloads that come one after the other, from a load definition or a recorded trace: which objects, when, how many.
// Part of the scenario.

import type { ManifestFields } from '../manifests/manifest-fields.js';
import { API_VERSION } from '../schema/index.js';
import { isFields } from '../yaml/object-fields.js';
import { assumedNodes } from './assumed-nodes.js';
import { type Dropped, labelKeysOf } from './cluster.js';
import type { Json } from './kube-types.js';
import { dnsName, unique } from './names.js';
import { poolsOf } from './node-groups.js';
import { poolOf, type TextOfFile, withHead } from './write.js';
import { yamlText } from './yaml-text.js';

/** Objects that come together. */
export interface TimedApp {
  readonly name: string;
  readonly objects: readonly Json[];
  /** Of each; undefined: one, with its own name. */
  readonly copies: number | undefined;
  /** Seconds from the begin of the run: when the first comes, and over how long the others do. */
  readonly at: number;
  readonly over: number;
}

/** Something that is done to a workload. */
export interface TimedEvent {
  readonly type: 'Scale' | 'Delete' | 'RollingUpdate';
  readonly at: number;
  /** `deployment/web`. */
  readonly target: string;
  readonly replicas?: number;
  readonly image?: string;
}

export interface Timed {
  readonly apps: readonly TimedApp[];
  readonly events: readonly TimedEvent[];
  /** What was left out, with the number of objects. */
  readonly dropped: ReadonlyMap<string, number>;
  readonly notes: readonly string[];
}

/** What is left out of a load or a trace and nobody needs: figures that are taken, and objects without pods. */
export const MEASUREMENT = 'measurement ';
export const NOT_A_WORKLOAD = ': not a workload';
const isQuiet = (what: string): boolean => what.startsWith(MEASUREMENT) || what.endsWith(NOT_A_WORKLOAD);

/** What was left out, with what that does to the answer. */
export const droppedOf = ({ dropped }: Timed): Dropped[] =>
  [...dropped].map(([what, count]) =>
    isQuiet(what)
      ? { what, count, step: 'nothing' }
      : { what, count, step: 'answer', why: 'it is not in the scenario' },
  );

const text = (seconds: number): string => `${Number(seconds.toFixed(3))}s`;
/** A run goes on so long after the last that comes, s. */
const AFTER = 120;

/** Scenario and manifests. Throws a RangeError if nothing of it is a workload. @param source what it was written from. */
export function filesOfTimed(name: string, timed: Timed, fields: ManifestFields, source: string): TextOfFile[] {
  const workloads = timed.apps.flatMap(({ objects, copies = 1 }) =>
    objects.flatMap((object) => {
      const pod = fields.podSpecOf(String(object.kind), object);
      return isFields(pod) ? [{ object, pod, copies }] : [];
    }),
  );
  if (workloads.length === 0) throw new RangeError('there are no workloads in it');
  const asking = workloads.map(({ object, pod, copies }) => {
    const { replicas = 1, ...spec } = (isFields(object.spec) ? object.spec : {}) as { replicas?: unknown };
    return { spec: { ...spec, replicas: Number(replicas) * copies }, pod };
  });
  const objects = workloads.map(({ object }) => ({ kind: String(object.kind), namespace: '', name: '', object }));
  const { pools } = poolsOf(assumedNodes(asking), labelKeysOf(objects), undefined);
  const taken = new Set<string>();
  const files: TextOfFile[] = [];
  const apps = timed.apps.map(({ name: own, objects: made, copies, at, over }) => {
    const app = unique(dnsName(own), taken);
    const path = `manifests/${name}/${app}.yaml`;
    files.push({ path, text: made.map((object) => `---\n${yamlText(object)}`).join('') });
    return {
      name: app,
      manifests: [path],
      ...(copies === undefined ? {} : { copies }),
      start: { at: text(at), ...(over > 0 ? { over: text(over) } : {}) },
    };
  });
  const times = [...timed.apps.map(({ at, over }) => at + over), ...timed.events.map(({ at }) => at)];
  const document = {
    apiVersion: API_VERSION,
    kind: 'Scenario',
    metadata: { name, annotations: { 'kubelapse.dev/question': `How does ${source} run on this cluster?` } },
    spec: {
      duration: text(Math.ceil(Math.max(...times)) + AFTER),
      nodePools: pools.map(poolOf),
      apps,
      ...(timed.events.length === 0
        ? {}
        : { faults: timed.events.map(({ at, ...event }) => ({ ...event, at: text(at) })) }),
    },
  };
  return [{ path: `${name}.yaml`, text: withHead(`import from ${source}.`, document) }, ...files];
}
