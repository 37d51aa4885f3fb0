/**
 * An error whose message is written for a person: it says what is wrong, the value given, and what to do. It is shown
 * without its stack. Any other error is a bug in simledger, and is shown with its stack.
 */
export abstract class UserError extends Error {}

/** The request is not accepted: the caller must change it. */
export class UsageError extends UserError {
  override readonly name: string = 'UsageError';
}

/** No source has the name. */
export class UnknownSourceError extends UsageError {
  constructor(name: string, known: readonly string[]) {
    super(`Unknown source ${JSON.stringify(name)}. Sources here: ${known.join(', ')}`);
  }
}

/** The request was understood, but something in the ledger was not found or cannot be read. */
export class AttentionError extends UserError {
  override readonly name: string = 'AttentionError';
}

/** A deployment or a service was not found, cannot be reached, or does not permit the request. */
export class UnreachableError extends UserError {
  override readonly name: string = 'UnreachableError';
}

/** Converts a thrown value into an Error. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
