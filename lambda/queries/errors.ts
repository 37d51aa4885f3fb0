import { AttentionError, UsageError } from '../errors.ts';

// Why a query has no answer. The class decides the API's status and the command line's exit code.

/** A value that a query does not accept. */
export class ParameterError extends UsageError {
  override readonly name = 'ParameterError';

  /**
   * @param parameter its name for the caller.
   * @param accepted completes the sentence "accepted is …".
   */
  constructor(parameter: string, value: string, accepted: string) {
    super(`${shorten(parameter)}: ${JSON.stringify(shorten(value))} given; accepted is ${accepted}`);
  }
}

/** Something that is not there. */
export class NotFoundError extends AttentionError {
  override readonly name = 'NotFoundError';

  /** @param what begins the sentence "… was not found". */
  constructor(what: string) {
    super(`${what} was not found`);
  }
}

/** Adding up usage takes longer than the caller waits. */
export class SlowSumError extends AttentionError {
  override readonly name = 'SlowSumError';

  constructor(seconds: number) {
    super(`Adding up all usage of this time takes more than ${seconds} seconds: ask for a shorter time`);
  }
}

/** A value, cut to the length that a message repeats. */
export function shorten(value: string): string {
  return value.length <= 80 ? value : `${value.slice(0, 79)}…`;
}
