// IPVS mode: the kernel's load balancer, a virtual server for each address of a service. Part of kube-proxy.

import { z } from 'zod';
import { duration, K, optional, otherwise, planned } from '../../../format/index.js';
import { ANOTHER_COUNT, firstPacketFit, periodFields } from '../../mode-fields.js';
import { forwardingParameters, ipvsSyncParameters, lookupParameters, runnerParameters } from '../../parameters.js';
import { nothing, type ProxyMode } from '../../proxy-mode.js';
import { ipvsArrival, ipvsFirstPacket } from './lookup.js';
import { countIpvs, IPVS_KINDS, Ipvs } from './rules.js';
import { IPVS_SCHEDULER_DEFAULT } from './schedulers.js';
import { ipvsSyncCost } from './sync-cost.js';
import { VirtualServers } from './virtual-servers.js';

const PERIODS = { minSyncPeriod: '1s', syncPeriod: '30s' };

export const ipvs: ProxyMode = {
  name: 'ipvs',
  meaning: 'virtual servers of IPVS',
  configured: 'ipvs',
  deprecation: 'ipvsDeprecated',
  section: {
    meaning: 'IPVS mode',
    fields: (loadBalancers) => ({
      ...periodFields(PERIODS, 'no default found in the source; assumed equal to that of iptables'),
      scheduler: otherwise(z.enum(loadBalancers), IPVS_SCHEDULER_DEFAULT, 'which endpoint a new connection gets', {
        source: K('pkg/proxy/ipvs/proxier.go'),
      }),
      connReuseMode: optional(
        z.union([z.literal(0), z.literal(1)]),
        'net.ipv4.vs.conn_reuse_mode, which is no field of KubeProxyConfiguration: what IPVS does with a new connection whose ports it remembers. 0: it goes where the old one went; 1: before Linux 5.9 its first packet is lost',
        {
          default: '0 before Linux 5.9, set by kube-proxy; 1 from 5.9 on',
          source: K('pkg/proxy/ipvs/proxier.go'),
        },
      ),
      strictARP: planned(z.boolean(), 'arp_ignore and arp_announce'),
      excludeCIDRs: planned(z.array(z.string()), 'addresses not to clean up'),
      tcpTimeout: planned(duration, 'time-out of idle TCP connections'),
      tcpFinTimeout: planned(duration, 'time-out after FIN'),
      udpTimeout: planned(duration, 'time-out of UDP flows'),
    }),
  },
  read: ({ scheduler, connReuseMode }) => ({
    scheduler: scheduler as string,
    ...(connReuseMode === undefined ? {} : { connReuseMode: connReuseMode as 0 | 1 }),
  }),
  ...PERIODS,
  kinds: IPVS_KINDS,
  count: countIpvs,
  size: (totals) => totals[Ipvs.VirtualServers]! + totals[Ipvs.RealServers]!,
  syncCost: (parameters) => ipvsSyncCost(parameters.of(ipvsSyncParameters)),
  // It walks everything each time.
  syncsPartially: () => false,
  // Before the runner was rewritten it had its syncPeriod (pkg/proxy/ipvs).
  forcedInterval: (period, version) => (version.runnerWaitsFromEnd ? runnerParameters.forcedFullSync.value : period),
  takesXtablesLock: () => false,
  hasCanary: false,
  isFlushable: true,
  changesOneByOne: true,
  savesTable: false,
  masquerades: true,
  tracksConnections: true,
  affinityClientsMax: Infinity,
  metrics: { tellsSyncsApart: true },
  firstPacket: (parameters) => ipvsFirstPacket(parameters.of(lookupParameters)),
  arrival: (parameters) => ipvsArrival(parameters.of(lookupParameters)),
  services: (book, node, position) => book.total(node, position, Ipvs.VirtualServers),
  filter: nothing,
  nodePorts: nothing,
  forwardedPacket: (parameters) => parameters.of(forwardingParameters).ipvs.value,
  choice: (parts) => new VirtualServers(parts),
  parameters: { 'kube-proxy.ipvs': ipvsSyncParameters },
  fits: [
    firstPacketFit('ipvs', {
      ipvsConnectionCreate: 'also measure without any rules (services 0)',
      listEntry: `${ANOTHER_COUNT}, ten thousand or more`,
    }),
    {
      what: 'syncs in IPVS mode',
      measures: ['sync_seconds'],
      where: [{ condition: 'mode', is: 'ipvs' }],
      group: 'kube-proxy.ipvs',
      unknowns: {
        perVirtualServer: 'measure syncs at two numbers of services',
        perProcess: 'measure syncs at two numbers of services',
        perIpsetChange: 'also measure first syncs (first=true)',
        perRealServerChange: 'measure first syncs with two numbers of endpoints a service',
      },
    },
  ],
};
