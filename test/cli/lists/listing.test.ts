import { BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { simOf, usageOf } from '../records.ts';
import { runningLedger } from '../running-ledger.ts';

/** A fleet with more SIMs than a page of the API. */

const ledger = runningLedger();

/** Stores SIMs as copies of one, because ingesting them would take long. */
async function storeFleet(sims: number): Promise<string[]> {
  await ledger.put('emnify', JSON.stringify(usageOf(0)));
  const { Sims: [sim] = [] } = await ledger.items(simOf(0));
  const iccids = Array.from({ length: sims }, (_, number) => simOf(number));
  for (let begin = 0; begin < sims; begin += 25) {
    const Sims = iccids
      .slice(begin, begin + 25)
      .map((iccid) => ({ PutRequest: { Item: { ...sim, sim: { S: iccid }, iccid: { S: iccid } } } }));
    await ledger.local.dynamoDb.send(new BatchWriteItemCommand({ RequestItems: { Sims } }));
  }
  return iccids;
}

test('a list is complete as JSON, JSON lines and CSV, while a table has its first rows', async () => {
  const fleet = await storeFleet(1_100);
  const ofEmnify = ['sims', '--source', 'emnify'];
  const json = await ledger.json<{ iccid: string }[]>(ofEmnify);
  expect(new Set(json.map(({ iccid }) => iccid))).toEqual(new Set(fleet));
  const [lines, csv, table, asked] = await Promise.all([
    ledger.run([...ofEmnify, '--jsonl']),
    ledger.run([...ofEmnify, '--csv']),
    ledger.run(ofEmnify),
    ledger.run([...ofEmnify, '--jsonl', '--limit', '1005']),
  ]);
  const parsed = lines.output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  expect([lines.errors, parsed]).toEqual(['', json]);
  const rows = parse(csv.output, { columns: true }) as Record<string, string>[];
  expect([csv.errors, rows.map(({ iccid }) => iccid)]).toEqual(['', json.map(({ iccid }) => iccid)]);
  expect(table.output.trimEnd().split('\n').length).toBe(1 + 50);
  expect(table.errors).toBe(
    'There are more than these 50: raise --limit, or use --json, --jsonl or --csv for all\n',
  );
  expect(asked.output.trimEnd().split('\n').length).toBe(1_005);
});
