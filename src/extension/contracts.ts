// What a part of each kind must have, for values that no compiler has seen. Part of the extensions. The contracts themselves are
// types beside the components; here is only what a run would trip over.

import type { Parts } from '../catalogue.js';

type Need = 'text' | 'number' | 'truth' | 'function' | 'list' | 'object';

interface Kind {
  /** The member by which a part is known, and how it may look. */
  readonly name: string;
  readonly pattern: RegExp;
  readonly needs: Readonly<Record<string, Need>>;
  /** What a part of the kind is called in messages. */
  readonly called: string;
}

/** Names that stand in scenarios, in columns and in flags. */
const WORD = /^[A-Za-z0-9]([-A-Za-z0-9_]*[A-Za-z0-9])?$/;
const METRIC = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
/** A file beside the others of a result, and nowhere else. */
const TABLE = /^[a-z0-9][a-z0-9_]*\.csv$/;

/** Every kind of part; the compiler misses one that is not here. */
export const KINDS: Readonly<Record<keyof Parts, Kind>> = {
  proxyModes: {
    name: 'name',
    pattern: WORD,
    called: 'proxy mode',
    needs: {
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
      firstPacket: 'function',
      arrival: 'function',
      services: 'function',
      filter: 'function',
      nodePorts: 'function',
      forwardedPacket: 'function',
      parameters: 'object',
      fits: 'list',
    },
  },
  loadBalancers: {
    name: 'name',
    pattern: WORD,
    called: 'load balancer',
    needs: { meaning: 'text', create: 'function' },
  },
  networkPlugins: {
    name: 'name',
    pattern: WORD,
    called: 'network plugin',
    needs: {
      meaning: 'text',
      variants: 'list',
      parameters: 'object',
      addresses: 'function',
      hasNodeRanges: 'truth',
      queue: 'function',
      programsAfterAdd: 'truth',
      looksAtLabelsOnly: 'truth',
      daemonSet: 'object',
    },
  },
  containerRuntimes: {
    name: 'name',
    pattern: WORD,
    called: 'container runtime',
    needs: { calls: 'object', memory: 'function', versionPrefix: 'text' },
  },
  schedulerPlugins: {
    name: 'name',
    pattern: WORD,
    called: 'scheduler plugin',
    needs: { meaning: 'text', isLocal: 'truth', create: 'function' },
  },
  controllers: {
    name: 'name',
    pattern: WORD,
    called: 'controller',
    needs: { meaning: 'text', create: 'function' },
  },
  workloadKinds: { name: 'kind', pattern: WORD, called: 'kind of workload', needs: { traits: 'object' } },
  trafficShapes: {
    name: 'name',
    pattern: WORD,
    called: 'traffic shape',
    needs: { meaning: 'text', create: 'function' },
  },
  faults: {
    name: 'type',
    pattern: WORD,
    called: 'fault',
    needs: {
      meaning: 'text',
      fields: 'object',
      read: 'function',
      begin: 'function',
      consequences: 'object',
      examples: 'list',
    },
  },
  tables: {
    name: 'file',
    pattern: TABLE,
    called: 'table',
    needs: { meaning: 'text', columns: 'list', rows: 'function' },
  },
  metrics: {
    name: 'name',
    pattern: METRIC,
    called: 'metric',
    needs: { type: 'text', unit: 'text', labels: 'list', meaning: 'text', listen: 'function' },
  },
  models: {
    name: 'name',
    pattern: WORD,
    called: 'model',
    needs: { constants: 'object', costs: 'object', measures: 'list', fits: 'list' },
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

/** What of a part does not keep its contract, such as `.create: must be a function, not undefined`; undefined if nothing. */
export function contractProblem(kind: keyof Parts, part: unknown): string | undefined {
  if (typeof part !== 'object' || part === null) return ': must be an object';
  const { name, pattern, needs } = KINDS[kind];
  const members = part as Readonly<Record<string, unknown>>;
  const given = members[name];
  if (typeof given !== 'string' || !pattern.test(given)) {
    return `.${name}: must match ${pattern.source}, not ${described(given)}`;
  }
  for (const [member, need] of Object.entries(needs)) {
    if (!HOLDS[need](members[member])) return `.${member}: must be ${WORDS[need]}, not ${described(members[member])}`;
  }
  return undefined;
}

const described = (value: unknown): string =>
  typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? String(value));

/** The name of a part, if it has one. */
export function nameOfPart(kind: keyof Parts, part: unknown): string | undefined {
  const name = (part as Readonly<Record<string, unknown>> | null | undefined)?.[KINDS[kind].name];
  return typeof name === 'string' ? name : undefined;
}
