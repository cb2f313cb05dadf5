// Traces of SimKube: which objects a cluster was given, and when. Part of the scenario. A trace is a list of events with the objects
// that were applied and deleted (acrlabs/simkube, sk-store); it is stored as MessagePack, and may be JSON.

import { decode } from '@msgpack/msgpack';
import type { ManifestFields } from '../manifests/manifest-fields.js';
import { valueAt } from '../validate.js';
import { isFields } from '../yaml/object-fields.js';
import { type Json, keyOf } from './kube-types.js';
import { NOT_A_WORKLOAD, type Timed, type TimedApp, type TimedEvent } from './timed.js';

interface TraceEvent {
  /** Seconds since 1970. */
  readonly ts: number;
  readonly applied_objs?: readonly unknown[];
  readonly deleted_objs?: readonly unknown[];
}

/** What the bytes of a trace say. Throws a RangeError if they are none. */
export function simkubeEvents(bytes: Uint8Array): TraceEvent[] {
  let value: unknown;
  try {
    const start = bytes.find((byte) => byte > 0x20);
    value = start === 0x7b || start === 0x5b ? JSON.parse(new TextDecoder().decode(bytes)) : decode(bytes);
  } catch {
    throw new RangeError('is neither MessagePack nor JSON');
  }
  const events = eventsIn(value);
  if (events === undefined) throw new RangeError('holds no events with applied_objs: it is no trace of SimKube');
  return [...events].sort((a, b) => a.ts - b.ts);
}

/** The list of events: in a field of the trace, or one of its parts. */
function eventsIn(value: unknown): TraceEvent[] | undefined {
  const isEvents = (one: unknown): one is TraceEvent[] =>
    Array.isArray(one) &&
    one.length > 0 &&
    one.every((event) => isFields(event) && 'ts' in event && 'applied_objs' in event);
  if (isEvents(value)) return value;
  const parts = Array.isArray(value) ? value : isFields(value) ? Object.values(value) : [];
  return parts.find(isEvents);
}

/** What was seen of one object. */
interface Seen {
  readonly app: TimedApp;
  readonly target: string;
  replicas: number;
  image: string;
  isGone: boolean;
}

/** Workloads as they came, were changed, and went. */
export function timedTrace(events: readonly TraceEvent[], fields: ManifestFields): Timed {
  const begin = events[0]!.ts;
  const seen = new Map<string, Seen>();
  const changes: TimedEvent[] = [];
  const dropped = new Map<string, number>();
  const drop = (what: string): void => void dropped.set(what, (dropped.get(what) ?? 0) + 1);
  for (const { ts, applied_objs: applied = [], deleted_objs: deleted = [] } of events) {
    const at = ts - begin;
    for (const object of applied.filter(isFields)) {
      const kind = String(object.kind);
      if (fields.workload(kind) === undefined || !isFields(object.metadata)) {
        drop(`${kind}${NOT_A_WORKLOAD}`);
        continue;
      }
      const known = seen.get(keyOfObject(object));
      const size = sizeOf(object, fields);
      if (known?.isGone === true) drop(`${kind} that comes again after its deletion`);
      else if (known === undefined) seen.set(keyOfObject(object), begun(object, at, size, fields));
      else changes.push(...changesOf(known, size, at));
    }
    for (const object of deleted.filter(isFields)) {
      const known = isFields(object.metadata) ? seen.get(keyOfObject(object)) : undefined;
      if (known === undefined || known.isGone) continue;
      changes.push({ type: 'Delete', at, target: known.target });
      known.isGone = true;
    }
  }
  return { apps: [...seen.values()].map(({ app }) => app), events: changes, dropped, notes: [] };
}

interface Size {
  readonly replicas: number;
  readonly image: string;
}

function sizeOf(object: Json, fields: ManifestFields): Size {
  const template = fields.workload(String(object.kind))!.manifest.template;
  const image = valueAt(object, [...template, 'spec', 'containers', 0, 'image']);
  return { replicas: Number(valueAt(object, ['spec', 'replicas']) ?? 1), image: String(image ?? '') };
}

/** Its namespace and its name. */
function calledOf({ metadata }: Json): { readonly namespace: string; readonly name: string } {
  const { namespace = 'default', name } = metadata as { namespace?: string; name: string };
  return { namespace, name };
}

function keyOfObject(object: Json): string {
  const { namespace, name } = calledOf(object);
  return keyOf(String(object.kind), namespace, name);
}

function begun(object: Json, at: number, { replicas, image }: Size, fields: ManifestFields): Seen {
  const kind = String(object.kind);
  const { namespace, name } = calledOf(object);
  const { apiVersion } = fields.workload(kind)!.manifest;
  const kept = { apiVersion, kind, metadata: { name, namespace }, spec: fields.pruned(kind, object) };
  const app = { name: `${namespace}-${name}`, objects: [kept], copies: undefined, at, over: 0 };
  return { app, target: `${kind.toLowerCase()}/${namespace}/${name}`, replicas, image, isGone: false };
}

/** What is done to a workload so that it is as it is applied now. */
function changesOf(known: Seen, { replicas, image }: Size, at: number): TimedEvent[] {
  const { target } = known;
  const events: TimedEvent[] = [];
  if (replicas !== known.replicas) events.push({ type: 'Scale', at, target, replicas });
  if (image !== known.image) events.push({ type: 'RollingUpdate', at, target, image });
  known.replicas = replicas;
  known.image = image;
  return events;
}
