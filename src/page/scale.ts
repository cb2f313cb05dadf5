// Where a figure lies along an axis, and where the axis has its ticks. Part of the pages; nothing here reaches a result.

export interface Scale {
  /** 0 at the near end, 1 at the far end. */
  readonly place: (value: number) => number;
  readonly ticks: readonly number[];
}

const TICKS = 6;

/** A linear axis from 0, or from the least figure, to a round number beyond the greatest. */
export function linearScale(values: readonly number[], fromZero: boolean): Scale {
  const most = Math.max(...values, fromZero ? 0 : Number.NEGATIVE_INFINITY);
  const least = fromZero ? Math.min(0, ...values) : Math.min(...values);
  const step = roundStep((most - least || Math.abs(most) || 1) / TICKS);
  const from = Math.floor(least / step + 1e-9) * step;
  const to = Math.max(from + step, Math.ceil(most / step - 1e-9) * step);
  const count = Math.round((to - from) / step);
  return {
    place: (value) => (value - from) / (to - from),
    ticks: Array.from({ length: count + 1 }, (_, i) => Number((from + i * step).toPrecision(10))),
  };
}

/** 1, 2 or 5 times a power of ten, at least the wanted one. */
function roundStep(wanted: number): number {
  const power = 10 ** Math.floor(Math.log10(wanted));
  return power * ([1, 2, 5].find((step) => step * power >= wanted * 0.999) ?? 10);
}

/** A logarithmic axis around figures above 0. @param ticks where figures of it may be labelled. */
export function logScale(values: readonly number[], ticks: readonly number[]): Scale {
  const positive = values.filter((value) => value > 0);
  const [from, to] = [Math.log10(Math.min(...positive)), Math.log10(Math.max(...positive))];
  const room = Math.max(0.02, (to - from) * 0.04);
  const [low, high] = [from - room, to + room];
  const place = (value: number): number => (Math.log10(value) - low) / (high - low);
  return { place, ticks };
}
