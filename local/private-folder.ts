import { chmod, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../lambda/errors.ts';
import { lakeFolders } from './places.ts';

/** Names of the files that a LevelDB consists of; its repair puts unusable ones into the folder `lost`. */
const storeFile = /^(CURRENT|LOCK|LOG(\.old)?|MANIFEST-\d+|\d+\.(log|ldb|sst|dbtmp))$/;

/**
 * Makes the folder of `--data` readable for its owner only, whether it exists or not, with the files in it.
 *
 * @throws UsageError if the folder holds anything but a ledger, or its permissions cannot be changed.
 */
export async function preparePrivateFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const names = await readdir(path);
    const folders = new Set([...lakeFolders.values(), 'lost']);
    const other = names.find((name) => !storeFile.test(name) && !folders.has(name));
    if (other !== undefined) {
      throw new UsageError(
        `The folder of --data, ${path}, holds other files, such as ${JSON.stringify(other)}: give an empty folder, or one of an earlier run`,
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
