/** Keys of accounts: what names no SIM stands under the key of its account, in the place of a SIM's. */

const prefix = 'account:';

/** The key of an account of a source. */
export function makeAccountKey(source: string, accountId: string): string {
  return `${prefix}${source}:${accountId}`;
}

/** Whether a key is an account's. */
export function isAccount(key: string): boolean {
  return key.startsWith(prefix);
}
