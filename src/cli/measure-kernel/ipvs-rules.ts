// What a node in IPVS mode has: virtual servers with their real servers, and the virtual addresses on an interface of their
// own (pkg/proxy/ipvs/proxier.go). Part of `kubelapse measure-kernel`.

import { ENDPOINT_PORT, type MeasuredService, SERVICE_PORT } from './services.js';

const INTERFACE = 'kube-ipvs0';

/** Input of `ipvsadm -R`: round robin, and real servers in masquerade mode. */
export const ipvsRules = (services: readonly MeasuredService[]): string =>
  services
    .flatMap(({ address, endpoints }) => [
      `-A -t ${address}:${SERVICE_PORT} -s rr\n`,
      ...endpoints.map((endpoint) => `-a -t ${address}:${SERVICE_PORT} -r ${endpoint}:${ENDPOINT_PORT} -m -w 1\n`),
    ])
    .join('');

/** Input of `ip -batch -`: without its address on the node a packet would be forwarded past IPVS. */
export const ipvsAddresses = (services: readonly MeasuredService[]): string =>
  [
    `link add ${INTERFACE} type dummy\n`,
    ...services.map(({ address }) => `addr add ${address}/32 dev ${INTERFACE}\n`),
  ].join('');

/** Input of `ip -batch -`. */
export const NO_IPVS_ADDRESSES = `link del ${INTERFACE}\n`;

/** Settings that kube-proxy makes when it starts in this mode, as a shell writes them. */
export const IPVS_SETTINGS = [
  'echo 1 > /proc/sys/net/ipv4/vs/conntrack',
  'echo 1 > /proc/sys/net/ipv4/conf/all/arp_ignore',
  'echo 2 > /proc/sys/net/ipv4/conf/all/arp_announce',
].join(' && ');
