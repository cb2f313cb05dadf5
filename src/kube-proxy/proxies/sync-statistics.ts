// What is counted of the syncs of all proxies, by what called for them. Part of kube-proxy.

import { Histogram, type HistogramData } from '../../metrics/index.js';

/** Why a sync takes place. */
export const Trigger = { Changes: 0, Start: 1, Forced: 2, Retry: 3, Canary: 4 } as const;
export type SyncTrigger = (typeof Trigger)[keyof typeof Trigger];

const TRIGGER_NAMES = ['changes', 'start', 'forced', 'retry', 'canary'] as const;

/** Syncs of one kind that had one trigger. */
export class SyncTotals {
  readonly trigger: (typeof TRIGGER_NAMES)[number];
  readonly isFull: boolean;
  failed = 0;
  /** Time spent waiting for the iptables lock, ns. */
  lockWait = 0;
  /** Writes of slices that they took in, and lines that they wrote. */
  changes = 0;
  lines = 0;
  readonly duration = new Histogram();

  constructor(trigger: SyncTrigger, isFull: boolean) {
    this.trigger = TRIGGER_NAMES[trigger];
    this.isFull = isFull;
  }
}

/** Syncs of one kind and trigger, as plain data. */
export type SyncRow = Omit<SyncTotals, 'duration'> & { readonly duration: HistogramData };

export class SyncStatistics {
  #totals: SyncTotals[] = [];

  record(
    trigger: SyncTrigger,
    isFull: boolean,
    hasFailed: boolean,
    duration: number,
    lockWait: number,
    changes: number,
    lines: number,
  ): void {
    const at = trigger * 2 + (isFull ? 1 : 0);
    this.#totals[at] ??= new SyncTotals(trigger, isFull);
    const totals = this.#totals[at];
    totals.duration.record(duration);
    totals.lockWait += lockWait;
    totals.changes += changes;
    totals.lines += lines;
    if (hasFailed) totals.failed++;
  }

  /** The same as plain data. */
  toData(): SyncRow[] {
    return this.all.map(({ duration, ...totals }) => ({ ...totals, duration: duration.toData() }));
  }

  /** Those that took place, by trigger, partial ones first. */
  get all(): readonly SyncTotals[] {
    return this.#totals.filter((totals) => totals !== undefined);
  }

  get syncs(): number {
    return this.all.reduce((sum, { duration }) => sum + duration.count, 0);
  }

  get fullSyncs(): number {
    return this.all.reduce((sum, { duration, isFull }) => sum + (isFull ? duration.count : 0), 0);
  }

  reset(): void {
    this.#totals = [];
  }
}
