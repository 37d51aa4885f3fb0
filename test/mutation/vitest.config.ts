import { defineConfig } from 'vitest/config';
import { slowTests } from '../../vitest.config.ts';

/**
 * The tests that a mutant of the pure core must survive: examples, and properties of what it is made of. Properties
 * of whole records, and tests of growth and of large bodies, take longer than all else, and each mutant would pay for
 * them.
 */
export default defineConfig({
  test: {
    include: [
      'test/lambda/{carriers,json,ledger}/**/*.test.ts',
      'test/lambda/ingest/ingest.test.ts',
      'test/lambda/ingest/files/{headers,rows}.test.ts',
    ],
    exclude: [
      'test/lambda/carriers/interpret.property.test.ts',
      // It reads the source, which is full of mutants then.
      'test/lambda/ledger/purity.test.ts',
      ...slowTests,
    ],
    setupFiles: ['test/mutation/first-failure.ts', 'test/property-seed.ts'],
    testTimeout: 150_000,
    isolate: false,
    env: { PROPERTY_RUNS: '0.05' },
  },
});
