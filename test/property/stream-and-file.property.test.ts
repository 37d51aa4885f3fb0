import { describe, expect, test } from 'vitest';
import { makeRowInterpreter } from '../../lambda/carriers/datastreamer/csv.ts';
import { interpret } from '../../lambda/carriers/index.ts';
import { isFault, type Reading } from '../../lambda/carriers/reading.ts';
import { Fold } from '../../lambda/ledger/fold.ts';
import { type WriteMode, writeModes } from '../../lambda/store/ledger-tables.ts';
import { writeRecord } from '../../simulator/corruption.ts';
import { usageColumns, writeUsageRow } from '../../simulator/csv-dialect.ts';
import { findFirstSim, provideSim, type Sim, type SimulatedCarrier } from '../../simulator/identity.ts';
import { Random } from '../../simulator/random.ts';
import type { UsageRecord } from '../../simulator/records.ts';
import { readAll } from '../records/read-all.ts';
import { RunningFunction } from './delivery.ts';
import { sourceOf } from './delivery-path.ts';
import { comparable } from './expectation.ts';
import { FaultPlan } from './faults.ts';
import { underEveryInterleaving } from './interleavings.ts';
import { KeptRejects, type Pause } from './invocation.ts';
import { MemoryDynamoDb } from './memory-dynamodb.ts';
import { timeLimit } from './trials.ts';

/** One usage record that a stream's consumer and the importer of a file take in at the same time. */

const start = Date.parse('2026-11-02T10:00:00.000Z');
const arrivedAt = start + 3_600_000;

function usageOf(carrier: SimulatedCarrier, generation: Sim['dataStreamer']['generation']): UsageRecord {
  const provided = provideSim(findFirstSim(carrier), new Random(1));
  const sim: Sim = { ...provided, dataStreamer: { ...provided.dataStreamer, generation } };
  const volume = { up: 1_000, down: 2_000 };
  const end = start + 900_000;
  const sessionId = '00000000-0000-4000-a000-000000000001';
  const named = carrier === 'emnify' || generation === 'flat' ? { sessionId } : {};
  return { kind: 'usage', sim, id: '41', at: end, start, end, volume, messages: 0, path: 'both', ...named };
}

function fieldsOf(record: UsageRecord): string[] {
  return writeUsageRow(record).map((field) => String(field ?? ''));
}

function readRow(record: UsageRecord): Reading {
  const interpretRow = makeRowInterpreter(usageColumns, 'cdr_20261102_110000.csv');
  if (isFault(interpretRow)) throw new Error(interpretRow.problem);
  return interpretRow(fieldsOf(record), { source: sourceOf(record.sim.carrier), arrivedAt });
}

function readStream(record: UsageRecord): Reading {
  const [value] = readAll(Buffer.from(writeRecord(record))).values;
  return interpret(value, { source: sourceOf(record.sim.carrier), arrivedAt });
}

async function write(
  engine: MemoryDynamoDb,
  pause: Pause,
  reading: Reading,
  readBeforeWrite: boolean,
  writes: WriteMode,
): Promise<void> {
  if (reading.kind !== 'observed') throw new Error('Not observed');
  const fold = new Fold();
  fold.add(0, { usage: reading.usage, session: undefined, event: undefined, sim: undefined });
  const plan = new FaultPlan();
  const context = { engine, plan, pause, returnsOld: true, writes, quarantine: new KeptRejects() };
  const { failed } = await new RunningFunction(context).writer.write(fold.listChanges(), {
    readBeforeWrite,
  });
  expect(failed.size).toBe(0);
}

/** The usage items with which interleavings end, and how many do. */
async function endingsOf(
  record: UsageRecord,
  writes: WriteMode,
): Promise<{ items: Map<string, number>; interleavings: number }> {
  const items = new Map<string, number>();
  const interleavings = await underEveryInterleaving(async (waits) => {
    const engine = new MemoryDynamoDb();
    const pause: Pause = async (where) => (where === 'is sent' ? waits(where) : undefined);
    await Promise.all([
      write(engine, pause, readStream(record), false, writes),
      write(engine, pause, readRow(record), true, writes),
    ]);
    const [item = {}] = engine.items('Usage').map(comparable);
    const text = JSON.stringify(item);
    items.set(text, (items.get(text) ?? 0) + 1);
  });
  return { items, interleavings };
}

describe('a usage record that comes by stream and by file at once', () => {
  const renderings = [
    ['emnify', 'nested'],
    ['telekom', 'old'],
    ['1nce', 'flat'],
    ['1nce', 'nested'],
    ['1nce', 'old'],
  ] as const;

  test.each(writeModes.flatMap((writes) => renderings.map((rendering) => [...rendering, writes] as const)))(
    'ends as one item under every interleaving: %s, %s, %s writes',
    { timeout: timeLimit },
    async (carrier, generation, writes) => {
      const { items, interleavings } = await endingsOf(usageOf(carrier, generation), writes);
      expect(interleavings).toBeGreaterThan(2);
      expect([...items.keys()]).toHaveLength(1);
    },
  );
});
