import { describe, expect, it } from 'vitest';
import { describeEvent, describeUsage, FiledRecords } from '../../../lambda/days/filed-records.ts';
import type { Usage } from '../../../lambda/ledger/observation.ts';
import { FiledRecordReader } from '../../../lambda/store/filed-record-reader.ts';
import { FiledRecordNotes } from '../../../lambda/store/filed-records.ts';
import { asClient, MemoryDynamoDb } from '../../property/memory-dynamodb.ts';
import { makeEvent, makeUsage } from '../days/records.ts';

/** Which records came in files, as it is noted and read. */

const day = '2026-11-02';

/** A record a minute of a SIM. */
function makeRecords(sim: string, count: number, about: Partial<Usage> = {}): Usage[] {
  return Array.from({ length: count }, (_, index) => ({
    ...makeUsage({
      start: new Date(Date.parse(`${day}T10:00:00Z`) + index * 60_000).toISOString(),
      recordId: `${index}`,
      ...about,
    }),
    sim,
  }));
}

function openNotes() {
  const engine = new MemoryDynamoDb();
  const client = asClient(engine);
  return {
    engine,
    notes: new FiledRecordNotes(client, 'DayState'),
    reader: new FiledRecordReader(client, 'DayState'),
  };
}

/** Ids of those of some records from files. */
async function pickIds(
  reader: FiledRecordReader,
  records: readonly Usage[],
  { on = day, bucket = 0, buckets = 1 } = {},
): Promise<string[]> {
  const filed = await new FiledRecords(reader, on, bucket, buckets).pick(records, describeUsage);
  return [...filed].map(({ recordId }) => recordId);
}

describe('records from files', () => {
  it('are found among other records of their SIM and day', async () => {
    const { notes, reader } = openNotes();
    const records = makeRecords('1', 5);
    await notes.put(records.filter((_, index) => index % 2 === 0).map(describeUsage));
    expect(await pickIds(reader, records)).toEqual(['0', '2', '4']);
    expect(await pickIds(reader, records, { on: '2026-11-03' })).toEqual([]);
    expect(await pickIds(reader, makeRecords('2', 5))).toEqual([]);
    expect(await pickIds(reader, makeRecords('1', 5, { source: 'other' }))).toEqual([]);
    expect(await pickIds(reader, [])).toEqual([]);
  });

  it('are distinguished by their kind', async () => {
    const { notes, reader } = openNotes();
    const event = makeEvent({ time: `${day}T10:00:00.000Z`, eventId: '0', source: 'twilio' });
    await notes.put([describeEvent({ ...event, sim: '1' })]);
    expect(await pickIds(reader, makeRecords('1', 1))).toEqual([]);
  });

  it('are noted once, however often and in whatever order they arrive', async () => {
    const { engine, notes, reader } = openNotes();
    const records = makeRecords('1', 9);
    await notes.put(records.map(describeUsage));
    const stored = engine.items('DayState');
    await notes.put([...records, ...records].reverse().map(describeUsage));
    expect(engine.items('DayState')).toEqual(stored);
    await notes.put(records.slice(0, 4).map(describeUsage));
    expect(await pickIds(reader, records)).toHaveLength(9);
  });

  it('are noted on both days within a second of midnight, where renderings of a record may differ', async () => {
    const { notes, reader } = openNotes();
    const [record] = makeRecords('1', 1, { start: '2026-11-03T00:00:00.500Z' }) as [Usage];
    await notes.put([describeUsage(record)]);
    expect(await pickIds(reader, [record])).toEqual(['0']);
    expect(await pickIds(reader, [record], { on: '2026-11-03' })).toEqual(['0']);
  });

  it('are kept in memory for the SIMs of one bucket only', async () => {
    const { notes, reader } = openNotes();
    const fleet = Array.from({ length: 40 }, (_, index) => makeRecords(`${index}`, 1));
    await notes.put(fleet.flat().map(describeUsage));
    const found = await Promise.all(
      [0, 1, 2].map(async (bucket) => {
        const picked = await Promise.all(fleet.map((one) => pickIds(reader, one, { bucket, buckets: 3 })));
        return picked.map((ids) => ids.length);
      }),
    );
    const together = fleet.map((_, sim) => found.reduce((sum, ofBucket) => sum + (ofBucket[sim] ?? 0), 0));
    expect(together).toEqual(fleet.map(() => 1));
    expect(found.every((ofBucket) => ofBucket.includes(1))).toBe(true);
  });

  it('fit into a note’s item, as many as an import processes together', async () => {
    const { engine, notes } = openNotes();
    const time = `${day}T10:00:00.000Z`;
    await notes.put(makeRecords('1', 20_000).map((one) => ({ ...describeUsage(one), time })));
    const [item] = engine.items('DayState');
    expect(Buffer.from(item?.['records']?.S ?? '', 'base64')).toHaveLength(160_000);
  });
});

describe('the names of files', () => {
  it('are read by the day that they state, each once', async () => {
    const { notes, reader } = openNotes();
    const file = { source: '1nce', carrier: '1nce', name: 'cdr_20261102_100000.csv' } as const;
    const named = { ...file, time: `${day}T10:00:00.000Z`, rows: 7 };
    await notes.putFile(named);
    await notes.putFile(named);
    await notes.putFile({ ...named, source: 'other', rows: undefined });
    expect(await reader.readNamedFiles(day)).toEqual([named, { ...named, source: 'other', rows: undefined }]);
    expect(await reader.readNamedFiles('2026-11-03')).toEqual([]);
  });
});
