import * as z from 'zod';

/**
 * The local run's description of itself, which the command line reads. It contains what a deployed stack's outputs and
 * CloudWatch would say.
 */

const count = z.int().nonnegative();
const traffic = z.object({ received: count, rejected: count });

const sourceTraffic = z.object({
  source: z.string(),
  /** When the last record was processed, ISO 8601; null if none was. */
  lastRecord: z.string().nullable(),
  /** Age of the oldest record that is not processed, in seconds; 0 if all are. */
  lagSeconds: z.number(),
  hour: traffic,
  day: traffic,
});

/** Path of the description on the API's port. Deployed APIs do not have it. */
export const descriptionPath = '/local';

/** The response at {@link descriptionPath}. */
export const localDescription = z.object({
  endpoints: z.object({
    kinesis: z.url(),
    s3: z.url(),
    sqs: z.url(),
    dynamoDb: z.url(),
    /** Where processes that write to the tables keep a connection open. */
    writers: z.url(),
  }),
  /** By the names of the stack's outputs. */
  outputs: z.record(z.string(), z.string()),
  traffic: z.array(sourceTraffic),
  /** Names of the functions that run. */
  functions: z.array(z.string()),
});

export type LocalDescription = z.infer<typeof localDescription>;
