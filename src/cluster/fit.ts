// Which measurements tell the values of which parameters. Part of the cluster vocabulary: a part says it of its own numbers,
// and calibration makes a system of equations of it.

/** Parameters of one group that enter their measures linearly and are fitted together. */
export interface Fit {
  readonly what: string;
  /** Measures that speak of them. */
  readonly measures: readonly string[];
  /** Of those, measurements of which this holds; one that leaves it open speaks of `otherwise`. */
  readonly where?: readonly { readonly condition: string; readonly is: string; readonly otherwise?: string }[];
  /** Medians and means only: the tails are those of the machine. */
  readonly isMiddleOnly?: boolean;
  /** Each of the conditions by which measurements hold the same time beside the model's part. */
  readonly restBy?: string;
  /** Name of the group, as profiles use it. */
  readonly group: string;
  /** The parameters, what matters most first, with the measurement that would tell each. */
  readonly unknowns: Readonly<Record<string, string>>;
  /** Others that are fitted beside them only where that predicts better what was not seen. */
  readonly perhaps?: { readonly group: string; readonly unknowns: Readonly<Record<string, string>> };
  /** They are rates: what enters the measures is their reciprocal. */
  readonly areRates?: boolean;
}
