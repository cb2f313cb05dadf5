// What a CPU limit does to work: the kernel's CFS bandwidth control in closed form. Part of the machine; pure rules.
// A cgroup may use so much CPU time in each period, all its threads together; when that is used up, they stand still until the
// next period begins. Source: Documentation/scheduler/sched-bwc.rst of Linux. Times in ns; the phase of an instant is how far
// the period has gone then.

export interface Quota {
  /** CPU time in a period; Infinity: no limit. */
  readonly amount: number;
  readonly period: number;
}

/** What else runs in the cgroup: threads that always want to, and CPU that is used little by little, in cores. */
export interface Beside {
  readonly threads: number;
  readonly used: number;
}
export const NOTHING_BESIDE: Beside = { threads: 0, used: 0 };

/** What uses so many cores under a quota: threads that always want to run, if that is all of it or more. */
export const besideOf = (used: number, { amount, period }: Quota): Beside =>
  used * period < amount ? { threads: 0, used } : { threads: used, used: 0 };

/** A piece of work under a quota: how long it takes, and how often it is stopped. */
export interface ThrottledRun {
  readonly duration: number;
  readonly stops: number;
}

/**
 * A burst of work on so many equally busy threads, at a phase of the period, nothing having run in that period before but
 * what is beside it.
 * @param work CPU time. @param threads how many run at a time, more than 0; a part of one is busy for a part of the time.
 */
export function throttledRun(
  work: number,
  threads: number,
  { amount, period }: Quota,
  phase: number,
  beside: Beside = NOTHING_BESIDE,
): ThrottledRun {
  const left = amount - beside.used * period;
  const all = threads + beside.threads;
  // What the threads of the work get of a period: the others take theirs from the same pool.
  const mine = (pool: number, time: number): number => threads * Math.min(time, Math.max(0, pool) / all);
  if (amount === Infinity || (all * period <= left && beside.threads === 0))
    return { duration: work / threads, stops: 0 };
  const whole = mine(left, period);
  const first = mine(left - beside.threads * phase, period - phase);
  if (work <= first) return { duration: work / threads, stops: 0 };
  if (whole <= 0) return { duration: Infinity, stops: Infinity };
  const rest = work - first;
  const periods = Math.ceil(rest / whole);
  const duration = period - phase + (periods - 1) * period + (rest - (periods - 1) * whole) / threads;
  // The first period ends in a stop if its pool did not last.
  const stopsFirst = first < threads * (period - phase);
  return { duration, stops: (stopsFirst ? 1 : 0) + (whole < threads * period ? periods - 1 : 0) };
}

/** How far the period has gone at an instant. @param offset at which a period begins. */
export const phaseAt = (now: number, offset: number, period: number): number => {
  const phase = (now - offset) % period;
  return phase < 0 ? phase + period : phase;
};
