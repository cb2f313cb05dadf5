// What kube-proxy hands to iptables-restore, as text (pkg/proxy/iptables/proxier.go). Part of `kubelapse measure-kernel`.

import { iptablesEndpointChain, iptablesServiceChain } from './chain-names.js';
import { ENDPOINT_PORT, type MeasuredService, POD_NETWORK, SERVICE_PORT } from './services.js';

/** Chains of kube-proxy in the table filter. */
const FILTER_CHAINS = [
  ':KUBE-SERVICES - [0:0]',
  ':KUBE-EXTERNAL-SERVICES - [0:0]',
  ':KUBE-FORWARD - [0:0]',
  ':KUBE-NODEPORTS - [0:0]',
  ':KUBE-PROXY-FIREWALL - [0:0]',
];

/** Empties both tables: given without --noflush. */
export const NO_IPTABLES_RULES = '*filter\nCOMMIT\n*nat\nCOMMIT\n';

/** Jumps from the kernel's chains, which kube-proxy makes one by one before its first sync. */
export const IPTABLES_JUMPS = linesOf([
  '*filter',
  ...FILTER_CHAINS,
  ...['INPUT', 'OUTPUT', 'FORWARD'].map((chain) =>
    jumpOfNew(chain, 'KUBE-PROXY-FIREWALL', 'kubernetes load balancer firewall'),
  ),
  ...['INPUT', 'FORWARD'].map((chain) =>
    jumpOfNew(chain, 'KUBE-EXTERNAL-SERVICES', 'kubernetes externally-visible service portals'),
  ),
  '-A INPUT -m comment --comment "kubernetes health check service ports" -j KUBE-NODEPORTS',
  '-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD',
  ...['FORWARD', 'OUTPUT'].map((chain) => jumpOfNew(chain, 'KUBE-SERVICES', 'kubernetes service portals')),
  'COMMIT',
  '*nat',
  ':KUBE-SERVICES - [0:0]',
  ':KUBE-POSTROUTING - [0:0]',
  '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
  '-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
  '-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING',
  'COMMIT',
]);

/**
 * The input of a sync, to be given with --noflush: KUBE-SERVICES is written whole in every sync, chains of services only if
 * they have changed.
 * @param all every service of the node, in the order of KUBE-SERVICES.
 * @param changed those whose chains are written; all of them in a full sync.
 */
export function iptablesRules(
  all: readonly MeasuredService[],
  changed: ReadonlySet<MeasuredService> = new Set(all),
): string {
  const changedInOrder = all.filter((service) => changed.has(service));
  return linesOf([
    '*filter',
    ...FILTER_CHAINS,
    '-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP',
    '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x00004000/0x00004000 -j ACCEPT',
    '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    'COMMIT',
    '*nat',
    ':KUBE-SERVICES - [0:0]',
    ':KUBE-NODEPORTS - [0:0]',
    ':KUBE-POSTROUTING - [0:0]',
    ':KUBE-MARK-MASQ - [0:0]',
    ...changedInOrder.flatMap((service) =>
      [
        iptablesServiceChain(service),
        ...service.endpoints.map((endpoint) => iptablesEndpointChain(service, endpoint)),
      ].map((chain) => `:${chain} - [0:0]`),
    ),
    '-A KUBE-POSTROUTING -m mark ! --mark 0x00004000/0x00004000 -j RETURN',
    '-A KUBE-POSTROUTING -j MARK --xor-mark 0x00004000',
    '-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
    '-A KUBE-MARK-MASQ -j MARK --or-mark 0x00004000',
    ...all.flatMap((service) => [listRule(service), ...(changed.has(service) ? chainRules(service) : [])]),
    '-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
    'COMMIT',
  ]);
}

/** The rule that first packets are tested against. */
const listRule = (service: MeasuredService): string =>
  `-A KUBE-SERVICES -m comment --comment "${service.name} cluster IP" -m tcp -p tcp -d ${service.address} --dport ${SERVICE_PORT} -j ${iptablesServiceChain(service)}`;

/** Rules of a service's own chains: 1 + 3 an endpoint. */
function chainRules(service: MeasuredService): string[] {
  const { name, address, endpoints } = service;
  const chain = iptablesServiceChain(service);
  return [
    `-A ${chain} -m comment --comment "${name} cluster IP" -m tcp -p tcp -d ${address} --dport ${SERVICE_PORT} ! -s ${POD_NETWORK} -j KUBE-MARK-MASQ`,
    ...endpoints.map((endpoint, i) => {
      const chance = chanceOf(endpoints.length - i);
      return `-A ${chain} -m comment --comment "${name} -> ${endpoint}:${ENDPOINT_PORT}" ${chance}-j ${iptablesEndpointChain(service, endpoint)}`;
    }),
    ...endpoints.flatMap((endpoint) => {
      const own = `-A ${iptablesEndpointChain(service, endpoint)} -m comment --comment ${name}`;
      return [
        `${own} -s ${endpoint} -j KUBE-MARK-MASQ`,
        `${own} -m tcp -p tcp -j DNAT --to-destination ${endpoint}:${ENDPOINT_PORT}`,
      ];
    }),
  ];
}

/** Each endpoint is as likely as those after it; the last takes what is left. */
const chanceOf = (left: number): string =>
  left === 1 ? '' : `-m statistic --mode random --probability ${(1 / left).toFixed(10)} `;

function jumpOfNew(from: string, to: string, comment: string): string {
  return `-A ${from} -m conntrack --ctstate NEW -m comment --comment "${comment}" -j ${to}`;
}

function linesOf(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
