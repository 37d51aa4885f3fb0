import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LateRecordNotes, type LateRecords } from '../../../lambda/store/late-records.ts';
import { alertStateTable } from '../../../lambda/store/tables.ts';
import { asClient, MemoryDynamoDb } from '../../property/memory-dynamodb.ts';
import { codePoint } from '../../records/code-points.ts';
import { runs } from '../../records/runs.ts';

const now = Date.parse('2026-11-10T00:00:00Z');

function makeNotes(): { readonly notes: LateRecordNotes; readonly memory: MemoryDynamoDb } {
  const memory = new MemoryDynamoDb(undefined, 1_000);
  return { notes: new LateRecordNotes(asClient(memory), alertStateTable.name), memory };
}

const sims = fc.string({ unit: codePoint, minLength: 1, maxLength: 60 });
const late = fc.uniqueArray(fc.tuple(sims, fc.integer({ min: 0, max: now })), { selector: ([sim]) => sim });

function sorted({ from }: LateRecords): (readonly [string, number])[] {
  return [...from].sort(([a], [b]) => (a < b ? -1 : 1));
}

test('each SIM has the earliest time of its notes, until it was judged', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(late, { maxLength: 4 }), fc.func(fc.boolean()), async (chunks, judged) => {
      const { notes } = makeNotes();
      for (const chunk of chunks) await notes.put(new Map(chunk), now);
      const expected = new Map<string, number>();
      for (const [sim, at] of chunks.flat())
        expected.set(sim, Math.min(at, expected.get(sim) ?? Number.POSITIVE_INFINITY));
      const read = await notes.list();
      expect(sorted(read)).toEqual(sorted({ from: expected, notes: [] }));
      await notes.settle(read.notes, judged, now);
      expect(sorted(await notes.list())).toEqual(sorted(read).filter(([sim]) => !judged(sim)));
    }),
    runs(50),
  );
});

test('a note that was put while SIMs were judged stays', async () => {
  const { notes } = makeNotes();
  await notes.put([['a', 5]], now);
  const { notes: read } = await notes.list();
  await notes.put([['a', 3]], now);
  await notes.settle(read, () => true, now);
  expect(sorted(await notes.list())).toEqual([['a', 3]]);
});

test('notes are as few as write units allow, and are not written again if none of their SIMs was judged', async () => {
  const { notes, memory } = makeNotes();
  const fleet = Array.from({ length: 1_000 }, (_, index) => `89882806660${String(index).padStart(8, '0')}`);
  await notes.put(
    fleet.map((sim) => [sim, now] as const),
    now,
  );
  const items = memory.items(alertStateTable.name);
  expect(items.length).toBeLessThanOrEqual(1_000 / 20);
  for (const item of items) {
    const bytes = Object.entries(item).map(
      ([name, value]) => name.length + Buffer.byteLength(String(Object.values(value)[0])),
    );
    expect(bytes.reduce((a, b) => a + b)).toBeLessThanOrEqual(1_024);
  }
  const { notes: read } = await notes.list();
  await notes.settle(read, () => false, now);
  expect(memory.items(alertStateTable.name)).toEqual(items);
});

test('a SIM has the earliest time of all its notes, and if it was not judged, that time is noted again', async () => {
  const { notes, memory } = makeNotes();
  await notes.put(
    [
      ['a', 5],
      ['b', 7],
    ],
    now - 1,
  );
  await notes.put([['a', 3]], now);
  await notes.put([['a', 9]], now);
  const read = await notes.list();
  expect(sorted(read)).toEqual([
    ['a', 3],
    ['b', 7],
  ]);
  await notes.settle(read.notes, (sim) => sim === 'a', now);
  expect(sorted(await notes.list())).toEqual([['b', 7]]);
  const week = String(Date.parse('2026-11-18T00:00:00Z') / 1_000);
  expect(memory.items(alertStateTable.name).map(({ expiresAt }) => expiresAt?.N)).toEqual([week]);
});

test('items that are not notes are skipped', async () => {
  const { notes, memory } = makeNotes();
  await notes.put([['a', 5]], now);
  const [note = {}] = memory.items(alertStateTable.name);
  const Item = { subject: note['subject'] ?? { S: '' }, entry: { S: 'other' } };
  memory.answer(new PutItemCommand({ TableName: alertStateTable.name, Item }));
  expect(await notes.list()).toMatchObject({
    from: new Map([['a', 5]]),
    notes: [{ key: { entry: note['entry'] } }],
  });
});
