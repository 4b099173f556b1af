import { defineConfig } from 'vitest/config';

/** What every ring with real processes or a real cluster needs. */
const real = { fileParallelism: false, testTimeout: 300_000, hookTimeout: 300_000 } as const;

/** The file with Linkerd's resource types; without it tests/kind/cluster.ts says what is left out. */
const linkerdTypes = process.env.PARLEY_TEST_LINKERD_CRDS;

/** Flagger's and Argo Rollouts' resource types; without both tests/unit-left-out.ts says what is left out. */
const engineTypes = process.env.PARLEY_TEST_FLAGGER_CRDS && process.env.PARLEY_TEST_ARGO_CRDS;

/**
 * Three rings: `unit` is pure or in-process; `e2e` starts real processes; `kind` runs the same behaviour suite,
 * tests/suite, in a cluster that it makes and takes away.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: [
            ...['tests/**', 'node_modules/**', 'dist/**', '.parley/**'],
            ...(engineTypes ? [] : ['rollout/export/resource-types.test.ts']),
          ],
          globalSetup: ['tests/unit-left-out.ts'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          ...real,
          name: 'e2e',
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/kind/**'],
          env: { PARLEY_TEST_TARGET: 'embedded' },
        },
      },
      {
        test: {
          ...real,
          name: 'kind',
          include: ['tests/suite/**/*.test.ts', 'tests/kind/**/*.test.ts'],
          exclude: linkerdTypes ? [] : ['tests/kind/linkerd-objects.test.ts'],
          env: { PARLEY_TEST_TARGET: 'kind' },
          globalSetup: ['tests/kind/cluster.ts'],
          hookTimeout: 900_000,
          testTimeout: 900_000,
        },
      },
    ],
  },
});
