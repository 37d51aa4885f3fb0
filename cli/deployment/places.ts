import { environment } from '../../lambda/aws/names.ts';
import { sessionRefreshFromEnvironment, sourcesFromEnvironment } from '../../lambda/aws/sources.ts';
import { UnreachableError } from '../../lambda/errors.ts';
import { outputName } from '../../lib/output-names.ts';
import type { Places } from './deployment.ts';

/**
 * The places that a stack's outputs name; the local run hands out the same.
 *
 * @throws UnreachableError where an output is missing: it is no stack of simledger, or one of an older version.
 */
export function readPlaces(outputs: Readonly<Record<string, string>>, title: string): Places {
  const output = (name: string): string => {
    const value = outputs[name];
    if (value !== undefined && value !== '') return value;
    throw new UnreachableError(
      `${title} has no output ${name}: give the name of a stack of simledger, or deploy this version of it`,
    );
  };
  const files = outputs[outputName.fileQueue];
  // As the functions have it in their environment, and read by the same code.
  const configured = {
    [environment.sources]: output(outputName.sources),
    [environment.sessionRefresh]: output(outputName.sessionRefresh),
  };
  return {
    tables: {
      sessions: output(outputName.sessionsTable),
      usage: output(outputName.usageTable),
      events: output(outputName.eventsTable),
      sims: output(outputName.simsTable),
      files: output(outputName.filesTable),
    },
    quarantineBucket: output(outputName.quarantineBucket),
    sources: sourcesFromEnvironment(configured),
    sessionRefresh: sessionRefreshFromEnvironment(configured),
    eventRetentionDays: Number(output(outputName.eventRetentionDays)),
    queues: files === undefined ? undefined : { files, deadLetters: output(outputName.deadLetterQueue) },
    version: output(outputName.version),
  };
}
