import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Usage } from '../../../lambda/ledger/observation.ts';
import { writeModes } from '../../../lambda/store/ledger-tables.ts';
import { LedgerWriter } from '../../../lambda/store/writer.ts';
import { asClient, type Command, MemoryDynamoDb } from '../../property/memory-dynamodb.ts';
import { trials } from '../../property/trials.ts';
import { changesOf, minute, usageAt } from './observations.ts';
import { ledgerTablesOf } from './running-tables.ts';

/** How a record is rendered: with milliseconds, by ids only, by a file that keeps the second, by one that rounds it up. */
const renderings = ['stream', 'sparse stream', 'file', 'rounding file'] as const;
type RenderingKind = (typeof renderings)[number];

const hour = 3_600_000;

function render(record: number, kind: RenderingKind): Usage {
  const second = Date.parse(minute(record)) + (kind === 'rounding file' ? 1_000 : 0);
  const key = `${new Date(second).toISOString()}#${record}`;
  const start = new Date(second + (kind.endsWith('stream') ? 600 : 0)).toISOString();
  const completeness = { stream: 10, 'sparse stream': 2, file: 8, 'rounding file': 8 }[kind];
  const names = kind === 'sparse stream' ? {} : { operatorName: 'Vodafone', country: 'DE' };
  const volumes = { dataTotal: 3 ** record, cost: '0.5', currency: 'EUR' };
  return usageAt(start, 'sim', `${record}`, { usageId: key, end: start, completeness, ...volumes, ...names });
}

const delivery = fc.record({
  records: fc.uniqueArray(fc.nat(3), { minLength: 1 }),
  kind: fc.constantFrom(...renderings),
  /** Whether the process ends and the next one knows nothing. */
  isNewProcess: fc.boolean(),
  /** The request whose answer is lost after it was carried out, if there is such a one. */
  lostAnswer: fc.option(fc.nat(3), { freq: 3 }),
});

const path = fc.record({
  deliveries: fc.array(delivery, { minLength: 1, maxLength: 8 }),
  writes: fc.constantFrom(...writeModes),
  usageRetentionDays: fc.constantFrom(0, 35),
});

/** Goes through deliveries. @returns how often each record was gained, and what the last rendering of each has. */
async function deliver(
  { deliveries, writes, usageRetentionDays }: typeof path extends fc.Arbitrary<infer Path> ? Path : never,
  losesAnswers: boolean,
) {
  const engine = new MemoryDynamoDb();
  let lost: number | undefined;
  const client = asClient({
    send: async (command: Command) => {
      const answer = await engine.answer(command, { returnsOld: true });
      if (lost === undefined) return answer;
      lost -= 1;
      if (lost >= 0) return answer;
      lost = undefined;
      throw new Error('The answer is lost');
    },
  });
  const newWriter = () =>
    new LedgerWriter({ ...ledgerTablesOf(client), writes, usageRetentionDays, measuresUsage: true });
  let writer = newWriter();
  const gained = { bytes: 0, cost: 0 };
  const records = new Set<number>();
  let hasFiles = false;
  for (const { records: numbers, kind, isNewProcess, lostAnswer } of deliveries) {
    if (isNewProcess) writer = newWriter();
    if (losesAnswers) lost = lostAnswer ?? undefined;
    const readBeforeWrite = kind.endsWith('file');
    hasFiles ||= readBeforeWrite;
    const usage = numbers.map((number) => render(number, kind));
    for (const number of numbers) records.add(number);
    // A file brings what was an hour ago, and so does a stream that comes after it.
    const writtenAt = Date.parse(minute(0)) + (hasFiles ? 2 * hour : 5 * 60_000);
    const { gains } = await writer.write(changesOf({ usage }), { readBeforeWrite, writtenAt });
    lost = undefined;
    for (const { usage: now, before } of gains) {
      gained.bytes += now.dataTotal - (before?.dataTotal ?? 0);
      gained.cost += Number(now.cost ?? 0) - Number(before?.cost ?? 0);
    }
  }
  const expected = { bytes: 0, cost: 0 };
  for (const record of records) {
    expected.bytes += 3 ** record;
    expected.cost += 0.5;
  }
  return { gained, expected };
}

describe('what usage gains', () => {
  test('counts each record once, whatever renderings arrive, how often and in which order', async () => {
    await fc.assert(
      fc.asyncProperty(path, async (given) => {
        const { gained, expected } = await deliver(given, false);
        expect(gained).toEqual(expected);
      }),
      trials(150),
    );
  });

  test('counts no record twice if responses are lost and processes end', async () => {
    await fc.assert(
      fc.asyncProperty(path, async (given) => {
        const { gained, expected } = await deliver(given, true);
        expect(gained.bytes).toBeLessThanOrEqual(expected.bytes);
        // Powers of three: a record that counts twice shows, though others are missing.
        expect(String(gained.bytes.toString(3))).not.toContain('2');
      }),
      trials(150),
    );
  });

  test('is not reported if it is not measured', async () => {
    const client = asClient({ send: (command) => Promise.resolve(new MemoryDynamoDb().answer(command, {})) });
    const { gains } = await new LedgerWriter(ledgerTablesOf(client)).write(
      changesOf({ usage: [render(0, 'stream')] }),
      { readBeforeWrite: false },
    );
    expect(gains).toEqual([]);
  });
});
