import { defineConfig } from 'vitest/config';

/** `npm run test:aws`: see `main.ts`. */
export default defineConfig({
  test: {
    include: ['test/aws/*.endpoint.ts'],
    setupFiles: ['test/log-guard.ts'],
    testTimeout: 300_000,
    hookTimeout: 900_000,
    pool: 'forks',
    disableConsoleIntercept: true,
  },
});
