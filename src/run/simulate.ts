// Runs one cluster with one seed and returns what happened: no file, no clock, no console.

import { BUILT_IN, type Catalogue } from '../catalogue.js';
import {
  type ClusterSpec,
  type NodeId,
  objectsToData,
  PodPhase,
  PROBE_TYPES,
  type WorkloadId,
} from '../cluster/index.js';
import { type Instant, START } from '../engine/index.js';
import { PartError } from '../extension/guard.js';
import { namedError } from '../extension/naming.js';
import { probeKey } from '../kubelet/index.js';
import {
  type ConntrackTotals,
  neverReady,
  type ProbeResultRow,
  type ProxyTotals,
  type RequestRow,
  type RunResult,
  type ServiceLoadRow,
} from '../results/index.js';
import { assemble, CapacityError, type Cluster, type RunOptions } from './assemble.js';
import { containerCpuRows, countCpu, nodeCpuRows } from './cpu-use.js';
import { networkPaths } from './network-paths.js';
import { nodeStarts } from './node-starts.js';
import { policyRows } from './policies.js';

/** Time series have this many points, spread evenly. */
const SAMPLES = 240;

/** A run that can be advanced piece by piece, so that whoever drives it can show progress or stop. */
export class Run {
  readonly cluster: Cluster;
  readonly #spec: ClusterSpec;
  readonly #seed: string;
  readonly #options: RunOptions;
  /** Entries of the service log that were there when measuring began. */
  #entriesBefore = 0;
  #activitiesBefore = 0;

  constructor(spec: ClusterSpec, seed: string, options: RunOptions = {}) {
    this.#spec = spec;
    this.#seed = seed;
    this.#options = options;
    try {
      this.cluster = assemble(spec, seed, options);
    } catch (error) {
      throw error instanceof CapacityError ? error : this.#named(error, (catalogue) => void this.#again(catalogue));
    }
    this.#entriesBefore = this.cluster.api.services.length;
    this.#scheduleWarmup();
    this.#scheduleSamples();
  }

  /** Simulated time reached. */
  get now(): Instant {
    return this.cluster.context.simulation.now;
  }

  get finished(): boolean {
    return this.now >= this.#spec.duration;
  }

  /**
   * Executes everything before `until`, at most to the end of the run, or so many events as are asked for.
   * @returns whether it has come to `until`. Throws what an event throws; a {@link PartError} names its part and the event.
   */
  advanceTo(until: Instant, eventsMost?: number): boolean {
    const { simulation } = this.cluster.context;
    try {
      return simulation.runUntil(Math.min(until, this.#spec.duration), eventsMost);
    } catch (error) {
      if (error instanceof PartError) throw error.during(simulation.current);
      throw this.#named(error, (catalogue) => void this.#again(catalogue).advanceTo(until));
    }
  }

  /** The same run from its beginning, without whoever looks on. */
  #again(catalogue: Catalogue): Run {
    return new Run(this.#spec, this.#seed, { ...this.#options, catalogue, onlooker: undefined });
  }

  #named(error: unknown, again: (catalogue: Catalogue) => void): unknown {
    return namedError(error, this.#options.catalogue ?? BUILT_IN, again);
  }

  /** Brings what is counted by arithmetic up to this instant. */
  settle(): void {
    this.cluster.context.recorder.settle();
  }

  /** Takes stock; the run must be finished. */
  result(): RunResult {
    if (!this.finished) throw new Error(`the run has reached ${this.now} ns of ${this.#spec.duration} ns`);
    const { context, api, kubelets, traffic, scheduler } = this.cluster;
    const { simulation, recorder, nodes, pods } = context;
    context.journal?.runEnded?.();
    recorder.finish();
    recorder.counter('kubelapse_pods_never_ready_total').value = neverReady(pods, api.objects.pods, this.#spec).length;
    const nodeCpu = nodeCpuRows(this.cluster);
    const containerCpu = containerCpuRows(this.cluster);
    countCpu(recorder, nodeCpu, containerCpu);
    const counters = recorder.allCounters().map(({ metric, labels, value }) => ({ metric, labels, value }));
    return {
      spec: this.#spec,
      seed: this.#seed,
      fingerprint: simulation.fingerprint.toString(),
      counts: {
        eventsExecuted: simulation.executed,
        eventsRepresented: this.#represented(counters),
        executedByKind: simulation.executedByKind(),
        nodes: nodes.count,
        pods: pods.count,
        services: this.#spec.services.length,
        endpointChanges: api.services.length - this.#entriesBefore,
        unschedulablePods: scheduler.lacking,
        resourceVersion: api.resourceVersion,
      },
      nodes: nodes.toData(),
      pods: pods.toData(),
      objects: objectsToData(api.objects, pods.count),
      series: recorder.allSeries().map(({ metric, labels, unit, histogram }) => ({
        metric,
        labels,
        unit,
        histogram: histogram.toData(),
      })),
      counters,
      timeSeries: recorder.timeSeries,
      // In an order that does not depend on which of two simultaneous events was scheduled first.
      restarts: [...kubelets.restarts].sort(
        (a, b) => a.time - b.time || a.pod - b.pod || a.containerIndex - b.containerIndex,
      ),
      faults: this.cluster.faults.records,
      probes: this.#probeRows(),
      requests: this.#requestRows(),
      serviceLoads: this.#serviceLoads(),
      syncs: this.cluster.proxies.record.statistics.toData(),
      programming: this.cluster.proxies.record.programming.toData(),
      conntrack: this.#conntrack(),
      networkPaths: networkPaths(this.cluster),
      policies: policyRows(this.cluster),
      lookupBands: traffic.log.lookupByBand.map((duration, band) => ({
        band,
        duration: duration.toData(),
        traversed: traffic.log.traversedByBand[band]!.toData(),
      })),
      proxy: this.#proxyTotals(),
      nodeStarts: nodeStarts(this.cluster),
      nodeCpu,
      containerCpu,
      pending: scheduler.pending(),
      placements: scheduler.placements,
      evictions: [...kubelets.evictions].sort((a, b) => a.time - b.time || a.pod - b.pod),
    };
  }

  #represented(counters: readonly { readonly metric: string; readonly value: number }[]): number {
    let sum = this.cluster.context.simulation.executed;
    for (const { metric, value } of counters) {
      if (metric === 'prober_probe_total' || metric === 'kubelapse_pleg_relists_total') sum += value;
      if (metric === 'kubelapse_requests_total') sum += value;
    }
    // What was executed among them stands in the sum twice.
    const { simulated } = this.cluster.traffic.log;
    return sum - simulated - (this.#executedActivities() - this.#activitiesBefore);
  }

  /** Probes and relists that were events. */
  #executedActivities(): number {
    const kinds = this.cluster.context.simulation.executedByKind();
    const activities = kinds.filter(({ name }) => name === 'prober/done' || name === 'pleg/relist-begins');
    return activities.reduce((total, { executed }) => total + executed, 0);
  }

  #scheduleWarmup(): void {
    const { warmup } = this.#spec;
    if (warmup === 0) return;
    const { recorder, simulation } = this.cluster.context;
    recorder.measuring = false;
    const kind = simulation.on('run/warmup-ended', () => {
      this.#entriesBefore = this.cluster.api.services.length;
      this.#activitiesBefore = this.#executedActivities();
      recorder.endWarmup();
    });
    simulation.schedule(warmup as number, kind, 0);
  }

  #scheduleSamples(): void {
    const { simulation } = this.cluster.context;
    const step = Math.max(1, Math.floor(this.#spec.duration / SAMPLES));
    const kind = simulation.on('run/sample', () => {
      this.#sample();
      if (simulation.now + step < this.#spec.duration) simulation.schedule(simulation.now + step, kind, 0);
    });
    simulation.schedule(START, kind, 0);
  }

  #sample(): void {
    const { context, api, kubelets, proxies, traffic } = this.cluster;
    const { recorder, pods, simulation } = context;
    const objects = api.objects.pods;
    const now = simulation.now;
    let running = 0;
    let ready = 0;
    for (let pod = 0; pod < pods.count; pod++) {
      if (objects.gone[pod] === 1) continue;
      if (objects.phase[pod] === PodPhase.Running) running++;
      ready += objects.ready[pod]!;
    }
    const log = api.services;
    recorder.sampleAt(now, 'kubelapse_pods_running', running);
    recorder.sampleAt(now, 'kubelapse_pods_ready', ready);
    recorder.sampleAt(now, 'kubelapse_endpoints', log.length > 0 ? log.totalEndpoints[log.length - 1]! : 0);
    recorder.sampleAt(now, 'kubelapse_service_log_position', log.length);
    recorder.sampleAt(now, 'kubelapse_nodes_with_stale_rules', proxies.nodesBehind);
    recorder.sampleAt(now, 'kubelapse_container_restarts_total', kubelets.restarts.length);
    let failed = 0;
    for (const totals of traffic.log.totals) {
      for (const of of totals) if (of !== undefined && of.outcome !== 'ok') failed += of.requests;
    }
    recorder.sampleAt(now, 'kubelapse_requests_failed_total', failed);
  }

  /** Probes by app, workload of the manifest, container and type: copies of a bundle are added up. */
  #probeRows(): ProbeResultRow[] {
    const { api, context, kubelets } = this.cluster;
    const rows = new Map<string, { -readonly [K in keyof ProbeResultRow]: ProbeResultRow[K] }>();
    const keyOf = (workload: WorkloadId, container: number, type: string): string => {
      const { app, namespace, kind, manifestName } = this.#spec.workloads[workload]!;
      return `${app}/${namespace}/${kind}/${manifestName}/${container}/${type}`;
    };
    const podCounts = new Float64Array(this.#spec.workloads.length);
    for (let pod = 0; pod < context.pods.count; pod++) podCounts[context.pods.workload[pod]!]! += 1;
    this.#spec.workloads.forEach((spec, workload) => {
      spec.template.containers.forEach((container, index) => {
        for (const type of PROBE_TYPES) {
          if (!container.probes.some((probe) => probe.type === type)) continue;
          const key = keyOf(workload, index, type);
          let row = rows.get(key);
          if (row === undefined) {
            row = {
              app: spec.app,
              workload: spec.manifestName,
              container: container.name,
              probeType: type,
              probes: 0,
              failures: 0,
              restarts: 0,
              firstRestart: Number.NaN,
              backOffMax: 0,
              unreadyTime: 0,
              pods: 0,
            };
            rows.set(key, row);
          }
          row.pods += podCounts[workload]!;
          row.unreadyTime += api.readiness.unreadyTime[workload]!;
          const totals = kubelets.prober.totals.get(probeKey(workload, index, PROBE_TYPES.indexOf(type)));
          if (totals !== undefined) {
            row.probes += totals.probes;
            row.failures += totals.failures;
          }
        }
      });
    });
    for (const restart of kubelets.restarts) {
      const workload = context.pods.workload[restart.pod]!;
      const row = rows.get(keyOf(workload, restart.containerIndex, restart.reason));
      if (row === undefined) continue;
      row.restarts++;
      if (Number.isNaN(row.firstRestart)) row.firstRestart = restart.time;
      row.backOffMax = Math.max(row.backOffMax, restart.backOff);
    }
    return [...rows.values()];
  }

  #requestRows(): RequestRow[] {
    const { totals, unfinished } = this.cluster.traffic.log;
    return totals.flatMap((ended, traffic) => {
      const rows: RequestRow[] = ended.flatMap((of) =>
        of === undefined ? [] : [{ traffic, ...of, duration: of.duration.toData() }],
      );
      const open = unfinished[traffic]!;
      return open.requests === 0
        ? rows
        : [
            ...rows,
            {
              traffic,
              outcome: 'unfinished',
              cause: 'none',
              requests: open.requests,
              duration: open.duration.toData(),
            },
          ];
    });
  }

  #serviceLoads(): ServiceLoadRow[] {
    return this.cluster.traffic.log.requestsOf.flatMap((requests, service) => {
      if (requests === undefined || requests.size === 0) return [];
      const rows = [...requests].map(([pod, count]) => ({ pod, requests: count }));
      return [{ service, requests: rows.sort((a, b) => a.pod - b.pod) }];
    });
  }

  #conntrack(): ConntrackTotals {
    const { conntrack } = this.cluster.traffic;
    let fullest = 0;
    const share = (node: NodeId): number => conntrack.peak[node]! / conntrack.sizeOf(node);
    for (let node = 1; node < conntrack.peak.length; node++) if (share(node) > share(fullest)) fullest = node;
    return {
      peak: conntrack.peak[fullest]!,
      size: conntrack.sizeOf(fullest),
      dropped: conntrack.dropped.reduce((sum, n) => sum + n, 0),
    };
  }

  #proxyTotals(): ProxyTotals {
    const { api, proxies, context } = this.cluster;
    const log = api.services;
    const last = log.length - 1;
    const { syncs, fullSyncs } = proxies.record.statistics;
    return {
      mode: this.#spec.kubeProxy.mode,
      ports: last >= 0 ? log.totalPorts[last]! : 0,
      endpoints: last >= 0 ? log.totalEndpoints[last]! : 0,
      rules: proxies.sizeOn(0),
      syncs,
      fullSyncs,
      cpuTime: proxies.record.cpuTime,
      nodes: context.nodes.count,
    };
  }
}

/** Runs the whole of a cluster's time. */
export function simulate(spec: ClusterSpec, seed: string, options: RunOptions = {}): RunResult {
  const run = new Run(spec, seed, options);
  run.advanceTo(spec.duration as number);
  return run.result();
}
