// What is known of an application: its probes, and how it behaves, which no manifest says. Part of the cluster's spec.

import type { Distribution, Duration } from '../../engine/index.js';

export const PROBE_TYPES = ['startup', 'liveness', 'readiness'] as const;

export type ProbeType = (typeof PROBE_TYPES)[number];

export type ProbeHandler = 'exec' | 'httpGet' | 'tcpSocket' | 'grpc';

export interface ProbeSpec {
  readonly type: ProbeType;
  readonly handler: ProbeHandler;
  /** Port of the container that it asks; 0: an exec, or one that cannot be told. */
  readonly port: number;
  readonly initialDelay: Duration;
  readonly period: Duration;
  readonly timeout: Duration;
  readonly successThreshold: number;
  readonly failureThreshold: number;
  /** Grace of a kill by this probe; the pod's if absent. */
  readonly terminationGracePeriod?: Duration;
}

/**
 * A trouble that an application falls into while it serves: `hung` answers nothing any more (its socket still accepts),
 * `slow` answers probes with another latency, `unready` says no to readiness probes only.
 */
export interface EpisodeSpec {
  readonly state: 'hung' | 'slow' | 'unready';
  /** From the time it serves, or from the end of the episode before. */
  readonly after: Distribution;
  /** How long it lasts; until the container is restarted if absent. */
  readonly lasts?: Distribution;
  /** Time to answer a probe meanwhile; `slow` only. */
  readonly probeLatency?: Distribution;
}

/** What an application does, which no manifest says. Distributions in ns. */
export interface ContainerBehavior {
  /** Process start until it answers, with all the CPU it wants. */
  readonly startup: Distribution;
  /** Time to answer a probe once it serves, with all the CPU it wants. */
  readonly probeLatency: Distribution;
  /** SIGTERM until the process exits; it serves until then. */
  readonly shutdown: Distribution;
  /** What it exits with then; that of the signal if it does not handle it. */
  readonly shutdownExitCode?: number;
  /** Time of hooks that run a command or ask over HTTP. */
  readonly postStart: Distribution;
  readonly preStop: Distribution;
  /** Share of the postStart hooks that fail, 0 … 1. */
  readonly postStartFailures: number;
  /** CPU it uses while it starts, while it serves, while it ends, and that of its hooks; millicores, 1,000 for each busy thread. */
  readonly startupCpuMillis: number;
  readonly servingCpuMillis: number;
  readonly shutdownCpuMillis: number;
  readonly hookCpuMillis: number;
  /** CPU of its answer to a probe, ns; of the command of an exec probe if that is another. */
  readonly probeCpuTime: number;
  readonly execCpuTime: number;
  /**
   * Whether HTTP and gRPC probes are answered by the workers that answer requests, and wait behind these; absent: those are that
   * ask a port to which requests go.
   */
  readonly probesShareWorkers?: boolean;
  /** Bytes of memory, bytes on its node's disk, processes: nothing is known of them if absent. */
  readonly memory?: HeldAmount;
  readonly disk?: HeldAmount;
  readonly processes?: HeldAmount;
  /** How it works off requests; at once if absent. */
  readonly serve?: ServeSpec;
  /** At most {@link EPISODES_MAX}. */
  readonly episodes: readonly EpisodeSpec[];
  /** The process ends by itself so long after its start, with this code; it runs for ever if absent. */
  readonly exit?: { readonly after: Distribution; readonly code: number; readonly isOutOfMemory?: boolean };
}

/** How an application works off requests. */
export interface ServeSpec {
  /** Requests that it works on at a time; the others wait, first come first served. */
  readonly concurrency: number;
  /** Time of one request at a CPU of its own, ns. */
  readonly time: Distribution;
  /** Connections that may wait to be taken in: further ones are not answered, and knock again. */
  readonly backlog: number;
  /** CPU that a request uses, ns. */
  readonly cpuTime: number;
  /** Threads on which a request uses it, equally busy. */
  readonly threads: number;
}

/** What an application holds of something that its node has so much of: so much from its start, more in a straight line. */
export interface HeldAmount {
  readonly start: number;
  /** It holds so much when that time has passed, and no more then. */
  readonly reaches?: { readonly amount: number; readonly after: Distribution };
}

/** Troubles are kept as the bits of one byte. */
export const EPISODES_MAX = 6;
