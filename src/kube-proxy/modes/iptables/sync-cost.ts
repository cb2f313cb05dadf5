// Cost of an iptables sync. The kernel replaces the whole table whatever changed, so its part grows with all rules.
// Part of kube-proxy.

import type { iptablesSyncParameters } from '../../parameters.js';
import type { SyncCost } from '../../sync-cost.js';
import { filterRules, Iptables, natRules } from './rules.js';

/** How long the kernel takes to replace a table with one of so many rules, ns. */
export const commitDuration = (rules: number, p: typeof iptablesSyncParameters): number =>
  p.perRuleCommitted.value * rules + p.perRulePairCommitted.value * rules * rules;

export const iptablesSyncCost =
  (p: typeof iptablesSyncParameters): SyncCost =>
  ({ full, total, changed, savesTable, backend }, duration) => {
    const rules = natRules(total) + filterRules(total);
    const natLines = natRules(total) + total[Iptables.Chains]!;
    const written = full ? total : changed;
    // The chains that all services share are always written whole; of the others those of changed services.
    const lines = rules - total[Iptables.ChainRules]! + written[Iptables.ChainRules]! + written[Iptables.Chains]!;
    const isNft = backend === 'nft';
    const factor = isNft ? p.nftBackend.value : 1;
    const saved = isNft ? p.nftSave.value : 1;
    duration.preparing =
      factor * p.base.value +
      p.perEndpointGenerated.value * written[Iptables.EndpointChains]! +
      (savesTable ? p.perProcess.value + (saved * p.perLineSaved.value + p.perLineParsed.value) * natLines : 0) +
      (full ? p.fullSyncProcesses.value * p.perProcess.value : 0);
    duration.committing = factor * p.perLineRestored.value * lines + commitDuration(rules, p);
    duration.linesWritten = lines;
  };
