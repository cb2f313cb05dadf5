// From a valid Scenario document and its manifests to the cluster that a run needs. Part of the scenario.
// Units become whole nanoseconds, bytes and millicores; defaults of the Kubernetes version are filled in; bundles are
// stamped out; names in traffic and faults become indices. References that lead nowhere are errors with a suggestion.

import type { Behaviors } from '../../application/behavior-fields.js';
import { type Catalogue, CONTAINER_RUNTIME_DEFAULT } from '../../catalogue.js';
import {
  addTo,
  type ClusterSpec,
  type ContainerBehavior,
  type ControlPlaneSpec,
  differsByPod,
  type EvictionSignal,
  type GateOwner,
  isOfPlace,
  type KubeletSpec,
  keptBack,
  type NetworkPolicySpec,
  type NodePoolSpec,
  type PodTemplate,
  type SchedulerSpec,
  type ServiceSpec,
  selectorOf,
  type TrafficSpec,
  VERSION_FACTS,
  type VersionProfile,
  versionOf,
  versionProfile,
  type WorkloadSpec,
  type WorkloadTraits,
} from '../../cluster/index.js';
import type { WorkloadKind } from '../../control-plane/index.js';
import { staticPod } from '../../control-plane/index.js';
import { imageParameters } from '../../cri/index.js';
import type { Duration, Instant } from '../../engine/index.js';
import { formatPath, type Path } from '../../format/path.js';
import { bytes, ns, parseCpuMillis, parseQuantity } from '../../format/units.js';
import { MAX_PODS_DEFAULT } from '../defaults.js';
import type { Diagnostic } from '../diagnostics.js';
import type {
  ManifestContainer,
  ManifestPolicy,
  ManifestService,
  Manifests,
  ManifestWorkload,
} from '../manifests/manifests.js';
import type { PodLimits } from '../manifests/pod-resources.js';
import type { Placement } from '../placement.js';
import { reservedBy } from '../reserved.js';
import type { ScenarioDocument } from '../schema/index.js';
import type { Locate } from '../validate.js';
import type { Place } from '../yaml/object-fields.js';
import { assumedExit, BehaviorReader, type Report } from './behavior.js';
import { ClusterObjects } from './cluster-objects.js';
import { type Amounts, evictionThresholds } from './eviction.js';
import { ScenarioFaults } from './faults.js';
import { gateProblem } from './feature-gates.js';
import { imagesByUse, imagesOf, pullsOf, registriesOf, unmatched } from './images.js';
import { kernelOf, NetworkReader } from './network.js';
import { diskBytesOf, hugePageBytes, labelsOf, OWN_NODE_LABELS, otherResources } from './node-resources.js';
import { outlookOf } from './outlook.js';
import { unplaceable } from './placeable.js';
import { placesOf } from './placed.js';
import { PolicyResolver } from './policies.js';
import { selectorWords, shortageOf } from './room.js';
import { defaultScheduler, SETTLED_TWICE } from './scheduler-configuration.js';
import { ofCopy, type Selected, type StampedWorkload, selectedBy } from './selection.js';
import { bandsByPriority, bandsOf } from './shutdown-bands.js';
import { TrafficReader } from './traffic.js';

/** Names that a message has at most. */
const NAMED = 4;

/** Bytes that a node has at least. No published figure: below that not even one sandbox fits. */
const MEMORY_MIN = 1 << 20;

export const QUESTION_ANNOTATION = 'kubelapse.dev/question';

type Spec = ScenarioDocument['spec'];
type Kubelet = Spec['nodePools'][number]['kubelet'];

/** What was read from the manifests that a scenario names. */
export interface ScenarioManifests {
  /** By app, in the order of `spec.apps`. */
  readonly apps: readonly Manifests[];
  /** Pods in the staticPodPath of each node pool, in the order of `spec.nodePools`. */
  readonly staticPods: readonly (readonly ManifestWorkload[])[];
  /** What its KubeSchedulerConfiguration says, if it names one. */
  readonly scheduler?: SchedulerSpec;
  /** Instants in the trace of each traffic entry, in the order of `spec.traffic`; undefined for those without one. */
  readonly traces: readonly (readonly number[] | undefined)[];
  /** Where the pods of each app are when the run begins, in the order of `spec.apps`; undefined for those that do not say. */
  readonly placements: readonly (Placement | undefined)[];
}

export function resolveScenario(
  document: ScenarioDocument,
  manifests: ScenarioManifests,
  catalogue: Catalogue,
  locate: Locate,
  diagnostics: Diagnostic[],
): ClusterSpec {
  return new Resolver(document, manifests, catalogue, locate, diagnostics).resolve();
}

class Resolver {
  readonly #document: ScenarioDocument;
  readonly #spec: Spec;
  readonly #manifests: ScenarioManifests;
  readonly #catalogue: Catalogue;
  readonly #locate: Locate;
  readonly #diagnostics: Diagnostic[];
  readonly #version: VersionProfile;
  /** Known before any template is read. */
  #objects!: ClusterObjects;
  readonly #workloads: WorkloadSpec[] = [];
  readonly #services: ServiceSpec[] = [];
  readonly #stamped: StampedWorkload[] = [];
  /** By manifest: what it makes by the clock if it is there from an instant on. */
  readonly #runs = new Map<ManifestWorkload, { from: number; all: ReturnType<NonNullable<WorkloadKind['runs']>> }>();
  readonly #report: Report = (path, message, hint) => this.#error(path, message, hint);
  readonly #behaviors = new BehaviorReader(this.#report);

  constructor(
    document: ScenarioDocument,
    manifests: ScenarioManifests,
    catalogue: Catalogue,
    locate: Locate,
    diagnostics: Diagnostic[],
  ) {
    this.#document = document;
    this.#spec = document.spec;
    this.#manifests = manifests;
    this.#catalogue = catalogue;
    this.#locate = locate;
    this.#diagnostics = diagnostics;
    const minor = Number(document.spec.kubernetesVersion.slice(2));
    this.#version = versionProfile(minor, document.spec.controlPlane.featureGates);
  }

  resolve(): ClusterSpec {
    const { metadata } = this.#document;
    const duration = ns(this.#spec.duration);
    const warmup = ns(this.#spec.warmup);
    if (duration === 0) this.#error(['spec', 'duration'], `must be longer than 0, not ${this.#spec.duration}`);
    if (warmup >= duration) {
      const { duration: length, warmup: given } = this.#spec;
      if (duration > 0) this.#error(['spec', 'warmup'], `must be shorter than spec.duration, ${length}, not ${given}`);
    }
    this.#objects = new ClusterObjects(this.#manifests.apps, (severity, workload, field, text, hint) => {
      const message = `${workload.kind} ${workload.name}: ${text}`;
      const place = placeIn(workload, field);
      this.#diagnostics.push({ severity, ...place, message, ...(hint === undefined ? {} : { hint }) });
    });
    // Kubelets run static pods before anything else reaches their nodes.
    for (const index of this.#spec.nodePools.keys()) this.#staticPods(index);
    for (const index of this.#spec.apps.keys()) this.#app(index);
    for (const index of this.#spec.apps.keys()) this.#services.push(...this.#servicesOf(index));
    this.#warnOfTheUnreached(duration);
    const network = new NetworkReader(this.#spec, this.#catalogue, this.#version.minor, this.#report, (path, message) =>
      this.#warn(path, message),
    );
    const { namespaces } = this.#objects;
    const networkPolicies = this.#policies(namespaces);
    network.warnOfIgnored(networkPolicies);
    const faultReader = new ScenarioFaults(
      this.#spec,
      this.#catalogue.faults,
      this.#workloads,
      this.#behaviors,
      this.#report,
    );
    const faults = faultReader.faults();
    faultReader.applyUpdates(faults);
    const kubeProxy = network.kubeProxy();
    const nodePools = this.#nodePools();
    const networkSpec = network.network(sum(nodePools.map(({ count }) => count)));
    network.warnOfLackingAddresses(nodePools);
    network.warnOfMtu(networkSpec);
    this.#placePods(nodePools);
    this.#checkRoom(nodePools);
    const spec: ClusterSpec = {
      name: metadata.name,
      question: metadata.annotations?.[QUESTION_ANNOTATION] ?? '',
      version: this.#version,
      duration,
      warmup,
      nodePools,
      network: networkSpec,
      controlPlane: this.#controlPlane(),
      kubeProxy,
      workloads: this.#workloads,
      services: this.#services,
      networkPolicies,
      namespaces,
      explainPlacement: this.#spec.explainPlacement ?? [],
      images: imagesByUse(imagesOf(this.#spec.images ?? [], this.#report), this.#usedImages()),
      registries: registriesOf(this.#spec, this.#report),
      traffic: this.#traffic(duration),
      faults,
    };
    this.#warnOfFaults(spec);
    for (const { at, message, hint } of unmatched(this.#spec, this.#usedImages())) this.#warn(at, message, hint);
    this.#tellUnplaceable(spec);
    for (const { at, message, hint } of outlookOf(spec)) this.#warn(at, message, hint);
    return spec;
  }

  /** Puts the pods of applications where their files say. */
  #placePods(nodePools: readonly NodePoolSpec[]): void {
    this.#manifests.placements.forEach((placement, index) => {
      if (placement === undefined) return;
      const app = this.#spec.apps[index]!;
      const at: Path = ['spec', 'apps', index, 'placement'];
      if (app.copies !== undefined) this.#error(at, 'cannot be said of copies', 'leave copies out');
      const own = this.#workloads.flatMap((one, i) => (one.app === app.name ? [[i, one] as const] : []));
      const { file, rows } = placement;
      const places = placesOf(rows, new Map(own), nodePools, (line, message, hint) => {
        const more = hint === undefined ? {} : { hint };
        this.#diagnostics.push({ severity: 'error', file, line, column: 1, field: '', message, ...more });
      });
      for (const [w, nodes] of places) this.#workloads[w] = { ...this.#workloads[w]!, placement: nodes };
    });
  }

  /** Pods that no node can take: refused where they run at the start, else told. */
  #tellUnplaceable(spec: ClusterSpec): void {
    const told = new Set<ManifestWorkload>();
    const stampedOf = new Map(this.#stamped.flatMap((stamped) => stamped.workloads.map((w) => [w, stamped] as const)));
    for (const [index, { field, message, hint }] of unplaceable(spec, this.#catalogue.schedulerPlugins.names)) {
      const stamped = stampedOf.get(index);
      if (stamped === undefined || told.has(stamped.manifest)) continue;
      told.add(stamped.manifest);
      const { kind, name } = stamped.manifest;
      const { createdAt, placement } = spec.workloads[index]!;
      const isRunning = createdAt === undefined && placement === undefined;
      const isDaemonSet = spec.workloads[index]!.traits.placement === 'eligible-nodes';
      const what = isDaemonSet
        ? 'it has no pods'
        : isRunning
          ? 'its pods cannot run at the start'
          : 'its pods stay Pending';
      this.#diagnostics.push({
        severity: isRunning && !isDaemonSet ? 'error' : 'warning',
        ...placeIn(stamped.manifest, field),
        message: `${kind} ${name}: ${message}: ${what}`,
        ...(hint === undefined ? {} : { hint }),
      });
    }
  }

  /** Images that some container or volume has, or will have. */
  #usedImages(): ReadonlySet<string> {
    const templates = this.#workloads.flatMap(({ template, updates }) => [template, ...updates]);
    return new Set(
      templates.flatMap(({ containers, imageVolumes = [] }) =>
        [...containers, ...imageVolumes].map(({ image }) => image),
      ),
    );
  }

  /** What nobody feels in this cluster. */
  #warnOfFaults(spec: ClusterSpec): void {
    const mode = this.#catalogue.proxyModes.get(spec.kubeProxy.mode);
    spec.faults.forEach(({ type }, index) => {
      const why = this.#catalogue.faults.get(type).withoutEffect?.(spec, mode);
      if (why !== undefined) this.#warn(['spec', 'faults', index, 'type'], `${type} has no effect: ${why}`);
    });
  }

  #traffic(duration: number): TrafficSpec[] {
    const reader = new TrafficReader(
      this.#spec,
      this.#catalogue.trafficShapes,
      this.#services,
      this.#workloads,
      this.#manifests.traces,
      this.#behaviors,
      this.#report,
    );
    return (this.#spec.traffic ?? []).map((_, index) => {
      const entry = reader.read(index);
      if (entry.arrivals.kind === 'trace' && (entry.arrivals.times[0] ?? 0) >= duration) {
        this.#warn(['spec', 'traffic', index, 'trace'], 'has no effect: it begins after the run has ended');
      }
      return entry;
    });
  }

  /** What would begin when the run is over. */
  #warnOfTheUnreached(duration: Duration): void {
    const { duration: length } = this.#spec;
    const warn = (path: Path, text: string): void => {
      if (ns(text) < duration) return;
      this.#warn(path, `${text} is not before the end of the run, ${length}, so it never happens`);
    };
    this.#spec.apps.forEach(({ start, policyStart }, i) => {
      if (start !== undefined && start !== 'running') warn(['spec', 'apps', i, 'start', 'at'], start.at);
      if (policyStart !== undefined && policyStart !== 'running') {
        warn(['spec', 'apps', i, 'policyStart', 'at'], policyStart.at);
      }
    });
    (this.#spec.faults ?? []).forEach((fault, i) => {
      warn(['spec', 'faults', i, 'at'], fault.at);
    });
  }

  /** Refuses pods that run at the start and cannot fit, in sum, on the nodes that they select. */
  #checkRoom(nodePools: readonly NodePoolSpec[]): void {
    // Who has a place is there, whatever speaks against it.
    const running = this.#workloads.filter((one) => one.createdAt === undefined && one.placement === undefined);
    const short = shortageOf(nodePools, running);
    if (short === undefined) return;
    const { what, wanted, room, nodes, selector } = short;
    const requested = what === 'pods' ? what : `${what} requested`;
    this.#error(
      ['spec', 'nodePools'],
      `${nodes} node${nodes === 1 ? '' : 's'}${selectorWords(selector)} ${nodes === 1 ? 'has' : 'have'} room for ${room} ${what}, but ${wanted} ${requested} run at the start`,
      'raise count or capacity, or lower replicas or copies',
    );
  }

  /** Nodes of no zone in particular are in one of their own, which a spread takes for a place. */
  #warnOfZones(): void {
    const { nodePools } = this.#spec;
    const at = nodePools.findIndex(({ zones }) => zones === undefined);
    if (at < 0 || nodePools.every(({ zones }) => zones === undefined)) return;
    const message = 'has no zones, where other pools have: its nodes are in a zone of their own, "zone"';
    this.#warn(['spec', 'nodePools', at, 'name'], message);
  }

  #nodePools(): NodePoolSpec[] {
    this.#warnOfZones();
    const names = this.#spec.nodePools.map((pool) => pool.name);
    return this.#spec.nodePools.map((pool, i) => {
      const at: Path = ['spec', 'nodePools', i];
      if (names.indexOf(pool.name) !== i)
        this.#error([...at, 'name'], `"${pool.name}" is the name of another pool too`);
      const memory = parseQuantity(pool.capacity.memory)!;
      const cpu = parseCpuMillis(pool.capacity.cpu)!;
      if (cpu < 1) this.#error([...at, 'capacity', 'cpu'], `"${pool.capacity.cpu}" is less than 1m`);
      if (memory < MEMORY_MIN) this.#error([...at, 'capacity', 'memory'], `"${pool.capacity.memory}" is less than 1Mi`);
      const { kubeReserved, systemReserved } = pool.kubelet;
      const disk = diskBytesOf(pool);
      const kubelet = this.#kubelet(i, { memory, disk, processes: pool.pidMax });
      const kept = (signal: EvictionSignal): number => keptBack(kubelet.evictionThresholds, signal);
      const resources = otherResources(pool, kept('nodefs.available'), at, this.#report);
      this.#checkLabels(pool.labels ?? {}, [...at, 'labels']);
      const reserved = [kubeReserved, systemReserved];
      const maxPods = pool.kubelet.maxPods ?? MAX_PODS_DEFAULT;
      const amounts = { cores: cpu / 1000, memory, maxPods, isByPods: this.#version.aksReservesByPods };
      const usual = pool.reservedBy === undefined ? undefined : reservedBy(pool.reservedBy, amounts);
      const cpuReserved = sum(reserved.map((kept) => parseCpuMillis(kept.cpu)!)) || (usual?.cpuMillis ?? 0);
      if (hugePageBytes(resources) > memory)
        this.#error([...at, 'capacity'], `has ${hugePageBytes(resources)} bytes of huge pages, more than its memory`);
      const memoryReserved =
        sum(reserved.map((kept) => parseQuantity(kept.memory)!)) || Math.round(usual?.memoryBytes ?? 0);
      return {
        name: pool.name,
        count: pool.count,
        labels: labelsOf(pool),
        isUnschedulable: pool.unschedulable,
        zones: pool.zones ?? ['zone'],
        taints: (pool.taints ?? []).map(({ key, value, effect }) => ({ key, value, effect })),
        cpuCapacityMillis: cpu,
        memoryCapacityBytes: memory,
        cpuMillis: Math.max(0, cpu - cpuReserved),
        memoryBytes: Math.max(0, memory - kept('memory.available') - memoryReserved - hugePageBytes(resources)),
        resources,
        pods: Math.min(pool.capacity.pods ?? maxPods, pool.kubelet.maxPods ?? Infinity),
        containerRuntime: pool.containerRuntime?.name ?? CONTAINER_RUNTIME_DEFAULT,
        disk: pool.disk.type,
        ociRuntime: pool.ociRuntime.name,
        containerWeights: containerWeightsOf(pool.ociRuntime),
        diskBytes: disk,
        pidMax: pool.pidMax,
        swapBytes: this.#swap(pool, i),
        diskUsedBytes: parseQuantity(pool.disk.used)!,
        kernel: kernelOf(pool.kernel),
        iptablesBackend: pool.iptablesBackend,
        cpuSpeed: pool.cpuSpeed,
        ...(pool.disk.throughput === undefined ? {} : { diskBytesPerSecond: bytes(pool.disk.throughput, 0) }),
        pulls: pullsOf(pool, this.#catalogue.containerRuntimes, at, this.#report),
        downloadBytesPerSecond: bytes(pool.downloadBandwidth, imageParameters.nodeBytesPerSecond.value),
        kubelet,
      };
    });
  }

  /** Labels that each node has of its own. */
  #checkLabels(labels: Readonly<Record<string, string>>, at: Path): void {
    for (const key of OWN_NODE_LABELS) {
      if (Object.hasOwn(labels, key))
        this.#error([...at, key], 'is given to each node by itself', key.includes('zone') ? 'use zones' : undefined);
    }
  }

  #checkGates(owner: GateOwner, gates: Readonly<Record<string, boolean | undefined>> | undefined, at: Path): void {
    for (const [name, isOn] of Object.entries(gates ?? {})) {
      const problem = isOn === undefined ? undefined : gateProblem(owner, name, isOn, this.#version.minor);
      if (problem !== undefined) this.#error([...at, name], problem);
    }
  }

  /** @param of what a node has. */
  #kubelet(pool: number, of: Amounts): KubeletSpec {
    const { kubelet } = this.#spec.nodePools[pool]!;
    const at: Path = ['spec', 'nodePools', pool, 'kubelet'];
    const parallel = kubelet.maxParallelImagePulls;
    const version = this.#version;
    const isOn = (gate: KubeletGate): boolean => this.#isOn(kubelet, gate);
    this.#checkGates('kubelet', kubelet.featureGates, [...at, 'featureGates']);
    const isReduced = isOn('reducesBackOff');
    const backOffMax = isReduced ? version.reducedBackOffMax : version.crashLoopBackOffMax;
    const high = kubelet.imageGCHighThresholdPercent;
    const low = kubelet.imageGCLowThresholdPercent;
    if (low >= high) {
      this.#error(
        [...at, 'imageGCLowThresholdPercent'],
        `must be less than imageGCHighThresholdPercent, ${high}, not ${low}`,
      );
    }
    if (kubelet.serializeImagePulls === true && parallel !== undefined && parallel > 1) {
      const path: Path = [...at, 'maxParallelImagePulls'];
      this.#error(
        path,
        `must be 1 if serializeImagePulls is true, not ${parallel}`,
        'kubelets refuse to start with both',
      );
    }
    const period = kubelet.crashLoopBackOff?.maxContainerRestartPeriod;
    const restartPeriod = period === undefined ? version.crashLoopBackOffMax : ns(period);
    if (restartPeriod < RESTART_PERIOD_MIN || restartPeriod > RESTART_PERIOD_MAX) {
      this.#error([...at, 'crashLoopBackOff', 'maxContainerRestartPeriod'], `must be 1s to 300s, not ${period}`);
    }
    return {
      kubeApiQps: kubelet.kubeAPIQPS,
      kubeApiBurst: kubelet.kubeAPIBurst,
      registryPullQps: kubelet.registryPullQPS === 0 ? Infinity : kubelet.registryPullQPS,
      registryBurst: kubelet.registryBurst,
      serializeImagePulls: kubelet.serializeImagePulls ?? !(parallel !== undefined && parallel >= 2),
      maxParallelImagePulls: parallel ?? Infinity,
      maxContainerRestartPeriod: Math.min(restartPeriod, backOffMax),
      containerRestartPeriod: isReduced ? version.reducedBackOffInitial : version.crashLoopBackOffInitial,
      imageGcHigh: high / 100,
      imageGcLow: low / 100,
      imageMinimumGcAge: ns(kubelet.imageMinimumGCAge),
      syncFrequency: this.#positive(kubelet.syncFrequency, [...at, 'syncFrequency']),
      fileCheckFrequency: this.#positive(kubelet.fileCheckFrequency, [...at, 'fileCheckFrequency']),
      nodeStatusUpdateFrequency: this.#positive(kubelet.nodeStatusUpdateFrequency, [
        ...at,
        'nodeStatusUpdateFrequency',
      ]),
      nodeLeaseDuration: kubelet.nodeLeaseDurationSeconds * 1e9,
      hasStaticCpus: kubelet.cpuManagerPolicy === 'static',
      cpuCfsQuota: kubelet.cpuCFSQuota,
      cpuCfsQuotaPeriod: this.#cfsPeriod(kubelet.cpuCFSQuotaPeriod, [...at, 'cpuCFSQuotaPeriod']),
      runtimeRequestTimeout: this.#positive(kubelet.runtimeRequestTimeout, [...at, 'runtimeRequestTimeout']),
      evictionThresholds: evictionThresholds(kubelet, of, at, this.#report),
      evictionMaxPodGracePeriod: kubelet.evictionMaxPodGracePeriod * 1e9,
      shutdownBands: this.#shutdownBands(kubelet, at),
      evictionPressureTransitionPeriod: ns(kubelet.evictionPressureTransitionPeriod),
      eventedPleg: isOn('eventedPleg'),
      relistsOnDemand: isOn('relistsOnDemand'),
      ensuresPullSecrets: isOn('ensuresPullSecrets'),
      stopSignals: isOn('stopSignals'),
    };
  }

  #shutdownBands(kubelet: Kubelet, at: Path): KubeletSpec['shutdownBands'] {
    const total = ns(kubelet.shutdownGracePeriod);
    const critical = ns(kubelet.shutdownGracePeriodCriticalPods);
    const byPriority = kubelet.shutdownGracePeriodByPodPriority ?? [];
    if (critical > total)
      this.#error(
        [...at, 'shutdownGracePeriodCriticalPods'],
        `may not be longer than shutdownGracePeriod, ${kubelet.shutdownGracePeriod}`,
      );
    if (total > 0 && byPriority.length > 0)
      this.#error([...at, 'shutdownGracePeriodByPodPriority'], 'may not be given together with shutdownGracePeriod');
    return byPriority.length > 0 ? bandsByPriority(byPriority) : bandsOf(total, critical);
  }

  #isOn({ featureGates }: Kubelet, gate: KubeletGate): boolean {
    return featureGates?.[VERSION_FACTS[gate].gate!] ?? this.#version[gate];
  }

  /** What containers may use of a node's swap. */
  #swap({ swap, kubelet }: Spec['nodePools'][number], i: number): number {
    const size = bytes(swap, 0);
    const at: Path = ['spec', 'nodePools', i, 'kubelet'];
    if (size > 0 && kubelet.failSwapOn)
      this.#error(
        [...at, 'failSwapOn'],
        'must be false on nodes that have swap: the kubelet does not start there otherwise',
      );
    if (kubelet.memorySwap.swapBehavior === 'NoSwap') return 0;
    if (this.#isOn(kubelet, 'nodeSwap')) return size;
    const message = `LimitedSwap works from Kubernetes 1.${versionOf('nodeSwap')} on, not in 1.${this.#version.minor}: containers use no swap`;
    this.#warn([...at, 'memorySwap', 'swapBehavior'], message);
    return 0;
  }

  /** What kubelets accept as cpuCFSQuotaPeriod. */
  #cfsPeriod(text: string, at: Path): Duration {
    const period = ns(text);
    if (period < CFS_PERIOD_MIN || period > CFS_PERIOD_MAX) this.#error(at, `must be 1ms to 1s, not ${text}`);
    return period;
  }

  /** A period, which cannot be 0. */
  #positive(text: string, at: Path): Duration {
    const duration = ns(text);
    if (duration === 0) this.#error(at, `must be more than 0, not ${text}`);
    return duration;
  }

  #controlPlane(): ControlPlaneSpec {
    const { scheduler, controllerManager, featureGates } = this.#spec.controlPlane;
    this.#checkGates('controlPlane', featureGates, ['spec', 'controlPlane', 'featureGates']);
    return {
      schedulerQps: scheduler.kubeAPIQPS,
      schedulerBurst: scheduler.kubeAPIBurst,
      scheduler: this.#scheduler(),
      schedulerPodsPerSecond: scheduler.podsPerSecondMax ?? Infinity,
      controllerQps: controllerManager.kubeAPIQPS,
      controllerBurst: controllerManager.kubeAPIBurst,
      nodeMonitorGracePeriod:
        controllerManager.nodeMonitorGracePeriod === undefined
          ? this.#version.nodeMonitorGracePeriod
          : ns(controllerManager.nodeMonitorGracePeriod),
      endpointUpdatesBatchPeriod: ns(controllerManager.endpointUpdatesBatchPeriod),
    };
  }

  /** Of a configuration, or of the fields beside it. */
  #scheduler(): SchedulerSpec {
    const { scoringStrategy, balancedAllocationWeight } = this.#spec.controlPlane.scheduler;
    const at: Path = ['spec', 'controlPlane', 'scheduler'];
    const given = this.#manifests.scheduler;
    if (given === undefined) {
      return defaultScheduler(this.#catalogue.schedulerPlugins, { scoringStrategy, balancedAllocationWeight });
    }
    if (scoringStrategy !== 'LeastAllocated') this.#error([...at, 'scoringStrategy'], SETTLED_TWICE);
    if (balancedAllocationWeight !== 1) this.#error([...at, 'balancedAllocationWeight'], SETTLED_TWICE);
    return given;
  }

  /** An end that is meant for a Job, and that a container of the same name somewhere else has as well. */
  #warnOfSharedExits(index: number): void {
    const { workloads } = this.#manifests.apps[index]!;
    this.#spec.apps[index]!.behavior?.forEach(({ container, workload, exit }, i) => {
      if (exit === undefined || exit === 'never' || workload !== undefined) return;
      const having = workloads.filter(({ template }) =>
        template.containers.some(({ name, role }) => role === 'main' && (container ?? name) === name),
      );
      if (new Set(having.map(({ traits }) => traits.runsToCompletion)).size < 2) return;
      const names = having.map(({ kind, name }) => `${kind.toLowerCase()}/${name}`);
      const shown = names.slice(0, NAMED).join(', ') + (names.length > NAMED ? ' …' : '');
      this.#diagnostics.push({
        severity: 'warning',
        ...this.#locate(['spec', 'apps', index, 'behavior', i, 'exit'], 'value'),
        field: formatPath(['spec', 'apps', index, 'behavior', i, 'exit']),
        message: `ends containers that are to run on as well as those of Jobs: ${shown}`,
        hint: `say which is meant, such as workload: ${names[0]}`,
      });
    });
  }

  /** Stamps out the copies of one application's bundle. */
  #app(index: number): void {
    const app = this.#spec.apps[index]!;
    const manifests = this.#manifests.apps[index]!;
    const at: Path = ['spec', 'apps', index];
    if (this.#spec.apps.findIndex((other) => other.name === app.name) !== index) {
      this.#error([...at, 'name'], `"${app.name}" is the name of another application too`);
    }
    this.#behaviors.check(app.behavior, manifests.workloads, `application ${app.name}`, at);
    this.#warnOfSharedExits(index);
    const templates = new Map(
      manifests.workloads.map(
        (workload) => [workload, this.#template(workload, app.behavior ?? [], at, app.readinessGates)] as const,
      ),
    );
    const copies = app.copies ?? 1;
    const services = manifests.services.length * (app.serviceCopies ?? 1);
    const objects = copies * (manifests.workloads.length + services + manifests.policies.length);
    if (objects > OBJECTS_MAX) {
      this.#error([...at, 'copies'], `makes ${objects} objects, more than ${OBJECTS_MAX}`, 'lower copies');
      return;
    }
    const made = new Map<ManifestWorkload, number[]>();
    const later = new Map<ManifestWorkload, Map<number, number[]>>();
    for (let copy = 0; copy < copies; copy++) {
      const suffix = app.copies === undefined ? '' : `-${copy}`;
      const { createdAt } = this.#createdAt(app.start, copy, copies);
      for (const workload of manifests.workloads) {
        const { name, generated: _, source: __, places: ___, ...rules } = workload;
        const one: WorkloadSpec = {
          ...rules,
          traits: this.#traitsOfVersion(rules.traits),
          name: `${name}${suffix}`,
          manifestName: name,
          app: app.name,
          copy,
          ...(app.copies === undefined ? {} : { isCopied: true }),
          template: templates.get(workload)!,
          updates: [],
          ...(createdAt === undefined ? {} : { createdAt }),
        };
        const runs = this.#runsOf(workload, one, Math.floor(OBJECTS_MAX / copies));
        if (runs === undefined) addTo(made, workload, this.#workloads.push(one) - 1);
        runs?.forEach(({ name: which, at }, run) => {
          const index =
            this.#workloads.push({ ...one, name: `${one.name}-${which}`, createdAt: at as Instant, run }) - 1;
          const byRun = later.get(workload) ?? new Map<number, number[]>();
          later.set(workload, byRun);
          addTo(byRun, run, index);
        });
      }
    }
    for (const manifest of manifests.workloads) {
      const all = [...(made.has(manifest) ? [made.get(manifest)!] : []), ...(later.get(manifest)?.values() ?? [])];
      for (const workloads of all)
        this.#stamped.push({ manifest, app: app.name, first: this.#workloads[workloads[0]!]!, workloads });
    }
  }

  /** What one makes by the clock; undefined: it is a workload itself. */
  #runsOf(workload: ManifestWorkload, one: WorkloadSpec, most: number) {
    const { runs } = this.#catalogue.workloadKinds.get(workload.kind);
    if (runs === undefined) return undefined;
    const { startTime, duration } = this.#spec;
    const from = (one.createdAt ?? 0) as number;
    const last = this.#runs.get(workload);
    // Copies that are there from the beginning are due at the same times.
    if (last?.from === from) return last.all;
    const all = runs(one, { from, until: ns(duration) as number, epoch: Date.parse(startTime), most });
    this.#runs.set(workload, { from, all: all.length <= most ? all : [] });
    if (all.length <= most) return all;
    const message = `${workload.kind} ${workload.name} is due more than ${most} times in this run`;
    this.#diagnostics.push({ severity: 'error', ...workload.source, field: 'spec.schedule', message });
    return [];
  }

  /** After all applications are stamped out: whom a policy means may be in any of them. */
  #policies(namespaces: ClusterObjects['namespaces']): NetworkPolicySpec[] {
    const resolver = new PolicyResolver(this.#stamped, namespaces);
    return this.#spec.apps.flatMap((app, index) => {
      const { policies } = this.#manifests.apps[index]!;
      const copies = app.copies ?? 1;
      return policies.flatMap((policy) => {
        this.#warnOfPolicy(policy, resolver.selects(policy, app.name));
        return Array.from({ length: copies }, (_, copy) => {
          const name = app.copies === undefined ? policy.name : `${policy.name}-${copy}`;
          return {
            ...resolver.resolve(policy, app.name, copy, name),
            ...this.#createdAt(app.policyStart ?? app.start, copy, copies),
          };
        });
      });
    });
  }

  /** After all applications are stamped out: a Service selects all pods of its namespace that have its labels. */
  #servicesOf(index: number): ServiceSpec[] {
    const app = this.#spec.apps[index]!;
    const copies = app.copies ?? 1;
    const bundled = this.#manifests.apps[index]!.services.map((service) => this.#bundled(service, app.name));
    const services: ServiceSpec[] = [];
    for (let copy = 0; copy < copies; copy++) {
      const suffix = app.copies === undefined ? '' : `-${copy}`;
      for (const { selected, ...service } of bundled) {
        const workloads = selected === undefined ? [] : ofCopy(selected, copy);
        const isByPod = workloads.some((workload) =>
          Object.keys(service.selector).some((key) => isOfPlace(this.#workloads[workload]!, key)),
        );
        const one = { ...service, app: app.name, workloads, ...(isByPod ? ({ isByPod } as const) : {}) };
        const each = app.serviceCopies ?? 1;
        for (let s = 0; s < each; s++) {
          const which = app.serviceCopies === undefined ? '' : `-s${s}`;
          const created = this.#createdAt(app.start, copy * each + s, copies * each);
          services.push({ ...one, name: `${service.name}${suffix}${which}`, ...created });
        }
      }
    }
    return services;
  }

  /** What all copies of a Service have in common; undefined if it has no endpoints for want of a port. */
  #bundled({ source, ...service }: ManifestService, app: string) {
    const isIn = (namespace: string): boolean => namespace === service.namespace;
    const selected = selectedBy(this.#stamped, selectorOf(service.selector), app, isIn);
    const behind = [...selected.own, ...selected.foreign].map(({ manifest }) => manifest);
    this.#warnOfService({ source, ...service }, behind);
    const names = portNamesOf(behind);
    const ports = service.ports.map((port) => ({ ...port, targetPort: numberOf(port.targetPort, names) }));
    return {
      ...service,
      ...this.#distribution(service),
      ports,
      manifestName: service.name,
      selected: ports.every(({ targetPort }) => targetPort === 0) ? undefined : selected,
    };
  }

  /** What of a Service's traffic distribution its version knows. */
  #distribution({
    trafficDistribution,
  }: Pick<ManifestService, 'trafficDistribution'>): Pick<ServiceSpec, 'trafficDistribution'> {
    const { prefersSameNode, trafficDistribution: hasOne } = this.#version;
    const isKnown = trafficDistribution === 'PreferSameNode' ? prefersSameNode : hasOne;
    return { trafficDistribution: isKnown ? trafficDistribution : 'none' };
  }

  /** The pods of a pool's staticPodPath: one on each of its nodes, whatever taints and controllers say. */
  #staticPods(index: number): void {
    const pool = this.#spec.nodePools[index]!;
    const at: Path = ['spec', 'nodePools', index];
    const pods = this.#manifests.staticPods[index]!;
    if (pool.behavior !== undefined && pods.length === 0) {
      this.#error([...at, 'behavior'], 'applies to static pods, but the pool has none', 'name them in staticPodPath');
      return;
    }
    this.#behaviors.check(pool.behavior, pods, `the static pods of node pool ${pool.name}`, at);
    for (const workload of pods) {
      const { name, generated: _, source: __, places: ___, ...rules } = workload;
      const { component, tier } = workload.template.labels;
      const isServer = tier === 'control-plane' && (component === 'kube-apiserver' || component === 'etcd');
      this.#workloads.push({
        ...rules,
        kind: staticPod.kind,
        traits: staticPod.traits,
        name,
        manifestName: name,
        app: pool.name,
        copy: 0,
        template: {
          ...this.#template(workload, pool.behavior ?? [], at),
          nodeSelector: {},
          tolerations: [{ operator: 'Exists', value: '' }],
          nodeAffinity: [],
        },
        updates: [],
        pool: index,
        ...(isServer ? { component } : {}),
      });
    }
  }

  #warnOfService(service: ManifestService, selected: readonly ManifestWorkload[]): void {
    this.#warnOfNamedPorts(service, selected);
    if (selected.length > 0) return;
    const selector = Object.entries(service.selector).map(([key, value]) => `${key}=${value}`);
    const message = `Service ${service.name} selects no pod of namespace ${service.namespace} (${selector.join(',')})`;
    this.#warnAt(service.source, 'spec.selector', message, 'compare it with the labels of the pod templates');
  }

  /** A Service has no endpoint for a port whose name no container has. */
  #warnOfNamedPorts(service: ManifestService, selected: readonly ManifestWorkload[]): void {
    const names = portNamesOf(selected);
    const unknown = service.ports.filter(({ targetPort }) => numberOf(targetPort, names) === 0);
    if (selected.length === 0 || unknown.length === 0) return;
    const ports = unknown.map(({ targetPort }) => targetPort).join(', ');
    const message =
      unknown.length === service.ports.length
        ? `Service ${service.name} has no endpoints: no container of its pods has a port called ${ports}`
        : `Service ${service.name}: no container of its pods has a port called ${ports}; its missing endpoints there are not modelled`;
    this.#warnAt(service.source, 'spec.ports', message, `named ports: ${Object.keys(names).join(', ') || 'none'}`);
  }

  #warnOfPolicy(policy: ManifestPolicy, { own, foreign }: Selected): void {
    const selected = [...own, ...foreign];
    const byPod = policy.selector.find(({ key }) => selected.some(({ first }) => differsByPod(first, key)));
    if (byPod !== undefined) {
      const message = `NetworkPolicy ${policy.name} selects by ${byPod.key}, which differs from pod to pod: all pods of the workload are taken to be meant`;
      this.#warnAt(policy.source, 'spec.podSelector', message);
    }
    if (selected.length > 0) return;
    const message = `NetworkPolicy ${policy.name} selects no pod of namespace ${policy.namespace}`;
    this.#warnAt(policy.source, 'spec.podSelector', message, 'compare it with the labels of the pod templates');
  }

  #createdAt(start: Spec['apps'][number]['start'], copy: number, copies: number): { createdAt?: Instant } {
    if (start === undefined || start === 'running') return {};
    const over = ns(start.over);
    return { createdAt: ns(start.at) + Math.floor((over * copy) / copies) };
  }

  /** @param at path of what the behaviours belong to. */
  /** @param gates when somebody opens the readiness gates of its pods. */
  #gatesOf(workload: ManifestWorkload, gates: Spec['apps'][number]['readinessGates'], at: Path) {
    if (workload.template.readinessGates === undefined) return {};
    if (gates !== undefined)
      return { readinessGates: { open: this.#behaviors.distribution(gates, [...at, 'readinessGates']) } };
    const message = `${workload.kind} ${workload.name}: its pods have readiness gates that nobody opens: they are never ready`;
    this.#warnAt(
      workload.source,
      'spec.readinessGates',
      message,
      'say when they are met: readinessGates of the application',
    );
    return {};
  }

  #behaviorOf(
    container: ManifestContainer,
    workload: ManifestWorkload,
    behaviors: Behaviors,
    at: Path,
  ): ContainerBehavior {
    const behavior = this.#behaviors.of(container, behaviors, workload, at);
    const assumed = assumedExit(behavior, container);
    if (assumed !== undefined) {
      const { kind, name, source } = workload;
      const message = `${kind} ${name}: ${assumed.replace('container', `container ${container.name}`)}`;
      this.#diagnostics.push({ severity: 'note', ...source, field: 'spec', message });
    }
    return behavior;
  }

  #template(
    workload: ManifestWorkload,
    behaviors: Behaviors,
    at: Path,
    gates?: Spec['apps'][number]['readinessGates'],
  ): PodTemplate {
    const { podLevel, ...own } = workload.template;
    const isWhole = podLevel !== undefined && this.#version.podLevelResources;
    if (podLevel !== undefined && !isWhole) {
      const message = `requests and limits of the pod as a whole count from Kubernetes 1.${versionOf('podLevelResources')} on, not in 1.${this.#version.minor}: they are ignored`;
      this.#warnAt(workload.source, 'spec.resources', message);
    }
    const counted = { ...own, ...(isWhole ? podLevel : {}) };
    const {
      portNames: _,
      priorityClassName: __,
      runtimeClassName: ___,
      imageVolumes: ____,
      podLimits,
      containers,
      ...rest
    } = this.#objects.withRuntimeClass(workload, counted);
    return {
      ...rest,
      podAffinity: this.#affinityOfVersion(rest.podAffinity),
      ...this.#objects.priorityOf(workload),
      ...this.#gatesOf(workload, gates, at),
      ...this.#imageVolumesOfVersion(workload),
      containers: containers.map((container) => ({
        ...this.#ofVersion(container, workload),
        ...(isWhole ? within(container, podLimits) : {}),
        behavior: this.#behaviorOf(container, workload, behaviors, at),
      })),
    };
  }

  /** Labels that controllers of this version give to their pods. */
  #traitsOfVersion(traits: WorkloadTraits): WorkloadTraits {
    const { ownLabels } = traits;
    const given = ownLabels.filter(({ since }) => since === undefined || this.#version[since]);
    return given.length === ownLabels.length ? traits : { ...traits, ownLabels: given };
  }

  /** Where the gate is off, an API server takes the image away, and refuses the volume for having no source. */
  #imageVolumesOfVersion({ kind, name, source, template }: ManifestWorkload): Pick<PodTemplate, 'imageVolumes'> {
    if (template.imageVolumes === undefined) return {};
    if (this.#version.imageVolumes) return { imageVolumes: template.imageVolumes };
    const { gate } = VERSION_FACTS.imageVolumes;
    const message = `${kind} ${name} has a volume that is an image, which Kubernetes 1.${this.#version.minor} refuses unless the feature gate ${gate} is on`;
    this.#diagnostics.push({ severity: 'error', ...source, field: 'spec.volumes', message });
    return {};
  }

  #affinityOfVersion(terms: PodTemplate['podAffinity']): PodTemplate['podAffinity'] {
    if (this.#version.affinityMatchLabelKeys) return terms;
    return terms.map((term) => ({ ...term, sameLabels: [], otherLabels: [] }));
  }

  /** An API server takes away the fields that its version does not know. */
  #ofVersion(container: ManifestContainer, { name, kind, source, template }: ManifestWorkload): ManifestContainer {
    const { restartPolicy } = template;
    const version = this.#version;
    const ignore = (field: string, from: number): void => {
      const message = `container ${container.name} of ${kind} ${name}: ${field} takes effect from Kubernetes 1.${from} on, not in 1.${version.minor}: it is ignored`;
      this.#warnAt(source, `containers.${field}`, message);
    };
    if (container.role === 'sidecar' && !version.sidecars) {
      ignore('restartPolicy', versionOf('sidecars'));
      const { postStart: _, preStop: __, ...rest } = container;
      return { ...rest, role: 'init', restartPolicy, restartRules: [], probes: [] };
    }
    const hasOwn = container.role !== 'sidecar' && container.restartPolicy !== restartPolicy;
    const hasAll = container.restartRules.some(({ isForAll }) => isForAll === true);
    if (version.restartRules && hasAll && !version.restartsAllContainers) {
      const gate = VERSION_FACTS.restartsAllContainers.gate!;
      const message = `container ${container.name} of ${kind} ${name}: RestartAllContainers counts only where the feature gate ${gate} is on: the rule is ignored`;
      this.#warnAt(source, 'containers.restartPolicyRules', message);
      return { ...container, restartRules: container.restartRules.filter(({ isForAll }) => isForAll !== true) };
    }
    if (version.restartRules || !(hasOwn || container.restartRules.length > 0)) return container;
    ignore(hasOwn ? 'restartPolicy' : 'restartPolicyRules', versionOf('restartRules'));
    return { ...container, restartPolicy: hasOwn ? restartPolicy : container.restartPolicy, restartRules: [] };
  }

  /** Warns of a manifest. */
  #warnAt(source: Place, field: string, message: string, hint?: string): void {
    const diagnostic = { severity: 'warning', ...source, field, message } as const;
    this.#diagnostics.push(hint === undefined ? diagnostic : { ...diagnostic, hint });
  }

  #warn(path: Path, message: string, hint?: string): void {
    const place = this.#locate(path, 'value');
    const more = hint === undefined ? {} : { hint };
    this.#diagnostics.push({ severity: 'warning', ...place, field: formatPath(path), message, ...more });
  }

  #error(path: Path, message: string, hint?: string): void {
    this.#diagnostics.push({
      severity: 'error',
      ...this.#locate(path, 'value'),
      field: formatPath(path),
      message,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

/** Where a field of a workload's pods stands; where its name does, if it has none. */
const placeIn = ({ places, source }: ManifestWorkload, field: string): Place & { readonly field: string } =>
  places.get(field) ?? { ...source, field };

/** Ports by the names that containers give them. */
const portNamesOf = (workloads: readonly ManifestWorkload[]): Record<string, number> =>
  Object.assign(Object.create(null), ...workloads.map(({ template }) => template.portNames));

/** A port by its number or by the name that containers give it; 0 if none does. */
const numberOf = (port: string, names: Readonly<Record<string, number>>): number =>
  /^\d+$/.test(port) ? Number(port) : (names[port] ?? 0);

/** What a kubelet does or not by its gates, and by its version where they say nothing. */
type KubeletGate =
  | 'ensuresPullSecrets'
  | 'eventedPleg'
  | 'relistsOnDemand'
  | 'reducesBackOff'
  | 'stopSignals'
  | 'nodeSwap';

/** First versions of OCI runtimes that give containers weights by the newer formula: runc and crun changed it in 2025. */
const QUADRATIC_SINCE = { runc: [1, 3, 2], crun: [1, 23, 0] } as const;

function containerWeightsOf({
  name,
  version,
}: {
  readonly name: 'runc' | 'crun';
  readonly version?: string | undefined;
}): NodePoolSpec['containerWeights'] {
  if (version === undefined) return 'quadratic';
  const parts = version.split('.').map(Number);
  const since = QUADRATIC_SINCE[name];
  for (let i = 0; i < since.length; i++) {
    const part = parts[i] ?? 0;
    if (part !== since[i]) return part > since[i]! ? 'quadratic' : 'linear';
  }
  return 'quadratic';
}

/** What the kubelet takes (pkg/kubelet/apis/config/validation), ns. */
const CFS_PERIOD_MIN = 1e6;
const CFS_PERIOD_MAX = 1e9;
const RESTART_PERIOD_MIN = 1e9;
const RESTART_PERIOD_MAX = 300e9;

/** Workloads and services that one application may stamp out: more than any cluster has. */
const OBJECTS_MAX = 1_000_000;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** What a container may use at most of what its pod may. */
const within = (container: PodLimits, pod: PodLimits): PodLimits => ({
  cpuLimitMillis: Math.min(container.cpuLimitMillis, pod.cpuLimitMillis),
  memoryLimitBytes: Math.min(container.memoryLimitBytes, pod.memoryLimitBytes),
});
