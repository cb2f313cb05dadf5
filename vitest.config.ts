// No test is limited in its time: machines are slow and busy at will. What hangs is ended by whoever runs the tests.
import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { testTimeout: 600_000, hookTimeout: 600_000 } });
