// Numbers of kube-proxy and of the kernel's service data paths.

import { parameter } from '../cluster/index.js';
import { microseconds, milliseconds, seconds } from '../engine/index.js';

const ISSUE_138073 = 'kubernetes#138073 (2026): 3,595 services, 211,876 endpoints, 578,470 nat rules';
const BOTTLEROCKET = 'bottlerocket#4762 (2026): 877 services, 2,057 endpoints, 24-52 ms a sync';

export const runnerParameters = {
  forcedFullSync: parameter(
    seconds(3600),
    'ns',
    'a full sync is forced after this',
    'FullSyncPeriod, pkg/proxy/iptables/proxier.go',
  ),
  burst: parameter(
    2,
    'syncs',
    'syncs the old runner allows back to back',
    'pkg/util/async/bounded_frequency_runner.go',
  ),
} as const;

export const iptablesSyncParameters = {
  base: parameter(milliseconds(20), 'ns', 'a sync that has nothing to do', `${BOTTLEROCKET}; sets the floor`),
  perEndpointGenerated: parameter(
    microseconds(31),
    'ns',
    'generating the rules of one endpoint',
    `${ISSUE_138073}: 6.63 s`,
  ),
  perLineSaved: parameter(
    microseconds(4.8),
    'ns',
    'iptables-save, per line',
    `${ISSUE_138073}: 3.83 s for 799,767 lines`,
  ),
  perLineRestored: parameter(
    microseconds(12.2),
    'ns',
    'iptables-restore in user space, per line given',
    `${ISSUE_138073}: 10.49 s for 773,665 lines, less what the kernel takes`,
  ),
  perRuleCommitted: parameter(
    microseconds(1),
    'ns',
    'replacing the table in the kernel, per rule in it, also when one rule changed',
    'Huawei, KubeCon EU 2017: 0.83 and 1.41 us per existing rule and addition (community#692), rounded between them',
  ),
  fullSyncProcesses: parameter(
    26,
    'processes',
    'iptables processes that a full sync starts',
    'pkg/proxy/iptables/proxier.go: 24-28',
  ),
  perProcess: parameter(milliseconds(4), 'ns', 'one iptables process', 'no published figure; 2-10 ms'),
  largeCluster: parameter(
    1000,
    'endpoints',
    'above this stale chains are looked for once a syncPeriod',
    'largeClusterEndpointsThreshold, pkg/proxy/iptables/proxier.go',
  ),
} as const;

export const ipvsSyncParameters = {
  processes: parameter(
    20,
    'processes',
    'iptables processes of every sync',
    'pkg/proxy/ipvs/proxier.go: 11 chains and 9 rules ensured',
  ),
  perProcess: parameter(
    milliseconds(4),
    'ns',
    'one of them',
    'no published figure; 3-5 ms fit kubernetes#121933 (2023)',
  ),
  perVirtualServer: parameter(
    microseconds(400),
    'ns',
    'one virtual server looked at, every sync',
    'kubernetes#84906 (2019): 0.73 s for 1,500 services, less the fixed part',
  ),
  perIpsetChange: parameter(
    milliseconds(5),
    'ns',
    'one ipset add or del process',
    'kubernetes#93445 (2020): more than 15 s for 2,500 services',
  ),
  perRealServerChange: parameter(
    microseconds(100),
    'ns',
    'one real server added or deleted',
    'no published figure; a netlink call',
  ),
} as const;

export const nftablesSyncParameters = {
  base: parameter(
    milliseconds(15),
    'ns',
    'a transaction of nothing',
    'no published figure; kube-nftlb (2020) adds a small service in 9-35 ms',
  ),
  perServiceListed: parameter(
    microseconds(14),
    'ns',
    'listing chains and walking the services, per service',
    'kubernetes#126013 (2024): 141 ms at 10,000 services',
  ),
  perEndpointChanged: parameter(
    microseconds(50),
    'ns',
    'elements and rules of one endpoint of a changed service',
    'no published figure',
  ),
  perServicePairFull: parameter(
    517,
    'ns',
    'a full sync, per service port and per service port in the table: its cost grows with the square of their number',
    'kubernetes#139513 (2026): 1,003.9 s at 44,125 services; the square is assumed, no two sizes of one version are published; kubernetes#126013 (2024, older nft) took nine times as long at 10,000',
  ),
} as const;

export const lookupParameters = {
  perRule: parameter(
    50,
    'ns',
    'testing one iptables rule that does not match',
    'Cilium 1.6 release post (2019): 103 ns a service, two rules a service then',
  ),
  fixedRules: parameter(
    12,
    'rules',
    'rules on the way of every first packet beside its service’s',
    'counted in the chains of pkg/proxy/iptables/proxier.go',
  ),
  hashLookup: parameter(150, 'ns', 'one hash lookup, cold', 'no published figure; 100-200 ns'),
  listEntry: parameter(15, 'ns', 'one entry of an IPVS hash bucket', 'no published figure; 10-20 ns'),
  conntrackCreate: parameter(650, 'ns', 'creating a conntrack entry', 'no published figure; 300-1,000 ns'),
  ipvsConnectionCreate: parameter(
    500,
    'ns',
    'creating an IPVS connection beside it',
    'no published figure; taken as near that of conntrack',
  ),
  ipvsServiceBuckets: parameter(256, 'buckets', 'IPVS service table', 'net/netfilter/ipvs/ip_vs_ctl.c'),
  nftablesExpressions: parameter(
    13,
    'expressions',
    'rules and map lookups a first packet meets',
    'counted in pkg/proxy/nftables/proxier.go: 10-15',
  ),
  nftablesExpression: parameter(60, 'ns', 'one of them', 'no published figure; about 1 us in all'),
} as const;
