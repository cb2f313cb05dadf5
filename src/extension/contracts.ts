// What a part of each kind has, and what it makes for a run, for values that no compiler has seen. Part of the extensions. The
// contracts themselves are types beside the components; the compiler holds these lists to them.

import type { Parts } from '../catalogue.js';
import type { Journal, MetricType } from '../cluster/index.js';
import type { Controller, PluginOfCluster } from '../control-plane/index.js';
import type { WorkloadController } from '../control-plane/workloads/workload-kind.js';
import type { FaultHit } from '../faults/index.js';
import { nearest } from '../format/index.js';
import type { EndpointChoice, IpvsScheduler } from '../kube-proxy/index.js';
import { METRIC_UNITS, type MetricDefinition } from '../metrics/index.js';
import type { Arrivals } from '../traffic/index.js';
import { membersOf, PartError, type Verifiers } from './guard.js';

type Need = 'text' | 'number' | 'truth' | 'function' | 'list' | 'object';

/** Every member of a contract; those with `?` may be left out. */
type Members<T> = { readonly [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? `${Need}?` : Need };
type AnyMembers = Readonly<Record<string, Need | `${Need}?`>>;

/** What a function of a part makes for one run. */
interface Made {
  readonly by: string;
  readonly members: AnyMembers;
  /** Of functions of it, by name: asked where nothing is in a hurry. */
  readonly verify?: Verifiers;
}

interface Kind<Part> {
  /** The member by which a part is known, and how it may look. */
  readonly name: string;
  readonly pattern: RegExp;
  readonly members: Members<Part>;
  /** What a part of the kind is called in messages. */
  readonly called: string;
  readonly makes?: Made;
  /** What else is wrong with a part whose members are right. */
  readonly problem?: (part: Part) => string | undefined;
}

/** Seen by whoever does not know which kind it is. */
interface AnyKind extends Omit<Kind<object>, 'members' | 'problem'> {
  readonly members: AnyMembers;
  readonly problem?: (part: never) => string | undefined;
}

/** Names that stand in scenarios, in columns and in flags. */
const WORD = /^[A-Za-z0-9]([-A-Za-z0-9_]*[A-Za-z0-9])?$/;
const METRIC = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
/** A file beside the others of a result, and nowhere else. */
const TABLE = /^[a-z0-9][a-z0-9_]*\.csv$/;

// What parts make for a run.

const IPVS_SCHEDULER: Members<IpvsScheduler> = {
  compared: 'number',
  turns: 'truth?',
  remembers: 'truth?',
  readsInactive: 'truth?',
  choose: 'function',
  onChanged: 'function',
};
const PLUGIN_OF_CLUSTER: Members<PluginOfCluster> = {
  concerns: 'function?',
  filterKind: 'function?',
  scoreKind: 'function?',
  filter: 'function?',
  score: 'function?',
  weight: 'number?',
  onBooked: 'function?',
  attemptDuration: 'function?',
};
const CONTROLLER: Members<Controller> = { seed: 'function?', start: 'function?' };
const WORKLOAD_CONTROLLER: Members<WorkloadController> = {
  reconcile: 'function',
  onCreated: 'function?',
  begin: 'function?',
  onEnded: 'function?',
  onRemoved: 'function?',
  onRollout: 'function?',
};
const ARRIVALS: Members<Arrivals> = { next: 'function' };
const FAULT_HIT: Members<FaultHit> = { nodes: 'list', pods: 'list', undo: 'function?' };
const ENDPOINT_CHOICE: Members<EndpointChoice> = { choose: 'function', close: 'function', onNodeDown: 'function' };
const JOURNAL: Members<Journal> = {
  podCreated: 'function?',
  podUnschedulable: 'function?',
  podBound: 'function?',
  podReadyChanged: 'function?',
  podDeleted: 'function?',
  podRemoved: 'function?',
  nodeUpChanged: 'function?',
  nodeReadyChanged: 'function?',
  requestReachedPod: 'function?',
  requestEnded: 'function?',
  faultBegan: 'function?',
  faultEnded: 'function?',
  kubeletStarted: 'function?',
  kubeletStopped: 'function?',
  syncLoopPaused: 'function?',
  requestSent: 'function?',
  podSeeded: 'function?',
  podAdmitted: 'function?',
  syncBegan: 'function?',
  volumesMounted: 'function?',
  sandboxReady: 'function?',
  sandboxGone: 'function?',
  podInspected: 'function?',
  statusSet: 'function?',
  containerDue: 'function?',
  containerStarted: 'function?',
  postStartHook: 'function?',
  containerStopping: 'function?',
  containerEnded: 'function?',
  probeBegan: 'function?',
  probeEnded: 'function?',
  probeResult: 'function?',
  pullAdmitted: 'function?',
  pullBegan: 'function?',
  pullEnded: 'function?',
  rulesSynced: 'function?',
  endpointMoved: 'function?',
  slicesWritten: 'function?',
  nodeUnknown: 'function?',
  runEnded: 'function?',
};

const isOneOfThem: Verifiers[string] = (result, [servers]) =>
  result === undefined || (servers as readonly unknown[]).includes(result)
    ? undefined
    : `must return one of the servers that it is handed, or undefined, not ${described(result)}`;
const isScore: Verifiers[string] = (result) =>
  (result as number) >= 0 && (result as number) <= 100
    ? undefined
    : `must return a score of 0 to 100, not ${described(result)}`;
const isInstant: Verifiers[string] = (result) =>
  typeof result === 'number' && !Number.isNaN(result)
    ? undefined
    : `must return an instant in s, or Infinity for never, not ${described(result)}`;

const METRIC_TYPES: readonly string[] = ['histogram', 'counter'] satisfies MetricDefinition['type'][];
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Prometheus's rules for names: the unit at the end, `_total` if it is a counter. */
function metricProblem({ name, type, unit, labels }: MetricType): string | undefined {
  if (!METRIC_TYPES.includes(type)) return `.type: must be ${METRIC_TYPES.join(' or ')}, not ${described(type)}`;
  if (!METRIC_UNITS.includes(unit)) return `.unit: must be ${METRIC_UNITS.join(' or ')}, not ${described(unit)}`;
  const label = labels.find((one) => typeof one !== 'string' || !LABEL.test(one));
  if (label !== undefined) return `.labels: must be letters, digits and "_", not ${described(label)}`;
  const end = type === 'counter' ? '_total' : `_${unit}`;
  return name.endsWith(end) || (type === 'histogram' && unit === 'total')
    ? undefined
    : `.name: must end with ${end}, as Prometheus names such metrics, not ${described(name)}`;
}

/** Every kind of part; the compiler misses one that is not here. */
export const KINDS: { readonly [K in keyof Parts]: Kind<Parts[K][number]> } = {
  proxyModes: {
    name: 'name',
    pattern: WORD,
    called: 'proxy mode',
    members: {
      meaning: 'text',
      minSyncPeriod: 'text',
      syncPeriod: 'text',
      kinds: 'number',
      count: 'function',
      size: 'function',
      syncCost: 'function',
      syncsPartially: 'function',
      forcedInterval: 'function',
      takesXtablesLock: 'function',
      hasCanary: 'truth',
      isFlushable: 'truth',
      changesOneByOne: 'truth',
      savesTable: 'truth',
      masquerades: 'truth',
      tracksConnections: 'truth',
      affinityClientsMax: 'number',
      metrics: 'object',
      name: 'text',
      configured: 'text?',
      requires: 'object?',
      section: 'object?',
      read: 'function?',
      partialSyncGate: 'object?',
      writing: 'function?',
      choice: 'function?',
      measures: 'list?',
      firstPacket: 'function',
      arrival: 'function',
      services: 'function',
      filter: 'function',
      nodePorts: 'function',
      forwardedPacket: 'function',
      parameters: 'object',
      fits: 'list',
    },
    makes: { by: 'choice', members: ENDPOINT_CHOICE },
  },
  loadBalancers: {
    name: 'name',
    pattern: WORD,
    called: 'load balancer',
    members: { name: 'text', meaning: 'text', create: 'function', isRoundRobin: 'truth?' },
    makes: { by: 'create', members: IPVS_SCHEDULER, verify: { choose: isOneOfThem } },
  },
  networkPlugins: {
    name: 'name',
    pattern: WORD,
    called: 'network plugin',
    members: {
      meaning: 'text',
      variants: 'list',
      parameters: 'object',
      addresses: 'function',
      hasNodeRanges: 'truth',
      queue: 'function',
      programsAfterAdd: 'truth',
      looksAtLabelsOnly: 'truth',
      daemonSet: 'object',
      name: 'text',
      ownParameters: 'object?',
      measures: 'list?',
    },
  },
  containerRuntimes: {
    name: 'name',
    pattern: WORD,
    called: 'container runtime',
    members: { name: 'text', calls: 'object', memory: 'function', versionPrefix: 'text', constants: 'object?' },
  },
  schedulerPlugins: {
    name: 'name',
    pattern: WORD,
    called: 'scheduler plugin',
    members: { name: 'text', meaning: 'text', isLocal: 'truth', create: 'function', holdsForChosenNode: 'truth?' },
    makes: { by: 'create', members: PLUGIN_OF_CLUSTER, verify: { score: isScore, scoreKind: isScore } },
  },
  controllers: {
    name: 'name',
    pattern: WORD,
    called: 'controller',
    members: { name: 'text', meaning: 'text', create: 'function' },
    makes: { by: 'create', members: CONTROLLER },
  },
  workloadKinds: {
    name: 'kind',
    pattern: WORD,
    called: 'kind of workload',
    members: { kind: 'text', traits: 'object', manifest: 'object?', control: 'function?' },
    makes: { by: 'control', members: WORKLOAD_CONTROLLER },
  },
  trafficShapes: {
    name: 'name',
    pattern: WORD,
    called: 'traffic shape',
    members: {
      name: 'text',
      meaning: 'text',
      fields: 'object?',
      read: 'function?',
      isSimulatedWhole: 'truth?',
      create: 'function',
    },
    makes: { by: 'create', members: ARRIVALS, verify: { next: isInstant } },
  },
  faults: {
    name: 'type',
    pattern: WORD,
    called: 'fault',
    members: {
      meaning: 'text',
      fields: 'object',
      read: 'function',
      begin: 'function',
      consequences: 'object',
      examples: 'list',
      type: 'text',
      updated: 'function?',
      withoutEffect: 'function?',
    },
    makes: { by: 'begin', members: FAULT_HIT },
  },
  tables: {
    name: 'file',
    pattern: TABLE,
    called: 'table',
    members: {
      file: 'text',
      meaning: 'text',
      columns: 'list',
      rows: 'function',
      rowsMax: 'number?',
      isForCharts: 'truth?',
    },
  },
  metrics: {
    name: 'name',
    pattern: METRIC,
    called: 'metric',
    members: {
      name: 'text',
      type: 'text',
      unit: 'text',
      labels: 'list',
      meaning: 'text',
      shortNames: 'list?',
      bounds: 'list?',
      listen: 'function?',
    },
    makes: { by: 'listen', members: JOURNAL },
    problem: metricProblem,
  },
  models: {
    name: 'name',
    pattern: WORD,
    called: 'model',
    members: { name: 'text', constants: 'object', costs: 'object', measures: 'list', fits: 'list' },
  },
};

const HOLDS: Readonly<Record<Need, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string' && value !== '',
  number: (value) => typeof value === 'number' && !Number.isNaN(value),
  truth: (value) => typeof value === 'boolean',
  function: (value) => typeof value === 'function',
  list: (value) => Array.isArray(value),
  object: (value) => typeof value === 'object' && value !== null,
};

const WORDS: Readonly<Record<Need, string>> = {
  text: 'text',
  number: 'a number',
  truth: 'true or false',
  function: 'a function',
  list: 'a list',
  object: 'an object',
};

const kindOf = (kind: keyof Parts): AnyKind => KINDS[kind] as unknown as AnyKind;

/** What of a part does not keep its contract, such as `.create: must be a function, not undefined`; undefined if nothing. */
export function contractProblem(kind: keyof Parts, part: unknown): string | undefined {
  if (typeof part !== 'object' || part === null) return ': must be an object';
  const { name, pattern, members, problem } = kindOf(kind);
  const given = (part as Readonly<Record<string, unknown>>)[name];
  if (typeof given !== 'string' || !pattern.test(given)) {
    return `.${name}: must match ${pattern.source}, not ${described(given)}`;
  }
  return membersProblem(part, members) ?? problem?.(part as never);
}

/** What is wrong with the members of a value; a misspelt one that may be left out would do nothing, and nobody would know. */
function membersProblem(value: unknown, members: AnyMembers): string | undefined {
  if (typeof value !== 'object' || value === null) return `: must be an object, not ${described(value)}`;
  const has = value as Readonly<Record<string, unknown>>;
  const odd = membersOf(value).filter((name) => typeof name === 'string' && !Object.hasOwn(members, name)) as string[];
  for (const [member, need] of Object.entries(members)) {
    const given = has[member];
    if (given === undefined) {
      const instead = nearest(member, odd);
      if (instead !== undefined) return `.${instead}: is not known; did you mean ${member}?`;
      if (need.endsWith('?')) continue;
    }
    const plain = need.replace('?', '') as Need;
    if (!HOLDS[plain](given)) return `.${member}: must be ${WORDS[plain]}, not ${described(given)}`;
  }
  return undefined;
}

/**
 * The same part, and what it makes for a run is looked at once: a run that trips over it later could not say whose it was.
 * @param label what the part is called.
 */
export function checkedPart<T extends object>(kind: keyof Parts, part: T, label: string): T {
  const { makes } = kindOf(kind);
  const make = makes === undefined ? undefined : (part as Readonly<Record<string, unknown>>)[makes.by];
  if (makes === undefined || typeof make !== 'function') return part;
  const checked = (...args: unknown[]): unknown => {
    const made: unknown = make.apply(part, args);
    const problem = membersProblem(made, makes.members);
    if (problem === undefined) return made;
    throw new PartError(label, new TypeError(`what ${makes.by} returns${problem}`));
  };
  const copy: Record<PropertyKey, unknown> = {};
  for (const name of membersOf(part)) {
    const member = (part as Readonly<Record<PropertyKey, unknown>>)[name];
    // A method of a class may have to do with what only its own object has.
    copy[name] = name === makes.by ? checked : typeof member === 'function' ? member.bind(part) : member;
  }
  return Object.freeze(copy) as T;
}

const described = (value: unknown): string =>
  typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? String(value));

/** The name of a part, if it has one. */
export function nameOfPart(kind: keyof Parts, part: unknown): string | undefined {
  const name = (part as Readonly<Record<string, unknown>> | null | undefined)?.[kindOf(kind).name];
  return typeof name === 'string' ? name : undefined;
}

/** What a part is called in messages, such as `load balancer p2c of extension power-of-two-choices`. */
export const labelOf = (kind: keyof Parts, part: unknown, extension: string): string =>
  `${KINDS[kind].called} ${nameOfPart(kind, part)} of extension ${extension}`;
