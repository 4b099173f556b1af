import { defineConfig } from 'vitest/config';

/** Two rings: `unit` is pure or in-process and takes seconds; `e2e` starts real processes and lives in tests/. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: ['tests/**', 'node_modules/**', 'dist/**', '.parley/**'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
