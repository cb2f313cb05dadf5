// What a scenario says of kube-proxy and of the pod network. Part of the scenario.

import { type Catalogue, LOAD_BALANCER_DEFAULT, NETWORK_PLUGIN_DEFAULT } from '../../catalogue.js';
import {
  type KernelVersion,
  type KubeProxySpec,
  kernelVersion,
  type NetworkPolicySpec,
  type NetworkSpec,
  type NodePoolSpec,
  VERSION_FACTS,
  versionProfile,
} from '../../cluster/index.js';
import { ENCRYPTIONS, fabricOf, machineOf, type NetworkPlugin } from '../../cni/index.js';
import type { Path } from '../../format/path.js';
import { bytes, ns } from '../../format/units.js';
import type { ProxyMode } from '../../kube-proxy/index.js';
import { NODE_CIDR_MASK_SIZE_DEFAULT, POD_CIDR_DEFAULT } from '../defaults.js';
import type { DistributionInput, ScenarioDocument } from '../schema/index.js';
import { BehaviorReader, type Report } from './behavior.js';

type Spec = ScenarioDocument['spec'];

/** `6.8`, `5.15.0` as one number. */
export function kernelOf(text: string): KernelVersion {
  const [major, minor] = text.split('.').map(Number) as [number, number];
  return kernelVersion(major, minor);
}

type ProxySection = Readonly<Record<string, unknown>> & {
  readonly minSyncPeriod?: string | undefined;
  readonly syncPeriod?: string | undefined;
  readonly masqueradeAll?: boolean | undefined;
};

export class NetworkReader {
  readonly #spec: Spec;
  readonly #catalogue: Catalogue;
  readonly #minor: number;
  readonly #report: Report;
  readonly #warn: Report;

  constructor(spec: Spec, catalogue: Catalogue, minor: number, report: Report, warn: Report) {
    this.#spec = spec;
    this.#catalogue = catalogue;
    this.#minor = minor;
    this.#report = report;
    this.#warn = warn;
  }

  kubeProxy(): KubeProxySpec {
    const proxy = this.#spec.kubeProxy;
    const mode = this.#catalogue.proxyModes.get(proxy.mode);
    this.#checkVersions(mode);
    const section: ProxySection =
      ((proxy as Readonly<Record<string, unknown>>)[mode.name] as ProxySection | undefined) ?? {};
    const minimum = section.minSyncPeriod ?? mode.minSyncPeriod;
    const period = section.syncPeriod ?? mode.syncPeriod;
    if (ns(minimum) > ns(period)) {
      const message = `minSyncPeriod, ${minimum}, is longer than syncPeriod, ${period}`;
      this.#report(['spec', 'kubeProxy', mode.name], message);
    }
    const gate = mode.partialSyncGate?.name;
    return {
      mode: mode.name,
      scheduler: LOAD_BALANCER_DEFAULT,
      conntrackMaxPerCore: proxy.conntrack.maxPerCore,
      conntrackMin: proxy.conntrack.min,
      minSyncPeriod: ns(minimum),
      syncPeriod: ns(period),
      syncsPartially: gate === undefined || proxy.featureGates[gate] === true,
      masquerades: mode.masquerades && (section.masqueradeAll === true || proxy.clusterCIDR !== undefined),
      ...mode.read?.(section),
    };
  }

  #checkVersions({ name, requires, deprecation }: ProxyMode): void {
    if (deprecation !== undefined && versionProfile(this.#minor)[deprecation])
      this.#warn(['spec', 'kubeProxy', 'mode'], VERSION_FACTS[deprecation].meaning);
    const { minor = 0, kernel: oldest = 0 } = requires ?? {};
    if (this.#minor < minor) {
      const message = `${name} mode exists from Kubernetes 1.${minor} on, not in 1.${this.#minor}`;
      this.#report(['spec', 'kubeProxy', 'mode'], message);
    }
    this.#spec.nodePools.forEach(({ kernel }, i) => {
      if (kernelOf(kernel) >= oldest) return;
      const needed = `${Math.floor(oldest / 1000)}.${oldest % 1000}`;
      const message = `kube-proxy in ${name} mode needs Linux ${needed}, not ${kernel}`;
      this.#report(['spec', 'nodePools', i, 'kernel'], message);
    });
  }

  /** @param nodes of the cluster. */
  network(nodes: number): NetworkSpec {
    const { network } = this.#spec;
    const plugin = this.#plugin();
    const variants = plugin.variants.map(({ name }) => name);
    const at: Path = ['spec', 'network'];
    if (network.variant !== undefined && !variants.includes(network.variant)) {
      const own = `its own: ${variants.join(', ')}`;
      this.#report([...at, 'variant'], `${network.variant} is not a variant of ${plugin.name}`, own);
    }
    const podCidr = this.#podCidr();
    const ranges = 1 << Math.max(0, podCidr.nodePrefix - podCidr.prefix);
    if (plugin.hasNodeRanges && ranges < nodes) {
      const path = network.podCIDR === undefined ? at : [...at, 'podCIDR'];
      const room = `has room for ${ranges} nodes with a /${podCidr.nodePrefix} each, but there are ${nodes}`;
      this.#warn(path, `${room}: the others cannot start pods`);
    }
    return {
      plugin: plugin.name,
      variant: network.variant ?? variants[0]!,
      podCidr,
      lineMtu: network.mtu ?? fabricOf(network.fabric).mtu,
      fabric: network.fabric,
      discoversMtu: network.pathMTUDiscovery,
      ...this.#roundTrips(),
      ...(network.flowBandwidth === undefined ? {} : { flowGbits: (bytes(network.flowBandwidth, 0) * 8) / 1e9 }),
      ...this.#encryption(plugin),
      offloads: this.#offloads(),
      ...(network.podMTU === undefined ? {} : { podMtu: network.podMTU }),
      settings: this.#settingsOf(plugin),
    };
  }

  #roundTrips(): Pick<NetworkSpec, 'sameZone' | 'crossZone'> {
    const { sameZone, crossZone } = this.#spec.network.roundTrip;
    const reader = new BehaviorReader(this.#report);
    const read = (input: DistributionInput, name: string) =>
      reader.distribution(input, ['spec', 'network', 'roundTrip', name]);
    return {
      ...(sameZone === undefined ? {} : { sameZone: read(sameZone, 'sameZone') }),
      ...(crossZone === undefined ? {} : { crossZone: read(crossZone, 'crossZone') }),
    };
  }

  #encryption({ name, encryptions = [] }: NetworkPlugin): Pick<NetworkSpec, 'encryption'> {
    const { encryption } = this.#spec.network;
    if (encryption === 'none') return {};
    if (!encryptions.includes(encryption)) {
      const known = encryptions.length === 0 ? 'it encrypts nothing' : `it has: ${encryptions.join(', ')}`;
      this.#report(['spec', 'network', 'encryption'], `${name} cannot do ${encryption}`, known);
    }
    return { encryption };
  }

  #offloads(): NetworkSpec['offloads'] {
    const { segmentation, receive, tunnel } = this.#spec.network.offloads;
    return { segmentation, receive, ...(tunnel === undefined ? {} : { tunnel }) };
  }

  #settingsOf({ name }: NetworkPlugin): Readonly<Record<string, unknown>> {
    return ((this.#spec.network as Readonly<Record<string, unknown>>)[name] ?? {}) as Readonly<Record<string, unknown>>;
  }

  /** What is told to pods and does not fit is cut, or lost. */
  warnOfMtu({ podMtu, lineMtu, discoversMtu, encryption }: NetworkSpec): void {
    const { variants } = this.#plugin();
    const wanted = this.#spec.network.variant;
    const { path } = variants.find(({ name }) => name === wanted) ?? variants[0];
    const header = path.costs.header.value + (encryption === undefined ? 0 : ENCRYPTIONS[encryption].header);
    const fits = lineMtu - header;
    // A line that is as large as what pods are told is what plugins make of it themselves.
    if (podMtu === undefined || podMtu <= fits || (podMtu === lineMtu && discoversMtu)) return;
    const what = discoversMtu ? `packets are cut to ${fits}` : 'full-size packets are lost';
    this.#warn(
      ['spec', 'network', 'podMTU'],
      `${podMtu} does not fit into ${lineMtu} less ${header} of headers: ${what}`,
    );
  }

  /** Pods for which a node has no addresses cannot start there. */
  warnOfLackingAddresses(pools: readonly NodePoolSpec[]): void {
    const plugin = this.#plugin();
    if (plugin.podsMax === undefined) return;
    pools.forEach((pool, i) => {
      const most = plugin.podsMax!(machineOf(pool), this.#settingsOf(plugin));
      if (pool.pods <= most) return;
      const message = `has room for ${pool.pods} pods on a node, but ${plugin.name} has addresses for ${most}: others stay in ContainerCreating unless they use the network of the node`;
      this.#warn(['spec', 'nodePools', i, 'capacity'], message);
    });
  }

  /** Some plugins let everything through. */
  warnOfIgnored(policies: readonly NetworkPolicySpec[]): void {
    const plugin = this.#plugin();
    const wanted = this.#spec.network.variant;
    const { policies: engine } = plugin.variants.find(({ name }) => name === wanted) ?? plugin.variants[0];
    if (policies.length === 0 || engine !== undefined) return;
    const message = `${plugin.name} enforces no NetworkPolicy: ${policies.length} of them have no effect`;
    this.#warn(['spec', 'network'], message);
  }

  #plugin(): NetworkPlugin {
    const { plugin, variant } = this.#spec.network;
    const { networkPlugins } = this.#catalogue;
    const ofVariant = networkPlugins.all.find(({ variants }) => variants.some(({ name }) => name === variant));
    return networkPlugins.get(plugin ?? ofVariant?.name ?? NETWORK_PLUGIN_DEFAULT);
  }

  #podCidr(): NetworkSpec['podCidr'] {
    const { podCIDR, nodeCIDRMaskSize } = this.#spec.network;
    const text = podCIDR ?? POD_CIDR_DEFAULT;
    const [address, length] = text.split('/') as [string, string];
    const prefix = Number(length);
    const parts = address.split('.').map(Number);
    const base = parts.reduce((number, part) => number * 256 + part, 0);
    if (parts.some((part) => part > 255) || base % (1 << (32 - prefix)) !== 0) {
      const message = `"${text}" is not a network: its address must be 0 after the prefix`;
      this.#report(['spec', 'network', 'podCIDR'], message);
    }
    const nodePrefix = nodeCIDRMaskSize ?? NODE_CIDR_MASK_SIZE_DEFAULT;
    if (nodePrefix < prefix && (nodeCIDRMaskSize !== undefined || this.#plugin().hasNodeRanges)) {
      const path: Path = ['spec', 'network', nodeCIDRMaskSize === undefined ? 'podCIDR' : 'nodeCIDRMaskSize'];
      this.#report(path, `a node’s part, /${nodePrefix}, is larger than podCIDR, /${prefix}`);
    }
    return { base, prefix, nodePrefix: Math.max(nodePrefix, prefix) };
  }
}
