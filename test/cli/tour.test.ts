import { beforeAll, expect, test } from 'vitest';
import { noDaysClosed } from '../../lambda/days/fence/chunk-fence.ts';
import { readBodyEntries } from '../../lambda/ingest/entries.ts';
import { ingest } from '../../lambda/ingest/ingest.ts';
import type { Receipt } from '../../lambda/ledger/receipt.ts';
import { findPlace } from '../../local/places.ts';
import { runningTables } from '../lambda/store/running-tables.ts';
import { contextCreatedOf, repairedInterpret, usageOf, wrapped } from './records.ts';
import { itemsOf, runningLedger } from './running-ledger.ts';

/**
 * A carrier adds a shape that the code does not know. Its records go to the quarantine; then the code learns the shape, and
 * a redrive stores them. The ledger then equals that of code that knew the shape before.
 */

const ledger = runningLedger();
/** The expected ledger. */
const truth = runningTables();

const records = Array.from({ length: 12 }, (_, number) =>
  number % 3 === 0 ? contextCreatedOf(number) : usageOf(number),
);
/** Two thirds of them have the new shape, and two of these are twice in one body. */
const known = records.filter((_, number) => number % 3 === 2);
const unknown = records.filter((_, number) => number % 3 !== 2).map(wrapped);

interface Redriven {
  readonly total: Receipt;
  readonly groups: readonly { source: string; reason: string; receipt: Receipt }[];
  readonly stillRejected: readonly { reason: string; records: number }[];
  readonly removedObjects: number;
}

const nothing = { received: 0, stored: 0, repeated: 0, ignored: 0, rejected: 0, failed: 0 };

beforeAll(async () => {
  const { stream: _, ...source } = findPlace('1nce');
  const arrival = { delivery: 0, source, arrivedAt: Date.now(), position: '' };
  const entries = [...readBodyEntries(Buffer.from(JSON.stringify(records)), arrival)];
  const quarantine = { keep: () => expect.fail('The truth is readable') };
  await ingest(
    entries,
    { writer: truth.newWriter(), quarantine, fence: noDaysClosed },
    { readBeforeWrite: false },
  );
});

test('records that the current code cannot read stay in quarantine, and are stored once it can', async () => {
  const [first, second, ...others] = unknown.map((record) => JSON.stringify(record));
  const bodies = [
    `[${first},${second}]`,
    ...others,
    `[${first},${second}]`,
    ...known.map((record) => JSON.stringify(record)),
  ];
  await ledger.put('1nce', ...bodies);
  expect(ledger.local.receipts.addUp()).toMatchObject({
    received: records.length + 2,
    stored: known.length,
    rejected: unknown.length + 2,
  });

  const objects = unknown.length - 1;
  const listed = await ledger.json<{ groups: object[]; latest: object[] }>('quarantine list');
  expect(listed.groups).toEqual([
    expect.objectContaining({ source: '1nce', reason: 'unknown-shape', objects }),
  ]);
  expect(listed.latest.length).toBe(objects);

  const before = await ledger.items();
  const quarantined = await ledger.local.listQuarantined();
  const unrepaired = await ledger.json<Redriven>('quarantine redrive');
  expect(unrepaired.total).toEqual({ ...nothing, received: unknown.length, rejected: unknown.length });
  expect(unrepaired.stillRejected).toEqual([
    {
      reason: 'unknown-shape: This is neither a CloudEvent, nor an event, nor a usage record',
      records: unknown.length,
    },
  ]);
  expect(unrepaired.removedObjects).toBe(0);

  const repaired = { interpret: repairedInterpret };
  const stored = { ...nothing, received: unknown.length, stored: unknown.length };
  const rehearsed = await ledger.json<Redriven>('quarantine redrive --dry-run', repaired);
  expect(rehearsed).toMatchObject({ total: stored, stillRejected: [], removedObjects: objects });
  expect([await ledger.items(), await ledger.local.listQuarantined()]).toEqual([before, quarantined]);

  const redriven = await ledger.json<Redriven>('quarantine redrive --reason unknown-shape', repaired);
  expect(redriven).toEqual({ ...rehearsed, dryRun: false });
  expect(redriven.groups).toEqual([{ source: '1nce', reason: 'unknown-shape', receipt: stored }]);
  expect(await ledger.local.listQuarantined()).toEqual([]);
  expect(await ledger.items()).toEqual(await itemsOf(truth.client));
  expect((await ledger.run('quarantine redrive', repaired)).output).toBe('There is nothing to redrive.\n');
});

test('a replay then changes nothing and says so', async () => {
  const replayed = await ledger.json<{ total: Receipt; verification: object }>(
    'replay --verify --source 1nce',
    { interpret: repairedInterpret },
  );
  const { received, stored, repeated, rejected } = replayed.total;
  expect({ received, stored, repeated, rejected }).toEqual({
    received: records.length + 2,
    stored: 0,
    repeated: records.length + 2,
    rejected: 0,
  });
  expect(replayed.verification).toMatchObject({ added: 0, changed: 0, examples: [] });
  expect(await ledger.items()).toEqual(await itemsOf(truth.client));
});
