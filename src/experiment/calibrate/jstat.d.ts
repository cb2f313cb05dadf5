// What we use of jstat, which has no types of its own. Part of the experiments.

declare module 'jstat' {
  const jStat: { readonly studentt: { inv(p: number, degreesOfFreedom: number): number } };
  export default jStat;
}
