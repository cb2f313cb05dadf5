// Two projects. `model`: the model and everything that needs no built command line. `commands`: the built command line,
// pages in a browser, documents. `--mode all` does everything at length; without it each promise is kept once.
// Projects have modes of their own, so that the mode is handed on.
// No test is limited in its time: machines are slow and busy at will. What hangs is ended by whoever runs the tests.
import { configDefaults, defineConfig } from 'vitest/config';

const COMMANDS = [
  'test/cli/**/*.test.ts',
  'test/docs/**/*.test.ts',
  'test/browser/**/*.test.ts',
  'test/fuzz/**/*.test.ts',
];
const NO_LIMIT = { testTimeout: 0, hookTimeout: 0 };

export default defineConfig(({ mode }) => ({
  test: {
    maxWorkers: '100%',
    isolate: false,
    projects: [
      {
        extends: true,
        test: { name: 'model', env: { TIER: mode }, exclude: [...configDefaults.exclude, ...COMMANDS], ...NO_LIMIT },
      },
      { extends: true, test: { name: 'commands', env: { TIER: mode }, include: COMMANDS, ...NO_LIMIT } },
    ],
  },
}));
