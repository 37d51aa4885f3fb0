import { chmod, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../lambda/errors.ts';
import { lakeFolders } from './places.ts';

/** Names of a LevelDB's files. Its repair moves unusable ones to the folder `lost`. */
const storeFile = /^(CURRENT|LOCK|LOG(\.old)?|MANIFEST-\d+|\d+\.(log|ldb|sst|dbtmp))$/;

/**
 * Makes the folder of `--data` and its files readable for their owner only; creates the folder if it does not exist.
 *
 * @throws UsageError if the folder contains anything but a ledger, or if its permissions cannot be changed.
 */
export async function preparePrivateFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const names = await readdir(path);
    const folders = new Set([...lakeFolders.values(), 'lost']);
    const other = names.find((name) => !storeFile.test(name) && !folders.has(name));
    if (other !== undefined) {
      throw new UsageError(
        `The folder of --data, ${path}, contains other files, such as ${JSON.stringify(other)}: give an empty folder, or one of an earlier run`,
      );
    }
    await chmod(path, 0o700);
    for (const name of names) await chmod(join(path, name), folders.has(name) ? 0o700 : 0o600);
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof Error)) throw error;
    throw new UsageError(
      `The folder of --data, ${path}, cannot be made private (${error.message}): give a folder that you own`,
    );
  }
}
