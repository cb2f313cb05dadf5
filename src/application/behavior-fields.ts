// What a scenario says of an application, which no manifest does. Part of the application.

import { z } from 'zod';
import { EPISODES_MAX } from '../cluster/index.js';
import {
  distribution,
  duration,
  field,
  NOT_A_PERCENTAGE,
  OURS,
  optional,
  otherwise,
  PERCENTAGE,
  quantity,
} from '../format/index.js';

/** What holds of an application that nothing is said of, as it would be written; no published figures. */
export const BEHAVIOR_DEFAULTS = {
  startup: '0s',
  probeLatency: { p50: '5ms', p99: '100ms' },
  shutdown: '100ms',
  postStart: '100ms',
  postStartFailures: '0%',
  preStop: '100ms',
  cpu: '0',
  probeCpu: '500us',
  execCpu: '10ms',
  /** An init container that is not a sidecar, and a container of a pod that is to end: they would never make way for the rest. */
  initExit: '1s',
  jobExit: '10s',
} as const;

const { probeLatency } = BEHAVIOR_DEFAULTS;

/** What it holds of something that its node may run short of. */
const held = <A extends z.ZodType>(
  amount: A,
  what: string,
  is: { readonly unit: string; readonly beyond: string; readonly for: string },
) =>
  optional(
    z.strictObject({
      start: field(amount, `${what}, from its start`, { unit: is.unit }),
      reaches: optional(
        z.strictObject({
          size: field(amount, `${what}, from then on`, { unit: is.unit }),
          after: field(distribution, 'from its start', { unit: 's' }),
        }),
        `what it grows to, linearly${is.beyond}`,
        { default: 'it does not grow' },
      ),
    }),
    `${what}, for which ${is.for}`,
    { default: 'unknown' },
  );

export const behavior = z.strictObject({
  container: optional(z.string(), 'container that this applies to', { default: 'every container of the bundle' }),
  workload: optional(
    z.string().regex(/^([a-z]+\/)?[^/]+$/, { error: 'must be a name, or <kind>/<name> such as job/migrate' }),
    'workload that this applies to, by name or as <kind>/<name>; what says both container and workload counts most, then workload, then container',
    { default: 'every workload of the bundle' },
  ),
  startup: optional(distribution, 'from process start until it answers', {
    unit: 's',
    default: BEHAVIOR_DEFAULTS.startup,
    source: OURS,
  }),
  probeLatency: optional(distribution, 'time to answer a probe', {
    unit: 's',
    default: `lognormal, p50 ${probeLatency.p50}, p99 ${probeLatency.p99}`,
    source: OURS,
  }),
  shutdown: optional(distribution, 'from SIGTERM until the process exits; it serves until then', {
    unit: 's',
    default: BEHAVIOR_DEFAULTS.shutdown,
    source: OURS,
  }),
  shutdownExitCode: optional(z.int().min(0).max(255), 'exit code of a process that handles SIGTERM', {
    default: '143: the signal ends it',
  }),
  exit: optional(
    z.union([
      z.literal('never'),
      z.strictObject({
        after: field(distribution, 'from process start until it exits by itself', { unit: 's' }),
        code: optional(z.int().min(0).max(255), 'exit code', { default: '0; 137 for OOMKilled' }),
        reason: optional(z.enum(['Error', 'OOMKilled']), 'exited by itself, or killed for lack of memory', {
          default: 'Error',
        }),
      }),
    ]),
    'the process exits by itself; of an init container it is meant only where the entry names it',
    {
      default: `init containers after ${BEHAVIOR_DEFAULTS.initExit}, containers of Jobs after ${BEHAVIOR_DEFAULTS.jobExit}, with code 0; all others never`,
      source: OURS,
    },
  ),
  postStart: optional(distribution, 'time of a postStart hook that runs a command or sends an HTTP request', {
    unit: 's',
    default: BEHAVIOR_DEFAULTS.postStart,
    source: OURS,
  }),
  postStartFailures: optional(
    z.string().regex(PERCENTAGE, { error: NOT_A_PERCENTAGE }),
    'how many of the postStart hooks fail: the container is killed then',
    { default: BEHAVIOR_DEFAULTS.postStartFailures },
  ),
  preStop: optional(distribution, 'time of a preStop hook that runs a command or sends an HTTP request', {
    unit: 's',
    default: BEHAVIOR_DEFAULTS.preStop,
    source: OURS,
  }),
  cpu: optional(
    z.strictObject({
      startup: optional(quantity, 'CPU that it uses until it answers', {
        unit: 'cores',
        default: BEHAVIOR_DEFAULTS.cpu,
      }),
      serving: optional(quantity, 'CPU that it uses from then on', { unit: 'cores', default: BEHAVIOR_DEFAULTS.cpu }),
      shutdown: optional(quantity, 'CPU that it uses from SIGTERM on', {
        unit: 'cores',
        default: BEHAVIOR_DEFAULTS.cpu,
      }),
      hooks: optional(quantity, 'CPU that its hooks use', { unit: 'cores', default: BEHAVIOR_DEFAULTS.cpu }),
    }),
    'CPU that it uses, a core for each thread that is busy: its limit slows it down, and a node whose containers want more than it has',
  ),
  probe: optional(
    z.strictObject({
      sharesWorkers: optional(
        z.boolean(),
        'its HTTP and gRPC probes are answered by the workers that answer requests (serve), and wait behind these',
        { default: 'those do that ask a port to which traffic sends requests', source: OURS },
      ),
      cpu: optional(duration, 'CPU time of an answer, or of the command of an exec probe', {
        unit: 's',
        default: `${BEHAVIOR_DEFAULTS.probeCpu}; a command ${BEHAVIOR_DEFAULTS.execCpu}`,
        source: OURS,
      }),
    }),
    'how it answers probes',
  ),
  memory: held(quantity, 'memory that it uses', {
    unit: 'bytes',
    beyond: '; beyond its limit it is OOM-killed',
    for: 'containers are OOM-killed and pods evicted',
  }),
  disk: held(quantity, 'space that its files take on the node: its own layer, logs, emptyDir volumes', {
    unit: 'bytes',
    beyond: '; beyond its limit of ephemeral-storage its pod is evicted',
    for: 'pods are evicted',
  }),
  processes: held(z.int().min(0), 'processes that it has', { unit: 'processes', beyond: '', for: 'pods are evicted' }),
  episodes: optional(
    z
      .array(
        z.strictObject({
          state: field(
            z.enum(['hung', 'slow', 'unready']),
            'hung: does not answer, but its socket still accepts connections; slow: answers with probeLatency; unready: fails readiness only',
          ),
          after: field(distribution, 'from when it begins to serve, or from the end of the previous episode', {
            unit: 's',
          }),
          lasts: optional(distribution, 'how long', { unit: 's', default: 'until the container is restarted' }),
          probeLatency: optional(distribution, 'time to answer a probe meanwhile; needed for slow, and only there', {
            unit: 's',
          }),
        }),
      )
      .max(EPISODES_MAX),
    'recurring problems of the application',
  ),
  serve: optional(
    z.strictObject({
      concurrency: otherwise(z.int().min(1).max(100_000), 1, 'requests that it works on at a time', {
        unit: 'requests',
      }),
      time: field(distribution, 'time of one request, with all the CPU it wants', { unit: 's' }),
      backlog: otherwise(
        z.int().min(0),
        4096,
        'connections that may wait to be accepted; a further one is not answered, and its client sends the SYN again after 1 s',
        { unit: 'connections', source: 'Linux: net.core.somaxconn, since 5.4' },
      ),
      cpu: otherwise(
        duration,
        '0s',
        'CPU time that a request uses, of which a container runs short that has a limit, and a node under load',
        { unit: 's' },
      ),
      threads: otherwise(z.int().min(1).max(1024), 1, 'threads on which a request uses its CPU time', {
        unit: 'threads',
      }),
    }),
    'how it processes requests, first come, first served',
    { default: 'every request is answered at once' },
  ),
});

/** What a scenario says of the containers of a bundle, or of an update. */
export type Behaviors = readonly z.infer<typeof behavior>[];
