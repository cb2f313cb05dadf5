// Builds the playground: static files that any host can serve, from any folder.
import { defineConfig } from 'vite';

export default defineConfig({
  root: 'src/playground',
  base: './',
  logLevel: 'warn',
  publicDir: 'public',
  // The parser of tables as browsers take it: the other one expects a Buffer.
  resolve: { alias: { 'csv-parse/sync': 'csv-parse/browser/esm/sync' } },
  // The writer only asks whether its options are buffers, which they never are: its build for browsers has all of Buffer in it.
  define: { 'Buffer.isBuffer': 'Array.isArray', 'Buffer.from': 'Array.from' },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  build: {
    outDir: '../../dist/playground',
    emptyOutDir: true,
    license: { fileName: 'licenses.md' },
    target: 'es2022',
    chunkSizeWarningLimit: 2000,
  },
});
