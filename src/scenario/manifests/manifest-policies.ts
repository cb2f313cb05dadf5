// Reads NetworkPolicy manifests (networking.k8s.io/v1). Part of the scenario.

import type { LabelSelector, Protocol } from '../../cluster/index.js';
import type { FieldReader } from '../../format/field-reader.js';
import type { Path } from '../../format/path.js';
import { itemsAt, refuseOthers, selectorAt } from '../../format/selectors.js';

/** Whom a rule is about: pods by labels, or addresses outside the pod network. */
export type ManifestPeer =
  | {
      readonly kind: 'pods';
      readonly selector: LabelSelector;
      /** The policy's own namespace if absent. */
      readonly namespaces?: LabelSelector;
    }
  | {
      readonly kind: 'outside';
      /** The block holds every address. */
      readonly isAnyAddress: boolean;
    };

/** A port as it is written: a number, a range of them, or a name. */
export interface ManifestPolicyPort {
  readonly protocol: Protocol;
  /** All ports if absent. */
  readonly port?: string;
  readonly endPort?: number;
}

export interface ManifestPolicyRule {
  /** Nobody in particular: everybody. */
  readonly peers: readonly ManifestPeer[];
  readonly ports: readonly ManifestPolicyPort[];
}

export interface ManifestPolicyBody {
  readonly selector: LabelSelector;
  /** Undefined: the policy says nothing of that direction. */
  readonly ingress?: readonly ManifestPolicyRule[];
  readonly egress?: readonly ManifestPolicyRule[];
}

const ANY_ADDRESS = ['0.0.0.0/0', '::/0'];

export function readPolicy(reader: FieldReader): ManifestPolicyBody {
  const items = (path: Path): Path[] => itemsAt(reader, path);
  const selector = (path: Path): LabelSelector => selectorAt(reader, path);
  const peer = (path: Path): ManifestPeer => {
    refuseOthers(reader, path, ['podSelector', 'namespaceSelector', 'ipBlock']);
    const has = (field: string): boolean => reader.get([...path, field]) !== undefined;
    if (has('ipBlock')) {
      if (has('podSelector') || has('namespaceSelector')) {
        reader.error([...path, 'ipBlock'], 'cannot be combined with podSelector or namespaceSelector');
      }
      const at: Path = [...path, 'ipBlock', 'cidr'];
      const cidr = reader.text(at, '');
      const isAnyAddress = ANY_ADDRESS.includes(cidr) && reader.get([...path, 'ipBlock', 'except']) === undefined;
      if (cidr === '') reader.error(at, 'is required');
      else if (!isAnyAddress) reader.warn(at, `${cidr} is treated as all addresses outside the cluster, and no pod's`);
      return { kind: 'outside', isAnyAddress };
    }
    if (!has('podSelector') && !has('namespaceSelector')) {
      reader.error(path, 'has none of podSelector, namespaceSelector and ipBlock');
    }
    return {
      kind: 'pods',
      selector: selector([...path, 'podSelector']),
      ...(has('namespaceSelector') ? { namespaces: selector([...path, 'namespaceSelector']) } : {}),
    };
  };
  const port = (path: Path): ManifestPolicyPort => {
    refuseOthers(reader, path, ['protocol', 'port', 'endPort']);
    const number = reader.get([...path, 'port']);
    const end = reader.get([...path, 'endPort']);
    if (typeof number === 'number' && !(number >= 1 && number <= 65535)) {
      reader.error([...path, 'port'], `must be a port from 1 to 65535, not ${number}`);
    }
    if (end !== undefined && !(typeof number === 'number' && Number(end) >= number && Number(end) <= 65535)) {
      reader.error([...path, 'endPort'], 'must be a port that is not below the number in port');
    }
    return {
      protocol: reader.oneOf([...path, 'protocol'], ['TCP', 'UDP', 'SCTP'], 'TCP') as Protocol,
      ...(number === undefined ? {} : { port: reader.text([...path, 'port'], '') }),
      ...(end === undefined ? {} : { endPort: reader.whole([...path, 'endPort'], 0) }),
    };
  };
  const rules = (direction: 'ingress' | 'egress', peers: 'from' | 'to'): ManifestPolicyRule[] =>
    items(['spec', direction]).map((path) => {
      refuseOthers(reader, path, [peers, 'ports']);
      return { peers: items([...path, peers]).map(peer), ports: items([...path, 'ports']).map(port) };
    });
  const types = items(['spec', 'policyTypes']).map((path) => reader.oneOf(path, ['Ingress', 'Egress'], 'Ingress'));
  const hasEgress = reader.get(['spec', 'egress']) !== undefined;
  // Without policyTypes a policy is about what comes in, and about what goes out if it has rules for that.
  const isIngress = types.length === 0 || types.includes('Ingress');
  for (const [direction, type] of [
    ['ingress', 'Ingress'],
    ['egress', 'Egress'],
  ] as const) {
    if (types.length === 0 || types.includes(type) || reader.get(['spec', direction]) === undefined) continue;
    reader.warn(['spec', direction], `applies only if policyTypes has ${type}: it is ignored`);
  }
  const isEgress = types.length === 0 ? hasEgress : types.includes('Egress');
  return {
    selector: selector(['spec', 'podSelector']),
    ...(isIngress ? { ingress: rules('ingress', 'from') } : {}),
    ...(isEgress ? { egress: rules('egress', 'to') } : {}),
  };
}
