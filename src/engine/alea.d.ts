// One generator of seedrandom, whose own types are of all of them at once. Part of the engine.
declare module 'seedrandom/lib/alea.js' {
  import type seedrandom from 'seedrandom';

  const alea: typeof seedrandom.alea;
  export default alea;
}
