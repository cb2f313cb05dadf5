// Reads what a pod template says of the nodes it may run on: tolerations, affinity, topology spread. Part of the scenario.

import type { NodeTerm, TolerationSpec, Topology, TopologySpreadConstraint } from '../../cluster/index.js';
import { controlPlaneParameters } from '../../control-plane/index.js';
import type { FieldReader } from '../../format/field-reader.js';
import type { Path } from '../../format/path.js';
import { itemsAt, LABEL_OPERATORS, requirementAt, selectorAt } from './manifest-selectors.js';

/** Terms about other pods still name labels; the resolver finds out whose they are. */
export interface ManifestScheduling {
  readonly tolerations: readonly TolerationSpec[];
  readonly notReadyToleration: number;
  readonly unreachableToleration: number;
  readonly nodeAffinity: readonly NodeTerm[];
  readonly preferredNodes: readonly { readonly weight: number; readonly term: NodeTerm }[];
  readonly podTerms: readonly {
    readonly isAnti: boolean;
    readonly topology: Topology;
    readonly selector: NodeTerm;
  }[];
  readonly spreadTerms: readonly (Omit<TopologySpreadConstraint, 'workloads'> & { readonly selector: NodeTerm })[];
}

const TOPOLOGIES: Readonly<Record<string, Topology>> = {
  'kubernetes.io/hostname': 'node',
  'topology.kubernetes.io/zone': 'zone',
};
const NODE_OPERATORS = [...LABEL_OPERATORS, 'Gt', 'Lt'];

export function readScheduling(spec: Path, reader: FieldReader): ManifestScheduling {
  const items = (path: Path): Path[] => itemsAt(reader, path);
  const selector = (path: Path): NodeTerm => selectorAt(reader, path);
  const nodeTerm = (path: Path): NodeTerm =>
    items([...path, 'matchExpressions']).map((item) => requirementAt(reader, item, NODE_OPERATORS));
  const topology = (path: Path): Topology | undefined => {
    const key = reader.text(path, 'kubernetes.io/hostname');
    const known = Object.hasOwn(TOPOLOGIES, key) ? TOPOLOGIES[key] : undefined;
    if (known === undefined) reader.warn(path, `topology "${key}" is not modelled: the term is ignored`);
    return known;
  };
  const tolerations = items([...spec, 'tolerations']).map((path) => toleration(path, reader));
  const node: Path = [...spec, 'affinity', 'nodeAffinity'];
  const required = 'requiredDuringSchedulingIgnoredDuringExecution';
  return {
    tolerations: tolerations.map(({ seconds: _, ...rest }) => rest),
    notReadyToleration: stays(tolerations, 'node.kubernetes.io/not-ready'),
    unreachableToleration: stays(tolerations, 'node.kubernetes.io/unreachable'),
    nodeAffinity: items([...node, required, 'nodeSelectorTerms']).map(nodeTerm),
    preferredNodes: items([...node, 'preferredDuringSchedulingIgnoredDuringExecution']).map((path) => ({
      weight: reader.whole([...path, 'weight'], 1),
      term: nodeTerm([...path, 'preference']),
    })),
    podTerms: (['podAffinity', 'podAntiAffinity'] as const).flatMap((kind) =>
      items([...spec, 'affinity', kind, required]).flatMap((path) => {
        const place = topology([...path, 'topologyKey']);
        const isAnti = kind === 'podAntiAffinity';
        return place === undefined ? [] : [{ isAnti, topology: place, selector: selector([...path, 'labelSelector']) }];
      }),
    ),
    spreadTerms: items([...spec, 'topologySpreadConstraints']).flatMap((path) => {
      const place = topology([...path, 'topologyKey']);
      const when = reader.oneOf([...path, 'whenUnsatisfiable'], ['DoNotSchedule', 'ScheduleAnyway'], 'DoNotSchedule');
      const maxSkew = Math.max(1, reader.whole([...path, 'maxSkew'], 1));
      const rest = { maxSkew, isHard: when === 'DoNotSchedule', selector: selector([...path, 'labelSelector']) };
      return place === undefined ? [] : [{ topology: place, ...rest }];
    }),
  };
}

type ReadToleration = TolerationSpec & { readonly seconds: number };

function toleration(path: Path, reader: FieldReader): ReadToleration {
  const key = reader.get([...path, 'key']);
  const effect = reader.get([...path, 'effect']);
  const seconds = reader.get([...path, 'tolerationSeconds']);
  return {
    ...(key === undefined ? {} : { key: reader.text([...path, 'key'], '') }),
    operator: reader.oneOf([...path, 'operator'], ['Equal', 'Exists'], 'Equal') as TolerationSpec['operator'],
    value: reader.text([...path, 'value'], ''),
    ...(effect === undefined || effect === ''
      ? {}
      : {
          effect: reader.oneOf(
            [...path, 'effect'],
            ['NoSchedule', 'PreferNoSchedule', 'NoExecute'],
            'NoSchedule',
          ) as NonNullable<TolerationSpec['effect']>,
        }),
    seconds: seconds === undefined || seconds === null ? Infinity : reader.whole([...path, 'tolerationSeconds'], 0),
  };
}

/** How long a pod stays under a NoExecute taint of that key, ns: the least of its tolerations, five minutes without one. */
function stays(tolerations: readonly ReadToleration[], taint: string): number {
  const matching = tolerations.filter(
    ({ key, effect }) => (key === undefined || key === taint) && (effect === undefined || effect === 'NoExecute'),
  );
  if (matching.length === 0) return controlPlaneParameters.tolerationDefault.value;
  return Math.min(...matching.map(({ seconds }) => seconds)) * 1e9;
}
