import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { makeDynamoDbClient } from '../../lambda/aws/dynamodb-client.ts';
import { readSources } from '../../lambda/aws/sources.ts';
import { noDaysClosed } from '../../lambda/days/fence/chunk-fence.ts';
import { readEntries } from '../../lambda/ingest/entries.ts';
import { ingest, type LedgerPorts } from '../../lambda/ingest/ingest.ts';
import type { Sim } from '../../lambda/ledger/observation.ts';
import { toMilliseconds } from '../../lambda/ledger/time.ts';
import { encodeSimItem, measureItem } from '../../lambda/store/items.ts';
import { simsTable } from '../../lambda/store/tables.ts';
import { LedgerWriter } from '../../lambda/store/writer.ts';
import { type Command, MemoryDynamoDb } from '../../test/property/memory-dynamodb.ts';
import { makeBatch } from '../workloads.ts';

/**
 * Measures what it costs to know when SIMs were heard, for a day of records of always-on Super SIMs: with marks,
 * without them, or with the usual solution, an update of a due date per record.
 *
 *   node probes/marks.ts marks
 */

/** How to know when SIMs were heard. */
export type Knowing = 'marks' | 'forgotten' | 'none' | 'due-dates';

/** The cost. */
export interface MarksCost {
  readonly records: number;
  /**
   * Microseconds of CPU per record, user and system: simledger's own part, and for due dates their updates as they are
   * sent.
   */
  readonly micros: number;
  /** Writes of SIMs. Each is a write unit; a due date is one more, and two in its index. */
  readonly simWrites: number;
  /** SIMs that were read, half a read unit each. */
  readonly simReads: number;
  /** Bytes of a SIM's item. */
  readonly simBytes: number;
}

const sims = 100;
/** Windows of six minutes. */
const windows = 240;
const knowing = (process.argv[2] ?? 'marks') as Knowing;
const sources = readSources();
const database = new MemoryDynamoDb();
const sender = makeDynamoDbClient();
let simReads = 0;
let simWrites = 0;

/** Tables in memory, which count requests for SIMs. */
async function send(command: Command): Promise<object> {
  const { input } = command;
  if ('RequestItems' in input) {
    const keys = (input.RequestItems?.[simsTable.name] as { Keys?: unknown[] } | undefined)?.Keys;
    simReads += keys?.length ?? 0;
  }
  if ('Statements' in input) {
    simWrites += (input.Statements ?? []).filter(({ Statement: text }) => text?.includes('"Sims"')).length;
  }
  if (command instanceof UpdateItemCommand && command.input.TableName === simsTable.name) simWrites += 1;
  return database.send(command);
}

const tables = { sessions: 'Sessions', usage: 'Usage', events: 'Events', sims: simsTable.name };
function makeWriter(): LedgerWriter {
  const client = { send } as unknown as DynamoDBClient;
  return new LedgerWriter({
    client,
    ...tables,
    eventRetentionDays: 90,
    usageRetentionDays: 0,
    writes: 'batched',
  });
}

let lastSim: Sim | undefined;
let writer = makeWriter();

/** Writes a batch's changes, with or without marks. */
const write: LedgerPorts['writer']['write'] = async (changes, options) => {
  if (knowing === 'forgotten') writer = makeWriter();
  const hasMarks = knowing === 'marks' || knowing === 'forgotten';
  const unmarked = { signalled: undefined, bytes: undefined, session: undefined };
  const states = changes.sims.map(({ state, indexes }) =>
    hasMarks
      ? { state, indexes }
      : { state: { ...state, groups: { ...state.groups, ...unmarked } }, indexes },
  );
  lastSim = states[0]?.state;
  if (knowing === 'due-dates') await Promise.all(changes.usage.map(({ state }) => moveDueDate(state)));
  return writer.write({ ...changes, sims: states }, options);
};

/** Moves the due date by a day. Silent SIMs are found through an index of due dates. */
async function moveDueDate({ sim, end }: { readonly sim: string; readonly end: string }): Promise<void> {
  await sender.send(
    new UpdateItemCommand({
      TableName: 'DueDates',
      Key: { sim: { S: sim } },
      UpdateExpression: 'SET dueAt = :due, bucket = :bucket',
      ConditionExpression: 'attribute_not_exists(dueAt) OR dueAt < :due',
      ExpressionAttributeValues: {
        ':due': { N: String(toMilliseconds(end) + 86_400_000) },
        ':bucket': { S: sim.slice(-1) },
      },
    }),
  );
}

/** The first window is not measured, because no SIM is known yet. */
let before = process.cpuUsage();
for (let window = 0; window <= windows; window += 1) {
  // The workload numbers ICCIDs in their last digit, which is the check digit, so ten sessions belong to one SIM.
  const { Records: all } = makeBatch({ kind: 'session', perSession: 1 }, window, 10 * sims);
  const batch = all.filter((_, index) => index % 10 === 0);
  if (window === 1) {
    [simReads, simWrites] = [0, 0];
    before = process.cpuUsage();
  }
  await ingest(
    readEntries(batch, sources),
    { writer: { write }, quarantine: { keep: async () => undefined }, fence: noDaysClosed },
    { readBeforeWrite: false },
  );
}
const { user, system } = process.cpuUsage(before);
const records = sims * windows;
process.send?.({
  ...{ records, simWrites, simReads },
  micros: (user + system) / records,
  simBytes: lastSim === undefined ? 0 : measureItem(encodeSimItem(lastSim)),
} satisfies MarksCost);
