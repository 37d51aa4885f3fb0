import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { documentationFiles } from '../lambda/functions/query-api/documentation.ts';

/**
 * Copies the contract and its page into a folder, which the query API's function reads them from:
 * `tsx bin/documentation.ts FOLDER`. The bundling of that function runs it.
 */
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Give the folder that the files are copied to');
mkdirSync(folder, { recursive: true });
for (const name of Object.values(documentationFiles)) {
  copyFileSync(
    fileURLToPath(new URL(`../lambda/functions/query-api/${name}`, import.meta.url)),
    join(folder, name),
  );
}
