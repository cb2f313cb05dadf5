// What can be measured of iptables' own programs. Part of kube-proxy.

import { type Measure, numberAt, type ParameterSet } from '../../../cluster/index.js';
import { NS_PER_SECOND } from '../../../engine/index.js';
import { backendAt } from '../../backend-condition.js';
import { iptablesSyncParameters } from '../../parameters.js';
import { countsOf } from '../../plain-services.js';
import { countIptables, IPTABLES_KINDS } from './rules.js';
import { commitDuration } from './sync-cost.js';

/** `iptables-restore` of lines into a table that then has so many rules: what the process and the kernel do. */
function restore(parameters: ParameterSet, lines: number, rules: number): number {
  const p = parameters.of(iptablesSyncParameters);
  return p.perProcess.value + p.perLineRestored.value * lines + commitDuration(rules, p);
}

/** Lines that iptables-save prints of nat: chains and their rules. */
function linesOf(services: number, endpoints: number): number {
  const [list, , rules, chains] = countsOf({ kinds: IPTABLES_KINDS, count: countIptables }, services, endpoints);
  return list! + rules! + chains!;
}

export const iptablesMeasures: readonly Measure[] = [
  {
    name: 'generate_seconds',
    meaning: 'kube-proxy generates the text of all iptables rules',
    rule: 'endpoints times the cost of one',
    unit: 's',
    needs: ['endpoints'],
    value: (parameters, at) =>
      (parameters.of(iptablesSyncParameters).perEndpointGenerated.value * numberAt(at, 'endpoints')) / NS_PER_SECOND,
  },
  {
    name: 'save_seconds',
    meaning: 'iptables-save of the nat table',
    rule: 'lines of the table times the cost of one',
    unit: 's',
    needs: ['services', 'endpoints'],
    optional: { mode: 'iptables', backend: '', lines: 0 },
    isFitted: true,
    value: (parameters, at) => {
      const given = numberAt(at, 'lines');
      const p = parameters.of(iptablesSyncParameters);
      const lines = given > 0 ? given : linesOf(numberAt(at, 'services'), numberAt(at, 'endpoints'));
      const factor = backendAt(at) === 'nft' ? p.nftSave.value : 1;
      return (p.perProcess.value + factor * p.perLineSaved.value * lines) / NS_PER_SECOND;
    },
  },
  {
    name: 'parse_saved_seconds',
    meaning: 'kube-proxy parses the output of iptables-save',
    rule: 'lines times the cost of one',
    unit: 's',
    needs: ['lines'],
    value: (parameters, at) =>
      (parameters.of(iptablesSyncParameters).perLineParsed.value * numberAt(at, 'lines')) / NS_PER_SECOND,
  },
  {
    name: 'restore_lines_seconds',
    meaning: 'iptables-restore of this many lines into a table that already has this many rules',
    rule: 'lines that are written, and rules that are there, each at its cost',
    unit: 's',
    needs: ['lines', 'rules_before'],
    value: (parameters, at) => {
      const lines = numberAt(at, 'lines');
      return restore(parameters, lines, numberAt(at, 'rules_before') + lines) / NS_PER_SECOND;
    },
  },
  {
    name: 'append_each_seconds',
    meaning: 'this many rules added one after another to an empty table, each by its own process',
    rule: 'each rule its own process, which reads and writes all that are there',
    unit: 's',
    needs: ['rules'],
    value: (parameters, at) => {
      const n = numberAt(at, 'rules');
      const p = parameters.of(iptablesSyncParameters);
      const linear = p.perRuleCommitted.value * ((n * (n + 1)) / 2);
      const square = p.perRulePairCommitted.value * ((n * (n + 1) * (2 * n + 1)) / 6);
      return (p.perProcess.value * n + linear + square) / NS_PER_SECOND;
    },
  },
];
