// From requests and limits to what the kernel is told: weights of cgroups, and quotas. Part of the machine; pure rules.
// Sources: pkg/kubelet/cm/helpers_linux.go and cgroup_manager_linux.go, opencontainers/cgroups (utils.go).

import { exp, log } from '../../engine/index.js';

const SHARES_MIN = 2;
const SHARES_MAX = 262_144;

/** What cgroup v1 calls cpu.shares, of a request in millicores: 2 … 262,144. */
export const sharesOf = (millis: number): number =>
  Math.min(SHARES_MAX, Math.max(SHARES_MIN, Math.floor((millis * 1024) / 1000)));

/** `cpu.weight` 1 … 10,000 as kubelets write it for pods and classes of pods, and OCI runtimes until 2025 for containers. */
export const linearWeight = (millis: number): number =>
  1 + Math.floor(((sharesOf(millis) - SHARES_MIN) * 9999) / (SHARES_MAX - SHARES_MIN));

/** The same as runc writes it for containers since 1.3.2, and crun since 1.23: 1,024 shares are 100. */
export function quadraticWeight(millis: number): number {
  const l = log(sharesOf(millis)) / Math.LN2;
  // So close to a whole number only by rounding.
  return Math.ceil(exp(Math.LN10 * ((l * l + 125 * l) / 612 - 7 / 34)) - 1e-9);
}

/** The smallest quota that a kubelet writes: 1 ms a period. */
const QUOTA_MIN = 1e6;

/** CPU time that a limit allows in a period, ns. @param millis Infinity: no limit. */
export const quotaOf = (millis: number, period: number): number =>
  millis === Infinity ? Infinity : Math.max(QUOTA_MIN, (millis * period) / 1000);
