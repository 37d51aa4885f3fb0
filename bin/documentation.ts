import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { documentationFiles } from '../lambda/functions/query-api/documentation.ts';

/**
 * Copies the contract and its page to a folder: `tsx bin/documentation.ts FOLDER`. The query API's bundling runs it, so that
 * the function can serve them.
 */
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Missing argument: the folder to copy the files to');
mkdirSync(folder, { recursive: true });
for (const name of Object.values(documentationFiles)) {
  copyFileSync(
    fileURLToPath(new URL(`../lambda/functions/query-api/${name}`, import.meta.url)),
    join(folder, name),
  );
}
