// What clouds reserve of a node for kubelet, runtime and system: their published formulas. Part of the scenario; pure rules.

export const RESERVING_CLOUDS = ['eks', 'aks', 'gke'] as const;
export type ReservingCloud = (typeof RESERVING_CLOUDS)[number];

export interface Reserved {
  readonly cpuMillis: number;
  readonly memoryBytes: number;
}

const MIB = 1024 * 1024;
const MB = 1e6;
const GB = 1e9;

/** 60m of the first core, 10m of the second, 5m each of the next two, 2.5m of each further one. */
const byCore = (cores: number): number =>
  60 * Math.min(1, cores) +
  10 * Math.min(1, Math.max(0, cores - 1)) +
  5 * Math.min(2, Math.max(0, cores - 2)) +
  2.5 * Math.max(0, cores - 4);

/** AKS publishes these points; between two of them it is a straight line. */
const AKS_CORES: readonly (readonly [cores: number, millis: number])[] = [
  [1, 60],
  [2, 100],
  [4, 140],
  [8, 180],
  [16, 260],
  [32, 420],
  [64, 740],
];

function aksCpu(cores: number): number {
  const after = AKS_CORES.findIndex(([more]) => cores <= more);
  if (after <= 0) return after === 0 ? AKS_CORES[0]![1] : AKS_CORES.at(-1)![1];
  const [fewer, low] = AKS_CORES[after - 1]!;
  const [more, high] = AKS_CORES[after]!;
  return low + ((high - low) * (cores - fewer)) / (more - fewer);
}

/** A quarter of the first 4 GB, a fifth of the next 4, a tenth of the next 8, 6 % of the next 112, 2 % of the rest. */
const MEMORY_STEPS: readonly (readonly [upTo: number, share: number])[] = [
  [4 * GB, 0.25],
  [8 * GB, 0.2],
  [16 * GB, 0.1],
  [128 * GB, 0.06],
  [Infinity, 0.02],
];

function memoryBySteps(memory: number): number {
  let reserved = 0;
  let from = 0;
  for (const [upTo, share] of MEMORY_STEPS) {
    reserved += Math.max(0, Math.min(memory, upTo) - from) * share;
    from = upTo;
  }
  return reserved;
}

/**
 * @param memory bytes. @param isByPods AKS reserves memory by the number of pods, as it does since 1.29.
 * Sources: awslabs/amazon-eks-ami, nodeadm/internal/kubelet/config.go; learn.microsoft.com/azure/aks/node-resource-reservations;
 * GKE as it was published for GKE on-prem.
 */
export function reservedBy(
  cloud: ReservingCloud,
  { cores, memory, maxPods, isByPods }: { cores: number; memory: number; maxPods: number; isByPods: boolean },
): Reserved {
  if (cloud === 'eks') return { cpuMillis: byCore(cores), memoryBytes: (255 + 11 * maxPods) * MIB };
  if (cloud === 'gke')
    return { cpuMillis: byCore(cores), memoryBytes: memory < GB ? 255 * MIB : memoryBySteps(memory) };
  const memoryBytes = isByPods ? Math.min((20 * maxPods + 50) * MB, memory / 4) : memoryBySteps(memory);
  return { cpuMillis: aksCpu(cores), memoryBytes };
}
