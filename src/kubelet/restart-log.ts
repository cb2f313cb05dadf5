// Every container restart and why it happened. Part of the kubelet; restarts.csv is written from it.

export interface Restart {
  /** Start of the new run, ns. */
  readonly time: number;
  readonly pod: number;
  readonly containerIndex: number;
  readonly reason: 'liveness' | 'startup' | 'exit';
  readonly exitCode: number;
  /** End of the old run until the start of the new one, ns. */
  readonly away: number;
  /** Back-off in force at the start, ns; 0 if there was none. */
  readonly backOff: number;
  /** Restarts of this container so far, this one included. */
  readonly restarts: number;
}
