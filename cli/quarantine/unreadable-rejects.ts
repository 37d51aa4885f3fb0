/** An object of the quarantine that holds no rejects. */
export class UnreadableRejectsError extends Error {
  override readonly name = 'UnreadableRejectsError';

  constructor(key: string) {
    super(`${key} holds something that is no reject: it was written by hand, or by another version`);
  }
}
