/** Keys in place of a SIM's: those of accounts, for records that name no SIM, and those of a source's files. */

const prefix = 'account:';
const filesPrefix = 'files:';

/** The key of an account of a source. */
export function makeAccountKey(source: string, accountId: string): string {
  return `${prefix}${source}:${accountId}`;
}

/** The key of a source's files, under which missing files are found. */
export function makeFilesKey(source: string): string {
  return `${filesPrefix}${source}`;
}

/** The source whose files' key it is; undefined if it is the key of a SIM or account. */
export function readFilesKey(key: string): string | undefined {
  return key.startsWith(filesPrefix) ? key.slice(filesPrefix.length) : undefined;
}

/**
 * Whether a key belongs to an account or to files. A carrier's id of a SIM that looks like one would be mistaken for
 * it.
 */
export function isReservedKey(key: string): boolean {
  return key.startsWith(prefix) || key.startsWith(filesPrefix);
}

/** Whether a key belongs to an account. */
export function isAccount(key: string): boolean {
  return key.startsWith(prefix);
}
