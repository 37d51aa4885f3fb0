import { ConflictError, type Lake } from '../days/pass/ports.ts';

/** The objects of bills in the lake's bucket, and their keys. */

/** Prefix of the keys of tariffs, rosters and balances. Except for the book, these objects never change. */
export const tariffsPrefix = 'billing/tariffs/';

/** Prefix of the keys of stored bills. */
export const billsPrefix = 'billing/bills/';

/** The key of the book, which says what tariffs, roster and balances are in force. */
export const bookKey = `${tariffsPrefix}book.json`;

/** An object that was read, and the tag to replace it with. */
export interface ReadText {
  readonly text: string;
  readonly tag: string;
}

/** Reads an object as text; undefined if it does not exist. */
export async function readText(lake: Pick<Lake, 'open'>, key: string): Promise<ReadText | undefined> {
  const object = await lake.open(key);
  if (object === undefined) return undefined;
  const bytes = await object.slice(0, object.byteLength);
  return { text: new TextDecoder().decode(bytes), tag: object.tag };
}

/**
 * Writes an object if it is unchanged since it was read.
 *
 * @param before its tag; undefined if the object must not exist.
 * @throws ConflictError if it has changed.
 */
export async function writeText(
  lake: Pick<Lake, 'write'>,
  key: string,
  text: string,
  before: string | undefined,
): Promise<void> {
  await lake.write(key, new TextEncoder().encode(text), before);
}

/** Writes an object whose key is derived from its content. */
export async function writeOnce(lake: Pick<Lake, 'write'>, key: string, text: string): Promise<void> {
  try {
    await writeText(lake, key, text, undefined);
  } catch (error) {
    // It already exists, with the same content.
    if (!(error instanceof ConflictError)) throw error;
  }
}
