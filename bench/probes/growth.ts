import {
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  type DynamoDBClient,
  type UpdateItemInput,
} from '@aws-sdk/client-dynamodb';
import { readSources } from '../../lambda/aws/sources.ts';
import { noDaysClosed } from '../../lambda/days/fence/chunk-fence.ts';
import { readEntries } from '../../lambda/ingest/entries.ts';
import { ingest } from '../../lambda/ingest/ingest.ts';
import type { Item } from '../../lambda/store/items.ts';
import { simsTable } from '../../lambda/store/tables.ts';
import { LedgerWriter } from '../../lambda/store/writer.ts';
import { translateStatement } from '../../test/property/dynamodb-statements.ts';
import { makeBatch } from '../workloads.ts';

/**
 * Measures what a record costs in a process that has seen so many SIMs, with one record per SIM and batch: simledger's
 * part, and decoding the SIM items that it reads.
 *
 *   node probes/growth.ts 100000
 */

/** The cost. */
export interface GrowthCost {
  /** Microseconds of CPU per record, user and system. */
  readonly micros: number;
}

const sims = Number(process.argv[2]);
const inBatch = 1_000;

/** SIM items by key, as the JSON of DynamoDB's response. */
const stored = new Map<string, string>();

/** Keeps SIMs, because they are read again; accepts everything else without keeping it. */
async function send(command: unknown): Promise<object> {
  if (command instanceof BatchExecuteStatementCommand) {
    const { Statements = [] } = command.input;
    for (const { tableName, item, key, expressions } of Statements.map(translateStatement)) {
      if (tableName !== simsTable.name) continue;
      if (item === undefined) keep({ Key: key, ...expressions });
      else stored.set(item['sim']?.S ?? '', JSON.stringify(item));
    }
    return { Responses: Statements.map(() => ({})) };
  }
  if (!(command instanceof BatchGetItemCommand)) return {};
  const keys = command.input.RequestItems?.[simsTable.name]?.Keys ?? [];
  const items = keys.flatMap(({ sim }): Item[] => {
    const item = stored.get(sim?.S ?? '');
    return item === undefined ? [] : [JSON.parse(item)];
  });
  return { Responses: { [simsTable.name]: items } };
}

function keep({ Key = {}, UpdateExpression = '', ...rest }: Omit<UpdateItemInput, 'TableName'>): void {
  const { ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} } = rest;
  const item: Item = { ...Key };
  for (const [, name = '', value = ''] of UpdateExpression.matchAll(/(#?\w+) = (:\w+)/g)) {
    const attribute = values[value];
    if (attribute !== undefined) item[names[name] ?? name] = attribute;
  }
  stored.set(Key['sim']?.S ?? '', JSON.stringify(item));
}

const tables = { sessions: 'Sessions', usage: 'Usage', events: 'Events', sims: simsTable.name };
const writer = new LedgerWriter({
  client: { send } as unknown as DynamoDBClient,
  ...tables,
  eventRetentionDays: 90,
  usageRetentionDays: 0,
  writes: 'batched',
});
const sources = readSources();

async function deliver(round: number, part: number): Promise<void> {
  const event = makeBatch({ kind: 'session', perSession: 1 }, round, inBatch, part * inBatch);
  const before = process.cpuUsage();
  await ingest(
    readEntries(event.Records, sources),
    { writer, quarantine: { keep: async () => undefined }, fence: noDaysClosed },
    { readBeforeWrite: false },
  );
  const { user, system } = process.cpuUsage(before);
  if (round > 0) micros += user + system;
}

let micros = 0;
const parts = sims / inBatch;
/** Enough batches to warm up, even if there are few SIMs. */
const rounds = Math.max(2, Math.ceil(100 / parts));
for (let round = 0; round < rounds; round += 1) {
  for (let part = 0; part < parts; part += 1) await deliver(round, part);
}
process.send?.({ micros: micros / ((rounds - 1) * sims) } satisfies GrowthCost);
