// Cost of an iptables sync. The kernel replaces the whole table whatever changed, so its part grows with all rules.

import { iptablesSyncParameters as p } from '../parameters.js';
import type { SyncCost } from '../sync-cost.js';

/** nat rules of cluster-IP service ports: one in KUBE-SERVICES, the masquerade mark, three an endpoint. */
export function natRules(ports: number, endpoints: number, masquerades: number): number {
  return ports * (1 + masquerades) + 3 * endpoints;
}

/** One chain a service port and one an endpoint. */
export const natChains = (ports: number, endpoints: number): number => ports + endpoints;

/** Rules that are there without any service: KUBE-POSTROUTING 3, KUBE-MARK-MASQ 1, the tail of KUBE-SERVICES 1. */
export const FIXED_NAT_RULES = 5;

export const iptablesSyncCost: SyncCost = (work) => {
  const served = work.ports - work.portsWithoutEndpoints;
  const rules = FIXED_NAT_RULES + natRules(served, work.endpoints, work.masquerades);
  const lines = rules + natChains(served, work.endpoints);
  // KUBE-SERVICES is always written whole; of the other chains only those of changed services, unless the sync is full.
  const linesGiven = work.full
    ? lines
    : work.ports +
      natRules(work.changedPorts, work.changedEndpoints, work.masquerades) -
      work.changedPorts +
      natChains(work.changedPorts, work.changedEndpoints);
  const generated = work.full ? work.endpoints : work.changedEndpoints;
  return (
    p.base.value +
    p.perEndpointGenerated.value * generated +
    (work.savesTable ? p.perLineSaved.value * lines : 0) +
    p.perLineRestored.value * linesGiven +
    p.perRuleCommitted.value * rules +
    (work.full ? p.fullSyncProcesses.value * p.perProcess.value : 0)
  );
};
