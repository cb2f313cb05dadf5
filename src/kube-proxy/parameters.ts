// Numbers of kube-proxy and of the kernel's service data paths.

import { parameter } from '../cluster/index.js';
import { microseconds, milliseconds, seconds } from '../engine/index.js';

const ISSUE_138073 = 'kubernetes#138073 (2026): 3,595 services, 211,876 endpoints, 578,470 nat rules';
const COUNTED_IPTABLES = 'counted in the chains of pkg/proxy/iptables/proxier.go';
const HUAWEI =
  'Huawei, KubeCon EU 2017 (community#692): 660 s and 18,000 s for 40,000 and 160,000 rules, each added by its own process; solved for both';
const BOTTLEROCKET = 'bottlerocket#4762 (2026): 877 services, 2,057 endpoints, 24-52 ms a sync';

/** What a kube-proxy asks its node for. */
export const kubeProxyCpu = {
  request: parameter(
    0,
    'millicores',
    'CPU request of kube-proxy’s DaemonSet; 0: BestEffort',
    'kubeadm: cmd/kubeadm/app/phases/addons/proxy has none; add-ons of clouds ask for 100m',
  ),
} as const;

export const runnerParameters = {
  forcedFullSync: parameter(
    seconds(3600),
    'ns',
    'a full sync is forced after this',
    'FullSyncPeriod, pkg/proxy/iptables/proxier.go',
  ),
  lockWait: parameter(
    seconds(5),
    'ns',
    'iptables-restore waits this long for the lock, then fails',
    'the argument -w 5, pkg/util/iptables/iptables.go',
  ),
  startAfterBoot: parameter(
    seconds(5),
    'ns',
    'from the boot of a node until its kubelet has started the kube-proxy pod',
    'no published figure',
  ),
  start: parameter(
    seconds(0.5),
    'ns',
    'from the start of the process until it has listed services and slices',
    'no published figure',
  ),
  largeCluster: parameter(
    1000,
    'endpoints',
    'above this, stale chains are looked for only once per syncPeriod',
    'largeClusterEndpointsThreshold, pkg/proxy/iptables/proxier.go',
  ),
  burst: parameter(
    2,
    'syncs',
    'syncs the old runner allows back to back',
    'pkg/util/async/bounded_frequency_runner.go',
  ),
} as const;

/** What the kernel and the nodes are like; no cost. */
export const kernelParameters = {
  ipvsTimeWait: parameter(
    seconds(120),
    'ns',
    'IPVS remembers a closed TCP connection this long (TIME_WAIT)',
    'net/netfilter/ipvs/ip_vs_proto_tcp.c tcp_timeouts',
  ),
  clientPorts: parameter(
    28_232,
    'ports',
    'ephemeral ports of a client: 32768 to 60999',
    'net.ipv4.ip_local_port_range',
  ),
  recentClients: parameter(
    100,
    'clients',
    'clients of an endpoint that iptables remembers for session affinity',
    'net/netfilter/xt_recent.c ip_list_tot',
  ),
  nodeAddresses: parameter(
    2,
    'addresses',
    'addresses of a node at which its node ports can be reached: its own, and that of its bridge',
    'pkg/proxy/util/nodeport_addresses.go; their number is our choice',
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
    microseconds(1.57),
    'ns',
    'iptables-save, per line',
    'bottlerocket#4762 (2026): 21 ms for the 10,859 lines of 877 services and 2,057 endpoints, less the process',
  ),
  perLineParsed: parameter(
    microseconds(3.22),
    'ns',
    'kube-proxy parses the output of iptables-save, per line',
    `${ISSUE_138073}: 3.83 s for 799,767 lines, less iptables-save itself`,
  ),
  perLineRestored: parameter(
    microseconds(9.32),
    'ns',
    'iptables-restore in user space, per line given',
    `${ISSUE_138073}: 10.49 s for 773,665 lines, less what the kernel takes`,
  ),
  perRuleCommitted: parameter(
    381,
    'ns',
    'replacing the table in the kernel, per rule in it, even if only one rule changed',
    HUAWEI,
  ),
  perRulePairCommitted: parameter(
    0.00914,
    'ns',
    'and for the square of the number of rules in it: a table that has outgrown the caches costs more for each rule',
    HUAWEI,
  ),
  fullSyncProcesses: parameter(
    26,
    'processes',
    'iptables processes that a full sync starts',
    'pkg/proxy/iptables/proxier.go: 24-28',
  ),
  perProcess: parameter(milliseconds(4), 'ns', 'one iptables process', 'no published figure; 2-10 ms'),
  nftBackend: parameter(
    6,
    'ratio',
    'base and restore take this many times as long where iptables writes to nftables (iptables-nft)',
    'bottlerocket#4762 (2026): 172-248 ms against 24-52 ms',
  ),
  nftSave: parameter(
    3.35,
    'ratio',
    'iptables-save takes this many times as long where iptables writes to nftables',
    'bottlerocket#4762 (2026): 61 ms against 21 ms',
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
    microseconds(217),
    'ns',
    'checking one virtual server, in every sync',
    'kubernetes#84906 (2019): 0.73 s for 1,500 services with a cluster IP and an external IP each, less the fixed part',
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

export const ebpfSyncParameters = {
  base: parameter(milliseconds(1), 'ns', 'the agent handles what its watch has delivered', 'no published figure'),
  perEntry: parameter(microseconds(20), 'ns', 'writing one map entry', 'no published figure; a system call'),
} as const;

export const nftablesSyncParameters = {
  base: parameter(
    milliseconds(15),
    'ns',
    'an empty transaction',
    'no published figure; kube-nftlb (2020) adds a small service in 9-35 ms',
  ),
  perServiceListed: parameter(
    microseconds(12.6),
    'ns',
    'listing chains and walking the services, per service',
    'kubernetes#126013 (2024): 141 ms at 10,000 services, less the transaction',
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
    'a full sync, for the square of the number of service ports',
    'kubernetes#139513 (2026): 1,003.9 s at 44,125 services; the square is assumed, no two sizes of one version are published; kubernetes#126013 (2024, older nft) took nine times as long at 10,000',
  ),
} as const;

export const lookupParameters = {
  perRule: parameter(
    31,
    'ns',
    'testing one iptables rule whose destination differs',
    'Cilium 1.6 release post (2019): 103 ns a service, with two rules a service then, half of them tested on average by the node that chooses and all of them by that of the endpoint',
  ),
  perPortRule: parameter(
    70,
    'ns',
    'testing one iptables rule whose port differs: in KUBE-NODEPORTS',
    'Unix & Linux Stack Exchange 433054 (2018): 190 cycles in the median, at 2.7 GHz',
  ),
  fixedRules: parameter(
    12,
    'rules',
    'rules that every first packet of a pod passes besides those of its service: jumps, KUBE-SEP 2, KUBE-FORWARD 3, KUBE-POSTROUTING',
    COUNTED_IPTABLES,
  ),
  fixedRulesOfHost: parameter(
    8,
    'rules',
    'the same for a process of the node: its packet is not forwarded',
    COUNTED_IPTABLES,
  ),
  fixedRulesOfArrival: parameter(
    10,
    'rules',
    'the same on the node of the endpoint, where no service’s rule matches',
    COUNTED_IPTABLES,
  ),
  externalRules: parameter(
    3,
    'rules',
    'additional rules for an address other than the cluster IP: KUBE-NODEPORTS or KUBE-FW, and KUBE-EXT 2',
    COUNTED_IPTABLES,
  ),
  markRules: parameter(
    3,
    'rules',
    'additional rules for a packet that is masqueraded: KUBE-MARK-MASQ 1, KUBE-POSTROUTING 2',
    COUNTED_IPTABLES,
  ),
  ipvsRules: parameter(
    12,
    'rules',
    'rules that a first packet passes in IPVS mode, most of them with an ipset',
    'counted in the chains of pkg/proxy/ipvs/proxier.go',
  ),
  ipvsServerCompared: parameter(
    5,
    'ns',
    'one real server looked at by a scheduler that compares them',
    'no published figure',
  ),
  nftablesExternalExpressions: parameter(
    3,
    'expressions',
    'additional expressions for an address other than the cluster IP',
    'counted in pkg/proxy/nftables/proxier.go',
  ),
  nftablesArrivalExpressions: parameter(
    7,
    'expressions',
    'on the node of the endpoint, where lookups in the service maps find nothing',
    'counted in pkg/proxy/nftables/proxier.go',
  ),
  ebpfConnect: parameter(
    300,
    'ns',
    'the program that runs when a socket connects, without its lookups',
    'no published figure',
  ),
  ebpfConntrackCreate: parameter(
    300,
    'ns',
    'creating an entry in the conntrack table of eBPF',
    'no published figure; half of the kernel’s own, taken from the share of forwarding cost in Cilium 1.8 (2020)',
  ),
  hashLookup: parameter(150, 'ns', 'one hash lookup, cold', 'no published figure; 100-200 ns'),
  listEntry: parameter(15, 'ns', 'one entry of an IPVS hash bucket', 'no published figure; 10-20 ns'),
  conntrackCreate: parameter(650, 'ns', 'creating a conntrack entry', 'no published figure; 300-1,000 ns'),
  ipvsConnectionCreate: parameter(
    500,
    'ns',
    'creating an IPVS connection in addition',
    'no published figure; taken as near that of conntrack',
  ),
  ipvsServiceBuckets: parameter(256, 'buckets', 'IPVS service table', 'net/netfilter/ipvs/ip_vs_ctl.c'),
  nftablesExpressions: parameter(
    13,
    'expressions',
    'rules and map lookups evaluated for a first packet',
    'counted in pkg/proxy/nftables/proxier.go: 10-15',
  ),
  nftablesExpression: parameter(60, 'ns', 'one of them', 'no published figure; about 1 us in all'),
} as const;

const CILIUM_2020 = 'Cilium 1.8 release post (2020), kernel 5.7: share of CPU that is busy at 1 million packets/s';

/** What a node spends on a packet that it passes on between a client outside and a pod on another node, by mode. */
export const forwardingParameters = {
  iptables: parameter(
    microseconds(1.15),
    'ns',
    'a packet that iptables translates and forwards',
    `${CILIUM_2020}, 57.5 %; no published figure for the number of cores, two are assumed`,
  ),
  ipvs: parameter(microseconds(1.36), 'ns', 'the same for IPVS', `${CILIUM_2020}: 68.1 % against 57.5 % of iptables`),
  nftables: parameter(
    microseconds(1.15),
    'ns',
    'the same for nftables',
    'no published figure; assumed equal to iptables',
  ),
  ebpf: parameter(
    microseconds(0.716),
    'ns',
    'the same for eBPF at tc',
    `${CILIUM_2020}: 35.8 % against 57.5 % of iptables`,
  ),
} as const;

export type LookupParameters = typeof lookupParameters;
