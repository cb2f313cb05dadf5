// What a part of each kind has, and what it makes for a run, for values that no compiler has seen. Part of the extensions. The
// contracts themselves are types beside the components; the compiler holds these lists to them.

import type { ZodType } from 'zod';
import type { Parts } from '../catalogue.js';
import { isPromise, type Journal, type MetricType, membersOf } from '../cluster/index.js';
import { NETWORK_FIELDS, type NetworkPlugin, type NetworkVariant } from '../cni/index.js';
import type { Controller, PluginOfCluster, PreparedPlugin, SchedulerPlugin } from '../control-plane/index.js';
import type { WorkloadController } from '../control-plane/workloads/workload-kind.js';
import type { FaultHit, FaultType } from '../faults/index.js';
import { nearest } from '../format/index.js';
import { type EndpointChoice, type IpvsScheduler, KUBE_PROXY_FIELDS, type ProxyMode } from '../kube-proxy/index.js';
import { METRIC_UNITS, type MetricDefinition } from '../metrics/index.js';
import { type AnyTable, type Column, POINT_COLUMNS, POINT_TABLE_FILES } from '../results/index.js';
import { type Arrivals, TRAFFIC_FIELDS, type TrafficShape } from '../traffic/index.js';
import { PartError, type Verifiers } from './guard.js';

type Need = 'text' | 'string' | 'number' | 'truth' | 'function' | 'list' | 'object';

/** Every member of a contract; those with `?` may be left out. */
type Members<T> = { readonly [K in keyof T]-?: undefined extends T[K] ? `${Need}?` : Need } & {
  readonly [K in keyof T as Record<never, never> extends Pick<T, K> ? K : never]-?: `${Need}?`;
};
type AnyMembers = Readonly<Record<string, Need | `${Need}?`>>;

/** What a function of a part makes for one run. */
interface Made {
  readonly by: string;
  /** It may return undefined: it has nothing to say. */
  readonly isOptional?: boolean;
  readonly members: AnyMembers;
  /** Of functions of it, by name: asked where nothing is in a hurry. */
  readonly verify?: Verifiers;
  /** What one of its functions makes. */
  readonly makes?: Made;
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
  gate: 'function?',
  prepare: 'function?',
  postFilter: 'function?',
  attemptDuration: 'function?',
};
const PREPARED_PLUGIN: Members<PreparedPlugin> = {
  filter: 'function?',
  reasons: 'function?',
  isFinal: 'function?',
  score: 'function?',
  scoreAll: 'function?',
  rawScore: 'function?',
  helps: 'function?',
  wakes: 'list?',
  isStale: 'function?',
  close: 'function?',
};
const CONTROLLER: Members<Controller> = { seed: 'function?', start: 'function?' };
const WORKLOAD_CONTROLLER: Members<WorkloadController> = {
  reconcile: 'function',
  seed: 'function?',
  onCreated: 'function?',
  begin: 'function?',
  onPodCreated: 'function?',
  onEnded: 'function?',
  onTerminated: 'function?',
  onDeleted: 'function?',
  onRemoved: 'function?',
  onRollout: 'function?',
  onTaintsChanged: 'function?',
  onScaled: 'function?',
  onSuspended: 'function?',
};
const ARRIVALS: Members<Arrivals> = { next: 'function' };
const COLUMN_MEMBERS: Members<Column<never>> = { name: 'text', unit: 'string', meaning: 'text', value: 'function' };
const SECTION: Members<NonNullable<NetworkPlugin['section']>> = { meaning: 'text', fields: 'function' };
const VARIANT: Members<NetworkVariant> = {
  name: 'text',
  meaning: 'text',
  path: 'object',
  hasSessions: 'truth',
  policies: 'object?',
};
const FAULT_HIT: Members<FaultHit> = { nodes: 'list', pods: 'list', undo: 'function?' };
const ENDPOINT_CHOICE: Members<EndpointChoice> = { choose: 'function', close: 'function', onNodeDown: 'function' };
const JOURNAL: Members<Journal> = {
  jobFinished: 'function?',
  workloadPromised: 'function?',
  controllerDeletes: 'function?',
  podEnded: 'function?',
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
  typeof result === 'number' && result >= 0 && result <= 100
    ? undefined
    : `must return a score of 0 to 100, not ${described(result)}`;
const areScores: Verifiers[string] = (_, [, count, scores]) => {
  const odd = (scores as Float64Array).subarray(0, count as number).find((score) => !(score >= 0 && score <= 100));
  return odd === undefined ? undefined : `must fill in scores of 0 to 100, not ${described(odd)}`;
};
/** 2^40. */
const WHY_MAX = 1_099_511_627_776;
const isWhy: Verifiers[string] = (result) =>
  Number.isInteger(result) && (result as number) >= 0 && (result as number) < WHY_MAX
    ? undefined
    : `must return 0, or a whole number below 2^40 that stands for why not, not ${described(result)}`;
const isSentence: Verifiers[string] = (result) =>
  result === undefined || (typeof result === 'string' && result !== '')
    ? undefined
    : `must return a sentence, or undefined, not ${described(result)}`;
const areSentences: Verifiers[string] = (result) =>
  Array.isArray(result) && result.length > 0 && result.every((one) => typeof one === 'string')
    ? undefined
    : `must return a list of sentences, not ${described(result)}`;
const isDuration: Verifiers[string] = (result) =>
  typeof result === 'number' && result >= 0 && result < Infinity
    ? undefined
    : `must return a duration in ns, not ${described(result)}`;
const isInstant: Verifiers[string] = (result, [from]) =>
  typeof result === 'number' && result >= (from as number)
    ? undefined
    : `must return an instant in s at or after ${from}, or Infinity for never, not ${described(result)}`;

const METRIC_TYPES: readonly string[] = ['histogram', 'counter'] satisfies MetricDefinition['type'][];
const LABEL = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/;
/** Labels that Prometheus has a use for, and columns that stand beside them in tables. */
const TAKEN_LABELS: readonly string[] = ['le', 'quantile', ...POINT_COLUMNS];

/** Prometheus's rules for names: the unit at the end, `_total` if it is a counter. */
function metricProblem({ name, type, unit, labels, bounds = [] }: MetricType): string | undefined {
  if (!METRIC_TYPES.includes(type)) return `.type: must be ${METRIC_TYPES.join(' or ')}, not ${described(type)}`;
  if (!METRIC_UNITS.includes(unit)) return `.unit: must be ${METRIC_UNITS.join(' or ')}, not ${described(unit)}`;
  const label = labels.find((one) => typeof one !== 'string' || !LABEL.test(one) || TAKEN_LABELS.includes(one));
  if (label !== undefined) {
    return `.labels: must be letters, digits and "_", and none of ${TAKEN_LABELS.join(', ')}; not ${described(label)}`;
  }
  const isBound = (bound: number, i: number): boolean =>
    Number.isFinite(bound) && bound > 0 && (i === 0 || bound > bounds[i - 1]!);
  if (!bounds.every(isBound)) return `.bounds: must be numbers above 0 that grow, not ${described(bounds)}`;
  const end = type === 'counter' ? '_total' : `_${unit}`;
  return name.endsWith(end) || (type === 'histogram' && unit === 'total')
    ? undefined
    : `.name: must end with ${end}, as Prometheus names such metrics, not ${described(name)}`;
}

const COLUMN = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

function tableProblem({ file, columns }: AnyTable): string | undefined {
  if (POINT_TABLE_FILES.includes(file)) return `.file: the name ${file} is taken`;
  if (columns.length === 0) return '.columns: must not be empty';
  const names: unknown[] = [...POINT_COLUMNS];
  for (const [i, column] of columns.entries()) {
    const at = `.columns[${i}]`;
    const problem = membersProblem(column, COLUMN_MEMBERS);
    if (problem !== undefined) return `${at}${problem}`;
    if (!COLUMN.test(column.name)) return `${at}.name: must be letters, digits and "_", not ${described(column.name)}`;
    if (names.includes(column.name)) return `${at}.name: the name ${column.name} is taken`;
    names.push(column.name);
  }
  return undefined;
}

/** Fields that a part brings. @param taken names of those beside which they stand. */
function fieldsProblem(fields: object | undefined, taken: readonly string[], areOptional: boolean): string | undefined {
  for (const [name, type] of Object.entries(fields ?? {}) as [string, unknown][]) {
    if (taken.includes(name)) return `.fields.${name}: the name is taken`;
    if (typeof type !== 'object' || type === null || !('_zod' in type))
      return `.fields.${name}: must be a type of z, such as field(z.int(), 'what it means'), not ${described(type)}`;
    if (areOptional && !(type as ZodType).safeParse(undefined).success)
      return `.fields.${name}: must be optional, as it stands beside those of other parts`;
  }
  return undefined;
}

const faultProblem = ({ fields }: FaultType): string | undefined => fieldsProblem(fields, ['type', 'at'], false);
const shapeProblem = ({ fields }: TrafficShape): string | undefined => fieldsProblem(fields, TRAFFIC_FIELDS, true);

function pluginProblem({ name, variants, section }: NetworkPlugin): string | undefined {
  if (section !== undefined) {
    if (NETWORK_FIELDS.includes(name))
      return `.name: ${name} is a field of spec.network, where its section would stand`;
    const problem = membersProblem(section, SECTION) ?? fieldsProblem(section.fields(), [], true);
    if (problem !== undefined) return `.section${problem}`;
  }
  if (variants.length < 1) return '.variants: must not be empty';
  for (const [i, variant] of variants.entries()) {
    const problem = membersProblem(variant, VARIANT);
    if (problem !== undefined) return `.variants[${i}]${problem}`;
  }
  return undefined;
}

/** Kinds of things that a mode puts into the kernel at most. No published figure; iptables has ten. */
const KINDS_MAX = 64;
/** A weight of Kubernetes' profiles, a whole number; 0 would be a plugin whose scores nobody counts. */
const schedulerPluginProblem = ({ weight = 1 }: SchedulerPlugin): string | undefined =>
  Number.isInteger(weight) && weight >= 1
    ? undefined
    : `.weight: must be a whole number of at least 1, not ${described(weight)}`;

const PERIOD = /^\d+(\.\d+)?(ms|s|m|h)(\d+(ms|s|m))*$/;

function modeProblem({ name, kinds, minSyncPeriod, syncPeriod, section }: ProxyMode): string | undefined {
  if (!Number.isInteger(kinds) || kinds < 1 || kinds > KINDS_MAX)
    return `.kinds: must be a whole number from 1 to ${KINDS_MAX}, not ${described(kinds)}`;
  for (const [member, period] of Object.entries({ minSyncPeriod, syncPeriod })) {
    if (!PERIOD.test(period)) return `.${member}: must be a duration such as "30s", not ${described(period)}`;
  }
  if (section !== undefined && KUBE_PROXY_FIELDS.includes(name))
    return `.name: ${name} is a field of spec.kubeProxy, where its section would stand`;
  return undefined;
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
      deprecation: 'text?',
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
    problem: modeProblem,
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
      agent: 'object?',
      section: 'object?',
      podsMax: 'function?',
      encryptions: 'list?',
      measures: 'list?',
    },
    problem: pluginProblem,
  },
  containerRuntimes: {
    name: 'name',
    pattern: WORD,
    called: 'container runtime',
    members: {
      name: 'text',
      calls: 'object',
      memory: 'function',
      versionPrefix: 'text',
      constants: 'object?',
      layersAtOnce: 'object?',
      since: 'object?',
    },
  },
  schedulerPlugins: {
    name: 'name',
    pattern: WORD,
    called: 'scheduler plugin',
    members: {
      name: 'text',
      meaning: 'text',
      isLocal: 'truth',
      weight: 'number?',
      args: 'object?',
      shortcut: 'function?',
      create: 'function',
    },
    makes: {
      by: 'create',
      members: PLUGIN_OF_CLUSTER,
      verify: { gate: isSentence, postFilter: isSentence, attemptDuration: isDuration },
      makes: {
        by: 'prepare',
        isOptional: true,
        members: PREPARED_PLUGIN,
        verify: { filter: isWhy, reasons: areSentences, score: isScore, scoreAll: areScores },
      },
    },
    problem: schedulerPluginProblem,
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
    members: {
      kind: 'text',
      traits: 'object',
      manifest: 'object?',
      runs: 'function?',
      podClient: 'text?',
      promises: 'function?',
      control: 'function?',
    },
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
    problem: shapeProblem,
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
    problem: faultProblem,
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
    problem: tableProblem,
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
      title: 'text?',
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
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number' && !Number.isNaN(value),
  truth: (value) => typeof value === 'boolean',
  function: (value) => typeof value === 'function',
  list: (value) => Array.isArray(value),
  object: (value) => typeof value === 'object' && value !== null,
};

const WORDS: Readonly<Record<Need, string>> = {
  text: 'text',
  string: 'text, if only empty',
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
  if (isPromise(value)) return ': must not be a promise: a run waits for nobody';
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
  return withChecked(part, makes, label) as T;
}

/** The same object, and what one of its functions makes is looked at. */
function withChecked(object: object, { by, members, isOptional, makes }: Made, label: string): object {
  const checked = (...args: unknown[]): unknown => {
    const make = (object as Readonly<Record<string, (...args: unknown[]) => unknown>>)[by]!;
    const made = make.apply(object, args);
    if (made === undefined && isOptional === true) return made;
    const problem = membersProblem(made, members);
    if (problem !== undefined) throw new PartError(label, new TypeError(`what ${by} returns${problem}`));
    const isMaker = makes !== undefined && isFunction((made as Readonly<Record<string, unknown>>)[makes.by]);
    return isMaker ? withChecked(made as object, makes, label) : made;
  };
  const copy: Record<PropertyKey, unknown> = {};
  for (const name of membersOf(object)) {
    const member = (object as Readonly<Record<PropertyKey, unknown>>)[name];
    // A method of a class may have to do with what only its own object has.
    copy[name] = name === by ? checked : isFunction(member) ? (member as () => unknown).bind(object) : member;
  }
  return Object.freeze(copy);
}

const isFunction = (value: unknown): boolean => typeof value === 'function';

/** A value in a message, whatever it is. */
export function described(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return `a ${typeof value}`;
  }
}

/** The name of a part, if it has one. */
export function nameOfPart(kind: keyof Parts, part: unknown): string | undefined {
  const name = (part as Readonly<Record<string, unknown>> | null | undefined)?.[kindOf(kind).name];
  return typeof name === 'string' ? name : undefined;
}

/** What a part is called in messages, such as `load balancer p2c of extension power-of-two-choices`. */
export const labelOf = (kind: keyof Parts, part: unknown, extension: string): string =>
  `${KINDS[kind].called} ${nameOfPart(kind, part)} of extension ${extension}`;
