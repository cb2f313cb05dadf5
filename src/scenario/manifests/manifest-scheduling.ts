// Reads what a pod template says of the nodes it may run on, and of when it is tried. Part of the scenario.
// Defaults: pkg/apis/core/v1/defaults.go; refusals: pkg/apis/core/validation/validation.go.

import type {
  HostPort,
  PodAffinityTerm,
  PodTemplate,
  TolerationSpec,
  TopologySpreadConstraint,
} from '../../cluster/index.js';
import { controlPlaneParameters } from '../../control-plane/index.js';
import { NS_PER_SECOND } from '../../engine/index.js';
import type { FieldReader } from '../../format/field-reader.js';
import type { Path } from '../../format/path.js';
import {
  itemsAt,
  nodeAffinityAt,
  PREFERRED,
  REQUIRED,
  refuseOthers,
  selectorAt,
  selectorIfAny,
  textsAt,
  weightAt,
} from '../../format/selectors.js';

/** Priority and overhead follow from classes, which are objects of the cluster. */
export type ManifestScheduling = Pick<
  PodTemplate,
  | 'tolerations'
  | 'nodeSelector'
  | 'nodeAffinity'
  | 'preferredNodes'
  | 'podAffinity'
  | 'topologySpread'
  | 'schedulerName'
  | 'schedulingGates'
  | 'nodeName'
>;

export function readScheduling(spec: Path, reader: FieldReader): ManifestScheduling {
  const affinity: Path = [...spec, 'affinity'];
  refuseOthers(reader, affinity, ['nodeAffinity', 'podAffinity', 'podAntiAffinity']);
  const ofNodes = nodeAffinityAt(reader, [...affinity, 'nodeAffinity']);
  const nodeName = reader.text([...spec, 'nodeName'], '');
  return {
    tolerations: itemsAt(reader, [...spec, 'tolerations']).map((path) => toleration(path, reader)),
    nodeSelector: reader.labels([...spec, 'nodeSelector']),
    nodeAffinity: ofNodes.required,
    preferredNodes: ofNodes.preferred,
    podAffinity: (['podAffinity', 'podAntiAffinity'] as const).flatMap((kind) => {
      const at: Path = [...affinity, kind];
      const isAnti = kind === 'podAntiAffinity';
      refuseOthers(reader, at, [REQUIRED, PREFERRED]);
      return [
        ...itemsAt(reader, [...at, REQUIRED]).map((path) => podTerm(path, reader, isAnti, 0)),
        ...itemsAt(reader, [...at, PREFERRED]).map((path) => {
          refuseOthers(reader, path, ['weight', 'podAffinityTerm']);
          return podTerm([...path, 'podAffinityTerm'], reader, isAnti, weightAt(reader, [...path, 'weight']));
        }),
      ];
    }),
    topologySpread: spreadOf([...spec, 'topologySpreadConstraints'], reader),
    schedulerName: reader.text([...spec, 'schedulerName'], '') || 'default-scheduler',
    schedulingGates: itemsAt(reader, [...spec, 'schedulingGates']).map((path) => {
      refuseOthers(reader, path, ['name']);
      return reader.text([...path, 'name'], '');
    }),
    ...(nodeName === '' ? {} : { nodeName }),
  };
}

function topologyKeyAt(path: Path, reader: FieldReader): string {
  const key = reader.text([...path, 'topologyKey'], '');
  if (key === '') reader.error([...path, 'topologyKey'], 'is missing');
  return key;
}

function podTerm(path: Path, reader: FieldReader, isAnti: boolean, weight: number): PodAffinityTerm {
  const namespaces: Path = [...path, 'namespaceSelector'];
  refuseOthers(reader, path, POD_TERM);
  const selector = selectorIfAny(reader, [...path, 'labelSelector']);
  const [sameLabels, otherLabels] = ['matchLabelKeys', 'mismatchLabelKeys'].map((field) => {
    const keys = textsAt(reader, [...path, field]);
    if (keys.length > 0 && selector.selector === undefined)
      reader.error([...path, field], 'must not be set when labelSelector is not set');
    return keys;
  });
  return {
    isAnti,
    weight,
    topologyKey: topologyKeyAt(path, reader),
    ...selector,
    sameLabels: sameLabels!,
    otherLabels: otherLabels!,
    namespaces: textsAt(reader, [...path, 'namespaces']),
    ...(reader.get(namespaces) === undefined || reader.get(namespaces) === null
      ? {}
      : { namespaceSelector: selectorAt(reader, namespaces) }),
  };
}

const POD_TERM = [
  ...['labelSelector', 'topologyKey', 'namespaces', 'namespaceSelector'],
  ...['matchLabelKeys', 'mismatchLabelKeys'],
];
const CONSTRAINT = [
  ...['maxSkew', 'topologyKey', 'whenUnsatisfiable', 'labelSelector'],
  ...['minDomains', 'matchLabelKeys', 'nodeAffinityPolicy', 'nodeTaintsPolicy'],
];

function spreadOf(list: Path, reader: FieldReader): TopologySpreadConstraint[] {
  const seen = new Set<string>();
  return itemsAt(reader, list).map((path) => {
    refuseOthers(reader, path, CONSTRAINT);
    const when = reader.oneOf([...path, 'whenUnsatisfiable'], ['DoNotSchedule', 'ScheduleAnyway'], 'DoNotSchedule');
    if (reader.get([...path, 'whenUnsatisfiable']) === undefined)
      reader.error([...path, 'whenUnsatisfiable'], 'is missing; must be DoNotSchedule or ScheduleAnyway');
    const isHard = when === 'DoNotSchedule';
    const maxSkew = reader.whole([...path, 'maxSkew'], 0);
    if (maxSkew < 1) reader.error([...path, 'maxSkew'], `must be at least 1, not ${maxSkew}`);
    const minDomains = reader.whole([...path, 'minDomains'], 1);
    const hasMin = reader.get([...path, 'minDomains']) !== undefined;
    if (hasMin && minDomains < 1) reader.error([...path, 'minDomains'], `must be at least 1, not ${minDomains}`);
    if (hasMin && !isHard)
      reader.error([...path, 'minDomains'], 'can only be used with whenUnsatisfiable: DoNotSchedule');
    const topologyKey = topologyKeyAt(path, reader);
    const pair = `${topologyKey} ${when}`;
    if (seen.has(pair)) reader.error(path, `is the second constraint with ${topologyKey} and ${when}`);
    seen.add(pair);
    const selector = selectorIfAny(reader, [...path, 'labelSelector']);
    const sameLabels = textsAt(reader, [...path, 'matchLabelKeys']);
    if (sameLabels.length > 0 && selector.selector === undefined)
      reader.error([...path, 'matchLabelKeys'], 'must not be set when labelSelector is not set');
    const twice = sameLabels.find((key) => selector.selector?.some((requirement) => requirement.key === key));
    if (twice !== undefined) reader.error([...path, 'matchLabelKeys'], `${twice} stands in labelSelector, too`);
    const honours = (field: string, usual: string): boolean =>
      reader.oneOf([...path, field], ['Honor', 'Ignore'], usual) === 'Honor';
    return {
      maxSkew,
      topologyKey,
      isHard,
      minDomains,
      ...selector,
      sameLabels,
      honoursAffinity: honours('nodeAffinityPolicy', 'Honor'),
      honoursTaints: honours('nodeTaintsPolicy', 'Ignore'),
    };
  });
}

/** Ports of its node that a pod takes. @param containers paths of main containers and sidecars. */
export function hostPortsOf(reader: FieldReader, containers: readonly Path[], hostNetwork: boolean): HostPort[] {
  const seen = new Set<string>();
  return containers.flatMap((container) =>
    itemsAt(reader, [...container, 'ports']).flatMap((path): HostPort[] => {
      const own = reader.whole([...path, 'hostPort'], 0);
      const port = reader.whole([...path, 'containerPort'], 0);
      if (own > 65535) reader.error([...path, 'hostPort'], `must be 1 to 65535, not ${own}`);
      if (hostNetwork && own !== 0 && own !== port)
        reader.error([...path, 'hostPort'], `must match containerPort, ${port}, when hostNetwork is true`);
      // With its node's network every port that it names is one of the node.
      const taken = hostNetwork ? port : own;
      if (taken === 0) return [];
      const protocol = reader.oneOf([...path, 'protocol'], ['TCP', 'UDP', 'SCTP'], 'TCP') as HostPort['protocol'];
      const ip = reader.text([...path, 'hostIP'], '') || '0.0.0.0';
      const key = `${ip} ${protocol} ${taken}`;
      if (seen.has(key)) reader.error(path, `takes host port ${taken} of ${protocol} a second time`);
      seen.add(key);
      return [{ ip, protocol, port: taken }];
    }),
  );
}

/** Those that are negative count as none. */
const secondsAt = (path: Path, reader: FieldReader): number => {
  const value = reader.get(path);
  return typeof value === 'number' && value < 0 ? 0 : reader.whole(path, 0) * NS_PER_SECOND;
};

function toleration(path: Path, reader: FieldReader): TolerationSpec {
  refuseOthers(reader, path, ['key', 'operator', 'value', 'effect', 'tolerationSeconds']);
  const key = reader.get([...path, 'key']);
  const effect = reader.get([...path, 'effect']);
  const seconds = reader.get([...path, 'tolerationSeconds']);
  const operator = reader.oneOf([...path, 'operator'], ['Equal', 'Exists'], 'Equal') as TolerationSpec['operator'];
  const hasKey = key !== undefined && key !== null && key !== '';
  const value = reader.text([...path, 'value'], '');
  if (!hasKey && operator !== 'Exists')
    reader.error([...path, 'operator'], 'must be Exists when key is empty, which means all keys');
  if (operator === 'Exists' && value !== '') reader.error([...path, 'value'], 'must be empty when operator is Exists');
  if (seconds !== undefined && seconds !== null && effect !== 'NoExecute')
    reader.error([...path, 'effect'], 'must be NoExecute when tolerationSeconds is set');
  return {
    ...(hasKey ? { key: reader.text([...path, 'key'], '') } : {}),
    operator,
    value,
    ...(effect === undefined || effect === '' || effect === null
      ? {}
      : {
          effect: reader.oneOf(
            [...path, 'effect'],
            ['NoSchedule', 'PreferNoSchedule', 'NoExecute'],
            'NoSchedule',
          ) as NonNullable<TolerationSpec['effect']>,
        }),
    ...(seconds === undefined || seconds === null
      ? {}
      : { seconds: secondsAt([...path, 'tolerationSeconds'], reader) }),
  };
}

/**
 * Tolerations that every pod has which says nothing of its own of such a taint, be it for another value: five minutes on a node that
 * is not ready, or not to be reached (admission plugin DefaultTolerationSeconds).
 */
export function defaultTolerations(tolerations: readonly TolerationSpec[]): TolerationSpec[] {
  const seconds = controlPlaneParameters.tolerationDefault.value;
  return ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']
    .filter(
      (taint) =>
        !tolerations.some(
          ({ key, effect }) => (key === undefined || key === taint) && (effect ?? 'NoExecute') === 'NoExecute',
        ),
    )
    .map((key) => ({ key, operator: 'Exists', value: '', effect: 'NoExecute', seconds }));
}
