// Every number of the model with its source, by component: what `kubelapse explain parameters` prints. Part of the run.

import { nodeParameters, type Parameter } from '../cluster/index.js';
import {
  ciliumLimiterParameters,
  hostParameters,
  networkParameters,
  pathParameters,
  pluginParameters,
  policyParameters,
} from '../cni/index.js';
import { controlPlaneParameters } from '../control-plane/index.js';
import {
  containerdParameters,
  contentionParameters,
  crioParameters,
  imageParameters,
  runtimeMemoryParameters,
  runtimeRestartParameters,
} from '../cri/index.js';
import type { Distribution } from '../engine/index.js';
import {
  ebpfSyncParameters,
  iptablesSyncParameters,
  ipvsSyncParameters,
  lookupParameters,
  nftablesSyncParameters,
  runnerParameters,
} from '../kube-proxy/index.js';
import { kubeletParameters } from '../kubelet/index.js';
import { conntrackParameters, packetCpuParameters } from '../traffic/index.js';

export type AnyParameter = Parameter<number | Distribution>;

type ParameterList = Readonly<Record<string, AnyParameter>>;

export const MODEL_PARAMETERS: Readonly<Record<string, ParameterList>> = {
  node: nodeParameters as ParameterList,
  'control-plane': controlPlaneParameters as ParameterList,
  kubelet: kubeletParameters as ParameterList,
  'cri.containerd': containerdParameters as unknown as ParameterList,
  'cri.cri-o': crioParameters as unknown as ParameterList,
  'cri.contention': contentionParameters as ParameterList,
  'cri.restart': runtimeRestartParameters as ParameterList,
  'cri.memory': runtimeMemoryParameters as ParameterList,
  'cri.images': imageParameters as ParameterList,
  ...Object.fromEntries(
    [...Object.entries(pluginParameters), ...Object.entries(pathParameters)].map(([name, list]) => [
      `cni.${name}`,
      list as unknown as ParameterList,
    ]),
  ),
  'cni.host': hostParameters as ParameterList,
  'cni.limits': networkParameters as unknown as ParameterList,
  'cni.policies': policyParameters as unknown as ParameterList,
  'cni.cilium-limiter': ciliumLimiterParameters as ParameterList,
  'kube-proxy.runner': runnerParameters as ParameterList,
  'kube-proxy.iptables': iptablesSyncParameters as ParameterList,
  'kube-proxy.ipvs': ipvsSyncParameters as ParameterList,
  'kube-proxy.nftables': nftablesSyncParameters as ParameterList,
  'kube-proxy.ebpf': ebpfSyncParameters as ParameterList,
  'kube-proxy.lookup': lookupParameters as ParameterList,
  'traffic.packets': packetCpuParameters as ParameterList,
  'traffic.conntrack': conntrackParameters as ParameterList,
};

/** A value in its unit's words; distributions and ns as seconds. */
export function formatParameter({ value, unit }: AnyParameter): string {
  if (typeof value === 'number') return unit === 'ns' ? seconds(value) : `${value} ${unit}`;
  const scale = unit === 's' ? seconds : (n: number): string => `${Number(n.toPrecision(4))} ${unit}`;
  return formatDistribution(value, scale);
}

const seconds = (ns: number): string => `${Number((ns / 1e9).toPrecision(4))} s`;

function formatDistribution(distribution: Distribution, scale: (n: number) => string): string {
  switch (distribution.kind) {
    case 'fixed':
      return scale(distribution.value);
    case 'uniform':
      return `uniform ${scale(distribution.low)} to ${scale(distribution.high)}`;
    case 'exponential':
      return `exponential, mean ${scale(distribution.mean)}`;
    case 'normal':
      return `normal, mean ${scale(distribution.mean)}, sd ${scale(distribution.standardDeviation)}`;
    case 'lognormal':
      return `lognormal, median ${scale(distribution.median)}, sigma ${Number(distribution.sigma.toPrecision(3))}`;
    case 'empirical':
      return `empirical, ${distribution.points.length} quantiles`;
    case 'mixture':
      return distribution.parts
        .map((part) => `${part.weight} of ${formatDistribution(part.distribution, scale)}`)
        .join(' + ');
  }
}
