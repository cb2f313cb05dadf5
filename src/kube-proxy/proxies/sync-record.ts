// What the syncs of all proxies leave in the metrics: kube-proxy's own, and the figures of the reports. Part of kube-proxy.

import type { NodeId, ServiceLog } from '../../cluster/index.js';
import type { Counter, Recorder, Series } from '../../metrics/index.js';
import type { ProxyMode } from '../proxy-mode.js';
import { NetworkProgramming } from './network-programming.js';
import type { ProxyTable } from './proxy-table.js';
import { SyncStatistics, type SyncTrigger } from './sync-statistics.js';
import { TriggerCounts } from './trigger-counts.js';

export class SyncRecord {
  /** CPU time of all proxies, ns. */
  cpuTime = 0;
  readonly statistics = new SyncStatistics();
  readonly programming: NetworkProgramming;
  readonly #table: ProxyTable;
  readonly #triggers: TriggerCounts;
  readonly #syncDuration: Series;
  readonly #fullDuration: Series | undefined;
  readonly #partialDuration: Series | undefined;
  readonly #programmingSeries: Series;
  readonly #failed: Counter | undefined;
  readonly #partialFailed: Counter | undefined;
  readonly #endpointChanges: Counter;

  /** @param duration of the run, ns. */
  constructor(
    recorder: Recorder,
    log: ServiceLog,
    table: ProxyTable,
    metrics: ProxyMode['metrics'],
    { isPartial, duration }: { readonly isPartial: boolean; readonly duration: number },
  ) {
    this.#table = table;
    this.#triggers = new TriggerCounts(log);
    this.programming = new NetworkProgramming(table.count, duration);
    this.#syncDuration = recorder.series('kubeproxy_sync_proxy_rules_duration_seconds');
    const tellsApart = isPartial && metrics.tellsSyncsApart;
    this.#fullDuration = tellsApart ? recorder.series('kubeproxy_sync_full_proxy_rules_duration_seconds') : undefined;
    this.#partialDuration = tellsApart
      ? recorder.series('kubeproxy_sync_partial_proxy_rules_duration_seconds')
      : undefined;
    this.#programmingSeries = recorder.series('kubeproxy_network_programming_duration_seconds');
    const { failed, partialFailed } = metrics;
    this.#failed = failed && recorder.counter(failed);
    this.#partialFailed = partialFailed && recorder.counter(partialFailed);
    this.#endpointChanges = recorder.counter('kubeproxy_sync_proxy_rules_endpoint_changes_total');
    recorder.own({
      reset: () => {
        this.statistics.reset();
        this.programming.reset();
        this.cpuTime = 0;
      },
    });
  }

  /** The sync of a node ends now; what it has brought is not in force yet. */
  record(node: NodeId, now: number): void {
    const table = this.#table;
    const isFull = table.isFull[node] === 1;
    const hasFailed = table.fails[node] === 1;
    const duration = now - table.startedAt[node]!;
    const lockWait = table.lockWait[node]!;
    const from = table.countedUpTo[node]!;
    const observed = table.observed[node]!;
    this.cpuTime += (duration - lockWait) * table.speed[node]!;
    this.#syncDuration.histogram.record(duration);
    (isFull ? this.#fullDuration : this.#partialDuration)?.histogram.record(duration);
    this.statistics.record(
      table.trigger[node]! as SyncTrigger,
      isFull,
      hasFailed,
      duration,
      lockWait,
      observed - from,
      table.linesWritten[node]!,
    );
    if (hasFailed) {
      this.#failed?.add();
      if (!isFull) this.#partialFailed?.add();
      return;
    }
    this.#endpointChanges.add(observed - from);
    this.#recordProgramming(node, now, from, observed);
  }

  /** One sample a change; changes without a trigger are not measured. */
  #recordProgramming(node: NodeId, now: number, from: number, to: number): void {
    const since = this.#table.ignoreBefore[node]!;
    const { histogram } = this.#programmingSeries;
    const found = this.#triggers;
    for (let i = found.find(from, to); i < found.end; i++) {
      const trigger = found.triggers[i]!;
      if (trigger < since) continue;
      const samples = found.counts[i]!;
      this.programming.record(node, now, histogram.record(now - trigger, samples), samples);
    }
  }
}
