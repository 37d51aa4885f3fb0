import * as z from 'zod';

/** The name of a stream. */
export const streamName = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[a-zA-Z0-9_.-]+$/, 'Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+');

/** The two ways to name a stream in a request. One is required. */
export const streamReference = {
  StreamName: streamName.optional(),
  StreamARN: z
    .string()
    .regex(/^arn:aws.*:kinesis:.*:\d{12}:stream\/\S+$/, 'Member must be the ARN of a stream')
    .optional(),
};

/** The id of a shard. */
export const shardId = z.string().min(1).max(128);

/** A parsed reference to a stream. */
export interface StreamReference {
  readonly StreamName?: string | undefined;
  readonly StreamARN?: string | undefined;
}
