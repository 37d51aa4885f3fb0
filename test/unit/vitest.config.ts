import { defineConfig } from 'vitest/config';
import {
  aloneTests,
  coreTests,
  LongestFirst,
  longTests,
  sharedProcess,
  slowTests,
} from '../../vitest.config.ts';

/**
 * `npm run test:unit`: what shows a mistake while one works on it. Properties are tried a twentieth as often as in
 * `npm test`; bodies of megabytes, what takes seconds, engines that do not return the item that a condition refused, and
 * faults that are planted to test the properties themselves are left out.
 */
export default defineConfig({
  test: {
    include: [...coreTests, 'test/unit/stack.ts'],
    exclude: [...slowTests, ...longTests, ...aloneTests],
    setupFiles: ['test/log-guard.ts', 'test/property-seed.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    ...sharedProcess,
    testNamePattern:
      /^(?!.*(?:notices? that| finds a fault|reach what they are about|does not return the old item))/,
    env: { PROPERTY_RUNS: '0.05' },
  },
});
