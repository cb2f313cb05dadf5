// From NetworkPolicy manifests to policies of the cluster: selectors become indices of workloads. Part of the scenario.
// Of its own application a policy sees its own copy of the bundle, of others all copies.

import { type Labels, meets, type NetworkPolicySpec, type PolicyPort, type PolicyRule } from '../../cluster/index.js';
import type { ManifestPeer, ManifestPolicyPort, ManifestPolicyRule } from '../manifests/manifest-policies.js';
import type { ManifestPolicy, ManifestWorkload } from '../manifests/manifests.js';
import { inCopy, ofCopy, peersBy, type Selected, type StampedWorkload, selectedBy } from './selection.js';

export class PolicyResolver {
  readonly #stamped: readonly StampedWorkload[];
  readonly #namespaces: Readonly<Record<string, Labels>>;
  /** What a policy, or a peer of one, means: copies of a policy share it. */
  readonly #selected = new Map<ManifestPolicy | ManifestPeer, Selected>();
  /** All copies of other applications that a peer means, as one list. */
  readonly #foreign = new Map<ManifestPeer, readonly number[]>();

  /** @param namespaces labels of those of which more than the name is known. */
  constructor(stamped: readonly StampedWorkload[], namespaces: Readonly<Record<string, Labels>>) {
    this.#stamped = stamped;
    this.#namespaces = namespaces;
  }

  /** Workloads that a policy is about, in any copy. */
  selects(policy: ManifestPolicy, app: string): Selected {
    let selected = this.#selected.get(policy);
    if (selected === undefined) {
      selected = selectedBy(this.#stamped, policy.selector, app, (namespace) => namespace === policy.namespace);
      this.#selected.set(policy, selected);
    }
    return selected;
  }

  /** @param copy of the application, and the policy's name in it. */
  resolve(policy: ManifestPolicy, app: string, copy: number, name: string): Omit<NetworkPolicySpec, 'createdAt'> {
    const selected = this.selects(policy, app);
    const manifests = [...selected.own, ...selected.foreign].map(({ manifest }) => manifest);
    const rules = (list: readonly ManifestPolicyRule[], servers: readonly ManifestWorkload[] | 'peers'): PolicyRule[] =>
      list.map((rule) => this.#rule(rule, policy, app, copy, servers));
    return {
      namespace: policy.namespace,
      name,
      manifestName: policy.name,
      app,
      workloads: ofCopy(selected, copy),
      ...(policy.ingress === undefined ? {} : { ingress: rules(policy.ingress, manifests) }),
      ...(policy.egress === undefined ? {} : { egress: rules(policy.egress, 'peers') }),
    };
  }

  #rule(
    { peers, ports }: ManifestPolicyRule,
    policy: ManifestPolicy,
    app: string,
    copy: number,
    servers: readonly ManifestWorkload[] | 'peers',
  ): PolicyRule {
    const named: ManifestWorkload[] = [];
    const workloads = peers.flatMap((peer) => {
      if (peer.kind !== 'pods') return [];
      const { own, foreign } = this.#meant(peer, policy, app);
      named.push(...[...own, ...foreign].map(({ manifest }) => manifest));
      let others = this.#foreign.get(peer);
      if (others === undefined) {
        others = foreign.flatMap((stamped) => stamped.workloads);
        this.#foreign.set(peer, others);
      }
      const here = inCopy(own, copy);
      return here.length === 0 ? [others] : [here, others];
    });
    const isEverybody = peers.length === 0;
    // A port's name is that of the pods which are connected to.
    const everywhere = isEverybody ? this.#stamped.map(({ manifest }) => manifest) : named;
    return {
      isEverybody,
      workloads: workloads.filter((list) => list.length > 0),
      outside: peers.some(({ kind }) => kind === 'outside'),
      isAnyAddress: peers.some((peer) => peer.kind === 'outside' && peer.isAnyAddress),
      ports: ports.flatMap((port) => portsOf(port, servers === 'peers' ? everywhere : servers)),
    };
  }

  #meant(peer: ManifestPeer & { readonly kind: 'pods' }, { namespace: own }: ManifestPolicy, app: string): Selected {
    let meant = this.#selected.get(peer);
    if (meant === undefined) {
      const { namespaces } = peer;
      const isIn = (namespace: string): boolean =>
        namespaces === undefined ? namespace === own : meets(namespaces, this.#labelsOf(namespace));
      meant = peersBy(this.#stamped, peer.selector, app, isIn);
      this.#selected.set(peer, meant);
    }
    return meant;
  }

  #labelsOf(namespace: string): Labels {
    return this.#namespaces[namespace] ?? { 'kubernetes.io/metadata.name': namespace };
  }
}

/** @param servers whose containers name their ports. */
function portsOf({ protocol, port, endPort }: ManifestPolicyPort, servers: readonly ManifestWorkload[]): PolicyPort[] {
  if (port === undefined) return [{ protocol, from: 0, to: 65535 }];
  if (/^\d+$/.test(port)) return [{ protocol, from: Number(port), to: endPort ?? Number(port) }];
  const numbers = new Set(servers.map(({ template }) => template.portNames[port]).filter((n) => n !== undefined));
  // A name that no container has is a port that nobody listens on.
  return (numbers.size === 0 ? [-1] : [...numbers]).map((number) => ({ protocol, from: number, to: number }));
}
