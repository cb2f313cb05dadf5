// Names of the chains of services and endpoints, made as kube-proxy makes them: how long names are and how they spread over
// the kernel's tables is part of what is measured. Part of `kubelapse measure-kernel`.

import { createHash } from 'node:crypto';
import { ENDPOINT_PORT, type MeasuredService, SERVICE_PORT } from './services.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const TOP_BITS = 251n;

/** The first characters of the SHA-256 of a text in base 32. @param length at most 51. */
export function hashOf(text: string, length: number): string {
  const digest = BigInt(`0x${createHash('sha256').update(text).digest('hex')}`);
  return Array.from({ length }, (_, i) => ALPHABET[Number((digest >> (TOP_BITS - 5n * BigInt(i))) & 31n)]!).join('');
}

/** `servicePortChainName` in pkg/proxy/iptables/proxier.go. */
export const iptablesServiceChain = ({ name }: MeasuredService): string => `KUBE-SVC-${hashOf(`${name}tcp`, 16)}`;

/** `servicePortEndpointChainName` there. */
export const iptablesEndpointChain = ({ name }: MeasuredService, endpoint: string): string =>
  `KUBE-SEP-${hashOf(`${name}tcp${endpoint}:${ENDPOINT_PORT}`, 16)}`;

/** `servicePortChainNameBase` in pkg/proxy/nftables/proxier.go. */
export function nftablesServiceChain({ name }: MeasuredService): string {
  const base = `${name}/tcp/${SERVICE_PORT}`;
  return `service-${hashOf(base, 8)}-${base}`;
}

/** `servicePortEndpointChainNamePrefix` there. */
export function nftablesEndpointChain({ name }: MeasuredService, endpoint: string): string {
  const base = `${name}/tcp/${SERVICE_PORT}__${endpoint}/${ENDPOINT_PORT}`;
  return `endpoint-${hashOf(base, 8)}-${base}`;
}
