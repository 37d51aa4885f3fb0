import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';

/**
 * Writes `openapi.yaml`, the query API's contract, as the JSON that the API's function carries. To be run after each
 * change of the contract: `npm run openapi`.
 */
const contract: unknown = parse(readFileSync(new URL('../openapi.yaml', import.meta.url), 'utf8'));
writeFileSync(
  new URL('../lambda/query-api/openapi.json', import.meta.url),
  `${JSON.stringify(contract, undefined, 2)}\n`,
);
