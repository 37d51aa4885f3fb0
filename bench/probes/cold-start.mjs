/**
 * Measures what a new process of a function costs: to load its bundle, and to answer its first event.
 *
 *   node probes/cold-start.mjs BUNDLE EVENT
 *
 * Plain JavaScript, since a loader for TypeScript would be measured as well.
 */
import { createRequire } from 'node:module';

const [, , bundle = '', event = 'null'] = process.argv;
const require = createRequire(import.meta.url);
const begin = performance.now();
const { handler } = require(bundle);
const loaded = performance.now();
const context = { functionName: 'measured', getRemainingTimeInMillis: () => 60_000 };
const answer = await handler(JSON.parse(event), context);
const answered = performance.now();
if (answer?.batchItemFailures?.length > 0 || answer?.statusCode >= 500)
  throw new Error(`The first event failed: ${JSON.stringify(answer)}`);
process.send?.({ load: loaded - begin, first: answered - loaded });
