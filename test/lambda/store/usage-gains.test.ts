import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { encodeUsageItem } from '../../../lambda/store/items.ts';
import type { WriteOptions } from '../../../lambda/store/ledger-tables.ts';
import { UsageGains } from '../../../lambda/store/usage-gains.ts';
import { asClient, MemoryDynamoDb } from '../../property/memory-dynamodb.ts';
import { usageAt } from './observations.ts';

/** A usage record whose time lies some milliseconds after its key's, which is a second of one hour. */
function use(
  second: string,
  more: { readonly after?: number; readonly source?: string; readonly bytes?: number } = {},
) {
  const key = `2026-11-02T10:00:${second}.000Z`;
  const start = new Date(Date.parse(key) + (more.after ?? 0)).toISOString();
  return usageAt(start, 'sim', '1', {
    usageId: `${key}#1`,
    source: more.source ?? 'main',
    dataTotal: more.bytes ?? 3,
  });
}

const file: WriteOptions = { readBeforeWrite: true };
const written = use('05');

/** What a record gains beyond what it replaces and beside what is stored. @returns the bytes before, and the reads. */
async function settle(
  stored: readonly ReturnType<typeof use>[],
  {
    options = file,
    usage = written,
    replaced = undefined as ReturnType<typeof use> | undefined,
    isBroken = false,
  } = {},
) {
  const engine = new MemoryDynamoDb();
  for (const one of stored)
    engine.answer(new PutItemCommand({ TableName: 'Usage', Item: encodeUsageItem(one, true) }));
  let reads = 0;
  const client = asClient({
    send: async (command) => {
      reads += 1;
      if (isBroken) throw new Error('The connection broke');
      return engine.answer(command, { stale: true });
    },
  });
  const gains = new UsageGains();
  gains.add(usage, replaced && encodeUsageItem(replaced, true));
  const settled = await gains.settle({ client, usage: 'Usage' }, options);
  return {
    before: settled.map((gain) => gain.before?.dataTotal),
    usage: settled.map((gain) => gain.usage),
    reads,
  };
}

test.each([
  ['nothing', [], undefined],
  ['what is stored a second before', [use('04', { bytes: 2 })], 2],
  ['what is stored a second after', [use('06', { bytes: 2 })], 2],
  ['not what is two seconds away', [use('03', { bytes: 2 }), use('07', { bytes: 2 })], undefined],
  ['not what another source has', [use('04', { bytes: 2, source: 'other' })], undefined],
  [
    'not what is a second away by its key and more by its time',
    [use('06', { bytes: 2, after: 1 })],
    undefined,
  ],
  ['what is less than a second away by its time', [use('04', { bytes: 2, after: 600 })], 2],
])('a record of a file gains what it says beyond another rendering: %s', async (_, stored, before) => {
  expect(await settle(stored)).toEqual({ before: [before], usage: [written], reads: 1 });
});

test('a record that replaces another gains what it states beyond that, and nothing is read', async () => {
  const replaced = use('05', { bytes: 1 });
  expect(await settle([use('04')], { replaced })).toMatchObject({ before: [1], reads: 0 });
});

const late = Date.parse('2026-11-02T10:10:05.000Z');

test.each([
  ['of a stream is read for once a file may have brought it, after ten minutes', written, late + 1, 1],
  ['of a stream is not read for before', written, late, 0],
  [
    'whose key has milliseconds is not read for, since no file has such a key',
    usageAt('2026-11-02T10:00:05.001Z', 'sim', '1'),
    late + 60_000,
    0,
  ],
])('another rendering of a record %s', async (_, usage, writtenAt, reads) => {
  const found = await settle([], { usage, options: { readBeforeWrite: false, writtenAt } });
  expect(found).toEqual({ before: [undefined], usage: [usage], reads });
});

test('a record gains nothing if it is unknown whether another rendering came first', async () => {
  expect(await settle([], { isBroken: true })).toEqual({ before: [], usage: [], reads: 1 });
});
