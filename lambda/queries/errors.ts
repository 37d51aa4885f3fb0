import { AttentionError, UsageError } from '../errors.ts';

// Why a query has no answer. Callers go by the class: the API answers with a status, the command line with an exit code.

/** A value that a query does not take. */
export class ParameterError extends UsageError {
  override readonly name = 'ParameterError';

  /**
   * @param parameter as the caller knows it.
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

/** Usage that takes longer to add up than the caller waits. */
export class SlowSumError extends AttentionError {
  override readonly name = 'SlowSumError';

  constructor(seconds: number) {
    super(`Adding up all usage of this time takes more than ${seconds} seconds: ask for a part of it`);
  }
}

/** A value as a message may repeat it. */
export function shorten(value: string): string {
  return value.length <= 80 ? value : `${value.slice(0, 79)}…`;
}
