import * as z from 'zod';

/**
 * What the local run says of itself, for the command line to find it: what a deployed stack's outputs, and CloudWatch,
 * would say.
 */

const count = z.int().nonnegative();
const traffic = z.object({ received: count, rejected: count });

const sourceTraffic = z.object({
  source: z.string(),
  /** When the last record was taken in, ISO 8601; null before the first. */
  lastRecord: z.string().nullable(),
  /** Seconds for which the oldest record that is not taken in has waited; 0 where none waits. */
  lagSeconds: z.number(),
  hour: traffic,
  day: traffic,
});

/** Where on the API's port the local run says where everything of it is. No deployed API has it. */
export const descriptionPath = '/local';

/** What {@link descriptionPath} answers. */
export const localDescription = z.object({
  endpoints: z.object({ kinesis: z.url(), s3: z.url(), sqs: z.url(), dynamoDb: z.url() }),
  /** By the names that the stack's outputs have. */
  outputs: z.record(z.string(), z.string()),
  traffic: z.array(sourceTraffic),
  /** Functions that answer, by name. */
  functions: z.array(z.string()),
});

export type LocalDescription = z.infer<typeof localDescription>;
