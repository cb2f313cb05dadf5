// What kube-proxy hands to `nft -f -`, as text (pkg/proxy/nftables/proxier.go). Part of `kubelapse measure-kernel`.

import { nftablesEndpointChain, nftablesServiceChain } from './chain-names.js';
import { ENDPOINT_PORT, type MeasuredService, POD_NETWORK, SERVICE_PORT } from './services.js';

const TABLE = 'ip kube-proxy';

/** Removes everything, whether it is there or not. */
export const NO_NFTABLES_RULES = `add table ${TABLE}\ndelete table ${TABLE}\n`;

/** What is there without any service. */
const FIXED = [
  `add table ${TABLE}`,
  ...[
    'nat-prerouting { type nat hook prerouting priority -100 ; }',
    'nat-output { type nat hook output priority -100 ; }',
    'nat-postrouting { type nat hook postrouting priority 100 ; }',
    'filter-prerouting { type filter hook prerouting priority -110 ; }',
    'filter-input { type filter hook input priority -110 ; }',
    'filter-forward { type filter hook forward priority -110 ; }',
    'filter-output { type filter hook output priority -110 ; }',
    'filter-output-post-dnat { type filter hook output priority -90 ; }',
    'services',
    'masquerading',
    'mark-for-masquerade',
    'cluster-ips-check',
    'service-endpoints-check',
    'nodeport-endpoints-check',
    'firewall-check',
  ].map((chain) => `add chain ${TABLE} ${chain}`),
  ...['cluster-ips', 'nodeport-ips'].map((set) => `add set ${TABLE} ${set} { type ipv4_addr ; }`),
  ...['service-ips', 'no-endpoint-services', 'firewall-ips'].map(
    (map) => `add map ${TABLE} ${map} { type ipv4_addr . inet_proto . inet_service : verdict ; }`,
  ),
  ...['service-nodeports', 'no-endpoint-nodeports'].map(
    (map) => `add map ${TABLE} ${map} { type inet_proto . inet_service : verdict ; }`,
  ),
  ...[
    'nat-prerouting jump services',
    'nat-output jump services',
    'nat-postrouting jump masquerading',
    'filter-prerouting ct state new jump firewall-check',
    'filter-input ct state new jump nodeport-endpoints-check',
    'filter-input ct state new jump service-endpoints-check',
    'filter-forward ct state new jump service-endpoints-check',
    'filter-forward ct state new jump cluster-ips-check',
    'filter-output ct state new jump service-endpoints-check',
    'filter-output ct state new jump firewall-check',
    'filter-output-post-dnat ct state new jump cluster-ips-check',
    'services ip daddr . meta l4proto . th dport vmap @service-ips',
    'services ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports',
    'masquerading mark and 0x4000 == 0 return',
    'masquerading mark set mark xor 0x4000',
    'masquerading masquerade fully-random',
    'mark-for-masquerade mark set mark or 0x4000',
    'cluster-ips-check ip daddr @cluster-ips reject',
    'service-endpoints-check ip daddr . meta l4proto . th dport vmap @no-endpoint-services',
    'nodeport-endpoints-check ip daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports',
    'firewall-check ip daddr . meta l4proto . th dport vmap @firewall-ips',
  ].map((rule) => `add rule ${TABLE} ${rule}`),
];

/** The table with all services, from nothing. */
export const nftablesRules = (services: readonly MeasuredService[]): string =>
  `${[...FIXED, ...services.flatMap(serviceLines)].join('\n')}\n`;

/** One more service in a table that is there. */
export const nftablesAddition = (service: MeasuredService): string => `${serviceLines(service).join('\n')}\n`;

/** Its chains, 2 rules and 2 an endpoint, and its elements of the shared set and map. */
function serviceLines(service: MeasuredService): string[] {
  const { address, endpoints } = service;
  const chain = nftablesServiceChain(service);
  const choices = endpoints.map((endpoint, i) => `${i} : goto ${nftablesEndpointChain(service, endpoint)}`);
  return [
    ...endpoints.flatMap((endpoint) => {
      const own = nftablesEndpointChain(service, endpoint);
      return [
        ...emptyChain(own),
        `add rule ${TABLE} ${own} ip saddr ${endpoint} jump mark-for-masquerade`,
        `add rule ${TABLE} ${own} meta l4proto tcp dnat to ${endpoint}:${ENDPOINT_PORT}`,
      ];
    }),
    ...emptyChain(chain),
    `add rule ${TABLE} ${chain} ip daddr ${address} tcp dport ${SERVICE_PORT} ip saddr != ${POD_NETWORK} jump mark-for-masquerade`,
    `add rule ${TABLE} ${chain} numgen random mod ${endpoints.length} vmap { ${choices.join(' , ')} }`,
    `add element ${TABLE} cluster-ips { ${address} }`,
    `add element ${TABLE} service-ips { ${address} . tcp . ${SERVICE_PORT} : goto ${chain} }`,
  ];
}

const emptyChain = (chain: string): string[] => [`add chain ${TABLE} ${chain}`, `flush chain ${TABLE} ${chain}`];
