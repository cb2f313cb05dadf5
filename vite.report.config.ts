// Bundles what runs in report.html into one script and one style sheet, which `kubelapse report` puts into the file.
import { defineConfig } from 'vite';

export default defineConfig({
  logLevel: 'warn',
  publicDir: false,
  build: {
    outDir: 'dist/page',
    license: { fileName: 'licenses.md' },
    target: 'es2022',
    lib: {
      entry: 'src/page/report.ts',
      formats: ['iife'],
      name: 'kubelapse',
      fileName: () => 'report.js',
      cssFileName: 'report',
    },
  },
});
