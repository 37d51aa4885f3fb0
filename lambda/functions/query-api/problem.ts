import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import type { SdkError } from '@smithy/types';
import { AwsRequestError } from '../../aws/aws-request.ts';
import { UsageError } from '../../errors.ts';
import { NotFoundError } from '../../queries/errors.ts';
import { UnreadKeysError } from '../../store/batch-get.ts';

/** What a request gets instead of what it asked for. Thrown inside the API, and written as an answer at its edge. */
export class Problem extends Error {
  override readonly name = 'Problem';
  /** HTTP status. */
  readonly status: number;
  /** As Twilio's clients know it: 20000 and something. */
  readonly code: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** The codes that the API answers with, by what has happened. `docs/api.md` and `/docs` explain each. */
export const problemCodes = {
  badParameter: 20001,
  unauthenticated: 20003,
  wrongMethod: 20004,
  notFound: 20404,
  tooManyRequests: 20429,
  internal: 20500,
  unavailable: 20503,
} as const;

/** What a request that asked for something wrong gets; undefined where the error is not the caller's. */
export function explainRefusal(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  if (error instanceof NotFoundError) return new Problem(404, problemCodes.notFound, error.message);
  if (error instanceof UsageError) return new Problem(400, problemCodes.badParameter, error.message);
  return undefined;
}

/** What a request gets where something failed here. */
export function explainFailure(error: unknown): Problem {
  if (error instanceof Error && passes(error)) {
    const message = 'The ledger cannot be read at the moment; try again in a moment';
    return new Problem(503, problemCodes.unavailable, message, { 'retry-after': '1' });
  }
  return new Problem(500, problemCodes.internal, "Something went wrong; the function's log says what");
}

/** Whether an error passes by itself: DynamoDB or Secrets Manager throttles, or is not reached. */
function passes(error: Error): boolean {
  if (error instanceof AwsRequestError || error instanceof UnreadKeysError) return true;
  // The SDK reads name, code and status, which any error may have.
  const known = error as SdkError;
  return isThrottlingError(known) || isTransientError(known) || isServerError(known);
}
