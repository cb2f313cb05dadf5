// The ways into the kernel that are measured, each as the commands it takes. Part of `kubelapse measure-kernel`.

import { IPTABLES_JUMPS, iptablesRules, NO_IPTABLES_RULES } from './iptables-rules.js';
import { IPVS_SETTINGS, ipvsAddresses, ipvsRules, NO_IPVS_ADDRESSES } from './ipvs-rules.js';
import { NO_NFTABLES_RULES, nftablesAddition, nftablesRules } from './nftables-rules.js';
import type { MeasuredService } from './services.js';

export const MEASURED_MODES = ['iptables', 'nftables', 'ipvs'] as const;
export type MeasuredMode = (typeof MEASURED_MODES)[number];

/** A program, its arguments, and what it reads from standard input. */
export interface Command {
  readonly argv: readonly [program: string, ...args: string[]];
  readonly input: string;
}

export interface Backend {
  readonly mode: MeasuredMode;
  /** Column `backend`; empty where a mode has only one. */
  readonly backend: 'legacy' | 'nft' | '';
  /** What people call it. */
  readonly label: string;
  /** Programs it cannot do without. */
  readonly tools: readonly string[];
  /** The package that has them, as Debian and Ubuntu call it. */
  readonly package: string;
  /** What has to be there before the services are written, and is no part of a sync. */
  prepare(services: readonly MeasuredService[]): readonly Command[];
  /** Writes all services where there is none. */
  writeAll(services: readonly MeasuredService[]): Command;
  /** Adds one service to those that are there, as a partial sync does. */
  writeOne(there: readonly MeasuredService[], added: MeasuredService): Command;
  /** Reads the nat table, where a sync does that. */
  readonly save?: Command;
  /** Removes what `prepare`, `writeAll` and `writeOne` have made. */
  readonly clear: readonly Command[];
}

/** In the order in which they are measured. */
export const BACKENDS: readonly Backend[] = [iptables('legacy'), iptables('nft'), nftables(), ipvs()];

function iptables(backend: 'legacy' | 'nft'): Backend {
  const restore = `iptables-${backend}-restore`;
  const save = `iptables-${backend}-save`;
  const sync = (input: string): Command => ({ argv: [restore, '-w', '5', '--noflush', '--counters'], input });
  return {
    mode: 'iptables',
    backend,
    label: `iptables (${backend})`,
    tools: [restore, save],
    package: 'iptables',
    prepare: () => [sync(IPTABLES_JUMPS)],
    writeAll: (services) => sync(iptablesRules(services)),
    writeOne: (there, added) => sync(iptablesRules([...there, added], new Set([added]))),
    save: { argv: [save, '-t', 'nat'], input: '' },
    clear: [{ argv: [restore, '-w', '5'], input: NO_IPTABLES_RULES }],
  };
}

function nftables(): Backend {
  const nft = (input: string): Command => ({ argv: ['nft', '-f', '-'], input });
  return {
    mode: 'nftables',
    backend: '',
    label: 'nftables',
    tools: ['nft'],
    package: 'nftables',
    prepare: () => [],
    writeAll: (services) => nft(nftablesRules(services)),
    writeOne: (_, added) => nft(nftablesAddition(added)),
    clear: [nft(NO_NFTABLES_RULES)],
  };
}

function ipvs(): Backend {
  const restore = (input: string): Command => ({ argv: ['ipvsadm', '-R'], input });
  const ip = (input: string): Command => ({ argv: ['ip', '-batch', '-'], input });
  return {
    mode: 'ipvs',
    backend: '',
    label: 'IPVS',
    tools: ['ipvsadm'],
    package: 'ipvsadm',
    prepare: (services) => [
      // Makes the kernel load ip_vs, and its settings appear.
      { argv: ['ipvsadm', '-Ln'], input: '' },
      { argv: ['/bin/sh', '-c', IPVS_SETTINGS], input: '' },
      ip(ipvsAddresses(services)),
    ],
    writeAll: (services) => restore(ipvsRules(services)),
    writeOne: (_, added) => restore(ipvsRules([added])),
    clear: [{ argv: ['ipvsadm', '-C'], input: '' }, ip(NO_IPVS_ADDRESSES)],
  };
}
