// Waiting twice as long each time: pure rules. Part of the cluster vocabulary.
// Source: k8s.io/client-go/util/flowcontrol/backoff.go and util/workqueue/default_rate_limiters.go.

/** The wait after so many doublings of the first one, ns or any other unit. @param times 0 for the first. */
export const doubled = (initial: number, times: number, max = Infinity): number =>
  Math.min(initial * (1 << Math.min(30, times)), max);

/** An entry of a back-off table: the last wait, and when it was given. ns. */
export interface BackOff {
  readonly delay: number;
  readonly updatedAt: number;
}

export interface BackOffRule {
  readonly initial: number;
  readonly max: number;
  /** An entry that was not updated for longer is as good as none. */
  readonly expiresAfter: number;
}

export const isExpired = (entry: BackOff | undefined, now: number, { expiresAfter }: BackOffRule): boolean =>
  entry === undefined || now - entry.updatedAt > expiresAfter;

/** The entry after one more failure. */
export const longerBackOff = (entry: BackOff | undefined, now: number, rule: BackOffRule): BackOff => ({
  delay: isExpired(entry, now, rule) ? Math.min(rule.initial, rule.max) : doubled(entry!.delay, 1, rule.max),
  updatedAt: now,
});
