import { defineConfig } from 'vitest/config';
import { slowTests } from '../../vitest.config.ts';

/**
 * The tests that a mutant of the pipeline and of what reads and writes the tables must survive: examples on a local engine,
 * what is asked of it, and a few of the properties of whole records on the engine in memory.
 */
export default defineConfig({
  test: {
    include: [
      'test/lambda/{ingest,queries,store}/**/*.test.ts',
      'test/lambda/alerts/{mutes,shared-episodes}.test.ts',
      'test/lambda/alerts/sweep/{findings,groups,heard-times,marks,read-known,silent-list,sweep}.test.ts',
      'test/lambda/days/fence/*.test.ts',
      'test/lambda/functions/query-api/{paging,requests,sim-list,sim-records}.test.ts',
      'test/property/{delivery-path,writers,write-units,carriers-move,session-refresh}.property.test.ts',
    ],
    exclude: slowTests,
    setupFiles: ['test/mutation/first-failure.ts', 'test/property-seed.ts'],
    testTimeout: 150_000,
    hookTimeout: 60_000,
    isolate: false,
    env: { PROPERTY_RUNS: '0.02' },
  },
});
