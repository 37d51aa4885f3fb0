import { ConflictError, type Lake } from '../days/pass/ports.ts';

/** The objects of bills in the lake's bucket, and their keys. */

/** First part of the keys of tariffs, rosters and balances. What they name never changes. */
export const tariffsPrefix = 'billing/tariffs/';

/** First part of the keys of bills that are stored. */
export const billsPrefix = 'billing/bills/';

/** The key of what says which tariffs, roster and balances hold. */
export const bookKey = `${tariffsPrefix}book.json`;

/** An object that was read, and the tag by which it is replaced. */
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
 * Writes an object on condition that it is still as it was read.
 *
 * @param before its tag; undefined if there must be no object.
 * @throws ConflictError if that is not so.
 */
export async function writeText(
  lake: Pick<Lake, 'write'>,
  key: string,
  text: string,
  before: string | undefined,
): Promise<void> {
  await lake.write(key, new TextEncoder().encode(text), before);
}

/** Writes an object whose key is made of its content. */
export async function writeOnce(lake: Pick<Lake, 'write'>, key: string, text: string): Promise<void> {
  try {
    await writeText(lake, key, text, undefined);
  } catch (error) {
    // It is there already, and says the same.
    if (!(error instanceof ConflictError)) throw error;
  }
}
