/**
 * An error whose message is written for a person: it says what is wrong, the value given, and what to do. Such an error
 * is told without a stack. Any other error is a fault in simledger, and is told with its stack.
 */
export abstract class UserError extends Error {}

/** What was asked for is not accepted: the caller must ask for something else. */
export class UsageError extends UserError {
  override readonly name: string = 'UsageError';
}

/** No source has the name. */
export class UnknownSourceError extends UsageError {
  constructor(name: string, known: readonly string[]) {
    super(`Unknown source ${JSON.stringify(name)}. Sources here: ${known.join(', ')}`);
  }
}

/** What was asked for was understood, and something in the ledger needs a look: it was not found, or cannot be read. */
export class AttentionError extends UserError {
  override readonly name: string = 'AttentionError';
}

/** A deployment or a service was not found, cannot be reached, or does not permit the request. */
export class UnreachableError extends UserError {
  override readonly name: string = 'UnreachableError';
}

/** What was thrown, as an error. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
