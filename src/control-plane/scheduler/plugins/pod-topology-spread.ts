// PodTopologySpread: pods spread over the places of a topology, by their own constraints or by default ones. Part of the scheduler.
// Source: pkg/scheduler/framework/plugins/podtopologyspread/{common,filtering,scoring,plugin}.go.

import {
  differsByPod,
  HOSTNAME,
  meetsAffinity,
  meetsPod,
  type NodeId,
  type PodTemplate,
  selectorOf,
  type TopologySpreadConstraint,
  untolerated,
  ZONE,
} from '../../../cluster/index.js';
import { log } from '../../../engine/index.js';
import { type FieldReader, itemsAt, type Path } from '../../../format/index.js';
import type { PluginParts, PodToPlace, PreparedPlugin, SchedulerPlugin } from '../plugin.js';
import { PlaceCounts, type PodGroup, type Selection, selectorFor, selectsGroup } from '../pod-groups.js';
import { Topologies, type Topology } from '../topologies.js';

/** A constraint that pods have which bring none; whom it is about follows from their Services and their owner. */
type DefaultConstraint = Pick<TopologySpreadConstraint, 'maxSkew' | 'topologyKey' | 'isHard'>;

interface SpreadArgs {
  readonly constraints: readonly DefaultConstraint[];
  /** They are Kubernetes' own: nodes without one of the labels count, too. */
  readonly isSystem: boolean;
}

/** systemDefaultConstraints in plugin.go. */
const SYSTEM: SpreadArgs = {
  constraints: [
    { maxSkew: 3, topologyKey: HOSTNAME, isHard: false },
    { maxSkew: 5, topologyKey: ZONE, isHard: false },
  ],
  isSystem: true,
};

function readArgs(reader: FieldReader, at: Path): SpreadArgs {
  const list: Path = [...at, 'defaultConstraints'];
  const type = reader.oneOf([...at, 'defaultingType'], ['System', 'List'], 'System');
  const constraints = itemsAt(reader, list).map((item): DefaultConstraint => {
    const when = reader.oneOf([...item, 'whenUnsatisfiable'], ['DoNotSchedule', 'ScheduleAnyway'], 'DoNotSchedule');
    const maxSkew = reader.whole([...item, 'maxSkew'], 1);
    const topologyKey = reader.text([...item, 'topologyKey'], '');
    if (maxSkew < 1) reader.error([...item, 'maxSkew'], `must be at least 1, not ${maxSkew}`);
    if (topologyKey === '') reader.error([...item, 'topologyKey'], 'is missing');
    return { maxSkew, topologyKey, isHard: when === 'DoNotSchedule' };
  });
  if (type === 'System' && constraints.length > 0) reader.error(list, 'must be empty unless defaultingType is List');
  return type === 'System' ? SYSTEM : { constraints, isSystem: false };
}

/** What a constraint adds to the score of a node whose place holds so many of the pods, among so many places. */
export const scoreForCount = (count: number, maxSkew: number, weight: number): number => count * weight + (maxSkew - 1);

/** Raw scores, the less the better, become 0 … 100; -1 stands for a node that is not compared. */
export function normaliseSpread(scores: Float64Array, count: number): void {
  let least = Infinity;
  let most = 0;
  for (let i = 0; i < count; i++) {
    const score = scores[i]!;
    if (score < 0) continue;
    if (score < least) least = score;
    if (score > most) most = score;
  }
  // Most nodes are worth what the one before them is.
  let before = Number.NaN;
  let share = 0;
  for (let i = 0; i < count; i++) {
    const score = scores[i]!;
    if (score !== before) {
      before = score;
      if (score < 0) share = 0;
      else share = most === 0 ? 100 : Math.floor((100 * (most + least - score)) / most);
    }
    scores[i] = share;
  }
}

/** Constraints of one kind that hold for the pods of a group. */
interface Held {
  readonly constraints: readonly TopologySpreadConstraint[];
  /** They are the pods' own, or a list's: nodes without one of the labels are left out. */
  readonly needsAllLabels: boolean;
}

/** One constraint with the pods that it is about, by place. */
interface Counted {
  readonly constraint: TopologySpreadConstraint;
  readonly topology: Topology;
  readonly counts: PlaceCounts;
  readonly selection: Selection;
  /** Whether the pods of a node count; undefined if those of all do. */
  readonly included: OnNode | undefined;
}

class Spread {
  readonly #parts: PluginParts;
  readonly #args: SpreadArgs;
  /** Constraints by default, by family of workloads. */
  readonly #defaults: (readonly TopologySpreadConstraint[])[] = [];
  /** By family. */
  readonly #servicesOf: number[][];

  constructor(parts: PluginParts, args: SpreadArgs) {
    this.#parts = parts;
    this.#args = args;
    const { families } = parts.groups;
    this.#servicesOf = families.all.map(() => []);
    const firsts = new Map(families.all.map(({ workloads }, family) => [workloads[0]!, family]));
    parts.context.spec.services.forEach(({ workloads }, service) => {
      for (const workload of workloads) {
        const family = firsts.get(workload);
        if (family !== undefined) this.#servicesOf[family]!.push(service);
      }
    });
  }

  prepare(pod: PodToPlace): PreparedPlugin | undefined {
    const { constraints, needsAllLabels } = this.#held(pod);
    if (constraints.length === 0) return undefined;
    const hard = constraints.filter(({ isHard }) => isHard);
    const soft = constraints.filter(({ isHard }) => !isHard);
    const filter = hard.length === 0 ? undefined : this.#filter(pod, hard);
    const score = soft.length === 0 ? undefined : this.#score(pod, soft, needsAllLabels);
    const counted = [...(filter?.counted ?? []), ...(score?.counted ?? [])];
    const honoursTaints = constraints.some((constraint) => constraint.honoursTaints);
    const { nodes: info } = this.#parts;
    const changes = info.conditionChanges;
    return {
      ...filter?.plugin,
      ...score?.plugin,
      wakes: ['podPlaced', 'podEnding', 'podGone', 'nodeChanged'],
      helps: (event) =>
        // A node without its taint is a place again.
        event.kind === 'nodeChanged'
          ? honoursTaints
          : event.group.spec.namespace === pod.group.spec.namespace &&
            hard.some((constraint) => selectsGroup(constraint, pod.group, event.group)),
      isStale: () =>
        (honoursTaints && info.conditionChanges !== changes) || counted.some(({ selection }) => selection.isStale()),
      close: () => {
        for (const { counts } of counted) counts.close();
      },
    };
  }

  #held({ template, group }: PodToPlace): Held {
    if (template.topologySpread.length > 0) return { constraints: template.topologySpread, needsAllLabels: true };
    const family = this.#parts.groups.families.of[group.workload]!;
    const needsAllLabels = !this.#args.isSystem;
    // A Service of some pods of a StatefulSet only makes them another matter.
    if (this.#isByPod(group, family)) return { constraints: this.#byDefault(group, family), needsAllLabels };
    this.#defaults[family] ??= this.#byDefault(group, family);
    return { constraints: this.#defaults[family]!, needsAllLabels };
  }

  #isByPod({ spec }: PodGroup, family: number): boolean {
    const { services } = this.#parts.context.spec;
    return this.#servicesOf[family]!.some((service) =>
      Object.keys(services[service]!.selector).some((key) => differsByPod(spec, key)),
    );
  }

  /** helper.DefaultSelector: the selectors of the Services of such pods, and of their ReplicaSet or StatefulSet. */
  #byDefault(group: PodGroup, family: number): TopologySpreadConstraint[] {
    const { spec } = group;
    const { isSpread, ownLabels } = spec.traits;
    const ofServices = this.#servicesOf[family]!.map((service) =>
      selectorOf(this.#parts.context.spec.services[service]!.selector),
    )
      .filter((selector) => meetsPod(selector, spec, group))
      .flat();
    const selector = [...ofServices, ...(isSpread ? spec.selector : [])];
    if (selector.length === 0) return [];
    const sameLabels = isSpread ? ownLabels.filter((own) => own.isSelected === true).map(({ key }) => key) : [];
    const usual = { minDomains: 1, honoursAffinity: true, honoursTaints: false };
    return this.#args.constraints.map((constraint) => ({ ...constraint, ...usual, selector, sameLabels }));
  }

  #counted({ group }: PodToPlace, constraint: TopologySpreadConstraint, included: OnNode | undefined): Counted {
    const { groups, topologies } = this.#parts;
    const { namespace } = group.spec;
    const topology = topologies.of(constraint.topologyKey);
    const selection = isEmpty(constraint, group)
      ? NOBODY
      : groups.selected(constraint, group, (other) => other === namespace);
    const counts = new PlaceCounts(selection.groups, topology, true, included);
    return { constraint, topology, counts, selection, included };
  }

  /** Whether the pods of a node count, by nodeAffinityPolicy and nodeTaintsPolicy; undefined if those of all do. */
  #included(template: PodTemplate, constraint: TopologySpreadConstraint): OnNode | undefined {
    const { nodes } = this.#parts.context;
    const info = this.#parts.nodes;
    const isBound = Object.keys(template.nodeSelector).length > 0 || template.nodeAffinity.length > 0;
    const meets: OnNode | undefined =
      constraint.honoursAffinity && isBound ? (node) => meetsAffinity(template, nodes, node) : undefined;
    const tolerated: OnNode | undefined = constraint.honoursTaints
      ? (node) =>
          untolerated(template, info.ownTaints(node) ?? nodes.poolOf(node).taints) === undefined &&
          untolerated(template, info.passingTaints(node)) === undefined
      : undefined;
    return both(meets, tolerated);
  }

  #filter(pod: PodToPlace, constraints: readonly TopologySpreadConstraint[]) {
    const { nodes } = this.#parts.context;
    const withAll = this.#withAll(constraints);
    const counted = constraints.map((constraint) => {
      const one = this.#counted(pod, constraint, both(withAll, this.#included(pod.template, constraint)));
      const isSelf = selectsGroup(constraint, pod.group, pod.group) ? 1 : 0;
      return { ...one, isSelf, domains: new Domains(one, nodes.count) };
    });
    const plugin: PreparedPlugin = {
      filter: (node) => {
        for (let i = 0; i < counted.length; i++) {
          const { constraint, topology, counts, isSelf, domains } = counted[i]!;
          const place = topology.placeOf[node]!;
          if (place < 0) return 1;
          if (counts.counts[place]! + isSelf - domains.least() > constraint.maxSkew) return 2;
        }
        return 0;
      },
      reasons: (why) => [why === 1 ? `${MISMATCH} (missing required label)` : MISMATCH],
      isFinal: (why) => why === 1,
    };
    return { plugin, counted };
  }

  #withAll(constraints: readonly TopologySpreadConstraint[]): OnNode | undefined {
    return Topologies.withAll(constraints.map(({ topologyKey }) => this.#parts.topologies.of(topologyKey)));
  }

  #score(pod: PodToPlace, constraints: readonly TopologySpreadConstraint[], needsAllLabels: boolean) {
    const withAll = needsAllLabels ? this.#withAll(constraints) : undefined;
    // Of a host the score counts the pods that are there, whether the new one may go there or not.
    const counted = constraints.map((constraint) =>
      constraint.topologyKey === HOSTNAME
        ? this.#counted(pod, constraint, undefined)
        : this.#counted(pod, constraint, both(withAll, this.#included(pod.template, constraint))),
    );
    const weights = new Float64Array(constraints.length);
    const raw = (node: NodeId): number => {
      if (withAll?.(node) === false) return -1;
      let score = 0;
      for (let i = 0; i < counted.length; i++) {
        const { constraint, topology, counts } = counted[i]!;
        const place = topology.placeOf[node]!;
        if (place >= 0) score += scoreForCount(counts.counts[place]!, constraint.maxSkew, weights[i]!);
      }
      return Math.round(score);
    };
    const usual = withAll === undefined ? hostAndPlace(counted) : undefined;
    const plugin: PreparedPlugin = {
      scoreAll: (nodes, count, scores) => {
        // As long as there are none of the pods all nodes are the same.
        if (withAll === undefined && counted.every(({ counts }) => counts.total === 0)) {
          scores.fill(100, 0, count);
          return;
        }
        for (let i = 0; i < counted.length; i++) {
          weights[i] = logOfPlaces(placesAmong(counted[i]!.topology, nodes, count, withAll));
        }
        if (usual !== undefined) rawScores(usual, weights, nodes, count, scores);
        else for (let i = 0; i < count; i++) scores[i] = raw(nodes[i]!);
        normaliseSpread(scores, count);
      },
      rawScore: raw,
    };
    return { plugin, counted };
  }
}

/** One constraint on hosts and one on larger places that all nodes are in, which is the usual case. */
interface HostAndPlace {
  readonly constraints: readonly Counted[];
  readonly host: number;
  readonly place: number;
  /** By place: what a node without any of the pods adds up to. */
  readonly without: Float64Array;
}

function hostAndPlace(counted: readonly Counted[]): HostAndPlace | undefined {
  const host = counted.findIndex(({ topology }) => topology.isHostname);
  if (counted.length !== 2 || host < 0) return undefined;
  const { topology } = counted[1 - host]!;
  if (topology.isHostname || !topology.isComplete) return undefined;
  return { constraints: counted, host, place: 1 - host, without: new Float64Array(topology.places) };
}

/** The same sums as one by one: most nodes have none of the pods, and what they are worth follows from their place. */
function rawScores(
  { constraints, host, place, without }: HostAndPlace,
  weights: Float64Array,
  nodes: Int32Array,
  count: number,
  scores: Float64Array,
): void {
  const { placeOf } = constraints[place]!.topology;
  const ofPlace = constraints[place]!.counts.counts;
  const ofHost = constraints[host]!.counts.counts;
  const skewOfHost = constraints[host]!.constraint.maxSkew;
  const skewOfPlace = constraints[place]!.constraint.maxSkew;
  const sum = (onHost: number, inPlace: number): number =>
    Math.round(
      scoreForCount(onHost, skewOfHost, weights[host]!) + scoreForCount(inPlace, skewOfPlace, weights[place]!),
    );
  for (let i = 0; i < without.length; i++) without[i] = sum(0, ofPlace[i]!);
  for (let i = 0; i < count; i++) {
    const node = nodes[i]!;
    const onHost = ofHost[node]!;
    scores[i] = onHost === 0 ? without[placeOf[node]!]! : sum(onHost, ofPlace[placeOf[node]!]!);
  }
}

const MISMATCH = "node(s) didn't match pod topology spread constraints";
const NOBODY: Selection = { groups: [], isStale: () => false };

/** An empty selector counts nobody (countPodsMatchSelector). */
const isEmpty = (constraint: TopologySpreadConstraint, group: PodGroup): boolean =>
  constraint.selector?.length === 0 && selectorFor(constraint, group).length === 0;

/** How many places of a topology there are among nodes; those without the label are one more. */
function placesAmong(topology: Topology, nodes: Int32Array, count: number, withAll: OnNode | undefined): number {
  const { placeOf, places, isHostname } = topology;
  if (isHostname && withAll === undefined) return count;
  const seen = new Uint8Array(places + 1);
  let found = 0;
  for (let i = 0; i < count && found <= places; i++) {
    if (withAll?.(nodes[i]!) === false) continue;
    const place = placeOf[nodes[i]!]! + 1;
    if (seen[place] === 1) continue;
    seen[place] = 1;
    found++;
  }
  return found;
}

const LOGS: number[] = [];
/** topologyNormalizingWeight. */
const logOfPlaces = (places: number): number => (LOGS[places] ??= log(places + 2));

/** Places that a pod may be spread over, and the least that one of them holds. */
class Domains {
  readonly #list: Int32Array;
  readonly #counts: PlaceCounts;
  readonly #isShort: boolean;
  #changes = -1;
  #least = 0;

  constructor({ topology, constraint, counts, included }: Counted, nodes: number) {
    const { placeOf, places } = topology;
    const isDomain = new Uint8Array(places);
    for (let node = 0; node < nodes; node++) {
      const place = placeOf[node]!;
      if (place >= 0 && isDomain[place] === 0 && included?.(node) !== false) isDomain[place] = 1;
    }
    this.#list = Int32Array.from([...isDomain.keys()].filter((place) => isDomain[place] === 1));
    this.#counts = counts;
    this.#isShort = this.#list.length < constraint.minDomains;
  }

  /** Looked for anew when a pod has moved. */
  least(): number {
    if (this.#isShort) return 0;
    if (this.#changes === this.#counts.changes) return this.#least;
    const { counts, changes } = this.#counts;
    let least = Infinity;
    for (let i = 0; i < this.#list.length && least > 0; i++) least = Math.min(least, counts[this.#list[i]!]!);
    this.#changes = changes;
    this.#least = least;
    return least;
  }
}

type OnNode = (node: NodeId) => boolean;
const both = (one: OnNode | undefined, other: OnNode | undefined): OnNode | undefined =>
  one === undefined ? other : other === undefined ? one : (node) => one(node) && other(node);

export const podTopologySpread: SchedulerPlugin = {
  name: 'PodTopologySpread',
  meaning: 'topology spread constraints, of the pods or by default',
  isLocal: false,
  weight: 2,
  args: {
    fields: [
      'defaultingType',
      'defaultConstraints[].maxSkew',
      'defaultConstraints[].topologyKey',
      'defaultConstraints[].whenUnsatisfiable',
    ],
    read: readArgs,
  },
  create: (parts, args = SYSTEM) => {
    const spread = new Spread(parts, args as SpreadArgs);
    return {
      prepare: (pod) => spread.prepare(pod),
      attemptDuration: ({ topologySpread }, costs) => (topologySpread.length > 0 ? costs.attemptWithSpread.value : 0),
    };
  },
};
