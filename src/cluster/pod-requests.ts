// What a pod asks for in all, and what becomes of that when a container is resized in place: pure rules. Part of the cluster
// vocabulary. Sources: component-helpers/resource/helpers.go (PodRequests), pkg/apis/core/v1/helper/qos, KEP-1287.

import type { ContainerRole, ContainerSpec, PodTemplate } from './spec/index.js';

/** What a container without requests counts as in the scheduler's score (pkg/scheduler/util/pod_resources.go). */
export const UNREQUESTED_CPU_MILLIS = 100;
export const UNREQUESTED_MEMORY_BYTES = 200 * 1024 * 1024;

/**
 * Main containers and sidecars together, or an init container beside the sidecars before it, if that is more.
 * @param otherwise what a container without a request counts as.
 */
export function podRequest(
  roles: readonly ContainerRole[],
  asked: readonly (number | undefined)[],
  otherwise: number,
): number {
  let sidecars = 0;
  let peak = 0;
  let main = 0;
  roles.forEach((role, i) => {
    const request = asked[i] ?? otherwise;
    if (role === 'init') peak = Math.max(peak, sidecars + request);
    else if (role === 'sidecar') sidecars += request;
    else main += request;
  });
  return Math.max(peak, sidecars + main);
}

/** New amounts of a container; what is left out stays. */
export interface ContainerResize {
  readonly cpuRequestMillis?: number;
  readonly cpuLimitMillis?: number;
  readonly memoryRequestBytes?: number;
  readonly memoryLimitBytes?: number;
}

type Amounts = Pick<ContainerSpec, 'cpuRequestMillis' | 'cpuLimitMillis' | 'memoryRequestBytes' | 'memoryLimitBytes'>;

/** The quality of service of a pod whose containers ask for so much. */
export function qosClassOf(containers: readonly Amounts[]): PodTemplate['qosClass'] {
  const asksForSome = ({ cpuRequestMillis, cpuLimitMillis, memoryRequestBytes, memoryLimitBytes }: Amounts): boolean =>
    cpuRequestMillis > 0 || memoryRequestBytes > 0 || cpuLimitMillis < Infinity || memoryLimitBytes < Infinity;
  if (!containers.some(asksForSome)) return 'BestEffort';
  const isFixed = (one: Amounts): boolean =>
    one.cpuRequestMillis > 0 &&
    one.memoryRequestBytes > 0 &&
    one.cpuRequestMillis === one.cpuLimitMillis &&
    one.memoryRequestBytes === one.memoryLimitBytes;
  return containers.every(isFixed) ? 'Guaranteed' : 'Burstable';
}

/** The template with other amounts for some of its containers; what the pod has beside them, as overhead, stays. */
export function resizedTemplate(
  template: PodTemplate,
  isMeant: (container: ContainerSpec) => boolean,
  to: ContainerResize,
): PodTemplate {
  const containers = template.containers.map((one) => (isMeant(one) ? { ...one, ...to } : one));
  const more = (of: 'cpuRequestMillis' | 'memoryRequestBytes', otherwise: number): number => {
    const total = (all: readonly ContainerSpec[]): number =>
      podRequest(
        all.map(({ role }) => role),
        all.map((one) => one[of] || undefined),
        otherwise,
      );
    return total(containers) - total(template.containers);
  };
  return {
    ...template,
    containers,
    cpuRequestMillis: template.cpuRequestMillis + more('cpuRequestMillis', 0),
    memoryRequestBytes: template.memoryRequestBytes + more('memoryRequestBytes', 0),
    cpuScoredMillis: template.cpuScoredMillis + more('cpuRequestMillis', UNREQUESTED_CPU_MILLIS),
    memoryScoredBytes: template.memoryScoredBytes + more('memoryRequestBytes', UNREQUESTED_MEMORY_BYTES),
  };
}
