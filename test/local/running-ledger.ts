import { paginateScan } from '@aws-sdk/client-dynamodb';
import { expect } from 'vitest';
import type { Item } from '../../lambda/store/items.ts';
import type { LocalLedger } from '../../local/ledger-interface.ts';
import { type LocalOptions, portVariables, readOptions } from '../../local/options.ts';
import { withoutExpiry } from '../lambda/store/running-tables.ts';

/** Options of a local run that begins empty, on any free ports. */
export function optionsForTests(): LocalOptions {
  const anyPort = Object.values(portVariables).map(({ variable }) => [variable, '0']);
  return readOptions(['--empty'], Object.fromEntries(anyPort)) ?? expect.fail('These options ask for help');
}

const ledgerTables = ['Sessions', 'Usage', 'Events', 'Sims'] as const;

/** All items of the ledger proper, in the order of their texts, without expiry. */
export async function everything(of: LocalLedger): Promise<Record<string, Item[]>> {
  const found = await Promise.all(
    ledgerTables.map(async (TableName) => {
      const items: Item[] = [];
      const pages = paginateScan({ client: of.dynamoDb }, { TableName, ConsistentRead: true });
      for await (const page of pages) items.push(...(page.Items ?? []).map(withoutExpiry));
      return [TableName, items.sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1))] as const;
    }),
  );
  return Object.fromEntries(found);
}

function textOf(item: Item): string {
  return JSON.stringify(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
}
