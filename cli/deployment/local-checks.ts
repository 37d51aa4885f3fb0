import type { LocalDescription } from '../../local/description.ts';
import type { Check, Deployment } from './deployment.ts';
import { ok, placeChecks, problem, versionCheck } from './general-checks.ts';

/** Functions that the local run has to have. */
const functions = ['kinesis-consumer', 'file-importer', 'query-api', 'webhook-receiver'];

/** Looks after the local run. */
export async function* localChecks(
  deployment: Deployment,
  { functions: running }: LocalDescription,
): AsyncGenerator<Check> {
  yield versionCheck(deployment);
  for (const name of functions) {
    yield {
      subject: `function ${name}`,
      ...(running.includes(name) ? ok('is up') : problem('is not up: start the local run again')),
    };
  }
  yield* placeChecks(deployment);
}
