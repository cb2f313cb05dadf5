// What we use of jstat, which has no types of its own. Part of the statistics.

declare module 'jstat' {
  const jStat: {
    readonly studentt: {
      inv(p: number, degreesOfFreedom: number): number;
      cdf(x: number, degreesOfFreedom: number): number;
    };
    readonly normal: { inv(p: number, mean: number, standardDeviation: number): number };
    /** Regularised incomplete beta function. */
    ibeta(x: number, a: number, b: number): number;
  };
  export default jStat;
}
