// From NetworkPolicy manifests to policies of the cluster: selectors become indices of workloads. Part of the scenario.
// The pods that a policy selects are those of its own copy of the bundle; its peers may be in other applications, all copies.

import type { NetworkPolicySpec, NodeTerm, PolicyPort, PolicyRule } from '../cluster/index.js';
import { meetsTerm } from '../control-plane/index.js';
import type { ManifestPolicyPort, ManifestPolicyRule } from './manifest-policies.js';
import type { ManifestPolicy, ManifestWorkload } from './manifests.js';

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
    const own = this.#stamped.filter((stamped) => stamped.app === app);
    const selected = own.filter(
      ({ manifest }) => manifest.namespace === policy.namespace && meetsTerm(policy.selector, manifest.template.labels),
    );
    const ports = Object.assign({}, ...selected.map(({ manifest }) => manifest.template.portNames));
    const rules = (list: readonly ManifestPolicyRule[]): PolicyRule[] =>
      list.map((rule) => this.#rule(rule, policy, app, copy, ports));
    return {
      namespace: policy.namespace,
      name,
      manifestName: policy.name,
      app,
      workloads: selected.map(({ workloads }) => workloads[copy]!),
      ...(policy.ingress === undefined ? {} : { ingress: rules(policy.ingress) }),
      ...(policy.egress === undefined ? {} : { egress: rules(policy.egress) }),
    };
  }

  #rule(
    { peers, ports }: ManifestPolicyRule,
    policy: ManifestPolicy,
    app: string,
    copy: number,
    names: Readonly<Record<string, number>>,
  ): PolicyRule {
    const workloads = peers.flatMap((peer) => {
      if (peer.kind !== 'pods') return [];
      const isThere = (manifest: ManifestWorkload): boolean =>
        (peer.namespaces === 'all' ||
          (peer.namespaces === 'own' ? [policy.namespace] : peer.namespaces).includes(manifest.namespace)) &&
        meetsTerm(peer.selector as NodeTerm, manifest.template.labels);
      const own = this.#stamped
        .filter((stamped) => stamped.app === app && isThere(stamped.manifest))
        .map((stamped) => stamped.workloads[copy]!);
      let foreign = this.#foreign.get(peer);
      if (foreign === undefined) {
        foreign = this.#stamped
          .filter((stamped) => stamped.app !== app && isThere(stamped.manifest))
          .flatMap((stamped) => stamped.workloads);
        this.#foreign.set(peer, foreign);
      }
      return own.length === 0 ? [foreign] : [own, foreign];
    });
    return {
      isEverybody: peers.length === 0,
      workloads: workloads.filter((list) => list.length > 0),
      outside: peers.some(({ kind }) => kind === 'outside'),
      ports: ports.map((port) => portOf(port, names)),
    };
  }
}

function portOf({ protocol, port, endPort }: ManifestPolicyPort, names: Readonly<Record<string, number>>): PolicyPort {
  if (port === undefined) return { protocol, from: 0, to: 65535 };
  // A name that no container of the pods has is a port that nobody listens on.
  const number = /^\d+$/.test(port) ? Number(port) : (names[port] ?? -1);
  return { protocol, from: number, to: endPort ?? number };
}
