// TaintToleration: taints that a pod does not tolerate keep it away, or make a node less liked. Part of the scheduler.
// Source: pkg/scheduler/framework/plugins/tainttoleration.

import type { NodeId, TaintSpec } from '../../../cluster/index.js';
import { MEMORY_PRESSURE, softTaints, untolerated } from '../../../cluster/index.js';
import { normaliseToMost, type SchedulerPlugin } from '../plugin.js';

const sentence = ({ key, value }: TaintSpec): string => `node(s) had untolerated taint {${key}: ${value}}`;

export const taintToleration: SchedulerPlugin = {
  name: 'TaintToleration',
  meaning: 'taints that a pod does not tolerate; fewer PreferNoSchedule taints are better',
  isLocal: true,
  weight: 3,
  create: ({ context: { nodes, spec }, nodes: info }) => ({
    prepare: ({ template }) => {
      /** By kind of node: what its pool's taints say. */
      const ofKind = nodes.kinds.map(({ pool }) => untolerated(template, pool.taints));
      const soft = nodes.kinds.map(({ pool }) => softTaints(template, pool.taints));
      const met: TaintSpec[] = [];
      const numberOf = (taint: TaintSpec): number => {
        const at = met.findIndex(({ key, value }) => key === taint.key && value === taint.value);
        return at >= 0 ? at + 1 : met.push(taint);
      };
      // Pods that ask for something are taken to cope with a shortage (Kubernetes documentation, taints by condition).
      const isHardy = template.qosClass !== 'BestEffort';
      const taintOf = (node: NodeId): TaintSpec | undefined => {
        const own = info.ownTaints(node);
        const lasting = own === undefined ? ofKind[nodes.kindOf[node]!] : untolerated(template, own);
        if (lasting !== undefined) return lasting;
        const passing = info.passingTaints(node);
        if (passing.length === 0) return undefined;
        return untolerated(
          template,
          passing.filter((taint) => !isHardy || taint !== MEMORY_PRESSURE),
        );
      };
      const isSpecial = spec.nodePools.some(({ taints }) => taints.some(({ effect }) => effect === 'PreferNoSchedule'));
      const isLiked = soft.every((taints) => taints === soft[0]);
      return {
        filter: (node) => {
          const taint = taintOf(node);
          return taint === undefined ? 0 : numberOf(taint);
        },
        reasons: (why) => [sentence(met[why - 1]!)],
        isFinal: () => true,
        wakes: ['nodeChanged'],
        helps: (event) => taintOf(event.node) === undefined,
        rawScore: (node) => soft[nodes.kindOf[node]!]!,
        // Where all nodes are the same it makes no difference.
        ...(isSpecial && !isLiked
          ? {
              scoreAll: (of, count, scores) => {
                for (let i = 0; i < count; i++) scores[i] = soft[nodes.kindOf[of[i]!]!]!;
                normaliseToMost(scores, count, true);
              },
            }
          : { score: () => 100 }),
      };
    },
  }),
};
