import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';
import { type Contract, renderDocumentation } from './documentation-page.ts';

/**
 * Writes what the query API's function carries of `openapi.yaml`, its contract: the contract as JSON, and as a page to
 * read. Run it after each change of the contract: `npm run openapi`.
 */
const contract = parse(readFileSync(new URL('../openapi.yaml', import.meta.url), 'utf8')) as Contract;
write('openapi.json', contract);
write('documentation.json', renderDocumentation(contract));

function write(name: string, content: object): void {
  const file = new URL(`../lambda/functions/query-api/${name}`, import.meta.url);
  writeFileSync(file, `${JSON.stringify(content, undefined, 2)}\n`);
}
