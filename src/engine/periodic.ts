// Periodic activity as arithmetic. Part of the engine.
// A timer that ticks at phase, phase + period, phase + 2 period, … is two numbers; when its next tick is and how many
// ticks lie in an interval is a division, not a loop and not an event.

import type { Duration, Instant } from './time.js';

/** The first tick at or after `at`. */
export function tickAtOrAfter(phase: Instant, period: Duration, at: Instant): Instant {
  if (at <= phase) return phase;
  return phase + Math.ceil((at - phase) / period) * period;
}

/** The first tick after `at`, never at it. */
export function tickAfter(phase: Instant, period: Duration, at: Instant): Instant {
  if (at < phase) return phase;
  return phase + (Math.floor((at - phase) / period) + 1) * period;
}

/** How many ticks lie at or after `from` and before `until`. */
export function ticksBetween(phase: Instant, period: Duration, from: Instant, until: Instant): number {
  return Math.max(0, ticksBefore(phase, period, until) - ticksBefore(phase, period, from));
}

function ticksBefore(phase: number, period: number, at: number): number {
  return at <= phase ? 0 : Math.ceil((at - phase) / period);
}
