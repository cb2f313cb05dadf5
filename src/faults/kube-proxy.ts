// What goes wrong with kube-proxy and its rules. Part of the faults.

import { field, someTime } from '../format/index.js';
import { faultType } from './fault.js';
import { away, hitNodes, NODES_HIT, readNodes, untilEnd } from './targets.js';

export const kubeProxyRestart = faultType({
  type: 'KubeProxyRestart',
  meaning: 'kube-proxy restarts: its rules stay in force, and all of them are written again',
  fields: { ...NODES_HIT, duration: away('1s', 'until the process is back') },
  read: readNodes,
  begin: (fault, reach) =>
    hitNodes(fault, reach, (node) => {
      reach.proxies.outages.kill(node);
      return () => reach.proxies.outages.restart(node);
    }),
  consequences: { exits: [] },
  examples: [{}],
});

export const xtablesLock = faultType({
  type: 'XtablesLock',
  meaning: 'something else holds the iptables lock: a sync waits 5s for it, and fails',
  fields: { ...NODES_HIT, duration: field(someTime, 'how long it is held') },
  read: readNodes,
  begin: (fault, reach) => {
    const until = reach.context.simulation.now + fault.duration;
    return hitNodes(fault, reach, (node) => reach.xtablesLock.hold(node, until));
  },
  consequences: { exits: [] },
  withoutEffect: ({ nodePools }, mode) =>
    nodePools.some(({ iptablesBackend }) => mode.takesXtablesLock(iptablesBackend))
      ? undefined
      : 'only iptables mode with the legacy backend takes that lock',
  examples: [{}],
});

export const proxySyncFailure = faultType({
  type: 'ProxySyncFailure',
  meaning: 'every sync of kube-proxy fails',
  fields: { ...NODES_HIT, duration: untilEnd('how long') },
  read: readNodes,
  begin: (fault, reach) =>
    hitNodes(fault, reach, (node) => {
      reach.proxies.outages.changeFailures(node, 1);
      return () => reach.proxies.outages.changeFailures(node, -1);
    }),
  consequences: { exits: [] },
  examples: [{}],
});

export const rulesFlushed = faultType({
  type: 'RulesFlushed',
  meaning: 'something else flushes all rules of kube-proxy',
  fields: NODES_HIT,
  read: (input, at, reader) => ({ nodes: reader.nodes(input, at), duration: 0 }),
  begin: (fault, reach) => hitNodes(fault, reach, (node) => reach.proxies.outages.flush(node)),
  consequences: { exits: [] },
  withoutEffect: (_, mode) => (mode.isFlushable ? undefined : `${mode.name} mode has no rules`),
  examples: [{}],
});
