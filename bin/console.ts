import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildConsole } from '../console/build.ts';

/**
 * Writes the web console's files to a folder: `tsx bin/console.ts FOLDER`. The query API's bundling runs it, so that the
 * function can serve the files.
 */
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Missing argument: the folder to write the files to');
const { files } = await buildConsole(fileURLToPath(new URL('..', import.meta.url)));
mkdirSync(folder, { recursive: true });
for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
