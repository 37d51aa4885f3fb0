import { defineConfig } from 'vitest/config';

/**
 * Tests that may share a process with others, and so load the code and the CDK once: they change neither the process's
 * environment nor its modules for longer than a test. `npm run test:unit` runs them alone.
 */
export const unitTests = [
  'test/lambda/{carriers,ledger,query-api,store}/**/*.test.ts',
  'test/lib/**/*.test.ts',
];
/** Tests of the same folders that take long: how work grows, security checks and linters, bundling. */
export const slowTests = ['**/{growth,doubling}.test.ts', 'test/lib/{checks,synth}.test.ts'];

export default defineConfig({
  test: {
    setupFiles: ['test/log-guard.ts'],
    // For what hangs: a busy machine takes ten times as long, and nothing is measured by it.
    testTimeout: 150_000,
    hookTimeout: 150_000,
    expect: { poll: { timeout: 60_000 } },
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: 'unit', include: unitTests, exclude: slowTests, isolate: false } },
      {
        extends: true,
        test: {
          name: 'others',
          include: ['test/**/*.test.ts'],
          exclude: [
            'test/lambda/{carriers,ledger,query-api,store}/**/!(growth|doubling).test.ts',
            'test/lib/**/!(checks|synth).test.ts',
          ],
        },
      },
    ],
  },
});
