// Bundles the command line over what the compiler has made of it: a few files start in half the time of some hundreds. The
// library beside it stays as it was compiled. All files lie in one folder, from which the program finds what else was built.
import { defineConfig } from 'vite';

/** Loaded when they are needed, if at all, or files of their own by their nature. What draws charts is bundled: it is large, and
 * half of it is not needed. */
const EXTERNAL = [
  '@resvg/resvg-wasm',
  'bullmq',
  'dejavu-fonts-ttf',
  'hyparquet-writer',
  'ioredis',
  'pg',
  'piscina',
  'yargs',
];

export default defineConfig({
  logLevel: 'warn',
  publicDir: false,
  ssr: { noExternal: true, external: EXTERNAL },
  build: {
    ssr: true,
    target: 'node20',
    minify: false,
    license: { fileName: 'licenses.md' },
    outDir: 'dist/src/cli',
    emptyOutDir: false,
    rolldownOptions: {
      input: {
        bin: 'src/cli/bin.ts',
        'client-process': 'src/cli/measure-kernel/client-process.ts',
        'draw-process': 'src/cli/draw-process.ts',
        'server-process': 'src/cli/measure-kernel/server-process.ts',
        'stopwatch-process': 'src/cli/measure-kernel/stopwatch-process.ts',
        'thread-worker': 'src/experiment/executors/thread-worker.ts',
      },
      output: { entryFileNames: '[name].js', chunkFileNames: 'chunk-[name].js' },
    },
  },
});
