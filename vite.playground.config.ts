// Builds the playground: static files that any host can serve, from any folder.
import { defineConfig } from 'vite';

export default defineConfig({
  root: 'src/playground',
  base: './',
  logLevel: 'warn',
  publicDir: false,
  // The parser of tables as browsers take it: the other one expects a Buffer.
  resolve: {
    alias: {
      'csv-parse/sync': 'csv-parse/browser/esm/sync',
      'csv-stringify/sync': 'csv-stringify/browser/esm/sync',
    },
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  build: { outDir: '../../dist/playground', emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 2000 },
});
