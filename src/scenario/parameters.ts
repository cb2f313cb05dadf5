// Every number of the model with its source, by component: what `kubelapse explain parameters` prints, and which of them a
// profile may change. Part of the scenario.

import { BUILT_IN } from '../catalogue.js';
import { nodeParameters, type Parameter } from '../cluster/index.js';
import { hostParameters, networkParameters, policyParameters } from '../cni/index.js';
import { controlPlaneCosts, controlPlaneParameters } from '../control-plane/index.js';
import { contentionParameters, imageParameters, pullCosts, runtimeRestartParameters } from '../cri/index.js';
import type { Distribution } from '../engine/index.js';
import { forwardingParameters, kernelParameters, lookupParameters, runnerParameters } from '../kube-proxy/index.js';
import { kubeletCosts, kubeletParameters } from '../kubelet/index.js';
import { conntrackParameters, packetCpuParameters } from '../traffic/index.js';

export type AnyParameter = Parameter<number | Distribution>;

type ParameterList = Readonly<Record<string, AnyParameter>>;

const networkPlugins = BUILT_IN.networkPlugins.all;
const runtimes = BUILT_IN.containerRuntimes.all;

/** Groups by their names; parts that add to one group share it. */
function merged(groups: readonly (readonly [string, object])[]): Record<string, ParameterList> {
  const all: Record<string, ParameterList> = {};
  for (const [name, group] of groups) all[name] = { ...all[name], ...listOf(group) };
  return all;
}

const listOf = (group: object): ParameterList => group as ParameterList;

/** What is the same on every machine: constants of Kubernetes and the kernel, and choices of the model. */
const CONSTANTS: Readonly<Record<string, ParameterList>> = {
  node: nodeParameters,
  'control-plane': controlPlaneParameters,
  kubelet: kubeletParameters,
  ...merged(runtimes.flatMap(({ constants = {} }) => Object.entries(constants))),
  'cri.images': imageParameters,
  'kube-proxy.runner': runnerParameters,
  'kube-proxy.kernel': kernelParameters,
  'traffic.packets': packetCpuParameters,
  'traffic.conntrack': conntrackParameters,
};

/** What depends on the machine, the kernel or the version of a plugin: a profile may change these. */
export const COSTS: Readonly<Record<string, ParameterList>> = {
  'control-plane.costs': controlPlaneCosts,
  'kubelet.costs': kubeletCosts,
  ...Object.fromEntries(runtimes.map(({ name, calls }) => [`cri.${name}`, listOf(calls)])),
  'cri.contention': contentionParameters,
  'cri.restart': runtimeRestartParameters,
  'cri.pulls': pullCosts,
  ...Object.fromEntries(
    [
      ...networkPlugins.map(({ name, parameters }) => [name, parameters] as const),
      ...networkPlugins.flatMap(({ variants }) => variants.map(({ name, path }) => [name, path] as const)),
    ].map(([name, list]) => [`cni.${name}`, listOf(list)]),
  ),
  'cni.host': hostParameters,
  'cni.limits': networkParameters,
  'cni.policies': policyParameters,
  ...Object.fromEntries(
    networkPlugins.flatMap(({ ownParameters = {} }) =>
      Object.entries(ownParameters).map(([name, list]) => [name, listOf(list)]),
    ),
  ),
  ...Object.fromEntries(
    BUILT_IN.proxyModes.all.flatMap(({ parameters }) =>
      Object.entries(parameters).map(([name, group]) => [name, listOf(group)]),
    ),
  ),
  'kube-proxy.lookup': lookupParameters,
  'kube-proxy.forwarding': forwardingParameters,
};

export const MODEL_PARAMETERS: Readonly<Record<string, ParameterList>> = { ...CONSTANTS, ...COSTS };

/** A value in its unit's words; distributions and ns as seconds. */
export function formatParameter({ value, unit }: AnyParameter): string {
  if (typeof value === 'number') return unit === 'ns' ? seconds(value) : `${value} ${unit}`;
  const scale = unit === 's' ? seconds : (n: number): string => `${Number(n.toPrecision(4))} ${unit}`;
  return formatDistribution(value, scale);
}

/** Seconds, or of less than a microsecond, which would need an exponent, nanoseconds. */
const seconds = (ns: number): string =>
  ns > 0 && ns < 1e3 ? `${Number(ns.toPrecision(4))} ns` : `${Number((ns / 1e9).toPrecision(4))} s`;

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
