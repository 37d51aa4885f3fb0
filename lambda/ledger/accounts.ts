/** Keys in the place of a SIM's: of accounts, under which what names no SIM stands, and of the files of a source. */

const prefix = 'account:';
const filesPrefix = 'files:';

/** The key of an account of a source. */
export function makeAccountKey(source: string, accountId: string): string {
  return `${prefix}${source}:${accountId}`;
}

/** The key of a source's files: what is missing among them is found under it. */
export function makeFilesKey(source: string): string {
  return `${filesPrefix}${source}`;
}

/** The source whose files' key it is; undefined for the key of a SIM or account. */
export function readFilesKey(key: string): string | undefined {
  return key.startsWith(filesPrefix) ? key.slice(filesPrefix.length) : undefined;
}

/** Whether a key is not a SIM's: a carrier's id of a SIM that looks like one would be taken for an account, or for files. */
export function isReservedKey(key: string): boolean {
  return key.startsWith(prefix) || key.startsWith(filesPrefix);
}

/** Whether a key is an account's. */
export function isAccount(key: string): boolean {
  return key.startsWith(prefix);
}
