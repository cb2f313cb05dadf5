// What NetworkPolicies did in a run, for the report. Part of the run.

import type { PolicyRow } from '../results/index.js';
import type { Cluster } from './assemble.js';

/** All policies together, then those of each manifest; nothing without any. */
export function policyRows({ api, context, policies }: Cluster): PolicyRow[] {
  const { spec, pods } = context;
  if (spec.networkPolicies.length === 0) return [];
  const podsOf = new Float64Array(spec.workloads.length);
  for (let pod = 0; pod < pods.count; pod++) if (api.objects.pods.gone[pod] === 0) podsOf[pods.workload[pod]!]! += 1;
  const rows = new Map<string, { -readonly [K in keyof PolicyRow]: PolicyRow[K] }>();
  const row = (scope: PolicyRow['scope'], app: string, policy: string) => {
    const key = `${app}/${policy}`;
    const found = rows.get(key);
    if (found !== undefined) return found;
    const none = Number.NaN;
    const made = {
      scope,
      app,
      policy,
      policies: 0,
      pods: 0,
      rules: 0,
      checked: none,
      denied: 0,
      applies: none,
      cpuTime: none,
    };
    rows.set(key, made);
    return made;
  };
  const all = row('cluster', '', '');
  all.checked = policies.checked;
  all.denied = policies.denied;
  all.applies = policies.applies;
  all.cpuTime = policies.cpuTime;
  const selected = new Set<number>();
  spec.networkPolicies.forEach(({ app, manifestName, workloads, ingress, egress }, index) => {
    const own = row('policy', app, manifestName);
    own.policies++;
    own.rules += (ingress?.length ?? 0) + (egress?.length ?? 0);
    own.denied += policies.deniedBy[index]!;
    for (const workload of workloads) {
      own.pods += podsOf[workload]!;
      selected.add(workload);
    }
    all.policies++;
    all.rules += (ingress?.length ?? 0) + (egress?.length ?? 0);
  });
  for (const workload of selected) all.pods += podsOf[workload]!;
  return [...rows.values()];
}
