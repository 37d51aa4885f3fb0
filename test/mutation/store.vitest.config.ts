import { defineConfig } from 'vitest/config';

/**
 * The tests that a mutant of what reads and writes the tables must survive: examples on a local engine, and a few of
 * the properties of whole records on the engine in memory.
 */
export default defineConfig({
  test: {
    include: [
      'test/lambda/store/**/*.test.ts',
      'test/lambda/ingest/ingest.test.ts',
      'test/lambda/functions/query-api/{api,session-totals,refreshed-sessions}.test.ts',
      'test/property/{delivery-path,writers,write-units,carriers-move,session-refresh}.property.test.ts',
    ],
    setupFiles: ['test/mutation/first-failure.ts', 'test/property-seed.ts'],
    testTimeout: 150_000,
    hookTimeout: 60_000,
    isolate: false,
    env: { PROPERTY_RUNS: '0.02' },
  },
});
