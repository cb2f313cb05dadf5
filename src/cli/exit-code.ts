// Exit codes of the command.

export const ExitCode = {
  Ok: 0,
  /** Failed while running, or `verify` found a difference. */
  Failed: 1,
  /** Bad flags or input; nothing was run. */
  BadInput: 2,
  /** A threshold was crossed, or a comparison found a change that --fail-on forbids (k6's exit code for it); results are written. */
  ThresholdCrossed: 99,
  /** 128 + SIGINT, 128 + SIGTERM. */
  Interrupted: 130,
  Terminated: 143,
  /** 128 + SIGHUP; only where something has to be cleaned up first. */
  HungUp: 129,
} as const;
