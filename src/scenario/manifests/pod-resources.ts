// What a pod asks for: CPU, memory, and whatever else its containers name. Part of the scenario.
// Sources: component-helpers/resource/helpers.go (PodRequests), pkg/apis/core/v1/{defaults.go,helper/qos}, pkg/apis/core/validation.

import {
  type ContainerRole,
  type ContainerSpec,
  type PodTemplate,
  podRequest,
  UNREQUESTED_CPU_MILLIS,
  UNREQUESTED_MEMORY_BYTES,
} from '../../cluster/index.js';
import type { Path } from '../../format/path.js';
import { parseCpuMillis, parseQuantity } from '../../format/units.js';
import { isFields, type ObjectFields } from '../yaml/object-fields.js';

/** Amounts by the name of the resource: millicores of CPU, else bytes or a count. */
type Amounts = Readonly<Record<string, number>>;

/** Requests and limits of a container, or of a pod as a whole. */
interface Asked {
  /** With what follows from the limits. */
  readonly requests: Amounts;
  /** As they are written. */
  readonly own: Amounts;
  readonly limits: Amounts;
}

/** What of a template follows from its resources. */
export type PodResources = Pick<
  PodTemplate,
  'cpuRequestMillis' | 'memoryRequestBytes' | 'cpuScoredMillis' | 'memoryScoredBytes' | 'resources' | 'qosClass'
>;

/** Infinity: as much as there is. */
export type PodLimits = Pick<ContainerSpec, 'cpuLimitMillis' | 'memoryLimitBytes'>;

export interface ReadResources {
  readonly containers: readonly Pick<
    ContainerSpec,
    'cpuRequestMillis' | 'cpuLimitMillis' | 'memoryRequestBytes' | 'memoryLimitBytes' | 'diskLimitBytes'
  >[];
  readonly pod: PodResources;
  /** The same where requests of the pod as a whole count; absent if it has none. */
  readonly podLevel?: PodResources;
  /** What all of its containers together may use, where that counts. */
  readonly podLimits: PodLimits;
  /** It says its overhead itself, as pods of a cluster do. */
  readonly hasOverhead: boolean;
}

/** A limit of 0 is none: the kernel is told of no limit then, and nobody is evicted for it. */
const limitOf = (limit: number | undefined): number => (limit === undefined || limit === 0 ? Infinity : limit);

const STANDARD = ['cpu', 'memory', 'ephemeral-storage'];
const isHugePages = (name: string): boolean => name.startsWith('hugepages-');
/** Resources of any name that is not Kubernetes' own: devices and such. */
const isExtended = (name: string): boolean =>
  name.includes('/') && !/(^|\.)kubernetes\.io\//.test(name) && !name.startsWith('requests.');
/** What may be asked for by a pod as a whole. */
const isForPods = (name: string): boolean => name === 'cpu' || name === 'memory' || isHugePages(name);

/** @param containers with their roles, in the order of the pod. */
export function readPodResources(
  reader: ObjectFields,
  spec: Path,
  containers: readonly { readonly path: Path; readonly role: ContainerRole }[],
): ReadResources {
  const asked = containers.map(({ path }) => askedAt(reader, [...path, 'resources']));
  const roles = containers.map(({ role }) => role);
  const whole = askedAt(reader, [...spec, 'resources'], isForPods);
  const overhead = amountsAt(reader, [...spec, 'overhead'], () => true);
  const pod = resourcesOf(asked, roles, undefined, overhead);
  const isWhole = Object.keys(whole.own).length > 0 || Object.keys(whole.limits).length > 0;
  return {
    containers: asked.map(({ requests, limits }) => ({
      cpuRequestMillis: requests.cpu ?? 0,
      cpuLimitMillis: limitOf(limits.cpu),
      memoryRequestBytes: requests.memory ?? 0,
      memoryLimitBytes: limitOf(limits.memory),
      diskLimitBytes: limitOf(limits['ephemeral-storage']),
    })),
    pod,
    ...(isWhole ? { podLevel: resourcesOf(asked, roles, whole, overhead) } : {}),
    podLimits: {
      cpuLimitMillis: limitOf(whole.limits.cpu),
      memoryLimitBytes: limitOf(whole.limits.memory),
    },
    hasOverhead: Object.keys(overhead).length > 0,
  };
}

function resourcesOf(
  containers: readonly Asked[],
  roles: readonly ContainerRole[],
  whole: Asked | undefined,
  overhead: Amounts,
): PodResources {
  const names = new Set(containers.flatMap(({ requests }) => Object.keys(requests)));
  for (const name of [...Object.keys(whole?.requests ?? {}), ...Object.keys(overhead)]) names.add(name);
  const isAsked = (name: string): boolean => containers.some(({ requests }) => requests[name] !== undefined);
  const of = (name: string, otherwise: number): number => {
    const sum = podRequest(
      roles,
      containers.map(({ requests }) => requests[name]),
      otherwise,
    );
    // A limit of the pod stands for its request if no container has one.
    const asWhole = whole?.own[name] ?? (isAsked(name) ? undefined : whole?.limits[name]);
    return (asWhole ?? sum) + (overhead[name] ?? 0);
  };
  const requestsOfWhole = (): Amounts =>
    Object.fromEntries(Object.keys(whole!.requests).map((name) => [name, of(name, 0) - (overhead[name] ?? 0)]));
  const others = [...names].filter((name) => name !== 'cpu' && name !== 'memory');
  return {
    cpuRequestMillis: of('cpu', 0),
    memoryRequestBytes: of('memory', 0),
    cpuScoredMillis: of('cpu', UNREQUESTED_CPU_MILLIS),
    memoryScoredBytes: of('memory', UNREQUESTED_MEMORY_BYTES),
    resources: Object.fromEntries(others.map((name) => [name, of(name, 0)])),
    qosClass: qosClass(whole === undefined ? containers : [{ ...whole, requests: requestsOfWhole() }]),
  };
}

/** The quality of service: all limits of CPU and memory equal to the requests, some, or nothing said. */
function qosClass(all: readonly Asked[]): PodTemplate['qosClass'] {
  const has = ({ requests, limits }: Asked, name: string): boolean => (requests[name] ?? limits[name] ?? 0) > 0;
  if (!all.some((one) => has(one, 'cpu') || has(one, 'memory'))) return 'BestEffort';
  const isFixed = ({ requests, limits }: Asked, name: string): boolean =>
    (limits[name] ?? 0) > 0 && (requests[name] ?? limits[name]) === limits[name];
  return all.every((one) => isFixed(one, 'cpu') && isFixed(one, 'memory')) ? 'Guaranteed' : 'Burstable';
}

/** Of one container, or pod: the scheduler keeps what a node lacks as the bits of one number. */
const RESOURCES_MAX = 30;

/** @param isKnown whether a resource may be asked for there. */
function askedAt(reader: ObjectFields, at: Path, isKnown = isForContainers): Asked {
  const limits = amountsAt(reader, [...at, 'limits'], isKnown);
  const own = amountsAt(reader, [...at, 'requests'], isKnown);
  for (const [name, request] of Object.entries(own)) {
    const limit = limits[name];
    const path: Path = [...at, 'requests', name];
    const written = (kind: string): unknown => reader.get([...at, kind, name]);
    if (isExtended(name) || isHugePages(name)) {
      if (limit !== request)
        reader.error(
          path,
          `must be equal to the limit, which ${limit === undefined ? 'is missing' : `is ${written('limits')}`}`,
        );
    } else if (limit !== undefined && request > limit) {
      reader.error(path, `must be at most the limit, ${written('limits')}, not ${written('requests')}`);
    }
  }
  return { requests: { ...limits, ...own }, own, limits };
}

const isForContainers = (name: string): boolean => STANDARD.includes(name) || isHugePages(name) || isExtended(name);

/** Amounts by name; those of null are not there. */
export function amountsAt(reader: ObjectFields, at: Path, isKnown: (name: string) => boolean): Amounts {
  const object = reader.get(at);
  if (object === undefined || object === null) return {};
  if (!isFields(object)) {
    reader.error(at, 'must be a mapping of resources to quantities');
    return {};
  }
  const names = Object.keys(object).filter((name) => object[name] !== null);
  if (names.length > RESOURCES_MAX)
    reader.error(at, `has ${names.length} resources; at most ${RESOURCES_MAX} are modelled`);
  return Object.fromEntries(
    names.map((name) => {
      const path: Path = [...at, name];
      if (!isKnown(name)) {
        const known =
          'cpu, memory, ephemeral-storage, hugepages-<size>, or a name with a domain such as nvidia.com/gpu';
        reader.error(path, `is not a resource that can be asked for here; accepted: ${known}`);
      }
      const amount = reader.quantity(path, name === 'cpu' ? parseCpuMillis : parseQuantity) ?? 0;
      if (isExtended(name) && !Number.isInteger(amount))
        reader.error(path, `must be a whole number, not ${JSON.stringify(object[name])}`);
      return [name, amount];
    }),
  );
}
