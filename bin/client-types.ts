import openapiTypes, { type OpenAPI3 } from 'openapi-typescript';

const heading = '/** The types of openapi.yaml. `npm run openapi` makes them: change that file. */\n\n';

/** The contract as TypeScript: what the console's client sends and reads. */
export async function renderClientTypes(contract: object): Promise<string> {
  // It completes what it is given.
  const types = await openapiTypes(structuredClone(contract) as OpenAPI3, { commentHeader: heading });
  return `${types.trimEnd()}\n`;
}
