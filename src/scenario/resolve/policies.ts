// From NetworkPolicy manifests to policies of the cluster: selectors become indices of workloads. Part of the scenario.
// The pods that a policy selects are those of its own copy of the bundle; its peers may be in other applications, all copies.

import type { NetworkPolicySpec, NodeTerm, PolicyPort, PolicyRule } from '../../cluster/index.js';
import { meetsTerm } from '../../control-plane/index.js';
import type { ManifestPolicyPort, ManifestPolicyRule } from '../manifests/manifest-policies.js';
import type { ManifestPolicy, ManifestWorkload } from '../manifests/manifests.js';

/** Workloads that one manifest became. */
export interface StampedWorkload {
  readonly manifest: ManifestWorkload;
  readonly app: string;
  /** Their indices, by copy. */
  readonly workloads: readonly number[];
}

export class PolicyResolver {
  readonly #stamped: readonly StampedWorkload[];
  /** All copies of what a peer of a manifest means, so that copies of a policy share it. */
  readonly #foreign = new Map<ManifestPolicyRule['peers'][number], readonly number[]>();

  constructor(stamped: readonly StampedWorkload[]) {
    this.#stamped = stamped;
  }

  /** @param copy of the application, and the policy's name in it. */
  resolve(policy: ManifestPolicy, app: string, copy: number, name: string): Omit<NetworkPolicySpec, 'createdAt'> {
    // One that stands alone is about the pods of all applications.
    const isAlone = this.#stamped.every((stamped) => stamped.app !== app);
    const own = isAlone ? this.#stamped : this.#stamped.filter((stamped) => stamped.app === app);
    const selected = own.filter(
      ({ manifest }) => manifest.namespace === policy.namespace && meetsTerm(policy.selector, manifest.template.labels),
    );
    const manifests = selected.map(({ manifest }) => manifest);
    const rules = (list: readonly ManifestPolicyRule[], servers: readonly ManifestWorkload[] | 'peers'): PolicyRule[] =>
      list.map((rule) => this.#rule(rule, policy, app, copy, servers));
    return {
      namespace: policy.namespace,
      name,
      manifestName: policy.name,
      app,
      workloads: selected.flatMap(({ workloads }) => (isAlone ? workloads : [workloads[copy]!])),
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
      const isThere = (manifest: ManifestWorkload): boolean =>
        (peer.namespaces === 'all' ||
          (peer.namespaces === 'own' ? [policy.namespace] : peer.namespaces).includes(manifest.namespace)) &&
        meetsTerm(peer.selector as NodeTerm, manifest.template.labels);
      const meant = this.#stamped.filter((stamped) => isThere(stamped.manifest));
      named.push(...meant.map(({ manifest }) => manifest));
      const own = meant.filter((stamped) => stamped.app === app).map((stamped) => stamped.workloads[copy]!);
      let foreign = this.#foreign.get(peer);
      if (foreign === undefined) {
        foreign = meant.filter((stamped) => stamped.app !== app).flatMap((stamped) => stamped.workloads);
        this.#foreign.set(peer, foreign);
      }
      return own.length === 0 ? [foreign] : [own, foreign];
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
}

/** @param servers whose containers name their ports. */
function portsOf({ protocol, port, endPort }: ManifestPolicyPort, servers: readonly ManifestWorkload[]): PolicyPort[] {
  if (port === undefined) return [{ protocol, from: 0, to: 65535 }];
  if (/^\d+$/.test(port)) return [{ protocol, from: Number(port), to: endPort ?? Number(port) }];
  const numbers = new Set(servers.map(({ template }) => template.portNames[port]).filter((n) => n !== undefined));
  // A name that no container has is a port that nobody listens on.
  return (numbers.size === 0 ? [-1] : [...numbers]).map((number) => ({ protocol, from: number, to: number }));
}
