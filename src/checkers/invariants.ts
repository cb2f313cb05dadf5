// What a kubelet promises whatever happens, checked while a run goes on. Part of the checkers: it looks over the components'
// shoulders through the journal and keeps its own books; it never reads theirs. The first broken promise stops the run.
// What is promised follows from the sources named in the kubelet's own files; the numbers are the scenario's.

import {
  type Journal,
  journalOf,
  type NodeId,
  type Observed,
  type Onlooker,
  type PodId,
  type ProbeType,
  templateOf,
} from '../cluster/index.js';
import { controlPlaneParameters } from '../control-plane/index.js';
import { ControllerInvariants } from './controllers.js';
import { partTooLong, stagesOutOfOrder } from './pod-rows.js';

/** What is promised, in the words of the message that a broken promise gives. */
export const PROMISES = {
  admission: 'no container starts before its pod was admitted',
  volumes: 'no container starts before the volumes of its pod are mounted',
  sandbox: 'no container starts before the sandbox of its pod is ready',
  initOrder: 'no container starts before the init containers before it have ended with 0',
  sidecarOrder: 'no container starts before the sidecars before it have started',
  kubeletRuns: 'no sync begins while the kubelet is not there',
  nodeRuns: 'no container starts on a machine that is down',
  specOrder: 'main containers of one sync start in the order of the template',
  postStart: 'no container starts before the postStart hook of the one before has returned',
  backOff: 'a container is not started again before its crash back-off has passed',
  runningSeen: 'a status says that all containers run only after a relist has seen them run',
  readinessTold: 'a result of a readiness probe is handed to the status manager at once',
  requestRate: 'a kubelet sends no more requests than kubeAPIBurst and kubeAPIQPS allow',
  pullRate: 'a kubelet begins no more pulls than registryBurst and registryPullQPS allow',
  pullsAtOnce: 'a node pulls no more images at once than its kubelet may',
  startupOnce: 'a startup worker does not probe a container that has started',
  notStarted: 'liveness and readiness workers do not probe a container that has not started',
  stopGrace: 'a container that is killed had two seconds at least between SIGTERM and SIGKILL',
  nodeGrace: 'a node is not declared Unknown before its grace period is over',
  nodeDeclared: 'a node is declared Unknown at the next look after its grace period is over',
  stageOrder: 'no stage of a pod comes before one that it follows',
  oneSandbox: 'the stages of a start are those of one sandbox',
  startParts: 'the parts of a start take no longer than the stages in which they lie',
  stoppedLast: 'a pod has been stopped when the last of its containers has ended, and none has started since',
} as const;
export type PromiseName = keyof typeof PROMISES;

/** A promise was broken: the model is wrong, not the scenario. */
export class InvariantError extends Error {
  readonly promise: PromiseName;

  constructor(promise: PromiseName, where: string, seconds: number) {
    super(`at ${seconds} s, ${where}: broken: ${PROMISES[promise]}`);
    this.name = 'InvariantError';
    this.promise = promise;
  }
}

interface PodBook {
  admitted: boolean;
  volumes: boolean;
  sandbox: boolean;
  /** Instants at which it had a sandbox. */
  readonly sandboxesReady: number[];
  /** Instants at which what there was of it on its node was lost: its sandbox, or the kubelet that was about to make one. */
  readonly losses: number[];
  /** All init containers are done in this sandbox: what happens to them later holds nobody up. */
  initialised: boolean;
  /** Highest index of a main container that this sync has started. */
  lastMain: number;
  hookUntil: number;
  /** Start of the newest relist that has looked. */
  inspected: number;
  /** A readiness result that the status manager has to learn of at this instant; NaN: none. */
  readinessAt: number;
}

interface ContainerBook {
  /** First start ever. */
  firstStart: number;
  isRunning: boolean;
  /** In this sandbox it has ended with 0. */
  endedWell: boolean;
  /** In this sandbox it has run. */
  hasRun: boolean;
  /** Its startup probe has succeeded, as far as the kubelet knows of this run. */
  startupDone: boolean;
  /** It has started since a relist last looked. */
  startedUnseen: boolean;
  /** Ends of its last two runs. */
  ended: number;
  endedBefore: number;
  /** The sync under way has stopped it. */
  stoppedInSync: boolean;
  /** What the next start after an end has to wait, counted from that end, and when that was decided. */
  backOff: number;
  backOffAt: number;
}

/** A bucket of tokens, counted the plain way. */
class Bucket {
  #tokens: number;
  #at = 0;

  constructor(
    readonly qps: number,
    readonly burst: number,
  ) {
    this.#tokens = burst;
  }

  /** Takes a token; false if there was none. */
  take(at: number): boolean {
    const since = Math.max(0, at - this.#at) / 1e9;
    this.#tokens = Math.min(this.burst, this.#tokens + since * this.qps);
    this.#at = Math.max(at, this.#at);
    this.#tokens -= 1;
    return this.#tokens > -1e-6;
  }
}

interface NodeBook {
  requests: Bucket;
  pulls: Bucket;
  pulling: number;
  /** Its sync loop stands still. */
  isPaused: boolean;
  /** It knows what runs. */
  isThere: boolean;
}

const NEVER = -Infinity;

/** Keeps the books of a run. `checked` counts how often each promise was held against what happened. */
export class Invariants implements Journal {
  readonly checked = Object.fromEntries(Object.keys(PROMISES).map((promise) => [promise, 0])) as Record<
    PromiseName,
    number
  >;
  readonly #observed: Observed;
  readonly #pods = new Map<number, PodBook>();
  readonly #containers = new Map<number, ContainerBook>();
  readonly #nodes = new Map<number, NodeBook>();

  constructor(observed: Observed) {
    this.#observed = observed;
  }

  // The kubelet of a node ---------------------------------------------------------------------------------------------

  kubeletStopped(node: NodeId): void {
    const book = this.#node(node);
    book.isThere = false;
    book.pulling = 0;
    book.pulls = this.#pullBucket(node);
    book.requests = this.#requestBucket(node);
    for (const [pod, entry] of this.#pods) {
      if (this.#observed.pods.node[pod] !== node) continue;
      if (!entry.sandbox) entry.losses.push(this.#observed.now());
      entry.lastMain = -1;
      entry.hookUntil = NEVER;
      entry.readinessAt = Number.NaN;
      this.#forEach(pod, (container) => {
        container.startupDone = false;
        container.backOff = 0;
      });
    }
  }

  kubeletStarted(node: NodeId): void {
    this.#node(node).isThere = true;
  }

  syncLoopPaused(node: NodeId, isPaused: boolean): void {
    this.#node(node).isPaused = isPaused;
  }

  requestSent(node: NodeId, at: number): void {
    this.#hold('requestRate', this.#node(node).requests.take(at), this.#nodeName(node));
  }

  // A pod on its node -------------------------------------------------------------------------------------------------

  podSeeded(pod: PodId): void {
    const book = this.#pod(pod);
    Object.assign(book, { admitted: true, volumes: true, sandbox: true, initialised: true, inspected: 0 });
    this.#forEach(pod, (container, index) => {
      const isInit = this.#roleOf(pod, index) === 'init';
      Object.assign(container, {
        hasRun: true,
        endedWell: isInit,
        isRunning: !isInit,
        startupDone: true,
        firstStart: NEVER,
      });
    });
  }

  /** A pod that is new to its kubelet: what ran under its name before is forgotten. */
  podAdmitted(pod: PodId): void {
    this.#pod(pod).admitted = true;
    this.#forEach(pod, (container) => {
      container.ended = container.endedBefore = NEVER;
      container.backOff = 0;
    });
  }

  syncBegan(pod: PodId): void {
    const book = this.#pod(pod);
    this.#hold('kubeletRuns', this.#node(this.#observed.pods.node[pod]!).isThere, this.#name(pod, 0));
    this.#holdReadiness(pod, book);
    book.lastMain = -1;
    this.#forEach(pod, (container) => {
      container.stoppedInSync = false;
    });
  }

  volumesMounted(pod: PodId): void {
    this.#pod(pod).volumes = true;
  }

  sandboxReady(pod: PodId): void {
    const book = this.#pod(pod);
    book.sandbox = true;
    book.sandboxesReady.push(this.#observed.now());
  }

  sandboxGone(pod: PodId): void {
    const book = this.#pod(pod);
    book.sandbox = false;
    book.losses.push(this.#observed.now());
    book.volumes = false;
    book.initialised = false;
    this.#forEach(pod, (container) => {
      container.hasRun = false;
      container.endedWell = false;
    });
  }

  podInspected(pod: PodId, since: number): void {
    const book = this.#pod(pod);
    this.#holdReadiness(pod, book);
    book.inspected = Math.max(book.inspected, since);
    this.#forEach(pod, (container) => {
      if (container.startedUnseen) container.startupDone = false;
      container.startedUnseen = false;
    });
  }

  statusSet(pod: PodId, _ready: boolean, allRunning: boolean): void {
    const book = this.#pod(pod);
    this.#holdReadiness(pod, book);
    book.readinessAt = Number.NaN;
    if (!allRunning) return;
    this.#forEach(pod, ({ firstStart }, index) => {
      if (this.#roleOf(pod, index) !== 'main') return;
      this.#hold('runningSeen', firstStart <= book.inspected, this.#name(pod, index));
    });
  }

  // A container -------------------------------------------------------------------------------------------------------

  containerDue(pod: PodId, index: number): void {
    const book = this.#container(pod, index);
    const now = this.#observed.now();
    const { containerRestartPeriod, maxContainerRestartPeriod } = this.#kubeletOf(pod);
    // A kill and the start after it belong to one sync, which still goes by the exit before.
    const end = book.stoppedInSync ? book.endedBefore : book.ended;
    if (end === NEVER) return;
    const isFresh = book.backOff === 0 || now - book.backOffAt > RESET;
    this.#hold('backOff', isFresh || now - end >= book.backOff, this.#name(pod, index));
    const initial = Math.min(containerRestartPeriod, maxContainerRestartPeriod);
    book.backOff = isFresh ? initial : Math.min(book.backOff * 2, maxContainerRestartPeriod);
    book.backOffAt = now;
  }

  containerStarted(pod: PodId, index: number): void {
    const now = this.#observed.now();
    const book = this.#pod(pod);
    const name = this.#name(pod, index);
    this.#hold('nodeRuns', this.#observed.nodes.up[this.#observed.pods.node[pod]!] === 1, name);
    this.#hold('admission', book.admitted, name);
    this.#hold('volumes', book.volumes, name);
    this.#hold('sandbox', book.sandbox, name);
    this.#hold('postStart', now >= book.hookUntil, name);
    const role = this.#roleOf(pod, index);
    if (!book.initialised) {
      this.#forEach(pod, (other, i) => {
        const before = this.#roleOf(pod, i);
        if (i >= index || before === 'main') return;
        if (before === 'init') this.#hold('initOrder', other.endedWell, name);
        else
          this.#hold('sidecarOrder', other.hasRun && (other.startupDone || !this.#hasProbe(pod, i, 'startup')), name);
      });
    }
    if (role === 'main') {
      book.initialised = true;
      this.#hold('specOrder', index > book.lastMain, name);
      book.lastMain = index;
    }
    const container = this.#container(pod, index);
    if (container.firstStart === Infinity) container.firstStart = now;
    container.isRunning = true;
    container.hasRun = true;
    container.endedWell = false;
    container.startedUnseen = true;
  }

  postStartHook(pod: PodId, _index: number, until: number): void {
    this.#pod(pod).hookUntil = until;
  }

  containerStopping(pod: PodId, index: number, signalled: number, ends: number, killed: boolean): void {
    this.#container(pod, index).stoppedInSync = true;
    this.#hold('stopGrace', !killed || ends - signalled >= GRACE_MIN, this.#name(pod, index));
  }

  containerEnded(pod: PodId, index: number, exitCode: number): void {
    const book = this.#container(pod, index);
    book.isRunning = false;
    book.endedWell = exitCode === 0;
    book.endedBefore = book.ended;
    book.ended = this.#observed.now();
  }

  probeBegan(pod: PodId, index: number, type: ProbeType): void {
    const { startupDone } = this.#container(pod, index);
    if (type === 'startup') this.#hold('startupOnce', !startupDone, this.#name(pod, index));
    else if (this.#hasProbe(pod, index, 'startup')) this.#hold('notStarted', startupDone, this.#name(pod, index));
  }

  probeResult(pod: PodId, index: number, type: ProbeType, succeeded: boolean, isFirst: boolean): void {
    const book = this.#pod(pod);
    this.#holdReadiness(pod, book);
    if (type === 'startup') this.#container(pod, index).startupDone = succeeded;
    else if (type === 'readiness' && !isFirst && !this.#node(this.#observed.pods.node[pod]!).isPaused)
      book.readinessAt = this.#observed.now();
  }

  #holdReadiness(pod: PodId, { readinessAt }: PodBook): void {
    if (!Number.isNaN(readinessAt))
      this.#hold('readinessTold', readinessAt >= this.#observed.now(), this.#name(pod, 0));
  }

  // Image pulls -------------------------------------------------------------------------------------------------------

  pullAdmitted(node: NodeId): void {
    this.#hold('pullRate', this.#node(node).pulls.take(this.#observed.now()), this.#nodeName(node));
  }

  pullBegan(node: NodeId): void {
    const { serializeImagePulls, maxParallelImagePulls } = this.#observed.nodes.poolOf(node).kubelet;
    const book = this.#node(node);
    book.pulling++;
    const most = serializeImagePulls ? 1 : maxParallelImagePulls;
    this.#hold('pullsAtOnce', book.pulling <= most, this.#nodeName(node));
  }

  pullEnded(node: NodeId): void {
    this.#node(node).pulling--;
  }

  // The control plane -------------------------------------------------------------------------------------------------

  nodeUnknown(node: NodeId, lastHeartbeat: number): void {
    const waited = this.#observed.now() - lastHeartbeat;
    const grace = this.#observed.spec.controlPlane.nodeMonitorGracePeriod;
    this.#hold('nodeGrace', waited >= grace, this.#nodeName(node));
    const latest = grace + controlPlaneParameters.nodeMonitorPeriod.value + REQUEST_MAX;
    this.#hold('nodeDeclared', waited <= latest, this.#nodeName(node));
  }

  // The rows of the pods ----------------------------------------------------------------------------------------------

  /** The run is over, and what is told of its pods will not change any more. */
  runEnded(): void {
    const { pods } = this.#observed;
    for (let pod = 0; pod < pods.count; pod++) {
      this.#holdRow('stageOrder', pod, stagesOutOfOrder(pods, pod));
      this.#holdRow('startParts', pod, partTooLong(pods, pod));
      this.#holdRow('oneSandbox', pod, this.#stageOfAnother(pod));
      this.#holdRow('stoppedLast', pod, this.#outlivesStop(pod));
    }
  }

  /** @param fault what is wrong with the row; undefined: nothing. */
  #holdRow(promise: PromiseName, pod: PodId, fault: string | undefined): void {
    this.#hold(promise, fault === undefined, `${this.#podName(pod)}, ${fault}`);
  }

  /** A stage of the pod's start that is not of the sandbox in its row. */
  #stageOfAnother(pod: PodId): string | undefined {
    const { stamps } = this.#observed.pods;
    const { sandboxesReady, losses } = this.#pod(pod);
    const ready = stamps.sandboxReady[pod]!;
    if (Number.isNaN(ready)) return OF_A_SANDBOX.find((stage) => !Number.isNaN(stamps[stage][pod]!));
    if (!sandboxesReady.includes(ready)) return 'sandboxReady';
    if (losses.some((at) => at > stamps.observed[pod]! && at < ready)) return 'observed';
    const lost = losses.find((at) => at > ready) ?? Infinity;
    // What was seen in time may be told when the sandbox is gone, but not when there is another one.
    const next = sandboxesReady.find((at) => at > ready) ?? Infinity;
    const last = { containersStarted: lost, runningKnown: lost, runningReported: next };
    return OF_A_SANDBOX.find((stage) => stamps[stage][pod]! > last[stage]);
  }

  /** A container that has run after the instant at which its pod is said to have been stopped. */
  #outlivesStop(pod: PodId): string | undefined {
    const stopped = this.#observed.pods.stamps.stopped[pod]!;
    let outlives: string | undefined;
    this.#forEach(pod, ({ isRunning, ended }, index) => {
      if (!Number.isNaN(stopped) && (isRunning || ended > stopped)) outlives = `container ${index}`;
    });
    return outlives;
  }

  // Books -------------------------------------------------------------------------------------------------------------

  #hold(promise: PromiseName, isKept: boolean, where: string): void {
    this.checked[promise]++;
    if (!isKept) throw new InvariantError(promise, where, this.#observed.now() / 1e9);
  }

  #pod(pod: PodId): PodBook {
    let book = this.#pods.get(pod);
    if (book === undefined) {
      book = {
        admitted: false,
        volumes: false,
        sandbox: false,
        sandboxesReady: [],
        losses: [],
        initialised: false,
        lastMain: -1,
        hookUntil: NEVER,
        inspected: NEVER,
        readinessAt: Number.NaN,
      };
      this.#pods.set(pod, book);
    }
    return book;
  }

  #container(pod: PodId, index: number): ContainerBook {
    const key = pod * CONTAINERS + index;
    let book = this.#containers.get(key);
    if (book === undefined) {
      book = {
        firstStart: Infinity,
        isRunning: false,
        endedWell: false,
        hasRun: false,
        startupDone: false,
        startedUnseen: false,
        ended: NEVER,
        endedBefore: NEVER,
        stoppedInSync: false,
        backOff: 0,
        backOffAt: NEVER,
      };
      this.#containers.set(key, book);
    }
    return book;
  }

  #forEach(pod: PodId, visit: (container: ContainerBook, index: number) => void): void {
    templateOf(this.#observed, pod).containers.forEach((_, index) => {
      visit(this.#container(pod, index), index);
    });
  }

  #node(node: NodeId): NodeBook {
    let book = this.#nodes.get(node);
    if (book === undefined) {
      book = {
        requests: this.#requestBucket(node),
        pulls: this.#pullBucket(node),
        pulling: 0,
        isPaused: false,
        isThere: true,
      };
      this.#nodes.set(node, book);
    }
    return book;
  }

  #requestBucket(node: NodeId): Bucket {
    const { kubeApiQps, kubeApiBurst } = this.#observed.nodes.poolOf(node).kubelet;
    return new Bucket(kubeApiQps, kubeApiBurst);
  }

  #pullBucket(node: NodeId): Bucket {
    const { registryPullQps, registryBurst } = this.#observed.nodes.poolOf(node).kubelet;
    return new Bucket(registryPullQps, registryBurst);
  }

  #kubeletOf(pod: PodId) {
    return this.#observed.nodes.poolOf(this.#observed.pods.node[pod]!).kubelet;
  }

  #roleOf(pod: PodId, index: number) {
    return templateOf(this.#observed, pod).containers[index]!.role;
  }

  #hasProbe(pod: PodId, index: number, type: ProbeType): boolean {
    return templateOf(this.#observed, pod).containers[index]!.probes.some((probe) => probe.type === type);
  }

  #name(pod: PodId, index: number): string {
    return `${this.#podName(pod)}, container ${templateOf(this.#observed, pod).containers[index]!.name}`;
  }

  #podName(pod: PodId): string {
    const { spec, pods } = this.#observed;
    return `${spec.workloads[pods.workload[pod]!]!.name} (pod ${pod})`;
  }

  #nodeName(node: NodeId): string {
    return `node ${this.#observed.nodes.nameOf(node)}`;
  }
}

/** The stages of a start that a sandbox goes through once it is ready. */
const OF_A_SANDBOX = ['containersStarted', 'runningKnown', 'runningReported'] as const;
/** Containers of a pod are numbered below this. */
const CONTAINERS = 32;
/** What the sources give: 10 minutes, 2 s; and what one request may take at most here. Not the model's parameters. */
const RESET = 600e9;
const GRACE_MIN = 2e9;
const REQUEST_MAX = 2e9;

/** Stops a run at the first broken promise, with an {@link InvariantError} or a {@link ControllerInvariantError}. */
export const CHECKERS: Onlooker = {
  over: (observed) => journalOf([new Invariants(observed), new ControllerInvariants(observed)])!,
};
