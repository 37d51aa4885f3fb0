import { NoSuchBucket, NoSuchKey, NotFound } from '@aws-sdk/client-s3';
import { ServiceException } from '@smithy/core/client';
import { ProviderError } from '@smithy/core/config';
import { AttentionError, UnreachableError, UsageError, UserError } from '../lambda/errors.ts';
import { type ExitCode, exitCode } from './command.ts';

/** Explains errors to the user: AWS errors by named functions, others by their class. */

/** An error, explained to the user. */
export interface Explanation {
  readonly code: ExitCode;
  readonly sentence: string;
}

/** Explains any error that a command throws. Only unexpected errors show their stack. */
export function explain(error: unknown): Explanation {
  const told = toUserError(error);
  if (told instanceof UsageError) return { code: exitCode.wrongUse, sentence: told.message };
  if (told instanceof UnreachableError) return { code: exitCode.unreachable, sentence: told.message };
  if (told instanceof UserError) return { code: exitCode.attention, sentence: told.message };
  const sentence = told instanceof Error ? (told.stack ?? told.message) : String(told);
  return { code: exitCode.attention, sentence };
}

/** What is wrong and what to do, in one line and without a stack trace, for an error that does not end the command. */
export function explainInOneLine(error: unknown): string {
  const told = toUserError(error);
  if (told instanceof UserError) return told.message.replaceAll('\n', '. ');
  return told instanceof Error ? `${told.name}: ${told.message}` : String(told);
}

/** Converts errors of the AWS SDK and Node.js to errors for users; returns any other error unchanged. */
function toUserError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof UserError) return error;
  const unreachable = (advice: string) =>
    new UnreachableError(`${readMessage(error)}\n${advice}`, { cause: error });
  if (isNotSignedIn(error)) {
    return unreachable(
      'AWS does not accept your credentials: sign in again, or give a profile with --profile or AWS_PROFILE',
    );
  }
  if (isNotPermitted(error)) {
    return unreachable('You are not permitted: docs/cli.md lists what each command needs');
  }
  if (error instanceof ServiceException) return unreachable(`AWS refused the request: ${error.name}`);
  if (isFileError(error)) {
    const sentence = `${error.message}\nCheck that the path exists, is a file where one is asked for, and that you may use it`;
    const isWrongPath = wrongPathCodes.has(readErrorCode(error) ?? '');
    return new (isWrongPath ? UsageError : AttentionError)(sentence, { cause: error });
  }
  return isNotConnected(error)
    ? unreachable('Cannot connect: check the network, the region and the endpoint')
    : error;
}

/** Whether an object, bucket, table or stream does not exist. */
export function isNotFound(error: unknown): boolean {
  return (
    error instanceof NotFound ||
    error instanceof NoSuchKey ||
    error instanceof NoSuchBucket ||
    // Each service has a class of this name.
    (error instanceof ServiceException && error.name === 'ResourceNotFoundException')
  );
}

/** Whether a stack does not exist. CloudFormation has no specific error for that. */
export function isUnknownStack(error: unknown): boolean {
  return error instanceof ServiceException && error.name === 'ValidationError';
}

/** Whether AWS does not permit the request. Each service has its own error name for that. */
export function isNotPermitted(error: unknown): boolean {
  return (
    error instanceof ServiceException &&
    /^AccessDenied|^Forbidden|NotAuthorized|Unauthorized/.test(error.name)
  );
}

const unknownCallers = [
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
];

/** Whether there are no credentials, or AWS does not accept them. */
function isNotSignedIn(error: Error): boolean {
  if (error instanceof ProviderError) return true;
  return error instanceof ServiceException && unknownCallers.includes(error.name);
}

/**
 * Whether an error of Node.js is about a file or folder. Errors of open files have no path, so this includes every
 * error that is not about a network.
 */
function isFileError(error: Error): boolean {
  const code = readErrorCode(error);
  return code !== undefined && !networkCodes.has(code);
}

/** Node.js error codes of wrong paths. */
const wrongPathCodes: ReadonlySet<string> = new Set([
  'EEXIST',
  'EISDIR',
  'ENAMETOOLONG',
  'ENOENT',
  'ENOTDIR',
]);

/** Whether a connection could not be made, or was lost. */
function isNotConnected(error: Error): boolean {
  return networkCodes.has(readErrorCode(error) ?? '') || error.name === 'TimeoutError';
}

/** Codes of Node.js and its resolver for network errors. */
const networkCodes: ReadonlySet<string> = new Set([
  ...['EADDRNOTAVAIL', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME', 'ECONNABORTED', 'ECONNREFUSED'],
  ...['ECONNRESET', 'EHOSTDOWN', 'EHOSTUNREACH', 'ENETDOWN', 'ENETRESET', 'ENETUNREACH', 'ENODATA'],
  ...['ENOTCONN', 'ENOTFOUND', 'EPIPE', 'EPROTO', 'ESERVFAIL', 'ETIMEDOUT', 'ETIMEOUT', 'EREFUSED'],
]);

/** The code of a Node.js error, such as ENOENT; undefined for any other error. */
function readErrorCode(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' && /^E(?!RR_)[A-Z_]+$/.test(error.code)
    ? error.code
    : undefined;
}

/** A failed connection to a name with several addresses is an AggregateError, whose own message is empty. */
function readMessage(error: Error): string {
  if (error.message !== '') return error.message;
  const [first] = error instanceof AggregateError ? error.errors : [];
  return first instanceof Error ? first.message : error.name;
}
