import * as z from 'zod';

/**
 * The local run's description of itself, by which the command line finds it: what a deployed stack's outputs and
 * CloudWatch would state.
 */

const count = z.int().nonnegative();
const traffic = z.object({ received: count, rejected: count });

const sourceTraffic = z.object({
  source: z.string(),
  /** When the last record was processed, ISO 8601; null before the first. */
  lastRecord: z.string().nullable(),
  /** Seconds for which the oldest record that is not processed has waited; 0 if none waits. */
  lagSeconds: z.number(),
  hour: traffic,
  day: traffic,
});

/** Path on the API's port of the local run's description. Deployed APIs do not have it. */
export const descriptionPath = '/local';

/** What {@link descriptionPath} answers. */
export const localDescription = z.object({
  endpoints: z.object({
    kinesis: z.url(),
    s3: z.url(),
    sqs: z.url(),
    dynamoDb: z.url(),
    /** Where processes that write to the tables stay connected while they do. */
    writers: z.url(),
  }),
  /** By the names that the stack's outputs have. */
  outputs: z.record(z.string(), z.string()),
  traffic: z.array(sourceTraffic),
  /** Functions that answer, by name. */
  functions: z.array(z.string()),
});

export type LocalDescription = z.infer<typeof localDescription>;
