import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatTime } from '../../../lambda/ledger/time.ts';
import { encodeUsageItem } from '../../../lambda/store/items.ts';
import { LedgerReader } from '../../../lambda/store/reader.ts';
import { asClient, MemoryDynamoDb } from '../../property/memory-dynamodb.ts';
import { usage } from '../../records/arbitraries.ts';
import { runs } from '../../records/runs.ts';
import { ledgerTablesOf } from './running-tables.ts';

/** Usage as alerts look at it. */

const start = Date.parse('2026-11-02T10:00:00.000Z');
const sim = '8988307000000000001';

/** Renderings of two records, half a second apart, many of them as full as their neighbours. */
const renderings = fc.array(
  fc
    .record({
      state: usage,
      at: fc.nat({ max: 8 }).map((count) => formatTime(start + count * 500)),
      recordId: fc.constantFrom('a', 'b'),
      completeness: fc.constantFrom(3, 4),
    })
    .map(({ state, at, recordId, completeness }) => ({
      ...state,
      ...{ sim, recordId, completeness, start: at, source: 'fleet', usageId: `${at}#${recordId}` },
    })),
  { maxLength: 8 },
);

async function listIds(pages: AsyncIterable<readonly { readonly usageId: string }[]>): Promise<string[]> {
  const ids: string[] = [];
  for await (const page of pages) ids.push(...page.map(({ usageId }) => usageId));
  return ids;
}

test('a projection of usage counts the same items as complete usage, also if two renderings are equally complete', async () => {
  const property = fc.asyncProperty(renderings, fc.integer({ min: 1, max: 4 }), async (states, limit) => {
    const memory = new MemoryDynamoDb(undefined, 3);
    for (const state of states) {
      memory.answer(new PutItemCommand({ TableName: 'Usage', Item: encodeUsageItem(state, false) }));
    }
    const reader = new LedgerReader({ ...ledgerTablesOf(asClient(memory)), files: 'Files' });
    const range = { sim, from: '0', to: '9999' };
    const known = await listIds(reader.readKnownUsage(range, { limit }));
    expect(known).toEqual(await listIds(reader.readUsage(range, { limit })));
  });
  await fc.assert(property, runs(300));
});
