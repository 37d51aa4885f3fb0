import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { parseLayout } from '../../../lambda/ingest/files/layout.ts';
import { findRowEnds, parseRows } from '../../../lambda/ingest/files/rows.ts';
import type { Sim } from '../../../lambda/ledger/observation.ts';
import { encodeSimItem } from '../../../lambda/store/items.ts';
import { LedgerWriter } from '../../../lambda/store/writer.ts';
import { header, row } from '../ingest/files/cdr.ts';
import { changesOf } from './observations.ts';
import { ledgerTablesOf } from './running-tables.ts';

const source = { name: '1nce', carrier: '1nce', bytesPerMegabyte: 1_000_000, filesOnly: false } as const;
const arrival = { source, arrivedAt: Date.UTC(2026, 9, 2) };
const layout = parseLayout(header, 'cdr_1.csv');

/** What rows of a file say, each of another SIM. */
function readSims(from: number, count: number): Sim[] {
  const lines = Array.from({ length: count }, (_, index) => {
    const number = from + index;
    const iccid = `8988280666${String(number).padStart(9, '0')}`;
    return row(0, {
      iccid,
      imsi: `901405${String(number).padStart(9, '0')}`,
      endpoint_name: `tracker-${number}`,
    });
  });
  const bytes = Buffer.from(`${lines.join('\n')}\n`);
  return parseRows(bytes, findRowEnds(bytes, layout.delimiter), layout.delimiter).flatMap(
    ({ fields = [] }) => {
      const reading = layout.interpretRow(fields, arrival);
      return reading.kind === 'observed' && reading.sim !== undefined ? [reading.sim] : [];
    },
  );
}

/** A writer whose store holds what was written of each SIM. */
function storedWriter(): {
  readonly write: (sims: readonly Sim[]) => Promise<void>;
  readonly readKeys: () => number;
} {
  let stored: readonly Sim[] = [];
  let readKeys = 0;
  const send = async ({
    input,
  }: {
    input: { RequestItems: { Sims: { Keys: { sim: { S: string } }[] } } };
  }) => {
    const { Keys } = input.RequestItems.Sims;
    readKeys += Keys.length;
    const asked = new Set(Keys.map(({ sim }) => sim.S));
    return { Responses: { Sims: stored.filter(({ sim }) => asked.has(sim)).map(encodeSimItem) } };
  };
  const writer = new LedgerWriter(ledgerTablesOf({ send } as unknown as DynamoDBClient));
  const write = async (sims: readonly Sim[]): Promise<void> => {
    stored = sims;
    const report = await writer.write(changesOf({ sims }), { readBeforeWrite: false });
    stored = [];
    expect(report.errors).toEqual([]);
  };
  return { write, readKeys: () => readKeys };
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What is in use once nothing runs any more: the least of several readings, since V8 compiles beside them. */
async function measureUsed(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let reading = 0; reading < 5; reading += 1) {
    await setTimeout(20);
    collectGarbage();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    least = Math.min(least, heapUsed + arrayBuffers);
  }
  return least;
}

test('a SIM that a process remembers takes less than 100 bytes, and keeps no row of its file', async () => {
  const { write, readKeys } = storedWriter();
  await write(readSims(0, 1_000));
  const before = await measureUsed();
  for (let from = 1_000; from < 11_000; from += 1_000) await write(readSims(from, 1_000));
  expect(((await measureUsed()) - before) / 10_000).toBeLessThan(100);
  const keys = readKeys();
  await write(readSims(5_000, 1_000));
  expect(readKeys()).toBe(keys);
});
