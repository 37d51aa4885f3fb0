import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';
import { carriers } from '../lambda/ledger/source.ts';
import { renderClientTypes } from './client-types.ts';
import { type Contract, renderDocumentation } from './documentation-page.ts';

/**
 * Updates the list of carriers in `openapi.yaml`, the query API's contract, and generates files from the contract: JSON and
 * an HTML page, which the query API serves, and the types of the console's client. Run `npm run openapi` after each change
 * to the contract or to the list of carriers.
 */
const yaml = listCarriers(readFileSync(new URL('../openapi.yaml', import.meta.url), 'utf8'));
write('openapi.yaml', yaml);
const contract = parse(yaml) as Contract;
write('lambda/functions/query-api/openapi.json', `${JSON.stringify(contract, undefined, 2)}\n`);
write(
  'lambda/functions/query-api/documentation.json',
  `${JSON.stringify(renderDocumentation(contract), undefined, 2)}\n`,
);
write('console/api/schema.ts', await renderClientTypes(contract));

/** Puts the current carriers into the contract's schema `Carrier`. */
function listCarriers(contract: string): string {
  const list = /(?<=^ {4}Carrier: \{.* enum: \[)[^\]]*/m;
  if (!list.test(contract)) throw new Error('openapi.yaml has no line "Carrier: { …, enum: […] }"');
  return contract.replace(list, carriers.join(', '));
}

function write(path: string, text: string): void {
  writeFileSync(new URL(`../${path}`, import.meta.url), text);
}
