import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildConsole } from '../console/build.ts';

/**
 * Writes the web console's files into a folder, which the query API's function reads them from: `tsx bin/console.ts FOLDER`.
 * The bundling of that function runs it.
 */
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Give the folder that the files are written to');
const { files } = await buildConsole(fileURLToPath(new URL('..', import.meta.url)));
mkdirSync(folder, { recursive: true });
for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
