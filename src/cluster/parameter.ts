// A number of the model with its unit, meaning and source. Part of the cluster vocabulary: every component's
// parameters.ts is a list of these, and `kubelapse explain parameters` prints them.

export interface Parameter<T> {
  readonly value: T;
  /** Unit of `value`; distributions of durations are in nanoseconds inside and say `s` here. */
  readonly unit: string;
  readonly meaning: string;
  /** A publication or Kubernetes source, or "no published figure" with the reason for the choice. */
  readonly source: string;
}

export function parameter<T>(value: T, unit: string, meaning: string, source: string): Parameter<T> {
  return { value, unit, meaning, source };
}
