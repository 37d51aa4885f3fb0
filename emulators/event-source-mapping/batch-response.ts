import * as z from 'zod';

/** What a function's response says about its batch. */
export type BatchResponse =
  /** The items that failed; empty if all succeeded. */
  | { readonly valid: true; readonly failed: readonly string[] }
  /** Not a partial batch response: the whole batch counts as failed. */
  | { readonly valid: false };

const schema = z
  .object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string().min(1) })).nullish() })
  .nullish();

/**
 * Reads the response of a function whose mapping has `ReportBatchItemFailures`.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
 */
export function readBatchResponse(response: unknown): BatchResponse {
  const parsed = schema.safeParse(response);
  if (!parsed.success) return { valid: false };
  return {
    valid: true,
    failed: parsed.data?.batchItemFailures?.map((failure) => failure.itemIdentifier) ?? [],
  };
}
