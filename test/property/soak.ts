/**
 * `npm run test:soak`: the properties, tried many times from a seed of the moment. `PROPERTY_RUNS` says how many times
 * as often as in an ordinary run (10: above 100,000), `PROPERTY_SEED` repeats a run. Arguments go to vitest: a file to
 * run that one alone, options of its own.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const runs = process.env['PROPERTY_RUNS'] ?? '10';
const seed = process.env['PROPERTY_SEED'] ?? String(Date.now() % 2 ** 31);
console.log(`PROPERTY_RUNS=${runs} PROPERTY_SEED=${seed}`);

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const given = process.argv.slice(2);
const files = given.every((argument) => argument.startsWith('-')) ? ['test/property'] : [];
const { status } = spawnSync(process.execPath, [vitest, 'run', ...files, ...given], {
  cwd: fileURLToPath(new URL('../..', import.meta.url)),
  env: { ...process.env, PROPERTY_RUNS: runs, PROPERTY_SEED: seed },
  stdio: 'inherit',
});
console.log(`PROPERTY_RUNS=${runs} PROPERTY_SEED=${seed}`);
process.exit(status ?? 1);
