import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import type { SdkError } from '@smithy/types';
import { AwsRequestError } from '../../aws/aws-request.ts';
import { UsageError } from '../../errors.ts';
import { NotFoundError } from '../../queries/errors.ts';
import { UnreadKeysError } from '../../store/batch-get.ts';

/** An error response. Thrown inside the API, and sent by {@link respond}. */
export class Problem extends Error {
  override readonly name = 'Problem';
  /** HTTP status. */
  readonly status: number;
  /** Twilio's error code, from 20000 on. */
  readonly code: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** The API's error codes. `/docs` explains each. */
export const problemCodes = {
  badParameter: 20001,
  unauthenticated: 20003,
  wrongMethod: 20004,
  notFound: 20404,
  tooManyRequests: 20429,
  internal: 20500,
  unavailable: 20503,
} as const;

/** The response to an invalid request; undefined if the caller did not cause the error. */
export function explainRefusal(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  if (error instanceof NotFoundError) return new Problem(404, problemCodes.notFound, error.message);
  if (error instanceof UsageError) return new Problem(400, problemCodes.badParameter, error.message);
  return undefined;
}

/** The response to a request that failed here. */
export function explainFailure(error: unknown): Problem {
  if (error instanceof Error && passes(error)) {
    const message = 'The ledger cannot be read now; try again in a moment';
    return new Problem(503, problemCodes.unavailable, message, { 'retry-after': '1' });
  }
  const right = error instanceof Error ? findMissingRight(error) : undefined;
  const message =
    right === undefined
      ? "Something went wrong; see the function's log"
      : `The API's function lacks the right ${right}: deploy the stack of this version; see the function's log`;
  return new Problem(500, problemCodes.internal, message);
}

/** The action that the function is not allowed to perform; undefined for other errors. */
function findMissingRight({ message }: Error): string | undefined {
  return /not authorized to perform: ([a-z0-9-]+:\w+)/.exec(message)?.[1];
}

/** Whether an error is transient: DynamoDB or Secrets Manager throttles, or cannot be reached. */
function passes(error: Error): boolean {
  if (error instanceof AwsRequestError || error instanceof UnreadKeysError) return true;
  // The SDK only reads name, code and status, which any error may have.
  const known = error as SdkError;
  return isThrottlingError(known) || isTransientError(known) || isServerError(known);
}
