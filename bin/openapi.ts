import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';
import { renderClientTypes } from './client-types.ts';
import { type Contract, renderDocumentation } from './documentation-page.ts';

/**
 * Writes what is made of `openapi.yaml`, the query API's contract: the contract as JSON and as a page to read, which its
 * function carries, and the types of the console's client. Run it after each change of the contract: `npm run openapi`.
 */
const contract = parse(readFileSync(new URL('../openapi.yaml', import.meta.url), 'utf8')) as Contract;
write('lambda/functions/query-api/openapi.json', `${JSON.stringify(contract, undefined, 2)}\n`);
write(
  'lambda/functions/query-api/documentation.json',
  `${JSON.stringify(renderDocumentation(contract), undefined, 2)}\n`,
);
write('console/api/schema.ts', await renderClientTypes(contract));

function write(path: string, text: string): void {
  writeFileSync(new URL(`../${path}`, import.meta.url), text);
}
