import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventsTable, usageTable } from '../../../lambda/store/tables.ts';
import { readExampleDeliveries } from '../../../local/examples/index.ts';
import { runningLedger } from '../running-ledger.ts';

/** Back-tests over the closed days of the example records. */

const ledger = runningLedger();
const now = (): number => Date.parse('2026-11-05T12:00:00Z');
let folder: string;

const rules = [
  { name: 'silent', kind: 'silent', after: '6h' },
  { name: 'attach', kind: 'attach-loop', count: 2, within: '1h' },
  { name: 'failing', kind: 'session-failures', count: 1, within: '1h' },
  { name: 'empty', kind: 'zero-byte-sessions', count: 1, within: '1d' },
  { name: 'device', kind: 'device-changed' },
  { name: 'country', kind: 'country' },
  { name: 'spike', kind: 'usage', moreThan: 1_000_000, within: '1h' },
  { name: 'day', kind: 'usage', moreThan: 1_000_000, per: 'day' },
  { name: 'blocked', kind: 'blocked' },
  { name: 'stale', kind: 'stale-session', after: '12h' },
  { name: 'lost', kind: 'finding', checks: ['path'], bytes: 1_000_000 },
];

interface Result {
  readonly rule: string;
  readonly found: number;
  readonly final: number;
}

async function runRules(): Promise<{ results: Result[]; errors: string }> {
  const { code, output, errors } = await ledger.run(
    ['--json', 'alerts', 'test', join(folder, 'rules.json'), '--from', '2026-10-29'],
    { now },
  );
  expect(code).toBe(0);
  return { results: JSON.parse(output) as Result[], errors };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simledger-sealed-days-'));
  await writeFile(join(folder, 'rules.json'), JSON.stringify(rules));
  const { stream, files } = await readExampleDeliveries();
  for (const { source, data, partitionKey } of stream)
    await ledger.local.putRecord(source, data, partitionKey);
  for (const { source, key, bytes } of files) await ledger.local.putFile(source, key, bytes);
  await ledger.local.waitUntilIdle();
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test('a back-test finds the same when its days are sealed and their records have expired', async () => {
  const open = await runRules();
  const found = (results: readonly Result[]) => results.map(({ rule, found: times }) => [rule, times]);
  expect(open.results.every(({ final }) => final === 0)).toBe(true);
  expect(open.errors).toMatch(/^Reads \d+ days of /);

  await ledger.local.closeDays(now());
  const sealed = await runRules();
  const truth = found(open.results).map(([rule, times]) => [rule, rule === 'lost' ? 2 : times]);
  expect(found(sealed.results)).toEqual(truth);
  expect(sealed.results.filter(({ found: times }) => times > 0).length).toBeGreaterThan(6);
  expect(sealed.errors).toMatch(/^Reads \d+ sealed days from the lake, and /);
  // An alert that is over on sealed days is final; one that lasts is not.
  expect(sealed.results.find(({ rule }) => rule === 'day')).toMatchObject({ found: 4, final: 4 });
  expect(sealed.results.find(({ rule }) => rule === 'silent')).toMatchObject({ final: 0 });

  const { dynamoDb } = ledger.local;
  const items = await ledger.items();
  for (const { name, partitionKey, sortKey } of [usageTable, eventsTable]) {
    for (const item of items[name] ?? []) {
      if ((item[sortKey]?.S ?? '') >= '2026-11-03') continue;
      const [partition, sort] = [item[partitionKey], item[sortKey]];
      if (partition === undefined || sort === undefined) continue;
      await dynamoDb.send(
        new DeleteItemCommand({ TableName: name, Key: { [partitionKey]: partition, [sortKey]: sort } }),
      );
    }
  }
  expect((await runRules()).results).toEqual(sealed.results);
});
